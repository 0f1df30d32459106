"""``claimline reject``: rejections that came outside of X12, by hand or from a report."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    ledger_option,
    placed_identifiers,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from claimline.render import Result
    from claimline.services.reject import Rejected
    from claimline.services.report_take import Row, Taken

FEW = 20  # rows named in a line


@click.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option(
    "--source",
    type=click.Choice(("payer", "clearinghouse")),
    default="payer",
    show_default=True,
    help="Whose word it is.",
)
@click.option("--reason", default="", metavar="TEXT", help="What was said; kept with the claim.")
@click.option("--code", default="", metavar="CODE", help="Category and status (A7:562), if given.")
@click.option("--on", type=DAY, help="The day it was said. [default: today]")
@click.option(
    "--by",
    type=click.Choice(("portal", "paper", "phone")),
    default="portal",
    show_default=True,
    help="How it came.",
)
@click.option("--undo", is_flag=True, help="Take the last rejection entered by hand back.")
@click.option("--report", type=click.Path(), default="", help="A clearinghouse's own report.")
@click.option("--profile", type=click.Path(), default="", help="How to read the report (TOML).")
@click.option("--dry-run", is_flag=True, help="Show what the report says; nothing is kept.")
@book_option
@ledger_option
@format_option("table", "json", "csv")
def reject(
    *,
    claims: tuple[str, ...],
    source: str,
    reason: str,
    code: str,
    on: dt.datetime | None,
    by: str,
    undo: bool,
    report: str,
    profile: str,
    dry_run: bool,
    test: bool | None,
    ledger: str,
    shape: str,
) -> int:
    r"""Put a rejection that came on paper, by portal or telephone to its claim.

    A rejected claim was refused before anybody decided about payment: mend it and send it again as
    an original. - reads claims from standard input, one a line. A clearinghouse's own report (CSV,
    text) is read by a profile, see docs/acknowledgements.md. Nothing is ever overwritten: --undo
    adds that the entry does not hold. --dry-run shows what each row says and whose claim it is.
    Exit status 1 where a claim is not known, waits, or a row could not be read, the first time.

    \b
    Example:
      claimline reject CP7K2MWQ4XTRB9DEF --reason "member id not found" --code A7:164 --by portal
      claimline reject CP7K2MWQ4XTRB9DEF --undo
      claimline reject --report daily.csv --profile relay-report.toml --dry-run
    """
    from claimline import settings
    from reconcile.ledger import open_ledger

    usage = None if test is None else "T" if test else "P"
    if bool(report) != bool(profile):
        raise WrongUsageError("--report and --profile go together", todo="give both")
    if report:
        if claims or undo or reason or code:
            raise WrongUsageError("--report takes its claims from the report alone")
        return _report(report, profile, usage, ledger, shape, dry_run=dry_run)
    if dry_run:
        raise WrongUsageError("--dry-run goes with --report", todo="an entry: reject CLAIM --undo")
    from claimline.services import reject as service

    if not claims:
        raise WrongUsageError("no claim was given", todo="give one, or --report with --profile")
    if not undo and not reason.strip():
        raise WrongUsageError("--reason is missing", todo="say what was said: it is kept")
    day = on.date() if on else settings.today()
    if day > settings.today():
        raise WrongUsageError(f"--on {day.isoformat()} is yet to come")
    request = service.Request(
        source="clearinghouse" if source == "clearinghouse" else "payer",
        reason=reason.strip(),
        code=code,
        on=day,
        by=by,
        undo=undo,
        usage=usage,  # type: ignore[arg-type]  # T, P or none
        user=settings.user(),
        now=settings.now(),
    )
    with open_ledger(settings.ledger_url(ledger)) as opened:
        done = list(service.reject(opened, placed_identifiers(claims), request))
    _show(done, shape)
    return DONE if all(one.is_done for one in done) else NEEDS_PERSON


def _show(done: "Iterable[Rejected]", shape: str) -> None:
    from claimline.render import show

    show(_result(list(done)), shape)


def _result(done: "list[Rejected]") -> "Result":
    from claimline.render import Column, Result, Table

    rows = [_row(one) for one in done]
    columns = (
        Column(key="claim", title="Claim", kind="id"),
        Column(key="words", title="What became of it"),
        Column(key="notes", title="note", kind="list", place="below"),
        Column(key="state", title="state", place="file"),
    )
    next_step = "claimline correct mends a rejected claim; claimline trace CLAIM tells its story."
    entered = any(one.state == "entered" for one in done)
    table = Table(columns=columns, rows=rows, notes=(next_step,) if entered else ())
    return Result(data=rows, tables=(table,))


def _row(one: "Rejected") -> dict[str, Any]:
    return {
        "claim": one.claim or f"({one.place})",
        "state": one.state,
        "words": one.words,
        "notes": list(one.notes),
    }


def _report(
    report: str, profile: str, usage: str | None, ledger: str, shape: str, *, dry_run: bool
) -> int:
    """Read a report into the ledger and tell what it says."""
    from claimline import __version__, settings
    from claimline.render import show, show_problems
    from claimline.services import report_take
    from claimline.services.report_profile import load
    from reconcile.ledger import Run, open_ledger

    known = load(profile)
    run = Run(command="reject", version=__version__, started=settings.now(), user=settings.user())
    read = report_take.look if dry_run else report_take.take
    with open_ledger(settings.ledger_url(ledger)) as opened:
        taken = read(opened, run, report, known, usage=usage)  # type: ignore[arg-type]  # T, P or none
    if shape != "json":
        show_problems(taken.problems)
    show(_shown(report, taken, shape, dry_run=dry_run), shape)
    errors = any(problem.level == "error" for problem in taken.problems)
    return NEEDS_PERSON if errors or any(one.needs_person for one in taken.results) else DONE


def _shown(report: str, taken: "Taken", shape: str, *, dry_run: bool) -> "Result":
    """What a report says, for people and for programs."""
    from claimline.render import Column, Result, Table, problem_fields

    rows = [_report_row(one) for one in taken.rows]
    data = {
        "file": report,
        "dry_run": dry_run,
        "acknowledgements": [one.data for one in taken.results],
        "problems": [problem_fields(problem) for problem in taken.problems],
        "rows_told_before": list(taken.told_before),
        "rows": rows,
    }
    text = [f"{report}: {one.words}" for one in taken.results]
    if taken.told_before:
        rows_named = "row" if len(taken.told_before) == 1 else "rows"
        numbers = ", ".join(map(str, taken.told_before[:FEW]))
        more = f" and {len(taken.told_before) - FEW:,} more" * (len(taken.told_before) > FEW)
        text.append(
            f"{report}: told before and still not read: {rows_named} {numbers}{more}; mend the "
            "profile, or enter them by claimline reject"
        )
    if dry_run:
        text.append("Nothing was kept (--dry-run).")
    if shape == "csv":
        keys = ("file", "state", "words")
        columns = tuple(Column(key=key, title=key, place="file") for key in keys)
        lines = [{"file": report, **one.data} for one in taken.results]
        return Result(data=data, text=(), tables=(Table(columns=columns, rows=lines),))
    columns = (
        Column(key="row", title="Row", kind="number"),
        Column(key="claim", title="Claim", kind="id"),
        Column(key="verdict", title="Says"),
        Column(key="codes", title="Code"),
        Column(key="found", title="Of ours"),
    )
    tables = (Table(columns=columns, rows=rows),) if rows else ()
    return Result(data=data, text=tuple(text), tables=tables)


def _report_row(one: "Row") -> dict[str, Any]:
    """A row of a report that is tried."""
    return {
        "row": one.number,
        "claim": one.claim,
        "verdict": one.verdict,
        "codes": ", ".join(one.codes),
        "found": f"yes, by {one.method}" if one.is_ours else f"no: {one.method}",
    }
