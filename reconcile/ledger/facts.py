"""The facts of a ledger copied into an empty one, up to a moment; what is derived is left out."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, case, null, or_, select, update

from reconcile.ledger import bulk
from reconcile.ledger.columns import metadata
from reconcile.ledger.tables import decision, file_chunk, held_claim, held_visit, visit
from reconcile.ledger.tables_answered import acknowledged, acknowledgement, claim_state
from reconcile.ledger.tables_journal import journal, journal_part
from reconcile.ledger.tables_received import (
    awaiting,
    claim_payment,
    line_share,
    posting,
    provider_adjustment,
)

DERIVED: Final = frozenset(
    table.name
    for table in (posting, line_share, awaiting, claim_payment, provider_adjustment, claim_state,
                  journal, journal_part)
)  # fmt: skip
READ_AGAIN: Final = ("TA1", "999", "997", "277CA")  # made anew from the kept bytes by ``verify``
_ROWS_AT_ONCE: Final = 1000
_PIECES_AT_ONCE: Final = 10  # of files: up to a megabyte each
_H: Final = held_claim.c


def copy_facts(
    here: Connection, there: Connection, *, until: str = "", read_again: bool = False
) -> None:
    """Copy all facts with their row numbers into an empty ledger, whose journal begins with them.

    Args:
        here: an open snapshot.
        there: the open transaction of the empty ledger.
        until: only what was recorded up to this moment (UTC, as in the tables).
        read_again: leave out the acknowledgements that can be read again from kept files; what
            becomes of the others is told anew too.
    """
    for table in metadata.sorted_tables:
        if table.name in DERIVED:
            continue
        query = _query(table, until)
        if read_again:
            query = _without_read(table, query)
        copy(here, there, table, query)
    if read_again:
        _untold(there)
    if until:
        held_states(there)


def copy(here: Connection, there: Connection, table: Table, query: Select[Any]) -> None:
    """Copy the rows of a query on a table, a thousand at a time; of bytes some megabytes."""
    at_once = _PIECES_AT_ONCE if table is file_chunk else _ROWS_AT_ONCE
    query = query.order_by(*table.primary_key).execution_options(yield_per=at_once)
    with here.execute(query) as found:
        for rows in found.partitions():
            bulk.insert(there, table, [tuple(row) for row in rows])


def _query(table: Table, until: str) -> Select[Any]:
    query = select(table)
    if not until:
        return query
    if "recorded_at" in table.c:
        return query.where(table.c.recorded_at <= until)
    if table.name == "run":
        return query.where(table.c.started_at <= until)
    keys = (key for column in table.c if not column.nullable for key in column.foreign_keys)
    for key in keys:  # rows without a moment of their own go with their parent
        parent = key.column.table
        if "recorded_at" in parent.c:
            mine = parent.c.recorded_at <= until
            found = select(*_unjoined(table)).select_from(table)
            return found.join(parent, key.column == key.parent).where(mine)
    return query  # counters


def _unjoined(table: Table) -> list[Any]:
    """The columns of a table; what a row was joined to may have come later, and is joined anew."""
    return [
        null().label(column.name) if column.nullable and column.foreign_keys else column
        for column in table.c
    ]


def _without_read(table: Table, query: Select[Any]) -> Select[Any]:
    if table is acknowledged:
        condition = acknowledged.c.acknowledgement_id.in_(
            select(acknowledgement.c.id).where(_by_hand())
        )
        return query.where(condition)
    return query.where(_by_hand()) if table is acknowledgement else query


def _by_hand() -> Any:
    """Acknowledgements that only the ledger holds: by hand, or from a report read by a profile."""
    c = acknowledgement.c
    return or_(c.file_id.is_(None), c.kind.not_in(READ_AGAIN))


def _untold(connection: Connection) -> None:
    """Acknowledgements by hand and from reports as they were when they came."""
    c, first = acknowledgement.c, acknowledgement.alias()
    again = select(first.c.id).where(
        first.c.digest == c.digest, first.c.usage == c.usage, first.c.id < c.id
    )
    state = case((again.exists(), "duplicate"), else_="unmatched")
    connection.execute(update(acknowledgement).values(state=state, why=""))


def held_states(connection: Connection, kinds: Collection[str] = ("release", "override")) -> None:
    """The states of held claims anew, from decisions, later drafts and what was billed."""
    words = dict(zip(("release", "override"), ("released", "overridden"), strict=True))
    connection.execute(update(held_claim).values(state="held"))
    d = decision.c
    said = (
        select(d.kind, d.subject, d.run_id, d.recorded_at).where(d.kind.in_(kinds)).order_by(d.id)
    )
    for kind, subject, run_id, moment in connection.execute(said).fetchall():
        mine = (_H.claim == subject) & (
            or_(_H.recorded_at < moment, (_H.recorded_at == moment) & (_H.run_id <= run_id))
        )
        connection.execute(update(held_claim).where(mine).values(state=words[kind]))
    newer = held_claim.alias()
    replaced = select(newer.c.id).where(
        newer.c.claim == _H.claim, newer.c.usage == _H.usage, newer.c.id > _H.id
    )
    connection.execute(update(held_claim).where(replaced.exists()).values(state="replaced"))
    billed = (
        select(held_visit.c.held_claim_id)
        .join(visit, visit.c.visit_id == held_visit.c.visit_id)
        .where(
            held_visit.c.held_claim_id == _H.id,
            visit.c.usage == _H.usage,
            or_(visit.c.recorded_at > _H.recorded_at, visit.c.run_id > _H.run_id),
        )
    )
    still = _H.state != "replaced"
    connection.execute(update(held_claim).where(billed.exists(), still).values(state="billed"))
