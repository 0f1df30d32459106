"""The starter tables: what is known without an imported file, as a ``ReferenceTables``.

Pairs are those of ``mapping/tables/pairs.csv``, unit limits those of ``limits.csv``. They serve
until a table is imported.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from mapping import limits, medicare, pairs
from mapping.reference import (
    DiagnosisState,
    Factor,
    FeeRow,
    Locality,
    PairEdit,
    TableKind,
    UnitLimit,
)


@frozen
class Starter:
    """Answers from the tables shipped with the package."""

    def pairs(self, codes: Iterable[str], day: dt.date, table: str) -> tuple[PairEdit, ...] | None:
        """See ``ReferenceTables``."""
        if table == "none":
            return ()
        if day < pairs.FIRST_DAY:
            return None
        return tuple([pair for pair in pairs.among(codes) if pair.holds(day)])

    def all_pairs(self, codes: Iterable[str]) -> tuple[PairEdit, ...]:
        """The pair edits among the codes, of any day."""
        return tuple(pairs.among(codes))

    def pairs_of(self, code: str, day: dt.date, table: str) -> tuple[PairEdit, ...]:
        """All pairs of one code on a day."""
        others = [other for other in sorted(pairs.PAIRED_CODES) if other != code]
        found = self.pairs((code, *others), day, table) or ()
        return tuple(pair for pair in found if code in {pair.column1, pair.column2})

    def limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:
        """See ``ReferenceTables``; a payer's own limits are known from an import only."""
        found = limits.LIMITS.get(code) if table in {"medicare", "medicaid"} else None
        return found.limit if found is not None and found.span.holds(day) else None

    def fee(self, code: str, day: dt.date) -> FeeRow | None:
        """See ``ReferenceTables``."""
        return medicare.fee(code, day)

    def locality(self, key: str, day: dt.date) -> Locality | None:  # noqa: ARG002 - shape
        """No localities without an imported table."""
        return None

    def factor(self, day: dt.date, *, qualifying: bool = False) -> Factor | None:
        """See ``ReferenceTables``."""
        return medicare.factor(day, qualifying=qualifying)

    def diagnosis(self, code: str, day: dt.date) -> DiagnosisState | None:  # noqa: ARG002 - shape
        """No diagnosis list without an imported one."""
        return None

    def version(self, kind: TableKind, table: str, day: dt.date) -> str:
        """See ``ReferenceTables``."""
        if kind == "ptp":
            return pairs.VERSION if table != "none" and day >= pairs.FIRST_DAY else ""
        known = table in {"medicare", "medicaid"} and day >= limits.FIRST_DAY
        return limits.VERSION if known else ""

    def versions(self) -> tuple[str, ...]:
        """What is shipped."""
        return (pairs.VERSION, limits.VERSION, medicare.VERSION)


STARTER: Final = Starter()
