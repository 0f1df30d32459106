"""What does not fit in the claims of a payment just received, told with it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve
from sqlalchemy import select

from claimline.render.words import shown_number
from claimline.services.receive_values import PaymentResult
from reconcile.attention import Concern
from reconcile.corrected_patient import MARK
from reconcile.ledger import standing, turned
from reconcile.ledger.convert import dollars
from reconcile.ledger.lines_left import lines_left
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, remittance

if TYPE_CHECKING:
    from sqlalchemy import Connection

CONCERNS: Final = 100  # claims of one payment whose oddities are told; the rest is counted
# of how many claims, of the first of them, the first lines that fit none, in words, and the cents
# by which reversals with positive amounts count other than they came; the claims whose patient the
# payer corrected
Oddities = tuple[int, tuple[Concern, ...], tuple[str, ...], int, tuple[str, ...]]
_NOTHING_ODD: Final[Oddities] = (0, (), (), 0, ())


def oddities(connection: "Connection", files: Sequence[int]) -> dict[int, Oddities]:
    """What does not fit in the claims of these files, by row number of the payment."""
    found: dict[int, Oddities] = {}
    for number, concerns in standing.concerns_of(connection, remittance.c.file_id.in_(files)):
        count, told, *_ = found.get(number, _NOTHING_ODD)
        found[number] = count + 1, (*told, *concerns) if count < CONCERNS else told, (), 0, ()
    for number, words in lines_left(connection, files, shown_number):
        count, told, left, *_ = found.get(number, _NOTHING_ODD)
        found[number] = count, told, (*left, words)[:CONCERNS], 0, ()
    for number, cents in turned.of_payments(connection, remittance.c.file_id.in_(files)).items():
        found[number] = (*found.get(number, _NOTHING_ODD)[:3], cents, ())
    for number, claims in _corrected(connection, files).items():
        found[number] = (*found.get(number, _NOTHING_ODD)[:4], claims)
    return found


def _corrected(connection: "Connection", files: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The claims whose patient the payer corrected, by row number of the payment."""
    query = (
        select(claim_payment.c.remittance_id, sent_claim.c.control)
        .join(remittance, remittance.c.id == claim_payment.c.remittance_id)
        .join(sent_claim, sent_claim.c.id == claim_payment.c.sent_claim_id)
        .where(
            remittance.c.file_id.in_(files),
            claim_payment.c.state == "posted",
            claim_payment.c.notes.contains(MARK, autoescape=True),
        )
        .order_by(claim_payment.c.id)
    )
    found: dict[int, list[str]] = {}
    for number, control in connection.execute(query):
        found.setdefault(number, []).append(control)
    return {number: tuple(controls) for number, controls in found.items()}


def with_oddities(result: PaymentResult, odd: Oddities | None) -> PaymentResult:
    """The result with what is odd in it, if anything."""
    if odd is None:
        return result
    difference = result.difference
    if difference is not None:
        difference += dollars(odd[3])
    return evolve(
        result,
        odd=odd[0],
        concerns=odd[1],
        left=odd[2],
        corrected=odd[4],
        difference=difference,
        turned=bool(odd[3]),
    )


def told_new(
    results: dict[int, PaymentResult], odd: dict[int, Oddities]
) -> Iterator[PaymentResult]:
    """The payments of a file that was written now, with what is odd in them."""
    for number, result in results.items():
        yield with_oddities(result, odd.get(number))
