"""What a command has to say, before it has a shape."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import frozen

Kind = Literal["text", "id", "money", "number"]  # an id is never broken over two lines
Place = Literal["row", "below", "file"]
Row = Mapping[str, Any]  # values: str, Decimal, date, int, None or a sequence of str


@frozen(kw_only=True)
class Column:
    """One column. ``place``: in the row, in a line below the row, or in csv and xlsx only.

    ``once``: a table for people shows a value only where it differs from the row above.
    """

    key: str
    title: str
    kind: Kind = "text"
    place: Place = "row"
    once: bool = False


@frozen(kw_only=True)
class Table:
    """Rows under a title. ``rows`` may be an iterator: it is read once.

    ``notes`` stand below the table for people only; ``empty`` is said when there are no rows.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    title: str = ""
    totals: Row | None = None
    notes: tuple[str, ...] = ()
    empty: str = ""


@frozen(kw_only=True)
class Result:
    """One answer in all its shapes.

    ``data`` is what ``--format json`` prints; an iterator is printed as an array, item by item.
    ``tables`` are printed for people; the first is what csv, xlsx and html hold.
    """

    data: Any
    tables: tuple[Table, ...] = ()
    text: tuple[str, ...] = ()  # lines before the tables, for people only
