"""What one payer decided of a claim, in the words the next payer is told (837P loops 2320, 2430).

Of each line the newest answer that stands counts: what was taken back, or only said "duplicate",
does not. Charge = paid + adjustments for each line, or there is nothing to tell.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.claim import Adjustment, LineAdjudication, Procedure
from reconcile.books import claim_books
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
    lines: Mapping[int, LineAdjudication]  # by line number; ``payer`` empty


def decided(claim: SentClaim, answers: Sequence[Adjudication]) -> Decided | None:
    """What stands of one payer's answers; None where a line has none that stands.

    Args:
        claim: as it was sent.
        answers: of one payer in one turn.
    """
    books = claim_books(claim, answers)
    lines: dict[int, LineAdjudication] = {}
    newest: Adjudication | None = None
    for line, line_books in zip(claim.lines, books, strict=True):
        share, answer = line_books.current, line_books.decided_by
        if share is None or answer is None or line_books.status == "open":
            return None
        lines[line.number] = _line(line, share, answer.date)
        if newest is None or _place(answer) > _place(newest):
            newest = answer
    if newest is None:
        return None
    return Decided(
        payer=newest.payer,
        date=newest.date,
        paid=sum((one.paid for one in lines.values()), ZERO),
        patient=sum((left_to_patient(one.adjustments) for one in lines.values()), ZERO),
        number=newest.payer_control,
        remarks=newest.remarks,
        forwarded=newest.crossover,
        lines=lines,
    )


def _place(answer: Adjudication) -> tuple[dt.date, str, int]:
    return answer.date, answer.trace, answer.position


def _line(line: SentLine, share: LineShare, date: dt.date) -> LineAdjudication:
    """2430 of a line. Units: those paid; where the payer says none, those sent."""
    adjustments = tuple(one for one in share.adjustments if one.amount)
    left = left_to_patient(adjustments)
    return LineAdjudication(
        payer="",
        paid=share.paid,
        procedure=Procedure(code=share.code or line.code, modifiers=share.modifiers),
        units=line.units if share.units is None else share.units,
        adjustments=_added(adjustments),
        date=date,
        patient_owes=left if left > ZERO else None,
    )


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
