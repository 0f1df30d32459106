"""The tables of reports: what stands in a column, and what a figure is called."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import evolve

from claimline.render import Column, Table, counted
from claimline.render.content import adjustment_items
from claimline.services.reports import Figures
from claimline.services.reports_cases import Question, Row
from claimline.services.reports_lists import LINE_AMOUNTS, LineKind, Sums
from claimline.services.reports_pages import BOOK, OWN_SINCE, book, span
from edi import codes
from reconcile.reports.aging import AGES
from reconcile.reports.drift import Change

NOT_SAID: Final = "(not recorded)"
HEADS: Final = {
    "payer": "Payer", "code": "Code", "provider": "Treating", "location": "Location",
    "month": "Month of service",
}  # fmt: skip
NAMED: Final = frozenset({"provider", "location"})  # ways whose keys have names
DUE: Final = (
    "Due: may be asked for now. Later: a payer comes first. Check: a person looks first. Credit: "
    "collected and not owed, to be given back."
)
TOLD: Final = (
    "Told where at least {least} lines were answered before and since, and the difference could "
    "hardly be chance."
)
EMPTY: Final = "Nothing to count: no such claims."


def _number(key: str, title: str, **more: Any) -> Column:
    return Column(key=key, title=title, kind="number", **more)


def _money(key: str, title: str, **more: Any) -> Column:
    return Column(key=key, title=title, kind="money", **more)


AGING: Final = (
    _number("claims", "Claims"),
    *(_money(age, f"{age} days" if "+" not in age else "over 120") for age in AGES),
    _money("no_day", "No day"),
    _money("open", "Open"),
    _money("closed", "Closed"),
    Column(key="oldest", title="Oldest", kind="date", place="file"),
)
DENIALS: Final = (
    _number("lines", "Lines"),
    _number("denied_lines", "Denied"),
    _number("denied_rate", "% of lines"),
    _number("reduced_lines", "Reduced"),
    _money("billed", "Billed"),
    _money("denied", "Refused"),
    _number("money_rate", "% of money"),
    _number("duplicates", "Dupl."),
)
FIRST_PASS: Final = (
    _number("counted", "Counted"),
    _number("passed", "First try"),
    _number("rate", "%"),
    _number("rejected", "Rejected"),
    _number("refused", "Denied or cut"),
    _number("waiting", "Waiting"),
)
DAYS: Final = (
    _number("claims", "Claims paid"),
    _number("lines", "Lines paid"),
    _number("median", "Half within"),
    _number("nine_in_ten", "9 of 10 within"),
    _number("longest", "Longest"),
    _number("no_day", "Day not known"),
)
SUMMARY: Final = (
    _number("claims", "Claims"),
    _number("lines", "Lines", place="file"),
    _money("billed", "Billed"),
    _money("paid", "Paid"),
    _money("contractual", "Contract"),
    _money("patient", "Patient"),
    _money("denied", "Denied"),
    _money("other", "Other"),
    _money("open", "Open"),
    _money("passed_on", "Passed on"),
    _money("not_explained", "Not explained"),
)
FIGURE_TITLES: Final = {
    "aging": ("What the payers have not decided", AGING),
    "denials": ("Denied lines and money", DENIALS),
    "first-pass": ("Through at the first try", FIRST_PASS),
    "days-to-pay": ("Days until the money came", DAYS),
    "summary": ("What became of everything billed", SUMMARY),
}
LINE_TITLES: Final[dict[LineKind, str]] = {
    "denied": "Denied and cut lines",
    "adjusted": "Lines paid with more adjustments than the contract's price",
    "deductible": "Lines with a deductible",
    "all": "Decided lines",
}
LINES: Final = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="line", title="Line control number", kind="id", place="file"),
    Column(key="payer", title="Payer", place="file"),
    Column(key="provider", title="Treating", kind="id", place="file"),
    Column(key="name", title="Treating, name", place="file"),
    Column(key="location", title="Location", place="file"),
    Column(key="date", title="Date", kind="date"),
    Column(key="procedure", title="Code", kind="id", in_files=False),
    Column(key="code", title="Code", kind="id", place="file"),
    Column(key="modifiers", title="Modifiers", kind="id", place="file"),
    _number("units", "Units", place="file"),
    _money("billed", "Billed"),
    _money("allowed", "Allowed"),
    _money("deductible", "Deduct."),
    _money("coinsurance", "Coins."),
    _money("copay", "Copay"),
    _money("paid", "Paid"),
    _money("denied", "Denied", place="file"),
    Column(key="status", title="State", kind="id", place="file"),
    Column(key="closed", title="Closed by a person", place="file"),
    Column(key="correction", title="correction", kind="id", place="below"),
    Column(key="adjustments", title="adjusted", kind="list", place="below"),
    Column(key="remarks", title="remarks", kind="list", place="below"),
    Column(key="said", title="in words", kind="list", place="below"),
    Column(key="from", title="payer", kind="list", place="below", in_files=False),
    Column(key="trace", title="Payment", kind="id", place="file"),
    Column(key="payment_date", title="Payment date", kind="date", place="file"),
)
UNMATCHED: Final = (
    Column(key="trace", title="Payment", kind="id", once=True),
    Column(key="payer", title="Payer", once=True),
    Column(key="payment_date", title="Paid on", kind="date", once=True),
    _number("age", "Days"),
    Column(key="claim", title="Claim", kind="id"),
    Column(key="date", title="Service", kind="date"),
    _money("billed", "Billed"),
    _money("paid", "Paid"),
    Column(key="state", title="State", kind="id", place="file"),
    Column(key="why", title="why", place="below"),
    Column(key="candidates", title="may be", kind="list", place="below"),
    Column(key="payer_claim", title="Payer's number", kind="id", place="file"),
    Column(key="file", title="File", place="file"),
)
PATIENTS: Final = (
    Column(key="patient", title="Patient", kind="id"),
    Column(key="patient_id", title="Number", kind="id"),
    Column(key="patient_name", title="Name"),
    _money("due", "Due"),
    _money("later", "Later"),
    _money("check", "Check"),
    _money("credit", "Credit"),
    Column(key="oldest", title="Oldest", kind="date"),
    Column(key="claims", title="claims", kind="list", place="file"),
    Column(key="because", title="because", kind="list", place="below"),
    Column(key="not_yet", title="not yet", kind="list", place="below"),
)
NAMELESS: Final = tuple(c for c in PATIENTS if c.key not in {"patient_id", "patient_name"})
NEXT: Final = (
    "claimline owes and claimline trace take the patient's key or a claim's number. Names: "
    "--show-patient, on a terminal."
)
DRIFT: Final = (
    Column(key="payer", title="Payer", once=True),
    Column(key="since", title="Since", kind="date"),
    Column(key="what", title="What"),
    Column(key="now", title="Now", kind="id"),
    Column(key="before", title="Before", kind="id"),
    Column(key="examples", title="for example", kind="list", place="below"),
    Column(key="todo", title="to do", place="below"),
)
DRIFT_FILE: Final = (
    _number("lines_with", "Lines with it", place="file"),
    _number("lines", "Lines", place="file"),
    _number("lines_with_before", "Lines with it before", place="file"),
    _number("lines_before", "Lines before", place="file"),
)
LOOK: Final = {
    "modifier": "lines still match by their control number; see whether they are paid less "
    "(claimline underpaid), and ask the payer",
    "code": "compare units and price with the contract (claimline underpaid), and ask the payer",
    "reason": "claimline explain {what}; work the newest ones first (claimline denials)",
    "remark": "claimline explain {what}; work the newest ones first (claimline denials)",
    "more": "see the reasons that came with it, and claimline denials",
    "less": "nothing",
}


def figures_table(name: str, found: Figures, question: Question) -> Table:
    """A table of figures, a row for each group, the total below."""
    title, columns = FIGURE_TITLES[name]
    head = HEADS[question.by]
    named = Column(key="name", title=f"{head}, name", place="file")
    group = (
        Column(key="shown", title=head, in_files=False),
        Column(key="group", title=head, kind="id", place="file"),
        *([named] if question.by in NAMED else []),
    )
    rows = [row | {"shown": shown(row)} | book(question) for row in found.rows]
    if question.by == "code":
        columns = tuple(_BY_LINE.get((name, c.key), c) for c in columns)
    without = _unused(name, question, rows)
    columns = tuple(c for c in columns if c.key not in without)
    total = found.total | {"shown": "total", "group": "total"}
    return Table(
        title=f"{title}, by {question.by}" + span(question),
        columns=(*group, *columns, *BOOK),
        rows=rows,
        totals=total if rows else None,
        notes=found.notes if rows else (),
        empty=EMPTY,
        sheet=name,
    )


_BY_LINE: Final = {  # by code, lines are counted
    ("aging", "claims"): _number("lines", "Lines"),
    ("summary", "claims"): _number("lines", "Lines"),
    ("summary", "lines"): _number("claims", "Claims", place="file"),
}


def _unused(name: str, question: Question, rows: Sequence[Row]) -> set[str]:
    """The columns that say nothing here."""
    maybe = {"summary": ("passed_on", "not_explained"), "aging": ("closed",)}.get(name, ())
    unused = {key for key in maybe if all(row[key] == "0.00" for row in rows)}
    if name == "days-to-pay":
        unused.add("claims" if question.by == "code" else "lines")
    return unused


def shown(row: Row) -> str:
    """A group's name with its key, or that the claims do not say it."""
    if row["group"] is None:
        return NOT_SAID
    return f"{row['name']} {row['group']}" if row["name"] else str(row["group"])


def later_table(found: Figures, question: Question) -> Table:
    """What waits at payers after the first."""
    made = figures_table("aging", found, question)
    head = "Later payer" if question.by == "payer" else HEADS[question.by]
    columns = [evolve(c, title=head) if c.key in {"shown", "group"} else c for c in made.columns]
    words = "that payer" if question.by == "payer" else question.by
    return evolve(
        made,
        title=f"What waits at later payers, by {words}" + span(question),
        columns=(*columns, Column(key="where", title="Where", place="file")),
        rows=[{**row, "where": "later payer"} for row in made.rows],
        sheet="later payers",
    )


def lines_table(rows: Iterable[Row], kind: LineKind, question: Question) -> tuple[Table, Sums]:
    """Lines as a list; the sums are there once the rows have gone by."""
    sums = Sums.of("claim", *LINE_AMOUNTS)
    table = Table(
        title=LINE_TITLES[kind] + span(question),
        columns=(*LINES, *BOOK),
        rows=(row | book(question) for row in _flat(sums.through(rows))),
        totals=sums.total,
        empty="No such lines.",
        sheet=f"{kind} lines",
        tight=True,
    )
    return table, sums


def _flat(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        answers = row["answers"]
        reasons = {a["reason"]: None for a in row["adjustments"]}
        yield row | {
            "procedure": " ".join((row["code"], *row["modifiers"])),
            "adjustments": [
                item if len(answers) < 2 else f"{item} ({a['payer']})"
                for item, a in zip(
                    adjustment_items(row["adjustments"]), row["adjustments"], strict=True
                )
            ],
            "said": [
                *(_meaning("carc", reason) for reason in reasons),
                *(_meaning("rarc", code) for code in row["remarks"]),
            ],
            "from": [_answer(one, with_paid=len(answers) > 1) for one in answers],
        }


def _answer(one: Row, *, with_paid: bool) -> str:
    paid = f" {one['paid']}" if with_paid else ""
    return f"{one['payer']}{paid}, payment {one['trace']} of {one['payment_date']}"


def _meaning(kind: codes.Kind, code: str) -> str:
    found = codes.lookup(kind, code)
    return f"{code} {found.meaning}" if found is not None else f"{code} not in our tables"


def unmatched_table(rows: Iterable[Row], question: Question) -> tuple[Table, Sums]:
    """Payments on no claim, with their sums."""
    sums = Sums.of("trace", "billed", "paid")
    table = Table(
        title=f"Payments that fit no claim of ours{span(question)}",
        columns=(*UNMATCHED, *BOOK),
        rows=(row | book(question) for row in sums.through(rows)),
        totals=sums.total,
        notes=("claimline match puts them where they belong; claimline ledger waiting says why.",),
        empty="Every payment is on a claim.",
        sheet="unmatched",
    )
    return table, sums


def patients_table(
    rows: Iterable[Row], question: Question, *, named: bool = False
) -> tuple[Table, Sums]:
    """Balances of patients, with their sums; ``named``: with their numbers and names."""
    sums = Sums.of("patient", "due", "later", "check", "credit")
    table = Table(
        title=f"What patients owe{span(question)}",
        columns=(*(PATIENTS if named else NAMELESS), *BOOK),
        rows=(row | book(question) for row in sums.through(rows)),
        totals=sums.total,
        notes=(DUE, NEXT),
        empty="No patient owes anything, and nothing has to be given back.",
        sheet="patients",
    )
    return table, sums


def finished(made: tuple[Table, Sums]) -> Table:
    """A list for people: read whole, without a total where there is nothing, and counted."""
    table, sums = made
    rows = list(table.rows)
    return evolve(
        table,
        rows=rows,
        totals=sums.total if rows else None,
        notes=tuple(_listed_notes(table, sums, len(rows))) if rows else (),
    )


def _listed_notes(table: Table, sums: Sums, rows: int) -> Iterator[str]:
    yield counted(rows, "row")
    yield from table.notes
    if sums.unsaid:
        yield (
            f"Allowed is empty on {counted(sums.unsaid, 'line')}, and not in the total: the payer "
            "does not say it, and its answer does not tell (docs/reports.md)."
        )


def drift_table(changes: Sequence[Change], question: Question) -> Table:
    """What payers do differently, each with its own earlier answers beside it."""
    return Table(
        title=f"What payers do differently than before{span(question)}",
        columns=(*DRIFT, *DRIFT_FILE, *OWN_SINCE),
        rows=[{**book(question), **drift_row(one)} for one in changes],
        notes=(TOLD.format(least=question.least),) if changes else (),
        empty=f"No payer changed its ways; fewer than {question.least} lines before or since say "
        "nothing (--least).",
        sheet="drift",
    )


def drift_row(one: Change) -> Row:
    """A change in words and in figures."""
    todo = LOOK["more" if one.is_more else "less"] if one.kind == "denied" else LOOK[one.kind]
    return {
        "payer": one.payer,
        "kind": one.kind,
        "since": one.since.isoformat(),
        "what": _WORDS[one.kind](one),
        "now": f"{one.hits:,} of {one.lines:,} lines",
        "before": f"{one.hits_before:,} of {one.lines_before:,}",
        "lines_with": one.hits,
        "lines": one.lines,
        "lines_with_before": one.hits_before,
        "lines_before": one.lines_before,
        "examples": list(one.examples),
        "todo": todo.format(what=one.what),
    }


def _began(one: Change) -> str:
    return "began to" if one.is_new else "more often"


def _reason(one: Change) -> str:
    group, _, reason = one.what.partition("-")
    return f"{_began(one)} {'give' if one.is_new else 'gives'} {group}-{_meaning('carc', reason)}"


_WORDS: Final[dict[str, Callable[[Change], str]]] = {
    "modifier": lambda one: (
        f"{_began(one)} {'drop' if one.is_new else 'drops'} modifier {one.what}"
    ),
    "code": lambda one: f"{_began(one)} {'answer' if one.is_new else 'answers'} {one.what}",
    "reason": _reason,
    "remark": lambda one: (
        f"{_began(one)} {'give' if one.is_new else 'gives'} remark {_meaning('rarc', one.what)}"
    ),
    "denied": lambda one: "denies more lines" if one.is_more else "denies fewer lines",
}
