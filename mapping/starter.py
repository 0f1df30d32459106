"""The starter tables: what is known without an imported file, as a ``ReferenceTables``.

Pairs are those of ``mapping/tables/pairs.csv``. They serve until a table is imported.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from mapping import pairs
from mapping.reference import DiagnosisState, Factor, FeeRow, Locality, PairEdit, UnitLimit


@frozen
class Starter:
    """Answers from the tables shipped with the package."""

    def pairs(self, codes: Iterable[str], day: dt.date, table: str) -> tuple[PairEdit, ...] | None:
        """See ``ReferenceTables``."""
        if table == "none":
            return ()
        return tuple(
            PairEdit(
                column1=pair.column1,
                column2=pair.column2,
                first=pair.span.first,
                last=pair.span.last,
                decides=pair.decides,
                note=pair.note,
                version=pairs.VERSION,
            )
            for pair in pairs.among(codes, day)
        )

    def limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:  # noqa: ARG002 - shape
        """No unit limits without an imported table."""
        return None

    def fee(self, code: str, day: dt.date) -> FeeRow | None:  # noqa: ARG002 - shape
        """No fees without an imported table."""
        return None

    def locality(self, key: str, day: dt.date) -> Locality | None:  # noqa: ARG002 - shape
        """No localities without an imported table."""
        return None

    def factor(self, day: dt.date, *, qualifying: bool = False) -> Factor | None:  # noqa: ARG002 - shape
        """No conversion factors without an imported table."""
        return None

    def diagnosis(self, code: str, day: dt.date) -> DiagnosisState | None:  # noqa: ARG002 - shape
        """No diagnosis list without an imported one."""
        return None

    def versions(self) -> tuple[str, ...]:
        """What is shipped."""
        return (pairs.VERSION,)


STARTER: Final = Starter()
