"""``bill``: claims a second from a JSON file of visits to recorded and written 837P files."""

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import made

ROOT = Path(__file__).resolve().parents[1]
WORK = Path(__file__).parent / "work"


def main(counts: tuple[int, ...] = (1_000, 10_000, 50_000)) -> None:
    """Print the table."""
    WORK.mkdir(exist_ok=True)
    print("\nbill: visits (JSON) to 837P files, intake, mapping, guide check and ledger included\n")
    print(
        f"{'visits':>10}{'claims':>10}{'seconds':>10}{'claims/s':>10}{'CPU s':>10}{'peak MB':>10}"
    )
    for count in counts:
        path = WORK / f"visits-{count}.jsonl"
        if not path.exists():
            path.write_text("".join(json.dumps(v) + "\n" for v in made.visits(count)))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bill", str(path)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        claims, seconds, cpu, peak = done.stdout.split()
        rate = int(claims) / float(seconds)
        print(f"{count:>10}{claims:>10}{float(seconds):>10.2f}{rate:>10.0f}{cpu:>10}{peak:>10}")


def _measure(path: Path) -> None:
    """Bill one file into a new ledger, in this process."""
    import datetime as dt

    from claimline.services.bill import bill
    from claimline.services.bill_values import BillRequest

    out = WORK / "bill"
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    result = bill(
        BillRequest(
            visits=(str(path),),
            practice=str(ROOT / "fixtures" / "practice" / "practice.toml"),
            out=out / "outbox",
            ledger=str(out / "ledger.sqlite3"),
            now=dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC),
        )
    )
    seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)  # of all processes, start included
    peak = sum(one.ru_maxrss for one in used) // 1024
    print(len(result.claims), f"{seconds:.3f}", f"{cpu:.2f}", peak)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _measure(Path(sys.argv[1]))
    else:
        main()
