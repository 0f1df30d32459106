"""After receiving: what was read goes to the archive, what cannot be read to the quarantine.

Nothing is deleted and nothing replaced. A file gets a name of ours (``names.house_name``): the one
it came with may name a patient; it stands in the ledger, and beside a file in quarantine. A file
that could not be received for a reason that is not its own (the ledger was locked, the disk full)
stays in the inbox for the next run.
"""

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from claimline.night.values import Note
from claimline.transfer import put_notes
from claimline.transfer.disk import WHOLE, digest_of, moved, synced
from claimline.transfer.errors import TransferError
from claimline.transfer.names import UNFINISHED, house_name, name_fault, plain, shown, with_digest
from claimline.transfer.values import PutAway

if TYPE_CHECKING:
    from claimline.night.config import Folders
    from claimline.services.receive_values import FileResult
    from reconcile.ledger import Ledger

UNKNOWN: Final = "a file that cannot be read here"
MOST: Final = 1000  # problems listed beside a file in quarantine


def inbox_files(folders: "Folders") -> tuple[Path, ...]:
    """What waits in the inbox, by name: also what a person put there; hidden files are not."""
    try:
        found = sorted(path for path in folders.inbox.iterdir() if path.is_file())
    except FileNotFoundError:
        return ()
    return tuple(path for path in found if not path.name.startswith("."))


def plainly_named(folders: "Folders") -> tuple[Note, ...]:
    """Give files of the inbox whose names cannot be printed or kept a plain one: they are received.

    A file that cannot be read or renamed is left as it is, and told.
    """
    renamed: dict[str, str] = {}
    odd: list[str] = []
    for path in inbox_files(folders):
        fault = name_fault(path.name)
        if not fault or path.suffix.lower() in UNFINISHED:
            continue
        try:
            digest = digest_of(path)
            moved(path, path.parent, plain(path.name, digest), digest)
        except (TransferError, OSError) as error:
            odd.append(f"{fault}, and it cannot be renamed: {_why_not(error)}")
        else:
            renamed[house_name(digest, path.name)] = fault
    return (*put_notes.odd(odd), *put_notes.renamed(renamed))


def put_away(
    folders: "Folders", results: "Iterable[tuple[Path, FileResult]]", now: dt.datetime
) -> PutAway:
    """Move received files out of the inbox.

    Args:
        folders: ours.
        results: each file in the inbox with what became of it.
        now: in the practice's time zone: the archive has a folder per month.
    """
    archived: list[Path] = []
    quarantined: dict[Path, str] = {}  # why
    left: list[Path] = []
    stuck: dict[str, str] = {}  # by name, what the disk said
    names: dict[Path, str] = {}
    stays: list[tuple[str, str, str]] = []  # name, why, what to do
    halting: set[str] = set()  # why, where no later run gets over it by itself
    month = f"{now:%Y-%m}"
    for path, result in results:
        digest, names[path] = "", UNKNOWN
        try:
            digest = digest_of(path)
            names[path] = house_name(digest, path.name, kind_of(result))
            if not result.later and _is_unreadable(result):
                target = _quarantine(folders.quarantine, path, names[path], result, now)
                quarantined[target] = _why(result)
            elif not result.later:
                archived.append(moved(path, folders.archive / month, names[path], digest))
        except (TransferError, OSError) as error:
            if not result.later:
                left.append(path)
                stuck[names[path]] = _why_not(error)
        if result.later:
            left.append(path)
            stays.append((names[path], _why(result), result.todo))
            halting |= {_why(result)} if result.full else set()
    return PutAway(
        archived=tuple(archived),
        quarantined=tuple(quarantined),
        left=tuple(left),
        names=names,
        notes=(
            *put_notes.left(stays, halting=halting),
            *put_notes.not_moved(stuck),
            *put_notes.quarantined({path.name: why for path, why in quarantined.items()}),
        ),
    )


def kind_of(result: "FileResult") -> str:
    """What is in a received file; empty where it is several things, or none that is read."""
    kinds = {"835" for _ in result.payments} | {"837P" for _ in result.adopted}
    kinds |= {one.kind for one in result.acknowledged}
    return kinds.pop() if len(kinds) == 1 else ""


def clear_outbox(folders: "Folders", ledger: "Ledger", now: dt.datetime) -> tuple[Path, ...]:
    """Move the files that a clearinghouse took from the outbox to the archive; what waits stays.

    Raises:
        TransferError: the disk does not allow it; the next run goes on.
    """
    from reconcile.ledger import transfers

    try:
        found = sorted(path for path in folders.outbox.iterdir() if path.is_file())
    except FileNotFoundError:
        return ()
    put = []
    for path in found:
        if path.name.startswith("."):
            continue
        digest = digest_of(path)
        with ledger.reading() as connection:
            taken = transfers.is_delivered(connection, digest)
        if taken:
            put.append(moved(path, folders.archive / f"{now:%Y-%m}", path.name, digest))
    return tuple(put)


def _is_unreadable(result: "FileResult") -> bool:
    """Whether nothing of the file could be read."""
    return result.state == "unreadable" or result.nothing_in_it


def _quarantine(
    folder: Path, path: Path, name: str, result: "FileResult", now: dt.datetime
) -> Path:
    """Move a file to the quarantine, its problems beside it; they are written first."""
    digest = digest_of(path)
    if (folder / name).exists() and digest_of(folder / name) != digest:
        name = with_digest(name, digest, WHOLE)
    text = "\n".join(_words(name, path.name, digest, result, now)) + "\n"
    _write(folder / f"{name}.problems.txt", text)
    _write(folder / f"{name}.problems.json", json.dumps(_data(name, digest, result, now), indent=2))
    return moved(path, folder, name, digest)


def _write(path: Path, text: str) -> None:
    """Write a note beside a file, for its owner only, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(text.encode("utf-8", "replace"))
        synced(stream)
    part.replace(path)


def _words(
    name: str, given: str, digest: str, result: "FileResult", now: dt.datetime
) -> Iterator[str]:
    """What is wrong with a file, for a person, and what it came as; no values."""
    from claimline.render.problems import place_text

    yield f"{name} could not be read."
    yield f"It came as {shown(given)}"
    yield f"It was put here on {now:%Y-%m-%d %H:%M %Z}. SHA-256 {digest}"
    yield ""
    yield _why(result)
    if result.todo:
        yield result.todo
    for problem in result.problems[:MOST]:
        place = place_text(problem.where)
        yield f"{problem.level}: {f'{place}: ' if place else ''}{problem.message} [{problem.code}]"
    if len(result.problems) > MOST:
        yield f"and {len(result.problems) - MOST:,} more"
    yield ""
    yield "What to do: look at the file. Is it a remittance or an acknowledgement, ask the sender"
    yield "for it again. If it was mended, put it into the inbox. When it is dealt with, move it"
    yield "out of this folder: each night counts what lies here."


def _data(name: str, digest: str, result: "FileResult", now: dt.datetime) -> dict[str, Any]:
    """The same for a program."""
    from claimline.render.problems import problem_fields

    return {
        "file": name,
        "digest": digest,
        "at": now.isoformat(timespec="seconds"),
        "message": _why(result),
        "problems": [problem_fields(problem) for problem in result.problems[:MOST]],
        "more": max(0, len(result.problems) - MOST),
    }


def _why(result: "FileResult") -> str:
    """In one sentence, without the folder the file was in."""
    if result.message:
        return result.message.removeprefix(f"{result.file}: ").replace(result.file, "the file")
    return "It is X12, but no transaction in it could be read."


def _why_not(error: Exception) -> str:
    """What the disk said."""
    if isinstance(error, TransferError):
        return error.message
    return getattr(error, "strerror", None) or type(error).__name__
