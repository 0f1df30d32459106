"""Tables for people: they fit 80 to 120 columns, and nothing is cut off.

A short value keeps its column on one line; long texts stand below their row, over the whole width.
"""

import itertools
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final

from attrs import frozen
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from claimline.render.cells import cell, lines_of, visible
from claimline.render.values import Column, Result, Row, Table

NARROWEST: Final = 60
WIDEST: Final = 120
PIPED: Final = 100  # where the output is no terminal
SHORTEST: Final = 6  # no column is made narrower than this
GAP: Final = "  "  # between columns
INDENT: Final = 4  # of the texts below a row
LABEL: Final = 10  # room for their labels
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
    width = console.width if console.is_terminal else PIPED
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
    across = [c for c in table.columns if c.place == "row" and _is_used(c, rows)]
    below = [column for column in table.columns if column.place == "below"]
    shown = [*rows, table.totals] if table.totals is not None else rows
    widths = _widths(across, shown, pen.width)
    rule = pen.paint("\u2500" * pen.width, "dim")
    yield from _line(across, widths, {c.key: c.title for c in across}, pen, style="bold")
    yield rule
    above: Row = {}
    for row in rows:
        yield from _line(across, widths, {**row, **_repeated(across, row, above)}, pen)
        for column in below:
            yield from _labelled(column.title, lines_of(row.get(column.key)), pen)
        if below and not table.tight:
            yield ""
        above = row
    if table.totals is not None:
        yield rule
        yield from _line(across, widths, table.totals, pen, style="bold")


def _is_used(column: Column, rows: list[Row]) -> bool:
    """Whether any row has something in this column: empty columns take room from the others."""
    return any(cell(row.get(column.key)) for row in rows)


def _repeated(columns: list[Column], row: Row, above: Row) -> Row:
    """The values that stand in the row above too, from the left, as empty ones."""
    same = itertools.takewhile(
        lambda column: row.get(column.key) == above.get(column.key),
        (column for column in columns if column.once),
    )
    return {column.key: "" for column in same}


def _labelled(label: str, text: str, pen: Pen) -> Iterator[str]:
    """A label and a text that wraps beside it, not under it; nothing for an empty text."""
    if not text:
        return
    room = pen.width - INDENT - LABEL
    lines = (part for line in text.split("\n") for part in _wrapped(line, room))
    for number, line in enumerate(lines):
        head = f"{label if number == 0 else '':<{LABEL}}"
        yield " " * INDENT + pen.paint(head, "dim") + line


def _wrapped(text: str, room: int) -> list[str]:
    """A text in lines of at most ``room`` characters, every word kept."""
    if len(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_on_hyphens=False) or [""]


def _line(
    columns: Sequence[Column], widths: Sequence[int], row: Row, pen: Pen, *, style: str = ""
) -> Iterator[str]:
    """One row in its columns; a text wider than its column goes on under itself.

    Words staff look for are coloured.
    """
    cells = [
        _wrapped(cell(row.get(column.key)), width)
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


def _widths(columns: list[Column], rows: Iterable[Row], room: int) -> list[int]:
    """The width of each column: its longest value; the widest texts give way until all fit.

    They are broken between words first, within words only where that is not enough.
    """
    widths = [len(column.title) for column in columns]
    words = widths.copy()
    for row in rows:
        for index, column in enumerate(columns):
            text = cell(row.get(column.key))
            if len(text) > words[index]:
                widths[index] = max(widths[index], len(text))
                words[index] = max(words[index], *map(len, text.split()))
    free = [index for index, column in enumerate(columns) if column.kind == "text"]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    for floors in (words, [SHORTEST] * len(words)):
        while excess > 0:
            wide = [index for index in free if widths[index] > floors[index]]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
            excess -= 1
    return widths
