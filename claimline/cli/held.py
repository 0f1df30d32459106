"""``claimline held``: claims that wait for a fix or a decision."""

from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import format_option, identifiers, ledger_option
from claimline.errors import DONE

if TYPE_CHECKING:
    from reconcile.ledger import Usage

production_option = click.option(
    "--production", is_flag=True, help="The production book; without it the test book."
)


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
@production_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
def list_held(*, production: bool, ledger: str, shape: str) -> int:
    r"""List the claims that wait, why, and how much money waits with them.

    \b
    Example:
      claimline held list --format json
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services.held import listed

    waiting = listed(_open(ledger), _usage(production=production))
    rows = [
        {
            "id": one.claim,
            "state": one.state,
            "payer": one.payer,
            "discipline": one.discipline,
            "date": one.date,
            "charge": one.charge or None,  # the ledger keeps an unknown charge as nothing
            "why": "; ".join(message for _, message in one.reasons),
        }
        for one in waiting
    ]
    columns = (
        Column(key="id", title="Held"),
        Column(key="state", title="State"),
        Column(key="payer", title="Payer"),
        Column(key="discipline", title="Plan"),
        Column(key="date", title="Date"),
        Column(key="charge", title="Charge", kind="money"),
        Column(key="why", title="Why", place="below"),
    )
    totals = {"id": f"{len(rows)} claims", "charge": sum(one.charge for one in waiting)}
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
        }
        for one in waiting
    ]
    table = Table(
        columns=columns,
        rows=rows,
        totals=totals if rows else None,
        empty="Nothing is held.",
        notes=("No charge: it cannot be worked out yet.",)
        if any(not one.charge for one in waiting)
        else (),
    )
    show(Result(data=data, tables=(table,)), shape)
    return DONE


@held.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@production_option
@ledger_option
def release(ids: tuple[str, ...], *, production: bool, ledger: str) -> int:
    r"""Let held claims be tried again with the next bill run: after the practice file was mended.

    \b
    Example:
      claimline held release V-2006 V-2023
    """
    return _decide(ids, ledger, production=production, kind="release", by="", reason="")


def _said(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A text that says something."""
    if not value.strip():
        raise click.BadParameter("must not be empty: it is kept with the claim")
    return value.strip()


@held.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--by", required=True, callback=_said, help="Who decides.")
@click.option("--reason", required=True, callback=_said, help="Why; kept with the claim.")
@production_option
@ledger_option
def override(ids: tuple[str, ...], *, by: str, reason: str, production: bool, ledger: str) -> int:
    r"""Set the reasons of held claims aside: they go with the next bill run as they are.

    Only what is a matter of judgement can be set aside, such as a second visit of a day; a claim
    without a charge or a provider number cannot be sent by anybody's word. An edit pair goes
    without its modifier then: where times were separate, put them into the visit and bill that.

    \b
    Example:
      claimline held override V-2007 --by mkeller --reason "payer told us: no modifier needed"
    """
    return _decide(ids, ledger, production=production, kind="override", by=by, reason=reason)


def _decide(
    ids: tuple[str, ...], ledger: str, *, production: bool, kind: str, by: str, reason: str
) -> int:
    """Record the decision for each claim."""
    from claimline import settings
    from claimline.services.held import decide

    decided = decide(
        _open(ledger),
        tuple(identifiers(ids)),
        kind=kind,
        user=by or settings.user(),
        reason=reason,
        usage=_usage(production=production),
        now=settings.now(),
    )
    for claim, note in decided.items():
        click.echo(f"{claim}: goes with the next claimline bill")
        if note:
            click.echo(f"  {note}")
    return DONE


def _usage(*, production: bool) -> "Usage":
    return "P" if production else "T"


def _open(ledger: str) -> Any:
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger))
