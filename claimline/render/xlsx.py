"""A workbook a biller can open, filter, sort and sum: dates are dates and amounts numbers.

One sheet for each kind of table; rows are written as they come.
"""

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from claimline.errors import CommandError
from claimline.render.cells import cell
from claimline.render.values import Column, Result, Row, Table

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

WIDEST: Final = 48  # characters: beyond this a column wraps
SUM: Final = 14  # characters of a column that has 9,999,999.99 below it
LOOKED_AT: Final = 1000  # rows that decide how wide the columns are
MOST_ROWS: Final = 1_048_576  # that a sheet can hold, its header among them
ON_PAPER: Final = 200  # characters above or below a sheet; with signs doubled no more than 255
FORMATS: Final = {"money": "#,##0.00;[Red]-#,##0.00", "date": "yyyy-mm-dd", "number": "0.###"}
WHOLE: Final = "0"  # "0.###" would show 2 as "2."
FILL: Final = "FFE8EDF3"


def xlsx_bytes(result: Result) -> bytes:
    """The workbook's bytes.

    Raises:
        CommandError: openpyxl, an optional part of the installation, is missing, or there are
            more rows than a sheet can hold.
    """
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError as error:
        raise CommandError(
            "this installation cannot write xlsx files",
            todo="install it with: pip install 'claimline[xlsx]', or use --format csv",
        ) from error
    book = Workbook(write_only=True)
    for number, tables in enumerate(_kinds(result.tables), 1):
        first = tables[0]
        rows = chain.from_iterable(table.rows for table in tables)
        totals = first.totals if len(tables) == 1 else None
        sheet = book.create_sheet(first.sheet or f"Sheet {number}")
        _on_paper(sheet, first.title)
        _fill(sheet, first.columns, rows, totals)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _kinds(tables: Iterable[Table]) -> list[list[Table]]:
    """The tables by their columns: those of one kind go into one sheet."""
    kinds: dict[tuple[Column, ...], list[Table]] = {}
    for table in tables:
        kinds.setdefault(table.columns, []).append(table)
    return list(kinds.values())


def _on_paper(sheet: "WriteOnlyWorksheet", title: str) -> None:
    """Print all columns on one page's width, the header again on each, its title around."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0  # as many pages as there are
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    above, _, below = title.partition("\n")
    for place, said in ((sheet.oddHeader, above), (sheet.oddFooter, below)):
        if said:
            place.left.text = cell(said)[:ON_PAPER].replace("&", "&&")
    sheet.oddFooter.right.text = "&P / &N"


def _fill(
    sheet: "WriteOnlyWorksheet",
    columns: Sequence[Column],
    rows: Iterable[Row],
    totals: Row | None = None,
) -> None:
    """Fill a sheet: frozen header, filter, a width that shows what is in it.

    Totals stand below an empty row, outside of what is filtered and sorted.
    """
    from openpyxl.utils import get_column_letter

    columns = [column for column in columns if column.in_files]
    coming = iter(rows)
    seen = list(islice(coming, LOOKED_AT))
    widths = [_width(column, seen) for column in columns]
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = min(width, WIDEST)
    sheet.freeze_panes = "B2"
    sheet.append(list(_header(sheet, columns)))
    style = _Style(sheet)
    count = 1
    for count, row in enumerate(chain(seen, coming), 2):
        if count > MOST_ROWS:
            raise CommandError(
                f"a sheet holds at most {MOST_ROWS - 1:,} rows",
                todo="narrow the list down, or use --format csv",
            )
        sheet.append([style.value(column, row.get(column.key)) for column in columns])
    if totals is not None and seen:
        sheet.append([])
        sheet.append([style.bold(column, totals.get(column.key)) for column in columns])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"


def _width(column: Column, rows: Iterable[Row]) -> int:
    """Room for the longest value and for the header with the button of its filter.

    Amounts have signs between thousands, and a sum below them, in bold, that is not known yet:
    what does not fit is shown as ####.
    """
    longest = max((len(cell(row.get(column.key))) for row in rows), default=0)
    least = 0
    if column.kind == "money":
        longest, least = longest + longest // 4, SUM
    return max(longest + 2, len(column.header) + 4, least)


def _header(sheet: "WriteOnlyWorksheet", columns: Iterable[Column]) -> "Iterator[WriteOnlyCell]":
    """The cells of the first row."""
    from openpyxl.styles import Alignment, Font, PatternFill

    for column in columns:
        made = _text(sheet, column.header)
        made.font = Font(bold=True)
        made.fill = PatternFill("solid", start_color=FILL)
        side = "right" if column.kind in {"money", "number"} else "left"
        made.alignment = Alignment(horizontal=side, vertical="top", wrap_text=True)
        yield made


class _Style:
    """Makes the cells of a sheet; the styles are made once."""

    def __init__(self, sheet: "WriteOnlyWorksheet") -> None:
        from openpyxl.styles import Alignment, Font

        self.sheet = sheet
        self.heavy = Font(bold=True)
        self.top = Alignment(vertical="top")
        self.wrapped = Alignment(vertical="top", wrap_text=True)

    def value(self, column: Column, value: Any) -> "WriteOnlyCell":
        """A cell: a number or a date where the column holds such, else text, never a formula."""
        text = cell(value)
        typed = _typed(column, text)
        made = _text(self.sheet, text if typed is None else None)
        if typed is not None:
            made.value = typed
            whole = column.kind == "number" and typed == int(typed)
            made.number_format = WHOLE if whole else FORMATS[column.kind]
        made.alignment = self.wrapped if column.kind in {"text", "list"} else self.top
        return made

    def bold(self, column: Column, value: Any) -> "WriteOnlyCell":
        """The same in bold: a total."""
        made = self.value(column, value)
        made.font = self.heavy
        return made


def _typed(column: Column, text: str) -> Any:
    """The number or the date that a text is; None where it is neither."""
    try:
        if column.kind == "date":
            return dt.date.fromisoformat(text)
        number = Decimal(text) if column.kind in {"money", "number"} else None
    except (InvalidOperation, ValueError):  # a dash, or nothing: shown as it stands
        return None
    return number if number is not None and number.is_finite() else None


def _text(sheet: "WriteOnlyWorksheet", text: str | None) -> "WriteOnlyCell":
    """A text cell: the type is set by hand, so that ``=1+1`` stays what somebody typed."""
    from openpyxl.cell import WriteOnlyCell

    made = WriteOnlyCell(sheet, value=text or None)
    if text:
        made.data_type = "s"
    return made
