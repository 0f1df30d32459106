"""A clearinghouse behind SFTP: its key pinned, its folders as a ``Place``.

Reading and writing ask for a window of 32 KB blocks at once and wait for its answers: a line with a
long way is used, memory stays that of a window, and what was counted as moved has arrived.
"""

import errno
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from claimline.transfer.errors import StaysError, TransferError
from claimline.transfer.names import shown
from claimline.transfer.values import Login, Profile, Remote

if TYPE_CHECKING:
    from paramiko import SFTPClient, Transport

BLOCK: Final = 32768  # bytes a request: what every server takes
ASKING: Final = "_prefetch_thread"  # of the library, named after what it does
JOINED: Final = 5  # seconds; it ends with the connection
WINDOW: Final = 32  # requests that are under way at once
TOLD: Final = 100  # characters of a server's own words
CLOSED: Final = "Socket is closed"  # the library's words when the connection is gone


@contextmanager
def connected(profile: Profile, login: Login) -> Iterator["SftpPlace"]:
    """Connect and log in; closed at the end.

    Raises:
        CutError: it cannot be reached.
        TransferError: another key than the pinned, or we are not let in.
    """
    try:
        import paramiko
    except ImportError:
        raise TransferError(
            "transfer.not-installed",
            f"{profile.where}: SFTP needs paramiko, which is not installed",
            todo="install it: pip install 'claimline[sftp]'",
        ) from None
    from claimline.transfer.ssh import cut, opened

    transport = opened(profile, login)
    usual = threading.excepthook
    threading.excepthook = lambda args: None if _is_asking(args) else usual(args)
    try:
        try:
            client = _session(transport, login.timeout)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise cut(profile, error) from error
        yield SftpPlace(profile, client)
    finally:
        transport.close()
        for thread in threading.enumerate():
            if ASKING in thread.name:
                thread.join(JOINED)
        threading.excepthook = usual


def _is_asking(args: "threading.ExceptHookArgs") -> bool:
    """Whether it was the library's thread that asks for blocks: its cut is told by the reader."""
    return args.thread is not None and ASKING in args.thread.name


def _session(transport: "Transport", seconds: int) -> "SFTPClient":
    """An SFTP session; the library waits for it without an end, so a watchdog ends it."""
    import paramiko

    watchdog = threading.Timer(seconds, transport.close)
    watchdog.daemon = True
    watchdog.start()
    try:
        channel = transport.open_session(timeout=seconds)
        channel.settimeout(seconds)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)
    finally:
        watchdog.cancel()


class SftpPlace:
    """Folders of an SFTP server."""

    def __init__(self, profile: Profile, client: "SFTPClient") -> None:
        self._profile = profile
        self._client = client

    def files(self, folder: str) -> tuple[Remote, ...]:
        """The plain files of a folder, by name."""
        with self._told("the folder cannot be listed", folder):
            listed = self._client.listdir_attr(folder)
        return tuple(
            Remote(
                name=found.filename,
                path=self.join(folder, found.filename),
                size=found.st_size or 0,
                modified=found.st_mtime or 0,
            )
            for found in sorted(listed, key=lambda one: one.filename)
            if not found.st_mode or stat.S_ISREG(found.st_mode)
        )

    def look(self, path: str) -> Remote | None:
        """A file as it is now; None where it is not there."""
        with self._told("cannot be looked at", path):
            try:
                found = self._client.stat(path)
            except FileNotFoundError:
                return None
        return Remote(
            name=path.rpartition("/")[2],
            path=path,
            size=found.st_size or 0,
            modified=found.st_mtime or 0,
        )

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file from an offset on, in blocks; so many, or all there are."""
        with self._told("cannot be read", path), self._client.open(path, "rb") as stream:
            size = stream.stat().st_size or 0
            size = size if length is None else min(size, offset + length)
            while offset < size:
                blocks = range(offset, min(size, offset + WINDOW * BLOCK), BLOCK)
                for block in stream.readv([(at, min(BLOCK, size - at)) for at in blocks]):
                    yield block
                    offset += len(block)
                    if not block:  # it became shorter meanwhile
                        return

    def write(self, path: str, offset: int, pieces: Iterable[bytes]) -> None:
        """Write a file: made anew from offset 0, else gone on with at its end, on disk after it."""
        with (
            self._told("cannot be written", path),
            self._client.open(path, "ab" if offset else "wb") as stream,
        ):
            for piece in pieces:
                for start in range(0, len(piece), BLOCK):
                    last = start + BLOCK >= len(piece)
                    stream.set_pipelined(not last and (start // BLOCK + 1) % WINDOW != 0)
                    stream.write(piece[start : start + BLOCK])  # waits for all where not pipelined

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, which nothing has yet."""
        with self._told("cannot be renamed", old):
            self._client.rename(old, new)

    def remove(self, path: str) -> None:
        """Remove a file of ours that was a try."""
        with self._told("cannot be removed", path):
            self._client.remove(path)

    def join(self, folder: str, name: str) -> str:
        """The path of a file in a folder."""
        return f"{folder.rstrip('/')}/{name}" if folder != "." else name

    @contextmanager
    def _told(self, what: str, path: str) -> Iterator[None]:
        """Say in our words what the library raises."""
        import paramiko

        try:
            yield
        except (paramiko.SSHException, EOFError, TimeoutError, ConnectionError) as error:
            self._cut(error)
        except OSError as error:
            if str(error) == CLOSED or not self._is_open():
                self._cut(error)
            self._refused(what, path, error)

    def _is_open(self) -> bool:
        channel = self._client.get_channel()
        transport = channel.get_transport() if channel is not None else None
        return transport is not None and transport.is_active()

    def _cut(self, error: Exception) -> NoReturn:
        from claimline.transfer.ssh import cut

        raise cut(self._profile, error) from error

    def _refused(self, what: str, path: str, error: OSError) -> NoReturn:
        """The server said no to one thing."""
        kind, why, todo = _REASONS.get(error.errno or 0, _REASONS[0])
        if not error.errno:
            why = why.format(shown(str(error))[:TOLD] or "no reason given")
        raise StaysError(
            kind, f"{self._profile.where}: {shown(path)}: {what}: {why}", todo=todo
        ) from error


_REASONS: Final = {
    errno.ENOENT: (
        "transfer.folder",
        "it is not there",
        "check put, get and the other folders of the profile: claimline transfer check",
    ),
    errno.EACCES: (
        "transfer.denied",
        "the login may not",
        "ask the clearinghouse for the right to do this",
    ),
    0: (
        "transfer.refused",
        "the server refused: {}",
        "its disk may be full, or the name taken; if the next run fails too, call",
    ),
}
