"""What is derived of the facts: removed to be made anew, and compared before and after."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Select, delete, select, update

from reconcile.ledger import keeping
from reconcile.ledger.convert import dollars
from reconcile.ledger.records import StoredFile
from reconcile.ledger.tables import file, sent_claim, sent_line
from reconcile.ledger.tables_answered import acknowledged, acknowledgement, claim_state
from reconcile.ledger.tables_received import (
    awaiting,
    claim_payment,
    line_share,
    posting,
    provider_adjustment,
    remittance,
)

_ROWS_AT_ONCE: Final = 1000
_DERIVED: Final = (posting, line_share, awaiting, claim_payment, provider_adjustment)


@frozen(kw_only=True)
class Mark:
    """What one kind of derived rows came to: how many, and a digest of their content."""

    what: str
    count: int
    digest: str


def marks(connection: Connection) -> tuple[Mark, ...]:
    """The derived rows as they are, whatever their row numbers and when they were made."""
    return tuple(_mark(connection, what, query) for what, query in _queries().items())


def _mark(connection: Connection, what: str, query: Select[Any]) -> Mark:
    digest = hashlib.sha256()
    count = 0
    result = connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for row in result:
        digest.update(repr(tuple(row)).encode())
        count += 1
    return Mark(what=what, count=count, digest=digest.hexdigest())


def _queries() -> dict[str, Select[Any]]:
    """Of each kind the content, in an order that is the same whenever it was made."""
    r, c, s, p = remittance.c, claim_payment.c, line_share.c, posting.c
    answer = (r.usage, r.payment_key, c.fingerprint, c.occurrence)
    adjusted = provider_adjustment.c
    payments = select(r.id, r.state, r.claims_paid, r.provider_adjusted, r.difference).order_by(
        r.id
    )
    claims = (
        select(*answer, c.state, c.why, c.method, c.payer, c.rank, c.beside_lines,
               c.unmatched_lines, sent_claim.c.control)
        .outerjoin(remittance, r.id == c.remittance_id)
        .outerjoin(sent_claim, sent_claim.c.id == c.sent_claim_id)
        .order_by(*answer)
    )  # fmt: skip
    shares = (
        select(*answer, sent_line.c.control, s.method, s.code, s.modifiers, s.charge, s.paid,
               s.units, s.adjustments, s.remarks, s.bundled_into, s.not_explained)
        .outerjoin(claim_payment, c.id == s.claim_payment_id)  # what belongs to nothing counts
        .outerjoin(remittance, r.id == c.remittance_id)
        .outerjoin(sent_line, sent_line.c.id == s.sent_line_id)
        .order_by(*answer, s.sent_line_id)
    )  # fmt: skip
    postings = (
        select(*answer, s.sent_line_id, p.kind, p.group, p.reason, p.cents)
        .outerjoin(claim_payment, c.id == p.claim_payment_id)
        .outerjoin(remittance, r.id == c.remittance_id)
        .outerjoin(line_share, s.id == p.line_share_id)
        .order_by(*answer, s.sent_line_id, p.kind, p.group, p.reason, p.cents)
    )
    others = (
        select(r.id, adjusted.position, adjusted.reason, adjusted.reference, adjusted.cents)
        .join(remittance, r.id == adjusted.remittance_id)
        .order_by(r.id, adjusted.position)
    )
    return {
        "acknowledgements": _acknowledged(),
        "payments": payments,
        "claim payments": claims,
        "line shares": shares,
        "postings": postings,
        "provider adjustments": others,
        "states": select(claim_state).order_by(claim_state.c.sent_claim_id),
    }


def _acknowledged() -> Select[Any]:
    """What acknowledgements were joined to."""
    ack, said = acknowledgement.c, acknowledged.c
    return (
        select(ack.usage, ack.digest, ack.state, said.level, said.position, said.key, file.c.digest,
               said.transaction_control, sent_claim.c.control, sent_claim.c.frequency,
               sent_line.c.control, said.method)
        .join(acknowledgement, ack.id == said.acknowledgement_id)
        .outerjoin(file, file.c.id == said.file_id)
        .outerjoin(sent_claim, sent_claim.c.id == said.sent_claim_id)
        .outerjoin(sent_line, sent_line.c.id == said.sent_line_id)
        .order_by(ack.id, said.id)
    )  # fmt: skip


@frozen(kw_only=True)
class Differing:
    """What one kind of postings of a sent line came to before and after, in dollars."""

    claim: str
    line: str  # empty: on the claim alone
    kind: str  # paid, adjustment, not explained
    before: Decimal
    after: Decimal


_REMEMBER: Final = (
    """
    CREATE TEMPORARY VIEW books_sum AS
    SELECT c.control AS claim, COALESCE(l.control, '') AS line, p.kind, SUM(p.cents) AS cents
    FROM posting p
    JOIN claim_payment a ON a.id = p.claim_payment_id
    JOIN sent_claim c ON c.id = a.sent_claim_id
    LEFT JOIN line_share s ON s.id = p.line_share_id
    LEFT JOIN sent_line l ON l.id = s.sent_line_id
    GROUP BY c.control, COALESCE(l.control, ''), p.kind""",
    "CREATE TEMPORARY TABLE books_before AS SELECT * FROM books_sum",
)
_COMPARE: Final = """
    SELECT claim, line, kind, SUM(old * cents), SUM((1 - old) * cents)
    FROM (
        SELECT 1 AS old, gone.* FROM
            (SELECT * FROM books_before EXCEPT SELECT * FROM books_sum) AS gone
        UNION ALL
        SELECT 0 AS old, new.* FROM
            (SELECT * FROM books_sum EXCEPT SELECT * FROM books_before) AS new
    ) AS sides
    GROUP BY claim, line, kind ORDER BY claim, line, kind LIMIT 100"""
_FORGET: Final = ("DROP VIEW books_sum", "DROP TABLE books_before")


def remember(connection: Connection) -> None:
    """Keep what each line came to, to be compared by ``differing``."""
    for statement in _REMEMBER:
        connection.exec_driver_sql(statement)


def differing(connection: Connection) -> tuple[Differing, ...]:
    """The lines that came to something else than was remembered, the first hundred."""
    rows = connection.exec_driver_sql(_COMPARE).fetchall()
    for statement in _FORGET:
        connection.exec_driver_sql(statement)
    return tuple(
        Differing(claim=c, line=n, kind=kind, before=dollars(old), after=dollars(now))
        for c, n, kind, old, now in rows
    )


def forget(connection: Connection) -> None:
    """Remove all that is derived; every payment is to be posted again."""
    for table in _DERIVED:
        connection.execute(delete(table))
    connection.execute(
        update(remittance).values(
            state="pending", why="", claims_paid=None, provider_adjusted=None, difference=None
        )
    )


def files_with_payments(connection: Connection) -> Iterator[StoredFile]:
    """The files that hold 835s, in the order they were received."""
    held = select(remittance.c.file_id).distinct()
    for row in connection.execute(select(file).where(file.c.id.in_(held)).order_by(file.c.id)):
        yield keeping.stored_file(row, row.name)
