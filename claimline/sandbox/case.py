"""One claim in front of the simulated payer, and the arithmetic of paying it.

Every line made here closes: charge = paid + adjustments (RFI 2348); every claim too (RFI 2601).
"""

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from attrs import evolve, field, frozen

from edi.claim import Claim, Party, Reference, ServiceLine
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    DateText,
    Name,
    Organisation,
    ProviderAdjustment,
    ServicePayment,
)

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
ALLOWED_SHARE: Final = Decimal("0.62")  # of the charge; made up
COINSURANCE: Final = Decimal("0.20")
SEQUESTRATION: Final = Decimal("0.02")
COPAY: Final = Decimal("20.00")
MEDICARE_B: Final = "MB"
TURNS: Final = {"P": "1", "S": "2", "T": "3"}  # SBR01 -> CLP02
NO_835_INDICATOR: Final = {"CI": "12", "BL": "12", "11": "ZZ", "FI": "ZZ"}  # SBR09 that CLP06 lacks


@frozen(kw_only=True)
class Reply:
    """One adjudication and when it comes: ``after`` days from the payer's first date.

    ``alone``: in a payment of its own. ``copies``: how often that payment is sent.
    ``payer``: who pays, where that is another than the claim's payer.
    """

    payment: ClaimPayment | None
    after: int = 0
    alone: bool = False
    copies: int = 1
    payer: Organisation | None = None
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()


@frozen(kw_only=True)
class Case:
    """A claim to be adjudicated. ``serial`` makes the payer's own claim numbers."""

    claim: Claim = field(repr=False)
    serial: int
    date: dt.date

    @property
    def is_medicare_b(self) -> bool:
        """Medicare Part B, by SBR09."""
        return self.claim.subscriber.filing_indicator == MEDICARE_B

    @property
    def payer_control(self) -> str:
        """The payer's claim number (CLP07): nothing of the patient in it."""
        return f"{self.date:%y%j}{self.serial:08d}"

    def with_code(self, *codes: str) -> tuple[ServiceLine, ...]:
        """The lines of these procedure codes."""
        return tuple(line for line in self.claim.lines if line.procedure.code in codes)

    @property
    def target(self) -> ServiceLine:
        """The line a scenario is about: the first 97530, else the first line."""
        return next(iter(self.with_code("97530")), self.claim.lines[0])

    @property
    def targets(self) -> tuple[ServiceLine, ...]:
        """All lines of the target's code."""
        return self.with_code(self.target.procedure.code)


def cents(amount: Decimal) -> Decimal:
    """An amount rounded half up to cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def adjustment(
    group: str, reason: str, amount: Decimal, quantity: Decimal | None = None
) -> tuple[Adjustment, ...]:
    """A CAS triplet, or none where the amount is zero: zero adjustments are not sent (RFI 2123)."""
    if not amount:
        return ()
    return (Adjustment(group=group, reason=reason, amount=amount, quantity=quantity),)


def service(line: ServiceLine, **changes: Any) -> ServicePayment:
    """A line as the payer repeats it: code, charge, units, date and our control number."""
    made = ServicePayment(
        procedure=evolve(line.procedure, description=""),
        charge=line.charge,
        paid=ZERO,
        paid_units=line.units,
        dates=_service_dates(line),
        references=(Reference(qualifier="6R", value=line.control),) if line.control else (),
    )
    return evolve(made, **changes)


def _service_dates(line: ServiceLine) -> tuple[DateText, ...]:
    """DTM*472, or 150 and 151 for a range."""
    if line.date is None:
        return ()
    if line.until is None or line.until == line.date:
        return (date_text("472", line.date),)
    return (date_text("150", line.date), date_text("151", line.until))


def date_text(qualifier: str, date: dt.date) -> DateText:
    """A DTM of one day."""
    return DateText(qualifier=qualifier, text=f"{date:%Y%m%d}", date=date)


def pay(case: Case, line: ServiceLine, *, copay: bool = False) -> ServicePayment:
    """A line paid the usual way: contract write-down, the patient's share, the rest.

    A payer after the first pays what the one before left to the patient; OA-23 is the rest.
    """
    if line.adjudications:
        share = line.adjudications[-1].patient_owes or ZERO
        return service(line, paid=share, adjustments=adjustment("OA", "23", line.charge - share))
    allowed = cents(line.charge * ALLOWED_SHARE)
    if case.is_medicare_b:
        patient, kind = cents(allowed * COINSURANCE), "2"
    else:
        patient, kind = (min(COPAY, allowed) if copay else ZERO), "3"
    before = allowed - patient
    sequester = cents(before * SEQUESTRATION) if case.is_medicare_b else ZERO
    return service(
        line,
        paid=before - sequester,
        adjustments=(
            *adjustment("CO", "45", line.charge - allowed),
            *adjustment("PR", kind, patient),
            *adjustment("CO", "253", sequester),
        ),
        amounts=(Amount(qualifier="B6", amount=allowed),),
    )


def pay_all(case: Case) -> tuple[ServicePayment, ...]:
    """Every line paid the usual way; the copay is taken from the first."""
    return tuple(pay(case, line, copay=not index) for index, line in enumerate(case.claim.lines))


def refuse(
    line: ServiceLine, group: str, reason: str, remarks: tuple[str, ...] = ()
) -> ServicePayment:
    """A line refused whole."""
    return service(
        line, paid_units=ZERO, adjustments=adjustment(group, reason, line.charge), remarks=remarks
    )


def pay_but(
    case: Case, changed: Mapping[int, tuple[ServicePayment, ...]]
) -> tuple[ServicePayment, ...]:
    """All lines paid the usual way but those whose LX number is in ``changed``."""
    usual = zip(case.claim.lines, pay_all(case), strict=True)
    return tuple(service for line, paid in usual for service in changed.get(line.number, (paid,)))


def claim_payment(case: Case, services: tuple[ServicePayment, ...], **changes: Any) -> ClaimPayment:
    """The claim with its lines and the sums that follow from them (CLP04, CLP05)."""
    claim = case.claim
    made = ClaimPayment(
        control=claim.control,
        status=TURNS.get(claim.subscriber.payer_rank, "1"),
        charge=claim.charge,
        paid=sum((line.paid for line in services), ZERO),
        patient_responsibility=patient_share(services),
        filing_indicator=_filing_indicator(claim),
        payer_control=case.payer_control,
        place_of_service=claim.place_of_service,
        frequency=claim.frequency,
        group_number="1",
        names=_names(claim),
        dates=_claim_dates(claim),
        lines=services,
    )
    return evolve(made, **changes)


def patient_share(services: Iterable[ServicePayment]) -> Decimal | None:
    """CLP05: the sum of all PR adjustments, None where there is none (RFI 396, 2548)."""
    total = sum((a.amount for line in services for a in line.adjustments if a.group == "PR"), ZERO)
    return total or None


def with_remarks(payment: ClaimPayment, *remarks: str) -> ClaimPayment:
    """The claim with remark codes in its MOA (MOA03 to MOA07)."""
    return evolve(payment, remarks=remarks, outpatient=("MOA", "", "", *remarks))


def negated(payment: ClaimPayment, **changes: Any) -> ClaimPayment:
    """The reversal of a claim: amounts negated, groups and reasons kept (RFI 1147, 1429).

    Units stay positive and CLP05 is not sent, as payers do it (RFI 2548).
    """
    made = evolve(
        payment,
        status="22",
        charge=-payment.charge,
        paid=-payment.paid,
        patient_responsibility=None,
        adjustments=tuple(_negative(a) for a in payment.adjustments),
        lines=tuple(_reversed(line) for line in payment.lines),
    )
    return evolve(made, **changes)


def _reversed(line: ServicePayment) -> ServicePayment:
    """A line with its amounts negated."""
    return evolve(
        line,
        charge=-line.charge,
        paid=-line.paid,
        adjustments=tuple(_negative(a) for a in line.adjustments),
        amounts=(),
    )


def _negative(given: Adjustment) -> Adjustment:
    """An adjustment taken back."""
    return evolve(given, amount=-given.amount)


def _filing_indicator(claim: Claim) -> str:
    """CLP06, which knows fewer kinds than SBR09."""
    sent = claim.subscriber.filing_indicator
    return NO_835_INDICATOR.get(sent, sent) or "ZZ"


def _names(claim: Claim) -> tuple[Name, ...]:
    """NM1*QC, and NM1*IL where the patient is not the subscriber."""
    insured = claim.subscriber.party
    patient = claim.patient.party if claim.patient is not None else insured
    names = [_name("QC", patient, insured.id)]
    if claim.patient is not None:
        names.append(_name("IL", insured, insured.id))
    return tuple(names)


def _name(role: str, party: Party, member_id: str) -> Name:
    """A person as the payer repeats them."""
    return Name(
        role=role,
        is_person=True,
        last=party.name,
        first=party.first,
        middle=party.middle,
        id_qualifier="MI" if member_id else "",
        id=member_id,
    )


def _claim_dates(claim: Claim) -> tuple[DateText, ...]:
    """DTM*232 and 233 from the lines' dates."""
    days = sorted(day for line in claim.lines for day in (line.date, line.until) if day is not None)
    if not days:
        return ()
    return (date_text("232", days[0]), date_text("233", days[-1]))


def digits(text: str, length: int) -> str:
    """A number of fixed length made from a text: the same text, the same number."""
    return f"{zlib.crc32(text.encode()) % 10**length:0{length}d}"
