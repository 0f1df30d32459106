"""The morning's page for people: what needs them first, then what was done, then the proof."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.errors import COULD_NOT_RUN, NEEDS_PERSON
from claimline.night.page_files import WOULD, came, out, rows_of, taken_count
from claimline.night.page_notes import ALL, MORE, Shown, know, needs, note_cells
from claimline.night.report import Report
from claimline.render import Column, Result, Table, counted

DRY: Final = (
    "Dry run, on a copy of the ledger: nothing was fetched, recorded, written or sent. This is "
    "what the night would do and tell."
)
RUNS: Final = "Earlier runs of this night"
RESULTS: Final[Mapping[int, str]] = {0: "done", 1: "done, see above", 2: "failed", 3: "failed"}
CAME: Final = "What came"
OUT: Final = "Files of claims"
RAN: Final = 5  # earlier runs told
ROW: Final = (
    Column(key="when", title="When", kind="id"),
    Column(key="what", title="What"),
    Column(key="days", title="Days", kind="number"),
    Column(key="money", title="Money", kind="money"),
)
BELOW: Final = (
    Column(key="todo", title="to do", place="below"),
    Column(key="call", title="call", place="below"),
    Column(key="ids", title="look at", kind="list", place="below"),
)
SUMS: Final = frozenset(  # equations told each night; the others by name where they do not close
    {"claims.state", "claims.open", "claims.moved", "lines.adjudicated", "remits.money"}
)


def result_of(report: Report, *, whole: bool = False) -> Result:
    """The report in all its shapes: lines and tables for people, the object itself for programs.

    Args:
        report: of a night.
        whole: everything there is; else one page.
    """
    tables = tuple(_tables(report, whole=whole))
    return Result(data=report, text=tuple(_head(report)), tables=tables)


def _head(report: Report) -> Iterator[str]:
    """What, whose, when."""
    yield report["headline"]
    yield ""
    yield f"{report['practice']}: {title(report)}, {report['book']} book"
    yield times(report)
    if report["dry_run"]:
        yield DRY
    if report["steps"]:
        yield in_short(report)


def in_short(report: Report) -> str:
    """The night in one sentence: what came, what went, whether the books close."""
    before = report.get("earlier", {})
    steps = report["steps"]
    rows = [*rows_of(steps, "receive"), *rows_of(steps, "post"), *before.get("came", ())]
    paid = sum((Decimal(row.get("paid", 0)) for row in rows), Decimal("0.00"))
    went = [*rows_of(steps, "send"), *before.get("went", ())]
    state, goes = ("would", "would go") if report["dry_run"] else ("sent", "sent")
    sent = sum(row["state"] == state for row in went)
    made = [*rows_of(steps, "build"), *before.get("made", ())]
    charge = sum((Decimal(row["charge"]) for row in made), Decimal("0.00"))
    claims = counted(sum(row["claims"] for row in made), "claim")
    proof = report["proof"]
    closes = "" if proof is None else f"; the proof {'closes' if proof['closes'] else 'FAILS'}"
    files = counted(taken_count(report), "file")
    return (
        f"In short: {files} received, {paid:,.2f} posted; {claims} made, "
        f"{charge:,.2f}; {counted(sent, 'file')} {goes}{closes}."
    )


def title(report: Report) -> str:
    """Which night it is."""
    again = f" (run {report['number']})" if report["number"] > 1 else ""
    return f"night of {report['day']}{again}"


def times(report: Report) -> str:
    """From when to when, on the practice's clock."""
    begun, ended = (_moment(report[key], report) for key in ("started", "ended"))
    until = ended if ended[:10] != begun[:10] else ended[11:]
    return f"{begun} to {until} ({report['time_zone']})"


def _moment(text: str, report: Report) -> str:
    """A moment without its offset, unless clocks were changed between the night's moments."""
    runs = report.get("earlier", {}).get("runs", ())
    moments = (report["started"], report["ended"], *(one["started"] for one in runs))
    same = len({one[19:] for one in moments}) == 1
    return text.replace("T", " ")[: 19 if same else None]


def _tables(report: Report, *, whole: bool) -> Iterator[Table]:
    yield from _needs(needs(report, whole=whole), whole=whole)
    if report["steps"]:
        yield _steps(report["steps"])
    if runs(report):
        yield _runs(report, whole=whole)
    for rows, heading in ((came(report, whole=whole), CAME), (out(report, whole=whole), OUT)):
        if rows:
            yield _files(rows, heading)
    if report["states"]:
        yield _states(report["states"])
    if report["proof"]:
        yield _proof(report["proof"], whole=whole)
    known = know(report, whole=whole)
    if known.full:
        yield _know(known, whole=whole)


def _needs(notes: Shown, *, whole: bool) -> Iterator[Table]:
    if notes.full:
        rows = [note_cells(note, whole=whole) for note in notes.full]
        yield Table(title="What needs a person", columns=(*ROW, *BELOW), rows=rows, tight=True)
    if notes.short:
        rows = [note_cells(note) for note in notes.short]
        more = tuple(filter(None, (notes.more,)))
        yield Table(title="And after that", columns=ROW, rows=rows, notes=more)


def _know(notes: Shown, *, whole: bool) -> Table:
    rows = [note_cells(note, whole=whole) for note in notes.full]
    columns = (*ROW, *BELOW) if whole else (*ROW, BELOW[0])
    more = tuple(filter(None, (notes.more,)))
    return Table(title="To know", columns=columns, rows=rows, notes=more, tight=True)


def _steps(steps: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title="What was done",
        columns=(
            Column(key="name", title="Step", kind="id"),
            Column(key="result", title="Result", kind="id"),
            Column(key="told", title="Told"),
        ),
        rows=[step_cells(step) for step in steps],
    )


def step_cells(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step as it is shown."""
    left_out = step.get("left_out", "")
    return {
        "name": step["name"],
        "result": "not done" if left_out else RESULTS[min(step["status"], COULD_NOT_RUN)],
        "told": left_out or counts_text(step),
        "seconds": f"{Decimal(step['seconds']):.1f}",
    }


def counts_text(step: Mapping[str, Any]) -> str:
    """The counts of a step that are not nothing."""
    would = {"would": WOULD.get(step["name"], "would")}
    told = [
        f"{would.get(key, key)} {value:,}" if isinstance(value, int) else f"{key} {value}"
        for key, value in step["counts"].items()
        if value not in {0, "0", "0.00"}
    ]
    return ", ".join(told) or ("" if step["status"] > NEEDS_PERSON else "nothing")


def runs(report: Report) -> list[dict[str, Any]]:
    """The earlier runs of the night, as they are shown."""
    return [
        {
            "run": str(one["number"] or "-"),
            "began": _moment(one["started"], report),
            "told": one["headline"],
        }
        for one in report.get("earlier", {}).get("runs", ())
    ]


def _runs(report: Report, *, whole: bool) -> Table:
    rows = runs(report)
    more = len(rows) - RAN
    return Table(
        title=RUNS,
        columns=(
            Column(key="run", title="Run", kind="id"),
            Column(key="began", title="Began", kind="id"),
            Column(key="told", title="Told"),
        ),
        rows=rows if whole else rows[-RAN:],
        notes=(f"and {more:,} before these: {MORE}",) if more > 0 and not whole else (),
    )


def _files(rows: Sequence[Mapping[str, Any]], heading: str) -> Table:
    return Table(
        title=heading,
        columns=(Column(key="file", title="File", kind="id"), Column(key="told", title="Told")),
        rows=rows,
    )


def _states(states: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title="Claims by state",
        columns=(
            Column(key="state", title="State", kind="id"),
            Column(key="claims", title="Claims", kind="number"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="open", title="Open at payers", kind="money"),
            Column(key="since", title="Longest since", kind="date"),
        ),
        rows=[
            {
                **row,
                "claims": f"{row['claims']:,}",
                "charge": f"{Decimal(row['charge']):,.2f}",
                "open": f"{Decimal(row['open']):,.2f}",
            }
            for row in states
        ],
    )


def _proof(proof: Mapping[str, Any], *, whole: bool) -> Table:
    rows = proof["equations"] if whole else equations(proof)
    return Table(
        title="The proof",
        columns=(
            Column(key="name", title="Equation"),
            Column(key="left", title="Left", kind="money"),
            Column(key="right", title="Right", kind="money"),
            Column(key="difference", title="Difference", kind="money"),
        ),
        rows=rows,
        notes=tuple(filter(None, (also(proof, len(rows)), proof.get("journal", "")))),
    )


def equations(proof: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The equations of a page: the sums of the book, and whatever does not close."""
    return [one for one in proof["equations"] if one["key"] in SUMS or not one["closes"]]


def also(proof: Mapping[str, Any], shown: int) -> str:
    """The proof in a sentence, and how many equations close that the page does not show."""
    left = len(proof["equations"]) - shown
    return f"{proof['told']} {ALL} shows {left} more." if left > 0 else str(proof["told"])
