"""Checks of what the patient carries: the member id's shape, the advance notice's day."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping import member_ids
from mapping.day import Day
from mapping.edit_found import judged, warn

_CARD: Final = "copy it from the card again"

declare(
    {
        "hold.member-id": ("the member id has not the payer's shape", _CARD),
        "warn.member-id": ("the member id has not the payer's shape", _CARD),
    }
)  # fmt: skip


def check_member_id(day: Day) -> Iterator[Problem]:
    """The member id has the shape the payer's cards have; the message never shows it."""
    pattern = day.payer.member_id_pattern or day.policy.member_id_shape
    if not pattern or member_ids.fits(day.coverage.member_id, pattern):
        return
    message = f"the member id is not {member_ids.expected(pattern)}"
    source = "payer's member_id_pattern" if day.payer.member_id_pattern else "CMS: the MBI format"
    yield from judged(day, "member_id", "member-id", message, source=source)


def check_notice(day: Day) -> Iterator[Problem]:
    """An advance notice is signed before the service, or it protects nobody."""
    for visit in day.visits:
        if visit.abn is not None and visit.abn.signed > visit.date:
            message = f"the advance notice was signed {visit.abn.signed}, after the day of service"
            yield warn(day, "evidence", message, visit)
