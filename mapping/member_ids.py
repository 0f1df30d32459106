"""Shapes of member ids by payer: named ones, or a pattern of the practice file."""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from mapping.identifiers import MBI, Identifier

NAMED: Final = MappingProxyType({"mbi": MBI})
MOST: Final = 200  # characters of a pattern


def is_pattern(text: str) -> bool:
    """Whether a practice file may say it: a named shape or a regular expression."""
    return text in NAMED or _compiled(text) is not None


def sent(text: str, pattern: str) -> str:
    """A member id as it is sent: one of a named shape without the dashes of the card.

    >>> sent("1eg4-te5-mk73", "mbi"), sent("AB-12", ""), sent("AB-12", "mbi")
    ('1EG4TE5MK73', 'AB-12', 'AB-12')
    """
    named: Identifier | None = NAMED.get(pattern)
    return named.compact(text) if named is not None and named.is_valid(text) else text


def fits(text: str, pattern: str) -> bool:
    """Whether a member id, as it would be sent, has the whole shape.

    >>> fits("1EG4TE5MK73", "mbi"), fits("1EG4-TE5-MK73", "mbi"), fits("ABC12", "[A-Z]{3}[0-9]+")
    (True, True, True)
    """
    named: Identifier | None = NAMED.get(pattern)
    if named is not None:
        return named.is_valid(text)
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


def expected(pattern: str) -> str:
    """What is expected, for a message."""
    named = NAMED.get(pattern)
    return named.expected if named is not None else f"the shape {pattern}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re.Pattern[str] | None":
    if len(pattern) > MOST:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
