"""Names: those we give over there, those we find over there, and those of files put away."""

import datetime as dt
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePath
from string import Formatter
from typing import Final

from attrs import frozen

from edi.separators import from_isa

FIELDS: Final = ("name", "stem", "sender", "receiver", "control", "usage", "book", "date")
UNIQUE: Final = frozenset({"name", "stem", "control"})  # one of them tells any two files apart
SHORT_ENDING: Final = 20  # characters: a longer one is no ending
LONGEST: Final = 200  # characters: file systems end at 255 bytes
BOOKS: Final = {"T": "test", "P": "production"}
UNFINISHED: Final = (".part", ".tmp", ".temp", ".filepart", ".partial", ".crdownload")
ID: Final = 12  # letters of a digest that name a received file
OURS: Final = re.compile(rf"[0-9a-f]{{{ID}}}[-.]")  # how such a name begins
ENDINGS: Final = {  # by what is in a file
    "835": ".835",
    "837P": ".837",
    "999": ".999",
    "997": ".997",
    "277CA": ".277",
    "TA1": ".ta1",
}
USUAL: Final = frozenset(
    {*ENDINGS.values(), ".x12", ".edi", ".txt", ".csv", ".rpt", ".dat", ".xml", ".html", ".pdf"}
)
_HEAD: Final = 400  # bytes that hold an ISA, however it is wrapped
_END: Final = re.compile(rb"IEA([^A-Za-z0-9\s])\s*\d{1,5}\1\s*\d{1,9}\s*\S?\s*\Z")


@frozen(kw_only=True)
class Envelope:
    """What the ISA of a file of claims says."""

    sender: str  # ISA06
    receiver: str  # ISA08
    control: int  # ISA13
    usage: str  # ISA15


def envelope(data: bytes) -> Envelope | None:
    """The ISA that these bytes begin with; None where there is none."""
    found = from_isa(data[:_HEAD].decode("latin-1"))
    if found is None or not found.elements[12].isdecimal():
        return None
    sender, receiver, control, usage = (found.elements[at] for at in (5, 7, 12, 14))
    return Envelope(sender=sender, receiver=receiver, control=int(control), usage=usage)


def ends_whole(tail: bytes) -> bool:
    """Whether bytes end with an IEA segment: then a young X12 file is not growing any more.

    >>> ends_whole(b"SE*3*0001~GE*1*1~IEA*1*000000001~"), ends_whole(b"SE*3*0001~GE*1*1~IEA*1")
    (True, False)
    """
    return _END.search(tail) is not None


def remote_name(template: str, name: str, sent: Envelope, made: dt.date) -> str:
    """The name of a file over there.

    Args:
        template: checked by ``template_fault``.
        name: in the outbox.
        sent: its ISA.
        made: the day it was made.
    """
    return template.format(
        name=name,
        stem=PurePath(name).stem,
        sender=sent.sender,
        receiver=sent.receiver,
        control=sent.control,
        usage=sent.usage,
        book=BOOKS.get(sent.usage, "other"),
        date=made,
    )


def template_fault(template: str) -> str:
    """What is wrong with a template of names; empty where it is right."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return "a { or } is left open"
    used = [field for _, field, _, _ in parts if field is not None]
    for field in used:
        if field not in FIELDS:
            return f"{{{field}}} is no field; fields are {', '.join(FIELDS)}"
    if any(conversion for _, _, _, conversion in parts):
        return "! has no meaning here"
    if UNIQUE.isdisjoint(used):
        return "two files would have one name: use {name}, {stem} or {control}"
    example = Envelope(sender="S", receiver="R", control=1, usage="T")
    try:
        made = remote_name(template, "a.837", example, dt.date(2026, 1, 2))
    except (ValueError, KeyError, IndexError):
        return "what stands after a : fits no such field"
    return name_fault(made)


def name_fault(name: str) -> str:
    """Why a name from over there cannot be a file's name here; empty where it can."""
    if not name or name in {".", ".."}:
        return "it is no name"
    if "/" in name or "\\" in name:
        return "it holds a folder"
    if not name.isprintable():
        return "it holds characters that cannot be printed"
    if len(name.encode("utf-8", "replace")) > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    return ""


def shown(name: str) -> str:
    """A name from over there as it may be printed: shortened, what cannot be printed replaced."""
    text = "".join(mark if mark.isprintable() else "?" for mark in name)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def is_wanted(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file is to be fetched: it fits a pattern, is not hidden and not unfinished."""
    lower = name.lower()
    if name.startswith(".") or lower.endswith(UNFINISHED):
        return False
    return any(fnmatchcase(lower, pattern.lower()) for pattern in patterns)


def plain(name: str, digest: str) -> str:
    r"""A name for a file whose own cannot be printed or kept: what of it can, and its digest.

    >>> plain("era\udcff of\ntoday.835", "0123456789")
    'era_ of_today-01234567.835'
    """
    text = "".join(mark if mark.isprintable() and mark not in "/\\" else "_" for mark in name)
    path = PurePath(text)
    stem, ending = path.stem, path.suffix if len(path.suffix) <= SHORT_ENDING else ""
    kept = stem.encode()[: LONGEST // 2].decode(errors="ignore")
    return with_digest(f"{kept}{ending}", digest, 8)


def house_name(digest: str, given: str, kind: str = "") -> str:
    """What a received file is called here: by its bytes, never by the name it came with.

    Senders name files after patients; such a name must not reach a page, a log or a folder.

    Args:
        digest: SHA-256.
        given: its name; of it only a usual ending is kept.
        kind: of what is in it, where that is known: 835, 999 ...

    >>> house_name("0b52c1f7a1c2dd", "SMITH JOHN.rmt", "835"), house_name("0b52c1f7a1c2", "a.CSV")
    ('0b52c1f7a1c2.835', '0b52c1f7a1c2.csv')
    """
    ending = PurePath(given).suffix.lower()
    return f"{digest[:ID]}{ENDINGS.get(kind) or (ending if ending in USUAL else '.file')}"


def with_digest(name: str, digest: str, length: int) -> str:
    """The name of a file whose own name is taken by other content.

    >>> with_digest("era.835", "0123456789", 8)
    'era-01234567.835'
    """
    path = PurePath(name)
    return f"{path.stem}-{digest[:length]}{path.suffix}"
