"""Sending to folders: whole, under the right name, once, and never a file of the other book."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from transfer_made import NOW, RUN, delivered, interchange, profile, recorded

from claimline.services.receive import receive
from claimline.transfer import Delivered, Profile, send
from claimline.transfer.errors import CutError
from claimline.transfer.local import LocalPlace
from reconcile.ledger import Ledger, deliveries
from reconcile.ledger.deliveries import NotUnsendableError


def states(done: Delivered) -> dict[str, str]:
    """What became of each file, by name."""
    return {one.name: one.state for one in done.files}


def kinds(done: Delivered) -> list[str]:
    """The kinds of notes."""
    return [note.kind for note in done.notes]


def sent(profile: Profile, ledger: Ledger, *, dry_run: bool = False) -> Delivered:
    """One run of sending."""
    return send([profile], ledger, RUN, NOW, dry_run=dry_run)


@pytest.fixture(name="there")
def _there(tmp_path: Path) -> Path:
    """The folder files go to."""
    profile(tmp_path)
    return tmp_path / "relay" / "in"


def test_a_file_goes_once(tmp_path: Path, there: Path, ledger: Ledger) -> None:
    """It stands over there with its bytes, the ledger knows, the next run sends nothing."""
    recorded(ledger, interchange(1, filler=5000), "relay-test-000000001.837")
    first = sent(profile(tmp_path), ledger)
    assert states(first) == {"relay-test-000000001.837": "sent"}
    assert {p.name: p.read_bytes() for p in there.iterdir()} == {
        "relay-test-000000001.837": interchange(1, filler=5000)
    }
    assert delivered(ledger) == [("relay", "relay-test-000000001.837")]
    assert sent(profile(tmp_path), ledger).files == ()


def test_the_name_over_there_follows_the_template(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """The fields come from the ISA and the day it was made."""
    recorded(ledger, interchange(42), "relay-test-000000042.837")
    one = profile(tmp_path, name="{receiver}-{control:09d}-{usage}-{date:%Y%m%d}.clm")
    assert states(sent(one, ledger)) == {"RELAYTEST-000000042-T-20261122.clm": "sent"}
    assert [path.name for path in there.iterdir()] == ["RELAYTEST-000000042-T-20261122.clm"]


def test_the_day_in_a_name_is_the_practices(tmp_path: Path, there: Path, ledger: Ledger) -> None:
    """Recorded at 6:00 UTC, which is the evening before in Honolulu."""
    recorded(ledger, interchange(42), "relay-test-000000042.837")
    one = profile(tmp_path, name="{stem}-{date:%Y%m%d}.clm")
    send([one], ledger, RUN, NOW.astimezone(ZoneInfo("Pacific/Honolulu")))
    assert [path.name for path in there.iterdir()] == ["relay-test-000000042-20261121.clm"]


@pytest.mark.parametrize(("book", "usage"), [("test", "P"), ("production", "T")])
def test_a_file_of_the_other_book_never_leaves(
    tmp_path: Path, there: Path, ledger: Ledger, book: str, usage: str
) -> None:
    """ISA15 and the profile's book differ: nothing is written, a person is told now."""
    recorded(ledger, interchange(1, usage), "a.837")
    done = sent(profile(tmp_path, book=book), ledger)
    assert states(done) == {"a.837": "refused"}
    assert [(note.kind, note.urgency) for note in done.notes] == [("transfer.wrong-book", "now")]
    assert list(there.iterdir()) == []
    assert delivered(ledger) == []


def test_another_file_of_that_name_is_not_replaced(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """Over there stands something else under the name: it stays, and a person is told."""
    recorded(ledger, interchange(1), "a.837")
    (there / "a.837").write_bytes(interchange(2))
    done = sent(profile(tmp_path), ledger)
    assert states(done) == {"a.837": "failed"}
    assert kinds(done) == ["transfer.name-taken"]
    assert (there / "a.837").read_bytes() == interchange(2)


def test_other_profiles_files_and_those_taken_back_stay(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """Only what waits for this profile goes, and nothing that a person took back."""
    recorded(ledger, interchange(1), "by-hand.837", profile="")
    recorded(ledger, interchange(2), "other.837", profile="other")
    digest = recorded(ledger, interchange(3), "back.837")
    with ledger.begin(RUN) as writer:
        writer.unsend(digest, user="tester", reason="wrong day")
    assert sent(profile(tmp_path), ledger).files == ()
    assert list(there.iterdir()) == []


def test_a_file_that_waits_over_there_cannot_be_taken_back(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """With taken = "gone" it may be picked up at any moment: its claims must not go twice."""
    digest = recorded(ledger, interchange(1), "a.837")
    assert states(sent(profile(tmp_path, taken="gone"), ledger)) == {"a.837": "waiting"}
    with pytest.raises(NotUnsendableError, match="uploaded to relay"), ledger.begin(RUN) as writer:
        writer.unsend(digest, user="tester", reason="wrong day")
    assert [one.name for one in ledger.undelivered("relay")] == ["a.837"]


@pytest.mark.parametrize(
    ("rename", "kind"), [(True, "transfer.unsent"), (False, "transfer.unsent-there")]
)
def test_a_file_taken_back_while_it_is_uploaded_is_never_both(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    there: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    rename: bool,
    kind: str,
) -> None:
    """It does not get its own name where the server renames, and never counts as delivered."""
    digest = recorded(ledger, interchange(1), "a.837")
    write = LocalPlace.write

    def meanwhile(self: LocalPlace, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        write(self, path, offset, pieces)
        with ledger.begin(RUN) as writer:
            writer.unsend(digest, user="tester", reason="wrong day")

    monkeypatch.setattr(LocalPlace, "write", meanwhile)
    done = sent(profile(tmp_path, rename=rename), ledger)
    assert (kinds(done), delivered(ledger)) == ([kind], [])
    assert (there / "a.837").exists() is not rename
    assert "outbox" not in done.notes[0].what
    assert sent(profile(tmp_path, rename=rename), ledger).files == ()


def test_dry_run_sends_nothing(tmp_path: Path, there: Path, ledger: Ledger) -> None:
    """A dry run tells what would go and changes nothing."""
    recorded(ledger, interchange(1), "a.837")
    assert states(sent(profile(tmp_path), ledger, dry_run=True)) == {"a.837": "would"}
    assert list(there.iterdir()) == []
    assert states(sent(profile(tmp_path), ledger)) == {"a.837": "sent"}


class _Power(BaseException):
    """The process ends here, as by a power cut."""


WHOLE = interchange(1, filler=300_000)


def steps(monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
    """Let the process end before or after the n-th change over there (a block, or the rename)."""
    count = 0
    write, rename = LocalPlace.write, LocalPlace.rename

    def step(work: object) -> object:
        nonlocal count
        count += 1
        if count == at and not after:
            raise _Power
        return work

    def cut_write(self: LocalPlace, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        def blocks() -> Iterator[bytes]:
            for piece in pieces:
                for start in range(0, len(piece), 65536):
                    step(None)
                    yield piece[start : start + 65536]
                    if count == at and after:
                        raise _Power

        write(self, path, offset, blocks())

    def cut_rename(self: LocalPlace, old: str, new: str) -> None:
        step(None)
        rename(self, old, new)
        if count == at and after:
            raise _Power

    monkeypatch.setattr(LocalPlace, "write", cut_write)
    monkeypatch.setattr(LocalPlace, "rename", cut_rename)


@pytest.mark.parametrize("taken", ["size", "gone"])
@pytest.mark.parametrize("resume", [True, False], ids=["resume", "anew"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 8))
def test_a_crash_anywhere_sends_once_and_whole(  # noqa: PLR0917 - fixtures and one case
    tmp_path: Path,
    there: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    after: bool,
    resume: bool,
    taken: str,
) -> None:
    """The process ends at any change over there; the next run finishes it; it is there once."""
    recorded(ledger, WHOLE, "a.837")
    one = profile(tmp_path, resume=resume, taken=taken)
    crashed = False
    with monkeypatch.context() as patch:
        steps(patch, at, after=after)
        try:
            sent(one, ledger)
        except _Power:
            crashed = True
    assert crashed == (at <= 6)  # five blocks and a rename
    picked = []
    if (there / "a.837").exists():  # picked up at once, before we come again
        picked.append((there / "a.837").read_bytes())
        (there / "a.837").unlink()
    again = sent(one, ledger)
    picked += [path.read_bytes() for path in there.iterdir()]
    assert picked == [WHOLE]
    if taken == "size":
        assert delivered(ledger) == [("relay", "a.837")]
        assert states(again) in ({"a.837": "sent"}, {})
    for path in there.iterdir():
        path.unlink()
    sent(one, ledger)
    assert delivered(ledger) == [("relay", "a.837")]
    assert list(there.iterdir()) == []


def test_a_file_not_picked_up_yet_waits(tmp_path: Path, there: Path, ledger: Ledger) -> None:
    """With taken = "gone": it counts as delivered when it has left the folder, not before."""
    recorded(ledger, interchange(1), "a.837")
    one = profile(tmp_path, taken="gone")
    assert states(sent(one, ledger)) == {"a.837": "waiting"}
    second = sent(one, ledger)
    assert (states(second), kinds(second)) == ({"a.837": "waiting"}, ["transfer.waiting"])
    assert delivered(ledger) == []
    (there / "a.837").unlink()
    assert states(sent(one, ledger)) == {"a.837": "sent"}
    assert delivered(ledger) == [("relay", "a.837")]


def test_a_file_is_taken_when_it_appears_elsewhere(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """With taken = "folder": it counts as delivered when its name stands in that folder."""
    recorded(ledger, interchange(1), "a.837")
    one = profile(tmp_path, taken="folder", taken_folder="relay/done")
    assert states(sent(one, ledger)) == {"a.837": "waiting"}
    (there / "a.837").rename(tmp_path / "relay" / "done" / "a.837")
    assert states(sent(one, ledger)) == {"a.837": "sent"}


def test_a_file_that_vanished_with_the_connection_counts_as_taken(
    tmp_path: Path, there: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole over there, the line breaks at the rename, and it is gone: told, and not sent again."""
    recorded(ledger, interchange(1), "a.837")

    def taken_at_once(_self: LocalPlace, old: str, _new: str) -> None:
        Path(old).unlink()
        raise CutError("transfer.unreachable", "relay: the connection broke")

    monkeypatch.setattr(LocalPlace, "rename", taken_at_once)
    done = sent(profile(tmp_path), ledger)
    assert (states(done), kinds(done)) == ({"a.837": "sent"}, ["transfer.vanished"])
    assert done.status == 0
    assert sent(profile(tmp_path), ledger).files == ()
    assert list(there.iterdir()) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 8))
def test_without_renaming_a_file_that_is_picked_up_at_once_goes_once(  # noqa: PLR0917 - fixtures and one case
    tmp_path: Path,
    there: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    after: bool,
) -> None:
    """Killed at any moment, the whole file taken meanwhile: it does not go a second time."""
    recorded(ledger, WHOLE, "a.837")
    one = profile(tmp_path, rename=False)
    with monkeypatch.context() as patch:
        steps(patch, at, after=after)
        with suppress(_Power):
            sent(one, ledger)
    path = there / "a.837"
    whole = path.exists() and path.read_bytes() == WHOLE
    if whole:
        path.unlink()
    sent(one, ledger)
    assert whole or path.read_bytes() == WHOLE
    assert whole is not path.exists()
    assert delivered(ledger) == [("relay", "a.837")]


def answered(ledger: Ledger, moment: dt.datetime) -> None:
    """A TA1 for the interchange 1 comes, at this moment."""
    isa = interchange(9).replace(
        b"RIVERBENDT     *ZZ*RELAYTEST      ", b"RELAYTEST      *ZZ*RIVERBENDT     "
    )
    ta1 = isa.replace(b"IEA*0*", b"TA1*000000001*261120*0900*A*000~IEA*0*")
    run = evolve(RUN, started=moment)
    [done] = receive(ledger, run, ["a.ta1"], lambda _: lambda: iter([ta1]))
    assert [one.state for one in done.acknowledged] == ["joined"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_they_answered_does_not_go_again(
    tmp_path: Path, there: Path, ledger: Ledger, dry_run: bool
) -> None:
    """Uploaded by hand and acknowledged: it is told, counts as delivered, and does not go."""
    recorded(ledger, interchange(1), "a.837")
    answered(ledger, NOW + dt.timedelta(hours=1))
    one = profile(tmp_path)
    done = sent(one, ledger, dry_run=dry_run)
    assert (states(done), kinds(done)) == ({"a.837": "answered"}, ["transfer.answered"])
    assert "a TA1 for it is here" in done.notes[0].what
    assert list(there.iterdir()) == []
    assert delivered(ledger) == ([] if dry_run else [("relay", "a.837")])
    assert (sent(one, ledger).files == ()) is not dry_run


def test_what_waits_to_be_picked_up_counts_as_taken_when_it_is_answered(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """With taken = "gone", the file still stands there, a TA1 comes: they have it; nothing to tell."""
    recorded(ledger, interchange(1), "a.837")
    one = profile(tmp_path, taken="gone")
    assert states(sent(one, ledger)) == {"a.837": "waiting"}
    answered(ledger, NOW + dt.timedelta(hours=1))
    done = sent(one, ledger)
    assert (states(done), kinds(done)) == ({"a.837": "sent"}, [])
    assert delivered(ledger) == [("relay", "a.837")]
    assert sent(one, ledger).files == ()


def test_an_answer_older_than_the_file_speaks_of_another(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """A TA1 that came before the file was made, of a file of the same number: ours goes."""
    recorded(ledger, interchange(1), "a.837")
    answered(ledger, NOW - dt.timedelta(days=1))
    done = sent(profile(tmp_path), ledger)
    assert (states(done), kinds(done)) == ({"a.837": "sent"}, [])


@pytest.mark.parametrize("rename", [True, False])
def test_two_runs_at_one_moment_send_a_file_once(
    tmp_path: Path, there: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, rename: bool
) -> None:
    """While one run uploads, another sends the file and it is picked up: it does not go again."""
    recorded(ledger, interchange(1, filler=500), "a.837")
    one = profile(tmp_path, rename=rename)
    write = LocalPlace.write
    picked_up: list[bytes] = []

    def beside(place: LocalPlace, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        if not picked_up:
            monkeypatch.setattr(LocalPlace, "write", write)
            assert states(sent(one, ledger)) == {"a.837": "sent"}
            picked_up.append((there / "a.837").read_bytes())
            (there / "a.837").unlink()
        write(place, path, offset, pieces)

    monkeypatch.setattr(LocalPlace, "write", beside)
    done = sent(one, ledger)
    assert picked_up == [interchange(1, filler=500)]
    assert (states(done), kinds(done)) == ({"a.837": "failed"}, ["transfer.beside"])
    left = (there / "a.837").read_bytes() if (there / "a.837").exists() else b""
    assert left != picked_up[0]
    assert delivered(ledger) == [("relay", "a.837")]
    assert sent(one, ledger).files == ()


def test_the_last_byte_goes_after_the_note(
    tmp_path: Path, there: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where names cannot be changed: whoever takes the whole file takes it after it was noted."""
    recorded(ledger, interchange(1), "a.837")
    noted: list[tuple[int, bool]] = []
    write = LocalPlace.write

    def watched(self: LocalPlace, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        with ledger.reading() as connection:
            digest = hashlib.sha256(interchange(1)).hexdigest()
            noted.append((offset, deliveries.is_uploaded(connection, digest)))
        write(self, path, offset, pieces)

    monkeypatch.setattr(LocalPlace, "write", watched)
    sent(profile(tmp_path, rename=False), ledger)
    assert noted == [(0, False), (len(interchange(1)) - 1, True)]
    assert (there / "a.837").read_bytes() == interchange(1)


def test_the_cut_off_is_told(tmp_path: Path, there: Path, ledger: Ledger) -> None:
    """After the day's last cut-off, by the profile's own clock, what goes waits for tomorrow."""
    one = profile(tmp_path, cut_off=["11:00", "17:00"], time_zone="America/New_York")
    early = dt.datetime(2026, 11, 20, 21, 59, tzinfo=dt.UTC)
    recorded(ledger, interchange(1), "a.837")
    assert kinds(send([one], ledger, RUN, early)) == []
    recorded(ledger, interchange(2), "b.837")
    late = send([one], ledger, RUN, early + dt.timedelta(minutes=2))
    assert kinds(late) == ["transfer.too-late"]
    assert late.status == 0


def test_one_file_that_fails_does_not_stop_the_next(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """One name is taken by other content; the next file goes. 3: claims that did not leave."""
    recorded(ledger, interchange(1), "a.837")
    recorded(ledger, interchange(2), "b.837")
    (there / "a.837").write_bytes(b"x")
    done = sent(profile(tmp_path), ledger)
    assert states(done) == {"a.837": "failed", "b.837": "sent"}
    assert done.status == 3


def test_a_profile_that_is_not_there_does_not_stop_the_others(
    tmp_path: Path, there: Path, ledger: Ledger
) -> None:
    """The folder of one is gone: its file waits, the other's goes."""
    gone = evolve(profile(tmp_path), key="gone", put=str(tmp_path / "mount"))
    recorded(ledger, interchange(1), "a.837", profile="gone")
    recorded(ledger, interchange(2), "b.837")
    done = send([gone, profile(tmp_path)], ledger, RUN, NOW)
    assert states(done) == {"a.837": "failed", "b.837": "sent"}
    assert [path.name for path in ledger.undelivered("gone")] == ["a.837"]
