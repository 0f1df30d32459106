"""What a person should look at although nothing was refused: flags of a line's books."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from edi.codes import lookup
from reconcile.buckets import Buckets, without_partner
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, LineStatus

NOTHING_PAID: Final = "paid nothing: the whole charge is written off; compare with the contract"
TO_THE_PATIENT: Final = "the payer says it paid the patient: get a copy first"
NO_PARTNER: Final = "paid in place of another line, and none meets it to the cent: OA-94 "
OTHER_PAYER: Final = "paid by another payer than billed"
LOOK: Final = frozenset({NOTHING_PAID, TO_THE_PATIENT})
PAID_TO_PATIENT: Final = "100"


def look_flags(
    status: LineStatus, share: LineShare, decided: Adjudication, totals: Buckets, *, alone: bool
) -> Iterator[str]:
    """What is odd about the newest answer to a line.

    Args:
        status: the line's.
        share: what the newest answer says of it.
        decided: that answer.
        totals: of all answers.
        alone: no other payer answered.
    """
    for a in share.adjustments:
        if lookup("group", a.group) is None:
            yield f"group {a.group} does not exist: counted as refused until somebody decides"
        elif a.reason == PAID_TO_PATIENT and a.amount > ZERO:
            yield TO_THE_PATIENT
    moved = without_partner(decided).get(share.line, ZERO)
    if moved:
        yield f"{NO_PARTNER}{-moved:.2f}{_probably(decided, share.line, moved)}"
    # Where another line of the claim was paid, the price of the visit stands there.
    nothing = share.charge > ZERO and totals.contractual == share.charge and not decided.paid
    if status == "paid" and alone and decided.rank == "P" and nothing:
        yield NOTHING_PAID
    if OTHER_PAYER in decided.notes:
        yield OTHER_PAYER


def _probably(decided: Adjudication, line: str, moved: Decimal) -> str:
    """The bundled lines of the answer that may be meant: theirs and what they are off by."""
    given = {
        share.line: sum((a.amount for a in share.adjustments if a.reason == "97"), ZERO)
        for share in decided.lines
        if share.line != line and not share.bundled_into
    }
    total = sum(given.values(), ZERO)
    if total <= ZERO:
        return ""
    return f"; CO-97 {total:.2f} of the claim is probably it, off by {abs(total - moved):.2f}"


def wants_a_look(books: LineBooks) -> bool:
    """A paid line that belongs on the worklist all the same."""
    return books.status == "paid" and not LOOK.isdisjoint(books.flags)
