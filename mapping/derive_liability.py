"""GA, GX: an advance notice was given to the patient before the service."""

from types import MappingProxyType
from typing import Final

from mapping.day import Day, Share

LIABILITY: Final = MappingProxyType({"required": "GA", "voluntary": "GX"})


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The modifier of a notice that names the line's code and was signed in time."""
    if day.policy.liability_modifiers != "from notice":
        return None
    code = share.row.code
    for visit in day.visits:
        notice = visit.abn
        if notice is None or notice.signed > visit.date:
            continue
        if (not notice.codes or code in notice.codes) and any(
            procedure.code == code for procedure in visit.procedures
        ):
            return LIABILITY[notice.kind], f"{notice.kind} advance notice signed {notice.signed}"
    return None
