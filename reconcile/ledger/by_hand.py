"""What persons decided about payments: matched by hand, or of an old system's and parked.

Decisions are facts, added and never changed; of those about one thing the newest holds. They are
keyed by what came (the payment's key, the fingerprint of its claim payment, which of equal ones),
never by row numbers: books that are made anew come out the same.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import Connection, select

from edi.remittance import ClaimPayment
from reconcile.ledger import bulk
from reconcile.ledger.convert import from_json, to_cents, to_date, to_json
from reconcile.ledger.payments import adjudication_id
from reconcile.ledger.tables import decision, sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.match_claim import BY_HAND
from reconcile.values import ClaimMatch, SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.posting import Item

MATCH: Final = "match"
UNMATCH: Final = "match undo"
RULE: Final = "old system"
NO_RULE: Final = "old system undo"
NO_REVERSAL: Final = "no reversal"
REVERSAL_DUE: Final = "no reversal undo"
KINDS: Final = (MATCH, UNMATCH, RULE, NO_RULE, NO_REVERSAL, REVERSAL_DUE)
LIKE: Final = 5  # claims of the day and charge that are named


@frozen(kw_only=True)
class HandMatch:
    """A person says which sent claim a claim payment is of. ``id`` is its adjudication's."""

    payment_key: str
    fingerprint: str
    occurrence: int
    usage: str
    control: str  # CLM01 of the sent claim
    frequency: str
    date: dt.date = field(repr=False)
    lines: Mapping[int, str] = field(factory=dict)  # n-th SVC, from 1: line control number
    user: str = ""
    reason: str = ""
    recorded_at: str = ""

    @property
    def id(self) -> str:
        """Of the adjudication it makes."""
        return adjudication_id(self.payment_key, self.fingerprint, self.occurrence)

    @property
    def detail(self) -> str:
        """As the decision keeps it."""
        return to_json(
            {
                "payment": self.payment_key,
                "fingerprint": self.fingerprint,
                "occurrence": self.occurrence,
                "usage": self.usage,
                "to": self.control,
                "frequency": self.frequency,
                "date": self.date.isoformat(),
                "lines": {str(number): line for number, line in self.lines.items()},
            }
        )

    def match(self, claims: Sequence[SentClaim]) -> ClaimMatch:
        """The claim that was named, where it is among the candidates."""
        for claim in claims:
            if (claim.control, claim.frequency, claim.date) == (
                self.control,
                self.frequency,
                self.date,
            ):
                return ClaimMatch(claim=claim, method=BY_HAND)
        why = f"matched by hand to {self.control}, which is not in the ledger"
        return ClaimMatch(claim=None, method="", candidates=(self.control,), why=why)


@frozen(kw_only=True)
class OldRule:
    """Whose claims these are: an old system's. All that is said must hold; nothing said is none."""

    usage: str
    pattern: str = ""  # of CLP01: OLD*, ?
    before: dt.date | None = None  # every day of service lies before it
    payers: tuple[str, ...] = ()  # ids in the 835
    payer: str = ""  # as the person said it
    user: str = ""
    reason: str = ""
    recorded_at: str = ""

    @property
    def detail(self) -> str:
        """As the decision keeps it."""
        return to_json(
            {
                "usage": self.usage,
                "pattern": self.pattern,
                "before": self.before.isoformat() if self.before else "",
                "payers": list(self.payers),
                "payer": self.payer,
            }
        )

    @property
    def id(self) -> str:
        """Of the rule: the same conditions are the same rule."""
        return adjudication_id(self.detail, "", 0)[:8]

    @property
    def words(self) -> str:
        """``claim number OLD*, service before 2026-01-01``."""
        said = (
            self.pattern and f"claim number {self.pattern}",
            f"service before {self.before}" if self.before else "",
            self.payer and f"payer {self.payer}",
        )
        return ", ".join(filter(None, said))

    def holds(self, payment: ClaimPayment, payers: Sequence[str]) -> bool:
        """Whether the claim payment is of the old system, by all that the rule says."""
        if self.pattern and not fnmatchcase(payment.control.upper(), self.pattern.upper()):
            return False
        if self.payers and {*self.payers}.isdisjoint(payers):
            return False
        if self.before is None:
            return True
        days = [day for line in payment.lines if (day := line.service_date)]
        days = days or [day for day in (payment.service_date,) if day]
        return bool(days) and max(days) < self.before


@frozen(kw_only=True)
class GivenUp:
    """A person says that the payer will not reverse an answer, though a newer one stands."""

    id: str  # of the adjudication
    user: str
    reason: str
    recorded_at: str
    detail: str = field(repr=False)  # as the decision keeps it


@frozen(kw_only=True)
class Hand:
    """The decisions that hold now, in one book."""

    matches: Mapping[str, HandMatch] = field(factory=dict)  # by adjudication id
    rules: tuple[OldRule, ...] = ()
    given_up: Mapping[str, "GivenUp"] = field(factory=dict)  # by adjudication id
    connection: Connection | None = field(default=None, repr=False, eq=False)

    def of(self, item: "Item") -> HandMatch | None:
        """The match by hand of a claim payment."""
        if not self.matches:
            return None
        key = item.context.payment_key
        return self.matches.get(adjudication_id(key, item.fingerprint, item.occurrence))

    def is_given_up(self, item: "Item") -> bool:
        """Whether a person said that no reversal of this answer will come."""
        if not self.given_up:
            return False
        key = item.context.payment_key
        return adjudication_id(key, item.fingerprint, item.occurrence) in self.given_up

    def addressed(self, item: "Item") -> ClaimPayment:
        """The claim payment, with the number of the claim it was matched to by hand."""
        said = self.of(item)
        return item.payment if said is None else evolve(item.payment, control=said.control)

    def parked(self, item: "Item") -> str:
        """Why a claim payment that fits nothing needs nobody; empty where it does.

        What may be of a claim that was sent from here is never parked: it is somebody's money.
        """
        for rule in self.rules:
            if rule.holds(item.payment, item.context.payer_ids):
                if self.connection is not None and like(
                    self.connection, item.context.usage, item.payment
                ):
                    return ""
                return f"of an old system ({rule.words}): {rule.reason}"
        return ""


def like(connection: Connection, usage: str, payment: ClaimPayment) -> tuple[str, ...]:
    """The numbers of sent claims of the day and charge of a claim payment, the first of them."""
    days = {day for line in payment.lines if (day := line.service_date)}
    days |= {day for day in (payment.service_date,) if day}
    if not days:
        return ()
    c = sent_claim.c
    query = select(c.control).where(
        c.usage == usage,
        c.charge == abs(to_cents(payment.charge)),
        c.date.in_([day.isoformat() for day in sorted(days)]),
    )
    return tuple(connection.execute(query.order_by(c.id).limit(LIKE)).scalars())


def parked_like(connection: Connection, claims: Sequence[SentClaim]) -> set[int]:
    """The parked claim payments of the charges of claims just sent: they may be of them."""
    rule = select(decision.c.id).where(decision.c.kind == RULE).limit(1)
    if connection.execute(rule).first() is None:
        return set()
    c = claim_payment.c
    found: set[int] = set()
    for batch in bulk.batches(sorted({to_cents(claim.charge) for claim in claims})):
        charges = [*batch, *(-cents for cents in batch)]
        query = select(c.id).where(c.state == "parked", c.charge.in_(charges))
        found.update(connection.execute(query.order_by(c.id)).scalars())
    return found


def load(connection: Connection, usage: str) -> Hand:
    """The decisions that hold now, in one book."""
    matches: dict[str, HandMatch] = {}
    rules: dict[str, OldRule] = {}
    given_up: dict[str, GivenUp] = {}
    standing: dict[str, dict[str, Any]] = {UNMATCH: matches, NO_RULE: rules, REVERSAL_DUE: given_up}
    query = select(decision).where(decision.c.kind.in_(KINDS)).order_by(decision.c.id)
    for row in connection.execute(query):
        detail = from_json(row.detail) or {}
        if detail.get("usage", usage) != usage:
            continue
        if row.kind == MATCH:
            matches[row.subject] = _match(row, detail)
        elif row.kind == RULE:
            rules[row.subject] = _rule(row, detail)
        elif row.kind == NO_REVERSAL:
            given_up[row.subject] = GivenUp(
                id=row.subject,
                user=row.user,
                reason=row.reason,
                recorded_at=row.recorded_at,
                detail=row.detail,
            )
        else:
            standing[row.kind].pop(row.subject, None)
    return Hand(
        matches=matches, rules=tuple(rules.values()), given_up=given_up, connection=connection
    )


def _match(row: Any, detail: Mapping[str, Any]) -> HandMatch:
    return HandMatch(
        payment_key=detail["payment"],
        fingerprint=detail["fingerprint"],
        occurrence=detail["occurrence"],
        usage=detail["usage"],
        control=detail["to"],
        frequency=detail["frequency"],
        date=to_date(detail["date"]),
        lines={int(number): line for number, line in detail["lines"].items()},
        user=row.user,
        reason=row.reason,
        recorded_at=row.recorded_at,
    )


def _rule(row: Any, detail: Mapping[str, Any]) -> OldRule:
    return OldRule(
        usage=detail["usage"],
        pattern=detail["pattern"],
        before=to_date(detail["before"]) if detail["before"] else None,
        payers=tuple(detail["payers"]),
        payer=detail["payer"],
        user=row.user,
        reason=row.reason,
        recorded_at=row.recorded_at,
    )
