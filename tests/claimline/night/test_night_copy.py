"""The copy of the ledger that a dry run works on: patient data, gone when the run is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from night_desk import SECOND, Desk


def test_a_killed_dry_run_leaves_no_patient_on_the_disk_for_long(tmp_path: Path) -> None:
    """SIGKILL in the middle of it: the next night removes its copy of the ledger."""
    desk = Desk(tmp_path / "desk").second_day()
    rooms = tmp_path / "temporary"
    rooms.mkdir()
    dying = (
        "import sys; from night_killed import run; "
        f"run(['night', '--config', {str(desk.folder / 'night.toml')!r}, '--dry-run'], 'build:1')"
    )
    variables = desk.environment(SECOND) | {"TMPDIR": str(rooms)}
    variables["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", dying], env=variables, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in rooms.rglob("*.sqlite3")] == ["ledger.sqlite3"]
    again = desk.command_run(SECOND, TMPDIR=str(rooms))
    assert again.returncode == 1
    assert [path for path in rooms.rglob("*") if "sqlite" in path.name] == []
