"""A clearinghouse that is a folder of this machine; another program or a mount moves the files."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from claimline.files import sync_folder
from claimline.transfer.disk import synced
from claimline.transfer.errors import StaysError
from claimline.transfer.values import Profile, Remote

BLOCK: Final = 1 << 20


class LocalPlace:
    """Folders on a disk. A mount that is gone looks like a folder that is not there."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def files(self, folder: str) -> tuple[Remote, ...]:
        """The plain files of a folder, by name."""
        found = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # taken away since it was listed
                        if entry.is_file(follow_symlinks=False):
                            found.append(_remote(entry.path, entry.stat()))
        except OSError as error:
            self._refused("the folder cannot be listed", folder, error)
        return tuple(sorted(found, key=lambda one: one.name))

    def look(self, path: str) -> Remote | None:
        """A file as it is now; None where it is not there."""
        try:
            found = Path(path).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refused("cannot be looked at", path, error)
        return _remote(path, found) if stat.S_ISREG(found.st_mode) else None

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file from an offset on, in blocks; so many, or all there are."""
        try:
            with Path(path).open("rb") as stream:
                stream.seek(offset)
                left = length if length is not None else sys.maxsize
                while block := stream.read(min(BLOCK, left)):
                    yield block
                    left -= len(block)
        except OSError as error:
            self._refused("cannot be read", path, error)

    def write(self, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        """Write a file: made anew from offset 0, else gone on with at its end, on disk after it."""
        try:
            with Path(path).open("ab" if offset else "wb") as stream:
                stream.writelines(pieces)
                synced(stream)
        except OSError as error:
            self._refused("cannot be written", path, error)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, which nothing has yet."""
        try:
            if Path(new).exists():
                raise FileExistsError(17, "the name is taken")
            Path(old).rename(new)
        except OSError as error:
            self._refused("cannot be renamed", old, error)
        with suppress(OSError):  # some mounts cannot: then it is as durable as they are
            sync_folder(Path(new).parent)

    def remove(self, path: str) -> None:
        """Remove a file of ours that was a try."""
        try:
            Path(path).unlink()
        except OSError as error:
            self._refused("cannot be removed", path, error)

    def join(self, folder: str, name: str) -> str:
        """The path of a file in a folder."""
        return str(Path(folder) / name)

    def _refused(self, what: str, path: str, error: OSError) -> NoReturn:
        kind = "transfer.folder" if isinstance(error, FileNotFoundError) else "transfer.refused"
        raise StaysError(
            kind,
            f"{self._profile.where}: {path}: {what}: {error.strerror}",
            todo="see to the folder: is it mounted, whose is it, is there room?",
        ) from error


def _remote(path: str, found: os.stat_result) -> Remote:
    return Remote(name=Path(path).name, path=path, size=found.st_size, modified=int(found.st_mtime))
