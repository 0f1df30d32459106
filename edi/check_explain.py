"""What exactly is wrong with a segment that the fast path did not accept: the exact rules."""

import re
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve

from edi.check_codes import Finding
from edi.check_pattern import FORMAT_QUALIFIER, PERIOD
from edi.elements import read_date, read_time
from edi.guide import Composite, Element, Field, Note, SegmentUse
from edi.separators import Separators

_R: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_N: Final = re.compile(r"-?\d+", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# The extended set (RFI 2212, 2264); separators cannot stand in a value that was split at them.
_OUTSIDE: Final = re.compile(r"""[^A-Z0-9 !"&'()*+,\-./:;?=a-z%~@\[\]_{}\\|<>#$^`]""")
_SHOWN: Final = 12  # codes listed in a message


def explain_segment(
    use: SegmentUse, values: Sequence[str], separators: Separators
) -> Iterator[Finding]:
    """Everything wrong inside one segment; ``values`` has the id first.

    Nothing is yielded for a segment that is right, also where the fast path was too narrow for it.
    """
    if len(values) > 1 and not values[-1]:
        yield _trailing(use.id)
    fields = use.elements
    if len(values) - 1 > len(fields):
        yield Finding(
            code="segment.too-many-elements",
            standard="IK403:3",
            element=f"{use.id}{len(fields) + 1:02d}",
            message=f"{use.id} has {len(values) - 1} elements, the guide knows {len(fields)}",
            value=values[len(fields) + 1],
        )
    texts = [values[at] if at < len(values) else "" for at in range(1, len(fields) + 1)]
    for at, (item, text) in enumerate(zip(fields, texts, strict=True)):
        before = (fields[at - 1], texts[at - 1]) if at else None
        yield from _explain_field(item, text, before, separators)
    for note in use.notes:
        yield from _explain_note(use, note, texts)


def _trailing(where: str) -> Finding:
    return Finding(
        code="segment.trailing-separator",
        standard="IK304:8",
        element=where if where[-1].isdigit() and len(where) > 3 else "",
        message=f"{where} ends with separators: leave out what is empty at the end",
    )


def _explain_field(
    item: Field, text: str, before: tuple[Field, str] | None, separators: Separators
) -> Iterator[Finding]:
    if not text:
        if item.usage == "R":
            yield _missing(item)
        return
    if item.usage == "N":
        yield _not_used(item, text)
        return
    repeated = text.split(separators.repetition) if separators.repetition else [text]
    if len(repeated) > 1 and item.repeat == 1:
        yield from _repeated_once(item, text, separators)
        return
    if len(repeated) > item.repeat:
        yield Finding(
            code="element.too-many-repetitions",
            standard="IK403:12",
            element=item.ref,
            message=f"{_label(item)} is repeated {len(repeated)} times, at most {item.repeat}",
        )
    for one in repeated[: item.repeat]:
        if isinstance(item, Composite):
            yield from _explain_composite(item, one, separators)
        else:
            yield from _explain_element(item, one, before, separators)


def _repeated_once(item: Field, text: str, separators: Separators) -> Iterator[Finding]:
    yield Finding(
        code="element.too-many-repetitions",
        standard="IK403:12",
        element=item.ref,
        message=f"{_label(item)} holds the repetition separator {separators.repetition!r}: "
        "it may come once only",
        value=text,
    )


def _explain_composite(item: Composite, text: str, separators: Separators) -> Iterator[Finding]:
    parts = separators.components(text)
    if not any(parts):
        if item.usage == "R":
            yield _missing(item)
        yield _trailing(item.ref)
        return
    if len(parts) > 1 and not parts[-1]:
        yield _trailing(item.ref)
    known = item.parts
    if len(parts) > len(known):
        yield Finding(
            code="element.too-many-components",
            standard="IK403:3",
            element=item.ref,
            message=f"{_label(item)} has {len(parts)} components, the guide knows {len(known)}",
            value=text,
        )
    texts = [parts[at] if at < len(parts) else "" for at in range(len(known))]
    for at, (part, one) in enumerate(zip(known, texts, strict=True)):
        if one and part.usage == "N":
            yield _not_used(part, one)
        elif one:
            before = (known[at - 1], texts[at - 1]) if at else None
            yield from _explain_element(part, one, before, separators)
        elif part.usage == "R":
            yield _missing(part)


def _explain_element(
    item: Element, text: str, before: tuple[Field, str] | None, separators: Separators
) -> Iterator[Finding]:
    if separators.component and separators.component in text:
        yield Finding(
            code="element.character",
            standard="IK403:6",
            element=item.ref,
            message=f"{_label(item)} holds the component separator {separators.component!r}",
            value=text,
        )
        return
    control = _CONTROL.search(text)
    if control:
        yield Finding(
            code="element.character",
            standard="IK403:6",
            element=item.ref,
            message=f"{_label(item)} holds the control character {ord(control[0]):#04x}",
        )
        return
    if item.codes or item.regex:
        faults = [*_by_codes(item, text)]
    else:
        faults = [*_by_length(item, text), *_by_kind(item, text)]
    if before and item.number == PERIOD and before[0].number == FORMAT_QUALIFIER and before[1]:
        faults += _by_format(item, text, before[1])
    yield from (evolve(fault, element=item.ref, value=text) for fault in faults)


def _by_length(item: Element, text: str) -> Iterator[Finding]:
    """Length in characters; of numbers the digits alone count (X12.5, R and N)."""
    counted = text
    if item.kind in {"DT", "TM"}:
        return  # a date of the wrong length is no date
    if item.kind[0] in "RN":
        counted = text.replace("-", "", 1).replace(".", "", 1)
    if len(counted) < item.minimum:
        yield Finding(
            code="element.too-short",
            standard="IK403:4",
            message=f"{_label(item)} has {len(counted)} characters, at least {item.minimum}",
        )
    if len(counted) > item.maximum:
        yield Finding(
            code="element.too-long",
            standard="IK403:5",
            message=f"{_label(item)} has {len(counted)} characters, at most {item.maximum}",
        )


def _by_kind(item: Element, text: str) -> Iterator[Finding]:
    kind = item.kind
    if kind == "R" or kind[0] == "N":
        if not (_R if kind == "R" else _N).fullmatch(text):
            yield Finding(
                code="element.number-invalid",
                standard="IK403:6",
                message=f"{_label(item)} is no number: digits"
                + (" and a point only, no commas or signs but a leading minus" * (kind == "R")),
            )
    elif kind == "DT":
        yield from _date(item, is_date(text))
    elif kind == "TM":
        yield from _time(item, is_time(text))
    else:
        yield from _characters(item, text)


def _characters(item: Element, text: str) -> Iterator[Finding]:
    if text.endswith(" "):
        yield Finding(
            code="element.character",
            standard="IK403:6",
            message=f"{_label(item)} ends with spaces",
        )
    wrong = _OUTSIDE.search(text)
    if wrong:
        # Letters such as N with a tilde are allowed where both sides agree (RFI 2212).
        yield Finding(
            code="element.character",
            standard="IK403:6",
            level="warning" if wrong[0].isalpha() else "error",
            message=f"{_label(item)} holds a character outside the X12 extended set",
        )


def _by_codes(item: Element, text: str) -> Iterator[Finding]:
    if item.codes and text not in item.codes:
        listed = sorted(item.codes)
        shown = ", ".join(listed[:_SHOWN]) + (" ..." if len(listed) > _SHOWN else "")
        yield Finding(
            code="element.code-invalid",
            standard="IK403:7",
            message=f"{_label(item)} is not in the code list: {shown}",
        )
    if item.regex and not re.fullmatch(item.regex, text):
        yield Finding(
            code="element.code-invalid",
            standard="IK403:7",
            message=f"{_label(item)} does not have the form {item.regex}",
        )


def _by_format(item: Element, text: str, qualifier: str) -> Iterator[Finding]:
    test = FORMATS.get(qualifier)
    if test is None:
        return
    if qualifier == "TM":
        yield from _time(item, test(text))
    else:
        yield from _date(item, test(text), f" in the format {qualifier}")


def _date(item: Element, good: bool, form: str = "") -> Iterator[Finding]:
    if not good:
        yield Finding(
            code="element.date-invalid",
            standard="IK403:8",
            message=f"{_label(item)} is no date{form}",
        )


def _time(item: Element, good: bool) -> Iterator[Finding]:
    if not good:
        yield Finding(
            code="element.time-invalid",
            standard="IK403:9",
            message=f"{_label(item)} is no time",
        )


def is_date(text: str) -> bool:
    """CCYYMMDD (or YYMMDD) in the calendar, from 1800 on."""
    day = read_date(f"20{text}" if len(text) == 6 else text)
    return day is not None and day.year >= 1800


def is_time(text: str) -> bool:
    """HHMM, HHMMSS, or HHMMSS with one or two digits of decimal seconds."""
    return read_time(text) is not None


def is_range(text: str) -> bool:
    """Two dates with a hyphen between."""
    start, _, end = text.partition("-")
    return len(start) == len(end) == 8 and is_date(start) and is_date(end)


def _is_moment(text: str) -> bool:
    return len(text) in {12, 14} and is_date(text[:8]) and is_time(text[8:])


# By date time period format qualifier (data element 1250).
FORMATS: Final = MappingProxyType[str, Callable[[str], bool]](
    {
        "D8": lambda text: len(text) == 8 and is_date(text),
        "RD8": is_range,
        "TM": is_time,
        "DT": _is_moment,
    }
)


def _explain_note(use: SegmentUse, note: Note, texts: Sequence[str]) -> Iterator[Finding]:
    fields = use.elements
    for place in note.places:
        if place <= len(fields):
            text, usage = texts[place - 1], fields[place - 1].usage
            if (usage == "R" and not text) or (usage == "N" and text):
                return  # told already, as missing or as not used
    here = [place <= len(texts) and bool(texts[place - 1]) for place in note.places]
    refs = [f"{use.id}{place:02d}" for place in note.places]
    first, rest = refs[0], " and ".join(refs[1:])
    message = ""
    match note.kind:
        case "P" if any(here) and not all(here):
            message = f"{' and '.join(refs)} go together: all or none"
        case "R" if not any(here):
            message = f"one of {', '.join(refs)} is needed"
        case "E" if sum(here) > 1:
            message = f"only one of {', '.join(refs)} may be there"
        case "C" if here[0] and not all(here):
            message = f"{first} needs {rest}"
        case "L" if here[0] and not any(here[1:]):
            message = f"{first} needs one of {', '.join(refs[1:])}"
    if message:
        yield Finding(
            code="element.condition",
            standard="IK403:10" if note.kind == "E" else "IK403:2",
            element=first,
            message=message,
        )


def _missing(item: Field) -> Finding:
    return Finding(
        code="element.missing",
        standard="IK403:1",
        element=item.ref,
        message=f"{_label(item)} is required and empty",
    )


def _not_used(item: Field, text: str) -> Finding:
    return Finding(
        code="element.not-used",
        standard="IK403:I10",
        element=item.ref,
        message=f"{_label(item)} is not used by this guide: leave it empty",
        value=text,
    )


def _label(item: Field) -> str:
    return f"{item.ref} ({item.name})"
