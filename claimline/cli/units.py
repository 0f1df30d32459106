"""``claimline units``: minutes to units, and why."""

import re
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import format_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINUTES_OF_A_DAY: Final = 24 * 60
_SPENT: Final = re.compile(r"([A-Z0-9]{5})=(\d{1,4})")


@click.command()
@click.argument("spent", nargs=-1, required=True, metavar="CODE=MINUTES...")
@click.option(
    "--rule",
    type=click.Choice(["cms", "midpoint", "full15"]),
    default="cms",
    show_default=True,
    help="cms: 8-minute rule, minutes pooled; midpoint: each code by itself; full15: 15 minutes.",
)
@click.option(
    "--tie-break",
    type=click.Choice(["first listed", "more minutes"]),
    default="first listed",
    show_default=True,
    help="Who gets a spare unit when remainders are equal: the rule leaves it to the provider.",
)
@format_option("table", "json", "csv")
def units(spent: tuple[str, ...], rule: Any, tie_break: Any, shape: str) -> int:
    r"""Turn the minutes of one patient, day and discipline into units, and say why.

    The units that the other rules would give are shown beside. Exit status 1 where a code's units
    do not follow from its minutes.

    \b
    Example:
      claimline units 97530=24 97112=23
      claimline units 97530=24 97112=23 --rule midpoint
    """
    from claimline.render import Column, Result, Table, show
    from mapping.units import RULES, assign, compare

    minutes = [_parsed(word) for word in spent]
    result = assign(minutes, rule, tie_break=tie_break)
    others = {each: found for each, found in compare(minutes).items() if each != rule}
    data = {
        "rule": rule,
        "total_minutes": result.total_minutes,
        "units": dict(result.units),
        "because": list(result.because),
        "unassigned": dict(result.unassigned),
        "other_rules": {each: dict(found.units) for each, found in others.items()},
    }
    given = {rule: result, **others}
    columns = [
        Column(key="code", title="Code"),
        Column(key="minutes", title="Minutes", kind="number"),
        *(
            Column(key=each, title=f"{each} (asked)" if each == rule else each, kind="number")
            for each in RULES
        ),
    ]
    rows = _rows(minutes, {each: found.units for each, found in given.items()})
    totals = {"code": "total", "minutes": result.total_minutes} | {
        each: sum(found.units.values()) for each, found in given.items()
    }
    table = Table(columns=tuple(columns), rows=rows, totals=totals, notes=result.because)
    show(Result(data=data, tables=(table,)), shape)
    return NEEDS_PERSON if result.unassigned else DONE


def _parsed(word: str) -> tuple[str, int]:
    """``97530=24`` as code and minutes.

    Raises:
        WrongUsageError: it is not that.
    """
    found = _SPENT.fullmatch(word.strip().upper())
    if found is None:
        raise WrongUsageError(
            f"{word!r} is not CODE=MINUTES with whole minutes", todo="write it like 97530=24"
        )
    if int(found[2]) > MINUTES_OF_A_DAY:
        raise WrongUsageError(f"{word!r}: a day has {MINUTES_OF_A_DAY} minutes")
    return found[1], int(found[2])


def _rows(
    minutes: "Iterable[tuple[str, int]]", by_rule: "Mapping[str, Mapping[str, int]]"
) -> list[dict[str, Any]]:
    """A row for each code; codes given twice are summed. A dash where minutes do not decide."""
    summed: dict[str, int] = {}
    for code, spent in minutes:
        summed[code] = summed.get(code, 0) + spent
    return [
        {"code": code, "minutes": spent}
        | {rule: found.get(code, "-") for rule, found in by_rule.items()}
        for code, spent in summed.items()
    ]
