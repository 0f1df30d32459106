"""Collecting from folders: once, whole, never over other content."""

import datetime as dt
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from transfer_made import NOW, RUN, interchange, profile

from claimline.night.config import Folders
from claimline.transfer import Collected, Profile, collect
from claimline.transfer.names import ends_whole
from reconcile.ledger import Ledger

YOUNG = NOW.timestamp() - 5
OLD = NOW.timestamp() - 3600


def put(folder: Path, name: str, data: bytes, modified: float = OLD) -> Path:
    """A file over there."""
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (modified, modified))
    return path


def states(done: Collected) -> dict[str, str]:
    """What became of each file, by its last name."""
    return {Path(one.name).name: one.state for one in done.files}


def kinds(done: Collected) -> list[str]:
    """The kinds of notes."""
    return [note.kind for note in done.notes]


@pytest.mark.parametrize(
    ("tail", "whole"),
    [
        (b"GE*1*1~IEA*1*000000001~", True),
        (b"GE*1*1~\r\nIEA*1*000000001~\r\n", True),
        (b"GE|1|1\nIEA|1|000000001\n", True),
        (b"GE*1*1~IEA*1*000000001~   \n\n", True),
        (b"GE*1*1~IEA*1*", False),
        (b"GE*1*1~IEA", False),
        (b"IEA*1*000000001~ISA*00*", False),
        (b"the word IEA in a report", False),
        (b"", False),
    ],
    ids=[
        "usual",
        "lines",
        "other marks",
        "blanks",
        "cut",
        "bare",
        "another begins",
        "text",
        "empty",
    ],
)
def test_the_end_of_an_interchange_is_known(tail: bytes, whole: bool) -> None:
    """IEA with its two elements, whatever the separators, and nothing behind it but blanks."""
    assert ends_whole(tail) == whole


@pytest.fixture(name="there")
def _there(tmp_path: Path) -> Path:
    """The folder files come from."""
    profile(tmp_path)
    return tmp_path / "relay" / "out"


def fetch(
    profile: Profile, folders: Folders, ledger: Ledger, *, dry_run: bool = False
) -> Collected:
    """One run of collecting."""
    return collect([profile], folders, ledger, RUN, NOW, dry_run=dry_run)


def test_a_file_is_fetched_once_though_it_stays(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """What was fetched is in the inbox with its bytes, and is passed over by the next run."""
    data = interchange(1)
    put(there, "era 1.835", data)
    first = fetch(profile(tmp_path), folders, ledger)
    assert states(first) == {"era 1.835": "new"}
    assert first.paths == (folders.inbox / "era 1.835",)
    assert first.paths[0].read_bytes() == data
    assert (there / "era 1.835").read_bytes() == data
    again = fetch(profile(tmp_path), folders, ledger)
    assert again.files == ()
    assert again.status == first.status == 0


def test_new_content_under_a_known_name_comes_under_its_digest(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """The same name with other content is fetched again and replaces nothing."""
    put(there, "era.835", interchange(1))
    fetch(profile(tmp_path), folders, ledger)
    put(there, "era.835", interchange(2), OLD + 60)
    second = fetch(profile(tmp_path), folders, ledger)
    (one,) = second.files
    assert one.path == folders.inbox / f"era-{one.digest[:8]}.835"
    assert (folders.inbox / "era.835").read_bytes() == interchange(1)
    assert one.path is not None
    assert one.path.read_bytes() == interchange(2)


def test_known_bytes_under_another_name_are_told(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """The same bytes under a new name are fetched and told as known."""
    put(there, "a.835", interchange(1))
    fetch(profile(tmp_path), folders, ledger)
    put(there, "b.835", interchange(1))
    assert states(fetch(profile(tmp_path), folders, ledger)) == {"b.835": "known"}


@pytest.mark.parametrize(
    ("data", "modified", "state"),
    [
        pytest.param(interchange(1)[:-12], YOUNG, "growing", id="young without its end"),
        pytest.param(b"a report", YOUNG, "growing", id="young and no X12"),
        pytest.param(interchange(1), YOUNG, "new", id="young and whole"),
        pytest.param(interchange(1)[:-12], OLD, "new", id="old and cut"),
        pytest.param(b"", YOUNG, "growing", id="young and empty"),
    ],
)
def test_a_growing_file_is_left_for_the_next_run(  # noqa: PLR0917 - fixtures and one case
    tmp_path: Path,
    there: Path,
    folders: Folders,
    ledger: Ledger,
    data: bytes,
    modified: float,
    state: str,
) -> None:
    """A young file is taken only when it ends like a whole one; nothing of it is recorded."""
    put(there, "era.835", data, modified)
    done = fetch(profile(tmp_path), folders, ledger)
    assert states(done) == {"era.835": state}
    assert kinds(done) == (["transfer.growing"] if state == "growing" else [])
    assert done.status == 0


def test_a_file_that_changes_while_it_is_fetched_is_left(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two looks at size and time differ: the file stays, and comes whole with the next run."""
    from claimline.transfer.local import LocalPlace

    whole = interchange(1, filler=4000)
    path = put(there, "era.835", whole[:2000])
    read = LocalPlace.read

    def growing(self: LocalPlace, name: str, offset: int = 0) -> Iterator[bytes]:
        yield from read(self, name, offset)
        path.write_bytes(whole)

    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "read", growing)
        assert states(fetch(profile(tmp_path), folders, ledger)) == {"era.835": "growing"}
    assert [one for one in folders.inbox.iterdir() if not one.name.startswith(".")] == []
    put(there, "era.835", whole)
    assert states(fetch(profile(tmp_path), folders, ledger)) == {"era.835": "new"}
    assert [one.read_bytes() for one in folders.inbox.iterdir()] == [whole]


def test_unwanted_names_stay(tmp_path: Path, there: Path, folders: Folders, ledger: Ledger) -> None:
    """Only what fits the patterns comes, whatever its case; hidden and unfinished never do."""
    for name in ("A.835", "b.TXT", ".c.835", "d.835.part", "e.835.tmp"):
        put(there, name, interchange(1))
    done = fetch(profile(tmp_path, patterns=["*.835*"]), folders, ledger)
    assert states(done) == {"A.835": "new"}


def test_names_that_are_not_safe_are_told(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """A name with a control character or a backslash is not fetched and is told."""
    put(there, "a\x1b[31m.835", interchange(1))
    put(there, "c:\\b.835", interchange(2))
    done = fetch(profile(tmp_path), folders, ledger)
    assert done.files == ()
    (note,) = done.notes
    assert (note.kind, note.count) == ("transfer.odd-name", 2)
    assert "\x1b" not in note.what


def test_fetched_files_are_moved_over_there_where_asked(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """With after = "move": they go to the folder for such, without replacing one of the same name."""
    one = profile(tmp_path, after="move", after_folder="relay/done")
    done = tmp_path / "relay" / "done"
    put(done, "era.835", b"another")
    put(there, "era.835", interchange(1))
    fetch(one, folders, ledger)
    assert list(there.iterdir()) == []
    assert sorted(path.read_bytes() for path in done.iterdir()) == [interchange(1), b"another"]


def test_a_move_that_was_missed_is_made_up_for(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """A file that was fetched and could not be moved is moved by the next run, not fetched."""
    put(there, "era.835", interchange(1))
    broken = profile(tmp_path, after="move", after_folder="relay/none")
    first = fetch(broken, folders, ledger)
    assert states(first) == {"era.835": "new"}
    assert kinds(first) == ["transfer.folder"]
    second = fetch(profile(tmp_path, after="move", after_folder="relay/done"), folders, ledger)
    assert second.files == ()
    assert list(there.iterdir()) == []


def test_dry_run_changes_nothing(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """A dry run tells what would come; nothing is made here or moved over there."""
    put(there, "era.835", interchange(1))
    one = profile(tmp_path, after="move", after_folder="relay/done")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    done = fetch(one, folders, ledger, dry_run=True)
    assert states(done) == {"era.835": "would"}
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    assert states(fetch(one, folders, ledger)) == {"era.835": "new"}


def test_a_profile_that_is_not_there_does_not_stop_the_others(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """The folder of one is gone (a mount that is down): it is told, the other's files come."""
    from attrs import evolve

    put(there, "era.835", interchange(1))
    gone = evolve(profile(tmp_path), key="gone", get=(str(tmp_path / "mount"),), call="Relay, 614")
    done = collect([gone, profile(tmp_path)], folders, ledger, RUN, NOW)
    assert states(done) == {"era.835": "new"}
    assert done.failed == ("gone",)
    assert done.status == 3
    (note,) = done.notes
    assert (note.kind, note.call) == ("transfer.folder", "Relay, 614")


def test_what_is_fetched_is_its_owners_only(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """Folder and file are made for their owner only, whatever the umask."""
    put(there, "era.835", interchange(1))
    old = os.umask(0)
    try:
        (path,) = fetch(profile(tmp_path), folders, ledger).paths
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("days", "urgency"), [(15, None), (14, "soon"), (3, "today"), (0, "today"), (-1, "today")]
)
def test_a_password_that_expires_is_told(
    tmp_path: Path, folders: Folders, ledger: Ledger, days: int, urgency: str | None
) -> None:
    """From 14 days before its last day on, each run says so."""
    from attrs import evolve

    expires = NOW.date() + dt.timedelta(days=days)
    done = fetch(evolve(profile(tmp_path), password_expires=expires), folders, ledger)
    assert [note.urgency for note in done.notes] == ([urgency] if urgency else [])
    assert all(str(expires) in note.what for note in done.notes)


def test_without_a_time_files_are_told_by_their_bytes(
    tmp_path: Path, there: Path, folders: Folders, ledger: Ledger
) -> None:
    """A server that says no time: other content of that name and size is fetched all the same."""
    one = profile(tmp_path)
    put(there, "ack.999", interchange(1), modified=0)
    assert states(fetch(one, folders, ledger)) == {"ack.999": "new"}
    assert states(fetch(one, folders, ledger)) == {"ack.999": "known"}
    put(there, "ack.999", interchange(2), modified=0)
    assert states(fetch(one, folders, ledger)) == {"ack.999": "new"}
    found = sorted(path.read_bytes() for path in folders.inbox.iterdir())
    assert found == [interchange(1), interchange(2)]
