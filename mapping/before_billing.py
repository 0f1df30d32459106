"""The checks before billing, as two tuples that ``edits`` runs with its own.

``FACTS`` look at the visits, ``LINES`` at the lines worked out of them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from edi.problem import Problem
from mapping import (
    edit_authorization,
    edit_clinician,
    edit_codes,
    edit_filing,
    edit_member,
    edit_not_paid,
    edit_plan,
    edit_stay,
    edit_telehealth,
    edit_treatment,
)
from mapping.day import Day

Check = Callable[[Day], Iterator[Problem]]
FACTS: Final[tuple[Check, ...]] = (
    edit_plan.check_episode,
    edit_plan.check_plan,
    edit_plan.check_progress,
    edit_plan.check_note,
    edit_treatment.check_one_on_one,
    edit_treatment.check_cotreatment,
    edit_treatment.check_function,
    edit_treatment.check_duplicates,
    edit_authorization.check_authorized,
    edit_filing.check_filing,
    edit_codes.check_diagnosis_codes,
    edit_codes.check_discipline,
    edit_not_paid.check_not_paid,
    edit_stay.check_stay,
    edit_clinician.check_enrollment,
    edit_clinician.check_license,
    edit_member.check_member_id,
    edit_member.check_notice,
    edit_telehealth.check_telehealth,
    edit_telehealth.check_place,
)
LINES: Final[tuple[Check, ...]] = (
    edit_authorization.check_left,
    edit_codes.check_add_ons,
    edit_treatment.check_sent_again,
)
# What a named person may set aside with a reason: the record may show what the visit does not.
JUDGEMENT: Final = frozenset(
    {
        "hold.add-on",
        "hold.authorization",
        "hold.certification",
        "hold.cotreatment",
        "hold.documentation",
        "hold.duplicate",
        "hold.enrollment",
        "hold.filing",
        "hold.license",
        "hold.not-paid",
        "hold.one-on-one",
        "hold.passive",
        "hold.progress-report",
        "hold.stay",
    }
)
# Faults beside which units, lines and charges can be worked out: what waits has its amount.
_BESIDE: Final = JUDGEMENT | {
    "hold.diagnosis",
    "hold.disagree",
    "hold.member-id",
    "hold.place",
    "hold.telehealth",
}


def hindering(problems: Iterable[Problem]) -> list[Problem]:
    """The problems without which there would be lines."""
    return [problem for problem in problems if problem.code not in _BESIDE]
