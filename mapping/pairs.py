"""Pairs of codes that a payer pays together only when they were separate services of the day.

The starter table serves until a payer's own table is imported (NCCI practitioner edits). The
modifier goes on the column 2 code; each row says whether it decides or only warns.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Final

from mapping.codes import rows, span
from mapping.reference import PairEdit

VERSION: Final = "starter pair table 2026-11"  # kept with each claim


def _pairs() -> Mapping[frozenset[str], tuple[PairEdit, ...]]:
    table: dict[frozenset[str], tuple[PairEdit, ...]] = {}
    for row in rows("pairs.csv"):
        days = span(row)
        pair = PairEdit(
            column1=row["column1"],
            column2=row["column2"],
            first=days.first,
            last=days.last,
            decides=row["effect"] == "decides",
            rationale=row["source"],
            note=row["note"],
            version=VERSION,
        )
        key = frozenset((pair.column1, pair.column2))
        table[key] = (*table.get(key, ()), pair)
    return MappingProxyType(table)


PAIRS: Final = _pairs()
PAIRED_CODES: Final = frozenset().union(*PAIRS)
FIRST_DAY: Final = min(pair.first or dt.date.min for row in PAIRS.values() for pair in row)


def among(codes: Iterable[str]) -> Iterator[PairEdit]:
    """The pairs of any day among the codes billed, in the order of the codes."""
    known = [code for code in dict.fromkeys(codes) if code in PAIRED_CODES]
    for one, other in combinations(known, 2):
        yield from PAIRS.get(frozenset((one, other)), ())
