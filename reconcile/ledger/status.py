"""What is in the ledger, counted."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Table, func, select

from reconcile.ledger import keeping
from reconcile.ledger import tables as t
from reconcile.ledger import tables_received as r
from reconcile.ledger.connect import HEAD
from reconcile.ledger.records import Usage


@frozen(kw_only=True)
class Book:
    """The counts of one book: test (T) or production (P)."""

    usage: str
    claims: int
    held: Mapping[str, int]  # by state
    payments: Mapping[str, int]  # by state
    claim_payments: Mapping[str, int]  # by state


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
    """Production if it holds any claim, else test."""
    production = select(t.sent_claim.c.id).where(t.sent_claim.c.usage == "P").limit(1)
    return "P" if connection.execute(production).first() else "T"


def _book(connection: Connection, usage: str) -> Book:
    claims = select(func.count()).select_from(t.sent_claim).where(t.sent_claim.c.usage == usage)
    held = select(t.held_claim.c.state, func.count()).where(t.held_claim.c.usage == usage)
    payments = select(r.remittance.c.state, func.count()).where(r.remittance.c.usage == usage)
    claim_payments = (
        select(r.claim_payment.c.state, func.count())
        .join(r.remittance, r.remittance.c.id == r.claim_payment.c.remittance_id)
        .where(r.remittance.c.usage == usage)
    )
    return Book(
        usage=usage,
        claims=int(connection.execute(claims).scalar_one()),
        held=_by_state(connection, held, t.held_claim.c.state),
        payments=_by_state(connection, payments, r.remittance.c.state),
        claim_payments=_by_state(connection, claim_payments, r.claim_payment.c.state),
    )


def _by_state(connection: Connection, query: Any, state: Any) -> Mapping[str, int]:
    rows = connection.execute(query.group_by(state).order_by(state))
    return {row[0]: row[1] for row in rows}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
