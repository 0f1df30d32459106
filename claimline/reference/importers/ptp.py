"""CMS's practitioner pair tables (NCCI procedure-to-procedure), text or workbook, four parts.

After some lines of text and a header that wraps, seven columns: column 1 code, column 2 code, ``*``
where in existence before 1996, effective date, deletion date or ``*``, modifier indicator,
rationale. Deleted pairs stay in the file; a pair may come several times with other days.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.database import OPEN
from claimline.reference.importers.names import quarter, whose
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Importer, Options, Row

COLUMNS: Final = 7
PARTS: Final = 4
_CODE: Final = re.compile(r"[0-9A-Z]{5}")
_PART: Final = re.compile(r"(?<![a-z])f([1-4])(?!\d)")
_INDICATORS: Final = frozenset("019")


def _recognise(sheet: Sheet) -> bool:
    head = " ".join(sheet.head).lower()
    return all(word in head for word in ("column 1", "column 2", "deletion", "modifier"))


def _edition(sheet: Sheet, options: Options) -> Edition:
    name = sheet.name.lower()
    if "ccioph" in name or "outpatient" in name or "hospital" in name:
        raise WrongUsageError(
            f"{sheet.name}: this is the table for hospitals",
            todo="therapy practices are edited by the practitioner table: get ccipra-...",
        )
    version, first, last = quarter(sheet, options)
    found = _PART.search(name)
    part = found[1] if found else _first_code(sheet)
    return Edition(table=whose(sheet, options), version=version, first=first, last=last, part=part)


def _first_code(sheet: Sheet) -> str:
    """What a part whose name does not count it is known by: its first code."""
    for line in sheet.head:
        cells = line.split("\t")
        if _is_data(cells):
            return f"from {code(cells[0])}"
    return ""


def _is_data(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and bool(code(cells[0])) and bool(code(cells[1]))


@lru_cache(maxsize=1 << 15)
def code(text: str) -> str:
    """A code of five characters; one that Excel took for a number gets its zeros back.

    >>> code("170"), code("97530 "), code("Column 1")
    ('00170', '97530', '')
    """
    found = text.strip().upper()
    if found.isdecimal() and len(found) < 5:
        found = found.zfill(5)
    return found if _CODE.fullmatch(found) and found.isascii() else ""


@lru_cache(maxsize=1 << 15)
def day(text: str) -> int | None:
    """A day as an ordinal, 20260401 or 2026-04-01; ``None`` where it is none."""
    try:
        return dt.date.fromisoformat(text.strip()).toordinal()
    except ValueError:
        return None


def _rows(sheet: Sheet, faults: Faults) -> Iterator[Row]:
    started = False
    for number, cells in enumerate(sheet.cells("\t"), 1):
        try:
            column1, column2, _, since, until, indicator, rationale, *_ = cells
        except ValueError:
            column1 = column2 = since = until = indicator = rationale = ""
        one, other = code(column1), code(column2)
        first = day(since)
        last = OPEN if until.strip() == "*" else day(until)
        mark = indicator.strip()
        if one and other and first and last and mark in _INDICATORS:
            started = True
            yield one, other, first, last, mark, rationale.strip()
        elif started or _is_data(cells):
            started = True
            if any(cell.strip() for cell in cells):
                faults.add(number, _why(cells))


def _why(cells: Sequence[str]) -> str:
    """What is wrong with a row."""
    if len(cells) < COLUMNS:
        return f"{len(cells)} columns where {COLUMNS} are expected: the row is cut"
    column1, column2, _, since, until, indicator, *_ = (cell.strip() for cell in cells)
    for name, text in (("column 1", column1), ("column 2", column2)):
        if not code(text):
            return f"{name} holds {text[:12]!r}: no code of five characters"
    if day(since) is None:
        return f"effective date {since[:12]!r}: expected YYYYMMDD"
    if until != "*" and day(until) is None:
        return f"deletion date {until[:12]!r}: expected YYYYMMDD, or * for a pair in force"
    return f"modifier indicator {indicator[:12]!r}: expected 0, 1 or 9"


IMPORTER: Final = Importer(
    kind="ptp",
    title="NCCI pairs of codes (PTP), practitioners",
    expects="NCCI pairs (PTP): ccipra-vNNNrN-f1 to -f4 from CMS, .txt, .xlsx or .zip",
    parts=PARTS,
    recognise=_recognise,
    edition=_edition,
    rows=_rows,
)
