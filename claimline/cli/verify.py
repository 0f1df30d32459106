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
    from collections.abc import Iterable, Iterator

    from claimline.render import Column, Table
    from claimline.services.verify import Verified
    from reconcile.ledger.alike import Compared


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
@click.option(
    "--head",
    metavar="DIGEST",
    default="",
    help="Look also whether the journal still has this entry: the head that a night's page or an "
    "earlier verify told.",
)
@practice_option
@ledger_option
@format_option("table", "json", "csv")
@output_option
def verify(
    *,
    day: dt.datetime | None,
    into: str,
    head: str,
    practice: str,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Make the ledger again from the kept files and decisions, and compare it row by row.

    Decisions, visits, expected amounts and all else that is recorded once are compared with the
    journal of facts. Files are compared with their digests, sent claims and payments with the bytes
    they came from; acknowledgements, matches, postings, states are made again. Nothing is changed.
    Exit status 1 where anything differs: the first differences are named. Imported tables that
    decided claims and are not imported any more are named too. The day of --as-of ends in the time
    zone of --practice, else at midnight UTC.

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
            head=head,
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
    from claimline.render import Table
    from claimline.services.verify import NEXT, journal_notes

    yield _counts(found.compared, "Made again")
    some = [one for one in found.recorded if one.kept or one.made or one.broken]
    yield _counts(some, "Recorded", title="Facts and the journal", notes=journal_notes(found))
    if found.differences:
        yield Table(
            title="What differs",
            columns=_columns(
                what="What", which="Which", column="Of it", kept="In the ledger",
                made="Made again, or recorded",
            ),
            rows=[
                {"what": d.what, "which": d.which, "column": d.column, "kept": d.kept,
                 "made": d.made}
                for d in found.differences
            ],
            notes=(NEXT,),
        )  # fmt: skip


def _columns(**titles: str) -> "tuple[Column, ...]":
    from claimline.render import Column

    once = ("what", "which")
    return tuple(Column(key=key, title=title, once=key in once) for key, title in titles.items())


def _counts(
    compared: "Iterable[Compared]", made: str, title: str = "", notes: tuple[str, ...] = ()
) -> "Table":
    from claimline.render import Column, Table

    return Table(
        title=title,
        columns=(
            Column(key="what", title="What"),
            Column(key="kept", title="In the ledger", kind="number"),
            Column(key="made", title=made, kind="number"),
            Column(key="result", title="Result"),
        ),
        rows=[
            {
                "what": one.what,
                "kept": one.kept,
                "made": one.made,
                "result": "equal" if one.equal else f"{one.broken:,} differ",
            }
            for one in compared
        ],
        notes=notes,
    )
