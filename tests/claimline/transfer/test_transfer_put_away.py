"""After receiving: archive or quarantine, nothing deleted, nothing replaced, no patient in a note."""

import hashlib
import json
import stat
from pathlib import Path

import pytest
from transfer_made import NOW, RUN, interchange, profile, recorded

from claimline import files
from claimline.night.config import Folders
from claimline.services.receive import receive
from claimline.services.receive_values import FileResult
from claimline.transfer import PutAway, clear_outbox, inbox_files, put_away, send
from edi.problem import Place, Problem
from reconcile.ledger import Ledger


def put(folders: Folders, name: str, data: bytes) -> Path:
    """A file in the inbox."""
    folders.inbox.mkdir(parents=True, exist_ok=True)
    path = folders.inbox / name
    path.write_bytes(data)
    return path


def received(folders: Folders, ledger: Ledger) -> PutAway:
    """The inbox received and put away."""
    paths = inbox_files(folders)
    found = receive(ledger, RUN, map(str, paths), lambda name: lambda: files.chunks(name))
    return put_away(folders, zip(paths, found, strict=True), NOW)


def left(folders: Folders) -> list[str]:
    """The names in the inbox."""
    return sorted(path.name for path in folders.inbox.iterdir())


def named(data: bytes, ending: str = ".835") -> str:
    """What a received file is called here."""
    return hashlib.sha256(data).hexdigest()[:12] + ending


TA1 = interchange(1).replace(
    b"IEA*0*", b"TA1*000000001*261120*0900*A*000~IEA*0*"
)  # an acknowledgement needs no group


def test_what_was_read_goes_to_the_archive_of_the_month(folders: Folders, ledger: Ledger) -> None:
    """A file that was read leaves the inbox for the archive's folder of the month."""
    put(folders, "ack.ta1", TA1)
    done = received(folders, ledger)
    assert done.archived == (folders.archive / "2026-11" / named(TA1, ".ta1"),)
    assert done.archived[0].read_bytes() == TA1
    assert left(folders) == []
    assert done.notes == ()


def test_the_archive_replaces_nothing(folders: Folders, ledger: Ledger) -> None:
    """Each content has its own name, whatever it came as; the same bytes stand once."""
    other = TA1.replace(b"*000~", b"*001~")
    for data in (TA1, other, TA1):
        put(folders, "ack.ta1", data)
        received(folders, ledger)
    kept = sorted((folders.archive / "2026-11").iterdir())
    assert {path.name: path.read_bytes() for path in kept} == {
        named(data, ".ta1"): data for data in (TA1, other)
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert left(folders) == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x89PNG not X12 at all", id="not X12"),
        pytest.param(b"", id="empty"),
        pytest.param(interchange(1), id="nothing in it"),
    ],
)
def test_what_cannot_be_read_goes_to_the_quarantine(
    folders: Folders, ledger: Ledger, data: bytes
) -> None:
    """The file and two notes beside it, in words and as JSON, all for their owner only."""
    put(folders, "odd.835", data)
    done = received(folders, ledger)
    name = named(data)
    assert done.quarantined == (folders.quarantine / name,)
    assert done.quarantined[0].read_bytes() == data
    words = (folders.quarantine / f"{name}.problems.txt").read_text()
    assert f"{name} could not be read" in words
    assert "It came as odd.835" in words
    told = json.loads((folders.quarantine / f"{name}.problems.json").read_text())
    assert told["file"] == name
    assert told["message"]
    assert str(folders.inbox) not in words
    assert {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in folders.quarantine.iterdir()} == {0}
    assert [(note.kind, note.urgency) for note in done.notes] == [("transfer.quarantined", "today")]
    assert left(folders) == []


def test_the_quarantine_replaces_nothing(folders: Folders, ledger: Ledger) -> None:
    """Two unreadable files of one name: both stay, each with its own notes."""
    put(folders, "odd.835", b"one")
    received(folders, ledger)
    put(folders, "odd.835", b"two")
    (second,) = received(folders, ledger).quarantined
    assert (folders.quarantine / named(b"one")).read_bytes() == b"one"
    assert second.read_bytes() == b"two"
    assert second.with_name(f"{second.name}.problems.txt").exists()


def test_a_locked_ledger_leaves_the_file_in_the_inbox(folders: Folders) -> None:
    """What is not the file's fault leaves it where it is, for the next run."""
    path = put(folders, "era.835", interchange(1))
    result = FileResult(
        file=str(path), state="unreadable", message=f"{path}: locked", todo="run again", later=True
    )
    done = put_away(folders, [(path, result)], NOW)
    assert done.left == (path,)
    assert left(folders) == ["era.835"]
    assert [(note.kind, note.todo) for note in done.notes] == [("transfer.left", "run again")]


def test_the_notes_hold_no_values(folders: Folders) -> None:
    """The value at fault, which may be a patient's, stands in neither note."""
    path = put(folders, "odd.835", b"x")
    problem = Problem(
        code="element.code-invalid",
        message="The name is not allowed.",
        where=Place(file="odd.835", segment=3, element="NM103"),
        value="EXAMPLE ROBIN",
    )
    result = FileResult(file=str(path), state="unreadable", problems=(problem,), message="no X12")
    put_away(folders, [(path, result)], NOW)
    for note in folders.quarantine.glob("*.problems.*"):
        text = note.read_text()
        assert "The name is not allowed." in text
        assert "ROBIN" not in text


def test_what_one_thing_held_up_is_told_once(folders: Folders) -> None:
    """A full disk leaves every file in the inbox: one note names the cause and counts them."""
    pairs = [
        (path, FileResult(file=str(path), state="unreadable", message=f"{path}: full", later=True))
        for path in (put(folders, f"{n}.835", interchange(n)) for n in range(1, 4))
    ]
    done = put_away(folders, pairs, NOW)
    (note,) = done.notes
    assert len(done.left) == note.count == 3
    first = named(interchange(1))
    assert (
        note.what == f"{first} and 2 other files could not be received and stay in the inbox: full"
    )


def test_hidden_files_are_not_received(folders: Folders) -> None:
    """What is still coming into the inbox is hidden and no one's business."""
    put(folders, ".abc.10.20.part", b"half")
    whole = put(folders, "era.835", interchange(1))
    assert inbox_files(folders) == (whole,)


def test_delivered_files_leave_the_outbox(tmp_path: Path, folders: Folders, ledger: Ledger) -> None:
    """What a clearinghouse took goes from the outbox to the archive; what waits, and what others put there, stays."""
    recorded(ledger, interchange(1), "a.837")
    send([profile(tmp_path)], ledger, RUN, NOW)
    recorded(ledger, interchange(2), "b.837")
    folders.outbox.mkdir(parents=True)
    for name, data in (("a.837", interchange(1)), ("b.837", interchange(2)), ("note.txt", b"x")):
        (folders.outbox / name).write_bytes(data)
    assert clear_outbox(folders, ledger, NOW) == (folders.archive / "2026-11" / "a.837",)
    assert sorted(path.name for path in folders.outbox.iterdir()) == ["b.837", "note.txt"]
    assert clear_outbox(folders, ledger, NOW) == ()
