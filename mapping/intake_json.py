"""Visits in JSON: one list, one object, or one object a line."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from attrs import evolve

from edi.problem import Level, Place, Problem
from mapping import repair
from mapping.kinds import Fault, Notes, Unfit
from mapping.structure import Reader, shown, shown_key
from mapping.visit import Block, Visit


def _block_span(block: Block) -> str:
    return "" if block.start < block.end else "an end after the start, on the same day"


to_visit: Final = Reader(invariants={Block: _block_span}).of(Visit)

_BLANK: Final = re.compile(r"[\s,\x1e]*")
# What some exports put around the list.
_WRAPPED: Final = re.compile(r'\s*\{\s*"visits"\s*:\s*(?=\[)')
_NEXT_LINE: Final = re.compile(r"\n\s*(?=\{)")
# Ids that stand in the file more than once are looked for before reading, so that a visit of two
# minds is known as such before the first of the two would be let through.
_IDS: Final = re.compile(r'"visit_id"\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,}]+)')


def read_json(name: str, text: str) -> Iterator[Visit | Problem]:
    """The visits of a JSON text and its problems. ``row`` counts visits from 1."""
    wrapped = _WRAPPED.match(text)
    is_list = wrapped is not None or text.lstrip().startswith("[")
    place = Place(file=name)
    waiting = _Doubles(text)
    pairs = _Pairs()
    start = wrapped.end() if wrapped else 0
    for row, found in _objects(text, place, pairs, start=start, is_list=is_list):
        if isinstance(found, Problem):
            yield found
            continue
        notes: Notes = []
        visit = structured(found, notes)
        key = _id(found)
        if pairs.twice:
            visit = None
            notes += [_repeated(name) for name in pairs.twice]
            pairs.twice.clear()
        if notes:
            yield from problems(notes, evolve(place, row=row, claim=key))
        if visit is None:
            waiting.spoiled(key)
        elif not waiting.keep(key, row, visit):
            yield visit
    yield from waiting.settle(place)


def structured(found: Any, notes: Notes) -> Visit | None:
    """One object as a visit, or ``None`` and why."""
    try:
        visit: Visit | None = to_visit(found, notes)
    except Unfit as wrong:
        notes.append(Fault(code="input.invalid", message=f"expected {wrong}"))
        return None
    if visit is not None and notes and (faults := list(_false_zeros(visit, notes))):
        spoiled = {fault.path for fault in faults}
        notes[:] = [*(note for note in notes if note.path not in spoiled), *faults]
        return None
    return visit


def _false_zeros(visit: Visit, notes: Notes) -> Iterator[Fault]:
    """ZIPs that were given a leading zero though their state has none such (USPS Pub. 65)."""
    for note in notes:
        if note.code != "input.repaired" or note.path[-1:] != ("zip",):
            continue
        address: Any = visit
        for step in note.path[:-1]:
            address = address[step] if isinstance(step, int) else getattr(address, step)
        if address.state and address.state not in repair.ZERO_STATES:
            message = f"expected a ZIP of 5 or 9 digits: none of {address.state} begins with 0"
            yield Fault(code="input.invalid", message=message, path=note.path, value=note.value)


def _repeated(name: str) -> Fault:
    message = f"the key {shown_key(name)} stands twice in one object"
    return Fault(code="input.invalid", message=message)


class _Pairs:
    """Makes the objects, and notes keys that stand twice in one: JSON would keep the last."""

    def __init__(self) -> None:
        self.twice: list[str] = []

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            counted = Counter(key for key, _ in pairs)
            self.twice += [key for key, times in counted.items() if times > 1]
        return made


def problems(notes: Notes, place: Place) -> Iterator[Problem]:
    """The notes as problems at a place, each with the path of its field."""
    for note in notes:
        path = shown(note.path)
        yield Problem(
            code=note.code,
            level=note.level,
            message=note.message,
            where=evolve(place, column=path),
            value=note.value,
        )


def _id(found: Any) -> str:
    key = found.get("visit_id") if isinstance(found, dict) else None
    return str(key) if isinstance(key, str | int) else ""


def _objects(
    text: str, place: Place, pairs: _Pairs, *, start: int, is_list: bool
) -> Iterator[tuple[int, Any]]:
    """Each object with its number, or a Problem where the text is no JSON."""
    decoder = json.JSONDecoder(parse_float=Decimal, object_pairs_hook=pairs)
    at = text.index("[", start) + 1 if is_list else 0
    row = 0
    while True:
        at = _end(_BLANK, text, at)
        if at >= len(text):
            if is_list:
                yield row, _broken(place, text, at, "the list does not end: `]` is missing", row)
            return
        if is_list and text[at] == "]":
            if text[at + 1 :].strip() not in {"", "}" if start else ""}:
                yield row, _broken(place, text, at + 1, "text after the list was not read", row)
            return
        row += 1
        try:
            found, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as wrong:
            more = "" if not is_list else "; the visits after it were not read"
            yield row, _broken(place, text, wrong.pos, f"no JSON: {wrong.msg}{more}", row)
            following = None if is_list else _NEXT_LINE.search(text, at)
            if following is None:
                return
            at = following.end()
            continue
        except RecursionError:
            yield row, _broken(place, text, at, "nested too deeply to be a visit", row)
            return
        yield row, found


def _end(pattern: "re.Pattern[str]", text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _broken(place: Place, text: str, at: int, message: str, row: int) -> Problem:
    line = text.count("\n", 0, at) + 1
    return Problem(
        code="input.unreadable",
        message=message,
        where=evolve(place, line=line, row=row),
    )


class _Doubles:
    """Visits whose id stands in the file more than once: kept until all are seen."""

    def __init__(self, text: str) -> None:
        counted = Counter(_IDS.findall(text))
        self._suspects = {key.strip('"') for key, times in counted.items() if times > 1}
        self._kept: dict[str, list[tuple[int, Visit | None]]] = {}

    def keep(self, key: str, row: int, visit: Visit) -> bool:
        """Whether the visit waits for its doubles."""
        if key not in self._suspects:
            return False
        self._kept.setdefault(key, []).append((row, visit))
        return True

    def spoiled(self, key: str) -> None:
        """One of the doubles has errors: the others are no better known."""
        if key in self._suspects:
            self._kept.setdefault(key, []).append((0, None))

    def settle(self, place: Place) -> Iterator[Visit | Problem]:
        """Equal doubles give one visit and a warning; others only an error."""
        for key, found in self._kept.items():
            rows = ", ".join(str(row) for row, _ in found if row)
            first = found[0][1]
            if any(visit != first for _, visit in found) or first is None:
                yield double(evolve(place, row=found[0][0], claim=key), rows, "error")
            else:
                if len(found) > 1:
                    yield double(evolve(place, row=found[0][0], claim=key), rows, "warning")
                yield first


def double(place: Place, rows: str, level: Level) -> Problem:
    """A visit that stands in the file more than once."""
    message = (
        f"the visit stands at {rows} with different content: none of them was taken"
        if level == "error"
        else f"the visit stands at {rows} with the same content: taken once"
    )
    return Problem(code="input.duplicate", level=level, message=message, where=place)
