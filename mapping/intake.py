"""Visit files to visits: JSON (a list, or one object a line) and CSV, told apart by content.

``read`` yields each visit that is whole, and a ``Problem`` for all that is not, with file, row and
column. One bad visit never stops the good ones.
"""

import re
from collections.abc import Iterator
from typing import Final

from edi.problem import Place, Problem, declare
from mapping.intake_csv import read_csv
from mapping.intake_json import read_json
from mapping.visit import Visit

declare(
    {
        "input.missing": ("a field that must be there is missing or empty", "fill it in"),
        "input.invalid": ("a value is not what the field wants", "write it as the message says"),
        "input.unknown-field": (
            "a column or field we do not know was passed over",
            "mend its name, or take it out",
        ),
        "input.repaired": (
            "a value a spreadsheet had changed was put back",
            "check it; format such columns as text",
        ),
        "input.unreadable": ("the file is no visit file", "export it as CSV or JSON"),
        "input.empty": ("the file has a shape but no visit", "check what was exported"),
        "input.conflict": (
            "rows of one visit disagree",
            "make them the same; the visit waits, the others went through",
        ),
        "input.duplicate": (
            "a visit or a row stands in the file more than once",
            "keep one; with different content none is billed",
        ),
        "input.encoding": ("the file is not UTF-8", "export as UTF-8 if names look wrong"),
    }
)

# First bytes of what people send by mistake, and what to do instead.
_MISTAKEN: Final = (
    (b"%PDF", "a PDF", "export the visits as CSV or JSON"),
    (b"PK\x03\x04", "an Excel workbook or zip", "save the sheet as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV UTF-8"),
    (b"ISA", "an X12 file", "read it with `claimline check`; visits come as CSV or JSON"),
    (b"<", "XML or HTML", "export the visits as CSV or JSON"),
)

_UTF_16: Final = frozenset({b"\xff\xfe", b"\xfe\xff"})
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1d\x1f]")


def read(name: str, data: bytes) -> Iterator[Visit | Problem]:
    """The visits of a file, and its problems, in the order of the file.

    ``name`` is the file's name, for the problems. A visit given twice with the same content comes
    once, with a warning; with different content it does not come at all.
    """
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        yield _unreadable(name, "the file is empty")
        return
    for magic, what, todo in _MISTAKEN:
        if start.startswith(magic):
            yield _unreadable(name, f"this is {what}; {todo}")
            return
    if _BINARY.search(data[:1024]) and data[:2] not in _UTF_16:
        yield _unreadable(name, "this is no text file; export the visits as CSV or JSON")
        return
    text, problem = decode(name, data)
    if problem is not None:
        yield problem
    is_json = text.lstrip()[:1] in {"[", "{"}
    found = False
    for item in read_json(name, text) if is_json else read_csv(name, text):
        found = True
        yield item
    if not found:
        message = "the file holds no visit"
        yield Problem(code="input.empty", level="warning", message=message, where=Place(file=name))


def decode(name: str, data: bytes) -> tuple[str, Problem | None]:
    """Text of the bytes: UTF-8, UTF-16 where marked, else Windows-1252 with a warning."""
    if data[:2] in _UTF_16:
        return data.decode("utf-16", errors="replace"), None
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        message = "not UTF-8 from here on: read as Windows-1252; check accented names"
        problem = Problem(
            code="input.encoding",
            level="warning",
            message=message,
            where=Place(file=name, line=line),
        )
        return data.decode("cp1252", errors="replace"), problem


def _unreadable(name: str, message: str) -> Problem:
    return Problem(code="input.unreadable", message=message, where=Place(file=name))
