"""``claimline secondary``: claims to the payer after the first."""

import datetime as dt
from collections.abc import Iterable, Sequence
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
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.render import Table
    from claimline.services.secondary import SecondaryResult
    from reconcile.ledger import Usage

STATES: Final = ("ready", "waiting", "held", "sent", "done", "nothing")
practice_option = click.option(
    "--practice", required=True, type=click.Path(), help="The practice file (TOML)."
)
visits_option = click.option(
    "--visits",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="Only claims of these visits, with the coverages that the file names now.",
)
production_option = click.option(
    "--production", is_flag=True, help="The production book; without it the test book."
)


@click.group()
def secondary() -> None:
    r"""Claims to the payer after the first: which may go, and the claims themselves.

    A visit names the coverages of the patient in their order. When the first payer has answered,
    the next one gets the claim with what the first decided of every line.

    \b
    Example:
      claimline secondary list --practice practice.toml
      claimline secondary bill --practice practice.toml --out outbox --dry-run
    """


@secondary.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="Only claims in this state; may be given several times. [default: all but nothing]",
)
@click.option("--payer", default="", help="Only claims for this next payer: its key.")
@click.option("--on", "day", type=DAY, help="The day that waits and deadlines are judged by.")
@visits_option
@practice_option
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def list_claims(
    *,
    states: tuple[str, ...],
    payer: str,
    day: dt.datetime | None,
    visits: tuple[str, ...],
    practice: str,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""List claims whose patient has a further coverage: ready, waiting, held, sent, done.

    ready: the next payer can be billed now. waiting: the first payer has not decided, or has
    forwarded the claim itself. held: something has to be done first. sent: billed, not answered
    yet. done: answered. nothing: nothing is left to bill.

    \b
    Example:
      claimline secondary list --practice practice.toml --state ready --state held
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services.practice import load
    from claimline.services.secondary_standing import ALL, of_visits, row, standings
    from reconcile.ledger import open_ledger

    known = load(practice)
    if payer and payer not in known.payers:
        raise WrongUsageError(f"payer {payer} is not in {practice}")
    wanted = frozenset(states or STATES[:-1])
    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage: Usage = opened.book() if test is None else "T" if test else "P"
        which = of_visits(opened, visits, usage) if visits else ALL
        on = day.date() if day else settings.today()
        found = standings(opened, known, on=on, usage=usage, which=which)
        rows = [
            row(one) for one in found if one.turn.state in wanted and payer in {"", one.turn.payer}
        ]
    show(Result(data=rows, tables=(_list_table(rows),)), shape, output)
    return DONE


@secondary.command("bill")
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@visits_option
@practice_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outbox"),
    show_default=True,
    help="Folder the files are written to.",
)
@click.option(
    "--although",
    default="",
    metavar="REASON",
    help="Bill the named claims although they wait or are held; the reason is kept.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Send the named claims once more to the last payer they were sent on to; with --although.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent; change nothing.")
@production_option
@ledger_option
@format_option("table", "json")
def bill_claims(
    claims: tuple[str, ...],
    *,
    visits: tuple[str, ...],
    practice: str,
    out: Path,
    although: str,
    again: bool,
    dry_run: bool,
    production: bool,
    ledger: str,
    shape: str,
) -> int:
    r"""Make the claims to the next payer: all that are ready, or those named.

    CLAIM is any number that claimline trace knows; - reads them from standard input. A claim goes
    to a payer once: the same command again changes nothing; --again sends a mended one in place of
    what the payer has decided. A coverage that became known after the
    visit was billed is given with --visits. Exit status 1 where a claim is held,
    or a named one did not go.

    \b
    Example:
      claimline secondary bill --practice practice.toml --out outbox
      claimline secondary bill CP7K2MWQ4XTRB9DEF --practice practice.toml \
        --although "payer says it got nothing from Medicare"
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services.practice import load
    from claimline.services.secondary import SecondaryRequest
    from claimline.services.secondary import bill as run
    from reconcile.ledger import open_ledger

    if although and not claims:
        raise WrongUsageError("--although needs the claims it is meant for", todo="name them")
    if again and not although.strip():
        raise WrongUsageError("--again needs a reason", todo="say why: --although REASON")
    request = SecondaryRequest(
        again=again,
        identifiers=tuple(identifiers(claims)),
        visits=visits,
        although=although.strip(),
        out=out,
        usage=_usage(production),
        dry_run=dry_run,
        on=settings.today(),
        now=settings.now(),
        user=settings.user(),
    )
    known = load(practice)
    with open_ledger(settings.ledger_url(ledger)) as opened:
        result = run(opened, known, request)
    show(
        Result(data=_data(result), tables=tuple(_tables(result)), text=_text(result, dry_run)),
        shape,
    )
    return _status(result, named=bool(claims))


def _usage(production: bool) -> "Usage":
    return "P" if production else "T"


def _status(result: "SecondaryResult", *, named: bool) -> int:
    """1 where a person is needed: refused, overtaken, held, or named and not gone."""
    out = result.outgoing
    needed = {"held", "waiting"} if named else {"held"}
    waits = any(one.turn.state in needed for one in result.left)
    return NEEDS_PERSON if out.refused or out.overtaken or waits else DONE


def _list_table(rows: Sequence[dict[str, Any]]) -> "Table":
    from decimal import Decimal

    from claimline.render import Column, Table
    from claimline.render.words import counted

    open_ones = [one for one in rows if one["state"] in STATES[:3]]
    left = sum((Decimal(one["left"] or "0.00") for one in open_ones), Decimal("0.00"))
    sent = sum(one["state"] == "sent" for one in rows)
    waits = f", {sent} sent" if sent else ""
    totals = {"claim": f"{counted(len(open_ones), 'claim')} open{waits}", "left": left}
    return Table(
        columns=(
            Column(key="claim", title="Claim", kind="id"),
            Column(key="date", title="Date", kind="date"),
            Column(key="payer", title="First payer"),
            Column(key="next_payer", title="Next payer"),
            Column(key="turn", title="Turn", kind="id", place="file"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="left", title="Left", kind="money", heading="Left to the patient"),
            Column(key="state", title="State", kind="id"),
            Column(key="why", title="because", place="below"),
            Column(key="warnings", title="look", place="below"),
            Column(key="until", title="Waits until", kind="date", place="file"),
            Column(key="due", title="send by", kind="date", place="below", heading="Send by"),
            Column(key="billed_as", title="Billed as", kind="id", place="file"),
        ),
        rows=rows,
        totals=totals if len(rows) > 1 else None,
        empty="No claim with a further coverage is in these states.",
        notes=("Left: what the payer before left to the patient.",) if rows else (),
    )


def _data(result: "SecondaryResult") -> dict[str, Any]:
    """The answer as JSON."""
    from claimline.services.plain import money
    from claimline.services.secondary import told_problems
    from claimline.services.secondary_standing import row

    out = result.outgoing
    return {
        "files": [
            {"file": one.file, "receiver": one.receiver, "claims": one.claims, "usage": one.usage}
            for one in out.files
        ],
        "claims": [
            {
                "claim": one.control,
                "follows": result.sources[one.outgoing.family].source.claim.control,
                "payer": one.outgoing.payer,
                "turn": one.outgoing.claim.subscriber.payer_rank,
                "charge": money(one.charge),
                "left": money(result.sources[one.outgoing.family].turn.left),
                "warnings": list(result.sources[one.outgoing.family].turn.warnings),
                "file": one.file,
            }
            for one in out.claims
        ],
        "refused": [
            {"family": one.family, "payer": one.payer, "why": told_problems(problems)}
            for one, problems in out.refused
        ],
        "overtaken": [one.family for one in out.overtaken],
        "left": [row(one) for one in result.left],
    }


def _text(result: "SecondaryResult", dry_run: bool) -> tuple[str, ...]:
    from claimline.render.words import counted

    out = result.outgoing
    states = [one.turn.state for one in result.left]
    told = [f"{states.count(state)} {state}" for state in STATES[1:] if state in states]
    line = f"{counted(len(out.claims), 'claim')} in {counted(len(out.files), 'file')}"
    head = ("Dry run: nothing was recorded or written.",) if dry_run else ()
    return (*head, ", ".join([line, *told]) + ".")


def _tables(result: "SecondaryResult") -> "Iterable[Table]":
    from claimline.render import Column, Table

    data = _data(result)
    if data["claims"]:
        yield Table(
            title="Sent on",
            columns=(
                Column(key="claim", title="Claim", kind="id"),
                Column(key="follows", title="After claim", kind="id"),
                Column(key="payer", title="To"),
                Column(key="charge", title="Charge", kind="money"),
                Column(key="left", title="Left", kind="money"),
                Column(key="warnings", title="look", place="below"),
                Column(key="file", title="file", place="below"),
            ),
            rows=data["claims"],
            tight=True,
        )
    if data["refused"]:
        yield Table(
            title="Refused: the claim would be wrong",
            columns=(
                Column(key="family", title="Claim", kind="id"),
                Column(key="payer", title="To"),
                Column(key="why", title="because", place="below"),
            ),
            rows=data["refused"],
        )
    open_ones = [one for one in data["left"] if one["state"] in {"waiting", "held"}]
    if open_ones:
        yield _list_table(open_ones)
