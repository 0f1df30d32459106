"""``claimline correct``: the right road for a claim that was wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    identifiers,
    ledger_option,
    may_show_patient,
    show_patient_option,
    tables_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    import datetime as dt

    from claimline.render import Result, Table
    from claimline.services.correct_values import CorrectResult
    from reconcile.correction import Road
    from reconcile.correction_compare import Difference

NAMES: Final = {
    "replacement": "replacement (frequency 7)",
    "void": "void (frequency 8)",
    "new": "new claim (frequency 1)",
    "reopening": "clerical error reopening",
    "appeal": "appeal",
    "records": "records, as the payer's letter asks",
}
MASK: Final = "***"


@click.command()
@click.argument("claim", metavar="CLAIM")
@click.option(
    "--visits",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="The corrected visits; without it those that bill holds as changed.",
)
@click.option("--practice", type=click.Path(), default="", help="The practice file (TOML).")
@click.option(
    "--road",
    type=click.Choice(tuple(NAMES)),
    default=None,
    help="The road you want; without it policy and the payer's answer choose.",
)
@click.option("--reason", default="", help="Why; kept with the claim.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outbox"),
    show_default=True,
    help="Folder for the claim file or the sheets.",
)
@click.option(
    "--on",
    type=DAY,
    help="The day that deadlines are judged for. [default: today]",
)
@click.option("--dry-run", is_flag=True, help="Show what would happen; record and write nothing.")
@book_option
@show_patient_option
@tables_option
@ledger_option
@format_option("table", "json")
def correct(
    claim: str,
    *,
    visits: tuple[str, ...],
    practice: str,
    road: str | None,
    reason: str,
    out: Path,
    on: "dt.datetime | None",
    dry_run: bool,
    test: bool | None,
    show_patient: bool,
    tables: str,
    ledger: str,
    shape: str,
) -> int:
    r"""Correct a claim that was sent: choose the road, show the difference, make file or sheet.

    CLAIM is any number that trace takes; - reads it from standard input. Exit status 1 where a
    person has to decide or wait.

    \b
    Example:
      claimline correct CP7K2MWQ4XTRB9DEF --visits visits.json --practice practice.toml
      claimline correct CP7K2MWQ4XTRB9DEF --road appeal --out letters
    """
    from claimline import settings
    from claimline.render import show
    from claimline.services.correct import correct as run
    from claimline.services.correct_values import CorrectRequest
    from reconcile.ledger import open_ledger

    seen = show_patient and may_show_patient()
    request = CorrectRequest(
        identifier=_one(claim),
        visits=visits,
        practice=practice,
        tables=str(settings.tables_path(tables)),
        road=cast("Road | None", road),
        reason=reason.strip(),
        out=out,
        usage=None if test is None else "T" if test else "P",
        dry_run=dry_run,
        now=settings.now(),
        today=on.date() if on else settings.today(),
        user=settings.user(),
    )
    with open_ledger(settings.ledger_url(ledger)) as opened:
        result = run(opened, request)
    show(_shown(result, seen=seen), shape)
    return DONE if result.done else NEEDS_PERSON


def _one(given: str) -> str:
    """The one claim that is meant.

    Raises:
        WrongUsageError: none was given, or several.
    """
    found = list(identifiers((given,)))
    if len(found) != 1:
        raise WrongUsageError("one claim is corrected at a time", todo="give one number")
    return found[0]


def _shown(result: "CorrectResult", *, seen: bool) -> "Result":
    from claimline.render import Result

    tables = []
    if result.differences:
        tables.append(differences_table(result.differences, seen=seen))
    if result.held:
        tables.append(_held_table(result))
    return Result(data=_data(result, seen=seen), text=tuple(_words(result)), tables=tuple(tables))


def _words(result: "CorrectResult") -> Iterator[str]:
    """What is done and why, in lines."""
    from reconcile.correction import ANYWAY

    choice = result.choice
    yield f"Claim {result.claim} to {result.payer}, {result.date}"
    name = NAMES.get(choice.road or "", "")
    if result.already:
        yield f"Already corrected: {result.already}"
    elif result.held:
        yield "The corrected visits make no claim yet: see below."
    elif choice.outcome == "go":
        yield f"Road: {name}"
    else:
        yield _head(choice.outcome, name, is_told=choice.todo != ANYWAY)
    yield f"Because: {choice.because}"
    yield from _more(result)


def _head(outcome: str, name: str, *, is_told: bool) -> str:
    """What comes of it, where nothing is made."""
    if outcome == "refused":
        return f"Not this way: {name}" if name else "Not this way"
    if outcome == "ask":
        return f"Road: {name}, once the visit is corrected" if name else "You decide"
    if outcome == "wait":
        return "Wait"
    return "No claim and no sheet to make now" if is_told else "Nothing to correct"


def _more(result: "CorrectResult") -> Iterator[str]:
    """What to do, by when, what was made, what never."""
    choice = result.choice
    if choice.todo:
        yield f"Next: {choice.todo}"
    dues = ((choice.deadline,) if choice.deadline is not None else ()) + choice.or_by
    for n, due in enumerate(dues):
        yield f"{'Or by' if n else 'By'}: {due.day} for a {due.name} ({due.source})"
    if choice.payer_claim and choice.outcome == "go":
        yield f"Payer's claim number: {choice.payer_claim}"
    would = "would be " if result.dry_run else ""
    if result.file is not None:
        yield f"Sent as: claim {result.new_claim}, {would}written to {result.file.file}"
    for path in () if result.already else result.sheets:
        yield f"Sheet: {would}written to {path}"
    for text in choice.never:
        yield f"Never: {text}"
    for text in choice.warnings:
        yield f"Mind: {text}"
    for problem in result.warnings:
        yield f"Warned: {problem.message}"
    if result.differences == () and choice.outcome == "go":
        yield "The corrected visits make the same claim as before."


def differences_table(found: "tuple[Difference, ...]", *, seen: bool, title: str = "") -> "Table":
    """Differences of two claims; what tells of the patient is masked."""
    from claimline.render import Column, Table

    hidden = not seen and any(one.private for one in found)
    columns = (
        Column(key="place", title="Where", once=True),
        Column(key="field", title="What"),
        Column(key="before", title="It was"),
        Column(key="after", title="It is"),
    )
    return Table(
        columns=columns,
        rows=[difference_row(one, seen=seen) for one in found],
        title=title or "What changes",
        notes=(f"{MASK}: tells of the patient; --show-patient shows it.",) if hidden else (),
    )


def difference_row(one: "Difference", *, seen: bool) -> dict[str, str]:
    """A difference as plain values."""
    hidden = one.private and not seen
    before, after = (MASK if hidden and text else text for text in (one.before, one.after))
    return {"place": one.place, "field": one.field, "before": before, "after": after}


def _held_table(result: "CorrectResult") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="visit", title="Visit"),
        Column(key="level", title="Level"),
        Column(key="why", title="Why"),
    )
    rows = [{"visit": p.where.claim, "level": p.level, "why": p.message} for p in result.held]
    return Table(columns=columns, rows=rows, title="Held")


def _data(result: "CorrectResult", *, seen: bool) -> dict[str, Any]:
    """The JSON shape."""
    choice = result.choice
    due = choice.deadline
    return {
        "claim": result.claim,
        "payer": result.payer,
        "date": result.date.isoformat(),
        "outcome": "held" if result.held else choice.outcome,
        "road": choice.road,
        "because": choice.because,
        "next_step": choice.todo or None,
        "never": list(choice.never),
        "warnings": [*choice.warnings, *(p.message for p in result.warnings)],
        "deadline": due.day.isoformat() if due else None,
        "deadline_last": due.last.isoformat() if due else None,
        "deadline_for": due.name if due else None,
        "deadline_source": due.source if due else None,
        "or_deadlines": [
            {
                "deadline": one.day.isoformat(),
                "deadline_last": one.last.isoformat(),
                "deadline_for": one.name,
                "deadline_source": one.source,
            }
            for one in choice.or_by
        ],
        "payer_claim": choice.payer_claim or None,
        "changes": None
        if result.differences is None
        else [difference_row(one, seen=seen) for one in result.differences],
        "held": [{"code": p.code, "level": p.level, "message": p.message} for p in result.held],
        "new_claim": result.new_claim or None,
        "file": result.file.file if result.file else None,
        "sheets": list(result.sheets),
        "already": result.already or None,
        "dry_run": result.dry_run,
    }
