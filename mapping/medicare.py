"""What Medicare Part B pays by: starter tables of values, factors and yearly rules, with sources.

They serve until CMS's own files are imported (``claimline tables import``). A row whose figure one
source alone gives is ``unconfirmed``, and whoever shows an amount says so. A year or code that is
not in the tables gives ``None``: nothing is computed from a neighbouring year.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Final

from attrs import frozen

from mapping.codes import rows, span
from mapping.policy import Span
from mapping.reference import Factor, FeeRow

VERSION: Final = "starter fee tables 2026-11"
UNCONFIRMED: Final = "unconfirmed"


@frozen(kw_only=True)
class Rule:
    """A figure of the programme within a span of days."""

    value: Decimal  # percent, or dollars
    span: Span
    source: str
    confirmed: bool


def _values() -> Mapping[tuple[str, int], FeeRow]:
    return MappingProxyType(
        {
            (row["code"], int(row["year"])): FeeRow(
                code=row["code"],
                status=row["status"],
                work=Decimal(row["work"]),
                practice=Decimal(row["practice"]),
                malpractice=Decimal(row["malpractice"]),
                multiple=row["multiple"] == "yes",
                version=f"{VERSION} ({row['source']})",
            )
            for row in rows("rvus.csv")
        }
    )


def _factors() -> Iterator[tuple[Span, bool, Factor]]:
    for row in rows("factors.csv"):
        days = span(row)
        assert days.first is not None
        doubt = "" if row["confirmed"] == "yes" else f", {UNCONFIRMED}"
        made = Factor(
            amount=Decimal(row["amount"]),
            first=days.first,
            last=days.last,
            version=f"{row['source']}{doubt}",
        )
        yield days, row["qualifying"] == "yes", made


def _rules() -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for row in rows("medicare.csv"):
        made = Rule(
            value=Decimal(row["value"]),
            span=span(row),
            source=row["source"],
            confirmed=row["confirmed"] == "yes",
        )
        found[row["rule"]] = (*found.get(row["rule"], ()), made)
    return MappingProxyType(found)


VALUES: Final = _values()
FACTORS: Final = tuple(_factors())
RULES: Final = _rules()
MULTIPLE_CODES: Final = frozenset(code for (code, _), row in VALUES.items() if row.multiple)
"""Codes that the multiple procedure reduction applies to in any year we know."""


def fee(code: str, day: dt.date) -> FeeRow | None:
    """A code's relative values in the year of the day."""
    return VALUES.get((code, day.year))


@cache
def factor(day: dt.date, *, qualifying: bool = False) -> Factor | None:
    """The conversion factor of the day; qualifying participants have their own from 2026 on."""
    found = {own: one for days, own, one in FACTORS if days.holds(day)}
    return found.get(qualifying) or found.get(False)


@cache
def rule(name: str, day: dt.date) -> Rule | None:
    """A figure of the programme on the day: sequestration, assistant, deductible, ..."""
    return next((one for one in RULES[name] if one.span.holds(day)), None)
