"""``claimline missing``: what should have come and has not."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    output_option,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from claimline.render import Table
    from claimline.services.missing import Asked
    from reconcile.ledger import Ledger
    from reconcile.missing import Missing


@click.command()
@click.option(
    "--config",
    type=click.Path(),
    default="",
    help="night.toml: the practice, the ledger, the profiles and the limits stand there.",
)
@practice_option
@click.option("--all", "everything", is_flag=True, help="Show every claim, not the first of each.")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def missing(
    *,
    config: str,
    practice: str,
    everything: bool,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""List what should have come and has not, with days, money and whom to call.

    Files not delivered; no TA1 or 999 within hours; no 277CA within days, or one that leaves claims
    out; no 835 by the payer's own usual day; an 835 without its deposit and a deposit without its
    835; payments for claims never sent; payers without a remittance enrollment. Hours and days are
    business days; the limits stand in night.toml. Exit status 1 where somebody has to do something.

    \b
    Example:
      claimline missing --config night.toml
      claimline missing --practice practice.toml --format csv
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services.missing import found, notes
    from reconcile.ledger import open_ledger

    url, asked = _asked(config, practice)
    with open_ledger(settings.ledger_url(ledger or url)) as opened:
        asked = _in_book(asked, opened, test=test)
        listed = everything or shape in {"json", "csv", "xlsx"}
        things = list(found(opened, asked)) if listed else []
        told = notes(things if listed else found(opened, asked), asked)
    if shape in {"csv", "xlsx"} or everything:
        tables = (_things(things, asked),)
    else:
        tables = (_notes(told),)
    data = {"notes": [_note(one) for one in told], "missing": [_thing(one) for one in things]}
    show(Result(data=data, tables=tables), shape, output)
    return NEEDS_PERSON if any(one.urgency != "know" for one in told) else DONE


def _asked(config: str, practice: str) -> "tuple[str, Asked]":
    """The ledger that night.toml names, and what is asked, as the files say."""
    from claimline import settings
    from claimline.services.missing import Asked, read_limits
    from claimline.services.practice import load

    now = settings.now()
    if not config:
        known = load(practice) if practice else None
        return "", Asked(usage="P", now=now, practice=known)
    from claimline.night.config import read_config

    told = read_config(config)
    return told.ledger, Asked(
        usage="P",
        now=now,
        limits=read_limits(told.missing, config),
        practice=load(practice or str(told.practice)),
        profiles=told.profiles,
    )


def _in_book(asked: "Asked", ledger: "Ledger", *, test: bool | None) -> "Asked":
    from attrs import evolve

    return evolve(asked, usage=ledger.book() if test is None else "T" if test else "P")


def _note(one: Any) -> dict[str, Any]:
    """The JSON shape of a note."""
    from attrs import asdict

    return {**asdict(one), "money": None if one.money is None else str(one.money)}


def _thing(one: "Missing") -> dict[str, Any]:
    """The JSON shape of one missing thing."""
    from claimline.render.words import shown_number
    from reconcile.ledger.convert import dollars

    return {
        "kind": one.kind,
        "who": one.who,
        "name": one.name,
        "id": shown_number(one.subject) if one.kind.startswith("missing.835") else one.subject,
        "since": one.since.isoformat() if one.since else None,
        "days": one.days,
        "money": str(dollars(one.cents)),
        "claims": one.claims,
        "why": one.why,
    }


def _notes(told: Iterable[Any]) -> "Table":
    """A row for each kind and each whom it concerns."""
    from claimline.render import Column, Table

    return Table(
        columns=(
            Column(key="what", title="What is missing"),
            Column(key="days", title="Days", kind="number"),
            Column(key="money", title="Money", kind="money"),
            Column(key="ids", title="which", kind="list", place="below"),
            Column(key="todo", title="to do", place="below"),
            Column(key="call", title="call", place="below"),
            Column(key="urgency", title="When", place="file"),
            Column(key="kind", title="Kind", place="file"),
        ),
        rows=[_row(one) for one in told],
        empty="Nothing is missing.",
    )


FIRST = 5  # ids of a note that a person wants to see


def _row(one: Any) -> dict[str, Any]:
    ids = list(one.ids[:FIRST])
    if one.count > len(ids):
        ids.append(f"and {one.count - len(ids):,} more: claimline missing --all")
    return {
        "what": one.what,
        "days": one.days or None,
        "money": one.money,
        "ids": ids,
        "todo": one.todo,
        "call": one.call,
        "urgency": one.urgency,
        "kind": one.kind,
    }


def _things(found: "Iterable[Missing]", asked: "Asked") -> "Table":
    """A row for each thing."""
    from claimline.render import Column, Table
    from reconcile.missing import KINDS

    rows = [
        {
            **_thing(one),
            "todo": KINDS[one.kind].todo,
            "what": KINDS[one.kind].title,
            "call": asked.call(one.who),
        }
        for one in found
    ]
    return Table(
        columns=(
            Column(key="kind", title="Missing", kind="id"),
            Column(key="id", title="Which", kind="id"),
            Column(key="since", title="Since", kind="date"),
            Column(key="days", title="Days", kind="number"),
            Column(key="money", title="Money", kind="money"),
            Column(key="name", title="of", place="below", heading="Of"),
            Column(key="why", title="because", place="below"),
            Column(key="who", title="Who", place="file"),
            Column(key="claims", title="Claims", kind="number", place="file"),
            Column(key="todo", title="To do", place="file"),
            Column(key="call", title="Call", place="file"),
        ),
        rows=rows,
        empty="Nothing is missing.",
        sheet="Missing",
        tight=True,
    )
