"""The tables ``[[families.NAME]]`` of a practice file: a group of payers described once.

``NAME`` is a family of ours (``medicare-advantage``, or with a state ``medicaid:OH``), or one of
the practice's own, which says whose defaults it builds on: ``inherits = "commercial"``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen

from mapping.identifiers import STATE
from mapping.kinds import Fault, Notes
from mapping.policy import DatedPolicy
from mapping.policy_layers import FAMILIES, Layer, is_family
from mapping.policy_read import dated_rows, is_tables
from mapping.structure import nearest


@frozen(kw_only=True)
class Families:
    """The practice's tables by name, and what each family of its own builds on."""

    rows: Mapping[str, tuple[DatedPolicy, ...]] = field(factory=dict)
    parents: Mapping[str, str] = field(factory=dict)  # own family -> the one it inherits

    def chain(self, name: str) -> tuple[str, ...]:
        """The family of ours first, then the practice's own down to the one named."""
        found = [name]
        while (parent := self.parents.get(found[-1])) is not None:
            found.append(parent)
        return tuple(reversed(found))

    def layers(self, name: str, state: str) -> tuple[Layer, ...]:
        """The practice's tables for a payer of that family and state."""
        names = (
            each
            for family in self.chain(name)
            for each in (family, *((f"{family}:{state}",) if state else ()))
        )
        found = ((each, self.rows.get(each, ())) for each in names)
        return tuple(Layer(name=f"your family {each}", rows=rows) for each, rows in found if rows)


NO_FAMILIES: Final = Families()


def families(tables: Any, notes: Notes) -> Families:
    """The section ``families``; each fault is noted with its place."""
    if not isinstance(tables, dict):
        message = "expected tables [[families.NAME]] as [[families.medicare-advantage]]"
        notes.append(Fault(code="input.invalid", message=message, path=("families",)))
        return NO_FAMILIES
    rows: dict[str, tuple[DatedPolicy, ...]] = {}
    parents: dict[str, str] = {}
    for name, listed in tables.items():
        path = ("families", name)
        copies = [dict(table) for table in listed] if is_tables(listed) else listed
        parent = _parent(name, copies, path, notes)
        if parent:
            parents[name] = parent
        rows[name] = dated_rows(copies, path, notes)
    made = Families(rows=MappingProxyType(rows), parents=MappingProxyType(_sound(parents, notes)))
    for name in rows:
        _known(name, made, notes)
    return made


def _parent(name: str, tables: Any, path: tuple[str, str], notes: Notes) -> str:
    """What the family inherits, taken out of its tables."""
    if not is_tables(tables):
        return ""
    found = {str(table.pop("inherits")) for table in tables if "inherits" in table}
    if len(found) > 1:
        message = f"one family inherits one other, not {' and '.join(sorted(found))}"
        notes.append(Fault(code="input.invalid", message=message, path=path))
    if found and is_family(name):
        message = "is a family of ours and inherits nothing: give your own another name"
        notes.append(Fault(code="input.invalid", message=message, path=(*path, "inherits")))
        return ""
    return min(found, default="")


def _sound(parents: dict[str, str], notes: Notes) -> dict[str, str]:
    """The parents that lead to a family of ours; others are noted and left out."""
    sound: dict[str, str] = {}
    for name, parent in parents.items():
        seen, at = {name}, parent
        while at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at in FAMILIES:
            sound[name] = parent
            continue
        known = dict.fromkeys((*FAMILIES, *parents))
        why = "goes in a circle" if at in seen else f"{at} is no family{nearest(at, known)}"
        path = ("families", name, "inherits")
        notes.append(Fault(code="practice.unknown-key", message=why, path=path))
    return sound


def _known(name: str, made: Families, notes: Notes) -> None:
    """Note a table of a family that is none of ours and builds on none."""
    family, colon, state = name.partition(":")
    if is_family(name) or (family in made.parents and (not colon or STATE.is_valid(state))):
        return
    if any(note.path[:2] == ("families", name) for note in notes):
        return
    hint = nearest(family, dict.fromkeys((*FAMILIES, *made.parents)))
    message = f'is no family of ours{hint}; for one of your own say inherits = "commercial"'
    notes.append(Fault(code="practice.unknown-key", message=message, path=("families", name)))


def placed(table: dict[str, Any], known: Families, notes: Notes) -> tuple[dict[str, Any], str]:
    """A payer's table with the family of ours in place of the practice's own, and its name."""
    named = table.get("family")
    if not isinstance(named, str) or named not in known.rows or is_family(named):
        if isinstance(named, str) and named and named not in FAMILIES:
            hint = nearest(named, dict.fromkeys((*FAMILIES, *known.parents)))
            message = f"{named} is no family of ours and none of [[families.NAME]]{hint}"
            if ":" in named:
                message = f'write family = "{named.partition(":")[0]}" and the state beside it'
            notes.append(Fault(code="input.invalid", message=message, path=("family",)))
            return {**table, "family": FAMILIES[0]}, named
        return table, ""
    return {**table, "family": known.chain(named)[0]}, named
