"""What payers are said to want: shown beside keys that nobody says, never applied.

``mapping/tables/suggestions.toml`` has one row for each such saying, with its source and how sure
it is. A biller asks the payer and writes the answer into the practice file.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from mapping.policy import DatedPolicy
from mapping.policy_layers import FAMILIES, shipped
from mapping.policy_read import dated

if TYPE_CHECKING:
    from mapping.kinds import Notes

_ABOUT: Final = ("families", "states", "names", "confidence")


@frozen(kw_only=True)
class Hint:
    """One value of one key that is said to hold."""

    key: str
    value: Any
    source: str
    confidence: str


@frozen(kw_only=True)
class _Row:
    """A saying and whom it is about; an empty tuple: all."""

    families: tuple[str, ...]
    states: tuple[str, ...]
    names: tuple[str, ...]
    confidence: str
    said: DatedPolicy

    def fits(self, family: str, state: str, name: str, day: dt.date) -> bool:
        """Whether it is about a payer of that family, state and name on the day."""
        words = re.findall(r"[A-Z0-9]+", name.upper())
        return (
            self.said.span.holds(day)
            and (not self.families or family in self.families)
            and (not self.states or state in self.states)
            and (not self.names or not {*words}.isdisjoint(self.names))
        )


def hints(family: str, state: str, name: str, day: dt.date) -> Iterator[Hint]:
    """What is said of a payer, those by its name first."""
    rows = sorted(HINTS, key=lambda row: (not row.names, not row.states))
    for row in rows:
        if row.fits(family, state, name, day):
            for key, value in row.said.stated.items():
                yield Hint(key=key, value=value, source=row.said.source, confidence=row.confidence)


def _read() -> Iterator[_Row]:
    for number, table in enumerate(shipped("suggestions.toml")["suggestion"], 1):
        notes: Notes = []
        about = {name: table.pop(name, ()) for name in _ABOUT}
        said = dated(table, notes)
        if said is None or not (said.source and about["confidence"]) or not said.stated:
            wrong = notes[0].message if notes else "has no source, confidence or key"
            raise ValueError(f"mapping/tables/suggestions.toml, suggestion {number}: {wrong}")
        if not {*about["families"]} <= {*FAMILIES}:
            raise ValueError(f"mapping/tables/suggestions.toml, suggestion {number}: no family")
        yield _Row(
            families=tuple(about["families"]),
            states=tuple(about["states"]),
            names=tuple(about["names"]),
            confidence=about["confidence"],
            said=said,
        )


HINTS: Final = tuple(_read())
