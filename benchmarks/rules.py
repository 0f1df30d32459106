"""``bill`` with all rules and full-size NCCI tables, beside the same visits with the rules off."""

import datetime as dt
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import made, tables

ROOT = Path(__file__).resolve().parents[1]
WORK = Path(__file__).parent / "work"
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
OFF = (
    '\n[payers.off]\nname = "NO RULES"\nid = "OFF01"\nfiling_indicator = "CI"\n'
    'family = "commercial"\n\n[[payers.off.policy]]\nfrom = 2025-01-01\nunit_rule = "cms"\n'
    'discipline_modifier = "never"\nassistant_modifiers = "none"\nncci = "none"\nmue = "none"\n'
    'kx = "never"\ndistinct_modifier = "none"\n'
)


def visits(count: int, payer: str) -> Iterator[dict[str, Any]]:
    """Coded visits of a clinic: an edit pair with times, an assistant's minutes, OT beside PT.

    Each clinician sees eight patients a day, one after the other.
    """
    for number, visit in enumerate(made.visits(count)):
        patient = number // 20
        visit["coverages"] = [{"payer": payer, "member_id": f"{1 + patient % 9}EG4TE5MK73"}]
        visit["treating_clinician"] = f"pt{patient // 8}"
        visit["assistant"] = f"pta{patient // 8}"
        start, first = 60 * (patient % 8), 9 + number % 6
        rows: list[dict[str, Any]] = [
            {"code": "97140", "blocks": [_block(start, start + first)]},
            {"code": "97530", "blocks": [_block(start + first, start + 30)]},
            {"code": "97110", "blocks": [_block(start + 30, start + 44, "assistant")]},
        ]
        if number % 10 == 9:  # an OT visit on the day of the PT visit before
            day = dt.date.fromisoformat(visit["date"]) - dt.timedelta(days=1)
            visit["date"] = day.isoformat()
            visit |= {"discipline": "OT", "treating_clinician": f"ot{patient // 8}"}
            del visit["assistant"]
            rows = [{"code": "97530", "blocks": [_block(start + 44, start + 60)]}]
        visit["procedures"] = rows
        yield visit


def _block(start: int, end: int, who: str = "therapist") -> dict[str, str]:
    """A block, in minutes from eight o'clock."""
    times = (f"{8 + minute // 60:02d}:{minute % 60:02d}" for minute in (start, end))
    return {"start": next(times), "end": next(times), "who": who}


def clinicians(count: int) -> Iterator[str]:
    """As many clinicians of each discipline as the visits need, as the practice file has them."""
    for number in range(count // 160 + 1):
        yield (
            f'[people.pta{number}]\nlast_name = "Sample"\nfirst_name = "A{number}"\n'
            'role = "assistant"\ndiscipline = "PT"\n'
        )
        for discipline, taxonomy in (("PT", "225100000X"), ("OT", "225X00000X")):
            npi = _npi(number * 2 + (discipline == "OT"))
            yield (
                f'[people.{discipline.lower()}{number}]\nlast_name = "Sample"\n'
                f'first_name = "N{number}"\nrole = "therapist"\ndiscipline = "{discipline}"\n'
                f'npi = "{npi}"\ntaxonomy = "{taxonomy}"\n'
            )


def _npi(number: int) -> str:
    """An invented NPI with its check digit (ISO 7812 over 80840 and the number)."""
    digits = f"1555{number:05d}"
    doubled = [int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits))]
    total = 24 + sum(d - 9 if d > 9 else d for d in doubled)
    return digits + str(-total % 10)


def main(count: int = 100_000) -> None:
    """Print both figures and their ratio."""
    from attrs import fields

    from claimline.reference.values import Options
    from claimline.services.tables import import_files
    from mapping.policy import Policy
    from mapping.policy_checks import Demand

    WORK.mkdir(exist_ok=True)
    texts = tables.write()
    database = WORK / "rules-tables.sqlite3"  # made once: the same files change nothing
    limits = sorted((ROOT / "fixtures" / "tables").glob("MCR_MUE*.csv"))
    names = [str(path) for path in (*texts, *limits)]
    import_files(database, names, Options(), replace=True, now=dt.datetime.now(dt.UTC))
    practice = WORK / "rules-practice.toml"
    people = "\n".join(clinicians(count))
    silent = "".join(f'{one.name} = "no"\n' for one in fields(Policy) if one.type is Demand)
    practice.write_text(f"{PRACTICE.read_text('utf-8')}{OFF}{silent}\n{people}", "utf-8")
    print(f"\nrules: {count:,} visits (JSON) to recorded 837P files, full-size NCCI tables\n")
    print(f"{'rules':>10}{'claims':>10}{'held':>8}{'seconds':>10}{'visits/s':>10}{'CPU s':>9}")
    used_by: dict[str, tuple[float, float]] = {}
    for name, payer, used in (("off", "off", ""), ("on", "medicare", str(database))):
        path = WORK / f"rules-{payer}-{count}.jsonl"
        path.write_text("".join(json.dumps(v) + "\n" for v in visits(count, payer)))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.rules", str(path), str(practice), used],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        claims, held, *times = done.stdout.split()
        seconds, cpu = map(float, times)
        used_by[name] = seconds, cpu
        rate = count / seconds
        print(f"{name:>10}{claims:>10}{held:>8}{seconds:>10.2f}{rate:>10.0f}{cpu:>9.1f}")
    wall, cpu = (off / on for off, on in zip(used_by["off"], used_by["on"], strict=True))
    print(f"\nspeed on / off: {wall:.2f} by the clock, {cpu:.2f} by CPU (at least 0.50)")


def _measure(path: Path, practice: str, used: str) -> None:
    """Bill one file into a new ledger, in this process."""
    from claimline.services.bill import bill
    from claimline.services.bill_values import BillRequest

    out = WORK / "rules"
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    result = bill(
        BillRequest(
            visits=(str(path),),
            practice=practice,
            out=out / "outbox",
            ledger=str(out / "ledger.sqlite3"),
            tables=used,
            now=dt.datetime(2026, 4, 20, 12, tzinfo=dt.UTC),
        )
    )
    seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)  # of all processes, start included
    print(len(result.claims), len(result.held), f"{seconds:.3f}", f"{cpu:.2f}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else 100_000)
