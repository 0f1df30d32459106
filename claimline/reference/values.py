"""What is imported: its kind, edition and place, and how an importer looks from outside."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from claimline.reference.sheets import Sheet
from edi.problem import Place, Problem

Row = tuple[Any, ...]
MOST_PROBLEMS = 50  # of one sheet that are told; the others are counted


@frozen(kw_only=True)
class Options:
    """What the user says where neither the file nor its name tells."""

    table: str = ""  # medicare, medicaid, medicaid:TX, own:PAYER
    first: dt.date | None = None  # --from: first day the table is good for


@frozen(kw_only=True)
class Edition:
    """Which table a sheet is. One edition (kind, table, first day) may come in several parts."""

    table: str = ""  # medicare, medicaid, medicaid:TX, own:PAYER; empty where a kind has but one
    version: str  # as a claim cites it: "v321r0", "2026-04-01"
    first: dt.date
    last: dt.date | None = None
    part: str = ""  # 1 to 4; empty: whole


@frozen(kw_only=True)
class Importer:
    """Knows one kind of file. See ``claimline.reference.importers``."""

    kind: str  # also the name of the database table its rows go to
    title: str  # what a person calls it
    expects: str  # what such a file looks like, for who gives another one
    parts: int = 1
    recognise: Callable[[Sheet], bool]
    edition: Callable[[Sheet, Options], Edition]
    rows: Callable[[Sheet, "Faults"], Iterator[Row]]


class Faults:
    """The rows of a sheet that were not taken: the first of them as problems, all counted."""

    def __init__(self, name: str, *, is_workbook: bool) -> None:
        self._name = name
        self._is_workbook = is_workbook
        self._problems: list[Problem] = []
        self.count = 0

    def add(self, number: int, message: str) -> None:
        """A row that is wrong. ``number``: line of the text file, or row of the workbook."""
        self.count += 1
        if len(self._problems) < MOST_PROBLEMS:
            line, row = (0, number) if self._is_workbook else (number, 0)
            where = Place(file=self._name, line=line, row=row)
            self._problems.append(Problem(code="tables.row", message=message, where=where))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is told, in the order of the file."""
        return tuple(self._problems)


@frozen(kw_only=True)
class Imported:
    """A sheet that is in the database."""

    id: int
    kind: str
    edition: Edition
    digest: str  # sha256 of the bytes, hexadecimal
    file: str
    rows: int
    refused: int  # rows that were not taken
    low: str  # lowest and highest first column: a code pair outside is in another part
    high: str
    imported_at: str  # UTC, ISO 8601
