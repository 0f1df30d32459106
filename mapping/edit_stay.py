"""Stays that change who is billed: home health, a Part A skilled nursing stay, hospice."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.day import Day
from mapping.edit_found import judged

_ASK: Final = "find out who is to be billed; release the claim if it is this payer"
# What a visit can carry: the flag, what it is, who may have to be billed.
STAYS: Final = (
    ("home_health", "a home health episode", "the home health agency"),
    ("snf_part_a", "a Part A skilled nursing stay", "the nursing facility"),
    ("hospice", "a hospice election", "the hospice, for what belongs to the terminal illness"),
)
_SOURCE: Final = "consolidated billing of such stays (one source; other payers by contract)"

declare(
    {
        "hold.stay": ("the patient is in a stay whose provider may have to be billed", _ASK),
        "warn.stay": ("the patient is in a stay whose provider may have to be billed", _ASK),
    }
)  # fmt: skip


def check_stay(day: Day) -> Iterator[Problem]:
    """Outpatient therapy during such a stay may be the other provider's to bill."""
    for visit in day.visits:
        for name, stay, who in STAYS:
            if getattr(visit, name):
                message = f"the day lies in {stay}: {who} may have to be billed instead"
                yield from judged(day, "other_stay", "stay", message, visit, source=_SOURCE)
