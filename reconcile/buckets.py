"""Into which bucket of the books each adjustment of a share falls.

Decided by group and reason together, never by the group alone (CO-97 may be a refusal, a duplicate
or bundling; PR-204 is a refusal, PR-2 is not).
"""

from decimal import Decimal
from typing import Final

from edi.codes import refusal
from edi.remittance import Adjustment
from reconcile.values import ZERO, Adjudication, LineShare

QMB_REMARKS: Final = frozenset({"N781", "N782", "N783"})  # patient owes nothing (BILLING.md 0)
QMB_REASONS: Final = frozenset({"1", "2", "3"})
DUPLICATES: Final = frozenset({"18", "B13"})
DUPLICATE_REMARKS: Final = frozenset({"N111", "N522"})
MULTIPLE_PROCEDURES: Final = "59"
ASSISTANT_REMARK: Final = "N851"
SEQUESTRATION: Final = "253"


class Buckets:
    """Sums of one or several shares. Mutable while they are added up, never handed out."""

    __slots__ = (
        "charge",
        "contractual",
        "denied",
        "not_explained",
        "other",
        "paid",
        "patient",
        "pending",
        "prior_payer",
        "qmb",
        "transferred",
    )

    def __init__(self) -> None:
        self.charge = self.paid = self.contractual = self.patient = self.denied = ZERO
        self.transferred = self.other = self.prior_payer = self.not_explained = ZERO
        self.pending = ZERO
        self.qmb = False

    def add(self, adjudication: Adjudication, share: LineShare, receiving: frozenset[str]) -> None:
        """Add one share. ``receiving``: lines that were paid in place of others (OA-94)."""
        self.charge += share.charge
        self.paid += share.paid
        self.not_explained += share.not_explained
        remarks = frozenset(share.remarks + adjudication.remarks)
        qmb = not QMB_REMARKS.isdisjoint(remarks)
        for adjustment in share.adjustments:
            if moves(share, adjustment, receiving):
                self.transferred += adjustment.amount
            else:
                self._add(adjustment, remarks, paid=bool(share.paid), qmb=qmb)

    def _add(
        self, adjustment: Adjustment, remarks: frozenset[str], *, paid: bool, qmb: bool
    ) -> None:
        amount = adjustment.amount
        decided = refusal(adjustment.group, adjustment.reason, remarks=remarks, paid=paid)
        if decided in {"yes", "unknown"}:
            self.denied += amount
        elif decided == "pending":
            self.pending += amount
            self.other += amount
        elif adjustment.reason == "23":
            self.prior_payer += amount
        elif adjustment.group == "PR":
            if qmb and adjustment.reason in QMB_REASONS:
                self.qmb = True
                self.other += amount
            else:
                self.patient += amount
        elif adjustment.group == "OA":
            self.other += amount
        else:
            self.contractual += amount


def moves(share: LineShare, adjustment: Adjustment, receiving: frozenset[str]) -> bool:
    """Whether the adjustment only moves money between lines of the claim (OA-94 against CO-97)."""
    if adjustment.reason == "94":
        return adjustment.group == "OA" and share.line in receiving
    return bool(share.bundled_into) and adjustment.reason == "97" and adjustment.group == "CO"


def receiving_lines(adjudication: Adjudication) -> frozenset[str]:
    """The lines that were paid in place of other lines."""
    return frozenset(s.bundled_into for s in adjudication.lines if s.bundled_into)


def without_partner(adjudication: Adjudication) -> dict[str, Decimal]:
    """What lines were paid in place of others that do not meet it to the cent (OA-94 alone).

    Returns:
        Dollars above zero, by ``SentLine.control`` of the line that was paid.
    """
    paired = receiving_lines(adjudication)
    found = {
        share.line: -sum(
            (a.amount for a in share.adjustments if (a.group, a.reason) == ("OA", "94")), ZERO
        )
        for share in adjudication.lines
        if share.line not in paired
    }
    return {line: amount for line, amount in found.items() if amount > ZERO}


def is_duplicate(adjudication: Adjudication, share: LineShare) -> bool:
    """Whether the share only says that the line was decided before (18, B13; 97 and N111, N522)."""
    if share.paid or share.charge <= ZERO:
        return False
    remarks = {*share.remarks, *adjudication.remarks}
    reasons = {a.reason for a in share.adjustments if a.amount}
    if reasons & DUPLICATES:
        return True
    return "97" in reasons and not DUPLICATE_REMARKS.isdisjoint(remarks)


def is_copy(adjudication: Adjudication) -> bool:
    """Whether an answer only says, of every line, that it was decided before."""
    lines = adjudication.lines
    return bool(lines) and all(is_duplicate(adjudication, share) for share in lines)


def reductions(share: LineShare) -> tuple[tuple[str, Decimal | None], ...]:
    """Cuts by rule that are no refusal, as (name, amount): MPPR, sequestration.

    The assistant's part is named without an amount where the payer hides it in another reason.
    """
    found: list[tuple[str, Decimal | None]] = []
    assistant: Decimal | None = None
    for adjustment in share.adjustments:
        if adjustment.reason == MULTIPLE_PROCEDURES:
            found.append(("MPPR", adjustment.amount))
        elif adjustment.reason == SEQUESTRATION:
            found.append(("sequestration", adjustment.amount))
        elif adjustment.reason == "237":
            assistant = adjustment.amount
    if ASSISTANT_REMARK in share.remarks:
        found.append(("assistant", assistant))
    return tuple(found)
