"""Between the values and what stands in the tables: cents, dates, moments, JSON."""

import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from reconcile.ledger.errors import LedgerDamaged

RESTORE: Final = (
    "claimline verify names the rows that were changed. Restore the last backup that verifies, and "
    "receive the files since again."
)
_CENT = Decimal("0.01")


@lru_cache(maxsize=65536)
def to_cents(amount: Decimal) -> int:
    """Whole cents of an amount.

    Raises:
        ValueError: for an amount with fractions of a cent; ``edi.elements.money`` lets none in.
    """
    cents = amount.scaleb(2)
    whole = int(cents)
    if whole != cents:
        raise ValueError("an amount with fractions of a cent reached the ledger")
    return whole


@lru_cache(maxsize=65536)
def dollars(cents: int) -> Decimal:
    """The amount of that many cents, with two decimals."""
    return Decimal(cents) * _CENT


@lru_cache(maxsize=16384)
def to_date(text: str) -> dt.date:
    """A date as it stands in the tables.

    Raises:
        LedgerDamaged: it is no date any more.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise damaged("A date") from None


@lru_cache(maxsize=16384)
def from_date(date: dt.date) -> str:
    """A date for the tables."""
    return date.isoformat()


def moment(at: dt.datetime) -> str:
    """A moment for the tables: UTC to the second.

    Raises:
        ValueError: for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def number_text(number: Decimal | None) -> str:
    """Units as text without trailing zeros; empty for none."""
    if number is None:
        return ""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096)
def to_number(text: str) -> Decimal | None:
    """Units from text; None for an empty one.

    Raises:
        LedgerDamaged: it is no number any more.
    """
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise damaged("A number of units") from None


@lru_cache(maxsize=16384)
def to_words(text: str) -> tuple[str, ...]:
    """A space-separated list."""
    return tuple(text.split())


def to_json(content: Any) -> str:
    """JSON for the tables: compact, the same for the same content; empty for nothing."""
    return json.dumps(content, separators=(",", ":"), sort_keys=True) if content else ""


def from_json(text: str) -> Any:
    """What ``to_json`` wrote; an empty list for an empty text.

    Raises:
        LedgerDamaged: it is no JSON any more.
    """
    try:
        return json.loads(text) if text else []
    except ValueError:
        raise damaged("A list") from None


def damaged(what: str) -> LedgerDamaged:
    """What to raise for a row that does not hold what its column says."""
    return LedgerDamaged(f"{what} kept in a row of the ledger cannot be read any more.", RESTORE)
