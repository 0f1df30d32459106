"""The journal of facts, checked: its entries one after the other, then every row by its mark.

What it finds: a fact that was changed, removed, or put in beside Claimline, and an entry that was
changed or is gone. What it cannot find: that somebody made the whole journal anew, or cut off its
newest entries with their facts. For that the digest of the newest entry is told each night: kept
elsewhere, it stands in the journal as long as the journal is the one that grew from it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, func, select

from reconcile.ledger.journal import (
    COUNTERS,
    MARK,
    Shape,
    digest_part,
    entry_digest,
    mark,
    shapes,
)
from reconcile.ledger.tables_journal import journal, journal_part

ENTRIES: Final = "journal"
CHANGED, MISSING, ADDED = "changed", "missing", "not recorded"
BROKEN: Final = "does not follow from the one before"
_ROWS_AT_ONCE: Final = 1000
_J: Final = journal.c
_P: Final = journal_part.c
Key = tuple[Any, ...]


@frozen(kw_only=True)
class Fault:
    """A fact, or an entry of the journal, that is not as it was recorded."""

    table: str  # ``journal`` for an entry itself
    key: Key
    how: str  # changed, missing, not recorded ...
    entry: int  # of the journal; 0: none


@frozen(kw_only=True)
class Counted:
    """The rows of one table: recorded in the journal, there, and how many are not the same."""

    table: str
    recorded: int
    there: int
    broken: int


def check(connection: Connection) -> Iterator[Fault | Counted]:
    """Look at every entry and every fact; memory stays flat.

    Args:
        connection: an open snapshot.

    Yields:
        The faults of a table, then what it came to; the journal's own entries first.
    """
    yield from _entries(connection)
    for shape in shapes().values():
        known = _numbered(connection, shape) if shape.numbered else _keyed(connection, shape)
        yield from known


def has(connection: Connection, digest: str) -> bool:
    """Whether an entry's digest begins so: the journal grew from the one it was told of."""
    found = select(func.count()).select_from(journal).where(_J.digest.startswith(digest.lower()))
    return bool(connection.execute(found).scalar_one())


# --- the entries themselves ----------------------------------------------------------------------


def _entries(connection: Connection) -> Iterator[Fault | Counted]:
    """Each entry follows from the one before, and its digest is that of its parts."""
    there = broken = 0
    last = previous = None
    digests = _digests(connection)
    made = next(digests, None)
    rows = connection.execute(select(journal).order_by(_J.id)).fetchall()
    for row in rows:
        there += 1
        while made is not None and made[0] < row.id:  # parts of an entry that is gone
            made = next(digests, None)
        digest = entry_digest(tuple(row)[:-1])
        if made is not None and made[0] == row.id:
            for part in made[1]:
                digest_part(digest, *part)
            made = next(digests, None)
        follows = row.id == (last or 0) + 1 and row.previous == (previous or "")
        if not follows or digest.hexdigest() != row.digest:
            broken += 1
            yield Fault(table=ENTRIES, key=(row.id,), how=BROKEN if not follows else CHANGED,
                        entry=row.id)  # fmt: skip
        last, previous = row.id, row.digest
    yield Counted(table=ENTRIES, recorded=there, there=there, broken=broken)


def _digests(connection: Connection) -> Iterator[tuple[int, Iterator[tuple[Any, bytes]]]]:
    """The parts of each entry, entry by entry."""
    numbers = select(_P.journal_id).distinct().order_by(_P.journal_id)
    for number in connection.execute(numbers).scalars().fetchall():
        yield number, _parts_of(connection, number)


def _parts_of(connection: Connection, number: int) -> Iterator[tuple[Any, bytes]]:
    query = select(journal_part).where(_P.journal_id == number).order_by(_P.number)
    for row in connection.execute(query.execution_options(yield_per=20)):
        yield tuple(row)[1:-1], _bytes(row.marks)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""


# --- the facts -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Run:
    """Rows one after the other that were recorded together."""

    first: int
    count: int
    entry: int
    part: int
    place: int  # of the first among the part's marks
    columns: str


def _numbered(connection: Connection, shape: Shape) -> Iterator[Fault | Counted]:
    """The rows of a table with row numbers, beside their marks, in the order of the numbers."""
    recorded = there = broken = 0
    expected = _expected(connection, shape)
    one = next(expected, None)
    query = select(shape.table).order_by(*shape.table.primary_key)
    names = _names(shape)
    for row in connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        number = row[shape.key[0]]
        there += 1
        while one is not None and one[0] < number:
            recorded, broken = recorded + 1, broken + 1
            yield Fault(table=shape.table.name, key=(one[0],), how=MISSING, entry=one[1])
            one = next(expected, None)
        if one is None or one[0] != number:
            broken += 1
            yield Fault(table=shape.table.name, key=(number,), how=ADDED, entry=0)
            continue
        recorded += 1
        if not _same(shape, row, one[2], one[3], names):
            broken += 1
            yield Fault(table=shape.table.name, key=(number,), how=CHANGED, entry=one[1])
        one = next(expected, None)
    while one is not None:
        recorded, broken = recorded + 1, broken + 1
        yield Fault(table=shape.table.name, key=(one[0],), how=MISSING, entry=one[1])
        one = next(expected, None)
    yield Counted(table=shape.table.name, recorded=recorded, there=there, broken=broken)


def _expected(connection: Connection, shape: Shape) -> Iterator[tuple[int, int, bytes, str]]:
    """Row number, entry, mark and columns of every recorded row, in the order of the numbers."""
    at: tuple[int, int] = (0, 0)
    marks = b""
    last: int | None = None
    for run in sorted(_runs(connection, shape), key=lambda run: (run.first, -run.entry)):
        if at != (run.entry, run.part):
            at = (run.entry, run.part)
            query = select(_P.marks).where(_P.journal_id == run.entry, _P.number == run.part)
            marks = _bytes(connection.execute(query).scalar())
        for offset in range(run.count):
            number = run.first + offset
            if last is not None and number <= last:  # told twice: only of a changed journal
                continue
            last = number
            begin = (run.place + offset) * MARK
            yield number, run.entry, marks[begin : begin + MARK], run.columns


def _runs(connection: Connection, shape: Shape) -> Iterator[_Run]:
    query = (
        select(_P.journal_id, _P.number, _P.columns, _P.rows)
        .where(_P.table == shape.table.name)
        .order_by(_P.journal_id, _P.number)
    )
    for entry, part, columns, keys in connection.execute(query).fetchall():
        place = 0
        for key in _keys(keys, 2):
            first, count = key
            if not (isinstance(first, int) and isinstance(count, int)) or count > LARGEST:
                continue  # the digest of the entry tells
            yield _Run(first=first, count=count, entry=entry, part=part, place=place,
                       columns=columns)  # fmt: skip
            place += count


LARGEST: Final = 10_000_000  # rows in a part: more were never written


def _keys(text: str, length: int) -> list[list[Any]]:
    """The keys of a part; none where somebody made them something else."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return []
    if not isinstance(found, list):
        return []
    return [key for key in found if isinstance(key, list) and len(key) == length]


def _keyed(connection: Connection, shape: Shape) -> Iterator[Fault | Counted]:
    """The rows of a table with another key; there are few."""
    name = shape.table.name
    marks = _marks(connection, shape)
    names = _names(shape)
    recorded, there, broken = len(marks), 0, 0
    for row in connection.execute(select(shape.table).order_by(*shape.table.primary_key)):
        there += 1
        key = tuple(row[place] for place in shape.key)
        found = marks.pop(key, None)
        if found is None:
            broken += 1
            yield Fault(table=name, key=key, how=ADDED, entry=0)
        elif not _same(shape, row, found[1], found[2], names):
            broken += 1
            yield Fault(table=name, key=key, how=CHANGED, entry=found[0])
    for key, (entry, _, _) in marks.items():
        broken += 1
        yield Fault(table=name, key=key, how=MISSING, entry=entry)
    yield Counted(table=name, recorded=recorded, there=there, broken=broken)


def _marks(connection: Connection, shape: Shape) -> dict[Key, tuple[int, bytes, str]]:
    """Entry, mark and columns by key; of a counter that was told again the newest."""
    query = select(journal_part).where(_P.table == shape.table.name)
    if shape.table is COUNTERS:  # each entry tells all of them
        newest = select(func.max(_P.journal_id)).where(_P.table == shape.table.name)
        query = query.where(_P.journal_id == newest.scalar_subquery())
    found: dict[Key, tuple[int, bytes, str]] = {}
    for row in connection.execute(query.order_by(_P.journal_id, _P.number)):
        marks = _bytes(row.marks)
        for place, key in enumerate(_keys(row.rows, len(shape.key))):
            if not any(isinstance(part, list | dict) for part in key):
                of_row = marks[place * MARK : (place + 1) * MARK]
                found[tuple(key)] = (row.journal_id, of_row, row.columns)
    return found


def _names(shape: Shape) -> Mapping[str, int]:
    return {column.name: place for place, column in enumerate(shape.table.columns)}


def _same(shape: Shape, row: Any, wanted: bytes, columns: str, names: Mapping[str, int]) -> bool:
    """Whether a row has its mark, which is over the columns there were when it was recorded."""
    try:
        if columns == shape.names:
            return mark(shape.pick(row)) == wanted
        return mark([row[names[name]] for name in json.loads(columns)]) == wanted
    except (TypeError, ValueError, KeyError):  # what no recorded row can hold
        return False
