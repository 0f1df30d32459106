"""The journal of facts, written: one entry for each transaction, made when it ends.

A row's mark is BLAKE2b (8 bytes) of the JSON list of its columns; an entry's digest is SHA-256 over
its number, run, moment, the digest before it, and its parts. Columns that are derived are left out,
and so are tables that are made again from kept files. An entry is one more row in its transaction:
rolled back with it, and in one line, for one writes at a time.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, Table, func, select

from reconcile.ledger import (
    bulk,
    tables,
    tables_answered,
    tables_received,
)
from reconcile.ledger.columns import metadata
from reconcile.ledger.tables_journal import journal, journal_part

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

MARK: Final = 8  # bytes
TOLD: Final = 24  # figures of a head
_PIECE: Final = 1 << 15  # rows of a part: of a large file there are several
_ROWS_AT_ONCE: Final = 1000
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# Left out, each with the reason. A table or column that is not named here is journaled.
DERIVED: Final[Mapping[str, str]] = MappingProxyType({
    tables_received.claim_payment.name: "made again from the kept 835",
    tables_received.awaiting.name: "made again from the kept 835",
    tables_received.line_share.name: "made again from the kept 835",
    tables_received.posting.name: "made again from the kept 835",
    tables_received.provider_adjustment.name: "made again from the kept 835",
    tables_answered.claim_state.name: "worked out again from the facts",
    tables.file_chunk.name: "the file's SHA-256 is over it",
    journal.name: "its own digest is over it",
    journal_part.name: "the digest of its entry is over it",
})  # fmt: skip
CHANGING: Final[Mapping[str, frozenset[str]]] = MappingProxyType({  # worked out again
    "remittance": frozenset({"claims_paid", "provider_adjusted", "difference", "state", "why"}),
    "acknowledgement": frozenset({"state", "why"}),
    "acknowledged": frozenset(
        {"file_id", "transaction_control", "sent_claim_id", "sent_line_id", "method"}
    ),
})  # fmt: skip
COUNTERS: Final = tables.control_number
HELD: Final = tables.held_claim
IN_PLACE: Final = frozenset({COUNTERS, HELD})  # changed in place: the newest entry of a row counts
_COMPLETED: Final = tables.file  # its row is completed when its bytes are through


@frozen(kw_only=True)
class Shape:
    """How the rows of a table are marked: which columns, by which key."""

    table: Table
    columns: tuple[str, ...]
    names: str  # JSON of them
    key: tuple[int, ...]  # places of the primary key among the table's columns
    numbered: bool  # by one whole number
    places: tuple[int, ...] | None  # of ``columns`` among the table's; None: all

    def pick(self, row: Sequence[Any]) -> Sequence[Any]:
        """The columns that are marked, of a whole row."""
        return row if self.places is None else itemgetter(*self.places)(row)


def _shape(table: Table) -> Shape:
    every = [column.name for column in table.columns]
    columns = tuple(name for name in every if name not in CHANGING.get(table.name, ()))
    key = tuple(every.index(column.name) for column in table.primary_key)
    return Shape(
        table=table,
        columns=columns,
        names=json.dumps(columns),
        key=key,
        numbered=len(key) == 1 and table not in IN_PLACE,
        places=None if len(columns) == len(every) else tuple(map(every.index, columns)),
    )


def shapes() -> Mapping[str, Shape]:
    """The tables that are journaled, in the order in which they are made."""
    return _SHAPES


_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {t.name: _shape(t) for t in metadata.sorted_tables if t.name not in DERIVED}
)


def mark(values: Sequence[Any]) -> bytes:
    """The mark of a row: of its columns as a JSON list."""
    text = _ENCODE(list(values)).encode()
    return hashlib.blake2b(text, digest_size=MARK).digest()


class _Part:
    """The rows of one table, as long as they are not written."""

    __slots__ = ("keys", "last", "marks", "shape")

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.keys: list[list[Any]] = []
        self.marks = bytearray()
        self.last: int | None = None  # row number

    def add(self, row: Sequence[Any]) -> None:
        shape = self.shape
        self.marks += mark(shape.pick(row))
        if not shape.numbered:
            self.keys.append([row[place] for place in shape.key])
            return
        number = row[shape.key[0]]
        if self.last is not None and number == self.last + 1:
            self.keys[-1][1] += 1
        else:
            self.keys.append([number, 1])
        self.last = number

    def copied(self) -> "_Part":
        """A copy that changes by itself; of the keys only the last one ever changes."""
        found = _Part(self.shape)
        found.keys = [*self.keys[:-1], *(list(key) for key in self.keys[-1:])]
        found.marks = bytearray(self.marks)
        found.last = self.last
        return found


class Journal:
    """What one transaction adds to the journal. ``whole``: all rows there are (``seal``)."""

    def __init__(self) -> None:
        self.whole = False
        self.counted = False  # control numbers were taken
        self._parts: dict[str, _Part] = {}
        self._files: list[int] = []
        self._held: set[int] = set()
        self._entry: _Entry | None = None

    def copied(self) -> "Journal":
        """The journal as it is now, to go back to where what follows is undone."""
        found = Journal()
        found.whole, found.counted = self.whole, self.counted
        found._parts = {name: part.copied() for name, part in self._parts.items()}
        found._files, found._held = list(self._files), set(self._held)
        found._entry = self._entry and self._entry.copied()
        return found

    def note(self, writer: "Writer", table: Table, rows: Sequence[bulk.Row]) -> None:
        """Rows were recorded, each with a value for every column in the table's order."""
        shape = _SHAPES.get(table.name)
        if shape is None or self.whole:
            return
        if table is _COMPLETED:
            self._files += [row[0] for row in rows]
            return
        part = self._part(shape)
        for row in rows:
            part.add(row)
        if len(part.marks) >= _PIECE * MARK:
            self._begun(writer).write(self._parts.pop(table.name))

    def changed(self, held_claims: Iterable[int]) -> None:
        """The states of these held claims were changed."""
        self._held.update(held_claims)

    def close(self, writer: "Writer") -> None:
        """Write the entry of this transaction, where it recorded anything."""
        if self.whole:
            seal(writer.connection)
            return
        self._again(writer.connection, _COMPLETED, self._files)
        self._again(writer.connection, HELD, sorted(self._held))
        if self.counted:
            self._read(writer.connection.execute(select(COUNTERS)).fetchall(), COUNTERS)
        if self._parts or self._entry:
            entry = self._begun(writer)
            for name in list(self._parts):  # the run's own row may have come with the entry
                entry.write(self._parts.pop(name))
            entry.done()

    def _again(self, connection: Connection, table: Table, numbers: Sequence[int]) -> None:
        """Rows as they are at the end of the transaction."""
        for batch in bulk.batches(numbers):
            query = select(table).where(table.c.id.in_(batch)).order_by(table.c.id)
            self._read(connection.execute(query).fetchall(), table)

    def _part(self, shape: Shape) -> _Part:
        return self._parts.setdefault(shape.table.name, _Part(shape))

    def _read(self, rows: Iterable[Sequence[Any]], table: Table) -> None:
        part = self._part(_SHAPES[table.name])
        for row in rows:
            part.add(row)

    def _begun(self, writer: "Writer") -> "_Entry":
        if self._entry is None:
            run_id, at = writer.recorded
            self._entry = _Entry(writer.connection, run_id, at)
        return self._entry


class _Entry:
    """An entry while its parts are written."""

    def __init__(self, connection: Connection, run_id: int | None, at: str) -> None:
        self._connection = connection
        last = connection.execute(
            select(journal.c.id, journal.c.digest).order_by(journal.c.id.desc()).limit(1)
        ).one_or_none()
        number, previous = (last.id + 1, last.digest) if last else (1, "")
        self._row = (number, run_id, at, previous)
        self.digest = entry_digest(self._row)
        self._count = 0

    def copied(self) -> "_Entry":
        """A copy that goes on by itself."""
        found = copy(self)
        found.digest = self.digest.copy()
        return found

    def write(self, part: _Part) -> None:
        """Add a part."""
        self._count += 1
        head = (self._count, part.shape.table.name, part.shape.names, _ENCODE(part.keys))
        marks = bytes(part.marks)
        digest_part(self.digest, head, marks)
        bulk.insert(self._connection, journal_part, [(self._row[0], *head, marks)])

    def done(self) -> None:
        """Add the entry itself."""
        bulk.insert(self._connection, journal, [(*self._row, self.digest.hexdigest())])


def entry_digest(row: Sequence[Any]) -> Any:
    """The digest of an entry's own columns, to be fed with its parts."""
    return hashlib.sha256(_ENCODE(list(row)).encode())


def digest_part(digest: Any, head: Sequence[Any], marks: bytes) -> None:
    """Feed a part to its entry's digest."""
    digest.update(_ENCODE([*head, len(marks)]).encode())
    digest.update(marks)


def seal(connection: Connection) -> None:
    """Take all facts there are as they are, in one entry of no run: after an upgrade, in a copy."""
    latest = connection.execute(select(func.max(tables.run.c.started_at))).scalar()
    entry: _Entry | None = None
    for shape in _SHAPES.values():
        query = select(shape.table).order_by(*shape.table.primary_key)
        part = _Part(shape)
        for row in connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
            part.add(row)
            if len(part.marks) >= _PIECE * MARK:
                entry = entry or _Entry(connection, None, latest or "")
                entry.write(part)
                part = _Part(shape)
        if part.marks:
            entry = entry or _Entry(connection, None, latest or "")
            entry.write(part)
    if entry:
        entry.done()


def head(connection: Connection) -> tuple[int, str]:
    """How many entries there are, and the digest of the newest; empty where there is none."""
    count = connection.execute(select(func.count()).select_from(journal)).scalar_one()
    newest = select(journal.c.digest).order_by(journal.c.id.desc()).limit(1)
    return int(count), str(connection.execute(newest).scalar() or "")


def told(entries: int, digest: str) -> str:
    """A head as it is told on pages: enough figures that nobody makes another journal with them."""
    if not entries:
        return ""
    return f"Journal: {entries:,} {'entry' if entries == 1 else 'entries'}, head {digest[:TOLD]}"
