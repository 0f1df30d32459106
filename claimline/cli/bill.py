"""``claimline bill``: coded visits to 837P files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import format_option, ledger_option, named_tables, tables_option
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, worst

FEW: Final = 25  # claims that are shown with their lines

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
@click.option(
    "--explain", is_flag=True, help="Tell every decision, from minutes to the segment that goes."
)
@ledger_option
@tables_option
@format_option("table", "json", "csv")
def bill(
    visits: tuple[str, ...],
    practice: str,
    out: Path,
    *,
    dry_run: bool,
    production: bool,
    explain: bool,
    ledger: str,
    tables: str,
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
      claimline bill visits.csv --practice practice.toml --dry-run --explain
    """
    from claimline import settings
    from claimline.render import show
    from claimline.services.bill import bill as run
    from claimline.services.bill_values import BillRequest

    result = run(
        BillRequest(
            visits=visits,
            practice=practice,
            out=out,
            ledger=settings.ledger_url(ledger, make_folder=True),
            production=production,
            dry_run=dry_run,
            explain=explain,
            tables=str(named_tables(tables)),
            now=settings.now(),
            user=settings.user(),
        )
    )
    _tell(result, shape)
    show(_result(result, shape), shape)
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
        complain(f"{name}: {why}", "the other files were read" if result.files_read else "")
    for path in result.recovered:
        click.echo(f"Written now, recorded by an earlier run: {path}", err=True)
    if shape != "json":
        show_problems(result.practice_warnings)
        show_problems(result.problems)


def _result(result: "BillResult", shape: str) -> "Result":
    """The answer in all its shapes: csv has the lines of all claims, and what is held."""
    from claimline.render import Result

    tables = (_lines_table(result),) if shape == "csv" else tuple(_tables(result))
    return Result(data=_data(result), tables=tables, text=tuple(_text(result)))


def _text(result: "BillResult") -> Iterator[str]:
    """What happened, in sentences."""
    if result.dry_run:
        yield "Dry run: nothing was recorded or written."
    if not (result.asked or result.claims or result.held):
        yield "No visits were given, and none that were held wait for this run: nothing to bill."
        return
    yield (
        f"{_count(len(result.claims), 'claim')} in {_count(len(result.files), 'file')}, "
        f"{len(result.held)} held, "
        f"{_count(len(result.already), 'visit')} billed before."
    )
    if unread := [one for one in result.unread() if one.visit or one.row]:
        yield f"{_count(len(unread), 'visit')} could not be read: see the errors above."
    yield from result.tables
    for one in result.already[:5]:
        yield f"  {one.visit}: already billed in {one.file}"
    if len(result.already) > 5:
        yield f"  and {len(result.already) - 5} more"
    yield ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _tables(result: "BillResult") -> "Iterator[Table]":
    """Claims where they can be looked over, files written, claims held, warnings."""
    if result.claims and (result.dry_run or len(result.claims) <= FEW):
        yield _claims_table(result)
    yield from _decided_tables(result)
    if result.files:
        yield _files_table(result)
    if result.held:
        yield _held_table(result)
    if any(one.warnings for one in result.claims):
        yield _warnings_table(result)


def _decided_tables(result: "BillResult") -> "Iterator[Table]":
    """How each claim came about, where that was asked for."""
    from claimline.render.decided import decided_tables

    for one in result.claims:
        if one.explained is not None:
            who = f"{one.payer}, {one.discipline}, {one.date.isoformat()}, {one.charge}"
            title = f"How the claim of {' and '.join(one.visits)} came about ({who})"
            yield from decided_tables(one.explained, title)


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


def _claims_table(result: "BillResult") -> "Table":
    """The claims with their lines, to be looked over before they go."""
    from claimline.render import Column, Table

    columns = (
        Column(key="visits", title="Visit"),
        Column(key="claim", title="Claim"),
        Column(key="payer", title="Payer"),
        Column(key="code", title="Code"),
        Column(key="units", title="Units", kind="number"),
        Column(key="charge", title="Charge", kind="money"),
    )
    rows = [
        {
            "visits": " ".join(claim.visits),
            "claim": claim.claim,
            "payer": claim.payer,
            "code": " ".join((str(line["code"]), *line["modifiers"])),  # type: ignore[misc]  # a list
            "units": line["units"],
            "charge": line["charge"],
        }
        for claim in result.claims
        for line in claim.lines
    ]
    return Table(columns=columns, rows=rows, title="Claims")


def _lines_table(result: "BillResult") -> "Table":
    """A row for each line of the claims and for each hold."""
    from claimline.render import Column, Table

    keys = ("state", "visits", "claim", "payer", "discipline", "date", "line", "code", "modifiers")
    columns = [Column(key=key, title=key) for key in keys]
    columns += [Column(key=key, title=key, kind="money") for key in ("units", "charge")]
    columns += [Column(key=key, title=key) for key in ("why", "file")]
    return Table(columns=tuple(columns), rows=_line_rows(result))


def _line_rows(result: "BillResult") -> "Iterator[dict[str, Any]]":
    for claim in result.claims:
        names = {"state": "billed", "visits": claim.visits, "claim": claim.claim}
        same = {"payer": claim.payer, "discipline": claim.discipline, "date": claim.date}
        why = "; ".join(problem.message for problem in claim.warnings)
        for line in claim.lines:
            yield {**names, **same, **line, "why": why, "file": claim.file}
    for held in result.held:
        yield {
            "state": "held",
            "visits": held.visits,
            "payer": held.payer,
            "discipline": held.discipline,
            "date": held.date,
            "charge": held.charge,
            "why": "; ".join(p.message for p in held.problems if p.level == "error"),
        }
    for one in result.unread():
        yield {"state": "unreadable", "visits": one.visit, "why": one.why, "file": one.file}


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
    sent = [any(p.code == "bill.changed" for p in one.problems) for one in result.held]
    notes = (
        *(("After a fix: claimline held release ID, or bill the mended visit.",) * (not all(sent))),
        *(("Billed before: the claim that was sent needs a correction.",) * any(sent)),
    )
    return Table(columns=columns, rows=rows, title="Held", notes=notes)


def unreadable(result: "BillResult") -> list[dict[str, Any]]:
    """The files that could not be read, and the visits of the others."""
    from attrs import asdict

    files = [{"file": name, "visit": "", "row": 0, "why": why} for name, why in result.unreadable]
    return [*files, *(asdict(one) for one in result.unread())]


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
                **({} if one.explained is None else {"explained": one.explained}),
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
        "practice_warnings": _problems(result.practice_warnings),
        "tables": list(result.tables),
        "unreadable": unreadable(result),
    }
