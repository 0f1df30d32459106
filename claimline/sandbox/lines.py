"""What payers do to single lines: cut, drop, bundle, merge, split."""

from decimal import Decimal
from typing import Final

from attrs import evolve

from claimline.sandbox.case import (
    ZERO,
    Case,
    Reply,
    adjustment,
    cents,
    claim_payment,
    pay,
    pay_all,
    pay_but,
    refuse,
    service,
)
from edi.claim import ServiceLine
from edi.remittance import ServicePayment

DAILY_CAP_REASON: Final = "151"


def _one(case: Case, services: tuple[ServicePayment, ...]) -> tuple[Reply, ...]:
    """One payment of these lines."""
    return (Reply(payment=claim_payment(case, services)),)


def _cut(case: Case, line: ServiceLine) -> tuple[ServicePayment, Decimal]:
    """The line paid for one unit less, and the charge of the unit that was cut."""
    share = cents(line.charge / line.units)
    rest = evolve(line, charge=line.charge - share, units=line.units - 1)
    return pay(case, rest), share


def daily_cap(case: Case) -> tuple[Reply, ...]:
    """One unit refused with the cap's code, the others paid."""
    line = case.target
    paid, share = _cut(case, line)
    cut = evolve(
        paid,
        charge=line.charge,
        submitted_units=line.units,
        adjustments=(
            *paid.adjustments,
            *adjustment("CO", DAILY_CAP_REASON, share, Decimal(1)),
        ),
        remarks=("N362",),
    )
    return _one(case, pay_but(case, {line.number: (cut,)}))


def units_cut(case: Case) -> tuple[Reply, ...]:
    """One unit less paid, and nothing says why: the whole rest is called contractual."""
    line = case.target
    paid, _ = _cut(case, line)
    patient = sum((a.amount for a in paid.adjustments if a.group == "PR"), ZERO)
    cut = evolve(
        paid,
        charge=line.charge,
        submitted_units=line.units,
        adjustments=(
            *adjustment("CO", "45", line.charge - paid.paid - patient),
            *(a for a in paid.adjustments if a.group == "PR"),
        ),
    )
    return _one(case, pay_but(case, {line.number: (cut,)}))


def modifiers_dropped(case: Case) -> tuple[Reply, ...]:
    """No line shows modifiers or control numbers; 97530 beside 97140 is refused as bundled."""
    bundled_lines = case.targets if case.with_code("97140") else ()
    refused = {line.number: (refuse(line, "CO", "97", ("N20",)),) for line in bundled_lines}
    return _one(
        case,
        tuple(
            evolve(s, procedure=evolve(s.procedure, modifiers=()), references=())
            for s in pay_but(case, refused)
        ),
    )


def controls_missing(case: Case) -> tuple[Reply, ...]:
    """Everything paid, REF*6R left out."""
    return _one(case, tuple(evolve(s, references=()) for s in pay_all(case)))


def bundled(case: Case) -> tuple[Reply, ...]:
    """Manual therapy goes into the first 97530 line (RFI 2320, 2551).

    The paying line gets OA-94 negative for the moved charge, the other CO-97 for all of its own.
    """
    into, moved = case.target, case.with_code("97140")[0]
    whole = pay(case, evolve(into, charge=into.charge + moved.charge))
    paying = evolve(
        whole,
        charge=into.charge,
        adjustments=(*adjustment("OA", "94", -moved.charge), *whole.adjustments),
    )
    emptied = service(
        moved,
        procedure=evolve(into.procedure, description=""),
        submitted=evolve(moved.procedure, description=""),
        paid_units=ZERO,
        submitted_units=moved.units,
        adjustments=adjustment("CO", "97", moved.charge),
    )
    return _one(case, pay_but(case, {into.number: (paying,), moved.number: (emptied,)}))


def merged(case: Case) -> tuple[Reply, ...]:
    """All lines of the target's code as one: charges and units summed, no control number."""
    first, *others = case.targets
    whole = evolve(
        first,
        procedure=max((line.procedure for line in case.targets), key=lambda p: len(p.modifiers)),
        charge=sum((line.charge for line in case.targets), ZERO),
        units=sum((line.units for line in case.targets), ZERO),
        control="",
    )
    gone = dict.fromkeys([line.number for line in others], ())
    return _one(case, pay_but(case, {first.number: (pay(case, whole, copay=True),), **gone}))


def split(case: Case) -> tuple[Reply, ...]:
    """The target as two lines of the same control number, one unit apart (RFI 2283, 958)."""
    line = case.target
    share = cents(line.charge / line.units)
    parts = (
        evolve(line, charge=share, units=Decimal(1)),
        evolve(line, charge=line.charge - share, units=line.units - 1),
    )
    paid = tuple(evolve(pay(case, part), remarks=("N123",)) for part in parts)
    return _one(case, pay_but(case, {line.number: paid}))
