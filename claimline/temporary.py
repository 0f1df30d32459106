"""A folder for a copy of a ledger, which is patient data: it is gone when its work is done.

A process that is killed cannot clear up after itself. So each folder holds a lock that dies with
its process, and whoever makes the next one, and every night, removes those that nobody holds.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "claimline-copy-"
LOCK: Final = ".lock"
YOUNG: Final = 3600  # seconds: one without a lock may be just being made


@contextmanager
def room() -> Iterator[Path]:
    """A new folder among the temporary files (``TMPDIR``), for its owner only; removed at the end.

    Raises:
        OSError: it cannot be made.
    """
    clear()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        made = Path(name) / f"{LOCK}.new"  # it has its name once it is held: nobody meets it free
        handle = os.open(made, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            made.rename(made.with_name(LOCK))
            yield Path(name)
        finally:
            os.close(handle)


def clear() -> int:
    """Remove our folders that were left by processes which were killed; how many there were.

    One that another user made, that is in use, or that cannot be removed stays.
    """
    removed = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_left(path):
                shutil.rmtree(path)
                removed += 1
    return removed


def _is_left(path: Path) -> bool:
    """Whether a folder is ours and nobody works in it.

    Raises:
        OSError: it is gone meanwhile.
    """
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return False
    try:
        handle = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - found.st_mtime > YOUNG
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
