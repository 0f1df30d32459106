"""Whether a remittance that a person typed adds up like an 835, and its days can be."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from claimline.render.words import shown_number
from claimline.services import remit_cells as cells
from claimline.services.remit_read import Typed, refused
from edi.remittance import ClaimPayment, RemittanceHeader, RemittanceTrailer
from reconcile.balance import Balance, Difference
from reconcile.post import REVERSAL

_WORDS: Final[Mapping[str, str]] = {
    "SVC02 - CAS of the line = SVC03": "charge less adjustments is {expected}, paid says {actual}",
    "CLP03 - all CAS = CLP04": "charge less all adjustments is {expected}, paid says {actual}",
    "sum of SVC02 = CLP03": "its lines' charges are {expected}, its charge says {actual}",
    "sum of CLP04 - sum of PLB = BPR02": (
        "the claims less provider adjustments are {expected}, amount says {actual}"
    ),
}


def refuse_days(name: str, typed: Typed, today: dt.date) -> None:
    """Refuse days that cannot be: they are typing errors of the year.

    Raises:
        WrongUsageError: the payment, or a service, lies ahead or too far back.
    """
    faults = [*filter(None, [cells.payment_day(typed.date, today)])]
    for claim in typed.claims:
        days = {day for line in claim.lines if (day := line.service_date)}
        wrong = {cells.service_day(day, typed.date, today) for day in days} - {""}
        faults += [f"claim {shown_number(claim.control)}: {one}" for one in sorted(wrong)]
    if faults:
        raise refused(name, faults)


def refuse_unbalanced(
    name: str,
    typed: Typed,
    header: RemittanceHeader,
    claims: Sequence[ClaimPayment],
    trailer: RemittanceTrailer,
) -> None:
    """Refuse what does not add up, with each difference named.

    Raises:
        WrongUsageError: a line, a claim or the whole is off.
    """
    balance = Balance()
    balance.add_header(header)
    faults = []
    for claim in claims:
        control = shown_number(claim.control)
        if not claim.lines and not claim.charge:
            faults.append(f"claim {control}: no line and no charge")
        faults += [f"claim {control}: {words}" for words in _signs(claim)]
        off = False
        for n, line in enumerate(claim.lines, 1):
            rest = line.charge - line.paid - sum(a.amount for a in line.adjustments)
            if rest:
                off = True
                faults.append(
                    f"claim {control}, line {n} ({line.procedure.code}): charge less "
                    f"adjustments is {line.paid + rest:.2f}, paid says {line.paid:.2f}: "
                    f"off by {rest:.2f}"
                )
        faults += [
            f"claim {control}: {_words(one)}"
            for one in balance.add_claim(claim)
            if one.level == "claim" and not off  # the lines say it already
        ]
    faults += [_words(one) for one in balance.add_trailer(trailer)]
    if typed.amount < 0:
        faults.append(
            "amount is below zero: nobody pays that; what the payer takes back goes into "
            "provider_adjustments"
        )
    if faults:
        raise refused(name, faults)


def _signs(claim: ClaimPayment) -> Iterator[str]:
    """A reversal takes back: its amounts are below zero (X12 RFI 1147); no other's charge is."""
    charges = [line.charge for line in claim.lines] or [claim.charge]
    if claim.status == REVERSAL and any(charge > 0 for charge in charges):
        yield "taken back (22): charge, paid and adjustments are below zero"
    if claim.status != REVERSAL and any(charge < 0 for charge in charges):
        yield "a charge is below zero: say status 22 where it is taken back"


def _words(one: Difference) -> str:
    words = _WORDS[one.equation].format(expected=f"{one.expected:.2f}", actual=f"{one.actual:.2f}")
    return f"{words}: off by {abs(one.amount):.2f}"
