"""The four separators of an interchange, read from its ISA segment.

An ISA is 106 characters with its terminator: element separator at offset 3, repetition at 82,
component at 104, terminator at 105 (X12.5, control segment ISA). Files in the wild wrap it at 80
columns, trim its padding, or put the terminator at the start of the next line; all are read.
"""

from typing import Final

from attrs import frozen

__all__ = [
    "ISA_LENGTH",
    "IsaHeader",
    "Separators",
    "from_isa",
]

ISA_LENGTH: Final = 106  # characters, with the terminator
_WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)  # ISA01..ISA15
_NEWLINES: Final = "\r\n"


@frozen(kw_only=True)
class Separators:
    """One character each; ``repetition`` and ``component`` are empty where there is none."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"

    def clash(self) -> str:
        """The first character that stands for two separators, or an empty string."""
        seen = ""
        for mark in (self.element, self.component, self.repetition, self.terminator):
            if mark and mark in seen:
                return mark
            seen += mark
        return ""

    def components(self, text: str) -> list[str]:
        """An element split into its components; whole where there is no component separator."""
        return text.split(self.component) if self.component else [text]

    def inside(self, text: str) -> str:
        """The first separator that occurs in a data value, or an empty string."""
        marks = (self.element, self.component, self.repetition, self.terminator)
        return next((mark for mark in marks if mark and mark in text), "")


@frozen(kw_only=True)
class IsaHeader:
    """An ISA as it was found at the start of a text."""

    separators: Separators
    elements: tuple[str, ...]  # ISA01..ISA16, padding removed
    length: int  # characters of the text it takes, terminator included
    fixed: bool = True  # the elements have the widths of the standard
    wrapped: bool = False  # a line break stood inside it
    leading: bool = False  # the terminator stands at the start of the next line


def from_isa(text: str) -> IsaHeader | None:
    """Read the ISA that ``text`` begins with, or None where it cannot be read as one.

    ``text`` should hold some characters more than the ISA, so that what follows the terminator
    can be seen.
    """
    if len(text) < 5 or text[:3].upper() != "ISA" or _is_plain(text[3]):
        return None
    return _fixed(text) or _unwrapped(text) or _by_count(text)


def _is_plain(mark: str) -> bool:
    """Whether a character is a letter, digit or space of ASCII: none of them separates."""
    return mark == " " or (mark.isascii() and mark.isalnum())


def _has_widths(text: str) -> bool:
    """Whether the element separators stand where the standard wants them."""
    at, mark = 3, text[3]
    for width in _WIDTHS:
        if text[at] != mark:
            return False
        at += width + 1
    return text[at] == mark


def _fixed(text: str) -> IsaHeader | None:
    if len(text) < ISA_LENGTH or not _has_widths(text):
        return None
    return _header(text, at=ISA_LENGTH - 2, fixed=True)


def _unwrapped(text: str) -> IsaHeader | None:
    """An ISA with line breaks inside it (files wrapped at 80 columns; RFI 28)."""
    text = text[: ISA_LENGTH + 40]
    if "\n" not in text and "\r" not in text:
        return None
    kept = [index for index, mark in enumerate(text) if mark not in _NEWLINES]
    plain = "".join(text[index] for index in kept)
    if len(plain) < ISA_LENGTH or not _has_widths(plain):
        return None
    found = _header(plain, at=ISA_LENGTH - 2, fixed=True)
    if found is None:
        return None
    return IsaHeader(
        separators=found.separators,
        elements=found.elements,
        length=kept[found.length - 1] + 1,
        wrapped=True,
    )


def _by_count(text: str) -> IsaHeader | None:
    """An ISA whose elements are not padded: the character after the 16th separator decides."""
    at = 3
    for _ in range(15):
        at = text.find(text[3], at + 1)
        if at < 0:
            return None
    return _header(text, at=at + 1, fixed=False)


def _header(text: str, *, at: int, fixed: bool) -> IsaHeader | None:
    """The header whose ISA16 stands at offset ``at``."""
    element, component, terminator = text[3], text[at : at + 1], text[at + 1 : at + 2]
    end = at + 2
    bare = _is_plain(terminator or " ") or _ends_lines(text, end, component)
    if bare and not _is_plain(component or " "):
        component, terminator, end = "", component, at + 1  # ISA16 was left out
    if not terminator or _is_plain(terminator) or terminator == element:
        return None
    leading = ""
    if terminator in _NEWLINES:
        leading = _leading(text, end, element)
        if leading:
            end = text.index(leading, end) + 1
    elements = tuple(part.strip() for part in text[4:at].split(element)[:15])
    repetition = elements[10]
    marks = Separators(
        element=element,
        component="" if _is_plain(component or " ") or component in _NEWLINES else component,
        repetition="" if len(repetition) != 1 or _is_plain(repetition) else repetition,
        terminator=leading or terminator,
    )
    return IsaHeader(
        separators=marks,
        elements=(*elements, component.strip()),
        length=end,
        fixed=fixed,
        leading=bool(leading),
    )


def _ends_lines(text: str, end: int, mark: str) -> bool:
    """Whether a mark before a line break also ends the next line: then it is the terminator."""
    if text[end - 1 : end] not in ("\r", "\n"):
        return False
    line = text[end:].lstrip(_NEWLINES).partition("\n" if "\n" in text[end:] else "\r")[0]
    return line.rstrip(_NEWLINES).endswith(mark)


def _leading(text: str, end: int, element: str) -> str:
    """The terminator that stands at the start of the next line, or an empty string."""
    following = text[end:].lstrip(_NEWLINES + " \t")[:1]
    return "" if not following or _is_plain(following) or following == element else following
