"""Does a remittance add up: at each line, each claim, and for the whole payment, in exact cents.

Differences are values to keep and show, never a reason to refuse (many public samples do not
balance). AMT, QTY, MOA and unit counts take no part in the equations (RFI 1324, 2601).
"""

from decimal import Decimal
from typing import Final, Literal

from attrs import frozen

from edi.remittance import (
    ClaimPayment,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from reconcile.values import ZERO

Level = Literal["line", "claim", "transaction", "information"]
REVERSAL: Final = "22"


@frozen(kw_only=True)
class Difference:
    """What does not add up. ``information`` is no fault of the equations (CLP05)."""

    level: Level
    claim: str = ""  # CLP01
    position: int = 0  # of the CLP or SVC in its transaction
    expected: Decimal  # what the parts give
    actual: Decimal  # what the total says
    equation: str

    @property
    def amount(self) -> Decimal:
        """Actual minus expected."""
        return self.actual - self.expected


class Balance:
    """Adds up one transaction as it is read; memory stays flat but for the differences."""

    def __init__(self) -> None:
        self._paid = ZERO  # sum of CLP04
        self._header: RemittanceHeader | None = None
        self.differences: list[Difference] = []

    @property
    def is_balanced(self) -> bool:
        """Whether every equation holds so far."""
        return all(d.level == "information" for d in self.differences)

    def add_header(self, header: RemittanceHeader) -> None:
        """Begin with BPR."""
        self._header = header

    def add_claim(self, payment: ClaimPayment) -> tuple[Difference, ...]:
        """Check one claim and its lines; the differences found are kept and returned."""
        self._paid += payment.paid
        found = claim_differences(payment)
        if found:
            self.differences += found
        return found

    def add_trailer(self, trailer: RemittanceTrailer) -> tuple[Difference, ...]:
        """Sum of CLP04 minus all PLB is BPR02 (BPR03 D: a debit, below zero)."""
        taken = sum((p.amount for p in trailer.provider_adjustments), ZERO)
        header = self._header
        if header is None:
            return ()
        debit = header.credit_or_debit == "D" and header.paid > ZERO
        actual = -header.paid if debit else header.paid
        if self._paid - taken == actual:
            return ()
        found = Difference(
            level="transaction",
            expected=self._paid - taken,
            actual=actual,
            equation="sum of CLP04 - sum of PLB = BPR02",
        )
        self.differences.append(found)
        return (found,)


def claim_differences(payment: ClaimPayment) -> tuple[Difference, ...]:
    """The differences of one claim payment; empty for nearly all."""
    found: list[Difference] = []
    rest = payment.charge - payment.paid
    patient = charges = ZERO
    for a in payment.adjustments:
        rest -= a.amount
        if a.group == "PR":
            patient += a.amount
    for svc in payment.lines:
        line = svc.charge - svc.paid
        charges += svc.charge
        for a in svc.adjustments:
            line -= a.amount
            rest -= a.amount
            if a.group == "PR":
                patient += a.amount
        if line:
            found.append(_line_difference(payment, svc, line))
    if rest:
        found.append(
            _claim_difference(payment, payment.paid + rest, payment.paid, "CLP03 - all CAS = CLP04")
        )
    if payment.lines and charges != payment.charge:
        found.append(_claim_difference(payment, charges, payment.charge, "sum of SVC02 = CLP03"))
    said = payment.patient_responsibility
    if said is not None and said != patient and payment.status != REVERSAL:
        found.append(_patient_difference(payment, patient, said))
    return tuple(found)


def _line_difference(payment: ClaimPayment, svc: ServicePayment, rest: Decimal) -> Difference:
    return Difference(
        level="line",
        claim=payment.control,
        position=svc.position,
        expected=svc.paid + rest,
        actual=svc.paid,
        equation="SVC02 - CAS of the line = SVC03",
    )


def _claim_difference(
    payment: ClaimPayment, expected: Decimal, actual: Decimal, equation: str
) -> Difference:
    return Difference(
        level="claim",
        claim=payment.control,
        position=payment.position,
        expected=expected,
        actual=actual,
        equation=equation,
    )


def _patient_difference(payment: ClaimPayment, patient: Decimal, said: Decimal) -> Difference:
    return Difference(
        level="information",
        claim=payment.control,
        position=payment.position,
        expected=patient,
        actual=said,
        equation="sum of PR = CLP05",
    )
