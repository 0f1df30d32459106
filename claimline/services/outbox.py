"""Files of claims on disk: written from the ledger's bytes, whole or not at all."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from claimline.errors import CommandError

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run


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
        write_whole(path, b"".join(ledger.file_bytes(stored.digest)))
        with ledger.begin(run) as writer:
            writer.mark_written(stored.digest, name=stored.name)
        written.append(str(path))
    return tuple(written)


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
        _sync_folder(path.parent)
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
            f"{path} exists with other content: another ledger made it; it was not replaced",
            todo="give each ledger a folder of its own (--out), or move the file away; "
            "the claims are recorded: run the same command again",
        )
    return True


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system lets a folder be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
