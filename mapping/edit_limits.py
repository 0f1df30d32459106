"""The check of unit limits (NCCI MUE): most units of a code on a line or on a day.

By the adjudication indicator: 1 counts each line, 2 the day by policy (absolute), 3 the day by
clinical data. A day counts all lines of the patient, payer and billing provider, on all claims.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from edi.problem import Problem, declare
from mapping import separations
from mapping.day import Day
from mapping.edit_found import hold, judged, warn
from mapping.reference import UnitLimit

_ROAD: Final = (  # of units above the limit that were given
    "where the record supports them, override by name (claimline held override), then ask for a "
    "redetermination with the records: all of them are denied first"
)

declare(
    {
        "hold.units-limit": ("more units of a code than the payer takes on a line or a day",
            f"mend the minutes or units; {_ROAD}"),
        "hold.units-never": ("more units of a code than are ever paid on a day (MAI 2)",
            "mend the minutes or units, or leave the code out; nobody can set this aside"),
        "warn.units-limit": ("more units of a code than the payer usually takes on a day",
            "check the units; above the limit all of them are denied, records may be asked for"),
    }
)  # fmt: skip


def table(day: Day) -> str:
    """Which table of unit limits is asked; ``none`` also where the policy says nothing."""
    return separations.named(day, day.policy.mue) or "none"


def check_limits(day: Day) -> Iterator[Problem]:
    """Units stay within the payer's table; what the starter table is not sure of only warns."""
    wanted = table(day)
    if wanted == "none":
        return
    billed: dict[str, int] = {}
    for line in day.lines:
        billed[line.row.code] = billed.get(line.row.code, 0) + line.units
    for code, number in billed.items():
        limit = day.reference.limit(code, day.date, wanted)
        if limit is None:
            continue
        if limit.mai == "1":
            most = max(line.units for line in day.lines if line.row.code == code)
            if most > limit.most:
                yield from _over(day, limit, f"{_units(most)} on a line")
            continue
        sent, claims = _sent(day, code) if day.others else (0, ())
        if number + sent > limit.most:
            words = f"{_units(number + sent)} on the day"
            if sent:
                words += f" ({number} here, {sent} on {' and '.join(claims)})"
            yield from _over(day, limit, words)


def _sent(day: Day, code: str) -> tuple[int, tuple[str, ...]]:
    """Units of the code on other claims of the day, and which these are."""
    lines = [line for line in day.others if line.code == code and separations.is_same(day, line)]
    total = sum((line.units for line in lines), start=Decimal(0))
    claims = (
        f"claim {line.claim}" if line.claim else f"the {line.discipline} claim" for line in lines
    )
    return int(total), tuple(dict.fromkeys(claims))


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number} units"


def _over(day: Day, limit: UnitLimit, found: str) -> Iterator[Problem]:
    """Over the limit: by policy it holds; by clinical data it holds or warns, as the payer wants.

    Values that one source alone gives, or that are another program's, only warn.
    """
    per = "a line" if limit.mai == "1" else "a day"
    message = f"{limit.code}: {found}, the table allows {limit.most} {per}"
    source = f"{limit.version}, MAI {limit.mai}"
    if not limit.decides:
        if limit.mai != "3" or day.policy.mue_clinical != "no":
            message += " (not confirmed: check it against CMS's table)"
            yield warn(day, "units-limit", message, source=source)
    elif limit.mai == "2":  # by policy: no record and no person makes it payable
        yield hold(day, "units-never", message, source=source)
    elif limit.mai == "3":
        yield from judged(day, "mue_clinical", "units-limit", message, source=source)
    else:
        yield hold(day, "units-limit", message, source=source)
