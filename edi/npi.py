"""The check digit of a National Provider Identifier."""

from functools import lru_cache

__all__ = ["is_npi"]

_PREFIX_SUM = 24  # what the prefix 80840 adds to the Luhn sum (CMS, NPI check digit)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, its own digits added


@lru_cache(maxsize=4096)
def is_npi(text: str) -> bool:
    """Whether a text is ten digits of which the last is the right one (Luhn over 80840 + NPI)."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return False
    odd = sum(_DOUBLED[int(digit)] for digit in text[-2::-2])
    return (_PREFIX_SUM + odd + sum(map(int, text[-1::-2]))) % 10 == 0
