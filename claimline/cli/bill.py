"""``claimline bill``: coded visits to 837P files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, worst

if TYPE_CHECKING:
    from claimline.render import Result, Table
    from claimline.services.bill_values import BillResult
    from edi.problem import Problem


@click.command()
@click.argument("visits", nargs=-1, type=click.Path(), metavar="VISITS...")
@click.option("--practice", required=True, type=click.Path(), help="The practice file (TOML).")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outbox"),
    show_default=True,
    help="Folder for the claim files.",
)
@click.option("--dry-run", is_flag=True, help="Show what would happen; record and write nothing.")
@click.option("--production", is_flag=True, help="Claims in earnest; without it files are tests.")
@ledger_option
@format_option("table", "json", "csv")
def bill(
    visits: tuple[str, ...],
    practice: str,
    out: Path,
    *,
    dry_run: bool,
    production: bool,
    ledger: str,
    shape: str,
) -> int:
    r"""Turn coded visits (JSON or CSV) into 837P files, one claim per patient, day and discipline.

    A visit that was billed before is not billed again. A claim that cannot be right is held with
    its reason; the others go. Visits that were released or overridden (claimline held) go along.
    Exit status 1 where something is held or a row could not be read.

    \b
    Example:
      claimline bill visits.csv --practice practice.toml --dry-run
      claimline bill visits.csv --practice practice.toml --out outbox
    """
    import getpass

    from claimline import settings
    from claimline.render import show
    from claimline.services.bill import bill as run
    from claimline.services.bill_values import BillRequest

    result = run(
        BillRequest(
            visits=visits,
            practice=practice,
            out=out,
            ledger=settings.ledger_url(ledger),
            production=production,
            dry_run=dry_run,
            now=settings.now(),
            user=getpass.getuser(),
        )
    )
    _tell(result, shape)
    show(_result(result), shape)
    return _status(result)


def _status(result: "BillResult") -> int:
    """3 for a file that could not be read, 1 where a person is needed."""
    wrong = any(problem.level == "error" for problem in result.problems)
    return worst(
        COULD_NOT_RUN if result.unreadable else DONE,
        NEEDS_PERSON if result.held or wrong else DONE,
    )


def _tell(result: "BillResult", shape: str) -> None:
    """What belongs on standard error: a new ledger, files that failed, problems of rows."""
    from claimline.files import complain
    from claimline.render import show_problems

    if result.ledger_created:
        click.echo(f"A new ledger was made: {result.ledger_created}", err=True)
    for name, why in result.unreadable:
        complain(f"{name}: {why}", "the other files were billed")
    for path in result.recovered:
        click.echo(f"Written now, recorded by an earlier run: {path}", err=True)
    if shape != "json":
        show_problems(result.problems)


def _result(result: "BillResult") -> "Result":
    """The answer in all its shapes."""
    from claimline.render import Result

    return Result(data=_data(result), tables=tuple(_tables(result)), text=tuple(_text(result)))


def _text(result: "BillResult") -> Iterator[str]:
    """What happened, in sentences."""
    if result.dry_run:
        yield "Dry run: nothing was recorded or written."
    yield (
        f"{_count(len(result.claims), 'claim')} in {_count(len(result.files), 'file')}, "
        f"{len(result.held)} held, "
        f"{_count(len(result.already), 'visit')} billed before."
    )
    for one in result.already[:5]:
        yield f"  {one.visit}: already billed in {one.file}"
    if len(result.already) > 5:
        yield f"  and {len(result.already) - 5} more"
    yield ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _tables(result: "BillResult") -> "Iterator[Table]":
    """Files written, claims held, warnings."""
    if result.files:
        yield _files_table(result)
    if result.held:
        yield _held_table(result)
    if any(one.warnings for one in result.claims):
        yield _warnings_table(result)


def _files_table(result: "BillResult") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="file", title="File"),
        Column(key="usage", title="Usage"),
        Column(key="claims", title="Claims", kind="number"),
        Column(key="lines", title="Lines", kind="number"),
        Column(key="charge", title="Charge", kind="money"),
    )
    rows = [
        {
            "file": made.file,
            "usage": "production" if made.usage == "P" else "test",
            "claims": made.claims,
            "lines": made.lines,
            "charge": made.charge,
        }
        for made in result.files
    ]
    title = "Files that would be written" if result.dry_run else "Files written"
    return Table(columns=columns, rows=rows, title=title)


def _warnings_table(result: "BillResult") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="visits", title="Visit"),
        Column(key="claim", title="Claim"),
        Column(key="message", title="Warning"),
    )
    rows = [
        {"visits": " ".join(one.visits), "claim": one.claim, "message": problem.message}
        for one in result.claims
        for problem in one.warnings
    ]
    return Table(columns=columns, rows=rows, title="Billed with a warning")


def _held_table(result: "BillResult") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="id", title="Held"),
        Column(key="payer", title="Payer"),
        Column(key="discipline", title="Plan"),
        Column(key="date", title="Date"),
        Column(key="charge", title="Charge", kind="money"),
        Column(key="why", title="Why", place="below"),
    )
    rows = [
        {
            "id": one.id,
            "payer": one.payer,
            "discipline": one.discipline,
            "date": one.date,
            "charge": one.charge,
            "why": "; ".join(p.message for p in one.problems if p.level == "error"),
        }
        for one in result.held
    ]
    notes = ("After a fix: claimline held release ID, or bill the mended visit.",)
    return Table(columns=columns, rows=rows, title="Held", notes=notes)


def _problems(problems: "tuple[Problem, ...]") -> list[dict[str, Any]]:
    from claimline.render import problem_fields

    return [{"file": problem.where.file, **problem_fields(problem)} for problem in problems]


def _data(result: "BillResult") -> dict[str, Any]:
    """The JSON shape."""
    return {
        "dry_run": result.dry_run,
        "files": [
            {
                "file": made.file,
                "receiver": made.receiver,
                "control": f"{made.control:09d}",
                "usage": made.usage,
                "claims": made.claims,
                "lines": made.lines,
                "charge": str(made.charge),
            }
            for made in result.files
        ],
        "recovered": list(result.recovered),
        "claims": [
            {
                "claim": one.claim,
                "visits": list(one.visits),
                "payer": one.payer,
                "discipline": one.discipline,
                "date": one.date.isoformat(),
                "charge": str(one.charge),
                "file": one.file,
                "lines": list(one.lines),
                "because": list(one.because),
                "warnings": _problems(one.warnings),
            }
            for one in result.claims
        ],
        "held": [
            {
                "id": one.id,
                "visits": list(one.visits),
                "payer": one.payer,
                "discipline": one.discipline,
                "date": one.date.isoformat() if one.date else None,
                "charge": None if one.charge is None else str(one.charge),
                "reasons": [
                    {"code": p.code, "level": p.level, "message": p.message} for p in one.problems
                ],
            }
            for one in result.held
        ],
        "already_billed": [
            {"visit": one.visit, "file": one.file, "claims": list(one.claims)}
            for one in result.already
        ],
        "problems": _problems(result.problems),
        "unreadable": [{"file": name, "why": why} for name, why in result.unreadable],
    }
