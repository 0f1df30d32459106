"""CMS's geographic indices by payment locality (GPCI), CSV.

After titles the columns MAC, state, locality number, locality name, then the indices of work (PW),
practice expense (PE) and malpractice (MP), found by the words of the header. Where the file has the
work index with and without its floor of 1.0, that with the floor is taken, and the version says so.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Importer, Options, Row

_YEAR: Final = re.compile(r"20\d\d")
_MAC: Final = re.compile(r"\d{5}")
_MOST_INDEX: Final = Decimal(10)
_INDICES: Final = ("work", "practice", "malpractice")


def _recognise(sheet: Sheet) -> bool:
    head = " ".join(sheet.head).lower()
    return "gpci" in head and "locality" in head


def _header(sheet: Sheet) -> Mapping[str, int] | None:
    """Column numbers by our names, from the row that names the indices."""
    for cells in sheet.cells(","):
        words = [" ".join(cell.lower().split()) for cell in cells]
        work = [n for n, text in enumerate(words) if "gpci" in text and "pw" in text]
        practice = [n for n, text in enumerate(words) if "gpci" in text and "pe" in text.split()]
        malpractice = [n for n, text in enumerate(words) if "gpci" in text and "mp" in text.split()]
        if work and practice and malpractice:
            floor = [n for n in work if "floor" in words[n] and "without" not in words[n]]
            return {
                "work": (floor or work)[0],
                "practice": practice[0],
                "malpractice": malpractice[0],
                "has_floor": int(bool(floor)),
            }
    return None


def _edition(sheet: Sheet, options: Options) -> Edition:
    columns = _header(sheet)
    if columns is None:
        raise WrongUsageError(
            f"{sheet.name}: no header with PW, PE and MP GPCI was found",
            todo="get the GPCI file of CMS's RVU zip as it is: GPCI2026.csv",
        )
    found = _YEAR.search(sheet.name) or _YEAR.search(" ".join(sheet.head))
    first = options.first or (dt.date(int(found[0]), 1, 1) if found else None)
    if first is None:
        raise WrongUsageError(
            f"{sheet.name}: neither its name nor its header says the year",
            todo="say --from with the first day: --from 2026-01-01",
        )
    floor = ", work floor 1.0" if columns["has_floor"] else ""
    return Edition(version=f"{first.year}{floor}", first=first, last=dt.date(first.year, 12, 31))


def _rows(sheet: Sheet, faults: Faults) -> Iterator[Row]:
    columns = _header(sheet)
    assert columns is not None  # the edition was asked first
    for number, cells in enumerate(sheet.cells(","), 1):
        found = [cell.strip() for cell in cells]
        if not found or not _MAC.fullmatch(found[0]):
            continue
        values = _values(found, columns)
        if len(found) < 4 or not found[2].isdigit() or values is None:
            faults.add(number, "expected MAC, state, locality number, name and three indices")
            continue
        yield f"{found[0]}-{int(found[2]):02d}", found[3].rstrip("*"), *values


def _values(cells: Sequence[str], columns: Mapping[str, int]) -> tuple[str, ...] | None:
    try:
        found = [Decimal(cells[columns[name]]) for name in _INDICES]
    except (InvalidOperation, IndexError):
        return None
    if not all(value.is_finite() and 0 < value < _MOST_INDEX for value in found):
        return None
    return tuple(str(value) for value in found)


IMPORTER: Final = Importer(
    kind="locality",
    title="geographic indices by payment locality (GPCI)",
    expects="geographic indices: GPCI2026.csv from CMS's RVU zip",
    recognise=_recognise,
    edition=_edition,
    rows=_rows,
)
