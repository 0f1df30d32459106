"""A real disk without room in the place of each folder: told, and with room the night is whole."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from canonical import differences
from databases import NewUrl
from night_desk import SECOND, Desk

KILOBYTES = 64  # of the small disk
MOUNT = f"mount -t tmpfs -o size={KILOBYTES}k,mode=700 tmpfs "


def _alone(words: str, **more: object) -> "subprocess.CompletedProcess[str]":
    """A command in a mount namespace of its own, which ends with it.

    Who is root already needs no users of his own: a server's socket belongs to another one.
    """
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *users, "--mount", "sh", "-c", words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)  # type: ignore[call-overload]


def _mounts() -> bool:
    """Whether this machine lets us mount a small disk of our own."""
    try:
        return _alone(f"{MOUNT} /mnt").returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _mounts(), reason="this machine does not let us mount a small disk")
@pytest.mark.parametrize(
    ("folder", "room"),
    [
        pytest.param("inbox", 4, id="no-room-to-fetch"),
        pytest.param("outbox", 0, id="no-room-to-build"),
        pytest.param("clearinghouse/in", 0, id="no-room-to-send"),
        pytest.param("quarantine", 0, id="no-room-to-put-away"),
    ],
)
def test_a_full_disk_is_told(
    second_day: Desk, new_url: NewUrl, tmp_path: Path, folder: str, room: int
) -> None:
    """Exit status 3 and the system's own words; nothing is lost, and nothing goes twice."""
    calm = second_day.copied(tmp_path / "calm", new_url)
    desk = second_day.copied(tmp_path / "desk", new_url)
    if folder == "quarantine":
        for one in (calm, desk):
            (one.folder / "inbox").mkdir(exist_ok=True)
            (one.folder / "inbox" / "letter.txt").write_text("no X12", encoding="utf-8")
            os.utime(one.folder / "inbox" / "letter.txt", (0, 0))
    assert calm.night(SECOND).returncode == 1
    place = desk.folder / folder
    place.mkdir(exist_ok=True)
    fill = f"head -c {KILOBYTES - room}k /dev/zero > {place}/.filled"
    done = _alone(
        f"{MOUNT} {place} && {fill}; {shlex.join(desk.command())}", env=desk.environment(SECOND)
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "No space left on device" in " ".join((done.stdout + done.stderr).split())
    again = desk.night(SECOND)
    assert again.returncode == 1, again.stdout + again.stderr
    if folder == "inbox":  # what came onto the small disk went with it: the archive has the rest
        assert set(desk.files("clearinghouse/in")) == set(calm.files("clearinghouse/in"))
    else:
        assert differences(calm.dump(), desk.dump()) == []
        assert desk.files("clearinghouse") == calm.files("clearinghouse")
