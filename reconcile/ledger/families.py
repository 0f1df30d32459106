"""Which claims were followed by a replacement the payer decided, or by a void."""

from typing import TYPE_CHECKING, Final

from attrs import evolve
from sqlalchemy import Connection, select

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_REPLACEMENT, FREQUENCY_VOID
from reconcile.ledger import bulk
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.post import REVERSAL
from reconcile.values import SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.records import Usage

_CLAIM: Final = sent_claim.c


def with_followers(
    connection: Connection, claims: dict[int, SentClaim], usage: "Usage"
) -> dict[int, SentClaim]:
    """The claims, each naming the replacement or void of its family that came after it.

    A replacement counts once the payer decided it; a void as soon as it was sent. An original comes
    before all others of its family, a replacement before those recorded later.
    """
    followers: dict[str, list[tuple[int, str, str]]] = {}
    for batch in bulk.batches(sorted({claim.family for claim in claims.values()})):
        query = select(_CLAIM.family, _CLAIM.id, _CLAIM.frequency, _CLAIM.control).where(
            _CLAIM.family.in_(batch), _CLAIM.usage == usage, _CLAIM.frequency > FREQUENCY_ORIGINAL
        )
        for family, number, frequency, control in connection.execute(query.order_by(_CLAIM.id)):
            followers.setdefault(family, []).append((number, frequency, control))
    if not followers:
        return claims
    decided = _decided(connection, [one[0] for some in followers.values() for one in some])
    return {
        number: _followed(number, claim, followers.get(claim.family, []), decided)
        for number, claim in claims.items()
    }


def _decided(connection: Connection, numbers: list[int]) -> set[int]:
    """Those for which a decision of a payer is on the books."""
    c = claim_payment.c
    found: set[int] = set()
    for batch in bulk.batches(numbers):
        query = select(c.sent_claim_id).where(
            c.sent_claim_id.in_(batch), c.state == "posted", c.status != REVERSAL
        )
        found.update(row[0] for row in connection.execute(query.distinct()))
    return found


def _followed(
    number: int, claim: SentClaim, followers: list[tuple[int, str, str]], decided: set[int]
) -> SentClaim:
    replaced_by = voided_by = ""
    for other, frequency, control in followers:
        if other == number or (claim.frequency != FREQUENCY_ORIGINAL and other < number):
            continue
        if frequency == FREQUENCY_REPLACEMENT and other in decided:
            replaced_by = control
        elif frequency == FREQUENCY_VOID:
            voided_by = control
    if not (replaced_by or voided_by):
        return claim
    return evolve(claim, replaced_by=replaced_by, voided_by=voided_by)
