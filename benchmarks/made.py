"""Synthetic input of any size: an 835 of so many megabytes, visits by the thousand."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PRACTICE       *260401*0900*^*00501"
    "*000000001*0*P*:~GS*HP*PAYER*PRACTICE*20260401*0900*1*X*005010X221A1~ST*835*0001~"
    "BPR*I*{paid}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260402~"
    "TRN*1*12345*1512345678~DTM*405*20260401~N1*PR*EXAMPLE PAYER~N3*1 MAIN ST~N4*COLUMBUS*OH*43215~"
    "PER*BL*WEB SUPPORT*UR*WWW.EXAMPLE.COM~N1*PE*RIVERBEND THERAPY LLC*XX*1555000104~"
    "REF*TJ*311234567~LX*1~"
)
LINES = (
    ("97530:GP", "150", "61.19", "2", "CO*45*73.20", "PR*2*15.61"),
    ("97110:GP", "55", "21.83", "1", "CO*45*27.71", "PR*2*5.46"),
    ("97140:59:GP", "50", "0", "1", "CO*97*50", ""),
)


def claim(number: int) -> str:
    """One claim with two or three lines: 2.33 on the average."""
    count = 3 if number % 3 == 0 else 2
    charge, paid, share = ("255", "83.02", "21.07") if count == 3 else ("205", "83.02", "21.07")
    parts = [
        (
            f"CLP*CP{number:010d}ABCDE*1*{charge}*{paid}*{share}*12*26{number:011d}*11*1~"
            f"NM1*QC*1*SAMPLE*PAT{number % 997}****MI*M{number:09d}~"
            "NM1*82*1*OKAFOR*ADA****XX*1555010210~DTM*232*20260310~DTM*050*20260315~AMT*AU*104.09~"
        )
    ]
    for position in range(count):
        code, billed, got, units, first, second = LINES[position]
        parts.append(f"SVC*HC:{code}*{billed}*{got}**{units}~DTM*472*20260310~CAS*{first}~")
        parts.append(f"CAS*{second}~" if second else "")
        parts.append(f"REF*6R*{position + 1:02d}CP{number:010d}ABCDE~AMT*B6*{got}~")
        parts.append("LQ*HE*N20~" if not second else "")
    return "".join(parts)


def remittance(path: Path, megabytes: float) -> int:
    """Write an 835 with one transaction of about this size; returns the number of claims."""
    target = int(megabytes * 1e6)
    per_claim = len(claim(1) + claim(2) + claim(3)) / 3
    claims = int(target / per_claim)
    segments = 11  # ST to LX
    with path.open("w", encoding="ascii") as out:
        out.write(HEAD.format(paid=f"{claims * 83.02:.2f}"))
        for number in range(1, claims + 1):
            text = claim(number)
            segments += text.count("~")
            out.write(text)
        out.write(f"SE*{segments + 1}*0001~GE*1*1~IEA*1*000000001~\n")
    return claims


def visits(count: int) -> Iterator[dict[str, Any]]:
    """Coded PT visits of the fixture practice, two timed codes each, one a day per patient."""
    start = dt.date(2026, 3, 2)
    for number in range(count):
        patient, day = divmod(number, 20)
        yield {
            "visit_id": f"B{number:07d}",
            "date": (start + dt.timedelta(days=day)).isoformat(),
            "location": "main",
            "patient": {
                "id": f"P{patient}",
                "last_name": "Sample",
                "first_name": "Pat",
                "birth_date": "1961-05-17",
                "gender": "F",
                "address": {"line1": "1 ELM ST", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
            },
            "coverages": [{"payer": "heron", "member_id": f"YHB{patient:07d}"}],
            "discipline": "PT",
            "treating_clinician": "okafor",
            "referring": {"key": "hale"},
            "diagnoses": ["M25.561", "M62.81"],
            "procedures": [
                {"code": "97530", "therapist_minutes": 24 + number % 8},
                {"code": "97110", "therapist_minutes": 15 + number % 7},
            ],
        }
