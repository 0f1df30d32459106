"""Days and amounts as banks write them."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from edi.elements import money

SHAPES: Final = (
    "%m/%d/%Y", "%Y-%m-%d", "%m/%d/%y", "%Y%m%d", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
    "%B %d, %Y", "%d %b %Y", "%Y/%m/%d", "%d.%m.%Y",
)  # fmt: skip
# Day before month is read only where a day of the file can be nothing else: US banks write the
# month first.
DAY_FIRST: Final = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y")
_EARLIEST: Final = 10  # years back that a day of a bank's file may lie
_AHEAD: Final = dt.timedelta(days=7)  # a Nacha file tells of the days to come
_PAIRS: Final = (("%m/%d/%Y", "%d/%m/%Y"), ("%m-%d-%Y", "%d-%m-%Y"), ("%m/%d/%y", "%d/%m/%y"))
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)  # 8.8120017E+07
_DAY: Final = re.compile(
    r"[A-Za-z]{3,9} \d{1,2}, \d{4}|\d{1,2} [A-Za-z]{3} \d{4}|[\dA-Za-z./-]+?(?=[T ]\d|$)"
)
_COMMA: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})*,\d\d|-?\d+,\d\d")  # 1.234,50
_MARKS: Final = re.compile(r"\b(?:USD|CR|DR)\b|[$+\s\u00a0\u202f']", re.IGNORECASE)
_DEBIT: Final = re.compile(r"\bDR\b", re.IGNORECASE)


def plain_heading(cell: str) -> str:
    """A heading to compare: small letters, without marks around and between."""
    return " ".join(re.sub(r"[^a-z0-9/]+", " ", cell.lower()).split())


def best_shape(cells: Iterable[str]) -> str:
    """The way of writing dates that reads most of these cells; the usual one where none does."""
    days = {found for cell in cells if (found := day_in(cell))}
    shapes = (*SHAPES, *DAY_FIRST)
    read = {shape: sum(parsed(day, shape) is not None for day in days) for shape in shapes}
    return max(shapes, key=lambda shape: (read[shape], -shapes.index(shape)))


def two_ways(cells: Iterable[str]) -> bool:
    """Whether some days can only be month before day, and some only day before month."""
    days = {found for cell in cells if (found := day_in(cell))}
    for month_first, day_first in _PAIRS:
        read = {(parsed(d, month_first) is None, parsed(d, day_first) is None) for d in days}
        if {(True, False), (False, True)} <= read:
            return True
    return False


def either_way(cells: Iterable[str]) -> str:
    """A day that may be month before day or day before month, where all of them may; else empty."""
    days = sorted({found for cell in cells if (found := day_in(cell))})
    for first, second in _PAIRS:
        read = {day: (parsed(day, first), parsed(day, second)) for day in days}
        if days and all(all(both) for both in read.values()):
            return next((day for day, (one, other) in read.items() if one != other), "")
    return ""


def day_first_shape(shape: str) -> str:
    """The same way of writing days, with the day before the month; itself where there is none."""
    return dict(_PAIRS).get(shape, shape)


def check_day(day: dt.date, today: dt.date | None) -> dt.date:
    """A day of a bank's file as it can be.

    Raises:
        ValueError: it lies in the future, or long past.
    """
    if today and day > today + _AHEAD:
        raise ValueError(f"the day {day} lies in the future: look at the year")
    if today and day.year < today.year - _EARLIEST:
        raise ValueError(f"the day {day} lies more than {_EARLIEST} years back: look at the year")
    return day


def check_number(number: str) -> str:
    """A payment's number as it came.

    Raises:
        ValueError: a spreadsheet made a power of ten of it.
    """
    if _SHORTENED.fullmatch(number):
        raise ValueError("a spreadsheet shortened the payment's number; take the bank's own file")
    return number


def day_in(cell: str) -> str:
    """The day in a cell, without a time of day."""
    found = _DAY.match(cell.strip())
    return found[0] if found else cell.strip()


def parsed(text: str, shape: str) -> dt.date | None:
    """A day written so; None where it is not."""
    try:
        return dt.datetime.strptime(text, shape).replace(tzinfo=dt.UTC).date()
    except ValueError:  # written in another way
        return None


def read_day(cell: str, shape: str, said: str = "") -> dt.date:
    """A day.

    Args:
        cell: as it stands in the file.
        shape: how the days of the file are written, as far as is known.
        said: what a profile says of it: then nothing else is tried.

    Raises:
        ValueError: it cannot be read.
    """
    tries = ((cell.strip(), said),) if said else [(day_in(cell), one) for one in (shape, *SHAPES)]
    found = next((day for text, one in tries if (day := parsed(text, one))), None)
    if found is None:
        raise ValueError("the date cannot be read; say date_format in a profile")
    return found


def read_amount(cell: str) -> Decimal:
    """Dollars: 1,234.50, (1,234.50), $1,234.50, 1,234.50-, 1,234.50 DR, 1.234,50.

    Raises:
        ValueError: it cannot be read.
    """
    debit = bool(_DEBIT.search(cell))
    plain = _MARKS.sub("", cell).strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    if _COMMA.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d*)?", plain):
        plain = plain.replace(",", "")
    try:
        amount = money(plain)
    except ValueError:
        raise ValueError("the amount cannot be read") from None
    return -abs(amount) if debit else amount
