"""The practice file (TOML) to a ``Practice``: every fault named by its place, all at once."""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import evolve

from edi.problem import Place, Problem, declare
from mapping.contracts import contracts
from mapping.enrollment import dangling as dangling_enrollments
from mapping.enrollment import enrolled
from mapping.identifiers import HCPCS, MODIFIER
from mapping.kinds import KINDS, Fault, Notes, Unfit
from mapping.numbers import LENGTHS
from mapping.policy_read import clash, dated_rows, days, is_tables, under
from mapping.practice_families import NO_FAMILIES, Families, families, placed
from mapping.practice_values import (
    Entity,
    FeeSchedule,
    Location,
    Payer,
    Person,
    Practice,
    Receiver,
    Submitter,
)
from mapping.structure import Reader, nearest
from mapping.threshold_table import own_thresholds
from mapping.toml_lines import lines, problem_of
from mapping.user_rules_file import NO_RULE_TEXTS, own_rules

declare(
    {
        "practice.unreadable": ("the practice file is no TOML", "mend the line it names"),
        "practice.overlap": (
            "two dated tables speak of the same day",
            "end the older with `until` the day before the newer begins",
        ),
        "practice.unknown-key": (
            "a key points at a table that is not there",
            "mend the key or add the table",
        ),
    }
)

TABLES: Final[Mapping[str, type]] = MappingProxyType(
    {
        "entities": Entity,
        "locations": Location,
        "receivers": Receiver,
        "people": Person,
        "payers": Payer,
    }
)
SECTIONS: Final = frozenset(
    {"practice", "submitter", "fees", "families", "contracts", "rules", "thresholds", *TABLES}
)


def _years_once(entity: Entity) -> str:
    years = [one.year for one in entity.medicare_mips]
    return "" if len(years) == len({*years}) else "each year of medicare_mips once"


_strict: Final = Reader(
    unknown="error",
    skip=frozenset({"policies", "group", "inherited", "enrolled"}),
    invariants={Entity: _years_once},
)
_readers: Final = {cls: _strict.of(cls) for cls in (*TABLES.values(), Submitter)}


class PracticeFileError(Exception):
    """The practice file cannot be used. ``problems`` says where and why, all at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(f"{first.where.file}: {first.where.column}: {first.message}")
        self.problems = problems


def read(name: str, text: str, rule_texts: Mapping[str, str] = NO_RULE_TEXTS) -> Practice:
    """The practice of a TOML text; ``name`` stands in the problems.

    Args:
        name: of the file.
        text: its text.
        rule_texts: the texts of the files that ``rule_files`` names, by their names there.

    Raises:
        PracticeFileError: with every problem, when there is an error among them.
    """
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        place = Place(file=name)
        problem = Problem(code="practice.unreadable", message=f"no TOML: {wrong}", where=place)
        raise PracticeFileError((problem,)) from None
    notes: Notes = []
    practice = _practice(name, document, notes)
    if practice is not None:
        notes.extend(dangling(practice))
    own, wrong_rules = own_rules(name, document, rule_texts, notes)
    known = lines(text) if notes else {}
    placed = sorted(
        (problem_of(name, note, known) for note in notes), key=lambda found: found.where.line
    )
    problems = (*placed, *wrong_rules)
    errors = tuple(problem for problem in problems if problem.level == "error")
    if practice is None or errors:
        raise PracticeFileError((*errors, *(p for p in problems if p.level == "warning")))
    return evolve(practice, warnings=problems, own_rules=own)


def _practice(name: str, document: dict[str, Any], notes: Notes) -> Practice | None:
    for section in document.keys() - SECTIONS:
        hint = nearest(section, dict.fromkeys(SECTIONS))
        _note(notes, (section,), f"is not a table we know{hint}", "input.unknown-field")
    head = _head(document.get("practice"), notes)
    submitter = _one(Submitter, document.get("submitter"), ("submitter",), notes)
    own = families(document.get("families", {}), notes)
    tables = {key: _keyed(key, cls, document.get(key), notes, own) for key, cls in TABLES.items()}
    fees = _fees(document.get("fees", []), notes)
    agreed = contracts(document.get("contracts", []), notes)
    years = own_thresholds(document.get("thresholds", []), notes)
    if head is None or submitter is None or any(note.level == "error" for note in notes):
        return None
    return Practice(
        file=name,
        name=head["name"],
        time_zone=head["time_zone"],
        claim_number_length=int(head["claim_number_length"]),
        submitter=submitter,
        fees=fees,
        contracts=agreed,
        thresholds=years,
        entities=tables["entities"],
        locations=tables["locations"],
        receivers=tables["receivers"],
        people=tables["people"],
        payers=tables["payers"],
    )


def _note(
    notes: Notes, path: tuple[str | int, ...], message: str, code: str = "input.invalid"
) -> None:
    notes.append(Fault(code=code, message=message, path=path))


def _head(table: Any, notes: Notes) -> dict[str, str] | None:
    known = {"name": "", "time_zone": "America/New_York", "claim_number_length": "17"}
    if not isinstance(table, dict) or not table.get("name"):
        _note(notes, ("practice", "name"), "is missing", "input.missing")
        return None
    for key in table.keys() - {*known, "rules"}:
        _note(notes, ("practice", key), f"is not a field we know{nearest(key, known)}")
    head = {key: str(table.get(key, known[key])) for key in known}
    try:
        ZoneInfo(head["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = "expected a time zone by its name: America/Chicago"
        _note(notes, ("practice", "time_zone"), message)
    if head["claim_number_length"] not in map(str, LENGTHS):
        message = f"expected {LENGTHS[0]} to {LENGTHS[-1]} characters"
        _note(notes, ("practice", "claim_number_length"), message)
    return head


def _one(cls: type, table: Any, path: tuple[str | int, ...], notes: Notes) -> Any:
    """A table as a value of the class; its notes lead to it by the path."""
    if table is None:
        _note(notes, path, "is missing", "input.missing")
        return None
    start = len(notes)
    try:
        made = _readers[cls](table, notes)
    except Unfit as wrong:
        _note(notes, (), f"expected {wrong}")
        made = None
    under(notes, start, path)
    return made


def _keyed(
    name: str, cls: type, tables: Any, notes: Notes, own: Families = NO_FAMILIES
) -> Mapping[str, Any]:
    """The tables ``[name.KEY]`` by key."""
    if not isinstance(tables, dict) or not tables:
        _note(notes, (name,), f"is missing: write a table [{name}.KEY]", "input.missing")
        return {}
    made: dict[str, Any] = {}
    for key, table in tables.items():
        if not isinstance(table, dict):
            _note(notes, (name, key), f"expected a table [{name}.KEY]")
            continue
        content = {**table, "key": key}
        if cls is Payer:
            made[key] = _payer(content, (name, key), notes, own)
        elif cls is Person:
            made[key] = _person(content, (name, key), notes)
        else:
            made[key] = _one(cls, content, (name, key), notes)
    return MappingProxyType(made)


def _person(content: dict[str, Any], path: tuple[str | int, ...], notes: Notes) -> Person | None:
    """A clinician with the payers they are enrolled with."""
    rows = enrolled(content.pop("enrolled", []), (*path, "enrolled"), notes)
    made: Person | None = _one(Person, content, path, notes)
    return made if made is None else evolve(made, enrolled=rows)


def _payer(
    content: dict[str, Any], path: tuple[str | int, ...], notes: Notes, own: Families
) -> Payer | None:
    """A payer with its policy tables and those of the families it belongs to."""
    policies = dated_rows(content.pop("policy", []), (*path, "policy"), notes)
    start = len(notes)
    content, group = placed(content, own, notes)
    under(notes, start, path)
    made: Payer | None = _one(Payer, content, path, notes)
    if made is None:
        return None
    inherited = own.layers(group or made.family, made.state)
    return evolve(made, policies=policies, group=group, inherited=inherited)


def _fees(tables: Any, notes: Notes) -> tuple[FeeSchedule, ...]:
    if not is_tables(tables):
        _note(notes, ("fees",), "expected tables [[fees]], each with charges")
        return ()
    schedules: list[FeeSchedule] = []
    for number, table in enumerate(tables):
        start = len(notes)
        schedule = _schedule(dict(table), notes)
        under(notes, start, ("fees", number))
        if schedule is None:
            continue
        same = [earlier.span for earlier in schedules if _same_payers(schedule, earlier)]
        clash(schedule.span, same, ("fees", number), notes)
        schedules.append(schedule)
    return tuple(schedules)


def _same_payers(one: FeeSchedule, other: FeeSchedule) -> bool:
    return not {*one.payers}.isdisjoint(other.payers) or not (one.payers or other.payers)


def _schedule(table: dict[str, Any], notes: Notes) -> FeeSchedule | None:
    charges = _charges(table.pop("charges", {}), notes)
    ends: dict[str, Any] = {key: table.pop(key) for key in ("from", "until") if key in table}
    found = days(ends, notes)
    if not charges:
        _note(notes, ("charges",), "is missing: 97530 = 75.00 ...", "input.missing")
    head = {"name": table.pop("name", ""), "payers": table.pop("payers", [])}
    for key in table:
        _note(notes, (key,), f"is not a field we know{nearest(key, head)}", "input.unknown-field")
    if not isinstance(head["payers"], list):
        _note(notes, ("payers",), 'expected a list of keys: ["medicare"]')
        return None
    if found is None:
        return None
    return FeeSchedule(
        name=str(head["name"]),
        payers=tuple(str(key) for key in head["payers"]),
        span=found[0],
        charges=MappingProxyType(charges),
    )


def _charges(table: Any, notes: Notes) -> dict[str, Decimal]:
    """``97530`` or ``97530-CQ`` to dollars."""
    if not isinstance(table, dict):
        _note(notes, ("charges",), "expected a table: 97530 = 75.00 ...")
        return {}
    charges: dict[str, Decimal] = {}
    for name, raw in table.items():
        code, _, modifier = name.upper().partition("-")
        if not HCPCS.is_valid(code) or (modifier and not MODIFIER.is_valid(modifier)):
            _note(notes, ("charges", name), "expected a code as 97530, or 97530-CQ")
            continue
        try:
            charges[name.upper()] = KINDS["money"].convert(raw, notes)
        except Unfit as wrong:
            _note(notes, ("charges", name), f"expected {wrong}")
    return charges


def dangling(practice: Practice) -> Iterator[Fault]:
    """Keys that lead nowhere, and keys left out where there is more than one to choose from."""
    links: tuple[tuple[str, Mapping[str, Any], str, Mapping[str, Any]], ...] = (
        ("locations", practice.locations, "entity", practice.entities),
        ("payers", practice.payers, "receiver", practice.receivers),
    )
    for name, rows, link, known in links:
        for key, row in rows.items():
            yield from _link((name, key, link), getattr(row, link), known, len(known) > 1)
    for number, schedule in enumerate(practice.fees):
        for payer in schedule.payers:
            yield from _link(("fees", number, "payers"), payer, practice.payers, True)
    for number, contract in enumerate(practice.contracts):
        for payer in contract.payers:
            yield from _link(("contracts", number, "payers"), payer, practice.payers, True)
    yield from dangling_enrollments(practice.people, practice.payers, practice.locations)


def _link(
    path: tuple[str | int, ...], key: str, known: Mapping[str, Any], needed: bool
) -> Iterator[Fault]:
    if key and key not in known:
        message = f"{key} is no key of the tables {path[-1]}{nearest(key, known)}"
        yield Fault(code="practice.unknown-key", message=message, path=path)
    elif needed and not key:
        message = f"is missing: there are several, say which ({', '.join(known)})"
        yield Fault(code="input.missing", message=message, path=path)
