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


def fits(text: str, pattern: str) -> bool:
    """Whether a member id, as it would be sent, has the whole shape.

    >>> fits("1EG4TE5MK73", "mbi"), fits("1EG4-TE5-MK73", "mbi"), fits("ABC12", "[A-Z]{3}[0-9]+")
    (True, False, True)
    """
    named: Identifier | None = NAMED.get(pattern)
    if named is not None:
        return named.shape.fullmatch(text.upper()) is not None
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
