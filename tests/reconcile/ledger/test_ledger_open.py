"""Opening, making, upgrading and copying a ledger; who may read it; what is said when it fails."""

import datetime as dt
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import NewUrl, content, tamper
from sqlalchemy import inspect, select

from reconcile.ledger import (
    Decision,
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerMissing,
    LedgerNewer,
    LedgerOld,
    LedgerUnreachable,
    Run,
    backup_ledger,
    connect,
    migrate,
    open_ledger,
    tables_received,
    upgrade_ledger,
)
from reconcile.ledger.tables import decision

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
RUN = Run(command="test", version="0", started=NOW, user="tester")
FOLDER = Path(migrate.__file__).parent / "migrations"


def test_a_commit_of_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    """What is committed outlives a power cut: each commit is synchronised."""
    engine = connect.make_engine(connect.parse(str(tmp_path / "ledger.sqlite3")))
    with engine.connect() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    engine.dispose()
    assert said == [2, "wal", 1]  # FULL


def old_ledger(new_url: NewUrl) -> str:
    """The URL of a ledger as the first version made it: the first migration only."""
    url = new_url.bare()
    engine = connect.make_engine(connect.parse(url))
    migrate.upgrade(engine, "0001")
    engine.dispose()
    return url


def _index(one: Any) -> str:
    """An index with the rows it is for."""
    options = {name: str(value) for name, value in one.get("dialect_options", {}).items()}
    return repr(one | {"dialect_options": options})


def _schema(url: str) -> dict[str, object]:
    """All that the database itself says of its tables, by name."""
    engine = connect.make_engine(connect.parse(url))
    with engine.connect() as connection:
        found = inspect(connection)
        told = {
            name: (
                sorted(map(repr, found.get_columns(name))),
                found.get_pk_constraint(name),
                sorted(map(repr, found.get_foreign_keys(name))),
                sorted(map(repr, found.get_unique_constraints(name))),
                sorted(map(_index, found.get_indexes(name))),
                found.get_check_constraints(name),
            )
            for name in found.get_table_names()
        }
    engine.dispose()
    return told


class TestOpen:
    """What is there is opened; what is not is made only when asked."""

    def test_missing_is_not_made_in_silence(self, tmp_path: Path) -> None:
        """Without ``create`` a missing ledger is an error that says what to do, and stays missing."""
        with pytest.raises(LedgerMissing, match="no ledger") as caught:
            open_ledger(str(tmp_path / "no.sqlite3"))
        assert "claimline bill" in caught.value.todo
        assert not (tmp_path / "no.sqlite3").exists()

    def test_made_once(self, new_url: NewUrl) -> None:
        """``created`` is true for the call that made the ledger, by path or by URL."""
        url = new_url.bare()
        with open_ledger(url.removeprefix("sqlite:///"), create=True) as first:
            assert first.created
        with open_ledger(url, create=True) as second:
            assert not second.created

    def test_only_the_owner_may_read(self, tmp_path: Path) -> None:
        """The file, its side files and a copy of it are the owner's alone."""
        path = tmp_path / "deep" / "ledger.sqlite3"
        path.parent.mkdir()
        with open_ledger(str(path), create=True) as ledger, ledger.begin(RUN) as writer:
            writer.reserve("interchange", usage="T")
            found = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
            assert len(found) == 3
            assert set(found.values()) == {0o600}
        backup_ledger(str(path), tmp_path / "copy.sqlite3")
        assert stat.S_IMODE((tmp_path / "copy.sqlite3").stat().st_mode) == 0o600

    def test_no_folder_is_made(self, tmp_path: Path) -> None:
        """A ledger or a copy in a folder that is not there is refused, and the folder not made."""
        path = tmp_path / "typo" / "ledger.sqlite3"
        with pytest.raises(LedgerUnreachable, match="no folder"):
            open_ledger(str(path), create=True)
        open_ledger(str(tmp_path / "ledger.sqlite3"), create=True).close()
        with pytest.raises(LedgerUnreachable, match="no folder"):
            backup_ledger(str(tmp_path / "ledger.sqlite3"), path)
        assert not path.parent.exists()

    def test_empty_file(self, tmp_path: Path) -> None:
        """An empty file is named as one; it is not "no ledger at that place"."""
        path = tmp_path / "empty.sqlite3"
        path.touch()
        with pytest.raises(LedgerMissing, match="empty file"):
            open_ledger(str(path))

    def test_ledger_that_could_not_be_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where making a ledger fails, as on a full disk, no half of one stays behind."""

        def full(_engine: object) -> None:
            raise LedgerError("The disk is full.")

        monkeypatch.setattr(migrate, "upgrade", full)
        with pytest.raises(LedgerError, match="full"):
            open_ledger(str(tmp_path / "new.sqlite3"), create=True)
        assert list(tmp_path.iterdir()) == []

    def test_damaged_pages(self, tmp_path: Path) -> None:
        """Damaged pages are found by status and by backup, which then copies nothing."""
        path = tmp_path / "ledger.sqlite3"
        with open_ledger(str(path), create=True) as ledger, ledger.begin(RUN) as writer:
            writer.reserve("interchange", usage="T")
        data = bytearray(path.read_bytes())
        data[4096 * 6 : 4096 * 9] = b"\x5a" * 4096 * 3
        path.write_bytes(data)
        with open_ledger(str(path)) as ledger, pytest.raises(LedgerDamaged):
            ledger.status()
        with pytest.raises(LedgerDamaged):
            backup_ledger(str(path), tmp_path / "copy.sqlite3")
        assert not (tmp_path / "copy.sqlite3").exists()

    def test_not_a_database(self, tmp_path: Path) -> None:
        """A file that is no database is refused and left as it is."""
        path = tmp_path / "letter.sqlite3"
        path.write_text("Dear Sir or Madam, " * 100)
        with pytest.raises(LedgerDamaged):
            open_ledger(str(path))
        assert path.read_text().startswith("Dear")

    def test_another_database(self, tmp_path: Path) -> None:
        """A database of something else is refused, also when a ledger is to be made."""
        path = tmp_path / "other.sqlite3"
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE recipe (name TEXT)")
        with pytest.raises(LedgerDamaged, match="not a Claimline ledger"):
            open_ledger(str(path), create=True)

    def test_folder_instead_of_file(self, tmp_path: Path) -> None:
        """A folder in the ledger's place is a ledger that cannot be opened."""
        with pytest.raises(LedgerError):
            open_ledger(str(tmp_path))

    @pytest.mark.parametrize("url", ["what://is:this:thing", "://", "abacus://beads"])
    def test_url_that_is_none(self, url: str) -> None:
        """A text that is no URL of a database we know is refused with an example of one."""
        with pytest.raises(LedgerError) as caught:
            open_ledger(url)
        assert "sqlite:///" in caught.value.todo

    def test_full_disk(self, tmp_path: Path) -> None:
        """Where the disk is full it is said so, and nothing of the transaction stays."""
        with open_ledger(str(tmp_path / "ledger.sqlite3"), create=True) as ledger:

            def too_much() -> None:
                with ledger.begin(RUN) as writer:
                    writer.connection.exec_driver_sql("PRAGMA max_page_count = 130")
                    writer.store(os.urandom(1 << 20), kind="other", name="a", direction="in")

            with pytest.raises(LedgerError, match="full"):
                too_much()
            assert ledger.status().files == 0

    def test_locked(self, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A writer that waits too long for another is told so, and nothing is changed."""
        monkeypatch.setitem(connect.make_engine.__kwdefaults__, "busy_seconds", 0)
        with open_ledger(ledger_url) as one, open_ledger(ledger_url) as two:
            with one.begin(RUN) as writer:
                writer.reserve("claim", usage="T")
                with pytest.raises(LedgerLocked, match="in use"), two.begin(RUN):
                    pass
            assert two.status().runs == 1  # the first one's: its number was given

    def test_readers_do_not_wait(self, ledger_url: str) -> None:
        """While one writes, others read what was there before."""
        with open_ledger(ledger_url) as one, open_ledger(ledger_url) as two:
            with one.begin(RUN) as writer:
                writer.store(b"ISA", kind="other", name="a", direction="in")
                assert two.status().files == 0
            assert two.status().files == 1


class TestVersions:
    """The schema has versions; only the right one is used."""

    def test_migrations_make_the_tables(self, new_url: NewUrl) -> None:
        """The migrations make exactly the tables the code speaks of: those of a new ledger."""
        url = old_ledger(new_url)
        upgrade_ledger(url)
        engine = connect.make_engine(connect.parse(url))
        with engine.connect() as connection:
            found = compare_metadata(
                MigrationContext.configure(connection), tables_received.remittance.metadata
            )
        engine.dispose()
        assert found == []
        assert _schema(url) == _schema(new_url())

    def test_known_versions_are_those_in_the_folder(self) -> None:
        """``HEAD`` and ``KNOWN`` name the migrations that are shipped."""
        scripts = ScriptDirectory(str(FOLDER))
        assert scripts.get_current_head() == connect.HEAD
        assert tuple(sorted(s.revision for s in scripts.walk_revisions())) == connect.KNOWN

    def test_older_is_refused_then_upgraded(self, new_url: NewUrl) -> None:
        """An older ledger is refused with the command that upgrades it, and keeps what it holds."""
        url = old_ledger(new_url)
        tamper(url, "INSERT INTO control_number VALUES ('claim', '', '', 'T', 42)")
        with pytest.raises(LedgerOld, match="older version") as caught:
            open_ledger(url, create=True)
        assert "claimline ledger upgrade" in caught.value.todo
        assert upgrade_ledger(url) == ("0001", connect.HEAD)
        with open_ledger(url) as ledger, ledger.begin(RUN) as writer:
            assert writer.reserve("claim", usage="T") == 42
        assert upgrade_ledger(url) == (connect.HEAD, connect.HEAD)

    def test_newer_is_left_alone(self, ledger_url: str) -> None:
        """A ledger of a newer version is refused, also by ``upgrade``."""
        tamper(ledger_url, "UPDATE alembic_version SET version_num = '9999'")
        before = content(ledger_url)
        for attempt in (open_ledger, upgrade_ledger):
            with pytest.raises(LedgerNewer, match="newer version"):
                attempt(ledger_url)
        assert content(ledger_url) == before

    def test_upgrade_of_nothing(self, new_url: NewUrl) -> None:
        """There is nothing to upgrade where there is no ledger."""
        with pytest.raises(LedgerMissing):
            upgrade_ledger(new_url.bare())


class TestCopy:
    """A backup is a whole ledger."""

    def test_copy_while_writing(self, ledger_url: str, tmp_path: Path) -> None:
        """A copy made while a writer works holds what was committed before."""
        copy = tmp_path / "copy.sqlite3"
        with open_ledger(ledger_url) as ledger:
            with ledger.begin(RUN) as writer:
                writer.decide(Decision(kind="note", subject="a", user="u", reason="r"))
            with ledger.begin(RUN) as writer:
                writer.decide(Decision(kind="note", subject="b", user="u", reason="r"))
                backup_ledger(ledger_url, copy)
        with open_ledger(str(copy)) as copied, copied.reading() as connection:
            assert connection.execute(select(decision.c.subject)).scalars().all() == ["a"]

    def test_copy_of_an_older_one(self, new_url: NewUrl, tmp_path: Path) -> None:
        """An older ledger can be copied before it is upgraded."""
        url, copy = old_ledger(new_url), tmp_path / "copy.sqlite3"
        tamper(url, "INSERT INTO control_number VALUES ('claim', '', '', 'T', 42)")
        backup_ledger(url, copy)
        with pytest.raises(LedgerOld):
            open_ledger(str(copy))
        assert content(str(copy)) == content(url)

    def test_nothing_is_overwritten(self, ledger_url: str, tmp_path: Path) -> None:
        """A file that is there stays as it is."""
        copy = tmp_path / "copy.sqlite3"
        copy.write_text("mine")
        with pytest.raises(LedgerError, match="is there already"):
            backup_ledger(ledger_url, copy)
        assert copy.read_text() == "mine"


def test_documented_query_runs(ledger_url: str) -> None:
    """The query that the documentation shows is one the tables understand."""
    text = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
    query = text.split("```sql")[1].split("```")[0]
    with open_ledger(ledger_url) as ledger, ledger.reading() as connection:
        assert connection.exec_driver_sql(query).fetchall() == []


def test_documented_tables_are_all(tmp_path: Path) -> None:
    """Every table stands in the documentation."""
    text = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
    tables = set(tables_received.remittance.metadata.tables)
    assert {name for name in tables if f"`{name}`" not in text} == set()
