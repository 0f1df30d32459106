"""From a matched claim payment to an adjudication, and from that to postings in cents.

Per payer and adjudication: charge = paid + adjustments, for each line and for the claim. Books are
a function of the set of adjudications: see ``reconcile.books``.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from edi.remittance import Adjustment, ClaimPayment
from reconcile.books import books, claim_books
from reconcile.match_lines import match_lines
from reconcile.shares import line_shares
from reconcile.values import ZERO, Adjudication, Posting, PostingKind, SentClaim

__all__ = ["adjudicate", "books", "claim_books", "postings", "posts", "rank"]

REVERSAL: Final = "22"
NEVER_POSTED: Final = frozenset({"23", "25"})  # forwarded without a decision; an estimate
FORWARDED: Final = frozenset({"19", "20", "21"})
FORWARDED_REMARKS: Final = frozenset({"MA18", "N89"})
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


def cents(amount: Decimal) -> int:
    """Dollars as whole cents; the amount has at most two decimals."""
    return int(amount * CENTS)


def postings(adjudication: Adjudication) -> tuple[Posting, ...]:
    """The adjudication's amounts in cents. They sum to CLP03, the paid ones to CLP04."""
    if adjudication.status in NEVER_POSTED:
        return ()
    return tuple(_postings(adjudication))


def _postings(adjudication: Adjudication) -> Iterator[Posting]:
    for share in adjudication.lines:
        yield from _line(
            adjudication, share.line, share.paid, share.adjustments, share.not_explained
        )
    open_charge = adjudication.charge
    for share in adjudication.lines:
        open_charge -= share.charge
    for line in adjudication.unmatched:
        open_charge -= line.charge
        yield from _line(adjudication, "", line.paid, line.adjustments, line.not_explained)
    if adjudication.difference:
        yield _posting(adjudication, "", "paid", adjudication.difference)
    if open_charge != adjudication.difference:
        rest = open_charge - adjudication.difference
        yield _posting(adjudication, "", "not explained", rest)


def _line(
    adjudication: Adjudication,
    line: str,
    paid: Decimal,
    adjustments: tuple[Adjustment, ...],
    rest: Decimal,
) -> Iterator[Posting]:
    if paid:
        yield _posting(adjudication, line, "paid", paid)
    for a in adjustments:
        if a.amount:
            yield _posting(
                adjudication, line, "adjustment", a.amount, group=a.group, reason=a.reason
            )
    if rest:
        yield _posting(adjudication, line, "not explained", rest)


def _posting(
    adjudication: Adjudication,
    line: str,
    kind: PostingKind,
    amount: Decimal,
    *,
    group: str = "",
    reason: str = "",
) -> Posting:
    return Posting(
        claim=adjudication.claim,
        line=line,
        payer=adjudication.payer,
        adjudication=adjudication.id,
        kind=kind,
        group=group,
        reason=reason,
        cents=cents(amount),
    )
