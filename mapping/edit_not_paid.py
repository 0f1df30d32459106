"""The check of codes that a family of payers never pays, whatever the record shows."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from edi.problem import Problem, declare
from mapping.codes import rows, span
from mapping.day import Day
from mapping.edit_found import judged
from mapping.policy import Span

_INSTEAD: Final = "bill the code the message names, or leave the code out of this claim"

declare(
    {
        "hold.not-paid": ("the payer never pays the code", _INSTEAD),
        "warn.not-paid": ("the payer never pays the code", _INSTEAD),
    }
)


@frozen(kw_only=True)
class NotPaid:
    """A code, the families that never pay it, and the code they take for the service."""

    families: frozenset[str]
    instead: str  # empty: no other code
    why: str
    span: Span
    source: str


def _table() -> Mapping[str, NotPaid]:
    return MappingProxyType(
        {
            row["code"]: NotPaid(
                families=frozenset(row["families"].split()),
                instead=row["instead"],
                why=row["why"],
                span=span(row),
                source=row["source"],
            )
            for row in rows("not_paid.csv")
        }
    )


NOT_PAID: Final = _table()


def is_never_paid(day: Day, code: str) -> bool:
    """Whether the payer's family never pays the code on the day."""
    known = NOT_PAID.get(code)
    return known is not None and day.payer.family in known.families and known.span.holds(day.date)


def check_not_paid(day: Day) -> Iterator[Problem]:
    """No code is billed that the payer's family never pays."""
    for code in dict.fromkeys(row.code for row in day.rows if row.code in NOT_PAID):
        if is_never_paid(day, code):
            known = NOT_PAID[code]
            rest = f"; bill {known.instead} for it" if known.instead else ""
            message = f"{code}: {known.why}{rest}"
            yield from judged(day, "not_paid", "not-paid", message, source=known.source)
