"""The journal of facts: nothing that was recorded can be changed, removed or put in unseen."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl, tamper
from sqlalchemy import (
    Integer,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from reconcile.ledger import Decision, Ledger, Run, backup_ledger, connect, journal, open_ledger
from reconcile.ledger.journal_check import (
    ADDED,
    CHANGED,
    ENTRIES,
    MISSING,
    Counted,
    Fault,
    check,
    has,
)
from reconcile.ledger.tables import decision, run
from reconcile.ledger.tables_journal import journal as entries
from reconcile.ledger.tables_journal import journal_part as parts
from reconcile.ledger.writer import Writer

RUN = Run(command="test", version="0", started=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC), user="me")


def decide(ledger: Ledger, *reasons: str) -> None:
    """A transaction with these decisions."""
    with ledger.begin(RUN) as writer:
        for reason in reasons:
            writer.decide(Decision(kind="release", subject="V1", user="me", reason=reason))


def faults(ledger: Ledger) -> list[Fault]:
    """What the journal finds."""
    with ledger.reading() as connection:
        return [one for one in check(connection) if isinstance(one, Fault)]


def counts(ledger: Ledger) -> dict[str, Counted]:
    """What the journal counted, by table."""
    with ledger.reading() as connection:
        return {one.table: one for one in check(connection) if isinstance(one, Counted)}


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        yield ledger


class TestWritten:
    """One entry for each transaction that recorded anything."""

    def test_empty(self, ledger: Ledger) -> None:
        """A new ledger has no entry and nothing to find."""
        assert not faults(ledger)
        with ledger.begin(RUN):
            pass
        with ledger.reading() as connection:
            assert journal.head(connection) == (0, "")

    def test_each_transaction(self, ledger: Ledger) -> None:
        """Each entry follows from the one before; the run is in the entry that brought it."""
        decide(ledger, "a", "b")
        with ledger.reading() as connection:
            first = journal.head(connection)
        decide(ledger, "c")
        with ledger.reading() as connection:
            rows = connection.execute(select(entries).order_by(entries.c.id)).fetchall()
            assert first == (1, rows[0].digest)
            assert rows[1].previous == rows[0].digest
            assert has(connection, rows[0].digest[:12])
            assert not has(connection, "0" * 12)
        assert not faults(ledger)
        assert (counts(ledger)["decision"].recorded, counts(ledger)["run"].recorded) == (3, 1)

    def test_rolled_back(self, ledger: Ledger) -> None:
        """What was rolled back leaves no entry, and the next one follows all the same."""
        decide(ledger, "a")

        def cut_off() -> None:
            with ledger.begin(RUN) as writer:
                writer.decide(Decision(kind="release", subject="V1", user="me", reason="never"))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            cut_off()
        decide(ledger, "b")
        assert not faults(ledger)
        with ledger.reading() as connection:
            assert journal.head(connection)[0] == 2

    @pytest.mark.parametrize("piece", [1, 3, 100])
    @pytest.mark.parametrize("before", [0, 1, 4])
    def test_undone_in_part(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, piece: int, before: int
    ) -> None:
        """What was undone within a transaction is not in its entry; what is around it is."""
        monkeypatch.setattr(journal, "_PIECE", piece)

        def written(writer: Writer, count: int) -> None:
            for _ in range(count):
                writer.decide(Decision(kind="release", subject="V1", user="me", reason="so"))

        def undone(writer: Writer) -> None:
            with writer.undoable():
                written(writer, 5)
                raise LookupError

        with ledger.begin(RUN) as writer:
            written(writer, before)
            with pytest.raises(LookupError):
                undone(writer)
            written(writer, 2)
        assert not faults(ledger)
        assert counts(ledger)["decision"].recorded == before + 2

    def test_two_at_once(self, ledger: Ledger) -> None:
        """Entries of two that write at once stand in one line."""

        def work(name: str) -> None:
            with ledger.again() as mine:
                for number in range(10):
                    decide(mine, f"{name} {number}")

        threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert not faults(ledger)
        assert counts(ledger)["decision"].there == 20

    def test_many_rows(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rows of a large transaction go into several parts of one entry."""
        monkeypatch.setattr(journal, "_PIECE", 3)
        decide(ledger, *map(str, range(10)))
        assert not faults(ledger)
        with ledger.reading() as connection:
            assert connection.execute(select(func.count()).select_from(parts)).scalar() == 5
            assert journal.head(connection)[0] == 1

    def test_counters(self, ledger: Ledger) -> None:
        """A counter is compared with what its newest entry told."""
        for _ in range(2):
            with ledger.begin(RUN) as writer:
                writer.reserve("claim", usage="T", count=5)
        assert not faults(ledger)
        tamper(str(ledger.url.render_as_string(hide_password=False)),
               "UPDATE control_number SET next_number = 2")  # fmt: skip
        assert [(one.table, one.how) for one in faults(ledger)] == [("control_number", CHANGED)]

    def test_copy(self, ledger: Ledger, tmp_path: Path) -> None:
        """A backup has the journal of its ledger, and goes on with it."""
        decide(ledger, "a")
        place = tmp_path / "copy.sqlite3"
        backup_ledger(ledger.url.render_as_string(hide_password=False), place)
        with open_ledger(str(place)) as copy:
            with copy.reading() as there, ledger.reading() as here:
                assert journal.head(there) == journal.head(here)
            decide(copy, "b")
            assert not faults(copy)


def test_upgraded(new_url: NewUrl) -> None:
    """The journal of an older ledger begins with what is in it at the upgrade, once."""
    from reconcile.ledger import migrate, upgrade_ledger

    path = new_url.bare()
    engine = connect.make_engine(connect.parse(path))
    migrate.upgrade(engine, "0003")
    with engine.execution_options(**{connect.WRITING: True}).begin() as connection:
        connection.execute(insert(run).values(id=1, command="bill", version="0",
                                              started_at="2026-01-01T00:00:00Z", user=""))  # fmt: skip
        connection.execute(insert(decision).values(id=1, kind="k", subject="s", user="u", reason="r",
                                                   detail="", run_id=1, recorded_at="2026-01-01T00:00:00Z"))  # fmt: skip
    engine.dispose()
    upgrade_ledger(path)
    with open_ledger(path) as ledger:
        assert not faults(ledger)
        assert counts(ledger)["decision"].recorded == 1
        decide(ledger, "later")
        assert not faults(ledger)
        with ledger.begin(RUN) as writer:
            writer.connection.execute(update(decision).where(decision.c.id == 1).values(reason="x"))
            writer.connection.execute(delete(entries))
            writer.connection.execute(delete(parts))
    upgrade_ledger(path)
    with open_ledger(path) as ledger:  # an upgrade of nothing does not begin it anew
        assert {one.how for one in faults(ledger)} == {ADDED}


class TestFound:
    """Rows and entries that are not as they were."""

    @pytest.fixture(name="three")
    def _three(self, ledger: Ledger) -> Ledger:
        for reason in "abc":
            decide(ledger, reason)
        return ledger

    def _damage(self, ledger: Ledger, *statements: Any) -> list[tuple[str, tuple[Any, ...], str]]:
        with ledger.begin(RUN) as writer:
            for one in statements:
                writer.connection.execute(one)
        return [(one.table, one.key, one.how) for one in faults(ledger)]

    def test_changed(self, three: Ledger) -> None:
        """A changed row is named, with the entry it came with."""
        where = decision.c.id == 2
        found = self._damage(three, update(decision).where(where).values(reason="x"))
        assert found == [("decision", (2,), CHANGED)]
        assert faults(three)[0].entry == 2

    def test_removed(self, three: Ledger) -> None:
        """A removed row is named."""
        found = self._damage(three, delete(decision).where(decision.c.id == 3))
        assert found == [("decision", (3,), MISSING)]

    def test_added(self, three: Ledger) -> None:
        """A row put in beside Claimline is named, also before and behind the others."""
        row = {"kind": "k", "subject": "s", "user": "u", "reason": "r", "detail": "", "run_id": 1,
               "recorded_at": "2026-01-01T00:00:00Z"}  # fmt: skip
        new = [insert(decision).values(id=number, **row) for number in (-1, 9)]
        assert self._damage(three, *new) == [("decision", (-1,), ADDED), ("decision", (9,), ADDED)]

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_entry_removed(self, three: Ledger, number: int) -> None:
        """Without an entry those behind it do not follow, and its facts were not recorded."""
        found = self._damage(
            three,
            delete(parts).where(parts.c.journal_id == number),
            delete(entries).where(entries.c.id == number),
        )
        assert ("decision", (number,), ADDED) in found
        broken = {key for table, key, _ in found if table == ENTRIES}
        assert broken == ({(number + 1,)} if number < 3 else set())

    def test_row_and_entry_changed(self, three: Ledger) -> None:
        """Whoever changes a row and its mark breaks the entry, and its digest breaks the next."""
        with three.reading() as connection:
            row = connection.execute(select(decision).where(decision.c.id == 2)).one()
        other = [*tuple(row)[:4], "x", *tuple(row)[5:]]
        marked = update(parts).where(parts.c.journal_id == 2).values(marks=journal.mark(other))
        where = decision.c.id == 2
        changed = update(decision).where(where).values(reason="x")
        assert self._damage(three, changed, marked) == [(ENTRIES, (2,), CHANGED)]
        digest = "0" * 64
        assert (ENTRIES, (3,), "does not follow from the one before") in self._damage(
            three, update(entries).where(entries.c.id == 2).values(digest=digest)
        )

    def test_cut_off(self, three: Ledger) -> None:
        """Newest entries cut off with their facts are seen only by a head that was kept."""
        with three.reading() as connection:
            _, head = journal.head(connection)
        assert not self._damage(
            three,
            delete(decision).where(decision.c.id == 3),
            delete(parts).where(parts.c.journal_id == 3),
            delete(entries).where(entries.c.id == 3),
        )
        with three.reading() as connection:
            assert not has(connection, head)

    @pytest.mark.parametrize("column", [c.name for c in (*entries.c, *parts.c)])
    def test_each_column_of_the_journal(self, three: Ledger, column: str) -> None:
        """A change of any column of the journal itself is found."""
        table = parts if column in parts.c and column != "id" else entries
        key = table.c.journal_id if table is parts else table.c.id
        value = other_value(table, column, 2)
        assert self._damage(three, update(table).where(key == 2).values({column: value}))


def other_value(table: Table, column: str, old: Any) -> Any:
    """Another value than that, of the column's kind."""
    kind = table.c[column].type
    if isinstance(kind, LargeBinary):
        return b"other"
    if table.c[column].nullable:
        return None if old is not None else 1
    if isinstance(kind, Integer):
        return (old if isinstance(old, int) else 0) + 1000
    return "?" if old != "?" else "!"
