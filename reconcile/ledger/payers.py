"""Which payer paid: payers name themselves differently in an 835 than we name them in an 837P."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, func, select

from edi.remittance import ClaimPayment
from reconcile.ledger import bulk
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.post import RANKS
from reconcile.values import SentClaim

_OWN: Final = frozenset(RANKS)


class Payers:
    """Remembers which ids are used by sent claims, for one batch."""

    def __init__(self, connection: Connection, known: dict[str, bool] | None = None) -> None:
        self._connection = connection
        self._known = {} if known is None else known  # what is known of the same claims

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of a payment's payer ids that sent claims name a payer by.

        None of them says nothing: most payers put their tax number into the 835 only.
        """
        wanted = list(ids)
        for new in (one for one in wanted if one not in self._known):
            query = select(sent_claim.c.id).where(sent_claim.c.payer_id == new).limit(1)
            self._known[new] = self._connection.execute(query).first() is not None
        return frozenset(one for one in wanted if self._known[one])

    def is_another(self, claim: SentClaim, ids: tuple[str, ...]) -> bool:
        """Whether the payment names another payer that we bill, and not the claim's."""
        return not {claim.payer_id, claim.payer} & set(ids) and bool(self.known(ids))

    def paying(self, payment: ClaimPayment, claim: SentClaim, ids: tuple[str, ...]) -> str:
        """``Adjudication.payer``: the claim's own, or the id of another payer.

        CLP02 says whose turn it was (1 and 19 primary, 2 and 20, 3 and 21); where it does not
        (4, 22), the payer is the claim's unless the ids are those of another payer we bill.
        """
        if claim.payer_id in ids or claim.payer in ids:
            return claim.payer
        other = ids[0] if ids else "another payer"
        if payment.status in _OWN:
            return claim.payer if RANKS[payment.status] == claim.payer_rank else other
        return other if self.known(ids) else claim.payer


def names_told(connection: Connection, usage: Usage, controls: Iterable[str]) -> dict[str, str]:
    """The names that payers other than those billed have in their payments, by their id.

    Args:
        connection: the open snapshot.
        usage: the book.
        controls: numbers (CLM01) of the claims that they answered.
    """
    found: dict[str, str] = {}
    c, s, r = claim_payment.c, sent_claim.c, remittance.c
    for batch in bulk.batches(sorted(set(controls))):
        query = (
            select(c.payer, func.max(r.payer_name))
            .join(sent_claim, s.id == c.sent_claim_id)
            .join(remittance, r.id == c.remittance_id)
            .where(s.usage == usage, s.control.in_(batch), c.payer.not_in((s.payer, s.payer_id)))
            .where(r.payer_name != "", c.state == "posted")
            .group_by(c.payer)
            .order_by(c.payer)
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found
