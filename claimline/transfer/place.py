"""A clearinghouse as the transfers see it, whatever way leads there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from claimline.transfer.values import Profile, Remote


class Place(Protocol):
    """Folders over there. Every method may raise ``CutError``, and where told ``StaysError``."""

    def files(self, folder: str) -> tuple[Remote, ...]:
        """The plain files of a folder, by name.

        Raises:
            StaysError: the folder is not there or may not be read.
        """

    def look(self, path: str) -> Remote | None:
        """A file as it is now; None where it is not there.

        Raises:
            StaysError: it may not be looked at.
        """

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file from an offset on, in blocks; so many, or all there are.

        Raises:
            StaysError: it is not there any more or may not be read.
        """

    def write(self, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        """Write a file: made anew from offset 0, else gone on with at its end, on disk after it.

        Raises:
            StaysError: it may not be written, or there is no room.
        """

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, which nothing has yet.

        Raises:
            StaysError: it may not be renamed, or the name is taken.
        """

    def remove(self, path: str) -> None:
        """Remove a file of ours that was a try.

        Raises:
            StaysError: it may not be removed.
        """

    def join(self, folder: str, name: str) -> str:
        """The path of a file in a folder."""


@contextmanager
def open_place(profile: Profile) -> Iterator[Place]:
    """Reach a clearinghouse; the connection is closed at the end.

    Raises:
        CutError: it cannot be reached.
        TransferError: it is not the one that is pinned, or does not let us in.
    """
    if profile.login is None:
        from claimline.transfer.local import LocalPlace

        yield LocalPlace(profile)
        return
    from claimline.transfer.sftp import connected

    with connected(profile, profile.login) as place:
        yield place
