"""The check of modifiers a visit states: those that do not belong on therapy, or are not known."""

from collections.abc import Iterator
from typing import Final

from edi.problem import Problem, declare
from mapping.codes import MODIFIER_GROUPS, is_timed, rows
from mapping.day import Day
from mapping.edit_found import warn

declare(
    {
        "warn.modifier-use": ("a stated modifier does not belong on the code, or is not known",
            "take it away, or check it against the payer's own rules"),
    }
)  # fmt: skip

_USE: Final = tuple(rows("modifier_use.csv"))
_SUSPICIOUS: Final = tuple(
    (row["codes"], modifier, row["why"], row["source"])
    for row in _USE
    if row["use"] == "suspicious"
    for modifier in row["modifier"].split()
)
# HCPCS and CPT modifiers that payers ask for beside those of our own tables: sides, substitutes,
# habilitation, earlier telehealth, chiropractic, reduced and discontinued services.
_OTHERS: Final = frozenset(
    (
        "LT",
        "RT",
        "Q5",
        "Q6",
        "96",
        "97",
        "GT",
        "GQ",
        "FQ",
        "AT",
        "22",
        "52",
        "53",
        "58",
        "78",
        "79",
        "CR",
        "CG",
        "SZ",
    )
)
_KNOWN: Final = (
    _OTHERS | MODIFIER_GROUPS.keys() | {m for row in _USE for m in row["modifier"].split()}
)
_OF_STATES: Final = frozenset({"medicaid"})  # U1 to UD mean what the state says


def check_modifier_use(day: Day) -> Iterator[Problem]:
    """What the visit states itself is kept, and said where it does not belong or is not known."""
    told: set[tuple[str, str]] = set()
    for line in day.lines:
        code = line.row.code
        for modifier in line.row.explicit:
            if (code, modifier) in told:
                continue
            told.add((code, modifier))
            yield from _use(day, code, modifier)


def _use(day: Day, code: str, modifier: str) -> Iterator[Problem]:
    for codes, name, why, source in _SUSPICIOUS:
        if name == modifier and (codes in {"*", code} or (codes == "timed" and is_timed(code))):
            message = f"{code}: {modifier} is stated; {why}"
            yield warn(day, "modifier-use", message, source=source)
            return
    if modifier in _KNOWN or (modifier[:1] == "U" and day.payer.family in _OF_STATES):
        return
    yield warn(day, "modifier-use", f"{code}: {modifier} is stated and is not in our tables")
