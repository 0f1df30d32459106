"""A payment whose number is known, with other content: claim by claim, what is known and what new.

Certain is what the money says: a payment of nothing whose new claims pay nothing, or claims that,
together with those known, less the provider adjustments, make exactly the payment (BPR02). A claim
that could not be read and came again readable counts once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field
from sqlalchemy import Connection, func, select

from edi.remittance import ProviderAdjustment, RemittanceTrailer
from reconcile.ledger import mended, received, settle
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.payments import Kept
from reconcile.ledger.tables_received import claim_payment, provider_adjustment

ZERO = Decimal("0.00")


@define(kw_only=True)
class Compared:
    """What a payment's number was used for before. ``certain``: what is new may be posted."""

    known: Counter[str]  # claim payments received before, by fingerprint
    adjustments: Counter[tuple[str, str, str, str, int]]  # provider adjustments before
    certain: bool = False
    with_aside: bool = False  # what was kept aside of it before may be posted too
    nothing_new: bool = False  # every claim and provider adjustment of it was received before
    keeps_difference: bool = False  # it changes no sum: what does not add up stays as it was
    twice: list[mended.Pair] = field(factory=list)  # known and new, one of them unreadable
    why: str = "another payment has this number; it is not certain that these are new"
    _seen: Counter[str] = field(factory=Counter)

    def is_known(self, fingerprint: str) -> bool:
        """Whether the next claim payment of that fingerprint was received before."""
        self._seen[fingerprint] += 1
        return self._seen[fingerprint] <= self.known[fingerprint]

    def unseen(self, fingerprint: str) -> bool:
        """Whether not all claim payments of that fingerprint received before are in this one."""
        return self._seen[fingerprint] < self.known[fingerprint]

    def new_adjustments(
        self, found: Iterable[ProviderAdjustment]
    ) -> tuple[ProviderAdjustment, ...]:
        """Those provider adjustments that were not received before."""
        left = Counter(self.adjustments)
        new = []
        for one in found:
            key = _key(one)
            if left[key] > 0:
                left[key] -= 1
            else:
                new.append(one)
        return tuple(new)

    def forget(self) -> None:
        """Begin to count anew."""
        self._seen.clear()


def _key(one: ProviderAdjustment) -> tuple[str, str, str, str, int]:
    return one.provider, one.fiscal_date, one.reason, one.reference, to_cents(one.amount)


def compare(connection: Connection, row: Any, digest: str, same: Sequence[Any]) -> Compared:
    """Compare a payment with those of the same number.

    Args:
        connection: the open transaction.
        row: the payment, still to be posted.
        digest: of the file it stands in.
        same: the payments of that number that were dealt with before.
    """
    compared = Compared(known=_fingerprints(connection, row), adjustments=_before(connection, same))
    new_paid, has_money, adjustments, anything_new = ZERO, False, ZERO, False
    again = mended.Again(connection, row)
    for part in settle.parts_of(connection, digest, row.number):
        if isinstance(part, Kept):
            if not compared.is_known(part.fingerprint):
                anything_new = True
                again.add(part.payment, part.fingerprint)
                new_paid += part.payment.paid
                has_money = has_money or part.payment.paid != ZERO
        elif isinstance(part, RemittanceTrailer):
            new = compared.new_adjustments(part.provider_adjustments)
            anything_new = anything_new or bool(new)
            adjustments = sum((one.amount for one in new), ZERO)
    pairs = again.pairs(compared.unseen)
    compared.forget()
    taken = adjustments + _taken(connection, same)
    posted, aside = _paid(connection, row.payment_id)
    paid = dollars(row.paid)
    no_money = paid == ZERO and not has_money and adjustments == ZERO
    for some in (pairs, []) if pairs else ([],):
        left = paid - (posted + new_paid - taken - mended.superseded_paid(some))
        compared.twice = some
        compared.with_aside = no_money or left == aside
        compared.certain = compared.with_aside or left == ZERO
        if compared.certain:
            break
    if not compared.certain and again.is_only(pairs) and adjustments == ZERO:
        compared.twice, compared.certain, compared.keeps_difference = pairs, True, True
    number = next((other.trace for other in same if other.trace != row.trace), "")
    if number:
        compared.why = f"perhaps payment {number} again, its number written with other zeros"
    compared.nothing_new = not anything_new
    return compared


def _fingerprints(connection: Connection, row: Any, *, own: bool = False) -> Counter[str]:
    """The claim payments received of a payment; with those of ``row`` itself if ``own``."""
    c = claim_payment.c
    condition = c.payment_id == row.payment_id
    if not own:
        condition &= c.remittance_id != row.id
    query = select(c.fingerprint, func.count()).where(condition).group_by(c.fingerprint)
    return Counter({found[0]: found[1] for found in connection.execute(query)})


def _before(connection: Connection, same: Sequence[Any]) -> Counter[tuple[str, str, str, str, int]]:
    p = provider_adjustment.c
    query = select(p.provider, p.fiscal_date, p.reason, p.reference, p.cents).where(
        p.remittance_id.in_([other.id for other in same])
    )
    return Counter(tuple(found) for found in connection.execute(query))


def _taken(connection: Connection, same: Sequence[Any]) -> Decimal:
    query = select(func.coalesce(func.sum(provider_adjustment.c.cents), 0)).where(
        provider_adjustment.c.remittance_id.in_([other.id for other in same])
    )
    return dollars(int(connection.execute(query).scalar_one()))


def _paid(connection: Connection, payment_id: int) -> tuple[Decimal, Decimal]:
    """What the claims of that payment were paid: those dealt with, and those aside."""
    c = claim_payment.c
    query = select(c.state, func.sum(c.paid)).where(c.payment_id == payment_id).group_by(c.state)
    sums = {state: dollars(int(cents)) for state, cents in connection.execute(query)}
    sums.pop(mended.SUPERSEDED, ZERO)
    aside = sums.pop("aside", ZERO)
    return sum(sums.values(), ZERO), aside


def covers(connection: Connection, cut: Any, row: Any, digest: str = "") -> bool:
    """Whether all of a payment that is not whole was received whole, as claims of ``row``'s.

    Its last claim may be cut in the middle: it is not looked at.

    Args:
        connection: the open transaction.
        cut: the payment that is not whole.
        row: of the same payment, whole.
        digest: of the file ``cut`` stands in; looked up where empty.
    """
    digest = digest or received.digest_of(connection, cut.file_id)
    parts = settle.parts_of(connection, digest, cut.number)
    marks = [part.fingerprint for part in parts if isinstance(part, Kept)]
    known = _fingerprints(connection, row, own=True)
    return not Counter(marks[:-1]) - known
