"""Pairs of codes that a payer pays together only when they were separate services of the day.

The starter table serves until a payer's own table is imported (NCCI practitioner edits). The
modifier goes on the column 2 code; each row says whether it decides or only warns.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Final

from attrs import frozen

from mapping.codes import rows, span
from mapping.policy import Span

VERSION: Final = "starter pair table 2026-11"  # kept with each claim


@frozen(kw_only=True)
class Pair:
    """``column2`` takes the modifier. ``decides`` false: it only warns."""

    column1: str
    column2: str
    decides: bool
    span: Span
    source: str
    note: str


def _pairs() -> Mapping[frozenset[str], tuple[Pair, ...]]:
    table: dict[frozenset[str], tuple[Pair, ...]] = {}
    for row in rows("pairs.csv"):
        pair = Pair(
            column1=row["column1"],
            column2=row["column2"],
            decides=row["effect"] == "decides",
            span=span(row),
            source=row["source"],
            note=row["note"],
        )
        key = frozenset((pair.column1, pair.column2))
        table[key] = (*table.get(key, ()), pair)
    return MappingProxyType(table)


PAIRS: Final = _pairs()
PAIRED_CODES: Final = frozenset().union(*PAIRS)
FIRST_DAY: Final = min(pair.span.first or dt.date.min for row in PAIRS.values() for pair in row)


def among(codes: Iterable[str], day: dt.date) -> Iterator[Pair]:
    """The pairs in force on the day among the codes billed, in the order of the codes."""
    known = [code for code in dict.fromkeys(codes) if code in PAIRED_CODES]
    for one, other in combinations(known, 2):
        for pair in PAIRS.get(frozenset((one, other)), ()):
            if pair.span.holds(day):
                yield pair
