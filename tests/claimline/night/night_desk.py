"""A practice's desk for the tests of the night: its folders, a clearinghouse beside it, two days."""

import atexit
import datetime as dt
import functools
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from canonical import Dump, canonical
from databases import NewUrl, content
from night_starter import Starter

from claimline.__main__ import main
from claimline.services.sandbox import play
from reconcile.ledger import Run, open_ledger

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "fixtures" / "night"
FIRST = "2026-03-04T02:30:00-05:00"
SECOND = "2026-03-18T02:30:00-04:00"
PAID = dt.date(2026, 3, 16)
OWN = ("inbox", "outbox", "archive", "quarantine", "clearinghouse")  # what nights leave there


HOLD = """
import sys
from pathlib import Path
from claimline.night.lock import only_one
with only_one(Path(sys.argv[1]), "2026-03-04T02:30:00-05:00"):
    print("held", flush=True)
    sys.stdin.read()
"""


PATIENCE = 20  # seconds until a server has noticed that its client is gone
BUSY, BESIDE = 3, "another night is at work on this database"


def holding(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@functools.cache
def starter() -> Starter:
    """One for all tests of a run."""
    made = Starter()
    atexit.register(made.close)
    return made


class Ended(NamedTuple):
    """How a night ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Desk:
    """A folder with night.toml and everything it names; the ledger may be elsewhere."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'ledger.sqlite3'}"

    def laid_out(self, *, ledger: bool = True) -> "Desk":
        """The folders, the first day's visits, and a ledger that numbers claims from 1."""
        (self.folder / "visits").mkdir(parents=True)
        for name in ("in", "out"):
            (self.folder / "clearinghouse" / name).mkdir(parents=True)
        text = (FIXTURES / "night.toml").read_text(encoding="utf-8")
        text = text.replace("fixtures/", f"{ROOT}/fixtures/")
        text = text.replace('"ledger.sqlite3"', json.dumps(self.url))
        (self.folder / "night.toml").write_text(text, encoding="utf-8")
        self.visits(1)
        if ledger:
            run = Run(command="test", version="0", started=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
            with open_ledger(self.url, create=True) as made, made.begin(run) as writer:
                writer.reserve("claim", usage="T")
        return self

    def visits(self, day: int) -> None:
        """The visits of the first or the second day arrive."""
        shutil.copy(FIXTURES / f"visits-{day}.json", self.folder / "visits")

    def answered(self) -> None:
        """The clearinghouse and the payers answer what was sent to them."""
        there = self.folder / "clearinghouse"
        play(there / "in", there / "out", scenario="", seed=1, date=PAID, acknowledged=True)

    def second_day(self) -> "Desk":
        """Laid out, the first night done, answered, the second day's visits there."""
        self.laid_out()
        done = self.night(FIRST)
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        self.answered()
        self.visits(2)
        return self

    def copied(self, folder: Path, places: NewUrl | None = None) -> "Desk":
        """The same desk in another folder, its SQLite ledger with it, or a copy of its database."""
        shutil.copytree(self.folder, folder)
        if self.url.startswith("sqlite"):
            copy = Desk(folder)
        else:
            assert places is not None
            copy = Desk(folder, places.copy(self.url))
        text = (folder / "night.toml").read_text(encoding="utf-8")
        text = text.replace(self.url, copy.url)
        (folder / "night.toml").write_text(text, encoding="utf-8")
        return copy

    def command(self, *more: str) -> list[str]:
        """The command line of a night."""
        return [sys.executable, "-m", "claimline", *self._args(*more)]

    def _args(self, *more: str) -> list[str]:
        return ["night", "--config", str(self.folder / "night.toml"), *more]

    def night(self, now: str, *more: str) -> "Ended":
        """A night in this process: quick, for whatever needs no process of its own."""
        out, err = io.StringIO(), io.StringIO()
        before = dict(os.environ)
        os.environ.update({"CLAIMLINE_NOW": now, "COLUMNS": "100"})
        mask = os.umask(0o077)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = main(["night", "--config", str(self.folder / "night.toml"), *more])
        finally:
            os.umask(mask)
            os.environ.clear()
            os.environ.update(before)
        return Ended(status, out.getvalue(), err.getvalue())

    def begun(
        self, now: str, *more: str, variables: dict[str, str] | None = None, **how: Any
    ) -> tuple[int, Path]:
        """A night begun in a process of its own (see ``Starter.start``), and what it says."""
        out = self.folder.with_name(f"{self.folder.name}-{time.monotonic_ns()}.out")
        environment = self.environment(now) | (variables or {})
        return starter().start(self._args(*more), environment, out, **how), out

    def process(self, now: str, *more: str, **how: Any) -> "Ended":
        """A night in a process of its own.

        It is begun again for as long as a server takes the night that died before it to be alive.
        """
        end = time.monotonic() + PATIENCE
        while True:
            process, out = self.begun(now, *more, **how)
            status = starter().wait(process)
            said = Path(f"{out}.err").read_text("utf-8")
            if status != BUSY or BESIDE not in said or time.monotonic() > end:
                return Ended(status, out.read_text("utf-8"), said)
            time.sleep(0.2)

    def command_run(self, now: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A night as people start it."""
        return subprocess.run(
            self.command(),
            env=self.environment(now) | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def environment(self, now: str) -> dict[str, str]:
        """Where the clock stands; python finds the packages of this tree."""
        return os.environ | {"CLAIMLINE_NOW": now, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}

    def report(self, name: str) -> dict[str, Any]:
        """A report that was kept."""
        path = self.folder / "reports" / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def dump(self) -> Dump:
        """All that the ledger holds, whatever folder the desk stands in."""
        folder = str(self.folder)
        found = canonical(self.url)
        return {
            name: sorted(row.replace(folder, "~") for row in rows) for name, rows in found.items()
        }

    def everything(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The digest of each file and the rows of each table: to see that nothing was changed."""
        rows = {} if self.url.startswith("sqlite") else content(self.url)
        return self.files(), rows  # SQLite's are in a file

    def files(self, *folders: str) -> dict[str, str]:
        """The digest of each file in these folders, all folders without; hidden ones too."""
        tops = [self.folder / name for name in folders] or [self.folder]
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for top in tops
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }
