"""Checks of telehealth: what the payer wants is said, and places are good for the day."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.codes import group
from mapping.day import Day, Row
from mapping.derive_telehealth import SILENT, mode
from mapping.edit_found import hold, judged, warn
from mapping.places import PLACES, VERSION

TELEHEALTH_PLACES: Final = frozenset({"02", "10"})
_ASK: Final = "ask the payer, then say it in its policy"

declare(
    {
        "hold.telehealth": ("the payer does not take the telehealth visit as it stands", _ASK),
        "warn.telehealth": ("the payer may not take the telehealth visit", _ASK),
        "hold.place": ("the place of service is none of the day", "mend the place of service"),
    }
)  # fmt: skip


def check_telehealth(day: Day) -> Iterator[Problem]:
    """Place and modifier of a telehealth visit are the payer's to say, or the visit's."""
    remote = [visit for visit in day.visits if visit.telehealth]
    if not remote:
        return
    for visit in remote:
        message = f"a {visit.telehealth} visit to payer {day.payer.key}"
        yield from judged(day, "telehealth", "telehealth", message, visit)
        if not visit.place_of_service and not day.policy.telehealth_place:
            message = (
                f"payer {day.payer.key}: say telehealth_place in its policy, or give the visit its "
                "place_of_service"
            )
            yield hold(day, "policy-silent", message, visit)
    for row in day.rows:
        yield from _row(day, row)


def _row(day: Day, row: Row) -> Iterator[Problem]:
    found = mode(day, row)
    if found == "mixed":
        message = f"{row.code} was given both in person and by telehealth: bill them apart"
        yield hold(day, "telehealth", message)
    elif found:
        key = SILENT[found]
        stated = any(group(modifier) == "telehealth" for modifier in row.explicit)
        if not getattr(day.policy, key) and not stated:
            message = f"payer {day.payer.key}: say {key} in its policy ({row.code}, {found})"
            yield hold(day, "policy-silent", message)


def check_place(day: Day) -> Iterator[Problem]:
    """A place of service is one of the day: telehealth at home has its own since 2022."""
    for visit in day.visits:
        if visit.place_of_service in TELEHEALTH_PLACES and not visit.telehealth:
            message = (
                f"place of service {visit.place_of_service} is telehealth, and the visit is in "
                "person: say telehealth (video or audio), or mend the place"
            )
            yield warn(day, "telehealth", message, visit, source=VERSION)
    for place in dict.fromkeys(row.place_of_service for row in day.rows):
        known = PLACES.get(place)
        if known is not None and not known.holds(day.date):
            ends = f"since {known.first}" if known.first else f"until {known.last}"
            message = f"place of service {place} ({known.label}) is good {ends} only"
            yield hold(day, "place", message, source=VERSION)
