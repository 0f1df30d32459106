"""A remittance advice on paper: blocks of facts and lines, as text and as one page of HTML.

Blocks are written as they come: an advice of very many claims never stands in memory.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from attrs import field, frozen

from claimline.render.cells import visible

WIDTH: Final = 100  # characters
LEFT: Final = 2  # columns of a grid that stand to the left: the day and the code
STYLE: Final = """
body{font:13px/1.4 system-ui,sans-serif;margin:2em auto;max-width:62em;color:#1a1a1a}
h1{font-size:1.35em;margin:0 0 .3em}h2{font-size:1.05em;margin:0 0 .3em}
section{margin:0 0 1.4em}section.claim{border-top:1px solid #999;padding-top:.7em}
dl{display:grid;grid-template-columns:max-content 1fr max-content 1fr;gap:.1em 1em;margin:.2em 0}
dt{color:#555}dd{margin:0}
table{border-collapse:collapse;width:100%;margin:.4em 0}
th,td{text-align:right;vertical-align:top;padding:.25em .5em;border-bottom:1px solid #ddd;
font-variant-numeric:tabular-nums}
th.left,td.left{text-align:left}th{background:#f3f4f6;font-weight:600}
tr.below td{border-bottom:1px solid #ddd;padding-top:0;text-align:left;color:#333;font-size:.93em}
tr.line td{border-bottom:0}tr.sum td{font-weight:600;border-top:2px solid #999}
p{margin:.2em 0}p.warn{font-weight:600;color:#b00020}
@page{margin:1.4cm}
@media print{body{margin:0;max-width:none}section.page{break-before:page}
section.claim,tr{break-inside:avoid}h1,h2{break-after:avoid}}
"""


@frozen(kw_only=True)
class Line:
    """A row of a grid, with texts below it."""

    cells: tuple[str, ...] = field(repr=False)
    below: tuple[str, ...] = ()


@frozen(kw_only=True)
class Block:
    """A part of an advice: a title, facts, a grid of lines with their sum, notes."""

    title: str = field(repr=False)
    facts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    heads: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=(), repr=False)
    sums: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_head: bool = False  # a payment begins
    new_page: bool = False


def text_lines(blocks: Iterable[Block]) -> Iterator[str]:
    """The lines of the text; a form feed begins a new page."""
    for number, block in enumerate(blocks):
        if block.new_page and number:
            yield "\f"
        elif number:
            yield ""
        title = visible(block.title)
        yield title.upper() if block.is_head else title
        yield ("=" if block.is_head else "-") * min(len(title), WIDTH)
        wide = max((len(name) for name, _ in block.facts), default=0)
        for name, value in block.facts:
            yield from _hung(f"{name:<{wide}}  ", value)
        if block.lines or block.sums:
            yield from _grid(block)
        for note in (*block.notes, *(f"! {text}" for text in block.warnings)):
            yield from _hung("", note)


def _grid(block: Block) -> Iterator[str]:
    rows = [block.heads, *(line.cells for line in block.lines), block.sums]
    shown = [tuple(visible(cell) for cell in row) for row in rows if row]
    widths = [max(len(row[place]) for row in shown) for place in range(len(block.heads))]
    yield ""
    yield _row(block.heads, widths)
    for line in block.lines:
        yield _row(line.cells, widths)
        for text in line.below:
            yield from _hung(" " * (widths[0] + 2), text)
    if block.sums:
        yield "-" * (sum(widths) + 2 * (len(widths) - 1))
        yield _row(block.sums, widths)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = (
        visible(cell).ljust(width) if place < LEFT else visible(cell).rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed).rstrip()


def _hung(head: str, value: str) -> Iterator[str]:
    """A text behind its head, folded below itself."""
    lines = textwrap.wrap(visible(value), WIDTH - len(head), break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        yield f"{' ' * len(head) if number else head}{line}".rstrip()


def html_lines(blocks: Iterable[Block], title: str) -> Iterator[str]:
    """The lines of a page that stands alone and prints well: one patient's claims never split."""
    safe = _safe(title)
    yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{safe}</title>'
    yield f"<style>{STYLE}</style></head><body>"
    for number, block in enumerate(blocks):
        kinds = ["head" if block.is_head else "claim"]
        kinds += ["page"] if block.new_page and number else []
        yield f'<section class="{" ".join(kinds)}">'
        level = "h1" if block.is_head else "h2"
        yield f"<{level}>{_safe(block.title)}</{level}>"
        if block.facts:
            pairs = (f"<dt>{_safe(n)}</dt><dd>{_safe(v)}</dd>" for n, v in block.facts)
            yield f"<dl>{''.join(pairs)}</dl>"
        if block.lines or block.sums:
            yield from _html_grid(block)
        yield from (f"<p>{_safe(note)}</p>" for note in block.notes)
        yield from (f'<p class="warn">{_safe(text)}</p>' for text in block.warnings)
        yield "</section>"
    yield "</body></html>"


def _html_grid(block: Block) -> Iterator[str]:
    yield f"<table><thead>{_html_row(block.heads, 'th')}</thead><tbody>"
    for line in block.lines:
        yield _html_row(line.cells, "td", "line" if line.below else "")
        if line.below:
            texts = "<br>".join(_safe(text) for text in line.below)
            span = len(block.heads) - 1
            yield f'<tr class="below"><td></td><td class="left" colspan="{span}">{texts}</td></tr>'
    if block.sums:
        yield _html_row(block.sums, "td", "sum")
    yield "</tbody></table>"


def _html_row(cells: Sequence[str], kind: str, name: str = "") -> str:
    made = (
        f"<{kind}{' class=left' if place < LEFT else ''}>{_safe(cell)}</{kind}>"
        for place, cell in enumerate(cells)
    )
    mark = f' class="{name}"' if name else ""
    return f"<tr{mark}>{''.join(made)}</tr>"


def _safe(text: str) -> str:
    return escape(visible(text))
