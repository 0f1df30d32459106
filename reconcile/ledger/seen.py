"""Row numbers that were met, a bit each: of a million in an eighth of a megabyte."""

from typing import Final

_BYTE: Final = 3  # 2 ** 3 bits
_BIT: Final = 7


class Seen:
    """A set of row numbers. A large file's claims are numbered one after the other."""

    __slots__ = ("_bits", "_count")

    def __init__(self) -> None:
        self._bits = bytearray()
        self._count = 0

    def add(self, number: int) -> None:
        """Take one more."""
        if number in self:
            return
        place = number >> _BYTE
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << (number & _BIT)
        self._count += 1

    def __contains__(self, number: int) -> bool:
        place = number >> _BYTE
        return place < len(self._bits) and bool(self._bits[place] >> (number & _BIT) & 1)

    def __len__(self) -> int:
        return self._count
