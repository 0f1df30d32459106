"""``claimline claims``: where every claim is in its life, and what to do about it."""

import datetime as dt
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    identifiers,
    ledger_option,
    output_option,
)
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from claimline.render import Result, Table
    from claimline.services.claims import Overview
    from reconcile.ledger import Ledger
    from reconcile.ledger.states_listed import StateCount

NAMES: Final = (
    "held", "ready", "sent", "received", "accepted", "rejected", "denied", "partly paid", "paid",
    "reversed", "replaced", "voided", "forwarded", "closed", "all",
)  # fmt: skip


@click.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(NAMES),
    help="List the claims in this state; several times for several. [default: those that need a "
    "person]",
)
@click.option("--payer", default="", metavar="NAME", help="Key, id or part of the name.")
@click.option("--since", type=DAY, help="First day of service.")
@click.option("--until", type=DAY, help="Last day of service.")
@click.option("--close", multiple=True, metavar="CLAIM", help="Nothing is to be done about it.")
@click.option("--reopen", multiple=True, metavar="CLAIM", help="Take a --close back.")
@click.option(
    "--no-reversal",
    multiple=True,
    metavar="CLAIM",
    help="The payer will not take its older answer back: the newest counts alone.",
)
@click.option("--await-reversal", multiple=True, metavar="CLAIM", help="Take --no-reversal back.")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed with these four.")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def claims(
    *,
    states: tuple[str, ...],
    payer: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    close: tuple[str, ...],
    reopen: tuple[str, ...],
    no_reversal: tuple[str, ...],
    await_reversal: tuple[str, ...],
    reason: str,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Count the claims by state, and list them with the cause and the next step.

    Rejected is not denied: a rejected claim was refused before anybody decided about payment. What
    each state means: docs/life-of-a-claim.md. A claim that is closed by --close opens again when an
    answer or a rejection comes after that.

    \b
    Example:
      claimline claims
      claimline claims --state rejected --payer aetna --output rejected.xlsx
      claimline claims --close CP7K2MWQ4XTRB9DEF --reason "written off"
      claimline claims --no-reversal CP7K2MWQ4XTRB9DEF --reason "payer sends none, call 3/2"
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import claims as service
    from claimline.services.payers_asked import meant
    from reconcile.ledger import open_ledger
    from reconcile.ledger.states_listed import StateFilter

    said = [bool(one) for one in (close, reopen, no_reversal, await_reversal)]
    if sum(said) > 1:
        raise WrongUsageError(
            "--close, --reopen, --no-reversal and --await-reversal exclude each other",
            todo="give one of them",
        )
    usage: Any = None if test is None else "T" if test else "P"
    with open_ledger(settings.ledger_url(ledger)) as opened:
        if close or reopen:
            words = list(identifiers(close or reopen))
            show(_close(opened, words, reason, usage, reopen=bool(reopen)), shape, output)
            return DONE
        if no_reversal or await_reversal:
            words = list(identifiers(no_reversal or await_reversal))
            show(_give_up(opened, words, reason, usage, undo=bool(await_reversal)), shape, output)
            return DONE
        meant(opened, usage or opened.book(), payer)
        wanted = StateFilter(
            usage=usage or opened.book(),
            states=states,
            payer=payer,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
        with service.overview(opened, wanted) as found:
            if shape == "json":
                show(Result(data=_data(found)), shape, output)
            else:
                show(Result(data=None, tables=_tables(found, shape)), shape, output)
    return DONE


def _close(
    ledger: "Ledger", words: "list[str]", reason: str, usage: Any, *, reopen: bool
) -> "Result":
    """Keep that nothing is to be done about claims, or take it back; which claims."""
    from claimline import settings
    from claimline.render import Result
    from claimline.services import claims as service

    done = service.close(
        ledger,
        words,
        reason=reason,
        usage=usage,
        reopen=reopen,
        user=settings.user(),
        now=settings.now(),
    )
    word = "open again" if reopen else "closed"
    return Result(data=list(done), text=tuple(f"{one}: {word}" for one in done))


def _give_up(
    ledger: "Ledger", words: "list[str]", reason: str, usage: Any, *, undo: bool
) -> "Result":
    """Keep that no reversal will come, or that one is waited for again; what was said of what."""
    from claimline import settings
    from claimline.render import Result
    from claimline.services import no_reversal as service
    from claimline.services.plain import money

    done = service.say(
        ledger,
        words,
        reason=reason,
        usage=usage,
        undo=undo,
        user=settings.user(),
        now=settings.now(),
    )
    told = "its reversal is waited for again" if undo else "counts no more, no reversal will come"
    stays = "; what it paid stays in the books: the payer may want it back"
    return Result(
        data=[
            {
                "claim": one.claim,
                "payment": one.answer.trace,
                "date": one.answer.date.isoformat(),
                "payer_claim": one.answer.payer_control or None,
                "paid": money(one.answer.paid),
                "counts": undo,
            }
            for one in done
        ],
        text=tuple(
            f"{one.claim}: {one.words}: {told}{stays if one.answer.paid and not undo else ''}"
            for one in done
        ),
    )


def _data(found: "Overview") -> dict[str, Any]:
    from claimline.services.claims import next_step
    from reconcile.ledger.convert import dollars
    from reconcile.ledger.states import cause_fields

    return {
        "usage": found.usage,
        "states": [
            {
                "state": one.state,
                "claims": one.count,
                "charge": str(dollars(one.charge)),
                "open": str(dollars(one.open)),
                "waiting_for_you": one.work,
            }
            for one in found.counts
        ],
        "claims": (
            {
                "claim": one.claim,
                "frequency": one.frequency or None,
                "state": one.state,
                "event": one.event,
                "since": one.since,
                "cause": cause_fields(one.cause),
                "payer": one.payer,
                "date": one.date.isoformat(),
                "charge": str(dollars(one.charge)),
                "open": str(dollars(one.open)),
                "next_step": next_step(one),
            }
            for one in found.claims
        ),
    }


def _tables(found: "Overview", shape: str) -> "tuple[Table, ...]":
    listed = _listed(found)
    return (listed,) if shape == "csv" else (_counts(found), listed)


def _counts(found: "Overview") -> "Table":
    from claimline.render import Column, Table
    from claimline.services.outbox import WORDS
    from reconcile.ledger.convert import dollars

    rows = [
        {
            "state": one.state,
            "count": one.count,
            "charge": dollars(one.charge),
            "open": dollars(one.open),
            "who": _who(one),
        }
        for one in found.counts
    ]
    return Table(
        title=f"Claims in the {WORDS[found.usage]} book" if rows else "",
        columns=(
            Column(key="state", title="State"),
            Column(key="count", title="Claims", kind="number"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="open", title="Not decided", kind="money"),
            Column(key="who", title="Waits for"),
        ),
        rows=rows,
        empty=f"No claim is in the {WORDS[found.usage]} book.",
        sheet="States",
    )


def _who(counted: "StateCount") -> str:
    """Who has to do something: you, of all of them or of some."""
    if not counted.work:
        return ""
    return "you" if counted.work == counted.count else f"you: {counted.work:,}"


def _listed(found: "Overview") -> "Table":
    from claimline.render import Column, Table
    from claimline.services.claims import next_step, why_of
    from reconcile.ledger.convert import dollars

    rows = (
        {
            "state": one.state,
            "claim": one.claim,
            "payer": one.payer,
            "date": one.date,
            "charge": dollars(one.charge),
            "open": dollars(one.open),
            "since": one.since[:10],
            "why": why_of(one),
            "todo": next_step(one),
        }
        for one in found.claims
    )
    first = list(islice(rows, 1))
    return Table(
        title="The claims" if first else "",
        columns=(
            Column(key="state", title="State"),
            Column(key="claim", title="Claim", kind="id"),
            Column(key="payer", title="Payer"),
            Column(key="date", title="Date", kind="date"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="open", title="Not decided", kind="money"),
            Column(key="since", title="Since"),
            Column(key="why", title="why", place="below"),
            Column(key="todo", title="to do", place="below"),
        ),
        rows=chain(first, rows),
        empty="None of them waits for you; --state lists others." if found.counts else "",
        sheet="Claims",
    )
