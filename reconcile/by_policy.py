"""What a payer's policy changes in how an answer is read: package prices, a secondary's CO-45.

The books say what came back; these are the words and the status that follow where the practice
file says how the payer pays.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from attrs import evolve

from reconcile.buckets import is_duplicate
from reconcile.look import NOTHING_PAID
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, PayerFacts

FactsOf = Callable[[Adjudication], PayerFacts | None]

# Zero-paid lines with these alone are no denials where the contract pays for a whole visit, a
# case or by capitation: DENIALS.md row 25 (ASH, Optum per visit, IPAs, some Blues).
PACKAGE: Final = frozenset({("CO", "45"), ("CO", "97"), ("CO", "24"), ("CO", "256")})
PACKAGE_WORDS: Final = {
    "per visit": "package price: the visit is paid as one, on another line",
    "per diem": "package price: the day is paid as one, on another line",
    "case rate": "package price: the case is paid as one",
    "capitation": "package price: paid by capitation, nothing by claim",
}
_ON_ANOTHER_LINE: Final = frozenset({"per visit", "per diem"})
RESTATES: Final = "restates the rest of the charge: nothing is written off twice"
LOOKS_RESTATED: Final = "looks like the rest of the charge, not a write-off of its own"


def by_policy(books: Iterable[LineBooks], facts_of: FactsOf) -> tuple[LineBooks, ...]:
    """The books as the payers' policies read them; ``charge`` stays the sum of its parts.

    Args:
        books: of a claim's lines.
        facts_of: the facts of the payer that gave an answer; None where it is not known.
    """
    return tuple(_read(one, facts_of) for one in books)


def _read(books: LineBooks, facts_of: FactsOf) -> LineBooks:
    share, decided = books.current, books.decided_by
    if share is None or decided is None:
        return books
    facts = facts_of(decided)
    if facts is None:
        return books
    if decided.rank != "P":
        words = _restated(books, share, facts)
        return evolve(books, flags=(*books.flags, words)) if words else books
    return _packaged(books, facts) if is_package(share, decided, facts) else books


def is_package(share: LineShare, decided: Adjudication, facts: PayerFacts) -> bool:
    """Whether a line was paid nothing because the contract pays for more than the line.

    By visit or day, another line of the answer must be paid: else nobody has paid for it.
    """
    if facts.payment_basis not in PACKAGE_WORDS or share.paid or share.charge <= ZERO:
        return False
    if facts.payment_basis in _ON_ANOTHER_LINE and decided.paid <= ZERO:
        return False
    said = {(a.group, a.reason) for a in share.adjustments if a.amount and a.group != "PR"}
    return bool(said) and said <= PACKAGE and not is_duplicate(decided, share)


def _packaged(books: LineBooks, facts: PayerFacts) -> LineBooks:
    """A line of a package is paid, and what was not paid for it is the contract's."""
    kept = tuple(flag for flag in books.flags if flag != NOTHING_PAID)
    twice = books.twice
    return evolve(
        books,
        status="paid",
        contractual=books.contractual + books.denied,
        denied=ZERO,
        twice=evolve(twice, contractual=twice.contractual + twice.denied, denied=ZERO),
        flags=(*kept, PACKAGE_WORDS[facts.payment_basis]),
    )


def _restated(books: LineBooks, share: LineShare, facts: PayerFacts) -> str:
    """What to say of a secondary's CO-45 that is the whole rest of the charge (X12 RFI 1696).

    The books are right either way: the newest answer restates what the earlier left.
    """
    written = sum((a.amount for a in share.adjustments if _is_co45(a.group, a.reason)), ZERO)
    left = _left(share)
    if written <= ZERO or any(a.reason == "23" for a in share.adjustments) or written < left:
        return ""
    name, words = facts.name or facts.key, f"CO-45 {written}"
    if facts.secondary_co45 == "restates":
        return f"{words} of {name} {RESTATES}"
    if facts.secondary_co45 == "adjusts":
        return f"{words} of {name} {LOOKS_RESTATED}; its policy says it adjusts: ask the payer"
    if books.paid > share.paid:
        return f"{words} of {name} {LOOKS_RESTATED}: say secondary_co45 in its policy"
    return ""


def _is_co45(group: str, reason: str) -> bool:
    return group == "CO" and reason == "45"


def _left(share: LineShare) -> Decimal:
    """The charge without what this payer paid, and left to the patient."""
    patient = sum((a.amount for a in share.adjustments if a.group == "PR"), ZERO)
    return share.charge - share.paid - patient
