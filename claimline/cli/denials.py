"""``claimline denials``: the worklist of denied and reduced lines."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    ledger_option,
    output_option,
    practice_option,
)
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from claimline.render import Column, Table
    from claimline.services.denials import Query, Totals

PROCEDURE: Final = re.compile(r"[A-Z0-9]{5}")
NO_DAY: Final = "9999"  # after all days


@click.command()
@click.option(
    "--code",
    "codes",
    multiple=True,
    help="Only lines of this procedure code; may be given several times, or as 97530,97110.",
)
@click.option(
    "--payer", default="", help="Only claims sent to this payer: key, id, or a part of its name."
)
@click.option("--since", type=DAY, help="Only lines from this day of service on.")
@click.option("--until", type=DAY, help="Only lines up to this day of service.")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(["denied", "reduced", "reversed", "check", "unmatched"]),
    help="Only lines of this state; may be given several times.",
)
@click.option("--due", type=DAY, help="Only lines with a deadline up to this day.")
@click.option("--as-of", "day", type=DAY, help="As the books were known at the end of that day.")
@click.option(
    "--sort",
    type=click.Choice(["sent", "due"]),
    default="sent",
    show_default=True,
    help="due: the nearest deadline first.",
)
@book_option
@practice_option
@ledger_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def denials(
    *,
    codes: tuple[str, ...],
    payer: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    status: tuple[str, ...],
    due: dt.datetime | None,
    day: dt.datetime | None,
    sort: str,
    test: bool | None,
    practice: str,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""List denied, reduced, taken back and unmatched lines: why, what next, what never.

    The state is that after everything received; claims that a person closed (claimline claims
    --close) are not listed. "check" are lines that nobody refused and that
    want a look all the same: paid nothing by contract, or paid to the patient. A deadline is shown
    only where the payer's policy says one: payers are known from the practice file that billed, or
    from --practice.

    \b
    Example:
      claimline denials --code 97530
      claimline denials --due 2026-06-30 --sort due
      claimline denials --payer aetna --since 2026-01-01 --format xlsx --output denied.xlsx
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import denials as service
    from claimline.services.again import books_of
    from claimline.services.practice import load
    from reconcile.ledger import open_ledger

    query = service.Query(
        on=day.date() if day else settings.today(),
        usage=None if test is None else "T" if test else "P",
        codes=procedure_codes(codes),
        payer=payer,
        since=since.date() if since else None,
        until=until.date() if until else None,
        statuses=frozenset(status or service.STATUSES),
        due=due.date() if due else None,
    )
    if query.since and query.until and query.since > query.until:
        raise WrongUsageError(f"--since {query.since} is later than --until {query.until}")
    known = load(practice) if practice else None
    totals = service.Totals()
    url = settings.ledger_url(ledger)
    with open_ledger(url) as kept, books_of(kept, day, practice) as opened:
        found = totals.through(service.rows(opened, query, known))
        asked = _asked(query, query.usage or opened.book())
        if sort == "due":
            found = iter(sorted(found, key=lambda row: row["deadline"] or NO_DAY))
        if shape == "json":
            show(Result(data=found), shape, output)
        elif shape == "table":
            rows = list(_flat(found))
            show(Result(data=None, tables=(_table(rows, asked, totals),)), shape, output)
        else:
            show(Result(data=None, tables=(_table(_flat(found), asked),)), shape, output)
        other = None if totals.count else service.other_book(opened, query)
    if other:
        option = "--production" if other == "P" else "--test"
        click.echo(f"claimline: the other book has such lines: add {option}", err=True)
    return DONE


def procedure_codes(given: tuple[str, ...]) -> frozenset[str]:
    """The procedure codes asked for.

    Raises:
        WrongUsageError: one of them is no procedure code.
    """
    codes = [word.strip().upper() for each in given for word in each.split(",") if word.strip()]
    for code in codes:
        if not PROCEDURE.fullmatch(code):
            raise WrongUsageError(
                f"--code {code}: a procedure code has five characters",
                todo="give it without modifiers, like 97530; several as 97530,97110",
            )
    return frozenset(codes)


def _flat(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as a person reads them: codes with their words, modifiers beside the code."""
    from claimline.render.content import adjustment_items
    from claimline.render.words import due_text
    from claimline.services.denials import said

    for row in rows:
        matched = f"matched by {row['matched_by']}" if row["matched_by"] else "not matched"
        number = f" as {row['payer_claim']}" if row["payer_claim"] else ""
        payment = f"payment {row['trace']}" if row["trace"] else "no payment"
        lines = list(zip(row["lines_units"], row["procedures"], strict=True))
        several = len(lines) > 1
        yield row | {
            "procedure": f"{len(lines)} lines" if several else _procedure(row),
            "each": [f"{units} x {code}" for units, code in lines] if several else [],
            "said": said(row),
            "due": due_text(row),
            "adjustments": adjustment_items(row["adjustments"]),
            "from": f"{row['payer']}{number}, {payment}, {matched}",
        }


def _procedure(row: dict[str, Any]) -> str:
    """Code and modifiers."""
    return " ".join((row["code"], *row["modifiers"]))


def _asked(query: "Query", usage: str) -> str:
    """Of which book, payer, days and codes, for the title."""
    parts = [f"payer {query.payer}"] if query.payer else []
    parts += [f"service from {query.since}"] if query.since else []
    parts += [f"service until {query.until}"] if query.until else []
    parts += [", ".join(sorted(query.codes))] if query.codes else []
    parts += ["TEST BOOK"] if usage == "T" else []
    return f" ({', '.join(parts)})" if parts else ""


def _table(rows: Iterable[dict[str, Any]], asked: str, totals: "Totals | None" = None) -> "Table":
    """The worklist as a table; its title names the states that are in it, where they are known."""
    from claimline.render import Table
    from claimline.render.words import listed
    from claimline.services.denials import STATUSES

    states = [state for state in STATUSES if totals is None or totals.count[state]]
    return Table(
        title=f"{listed(states)} lines".capitalize() + asked if states else "",
        columns=_columns(),
        rows=rows,
        notes=(totals.words(),) if totals and totals.count else (),
        empty="No denied or reduced lines.",
        sheet="Worklist",
    )


def _columns() -> "tuple[Column, ...]":
    """What stands in the row, what under it, what in csv and xlsx only."""
    from claimline.render import Column

    return (
        Column(key="claim", title="Claim", kind="id"),
        Column(key="line", title="Line control number", kind="id", place="file"),
        Column(key="payer", title="Payer", place="file"),
        Column(key="date", title="Date", kind="date"),
        Column(key="procedure", title="Code", kind="id", in_files=False),
        Column(key="code", title="Code", kind="id", place="file"),
        Column(key="modifiers", title="Modifiers", kind="id", place="file"),
        Column(key="units", title="Units", kind="number"),
        Column(key="billed", title="Billed", kind="money"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="denied", title="Denied", kind="money", place="file"),
        Column(key="contractual", title="Contract", kind="money", place="file"),
        Column(key="patient", title="Patient", kind="money", place="file"),
        Column(key="open", title="Open", kind="money", place="file"),
        Column(key="status", title="State", kind="id"),
        Column(key="category", title="Category", place="file"),
        Column(key="each", title="lines", kind="list", place="below", in_files=False),
        Column(key="from", title="payer", place="below", in_files=False),
        Column(key="adjustments", title="Adjustments", place="file"),
        Column(key="remarks", title="Remarks", place="file"),
        Column(key="said", title="said", place="below", heading="Said in words"),
        Column(key="cause", title="because", place="below"),
        Column(key="next_step", title="next", place="below", heading="Next step"),
        Column(key="never", title="never", place="below"),
        Column(key="due", title="deadline", place="below", in_files=False),
        Column(key="deadline", title="Deadline", kind="date", place="file"),
        Column(key="deadline_passed", title="Deadline passed", place="file"),
        Column(key="deadline_source", title="Deadline from", place="file"),
        Column(key="or_deadline", title="Or deadline", kind="date", place="file"),
        Column(key="or_deadline_source", title="Or deadline from", place="file"),
        Column(key="who", title="Who acts", place="file"),
        Column(key="correction", title="Correction on its way", kind="id", place="file"),
        Column(key="confidence", title="Confidence", place="file"),
        Column(key="trace", title="Payment", kind="id", place="file"),
        Column(key="source", title="payment", place="below", heading="Source"),
        Column(key="payment_date", title="Payment date", kind="date", place="file"),
        Column(key="payer_claim", title="Payer's claim number", kind="id", place="file"),
        Column(key="matched_by", title="Matched by", place="file"),
        Column(key="candidates", title="may be", place="below"),
        Column(key="flags", title="Flags", place="file"),
        Column(key="visits", title="Visits", kind="list", place="file"),
    )
