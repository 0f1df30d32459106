"""Checks of authorizations: there where the payer wants one, and with something left."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.authorization_use import added
from mapping.authorizations import QUALIFIERS, fitting, key_of, taken
from mapping.day import Day
from mapping.edit_found import judged

_GET: Final = "ask the payer for more, or mend the figures in the visit"

declare(
    {
        "hold.authorization": ("the authorization is missing, or has nothing left", _GET),
        "warn.authorization": ("the authorization is missing, or has nothing left", _GET),
    }
)  # fmt: skip


def check_authorized(day: Day) -> Iterator[Problem]:
    """Every code has a number good for payer, discipline and day, where the payer wants one.

    A referral (REF 9F) is no authorization (REF G1): 837P TR3, loop 2300.
    """
    exempt = day.policy.authorization_exempt
    codes = [c for c in dict.fromkeys(row.code for row in day.rows) if c not in exempt]
    if day.policy.authorization_required != "no":
        bare = [c for c in codes if fitting(day, c, "prior authorization") is None]
        if bare:
            referred = any(fitting(day, code, "referral") for code in bare)
            message = (
                f"{', '.join(bare)}: payer {day.payer.key} wants an authorization, and the visit "
                "has none that is good for the day and covers it"
                + (" (a referral is none)" if referred else "")
            )
            yield from judged(day, "authorization_required", "authorization", message)
            return
    bare = [c for c in codes if not any(fitting(day, c, kind) for kind in QUALIFIERS)]
    if bare and _names_codes(day):
        message = f"{', '.join(bare)}: not among the codes of the authorization"
        yield from judged(day, "authorization_left", "authorization", message)


def _names_codes(day: Day) -> bool:
    """Whether some authorization for the payer is good on the day and speaks of codes."""
    given = (one for visit in day.visits for one in visit.authorizations if one.codes)
    return any(fitting(day, code, one.kind) is one for one in given for code in one.codes)


def check_left(day: Day) -> Iterator[Problem]:
    """Visits and units approved are enough for this claim, beside those billed before."""
    for given, use in taken(day):
        visits, units = added(use, day.history.authorized.get(key_of(day, given), ()))
        wanted = (
            ("visits", given.visits_approved, use.visits_used, visits, 1),
            ("units", given.units_approved, use.units_used, units, use.units),
        )
        for what, approved, before, more, now in wanted:
            if approved is not None and before + more + now > approved:
                claims = f" ({before} as the visit says, {more} more billed here)" if more else ""
                message = (
                    f"the {given.kind} gives {approved} {what}: {before + more} were used "
                    f"before{claims}, this visit takes {now}"
                )
                yield from judged(day, "authorization_left", "authorization", message)
