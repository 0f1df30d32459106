"""What reversals sent with positive amounts come to on the books, beside their own figures.

A payer that forgets the signs of a reversal (CLP02 22; RFI 1147 wants every amount negated) sends
CLP04 above zero and means the opposite: the payment (BPR02) adds up so. The amounts are kept as
they came; which of them take back their original is known by the books alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, select

from reconcile.balance import REVERSAL
from reconcile.books import wrong_signs
from reconcile.ledger import bulk, rows
from reconcile.ledger.convert import to_cents
from reconcile.ledger.payments import adjudication_id
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.values import ZERO, Adjudication

_C: Final = claim_payment.c
_R: Final = remittance.c


@frozen(kw_only=True)
class Turned:
    """A reversal with positive amounts; ``cents`` beside its own CLP04, below zero."""

    remittance: int  # row numbers
    payment: int
    cents: int


def turned(
    connection: Connection, came: Mapping[int, Sequence[Adjudication]]
) -> tuple[Turned, ...]:
    """Those among the answers of some claims.

    Args:
        connection: the open snapshot.
        came: all that came for each claim, by row number of the claim.
    """
    signs = {number: wrong_signs(answers) for number, answers in came.items()}
    numbers = [number for number, found in signs.items() if found]
    made: list[Turned] = []
    columns = (_C.sent_claim_id, _C.fingerprint, _C.occurrence, _C.remittance_id, _C.payment_id)
    for batch in bulk.batches(numbers):
        query = (
            select(*columns, _R.payment_key)
            .join(remittance, _R.id == _C.remittance_id)
            .where(_C.sent_claim_id.in_(batch), _C.state == "posted", _C.status == REVERSAL)
            .order_by(_C.id)
        )
        for row in connection.execute(query):
            key = adjudication_id(row.payment_key, row.fingerprint, row.occurrence)
            cents = to_cents(signs[row.sent_claim_id].get(key, ZERO))
            if cents:
                made.append(
                    Turned(remittance=row.remittance_id, payment=row.payment_id, cents=cents)
                )
    return tuple(made)


def of_payments(connection: Connection, condition: ColumnElement[bool]) -> dict[int, int]:
    """What they come to in cents, by row number of the ``remittance``, where there are any.

    Args:
        connection: the open snapshot.
        condition: on ``remittance``.
    """
    query = (
        select(sent_claim.c.id, sent_claim.c.control)
        .join(claim_payment, _C.sent_claim_id == sent_claim.c.id)
        .join(remittance, _R.id == _C.remittance_id)
        .where(condition, _C.state == "posted", _C.status == REVERSAL, _C.charge > 0)
    )
    claims = {row.id: row.control for row in connection.execute(query)}
    sums: dict[int, int] = {}
    for one in turned(connection, rows.adjudications(connection, claims)):
        sums[one.remittance] = sums.get(one.remittance, 0) + one.cents
    return sums
