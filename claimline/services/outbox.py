"""Files of claims on disk: written from the ledger's bytes, whole or not at all.

What is marked as test (ISA15 T) never leaves as production, nor the other way round: every file is
looked at before it is written, whatever the ledger says of it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from claimline.errors import CommandError
from claimline.files import sync_folder
from reconcile.ledger import out_files

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, Usage


_ISA15: Final = 102  # the ISA segment has a fixed length (X12.5)
_ISA_LENGTH: Final = 106
WORDS: Final = {"T": "test", "P": "production"}
_AGAIN: Final = "the claims are recorded: mend it and run the same command again"


def write_unwritten(ledger: "Ledger", run: "Run", out: Path) -> tuple[str, ...]:
    """Write every recorded file that does not yet stand in the outbox; a crash loses none.

    The bytes and the number are the recorded ones, so a second attempt writes the same file.

    Returns:
        The paths written, oldest first.

    Raises:
        CommandError: the folder or a file cannot be written; what is recorded stays recorded.
    """
    written = []
    for stored in ledger.unwritten_files():
        path = out / stored.name
        write_whole(path, checked_bytes(ledger, stored.digest))
        with ledger.begin(run) as writer:
            writer.mark_written(stored.digest, name=stored.name)
        written.append(str(path))
    return tuple(written)


def usage_of(data: bytes) -> "Usage":
    """The book that a file says it is of: T or P (ISA15).

    Raises:
        CommandError: it does not begin with an ISA segment, or ISA15 is neither.
    """
    found = data[_ISA15 : _ISA15 + 1]
    if data[:3] != b"ISA" or len(data) < _ISA_LENGTH or found not in {b"T", b"P"}:
        raise CommandError(
            "the file says neither that it is a test (ISA15 T) nor that it is in earnest (P)",
            todo="it was not made by claimline bill; leave it where it is and send nothing",
        )
    return "T" if found == b"T" else "P"


def refuse_other_book(data: bytes, usage: "Usage", name: str) -> None:
    """A test file never goes where production files go, nor the other way round.

    Raises:
        CommandError: ISA15 of the file is not that of the book.
    """
    told = usage_of(data)
    if told != usage:
        raise CommandError(
            f"{name} is marked {WORDS[told]} (ISA15 {told}) and would leave as {WORDS[usage]}",
            todo="nothing was written or sent; claimline ledger status says whether the ledger "
            "is sound, its backup has the file as it was",
        )


def checked_bytes(ledger: "Ledger", digest: str) -> bytes:
    """The bytes of a recorded file of claims, of the book it was recorded in.

    Raises:
        CommandError: ISA15 says another book.
        LedgerDamaged: the bytes are damaged.
    """
    data = b"".join(ledger.file_bytes(digest))
    with ledger.reading() as connection:
        known = out_files.of_digest(connection, digest)
    if known is not None:
        refuse_other_book(data, known.usage, known.name)
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write to a temporary name, flush to disk, rename: readers see all of it or nothing.

    A file that is there already is never replaced; where it has these very bytes, all is done.

    Raises:
        CommandError: naming the file and what the system said, or that it has other content.
    """
    if _is_there(path, data):
        return
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise CommandError(
            f"cannot write {path}: {error.strerror}",
            todo=_AGAIN,
        ) from error


def _is_there(path: Path, data: bytes) -> bool:
    """Whether the file stands there with these bytes.

    Raises:
        CommandError: it has others, or cannot be read.
    """
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}", todo=_AGAIN) from error
    if found != data:
        raise CommandError(
            f"{path} exists with other content: another ledger made it, or it was changed; "
            "it was not replaced",
            todo="move the file away, or give another folder (--out; each ledger needs its own): "
            "the claims are recorded, then run the same command again",
        )
    return True


def put_apart(path: Path, folder: Path) -> str:
    """Move a file out of the outbox; nothing is ever deleted or replaced.

    Returns:
        Where it stands now; empty where it was not there.

    Raises:
        CommandError: it cannot be moved.
    """
    target = folder / path.name
    try:
        if not path.exists():
            return str(target) if target.exists() else ""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists() and target.read_bytes() != path.read_bytes():
            raise CommandError(
                f"{target} is there with other content",
                todo=f"move {path} away yourself, so that nobody picks it up",
            )
        path.replace(target)
        sync_folder(path.parent)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be moved: {error.strerror}",
            todo="it is recorded as taken back: move it away yourself, so that nobody picks it up",
        ) from error
    return str(target)
