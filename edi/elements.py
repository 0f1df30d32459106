"""One pair per kind of element: text to value and value to text (X12.6 data element types).

``money``, ``number``, ``date`` raise ``ValueError`` (without the value in its text, which may be a
patient's); the ``read_*`` twins return None and are for readers. ``encode_*`` write the shortest
legal form: explicit decimal point, no exponent, no thousands separator, no leading or trailing
zeros (RFI 396, 2033).
"""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeVar

__all__ = [
    "date",
    "date_range",
    "encode_date",
    "encode_date_range",
    "encode_money",
    "encode_number",
    "encode_text",
    "encode_time",
    "money",
    "number",
    "read_date",
    "read_date_range",
    "read_money",
    "read_number",
    "read_time",
    "time",
]

_MONEY: Final = re.compile(r"-?(?:[0-9]{1,16}(?:\.[0-9]{0,2})?|\.[0-9]{1,2})\Z")
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,16}(?:\.[0-9]{0,8})?|\.[0-9]{1,8})\Z")
_DATE: Final = re.compile(r"[0-9]{8}\Z")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[0-9]{1,2})?)?\Z")
_CACHE: Final = 8192

_Value = TypeVar("_Value")


@lru_cache(_CACHE)
def read_money(text: str) -> Decimal | None:
    """Dollars with at most two decimals (``80``, ``80.00``, ``.5``, ``-12``), or None.

    Refused are ``1_000``, ``1,000``, ``NaN``, ``1E+3``, ``+5``, spaces and a third decimal.
    """
    return Decimal(text) if _MONEY.match(text) else None


@lru_cache(_CACHE)
def read_number(text: str) -> Decimal | None:
    """A quantity (type R), or None."""
    return Decimal(text) if _NUMBER.match(text) else None


@lru_cache(_CACHE)
def read_date(text: str) -> dt.date | None:
    """A date CCYYMMDD (format D8), or None where it is none of the calendar."""
    if not _DATE.match(text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:  # no day of the calendar
        return None


def read_date_range(text: str) -> tuple[dt.date, dt.date] | None:
    """A range CCYYMMDD-CCYYMMDD (format RD8), first day not after the last, or None."""
    first, _, last = text.partition("-")
    begin, end = read_date(first), read_date(last)
    return None if begin is None or end is None or end < begin else (begin, end)


@lru_cache(_CACHE)
def read_time(text: str) -> dt.time | None:
    """A time HHMM, HHMMSS, HHMMSSD or HHMMSSDD (type TM), or None."""
    if not _TIME.match(text):
        return None
    second = int(text[4:6] or "0")
    return dt.time(int(text[:2]), int(text[2:4]), second, int((text[6:] + "00")[:2]) * 10_000)


def money(text: str) -> Decimal:
    """Dollars, exactly: the one way to make money.

    Raises:
        ValueError: where ``read_money`` gives None.
    """
    return _sure(read_money(text), "an amount must be digits with at most two decimals")


def number(text: str) -> Decimal:
    """A quantity.

    Raises:
        ValueError: where ``read_number`` gives None.
    """
    return _sure(read_number(text), "a quantity must be digits with a decimal point if needed")


def date(text: str) -> dt.date:
    """A date CCYYMMDD.

    Raises:
        ValueError: where ``read_date`` gives None.
    """
    return _sure(read_date(text), "a date must be CCYYMMDD and a day of the calendar")


def date_range(text: str) -> tuple[dt.date, dt.date]:
    """A range CCYYMMDD-CCYYMMDD.

    Raises:
        ValueError: where ``read_date_range`` gives None.
    """
    return _sure(read_date_range(text), "a date range must be CCYYMMDD-CCYYMMDD in this order")


def time(text: str) -> dt.time:
    """A time of day.

    Raises:
        ValueError: where ``read_time`` gives None.
    """
    return _sure(read_time(text), "a time must be HHMM, HHMMSS or HHMMSSDD")


def _sure(value: _Value | None, message: str) -> _Value:
    if value is None:
        raise ValueError(message)
    return value


def encode_number(value: Decimal) -> str:
    """A quantity as X12 type R: ``2``, ``.5``, ``-12.25``; zero is ``0``.

    Raises:
        ValueError: for a value that is not finite.
    """
    if not value.is_finite():
        raise ValueError("only a finite number can be written")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = "-" if text.startswith("-") else ""
    digits = text.removeprefix("-").lstrip("0")
    return sign + digits if digits.strip(".") else "0"


def encode_money(value: Decimal) -> str:
    """Dollars as X12 type R: ``80``, ``80.5``, ``.05``, ``-12``.

    Raises:
        ValueError: for fractions of a cent or a value that is not finite.
    """
    text = encode_number(value)
    if len(text.partition(".")[2]) > 2:
        raise ValueError("an amount has at most two decimals")
    return text


def encode_date(value: dt.date) -> str:
    """A date as CCYYMMDD."""
    return f"{value.year:04}{value.month:02}{value.day:02}"


def encode_date_range(first: dt.date, last: dt.date) -> str:
    """A range as CCYYMMDD-CCYYMMDD.

    Raises:
        ValueError: where it ends before it begins.
    """
    if last < first:
        raise ValueError("a date range must not end before it begins")
    return f"{encode_date(first)}-{encode_date(last)}"


def encode_time(value: dt.time) -> str:
    """A time as HHMM, or HHMMSS where there are seconds, or HHMMSSDD."""
    text = f"{value.hour:02}{value.minute:02}"
    hundredths = value.microsecond // 10_000
    if value.second or hundredths:
        text += f"{value.second:02}"
    return f"{text}{hundredths:02}" if hundredths else text


def encode_text(value: str) -> str:
    """A string without trailing spaces; leading ones are significant (RFI 2224)."""
    return value.rstrip(" ")
