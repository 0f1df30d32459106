"""Figures and words that the checks before billing go by: dated rows, each with its source."""

import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

from mapping.codes import CODES, rows, span
from mapping.policy import Span

Name = Literal[
    "certified within days of the first treatment",
    "certified for days",
    "order and plan sent within days of the evaluation",
    "treatment days to a progress report",
]
ANY: Final = "*"  # an add-on of any other service


@frozen(kw_only=True)
class Rule:
    """A figure in force over a span of days."""

    number: int
    span: Span
    source: str


@frozen(kw_only=True)
class AddOn:
    """A code that is billed only beside its primary; ``decides`` False: it only warns."""

    primary: str
    decides: bool
    source: str


def _rules() -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for row in rows("documentation.csv"):
        rule = Rule(number=int(row["number"]), span=span(row), source=row["source"])
        found[row["rule"]] = (*found.get(row["rule"], ()), rule)
    return MappingProxyType(found)


_RULES: Final = _rules()
ADD_ONS: Final[Mapping[str, AddOn]] = MappingProxyType(
    {
        row["code"]: AddOn(
            primary=row["primary"], decides=row["decides"] == "yes", source=row["source"]
        )
        for row in rows("addons.csv")
    }
)
_PASSIVE: Final = MappingProxyType({r["words"]: r["source"] for r in rows("passive_words.csv")})
_PASSIVE_WORDS: Final = re.compile(
    r"\b(?:" + "|".join(map(re.escape, sorted(_PASSIVE, key=len, reverse=True))) + r")s?\b"
)


def rule(name: Name, day: dt.date) -> Rule | None:
    """The figure of that name on the day; ``None`` where it was not in force."""
    return next((one for one in _RULES[name] if one.span.holds(day)), None)


def passive(activity: str) -> tuple[str, str] | None:
    """The first words of an activity that name passive care, and who says so.

    >>> passive("Hot packs, then stairs")[0]
    'hot pack'
    >>> passive("Reaching into the icebox")
    """
    found = _PASSIVE_WORDS.search(activity.lower())
    if found is None:
        return None
    words = found[0] if found[0] in _PASSIVE else found[0].removesuffix("s")
    return words, _PASSIVE[words]


def is_by_the_clock(code: str) -> bool:
    """Whether the code's units come from one-on-one minutes (15 minutes or a base of its own)."""
    known = CODES.get(code)
    return known is not None and known.base_minutes is not None
