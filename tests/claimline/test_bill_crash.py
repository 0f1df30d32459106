"""``bill`` killed at any moment and run again: nothing lost, nothing twice, no number unused."""

import datetime as dt
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import frozen
from canonical import canonical, differences
from databases import NewUrl, asked

from benchmarks import made
from claimline.__main__ import main
from reconcile.ledger import Run, open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
RUNS = 6
VISITS = 180


def _parts(folder: Path) -> list[Path]:
    """The visits in six files, as six evenings would bring them."""
    visits = list(made.visits(VISITS))
    paths = []
    for number in range(RUNS):
        path = folder / f"visits-{number}.json"
        path.write_text(json.dumps(visits[number::RUNS]), encoding="utf-8")
        paths.append(path)
    return paths


@frozen(kw_only=True)
class Place:
    """An outbox and a ledger."""

    folder: Path
    ledger: str

    def command(self, visits: Path) -> list[str]:
        """Bill these visits here."""
        where = ["--out", str(self.folder / "outbox"), "--ledger", self.ledger]
        return ["bill", str(visits), "--practice", str(PRACTICE), *where]

    def outbox(self) -> dict[str, bytes]:
        """What stands in the outbox, hidden files too."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "outbox").iterdir())}


def _begun(folder: Path, url: str) -> Place:
    """A ledger whose claims are numbered from 1: the two are to be compared."""
    run = Run(command="test", version="test", started=dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    with open_ledger(url) as ledger, ledger.begin(run) as writer:
        writer.reserve("claim", usage="T")
    return Place(folder=folder, ledger=url)


def _seconds(command: list[str]) -> float:
    """How long an undisturbed run takes now."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "claimline", *command], check=True, capture_output=True, cwd=ROOT
    )
    return time.perf_counter() - started


def test_killed_at_any_moment_and_run_again(
    tmp_path: Path, new_url: NewUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs killed at random moments and repeated leave what as many undisturbed ones leave."""
    calm, rough = (_begun(tmp_path / name, new_url()) for name in ("calm", "rough"))
    trial = _begun(tmp_path / "trial", new_url())
    parts = _parts(tmp_path)
    whole = min(_seconds(trial.command(part)) for part in parts[:2])
    moments = random.Random(2026)
    killed = 0
    for part in parts:
        assert main(calm.command(part)) == 0
        with subprocess.Popen(
            [sys.executable, "-m", "claimline", *rough.command(part)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        ) as process:
            time.sleep(whole * moments.uniform(0.1, 0.9))
            process.kill()
        killed += process.returncode < 0
        assert main(rough.command(part)) == 0
    assert killed, "no run was cut short: nothing was shown"
    assert rough.outbox() == calm.outbox()
    assert differences(canonical(calm.ledger), canonical(rough.ledger)) == []
    numbers = [row[0] for row in asked(rough.ledger, "SELECT control FROM sent_claim")]
    assert len(numbers) == len(set(numbers)) == VISITS
    capsys.readouterr()
