"""``claimline ledger``: status and care of the database."""

from pathlib import Path
from typing import Any

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import DONE, NEEDS_PERSON


@click.group()
def ledger() -> None:
    r"""The ledger: what is in it, upgrade it, copy it, make its books anew.

    \b
    Example:
      claimline ledger status
    """


@ledger.command()
@ledger_option
@format_option("table", "json", "csv")
def status(*, ledger: str, shape: str) -> int:
    r"""Show what is in the ledger.

    \b
    Example:
      claimline ledger status --format json
    """
    from attrs import asdict

    from claimline.render import Column, Result, Table, show
    from reconcile.ledger import open_ledger

    with open_ledger(_url(ledger)) as opened:
        found = opened.status()
    rows = [{"what": what, "count": count} for what, count in _counts(found)]
    columns = (Column(key="what", title="What"), Column(key="count", title="Count", kind="number"))
    table = Table(title=f"{found.place} (schema {found.schema})", columns=columns, rows=rows)
    show(Result(data=asdict(found), tables=(table,)), shape)
    return DONE


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
@ledger_option
def upgrade(*, ledger: str) -> int:
    r"""Bring a ledger of an older version to this one; make a backup first.

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
    show(Result(data=rows, tables=(Table(columns=columns, rows=rows),)), shape)
    return DONE if all(one.equal for one in done) else NEEDS_PERSON


def _url(given: str) -> str:
    from claimline import settings

    return settings.ledger_url(given)
