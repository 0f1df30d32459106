"""An answer to a line, split as a remittance advice shows it: allowed, patient, the rest.

PR-1 is the deductible, PR-2 the coinsurance, PR-3 the copay (CARC list; 005010X221A1, CAS).
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from attrs import frozen

from edi.remittance import Adjustment
from reconcile.buckets import ASSISTANT_REMARK, MULTIPLE_PROCEDURES, SEQUESTRATION
from reconcile.values import ZERO

DEDUCTIBLE: Final = "1"
COINSURANCE: Final = "2"
COPAY: Final = "3"
PRIOR_PAYER: Final = "23"  # what payers before paid and wrote off, in one sum
PENALTY: Final = "237"  # a cut by law; with N851 that of an assistant's service
# What these took off may have been allowed, and the answer does not say how much of it was.
UNSAID: Final = frozenset({PRIOR_PAYER, "100", "104"})
# Part B pays 85 % for an assistant's service: a cut of the payment (Social Security Act 1834(v)).
ASSISTANT_CUT: Final = Decimal("0.15")
CENT: Final = Decimal("0.01")
PLAIN: Final = frozenset({("PR", "1"), ("PR", "2"), ("PR", "3"), ("CO", "45")})
BY_RULE: Final = frozenset({SEQUESTRATION, MULTIPLE_PROCEDURES, PRIOR_PAYER})  # nothing to work


@frozen(kw_only=True)
class Parts:
    """The parts of one answer; ``rest``: adjustments that are none of the patient's parts."""

    allowed: Decimal | None  # None: not said, and it cannot be worked out
    is_said: bool  # the payer says what it allows (AMT*B6); else it is worked out
    deductible: Decimal
    coinsurance: Decimal
    copay: Decimal
    rest: tuple[Adjustment, ...]


def parts_of(
    paid: Decimal,
    adjustments: Iterable[Adjustment],
    allowed: Decimal | None,
    remarks: Iterable[str] = (),
) -> Parts:
    """Split an answer.

    What is not said to be allowed is paid, the patient's parts, sequestration and an assistant's
    cut of the payment together. None where the answer does not tell: after an earlier payer
    (OA-23), where the assistant's cut hides in another reason, or may have cut what is allowed.

    Args:
        paid: in dollars.
        adjustments: of the line, or of the claim.
        allowed: AMT*B6; None where it is not sent.
        remarks: RARCs.
    """
    given = tuple(adjustments)
    sums = {
        reason: sum((a.amount for a in given if a.group == "PR" and a.reason == reason), ZERO)
        for reason in (DEDUCTIBLE, COINSURANCE, COPAY)
    }
    if allowed is None:
        worked_out = _worked_out(paid, given, sum(sums.values(), ZERO), frozenset(remarks))
    return Parts(
        allowed=worked_out if allowed is None else allowed,
        is_said=allowed is not None,
        deductible=sums[DEDUCTIBLE],
        coinsurance=sums[COINSURANCE],
        copay=sums[COPAY],
        rest=tuple(a for a in given if a.group != "PR" or a.reason not in sums),
    )


def _worked_out(
    paid: Decimal, given: tuple[Adjustment, ...], patient: Decimal, remarks: frozenset[str]
) -> Decimal | None:
    """What was allowed, as far as the answer tells."""
    if any(a.reason in UNSAID and a.amount for a in given):
        return None
    payment = paid + sum((a.amount for a in given if a.reason == SEQUESTRATION), ZERO)
    penalty = sum((a.amount for a in given if a.reason == PENALTY), ZERO)
    hidden = ASSISTANT_REMARK in remarks and paid
    if (penalty or hidden) and not _cuts_payment(penalty, payment + penalty, patient):
        return None
    return payment + penalty + patient


def _cuts_payment(cut: Decimal, payment: Decimal, patient: Decimal) -> bool:
    """Whether a cut is the assistant's 15 % of the payment, and cannot be 15 % of the allowed."""
    of_allowed = _share(payment + patient)
    return bool(cut) and abs(_share(payment) - cut) <= CENT and abs(of_allowed - cut) > CENT


def _share(amount: Decimal) -> Decimal:
    return (amount * ASSISTANT_CUT).quantize(CENT, ROUND_HALF_UP)


def is_adjusted(adjustments: Iterable[Adjustment], remarks: Iterable[str] = ()) -> bool:
    """Whether more was cut than the contract's price, the patient's usual parts and rules.

    Cuts by rule want no work: sequestration, several procedures of a day (CARC 59), an assistant's
    (N851), and what payers before took over (OA-23).
    """
    by_rule = BY_RULE | {PENALTY} if ASSISTANT_REMARK in remarks else BY_RULE
    return any(
        a.amount and (a.group, a.reason) not in PLAIN and a.reason not in by_rule
        for a in adjustments
    )
