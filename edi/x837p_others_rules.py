"""What must hold of other payers in a claim we write: balance by line and claim, who is who.

Other payers are told to the next one so that it can pay the rest, so each payer's decision must
close: line charge = what it paid + its adjustments; what it paid for the claim = what it paid for
the lines - its adjustments of the claim (TR3 005010X222A1, balancing of COB claims). So the charge
of the claim = paid + adjustments of the claim + adjustments of its lines.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from edi.claim import Adjustment, Claim, LineAdjudication, OtherPayer

Fault = tuple[str, str]  # field, reason
MAX_OTHERS: Final = 10  # loop 2320
MAX_ADJUDICATIONS: Final = 15  # loop 2430
MAX_CAS: Final = 5  # of one loop
_PER_CAS: Final = 6
_GROUPS: Final = frozenset({"CO", "OA", "PI", "PR"})
_CENT: Final = Decimal("0.01")


def others(claim: Claim) -> Iterator[Fault]:
    """All that is wrong with the other payers of a claim."""
    if len(claim.others) > MAX_OTHERS:
        yield "2320 SBR01", f"{len(claim.others)} other payers; a claim takes {MAX_OTHERS}"
    yield from _who(claim)
    for other in claim.others:
        yield from _amounts(other)
        yield from _adjustments("2320", "the claim", other.adjustments)
    known = {other.payer.id for other in claim.others}
    for n, line in enumerate(claim.lines, 1):
        yield from _of_line(n, line.charge, line.adjudications, known)
    decided = {one.payer for line in claim.lines for one in line.adjudications}
    for other in claim.others:
        if other.payer.id in decided:
            yield from _of_payer(claim, other)
        elif other.paid is not None:
            yield from _of_claim_alone(claim, other)


def _who(claim: Claim) -> Iterator[Fault]:
    """Each payer has a turn and an id of its own."""
    ranks = [claim.subscriber.payer_rank, *(o.subscriber.payer_rank for o in claim.others)]
    if claim.others and len(set(ranks)) < len(ranks):
        yield "2320 SBR01", "two payers of the claim have the same turn (P, S, T)"
    ids = Counter(other.payer.id for other in claim.others)
    decided = {one.payer for line in claim.lines for one in line.adjudications}
    if any(ids[payer] > 1 for payer in decided):  # SVD01 names one of 2330B, never the payer billed
        yield "2330B NM109", "two other payers have the same id: a line could not name one"
    for other in claim.others:
        named = (other.subscriber.party.name, other.subscriber.party.id, other.payer.name)
        if not all((*named, other.payer.id, other.subscriber.relationship)):
            yield "2320", "an other payer lacks its name, its id, its subscriber or SBR02"


def _amounts(other: OtherPayer) -> Iterator[Fault]:
    for element, amount in (
        ("AMT*D", other.paid),
        ("AMT*A8", other.not_covered),
        ("AMT*EAF", other.patient_owes),
    ):
        if amount is not None and (not _is_cents(amount) or amount < 0):
            yield f"2320 {element}", "is no amount of zero or more, in whole cents"


def _is_cents(amount: Decimal) -> bool:
    return amount.is_finite() and amount == amount.quantize(_CENT)


def _adjustments(loop: str, place: str, adjustments: Sequence[Adjustment]) -> Iterator[Fault]:
    segments = 0
    for group in dict.fromkeys(one.group for one in adjustments):
        own = [one for one in adjustments if one.group == group]
        segments += -(-len(own) // _PER_CAS)
        if group not in _GROUPS:
            yield f"{loop} CAS01", f"{place}: group must be CO, OA, PI or PR"
        if not all(one.reason and one.amount and _is_cents(one.amount) for one in own):
            yield f"{loop} CAS03", f"{place}: an adjustment lacks its reason or its amount"
    if segments > MAX_CAS:
        yield f"{loop} CAS", f"{place}: more adjustments than {MAX_CAS} segments take"


def _of_line(
    n: int, charge: Decimal, decided: Sequence[LineAdjudication], known: set[str]
) -> Iterator[Fault]:
    if len(decided) > MAX_ADJUDICATIONS:
        yield "2430 SVD01", f"line {n} has more than {MAX_ADJUDICATIONS} adjudications"
    payers = [one.payer for one in decided]
    if not known.issuperset(payers):
        yield "2430 SVD01", f"line {n} names a payer that is not among the other payers (2330B)"
    for one in decided:
        if one.date is None:
            yield "2430 DTP03", f"line {n}: the day the payer decided (DTP*573) is missing"
        if not _is_cents(one.paid) or not one.units.is_finite():
            yield "2430 SVD02", f"line {n}: what the payer paid is no amount"
            return
        yield from _adjustments("2430", f"line {n}", one.adjustments)
    for payer in dict.fromkeys(payers):
        own = [one for one in decided if one.payer == payer]
        told = sum((one.paid + _sum(one.adjustments) for one in own), Decimal(0))
        if told != charge:
            words = f"paid and adjustments of a payer sum to {told:.2f}"
            yield "2430 SVD02", f"line {n}: {words}, the charge is {charge:.2f}"


def _of_payer(claim: Claim, other: OtherPayer) -> Iterator[Fault]:
    """AMT*D against the lines of one payer, and that the day stands in one place only."""
    own = [one for line in claim.lines for one in line.adjudications if one.payer == other.payer.id]
    paid = sum((one.paid for one in own), Decimal(0)) - _sum(other.adjustments)
    if other.paid != paid:
        told = "missing" if other.paid is None else f"{other.paid:.2f}"
        yield "2320 AMT02", f"AMT*D is {told}; the lines and CAS of the claim say {paid:.2f}"
    if other.date is not None:
        yield "2330B DTP03", "the day (DTP*573) stands with the lines already"


def _of_claim_alone(claim: Claim, other: OtherPayer) -> Iterator[Fault]:
    """A decision that no line has: the charge is paid or adjusted, and the day is said."""
    told = (other.paid or Decimal(0)) + _sum(other.adjustments)
    if told != claim.charge:
        words = f"AMT*D and CAS of the claim sum to {told:.2f}"
        yield "2320 AMT02", f"{words}, the charge is {claim.charge:.2f}"
    if other.date is None:
        yield "2330B DTP03", "the day the payer decided (DTP*573) is missing: no line has it"


def _sum(adjustments: Sequence[Adjustment]) -> Decimal:
    return sum((one.amount for one in adjustments), Decimal(0))
