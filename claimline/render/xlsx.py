"""A workbook a biller can open, filter and sort: one sheet per table, amounts as numbers."""

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from claimline.errors import CommandError
from claimline.render.cells import cell
from claimline.render.values import Column, Result, Table

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

WIDEST: Final = 60  # characters: beyond this a column wraps
MONEY_FORMAT: Final = "#,##0.00;[Red]-#,##0.00"


def xlsx_bytes(result: Result) -> bytes:
    """The workbook's bytes.

    Raises:
        CommandError: openpyxl, an optional part of the installation, is missing.
    """
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError as error:
        raise CommandError(
            "this installation cannot write xlsx files",
            todo="install it with: pip install 'claimline[xlsx]', or use --format csv",
        ) from error
    book = Workbook(write_only=True)
    for number, table in enumerate(result.tables[:1], 1):
        _sheet(book.create_sheet(table.title[:31] or f"Sheet {number}"), table)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _sheet(sheet: "WriteOnlyWorksheet", table: Table) -> None:
    """Fill a sheet: bold frozen header, filter, a width that shows what is in it."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    rows = list(table.rows)
    for index, column in enumerate(table.columns, 1):
        longest = max((len(cell(row.get(column.key))) for row in rows), default=0)
        width = min(max(longest, len(column.title)) + 2, WIDEST)
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.freeze_panes = "A2"
    last = get_column_letter(len(table.columns))
    sheet.auto_filter.ref = f"A1:{last}{len(rows) + 1}"
    sheet.append([_cell(sheet, column.title, font=Font(bold=True)) for column in table.columns])
    for row in rows:
        sheet.append([_value(sheet, column, row.get(column.key)) for column in table.columns])


def _value(sheet: "WriteOnlyWorksheet", column: Column, value: Any) -> "WriteOnlyCell":
    """A cell: a number where the column holds amounts, else text that is never a formula."""
    from openpyxl.styles import Alignment

    text = cell(value)
    if column.kind in {"money", "number"} and text:
        made = _cell(sheet, None)
        made.value = Decimal(text)
        if column.kind == "money":
            made.number_format = MONEY_FORMAT
        return made
    return _cell(sheet, text, alignment=Alignment(wrap_text=len(text) > WIDEST, vertical="top"))


def _cell(sheet: "WriteOnlyWorksheet", text: str | None, **style: Any) -> "WriteOnlyCell":
    """A text cell: the type is set by hand, so that ``=1+1`` stays what somebody typed."""
    from openpyxl.cell import WriteOnlyCell

    made = WriteOnlyCell(sheet, value=text)
    if text is not None:
        made.data_type = "s"
    for name, value in style.items():
        setattr(made, name, value)
    return made
