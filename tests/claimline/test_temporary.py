"""A copy of a ledger is gone when its work is done, whatever that ended by."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from claimline import temporary

HOLD = """
import sys
from claimline import temporary
with temporary.room() as room:
    (room / "ledger.sqlite3").write_bytes(b"patients")
    print(room, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files go to the test's folder, of this process and of others."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def _holder() -> tuple[subprocess.Popen[str], Path]:
    """A process at work in its room, and the room."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_room_is_gone_at_its_end(tmp_path: Path) -> None:
    """Also where the work failed; it was for its owner only."""
    with suppress(RuntimeError), temporary.room() as room:
        assert room.parent == tmp_path
        assert room.stat().st_mode & 0o077 == 0
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next() -> None:
    """SIGKILL: the copy stays until somebody else makes one, and not longer."""
    process, left = _holder()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (left / "ledger.sqlite3").exists()
    with temporary.room() as room:
        assert not left.exists()
        assert room.exists()


def test_a_room_in_use_is_left_alone() -> None:
    """Another process works in it; so does this one, in another of its own."""
    process, held = _holder()
    with temporary.room() as first, temporary.room():
        assert temporary.clear() == 0
        assert held.exists()
        assert first.exists()
    process.communicate("")
    assert not held.exists()


def test_a_room_that_is_just_being_locked_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one looks for what was left between the making of the lock and its taking."""
    found: list[int] = []
    flock = fcntl.flock

    def late(handle: int, how: int) -> None:
        if how == fcntl.LOCK_EX:
            found.append(temporary.clear())
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with temporary.room() as room:
        assert (found, room.exists()) == ([0], True)


@pytest.mark.parametrize(
    ("old", "stays"), [pytest.param(0, True, id="young"), pytest.param(7200, False, id="old")]
)
def test_a_room_without_a_lock_may_be_just_being_made(
    tmp_path: Path, old: int, stays: bool
) -> None:
    """It is removed when it is older than an hour."""
    folder = tmp_path / f"{temporary.PREFIX}x"
    folder.mkdir()
    moment = time.time() - old
    os.utime(folder, (moment, moment))
    assert temporary.clear() == int(not stays)
    assert folder.exists() is stays


def test_what_only_looks_like_a_room_stays(tmp_path: Path) -> None:
    """A link of that name leads to somebody's files; a file is none of ours."""
    target = tmp_path / "precious"
    target.mkdir()
    (target / temporary.LOCK).touch()
    (tmp_path / f"{temporary.PREFIX}link").symlink_to(target)
    (tmp_path / f"{temporary.PREFIX}file").touch()
    assert temporary.clear() == 0
    assert target.exists()
