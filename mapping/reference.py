"""What the mapper asks of reference tables: code pairs, daily maxima, fees, diagnoses, by day.

The tables themselves are data from elsewhere: small starter tables shipped here, or what a user
imported (``claimline tables import``). ``ReferenceTables`` is the shape both have; every answer
names the version of the table that gave it. ``None`` means: no table of the kind speaks of that
day, which is never the same as "there is no edit".
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, Protocol

from attrs import field, frozen

Indicator = Literal["0", "1", "9"]
TableKind = Literal["ptp", "mue", "diagnosis"]
DiagnosisState = Literal["valid", "not full length", "unknown"]


@frozen(kw_only=True)
class PairEdit:
    """A pair of codes paid together only where the modifier indicator allows it (NCCI PTP).

    ``column2`` takes the modifier. ``indicator``: 0 never together, 1 with a modifier, 9 not in
    force. ``last`` is the last day in force.
    """

    column1: str
    column2: str
    indicator: Indicator = "1"
    first: dt.date | None = None
    last: dt.date | None = None
    decides: bool = True  # False: it only warns
    rationale: str = ""
    note: str = ""
    version: str  # "starter pair table 2026-11", "NCCI PTP medicare v321 (imported 2026-04-02)"

    def holds(self, day: dt.date) -> bool:
        """Whether the edit is in force on the day, its deletion date included."""
        return (
            self.indicator != "9"
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


@frozen(kw_only=True)
class UnitLimit:
    """The most units of a code on a line (``mai`` 1) or on a day (2 by policy, 3 clinical): MUE."""

    code: str
    most: int
    mai: Literal["1", "2", "3"]
    decides: bool = True  # False: it only warns
    rationale: str = ""
    version: str


@frozen(kw_only=True)
class FeeRow:
    """A code's row of the physician fee schedule's relative value file (PPRRVU)."""

    code: str
    status: str  # A, R, T are priced by these values; B, C, I, N ... are not
    work: Decimal
    practice: Decimal  # non-facility practice expense
    malpractice: Decimal
    multiple: bool  # multiple-procedure indicator 5: the therapy reduction applies
    version: str


@frozen(kw_only=True)
class Locality:
    """Geographic indices of a payment locality (GPCI)."""

    key: str  # MAC and locality number as in the file: "15202-00"
    name: str = ""
    work: Decimal
    practice: Decimal
    malpractice: Decimal
    version: str


@frozen(kw_only=True)
class Factor:
    """A conversion factor: dollars for one relative value unit."""

    amount: Decimal
    first: dt.date
    last: dt.date | None = None
    version: str


class ReferenceTables(Protocol):
    """Where the mapper looks things up. All answers are for one day of service."""

    def __hash__(self) -> int:
        """Answers are remembered by the tables that gave them."""

    def pairs(self, codes: Iterable[str], day: dt.date, table: str) -> tuple[PairEdit, ...] | None:
        """The pair edits in force among the codes. ``table``: medicare, medicaid, medicaid:TX."""

    def limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:
        """The unit limit of a code, where the table has one."""

    def fee(self, code: str, day: dt.date) -> FeeRow | None:
        """The code's relative values."""

    def locality(self, key: str, day: dt.date) -> Locality | None:
        """The indices of a locality."""

    def factor(self, day: dt.date, *, qualifying: bool = False) -> Factor | None:
        """The conversion factor; from 2026 another one for qualifying participants (QP)."""

    def diagnosis(self, code: str, day: dt.date) -> DiagnosisState | None:
        """Whether the ICD-10-CM code (no point) is valid on the day; ``None``: no list for it."""

    def version(self, kind: TableKind, table: str, day: dt.date) -> str:
        """The version of the table that would decide on the day; empty: none speaks of it."""

    def versions(self) -> tuple[str, ...]:
        """The tables there are, each with its version."""


@frozen(kw_only=True)
class BilledLine:
    """A line of the same patient and day on another claim: sent before, or drafted in this run."""

    claim: str  # patient control number; empty: drafted in this run
    payer: str  # key in the practice file
    entity: str = ""  # key of the billing provider; empty: not known
    discipline: str
    code: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge: Decimal
    date: dt.date = field(repr=False)
    evidence: tuple[str, ...] = ()  # "times 09:16-09:24"
