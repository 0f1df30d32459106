"""What payers do to whole claims and payments: split, reverse, recover, repeat, forward."""

from decimal import Decimal
from typing import Final

from attrs import evolve

from claimline.sandbox.case import (
    CENT,
    Case,
    Reply,
    adjustment,
    claim_payment,
    negated,
    patient_share,
    pay_all,
    refuse,
    with_remarks,
)
from edi.remittance import (
    Amount,
    ClaimPayment,
    Name,
    Organisation,
    ProviderAdjustment,
    ServicePayment,
)

CORRECTED_AFTER: Final = 21  # days after the first payment
REVERSED_AFTER: Final = 28
RECOVERED_AFTER: Final = 42
FORWARDED_AFTER: Final = 14
INTEREST: Final = Decimal("1.37")
SUPPLEMENT: Final = Organisation(role="PR", name="SANDBOX SUPPLEMENTAL", id_qualifier="", id="")
SUPPLEMENT_ID: Final = "SUPPLEMENT"
FISCAL_YEAR_END: Final = "1231"


def claim_split(case: Case) -> tuple[Reply, ...]:
    """Two claim payments of one control number, the payer's own numbers apart (RFI 1076, 2224)."""
    first, rest = pay_all(case)[:1], pay_all(case)[1:]
    return tuple(
        Reply(payment=_part(case, lines, suffix)) for lines, suffix in ((first, "A"), (rest, "B"))
    )


def _part(case: Case, lines: tuple[ServicePayment, ...], suffix: str) -> ClaimPayment:
    """A part of a claim: its charge is that of its lines."""
    whole = claim_payment(
        case,
        lines,
        charge=sum((line.charge for line in lines), Decimal("0.00")),
        payer_control=case.payer_control + suffix,
    )
    return with_remarks(whole, "MA15")


def claim_level(case: Case) -> tuple[Reply, ...]:
    """The whole charge refused at claim level; no SVC, as some payers do it."""
    payment = claim_payment(
        case, (), adjustments=adjustment("CO", "27", case.claim.charge), patient_responsibility=None
    )
    return (Reply(payment=payment),)


def number_cut(case: Case) -> tuple[Reply, ...]:
    """Our claim number cut to 12 characters (payers must keep 20: RFI 525)."""
    payment = claim_payment(case, pay_all(case), control=case.claim.control[:12])
    return (Reply(payment=payment),)


def _refused(case: Case, reason: str, remarks: tuple[str, ...] = ()) -> ClaimPayment:
    """The correction that pays nothing, under a new number of the payer's."""
    lines = tuple(refuse(line, "CO", reason, remarks) for line in case.claim.lines)
    return claim_payment(case, lines, payer_control=f"{case.payer_control}R")


def reversal(case: Case) -> tuple[Reply, ...]:
    """Paid; later taken back and refused in one remittance, the money held back by WO."""
    paid = claim_payment(case, pay_all(case))
    return (
        Reply(payment=paid),
        Reply(payment=negated(paid), after=CORRECTED_AFTER),
        Reply(payment=_refused(case, "50", ("N115",)), after=CORRECTED_AFTER),
        _recovery(case, paid, CORRECTED_AFTER, sign=-1),
        _recovery(case, paid, RECOVERED_AFTER, sign=1),
    )


def correction_first(case: Case) -> tuple[Reply, ...]:
    """Paid; the denial comes before the reversal; the money is taken two weeks after that."""
    paid = claim_payment(case, pay_all(case))
    return (
        Reply(payment=paid),
        Reply(payment=_refused(case, "197"), after=CORRECTED_AFTER),
        Reply(payment=negated(paid), after=REVERSED_AFTER),
        _recovery(case, paid, REVERSED_AFTER, sign=-1),
        _recovery(case, paid, RECOVERED_AFTER, sign=1),
    )


def _recovery(case: Case, paid: ClaimPayment, after: int, *, sign: int) -> Reply:
    """PLB WO: negative gives the reversed money back for now, positive takes it (RFI 1756)."""
    taken = provider_adjustment(case, "WO", paid.payer_control, sign * paid.paid)
    return Reply(payment=None, after=after, provider_adjustments=(taken,))


def provider_adjustment(
    case: Case, reason: str, reference: str, amount: Decimal
) -> ProviderAdjustment:
    """A PLB pair of the billing provider, its fiscal year the calendar year."""
    return ProviderAdjustment(
        provider=case.claim.billing.id,
        fiscal_date=f"{case.date.year}{FISCAL_YEAR_END}",
        reason=reason,
        reference=reference,
        amount=amount,
    )


def paid_twice(case: Case) -> tuple[Reply, ...]:
    """A payment of its own, delivered in two files."""
    return (Reply(payment=claim_payment(case, pay_all(case)), alone=True, copies=2),)


def stranger(case: Case) -> tuple[Reply, ...]:
    """Beside the claim one of an older system, which nobody here sent."""
    ours = claim_payment(case, pay_all(case))
    lines = tuple(evolve(line, references=()) for line in ours.lines)
    unknown = Name(role="QC", is_person=True, last="UNKNOWN", first="PERSON")
    theirs = evolve(
        ours,
        control=f"OLD{case.serial:07d}",
        payer_control=f"{case.payer_control}X",
        names=(unknown,),
        lines=lines,
    )
    return (Reply(payment=ours), Reply(payment=theirs))


def forwarded(case: Case) -> tuple[Reply, ...]:
    """Paid as primary and forwarded; the supplemental insurer pays what was the patient's.

    The secondary restates the primary's decision as OA-23 (RFI 1696 and the like).
    """
    first = claim_payment(case, pay_all(case), status="19")
    crossover = Name(
        role="TT", is_person=False, last=SUPPLEMENT.name, id_qualifier="PI", id=SUPPLEMENT_ID
    )
    primary = with_remarks(evolve(first, names=(*first.names, crossover)), "MA18")
    lines = tuple(_secondary(line) for line in first.lines)
    secondary = claim_payment(
        case, lines, status="2", payer_control=f"S{case.payer_control}", filing_indicator="ZZ"
    )
    return (
        Reply(payment=primary),
        Reply(payment=secondary, after=FORWARDED_AFTER, payer=SUPPLEMENT),
    )


def _secondary(line: ServicePayment) -> ServicePayment:
    """The line as the second payer sees it: it pays the patient's part of the first."""
    share = patient_share((line,)) or Decimal("0.00")
    return evolve(
        line, paid=share, adjustments=adjustment("OA", "23", line.charge - share), amounts=()
    )


def interest(case: Case) -> tuple[Reply, ...]:
    """Paid late with interest: told at the claim, moved by a negative PLB (RFI 2123, 1324)."""
    payment = claim_payment(case, pay_all(case))
    told = evolve(payment, amounts=(Amount(qualifier="I", amount=INTEREST),))
    extra = provider_adjustment(case, "L6", payment.payer_control, -INTEREST)
    return (Reply(payment=told, alone=True, provider_adjustments=(extra,)),)


def unbalanced(case: Case) -> tuple[Reply, ...]:
    """The first line's write-down is a dollar short: nothing adds up, as some payers send it."""
    payment = claim_payment(case, pay_all(case))
    first, *rest = payment.lines
    write_down, *others = first.adjustments
    short = evolve(write_down, amount=write_down.amount - 100 * CENT)
    wrong = evolve(first, adjustments=(short, *others))
    return (Reply(payment=evolve(payment, lines=(wrong, *rest)), alone=True),)
