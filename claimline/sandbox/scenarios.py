"""What a payer may do with a claim: one named scenario each, a small function from case to replies.

``SCENARIOS`` is in the order in which a batch of claims meets them.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from attrs import frozen

from claimline.sandbox import lines, payments
from claimline.sandbox.case import (
    Case,
    Reply,
    claim_payment,
    pay_all,
    pay_but,
    refuse,
    with_remarks,
)
from claimline.sandbox.denials import DENIALS, Denial

Answering = Callable[[Case], tuple[Reply, ...]]
Fitting = Callable[[Case], bool]


@frozen(kw_only=True)
class Scenario:
    """A named way to answer. A claim it does not fit is paid the usual way."""

    name: str
    about: str
    replies: Answering
    fits: Fitting
    balances: bool = True


def paid(case: Case) -> tuple[Reply, ...]:
    """Everything paid the usual way."""
    return (Reply(payment=claim_payment(case, pay_all(case))),)


def denied(case: Case, denial: Denial) -> tuple[Reply, ...]:
    """The target's lines, or all lines, refused; the others paid."""
    refused = case.claim.lines if denial.whole_claim else case.targets
    changed = {
        line.number: (refuse(line, denial.group, denial.reason, denial.remarks),)
        for line in refused
    }
    payment = claim_payment(case, pay_but(case, changed), status=denial.status)
    if denial.claim_remarks:
        payment = with_remarks(payment, *denial.claim_remarks)
    return (Reply(payment=payment),)


def denial_fits(case: Case, denial: Denial) -> bool:
    """Whether this payer would refuse this claim so."""
    if denial.medicare is not None and denial.medicare != case.is_medicare_b:
        return False
    if denial.beside and not case.with_code(*denial.beside):
        return False
    return has_activities(case)


def anything(case: Case) -> bool:
    """Fits every claim with a charge."""
    return case.claim.charge > 0


def has_activities(case: Case) -> bool:
    """A 97530 line was billed."""
    return bool(case.with_code("97530"))


def has_units(case: Case) -> bool:
    """The target line has two units or more, so that some can be cut."""
    return case.target.units >= 2


def has_manual_therapy_too(case: Case) -> bool:
    """97530 and 97140 were billed."""
    return has_activities(case) and bool(case.with_code("97140"))


def has_modifiers(case: Case) -> bool:
    """The target line carries a modifier that can be dropped."""
    return has_activities(case) and bool(case.target.procedure.modifiers)


def has_same_code_twice(case: Case) -> bool:
    """Two lines of the target's code, same day, can be merged into one."""
    return len({line.date for line in case.targets}) == 1 and len(case.targets) > 1


def has_two_lines(case: Case) -> bool:
    """At least two lines, so that a claim can be split."""
    return len(case.claim.lines) > 1


def is_paid_something(case: Case) -> bool:
    """The usual way pays more than nothing."""
    return anything(case) and claim_payment(case, pay_all(case)).paid > 0


def is_medicare_b(case: Case) -> bool:
    """Part B forwards claims to supplemental insurers."""
    return case.is_medicare_b and is_paid_something(case)


_REFUSALS: Final = tuple(
    Scenario(
        name=denial.name,
        about=denial.about,
        replies=partial(denied, denial=denial),
        fits=partial(denial_fits, denial=denial),
    )
    for denial in DENIALS
)

_HABITS: Final = (
    Scenario(
        name="reduced-daily-cap",
        about="one unit above the payer's daily cap is refused (CO-151, N362), the rest paid",
        replies=lines.daily_cap,
        fits=has_units,
    ),
    Scenario(
        name="units-cut",
        about="fewer units paid than sent, all of the rest called contractual (CO-45)",
        replies=lines.units_cut,
        fits=has_units,
    ),
    Scenario(
        name="modifiers-dropped",
        about="modifiers and line control numbers dropped; 97530 beside 97140 denied (CO-97, N20)",
        replies=lines.modifiers_dropped,
        fits=has_modifiers,
    ),
    Scenario(
        name="controls-missing",
        about="paid, no line control numbers sent back",
        replies=lines.controls_missing,
        fits=anything,
    ),
    Scenario(
        name="bundled",
        about="97140's charge moved into 97530's payment (OA-94 against CO-97)",
        replies=lines.bundled,
        fits=has_manual_therapy_too,
    ),
    Scenario(
        name="merged",
        about="two lines of one code come back as one, without control number",
        replies=lines.merged,
        fits=has_same_code_twice,
    ),
    Scenario(
        name="split",
        about="one line comes back as two with the same control number (N123)",
        replies=lines.split,
        fits=has_units,
    ),
    Scenario(
        name="claim-split",
        about="the claim comes back as two with one control number (MA15)",
        replies=payments.claim_split,
        fits=has_two_lines,
    ),
    Scenario(
        name="claim-level",
        about="refused at claim level, no lines sent back (CO-27)",
        replies=payments.claim_level,
        fits=anything,
    ),
    Scenario(
        name="number-cut",
        about="paid, our claim number cut to 12 characters",
        replies=payments.number_cut,
        fits=lambda case: len(case.claim.control) > 12,
    ),
    Scenario(
        name="reversal",
        about="paid; three weeks later reversed and refused (CO-50) in one remittance",
        replies=payments.reversal,
        fits=is_paid_something,
    ),
    Scenario(
        name="correction-first",
        about="paid; corrected to a denial (CO-197); reversed a week later; recovered by WO",
        replies=payments.correction_first,
        fits=is_paid_something,
    ),
    Scenario(
        name="paid-twice",
        about="the same payment sent in two files",
        replies=payments.paid_twice,
        fits=is_paid_something,
    ),
    Scenario(
        name="stranger",
        about="paid, beside a claim that nobody sent",
        replies=payments.stranger,
        fits=anything,
    ),
    Scenario(
        name="forwarded",
        about="paid and forwarded (CLP02 19, MA18); the supplemental insurer pays the rest",
        replies=payments.forwarded,
        fits=is_medicare_b,
    ),
    Scenario(
        name="interest",
        about="paid with interest (AMT*I, PLB L6)",
        replies=payments.interest,
        fits=is_paid_something,
    ),
    Scenario(
        name="unbalanced",
        about="a line whose adjustments do not add up to what was not paid: does not balance",
        replies=payments.unbalanced,
        fits=is_paid_something,
        balances=False,
    ),
)

PAID: Final = Scenario(name="paid", about="everything paid the usual way", replies=paid, fits=bool)
SCENARIOS: Final = (PAID, *_REFUSALS, *_HABITS)
