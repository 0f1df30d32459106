"""Checks of authorizations: there where the payer wants one, and with something left."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.authorizations import QUALIFIERS, fitting
from mapping.day import Day
from mapping.edit_found import judged
from mapping.visit import Authorization

_GET: Final = "ask the payer for more, or mend the figures in the visit"

declare(
    {
        "hold.authorization": ("the authorization is missing, or has nothing left", _GET),
        "warn.authorization": ("the authorization is missing, or has nothing left", _GET),
    }
)  # fmt: skip


def check_authorized(day: Day) -> Iterator[Problem]:
    """Every code has a number good for payer, discipline and day, where the payer wants one."""
    exempt = day.policy.authorization_exempt
    codes = [c for c in dict.fromkeys(row.code for row in day.rows) if c not in exempt]
    bare = [c for c in codes if not any(fitting(day, c, kind) for kind in QUALIFIERS)]
    if bare and day.policy.authorization_required != "no":
        message = (
            f"{', '.join(bare)}: payer {day.payer.key} wants an authorization, and the visit has "
            "none that is good for the day and covers it"
        )
        yield from judged(day, "authorization_required", "authorization", message)
    elif bare and _names_codes(day):
        message = f"{', '.join(bare)}: not among the codes of the authorization"
        yield from judged(day, "authorization_left", "authorization", message)


def _names_codes(day: Day) -> bool:
    """Whether some authorization for the payer is good on the day and speaks of codes."""
    given = (one for visit in day.visits for one in visit.authorizations if one.codes)
    return any(fitting(day, code, one.kind) is one for one in given for code in one.codes)


def check_left(day: Day) -> Iterator[Problem]:
    """Visits and units approved are enough for this visit too, as far as the visit counts them."""
    if not any(visit.authorizations for visit in day.visits):
        return
    for kind in QUALIFIERS:
        used: list[tuple[Authorization, int]] = []
        for line in day.lines:
            one = fitting(day, line.row.code, kind)
            if one is not None:
                known = next((n for n, (other, _) in enumerate(used) if other is one), -1)
                if known < 0:
                    used.append((one, line.units))
                else:
                    used[known] = (one, used[known][1] + line.units)
        for one, units in used:
            yield from _left(day, one, units)


def _left(day: Day, given: Authorization, units: int) -> Iterator[Problem]:
    approved, before = given.visits_approved, given.visits_used
    if approved is not None and before is not None and before + 1 > approved:
        message = f"the {given.kind} gives {approved} visits and {before} were used before this one"
        yield from judged(day, "authorization_left", "authorization", message)
    approved, spent = given.units_approved, given.units_used or 0
    if approved is not None and spent + units > approved:
        message = (
            f"the {given.kind} gives {approved} units, {spent} were used before, this visit has "
            f"{units}"
        )
        yield from judged(day, "authorization_left", "authorization", message)
