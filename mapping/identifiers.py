"""Identifiers of the field: their usual writing made compact, their shape and check digit tested.

>>> NPI.compact(" 123-456-7893 ")
'1234567893'
>>> NPI.is_valid("1234567893"), NPI.is_valid("1234567890")
(True, False)
>>> ICD10.validate("m25.511")
'M25511'
>>> POS.validate("98")
Traceback (most recent call last):
mapping.identifiers.InvalidIdentifier: a place of service of two digits, as CMS lists them
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from mapping.places import PLACES


class InvalidIdentifier(ValueError):  # noqa: N818 - the word of the field, as in python-stdnum
    """The text is no such identifier. The message says what is expected, never the text."""


@lru_cache(maxsize=65536)
def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it.

    >>> luhn("808401234567893")
    True
    """
    doubled = (sum(divmod(int(d) * 2, 10)) for d in digits[-2::-2])
    return (sum(doubled) + sum(int(d) for d in digits[::-2])) % 10 == 0


def _pattern(text: str) -> "re.Pattern[str]":
    return re.compile(text)


@frozen(kw_only=True)
class Identifier:
    """One kind of identifier: what to drop when compacting, its shape, a further test."""

    expected: str
    drop: str = " -"
    shape: "re.Pattern[str]" = field(converter=_pattern)
    test: Callable[[str], bool] = bool

    def compact(self, text: str) -> str:
        """Upper case, without blanks and usual separators."""
        return text.upper().translate(str.maketrans("", "", self.drop))

    def is_valid(self, text: str) -> bool:
        """Whether the compact form is such an identifier."""
        compact = self.compact(text)
        return self.shape.fullmatch(compact) is not None and self.test(compact)

    def validate(self, text: str) -> str:
        """The compact form.

        Raises:
            InvalidIdentifier: when it is none.
        """
        compact = self.compact(text)
        if self.shape.fullmatch(compact) is None or not self.test(compact):
            raise InvalidIdentifier(self.expected)
        return compact


# The states and territories (USPS Publication 28, appendix B).
_STATES: Final = """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ
    NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI FM MH PW AA AE AP
"""
STATES: Final = frozenset(_STATES.split())

# 45 CFR 162.406: ten digits, ISO Luhn check digit computed with the prefix 80840.
NPI: Final = Identifier(
    expected="an NPI: 10 digits, starting with 1 or 2, with a right check digit",
    shape=r"[12]\d{9}",
    test=lambda digits: luhn("80840" + digits),
)
EIN: Final = Identifier(
    expected="a tax number (EIN): 9 digits", shape=r"\d{9}", test=lambda digits: digits[:2] != "00"
)
TAXONOMY: Final = Identifier(
    expected="a taxonomy code: 10 characters ending in X, such as 225100000X",
    shape=r"\d{2,3}[0-9A-Z]{6,7}X",
    test=lambda code: len(code) == 10,
)
ICD10: Final = Identifier(
    expected="an ICD-10-CM code of 3 to 7 characters, such as M25.511",
    drop=" .",
    shape=r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}",
)
HCPCS: Final = Identifier(
    expected="a CPT or HCPCS code of 5 characters, such as 97530 or G0283",
    shape=r"\d{4}[0-9A-Z]|[A-Z]\d{4}",
)
MODIFIER: Final = Identifier(
    expected="a modifier of 2 characters, such as 59 or GP", shape=r"[0-9A-Z]{2}"
)
ZIP: Final = Identifier(expected="a ZIP code of 5 or 9 digits", shape=r"\d{5}(?:\d{4})?")
STATE: Final = Identifier(
    expected="a state in two letters, such as OH", shape=r"[A-Z]{2}", test=STATES.__contains__
)
POS: Final = Identifier(
    expected="a place of service of two digits, as CMS lists them",
    shape=r"\d\d",
    test=PLACES.__contains__,
)
# CMS, "Understanding the MBI format": digits and the letters without S, L, O, I, B, Z.
_LETTER, _EITHER = "[AC-HJKMNP-RT-Y]", "[0-9AC-HJKMNP-RT-Y]"
MBI: Final = Identifier(
    expected="a Medicare number (MBI): 11 characters as on the card, without dashes",
    shape=rf"[1-9]{_LETTER}{_EITHER}\d{_LETTER}{_EITHER}\d{_LETTER}{{2}}\d\d",
)
PHONE: Final = Identifier(
    expected="a telephone number of 10 digits", drop=" -().+", shape=r"\d{10}"
)
