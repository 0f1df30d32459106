"""Which modifiers a line carries, in which order, and what shows that they are true.

A modifier is derived only from facts in the visit; what the visit states itself is kept. Each
deriver decides about one group of modifiers and says why; to add one is to add a module and its
name to ``DERIVERS``.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from mapping import (
    derive_assistant,
    derive_discipline,
    derive_distinct,
    derive_liability,
    derive_telehealth,
)
from mapping.codes import group
from mapping.day import Day, Share
from mapping.policy import ModifierGroup
from mapping.separations import ATTESTED, marked, times_of

MOST = 4  # SV101-3 to SV101-6

# The modifier a line needs and the reason, from the day and the line under way; or nothing.
Deriver = Callable[[Day, Share], tuple[str, str] | None]
DERIVERS: Final[tuple[Deriver, ...]] = (
    derive_distinct.derive,
    derive_discipline.derive,
    derive_assistant.derive,
    derive_liability.derive,
    derive_telehealth.derive,
)


def ordered(modifiers: Iterable[str], order: Sequence[ModifierGroup]) -> tuple[str, ...]:
    """Each modifier once, by group; within a group and for groups not listed, as they came.

    >>> ordered(("GP", "KX", "59"), ("distinct", "discipline", "kx"))
    ('59', 'GP', 'KX')
    """
    rank = {name: number for number, name in enumerate(order)}
    return tuple(sorted(dict.fromkeys(modifiers), key=lambda m: rank.get(group(m), len(rank))))


def derive(day: Day, share: Share) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modifiers of a line, and the reason of each.

    What the visit states stands first in the reasons; a group that it states is not derived.
    """
    found = [got for deriver in DERIVERS if (got := deriver(day, share)) is not None]
    derived = tuple([modifier for modifier, _ in found])
    names, kept, stated = _arranged(share.row.explicit, derived, day.policy.modifier_order)
    return names, (*stated, *[f"{found[n][0]}: {found[n][1]}" for n in kept])


def added(
    names: tuple[str, ...], modifier: str, order: tuple[ModifierGroup, ...]
) -> tuple[str, ...]:
    """The modifiers of a line with one more at its place; unchanged where its group is there."""
    return _arranged(names, (modifier,), order)[0]


def evidence(day: Day, share: Share) -> tuple[str, ...]:
    """What shows that the line's code was a separate service, or its times; kept with the line."""
    row = share.row
    ours = [
        s.evidence
        for s in day.separations
        if (s.evidence and s.marks == row.code)
        or (s.evidence == ATTESTED and marked(day, s) == row.code)
    ]
    if ours:
        return tuple(dict.fromkeys(ours))
    return times_of(row)


@lru_cache(maxsize=4096)  # a few combinations make up all lines of a practice
def _arranged(
    explicit: tuple[str, ...], derived: tuple[str, ...], order: tuple[ModifierGroup, ...]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """Modifiers in order; which of the derived ones stay; the reasons of the stated ones."""
    present = {group(modifier) for modifier in explicit} - {"other"}
    kept = tuple(n for n, modifier in enumerate(derived) if group(modifier) not in present)
    names = ordered((*explicit, *(derived[n] for n in kept)), order)
    return names, kept, tuple(f"{modifier} as stated in the visit" for modifier in explicit)
