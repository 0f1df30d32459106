"""Where the billed money stands: each group's charges, split into what became of them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import define

from reconcile.books import is_replaced
from reconcile.reports.values import By, Case, group_of, is_duplicate_line, said_later
from reconcile.values import ZERO, LineBooks

OF_BOOKS: Final = (
    "paid", "contractual", "patient", "denied", "transferred", "other", "open", "not_explained",
)  # fmt: skip
# ``charge`` is the sum of these, for each line (``LineBooks``) and so for each group.
PARTS: Final = (*OF_BOOKS, "passed_on")
TWICE: Final = ("doubled", "left_twice", "written_off_twice")
ELSEWHERE: Final = frozenset({"elsewhere", "replaced", "voided"})  # billed again, or no more


@define
class Money:
    """What became of a group's charges."""

    claims: int = 0
    lines: int = 0
    charge: Decimal = ZERO
    paid: Decimal = ZERO
    contractual: Decimal = ZERO
    patient: Decimal = ZERO
    denied: Decimal = ZERO
    transferred: Decimal = ZERO
    other: Decimal = ZERO
    open: Decimal = ZERO
    not_explained: Decimal = ZERO
    passed_on: Decimal = ZERO  # paid or refused by later payers; in their groups below zero
    closed: Decimal = ZERO  # of ``denied``: on claims that a person closed
    doubled: Decimal = ZERO  # refused by answers that a newer one corrects; in no part
    left_twice: Decimal = ZERO  # left to the patient by such; in no part
    written_off_twice: Decimal = ZERO  # written off by such; in no part

    def add(self, books: LineBooks, *, closed: bool = False) -> None:
        """Add one line."""
        self.lines += 1
        self.charge += books.charge
        for part in OF_BOOKS:
            setattr(self, part, getattr(self, part) + getattr(books, part))
        twice, left, off = books.twice.denied, books.twice.patient, books.twice.contractual
        self.doubled += twice
        self.left_twice += left
        self.written_off_twice += off
        self.denied -= twice
        self.patient -= left
        self.contractual -= off
        self.open += twice + left + off  # without them the line was decided once
        if is_replaced(books) and books.status not in ELSEWHERE:  # the newer claim has the charge
            self.charge -= books.charge
            self.other -= books.charge
        if closed:
            self.closed += books.denied - twice

    def pass_on(self, paid: Decimal, denied: Decimal) -> None:
        """What a later payer paid and refused of a line is not this payer's word."""
        self.paid -= paid
        self.denied -= denied
        self.passed_on += paid + denied

    def plus(self, other: "Money") -> None:
        """Add another group."""
        for name in ("claims", "lines", "charge", "closed", *TWICE, *PARTS):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_whole(self) -> bool:
        """Whether the parts come to the charge."""
        return self.charge == sum((getattr(self, part) for part in PARTS), ZERO)


class Summary:
    """Adds up the books of claims; what stands on another claim is counted there alone.

    By payer, what a later payer paid or refused stands in the group of that payer.
    """

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, Money] = {}
        self.elsewhere = Money()  # charges billed again on another claim, or voided
        self.waiting = Money()  # charges of which a correction waits: the other claim counts
        self.duplicates = Money()  # refused as copies of others
        self._claims = 0

    def add(self, case: Case) -> None:
        """Add a claim; by code and by payer it counts once for each of its groups."""
        seen: set[str] = set()
        later = said_later(case) if self._by == "payer" and case.turns else {}
        for line, books in case.pairs():
            apart = self._apart(case, books)
            if apart is not None:
                apart.add(books)
                continue
            money = self._group(group_of(case, self._by, line), seen)
            money.add(books, closed=case.closed)
            for payer, paid, denied in later.get(books.line, ()):
                money.pass_on(paid, denied)
                self._group(payer, seen).pass_on(-paid, -denied)
        self._claims += bool(seen)

    def _apart(self, case: Case, books: LineBooks) -> Money | None:
        """Where a line that is in no group is counted."""
        if books.status in ELSEWHERE:
            return self.elsewhere
        if case.stands_on:
            return self.waiting
        return self.duplicates if is_duplicate_line(books) else None

    def _group(self, name: str, seen: set[str]) -> Money:
        money = self.groups.setdefault(name, Money())
        money.claims += name not in seen
        seen.add(name)
        return money

    def total(self) -> Money:
        """All groups together, each claim once."""
        total = total_of(self.groups.values())
        total.claims = self._claims
        return total


def total_of(groups: Iterable[Money]) -> Money:
    """Several groups together."""
    total = Money()
    for one in groups:
        total.plus(one)
    return total
