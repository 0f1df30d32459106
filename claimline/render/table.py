"""Tables for people: they fit 50 to 120 columns, and nothing is cut off.

Codes, numbers, dates and amounts are never broken: texts fold between words, lists between their
items, and a column that does not fit then stands below its row, as long texts do.
"""

import itertools
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final

from attrs import frozen
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from claimline import settings
from claimline.render.cells import cell, lines_of, separator, visible
from claimline.render.values import Column, Result, Row, Table

NARROWEST: Final = 40
WIDEST: Final = 120
PIPED: Final = 100  # where the output is no terminal and COLUMNS says nothing
SHORTEST: Final = 12  # no text is folded into a narrower column
GAP: Final = "  "  # between columns
INDENT: Final = 4  # of the texts below a row
LABEL: Final = 10  # room for their labels, at least
FOLDED: Final = frozenset({"text", "list"})  # kinds that may go on under themselves
STYLES: Final = {  # of the words staff look for
    "denied": "bold red", "reduced": "yellow", "reversed": "magenta", "unmatched": "cyan",
    "paid": "green", "error": "bold red", "warning": "yellow", "held": "yellow", "no": "red",
}  # fmt: skip


@frozen
class Pen:
    """How wide to write, and whether in colour."""

    width: int
    colour: bool

    def paint(self, text: str, style: str) -> str:
        """A text in a style, where there is colour."""
        if not self.colour or not style or not text:
            return text
        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


def write_tables(result: Result, stream: IO[str]) -> None:
    """Print the result's lines and all its tables."""
    console = make_console(stream)
    pen = Pen(width=console.width, colour=console.is_terminal and not console.no_color)
    for line in _all(result, pen):
        stream.write(f"{line.rstrip()}\n")


def make_console(stream: IO[str]) -> Console:
    """A console on a stream, as wide as a table should be; plain text where it is no terminal."""
    console = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False)
    width = console.width if console.is_terminal else settings.columns() or PIPED
    console.width = min(max(width, NARROWEST), WIDEST)
    return console


def _all(result: Result, pen: Pen) -> Iterator[str]:
    """All lines of a result, tables with an empty line between them."""
    for text in result.text:
        yield from _paragraph(text, pen)
    for number, table in enumerate(result.tables):
        if number or result.text:
            yield ""
        yield from _table(table, pen)


def _paragraph(text: str, pen: Pen, style: str = "") -> Iterator[str]:
    """A text in lines that fit; what goes on is as far to the right as it began."""
    for part in text.split("\n"):
        shown = visible(part)
        indent = " " * (len(shown) - len(shown.lstrip()))
        for line in _wrapped(shown.strip(), pen.width - len(indent)):
            yield indent + pen.paint(line, style)


def _table(table: Table, pen: Pen) -> Iterator[str]:
    """One table: title, rows, what is below each row, totals, notes."""
    rows = list(table.rows)
    if table.title:
        yield from _paragraph(table.title, pen, "bold")
    if rows:
        yield from _rows(table, rows, pen)
    elif table.empty:
        yield from _paragraph(table.empty, pen)
    for note in table.notes:
        yield from _paragraph(note, pen)


def _rows(table: Table, rows: list[Row], pen: Pen) -> Iterator[str]:
    """Rows in aligned columns, each with its long texts under it."""
    shown = [*rows, table.totals] if table.totals is not None else rows
    sizes = [_size(c, rows, shown) for c in table.columns if c.place == "row"]
    across, moved = _arranged([size for size in sizes if size.used], pen.width)
    below = [*moved, *(c for c in table.columns if c.place == "below" and _is_used(c, rows))]
    columns = [size.column for size in across]
    widths = _widths(across, pen.width)
    once = [size.column for size in sizes if size.column.once]
    rule = pen.paint("\u2500" * pen.width, "dim")
    yield from _line(columns, widths, {c.key: c.title for c in columns}, pen, style="bold")
    yield rule
    above: Row = {}
    for row in rows:
        told = {**row, **_repeated(once, row, above)}
        yield from _line(columns, widths, told, pen)
        yield from _below(below, told, pen)
        if below and not table.tight:
            yield ""
        above = row
    if table.totals is not None:
        yield rule
        yield from _line(columns, widths, table.totals, pen, style="bold")
        yield from _below(moved, table.totals, pen)


@frozen
class _Size:
    """How much room a column takes: all it would like, and the least that breaks nothing."""

    column: Column
    used: bool  # empty columns take room from the others
    widest: int
    least: int


def _size(column: Column, rows: Iterable[Row], shown: Iterable[Row]) -> _Size:
    """A column's longest value and its longest part that must not be broken."""
    used = _is_used(column, rows)
    widest = len(column.title)
    least = max(map(len, column.title.split()), default=0)
    for row in shown:
        value = row.get(column.key)
        length = len(cell(value))
        widest = max(widest, length)
        if length > least:
            least = max(least, *map(len, _parts(column, value)))
    if column.kind == "text":
        least = max(least, min(SHORTEST, widest))
    return _Size(column, used, widest, least)


def _is_used(column: Column, rows: Iterable[Row]) -> bool:
    """Whether any row has something in this column."""
    return any(cell(row.get(column.key)) for row in rows)


def _parts(column: Column, value: object) -> list[str]:
    """What of a value must stay together: words of a text, items of a list, else all of it."""
    if column.kind == "list" and isinstance(value, tuple | list):
        items = [cell(item) for item in value if item]
        mark = separator(items).rstrip()
        return [f"{item}{mark}" for item in items[:-1]] + items[-1:] or [""]
    text = cell(value)
    return (text.split() or [""]) if column.kind == "text" else [text]


def _arranged(sizes: list[_Size], room: int) -> tuple[list[_Size], list[Column]]:
    """The columns that stand in the row, and those that have to go below it.

    Texts and lists go first, the widest of them before the others; then the last columns.
    """
    across = list(sizes)
    while len(across) > 1 and sum(s.least for s in across) + len(GAP) * (len(across) - 1) > room:
        folded = [size for size in across[1:] if size.column.kind in FOLDED]
        across.remove(max(folded, key=lambda size: size.least) if folded else across[-1])
    return across, [size.column for size in sizes if size not in across]


def _widths(sizes: Sequence[_Size], room: int) -> list[int]:
    """The width of each column: its longest value; the widest give way until all fit."""
    widths = [size.widest for size in sizes]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0:
        wide = [index for index, size in enumerate(sizes) if widths[index] > size.least]
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
        excess -= 1
    return [min(width, room) for width in widths]


def _repeated(columns: list[Column], row: Row, above: Row) -> Row:
    """The values that stand in the row above too, from the left, as empty ones."""
    same = itertools.takewhile(lambda column: row.get(column.key) == above.get(column.key), columns)
    return {column.key: "" for column in same}


def _below(columns: Sequence[Column], row: Row, pen: Pen) -> Iterator[str]:
    """The texts below a row, each beside its label; nothing for an empty one."""
    label = max([LABEL, *(len(column.title) + 1 for column in columns)])
    room = pen.width - INDENT - label
    for column in columns:
        value = row.get(column.key)
        if column.kind == "list":
            lines = _folded(column, value, room)
        else:
            lines = [part for line in lines_of(value).split("\n") for part in _wrapped(line, room)]
        if not any(lines):
            continue
        for number, line in enumerate(lines):
            head = f"{column.title if number == 0 else '':<{label}}"
            yield " " * INDENT + pen.paint(head, "dim") + line


def _wrapped(text: str, room: int) -> list[str]:
    """A text in lines of at most ``room`` characters, every word kept."""
    if len(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_on_hyphens=False) or [""]


def _folded(column: Column, value: object, width: int) -> list[str]:
    """A value in lines of its column's width; a list is folded between its items only."""
    if column.kind != "list" or len(cell(value)) <= width:
        return _wrapped(cell(value), width)
    lines = [""]
    for part in _parts(column, value):
        joined = f"{lines[-1]} {part}".strip()
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines += _wrapped(part, width)
    return [line for line in lines if line]


def _line(
    columns: Sequence[Column], widths: Sequence[int], row: Row, pen: Pen, *, style: str = ""
) -> Iterator[str]:
    """One row in its columns; a text wider than its column goes on under itself.

    Words staff look for are coloured.
    """
    cells = [
        _folded(column, row.get(column.key), width)
        for column, width in zip(columns, widths, strict=True)
    ]
    for parts in itertools.zip_longest(*cells, fillvalue=""):
        yield GAP.join(
            pen.paint(_placed(column, part, width), style or STYLES.get(part, ""))
            for column, part, width in zip(columns, parts, widths, strict=True)
        )


def _placed(column: Column, text: str, width: int) -> str:
    """A text in its column: words left, numbers right."""
    return text.rjust(width) if column.kind in {"money", "number"} else text.ljust(width)
