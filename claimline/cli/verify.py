"""``claimline verify``: all of the ledger made again from the kept files, and compared."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimline.cli.options import (
    DAY,
    format_option,
    ledger_option,
    output_option,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from claimline.render import Table
    from claimline.services.verify import Verified


@click.command()
@click.option(
    "--as-of",
    "day",
    type=DAY,
    help="Only what was recorded up to the end of that day; the books are made of that, not "
    "compared.",
)
@click.option(
    "--into",
    metavar="URL",
    default="",
    help="Make it in this new ledger, and leave it there. [default: one that is removed again]",
)
@practice_option
@ledger_option
@format_option("table", "json", "csv")
@output_option
def verify(
    *,
    day: dt.datetime | None,
    into: str,
    practice: str,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Make the ledger again from the kept files and decisions, and compare it row by row.

    Files are compared with their digests, sent claims and payments with the bytes they came from;
    acknowledgements, matches, postings, states are made again. Nothing is changed. Exit status 1
    where anything differs: the first differences are named. Imported tables that decided claims and
    are not imported any more are named too. The day of --as-of ends in the time zone of --practice,
    else at midnight UTC.

    \b
    Example:
      claimline verify
      claimline verify --as-of 2026-03-01 --practice practice.toml
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import verify as service
    from claimline.services import verify_tables
    from claimline.services.again import zone_of
    from reconcile.ledger import open_ledger

    with open_ledger(settings.ledger_url(ledger)) as opened:
        found = service.verify(
            opened,
            as_of=day.date() if day else None,
            zone=zone_of(practice),
            into=into,
        )
        gone = verify_tables.gone(opened, settings.tables_path())
    told = tuple(f"claims cite {one}, which is not imported any more" for one in gone)
    result = Result(
        data=service.data(found) | {"tables_gone": list(gone)},
        tables=tuple(_tables(found)),
        text=(service.headline(found), *told, *((verify_tables.NEXT,) if gone else ())),
    )
    show(result, shape, output)
    return DONE if found.equal else NEEDS_PERSON


def _tables(found: "Verified") -> "Iterator[Table]":
    from claimline.render import Column, Table
    from claimline.services.verify import COPIED, NEXT

    rows = [
        {
            "what": one.what,
            "kept": one.kept,
            "made": one.made,
            "result": "equal" if one.equal else f"{one.broken} differ",
        }
        for one in found.compared
    ]
    yield Table(
        columns=(
            Column(key="what", title="What"),
            Column(key="kept", title="In the ledger", kind="number"),
            Column(key="made", title="Made again", kind="number"),
            Column(key="result", title="Result"),
        ),
        rows=rows,
        notes=("Not compared, for only the ledger holds it:", *(f"  {one}" for one in COPIED)),
    )
    if found.differences:
        yield Table(
            title="What differs",
            columns=(
                Column(key="what", title="What", once=True),
                Column(key="which", title="Which", once=True),
                Column(key="column", title="Of it"),
                Column(key="kept", title="In the ledger"),
                Column(key="made", title="Made again"),
            ),
            rows=[
                {"what": d.what, "which": d.which, "column": d.column, "kept": d.kept,
                 "made": d.made}
                for d in found.differences
            ],
            notes=(NEXT,),
        )  # fmt: skip
