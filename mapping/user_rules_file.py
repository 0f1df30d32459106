"""Where a practice's own rules stand: in the practice file, and in files of their own it names.

``[practice] rules = ["rules.toml"]`` names files beside the practice file, each with ``[[rules]]``.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from edi.problem import Place, Problem
from mapping.kinds import Fault, Notes
from mapping.structure import nearest
from mapping.toml_lines import lines, problem_of
from mapping.user_rules import OwnRules, Rule
from mapping.user_rules_read import Known, overlaps, rules, version

NO_RULE_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})


def rule_files(text: str) -> tuple[str, ...]:
    """The files of rules that a practice file names; none where it is no TOML or names none."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return ()  # reading the practice says what is wrong
    head = document.get("practice")
    named = head.get("rules", []) if isinstance(head, dict) else []
    return tuple(n for n in named if isinstance(n, str)) if isinstance(named, list) else ()


def own_rules(
    name: str, document: Mapping[str, Any], texts: Mapping[str, str], notes: Notes
) -> tuple[OwnRules, tuple[Problem, ...]]:
    """The rules of a practice, and the problems of their own files.

    Args:
        name: of the practice file.
        document: its content.
        texts: the texts of the files of rules, by the names the practice file gives them.
        notes: takes what is wrong in the practice file itself.
    """
    known = Known.of(document)
    found: list[Rule] = [*rules(document.get("rules", []), known, notes)]
    sources: dict[str, Any] = {}
    if "rules" in document:
        sources[name.replace("\\", "/").rpartition("/")[2]] = document["rules"]
    problems: list[Problem] = []
    for file in _named(document, notes):
        if file not in texts:
            message = f"{file} was not read: it must stand beside the practice file"
            notes.append(Fault(code="practice.rule", message=message, path=("practice", "rules")))
            continue
        sources[file] = texts[file]
        problems += _of_file(file, texts[file], known, found)
    return OwnRules(rules=tuple(found), version=version(sources)), tuple(problems)


def _named(document: Mapping[str, Any], notes: Notes) -> tuple[str, ...]:
    """The files that the practice file names."""
    head = document.get("practice")
    given = head.get("rules", []) if isinstance(head, dict) else []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        message = 'expected a list of files: ["rules.toml"]'
        notes.append(Fault(code="practice.rule", message=message, path=("practice", "rules")))
        return ()
    return tuple(dict.fromkeys(given))


def _of_file(name: str, text: str, known: Known, found: list[Rule]) -> list[Problem]:
    """The problems of one file of rules; its rules are added to those found."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        place = Place(file=name)
        return [Problem(code="practice.unreadable", message=f"no TOML: {wrong}", where=place)]
    notes: Notes = []
    for section in document.keys() - {"rules"}:
        hint = nearest(section, {"rules": 0})
        message = f"is not a table of a file of rules{hint}"
        notes.append(Fault(code="input.unknown-field", message=message, path=(section,)))
    for number, rule in enumerate(rules(document.get("rules", []), known, notes)):
        overlaps(rule, found, ("rules", number), notes)
        found.append(rule)
    places = lines(text) if notes else {}
    return [problem_of(name, note, places) for note in notes]
