"""Values to X12 text, never an illegal one: segments, transactions, interchanges.

Whoever writes a transaction builds its segments with ``segment`` (or, by the thousand, with the
function ``segment_writer`` gives), wraps them with ``transaction`` and frames all with
``interchange``. What X12 forbids raises ``WriteError`` at the line that did it.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal

from attrs import frozen

from edi.separators import Separators

__all__ = [
    "DEFAULT_SEPARATORS",
    "Element",
    "Envelope",
    "WriteError",
    "clean",
    "control_number",
    "gs",
    "identifier",
    "interchange",
    "isa",
    "kept_writer",
    "segment",
    "segment_writer",
    "transaction",
]

Element = str | tuple[str, ...]  # a simple element, or the components of a composite
Tidy = Callable[[str, Sequence[Element]], Sequence[Element]]
DEFAULT_SEPARATORS: Final = Separators(element="*", component=":", repetition="^", terminator="~")

_KINDS: Final = {
    "element": "element separator",
    "component": "component separator",
    "repetition": "repetition separator",
    "terminator": "segment terminator",
}
# A value's own line breaks and tabs become spaces; other control characters are refused.
_CONTROL: Final = "\x00-\x1f\x7f-\x9f\ud800-\udfff"
# The basic character set (X12.5 appendix; RFI 2264), in the shape an element may have: no space
# at either end. ``*``, ``:`` and the other separators are judged by ``segment``, which knows them.
_BASIC: Final = "A-Z0-9!\"&'()*+,\\-./:;?="
_BASIC_TEXT: Final = re.compile(f"(?:[{_BASIC}]+(?: +[{_BASIC}]+)*+)?")
_KNOWN_COMPOSITES: Final = 4096
_IS_CONTROL: Final = re.compile(f"[{_CONTROL}]").search
_NOT_BASIC: Final = re.compile(f"[^{_BASIC} ]")
_SPELLINGS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u02bb\u02bc`", "'"),  # single quotes
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),  # double quotes
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7_", "-"),  # dashes
        **dict.fromkeys("\u200b\u00ad\ufeff", ""),  # invisible
        **dict.fromkeys("#$%<>@\t\r\n", " "),
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
        **dict.fromkeys("\\|\u2044", "/"),  # the last is what a fraction sign decomposes to
    }
    | dict(zip("ÆŒØĐÐŁÞĦ\u00d7", ("AE", "OE", "O", "D", "D", "L", "TH", "H", "X"), strict=True))
)
_LEFT_TO_SEGMENT: Final = {ord("~"): None, ord("^"): None}  # refused there, as separators


class WriteError(ValueError):
    """Something that X12 does not allow was to be written.

    The text names claim, field and reason and never holds the value itself.
    """

    def __init__(self, claim: str, field: str, reason: str) -> None:
        super().__init__(claim, field, reason)
        self.claim = claim  # patient control number; empty where no claim is concerned
        self.field = field  # "NM103", "SV101-2"
        self.reason = reason

    def __str__(self) -> str:
        claim = f"claim {self.claim}: " if self.claim else ""
        return f"{claim}{self.field}: {self.reason}"


@frozen(kw_only=True)
class Envelope:
    """ISA and GS: who sends to whom, when, under which numbers. All of it is an argument."""

    sender_qualifier: str  # ISA05
    sender_id: str  # ISA06, at most 15
    receiver_qualifier: str  # ISA07
    receiver_id: str  # ISA08, at most 15
    group_sender: str  # GS02
    group_receiver: str  # GS03
    created: dt.datetime  # ISA09, ISA10, GS04, GS05: local time of the sender
    control: int  # ISA13
    group_control: int  # GS06
    usage: Literal["T", "P"]  # ISA15: test, production
    ack_requested: bool = False  # ISA14: a TA1 is wanted
    separators: Separators = DEFAULT_SEPARATORS
    newline: bool = True  # a line feed after each terminator, which readers ignore


def clean(value: str, field: str, *, email: bool = False) -> str:
    """Free text in the basic character set: upper case, accents and typographic signs spelled out.

    Signs of the extended set become a near sign or a space (``APT #4`` becomes ``APT 4``); an
    e-mail address keeps its ``@`` and ``_``. Separators are left for ``segment`` to refuse.

    Raises:
        WriteError: for a letter that has no Latin spelling, or a control character.
    """
    if _BASIC_TEXT.fullmatch(value):
        return value
    text = unicodedata.normalize("NFKD", value.upper())
    text = "".join(c for c in text if not unicodedata.combining(c))
    spellings = {k: v for k, v in _SPELLINGS.items() if chr(k) not in "@_"} if email else _SPELLINGS
    text = " ".join(text.translate(spellings).split())
    strange = _NOT_BASIC.search(
        text.translate(_LEFT_TO_SEGMENT | ({ord("@"): None, ord("_"): None} if email else {}))
    )
    if strange:
        kind = unicodedata.name(strange[0], "a control character").lower()
        raise WriteError("", field, f"has a character no payer takes ({kind}); spell it in A to Z")
    return text


def identifier(value: str, field: str) -> str:
    """A code or number in upper case. Nothing is replaced in it: another sign is another number.

    Raises:
        WriteError: for a character outside the basic set.
    """
    text = value.strip().upper()
    strange = _NOT_BASIC.search(text.translate(_LEFT_TO_SEGMENT))
    if strange:
        kind = unicodedata.name(strange[0], "a control character").lower()
        raise WriteError("", field, f"has a character that payers refuse in a number ({kind})")
    return text


def segment(separators: Separators, name: str, *elements: Element) -> str:
    """One segment as text, without its terminator; trailing empty elements are dropped.

    Raises:
        WriteError: when data hold a separator or a control character.
    """
    return segment_writer(separators)(name, *elements)


@lru_cache(maxsize=32)
def segment_writer(separators: Separators, tidy: Tidy | None = None) -> Callable[..., str]:
    """``segment`` for these separators, for who writes many: ``write("REF", "G1", "7788")``.

    Composites are given as tuples of their components. Spaces at the end of an element are
    removed (RFI 2224). With ``tidy`` only the basic character set is written, in upper case: a
    segment with anything else in it is first given to ``tidy(name, elements)``, which returns the
    elements cleaned (see ``clean``, ``identifier``).
    """
    star = separators.element
    marks = separators.component + separators.repetition + separators.terminator
    harmless = _harmless(star, marks, tidy)
    composite = _composite_writer(separators, tidy)
    before, after = f" {star}", f"{star} "

    def write(name: str, *elements: Element) -> str:
        try:
            text = star.join((name, *elements))  # type: ignore[arg-type]  # a tuple is caught
        except TypeError:
            return composite(name, elements)
        if tidy and text.isascii() and "  " not in text:
            text = text.upper()  # which is all that most names need
        if text.count(star) != len(elements) or not harmless(text) or before in text:
            return _careful(separators, name, tidy(name, elements) if tidy else elements)
        text = text.rstrip(star)
        if text[-1:] == " " or (tidy and after in text):
            return _careful(separators, name, tidy(name, elements) if tidy else elements)
        return text

    return write


def _harmless(counted: str, marks: str, tidy: Tidy | None) -> Callable[[str], object]:
    """Tells whether a text needs no second look. ``counted`` separators are judged by number."""
    if tidy is None:
        return re.compile(f"[^{_CONTROL}{re.escape(marks)}]*").fullmatch
    basic = {chr(c) for c in range(128) if not _NOT_BASIC.match(chr(c))} - set(marks)
    return re.compile(f"[{re.escape(''.join(sorted(basic | set(counted))))}]*").fullmatch


def _composite_writer(
    separators: Separators, tidy: Tidy | None
) -> Callable[[str, Sequence[Element]], str]:
    """Writes a segment in which some elements are composites."""
    star, colon = separators.element, separators.component
    harmless = _harmless(star + colon, separators.repetition + separators.terminator, tidy)
    hollow = f"{colon}{star}"

    known: dict[tuple[str, ...], str] = {}  # composites written before: few occur, and often

    def joined(parts: tuple[str, ...]) -> str:
        text = colon.join(parts)
        if len(known) < _KNOWN_COMPOSITES and text.count(colon) == len(parts) - 1:
            known[parts] = text
        return text

    def write(name: str, elements: Sequence[Element]) -> str:
        parts, colons = [name], 0
        for element in elements:
            if isinstance(element, str):
                parts.append(element)
            else:
                parts.append(known.get(element) or joined(element))
                colons += len(element) - 1
        text = star.join(parts)
        # Separators in data show in the counts; spaces and hollow composites are rare.
        clear = text.count(star) == len(elements) and text.count(colon) == colons
        if not clear or not harmless(text) or " " in text or hollow in text or text[-1] == colon:
            return _careful(separators, name, tidy(name, elements) if tidy else elements)
        return text.rstrip(star)

    return write


def _careful(separators: Separators, name: str, elements: Sequence[Element]) -> str:
    """The long way: each element by itself, so that the one at fault can be named."""
    parts = [name]
    for number, element in enumerate(elements, 1):
        field = f"{name}{number:02d}"
        if isinstance(element, str):
            parts.append(_one(separators, field, element))
        else:
            colon = separators.component
            inner = [_one(separators, f"{field}-{n}", part) for n, part in enumerate(element, 1)]
            parts.append(colon.join(inner).rstrip(colon))
    return separators.element.join(parts).rstrip(separators.element)


def _one(separators: Separators, field: str, value: str) -> str:
    mark = separators.inside(value)
    if mark:
        kind = next(kind for kind in _KINDS if getattr(separators, kind) == mark)
        raise WriteError(
            "", field, f"holds {mark!r}, the {kind} separator of the file; leave it out"
        )
    if _IS_CONTROL(value):
        raise WriteError("", field, "holds a control character; leave it out")
    return value.rstrip(" ")


@lru_cache(maxsize=32)
def kept_writer(separators: Separators) -> Callable[[Sequence[str]], str]:
    """A function that writes a kept segment (components joined by ``:``, repetitions by ``^``)."""
    swap = {":": separators.component, "^": separators.repetition}
    plain = Separators(
        element=separators.element,
        component="" if separators.component == ":" else separators.component,
        repetition="" if separators.repetition == "^" else separators.repetition,
        terminator=separators.terminator,
    )
    moved = str.maketrans({old: new for old, new in swap.items() if new and old != new})

    def write(elements: Sequence[str]) -> str:
        return _careful(plain, elements[0], elements[1:]).translate(moved)

    return write


def control_number(number: int) -> str:
    """ST02 for the n-th transaction of a group: at least four digits.

    Raises:
        WriteError: when it is not 1 to 999,999,999.
    """
    return f"{_numbered('ST02', number):04d}"


def _numbered(field: str, number: int) -> int:
    if not 1 <= number <= 999_999_999:
        raise WriteError("", field, f"control number {number} is not 1 to 999999999")
    return number


def _sized(separators: Separators, field: str, value: str, low: int, high: int) -> str:
    """A value of the envelope: in ASCII, because an ISA is 106 bytes, and of the right length."""
    if not low <= len(_one(separators, field, value)) <= high:
        raise WriteError("", field, f"must have {low} to {high} characters, has {len(value)}")
    if not value.isascii():
        raise WriteError("", field, "has a character that is not ASCII; envelopes take none")
    return value


def isa(envelope: Envelope) -> str:
    """The ISA segment, 105 characters before its terminator.

    Raises:
        WriteError: for ids too long, empty or not ASCII, a control number out of range,
            separators that are missing, the same, or none that can separate.
    """
    separators = envelope.separators
    marks = (separators.element, separators.component, separators.terminator)
    plain = "".join((*marks, separators.repetition))
    if separators.clash() or not all(marks) or not plain.isascii():
        raise WriteError("", "ISA16", "the separators must be there, ASCII and all different")
    if any(mark.isalnum() or mark == " " for mark in plain):
        raise WriteError("", "ISA16", "a letter, digit or space cannot be a separator")
    return separators.element.join(
        (
            *("ISA", "00", " " * 10, "00", " " * 10),
            _sized(separators, "ISA05", envelope.sender_qualifier, 1, 2).ljust(2),
            _sized(separators, "ISA06", envelope.sender_id, 1, 15).ljust(15),
            _sized(separators, "ISA07", envelope.receiver_qualifier, 1, 2).ljust(2),
            _sized(separators, "ISA08", envelope.receiver_id, 1, 15).ljust(15),
            f"{envelope.created:%y%m%d}",
            f"{envelope.created:%H%M}",
            separators.repetition or "U",
            "00501",
            f"{_numbered('ISA13', envelope.control):09d}",
            "1" if envelope.ack_requested else "0",
            envelope.usage,
            separators.component,
        )
    )


def gs(envelope: Envelope, functional_id: str, version: str) -> str:
    """The GS segment: ``HC`` for claims, ``HP`` for remittances, ``FA`` for a 999.

    Raises:
        WriteError: when a group id is too short or too long or a control number out of range.
    """
    for field, value in (("GS02", envelope.group_sender), ("GS03", envelope.group_receiver)):
        _sized(envelope.separators, field, value, 2, 15)
    created = envelope.created
    control = str(_numbered("GS06", envelope.group_control))
    return segment(
        envelope.separators,
        *("GS", functional_id, envelope.group_sender, envelope.group_receiver),
        *(f"{created:%Y%m%d}", f"{created:%H%M}", control, "X", version),
    )


def transaction(
    separators: Separators,
    kind: str,
    control: str,
    body: Sequence[str],
    implementation: str = "",
) -> list[str]:
    """ST, the segments and SE with their count; ``implementation`` is ST03 (an 835 has none)."""
    write = segment_writer(separators)
    return [
        write("ST", kind, control, implementation),
        *body,
        write("SE", str(len(body) + 2), control),
    ]


def interchange(
    envelope: Envelope, functional_id: str, version: str, transactions: Iterable[Sequence[str]]
) -> bytes:
    """ISA, one GS with these transactions, and the trailers with their counts.

    Raises:
        WriteError: when there is no transaction, or the envelope's own values are not legal.
    """
    texts = [isa(envelope), gs(envelope, functional_id, version)]
    count = 0
    for texts_of_one in transactions:
        texts += texts_of_one
        count += 1
    if not count:
        raise WriteError("", "GE01", "a group needs at least one transaction")
    write = segment_writer(envelope.separators)
    texts.append(write("GE", str(count), str(envelope.group_control)))
    texts.append(write("IEA", "1", f"{envelope.control:09d}"))
    end = envelope.separators.terminator
    end += "\n" if envelope.newline and end != "\n" else ""
    return (end.join(texts) + end).encode()
