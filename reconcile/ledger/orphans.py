"""Derived rows that name a row that is not there: no database looks (``columns.of``), so we do."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Column, Connection, Table, exists, func, select

from reconcile.ledger.columns import OF, metadata
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import awaiting, claim_payment, line_share, posting

TABLES: Final = (claim_payment, line_share, posting, awaiting, claim_state)
WORDS: Final = {
    "claim_payment": "claim payment",
    "line_share": "line share",
    "posting": "posting",
    "awaiting": "key a claim payment waits for",
    "claim_state": "state",
    "remittance": "payment",
    "sent_claim": "sent claim",
    "sent_line": "sent line",
    "run": "run",
}


@frozen(kw_only=True)
class Orphans:
    """Rows of one kind without what they belong to."""

    what: str
    of: str  # what is missing
    count: int
    first: int  # the least of their row numbers, or of what they name

    @property
    def told(self) -> str:
        """In words."""
        return f"it belongs to a {self.of} that is not there" + (
            f"; {self.count - 1} more like it" if self.count > 1 else ""
        )


def orphans(connection: Connection) -> Iterator[Orphans]:
    """What derived rows there are whose parent is not there; none in a sound ledger."""
    for table in TABLES:
        for column in table.columns:
            if OF in column.info:
                count, first = connection.execute(_query(table, column)).one()
                if count:
                    of = WORDS[column.info[OF]]
                    yield Orphans(what=WORDS[table.name], of=of, count=count, first=first)


def _query(table: Table, column: Column[Any]) -> Any:
    parent = metadata.tables[column.info[OF]]
    key = next(iter(table.primary_key))
    there = exists().where(parent.c.id == column)
    return select(func.count(), func.min(key)).select_from(table).where(column.is_not(None), ~there)
