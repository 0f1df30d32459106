"""A practice's own rules from TOML: ``[[rules]]``; a bad rule is refused with its place.

A rule has ``name``, ``effect`` (hold or warn) and ``message``; it may have ``from``, ``until``,
``payers``, ``families``, and conditions in the tables ``claim``, ``any_line``, ``all_lines`` and
``no_line``: a field and what it must be. A rule without a condition says ``always = true``: it
is about every claim of its payers. ``code = "97530"`` is short for
``code = { equals = "97530" }``, a list for ``any``.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, get_args

from attrs import field, frozen

from edi.problem import declare
from mapping import identifiers
from mapping.kinds import Fault, Notes
from mapping.policy import Span
from mapping.policy_layers import FAMILIES
from mapping.policy_read import clash, days, is_tables, under
from mapping.structure import nearest
from mapping.user_rule_fields import CLAIM, LINE, Field
from mapping.user_rules import Condition, Effect, Operator, Rule

declare(
    {
        "practice.rule": (
            "a rule of the practice's own cannot be read",
            "mend the field, operator or value it names; see docs/rules/own-rules.md",
        )
    }
)

Path = tuple[str | int, ...]
OPERATORS: Final[tuple[str, ...]] = get_args(Operator)
SCOPES: Final[Mapping[str, Mapping[str, Field]]] = MappingProxyType(
    {"claim": CLAIM, "any_line": LINE, "all_lines": LINE, "no_line": LINE}
)
HEAD: Final = ("name", "from", "until", "payers", "families", "always", "effect", "message")
_OF_NUMBERS: Final = frozenset({"at_least", "at_most"})
_SHAPES: Final = MappingProxyType(
    {
        "hcpcs": identifiers.HCPCS,
        "modifier": identifiers.MODIFIER,
        "pos": identifiers.POS,
        "state": identifiers.STATE,
    }
)
# CPT: five digits, or four and a letter of its further categories; HCPCS: a letter and four.
_CODE: Final = re.compile(r"\d{5}|\d{4}[AFMTU]|[A-V]\d{4}")


@frozen(kw_only=True)
class Known:
    """The keys of the practice file that a rule may name."""

    tables: Mapping[str, tuple[str, ...]] = field(factory=dict)  # payers, people, locations

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Known":
        """From the practice file's document, right or not."""
        tables = {
            name: tuple(found) if isinstance(found := document.get(name), dict) else ()
            for name in ("payers", "people", "locations", "families")
        }
        tables["families"] = (*FAMILIES, *tables["families"])
        return cls(tables=MappingProxyType(tables))


class _Bad(Exception):  # noqa: N818 - never leaves this module; not an error of ours
    """What is wrong with a condition, and where in it."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def rules(tables: Any, known: Known, notes: Notes) -> tuple[Rule, ...]:
    """The rules of the section ``rules``; each fault is noted with its place.

    Two rules of one name are two versions of it: their days must not overlap.
    """
    if not is_tables(tables):
        _note(notes, ("rules",), "expected tables [[rules]], each with name, effect and message")
        return ()
    made: list[Rule] = []
    for number, table in enumerate(tables):
        start = len(notes)
        found = _rule(table, known, notes)
        under(notes, start, ("rules", number))
        if found is not None:
            made.append(found)
            overlaps(found, made[:-1], ("rules", number), notes)
    return tuple(made)


def overlaps(rule: Rule, earlier: list[Rule], path: Path, notes: Notes) -> None:
    """Note a rule that speaks of a day another rule of its name speaks of."""
    start = len(notes)
    clash(rule.span, [other.span for other in earlier if other.name == rule.name], path, notes)
    for i in range(start, len(notes)):
        message = f"there are two rules {rule.name}: {notes[i].message}"
        notes[i] = Fault(code=notes[i].code, message=message, path=path)


def version(sources: Mapping[str, Any]) -> str:
    """What the rules were read from, by name and digest; empty where there are none."""
    words = [
        f"{name} {hashlib.blake2b(_written(source), digest_size=4).hexdigest()}"
        for name, source in sources.items()
    ]
    return f"own rules: {', '.join(words)}" if words else ""


def _written(source: Any) -> bytes:
    return json.dumps(source, default=str, sort_keys=True).encode()


def _note(notes: Notes, path: Path, message: str, code: str = "practice.rule") -> None:
    notes.append(Fault(code=code, message=message, path=path))


def _rule(table: dict[str, Any], known: Known, notes: Notes) -> Rule | None:
    """One rule, or None with its faults noted."""
    start = len(notes)
    for key in table.keys() - {*HEAD, *SCOPES}:
        hint = nearest(key, dict.fromkeys((*HEAD, *SCOPES)))
        _note(notes, (key,), f"is not a field of a rule{hint}", "input.unknown-field")
    head = {name: _text(table, name, notes) for name in ("name", "effect", "message")}
    effect = next((e for e in get_args(Effect) if e == head["effect"]), None)
    if head["effect"] and effect is None:
        _note(notes, ("effect",), "expected hold or warn")
    ends: dict[str, Any] = {key: table[key] for key in ("from", "until") if key in table}
    found = days(ends, notes)
    about = {name: _keys(table, name, known, notes) for name in ("payers", "families")}
    parts = {scope: tuple(_conditions(table, scope, known, notes)) for scope in SCOPES}
    _always(table, notes, asks=any(parts.values()), is_sound=len(notes) == start)
    if len(notes) > start or effect is None:
        return None
    return Rule(
        name=head["name"],
        effect=effect,
        message=head["message"],
        span=found[0] if found else Span(),
        payers=about["payers"],
        families=about["families"],
        **parts,
    )


def _always(table: dict[str, Any], notes: Notes, *, asks: bool, is_sound: bool) -> None:
    """A rule that asks nothing is meant so only where it says so: it fires for every claim."""
    given = table.get("always", False)
    if not isinstance(given, bool):
        _note(notes, ("always",), "expected true or false")
    elif given and asks:
        _note(notes, ("always",), "the rule has conditions: it is not always true")
    elif is_sound and not given and not asks:
        message = "has no condition and would fire for every claim: add one, or say always = true"
        _note(notes, (), message)


def _text(table: dict[str, Any], name: str, notes: Notes) -> str:
    given = table.get(name)
    if isinstance(given, str) and given.strip():
        return given.strip()
    message = "is missing" if given is None else "expected a text"
    _note(notes, (name,), message, "input.missing" if given is None else "practice.rule")
    return ""


def _keys(table: dict[str, Any], name: str, known: Known, notes: Notes) -> tuple[str, ...]:
    """``payers`` or ``families``: keys that are there."""
    given = table.get(name, [])
    if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
        _note(notes, (name,), 'expected a list of keys: ["medicare"]')
        return ()
    there = known.tables[name]
    for number, key in enumerate(given):
        if key not in there:
            hint = nearest(key, dict.fromkeys(there))
            message = f"{key} is no key of the tables {name}{hint}"
            _note(notes, (name, number), message, "practice.unknown-key")
    return tuple(given)


def _conditions(
    table: dict[str, Any], scope: str, known: Known, notes: Notes
) -> Iterator[Condition]:
    """The conditions of one table of a rule."""
    given = table.get(scope, {})
    fields = SCOPES[scope]
    if not isinstance(given, dict):
        _note(
            notes,
            (scope,),
            f"expected a table of fields: {scope} = {{ {next(iter(fields))} = ... }}",
        )
        return
    for name, wanted in given.items():
        asked = fields.get(name)
        if asked is None:
            other = LINE if scope == "claim" else CLAIM
            hint = nearest(name, fields)
            if name in other:
                hint = f"; it is one of {'a line' if scope == 'claim' else 'the claim'}"
            message = f"is not a field of {_scope_words(scope)}{hint}"
            _note(notes, (scope, name), message, "input.unknown-field")
            continue
        bounds = wanted if isinstance(wanted, dict) else {}
        least, most = bounds.get("at_least"), bounds.get("at_most")
        if isinstance(least, int | Decimal) and isinstance(most, int | Decimal) and least > most:
            _note(notes, (scope, name), f"is never at least {least} and at most {most}")
        for operator, operand in _operators(wanted):
            try:
                yield _condition(name, asked, operator, operand, known)
            except _Bad as bad:
                path = (scope, name, operator) if isinstance(wanted, dict) else (scope, name)
                _note(notes, (*path, *bad.path), str(bad))


def _scope_words(scope: str) -> str:
    return "a claim" if scope == "claim" else "a line"


def _operators(wanted: Any) -> Iterator[tuple[str, Any]]:
    """``{ at_least = 5, at_most = 8 }`` as it stands; a value as ``equals``, a list as ``any``."""
    if isinstance(wanted, dict):
        yield from wanted.items()
    elif isinstance(wanted, list):
        yield "any", wanted
    else:
        yield "equals", wanted


def _condition(name: str, asked: Field, operator: str, operand: Any, known: Known) -> Condition:
    """One condition.

    Raises:
        _Bad: the operator is none, or does not fit the field, or the value does not.
    """
    written = operator.replace(" ", "_")
    if written not in OPERATORS:
        hint = nearest(written, dict.fromkeys(OPERATORS))
        raise _Bad(f"is no operator{hint}; there are {', '.join(OPERATORS)}")
    found: Operator = next(each for each in get_args(Operator) if each == written)
    if found in _OF_NUMBERS and asked.kind != "number":
        raise _Bad(f"is for numbers; {name} is none")
    if found == "starts_with" and asked.kind != "word":
        raise _Bad(f"is for texts; {name} is none")
    if found == "missing":
        if not isinstance(operand, bool):
            raise _Bad("expected true or false")
        return Condition(field=name, operator=found, operand=(operand,))
    many = found in {"any", "none", "starts_with"}
    if isinstance(operand, list) and not (many and operand):
        raise _Bad("expected a list of values, not empty" if many else "expected one value")
    values = operand if isinstance(operand, list) else [operand]
    return Condition(
        field=name,
        operator=found,
        operand=tuple(
            _value(value, asked, known, n if isinstance(operand, list) else None, found)
            for n, value in enumerate(values)
        ),
    )


def _value(value: Any, asked: Field, known: Known, number: int | None, operator: str) -> Any:
    """A value as the field has it.

    Raises:
        _Bad: it cannot be one of the field's.
    """
    path = () if number is None else (number,)
    if asked.kind == "flag":
        if not isinstance(value, bool):
            raise _Bad("expected true or false", *path)
        return value
    if asked.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise _Bad("expected a number, without quotes", *path)
        if not Decimal(value).is_finite():
            raise _Bad("expected a number that has an end", *path)
        return value
    if not isinstance(value, str) or not value.strip():
        raise _Bad("expected a text in quotes", *path)
    return _word(value.strip(), asked, known, path, is_part=operator == "starts_with")


def _word(value: str, asked: Field, known: Known, path: Path, *, is_part: bool) -> str:
    """A text as the field has it; the beginning of one need not be whole."""
    if asked.shape == "diagnosis":
        return value.replace(".", "").upper()
    if asked.choices:
        found = next((each for each in asked.choices if each.lower() == value.lower()), None)
        if found is None:
            raise _Bad(f"expected one of {', '.join(asked.choices)}", *path)
        return found
    if asked.table and not is_part:
        there = known.tables[asked.table]
        if value not in there:
            hint = nearest(value, dict.fromkeys(there))
            raise _Bad(f"{value} is no key of the tables {asked.table}{hint}", *path)
        return value
    if not asked.shape:
        return value
    shape, value = _SHAPES[asked.shape], value.upper()
    if not is_part and not shape.is_valid(value):
        raise _Bad(f"expected {shape.expected}", *path)
    if asked.shape == "hcpcs" and not is_part and not _CODE.fullmatch(value):
        raise _Bad(f"{value} is no shape of a CPT or HCPCS code: a letter O for a 0?", *path)
    return value
