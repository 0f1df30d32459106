"""One page that stands alone: no script, no other file, printable."""

from html import escape
from typing import IO, Final

from claimline.render.cells import cell, lines_of, visible
from claimline.render.values import Column, Result, Row, Table

NEW_LINE: Final = "\n"
MARKED: Final = frozenset({"denied", "reduced", "reversed", "unmatched"})
STYLE: Final = """
body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#1a1a1a}
table{border-collapse:collapse;width:100%;margin:0 0 .8em}
.notes{white-space:pre-wrap;margin:0 0 2em;color:#333}h2{margin:1.6em 0 .5em}p{margin:.3em 0}
th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #ddd}
th{background:#f3f4f6;position:sticky;top:0}
td.money,td.number,th.money,th.number{text-align:right;font-variant-numeric:tabular-nums}
tr.below td{border-bottom:2px solid #bbb;padding-top:0;color:#333}
tr.below dt{float:left;clear:left;width:9em;font-weight:600}tr.below dd{margin-left:9.5em}
tr.below dl{margin:0}
tfoot td{font-weight:600}
td.denied{color:#b00020;font-weight:600}td.reduced{color:#8a5a00;font-weight:600}
td.reversed{color:#7a1fa2}td.unmatched{color:#00677d}
@page{size:landscape;margin:12mm}
@media print{body{margin:0;font-size:11px}th{position:static}thead{display:table-header-group}
tfoot{display:table-row-group}tr{break-inside:avoid}h2{break-after:avoid}}
"""


def write_html(result: Result, stream: IO[str]) -> None:
    """Write the tables as one page."""
    titles = (table.title.partition(NEW_LINE)[0] for table in result.tables)
    title = escape(visible(next(filter(None, titles), "Claimline")))
    stream.write(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n"
    )
    for line in result.text:
        stream.write(f"<p>{escape(cell(line))}</p>\n")
    for table in result.tables:
        _table(table, stream)
    stream.write("</body></html>\n")


def _table(table: Table, stream: IO[str]) -> None:
    """One table with its rows, written as they come."""
    across = [column for column in table.columns if column.place == "row"]
    head, *more = map(visible, table.title.split(NEW_LINE))
    if head:
        stream.write(f"<h2>{escape(head)}</h2>\n")
    for line in more:
        stream.write(f"<p><b>{escape(line)}</b></p>\n")
    heads = "".join(f'<th class="{c.kind}">{escape(c.title)}</th>' for c in across)
    stream.write(f"<table><thead><tr>{heads}</tr></thead><tbody>\n")
    empty = table.empty
    for row in table.rows:
        empty = ""
        stream.write(f"<tr>{_cells(across, row)}</tr>\n")
        stream.write(_below(table, row, len(across)))
    if empty:
        stream.write(f'<tr><td colspan="{len(across)}">{escape(empty)}</td></tr>')
    stream.write("</tbody>")
    if table.totals is not None:
        stream.write(f"<tfoot><tr>{_cells(across, table.totals)}</tr></tfoot>")
    stream.write("</table>\n")
    if table.notes:
        notes = NEW_LINE.join(escape(cell(note)) for note in table.notes)
        stream.write(f'<div class="notes">{notes}</div>\n')


def _cells(columns: list[Column], row: Row) -> str:
    """The cells of one row."""
    texts = [(column.kind, cell(row.get(column.key))) for column in columns]
    return "".join(
        f'<td class="{kind}{f" {text}" if text in MARKED else ""}">{escape(text)}</td>'
        for kind, text in texts
    )


def _below(table: Table, row: Row, span: int) -> str:
    """The long texts of a row, under it, over its whole width."""
    told = [(c, lines_of(row.get(c.key))) for c in table.columns if c.place == "below"]
    parts = [
        f"<dt>{escape(c.title)}</dt><dd>{escape(text).replace(NEW_LINE, '<br>')}</dd>"
        for c, text in told
        if text
    ]
    if not parts:
        return ""
    return f'<tr class="below"><td colspan="{span}"><dl>{"".join(parts)}</dl></td></tr>\n'
