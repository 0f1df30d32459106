"""``claimline edits``: what the checks find in visits, without billing them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import format_option, ledger_option, tables_option
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, worst

if TYPE_CHECKING:
    from claimline.render import Result, Table
    from claimline.services.bill_values import Unread
    from claimline.services.edits import Edits, Finding


@click.command()
@click.argument("visits", nargs=-1, required=True, type=click.Path(), metavar="VISITS...")
@click.option("--practice", required=True, type=click.Path(), help="The practice file (TOML).")
@click.option("--explain", is_flag=True, help="Tell every decision of the claims that would go.")
@click.option(
    "--production", is_flag=True, help="Look at what was billed in earnest, not in tests."
)
@ledger_option
@tables_option
@format_option("table", "json", "csv")
def edits(
    visits: tuple[str, ...],
    practice: str,
    *,
    explain: bool,
    production: bool,
    ledger: str,
    tables: str,
    shape: str,
) -> int:
    r"""List what the checks find in visits. Nothing is billed, recorded or written.

    Works without a ledger; where there is one, what was billed before counts too. Each finding
    names its rule, what decided and what to do. Exit status 1 where something would be held.

    \b
    Example:
      claimline edits visits.csv --practice practice.toml
      claimline edits visits.csv --practice practice.toml --format csv > findings.csv
    """
    from claimline import settings
    from claimline.render import show
    from claimline.services.bill_values import BillRequest
    from claimline.services.edits import edits as run

    found = run(
        BillRequest(
            visits=visits,
            practice=practice,
            out=Path("outbox"),
            ledger=settings.ledger_url(ledger),
            tables=str(settings.tables_path(tables)),
            production=production,
            dry_run=True,
            explain=explain,
            now=settings.now(),
            user=settings.user(),
        )
    )
    _tell(found, shape)
    show(_result(found, shape), shape)
    wrong = any(problem.level == "error" for problem in found.result.problems)
    return worst(
        COULD_NOT_RUN if found.result.unreadable else DONE,
        NEEDS_PERSON if found.held or wrong else DONE,
    )


def _tell(found: "Edits", shape: str) -> None:
    """What belongs on standard error: files that failed, problems of rows."""
    from claimline.files import complain
    from claimline.render import show_problems

    for name, why in found.result.unreadable:
        complain(f"{name}: {why}", "the other files were read" if found.result.files_read else "")
    if shape != "json":
        show_problems(found.result.practice_warnings)
        show_problems(found.result.problems)


def _result(found: "Edits", shape: str) -> "Result":
    from claimline.render import Result

    explained = () if shape == "csv" else tuple(_explained(found))
    return Result(data=_data(found), tables=(*explained, _table(found, shape)))


def _table(found: "Edits", shape: str) -> "Table":
    """A row for each finding; the summary below."""
    from claimline.render import Column, Table

    columns = (
        Column(key="visit", title="Visit", kind="id"),
        Column(key="payer", title="Payer"),
        Column(key="codes", title="Code", kind="list"),
        Column(key="level", title="Level"),
        Column(key="rule", title="Rule"),
        Column(key="message", title="Found", place="below"),
        Column(key="todo", title="To do", place="below"),
        Column(key="source", title="By", place="below"),
    )
    rows = [_fields(one) for one in found.findings]
    rows += [_not_read(one) for one in found.unread]
    notes = () if shape == "csv" else (*found.result.tables, *_summary(found))
    return Table(columns=columns, rows=rows, notes=notes, empty="Nothing was found.")


def _summary(found: "Edits") -> Iterator[str]:
    from claimline.render import counted

    before = f", {found.billed_before} billed before" if found.billed_before else ""
    unread = len(found.unread)
    read = f", {unread} could not be read" if unread else ""
    yield (
        f"{counted(found.held + found.warned + found.clean + unread, 'visit')}: {found.held} held, "
        f"{found.warned} warned, {found.clean} clean{before}{read}."
    )
    more = f", and {counted(found.not_priced, 'held claim')} whose charge is not known yet"
    yield f"Money held: {found.charge_held:,}{more if found.not_priced else ''}."


def _explained(found: "Edits") -> "Iterator[Table]":
    from claimline.render.decided import decided_tables

    for one in found.result.claims:
        if one.explained is not None:
            yield from decided_tables(one.explained, f"Visit {' '.join(one.visits)}")


def _fields(one: "Finding") -> dict[str, Any]:
    return {
        "visit": one.visit,
        "payer": one.payer,
        "codes": list(one.codes),
        "level": one.level,
        "rule": one.rule,
        "message": one.message,
        "todo": one.todo,
        "source": one.source,
    }


def _not_read(one: "Unread") -> dict[str, Any]:
    """The row of a visit that could not be read."""
    return {
        "visit": one.visit or (f"row {one.row}" if one.row else one.file),
        "payer": "",
        "codes": [],
        "level": "unreadable",
        "rule": "",
        "message": one.why,
        "todo": f"mend it in {one.file}",
        "source": "",
    }


def _data(found: "Edits") -> dict[str, Any]:
    """The JSON shape."""
    from claimline.cli.bill import unreadable
    from claimline.render import problem_fields

    result = found.result
    return {
        "findings": [_fields(one) for one in found.findings],
        "held": found.held,
        "warned": found.warned,
        "clean": found.clean,
        "billed_before": found.billed_before,
        "charge_held": str(found.charge_held),
        "not_priced": found.not_priced,
        "tables": list(result.tables),
        "explained": [
            {"visits": list(one.visits), **one.explained}
            for one in result.claims
            if one.explained is not None
        ],
        "problems": [
            {"file": problem.where.file, **problem_fields(problem)} for problem in result.problems
        ],
        "unreadable": unreadable(result),
        "unread": len(found.unread),
    }
