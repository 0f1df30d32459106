"""An answer to a line, split as a remittance advice shows it: allowed, patient, the rest.

PR-1 is the deductible, PR-2 the coinsurance, PR-3 the copay (CARC list; 005010X221A1, CAS).
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.remittance import Adjustment
from reconcile.values import ZERO

DEDUCTIBLE: Final = "1"
COINSURANCE: Final = "2"
COPAY: Final = "3"
SEQUESTRATION: Final = "253"  # cuts the payment, not what is allowed (CARC 253)
PLAIN: Final = frozenset({("PR", "1"), ("PR", "2"), ("PR", "3"), ("CO", "45")})


@frozen(kw_only=True)
class Parts:
    """The parts of one answer; ``rest``: adjustments that are none of the patient's parts."""

    allowed: Decimal
    is_said: bool  # the payer says what it allows (AMT*B6); else it is worked out
    deductible: Decimal
    coinsurance: Decimal
    copay: Decimal
    rest: tuple[Adjustment, ...]


def parts_of(paid: Decimal, adjustments: Iterable[Adjustment], allowed: Decimal | None) -> Parts:
    """Split an answer. What is not said to be allowed is paid + patient's parts + sequestration."""
    given = tuple(adjustments)
    sums = {
        reason: sum((a.amount for a in given if a.group == "PR" and a.reason == reason), ZERO)
        for reason in (DEDUCTIBLE, COINSURANCE, COPAY)
    }
    cut = sum((a.amount for a in given if a.reason == SEQUESTRATION), ZERO)
    return Parts(
        allowed=paid + sum(sums.values(), ZERO) + cut if allowed is None else allowed,
        is_said=allowed is not None,
        deductible=sums[DEDUCTIBLE],
        coinsurance=sums[COINSURANCE],
        copay=sums[COPAY],
        rest=tuple(a for a in given if a.group != "PR" or a.reason not in sums),
    )


def is_adjusted(adjustments: Iterable[Adjustment]) -> bool:
    """Whether more was cut than the contract's price and the patient's usual parts."""
    return any(a.amount and (a.group, a.reason) not in PLAIN for a in adjustments)
