"""Amounts as integer cents for the hot path of the check: exact, and few occur, and often."""

from functools import lru_cache

from edi.elements import read_number


@lru_cache(maxsize=16_384)
def cents(text: str) -> int | None:
    """``12.5`` is 1250; an absent amount is 0; None for what is no amount of whole cents."""
    if not text:
        return 0
    amount = read_number(text)
    scaled = None if amount is None else amount.scaleb(2)
    return None if scaled is None or scaled != int(scaled) else int(scaled)


def dollars(amount: int) -> str:
    """Cents as text: 1250 is ``12.50``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
