"""Foreign objects (JSON, TOML, rows) to our values, by the description in the value types.

``reader(cls)`` compiles a class once; the reader takes an object and a list for notes. Each fault
leads to its field by its path; an object with an error gives ``None`` and all its faults at once.
"""

import datetime as dt
import difflib
import re
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from edi.problem import Level
from mapping import fields, kinds
from mapping.kinds import Convert, Fault, Notes, Unfit

Invariants = Mapping[type, Callable[[Any], str]]  # what is expected, or an empty string

BY_TYPE: Final[Mapping[Any, str]] = {
    str: "text", dt.date: "date", dt.time: "time", Decimal: "money", bool: "flag", int: "count",
}  # fmt: skip


# A key of a practice file: a word, never a date, a member number or a name with a blank.
_KEY: Final = re.compile(r"(?!.*\d{4})\S{1,40}")


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """`` (do you mean x?)`` with the known name most like this one, or nothing."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; do you mean {found[0]}?" if found else ""


def shown_key(key: str) -> str:
    """A key as it may be printed: with columns swapped, a name or a number stands in its place.

    >>> shown_key("acne"), shown_key("Jane Sample"), shown_key("1EG4TE5MK72-19610517")
    ('acne', '(a value of 11 characters)', '(a value of 20 characters)')
    """
    return key if _KEY.fullmatch(key) else f"(a value of {len(key)} characters)"


def bare(kind: Any) -> Any:
    """The type without its ``| None``."""
    if get_origin(kind) in {Union, types.UnionType}:
        return next(arg for arg in get_args(kind) if arg is not type(None))
    return kind


@cache
def hints(cls: type) -> dict[str, Any]:
    """The resolved types of a class's fields."""
    return get_type_hints(cls)


def public(cls: type) -> "list[attrs.Attribute[Any]]":
    """The fields an input may give."""
    return [a for a in attrs.fields(cls) if a.init and not a.name.startswith("_")]


@attrs.frozen(kw_only=True)
class Reader:
    """Compiles classes; ``unknown`` is the level of a field we do not know."""

    unknown: Level = "warning"
    invariants: Invariants = attrs.field(factory=dict)
    skip: frozenset[str] = frozenset()  # fields set by the caller, not by the input

    def of(self, cls: type) -> Convert:
        """A converter from an object to ``cls``: ``None`` when it had errors, which are noted."""
        known = {
            a.name: self._convert(hints(cls)[a.name], fields.kind(a), fields.most(a))
            for a in public(cls)
            if a.name not in self.skip
        }
        required = frozenset(
            a.name for a in public(cls) if a.default is attrs.NOTHING and a.name in known
        )
        check = self.invariants.get(cls)
        unknown = self.unknown

        expected = "an object with fields " + ", ".join(sorted(required or known))

        def convert(raw: object, notes: Notes) -> Any:
            if type(raw) is not dict:
                raise Unfit(expected)
            start = len(notes)
            given = _given(raw, known, unknown, notes)
            if not given.keys() >= required:
                notes.extend(_missing(name) for name in sorted(required - given.keys()))
            if len(notes) > start and any(n.level == "error" for n in notes[start:]):
                return None
            made = cls(**given)
            if check is not None and (wrong := check(made)):
                notes.append(Fault(code="input.invalid", message=f"expected {wrong}"))
                return None
            return made

        return convert

    def _convert(self, kind: Any, name: str, most: int) -> Convert:
        kind = bare(kind)
        if get_origin(kind) is tuple:
            return _many(self._convert(get_args(kind)[0], name, 0), most)
        if get_origin(kind) is Literal:
            return kinds.word(tuple(str(choice) for choice in get_args(kind)))
        if attrs.has(kind):
            return self.of(kind)
        return kinds.KINDS[name or BY_TYPE[kind]].convert


def _given(
    raw: dict[str, Any], known: Mapping[str, Convert], unknown: Level, notes: Notes
) -> dict[str, Any]:
    """The fields that say something, converted; ``None`` where one could not be."""
    given: dict[str, Any] = {}
    for name, value in raw.items():
        if value is None or value == "":
            continue
        convert = known.get(name)
        if convert is None:
            notes.append(_unknown(name, known, unknown))
            continue
        before = len(notes)
        try:
            given[name] = convert(value, notes)
        except Unfit as wrong:
            given[name] = None
            notes.append(_invalid(wrong, value))
        if len(notes) > before:
            _prefix(notes, before, name)
    return given


def _many(one: Convert, most: int) -> Convert:
    """A converter for a list."""

    def convert(raw: object, notes: Notes) -> tuple[Any, ...]:
        if type(raw) is not list:
            raise Unfit("a list")
        if most and len(raw) > most:
            raise Unfit(f"at most {most} items, found {len(raw)}")
        made: list[Any] = []
        for number, value in enumerate(raw):
            before = len(notes)
            try:
                made.append(one(value, notes))
            except Unfit as wrong:
                notes.append(_invalid(wrong, value))
            if len(notes) > before:
                _prefix(notes, before, number)
        return tuple(made)

    return convert


def _prefix(notes: Notes, start: int, step: str | int) -> None:
    for i in range(start, len(notes)):
        notes[i] = attrs.evolve(notes[i], path=(step, *notes[i].path))


def _invalid(wrong: Unfit, value: object) -> Fault:
    shown = value if isinstance(value, str | int | Decimal) else ""
    return Fault(code="input.invalid", message=f"expected {wrong}", value=str(shown))


def _missing(name: str) -> Fault:
    return Fault(code="input.missing", message="is missing", path=(name,))


def _unknown(name: str, known: Mapping[str, Any], level: Level) -> Fault:
    return Fault(
        code="input.unknown-field",
        level=level,
        message=f"is not a field we know{nearest(name, known)}",
        path=(name,),
    )


def shown(path: tuple[str | int, ...]) -> str:
    """A path as people write it.

    >>> shown(("procedures", 0, "code"))
    'procedures[0].code'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
