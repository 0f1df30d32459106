"""Clinicians and payers: with whom a clinician is enrolled, where and when, or billed under whom.

``[[people.KEY.enrolled]]`` in the practice file: ``payer`` and ``location`` (empty: all), ``from``,
``until``, and ``bill_as`` while the enrollment is pending. A clinician without such tables is not
looked at.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from mapping.fields import doc
from mapping.kinds import Fault, Notes, Unfit
from mapping.policy import ALWAYS, Span
from mapping.policy_read import Path, days, is_tables, under
from mapping.structure import Reader


@frozen(kw_only=True)
class Enrollment:
    """A span of days with a payer at a location."""

    payer: str = field(default="", metadata=doc("key of the payer; empty: all"))
    location: str = field(default="", metadata=doc("key of the location; empty: all"))
    bill_as: str = field(
        default="",
        metadata=doc("not enrolled yet: bill under this clinician, where the payer allows it"),
    )
    span: Span = ALWAYS
    source: str = ""

    def holds(self, payer: str, location: str, day: dt.date) -> bool:
        """Whether the row speaks of the payer, the location and the day."""
        return (
            self.payer in {"", payer} and self.location in {"", location} and self.span.holds(day)
        )


_read: Final = Reader(unknown="error", skip=frozenset({"span", "source"})).of(Enrollment)


def enrolled(tables: Any, path: Path, notes: Notes) -> tuple[Enrollment, ...]:
    """The tables ``[[people.KEY.enrolled]]``; two that speak of the same are refused."""
    if not is_tables(tables):
        message = f"expected tables [[{'.'.join(map(str, path))}]], each with its payer"
        notes.append(Fault(code="input.invalid", message=message, path=path))
        return ()
    rows: list[Enrollment] = []
    for number, table in enumerate(tables):
        start = len(notes)
        row = _row(table, notes)
        under(notes, start, (*path, number))
        if row is None:
            continue
        for other in rows:
            same = (other.payer, other.location) == (row.payer, row.location)
            if same and other.span.overlaps(row.span):
                message = f"its days ({row.span}) overlap those of another ({other.span})"
                notes.append(Fault(code="practice.overlap", message=message, path=(*path, number)))
        rows.append(row)
    return tuple(rows)


def _row(table: Mapping[str, Any], notes: Notes) -> Enrollment | None:
    found = days(table, notes)
    if found is None:
        return None
    span, source, rest = found
    try:
        made: Enrollment | None = _read(rest, notes)
    except Unfit as wrong:
        notes.append(Fault(code="input.invalid", message=f"expected {wrong}"))
        return None
    return evolve(made, span=span, source=source) if made is not None else None


def row_for(
    rows: Iterable[Enrollment], payer: str, location: str, day: dt.date
) -> Enrollment | None:
    """The row that decides: one of the payer and the location before one of all."""
    found = [row for row in rows if row.holds(payer, location, day)]
    return max(found, key=lambda row: (row.payer != "", row.location != ""), default=None)


def dangling(
    people: Mapping[str, Any], payers: Iterable[str], locations: Iterable[str]
) -> Iterator[Fault]:
    """Keys of enrollments that lead nowhere."""
    known = {"payer": frozenset(payers), "location": frozenset(locations)}
    for key, person in people.items():
        for number, row in enumerate(person.enrolled):
            wanted = {**known, "bill_as": people.keys() - {key}}
            for name, keys in wanted.items():
                given = getattr(row, name)
                if given and given not in keys:
                    yield Fault(
                        code="practice.unknown-key",
                        message=f"{given} is no key it can name",
                        path=("people", key, "enrolled", number, name),
                    )
