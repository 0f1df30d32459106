"""Amounts, units and adjustments as the plain values of JSON: text, never a float."""

from decimal import Decimal
from typing import Any

from edi.remittance import Adjustment


def money(amount: Decimal) -> str:
    """Dollars and cents as text."""
    return f"{amount:.2f}"


def number(units: Decimal) -> str:
    """Units as text without trailing zeros."""
    text = f"{units:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def adjustment(given: Adjustment) -> dict[str, Any]:
    """One CAS triplet."""
    return {
        "group": given.group,
        "reason": given.reason,
        "amount": money(given.amount),
        "units": number(given.quantity) if given.quantity is not None else None,
    }
