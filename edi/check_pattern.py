"""One regular expression per segment use that accepts a well-formed segment whole.

It reads text with the canonical separators ``*``, ``:`` and ``^``. It may refuse what the guide
allows (a date of 1899, six decimals): the slow path then decides. It must never accept what the
guide forbids; a test mutates segments to prove it.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from edi.guide import Composite, Element, Field, Note, SegmentUse

ELEMENT: Final = r"\*"
COMPONENT: Final = ":"
# The extended character set of X12 (RFI 2212, 2264) without the canonical separators.
DATA: Final = r"""[A-Z0-9 !"&'()+,\-./;?=a-z%@\[\]_{}\\|<>#$`]"""
_COMMON_DAY: Final = (
    r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])"
    r"|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_LEAP_DAY: Final = r"(?:19(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26]))0229"
_DAY: Final = f"(?:{_COMMON_DAY}|{_LEAP_DAY})"
_TIME: Final = r"(?:[01]\d|2[0-3])[0-5]\d"
# By date time period format qualifier (data element 1250).
_FORMATS: Final = {"D8": _DAY, "RD8": f"{_DAY}-{_DAY}", "TM": _TIME, "DT": _DAY + _TIME}
FORMAT_QUALIFIER: Final = "1250"
PERIOD: Final = "1251"
_NEVER: Final = "(?!)"


@frozen
class _Item:
    """What stands between two separators: its expression, and which elements it covers."""

    usage: str
    pattern: str  # matches a value that is present, never an empty one
    places: tuple[int, ...]
    empty: str = ""  # what stands there when it is absent


def segment_pattern(use: SegmentUse) -> re.Pattern[str]:
    """The expression for ``fullmatch`` on a segment without its terminator."""
    items = _items(use.elements, ELEMENT)
    usage = {place: item.usage for item in items for place in item.places}
    notes = [note for note in use.notes if _is_open(note, usage, items)]
    noted = {place for note in notes for place in note.places if usage.get(place) == "S"}
    groups: dict[int, int] = {}
    for item in items:
        if noted.intersection(item.places):
            number = len(set(groups.values())) + 1
            groups.update(dict.fromkeys(item.places, number))
    conditions = {0: ""}
    for note in notes:
        # Where the segment ends before a note's first element, the note holds: it is asked inside.
        place = 0 if note.kind == "R" else min(note.places)
        conditions[place] = conditions.get(place, "") + _condition(note, usage, groups)
    body = _sequence(items, ELEMENT, set(groups), conditions)
    return re.compile(f"{use.id}{body}(?<!{ELEMENT}){conditions[0]}", re.ASCII)


def _items(fields: Sequence[Field], separator: str) -> list[_Item]:
    """One item per element; a format qualifier and the period after it are one item."""
    items: list[_Item] = []
    place = 0
    while place < len(fields):
        here = fields[place]
        following = fields[place + 1] if place + 1 < len(fields) else None
        if _is_pair(here, following):
            assert isinstance(here, Element)
            items.append(_pair(here, place + 1, separator))
            place += 2
            continue
        items.append(_Item(here.usage, "" if here.usage == "N" else _value(here), (place + 1,)))
        place += 1
    return items


def _is_pair(here: Field, following: Field | None) -> bool:
    return (
        isinstance(here, Element)
        and here.number == FORMAT_QUALIFIER
        and bool(here.codes)
        and following is not None
        and following.number == PERIOD
        and here.usage == following.usage != "N"
    )


def _pair(here: Element, place: int, separator: str) -> _Item:
    known = sorted(code for code in here.codes if code in _FORMATS)
    options = "|".join(f"{code}{separator}{_FORMATS[code]}" for code in known) or _NEVER
    return _Item(here.usage, f"(?:{options})", (place, place + 1), empty=separator)


def _sequence(
    items: Sequence[_Item],
    separator: str,
    grouped: Collection[int] = (),
    conditions: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """Items each led by a separator, from the last to the first; the tail may be left out."""
    tail, must = "", False
    for item in reversed(items):
        if item.usage == "R":
            body, must = f"{separator}{item.pattern}{tail}", True
        elif item.usage == "N":
            body = f"{separator}{tail}" if must or tail else ""
        else:
            kind = "(" if item.places[0] in grouped else "(?:"
            absent = f"|{item.empty}" if item.empty else ""
            one = f"{kind}{item.pattern}){'' if absent else '?'}"
            body = f"{separator}{f'(?:{one}{absent})' if absent else one}{tail}"
        body += "".join(conditions.get(place, "") for place in item.places)
        tail = body if must or not body else f"(?:{body})?"
    return tail


def _value(field: Field) -> str:
    one = _composite(field) if isinstance(field, Composite) else _element(field)
    if field.repeat > 1:
        return f"{one}(?:\\^{one}){{0,{field.repeat - 1}}}"
    return one


def _composite(field: Composite) -> str:
    """The components; the first has no separator before it, and none may trail."""
    first, *rest = _items(field.parts, COMPONENT)
    tail = _sequence(rest, COMPONENT)
    if first.usage == "R":
        head = first.pattern
    elif first.usage == "S":
        head = f"(?=[^*^])(?:{first.pattern})?"
    else:
        head = "(?=[^*^])"
    return f"(?:{head}{tail}(?<!:))"


def _element(element: Element) -> str:
    if element.codes:
        return one_of(element.codes)
    if element.regex:
        return f"(?:{element.regex})"
    return f"(?:{_by_kind(element)})"


def _by_kind(element: Element) -> str:
    low, high = element.minimum, element.maximum
    if element.kind == "R":
        fraction = min(4, high // 2)
        if not fraction:
            return rf"-?\d{{{low},{high}}}+"
        whole = rf"\d{{{max(low, 1)},{high - fraction}}}+(?:\.\d{{1,{fraction}}}+)?"
        return rf"-?(?:{whole}|\.\d{{{max(low, 1)},{fraction}}}+)" if low <= fraction else whole
    if element.kind.startswith("N"):
        return rf"-?\d{{{low},{high}}}+"
    if element.kind == "DT":
        return _DAY if low <= 8 <= high else _NEVER
    if element.kind == "TM":
        return rf"{_TIME}(?:[0-5]\d)?" if low <= 4 and high >= 6 else _TIME
    return rf"{DATA}{{{low},{high}}}+(?<! )"


def one_of(codes: Iterable[str]) -> str:
    """An alternation of codes with common beginnings taken together."""
    tree: dict[str, set[str]] = {}
    for code in codes:
        tree.setdefault(code[:1], set()).add(code[1:])
    ends = "" in tree
    singles = sorted(head for head, tails in tree.items() if head and tails == {""})
    options = ["".join(("[", *map(re.escape, singles), "]"))] if singles else []
    options += [
        re.escape(head) + one_of(tails)
        for head, tails in sorted(tree.items())
        if head and tails != {""}
    ]
    whole = options[0] if len(options) == 1 and not ends else f"(?:{'|'.join(options)})"
    return f"{whole}?" if ends and options else whole


def _is_open(note: Note, usage: dict[int, str], items: Sequence[_Item]) -> bool:
    """Whether a note can still fail once required and not used elements are as they must be."""
    kinds = [usage.get(place, "N") for place in note.places]
    if "S" not in kinds:
        return False
    if any(set(note.places) == set(item.places) for item in items):
        return False  # P over a format qualifier and its period, which are one item
    if note.kind == "R":
        return "R" not in kinds
    if note.kind in {"C", "L"} and kinds[0] == "N":
        return False
    rest = set(kinds[1:])
    return not (note.kind == "C" and rest == {"R"}) and not (note.kind == "L" and "R" in rest)


def _condition(note: Note, usage: dict[int, str], groups: dict[int, int]) -> str:
    """A note as conditional groups: fails the match unless it holds."""

    def when(place: int, yes: str, no: str) -> str:
        if usage.get(place, "N") == "R":
            return yes
        return no if place not in groups else f"(?({groups[place]}){yes}|{no})"

    def every(places: Sequence[int]) -> str:
        return when(places[0], every(places[1:]), _NEVER) if places else ""

    def none(places: Sequence[int]) -> str:
        return when(places[0], _NEVER, none(places[1:])) if places else ""

    def some(places: Sequence[int]) -> str:
        return when(places[0], "", some(places[1:])) if places else _NEVER

    def one(places: Sequence[int]) -> str:
        return when(places[0], none(places[1:]), one(places[1:])) if places else ""

    first, rest = note.places[0], note.places[1:]
    return {
        "P": lambda: when(first, every(rest), none(rest)),
        "R": lambda: some(note.places),
        "E": lambda: one(note.places),
        "C": lambda: when(first, every(rest), ""),
        "L": lambda: when(first, some(rest), ""),
    }[note.kind]()
