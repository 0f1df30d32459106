"""``claimline adjustments``: what payers take back, carry on and give beside claims."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    output_option,
    show_patient_option,
)
from claimline.errors import DONE

if TYPE_CHECKING:
    from claimline.render import Table


@click.command()
@click.option("--payer", default="", help="Only this payer: its id (TRN03), or a part of its name.")
@click.option("--open", "only_open", is_flag=True, help="Only what is not closed.")
@show_patient_option
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def adjustments(
    *,
    payer: str,
    only_open: bool,
    show_patient: bool,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Show the book of provider adjustments (PLB), each followed across remittances to zero.

    Above zero was taken from payments, below zero was given. A recovery that was first given back
    is owed to the payer until it is taken; a balance carried forward is no new loss; interest is
    final. The claim that probably caused one is a hint with its evidence: nothing is posted by it.
    What of a reference may name a patient is masked; the totals by payer are of the whole book.

    \b
    Example:
      claimline adjustments --open
      claimline adjustments --payer aetna --format xlsx --output adjustments.xlsx
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import adjustments as service
    from claimline.services.payers_asked import meant
    from reconcile.ledger import open_ledger

    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        whole = service.book(opened, usage, settings.today(), payer=payer)
        if not whole:
            meant(opened, usage, payer)  # a payer nobody knows is refused by its name
    found = [one for one in whole if one.receivable.open or not only_open]
    rows = service.data(found, show_patient=show_patient and may_show_patient(output))
    tables = [_book(rows)]
    if rows and shape != "csv":  # a CSV has one kind of rows
        tables.append(_totals(service.totals(whole)))
    text = (service.headline(whole),) if rows else ()
    show(Result(data=rows, tables=tuple(tables), text=text), shape, output)
    return DONE


def _book(rows: list[dict[str, Any]]) -> "Table":
    from claimline.render import Column, Table

    return Table(
        columns=(
            Column(key="payer", title="Payer", once=True),
            Column(key="meaning", title="What"),
            Column(key="reference", title="Reference", kind="id"),
            Column(key="state", title="State"),
            Column(key="days", title="Days", kind="number"),
            Column(key="open", title="Open", kind="money"),
            Column(key="total", title="Taken in all", kind="money"),
            Column(key="followed", title="entries", kind="list", place="below"),
            Column(key="claims", title="perhaps", kind="list", place="below"),
            Column(key="since", title="open since", place="file"),
            Column(key="payer_id", title="payer id", place="file"),
        ),
        rows=[_row(one) for one in rows],
        notes=(
            "Open above zero: the payer will take it. Below zero: taken, nothing here says why.",
        ),
        empty="There are no provider adjustments.",
        sheet="Adjustments",
    )


def _row(one: dict[str, Any]) -> dict[str, Any]:
    from decimal import Decimal

    entries = [
        f"{e['date']} {e['trace']}: {e['words']}, open {e['balance']}"
        if one["state"] != "final"
        else f"{e['date']} {e['trace']}: {e['words']}"
        for e in one["entries"]
    ]
    amount = Decimal(one["open"])
    return {
        **one,
        "open": amount if one["state"] != "final" else None,
        "total": Decimal(one["total"]),
        "followed": entries,
        "claims": [f"{hint['claim']}: {hint['evidence']}" for hint in one["hints"]],
    }


def _totals(rows: list[dict[str, Any]]) -> "Table":
    from claimline.render import Column, Table

    return Table(
        title="By payer",
        columns=(
            Column(key="payer", title="Payer"),
            Column(key="taken", title="Taken in all", kind="money"),
            Column(key="owed", title="Owed to the payer", kind="money"),
            Column(key="unseen", title="Taken, origin not seen", kind="money"),
        ),
        rows=rows,
        sheet="By payer",
    )
