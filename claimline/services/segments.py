"""A transaction segment by segment, each value with the guide's reference and name for it.

Names, ids, birth dates, addresses and diagnoses of persons are masked unless asked for.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen

from claimline.render.words import shown_number
from claimline.services import plb_reference
from edi import guide
from edi.check import locate
from edi.check_route import route
from edi.envelope import Transaction

PERSON: Final = "1"  # NM102
MASK: Final = "***"
PRIVATE: Final = frozenset(
    {"DMG02", "N301", "N302", "N401", "N402", "N403", "PAT06", "SBR03", "SBR04", "NTE02"}
)
PRIVATE_NAMES: Final = frozenset({"NM103", "NM104", "NM105", "NM107", "NM109"})
PRIVATE_REFERENCES: Final = frozenset({"SY", "1W", "IG", "Y4", "EA", "0F"})
NUMBERS: Final = frozenset({"CLP01", "CLM01", "TRN02"})  # another system's claim may be a name
NUMBERED: Final = {"CLP": (1, 7), "TRN": (2,)}  # where a remittance says its own numbers
LINE_NUMBER: Final = "6R"
PATIENT_LOOPS: Final = ("2010BA", "2010CA", "2330A", "2100", "2200D")  # where N3 and N4 are private


@frozen(kw_only=True)
class _Look:
    """How segments are shown: by which guide, with or without what tells the patient."""

    guide: guide.Guide | None
    component: str
    masked: bool
    said: plb_reference.Said = field(factory=plb_reference.Said, repr=False)  # so far


def segment_view(transaction: Transaction, *, show_patient: bool = False) -> dict[str, Any]:
    """All segments of a transaction; loops and names where we have its guide."""
    known = _guide(transaction)
    separators = transaction.separators
    look = _Look(guide=known, component=separators.component, masked=not show_patient)
    if known is None:
        placed: Iterator[tuple[str, str]] = (("", text) for text in transaction.texts())
    else:
        placed = locate(known, transaction.texts(), separators)
    return {
        "type": transaction.type,
        "control": transaction.control,
        "segments": [
            _segment(number, loop, text.split(separators.element), look)
            for number, (loop, text) in enumerate(placed, 1)
        ],
    }


def _guide(transaction: Transaction) -> guide.Guide | None:
    """The guide of a transaction, or None where we do not have it."""
    return route(transaction.type, transaction.version, transaction.implementation)[0]


def _segment(number: int, loop: str, segment: Sequence[str], look: "_Look") -> dict[str, Any]:
    """One segment with its values."""
    known = look.guide
    use = known.use(loop, segment, look.component) if known is not None else None
    named = known.name_of(loop, segment, look.component) if known is not None else ()
    values = [{"ref": each.ref, "name": each.name, "value": each.value} for each in named] or [
        {"ref": f"{segment[0]}{index:02d}", "name": "", "value": value}
        for index, value in enumerate(segment[1:], 1)
        if value
    ]
    if look.masked:
        _note(segment, look.said)
        values = [_masked(segment, loop, value, look) for value in values]
    return {
        "segment": number,
        "loop": loop,
        "id": segment[0],
        "name": use.name if use is not None else "",
        "values": values,
    }


def _note(segment: Sequence[str], said: plb_reference.Said) -> None:
    """Keep what a segment says of ids of persons, and of numbers of claims and payments."""
    if segment[0] == "NM1" and segment[1:2] and segment[1] in plb_reference.PATIENTS:
        said.members.update(part.upper() for part in segment[9:10] if part)
    for place in NUMBERED.get(segment[0], ()):
        if place < len(segment):
            said.number(segment[place])


def _masked(
    segment: Sequence[str], loop: str, value: dict[str, str], look: "_Look"
) -> dict[str, str]:
    """A value, hidden where it tells who the patient is."""
    name, ref, text = segment[0], value["ref"], value["value"]
    if _is_private(segment, loop, ref):
        return value | {"value": MASK}
    if ref in NUMBERS or (ref == "REF02" and segment[1] == LINE_NUMBER):
        return value | {"value": shown_number(text)}
    if name == "PLB" and ref.endswith("-2"):
        return value | {"value": look.said.shown(text)}
    if name == "PLB" and ref not in {"PLB01", "PLB02"}:
        parts = text.split(look.component)
        shown = (look.said.shown(part) for part in parts[1:])
        return value | {"value": look.component.join((parts[0], *shown))} if parts[1:] else value
    return value


def _is_private(segment: Sequence[str], loop: str, ref: str) -> bool:
    """Whether a value tells who the patient is or what they have."""
    name = segment[0]
    if name == "NM1":
        return ref in PRIVATE_NAMES and len(segment) > 2 and segment[2] == PERSON
    if name == "REF":
        return ref == "REF02" and len(segment) > 1 and segment[1] in PRIVATE_REFERENCES
    if name in {"N3", "N4"}:
        return loop in PATIENT_LOOPS or not loop
    if name == "HI":
        return ref.endswith("-2")
    return ref in PRIVATE
