"""What spreadsheets do to cells, undone only where nothing was lost.

A repair changes the writing, never the content: the width of a ZIP is known, so its lost zeros
are known; the digits an NPI lost to ``1.23E+09`` are not.
"""

import re
from typing import Final

SCIENTIFIC: Final = re.compile(r"\s*(\d)(?:\.(\d+))?[eE]\+?(\d{1,3})\s*")
POWER_OF_TEN: Final = re.compile(r"\s*\d(?:\.\d+)?[eE]\+\d{2,3}\s*")  # as spreadsheets write it
WHOLE_DECIMAL: Final = re.compile(r"\s*(\d+)\.0*\s*")
FORMULA_TEXT: Final = re.compile(r'\s*="(.*)"\s*')

# When a file has dozens of date spellings, these are the ones without a doubt.
ISO_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")
US_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: \d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?)?")
PLAIN_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::00)?\s*([AaPp]\.?[Mm]\.?)?")


# States whose ZIPs begin with 0 (USPS Publication 65): there a spreadsheet may have dropped it.
ZERO_STATES: Final = frozenset({"CT", "MA", "ME", "NH", "NJ", "RI", "VT", "PR", "VI"})


class DigitsLostError(ValueError):
    """A number was rounded by the spreadsheet: its last digits are gone."""


def digits(text: str) -> str:
    """A number that a spreadsheet wrote as ``1.234567893E+09`` or ``1234567893.0``, as digits.

    >>> digits("1.234567893E+09"), digits("1234567893.0"), digits("1234567893")
    ('1234567893', '1234567893', '1234567893')

    Raises:
        DigitsLostError: for ``1.23E+09``: seven digits are gone.
    """
    if whole := WHOLE_DECIMAL.fullmatch(text):
        return whole[1]
    if found := SCIENTIFIC.fullmatch(text):
        first, rest, power = found[1], found[2] or "", int(found[3])
        if len(rest) < power:
            raise DigitsLostError
        return first + rest if len(rest) == power else text
    return text


def padded(text: str, widths: tuple[int, ...], least: int) -> str:
    """Leading zeros put back where the width is known: a ZIP of 5 or 9 digits as 3, 4 or 8.

    >>> padded("2139", (5, 9), 3), padded("21391234", (5, 9), 3), padded("12", (5, 9), 3)
    ('02139', '021391234', '12')
    """
    if not text.isdigit() or len(text) in widths:
        return text
    for width in widths:
        if width - 3 < len(text) < width and len(text) >= least:
            return text.zfill(width)
    return text


def unwrapped(text: str) -> str:
    """A cell written as a formula to keep its zeros, ``="00123"``, or after an apostrophe.

    >>> unwrapped('="00123"'), unwrapped("'00123")
    ('00123', '00123')
    """
    if found := FORMULA_TEXT.fullmatch(text):
        return found[1]
    return text[1:] if text.startswith("'") and text[1:].isalnum() else text
