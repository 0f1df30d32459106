"""``claimline units``: minutes to units, and why."""

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import DAY, format_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from claimline.render import Table
    from claimline.services.units import Counted, Minutes, Terms
    from mapping.policy import TieBreak, UnitRule

MINUTES_OF_A_DAY: Final = 24 * 60
RULES: Final = ("cms", "midpoint", "full15", "hybrid")
PRACTICE: Final = "practice.toml"
_SPENT: Final = re.compile(r"([A-Z0-9]{5})=(\d{1,4})(?:\+(\d{1,4}))?")


@click.command()
@click.argument("spent", nargs=-1, required=True, metavar="CODE=MINUTES...")
@click.option(
    "--rule",
    type=click.Choice(RULES),
    default=None,
    help="cms: 8-minute rule, minutes pooled; midpoint: each code by itself; full15: 15 full "
    "minutes; hybrid: the smaller of cms and midpoint. Default: the payer's rule, else cms.",
)
@click.option(
    "--tie-break",
    type=click.Choice(["first listed", "more minutes", "therapist first"]),
    default=None,
    help="Who gets a spare unit when remainders are equal: the rule leaves it to the provider. "
    "Default: as the payer's policy says, else first listed.",
)
@click.option(
    "--discipline",
    type=click.Choice(["PT", "OT", "SLP"]),
    default="PT",
    show_default=True,
    help="Discipline of the plan of care: CQ goes with PT, CO with OT.",
)
@click.option("--payer", default="", help="Count as this payer of the practice file wants it.")
@click.option(
    "--practice",
    type=click.Path(),
    default="",
    help=f"The practice file, for charges. With --payer the default is {PRACTICE}.",
)
@click.option(
    "--on",
    "day",
    type=DAY,
    default=None,
    help="Day of service; default today.",
)
@format_option("table", "json", "csv")
def units(
    spent: tuple[str, ...],
    *,
    rule: "UnitRule | None",
    tie_break: "TieBreak | None",
    discipline: str,
    payer: str,
    practice: str,
    day: dt.datetime | None,
    shape: str,
) -> int:
    r"""Turn the minutes of one patient, day and discipline into units, and say why.

    97530=14+24 is 14 minutes of the therapist and 24 of the assistant alone; minutes of both at
    once are the therapist's. The units that the other rules would give are shown beside, with
    their charges where a practice file is given. Exit status 1 where a code's units do not follow
    from its minutes.

    \b
    Example:
      claimline units 97530=24 97112=23
      claimline units 97530=14+24 97140=15 --payer medicare --practice practice.toml
    """
    from claimline.render import Result, show
    from claimline.services.units import counted

    minutes = [_parsed(word) for word in spent]
    terms = _terms(payer, practice, day, rule=rule, tie_break=tie_break, discipline=discipline)
    found = counted(minutes, terms)
    lines = _lines_table(found) if shape == "table" else ()
    tables = (_units_table(found), *lines)
    show(Result(data=_data(found), tables=tables), shape)
    return NEEDS_PERSON if found.result.unassigned else DONE


def _terms(payer: str, practice: str, day: dt.datetime | None, **asked: Any) -> "Terms":
    from claimline import settings
    from claimline.services.practice import load
    from claimline.services.units import terms_of

    file = practice or (PRACTICE if payer else "")
    made = load(file) if file else None
    return terms_of(made, payer, day.date() if day else settings.today(), **asked)


def _parsed(word: str) -> "Minutes":
    """``97530=24`` or ``97530=14+24`` as code and minutes.

    Raises:
        WrongUsageError: it is not that.
    """
    from claimline.services.units import Minutes

    found = _SPENT.fullmatch(word.strip().upper())
    if found is None:
        raise WrongUsageError(
            f"{word!r} is not CODE=MINUTES with whole minutes",
            todo="write it like 97530=24, or 97530=14+24 for therapist and assistant",
        )
    made = Minutes(code=found[1], therapist=int(found[2]), assistant=int(found[3] or 0))
    if made.total > MINUTES_OF_A_DAY:
        raise WrongUsageError(f"{word!r}: a day has {MINUTES_OF_A_DAY} minutes")
    return made


def _units_table(found: "Counted") -> "Table":
    """Minutes, full units, what is left, spare units, and the units of each rule."""
    from claimline.render import Column, Table
    from mapping.codes import is_by_minutes

    rule, result = found.result.rule, found.result
    columns = [
        Column(key="code", title="Code"),
        Column(key="shown", title="Minutes", kind="number", in_files=False),
        Column(key="minutes", title="Minutes", kind="number", place="file"),
        Column(key="therapist", title="Therapist", kind="number", place="file"),
        Column(key="assistant", title="Assistant", kind="number", place="file"),
        Column(key="full", title="Full", kind="number"),
        Column(key="left", title="Left", kind="number"),
        Column(key="spare", title="Spare", kind="number"),
        *(
            Column(key=each, title=f"{each} (asked)" if each == rule else each, kind="number")
            for each in RULES
        ),
    ]
    rows = [
        {
            "code": each.code,
            "shown": f"{each.therapist}+{each.assistant}" if each.assistant else each.total,
            "minutes": each.total,
            "therapist": each.therapist,
            "assistant": each.assistant,
            "full": result.full.get(each.code, "-"),
            "left": result.left.get(each.code, "-"),
            "spare": int(each.code in result.spare) if each.code in result.full else "-",
        }
        | {name: by.units.get(each.code, "-") for name, by in found.by_rule.items()}
        for each in found.minutes
    ]
    timed = sum(each.total for each in found.minutes if is_by_minutes(each.code))
    totals = {"code": "total", "shown": timed} | {
        name: sum(by.units.values()) for name, by in found.by_rule.items()
    }
    return Table(
        columns=tuple(columns),
        rows=rows,
        totals=totals,
        notes=(*result.because, *found.notes, *_charges(found)),
    )


def _charges(found: "Counted") -> "Iterator[str]":
    """One sentence of what the units of each rule would cost."""
    if found.terms.practice is None:
        return
    words = (
        f"{rule} {'not known' if charge is None else f'{charge:.2f}'}"
        for rule, charge in found.charges.items()
    )
    yield f"charges by rule: {', '.join(words)}"


def _lines_table(found: "Counted") -> "Iterator[Table]":
    """The lines of the claim, where an assistant took part or charges are known."""
    from claimline.render import Column, Table

    if found.terms.practice is None and not any(each.assistant for each in found.minutes):
        return
    columns = (
        Column(key="code", title="Line"),
        Column(key="units", title="Units", kind="number"),
        Column(key="charge", title="Charge", kind="money"),
        Column(key="because", title="Why", place="below"),
    )
    rows = [
        {
            "code": f"{line.code}-{line.modifier}" if line.modifier else line.code,
            "units": line.units,
            "charge": line.charge,
            "because": line.because,
        }
        for line in found.lines
    ]
    yield Table(columns=columns, rows=rows, tight=True)


def _data(found: "Counted") -> dict[str, Any]:
    result, terms = found.result, found.terms
    return {
        "rule": result.rule,
        "total_minutes": result.total_minutes,
        "units": dict(result.units),
        "because": list(result.because),
        "unassigned": dict(result.unassigned),
        "other_rules": {
            each: dict(by.units) for each, by in found.by_rule.items() if each != result.rule
        },
        "tie_break": terms.tie_break,
        "full": dict(result.full),
        "left": dict(result.left),
        "spare": dict(result.spare),
        "notes": list(found.notes),
        "lines": [
            {
                "code": line.code,
                "modifier": line.modifier,
                "units": line.units,
                "charge": line.charge,
                "because": line.because,
            }
            for line in found.lines
        ],
        "charges": dict(found.charges) if terms.practice else {},
        "payer": terms.payer,
        "on": terms.day,
        "policy": terms.version,
    }
