"""What payers' contracts pay for, as ``bill`` recorded it: a state must not call a package denied.

``bill`` keeps the facts of the payers it bills as decisions; the newest of a payer counts, with
the days of service each basis holds for. So a state needs no practice file, and is made again from
the ledger alone.
"""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, or_, select

from reconcile.by_policy import by_policy
from reconcile.ledger.tables import decision, sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment
from reconcile.values import Adjudication, LineBooks, PayerFacts, SentClaim

KIND: Final = "payer facts"  # the kind of decision that keeps them; its detail is PayerFacts
BY_LINE: Final = "by line"
_BASES: Final = '"payment_bases": [['  # in the detail, where there are any
_PLAIN: Final = '"payment_basis": "by line"'  # in the detail of a payer that pays by line
_ALWAYS: Final = dt.date.min.isoformat()
_UNDECIDED: Final = ("ready", "sent", "received", "accepted", "rejected")


class Bases:
    """The bases of payment that are not by line, by payer and day of service."""

    def __init__(self, connection: Connection) -> None:
        """Read them: a few rows."""
        query = (
            select(decision.c.subject, decision.c.detail)
            .where(decision.c.kind == KIND)
            .order_by(decision.c.id)
        )
        newest = dict(tuple(row) for row in connection.execute(query))
        self._spans: dict[str, PayerFacts] = {}
        for key, detail in newest.items():
            if _BASES in detail or _PLAIN not in detail:
                facts = of_detail(detail)
                self._spans |= {name: facts for name in (key, facts.payer_id) if name}

    @property
    def payers(self) -> frozenset[str]:
        """Keys and ids of the payers that have any."""
        return frozenset(self._spans)

    def read(self, claim: SentClaim, books: tuple[LineBooks, ...]) -> tuple[LineBooks, ...]:
        """The books as the contract of whoever answered reads them."""
        if not self._spans:
            return books

        def facts_of(answer: Adjudication) -> PayerFacts | None:
            is_own = answer.payer in {claim.payer, claim.payer_id}
            found = self._spans.get(claim.payer if is_own else answer.payer)
            if found is None or answer.rank != "P":
                return None
            return PayerFacts(
                key=found.key, name="", family="", payment_basis=basis_on(found, claim.date)
            )

        return by_policy(books, facts_of)


def of_detail(detail: str) -> PayerFacts:
    """The facts of a payer, as a decision keeps them."""
    told = json.loads(detail)
    basis = told.get("payment_basis", BY_LINE)
    undated = () if basis == BY_LINE else ((_ALWAYS, "", basis),)  # as older versions kept it
    told["payment_bases"] = tuple(tuple(one) for one in told.get("payment_bases", undated))
    return PayerFacts(**told)


def basis_on(facts: PayerFacts, day: dt.date) -> str:
    """What the contract pays for on a day of service."""
    on = day.isoformat()
    return next(
        (basis for first, last, basis in facts.payment_bases if first <= on <= (last or on)),
        BY_LINE,
    )


def answered_by(connection: Connection, payers: Iterable[str]) -> list[int]:
    """The claims that these payers (keys or ids) answered, or others for them, by row number."""
    some = sorted(payers)
    answers = select(claim_payment.c.sent_claim_id).where(claim_payment.c.payer.in_(some))
    query = (
        select(sent_claim.c.id)
        .join(claim_state, claim_state.c.sent_claim_id == sent_claim.c.id)
        .where(
            or_(sent_claim.c.payer.in_(some), sent_claim.c.id.in_(answers)),
            claim_state.c.state.not_in(_UNDECIDED),
        )
        .order_by(sent_claim.c.id)
    )
    return list(connection.execute(query).scalars())
