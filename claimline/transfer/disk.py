"""Our own folders: bytes made durable, files moved without ever replacing other content."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from claimline.files import sync_folder
from claimline.transfer.errors import TransferError
from claimline.transfer.names import with_digest

BLOCK: Final = 1 << 20
SHORT: Final = 8  # characters of a digest that tell two files of one name apart
WHOLE: Final = 64


def digest_of(path: Path) -> str:
    """The SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def opened(path: Path) -> IO[bytes]:
    """A file to be read and gone on with at its end, made for its owner only.

    Raises:
        OSError: it cannot be made.
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab+")


def synced(stream: IO[bytes]) -> None:
    """Bring what was written to the disk itself."""
    stream.flush()
    os.fsync(stream.fileno())


def moved(source: Path, folder: Path, name: str, digest: str) -> Path:
    """Move a file into a folder of ours; folder and file are their owner's only.

    Where the name is taken by other content, the digest's first letters are added; where these
    very bytes stand there already, they are that file from now on.

    Args:
        source: on the same disk, or another.
        folder: the new folder.
        name: wanted there.
        digest: SHA-256 of the file.

    Raises:
        TransferError: the disk does not allow it; then the file is where it was.
    """
    try:
        make_folder(folder)
        target = _free(folder, name, digest)
        with suppress(OSError):  # another's file, or a share without such rights: the folder guards
            source.chmod(0o600)
        source.replace(target)
        sync_folder(folder)
    except OSError as error:
        raise TransferError(
            "transfer.disk",
            f"cannot move a file to {folder}: {error.strerror}",
            todo="see to the folder: whose is it, is there room, is it on the same disk as the "
            "other folders?",
        ) from error
    return target


def make_folder(folder: Path) -> None:
    """Make a folder of ours, for its owner only.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _free(folder: Path, name: str, digest: str) -> Path:
    """The name a file gets: its own, or with letters of its digest."""
    for wanted in (name, *(with_digest(name, digest, n) for n in (SHORT, WHOLE))):
        path = folder / wanted
        if not path.exists() or digest_of(path) == digest:
            return path
    raise AssertionError("a name with the whole digest belongs to its content")
