"""A table of a file to a dated policy: unknown keys, wrong values and wrong days are noted."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, frozen

from mapping.kinds import Fault, Notes
from mapping.policy import DatedPolicy, Policy, Span
from mapping.structure import Reader

_ENDS: Final = MappingProxyType({"from": "first", "until": "last", "source": "source"})
_WRITTEN: Final = MappingProxyType({ours: theirs for theirs, ours in _ENDS.items()})
Path = tuple[str | int, ...]


@frozen(kw_only=True)
class _Days:
    """The keys of a dated table beside its content."""

    first: dt.date | None = None
    last: dt.date | None = None
    source: str = ""


_days = Reader().of(_Days)
_policy = Reader(unknown="error").of(Policy)


def days(table: Mapping[str, Any], notes: Notes) -> tuple[Span, str, dict[str, Any]] | None:
    """The span and source of a dated table, and its other keys; ``None`` when they have errors."""
    rest = {name: value for name, value in table.items() if name not in _ENDS}
    start = len(notes)
    found = _days({_ENDS[name]: table[name] for name in table if name in _ENDS}, notes)
    for i in range(start, len(notes)):
        path = tuple(_WRITTEN.get(str(step), step) for step in notes[i].path)
        notes[i] = evolve(notes[i], path=path)
    if found is None:
        return None
    if found.first and found.last and found.last < found.first:
        message = f"is before its from, {found.first}: the table would never hold"
        notes.append(Fault(code="input.invalid", message=message, path=("until",)))
        return None
    return Span(first=found.first, last=found.last), found.source, rest


def dated(table: Mapping[str, Any], notes: Notes) -> DatedPolicy | None:
    """A policy table with ``from``, ``until`` and ``source``; ``None`` when it has errors."""
    found = days(table, notes)
    stated = {name: value for name, value in table.items() if name not in _ENDS}
    policy = _policy(stated, notes)
    if found is None or policy is None:
        return None
    span, source, _ = found
    return DatedPolicy(
        span=span,
        stated=MappingProxyType({name: getattr(policy, name) for name in stated}),
        source=source,
    )


def dated_rows(tables: Any, path: Path, notes: Notes) -> tuple[DatedPolicy, ...]:
    """The tables ``[[path]]``; two that speak of one day are refused with their place."""
    if not is_tables(tables):
        message = f"expected tables [[{'.'.join(map(str, path))}]], each with its days"
        notes.append(Fault(code="input.invalid", message=message, path=path))
        return ()
    rows: list[DatedPolicy] = []
    for number, table in enumerate(tables):
        start = len(notes)
        row = dated(table, notes)
        under(notes, start, (*path, number))
        if row is None:
            continue
        clash(row.span, [earlier.span for earlier in rows], (*path, number), notes)
        rows.append(row)
    return tuple(rows)


def is_tables(tables: Any) -> bool:
    """Whether this is a list of tables, as ``[[name]]`` makes it."""
    return isinstance(tables, list) and all(isinstance(table, dict) for table in tables)


def clash(span: Span, earlier: list[Span], path: Path, notes: Notes) -> None:
    """Note a span that shares a day with one of the earlier spans."""
    for other in earlier:
        if span.overlaps(other):
            message = f"its days ({span}) overlap those of another ({other})"
            notes.append(Fault(code="practice.overlap", message=message, path=path))


def under(notes: Notes, start: int, path: Path) -> None:
    """Lead the notes since ``start`` to their place in the file."""
    notes[start:] = [evolve(note, path=(*path, *note.path)) for note in notes[start:]]
