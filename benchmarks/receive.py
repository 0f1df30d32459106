"""How fast ``receive`` takes an 835 into SQLite, all included, with a small and a large ledger.

    .venv/bin/python benchmarks/receive.py [--claims 20000] [--lines 10000 1000000]

Makes its own input: claims recorded as sent, and the 835 that answers them (2.3 lines a claim; a
tenth denied; a tenth without line control numbers). Prints a table.
"""

import argparse
import datetime as dt
import resource
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from claimline.services.receive import receive_file
from mapping.numbers import patient_control_number
from reconcile.ledger import Ledger, Run, SentFile, SentRecord, open_ledger
from reconcile.values import SentClaim, SentLine

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 5)
CODES = (("97530", Decimal(75)), ("97110", Decimal(55)), ("97140", Decimal(50)))
BATCH = 20_000


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


def answer(records: Iterator[SentRecord], name: str) -> tuple[bytes, int]:
    """The 835 for these claims; gives its bytes and the number of claims."""
    body: list[str] = []
    total = Decimal(0)
    count = 0
    for serial, record in enumerate(records):
        total += paid_on(body, serial, record.claim)
        count += 1
    head = [
        f"BPR*I*{total:.2f}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260228",
        f"TRN*1*{name}*1512345678",
        "DTM*405*20260228",
        "N1*PR*AETNA*XV*60054",
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
        lines.append(f"SVC*HC:{line.code}:{':'.join(line.modifiers)}*{line.charge}*{got}**1")
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


def measure(lines: int, count: int, folder: Path) -> tuple[float, float, int]:
    """Claims a second and megabytes a second of one 835, beside that many lines."""
    ledger = open_ledger(str(folder / f"{lines}.sqlite3"), create=True)
    before = max(0, round(lines / 2.3) - count)
    fill(ledger, 1, before)
    fill(ledger, before + 1, count)
    data, made = answer(claims(before + 1, count), f"EFT{lines}")
    path = folder / f"{lines}.835"
    path.write_bytes(data)
    run = Run(command="receive", version="0", started=NOW)
    start = time.perf_counter()
    result = receive_file(ledger, run, path.name, lambda: [path.read_bytes()])
    seconds = time.perf_counter() - start
    posted = sum(payment.posted for payment in result.payments)
    assert posted == made, result.payments
    assert result.status == 0, result
    ledger.close()
    return made / seconds, len(data) / seconds / 1e6, len(data)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=20_000)
    parser.add_argument("--lines", type=int, nargs="*", default=[10_000, 1_000_000])
    options = parser.parse_args()
    print(f"{'lines in the ledger':>20} {'claims':>8} {'MB':>6} {'claims/s':>9} {'MB/s':>6}")
    with TemporaryDirectory() as folder:
        for lines in options.lines:
            speed, megabytes, size = measure(lines, options.claims, Path(folder))
            print(
                f"{lines:>20,} {options.claims:>8,} {size / 1e6:>6.1f} {speed:>9,.0f} "
                f"{megabytes:>6.2f}"
            )
            sys.stdout.flush()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB, its own input included")


if __name__ == "__main__":
    main()
