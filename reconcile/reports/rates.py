"""How much is refused: denied lines and money, and claims that went through at the first try.

A rejection (refused before anybody decided about payment) is no denial and is counted apart. A
duplicate is none either: the first answer stands, and its money is that of the first claim.
"""

from decimal import Decimal
from typing import Final, Literal

from attrs import define, evolve

from reconcile.books import claim_books
from reconcile.buckets import is_duplicate
from reconcile.reports.values import By, Case, first_answers, group_of
from reconcile.values import ZERO, LineBooks

Outcome = Literal["passed", "rejected", "refused", "waiting"]
DECIDED: Final = frozenset({"paid", "reduced", "denied"})


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """A part of a whole in per cent with one decimal; None where there is no whole."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"))


@define
class DenialSums:
    """The decided lines of a group."""

    lines: int = 0
    denied_lines: int = 0
    reduced_lines: int = 0
    duplicates: int = 0  # not among ``lines``
    billed: Decimal = ZERO
    denied: Decimal = ZERO  # the refused money of denied and reduced lines

    def add(self, books: LineBooks) -> None:
        """Add one decided line."""
        self.lines += 1
        self.billed += books.charge
        self.denied += books.denied
        self.denied_lines += books.status == "denied"
        self.reduced_lines += books.status == "reduced"

    def plus(self, other: "DenialSums") -> None:
        """Add the sums of another group."""
        self.lines += other.lines
        self.denied_lines += other.denied_lines
        self.reduced_lines += other.reduced_lines
        self.duplicates += other.duplicates
        self.billed += other.billed
        self.denied += other.denied


class Denials:
    """Adds up what stands on the lines now, after everything received."""

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, DenialSums] = {}

    def add(self, case: Case) -> None:
        """Add the decided lines of a claim; what stands on another claim is counted there."""
        for line, books in case.pairs():
            if books.status not in DECIDED:
                continue
            sums = self.groups.setdefault(group_of(case, self._by, line), DenialSums())
            if _is_duplicate(books):
                sums.duplicates += 1
            else:
                sums.add(books)

    def total(self) -> DenialSums:
        """All groups together."""
        total = DenialSums()
        for one in self.groups.values():
            total.plus(one)
        return total


def _is_duplicate(books: LineBooks) -> bool:
    current, by = books.current, books.decided_by
    return current is not None and by is not None and is_duplicate(by, current)


@define
class PassSums:
    """The first claims of a group by what became of them at the first try."""

    passed: int = 0
    rejected: int = 0
    refused: int = 0
    waiting: int = 0  # not in the rate

    @property
    def counted(self) -> int:
        """Those that are in the rate."""
        return self.passed + self.rejected + self.refused

    def add(self, outcome: Outcome, count: int = 1) -> None:
        """Add claims, or lines, of one outcome."""
        setattr(self, outcome, getattr(self, outcome) + count)


class FirstPass:
    """Adds up what became of claims at the first try; by code it counts lines."""

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, PassSums] = {}

    def add(self, case: Case) -> None:
        """Add a claim; what was sent in its place later is no first try and is passed over."""
        if not case.is_first:
            return
        if self._by != "code":
            group = group_of(case, self._by)
            self.groups.setdefault(group, PassSums()).add(outcome_of(case))
            return
        for line, outcome in line_outcomes(case):
            self.groups.setdefault(line, PassSums()).add(outcome)

    def total(self) -> PassSums:
        """All groups together."""
        total = PassSums()
        for one in self.groups.values():
            for outcome in ("passed", "rejected", "refused", "waiting"):
                total.add(outcome, getattr(one, outcome))
        return total


def outcome_of(case: Case) -> Outcome:
    """What became of a claim at the first try.

    Passed: not rejected on any way, and the first payer's first payment refused nothing of it. A
    payment of 0.00 may pass: all to the deductible.
    """
    if case.rejected:
        return "rejected"
    statuses = {one.status for one in _first_books(case)}
    if statuses & {"denied", "reduced"}:
        return "refused"
    return "passed" if statuses == {"paid"} else "waiting"


def line_outcomes(case: Case) -> list[tuple[str, Outcome]]:
    """The same for each line, by its code."""
    if case.rejected:
        return [(line.code, "rejected") for line in case.claim.lines]
    found: list[tuple[str, Outcome]] = []
    books = {one.line: one for one in _first_books(case)}
    for line in case.claim.lines:
        status = books[line.control].status
        if status not in DECIDED:
            found.append((line.code, "waiting"))
        else:
            found.append((line.code, "passed" if status == "paid" else "refused"))
    return found


def _first_books(case: Case) -> tuple[LineBooks, ...]:
    """The books as they stood after the first answer, whatever was sent in its place later."""
    first = first_answers(case)
    if len(first) == len(case.answers) and not (case.claim.replaced_by or case.claim.voided_by):
        return case.books
    alone = evolve(case.claim, replaced_by="", voided_by="")
    return claim_books(alone, first)
