"""The cells of a remittance typed by a person: each read strictly, each fault with its column.

What is wrong is said without the value: a cell in the wrong column may hold a name.
"""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from edi.elements import money, number
from edi.remittance import Adjustment

STATUSES: Final = ("1", "2", "3", "4", "19", "20", "21", "22")
AHEAD: Final = 31  # days a payment may lie ahead: an EFT is announced before it is made
BACK: Final = 10 * 366  # days a payment may lie back
_AMOUNT: Final = re.compile(r"(-?(\$ ?)?|\$ ?-)((\d+|\d{1,3}(,\d{3})+)(\.\d*)?|\.\d+)")
_MINUS: Final = re.compile(r"\(([^()-]+)\)|([^()-]+)-")  # as ledgers write it: (50.00), 50.00-
_COMMA: Final = re.compile(r"-?\$?[\d.]*\d,\d+")
_SHORTENED: Final = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_ADJUSTMENT: Final = re.compile(
    r"(CO|OA|PI|PR)[- ]?([A-Z0-9]{1,5})[\s:=]+(\$ ?-?\S+|\S+)", re.IGNORECASE
)
_NEXT: Final = re.compile(r";|,(?=\s*(?:CO|OA|PI|PR))", re.IGNORECASE)  # between adjustments
_PROVIDER: Final = re.compile(r"([A-Z0-9]{2})(?::(\S+))?\s+(\S+)", re.IGNORECASE)
_REASON: Final = re.compile(r"\d{1,3}|[A-Z]\d{1,2}")  # as X12's list of reasons writes them
_REMARK: Final = re.compile(r"(M|MA|N)\d{1,4}")
_CODE: Final = re.compile(r"[A-Z]?\d{4}[A-Z0-9]?")  # CPT and HCPCS; five characters in all
_MODIFIER: Final = re.compile(r"[A-Z0-9]{2}")
_SHAPES: Final = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m-%d-%y", "%Y%m%d")


def amount(text: str, column: str) -> Decimal:
    """Dollars: ``75.00``, ``1,062.40``, ``$75``, ``.50``; below zero ``-5``, ``(5.00)``, ``5.00-``.

    Raises:
        ValueError: no amount; a decimal comma is none, it would be read a hundred times too high.
    """
    text = text.strip()
    if not text:
        raise ValueError(f"{column} is missing; write 0.00 where nothing was paid")
    if minus := _MINUS.fullmatch(text):
        text = f"-{minus[1] or minus[2]}"
    if not _AMOUNT.fullmatch(text):
        if _COMMA.fullmatch(text):
            raise ValueError(
                f"{column} has a comma where cents begin: write a point, as in 1,075.50"
            )
        raise ValueError(f"{column} is no amount: write dollars as 75.00")
    try:
        figures = re.sub(r"[$, ]", "", text).removesuffix(".")
        return money(re.sub(r"^(-?)\.", r"\g<1>0.", figures))
    except ValueError:
        raise ValueError(f"{column} is no amount: write dollars as 75.00") from None


def day(text: str, column: str) -> dt.date:
    """A day: ``3/20/2026``, ``3/20/26``, ``3-20-2026``, ``2026-03-20``, ``20260320``.

    Raises:
        ValueError: none of these.
    """
    for shape in _SHAPES:
        try:
            return dt.datetime.strptime(text.strip(), shape).replace(tzinfo=dt.UTC).date()
        except ValueError:  # written in another way
            continue
    raise ValueError(f"{column} is no day: write 3/20/2026 or 2026-03-20")


def word(text: str, column: str) -> str:
    """A number or name as it stands on the paper.

    Raises:
        ValueError: a spreadsheet has shortened it, so that its digits are lost.
    """
    text = text.strip()
    if _SHORTENED.fullmatch(text) and ("+" in text or "." in text or "," in text):
        raise ValueError(
            f"{column} was shortened by a spreadsheet (as 4.5E+11), its digits are lost: make the "
            "column a text column and copy the number from the paper"
        )
    return text


def status(text: str) -> str:
    """CLP02; empty where nothing is said.

    Raises:
        ValueError: another one.
    """
    text = text.strip()
    if text and text not in STATUSES:
        raise ValueError(f"status is CLP02: {', '.join(STATUSES[:-1])} or {STATUSES[-1]}")
    return text


def units(text: str) -> Decimal:
    """Units of service.

    Raises:
        ValueError: no number.
    """
    try:
        return number(text)
    except ValueError:
        raise ValueError("units is no number: write 1 or 1.5") from None


def code(text: str) -> str:
    """The code of a service.

    Raises:
        ValueError: no CPT or HCPCS code has such a shape.
    """
    text = text.strip().upper()
    if len(text) != 5 or not _CODE.fullmatch(text):
        raise ValueError("code is no code of a service: five characters as 97140 or G0283")
    return text


def modifiers(text: str) -> tuple[str, ...]:
    """``59 GP``.

    Raises:
        ValueError: one has not two characters.
    """
    found = tuple(filter(None, re.split(r"[\s:,-]+", text.upper())))
    if not all(_MODIFIER.fullmatch(one) for one in found):
        raise ValueError("modifiers are written as 59 GP")
    return found


def adjustments(text: str) -> Iterator[Adjustment]:
    """``CO-45 40.00; PR-3 20.00``, also ``CO45 40, PR3 20``.

    Raises:
        ValueError: written otherwise, or no such reason can be.
    """
    for part in filter(None, (piece.strip() for piece in _NEXT.split(text))):
        found = _ADJUSTMENT.fullmatch(part)
        if found is None:
            raise ValueError("adjustments are written as CO-45 40.00; PR-3 20.00")
        reason = found[2].upper()
        if not _REASON.fullmatch(reason):
            raise ValueError("adjustments name a reason that cannot be: 1 to 999, B7, P12")
        yield Adjustment(
            group=found[1].upper(), reason=reason, amount=amount(found[3], "adjustments")
        )


def provider_adjustments(text: str) -> Iterator[tuple[str, str, Decimal]]:
    """``WO:A1001 50.00; L6 -1.37``: above zero it is taken from the payment.

    Raises:
        ValueError: written otherwise.
    """
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _PROVIDER.fullmatch(part)
        if found is None:
            raise ValueError("provider_adjustments are written as WO:A1001 50.00; L6 -1.37")
        reference = word(found[2] or "", "provider_adjustments")
        yield found[1].upper(), reference, amount(found[3], "provider_adjustments")


def remarks(text: str) -> tuple[str, ...]:
    """``N130 M15``.

    Raises:
        ValueError: no remark code has such a shape.
    """
    found = tuple(one.upper() for one in re.split(r"[\s,;]+", text) if one)
    if not all(_REMARK.fullmatch(one) for one in found):
        raise ValueError("remarks are codes as N130 M15 MA01")
    return found


def payment_day(given: dt.date, today: dt.date) -> str:
    """What is wrong with the day of a payment; empty where nothing is."""
    if given > today + dt.timedelta(days=AHEAD):
        return f"date lies {(given - today).days:,} days ahead: look at its year"
    if given < today - dt.timedelta(days=BACK):
        return "date lies more than ten years back: look at its year"
    return ""


def service_day(given: dt.date, paid: dt.date, today: dt.date) -> str:
    """What is wrong with a day of service; empty where nothing is."""
    if given > today:
        return "service_date lies ahead: look at its year"
    if given > paid:
        return "service_date lies after the payment"
    return ""
