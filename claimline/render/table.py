"""Tables for people: they fit 80 to 120 columns, and nothing is cut off.

A short value keeps its column on one line; long texts stand below their row, over the whole width.
"""

import itertools
import textwrap
from collections.abc import Iterable
from typing import IO, Final, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from claimline.render.cells import cell, lines_of
from claimline.render.values import Column, Result, Row, Table

NARROWEST: Final = 60
WIDEST: Final = 120
PIPED: Final = 100  # where the output is no terminal
SHORTEST: Final = 6  # no column is made narrower than this
INDENT: Final = 4  # of the texts below a row
LABEL: Final = 10  # room for their labels
STYLES: Final = {  # of the words staff look for
    "denied": "bold red", "reduced": "yellow", "reversed": "magenta", "unmatched": "cyan",
    "paid": "green", "error": "bold red", "warning": "yellow", "held": "yellow", "no": "red",
}  # fmt: skip


def write_tables(result: Result, stream: IO[str]) -> None:
    """Print the result's lines and all its tables."""
    console = make_console(stream)
    with console.capture() as captured:
        for line in result.text:
            console.print(Text(cell(line)))
        for number, table in enumerate(result.tables):
            if number or result.text:
                console.print()
            _write(console, table)
    text = captured.get()
    if not console.is_terminal:  # rich pads every line to its width
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    stream.write(text)


def make_console(stream: IO[str]) -> Console:
    """A console on a stream, as wide as a table should be; plain text where it is no terminal."""
    console = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False)
    width = console.width if console.is_terminal else PIPED
    console.width = min(max(width, NARROWEST), WIDEST)
    return console


def _write(console: Console, table: Table) -> None:
    """One table: title, rows, what is below each row, totals, notes."""
    rows = list(table.rows)
    if table.title:
        console.print(Text(table.title, style="bold"))
    if rows:
        below = [column for column in table.columns if column.place == "below"]
        across = [c for c in table.columns if c.place == "row" and _is_used(c, rows)]
        if below:
            _write_cards(console, table, rows, across, below)
        else:
            console.print(_grid(across, rows, table.totals))
    elif table.empty:
        console.print(Text(table.empty))
    for note in table.notes:
        console.print(Text(cell(note)))


def _is_used(column: Column, rows: list[Row]) -> bool:
    """Whether any row has something in this column: empty columns take room from the others."""
    return any(cell(row.get(column.key)) for row in rows)


def _grid(columns: list[Column], rows: list[Row], totals: Row | None) -> RichTable:
    """A plain table with a header and, where given, a row of totals."""
    grid = RichTable(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        show_footer=totals is not None,
    )
    for column in columns:
        footer = Text(cell(totals.get(column.key)), style="bold") if totals is not None else ""
        grid.add_column(
            column.title,
            footer=footer,
            justify=_side(column),
            overflow="fold",
            no_wrap=column.kind != "text",
        )
    above: Row = {}
    for row in rows:
        grid.add_row(*_texts(columns, {**row, **_repeated(columns, row, above)}))
        above = row
    return grid


def _repeated(columns: list[Column], row: Row, above: Row) -> Row:
    """The values that stand in the row above too, from the left, as empty ones."""
    same = itertools.takewhile(
        lambda column: row.get(column.key) == above.get(column.key),
        (column for column in columns if column.once),
    )
    return {column.key: "" for column in same}


def _side(column: Column) -> Literal["left", "right"]:
    """Words stand left, numbers right."""
    return "left" if column.kind in {"text", "id"} else "right"


def _write_cards(
    console: Console, table: Table, rows: list[Row], across: list[Column], below: list[Column]
) -> None:
    """Rows in aligned columns, each with its long texts under it."""
    shown = [*rows, table.totals] if table.totals is not None else rows
    widths = _widths(across, shown, console.width)
    heads = {column.key: column.title for column in across}
    console.print(_line(across, widths, heads, style="bold"))
    console.rule(style="dim")
    for row in rows:
        card = _line(across, widths, row)
        for column in below:
            _append_labelled(card, column.title, lines_of(row.get(column.key)), console.width)
        card.append("\n")
        console.print(card, no_wrap=True, overflow="ignore", crop=False)
    if table.totals is not None:
        console.rule(style="dim")
        console.print(_line(across, widths, table.totals, style="bold"))


def _append_labelled(card: Text, label: str, text: str, width: int) -> None:
    """A label and a text that wraps beside it, not under it; nothing for an empty text."""
    if not text:
        return
    room = width - INDENT - LABEL
    lines = [part for line in text.split("\n") for part in _wrapped(line, room)]
    for number, line in enumerate(lines):
        card.append(f"\n{' ' * INDENT}")
        card.append(f"{label if number == 0 else '':<{LABEL}}", style="dim")
        card.append(line)


def _wrapped(text: str, room: int) -> list[str]:
    """A text in lines of at most ``room`` characters, every word kept."""
    return textwrap.wrap(text, room, break_on_hyphens=False) or [""]


def _line(columns: list[Column], widths: list[int], row: Row, *, style: str = "") -> Text:
    """One row in its columns; a text wider than its column goes on under itself."""
    cells = [
        _wrapped(cell(row.get(column.key)), width)
        for column, width in zip(columns, widths, strict=True)
    ]
    line = Text()
    for number in range(max(map(len, cells))):
        if number:
            line.append("\n")
        for column, width, parts in zip(columns, widths, cells, strict=True):
            part = parts[number] if number < len(parts) else ""
            text = f"{part:<{width}}" if _side(column) == "left" else f"{part:>{width}}"
            line.append(text, style=style or STYLES.get(part, ""))
            line.append("  ")
    line.rstrip()
    return line


def _texts(columns: Iterable[Column], row: Row) -> list[Text]:
    """The cells of a row; words staff look for are coloured, data is never read as markup."""
    texts = (cell(row.get(column.key)) for column in columns)
    return [Text(text, style=STYLES.get(text, "")) for text in texts]


def _widths(columns: list[Column], rows: list[Row], room: int) -> list[int]:
    """The width of each column: its longest value; the widest give way until all fit."""
    titles = {column.key: column.title for column in columns}
    widths = [max(len(cell(row.get(c.key))) for row in [titles, *rows]) for c in columns]
    free = [index for index, column in enumerate(columns) if column.kind == "text"]
    while sum(widths) + 2 * len(widths) > room and free:
        widest = max(free, key=lambda index: widths[index])
        if widths[widest] <= SHORTEST:
            break
        widths[widest] -= 1
    return widths
