"""What a command has to say, before it has a shape."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import frozen

# A text is folded between words, a list (a sequence) between its items, the others never.
Kind = Literal["text", "list", "id", "date", "money", "number"]
Place = Literal["row", "below", "file"]
Row = Mapping[str, Any]  # values: str, Decimal, date, int, None or a sequence of str


@frozen(kw_only=True)
class Column:
    """One column. ``place``: in the row, in a line below the row, or in csv and xlsx only.

    ``once``: a table for people shows a value only where it differs from the row above.
    ``in_files``: csv and xlsx have it; not so what only joins values of other columns.
    """

    key: str
    title: str
    kind: Kind = "text"
    place: Place = "row"
    once: bool = False
    in_files: bool = True
    heading: str = ""  # in xlsx, where the title is but a label

    @property
    def header(self) -> str:
        """What stands over the column in a workbook."""
        return self.heading or self.title[:1].upper() + self.title[1:]


@frozen(kw_only=True)
class Table:
    """Rows under a title. ``rows`` may be an iterator: it is read once.

    ``notes`` stand below the table for people only; ``empty`` is said when there are no rows.
    ``tight``: no empty line between rows that have lines below them.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    title: str = ""
    totals: Row | None = None
    notes: tuple[str, ...] = ()
    empty: str = ""
    sheet: str = ""  # its name in a workbook
    tight: bool = False


@frozen(kw_only=True)
class Result:
    """One answer in all its shapes.

    ``data`` is what ``--format json`` prints; an iterator, also as a value of an object, is printed
    as an array, item by item.
    ``tables`` are printed for people; csv holds all their rows in one, xlsx a sheet for each kind.
    """

    data: Any
    tables: tuple[Table, ...] = ()
    text: tuple[str, ...] = ()  # lines before the tables, for people only
