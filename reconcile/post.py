"""From a matched claim payment to an adjudication, and from that to postings in cents.

Per payer and adjudication: charge = paid + adjustments, for each line and for the claim. Books are
a function of the set of adjudications: see ``reconcile.books``.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from edi.remittance import ClaimPayment
from reconcile.books import books, claim_books
from reconcile.corrected_patient import note_of
from reconcile.match_lines import match_lines
from reconcile.shares import line_shares
from reconcile.values import (
    ZERO,
    Adjudication,
    LineShare,
    Posting,
    PostingKind,
    SentClaim,
    UnmatchedLine,
)

__all__ = ["adjudicate", "books", "claim_books", "postings", "posts", "rank"]

REVERSAL: Final = "22"
NEVER_POSTED: Final = frozenset({"23", "25"})  # forwarded without a decision; an estimate
FORWARDED: Final = frozenset({"19", "20", "21"})
FORWARDED_REMARKS: Final = frozenset({"MA18", "N89", "MA07"})  # MA07: to Medicaid
RANKS: Final[dict[str, Literal["P", "S", "T"]]] = {
    "1": "P",
    "19": "P",
    "2": "S",
    "20": "S",
    "3": "T",
    "21": "T",
}
POSITIVE_REVERSAL: Final = "reversal sent with positive amounts"
CENTS: Final = Decimal(100)
Amount = tuple[str, PostingKind, str, str, int]  # line, kind, group, reason, cents
NO_LINES: Final[Mapping[int, str]] = MappingProxyType({})


def posts(payment: ClaimPayment) -> bool:
    """Whether the payment may touch the books: not 23, not 25, and readable throughout."""
    return payment.status not in NEVER_POSTED and not payment.faults


def rank(status: str, claim: SentClaim, payer: str) -> Literal["P", "S", "T"]:
    """Whose turn it was: CLP02 says so but for 4 and 22, where the sent claim does."""
    if status in RANKS:
        return RANKS[status]
    if payer not in {claim.payer, claim.payer_id}:
        return "S" if claim.payer_rank == "P" else "T"
    if claim.payer_rank == "S":
        return "S"
    return "T" if claim.payer_rank == "T" else "P"


def adjudicate(
    payment: ClaimPayment,
    claim: SentClaim,
    *,
    id: str,
    method: str,
    payer: str,
    date: dt.date,
    trace: str,
    by_hand: Mapping[int, str] = NO_LINES,
) -> Adjudication:
    """One claim payment as what it says of each sent line.

    Args:
        payment: the claim payment.
        claim: the sent claim it was matched to.
        id: of the adjudication; the same whatever the order of receipt.
        method: how the claim was matched (``ClaimMatch.method``).
        payer: ``SentClaim.payer``, or the remittance's payer id where another payer paid.
        date: the payment date (BPR16).
        trace: the payment's trace number (TRN02).
        by_hand: what a person said of its lines: n-th SVC, from 1, to line control number.
    """
    shares, unmatched, notes = line_shares(payment, claim, match_lines(payment, claim, by_hand))
    paid = ZERO
    for share in shares:
        paid += share.paid
    for line in unmatched:
        paid += line.paid
    if payment.status == REVERSAL and payment.charge > ZERO:
        notes = (*notes, POSITIVE_REVERSAL)
    corrected = note_of(payment.names, claim.member_id)
    if corrected:
        notes = (*notes, corrected)
    return Adjudication(
        id=id,
        claim=claim.control,
        method=method,
        payer=payer,
        rank=rank(payment.status, claim, payer),
        status=payment.status,
        payer_control=payment.payer_control,
        trace=trace,
        date=date,
        charge=payment.charge,
        paid=payment.paid,
        remarks=payment.remarks,
        crossover=payment.status in FORWARDED or not FORWARDED_REMARKS.isdisjoint(payment.remarks),
        lines=shares,
        unmatched=unmatched,
        difference=payment.paid - paid,
        position=payment.position,
        notes=notes,
    )


@lru_cache(maxsize=65536)
def cents(amount: Decimal) -> int:
    """Dollars as whole cents; the amount has at most two decimals."""
    return int(amount * CENTS)


def postings(adjudication: Adjudication) -> tuple[Posting, ...]:
    """The adjudication's amounts in cents. They sum to CLP03, the paid ones to CLP04."""
    return tuple(
        Posting(
            claim=adjudication.claim,
            line=line,
            payer=adjudication.payer,
            adjudication=adjudication.id,
            kind=kind,
            group=group,
            reason=reason,
            cents=amount,
        )
        for line, kind, group, reason, amount in amounts_of(adjudication)
    )


def amounts_of(adjudication: Adjudication) -> list[Amount]:
    """What ``postings`` are made of: line, kind, group, reason, cents."""
    found: list[Amount] = []
    if adjudication.status in NEVER_POSTED:
        return found
    open_charge = adjudication.charge
    for share in adjudication.lines:
        open_charge -= share.charge
        _of_line(found, share.line, share)
    for line in adjudication.unmatched:
        open_charge -= line.charge
        _of_line(found, "", line)
    if adjudication.difference:
        found.append(("", "paid", "", "", cents(adjudication.difference)))
    if open_charge != adjudication.difference:
        rest = open_charge - adjudication.difference
        found.append(("", "not explained", "", "", cents(rest)))
    return found


def _of_line(found: list[Amount], line: str, said: LineShare | UnmatchedLine) -> None:
    if said.paid:
        found.append((line, "paid", "", "", cents(said.paid)))
    found += [
        (line, "adjustment", a.group, a.reason, cents(a.amount))
        for a in said.adjustments
        if a.amount
    ]
    if said.not_explained:
        found.append((line, "not explained", "", "", cents(said.not_explained)))
