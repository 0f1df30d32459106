"""The yearly thresholds as data: those shipped, and tables ``[[thresholds]]`` of the practice file.

The practice's own tables stand above those shipped: for a year that was not known when this version
was made.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from mapping.codes import rows
from mapping.fields import doc
from mapping.kinds import Fault, Notes
from mapping.policy_read import is_tables, under
from mapping.structure import Reader
from mapping.totals import BUCKETS, Bucket

_CENT: Final = Decimal("0.01")
VERSION: Final = "therapy thresholds 2026-11"  # of the shipped table


@frozen(kw_only=True)
class Threshold:
    """A year's amounts of a bucket. ``source`` is that of ``amount``."""

    amount: Decimal
    source: str
    review: Decimal | None = None  # above it claims may be picked for medical review
    version: str = VERSION


@frozen(kw_only=True)
class YearRow:
    """A table ``[[thresholds]]`` of the practice file."""

    year: int = field(metadata=doc("year of service", "count"))
    amount: Decimal = field(metadata=doc("allowed dollars above which KX is due", "money"))
    source: str = field(metadata=doc("where the amount is written"))
    bucket: Literal["both", "PT+SLP", "OT"] = field(
        default="both", metadata=doc("physical and speech therapy, occupational therapy, or both")
    )
    review: Decimal | None = field(
        default=None, metadata=doc("allowed dollars above which claims may be reviewed", "money")
    )


Table = Mapping[tuple[int, Bucket], Threshold]
NO_TABLE: Final[Table] = MappingProxyType({})
_read: Final = Reader(unknown="error").of(YearRow)


def _dollars(text: str) -> Decimal:
    return Decimal(text).quantize(_CENT)


def _shipped() -> Table:
    found: dict[tuple[int, Bucket], Threshold] = {}
    listed = tuple(rows("thresholds.csv"))
    for name in BUCKETS:
        own = [row for row in listed if row["bucket"] == name]
        for row in (row for row in own if row["kind"] == "kx"):
            found[int(row["from"]), name] = Threshold(
                amount=_dollars(row["amount"]), source=row["source"]
            )
        for row in (row for row in own if row["kind"] == "review"):
            for year in range(int(row["from"]), int(row["until"]) + 1):
                if (year, name) in found:
                    known = found[year, name]
                    found[year, name] = evolve(known, review=_dollars(row["amount"]))
    return MappingProxyType(found)


SHIPPED: Final = _shipped()


def own_thresholds(tables: Any, notes: Notes) -> Table:
    """The practice's own amounts; faults are noted with their place."""
    if not is_tables(tables):
        message = "expected tables [[thresholds]], each with year, amount and source"
        notes.append(Fault(code="input.invalid", message=message, path=("thresholds",)))
        return NO_TABLE
    found: dict[tuple[int, Bucket], Threshold] = {}
    for number, table in enumerate(tables):
        start = len(notes)
        row: YearRow | None = _read(table, notes)
        under(notes, start, ("thresholds", number))
        for name in BUCKETS if row is not None else ():
            if row is None or row.bucket not in {"both", name}:
                continue
            if (row.year, name) in found:
                message = f"{row.year} {name} has an amount in another table already"
                path = ("thresholds", number)
                notes.append(Fault(code="practice.overlap", message=message, path=path))
            found[row.year, name] = Threshold(
                amount=row.amount,
                source=row.source,
                review=row.review,
                version=f"practice file: threshold of {row.year} ({row.source})",
            )
    return MappingProxyType(found)
