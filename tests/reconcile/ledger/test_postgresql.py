"""The ledger in PostgreSQL where things go wrong: who is told what, and that nothing is half done."""

import datetime as dt
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from canonical import canonical, differences
from databases import PREFIX, Databases, NewUrl, Server, running, sweep, tamper
from sqlalchemy import select
from sqlalchemy.engine import make_url

from claimline.__main__ import main
from claimline.errors import COULD_NOT_RUN
from reconcile.ledger import (
    Decision,
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerLost,
    LedgerMissing,
    LedgerNewer,
    LedgerOld,
    LedgerUnreachable,
    Run,
    backup_ledger,
    connect,
    open_ledger,
    postgresql,
    upgrade_ledger,
)
from reconcile.ledger.tables import decision

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
RUN = Run(command="test", version="0", started=NOW, user="tester")
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def _note(ledger: Ledger, subject: str, reason: str = "r") -> None:
    with ledger.begin(RUN) as writer:
        writer.decide(Decision(kind="note", subject=subject, user="u", reason=reason))


def _notes(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        query = select(decision.c.subject).order_by(decision.c.subject)
        return list(connection.execute(query).scalars())


@pytest.fixture(name="server")
def _server(new_url: NewUrl) -> Server:
    assert isinstance(new_url, Databases)
    return new_url.server


class TestOpening:
    """A ledger that cannot be opened is told for what it is."""

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_any_way_to_write_it(self, new_url: NewUrl, scheme: str) -> None:
        """The URL may be written as other programs write it."""
        url = new_url().replace("postgresql", scheme, 1)
        with open_ledger(url) as ledger:
            assert ledger.status().schema == connect.HEAD
            assert ledger.place.startswith("postgresql://")
            assert "postgres@" not in ledger.place

    def test_made_in_an_empty_database(self, server: Server) -> None:
        """The tables are made where a database is empty, and only when asked."""
        url = server.url(server.new_database())
        with pytest.raises(LedgerMissing, match="no ledger"):
            open_ledger(url)
        with open_ledger(url, create=True) as ledger:
            assert ledger.created

    def test_not_there(self, server: Server) -> None:
        """A database that is not there is named, with what makes one."""
        with pytest.raises(LedgerUnreachable, match="no database") as caught:
            open_ledger(server.url("nowhere"), create=True)
        assert "createdb" in caught.value.todo

    def test_nobody_there(self, new_url: NewUrl) -> None:
        """A server that does not answer is told, with the settings that name it; no user is."""
        with pytest.raises(LedgerUnreachable, match="cannot be reached") as caught:
            open_ledger("postgresql://mkeller:hush@127.0.0.1:1/claims")
        told = caught.value.message + caught.value.todo
        assert "hush" not in told
        assert "mkeller" not in told
        assert "postgresql://127.0.0.1:1/claims" in told
        assert "CLAIMLINE_LEDGER" in told

    def test_password_in_the_query(self, new_url: NewUrl) -> None:
        """User and password given as parameters of the URL are not shown either."""
        url = "postgresql:///d?user=mkeller&password=hush&sslmode=require&host=h&port=5433"
        assert connect.shown(connect.parse(url)) == "postgresql:///d?host=h&port=5433"

    def test_unknown_user(self, new_url: NewUrl) -> None:
        """A user the server does not know is told."""
        with pytest.raises(LedgerError, match="does not know the user"):
            open_ledger(new_url().replace("postgres@", "nobody@"))

    def test_another_database(self, server: Server) -> None:
        """A database of something else is refused, also when a ledger is to be made."""
        url = server.url(server.new_database())
        tamper(url, "CREATE TABLE recipe (name TEXT)")
        with pytest.raises(LedgerDamaged, match="not a Claimline ledger"):
            open_ledger(url, create=True)

    def test_not_every_character(self, server: Server) -> None:
        """A database that cannot hold every character is refused."""
        name = server.new_database(
            "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", "TEMPLATE template0"
        )
        with pytest.raises(LedgerError, match="LATIN1"):
            open_ledger(server.url(name), create=True)

    def test_versions(self, new_url: NewUrl) -> None:
        """Older and newer ledgers are refused as on SQLite."""
        url = new_url()
        tamper(url, "UPDATE alembic_version SET version_num = '0002'")
        with pytest.raises(LedgerOld):
            open_ledger(url)
        tamper(url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(LedgerNewer):
            upgrade_ledger(url)


class TestText:
    """Text is the same, and sorts the same, as on SQLite."""

    def test_sorted_byte_by_byte(self, new_url: NewUrl) -> None:
        """Every text column compares byte by byte, whatever the database's own language."""
        words = ["a", "B", "Z", "é", "_", "10", "9", "-1"]
        with open_ledger(new_url()) as ledger:
            with ledger.reading() as connection:
                others = connection.exec_driver_sql(
                    "SELECT table_name, column_name, collation_name "
                    "FROM information_schema.columns WHERE table_schema = 'public' AND "
                    "data_type IN ('text', 'character varying') "
                    "AND collation_name IS DISTINCT FROM 'C'"
                ).fetchall()
            assert others == []
            for word in words:
                _note(ledger, word)
            assert _notes(ledger) == sorted(words)

    def test_no_row_in_an_error(self, new_url: NewUrl) -> None:
        """The server quotes rows in its errors; ours name no patient."""
        with open_ledger(new_url()) as ledger:
            _note(ledger, "DOE, JANE")

            def twice() -> None:
                with ledger.begin(RUN) as writer:
                    row = (1, "note", "DOE, JANE", "u", "r", "", *writer.recorded)
                    writer.add(decision, [row])

            with pytest.raises(Exception, match="23505") as caught:
                twice()
            assert "JANE" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


class TestTogether:
    """One writes at a time; nobody else waits."""

    @pytest.mark.parametrize("usual", ["read committed", "repeatable read", "serializable"])
    def test_a_second_writer_waits(self, new_url: NewUrl, server: Server, usual: str) -> None:
        """Two writers follow each other; the second sees what the first one wrote.

        So it is whatever isolation the database gives to those who ask for none.
        """
        url = new_url()
        name = make_url(url).database
        server.run(f"ALTER DATABASE {name} SET default_transaction_isolation = '{usual}'")
        began, seen = threading.Event(), []

        def second() -> None:
            began.wait()
            with open_ledger(url) as two, two.begin(RUN) as writer:
                seen.append(writer.reserve("claim", usage="T"))
                writer.decide(Decision(kind="note", subject="b", user="u", reason="r"))

        other = threading.Thread(target=second)
        other.start()
        with open_ledger(url) as one, one.begin(RUN) as writer:
            began.set()
            other.join(0.3)
            assert not seen
            seen.append(writer.reserve("claim", usage="T"))
            writer.decide(Decision(kind="note", subject="a", user="u", reason="r"))
        other.join()
        assert seen == [1, 2]
        with open_ledger(url) as ledger:
            assert _notes(ledger) == ["a", "b"]

    def test_a_writer_that_waits_too_long(
        self, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told so in the same words as on SQLite; nothing is changed."""
        url = new_url()
        monkeypatch.setitem(connect.make_engine.__kwdefaults__, "busy_seconds", 0)
        with open_ledger(url) as one, open_ledger(url) as two, one.begin(RUN):
            with pytest.raises(LedgerLocked, match="in use by another command"), two.begin(RUN):
                pass
            assert two.status().runs == 0

    def test_a_reader_keeps_its_snapshot(self, new_url: NewUrl) -> None:
        """What is written while it reads is not seen, from its first look to its last."""
        url = new_url()
        with open_ledger(url) as one, open_ledger(url) as two:
            with two.reading() as connection:
                query = select(decision.c.subject)
                assert connection.execute(query).all() == []
                _note(one, "a")
                assert connection.execute(query).all() == []
            assert _notes(two) == ["a"]


class TestDurable:
    """What is committed outlives a power cut of the server."""

    def test_a_commit_waits_for_the_disk(self, new_url: NewUrl, server: Server) -> None:
        """A writer's commits wait for the disk whatever the database's default is."""
        url = new_url()
        server.run(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off")
        asked = "SELECT current_setting('synchronous_commit')"
        with open_ledger(url) as ledger:
            with ledger.reading() as connection:
                assert connection.exec_driver_sql(asked).scalar() == "off"  # the default counts
            with ledger.begin(RUN) as writer:
                assert writer.connection.exec_driver_sql(asked).scalar() == "on"


class TestLost:
    """The server goes away in the middle."""

    def test_cut_while_writing(self, new_url: NewUrl, server: Server) -> None:
        """A connection that is cut is told; nothing of the transaction stays; run again it works."""
        url = new_url()
        with open_ledger(url) as ledger:

            def cut() -> None:
                with ledger.begin(RUN) as writer:
                    writer.decide(Decision(kind="note", subject="a", user="u", reason="r"))
                    number = writer.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
                    server.run(f"SELECT pg_terminate_backend({number})")
                    writer.decide(Decision(kind="note", subject="b", user="u", reason="r"))

            with pytest.raises(LedgerLost, match="was lost") as caught:
                cut()
            assert "goes on where it stopped" in caught.value.todo
            assert _notes(ledger) == []
            _note(ledger, "a")
            assert _notes(ledger) == ["a"]

    def test_cut_while_nobody_asks(self, new_url: NewUrl, server: Server) -> None:
        """A connection that was cut between two transactions is made anew, and nobody is told."""
        url = new_url()
        with open_ledger(url) as ledger:
            _note(ledger, "a")
            server.run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                f"WHERE datname = '{make_url(url).database}'"
            )
            _note(ledger, "b")
            assert _notes(ledger) == ["a", "b"]

    def test_server_stopped_and_started(self, new_url: NewUrl) -> None:
        """A server that stops under an open ledger is told; when it is back, all goes on."""
        with running(f"own-{os.getpid()}") as own:
            databases = own.databases()
            with open_ledger(databases()) as ledger:
                _note(ledger, "a")
                own.handle.stop()
                with pytest.raises((LedgerLost, LedgerUnreachable)):
                    _note(ledger, "b")
                own.handle.ensure_postgres_running()
                assert _notes(ledger) == ["a"]

    def test_who_connects_is_never_told(
        self, new_url: NewUrl, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A server that is away is named by its place; the user and the password are not."""
        with running(f"named-{os.getpid()}") as own:
            databases = own.databases()
            url = databases()
            databases.server.run("CREATE ROLE mkeller SUPERUSER LOGIN PASSWORD 'hush'")
            url = url.replace("postgres:@", "mkeller:hush@").replace("postgres@", "mkeller:hush@")
            assert "mkeller:hush@" in url
            with open_ledger(url) as ledger:
                own.handle.stop()
                with pytest.raises((LedgerLost, LedgerUnreachable)) as caught:
                    _note(ledger, "b")
            assert main(["claims", "--ledger", url]) == COULD_NOT_RUN
        said = capsys.readouterr()
        told = said.out + said.err + str(caught.value) + caught.value.todo + caplog.text
        assert "cannot be reached" in said.err
        assert "CLAIMLINE_LEDGER" in said.err
        assert "mkeller" not in told
        assert "hush" not in told

    def test_full_disk(self, new_url: NewUrl) -> None:
        """A full disk of the server is told as one."""

        class _Full(Exception):  # noqa: N818 - stands for the driver's
            sqlstate = "53100"

        error = postgresql.DBAPIError("COPY", None, _Full())
        found = postgresql.said(error, "here")
        assert found is not None
        assert "full or failing; nothing was changed" in found.message


class TestKilledRun:
    """A run of these tests that was killed leaves a server behind."""

    def test_is_swept_up(self, new_url: NewUrl) -> None:
        """The next run stops it and removes its folder; servers in use stay."""
        assert isinstance(new_url, Databases)
        program = (
            "import os, signal; from databases import running\n"
            f"with running('killed-{os.getpid()}'): os.kill(os.getpid(), signal.SIGKILL)"
        )
        tests = Path(__file__).parents[2]
        subprocess.run([sys.executable, "-c", program], cwd=tests, check=False)
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}killed-{os.getpid()}"
        psutil = pytest.importorskip("psutil")
        server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
        assert server.is_running()
        assert folder in sweep()
        assert not server.is_running()
        assert not folder.exists()
        assert new_url.server.run("SELECT 1") == [(1,)]


class TestBackup:
    """A backup is an SQLite file that is a whole ledger."""

    def test_same_content(self, new_url: NewUrl, tmp_path: Path) -> None:
        """The copy holds all of it, and may be worked with."""
        url, copy = new_url(), tmp_path / "copy.sqlite3"
        with open_ledger(url) as ledger:
            _note(ledger, "a")
            with ledger.begin(RUN) as writer:
                writer.store(b"ISA" * 1000, kind="other", name="a", direction="in")
        backup_ledger(url, copy)
        assert copy.stat().st_mode & 0o777 == 0o600
        assert differences(canonical(url), canonical(str(copy))) == []
        with open_ledger(str(copy)) as copied:
            _note(copied, "b")
            assert _notes(copied) == ["a", "b"]
