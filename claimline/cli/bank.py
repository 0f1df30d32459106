"""``claimline bank``: deposits of the bank against the payments of the 835s."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import book_option, format_option, ledger_option, output_option
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, CommandError, WrongUsageError, worst

if TYPE_CHECKING:
    from claimline.services.bank import Imported
    from reconcile.ledger.deposits import Row

BY_HAND = (
    'By hand: claimline bank match ID --to NUMBER --reason "..."; a deposit that pays no claims: '
    "--none"
)


@click.group()
def bank() -> None:
    r"""Deposits of the bank: read them, and see which payment each is.

    \b
    Example:
      claimline bank import statement.csv
      claimline bank list --unmatched
    """


@bank.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option("--profile", type=click.Path(), default="", help="TOML: which column is what.")
@click.option("--dry-run", is_flag=True, help="Show what is understood of a file; keep nothing.")
@ledger_option
@format_option("table", "json", "csv")
def import_(files: tuple[str, ...], *, profile: str, dry_run: bool, ledger: str, shape: str) -> int:
    r"""Read deposits from CSV files, or from Nacha files with CCD+ addenda.

    Columns of a CSV are found by their usual names, by the words of their headings, or, without a
    heading, by what stands in them; --dry-run shows which column was taken for what. A profile
    names others. The same deposit in another file is known, also in other words where only one
    fits; a debit that names a payment takes its deposit back. Account numbers are not taken over.
    Exit status 1 where a row could not be read or a file is not whole.

    \b
    Example:
      claimline bank import statement.csv --dry-run
      claimline bank import lockbox.csv --profile bank.toml
    """
    from claimline import files as disk
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import bank as service
    from claimline.services.bank_read import read_profile
    from claimline.services.practice import text_of
    from reconcile.ledger import open_ledger

    known = read_profile(profile, text_of(profile, disk.content(profile))) if profile else None
    done: list[service.Imported] = []
    statuses = [DONE]
    with open_ledger(settings.ledger_url(ledger)) as opened:
        for name in files:
            try:
                data = disk.content(name)
                found = (
                    service.look(opened, name, data, profile=known, now=settings.now())
                    if dry_run
                    else service.take(
                        opened,
                        name,
                        data,
                        profile=known,
                        user=settings.user(),
                        now=settings.now(),
                    )
                )
            except CommandError as error:
                disk.complain(error.message, error.todo)
                statuses.append(max(error.status, COULD_NOT_RUN))
                continue
            for n, fault in enumerate(found.faults, 1):
                last = n == len(found.faults)
                disk.complain(f"{name}: {fault}", service.MEND[found.kind] if last else "")
            statuses.append(NEEDS_PERSON if found.faults else DONE)
            done.append(found)
    rows = [_fields(one) for one in done]
    tables = (_imported(rows, dry_run=dry_run), *(_first(one) for one in done if one.first))
    show(Result(data={"files": rows, "dry_run": dry_run}, tables=tables), shape)
    return worst(*statuses)


def _fields(one: "Imported") -> dict[str, Any]:
    from attrs import asdict

    return {
        **{key: value for key, value in asdict(one).items() if key != "first"},
        "first": [_deposit(row) for row in one.first],
    }


def _deposit(row: "Row") -> dict[str, Any]:
    """A deposit of a trial."""
    from reconcile.ledger.convert import dollars

    return {
        "row": row.number,
        "date": row.date.isoformat(),
        "amount": str(dollars(row.cents)),
        "trace": row.trace,
        "originator": row.originator,
        "payer": row.payer,
        "claims": row.is_claim,
    }


def _first(one: "Imported") -> Any:
    """The first deposits of a file that is tried."""
    from claimline.render import Column, Table

    return Table(
        title=f"{one.file}: the first that are new",
        columns=(
            Column(key="row", title="Row", kind="number"),
            Column(key="date", title="Deposit", kind="date"),
            Column(key="amount", title="Amount", kind="money"),
            Column(key="trace", title="Number", kind="id"),
            Column(key="originator", title="Payer's number", kind="id"),
            Column(key="payer", title="Payer"),
            Column(key="claims", title="Claims"),
        ),
        rows=[_deposit(row) for row in one.first],
    )


def _imported(rows: list[dict[str, Any]], *, dry_run: bool) -> Any:
    from claimline.render import Column, Table

    back = any(row["returned"] for row in rows)
    shown = Column(key="understood", title="columns", kind="list", place="below")
    return Table(
        columns=(
            Column(key="file", title="File", kind="id"),
            Column(key="kind", title="Kind"),
            Column(key="deposits", title="Deposits", kind="number"),
            Column(key="new", title="New", kind="number"),
            Column(key="claims", title="Of claims", kind="number"),
            Column(key="passed", title="No deposit", kind="number"),
            *((Column(key="returned", title="Taken back", kind="number"),) if back else ()),
            *((shown,) if dry_run else ()),
            Column(key="notes", title="note", kind="list", place="below"),
        ),
        rows=rows,
        empty="No file was read.",
        notes=("Nothing was kept (--dry-run).",) if dry_run and rows else (),
    )


@bank.command("list")
@click.option("--unmatched", is_flag=True, help="Only deposits and payments without each other.")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def list_(
    *, unmatched: bool, test: bool | None, ledger: str, shape: str, output: Path | None
) -> int:
    r"""List deposits and payments: matched by what, or what each could be.

    A deposit is matched by the payment's number and its payer's, by the number and the amount, by
    the payer, the amount and the date, or by amount and date alone, within three business days
    (checks ten). What fits several stays unmatched. Exit status 1 where --unmatched shows anything.

    \b
    Example:
      claimline bank list
      claimline bank list --unmatched --format csv
    """
    from claimline import settings
    from claimline.render import Column, Result, Table, show
    from claimline.services import bank as service
    from reconcile.ledger import open_ledger

    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        rows = list(service.rows(service.matched(opened, usage), unmatched=unmatched))
    table = Table(
        columns=(
            Column(key="id", title="Id", kind="id"),
            Column(key="deposit", title="Deposit", kind="date"),
            Column(key="payment", title="Payment", kind="date"),
            Column(key="amount", title="Amount", kind="money"),
            Column(key="trace", title="Number", kind="id"),
            Column(key="matched_by", title="Matched by"),
            Column(key="payer", title="from", place="below", heading="Payer"),
            Column(key="could_be", title="could be", kind="list", place="below"),
            Column(key="text", title="text", place="file"),
            Column(key="is_claim", title="Claims", place="file"),
        ),
        rows=rows,
        empty="Every deposit has its payment, every payment its deposit."
        if unmatched
        else "No deposit and no payment is known.",
        notes=(BY_HAND,) if any(row["could_be"] for row in rows) else (),
        tight=True,
    )
    show(Result(data=rows, tables=(table,)), shape, output)
    return NEEDS_PERSON if unmatched and rows else DONE


@bank.command("match")
@click.argument("deposit")
@click.option("--to", "payments", multiple=True, metavar="NUMBER", help="A payment of it.")
@click.option("--same", default="", metavar="ID", help="It is this other deposit, told twice.")
@click.option("--none", "none", is_flag=True, help="The deposit pays no claims.")
@click.option("--undo", is_flag=True, help="What was said of it by hand does not hold.")
@click.option("--force", is_flag=True, help="Also where the amounts differ.")
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--by", default="", metavar="NAME", help="Who says so. [default: you]")
@book_option
@ledger_option
def match_(
    *,
    deposit: str,
    payments: tuple[str, ...],
    same: str,
    none: bool,
    undo: bool,
    force: bool,
    reason: str,
    by: str,
    test: bool | None,
    ledger: str,
) -> int:
    r"""Say by hand which payments a deposit is, that it pays no claims, or is told twice.

    DEPOSIT is the id that claimline bank list shows (its first characters are enough), or the
    number the deposit names. --to once for each payment of it; NUMBER@2026-03-06 where a number was
    used twice. What was said is kept with name and reason, and counts more than what is found.

    \b
    Example:
      claimline bank match 3f9c22d1 --to 88120017 --to 88120018 --reason "one deposit for both"
      claimline bank match 3f9c22d1 --none --reason "refund of the phone company"
      claimline bank match 3f9c22d1 --undo --reason "wrong one"
    """
    from claimline import settings
    from claimline.services import bank as service
    from claimline.services.bank_match import Request, put
    from reconcile.ledger import open_ledger

    if sum((bool(payments), bool(same), none, undo)) != 1:
        raise WrongUsageError("give one of --to, --same, --none and --undo")
    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        request = Request(
            deposit=deposit,
            payments=payments,
            same=same,
            undo=undo,
            force=force,
            reason=reason,
            user=by or settings.user(),
            now=settings.now(),
            usage=usage,
        )
        click.echo(put(opened, request, service.matched(opened, usage)))
    return DONE
