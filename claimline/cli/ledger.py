"""``claimline ledger``: status and care of the database."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    ledger_option,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON


@click.group()
def ledger() -> None:
    r"""The ledger: what is in it, upgrade it, copy it, make its books anew.

    \b
    Example:
      claimline ledger status
    """


@ledger.command()
@click.option("--as-of", "day", type=DAY, help="As it was known at the end of that day.")
@practice_option
@ledger_option
@format_option("table", "json", "csv")
def status(*, day: dt.datetime | None, practice: str, ledger: str, shape: str) -> int:
    r"""Show what is in the ledger.

    The day of --as-of ends in the time zone of --practice, else at midnight UTC.

    \b
    Example:
      claimline ledger status --format json
    """
    from attrs import asdict, evolve

    from claimline.render import Column, Result, Table, show
    from claimline.services.again import books_of
    from reconcile.ledger import open_ledger

    with open_ledger(_url(ledger)) as opened, books_of(opened, day, practice) as books:
        when = f" as of {day:%Y-%m-%d}" if day else ""
        found = evolve(books.status(), place=f"{opened.place}{when}")
    rows = [{"what": what, "count": count} for what, count in _counts(found)]
    sums = [{"what": what, "amount": amount} for what, amount in _sums(found)]
    what = Column(key="what", title="What")
    count = Column(key="count", title="Count", kind="number")
    amount = Column(key="amount", title="Dollars", kind="money")
    tables = (
        Table(title=f"{found.place} (schema {found.schema})", columns=(what, count), rows=rows),
        Table(title="Money received", columns=(what, amount), rows=sums, empty="None."),
    )
    show(Result(data=asdict(found, value_serializer=_text), tables=tables), shape)
    return DONE


def _text(_owner: Any, _field: Any, value: Any) -> Any:
    """Amounts as strings."""
    return str(value) if isinstance(value, Decimal) else value


def _sums(found: Any) -> Iterator[tuple[str, Decimal]]:
    """The money of each book that received any."""
    for book in found.books:
        name = "production" if book.usage == "P" else "test"
        if not book.payments:
            continue
        yield f"{name}: payments, each once", book.received
        yield f"{name}: payments kept aside", book.aside
        for state, paid in book.claims_paid.items():
            yield f"{name}: claim payments, {state}", paid
        yield f"{name}: provider adjustments (PLB)", book.provider_adjusted
        yield f"{name}: not explained in payments", book.difference
        yield f"{name}: not explained in claims", book.claims_difference


def _counts(found: Any) -> list[tuple[str, int]]:
    """The rows of the table."""
    rows = [
        ("files kept", found.files),
        ("bytes of them, before compression", found.file_bytes),
        ("runs recorded", found.runs),
        ("lines sent", found.lines),
        ("claim files recorded and not yet in the outbox", found.unwritten),
        ("problems kept", found.problems),
    ]
    for book in found.books:
        name = "production" if book.usage == "P" else "test"
        rows.append((f"{name}: claims sent", book.claims))
        rows += [(f"{name}: held claims, {state}", n) for state, n in book.held.items()]
        rows += [(f"{name}: payments, {state}", n) for state, n in book.payments.items()]
        rows += [(f"{name}: claim payments, {s}", n) for s, n in book.claim_payments.items()]
    return rows


@ledger.command()
@click.option("--all", "every", is_flag=True, help="Each by itself, also those of one cause.")
@book_option
@ledger_option
@format_option("table", "json", "csv")
def waiting(*, every: bool, test: bool | None, ledger: str, shape: str) -> int:
    r"""List what waits for a person among the payments received, and what to do.

    Payments cut off or kept aside; claims that fit nothing sent, were not posted, or do not add up;
    answers that do not fit what was sent, or each other. Denied lines are the work of claimline
    denials. What has one cause is one row; --all, CSV and JSON list each. Exit status 1 where
    anything waits.

    \b
    Example:
      claimline ledger waiting --format csv
    """
    from attrs import asdict

    from claimline.render import Column, Result, Table, show
    from claimline.render.words import shown_number
    from claimline.services.waiting_folded import folded, row
    from reconcile.ledger import open_ledger

    with open_ledger(_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        found = list(opened.waiting(usage=usage))
    columns = (
        Column(key="kind", title="What"),
        Column(key="trace", title="Payment", kind="id"),
        Column(key="claim", title="Claim", kind="id"),
        Column(key="amount", title="Amount", kind="money"),
        Column(key="which", title="which", place="below", in_files=False),
        Column(key="why", title="because", place="below"),
        Column(key="next_step", title="next", place="below"),
        Column(key="from", title="from", place="below", in_files=False),
        *(Column(key=k, title=k, place="file") for k in ("payer", "date", "file", "usage")),
    )
    each = every or shape != "table"
    shown = [row(one) for one in found] if each else list(folded(found))
    table = Table(columns=columns, rows=shown, empty="Nothing waits.")
    data = [
        {**asdict(one), "claim": shown_number(one.claim), "amount": str(one.amount)}
        for one in found
    ]
    show(Result(data=data, tables=(table,)), shape)
    return NEEDS_PERSON if found else DONE


@ledger.command()
@ledger_option
def upgrade(*, ledger: str) -> int:
    r"""Bring a ledger of an older version to this one; make a backup first.

    Afterwards claimline ledger rebuild makes the books anew, once.

    \b
    Example:
      claimline ledger upgrade
    """
    from reconcile.ledger import upgrade_ledger

    before, after = upgrade_ledger(_url(ledger))
    if before == after:
        click.echo(f"The ledger is of this version already (schema {after}).")
    else:
        click.echo(f"The ledger was upgraded from schema {before} to {after}.")
        click.echo(
            "Now run claimline ledger rebuild once: it makes the books anew by the rules of this "
            "version. Exit status 1 there means that some changed; the new ones stand."
        )
    return DONE


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@ledger_option
def backup(file: Path, *, ledger: str) -> int:
    r"""Write a complete copy of the ledger to a new FILE; others may read and write meanwhile.

    \b
    Example:
      claimline ledger backup ledger-2026-03-01.sqlite3
    """
    from reconcile.ledger import backup_ledger

    backup_ledger(_url(ledger), file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")
    return DONE


@ledger.command()
@ledger_option
@format_option("table", "json", "csv")
def rebuild(*, ledger: str, shape: str) -> int:
    r"""Make the books anew from the received files and compare with what was there.

    Exit status 1 where they differ: then the new ones stand, and what differed is shown.

    \b
    Example:
      claimline ledger rebuild
    """
    from attrs import asdict

    from claimline import __version__, settings
    from claimline.render import Column, Result, Table, show
    from claimline.services.rebuild import rebuild as run
    from reconcile.ledger import Run, open_ledger

    start = Run(
        command="ledger rebuild",
        version=__version__,
        started=settings.now(),
        user=settings.user(),
    )
    with open_ledger(_url(ledger)) as opened:
        done = run(opened, start)
    columns = (
        Column(key="what", title="What"),
        Column(key="before", title="Before", kind="number"),
        Column(key="after", title="Rebuilt", kind="number"),
        Column(key="equal", title="Equal"),
    )
    rows = [
        {"what": one.what, "before": one.before, "after": one.after, "equal": one.equal}
        for one in done
    ]
    lines = [asdict(one) for each in done for one in each.lines]
    data = [
        {**row, "lines": [asdict(one, value_serializer=_text) for one in each.lines]}
        for row, each in zip(rows, done, strict=True)
    ]
    tables = [Table(columns=columns, rows=rows)]
    if lines:
        tables.append(
            Table(
                title="Lines that differed",
                columns=(
                    Column(key="claim", title="Claim", kind="id"),
                    Column(key="line", title="Line", kind="id"),
                    Column(key="kind", title="Kind"),
                    Column(key="before", title="Before", kind="money"),
                    Column(key="after", title="Rebuilt", kind="money"),
                ),
                rows=lines,
            )
        )
    show(Result(data=data, tables=tuple(tables)), shape)
    return DONE if all(one.equal for one in done) else NEEDS_PERSON


@ledger.command()
@click.argument("file")
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--payment", "number", type=click.IntRange(1), help="The n-th transaction of it.")
@click.option("--undo", is_flag=True, help="It waits again.")
@ledger_option
def dismiss(*, file: str, reason: str, number: int | None, undo: bool, ledger: str) -> int:
    r"""Dismiss a payment that never came whole, or an acknowledgement that fits nothing of ours.

    It waits no longer; no sum counts it. FILE is the name of the file as claimline ledger waiting
    shows it, or the beginning of its digest. The file stays; a payment that comes whole later is
    posted as ever, and an acknowledgement is joined as ever when what it speaks of is here.

    \b
    Example:
      claimline ledger dismiss era-0316.835 --reason "the payer knows of no such payment"
      claimline ledger dismiss 0b52c1f7a1c2 --reason "another practice's, says the clearinghouse"
    """
    from claimline import settings
    from claimline.services.dismiss import dismiss as run
    from reconcile.ledger import open_ledger

    with open_ledger(_url(ledger)) as opened:
        done = run(opened, file, number, reason=reason, user=settings.user(),
                   now=settings.now(), undo=undo)  # fmt: skip
    for one in done:
        click.echo(f"{one}: {'waits again' if undo else 'dismissed'}")
    return DONE


def _url(given: str) -> str:
    from claimline import settings

    return settings.ledger_url(given)
