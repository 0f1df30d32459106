"""``claimline match``: claim payments that fit nothing, matched by hand or parked by a rule."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import DAY, book_option, format_option, ledger_option, output_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.services.match import Wanted
    from reconcile.ledger import Ledger


NEXT: Final = (
    'claimline match ID --to CLAIM --reason "..."; --line N for a line; '
    "an old system's: claimline match rule"
)


class _ClaimFirst(click.Group):
    """``match ID --to CLAIM`` is ``match claim ID --to CLAIM``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A first word that is no command is an id."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["claim", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_ClaimFirst)
def match() -> None:
    r"""Put payments that fit nothing where they belong, or park them as an old system's.

    A decision is kept with who made it and why; it can be undone, and books made anew follow it.

    \b
    Example:
      claimline match list
      claimline match 3e9e649c --to CT7Q2M9XK4HWA --reason "payer cut our number, called 3/2"
      claimline match 3e9e649c --line 2 --to 02CT7Q2M9XK4HWA --reason "code was restated"
      claimline match 3e9e649c --undo --reason "wrong patient"
      claimline match rule --old-system --pattern "OLD*" --before 2026-01-01 --reason "go-live"
    """


def _said(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("must not be empty: it is kept with the decision")
    return value.strip()


reason_option = click.option("--reason", required=True, callback=_said, help="Why; it is kept.")
by_option = click.option("--by", default="", help="Who decides. [default: who runs this]")


@match.command("list")
@click.option("--by-hand", "hand", is_flag=True, help="The matches by hand that hold.")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def list_(*, hand: bool, test: bool | None, ledger: str, shape: str, output: Path | None) -> int:
    r"""List claim payments and lines that fit nothing, each with what it could be.

    Exit status 1 where any waits.

    \b
    Example:
      claimline match list
      claimline match list --by-hand
    """
    from attrs import asdict

    from claimline.render import Result, show
    from claimline.services import match as service

    with _open(ledger) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        if hand:
            rows = [_hand_row(one) for one in service.matched(opened, usage)]
            show(Result(data=rows, tables=(_hand_table(rows),)), shape, output)
            return DONE
        found = [asdict(one) for one in service.left(opened, usage)]
    show(Result(data=found, tables=(_left_table(found),)), shape, output)
    return NEEDS_PERSON if found else DONE


@match.command()
@click.argument("id")
@click.option("--to", default="", help="Claim number; with --line a line's control or number.")
@click.option("--line", type=click.IntRange(1), default=None, help="Only the n-th paid line.")
@click.option("--undo", is_flag=True, help="Take a match by hand back.")
@click.option("--force", is_flag=True, help="Also where charge, day or code do not fit.")
@reason_option
@by_option
@book_option
@ledger_option
def claim(
    *,
    id: str,
    to: str,
    line: int | None,
    undo: bool,
    force: bool,
    reason: str,
    by: str,
    test: bool | None,
    ledger: str,
) -> int:
    r"""Match a claim payment, or one line of it, by hand. ID stands in claimline match list.

    The word "claim" may be left out. Refused: a claim of the other book; another charge, day or
    code, unless --force says that it is meant.

    \b
    Example:
      claimline match 3e9e649c --to CT7Q2M9XK4HWA --reason "payer cut our number, called 3/2"
    """
    from claimline.services import match as service

    if bool(to) == undo:
        raise WrongUsageError("say --to CLAIM, or --undo", todo="claimline match list has the ids")
    with _open(ledger) as opened:
        wanted = _wanted(opened, id, to, reason, by, test=test, line=line or 0, force=force)
        if undo:
            gone = service.unmatch(opened, wanted)
            click.echo(f"{gone.id[:8]}: no longer matched by hand to {gone.control}")
            return DONE
        done = service.match(opened, wanted)
    made = done.made
    what = f"line {line} of {made.id[:8]}" if line else made.id[:8]
    where = f"{made.control}, line {made.lines[line]}" if line else made.control
    if not done.changed:
        click.echo(f"{what}: is matched by hand to {where} already; nothing changed")
        return DONE
    paid = "" if line else f": {done.paid:,.2f} paid"
    click.echo(f"{what}: matched by hand to {where}{paid}")
    before = done.before
    if before and before.control != made.control:
        when = f"by {before.user} on {before.recorded_at[:10]}"
        click.echo(f"  moved: it was matched to {before.control} {when}")
    for one in done.follows:
        click.echo(f"  with it, by the payer's claim number: {one}")
    for note in done.notes:
        click.echo(f"  all the same: {note}")
    return DONE


@match.command()
@click.option("--old-system", "old", is_flag=True, help="What it parks is an old system's.")
@click.option("--pattern", default="", help='Of the claim number: "OLD*"; ? is any one character.')
@click.option("--before", type=DAY, default=None, help="Every day of service lies before this one.")
@click.option("--payer", default="", help="And it was paid by this one: id or part of the name.")
@click.option("--undo", "undone", default="", metavar="RULE", help="Take a rule back.")
@reason_option
@by_option
@book_option
@ledger_option
def rule(
    *,
    old: bool,
    pattern: str,
    before: dt.datetime | None,
    payer: str,
    undone: str,
    reason: str,
    by: str,
    test: bool | None,
    ledger: str,
) -> int:
    r"""Park payments of an old system's claims: kept, counted, and no alarm.

    All conditions that are given must hold. What may be of a claim sent from here (its number, or
    its day and charge) is never parked. A rule holds for what is here and for what comes; undone,
    what it parked waits again. --payer alone, or a pattern of * alone, is refused.

    \b
    Example:
      claimline match rule --old-system --pattern "OLD*" --before 2026-01-01 --reason "go-live"
      claimline match rule --undo 1f2e3d4c --reason "numbers were used again"
    """
    from claimline.services import match_rules as service
    from reconcile.ledger.by_hand import OldRule

    if old == bool(undone):
        raise WrongUsageError("say --old-system with its conditions, or --undo RULE")
    with _open(ledger) as opened:
        wanted = _wanted(opened, undone, "", reason, by, test=test)
        if undone:
            gone = service.drop_rule(opened, wanted)
            click.echo(f"{gone.id}: no longer a rule ({gone.words})")
            return DONE
        made = service.make_rule(
            opened,
            wanted,
            OldRule(
                usage=wanted.usage,
                pattern=pattern.strip(),
                before=before.date() if before else None,
                payer=payer.strip(),
            ),
        )
    click.echo(f"{made.rule.id}: {made.rule.words}: {made.count:,} parked, {made.paid:,.2f} paid")
    for line in made.left:
        click.echo(f"  {line}")
    return DONE


@match.command()
@book_option
@ledger_option
@format_option("table", "json", "csv")
def rules(*, test: bool | None, ledger: str, shape: str) -> int:
    r"""List the rules about old systems, and what each parks.

    \b
    Example:
      claimline match rules
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services import match_rules as service

    with _open(ledger) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        found = service.rules(opened, usage)
    rows = [
        {
            "id": one.rule.id,
            "rule": one.rule.words,
            "count": one.count,
            "paid": str(one.paid),
            "reason": one.rule.reason,
            "user": one.rule.user,
            "recorded_at": one.rule.recorded_at,
        }
        for one in found
    ]
    columns = (
        Column(key="id", title="Rule", kind="id"),
        Column(key="rule", title="Parks"),
        Column(key="count", title="Parked", kind="number"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="reason", title="because", place="below"),
        Column(key="user", title="by", place="below"),
        Column(key="recorded_at", title="Recorded", place="file"),
    )
    show(Result(data=rows, tables=(Table(columns=columns, rows=rows, empty="No rule."),)), shape)
    return DONE


def _wanted(
    ledger: "Ledger", id: str, to: str, reason: str, by: str, *, test: bool | None, **more: Any
) -> "Wanted":
    from claimline import settings
    from claimline.services.match import Wanted

    return Wanted(
        usage=ledger.book() if test is None else "T" if test else "P",
        id=id,
        to=to.strip(),
        user=by or settings.user(),
        reason=reason,
        now=settings.now(),
        **more,
    )


def _left_table(rows: list[dict[str, Any]]) -> Any:
    from claimline.render import Column, Table

    shown = [
        {
            **row,
            "short": row["id"][:8],
            "line": row["line"] or None,
            "from": f"{row['payer']}, payment {row['trace']} of {row['date']}",
        }
        for row in rows
    ]
    return Table(
        columns=(
            Column(key="short", title="Id", kind="id", in_files=False),
            Column(key="id", title="Id", kind="id", place="file"),
            Column(key="line", title="Line", kind="number"),
            Column(key="control", title="Claim said", kind="id"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="paid", title="Paid", kind="money"),
            Column(key="from", title="from", place="below", in_files=False),
            Column(key="services", title="for", kind="list", place="below"),
            Column(key="why", title="because", place="below"),
            Column(key="could_be", title="could be", kind="list", place="below", in_files=False),
            Column(key="candidates", title="candidates", kind="list", place="file"),
            *(Column(key=k, title=k, place="file") for k in ("payer", "trace", "date", "state")),
        ),
        rows=shown,
        empty="Nothing waits to be matched.",
        notes=(NEXT,) if rows else (),
    )


def _hand_row(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "claim": one.control,
        "lines": [f"{number}: {line}" for number, line in one.lines.items()],
        "reason": one.reason,
        "user": one.user,
        "recorded_at": one.recorded_at,
    }


def _hand_table(rows: list[dict[str, Any]]) -> Any:
    from claimline.render import Column, Table

    return Table(
        columns=(
            Column(key="id", title="Id", kind="id"),
            Column(key="claim", title="Claim", kind="id"),
            Column(key="user", title="By", kind="id"),
            Column(key="recorded_at", title="When", kind="id"),
            Column(key="lines", title="lines", kind="list", place="below"),
            Column(key="reason", title="because", place="below"),
        ),
        rows=rows,
        empty="Nothing is matched by hand.",
    )


def _open(ledger: str) -> "Ledger":
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger))
