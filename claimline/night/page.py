"""The morning's page for people: what needs them first, then what was done, then the proof."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.errors import COULD_NOT_RUN, NEEDS_PERSON
from claimline.night.report import Report
from claimline.render import Column, Result, Table, counted

WHEN: Final[Mapping[str, str]] = {
    "now": "now",
    "today": "today",
    "soon": "this week",
    "know": "",
}
DRY: Final = (
    "Dry run, on a copy of the ledger: nothing was fetched, recorded, written or sent. This is "
    "what the night would do and tell."
)
RUNS: Final = "Earlier runs of this night"
HEADINGS: Final = ("What came", "Files of claims", "What went")
RESULTS: Final[Mapping[int, str]] = {0: "done", 1: "done, see above", 2: "failed", 3: "failed"}
WOULD: Final[Mapping[str, str]] = {"collect": "would come", "send": "would go"}
FEW: Final = 4  # numbers shown with a note
FILES: Final = 12  # files shown of each kind


def result_of(report: Report) -> Result:
    """The report in all its shapes: lines and tables for people, the object itself for programs."""
    return Result(data=report, text=tuple(_head(report)), tables=tuple(_tables(report)))


def _head(report: Report) -> Iterator[str]:
    """What, whose, when."""
    yield report["headline"]
    yield ""
    yield f"{report['practice']}: {title(report)}, {report['book']} book"
    yield times(report)
    if report["dry_run"]:
        yield DRY


def title(report: Report) -> str:
    """Which night it is."""
    again = f" (run {report['number']})" if report["number"] > 1 else ""
    return f"night of {report['day']}{again}"


def times(report: Report) -> str:
    """From when to when, on the practice's clock."""
    begun, ended = (report[key].replace("T", " ")[:19] for key in ("started", "ended"))
    until = ended if ended[:10] != begun[:10] else ended[11:]
    return f"{begun} to {until} ({report['time_zone']})"


def _tables(report: Report) -> Iterator[Table]:
    needs = [note for note in report["notes"] if note["urgency"] != "know"]
    if needs:
        yield _notes(needs, "What needs a person")
    if report["steps"]:
        yield _steps(report["steps"])
    if runs(report):
        yield _runs(report)
    yield from _files(report)
    if report["states"]:
        yield _states(report["states"])
    if report["proof"]:
        yield _proof(report["proof"])
    know = [note for note in report["notes"] if note["urgency"] == "know"]
    if know:
        yield _notes(know, "To know")


def _notes(notes: Sequence[dict[str, Any]], heading: str) -> Table:
    return Table(
        title=heading,
        columns=(
            Column(key="when", title="When", kind="id"),
            Column(key="what", title="What"),
            Column(key="days", title="Days", kind="number"),
            Column(key="money", title="Money", kind="money"),
            Column(key="todo", title="to do", place="below"),
            Column(key="call", title="call", place="below"),
            Column(key="ids", title="look at", kind="list", place="below"),
        ),
        rows=[note_cells(note) for note in notes],
    )


def note_cells(note: Mapping[str, Any]) -> dict[str, Any]:
    """A note as it is shown: no amount of nothing, no age of nothing."""
    money = Decimal(note["money"]) if note["money"] is not None else None
    return {
        **note,
        "when": WHEN[note["urgency"]],
        "days": note["days"] or None,
        "money": f"{money:,.2f}" if money else None,
        "ids": ids_shown(note["ids"]),
    }


def ids_shown(ids: Sequence[str]) -> list[str]:
    """The first few numbers; the others are in the JSON."""
    more = [f"and {len(ids) - FEW} more"] if len(ids) > FEW else []
    return [*ids[:FEW], *more]


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


def file_rows(report: Report) -> tuple[list[dict[str, Any]], ...]:
    """The files that came, were made and went, in this run and in earlier ones of the night."""
    before = report.get("earlier", {})
    steps = report["steps"]
    came = [*_rows(steps, "receive"), *_rows(steps, "post"), *before.get("came", ())]
    made = [*_rows(steps, "build"), *before.get("made", ())]
    went = [*_rows(steps, "send"), *before.get("went", ())]
    return _cut(came, _came), _cut(made, _made), _cut(went, _went)


def _rows(steps: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for step in steps if step["name"] == name for row in step.get("files", ())]


def _made(row: Mapping[str, Any]) -> str:
    return f"{counted(row['claims'], 'claim')}, {Decimal(row['charge']):,.2f}"


def _went(row: Mapping[str, Any]) -> str:
    state = WOULD["send"] if row["state"] == "would" else row["state"]
    return f"{state}, profile {row['profile']}"


def _run(row: Mapping[str, Any]) -> str:
    """By which run, where it was an earlier one."""
    if "run" not in row:
        return ""
    return f" (run {row['run']})" if row["run"] else " (in a run that was cut off)"


def _cut(
    rows: list[dict[str, Any]], words: Callable[[Mapping[str, Any]], str]
) -> list[dict[str, Any]]:
    """As many files as fit the page, those that need a person first; the JSON has all of them."""
    first = rows
    if len(rows) > FILES:
        first = sorted(rows, key=lambda row: -int(row.get("status", 0)))[:FILES]
    shown = [{**row, "told": f"{words(row)}{_run(row)}"} for row in first]
    if len(rows) > FILES:
        shown.append({"file": "", "told": f"and {len(rows) - FILES:,} more: see the JSON page"})
    return shown


def _came(row: Mapping[str, Any]) -> str:
    """What a received file held, in a few words."""
    parts = [row["state"]]
    if row.get("payers"):
        more = f" and {len(row['payers']) - 1} more" if len(row["payers"]) > 1 else ""
        parts.append(f"835 of {row['payers'][0]}{more}")
    if row.get("payments"):
        parts.append(f"{counted(row['posted'], 'claim')} posted, {Decimal(row['paid']):,.2f}")
    if row.get("waiting"):
        parts.append(f"{row['waiting']} waiting")
    if row.get("adopted"):
        parts.append(f"{counted(row['adopted'], 'claim')} taken over")
    return "; ".join([", ".join(parts), *row.get("told", ())])


def runs(report: Report) -> list[dict[str, Any]]:
    """The earlier runs of the night, as they are shown."""
    return [
        {
            "run": str(one["number"] or "-"),
            "began": one["started"].replace("T", " ")[:19],
            "told": one["headline"],
        }
        for one in report.get("earlier", {}).get("runs", ())
    ]


def _runs(report: Report) -> Table:
    return Table(
        title=RUNS,
        columns=(
            Column(key="run", title="Run", kind="id"),
            Column(key="began", title="Began", kind="id"),
            Column(key="told", title="Told"),
        ),
        rows=runs(report),
    )


def _files(report: Report) -> Iterator[Table]:
    for rows, heading in zip(file_rows(report), HEADINGS, strict=True):
        if rows:
            yield Table(
                title=heading,
                columns=(
                    Column(key="file", title="File", kind="id"),
                    Column(key="told", title="Told"),
                ),
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


def _proof(proof: Mapping[str, Any]) -> Table:
    return Table(
        title="The proof",
        columns=(
            Column(key="name", title="Equation"),
            Column(key="left", title="Left", kind="money"),
            Column(key="right", title="Right", kind="money"),
            Column(key="difference", title="Difference", kind="money"),
        ),
        rows=proof["equations"],
        notes=tuple(filter(None, (proof["told"], proof.get("journal", "")))),
    )
