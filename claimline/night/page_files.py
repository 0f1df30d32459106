"""The files of the morning's page: each by its name, or by kind where there are too many."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.errors import NEEDS_PERSON
from claimline.night.page_notes import MORE
from claimline.night.report import Report
from claimline.render.words import counted
from claimline.transfer.names import ID, OURS

FILES: Final = 6  # told each by its name; of more, each kind
WORDS: Final = 2  # sentences of one file
WOULD: Final[Mapping[str, str]] = {"collect": "would come", "send": "would go"}
STATES: Final[Mapping[str, str]] = {
    "would": WOULD["send"],
    "answered": "not uploaded: they have it",
}
ORDER: Final = ("835", "277CA", "999", "997", "TA1", "837P", "")
ANSWERS: Final = frozenset({"835", "277CA", "999", "997", "TA1"})  # of others, notes tell
NAMED: Final = 2  # files of a kind that need a person
OTHERS: Final = "others"
TAKEN: Final = frozenset({"received", "resumed"})  # states of files that are in the ledger now

Row = Mapping[str, Any]
Cells = dict[str, str]


def came(report: Report, *, whole: bool = False) -> list[Cells]:
    """The files that came, in this run and in earlier ones of the night."""
    rows = came_rows(report) or rows_of(report["steps"], "collect")
    if whole or len(rows) <= FILES:
        return [{"file": row["file"], "told": _came(row, whole=whole)} for row in rows]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get("kind", ""), []).append(row)
    kinds = sorted(groups, key=lambda kind: ORDER.index(kind) if kind in ORDER else len(ORDER))
    told = [{"file": kind or OTHERS, "told": "; ".join(_of_kind(groups[kind]))} for kind in kinds]
    return [*told, {"file": "", "told": f"{MORE}, each file by its name"}]


def came_rows(report: Report) -> list[Row]:
    """The files of all runs of a night; a second copy of one that was taken is not told again."""
    steps = report["steps"]
    before = report.get("earlier", {}).get("came", ())
    rows = [*rows_of(steps, "receive"), *rows_of(steps, "post"), *before]
    taken = {file_key(row) for row in rows if is_taken(row)}
    return [row for row in rows if is_taken(row) or file_key(row) not in taken]


def taken_count(report: Report) -> int:
    """How many files came into the ledger: none that is known, in quarantine or in the inbox."""
    return len({file_key(row) for row in came_rows(report) if is_taken(row)})


def is_taken(row: Row) -> bool:
    """Whether a file that came was taken into the ledger in that run."""
    return row["state"] in TAKEN and not row.get("empty")


def file_key(row: Row) -> str:
    """What tells a file from others: the letters of its digest, where it has our name.

    Its ending says what was found in it: another one where nothing could be read yet.
    """
    name = str(row["file"])
    return name[:ID] if OURS.match(name) else name


def out(report: Report, *, whole: bool = False) -> list[Cells]:
    """The files of claims that were made and that went, one row for each file."""
    before = report.get("earlier", {})
    made = [*rows_of(report["steps"], "build"), *before.get("made", ())]
    went = [*rows_of(report["steps"], "send"), *before.get("went", ())]
    told: dict[str, list[str]] = {}
    for row, words in (*((row, _made(row)) for row in made), *((row, _went(row)) for row in went)):
        told.setdefault(row["file"], []).append(words + _run(row))
    rows = [{"file": file, "told": "; ".join(words)} for file, words in told.items()]
    if whole or len(rows) <= FILES + 1:
        return rows
    stay = {row["file"] for row in went if row["state"] in {"failed", "refused"}}
    rows.sort(key=lambda row: row["file"] not in stay)
    return [*rows[:FILES], {"file": "", "told": _rest(rows[FILES:], made, went)}]


def _rest(rows: Sequence[Cells], made: Iterable[Row], went: Iterable[Row]) -> str:
    """The files that stand on no page, with their claims and money."""
    names = {row["file"] for row in rows}
    some = [row for row in made if row["file"] in names]
    states = Counter(_state(row) for row in went if row["file"] in names)
    parts = [f"and {counted(len(rows), 'more file')}"]
    if some:
        charge = sum((Decimal(row["charge"]) for row in some), Decimal("0.00"))
        parts.append(f"{counted(sum(row['claims'] for row in some), 'claim')}, {charge:,.2f}")
    parts += [f"{count:,} {state}" for state, count in states.items()]
    return f"{', '.join(parts)}: {MORE}"


def rows_of(steps: Iterable[Mapping[str, Any]], name: str) -> list[Row]:
    """The files that the step of a name tells."""
    return [row for step in steps if step["name"] == name for row in step.get("files", ())]


def _made(row: Row) -> str:
    return f"{counted(row['claims'], 'claim')}, {Decimal(row['charge']):,.2f}"


def _went(row: Row) -> str:
    return f"{_state(row)}, profile {row['profile']}"


def _state(row: Row) -> str:
    return STATES.get(row["state"], str(row["state"]))


def _run(row: Row) -> str:
    """By which run, where it was an earlier one."""
    if "run" not in row:
        return ""
    return f" (run {row['run']})" if row["run"] else " (its step did not end)"


def _came(row: Row, *, whole: bool) -> str:
    """What one file held, in a few words."""
    state = WOULD["collect"] if row["state"] == "would" else row["state"]
    parts = ["stays in the inbox" if row.get("left") else state]
    if row.get("payers"):
        more = f" and {len(row['payers']) - 1} more" if len(row["payers"]) > 1 else ""
        parts.append(f"835 of {row['payers'][0]}{more}")
    if row.get("payments"):
        parts.append(f"{counted(row['posted'], 'claim')} posted, {Decimal(row['paid']):,.2f}")
    if row.get("waiting"):
        parts.append(f"{row['waiting']:,} waiting")
    if row.get("adopted"):
        parts.append(f"{counted(row['adopted'], 'claim')} taken over")
    words = list(row.get("told", ()))
    if len(words) > WORDS and not whole:
        words = [*words[:WORDS], f"and {len(words) - WORDS:,} more"]
    return "; ".join([", ".join(parts), *words]) + _run(row)


def _of_kind(rows: Sequence[Row]) -> Iterator[str]:
    """What the files of one kind held together, and which of them need a person."""
    yield counted(len(rows), "file")
    if left := sum(bool(row.get("left")) for row in rows):
        yield f"{left:,} still in the inbox"
    unread = [row for row in rows if row["state"] == "unreadable" or row.get("empty")]
    if bad := sum(not row.get("left") for row in unread):
        yield f"{bad:,} could not be read"
    if known := sum(row["state"] == "known" for row in rows):
        yield f"{known:,} known before"
    if payments := _sum(rows, "payments"):
        paid = sum((Decimal(row["paid"]) for row in rows if "paid" in row), Decimal("0.00"))
        posted = counted(_sum(rows, "posted"), "claim")
        yield f"{counted(payments, 'payment')}, {posted} posted, {paid:,.2f}"
    if adopted := _sum(rows, "adopted"):
        yield f"{counted(adopted, 'claim')} taken over"
    yield from said_words(_said(rows))
    if waiting := _sum(rows, "waiting"):
        yield f"{waiting:,} waiting"
    if runs := sum("run" in row for row in rows):
        yield f"{runs:,} in earlier runs"
    names = [row["file"] for row in rows if row.get("status", 0) >= NEEDS_PERSON]
    if names and rows[0].get("kind") in ANSWERS:
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield f"look at {', '.join(names[:NAMED])}{more}"


def _sum(rows: Iterable[Row], key: str) -> int:
    return sum(row.get(key, 0) for row in rows)


def _said(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """What acknowledgements say, counted: by level, by verdict."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for level, verdicts in row.get("said", {}).items():
            found.setdefault(level, Counter()).update(verdicts)
    return found


def said_words(said: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """``12 claims accepted, 2 rejected``: a text for each level."""
    for level, verdicts in said.items():
        counts = list(verdicts.items())
        first, *others = (
            f"{_things(count, level)} {verdict}" if not place else f"{count:,} {verdict}"
            for place, (verdict, count) in enumerate(counts)
        )
        yield ", ".join([first, *others])


def _things(count: int, level: str) -> str:
    """``2 transactions``; a file that a TA1 speaks of is one of ours."""
    ours = " of ours" if level == "file" else ""
    return f"{counted(count, level)}{ours}"
