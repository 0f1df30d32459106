"""How memory and time of the commands that walk through a whole book grow with its size.

    .venv/bin/python -m benchmarks.size [--claims 10000 20000 40000]
        [--receive 25000 50000 100000] [--only NAME ...] [--postgresql [postgresql://...]]

Books of so many claims are made by the real commands: visits are billed, one 835 answers nine
tenths of the claims (a tenth of these denied), and each command is then run on the book in a
process of its own. ``--receive`` takes one 835 of so many claims into a ledger.

MB is the most memory that all processes of a command had together (what they share counted once),
without a database server; looked at ten times a second. CPU is that of all processes, start
included, the server's too.
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks import made
from benchmarks.receive import OWN, a_server, answer, fill, memory, new_database, server_seconds
from benchmarks.receive import claims as records_of
from claimline.services.bill import bill
from claimline.services.bill_values import BillRequest
from reconcile.ledger import Ledger, SentRecord, open_ledger, sent
from reconcile.ledger.chosen import walk
from reconcile.ledger.tables import sent_claim

ROOT: Final = Path(__file__).resolve().parents[1]
PRACTICE: Final = ROOT / "fixtures" / "practice" / "practice.toml"
BILLED: Final = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)
PAID: Final = dt.date(2026, 4, 10)
NOW: Final = "2026-06-01T12:00:00+00:00"  # when all that is not answered is late
UNANSWERED: Final = 10  # every so-manieth claim
LOOK_SECONDS: Final = 0.1
NIGHT: Final = """practice = "{practice}"
ledger = "{ledger}"
visits = []
production = false
"""
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {  # in this order; ``{}`` is a folder for files
    "receive": ("receive", "{}/answer.835"),
    "proof": ("proof",),
    "verify": ("verify",),
    "aging": ("report", "aging"),
    "denial-rate": ("report", "denials"),
    "claims": ("claims", "--state", "all", "--format", "csv", "--output", "{}/claims.csv"),
    "claims-xlsx": ("claims", "--state", "all", "--format", "xlsx", "--output", "{}/claims.xlsx"),
    "missing": ("missing", "--all", "--format", "csv", "--output", "{}/missing.csv"),
    "waiting": ("ledger", "waiting", "--format", "json"),
    "denials-json": ("denials", "--format", "json", "--output", "{}/denials.json"),
    "denials-xlsx": ("denials", "--format", "xlsx", "--output", "{}/denials.xlsx"),
    "night": ("night", "--config", "{}/night.toml"),
    "rebuild": ("ledger", "rebuild"),
}  # fmt: skip
SERVED: Final = frozenset({0, 1})  # exit status 1: a person has to look at something


def book(url: str, folder: Path, count: int) -> None:
    """A ledger with so many claims billed, and the 835 that answers most of them."""
    visits = folder / "visits.jsonl"
    with visits.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(visit) + "\n" for visit in made.visits(count))
    bill(
        BillRequest(
            visits=(str(visits),),
            practice=str(PRACTICE),
            out=folder / "outbox",
            ledger=url,
            now=BILLED,
        )
    )
    with open_ledger(url) as ledger:
        heron = ("BLUE HERON OF OHIO", "BHOH1")
        data, _ = answer(_answered(ledger), "EFT1", payer=heron, day=PAID)
    (folder / "answer.835").write_bytes(data)
    night = NIGHT.format(practice=PRACTICE, ledger=url)
    (folder / "night.toml").write_text(night, encoding="utf-8")


def _answered(ledger: Ledger) -> Iterator[SentRecord]:
    """The claims of a ledger, but for those that get no answer."""
    with ledger.reading() as connection:
        for numbers in walk(connection):
            found = sent.load(connection, sent_claim.c.id.in_(numbers))
            for number, claim in found.items():
                if number % UNANSWERED:
                    yield SentRecord(claim=claim, transaction="0001")


def received(url: str, folder: Path, count: int) -> None:
    """A ledger with so many claims, and one 835 that answers all of them."""
    with open_ledger(url, create=True) as ledger:
        fill(ledger, 1, count)
    (folder / "answer.835").write_bytes(answer(records_of(1, count), "EFT1")[0])


def run(database: str, name: str, folder: Path) -> tuple[float, int, float]:
    """Run a command; CPU seconds, bytes, seconds."""
    command = [sys.executable, "-m", "claimline", *(w.format(folder) for w in COMMANDS[name])]
    environment = {**os.environ, "CLAIMLINE_LEDGER": database, "CLAIMLINE_NOW": NOW}
    before, begun, peak = server_seconds(database), time.perf_counter(), 0
    with (folder / f"{name}.out").open("wb") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=environment
        )
        while True:
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, memory(child.pid))
            time.sleep(LOOK_SECONDS)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in SERVED:
        said = (folder / f"{name}.out").read_text(encoding="utf-8")[-2000:]
        raise SystemExit(f"{name} ended with {child.returncode}:\n{said}")
    cpu = used.ru_utime + used.ru_stime + server_seconds(database) - before
    return cpu, peak, time.perf_counter() - begun


def show(kind: str, name: str, count: int, found: tuple[float, int, float]) -> None:
    """Print a row."""
    cpu, peak, seconds = found
    each = cpu / count * 1e6
    print(
        f"{kind:<12}{name:<14}{count:>9,}{peak / 1e6:>8.0f}{cpu:>9.1f}{each:>10.0f}{seconds:>9.1f}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, nargs="*", default=[10_000, 20_000, 40_000])
    parser.add_argument("--receive", type=int, nargs="*", default=[25_000, 50_000, 100_000])
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument(
        "--postgresql", nargs="?", const=OWN, default="", help="URL of a server: databases are made"
    )
    options = parser.parse_args()
    print("\nsize: memory and time of the commands by the size of the book\n")
    print(
        f"{'ledger':<12}{'command':<14}{'claims':>9}{'MB':>8}{'CPU s':>9}{'us/claim':>10}"
        f"{'seconds':>9}"
    )
    if not options.postgresql:
        _measures("SQLite", options, lambda folder: str(folder / "ledger.sqlite3"))
        return
    with a_server(options.postgresql) as server:
        _measures("PostgreSQL", options, lambda _: new_database(server))


def _measures(kind: str, options: argparse.Namespace, place: Callable[[Path], str]) -> None:
    """Make each ledger at its place, run the commands on it, and print their rows."""
    for count in options.receive:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            url = place(folder)
            received(url, folder, count)
            show(kind, "receive", count, run(url, "receive", folder))
    for count in options.claims:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            url = place(folder)
            book(url, folder, count)
            for command in COMMANDS:
                if command in options.only or command == "receive":
                    show(kind, command, count, run(url, command, folder))


if __name__ == "__main__":
    main()
