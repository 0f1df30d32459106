"""Other claims of a patient's day, with what came back for them: they share one full unit."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, select, tuple_

from reconcile.expected import Answered, answered
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.convert import from_date
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.families import with_followers
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.values import SentClaim

_CLAIM: Final = sent_claim.c
Key = tuple[str, str]  # patient, first day of service as the database has it


def key_of(claim: SentClaim) -> Key:
    """The patient's day of a claim."""
    return claim.patient, from_date(claim.date)


def mates(
    connection: Connection, claims: Iterable[SentClaim], usage: Usage
) -> dict[Key, tuple[Answered, ...]]:
    """By patient's day the other claims that have terms, of these claims' days.

    A claim that was replaced or voided, or that follows another to a second payer, does not count;
    nor do the given claims themselves.
    """
    given = list(claims)
    known = {claim.control for claim in given}
    wanted = sorted({key_of(claim) for claim in given if claim.patient})
    numbers: list[int] = []
    for batch in bulk.batches(wanted):
        query = select(_CLAIM.id, _CLAIM.control).where(
            tuple_(_CLAIM.patient, _CLAIM.date).in_(batch),
            _CLAIM.usage == usage,
            was_sent(),
            select(sent_line.c.id)
            .where(
                sent_line.c.sent_claim_id == _CLAIM.id, sent_line.c.expected_allowed.is_not(None)
            )
            .exists(),
        )
        numbers += [row.id for row in connection.execute(query) if row.control not in known]
    return _loaded(connection, numbers, usage)


def _loaded(
    connection: Connection, numbers: list[int], usage: Usage
) -> dict[Key, tuple[Answered, ...]]:
    found: dict[Key, tuple[Answered, ...]] = {}
    for batch in bulk.batches(sorted(numbers)):
        claims = sent.load(connection, _CLAIM.id.in_(batch))
        claims = with_followers(connection, claims, usage)
        came: dict[int, Any] = dict(
            rows.adjudications(connection, {n: c.control for n, c in claims.items()})
        )
        for number, claim in claims.items():
            if claim.replaced_by or claim.voided_by or claim.follows:
                continue
            one = answered(claim, came.get(number, ()))
            found[key_of(claim)] = (*found.get(key_of(claim), ()), one)
    return found
