"""What one payer decided of a claim, in the words the next payer is told (837P loops 2320, 2430).

Of each line the newest answer that stands counts: what was taken back, or only said "duplicate",
does not. What the payer said of the claim stays with the claim, what it said of a line with the
line: charge of a line = paid + its adjustments, paid of the claim = paid of the lines less the
claim's adjustments (TR3 005010X222A1, balancing of COB claims). A payer that told nothing of lines
is told by the claim alone.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.claim import Adjustment, LineAdjudication, Procedure
from reconcile.books import claim_books
from reconcile.match_lines import CLAIM_LEVEL
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, SentClaim, SentLine

PATIENT: Final = "PR"


@frozen(kw_only=True)
class Decided:
    """A payer's standing decision of a claim."""

    payer: str  # Adjudication.payer
    date: dt.date  # of the newest payment
    paid: Decimal
    patient: Decimal  # all it left to the patient
    number: str  # its claim number (CLP07), of the newest answer
    remarks: tuple[str, ...]  # of the claim (MOA), newest answer
    forwarded: bool  # to the next payer, by the newest answer
    adjustments: tuple[Adjustment, ...] = ()  # of the claim, not of its lines
    claim_patient: Decimal | None = None  # ``patient``, where lines cannot tell it (2320 AMT*EAF)
    lines: Mapping[int, LineAdjudication]  # by line number, ``payer`` empty; none: told no lines


def decided(claim: SentClaim, answers: Sequence[Adjudication]) -> Decided | None:
    """What stands of one payer's answers; None where a line has none that stands.

    Args:
        claim: as it was sent.
        answers: of one payer in one turn.
    """
    shares: dict[int, LineShare] = {}
    dates: dict[int, dt.date] = {}
    newest: Adjudication | None = None
    for line, line_books in zip(claim.lines, claim_books(claim, answers), strict=True):
        share, answer = line_books.current, line_books.decided_by
        if share is None or answer is None or line_books.status == "open":
            return None
        shares[line.number], dates[line.number] = share, answer.date
        if newest is None or _place(answer) > _place(newest):
            newest = answer
    if newest is None:
        return None
    patient = sum((left_to_patient(one.adjustments) for one in shares.values()), ZERO)
    told, of_claim = _levels(shares.values())
    by_claim = not told or bool(left_to_patient(of_claim))
    return Decided(
        payer=newest.payer,
        date=newest.date,
        paid=sum((one.paid for one in shares.values()), ZERO),
        patient=patient,
        number=newest.payer_control,
        remarks=newest.remarks,
        forwarded=newest.crossover,
        adjustments=of_claim,
        claim_patient=patient if by_claim and patient > ZERO else None,
        lines={
            line.number: _line(line, shares[line.number], dates[line.number], by_claim=by_claim)
            for line in claim.lines
            if told
        },
    )


def _levels(shares: Iterable[LineShare]) -> tuple[bool, tuple[Adjustment, ...]]:
    """Whether lines were told at all, and what was said of the claim."""
    found = tuple(shares)
    if all(share.method == CLAIM_LEVEL for share in found):
        return False, _added(one for share in found for one in share.adjustments)
    return True, _added(one for share in found for one in share.of_claim)


def _place(answer: Adjudication) -> tuple[dt.date, str, int]:
    return answer.date, answer.trace, answer.position


def _line(line: SentLine, share: LineShare, date: dt.date, *, by_claim: bool) -> LineAdjudication:
    """2430 of a line. Units: those paid; where the payer says none, those sent.

    What is left to the patient is told once: of the claim or of its lines.
    """
    own = _own(share)
    left = left_to_patient(own)
    return LineAdjudication(
        payer="",
        paid=share.paid + sum((one.amount for one in share.of_claim), ZERO),
        procedure=Procedure(code=share.code or line.code, modifiers=share.modifiers),
        units=line.units if share.units is None else share.units,
        adjustments=own,
        date=date,
        patient_owes=left if left > ZERO and not by_claim else None,
    )


def _own(share: LineShare) -> tuple[Adjustment, ...]:
    """The adjustments of the line without its part of the claim's."""
    cut = (
        Adjustment(group=one.group, reason=one.reason, amount=-one.amount) for one in share.of_claim
    )
    return _added((*(one for one in share.adjustments if one.amount), *cut))


def _added(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Each reason of a group once, as the guide wants it, in the order of first appearance."""
    sums: dict[tuple[str, str], Adjustment] = {}
    for one in adjustments:
        known = sums.get((one.group, one.reason))
        amount = one.amount + (known.amount if known else ZERO)
        quantity = one.quantity if known is None else None
        sums[one.group, one.reason] = Adjustment(
            group=one.group, reason=one.reason, amount=amount, quantity=quantity
        )
    return tuple(one for one in sums.values() if one.amount)


def left_to_patient(adjustments: Iterable[Adjustment]) -> Decimal:
    """The sum under group PR."""
    return sum((one.amount for one in adjustments if one.group == PATIENT), ZERO)


def unsure(books: Iterable[LineBooks], marks: Sequence[str]) -> tuple[str, ...]:
    """The flags of lines that begin with one of these words, each once."""
    flags = (flag for one in books for flag in one.flags)
    return tuple(dict.fromkeys(flag for flag in flags if flag.startswith(tuple(marks))))
