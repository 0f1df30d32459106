"""What we refuse to write in an 837P claim beyond what the guide's own data say.

A rule is a function of one shape in ``RULES``: it takes a claim and yields (field, reason). The
guide's checker sees presence, lengths and codes; these see what it cannot: sums, pointers, check
digits. A claim that breaks one is held with a Problem, the others go.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

from edi.claim import Claim, Party
from edi.npi import is_npi
from edi.problem import Place, Problem, declare
from edi.writing import WriteError
from edi.x837p_others_rules import others
from edi.x837p_segments import DIAGNOSIS, PRINCIPAL, SELF

Fault = tuple[str, str]  # field, reason
Rule = Callable[[Claim], Iterator[Fault]]

MAX_CONTROL: Final = 20  # receivers need to keep no more of CLM01 (RFI 525)
MAX_LINE_CONTROL: Final = 30  # REF*6R
MAX_LINES: Final = 50  # loop 2400
MAX_DIAGNOSES: Final = 12  # HI01 to HI12
MAX_MODIFIERS: Final = 4  # SV101-3 to SV101-6
MAX_AMOUNT: Final = Decimal(10) ** 16  # of 18 digits (X12 data element 782), two are cents
CENT: Final = Decimal("0.01")

declare(
    {
        "write.refused": (
            "The claim holds something X12 does not allow, so it was not written.",
            "Correct the named field and bill again; the other claims of the batch went.",
        ),
        "write.duplicate": (
            "Two claims of the batch have the same patient control number (CLM01).",
            "Give each claim its own number: replies are matched by it.",
        ),
    }
)


def refused(claim: str, field: str, reason: str) -> Problem:
    """The Problem of a claim that is held; ``field`` is an element, with its loop if that helps."""
    loop, _, element = field.rpartition(" ")
    where = Place(claim=claim, element=element, loop=loop)
    return Problem(code="write.refused", message=f"{field}: {reason}", where=where)


def refused_for(claim: str, error: WriteError) -> Problem:
    """The Problem of a claim whose text could not be written."""
    return refused(claim, error.field, error.reason)


def refusals(claim: Claim) -> list[Problem]:
    """All that is wrong with a claim by our own rules."""
    return [
        refused(claim.control, field, reason) for rule in RULES for field, reason in rule(claim)
    ]


def _control(claim: Claim) -> Iterator[Fault]:
    if not claim.control.strip():
        yield "CLM01", "the claim has no patient control number"
    elif len(claim.control) > MAX_CONTROL:
        yield "CLM01", f"has {len(claim.control)} characters; payers keep only {MAX_CONTROL}"


def _required(claim: Claim) -> Iterator[Fault]:
    parties = (
        ("2010AA NM103", claim.billing.name, "the billing provider has no name"),
        ("2010BB NM103", claim.payer.name, "the payer has no name"),
        ("2010BB NM109", claim.payer.id, "the payer has no id"),
        ("2010BA NM103", claim.subscriber.party.name, "the subscriber has no name"),
        ("2010BA NM109", claim.subscriber.party.id, "the subscriber has no member id"),
        ("CLM05-1", claim.place_of_service, "the claim has no place of service"),
        ("LX01", claim.lines, "the claim has no service line"),
        ("HI01", claim.diagnoses, "the claim has no diagnosis"),
    )
    yield from ((field, reason) for field, value, reason in parties if not value)
    for n, line in enumerate(claim.lines, 1):
        if line.date is None:
            yield "DTP03", f"line {n} has no date of service"
        if not line.control:
            yield "REF02", f"line {n} has no line control number (REF*6R)"


def _money(claim: Claim) -> Iterator[Fault]:
    amounts = [("CLM02", claim.charge)]
    if claim.amount_paid_by_patient is not None:
        amounts.append(("AMT02", claim.amount_paid_by_patient))
    amounts += [("SV102", line.charge) for line in claim.lines]
    for field, amount in amounts:
        if not amount.is_finite():
            yield field, "is no amount"
        elif amount < 0:
            yield field, "a charge cannot be negative"
        elif amount >= MAX_AMOUNT:
            yield field, "has more digits than an amount takes"
        elif amount != amount.quantize(CENT):
            yield field, "has fractions of a cent"
    if not claim.lines or not all(amount.is_finite() for _, amount in amounts):
        return
    total = sum((line.charge for line in claim.lines), Decimal(0))
    if claim.charge != total:
        yield "CLM02", f"{claim.charge:.2f} is not the sum of the lines (SV102), {total:.2f}"


def _lines(claim: Claim) -> Iterator[Fault]:
    if len(claim.lines) > MAX_LINES:
        yield "LX01", f"the claim has {len(claim.lines)} lines; a claim takes {MAX_LINES}"
    seen: set[str] = set()
    for n, line in enumerate(claim.lines, 1):
        if line.number != n:
            yield "LX01", f"line {n} is numbered {line.number}; lines count from 1"
        if not line.units.is_finite() or line.units < 0:
            yield "SV104", f"line {n} has units that are negative or no number"
        if len(line.procedure.modifiers) > MAX_MODIFIERS:
            count = len(line.procedure.modifiers)
            yield "SV101", f"line {n} has {count} modifiers; a line takes {MAX_MODIFIERS}"
        if len(line.control) > MAX_LINE_CONTROL:
            yield "REF02", f"line {n}: REF*6R has more than {MAX_LINE_CONTROL} characters"
        if line.control and line.control in seen:
            yield "REF02", f"line {n} repeats a line control number (REF*6R)"
        seen.add(line.control)


def _diagnoses(claim: Claim) -> Iterator[Fault]:
    count = len(claim.diagnoses)
    if count > MAX_DIAGNOSES:
        yield "HI", f"the claim has {count} diagnoses; a claim takes {MAX_DIAGNOSES}"
    for n, diagnosis in enumerate(claim.diagnoses, 1):
        if (diagnosis.qualifier in PRINCIPAL) != (n == 1) or diagnosis.qualifier not in DIAGNOSIS:
            yield f"HI{n:02d}-1", "the first diagnosis is ABK, the others are ABF"
        if "." in diagnosis.code:
            yield f"HI{n:02d}-2", "a diagnosis code is written without its dot"
    if len({len(diagnosis.qualifier) for diagnosis in claim.diagnoses}) > 1:
        yield "HI", "ICD-9 and ICD-10 codes cannot stand in one claim"
    for n, line in enumerate(claim.lines, 1):
        if len(line.pointers) > 4:
            yield "SV107", f"line {n} points at {len(line.pointers)} diagnoses; at most 4"
        if not line.pointers or any(not 1 <= p <= count for p in line.pointers):
            yield "SV107", f"line {n} points at a diagnosis that is not there"


def _dates(claim: Claim) -> Iterator[Fault]:
    ranges = [(dated.date, dated.until) for dated in claim.dates]
    for line in claim.lines:
        ranges += [(dated.date, dated.until) for dated in line.dates]
        if line.date is not None and line.until is not None:
            ranges.append((line.date, line.until))
    yield from (("DTP03", "the range ends before it begins") for a, b in ranges if b < a)


def _patient(claim: Claim) -> Iterator[Fault]:
    if claim.patient is None and claim.subscriber.relationship != SELF:
        yield "SBR02", "must be 18 where the patient is the subscriber"
    if claim.patient is not None and claim.subscriber.relationship:
        yield "SBR02", "must be empty where the patient is not the subscriber"


def _npis(claim: Claim) -> Iterator[Fault]:
    own = (claim.billing, claim.rendering, claim.facility, claim.supervising, *claim.referring)
    yield from _wrong_npis(own, "")
    for n, line in enumerate(claim.lines, 1):
        if line.rendering or line.supervising or line.ordering or line.referring:
            own = (line.rendering, line.supervising, line.ordering, *line.referring)
            yield from _wrong_npis(own, f" of line {n}")


def _wrong_npis(parties: Iterable[Party | None], place: str) -> Iterator[Fault]:
    for party in parties:
        if party and party.id_qualifier == "XX" and not is_npi(party.id):
            role = _ROLES.get(party.role, party.role)
            yield "NM109", f"the NPI of the {role}{place} has a wrong check digit or length"


_ROLES: Final = {
    "85": "billing provider",
    "82": "rendering provider",
    "77": "service facility",
    "DQ": "supervising provider",
    "DK": "ordering provider",
    "DN": "referring provider",
    "P3": "primary care provider",
}
RULES: Final[tuple[Rule, ...]] = (
    _control,
    _required,
    _money,
    _lines,
    _diagnoses,
    _dates,
    _patient,
    _npis,
    others,
)
