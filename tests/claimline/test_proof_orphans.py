"""Derived rows whose parent is gone: no database checks them, the proof, verify and rebuild do."""

from collections.abc import Iterator
from typing import Any

import pytest
from databases import NewUrl
from proof_made import fill
from receive_made import RUN
from sqlalchemy import Column, Table, func, select, update

from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, open_ledger
from reconcile.ledger.alike import ALONE, Compared, compare
from reconcile.ledger.columns import OF, metadata
from reconcile.ledger.orphans import TABLES, orphans
from reconcile.ledger.proof import prove

UNCHECKED = [(table, column) for table in TABLES for column in table.columns if OF in column.info]
NOWHERE = 10**9


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        fill(ledger)
        yield ledger


def orphan(ledger: Ledger, table: Table, column: Column[Any]) -> None:
    """Let the first row that names one name a parent that is not there."""
    key = next(iter(table.primary_key))
    first = select(func.min(key)).where(column.is_not(None)).scalar_subquery()
    with ledger.begin(RUN) as writer:
        change = update(table).where(key == first).values({column.name: NOWHERE})
        assert writer.connection.execute(change).rowcount


def test_all_references_of_derived_tables_are_looked_at() -> None:
    """Every reference that the database does not check is one that ``orphans`` looks at."""
    everywhere = {c for table in metadata.tables.values() for c in table.columns if OF in c.info}
    assert everywhere == {column for _, column in UNCHECKED}
    assert len(everywhere) == 9


@pytest.mark.parametrize(
    ("table", "column"), UNCHECKED, ids=[f"{t.name}.{c.name}" for t, c in UNCHECKED]
)
def test_proof_names_it(ledger: Ledger, table: Table, column: Column[Any]) -> None:
    """A row whose parent is not there fails the proof, which names the row."""
    with ledger.reading() as connection:
        assert prove(connection, "T").closes
        assert not list(orphans(connection))
    orphan(ledger, table, column)
    with ledger.reading() as connection:
        proof = prove(connection, "T")
        (one,) = orphans(connection)
    told = next(each for each in proof.equations if each.rule.key == "answers.unposted")
    assert not told.closes
    named = {item.why for item in told.items}
    assert f"{one.what} {one.first}: {one.told}" in named
    assert one.count >= 1


def test_posting_without_its_claim_payment(ledger: Ledger, new_url: NewUrl) -> None:
    """A posting that belongs to no claim payment is a difference for verify and for rebuild."""
    table = metadata.tables["posting"]
    with open_ledger(new_url()) as sound:
        fill(sound)
        with ledger.reading() as here, sound.reading() as there:
            assert all(one.equal for one in compare(here, there, shown=5))  # type: ignore[union-attr]
        orphan(ledger, table, table.c.claim_payment_id)
        with ledger.reading() as here, sound.reading() as there:
            found = [one for one in compare(here, there, shown=0) if isinstance(one, Compared)]
    assert next(one for one in found if one.what == ALONE).kept == 1
    made = {one.what: one for one in rebuild(ledger, RUN)}
    assert not made["postings"].equal
    with ledger.reading() as connection:
        assert not list(orphans(connection))
        assert prove(connection, "T").closes
