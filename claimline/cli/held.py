"""``claimline held``: claims that wait for a fix or a decision."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    book_option,
    format_option,
    identifiers,
    ledger_option,
    output_option,
)
from claimline.errors import DONE

if TYPE_CHECKING:
    from claimline.render import Table
    from reconcile.ledger import HeldRecord, Usage


@click.group()
def held() -> None:
    r"""Claims that wait for a fix or a decision: list, release, override.

    \b
    Example:
      claimline held list
      claimline held release V-2007
      claimline held override V-2007 --by mkeller --reason "payer told us: no modifier needed"
    """


@held.command("list")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def list_held(*, test: bool | None, ledger: str, shape: str, output: Path | None) -> int:
    r"""List the claims that wait: by which rule, why, what to do, how much money waits with them.

    \b
    Example:
      claimline held list --format json
      claimline held list --output held.xlsx
    """
    from claimline.render import Result, show
    from claimline.services.held import listed

    usage, waiting = listed(_open(ledger), _usage(test=test))
    data = [
        {
            "id": one.claim,
            "state": one.state,
            "visits": [visit for visit, _ in one.visits],
            "payer": one.payer,
            "discipline": one.discipline,
            "date": one.date.isoformat(),
            "charge": str(one.charge) if one.charge else None,
            "reasons": [{"code": code, "message": message} for code, message in one.reasons],
            "recorded_at": one.recorded_at,
            "usage": usage,
        }
        for one in waiting
    ]
    show(Result(data=data, tables=(_table(waiting, usage),)), shape, output)
    return DONE


def _table(waiting: "Sequence[HeldRecord]", usage: "Usage") -> "Table":
    """A row for each claim; the sum and the next commands below."""
    from claimline.render import Column, Table, counted
    from claimline.services.held import BOOKS

    columns = (
        Column(key="id", title="Held", kind="id"),
        Column(key="state", title="State"),
        Column(key="payer", title="Payer"),
        Column(key="discipline", title="Plan"),
        Column(key="date", title="Date", kind="date"),
        Column(key="charge", title="Charge", kind="money"),
        Column(key="rules", title="rule", kind="list", place="below"),
        Column(key="why", title="why", place="below"),
        Column(key="todo", title="to do", place="below"),
    )
    rows = [_row(one) for one in waiting]
    sums = {"id": counted(len(rows), "claim"), "charge": sum(one.charge for one in waiting)}
    return Table(
        title=f"Held in the {BOOKS[usage]} book" if rows else "",
        columns=columns,
        rows=rows,
        totals=sums if rows else None,
        empty=f"Nothing is held in the {BOOKS[usage]} book.",
        notes=tuple(_notes(waiting)),
        sheet="Held",
    )


def _row(one: "HeldRecord") -> dict[str, Any]:
    """A held claim as a person reads it."""
    from claimline.services.held import todos

    return {
        "id": one.claim,
        "state": one.state,
        "payer": one.payer,
        "discipline": one.discipline,
        "date": one.date,
        "charge": one.charge or None,  # the ledger keeps an unknown charge as nothing
        "rules": list(dict.fromkeys(code for code, _ in one.reasons)),
        "why": "; ".join(message for _, message in one.reasons),
        "todo": "; ".join(todos(one)),
    }


def _notes(waiting: "Sequence[HeldRecord]") -> Iterator[str]:
    """What the amounts are, and what to do next."""
    if any(not one.charge for one in waiting):
        yield "No charge: it cannot be worked out yet."
    if waiting:
        yield "Bill the mended visits; after a fix in the practice file: claimline held release ID."
        yield "A rule in full: claimline explain RULE."


@held.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@book_option
@ledger_option
def release(ids: tuple[str, ...], *, test: bool | None, ledger: str) -> int:
    r"""Let held claims be tried again with the next bill run: after the practice file was mended.

    \b
    Example:
      claimline held release V-2006 V-2023
    """
    return _decide(ids, ledger, test=test, kind="release", by="", reason="")


def _said(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A text that says something."""
    if not value.strip():
        raise click.BadParameter("must not be empty: it is kept with the claim")
    return value.strip()


@held.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--by", required=True, callback=_said, help="Who decides.")
@click.option("--reason", required=True, callback=_said, help="Why; kept with the claim.")
@book_option
@ledger_option
def override(ids: tuple[str, ...], *, by: str, reason: str, test: bool | None, ledger: str) -> int:
    r"""Set the reasons of held claims aside: they go with the next bill run as they are.

    Only what is a matter of judgement can be set aside, such as a second visit of a day; a claim
    without a charge or a provider number cannot be sent by anybody's word. An edit pair goes
    without its modifier then: where times were separate, put them into the visit and bill that.

    \b
    Example:
      claimline held override V-2007 --by mkeller --reason "payer told us: no modifier needed"
    """
    return _decide(ids, ledger, test=test, kind="override", by=by, reason=reason)


def _decide(
    ids: tuple[str, ...], ledger: str, *, test: bool | None, kind: str, by: str, reason: str
) -> int:
    """Record the decision for each claim."""
    from claimline import settings
    from claimline.services.held import decide

    usage, decided = decide(
        _open(ledger),
        tuple(identifiers(ids)),
        kind=kind,
        user=by or settings.user(),
        reason=reason,
        usage=_usage(test=test),
        now=settings.now(),
    )
    for claim, note in decided.items():
        click.echo(f"{claim}: goes with the next claimline bill{' --production' * (usage == 'P')}")
        if note:
            click.echo(f"  {note}")
    return DONE


def _usage(*, test: bool | None) -> "Usage | None":
    return None if test is None else "T" if test else "P"


def _open(ledger: str) -> Any:
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger))
