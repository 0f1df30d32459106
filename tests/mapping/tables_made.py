"""Reference tables made for a test: pairs and unit limits as given, nothing else."""

import datetime as dt
from collections.abc import Iterable

from attrs import frozen

from mapping.reference import PairEdit, TableKind, UnitLimit
from mapping.starter import STARTER, Starter

VERSION = "made for a test"


def pair(column1: str, column2: str, indicator: str = "1", **more: object) -> PairEdit:
    """A pair edit in force on all days, unless said otherwise."""
    return PairEdit(
        column1=column1,
        column2=column2,
        indicator=indicator,  # type: ignore[arg-type]
        version=VERSION,
        **more,  # type: ignore[arg-type]
    )


def limit(code: str, most: int, mai: str = "3", *, decides: bool = True) -> UnitLimit:
    """A unit limit."""
    return UnitLimit(
        code=code,
        most=most,
        mai=mai,  # type: ignore[arg-type]
        decides=decides,
        version=VERSION,
    )


@frozen
class Made(Starter):
    """Answers with these pairs and limits for one table."""

    edits: tuple[PairEdit, ...] = ()
    limits: tuple[UnitLimit, ...] = ()
    table: str = "medicare"

    def pairs(self, codes: Iterable[str], day: dt.date, table: str) -> tuple[PairEdit, ...] | None:
        """Those among the codes, in force."""
        if table != self.table:
            return STARTER.pairs(codes, day, table)
        known = set(codes)
        return tuple(e for e in self.edits if {e.column1, e.column2} <= known and e.holds(day))

    def limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:
        """The limit of the code."""
        if table != self.table:
            return STARTER.limit(code, day, table)
        return next((one for one in self.limits if one.code == code), None)

    def version(self, kind: TableKind, table: str, day: dt.date) -> str:
        """Always the same."""
        return VERSION if table == self.table else STARTER.version(kind, table, day)
