"""The ledger in PostgreSQL: one writer at a time, readers on a snapshot, errors in our words.

A writer takes an advisory lock of the database before it looks at anything, and sees from then on
what all writers before it committed; it waits for the lock no longer than on SQLite. Readers run on
one snapshot (REPEATABLE READ) and never wait. Text is compared byte by byte, whatever the
database's own language, so that both kinds of ledger sort and answer alike.
"""

from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Engine, Inspector, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from reconcile.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerLost,
    LedgerUnreachable,
)

NAME: Final = "postgresql"
DRIVER: Final = "postgresql+psycopg"
LOCK: Final = 0x436C61696D  # "Claim": the advisory lock of whoever writes
CONNECT_SECONDS: Final = 10
URL_IN: Final = "the URL (--ledger, CLAIMLINE_LEDGER, or ledger in the night's file)"


def mapped(url: URL) -> URL:
    """The URL with the driver we use, for ``postgresql://`` and ``postgres://``."""
    return url.set(drivername=DRIVER) if url.drivername in (NAME, "postgres") else url


def make_engine(url: URL, *, busy_seconds: int, writing: str) -> Engine:
    """An engine on PostgreSQL.

    Args:
        url: with the driver.
        busy_seconds: how long a writer waits for another.
        writing: the execution option that says that a transaction writes.

    Raises:
        LedgerError: where the driver is not installed.
    """
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "claimline",
        "client_encoding": "utf8",
    }
    given = {name: value for name, value in arguments.items() if name not in url.query}
    try:
        engine = create_engine(url, connect_args=given, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, ImportError):
        raise LedgerError(
            "This installation cannot open PostgreSQL: its driver is missing.",
            "Install it: pip install 'claimline[postgresql]'.",
        ) from None
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "handle_error", _hush)

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(writing):
            # Whatever the server's default: who waited for the lock must see what came before.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{max(1, busy_seconds * 1000)}'")
            connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    event.listen(engine, "begin", begin)
    return engine


def _prepare(dbapi: Any, _record: Any) -> None:
    """A sum of whole numbers comes back as one (PostgreSQL: numeric)."""
    from psycopg.types.numeric import NumericLoader  # noqa: PLC0415 - the driver is an extra

    class _Whole(NumericLoader):
        def load(self, data: Any) -> Any:
            found = super().load(data)
            whole = int(found) if Decimal(found).is_finite() else None
            return whole if whole is not None and whole == found else found

    dbapi.adapters.register_loader("numeric", _Whole)


def _hush(context: ExceptionContext) -> None:
    """The server's words quote rows: they are dropped before anybody can show them."""
    quiet(context.original_exception)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (str(context.original_exception),)


def quiet(error: BaseException) -> None:
    """Leave of an error of the server its SQLSTATE and the constraint it names."""
    state = getattr(error, "sqlstate", None)
    if state:
        name = getattr(getattr(error, "diag", None), "constraint_name", None)
        error.args = (f"{type(error).__name__}, SQLSTATE {state} {name or ''}".rstrip(),)


def bytewise(connection: Connection, inspector: Inspector) -> None:
    """Have every text column compared byte by byte, as SQLite does; part of each migration."""
    quote = connection.dialect.identifier_preparer.quote
    default = "SELECT collname FROM pg_collation WHERE collname = 'C'"
    assert connection.exec_driver_sql(default).scalar() == "C"
    rows = connection.exec_driver_sql(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_collation o ON o.oid = a.attcollation "
        "WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND o.collname <> 'C' "
        "AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, a.attnum"
    ).fetchall()
    ours = set(inspector.get_table_names())
    changes: dict[str, list[str]] = {}
    for table, column, kind in rows:
        if table in ours:
            change = f'ALTER COLUMN {quote(column)} TYPE {kind} COLLATE "C"'
            changes.setdefault(table, []).append(change)
    for table, parts in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} {', '.join(parts)}")


def check_encoding(connection: Connection, place: str) -> None:
    """Refuse a database that cannot hold every character.

    Raises:
        LedgerError: where its encoding is not UTF-8.
    """
    found = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if found != "UTF8":
        raise LedgerError(
            f"The database of the ledger {place} holds text as {found}, not as UTF8.",
            "Make one that does: createdb --encoding=UTF8 --template=template0 NAME.",
        )


@frozen(kw_only=True)
class _Meaning:
    """What a person is told: ``what`` goes on after "The ledger ...", with ``{place}`` in it."""

    kind: type[LedgerError] = LedgerError
    what: str
    todo: str

    def at(self, place: str) -> LedgerError:
        """The error for the ledger at that place."""
        return self.kind(self.what.format(place=place), self.todo)


_REFUSED: Final = _Meaning(
    what="The server of the ledger {place} refuses the user or the password.",
    todo=f"Check the user in {URL_IN}, and the password in PGPASSWORD or ~/.pgpass.",
)
_TOO_MANY: Final = _Meaning(
    what="The server of the ledger {place} has no connection left.",
    todo="Wait until others are done and run this again, or raise max_connections.",
)
_NOT_READY: Final = _Meaning(
    what="The server of the ledger {place} is starting or stopping.",
    todo="Wait a minute and run this again; nothing was changed.",
)
_UNKNOWN_USER: Final = _Meaning(
    what="The server of the ledger {place} does not know the user.",
    todo=f"Check the user in {URL_IN}, or have it made on the server (createuser NAME).",
)
_NO_DATABASE: Final = _Meaning(
    kind=LedgerUnreachable,
    what="There is no database at {place}.",
    todo=f"Make it on the server (createdb --encoding=UTF8 NAME), or check the name in {URL_IN}.",
)
_UNREACHABLE: Final = _Meaning(
    kind=LedgerUnreachable,
    what="The server of the ledger {place} cannot be reached.",
    todo=f"Check that it runs, and the host and port in {URL_IN}; nothing was changed.",
)
# Words of the server where no connection was made; the first that all stand in the text count.
_CONNECTING: Final = (
    (("password",), _REFUSED),
    (("authentication",), _REFUSED),
    (("pg_hba",), _REFUSED),
    (("database", "does not exist"), _NO_DATABASE),
    (("role", "does not exist"), _UNKNOWN_USER),
    (("too many",), _TOO_MANY),
    (("remaining connection slots",), _TOO_MANY),
    (("starting up",), _NOT_READY),
    (("shutting down",), _NOT_READY),
    (("conn",), _UNREACHABLE),
    (("resolve",), _UNREACHABLE),
    (("timeout",), _UNREACHABLE),
)
_IN_USE: Final = _Meaning(
    kind=LedgerLocked,
    what="The ledger {place} is in use by another command.",
    todo="Wait until it is done and run this again; nothing was changed.",
)
_LOST: Final = _Meaning(
    kind=LedgerLost,
    what="The connection to the ledger {place} was lost; no half of anything was kept.",
    todo="Run this again when the database server is there: it goes on where it stopped.",
)
_FULL: Final = _Meaning(
    kind=LedgerFull,
    what="The disk or memory of the ledger {place} is full or failing; nothing was changed.",
    todo="Make room on the database server and run this again.",
)
_FORBIDDEN: Final = _Meaning(
    what="The ledger {place} may not be written by this user.",
    todo="Check the user's rights on the database, and that it is no read-only copy.",
)
_DAMAGED: Final = _Meaning(
    kind=LedgerDamaged,
    what="The ledger {place} is damaged.",
    todo="Restore it from a backup; keep the damaged database until that is done.",
)
# How an SQLSTATE begins (PostgreSQL manual, appendix A); the first that fits counts.
_STATES: Final = (
    (("55P03", "40001", "40P01", "57014"), _IN_USE),
    (("57P03",), _NOT_READY),
    (("08", "57P"), _LOST),
    (("53300",), _TOO_MANY),
    (("53", "54", "58"), _FULL),
    (("25006", "42501"), _FORBIDDEN),
    (("28",), _REFUSED),
    (("XX",), _DAMAGED),
)


def said(error: DBAPIError, place: str) -> LedgerError | None:
    """What a database error means for a person; None for one that is our fault.

    The server's own text is looked at and never shown: it may hold what was to be stored.
    """
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated and state != "57P03":
        return _LOST.at(place)
    if state:
        found = (meaning for starts, meaning in _STATES if state.startswith(starts))
    elif isinstance(error, OperationalError):
        reason = str(error.orig).lower()
        found = (meaning for words, meaning in _CONNECTING if all(w in reason for w in words))
    else:
        return None
    meaning = next(found, None)
    return meaning.at(place) if meaning else None
