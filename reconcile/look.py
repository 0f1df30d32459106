"""What a person should look at although nothing was refused: flags of a line's books."""

from collections.abc import Iterator
from typing import Final

from edi.codes import lookup
from reconcile.buckets import Buckets
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, LineStatus

NOTHING_PAID: Final = "paid nothing: the whole charge is written off; compare with the contract"
TO_THE_PATIENT: Final = "the payer says it paid the patient: get a copy first"
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
    # Where another line of the claim was paid, the price of the visit stands there.
    nothing = share.charge > ZERO and totals.contractual == share.charge and not decided.paid
    if status == "paid" and alone and decided.rank == "P" and nothing:
        yield NOTHING_PAID
    if OTHER_PAYER in decided.notes:
        yield OTHER_PAYER


def wants_a_look(books: LineBooks) -> bool:
    """A paid line that belongs on the worklist all the same."""
    return books.status == "paid" and not LOOK.isdisjoint(books.flags)
