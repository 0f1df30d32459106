"""Patient control numbers: short, unmistakable when read aloud, and nothing of the patient in them.

Letters I and O and digits 0 and 1 are never used, nor lower case, so that a number survives a fax,
a telephone and a payer's capitals. Payers keep as few as 12 characters (RFI 525 asks for 20), so
the first 12 already tell two serials apart; the rest are check characters.
"""

import hashlib
from typing import Final

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
KEPT: Final = 12  # characters that every payer returns
LONGEST: Final = 20
LENGTHS: Final = range(KEPT, LONGEST + 1)
BITS: Final = 5  # per character
_ODD: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)  # odd, so that multiplying is reversible


def patient_control_number(serial: int, *, tag: str, length: int = 17) -> str:
    """The number of a serial: ``tag``, the serial scrambled, check characters.

    The scramble is one to one, so two serials of one tag never share their first 12 characters,
    and neighbours look nothing alike. A tag is at most 4 characters of ``ALPHABET``.

    Raises:
        ValueError: for a tag or length out of bounds, or a serial that does not fit.
    """
    if length not in LENGTHS:
        raise ValueError(f"length must be {KEPT} to {LONGEST}")
    if len(tag) > 4 or not set(tag) <= set(ALPHABET):
        raise ValueError("a tag has at most 4 letters or digits, none of I, O, 0, 1")
    bits = (KEPT - len(tag)) * BITS
    if not 0 <= serial < 1 << bits:
        raise ValueError(f"serial must be 0 to {(1 << bits) - 1}")
    head = tag + _letters(_scramble(serial, bits), KEPT - len(tag))
    return head + _check(head, length - KEPT)


def is_intact(number: str) -> bool:
    """Whether the check characters fit the number, so that a mistyped one is noticed."""
    head, tail = number[:KEPT], number[KEPT:]
    return len(head) == KEPT and set(number) <= set(ALPHABET) and tail == _check(head, len(tail))


def line_control_number(line: int, control: str) -> str:
    """REF*6R: the line's number first, so that it survives a payer's truncation."""
    return f"{line:02d}{control}"


def _scramble(serial: int, bits: int) -> int:
    mask = (1 << bits) - 1
    for odd in _ODD:
        serial = (serial * odd) & mask
        serial ^= serial >> (bits // 2)
    return (serial * _ODD[0]) & mask


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[(number >> (BITS * i)) & 31] for i in reversed(range(count)))


def _check(head: str, count: int) -> str:
    if not count:
        return ""
    digest = hashlib.blake2b(head.encode(), digest_size=8).digest()
    return _letters(int.from_bytes(digest) & ((1 << (BITS * count)) - 1), count)
