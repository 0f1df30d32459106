"""A fault as a value: where it is, what it is in our code and in the standard's, what to do.

A fault in a received file is never an exception: it is a ``Problem`` in a list, and the good
claims still come out. The codes are kept in one table, ``CODES``; each package adds its own with
``declare``, and ``docs/problems.md`` is generated from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from attrs import field, frozen

__all__ = [
    "CODES",
    "Code",
    "Level",
    "Place",
    "Problem",
    "declare",
]

Level = Literal["error", "warning"]


@frozen(kw_only=True)
class Place:
    """Where a problem is. Zero or empty means: does not apply."""

    file: str = ""
    interchange: int = 0  # 1 for the first ISA of the file
    group: int = 0  # 1 for the first GS of the interchange
    transaction: str = ""  # ST02 as sent
    segment: int = 0  # position in the transaction, ST = 1 (as IK302 counts)
    line: int = 0  # line of the file, 1 for the first
    loop: str = ""  # 2110, 2300, ...
    element: str = ""  # SVC01-2
    row: int = 0  # row of a table, 1 for the header row (as a spreadsheet counts)
    column: str = ""  # name of a table's column or path of a JSON or TOML field
    claim: str = ""  # patient control number or visit id, where one is known


@frozen(kw_only=True)
class Problem:
    """One fault: ``code`` is ours, ``standard`` what X12 would answer (``IK403:7``)."""

    code: str
    message: str
    level: Level = "error"
    where: Place = Place()
    standard: str = ""
    value: str = field(default="", repr=False)  # may hold patient data: shown on a terminal only
    source: str = ""  # rule and table version that decided, where one did


@frozen(kw_only=True)
class Code:
    """What a problem code means, for the documentation and for who gets it."""

    meaning: str
    todo: str


_codes: dict[str, Code] = {}
CODES: Final[Mapping[str, Code]] = MappingProxyType(_codes)


def declare(table: Mapping[str, tuple[str, str]]) -> None:
    """Add problem codes: ``{code: (meaning, what to do)}``. A code is declared once.

    Raises:
        ValueError: when a code is declared twice with different words.
    """
    for code, (meaning, todo) in table.items():
        entry = Code(meaning=meaning, todo=todo)
        if _codes.setdefault(code, entry) != entry:
            raise ValueError(f"problem code declared twice: {code}")
