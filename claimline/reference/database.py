"""The database of reference tables: one SQLite file, readable by its owner only.

Every row stands under a row of ``imported``, which says where it came from; removing that removes
them. A sheet goes in whole or not at all: one transaction.
"""

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from claimline.errors import CommandError
from claimline.reference.values import Edition, Imported

SCHEMA: Final = 1
BUSY_SECONDS: Final = 30
OPEN: Final = dt.date.max.toordinal()
# Days are ordinals (datetime.date.toordinal), an open end ``OPEN``, amounts and values text. A
# kind's first column is ``imported``; the others are what its importer gives for each row.
COLUMNS: Final = {
    "ptp": ("column1", "column2", "first", "last", "indicator", "rationale"),
    "mue": ("code", "most", "mai", "rationale"),
    # Non-facility values. factor: the conversion factor of the file, where it tells one.
    "fee": ("code", "status", "work", "practice", "malpractice", "multiple", "factor"),
    "locality": ("key", "name", "work", "practice", "malpractice"),
    "diagnosis": ("code", "is_full"),  # is_full: 1 billable, 0 a heading
}
KEYS: Final = {
    "ptp": "column1, column2, first, last, indicator",
    "mue": "code",
    "fee": "code",
    "locality": "key",
    "diagnosis": "code",
}
_IMPORTED: Final = (
    "CREATE TABLE imported (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    ' "table" TEXT NOT NULL, version TEXT NOT NULL, part TEXT NOT NULL, first INTEGER NOT NULL,'
    " last INTEGER, digest TEXT NOT NULL, file TEXT NOT NULL, rows INTEGER NOT NULL,"
    " refused INTEGER NOT NULL, low TEXT NOT NULL, high TEXT NOT NULL, imported_at TEXT NOT NULL)"
)


class Database:
    """The tables, open for reading or for one import at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    def imported(self, kind: str = "") -> tuple[Imported, ...]:
        """What is in it, by kind, table and first day, newest last."""
        rows = self.connection.execute(
            'SELECT id, kind, "table", version, part, first, last, digest, file, rows, refused,'
            " low, high, imported_at FROM imported WHERE ? IN ('', kind)"
            ' ORDER BY kind, "table", first, part, id',
            (kind,),
        )
        return tuple(_imported(row) for row in rows)

    def add(self, kind: str, edition: Edition, *, digest: str, file: str, at: dt.datetime) -> int:
        """A row of ``imported`` without rows under it yet; its number."""
        last = None if edition.last is None else edition.last.toordinal()
        done = self.connection.execute(
            'INSERT INTO imported (kind, "table", version, part, first, last, digest, file, rows,'
            " refused, low, high, imported_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', '', ?)",
            (
                kind,
                edition.table,
                edition.version,
                edition.part,
                edition.first.toordinal(),
                last,
                digest,
                file,
                at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            ),
        )
        assert done.lastrowid is not None
        return done.lastrowid

    def remove(self, one: Imported) -> None:
        """Take a sheet out, within the caller's transaction."""
        delete = f"DELETE FROM {one.kind} WHERE imported = ?"  # noqa: S608 - our own names
        self.connection.execute(delete, (one.id,))
        self.connection.execute("DELETE FROM imported WHERE id = ?", (one.id,))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        Raises:
            CommandError: another process is importing.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise CommandError(
                f"{self.path}: another process is importing tables", todo="wait and try again"
            ) from None
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")


def _imported(row: tuple[Any, ...]) -> Imported:
    number, kind, table, version, part, first, last, digest, file, rows, refused, *rest = row
    low, high, at = rest
    return Imported(
        id=number,
        kind=kind,
        edition=Edition(
            table=table,
            version=version,
            part=part,
            first=dt.date.fromordinal(first),
            last=None if last is None else dt.date.fromordinal(last),
        ),
        digest=digest,
        file=file,
        rows=rows,
        refused=refused,
        low=low,
        high=high,
        imported_at=at,
    )


@contextmanager
def writing(path: Path) -> Iterator[Database]:
    """The database open for imports; made where there is none.

    Raises:
        CommandError: it cannot be made or is none of ours.
    """
    try:
        fresh = not path.exists() or not path.stat().st_size
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise CommandError(
            f"{path}: the reference tables cannot be kept here: {error.strerror}",
            todo="make the folder, or name another file: --tables FILE",
        ) from error
    connection = _connect(path, "rw")
    try:
        with _ours(path):
            if fresh:
                _make(connection)
            _check(connection, path)
            connection.execute("PRAGMA cache_size = -65536")
        yield Database(connection, path)
    finally:
        connection.close()


@contextmanager
def reading(path: Path) -> Iterator[Database]:
    """The database open for look-ups.

    Raises:
        CommandError: there is none, or it is none of ours.
    """
    opened = open_to_read(path)
    if opened is None:
        raise CommandError(
            f"{path}: no reference tables were imported", todo="claimline tables import FILE..."
        )
    try:
        yield opened
    finally:
        opened.connection.close()


def open_to_read(path: Path) -> Database | None:
    """The database for look-ups, to be closed by who asks; None where there is none.

    Raises:
        CommandError: it is none of ours.
    """
    if not path.exists():
        return None
    connection = _connect(path, "ro")
    with _ours(path):
        _check(connection, path)
    return Database(connection, path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    is_fixed = mode == "ro" and not os.access(path.parent, os.W_OK)
    if is_fixed and not path.with_name(f"{path.name}-wal").exists():
        mode += "&immutable=1"  # a folder that is read-only has no room for SQLite's own files
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions are ours
        )
    except sqlite3.OperationalError as error:
        raise CommandError(f"{path}: cannot be opened: {error}", todo="check the file") from None


@contextmanager
def _ours(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise CommandError(
            f"{path}: this is no database of reference tables: {error}",
            todo="name another file: --tables FILE",
        ) from None


def _make(connection: sqlite3.Connection) -> None:
    """The tables, in one transaction: two first imports at once leave one database."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        connection.execute(_IMPORTED)
        for kind, columns in COLUMNS.items():
            listed = ", ".join(columns)
            connection.execute(
                f"CREATE TABLE {kind} (imported INTEGER NOT NULL, {listed},"
                f" PRIMARY KEY (imported, {KEYS[kind]})) WITHOUT ROWID"
            )
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found != SCHEMA:
        raise CommandError(
            f"{path}: this is no database of reference tables of this version (schema {found})",
            todo="name another file with --tables, or move it away and import the tables again",
        )
