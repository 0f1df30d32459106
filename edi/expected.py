"""What a service line should bring: the terms it was sent under, and the arithmetic of payment.

``mapping`` makes the terms, the ledger keeps them with the line as text, ``reconcile`` compares
what came back: both sides reckon with the same few functions. The order of the steps is that of
Medicare Part B: fee of each unit, the cut of further units (Claims Processing Manual ch. 5
10.7), the lesser of that and the charge, deductible, coinsurance, the assistant's cut (Social
Security Act 1834(v)), the adjustment by MIPS, sequestration. Each amount is rounded half up to
cents.
"""

import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final, Literal

from attrs import fields, frozen

__all__ = [
    "AT_ONE_RATE",
    "ZERO",
    "Amounts",
    "Terms",
    "amounts",
    "in_words",
    "of_text",
    "percent",
    "to_text",
]

Kind = Literal["medicare", "schedule", "percent of medicare", "per visit", "per diem"]
AT_ONE_RATE: Final = frozenset({"per visit", "per diem"})  # lines share an amount: no units
ZERO: Final = Decimal("0.00")
_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)


@frozen(kw_only=True, cache_hash=True)
class Terms:
    """The terms of one line. ``why``: nothing is expected, and the reason; the rest is empty.

    ``unit`` is what is allowed for one unit; ``further`` for a unit that the multiple procedure
    payment reduction (MPPR) cuts, ``None`` where it does not apply. One unit of a patient's day
    is paid in full: one with the highest ``rank`` (practice expense RVU). ``full`` says that it
    should be on this line. ``per visit`` and ``per diem``: ``unit`` is this line's part of the rate
    of the visit or the day; of a day ``rate`` is the whole, ``scope`` the discipline it is for.
    """

    why: str = ""
    unpaid: bool = False  # the payer never pays it: nothing is allowed, and nothing accrues
    kind: Kind = "medicare"
    unit: Decimal = ZERO
    rate: Decimal = ZERO  # per diem: of the whole day
    scope: str = ""  # per diem: the discipline whose day it is; empty: the patient's
    further: Decimal | None = None
    rank: Decimal = ZERO
    full: bool = True
    unsure: str = ""  # why the rank is not known for certain
    lesser: bool = True  # never more than the charge
    coinsurance: Decimal | None = None  # percent; None: the patient's part is the payer's to say
    deductible: Decimal = ZERO  # of what is allowed, taken as not met yet
    assistant: Decimal = ZERO  # percent cut for CQ/CO
    base: Literal["payment", "allowed"] = "payment"  # what the assistant's cut is taken from
    mips: Decimal = ZERO  # percent added to the payment (quality programme); negative: cut
    sequestration: Decimal = ZERO  # percent of the payment
    version: str = ""  # the tables or the contract that decided
    notes: tuple[str, ...] = ()  # what was assumed


@frozen(kw_only=True)
class Amounts:
    """A line's money by its terms. ``paid`` is ``None`` where the patient's part is not known."""

    fee: Decimal  # all units in full
    mppr: Decimal  # cut of further units (CO-59)
    allowed: Decimal
    deductible: Decimal  # of the patient's part, where the terms have a coinsurance
    patient: Decimal | None  # deductible and coinsurance, or what the payer said
    assistant: Decimal  # cut for CQ/CO
    mips: Decimal  # added to the payment; negative: cut
    sequestration: Decimal  # CO-253
    paid: Decimal | None


def percent(amount: Decimal, rate: Decimal) -> Decimal:
    """A percentage of an amount, in cents, rounded half up."""
    return (amount * rate / _HUNDRED).quantize(_CENT, ROUND_HALF_UP)


@lru_cache(maxsize=65536)  # the same few lines again and again
def amounts(
    terms: Terms,
    units: Decimal,
    charge: Decimal,
    *,
    full: bool,
    deductible: Decimal | None = None,
    patient: Decimal | None = None,
) -> Amounts:
    """The money of a line.

    Args:
        terms: of the line, with amounts (no ``why``).
        units: billed or paid.
        charge: of the line.
        full: whether the day's unit that MPPR leaves whole is on this line.
        deductible: what a payer took for it; ``None``: as the terms say.
        patient: the patient's part as a payer says, where the terms have no coinsurance.
    """
    number = Decimal(1) if terms.kind in AT_ONE_RATE else units
    fee = _whole(terms.unit * number)
    after = fee
    if terms.further is not None:
        whole = min(Decimal(1), number) if full else Decimal(0)
        after = _whole(terms.unit * whole + terms.further * (number - whole))
    if terms.lesser:
        fee, after = min(fee, charge), min(after, charge)
    mppr, allowed, cut = fee - after, after, ZERO
    if terms.assistant and terms.base == "allowed":
        cut = percent(allowed, terms.assistant)
        allowed -= cut
    met = ZERO
    if terms.coinsurance is not None:
        met = min(terms.deductible if deductible is None else deductible, allowed)
        patient = met + percent(allowed - met, terms.coinsurance)
    if patient is None:
        return Amounts(
            fee=fee,
            mppr=mppr,
            allowed=allowed,
            deductible=met,
            patient=None,
            assistant=cut,
            mips=ZERO,
            sequestration=ZERO,
            paid=None,
        )
    payment = max(allowed - patient, ZERO)
    if terms.assistant and terms.base == "payment":
        cut = payment - percent(payment, _HUNDRED - terms.assistant)
        payment -= cut
    mips = percent(payment, terms.mips)
    payment += mips
    sequestration = percent(payment, terms.sequestration)
    return Amounts(
        fee=fee,
        mppr=mppr,
        allowed=allowed,
        deductible=met,
        patient=patient,
        assistant=cut,
        mips=mips,
        sequestration=sequestration,
        paid=payment - sequestration,
    )


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def in_words(terms: Terms, units: Decimal, charge: Decimal, found: Amounts, *, full: bool) -> str:
    """The arithmetic of ``amounts`` in one line, for a person with a calculator."""
    return "; ".join(_steps(terms, units, charge, found, full=full))


def _steps(
    terms: Terms, units: Decimal, charge: Decimal, found: Amounts, *, full: bool
) -> Iterator[str]:
    sum_words, before = _units(terms, units, full=full)
    if terms.lesser and charge < before:
        yield f"{sum_words}, more than the charge: {charge} allowed"
    else:
        yield f"{sum_words} allowed"
    if found.assistant and terms.base == "allowed":
        cut = f"assistant cut {_rate(terms.assistant)}: {found.assistant}"
        yield f"{cut}, so {found.allowed} allowed"
    if found.patient is None or found.paid is None:
        yield "the patient's part is for the payer to say"
        return
    if found.patient:
        yield f"patient {found.patient}{_patient_words(terms, found)}"
    if found.assistant and terms.base == "payment":
        yield f"assistant cut {_rate(terms.assistant)}: {found.assistant}"
    if found.mips:
        yield f"MIPS {terms.mips.normalize():+f} %: {found.mips:+}"
    if found.sequestration:
        yield f"sequestration {_rate(terms.sequestration)}: {found.sequestration}"
    yield f"to be paid {found.paid}"


def _patient_words(terms: Terms, found: Amounts) -> str:
    """Of what the patient's part is made; nothing where the payer said it."""
    if terms.coinsurance is None or found.patient is None:
        return ""
    rate, rest = _rate(terms.coinsurance), found.allowed - found.deductible
    if not found.deductible:
        return f" ({rate})"
    if not rest:
        return " (deductible)"
    return f" (deductible {found.deductible}, {rate} of {rest}: {found.patient - found.deductible})"


def _units(terms: Terms, units: Decimal, *, full: bool) -> tuple[str, Decimal]:
    """``34.61 + 2 x 24.58 = 83.77`` and its sum."""
    if terms.kind in AT_ONE_RATE:
        whose = "visit" if terms.kind == "per visit" else "day"
        return f"{terms.unit} of the {whose}'s rate", terms.unit
    if terms.further is None:
        total = _whole(terms.unit * units)
        return _times(units, terms.unit) + (f" = {total}" if units != 1 else ""), total
    whole = min(Decimal(1), units) if full else Decimal(0)
    rest = units - whole
    total = _whole(terms.unit * whole + terms.further * rest)
    parts = [_times(whole, terms.unit)] if whole else []
    parts += [f"{_times(rest, terms.further)} (cut by MPPR)"] if rest else []
    shown = f" = {total}" if units != 1 else ""
    return " + ".join(parts) + shown, total


def _times(units: Decimal, amount: Decimal) -> str:
    return str(amount) if units == 1 else f"{units.normalize():f} x {amount}"


def _rate(rate: Decimal | None) -> str:
    return f"{(rate or ZERO).normalize():f} %"


_NAMES: Final = tuple(one.name for one in fields(Terms))
_DEFAULTS: Final = {one.name: one.default for one in fields(Terms)}
_DECIMALS: Final = frozenset(
    {
        "unit",
        "rate",
        "further",
        "rank",
        "coinsurance",
        "deductible",
        "assistant",
        "mips",
        "sequestration",
    }
)


@lru_cache(maxsize=65536)
def to_text(terms: Terms) -> str:
    """The terms as JSON text: what is as usual is left out."""
    given: dict[str, Any] = {}
    for name in _NAMES:
        found = getattr(terms, name)
        if found != _DEFAULTS[name]:
            given[name] = str(found) if name in _DECIMALS else found
    return json.dumps(given, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=65536)
def of_text(text: str) -> Terms | None:
    """What ``to_text`` wrote; ``None`` for the empty text of a line without terms."""
    if not text:
        return None
    given: dict[str, Any] = json.loads(text)
    known = {name: value for name, value in given.items() if name in _DEFAULTS}
    for name in _DECIMALS & known.keys():
        known[name] = Decimal(known[name])
    known["notes"] = tuple(known.get("notes", ()))
    return Terms(**known)
