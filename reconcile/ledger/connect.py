"""Opening the ledger: SQLite by default, PostgreSQL by URL (see ``postgresql``).

SQLite runs in WAL mode, so that readers never wait for the writer, with foreign keys on and full
synchronisation: a control number once committed survives a power cut. Writers begin with BEGIN
IMMEDIATE, so that two of them meet at the start and not at the first write. The file is made
readable by its owner only before SQLite first opens it; SQLite gives its side files the same mode.

Memory does not grow with the ledger: a connection keeps some megabytes of pages, and what it sorts
beyond that goes to files among the temporary ones (``TMPDIR``), for their owner only, whose names
SQLite removes as it makes them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError

from reconcile.ledger import postgresql
from reconcile.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerMissing,
    LedgerNewer,
    LedgerOld,
    LedgerUnreachable,
)

HEAD: Final = "0004"  # the newest migration; a test compares it with the folder
KNOWN: Final = ("0001", "0002", "0003", "0004")
BUSY_SECONDS: Final = 30
CACHE_KB: Final = 65536  # of who writes: the upper pages of the indexes of a large ledger
CACHE_READING_KB: Final = 8192  # of who only reads; of a sort so much is held in memory
_LARGE: Final = "claimline_large"  # of a connection: it has written, and has the larger cache
_EXAMPLE: Final = (
    "Give a path, or a URL such as sqlite:////srv/claims/ledger.sqlite3 or "
    "postgresql://claims@db.example.org/claims."
)
WRITING: Final = "claimline_writing"  # the execution option of a transaction that writes


def parse(url: str) -> URL:
    """The URL of a ledger; a text without ``://`` is the path of an SQLite file.

    Raises:
        LedgerError: where the text is no URL.
    """
    try:
        return postgresql.mapped(make_url(url if "://" in url else f"sqlite:///{url}"))
    except (ArgumentError, ValueError):
        raise LedgerError("The ledger's URL cannot be read.", _EXAMPLE) from None


def sqlite_path(url: URL) -> Path | None:
    """The file of an SQLite ledger; None for other databases and for one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def make_engine(url: URL, *, busy_seconds: int = BUSY_SECONDS) -> Engine:
    """An engine whose transactions begin and end where we say; its errors tell no values.

    Args:
        url: of the ledger.
        busy_seconds: how long a writer waits for another.

    Raises:
        LedgerError: for a kind of database that is not known, or whose driver is not installed.
    """
    if url.drivername == postgresql.DRIVER:
        return postgresql.make_engine(url, busy_seconds=busy_seconds, writing=WRITING)
    if url.get_backend_name() != "sqlite":
        raise LedgerError(f"This installation cannot open {url.drivername}.", _EXAMPLE)
    engine = create_engine(url, connect_args={"timeout": busy_seconds}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = None  # transactions are ours: see _begin
    cursor = dbapi.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_READING_KB}",
        "temp_store = FILE",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING)
    if writing and not connection.info.get(_LARGE):
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KB}")
        connection.info[_LARGE] = True
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def make_private(path: Path, url: URL) -> None:
    """Make the database's file, if it is not there, for its owner only; never a folder.

    Raises:
        LedgerUnreachable: where there is no such folder.
        LedgerError: where the file cannot be made.
    """
    if not path.parent.is_dir():
        raise LedgerUnreachable(
            f"There is no folder {path.parent} for {path.name}.",
            "Check the path, or make the folder.",
        )
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise LedgerError(
            f"The ledger {shown(url)} cannot be opened: {error.strerror}.",
            "Check the path and its permissions.",
        ) from None


def remove_unmade(path: Path) -> None:
    """Remove a ledger that could not be made, as on a full disk: it would look like one.

    Whatever holds a table stays: another run may have made it meanwhile.
    """
    engine = make_engine(URL.create("sqlite", database=str(path)))
    try:
        with engine.connect() as connection:
            made = inspect(connection).get_table_names()
    except DatabaseError:
        return
    finally:
        engine.dispose()
    if not made:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)


def check_whole(connection: Connection, url: URL) -> None:
    """Look whether an SQLite ledger's pages are sound.

    Raises:
        LedgerDamaged: where they are not.
    """
    if url.get_backend_name() != "sqlite":
        return
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise LedgerDamaged(
            f"The ledger {shown(url)} is damaged.",
            "Restore it from a backup; keep the damaged file until that is done.",
        )


def version_of(engine: Engine) -> str:
    """The migration the database is at; empty for a database without tables.

    Raises:
        LedgerDamaged: for a file that is no database, or a database that is no ledger.
    """
    with told(engine.url), engine.connect() as connection:
        if connection.dialect.name == postgresql.NAME:
            postgresql.check_encoding(connection, shown(engine.url))
        names = inspect(connection).get_table_names()
        if "alembic_version" in names:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return str(found or "")
    if names:
        raise LedgerDamaged(
            f"{shown(engine.url)} is a database, but not a Claimline ledger.",
            "Name another file with --ledger or CLAIMLINE_LEDGER.",
        )
    return ""


def check_version(engine: Engine) -> None:
    """Refuse what is not exactly of this version.

    Raises:
        LedgerMissing, LedgerOld, LedgerNewer: as they say.
    """
    version = version_of(engine)
    if version == HEAD:
        return
    place = shown(engine.url)
    if not version:
        raise missing(engine.url)
    if version in KNOWN:
        raise LedgerOld(
            f"The ledger {place} was made by an older version (schema {version}, needed {HEAD}).",
            "Make a copy with `claimline ledger backup`, then run `claimline ledger upgrade`.",
        )
    raise LedgerNewer(
        f"The ledger {place} was made by a newer version (schema {version}, known {HEAD}).",
        "Install the newest Claimline. This version leaves the ledger as it is.",
    )


def missing(url: URL) -> LedgerMissing:
    """The error for a ledger that is not there."""
    path = sqlite_path(url)
    if path is not None and path.exists():
        return LedgerMissing(
            f"{path} is an empty file, not a ledger.",
            "Restore the backup if it was one; name another file with --ledger or CLAIMLINE_LEDGER "
            "if it was not.",
        )
    return LedgerMissing(
        f"There is no ledger at {shown(url)}.",
        "`claimline bill` and `claimline receive` make one. If you have one elsewhere, "
        "name it with --ledger or CLAIMLINE_LEDGER.",
    )


def shown(url: URL) -> str:
    """The ledger's place for messages: of a server its host, port and database, nothing else.

    No user and no password, nor what else a URL may hold; the host tells which server to look at.
    """
    path = sqlite_path(url)
    if path:
        return str(path)
    query = {name: url.query[name] for name in ("host", "port") if name in url.query}
    place = URL.create(
        url.get_backend_name(), host=url.host, port=url.port, database=url.database, query=query
    )
    return place.render_as_string()


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn the database's own errors into ours where a person can do something about them."""
    try:
        yield
    except DBAPIError as error:
        if url.drivername != postgresql.DRIVER:
            told_of_sqlite(error, url)
            raise
        found = postgresql.said(error, shown(url))
        if found is None:
            raise
        raise found from None


def told_of_sqlite(error: DBAPIError, url: URL) -> None:
    """Raise in our words what an error of SQLite means, where a person can do something about it.

    Raises:
        LedgerError: see there.
    """
    if isinstance(error, OperationalError):
        reason = str(error.orig).lower()
        if "locked" in reason or "busy" in reason:
            raise LedgerLocked(
                f"The ledger {shown(url)} is in use by another command.",
                "Wait until it is done and run this again; nothing was changed.",
            ) from None
        if "unable to open" in reason:
            raise LedgerUnreachable(
                f"The ledger {shown(url)} cannot be opened.", "Check the path and its permissions."
            ) from None
        if "readonly" in reason or "read-only" in reason:
            raise LedgerError(
                f"The ledger {shown(url)} may not be written.", "Check who owns the file."
            ) from None
        if "full" in reason or "disk i/o" in reason:
            raise LedgerFull(
                f"The disk of the ledger {shown(url)} is full or failing; nothing was changed.",
                "Make room and run this again.",
            ) from None
    elif isinstance(error, DatabaseError) and (
        "not a database" in str(error.orig) or "malformed" in str(error.orig)
    ):
        raise LedgerDamaged(
            f"{shown(url)} is not a ledger, or it is damaged.",
            "Restore it from a backup, or name another file with --ledger.",
        ) from None
