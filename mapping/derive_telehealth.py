"""95, 93, GT: a telehealth visit's modifier, as the payer's policy says it."""

from types import MappingProxyType
from typing import Final

from mapping.day import Day, Row, Share

# The policy key that says the modifier of each kind of visit.
SILENT: Final = MappingProxyType(
    {"video": "telehealth_modifier", "audio": "telehealth_audio_modifier"}
)


def mode(day: Day, row: Row) -> str:
    """How the row was furnished: empty in person, ``video``, ``audio``, or ``mixed``."""
    if not any(visit.telehealth for visit in day.visits):
        return ""
    usual = day.location.place_of_service if day.location is not None else ""
    found = {
        visit.telehealth
        for visit in day.visits
        if (visit.place_of_service or usual) == row.place_of_service
        and any(procedure.code == row.code for procedure in visit.procedures)
    }
    return found.pop() if len(found) == 1 else "mixed" if found else ""


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The policy's modifier for video or audio; none where the visit was in person."""
    found = mode(day, share.row)
    if found not in SILENT:
        return None
    wanted = getattr(day.policy, SILENT[found])
    if wanted in {"", "none"}:
        return None
    origin = day.practice.resolve(day.payer.key, day.date).origin.get(SILENT[found], "")
    return wanted, f"{found} visit ({origin})"
