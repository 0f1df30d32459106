"""What the payer's policy and the practice file change in a visit before it is worked out.

A clinician not enrolled yet is billed under another (``bill_as``), and a telehealth visit has the
payer's place of service. What the visit states itself stays; the reasons of the claim name it.
"""

from collections.abc import Iterator

from attrs import evolve

from mapping.day import Day
from mapping.enrollment import Enrollment, row_for
from mapping.policy import Policy
from mapping.practice_values import Practice
from mapping.visit import Visit

PLACES = frozenset({"02", "10"})


def applied(
    visits: tuple[Visit, ...], practice: Practice, payer: str, policy: Policy
) -> tuple[Visit, ...]:
    """The visits as they are billed; the same ones where nothing changes."""
    if not any(_is_touched(visit, practice) for visit in visits):
        return visits
    return tuple(_applied(visit, practice, payer, policy) for visit in visits)


def _is_touched(visit: Visit, practice: Practice) -> bool:
    person = practice.people.get(visit.treating_clinician)
    return bool(visit.telehealth or (person is not None and person.enrolled))


def _applied(visit: Visit, practice: Practice, payer: str, policy: Policy) -> Visit:
    row = pending(visit, practice, payer)
    if row is not None and not visit.billing_clinician:
        visit = evolve(visit, billing_clinician=row.bill_as)
    if visit.telehealth and not visit.place_of_service and policy.telehealth_place in PLACES:
        visit = evolve(visit, place_of_service=policy.telehealth_place)
    return visit


def pending(visit: Visit, practice: Practice, payer: str) -> Enrollment | None:
    """The row that bills the treating clinician under another on the day."""
    person = practice.people.get(visit.treating_clinician)
    if person is None or not person.enrolled:
        return None
    row = row_for(person.enrolled, payer, visit.location, visit.date)
    return row if row is not None and row.bill_as else None


def reasons(day: Day) -> Iterator[str]:
    """Who is billed under whom and why; where telehealth has its place from."""
    for visit in day.visits:
        row = pending(visit, day.practice, day.payer.key)
        if row is not None and row.bill_as == visit.billing_clinician:
            source = f", {row.source}" if row.source else ""
            yield (
                f"billed under {row.bill_as}: {visit.treating_clinician} is not yet enrolled with "
                f"{day.payer.key} (practice file, people.{visit.treating_clinician}.enrolled, "
                f"{row.span}{source})"
            )
        if visit.telehealth and visit.place_of_service == day.policy.telehealth_place:
            origin = day.practice.resolve(day.payer.key, day.date).origin.get("telehealth_place")
            yield f"place {visit.place_of_service}: {visit.telehealth} visit ({origin})"
