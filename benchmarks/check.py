"""Checking an 835 and an 837P: Claimline beside pyx12's validator, in segments a second.

Run ``python -m benchmarks.check [segments]``. The input is generated; pyx12 gets a part of it,
because it would take minutes. Both files are valid, so nothing but checking is measured.
"""

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator

import pyx12.params
import pyx12.x12n_document

from edi.check import check, check_texts
from edi.guide import load
from edi.npi import is_npi

_ISA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         "
    "*260115*1200*^*00501*000000001*0*P*:~"
)
_CODES = ("97530", "97110", "97112", "97140", "97535")


def npi(number: int) -> str:
    """The NPI that begins with these nine digits."""
    return next(text for digit in range(10) if is_npi(text := f"1{number:08d}{digit}"))


def wrap(kind: str, group: str, version: str, body: list[str]) -> str:
    """A whole file around the segments of one transaction."""
    st = f"ST*{kind}*0001" + (f"*{version}" if kind == "837" else "")
    count = len(body) + 2
    head = [_ISA[:-1], f"GS*{group}*PAYER*CLINIC*20260115*1200*1*X*{version}", st]
    return "~\n".join([*head, *body, f"SE*{count}*0001", "GE*1*1", "IEA*1*000000001", ""])


def remittance(segments: int) -> str:
    """An 835 of about so many segments: claims of three lines, paid, reduced and denied."""
    body = [
        "BPR*I*TOTAL*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260115",
        "TRN*1*EFT0001*1512345678",
        "DTM*405*20260115",
        "N1*PR*EXAMPLE PAYER",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*12207",
        "PER*BL*EDI DESK*TE*8005550100",
        "N1*PE*EXAMPLE THERAPY*XX*" + npi(1),
        "LX*1",
    ]
    claim, total = 0, 0
    while len(body) < segments:
        claim += 1
        body += [
            f"CLP*CLM{claim:09d}*1*300*105.5*30*12*{claim:012d}*11*1",
            f"NM1*QC*1*DOE{claim % 977}*JANE****MI*M{claim:08d}",
            f"NM1*82*1*ROE*RICHARD****XX*{npi(claim % 97)}",
            "MOA***MA01",
            "DTM*232*20260105",
            "DTM*233*20260105",
        ]
        for line, (paid, adjusted) in enumerate((("60", "25"), ("45.5", "39.5"), ("0", ""))):
            body += [
                f"SVC*HC:{_CODES[(claim + line) % 5]}:GP*100*{paid}**2",
                f"DTM*472*202601{claim % 28 + 1:02d}",
                *([f"CAS*CO*45*{adjusted}", "CAS*PR*2*15"] if adjusted else ["CAS*CO*97*100"]),
                f"REF*6R*L{claim:08d}{line}",
                "AMT*B6*75",
                *(() if adjusted else ("LQ*HE*N20",)),
            ]
        total += 10550
    body[0] = body[0].replace("TOTAL", f"{total / 100:.2f}")
    return wrap("835", "HP", "005010X221A1", body)


def claims(segments: int) -> str:
    """An 837P of about so many segments: two claims of three lines for each subscriber."""
    body = [
        "BHT*0019*00*BATCH1*20260115*1200*CH",
        "NM1*41*2*EXAMPLE THERAPY*****46*CLINIC",
        "PER*IC*BILLING*TE*8005550100",
        "NM1*40*2*CLEARINGHOUSE*****46*PAYER",
        "HL*1**20*1",
        "PRV*BI*PXC*225100000X",
        f"NM1*85*2*EXAMPLE THERAPY*****XX*{npi(1)}",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*122071234",
        "REF*EI*512345678",
    ]
    claim, level = 0, 1
    while len(body) < segments:
        level += 1
        body += [
            f"HL*{level}*1*22*0",
            "SBR*P*18*******MB",
            f"NM1*IL*1*DOE{level % 977}*JANE****MI*M{level:08d}",
            "N3*2 ELM ST",
            "N4*TROY*NY*12180",
            "DMG*D8*19600102*F",
            "NM1*PR*2*EXAMPLE PAYER*****PI*12345",
        ]
        for _ in range(2):
            claim += 1
            body += [
                f"CLM*CLM{claim:09d}*300***11:B:1*Y*A*Y*Y",
                "DTP*431*D8*20251201",
                f"REF*G1*AUTH{claim % 997:05d}",
                "HI*ABK:M25561*ABF:R262",
                f"NM1*DN*1*POE*PAULA****XX*{npi(claim % 89)}",
                f"NM1*82*1*ROE*RICHARD****XX*{npi(claim % 97)}",
                "PRV*PE*PXC*225100000X",
            ]
            for line in range(1, 4):
                body += [
                    f"LX*{line}",
                    f"SV1*HC:{_CODES[(claim + line) % 5]}:GP:59*100*UN*2***1:2",
                    f"DTP*472*D8*202601{claim % 28 + 1:02d}",
                    f"REF*6R*L{claim:08d}{line}",
                ]
    return wrap("837", "HC", "005010X222A1", body)


def ours(text: str) -> None:
    """The whole check: envelope, guide, business rules."""
    result = check([text.encode()])
    assert not result.problems, result.problems[:3]


def ours_texts(text: str) -> None:
    """The check of segments already split, as done before writing."""
    texts = text.split("~\n")[2:-3]
    name = "837P" if texts[0].startswith("ST*837") else "835"
    found = check_texts(load(name), texts)
    assert not found, found[:3]


def theirs(text: str) -> None:
    """pyx12's validator, without an acknowledgement."""
    good = pyx12.x12n_document.x12n_document(
        pyx12.params.params(), io.StringIO(text), None, None, None
    )
    assert good


def best(action: Callable[[str], None], text: str, times: int = 3) -> float:
    """The shortest of some runs, seconds."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        action(text)
        took.append(time.perf_counter() - start)
    return min(took)


def rows(segments: int) -> Iterator[str]:
    """The table."""
    yield f"{'file':6}{'what':28}{'segments':>10}{'seconds':>9}{'segments/s':>12}{'MB/s':>7}"
    for name, make in (("835", remittance), ("837P", claims)):
        text, part = make(segments), make(min(segments, 20_000))
        speeds = {}
        for what, action, data in (
            ("claimline check", ours, text),
            ("claimline check_texts", ours_texts, text),
            ("pyx12 x12n_document", theirs, part),
        ):
            took = best(action, data, 1 if action is theirs else 3)
            count = data.count("~")
            speeds[what] = count / took
            rates = f"{count / took:>12,.0f}{len(data) / took / 1e6:>7.1f}"
            yield f"{name:6}{what:28}{count:>10,}{took:>9.2f}{rates}"
        times = speeds["claimline check"] / speeds["pyx12 x12n_document"]
        yield f"{name:6}claimline check is {times:.0f} times as fast as pyx12"


def main(segments: int = 300_000) -> None:
    """Print the table."""
    logging.getLogger("pyx12").addHandler(logging.NullHandler())
    logging.getLogger("pyx12").propagate = False
    print("\nChecking an 835 and an 837P\n")
    for row in rows(segments):
        print(row, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
