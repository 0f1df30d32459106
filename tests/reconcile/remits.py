"""Sent claims and remittances for tests: the text that matters, the rest wrapped around it."""

import datetime as dt
from decimal import Decimal
from itertools import count

from edi.claim import Reference
from edi.remittance import ClaimPayment, Remittance
from edi.x835 import read_remittances
from reconcile.post import adjudicate
from reconcile.values import Adjudication, PayerFacts, SentClaim, SentLine

ISA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PRACTICE       "
    "*260101*1200*^*00501*000000001*0*P*:~"
)


def remittance(
    body: str, *, trace: str = "T1", paid: str = "0", day: str = "20260401", plb: str = ""
) -> Remittance:
    """One 835 read from real text: ``body`` is what stands between LX and the trailer."""
    segments = [
        "ST*835*0001",
        f"BPR*I*{paid}*C*ACH*CCP*01*111000025*DA*1*1512345678**01*111000025*DA*2*{day}",
        f"TRN*1*{trace}*1512345678",
        f"DTM*405*{day}",
        "N1*PR*SAMPLE PLAN",
        "N3*1 MAIN ST",
        "N4*SPRINGFIELD*IL*62701",
        "PER*BL*HELP*TE*5555550100",
        "N1*PE*SAMPLE THERAPY*XX*1234567893",
        "LX*1",
        *(s.strip() for s in body.replace("\n", "").split("~") if s.strip()),
        *(s.strip() for s in plb.split("~") if s.strip()),
    ]
    segments.append(f"SE*{len(segments) + 1}*0001")
    text = f"{ISA}GS*HP*PAYER*PRACTICE*20260101*1200*1*X*005010X221A1~"
    text += "~".join(segments) + "~GE*1*1~IEA*1*000000001~"
    (only,) = read_remittances([text.encode()], [])
    return only


def payment(body: str) -> ClaimPayment:
    """The one claim of a remittance body."""
    (only,) = remittance(body).claims
    return only


def line(
    control: str,
    procedure: str,
    charge: str,
    units: str = "1",
    *,
    day: dt.date = dt.date(2026, 3, 10),
    evidence: tuple[str, ...] = (),
    number: int = 0,
) -> SentLine:
    """A sent line: ``97530:59:GP``; its number is the digit its control ends with."""
    code, *modifiers = procedure.split(":")
    return SentLine(
        control=control,
        number=number or int(control[-1]),
        code=code,
        modifiers=tuple(modifiers),
        charge=Decimal(charge),
        units=Decimal(units),
        date=day,
        until=day,
        evidence=evidence,
    )


def claim(
    *lines: SentLine,
    control: str = "CLAIMAAAABBBB",
    family: str = "",
    collected: str = "0.00",
    references: tuple[tuple[str, str], ...] = (),
    **more: object,
) -> SentClaim:
    """A sent claim of these lines."""
    day = lines[0].date if lines else dt.date(2026, 3, 10)
    values: dict[str, object] = {
        "control": control,
        "family": family or control,
        "payer": "plan",
        "payer_id": "12345",
        "member_id": "XYZ123456789",
        "charge": sum((one.charge for one in lines), Decimal("0.00")),
        "date": day,
        "until": day,
        "collected": Decimal(collected),
        "references": tuple(Reference(qualifier=q, value=v) for q, v in references),
        "lines": lines,
    } | more
    return SentClaim(**values)  # type: ignore[arg-type]  # built from a dict on purpose


_numbers = count(1)


def answered(
    sent: SentClaim,
    body: str,
    *,
    day: dt.date = dt.date(2026, 4, 1),
    trace: str = "T1",
    **more: str,
) -> Adjudication:
    """What one claim of a remittance body says of ``sent``."""
    return adjudicate(
        payment(body),
        sent,
        id=more.get("id", f"{trace}-{next(_numbers)}"),
        method="patient control number",
        payer=more.get("payer", sent.payer),
        date=day,
        trace=trace,
    )


def facts(family: str = "commercial", **more: object) -> PayerFacts:
    """What a payer of that family allows."""
    values: dict[str, object] = {
        "key": "plan",
        "name": "Sample Plan",
        "family": family,
        "appeal1_days": 180,
        "appeal1_source": "contract 2026, section 4",
        "reopening_days": 365,
        "corrected_claim_days": 365,
    } | more
    return PayerFacts(**values)  # type: ignore[arg-type]  # built from a dict on purpose
