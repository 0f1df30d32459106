"""A printable sheet for a person: facts, tables and lists, as text and as one page of HTML."""

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from attrs import field, frozen

from claimline.render.cells import visible

WIDTH: Final = 90  # characters: a printed page
LEAST: Final = 18  # of the last column; with less a row goes down the page, a cell on each line
BOX: Final = "[ ]"
OURS: Final = "For the office, not to be sent"
STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:60em;color:#1a1a1a}
h1{font-size:1.4em;margin:0 0 .2em}h2{font-size:1.05em;margin:1.4em 0 .4em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3em .6em;border-bottom:1px solid #ccc}
table.facts th{width:14em;font-weight:600;background:none}th{background:#f3f4f6}
ul{margin:.2em 0;padding-left:1.4em}ul.boxes{list-style:none;padding-left:0}
ul.boxes li::before{content:"\\2610";margin-right:.6em}
p.ours{margin:2.5em 0 0;padding-top:.6em;border-top:2px solid #1a1a1a;font-weight:600}
@media print{body{margin:0;max-width:none}tr,li{break-inside:avoid}
p.ours{break-before:page;border:0}}
"""


@frozen(kw_only=True)
class Part:
    """A chapter: a table (with ``heads``), or points, or both."""

    title: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    points: tuple[str, ...] = ()
    boxes: bool = False  # points to be ticked off
    is_ours: bool = False  # advice for the office: stands last, on a page of its own


@frozen(kw_only=True)
class Sheet:
    """One sheet. ``facts`` are (what, value): who, which claim, by when."""

    title: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    parts: tuple[Part, ...] = field(repr=False)


def as_text(sheet: Sheet, width: int = WIDTH) -> str:
    """The sheet for a terminal, a fax or a plain printer, ``width`` characters wide."""
    return "\n".join(_text(sheet, width)) + "\n"


def _text(sheet: Sheet, width: int) -> Iterator[str]:
    yield sheet.title.upper()
    yield ""
    wide = max((len(name) for name, _ in sheet.facts), default=0)
    for name, value in sheet.facts:
        yield from _hung(f"{name:<{wide}}  ", value, width)
    for number, part in enumerate(sheet.parts):
        if _begins_ours(sheet, number):
            yield ""
            yield f"{OURS} ".ljust(width, "=")
        yield ""
        yield from _hung("", part.title, width)
        yield "-" * min(len(part.title), width)
        if part.heads:
            yield from _rows((part.heads, *part.rows), width)
        for point in part.points:
            yield from _hung(f"{BOX} " if part.boxes else "- ", point, width)


def _begins_ours(sheet: Sheet, number: int) -> bool:
    """Whether the part is the first of those for the office."""
    return sheet.parts[number].is_ours and not any(p.is_ours for p in sheet.parts[:number])


def _hung(head: str, value: str, width: int) -> Iterator[str]:
    """A text behind its head, folded below itself."""
    indent = " " * len(head)
    lines = textwrap.wrap(
        visible(value), width - len(head), break_long_words=False, break_on_hyphens=False
    )
    yield from (f"{indent if n else head}{line}".rstrip() for n, line in enumerate(lines or [""]))


def _rows(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Columns as wide as their longest text; the last one is folded.

    Where that has no room each row goes down the page, beside the names of its columns.
    """
    shown = [[visible(text) for text in row] for row in rows]
    wide = [max(len(text) for text in column) for column in list(zip(*shown, strict=True))[:-1]]
    room = width - sum(wide) - 2 * len(wide)
    if room < LEAST and any(len(row[-1]) > room for row in shown):
        yield from _down(shown[0], shown[1:], width)
        return
    for row in shown:
        head = "".join(f"{text:<{w}}  " for text, w in zip(row[:-1], wide, strict=True))
        yield from _hung(head, row[-1], width)


def _down(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as lines of name and cell, an empty line between rows."""
    wide = max(len(head) for head in heads)
    for number, row in enumerate(rows):
        if number:
            yield ""
        for head, text in zip(heads, row, strict=True):
            yield from _hung(f"{head:<{wide}}  ", text, width)


def as_html(sheet: Sheet) -> str:
    """The sheet as a page that stands alone and prints well."""
    return "\n".join(_html(sheet)) + "\n"


def _html(sheet: Sheet) -> Iterator[str]:
    title = _safe(sheet.title)
    yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{STYLE}</style></head><body>"
    yield f'<h1>{title}</h1>\n<table class="facts">'
    for name, value in sheet.facts:
        yield f"<tr><th>{_safe(name)}</th><td>{_safe(value)}</td></tr>"
    yield "</table>"
    for number, part in enumerate(sheet.parts):
        if _begins_ours(sheet, number):
            yield f'<p class="ours">{OURS}</p>'
        yield f"<h2>{_safe(part.title)}</h2>"
        if part.heads:
            yield f"<table><thead>{_row(part.heads, 'th')}</thead><tbody>"
            yield from (_row(row, "td") for row in part.rows)
            yield "</tbody></table>"
        if part.points:
            items = "".join(f"<li>{_safe(point)}</li>" for point in part.points)
            mark = ' class="boxes"' if part.boxes else ""
            yield f"<ul{mark}>{items}</ul>"
    yield "</body></html>"


def _row(row: Sequence[str], kind: str) -> str:
    cells = "".join(f"<{kind}>{_safe(text)}</{kind}>" for text in row)
    return f"<tr>{cells}</tr>"


def _safe(text: str) -> str:
    return escape(visible(text))
