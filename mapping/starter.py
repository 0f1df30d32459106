"""The starter tables: what is known without an imported file, as a ``ReferenceTables``.

Pairs are those of ``mapping/tables/pairs.csv``, unit limits those of ``limits.csv``. They serve
until a table is imported.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

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
        """See ``ReferenceTables``; a payer's own limits are known from an import only.

        The limits are Medicare's: for Medicaid, whose table is another one, they only warn.
        """
        found = limits.LIMITS.get(code)
        if found is None or not found.span.holds(day):
            return None
        if _is_medicaid(table):
            return evolve(found.limit, decides=False)
        return found.limit if table == "medicare" else None

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
        known = (table == "medicare" or _is_medicaid(table)) and day >= limits.FIRST_DAY
        return limits.VERSION if known else ""

    def versions(self) -> tuple[str, ...]:
        """What is shipped."""
        return (pairs.VERSION, limits.VERSION, medicare.VERSION)


def _is_medicaid(table: str) -> bool:
    """Whether it is Medicaid's, of a state or of all."""
    return table.partition(":")[0] == "medicaid"


STARTER: Final = Starter()
