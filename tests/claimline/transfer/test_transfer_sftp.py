"""SFTP against a real server on the loopback interface: let in or not, cut, full, picked up."""

import io
import logging
import os
import random
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sftp_server import PASSWORD, USER, Server, line_to, serving
from transfer_made import NOW, RUN, delivered, interchange, recorded

from claimline import files
from claimline.night.config import Folders
from claimline.services.receive import receive
from claimline.transfer import Collected, Delivered, Profile, collect, read_profiles, send, tries
from claimline.transfer.errors import TransferError
from claimline.transfer.look import check
from claimline.transfer.profiles import fingerprint
from reconcile.ledger import Ledger

TA1 = interchange(1).replace(b"IEA*0*", b"TA1*000000001*261120*0900*A*000~IEA*0*")
paramiko = pytest.importorskip("paramiko")
BIG = interchange(1, filler=200_000)
OLD = NOW.timestamp() - 3600
MakeProfile = Callable[..., Profile]


@pytest.fixture(autouse=True)
def _quick_turns() -> Iterator[None]:
    """Client, line and server are threads of one process: they take turns quickly."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(scope="session", name="host_key")
def _host_key() -> Any:
    """The server's key."""
    return paramiko.ECDSAKey.generate()


@pytest.fixture(name="server")
def _server(tmp_path: Path, host_key: Any) -> Iterator[Server]:
    """A server with the usual folders."""
    root = tmp_path / "relay"
    for name in ("in", "out", "done"):
        (root / name).mkdir(parents=True)
    with serving(root, host_key) as running:
        yield running


@pytest.fixture(name="make")
def _make(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProfile:
    """Profiles of the server; the password is in the environment."""
    monkeypatch.setenv("RELAY_PASSWORD", PASSWORD)

    def make(**changes: Any) -> Profile:
        table = {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": server.port,
            "user": USER,
            "host_key": fingerprint(server.key.asbytes()),
            "password_env": "RELAY_PASSWORD",
            "receivers": "relay",
            "book": "test",
            "put": "/in",
            "get": "/out",
            "call": {"name": "Relay support", "phone": "614-555-0199"},
            "timeout_seconds": 10,
            **changes,
        }
        return read_profiles({"relay": {k: v for k, v in table.items() if v != ""}}, tmp_path)[0]

    return make


@pytest.fixture(name="fetch")
def _fetch(folders: Folders, ledger: Ledger) -> Callable[[Profile], Collected]:
    """One run of collecting."""
    return lambda profile: collect([profile], folders, ledger, RUN, NOW)


@pytest.fixture(name="deliver")
def _deliver(ledger: Ledger) -> Callable[[Profile], Delivered]:
    """One run of sending."""
    return lambda profile: send([profile], ledger, RUN, NOW)


def put(server: Server, name: str, data: bytes) -> Path:
    """A file that comes from the server."""
    path = server.root / "out" / name
    path.write_bytes(data)
    os.utime(path, (OLD, OLD))
    return path


def there(server: Server, folder: str = "in") -> dict[str, bytes]:
    """What is on the server."""
    return {path.name: path.read_bytes() for path in (server.root / folder).iterdir()}


def kinds(done: Collected | Delivered) -> list[str]:
    """The kinds of notes."""
    return [note.kind for note in done.notes]


# --- the way in ------------------------------------------------------------------------------


def test_files_come_and_go(
    server: Server, make: MakeProfile, fetch: Any, deliver: Any, ledger: Ledger
) -> None:
    """With the pinned key and the password files come and go, names with spaces too."""
    put(server, "era of today.835", BIG)
    recorded(ledger, interchange(2), "a.837")
    came, went = fetch(make()), deliver(make())
    assert [(one.name, one.state) for one in came.files] == [("/out/era of today.835", "new")]
    assert came.paths[0].read_bytes() == BIG
    assert came.paths[0].name == "era of today.835"
    assert there(server) == {"a.837": interchange(2)}
    assert delivered(ledger) == [("relay", "a.837")]
    assert went.notes == came.notes == ()
    assert fetch(make()).files == deliver(make()).files == ()


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
def test_every_kind_of_host_key_can_be_pinned(
    tmp_path: Path, make: MakeProfile, folders: Folders, ledger: Ledger, kind: str
) -> None:
    """By the line that ssh-keyscan prints, whatever the type of the key."""
    key = made_key(kind)
    root = tmp_path / "other"
    (root / "out").mkdir(parents=True)
    line = f"{key.get_name()} {key.get_base64()}"
    with serving(root, key) as other:
        done = collect([make(port=other.port, host_key=line)], folders, ledger, RUN, NOW)
    assert done.failed == ()


def made_key(kind: str) -> Any:
    """A private key of a kind."""
    if kind == "ecdsa":
        return paramiko.ECDSAKey.generate()
    if kind == "rsa":
        return paramiko.RSAKey.generate(2048)
    return paramiko.Ed25519Key(file_obj=io.StringIO(ed25519("")))


def ed25519(phrase: str) -> str:
    """A private key file as ssh-keygen makes it; the library reads such and writes none."""
    algorithm = (
        serialization.BestAvailableEncryption(phrase.encode())
        if phrase
        else serialization.NoEncryption()
    )
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH
    return Ed25519PrivateKey.generate().private_bytes(encoding, shape, algorithm).decode()


def test_another_host_key_ends_it_before_the_password(
    server: Server, make: MakeProfile, fetch: Any
) -> None:
    """Both fingerprints and whom to call are told; no password was sent; it is not tried again."""
    put(server, "era.835", BIG)
    pinned = "SHA256:" + "A" * 43
    done = fetch(make(host_key=pinned))
    (note,) = done.notes
    assert (note.kind, note.urgency, done.failed) == ("transfer.host-key", "now", ("relay",))
    assert pinned in note.what
    assert fingerprint(server.key.asbytes()) in note.what
    assert "Relay support, 614-555-0199" in note.todo
    assert server.behaviour.logins == []


def test_one_of_two_pinned_keys_will_do(server: Server, make: MakeProfile, fetch: Any) -> None:
    """While a key is being changed, the old and the new one are pinned."""
    put(server, "era.835", BIG)
    keys = ["SHA256:" + "A" * 43, fingerprint(server.key.asbytes())]
    assert fetch(make(host_key=keys)).failed == ()


def test_a_wrong_password_is_told_and_tried_once(
    server: Server, make: MakeProfile, fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is refused: told now, and not tried until it is locked."""
    monkeypatch.setenv("RELAY_PASSWORD", "wrong-secret")
    done = fetch(make())
    (note,) = done.notes
    assert (note.kind, note.urgency) == ("transfer.login", "now")
    assert server.behaviour.logins == ["password"]


def test_a_missing_password_is_told(
    server: Server, make: MakeProfile, fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is not set: its name is told."""
    monkeypatch.delenv("RELAY_PASSWORD")
    (note,) = fetch(make()).notes
    assert note.kind == "transfer.secret"
    assert "RELAY_PASSWORD" in note.what


def test_the_password_comes_from_the_keyring(
    server: Server, make: MakeProfile, fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By service and user, as ``keyring set`` keeps it; where it is not, that is told."""
    import keyring

    kept = {("relay-sftp", USER): PASSWORD}
    monkeypatch.setattr(keyring, "get_password", lambda service, user: kept.get((service, user)))
    assert fetch(make(password_env="", password_keyring="relay-sftp")).failed == ()
    (note,) = fetch(make(password_env="", password_keyring="other")).notes
    assert note.kind == "transfer.secret"
    assert "keyring set other riverbend" in note.todo


@pytest.mark.parametrize(
    ("package", "given"),
    [("paramiko", {}), ("keyring", {"password_env": "", "password_keyring": "relay"})],
)
def test_a_package_that_is_not_installed_is_told(
    make: MakeProfile, fetch: Any, monkeypatch: pytest.MonkeyPatch, package: str, given: Any
) -> None:
    """Without the extra packages it is said what to install; nothing else goes wrong."""
    profile = make(**given)
    monkeypatch.setitem(sys.modules, package, None)
    (note,) = fetch(profile).notes
    assert note.kind == "transfer.not-installed"
    assert "claimline[sftp]" in note.todo


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
@pytest.mark.parametrize("phrase", ["", "gate-keeper-9"], ids=["open", "passphrase"])
def test_a_key_lets_in(  # noqa: PLR0917 - fixtures and one case
    server: Server,
    make: MakeProfile,
    fetch: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    phrase: str,
) -> None:
    """A private key, with a passphrase or without; a wrong passphrase is told as such."""
    path = tmp_path / "id"
    if kind == "ed25519":
        path.write_text(ed25519(phrase))
        key = paramiko.Ed25519Key.from_private_key_file(str(path), phrase or None)
    else:
        key = made_key(kind)
        key.write_private_key_file(str(path), password=phrase or None)
    server.behaviour.keys = (key,)
    monkeypatch.setenv("RELAY_PASSPHRASE", phrase or "unused")
    given = {"passphrase_env": "RELAY_PASSPHRASE"} if phrase else {}
    assert fetch(make(password_env="", key_file="id", **given)).failed == ()
    assert "password" not in server.behaviour.logins
    if phrase:
        monkeypatch.setenv("RELAY_PASSPHRASE", "another")
        (note,) = fetch(make(password_env="", key_file="id", **given)).notes
        assert note.kind == "transfer.secret"
        assert "another" not in f"{note}"


def test_key_and_password_together(
    server: Server, make: MakeProfile, fetch: Any, tmp_path: Path
) -> None:
    """A server that wants both gets one after the other."""
    key = made_key("ecdsa")
    key.write_private_key_file(str(tmp_path / "id"))
    server.behaviour.keys, server.behaviour.both = (key,), True
    assert fetch(make(key_file="id")).failed == ()
    assert server.behaviour.logins[-2:] == ["key", "password"]


def test_a_key_file_that_is_none_is_told(make: MakeProfile, fetch: Any, tmp_path: Path) -> None:
    """Missing, or something else: told with its path."""
    assert kinds(fetch(make(password_env="", key_file="none"))) == ["transfer.secret"]
    (tmp_path / "odd").write_text("not a key")
    assert kinds(fetch(make(password_env="", key_file="odd"))) == ["transfer.secret"]


def test_nobody_at_home_is_told_after_some_tries(make: MakeProfile, fetch: Any) -> None:
    """A port where nobody listens: tried as often as the profile says, then told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (note,) = fetch(make(port=port, tries=3)).notes
    assert note.kind == "transfer.unreachable"
    assert "tried 3 times" in note.what


def test_a_server_that_does_not_answer_is_given_up(make: MakeProfile, fetch: Any) -> None:
    """Somebody listens and says nothing: the time-out ends it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        done = fetch(make(port=port, tries=1, timeout_seconds=1))
    assert kinds(done) == ["transfer.unreachable"]


@pytest.mark.parametrize("what", ["session", "list"])
def test_a_server_that_hangs_is_given_up(
    server: Server, make: MakeProfile, fetch: Any, what: str
) -> None:
    """It lets us in and then says nothing more: the time-out ends it, the night goes on."""
    server.behaviour.hangs = {what}
    begun = time.monotonic()
    done = fetch(make(tries=1, timeout_seconds=1))
    assert kinds(done) == ["transfer.unreachable"]
    assert time.monotonic() - begun < 4


def test_no_secret_is_said_anywhere(  # noqa: PLR0917 - fixtures and one case
    server: Server,
    make: MakeProfile,
    fetch: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither log, output, note, repr nor traceback holds the password, right or wrong."""
    caplog.set_level(logging.DEBUG)
    for word in (PASSWORD, "wrong-secret-815"):
        monkeypatch.setenv("RELAY_PASSWORD", word)
        done = fetch(make())
        texts = [repr(done), repr(make())]
        try:
            tries.with_tries(make(), lambda place, _: place.files("/out"))
        except TransferError as error:
            texts += traceback.format_exception(error)
        texts += [caplog.text, *capfd.readouterr()]
        assert all(word not in text for text in texts)
    assert [record for record in caplog.records if record.name.startswith("paramiko")] == []


# --- cut lines -------------------------------------------------------------------------------


def cuts(seed: int, most: int, count: int) -> list[int]:
    """Where the line is cut, by chance but the same each time."""
    chance = random.Random(seed)
    return [chance.randrange(200, most) for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_a_download_goes_on_after_cuts(
    server: Server, make: MakeProfile, fetch: Any, folders: Folders, seed: int
) -> None:
    """The line is cut at random; in one run or several the file comes whole, once."""
    put(server, "era.835", BIG)
    put(server, "small.999", interchange(3))
    with line_to(server.port, cuts(seed, 140_000, 6)) as line:
        profile = make(port=line.port, tries=3)
        states = [one.state for _ in range(4) for one in fetch(profile).files]
        assert line.used > 4
    assert sorted(states) == ["new", "new"]
    assert {path.name: path.read_bytes() for path in folders.inbox.iterdir()} == {
        "era.835": BIG,
        "small.999": interchange(3),
    }


@pytest.mark.parametrize("resume", [True, False], ids=["resume", "anew"])
@pytest.mark.parametrize("seed", range(5))
def test_an_upload_goes_on_after_cuts(  # noqa: PLR0917 - fixtures and one case
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger, seed: int, resume: bool
) -> None:
    """The line is cut at random; in one run or several the file goes whole, once."""
    recorded(ledger, BIG, "a.837")
    recorded(ledger, interchange(2), "b.837")
    with line_to(server.port, cuts(100 + seed, 160_000, 5)) as line:
        profile = make(port=line.port, tries=3, resume=resume)
        states = [one.state for _ in range(4) for one in deliver(profile).files]
        assert line.used > 4
    assert sorted(state for state in states if state != "failed") == ["sent", "sent"]
    assert there(server) == {"a.837": BIG, "b.837": interchange(2)}
    assert delivered(ledger) == [("relay", "a.837"), ("relay", "b.837")]


@pytest.mark.parametrize("seed", range(5))
def test_a_server_that_picks_up_at_once_gets_each_file_once(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger, seed: int
) -> None:
    """Cut anywhere, also at the rename: what was picked up is not sent a second time."""
    server.behaviour.takes = server.root / "done"
    recorded(ledger, interchange(1, filler=30_000), "a.837")
    with line_to(server.port, cuts(200 + seed, 50_000, 5)) as line:
        profile = make(port=line.port, tries=3)
        for _ in range(4):
            deliver(profile)
        assert line.used > 1
    assert there(server, "done") == {"a.837": interchange(1, filler=30_000)}
    assert there(server) == {}
    assert delivered(ledger) == [("relay", "a.837")]


def test_a_cut_download_does_not_begin_again(server: Server, make: MakeProfile, fetch: Any) -> None:
    """Four lines that carry a third of the file each bring all of it: what came was kept."""
    put(server, "era.835", BIG)
    with line_to(server.port, [len(BIG) // 3 + 8000] * 4) as line:
        done = fetch(make(port=line.port, tries=1))
        assert line.used <= 5
    assert [one.state for one in done.files] == ["new"]


def test_a_part_that_is_not_the_same_over_there_is_begun_anew(
    server: Server, make: MakeProfile, fetch: Any, folders: Folders
) -> None:
    """Half of a file came, then it is replaced by one of the same size and time: it comes whole."""
    put(server, "era.835", BIG)
    with line_to(server.port, [100_000]) as line:
        profile = make(port=line.port, tries=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tries, "MOST", 1)
            assert fetch(profile).failed == ("relay",)
        assert any(path.name.endswith(".part") for path in folders.inbox.iterdir())
        other = BIG.replace(b"NTE*ADD", b"NTE*PMT")
        put(server, "era.835", other)
        fetch(profile)
    assert [path.read_bytes() for path in folders.inbox.iterdir()] == [other]


def test_a_partial_upload_of_other_bytes_is_begun_anew(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger
) -> None:
    """What stands under the temporary name is not the beginning of ours: it is written anew."""
    recorded(ledger, BIG, "a.837")
    (server.root / "in" / "a.837.part").write_bytes(b"x" * 10_000)
    deliver(make())
    assert there(server) == {"a.837": BIG}


def test_a_server_may_take_a_file_away_once_it_was_read(
    server: Server, make: MakeProfile, fetch: Any
) -> None:
    """The file is gone over there before it could be looked at again: it came whole and counts."""
    server.behaviour.clears = True
    put(server, "era.835", BIG)
    done = fetch(make())
    assert [one.state for one in done.files] == ["new"]
    assert done.paths[0].read_bytes() == BIG
    assert there(server, "out") == {}


@pytest.mark.parametrize("seed", range(3))
def test_without_renaming_a_file_goes_on_after_cuts(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger, seed: int
) -> None:
    """A server that forbids to rename gets the file under its own name, once and whole."""
    server.behaviour.denied = {"rename"}
    recorded(ledger, BIG, "a.837")
    with line_to(server.port, cuts(300 + seed, 160_000, 5)) as line:
        profile = make(port=line.port, tries=3, rename=False)
        states = [one.state for _ in range(4) for one in deliver(profile).files]
    assert [state for state in states if state != "failed"] == ["sent"]
    assert there(server) == {"a.837": BIG}
    assert delivered(ledger) == [("relay", "a.837")]


def test_without_renaming_nothing_is_replaced(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger
) -> None:
    """What stands under the name and does not begin as ours is left as it is."""
    recorded(ledger, BIG, "a.837")
    (server.root / "in" / "a.837").write_bytes(b"x" * 10_000)
    done = deliver(make(rename=False))
    assert kinds(done) == ["transfer.name-taken"]
    assert there(server) == {"a.837": b"x" * 10_000}


def test_two_profiles_on_one_login_fetch_a_file_once(
    server: Server, make: MakeProfile, folders: Folders, ledger: Ledger
) -> None:
    """The test and the production profile of one clearinghouse see the same files."""
    put(server, "era.835", interchange(1))
    both = [make(), evolve(make(), key="other")]
    done = collect(both, folders, ledger, RUN, NOW)
    assert [(one.profile, one.state) for one in done.files] == [("relay", "new")]
    again = collect(both[::-1], folders, ledger, RUN, NOW)
    assert again.files == ()


def test_a_refused_login_is_tried_once_for_all_its_profiles(
    server: Server, make: MakeProfile, folders: Folders, ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Many servers lock a login after three refusals: the second profile does not knock."""
    both = [make(), evolve(make(), key="other")]
    monkeypatch.setenv("RELAY_PASSWORD", "wrong")
    done = collect(both, folders, ledger, RUN, NOW)
    assert server.behaviour.logins == ["password"]
    assert kinds(done) == ["transfer.login", "transfer.not-tried"]
    assert done.failed == done.refused == ("relay", "other")


def test_a_file_with_a_new_date_does_not_come_twice(
    server: Server, make: MakeProfile, fetch: Any, folders: Folders, ledger: Ledger
) -> None:
    """The same bytes under the same name stay out of the inbox, or are not even fetched."""
    path = put(server, "ack.ta1", TA1)
    fetch(make())
    names = [str(one) for one in folders.inbox.iterdir()]
    list(receive(ledger, RUN, names, lambda name: lambda: files.chunks(name)))
    Path(names[0]).unlink()
    os.utime(path, (OLD + 60, OLD + 60))
    second = fetch(make())
    assert [(one.state, one.path) for one in second.files] == [("known", None)]
    assert kinds(second) == ["transfer.redated"]
    assert list(folders.inbox.iterdir()) == []
    os.utime(path, (OLD + 120, OLD + 120))
    assert fetch(make(redated="known")).files == ()
    os.utime(path, (OLD + 180, OLD + 180))
    path.write_bytes(TA1.replace(b"*000~", b"*001~"))
    os.utime(path, (OLD + 240, OLD + 240))
    assert [one.state for one in fetch(make()).files] == ["new"]


@pytest.mark.parametrize(
    ("denied", "state", "told"),
    [
        pytest.param(set(), "well", "written, renamed and removed", id="may"),
        pytest.param({"write"}, "wrong", "could not be written", id="not write"),
        pytest.param({"rename"}, "wrong", "could not be renamed", id="not rename"),
        pytest.param({"remove"}, "look", "is still there", id="not remove"),
    ],
)
def test_the_check_tries_to_write(
    server: Server, make: MakeProfile, denied: set[str], state: str, told: str
) -> None:
    """The right to write, rename and remove is tried with a small file, of which nothing stays."""
    server.behaviour.denied = denied
    found = {one.what: one for one in check(make(), NOW)}
    assert (found["write"].state, told in found["write"].detail) == (state, True)
    left = {"claimline-check.part"} if "rename" in denied else set()
    left |= {"claimline-check-renamed.part"} if "remove" in denied else set()
    assert set(there(server)) == left
    assert "write" not in {one.what for one in check(make(), NOW, write=False)}


# --- a server that refuses -------------------------------------------------------------------


def test_a_full_disk_is_told_and_made_up_for(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger
) -> None:
    """No room over there: told; nothing has the file's name; when there is room, it goes on."""
    recorded(ledger, BIG, "a.837")
    server.behaviour.room = 100_000
    done = deliver(make())
    assert [one.state for one in done.files] == ["failed"]
    assert kinds(done) == ["transfer.refused"]
    assert "a.837" not in there(server)
    server.behaviour.room = None
    assert [one.state for one in deliver(make()).files] == ["sent"]
    assert there(server) == {"a.837": BIG}


@pytest.mark.parametrize(
    ("what", "kind"),
    [("write", "transfer.denied"), ("rename", "transfer.denied")],
)
def test_what_the_login_may_not_is_told(  # noqa: PLR0917 - fixtures and one case
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger, what: str, kind: str
) -> None:
    """It may not write, or not rename: told, and sent when it may."""
    recorded(ledger, interchange(1), "a.837")
    server.behaviour.denied = {what}
    done = deliver(make())
    assert ([one.state for one in done.files], kinds(done)) == (["failed"], [kind])
    server.behaviour.denied = set()
    assert [one.state for one in deliver(make()).files] == ["sent"]


def test_a_folder_one_may_write_and_not_read_will_do(
    server: Server, make: MakeProfile, deliver: Any, ledger: Ledger
) -> None:
    """Where nothing can be read again, the size tells that a file arrived."""
    recorded(ledger, BIG, "a.837")
    server.behaviour.denied = {"read"}
    assert [one.state for one in deliver(make()).files] == ["sent"]
    assert there(server) == {"a.837": BIG}


def test_a_file_one_may_not_read_does_not_stop_the_others(
    server: Server, make: MakeProfile, fetch: Any
) -> None:
    """The folder can be listed, its files not be read: told for each."""
    put(server, "a.835", BIG)
    server.behaviour.denied = {"read"}
    done = fetch(make())
    assert (kinds(done), [one.state for one in done.files]) == (["transfer.denied"], ["failed"])


def test_a_folder_that_is_not_there_is_told(make: MakeProfile, fetch: Any) -> None:
    """The profile names a folder the server does not have; the other folder is worked."""
    done = fetch(make(get=["/none", "/out"]))
    (note,) = done.notes
    assert note.kind == "transfer.folder"
    assert "/none" in note.what
    assert done.failed == ("relay",)
