"""``bill`` killed at any moment and run again: nothing lost, nothing twice, no number unused."""

import datetime as dt
import json
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks import made
from claimline.__main__ import main
from reconcile.ledger import Run, open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
RUNS = 10
VISITS = 300
TABLES = ("sent_file", "sent_claim", "sent_line", "visit", "control_number", "written_file")
# The moments a file holds: ISA09 and 10, GS04 and 05, BHT04 and 05.
MOMENTS = (
    (rb"(?<=\*)\d{6}\*\d{4}(?=\*\^\*00501)", b"then"),
    (rb"\d{8}\*\d{4}(?=\*\d+\*X\*005010X222A1)", b"then"),
    (rb"(?<=\*)\d{8}\*\d{4,8}(?=\*CH~)", b"then"),
)


def _parts(folder: Path) -> list[Path]:
    """The visits in ten files, as ten evenings would bring them."""
    visits = list(made.visits(VISITS))
    paths = []
    for number in range(RUNS):
        path = folder / f"visits-{number}.json"
        path.write_text(json.dumps(visits[number::RUNS]), encoding="utf-8")
        paths.append(path)
    return paths


def _command(visits: Path, desk: Path) -> list[str]:
    where = ["--out", str(desk / "outbox"), "--ledger", str(desk / "ledger.sqlite3")]
    return ["bill", str(visits), "--practice", str(PRACTICE), *where]


def _begin(desk: Path) -> None:
    """A ledger whose claims are numbered from 1: the two desks are to be compared."""
    desk.mkdir()
    run = Run(command="test", version="test", started=dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    url = f"sqlite:///{desk / 'ledger.sqlite3'}"
    with open_ledger(url, create=True) as ledger, ledger.begin(run) as writer:
        writer.reserve("claim", usage="T")


def _outbox(desk: Path) -> dict[str, bytes]:
    """What stands in the outbox, but for the moments in it."""
    found = {}
    for path in sorted((desk / "outbox").iterdir()):
        data = path.read_bytes()
        for pattern, then in MOMENTS:
            data, count = re.subn(pattern, then, data)
            assert count, pattern
        found[path.name] = data
    return found


def _ledger(desk: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of what was sent, but for when and by which run they were recorded."""
    found = {}
    with closing(sqlite3.connect(desk / "ledger.sqlite3")) as database:
        for table in TABLES:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(f'"{n}"' for n in names if n not in {"recorded_at", "run_id"})
            found[table] = list(database.execute(f"SELECT {kept} FROM {table} ORDER BY 1, 2"))
    return found


def _seconds(command: list[str]) -> float:
    """How long an undisturbed run takes now."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "claimline", *command], check=True, capture_output=True, cwd=ROOT
    )
    return time.perf_counter() - started


def test_killed_at_any_moment_and_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten runs killed at random moments and repeated leave what ten undisturbed ones leave."""
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    parts = _parts(tmp_path)
    for desk in (calm, rough):
        _begin(desk)
    whole = min(_seconds(_command(parts[0], tmp_path / f"trial{n}")) for n in range(2))
    moments = random.Random(2026)
    killed = 0
    for part in parts:
        assert main(_command(part, calm)) == 0
        with subprocess.Popen(
            [sys.executable, "-m", "claimline", *_command(part, rough)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        ) as process:
            time.sleep(whole * moments.uniform(0.1, 0.9))
            process.kill()
        killed += process.returncode < 0
        assert main(_command(part, rough)) == 0
    assert killed, "no run was cut short: nothing was shown"
    assert _outbox(rough) == _outbox(calm)
    assert _ledger(rough) == _ledger(calm)
    numbers = [row[2] for row in _ledger(rough)["sent_claim"]]
    assert len(numbers) == len(set(numbers)) == VISITS
    assert not list((rough / "outbox").glob(".*"))
    capsys.readouterr()
