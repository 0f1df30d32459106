"""Words with numbers, lists of words, deadlines, numbers that are not to be shown whole."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mapping.numbers import is_intact

SHOWN_FROM: Final = 4  # characters: a shorter number is masked whole
OURS_FROM: Final = 16  # characters: four or more of them are checked


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, which takes an s where the number is not one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def masked(identifier: str) -> str:
    """The first and the last character: it may be a member id."""
    if len(identifier) < SHOWN_FROM:
        return "*" * len(identifier)
    return f"{identifier[0]}***{identifier[-1]}"


def shown_number(identifier: str) -> str:
    """A claim's number, masked where it may be a name: other systems put names into it.

    One of ours may be letters alone: its check characters tell it from a name.
    """
    if len(identifier) >= OURS_FROM and is_intact(identifier):
        return identifier
    plain = identifier.isascii() and " " not in identifier and "," not in identifier
    return identifier if plain and any(c.isdigit() for c in identifier) else masked(identifier)


def due_text(row: Mapping[str, Any]) -> str:
    """A row's deadline, whether it has passed, and who says so; of two roads that of each."""
    told = []
    for key in ("deadline", "or_deadline"):
        if row[key]:
            passed = " (passed)" if row[f"{key}_passed"] else ""
            told.append(f"{row[key]}{passed} ({row[f'{key}_source']})")
    return "; or ".join(told)
