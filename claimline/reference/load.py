"""A file's tables into the database: recognised by content, whole or not at all."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Literal

from attrs import frozen

from claimline.errors import CommandError, WrongUsageError
from claimline.reference.database import COLUMNS, Database
from claimline.reference.importers import IMPORTERS
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Imported, Importer, Options, Row
from edi.problem import Problem, declare

declare(
    {
        "tables.row": ("a row of a reference table could not be taken; the others were",
            "get the file again; a file that was edited by hand is better not imported"),
    }
)  # fmt: skip


State = Literal["imported", "replaced", "same"]


class NoTableError(CommandError):
    """Nobody knows the file: in a zip there is much beside the tables."""


@frozen(kw_only=True)
class Loaded:
    """What came of one sheet."""

    imported: Imported
    importer: Importer
    state: State
    twice: int = 0  # rows that came again with the same key
    problems: tuple[Problem, ...] = ()


def importer_of(sheet: Sheet) -> Importer:
    """Who knows the file.

    Raises:
        CommandError: nobody.
    """
    start = "".join(sheet.head[:3]).lstrip().lower()
    if start.startswith(("<!doctype", "<html")):
        raise CommandError(
            f"{sheet.name}: this is a web page, not a table",
            todo="the site asks to accept a licence first: accept it, then save the file itself",
        )
    if "\0" in start:
        raise CommandError(
            f"{sheet.name}: this is no text as CMS ships it (it holds zero bytes)",
            todo="get the file again, and do not save it from another program",
        )
    for importer in IMPORTERS:
        if importer.recognise(sheet):
            return importer
    listed = "\n".join(f"  {importer.expects}" for importer in IMPORTERS)
    raise NoTableError(f"{sheet.name}: none of the tables known here", todo=f"known are\n{listed}")


def load(
    database: Database,
    sheet: Sheet,
    options: Options,
    *,
    replace: bool,
    now: dt.datetime,
    beside: Collection[int] = (),
) -> Loaded | None:
    """Take one sheet in. The same bytes again change nothing.

    ``beside`` are the imports that came of the same zip: a sheet that is one of them in another
    form gives ``None``.

    Raises:
        CommandError: nobody knows the file, or it has no row of data.
        WrongUsageError: what it is cannot be told, or the edition is there with other content.
    """
    importer = importer_of(sheet)
    edition = importer.edition(sheet, options)
    digest = sheet.digest
    with database.transaction():
        there = [one for one in database.imported(importer.kind) if _is_beside(one, edition)]
        for one in there:
            if one.digest == digest:  # under whatever name
                return Loaded(imported=one, importer=importer, state="same")
        before = [one for one in there if one.edition.part == edition.part]
        if any(one.id in beside for one in before):
            return None
        if before and not replace:
            raise WrongUsageError(
                f"{sheet.name}: {shown(importer, before[0].edition)} was imported on "
                f"{before[0].imported_at[:10]} with other content",
                todo="to take this one instead: --replace",
            )
        for one in before:
            database.remove(one)
        head = _Head(edition=edition, digest=digest, file=sheet.name, at=now)
        return _fill(database, sheet, importer, head, "replaced" if before else "imported")


def _is_beside(one: Imported, other: Edition) -> bool:
    """Whether it is of the same edition, perhaps another part."""
    return (one.edition.table, one.edition.first) == (other.table, other.first)


@frozen(kw_only=True)
class _Head:
    """What is kept of a sheet beside its rows."""

    edition: Edition
    digest: str
    file: str
    at: dt.datetime


def shown(importer: Importer, edition: Edition) -> str:
    """``NCCI pairs ... medicare v321r0, part 1``."""
    part = f", part {edition.part}" if edition.part else ""
    table = f" {edition.table}" if edition.table else ""
    return f"{importer.title}:{table} {edition.version}{part}"


def _fill(
    database: Database, sheet: Sheet, importer: Importer, head: _Head, state: State
) -> Loaded:
    """The sheet's rows, in the open transaction."""
    connection, kind = database.connection, importer.kind
    number = database.add(kind, head.edition, digest=head.digest, file=head.file, at=head.at)
    faults = Faults(sheet.name, is_workbook=sheet.is_workbook)
    counted = _Counted(importer.rows(sheet, faults), number)
    places = ", ".join("?" * (len(COLUMNS[kind]) + 1))
    insert = f"INSERT OR IGNORE INTO {kind} VALUES ({places})"  # noqa: S608 - our own names
    connection.executemany(insert, counted)
    key = COLUMNS[kind][0]
    rows, low, high = connection.execute(
        f"SELECT count(*), min({key}), max({key}) FROM {kind} WHERE imported = ?",  # noqa: S608 - our own names
        (number,),
    ).fetchone()
    if not rows:
        first = faults.problems[0].message if faults.problems else "no row of data"
        raise CommandError(
            f"{sheet.name}: nothing was imported: {first}",
            todo=f"expected is {importer.expects}",
        )
    connection.execute(
        "UPDATE imported SET rows = ?, refused = ?, low = ?, high = ? WHERE id = ?",
        (rows, faults.count, low, high, number),
    )
    return Loaded(
        imported=next(one for one in database.imported(kind) if one.id == number),
        importer=importer,
        state=state,
        twice=counted.count - rows,
        problems=faults.problems,
    )


class _Counted:
    """Rows under the number of their import, counted."""

    def __init__(self, rows: Iterator[Row], number: int) -> None:
        self._rows = rows
        self._number = number
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield (self._number, *row)
