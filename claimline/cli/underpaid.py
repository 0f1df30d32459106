"""``claimline underpaid``: lines that were not paid what their terms say."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.denials import procedure_codes
from claimline.cli.options import DAY, book_option, format_option, ledger_option, output_option
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from claimline.render import Column, Table
    from claimline.services.judging import Totals


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
    "--only", type=click.Choice(["underpaid", "overpaid"]), help="Leave the other ones out."
)
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def underpaid(
    *,
    codes: tuple[str, ...],
    payer: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    only: str | None,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""List paid lines whose payment is not what their contract or Medicare's fee schedule says.

    What a line should bring is worked out when it is billed and kept with it. Denied lines are not
    here: see claimline denials. Lines of which nothing is expected (no contract, no fee table) are
    not here either; claimline trace says why.

    \b
    Example:
      claimline underpaid --since 2026-01-01
      claimline underpaid --payer aetna --only underpaid --output underpaid.xlsx
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import judging
    from reconcile.ledger import open_ledger

    wanted = judging.Wanted(
        usage=None if test is None else "T" if test else "P",
        codes=procedure_codes(codes),
        payer=payer,
        since=since.date() if since else None,
        until=until.date() if until else None,
        verdicts=frozenset({only} if only else judging.VERDICTS),
    )
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise WrongUsageError(f"--since {wanted.since} is later than --until {wanted.until}")
    totals = judging.Totals()
    with open_ledger(settings.ledger_url(ledger)) as opened:
        found = totals.through(judging.rows(opened, wanted))
        if shape == "json":
            show(Result(data=found), shape, output)
        elif shape == "table":
            rows = list(_flat(found))
            show(Result(data=None, tables=(_table(rows, totals),)), shape, output)
        else:
            show(Result(data=None, tables=(_table(_flat(found)),)), shape, output)
    return DONE


def _flat(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Code and modifiers beside each other."""
    return (row | {"procedure": " ".join((row["code"], *row["modifiers"]))} for row in rows)


def _table(rows: Iterable[dict[str, Any]], totals: "Totals | None" = None) -> "Table":
    from claimline.render import Table

    return Table(
        title="Lines not paid as expected" if totals is None or totals.count else "",
        columns=_columns(),
        rows=rows,
        notes=(totals.words(),) if totals and totals.count else (),
        empty="No line with an expected payment was paid otherwise. Lines of which nothing is "
        "expected (no contract, no fee table) are not judged: claimline trace says why.",
        sheet="Underpaid",
    )


def _columns() -> "tuple[Column, ...]":
    """What stands in the row, what under it, what in csv and xlsx only."""
    from claimline.render import Column

    return (
        Column(key="claim", title="Claim", kind="id"),
        Column(key="line", title="Line control number", kind="id", place="file"),
        Column(key="date", title="Date", kind="date"),
        Column(key="procedure", title="Code", kind="id", in_files=False),
        Column(key="code", title="Code", kind="id", place="file"),
        Column(key="modifiers", title="Modifiers", kind="id", place="file"),
        Column(key="units", title="Units", kind="number"),
        Column(key="billed", title="Billed", kind="money", place="file"),
        Column(key="expected", title="Expected", kind="money"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="difference", title="Difference", kind="money"),
        Column(key="judged", title="Judged", kind="id"),
        Column(key="payer", title="payer", place="below", heading="Payer"),
        Column(key="why", title="because", kind="list", place="below"),
        Column(key="terms", title="terms", place="below", heading="Terms"),
    )
