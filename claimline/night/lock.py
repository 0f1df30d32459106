"""One night at a time: a lock that dies with its process, whatever it died of.

The lock is the system's (POSIX record locks), not the file: a file left behind by a crash holds
nobody up, and helper processes do not inherit it. The file tells who holds it and since when.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from claimline.errors import CommandError
from reconcile.ledger.connect import parse, sqlite_path

NAME: Final = ".night.lock"
_WAIT: Final = "wait until it is done; if it hangs, end that process: nothing is lost"


class NightBusyError(CommandError):
    """Another night is at work: exit status 3, and nothing was changed."""


def path_of(ledger: str, reports: Path) -> Path:
    """Where the lock of a ledger is: beside an SQLite file, else among the reports.

    A link to a ledger leads to the ledger's own lock.
    """
    path = sqlite_path(parse(ledger))
    if path is None:
        return reports / NAME
    real = path.resolve()
    return real.with_name(real.name + NAME)


@contextmanager
def only_one(path: Path, since: str) -> Iterator[None]:
    """Hold the lock for the block.

    Args:
        path: of the lock's file; made if it is not there, for its owner only.
        since: when this night began, for whoever comes second.

    Raises:
        NightBusyError: another holds it.
        CommandError: the file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        raise CommandError(
            f"there is no folder {path.parent}",
            todo="mount the disk, make the folder, or mend `ledger` in night.toml",
        ) from None
    except OSError as error:
        raise CommandError(
            f"cannot make the lock {path}: {error.strerror}",
            todo="see to the folder and its owner, then run it again",
        ) from error
    try:
        _take(handle)
        _write(handle, {"pid": os.getpid(), "host": socket.gethostname(), "since": since})
        yield
    finally:
        os.close(handle)  # and with it the lock


def holder(path: Path) -> str:
    """Who holds the lock now, in words; empty where nobody does. Takes and makes nothing."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _who(handle)
    finally:
        os.close(handle)
    return ""


def _take(handle: int) -> None:
    """Take the lock.

    Raises:
        NightBusyError: another holds it.
    """
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise NightBusyError(f"{_who(handle)}; nothing was changed", todo=_WAIT) from None


def _who(handle: int) -> str:
    """Who wrote the lock's file."""
    told: Any = None
    with suppress(ValueError, OSError):
        told = json.loads(os.pread(handle, 4096, 0))
    if not isinstance(told, dict) or not told.get("pid"):
        return "another night is at work"
    return (
        f"another night is at work: process {told['pid']} on {told.get('host', 'this machine')}, "
        f"since {told.get('since', 'a moment ago')}"
    )


def _write(handle: int, told: dict[str, Any]) -> None:
    """Say who holds it; a full disk is no reason not to begin."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(told).encode() + b"\n", 0)
