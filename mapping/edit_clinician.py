"""Checks of who treats: enrolled with the payer at the place on the day, licensed, billed under."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping import billed_as
from mapping.day import Day, billed_under
from mapping.edit_found import hold, judged
from mapping.enrollment import row_for
from mapping.visit import Visit

_ENROLL: Final = "bill under a clinician who is enrolled, or mend the enrolled tables"
_RENEW: Final = "enter the renewed license in the practice file"

declare(
    {
        "hold.enrollment": ("the clinician is not enrolled with the payer on the day", _ENROLL),
        "warn.enrollment": ("the clinician may not be enrolled with the payer", _ENROLL),
        "hold.license": ("a clinician's license had run out on the day", _RENEW),
        "warn.license": ("a clinician's license had run out on the day", _RENEW),
    }
)  # fmt: skip


def check_enrollment(day: Day) -> Iterator[Problem]:
    """Whom the claim is billed under is enrolled, as far as the practice file says."""
    for visit in day.visits:
        person = day.person(billed_under(visit))
        if person is None:
            continue  # check_keys says so
        yield from _billed_as(day, visit)
        spoken = [row for row in person.enrolled if row.payer in {"", day.payer.key}]
        row = row_for(spoken, day.payer.key, visit.location, visit.date)
        if spoken and (row is None or row.bill_as):
            message = (
                f"{person.key} is not enrolled with payer {day.payer.key} at {visit.location} on "
                f"the day (people.{person.key}.enrolled)"
            )
            source = f"practice file, people.{person.key}.enrolled"
            yield from judged(day, "enrollment", "enrollment", message, visit, source=source)


def _billed_as(day: Day, visit: Visit) -> Iterator[Problem]:
    """Billing under another is stated for the payer too."""
    row = billed_as.pending(visit, day.practice, day.payer.key)
    if row is None or row.bill_as != visit.billing_clinician:
        return
    treated, allowed = visit.treating_clinician, day.policy.bill_as_allowed
    if allowed is None:
        message = (
            f"payer {day.payer.key}: say bill_as_allowed in its policy; {treated} would be billed "
            f"under {row.bill_as}"
        )
        yield hold(day, "policy-silent", message, visit)
    elif not allowed:
        message = f"payer {day.payer.key} takes no visit of {treated} under {row.bill_as}"
        yield hold(day, "enrollment", message, visit, source="bill_as_allowed = false")


def check_license(day: Day) -> Iterator[Problem]:
    """Who treats is licensed on the day, as far as the practice file says."""
    for visit in day.visits:
        for key in dict.fromkeys((visit.treating_clinician, visit.assistant)):
            person = day.person(key)
            if person is None or person.license_until is None:
                continue
            if person.license_until < visit.date:
                message = f"the license of {key} ran out {person.license_until}"
                source = f"practice file, people.{key}.license_until"
                yield from judged(day, "license", "license", message, visit, source=source)
