"""``claimline explain``: what a code means here and what to do."""

from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import DAY, format_option, practice_option, tables_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from claimline.render import Table


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option(
    "--on",
    "day",
    type=DAY,
    help="Day of service, for tables and amounts; default today.",
)
@click.option("--rates", default=None, help="Public averages of payers with this in the name.")
@practice_option
@tables_option
@format_option("table", "json", "csv")
def explain(
    codes: tuple[str, ...],
    *,
    day: "dt.datetime | None",
    rates: str | None,
    practice: str,
    tables: str,
    shape: str,
) -> int:
    r"""Say what a code means and what to do.

    Adjustment reasons with or without their group, remarks, claim status, provider adjustments,
    procedure codes (timing, caps, modifiers, pairs, refusals, Medicare's amount), modifiers. The
    words are our own. A code that several tables know is shown for
    each; to ask one table, name it first; its name alone lists it: CARC, RARC, GROUP, CLP02, PLB,
    STC (status of a 277CA), TA105, IK304, IK403, IK502, AK905 (faults in a TA1, 999 or 997),
    MODIFIER. A code that no table knows is said to be unknown, and the
    exit status is 1.

    \b
    Example:
      claimline explain CO-97 N130
      claimline explain CLP02 4
      claimline explain 97530 --on 2026-03-10
      claimline explain CQ WO
      claimline explain modifier 59
      claimline explain A7:21
      claimline explain IK403 7
    """
    from attrs import asdict

    from claimline.render import Result, show
    from claimline.services.explain import TITLES
    from claimline.services.explain import explain as look_up

    found = [asdict(each) | {"what": TITLES[each.kind]} for each in look_up(codes)]
    if not found:
        raise WrongUsageError("no code was given", todo="give one, like: claimline explain CO-97")
    if any(row["kind"] == "procedure" for row in found):
        _add_cards(found, day, rates, practice, tables)
    data = [{key: value for key, value in row.items() if key not in SHOWN} for row in found]
    shown = tuple(table for row in found for table in _tables(row))
    show(Result(data={"codes": data}, tables=shown), shape)
    return DONE if all(row["known"] for row in found) else NEEDS_PERSON


SHOWN: Final = frozenset({"what", "asked"})  # not in JSON


def _add_cards(
    found: list[dict[str, Any]],
    day: "dt.datetime | None",
    rates: str | None,
    practice: str,
    tables: str,
) -> None:
    """Put its card to each procedure code."""
    from claimline import settings
    from claimline.reference.lookup import open_tables
    from claimline.services.card import card
    from claimline.services.practice import load
    from mapping.codes import CODES

    on = day.date() if day else settings.today()
    opened = open_tables(settings.tables_path(tables))
    known = load(practice) if practice else None
    for row in found:
        if row["kind"] == "procedure":
            row["card"] = card(CODES[row["code"]], on, opened, known, rates)
            averages = row["card"]["public_averages"]
            if rates is not None and averages and not averages["asked"]:
                click.echo(f"claimline: no payer there has {rates!r} in its name", err=True)


def _tables(row: dict[str, Any]) -> "Iterator[Table]":
    """A code as a card, and the cases that the denial table tells apart."""
    from claimline.render import Column, Table
    from claimline.render.card import card_tables

    if "card" in row:
        yield from card_tables(row)
        return
    columns = (
        Column(key="code", title="Code"),
        Column(key="what", title="Kind"),
        Column(key="meaning", title="means", place="below"),
        Column(key="todo", title="to do", place="below"),
        Column(key="never", title="never", place="below"),
        Column(key="derived", title="derived", place="below"),
        Column(key="evidence", title="shown by", place="below"),
        Column(key="more", title="also", place="below"),
        Column(key="table", title="source", place="below"),
    )
    cases = {"todo": "see the cases: the first that fits decides", "never": ()}
    card = row | cases if row["cases"] else row
    yield Table(columns=columns, rows=[card], tight=True)
    if row["cases"]:
        yield Table(
            columns=(
                Column(key="code", title="Code", place="file"),
                Column(key="category", title="Case", kind="id"),
                Column(key="when", title="When"),
                Column(key="next_step", title="next", place="below"),
                Column(key="never", title="never", place="below"),
            ),
            rows=[{**case, "code": row["code"]} for case in row["cases"]],
            tight=True,
        )
