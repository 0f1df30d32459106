"""The morning's page in HTML: stands alone, no script, fits a screen and one sheet of paper."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from claimline.errors import NEEDS_PERSON
from claimline.night.page import (
    CAME,
    DRY,
    OUT,
    RUNS,
    also,
    equations,
    in_short,
    runs,
    step_cells,
    times,
    title,
)
from claimline.night.page_files import came, out
from claimline.night.page_notes import FEW, know, needs, note_cells
from claimline.night.report import Report
from claimline.render.cells import visible

STYLE: Final = """
:root{--ink:#1d2433;--dim:#5b6577;--line:#dfe3ea;--soft:#f5f7fa;--well:#1b7f4b;--now:#b3261e;
--today:#a05a00;--soon:#2f5fb3}
*{box-sizing:border-box}
body{font:14px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);margin:0 auto;
padding:1.6em;max-width:62em;background:#fff}
header{border-left:6px solid var(--well);padding:.1em 0 .1em 1em;margin-bottom:1.4em}
header.needs{border-color:var(--today)}header.failed{border-color:var(--now)}
h1{font-size:1.55em;margin:0 0 .15em;font-weight:650}
header p{margin:0;color:var(--dim)}
h2{font-size:1em;margin:1.7em 0 .5em;font-weight:650;letter-spacing:.01em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.32em .7em .32em 0;
border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:500;font-size:.9em}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.k{white-space:nowrap;width:1%;padding-right:2em}
.note td{border-bottom:0;padding-bottom:.05em}.note+tr.do td{padding-top:0}
.do td{color:var(--dim)}.do code,.note code{font:12.5px/1.4 ui-monospace,Menlo,Consolas,monospace}
.do b{color:var(--ink);font-weight:600}
.tag{display:inline-block;min-width:5.6em;font-weight:650}
.tag.now{color:var(--now)}.tag.today{color:var(--today)}.tag.soon{color:var(--soon)}
.tag.know{color:var(--dim);font-weight:400}
.bad{color:var(--now);font-weight:650}.ok{color:var(--well)}
details{margin-top:2em}summary{cursor:pointer;font-weight:650}
footer{margin-top:2em;color:var(--dim);font-size:.9em}
@media screen and (max-width:40em){body{padding:.9em;font-size:13px}
td.k{white-space:normal;padding-right:.7em;width:auto}th,td{padding-right:.4em}
td{overflow-wrap:break-word}.tag{min-width:0}}
@page{margin:9mm}
@media print{body{padding:0;font-size:8.6px;line-height:1.2;max-width:none}
tr{break-inside:avoid}h2{break-after:avoid;margin:.5em 0 .05em}th,td{padding:.03em .7em .03em 0}
header{margin-bottom:.8em}footer{margin-top:.8em}
.do code,.note code{font-size:8.6px}details{display:none}}
"""
FAILED: Final = "failed"
FILE: Final = (("", "file", "k"), ("", "told", ""))
EQUATION: Final = (
    ("Equation", "name", ""),
    ("Left", "left", "n"),
    ("Right", "right", "n"),
    ("Difference", "difference", "n"),
)


def html_page(report: Report) -> str:
    """The whole page."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    name = f"{report['practice']}: {title(report)}"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{_text(name)}</title><style>{STYLE}</style></head><body>"
    yield f'<header class="{_kind_of(report)}"><h1>{_text(report["headline"])}</h1>'
    yield f"<p>{_text(name)}, {_text(report['book'])} book. {_text(times(report))}</p>"
    if report["dry_run"]:
        yield f"<p>{_text(DRY)}</p>"
    if report["steps"]:
        yield f"<p>{_text(in_short(report))}</p>"
    yield "</header>"
    wanted, known = needs(report), know(report)
    yield from _notes("What needs a person", wanted.full)
    yield from _notes("And after that", wanted.short, only_what=True)
    yield from _line(wanted.more)
    yield from _steps(report["steps"])
    columns = (("Run", "run", "k"), ("Began", "began", "k"), ("", "told", ""))
    yield from _table(RUNS, columns, runs(report))
    for heading, rows in ((CAME, came(report)), (OUT, out(report))):
        yield from _table(heading, FILE, rows)
    yield from _states(report["states"])
    if report["proof"]:
        yield from _proof(report["proof"])
    yield from _notes("To know", known.full)
    yield from _line(known.more)
    yield from _rest(report)
    yield f"<footer>Claimline {_text(report['claimline'])}. No patient is named here.</footer>"
    yield "</body></html>"


def _kind_of(report: Report) -> str:
    """How the page is marked: something failed, something needs a person, or all is well."""
    if report["status"] > NEEDS_PERSON:
        return FAILED
    return "needs" if report["needs_person"] else "well"


def _rest(report: Report) -> Iterator[str]:
    """What one page has no room for: opened on a screen, and not printed."""
    parts: list[str] = []
    notes = report["notes"]
    if needs(report).short or know(report).more or any(len(one["ids"]) > FEW for one in notes):
        parts += _notes("All notes", notes, whole=True)
    for heading, rows, all_rows in (
        (f"{CAME}, each file", came(report), came(report, whole=True)),
        (f"{OUT}, each", out(report), out(report, whole=True)),
    ):
        parts += _table(heading, FILE, all_rows) if all_rows != rows else ()
    if report["proof"]:
        parts += _table("The proof, each equation", EQUATION, report["proof"]["equations"])
    if parts:
        yield "<details><summary>All of it</summary>"
        yield from parts
        yield "</details>"


def _line(text: str) -> Iterator[str]:
    if text:
        yield f"<p>{_text(text)}</p>"


def _notes(
    heading: str,
    notes: Sequence[Mapping[str, Any]],
    *,
    only_what: bool = False,
    whole: bool = False,
) -> Iterator[str]:
    """Notes: what, how old, how much; below what to do, whom to call, where to look."""
    if not notes:
        return
    yield f"<h2>{_text(heading)}</h2><table><tr><th></th><th>What</th>"
    yield '<th class="n">Days</th><th class="n">Money</th></tr>'
    for note in notes:
        cells = note_cells(note, whole=whole)
        yield (
            f'<tr class="note"><td class="k"><span class="tag {note["urgency"]}">'
            f"{_text(cells['when'])}</span></td><td>{_text(note['what'])}</td>"
            f'<td class="n">{_text(cells["days"])}</td><td class="n">{_text(cells["money"])}</td>'
            "</tr>"
        )
        if not only_what:
            yield f'<tr class="do"><td></td><td colspan="3">{"<br>".join(_below(cells))}</td></tr>'
    yield "</table>"


def _below(note: Mapping[str, Any]) -> Iterator[str]:
    if note["todo"]:
        yield f"<b>Do:</b> {_text(note['todo'])}"
    if note["call"]:
        yield f"<b>Call:</b> {_text(note['call'])}"
    if note["ids"]:
        yield f"<b>Look at:</b> <code>{_text(', '.join(note['ids']))}</code>"


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    columns = (("Step", "name", "k"), ("Result", "result", "k"), ("", "told", ""),
               ("Seconds", "seconds", "n"))  # fmt: skip
    yield from _table("What was done", columns, [step_cells(step) for step in steps])


def _states(states: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    columns = (("State", "state", "k"), ("Claims", "claims", "n"), ("Charge", "charge", "n"),
               ("Open at payers", "open", "n"), ("Longest since", "since", "n"))  # fmt: skip
    yield from _table("Claims by state", columns, states)


def _proof(proof: Mapping[str, Any]) -> Iterator[str]:
    shown = equations(proof)
    yield from _table("The proof", EQUATION, shown)
    yield from _line(" ".join(filter(None, (also(proof, len(shown)), proof.get("journal")))))


def _table(
    heading: str, columns: Sequence[tuple[str, str, str]], rows: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """A table of texts; nothing where there is no row."""
    rows = list(rows)
    if not rows:
        return
    heads = "".join(f'<th class="{kind}">{_text(name)}</th>' for name, _, kind in columns)
    titled = f"<tr>{heads}</tr>" if any(name for name, _, _ in columns) else ""
    yield f"<h2>{_text(heading)}</h2><table>{titled}"
    for row in rows:
        cells = (f'<td class="{_kind(row, key, kind)}">{_text(row.get(key))}</td>'
                 for _, key, kind in columns)  # fmt: skip
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"


def _kind(row: Mapping[str, Any], key: str, kind: str) -> str:
    """A failed step and a difference are seen at a glance."""
    failed = key == "result" and row[key] in {FAILED, "not done"}
    differs = key == "difference" and str(row[key]) not in {"0", "0.00", "", "None"}
    return f"{kind} bad".strip() if failed or differs else kind


def _text(value: object) -> str:
    return "" if value is None else escape(visible(str(value)))
