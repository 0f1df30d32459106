"""Checks of codes: diagnoses valid on the day, add-ons beside their primary, the discipline's."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.codes import CODES
from mapping.day import Day
from mapping.documentation import ADD_ONS, ANY
from mapping.edit_found import judged, warn

_PRIMARY: Final = "bill the primary code on the same claim, or leave the add-on out"
_DIAGNOSIS: Final = "look it up in the list of the day and mend the visit"

declare(
    {
        "hold.diagnosis": ("a diagnosis is no full ICD-10-CM code of the day", _DIAGNOSIS),
        "warn.diagnosis": ("a diagnosis may be no full ICD-10-CM code of the day", _DIAGNOSIS),
        "hold.add-on": ("an add-on code stands without its primary code", _PRIMARY),
        "warn.add-on": ("an add-on code stands apart from its primary code", _PRIMARY),
        "hold.disagree": ("visits or tables do not agree", "check which is right"),
    }
)  # fmt: skip
_STATES: Final = {
    "not full length": "is not coded to its full length",
    "unknown": "is not a code of the day",
}


def check_diagnosis_codes(day: Day) -> Iterator[Problem]:
    """Each diagnosis is a full code of the list imported for the day; without a list none is."""
    for visit in day.visits:
        for number, code in enumerate(visit.diagnoses, 1):
            state = day.reference.diagnosis(code, visit.date)
            if state is None or state == "valid":
                continue
            version = day.reference.version("diagnosis", "", visit.date)
            message = f"diagnosis {number} of the visit {_STATES[state]}"
            yield from judged(day, "diagnosis_valid", "diagnosis", message, visit, source=version)


def check_add_ons(day: Day) -> Iterator[Problem]:
    """An add-on code stands beside its primary, on the same claim."""
    codes = dict.fromkeys(line.row.code for line in day.lines)
    for code in codes:
        known = ADD_ONS.get(code)
        if known is None or _has(codes, known.primary, code):
            continue
        wanted = "another service" if known.primary == ANY else known.primary
        elsewhere = [
            *(p.code for visit in day.siblings for p in visit.procedures),
            *(other.code for other in day.others if other.payer == day.payer.key),
        ]
        if _has(dict.fromkeys(elsewhere), known.primary, code):
            message = f"{code} is an add-on of {wanted}, which is on another claim of the day"
            if day.policy.add_on_primary != "no":
                yield warn(day, "add-on", message, source=known.source)
        elif known.decides:
            message = f"{code} is an add-on: it is billed with {wanted} of the day only"
            yield from judged(day, "add_on_primary", "add-on", message, source=known.source)
        elif day.policy.add_on_primary != "no":
            message = f"{code} is an add-on of {wanted}, which is not billed"
            yield warn(day, "add-on", message, source=known.source)


def _has(codes: dict[str, None], primary: str, code: str) -> bool:
    return primary in codes or (primary == ANY and any(one != code for one in codes))


def check_discipline(day: Day) -> Iterator[Problem]:
    """A code is one of the plan's discipline."""
    discipline = day.visits[0].discipline
    for code in dict.fromkeys(row.code for row in day.rows):
        known = CODES.get(code)
        if known is not None and discipline not in known.disciplines:
            message = f"{code} is unusual under a plan of {discipline}"
            source = f"therapy codes: {', '.join(known.disciplines)}"
            yield from judged(day, "code_discipline", "disagree", message, source=source)
