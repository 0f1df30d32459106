"""``claimline pause``: nothing goes to a payer for a while."""

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import DONE, WrongUsageError


@click.command()
@click.argument("payer", required=False, metavar="[PAYER]")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept, and shown with what waits.")
@click.option("--resume", is_flag=True, help="Let its visits go again.")
@click.option("--practice", type=click.Path(), default="", help="The practice file (TOML).")
@ledger_option
@format_option("table", "json")
def pause(
    *, payer: str | None, reason: str, resume: bool, practice: str, ledger: str, shape: str
) -> int:
    r"""Hold the visits of a payer, or list the payers that are paused.

    PAYER is its key in the practice file. bill holds its visits with the reason and goes on with
    the others; correct, secondary and resend make nothing for it; files made before still go.
    --resume releases what waited for this alone: the next bill takes it.

    \b
    Example:
      claimline pause statefund --reason "enrollment is not done" --practice practice.toml
      claimline pause
      claimline pause statefund --resume
    """
    from claimline import settings
    from claimline.render import Result, counted, show
    from claimline.services import pause as service
    from claimline.services.practice import load
    from reconcile.ledger import open_ledger

    url, now, user = settings.ledger_url(ledger), settings.now(), settings.user()
    with open_ledger(url) as opened:
        if payer is None:
            if reason or resume:
                raise WrongUsageError("which payer?", todo="name it: claimline pause PAYER")
            return _list(service.listed_paused(opened), shape)
        if resume:
            count = service.resume(opened, payer, reason=reason, user=user, now=now)
            released = f"{counted(count, 'held claim')} released: the next claimline bill takes "
            released += "it." if count == 1 else "them."
            words = f"{payer} is resumed. {released if count else 'Nothing waited for this alone.'}"
            data = {"payer": payer, "paused": False, "released": count}
            show(Result(data=data, text=(words,)), shape)
            return DONE
        if not practice:
            raise WrongUsageError(
                "the practice file says which payers there are", todo="name it: --practice FILE"
            )
        done = service.pause(
            opened, payer, reason=reason, user=user, now=now, practice=load(practice)
        )
    data = {
        "payer": payer,
        "paused": True,
        "reason": done.reason,
        "since": done.since,
        "already": done.already,
        "held": done.held,
    }
    day, waits = done.since[:10], f"{counted(done.held, 'claim')} held for it so far"
    words = f"{payer} is paused: bill holds its visits"
    if done.already:
        words = f"{payer} was paused already, since {day}; the reason is new"
    words = f"{words}. {waits}. claimline pause {payer} --resume ends it."
    show(Result(data=data, text=(words,)), shape)
    return DONE


def _list(found: "tuple[object, ...]", shape: str) -> int:
    """The payers that are paused."""
    from attrs import asdict

    from claimline.render import Column, Result, Table, show

    rows = [asdict(one) for one in found]  # type: ignore[arg-type]  # values of attrs
    table = Table(
        columns=(
            Column(key="payer", title="Payer"),
            Column(key="day", title="Since"),
            Column(key="user", title="By"),
            Column(key="held", title="Waiting", kind="number"),
            Column(key="reason", title="Why"),
        ),
        rows=[{**row, "day": row["since"][:10]} for row in rows],
        empty="No payer is paused.",
    )
    show(Result(data=rows, tables=(table,)), shape)
    return DONE
