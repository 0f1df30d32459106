"""What is in the ledger, counted."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Table, func, select

from reconcile.ledger import keeping
from reconcile.ledger import tables as t
from reconcile.ledger import tables_received as r
from reconcile.ledger.connect import HEAD
from reconcile.ledger.convert import dollars
from reconcile.ledger.records import Usage

ZERO: Final = Decimal("0.00")


@frozen(kw_only=True)
class Book:
    """The counts of one book: test (T) or production (P)."""

    usage: str
    claims: int
    held: Mapping[str, int]  # by state
    payments: Mapping[str, int]  # by state
    claim_payments: Mapping[str, int]  # by state
    received: Decimal  # BPR02 of the payments dealt with, each once whatever its copies and parts
    aside: Decimal  # BPR02 of payments kept aside
    claims_paid: Mapping[str, Decimal]  # CLP04 by state of the claim payment
    provider_adjusted: Decimal  # PLB: above zero is taken from the payment
    difference: Decimal  # claims (but those aside) less provider adjustments less received
    claims_difference: Decimal  # of posted claims: charge less adjustments less paid


@frozen(kw_only=True)
class Status:
    """The whole ledger at a glance."""

    place: str
    schema: str
    files: int
    file_bytes: int
    runs: int
    lines: int
    unwritten: int
    problems: int
    books: tuple[Book, ...]


def status(connection: Connection, place: str) -> Status:
    """Count what is in the ledger."""
    unwritten = _count(connection, t.sent_file) - _count(connection, t.written_file)
    return Status(
        place=place,
        schema=HEAD,
        files=_count(connection, t.file),
        file_bytes=keeping.total_size(connection),
        runs=_count(connection, t.run),
        lines=_count(connection, t.sent_line),
        unwritten=unwritten,
        problems=_count(connection, r.problem),
        books=tuple(_book(connection, usage) for usage in ("P", "T")),
    )


def book_in_use(connection: Connection) -> Usage:
    """Production if any claim was sent or held in it, or a payment received, else test.

    Real money shows first: a practice receives its first remittances before it sends its first
    claim from here.
    """
    for table in (t.sent_claim, t.held_claim, r.remittance):
        production = select(table.c.id).where(table.c.usage == "P").limit(1)
        if connection.execute(production).first():
            return "P"
    return "T"


def only_tests(connection: Connection) -> bool:
    """Whether claims made here are in the test book, and none in production."""
    c = t.sent_claim.c
    made = {
        usage: connection.execute(
            select(c.id).where(c.usage == usage, c.origin == "billed").limit(1)
        ).first()
        for usage in ("P", "T")
    }
    return made["P"] is None and made["T"] is not None


def _book(connection: Connection, usage: str) -> Book:
    claims = select(func.count()).select_from(t.sent_claim).where(t.sent_claim.c.usage == usage)
    held = select(t.held_claim.c.state, func.count()).where(t.held_claim.c.usage == usage)
    payments = select(r.remittance.c.state, func.count()).where(r.remittance.c.usage == usage)
    claim_payments = (
        select(r.claim_payment.c.state, func.count())
        .join(r.remittance, r.remittance.c.id == r.claim_payment.c.remittance_id)
        .where(r.remittance.c.usage == usage)
    )
    claims_paid = _paid(connection, usage)
    received, aside = _payments_paid(connection, usage)
    adjusted = _adjusted(connection, usage)
    counted = sum((sum_ for state, sum_ in claims_paid.items() if state != "aside"), ZERO)
    return Book(
        usage=usage,
        received=received,
        aside=aside,
        claims_paid=claims_paid,
        provider_adjusted=adjusted,
        difference=counted - adjusted - received,
        claims_difference=_claims_difference(connection, usage),
        claims=int(connection.execute(claims).scalar_one()),
        held=_by_state(connection, held, t.held_claim.c.state),
        payments=_by_state(connection, payments, r.remittance.c.state),
        claim_payments=_by_state(connection, claim_payments, r.claim_payment.c.state),
    )


def _paid(connection: Connection, usage: str) -> Mapping[str, Decimal]:
    """What claim payments were paid (CLP04), by their state."""
    c = r.claim_payment.c
    query = (
        select(c.state, func.sum(c.paid))
        .join(r.remittance, r.remittance.c.id == c.remittance_id)
        .where(r.remittance.c.usage == usage)
        .group_by(c.state)
        .order_by(c.state)
    )
    return {state: dollars(int(cents)) for state, cents in connection.execute(query)}


def _payments_paid(connection: Connection, usage: str) -> tuple[Decimal, Decimal]:
    """BPR02 of the payments dealt with, and of those aside: copies and parts count once."""
    c = r.remittance.c
    once = (
        select(c.payment_id, func.max(c.paid).label("paid"), func.max(c.state).label("state"))
        .where(c.usage == usage, c.state.in_(("posted", "aside")))
        .group_by(c.payment_id)
        .subquery()
    )
    query = select(once.c.state, func.sum(once.c.paid)).group_by(once.c.state)
    sums = {state: dollars(int(cents)) for state, cents in connection.execute(query)}
    return sums.get("posted", ZERO), sums.get("aside", ZERO)


def _adjusted(connection: Connection, usage: str) -> Decimal:
    """The provider adjustments of the payments dealt with."""
    p, c = r.provider_adjustment.c, r.remittance.c
    query = (
        select(func.coalesce(func.sum(p.cents), 0))
        .join(r.remittance, c.id == p.remittance_id)
        .where(c.usage == usage, c.state == "posted")
    )
    return dollars(int(connection.execute(query).scalar_one()))


def _claims_difference(connection: Connection, usage: str) -> Decimal:
    """What the payers' own figures of posted claims leave open."""
    c = r.claim_payment.c
    query = (
        select(func.coalesce(func.sum(c.difference), 0))
        .join(r.remittance, r.remittance.c.id == c.remittance_id)
        .where(r.remittance.c.usage == usage, c.state == "posted")
    )
    return dollars(int(connection.execute(query).scalar_one()))


def _by_state(connection: Connection, query: Any, state: Any) -> Mapping[str, int]:
    rows = connection.execute(query.group_by(state).order_by(state))
    return {row[0]: row[1] for row in rows}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
