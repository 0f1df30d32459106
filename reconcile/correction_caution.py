"""What the denial table says never to do, against the road of a correction.

A plain "never" refuses the road where it stands beside every denied line; one with a condition
("appeal before the eligibility is known") is a warning.
"""

from collections.abc import Iterator
from typing import Final

from reconcile.correction_standing import DUPLICATE, Changes, Standing

# How a "never" of the table begins that forbids the road, and that only warns of it.
NEVER: Final = {
    "appeal": ("appeal", "appeal ("),
    "replacement": ("replacement (", "a replacement claim"),
}
WARNS: Final = {
    "appeal": ("appeal before", "appeal a pair"),
    "replacement": ("resend the", "a replacement while"),
}
FIND_FIRST: Final = (
    "find the first claim of these services and work its answer (claimline trace shows it)"
)
# What a remark names, and how the fields of it begin in a comparison of claims.
NAMED: Final = (
    (("N822", "N823", "N519"), ("modifiers",), "the modifiers"),
    (
        ("N264", "N265", "N285", "N286", "N574", "N575"),
        ("referring", "ordering"),
        "the referring provider",
    ),
    (("N290",), ("rendering",), "the treating clinician"),
    (("M76", "MA63", "M64", "N569"), ("diagnos", "points"), "the diagnoses"),
    (("M53",), ("units",), "the units"),
)


def forbidden(given: Standing, road: str) -> Iterator[tuple[str, str]]:
    """Why the denial table forbids the road for every denied line, and what to do instead."""
    found = [one.finding for one in given.worked if one.finding is not None]
    marks = NEVER.get(road, ())
    if not found or not marks:
        return
    if {one.category for one in found} == {DUPLICATE}:
        yield "the claim came back as a duplicate", FIND_FIRST
    each = [[text for text in one.never if _is_meant(text, marks)] for one in found]
    if all(each):
        causes = "; ".join(dict.fromkeys(one.cause for one in found))
        steps = "; ".join(dict.fromkeys(one.next_step for one in found))
        yield f"never: {each[0][0]} ({causes})", steps


def _is_meant(text: str, marks: tuple[str, ...]) -> bool:
    return any(text == mark or (text.startswith(mark) and mark != "appeal") for mark in marks)


def cautions(given: Standing, road: str, changes: Changes) -> tuple[str, ...]:
    """What a person should know before the road is taken all the same."""
    found = [one.finding for one in given.worked if one.finding is not None]
    told = [
        f"never: {text}; the next step is: {one.next_step}"
        for one in found
        for text in one.never
        if text.startswith(WARNS.get(road, ("\0",)))
    ]
    if road == "new" and changes:
        told += _not_mended(given, changes)
    return tuple(dict.fromkeys(told))


def _not_mended(given: Standing, changes: Changes) -> Iterator[str]:
    """What the payer named and the corrected visit leaves as it was."""
    changed = tuple(one.field.lower() for one in changes or ())
    for remarks, fields, words in NAMED:
        said = sorted(given.remarks.intersection(remarks))
        if said and not any(name.startswith(fields) for name in changed):
            yield f"{said[0]} names {words}, and the corrected visit leaves them as they were"
