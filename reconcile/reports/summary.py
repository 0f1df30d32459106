"""Where the billed money stands: each group's charges, split into what became of them."""

from decimal import Decimal
from typing import Final

from attrs import define

from reconcile.reports.values import By, Case, group_of
from reconcile.values import ZERO, LineBooks

# ``charge`` is the sum of these, for each line (``LineBooks``) and so for each group.
PARTS: Final = (
    "paid", "contractual", "patient", "denied", "transferred", "other", "open", "not_explained",
)  # fmt: skip
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

    def add(self, books: LineBooks) -> None:
        """Add one line."""
        self.lines += 1
        self.charge += books.charge
        for part in PARTS:
            setattr(self, part, getattr(self, part) + getattr(books, part))

    def plus(self, other: "Money") -> None:
        """Add another group."""
        for name in ("claims", "lines", "charge", *PARTS):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_whole(self) -> bool:
        """Whether the parts come to the charge."""
        return self.charge == sum((getattr(self, part) for part in PARTS), ZERO)


class Summary:
    """Adds up the books of claims; what stands on another claim is counted there alone."""

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, Money] = {}
        self.elsewhere = Money()  # charges billed again on another claim, or voided

    def add(self, case: Case) -> None:
        """Add a claim; by code it counts once for each of its codes."""
        seen: set[str] = set()
        for line, books in case.pairs():
            if books.status in ELSEWHERE:
                self.elsewhere.add(books)
                continue
            group = group_of(case, self._by, line)
            money = self.groups.setdefault(group, Money())
            money.add(books)
            if group not in seen:
                seen.add(group)
                money.claims += 1

    def total(self) -> Money:
        """All groups together; by code a claim counts once for each of its codes."""
        total = Money()
        for one in self.groups.values():
            total.plus(one)
        return total
