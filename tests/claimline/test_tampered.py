"""Every column of every table: whatever is changed behind our back is found and named.

By reflection: a new column that nobody thought of fails here until something proves it, or until it
stands below with the reason why nothing can.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from acknowledged_made import a277ca, claim_said, take_277ca
from attrs import evolve
from proof_made import BACK, OPEN, PAID, bytes_of
from receive_made import RUN, Line, clp, remit, sent, take, x12
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    and_,
    create_engine,
    inspect,
    select,
    update,
)

from claimline.services.verify import verify
from reconcile.ledger import (
    Decision,
    LedgerDamaged,
    acknowledgements_hand,
    alike,
    connect,
    journal,
    open_ledger,
)
from reconcile.ledger import journal_words as words
from reconcile.ledger.columns import metadata
from reconcile.ledger.journal_check import Fault, check
from reconcile.ledger.proof import prove
from reconcile.ledger.tables import file_chunk
from reconcile.ledger.tables_journal import journal as entries
from reconcile.ledger.tables_journal import journal_part

_NUMBER: Final = "the row's own number: nothing refers to it, and it says nothing"
UNPROVED: Final = {  # what verify cannot prove, each with the reason
    ("posting", "id"): _NUMBER,
    ("provider_adjustment", "id"): _NUMBER,
}
BY_VERIFY_ALONE: Final = {  # by table: what has no amount, place or state in it
    "acknowledged": "file_id method sent_claim_id sent_line_id transaction_control",
    "acknowledgement": "state why",
    "awaiting": "kind value",
    "claim_payment": "candidates control fingerprint method occurrence patient_responsibility payer "
    "payer_control rank recorded_at remarks run_id segments why",
    "line_share": "allowed bundled_into method modifiers remarks units",
    "provider_adjustment": "fiscal_date position provider",
    "remittance": "why",
}
ELSEWHERE: Final = {file_chunk.name, entries.name, journal_part.name}  # test_verify, test_journal
FACTS: Final = [t.name for t in metadata.sorted_tables if t.name in journal.shapes()]
MADE: Final = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if table.name not in ELSEWHERE
    and (table.name not in journal.shapes() or column.name in journal.CHANGING.get(table.name, ()))
]


def value(column: Column[Any]) -> Any:
    """Some value of a column's kind."""
    if isinstance(column.type, LargeBinary):
        return b"x"
    return 1 if isinstance(column.type, Integer) else "x"


SENSIBLE: Final = {  # what the code that reads the column can read
    "units": ("9", "8"),
    "bundled_into": (f"01{PAID}", ""),
    "group": ("OA", "PI"),
    "rank": ("S", "T"),
}


def other(column: Column[Any], old: Any) -> Any:
    """Another value than that, of the column's kind and within its length."""
    if column.name == "run_id":
        return 3 - old if old else None  # another run that is there
    if isinstance(column.type, Integer):
        return (old or 0) + 1000
    if isinstance(old, str) and old.startswith(("[[", "[{", '["')):
        return "[]"
    return next(new for new in SENSIBLE.get(column.name, ("?", "!")) if new != old)


def without_keys(url: str) -> Engine:
    """An engine whose statements no foreign key stops."""
    engine = create_engine(connect.parse(url))
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            for table in metadata.tables:
                for key in inspect(connection).get_foreign_keys(table):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {key['name']}")
    return engine


def change(connection: Connection, table: Table, column: Column[Any], *, last: bool) -> None:
    """Change the column of the first or the last row."""
    keys = list(table.primary_key)
    order = [key.desc() if last else key for key in keys]
    row = connection.execute(select(table).order_by(*order).limit(1)).mappings().one()
    mine = and_(*(key == row[key.name] for key in keys))
    new = other(column, row[column.name])
    assert connection.execute(update(table).where(mine).values({column.name: new})).rowcount == 1


def change_in(connection: Connection, table: str, column: str, *, last: bool = False) -> None:
    """As ``change``, by names."""
    found = metadata.tables[table]
    change(connection, found, found.c[column], last=last)


class TestFacts:
    """What is recorded once is in the journal."""

    @pytest.fixture(name="engine")
    def _engine(self, ledger_url: str) -> Iterator[Engine]:
        """A ledger with one row in each table of facts."""
        with open_ledger(ledger_url) as ledger, ledger.begin(RUN) as writer:
            for name in FACTS:
                table = metadata.tables[name]
                if name == "run":
                    assert writer.run_id == 1
                    continue
                writer.add(table, [tuple(value(column) for column in table.columns)])
                writer.journal.counted = True
        engine = without_keys(ledger_url)
        yield engine
        engine.dispose()

    def test_each_column(self, engine: Engine) -> None:
        """A change of any column of any table of facts is found, and the row named."""
        with engine.connect() as connection:
            assert not [one for one in check(connection) if isinstance(one, Fault)]
            connection.rollback()
            for name in FACTS:
                table = metadata.tables[name]
                columns = journal.shapes()[name].columns
                assert {*columns, *journal.CHANGING.get(name, ())} == set(table.columns.keys())
                for column in columns:
                    change(connection, table, table.c[column], last=False)
                    found = [one for one in check(connection) if isinstance(one, Fault)]
                    assert {one.table for one in found} == {name}, column
                    assert all(words.which(connection, one) for one in found)
                    assert all(words.recorded(connection, one) for one in found)
                    connection.rollback()

    def test_words(self) -> None:
        """Every table of facts has words of its own."""
        assert set(FACTS) <= set(words.WORDS)


class TestMade:
    """What is derived is made again, and compared."""

    @pytest.fixture(name="engine")
    def _engine(self, ledger_url: str, tmp_path: Path) -> Iterator[Engine]:
        """A ledger with something in each derived table, and beside it the one made again."""
        with open_ledger(ledger_url) as ledger:
            take(ledger, bytes_of(sent(PAID), sent(BACK), sent(OPEN)), "theirs.837")
            nobody = clp("QQQQQQQQQQ9", Line(paid="1"), icn="ICN9")
            plb = ["PLB*1234567893*20261231*L6*-1.25"]
            take(ledger, x12(remit(clp(PAID, icn="ICN1"), nobody, plb=plb)), "first.835")
            take_277ca(ledger, a277ca(claim_said(BACK, "A2:20*20260303*WQ*100")))
            given = acknowledgements_hand.Rejection(
                claim=OPEN, usage="T", source="payer", reason="paper", on=dt.date(2026, 3, 1),
                user="me",
            )  # fmt: skip
            later = RUN.started + dt.timedelta(hours=1)
            with ledger.begin(evolve(RUN, command="reject", started=later)) as writer:
                acknowledgements_hand.enter(writer, given)
                writer.decide(Decision(kind="note", subject="S", user="me", reason="because"))
            found = verify(ledger, into=str(tmp_path / "made.sqlite3"))
            assert found.equal, found.differences
        engine = without_keys(ledger_url)
        yield engine
        engine.dispose()

    def test_each_column(self, engine: Engine, tmp_path: Path) -> None:
        """A change of any column that is derived is found, in the first row and in the last."""
        unseen = set()
        with (
            open_ledger(str(tmp_path / "made.sqlite3")) as made,
            made.reading() as there,
            engine.connect() as connection,
        ):
            for table, column in MADE:
                for last in (False, True):
                    change_in(connection, table, column, last=last)
                    found = list(alike.compare(connection, there, shown=5))
                    named = [one for one in found if isinstance(one, alike.Differs)]
                    counted = [one for one in found if isinstance(one, alike.Compared)]
                    assert bool(named) == any(not one.equal for one in counted)
                    if not named:
                        unseen.add((table, column))
                    connection.rollback()
        assert unseen == set(UNPROVED)

    @pytest.mark.parametrize("database", ["sqlite"], indirect=True)
    def test_each_column_by_the_proof(self, engine: Engine) -> None:
        """The proof finds each change of what it claims to look at, and what it leaves is known."""
        unseen = set()
        with engine.connect() as connection:
            for table, column in MADE:
                change_in(connection, table, column)
                try:
                    closes = prove(connection, "T", journaled=False).closes
                except LedgerDamaged:
                    closes = False
                if closes:
                    unseen.add((table, column))
                connection.rollback()
        known = {
            (table, name) for table, names in BY_VERIFY_ALONE.items() for name in names.split()
        }
        turn = ("claim_payment", "rank")  # seen where it is the claim's only answer
        assert unseen | {turn} == known | set(UNPROVED) | {turn}

    @pytest.mark.parametrize(
        ("table", "column"),
        [
            ("claim_payment", "rank"),
            ("line_share", "units"),
            ("remittance", "payment_date"),
            ("sent_line", "units"),
        ],
    )
    def test_what_cannot_be_read(self, engine: Engine, table: str, column: str) -> None:
        """A row that holds no number, day or turn any more is told as damage, and what to do."""
        with engine.begin() as connection:
            connection.execute(update(metadata.tables[table]).values({column: "?"}))
        with engine.connect() as connection, pytest.raises(LedgerDamaged) as raised:
            prove(connection, "T", journaled=False)
        assert "claimline verify" in raised.value.todo
