"""How much is refused: denied lines and money, and claims that went through at the first try.

A rejection (refused before anybody decided about payment) is no denial and is counted apart. A
duplicate is none either: the first answer stands, and its money is that of the first claim.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, Literal

from attrs import define, evolve

from reconcile.books import claim_books, is_replaced
from reconcile.reports.values import (
    By,
    Case,
    first_answers,
    group_of,
    is_duplicate_line,
)
from reconcile.values import ZERO, LineBooks, SentLine

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
    doubled: Decimal = ZERO  # refused by answers that a newer one corrects; not in ``denied``

    def add(self, books: LineBooks) -> None:
        """Add one decided line."""
        self.lines += 1
        self.billed += books.charge
        twice = books.twice.denied
        self.doubled += twice
        self.denied += books.denied - twice
        self.denied_lines += books.status == "denied"
        self.reduced_lines += books.status == "reduced"


def total_of(groups: Iterable[DenialSums]) -> DenialSums:
    """Several groups together."""
    total = DenialSums()
    for one in groups:
        total.lines += one.lines
        total.denied_lines += one.denied_lines
        total.reduced_lines += one.reduced_lines
        total.duplicates += one.duplicates
        total.billed += one.billed
        total.denied += one.denied
        total.doubled += one.doubled
    return total


class Denials:
    """Adds up what stands on the lines now, after everything received.

    By payer, a line that a later payer decided too counts for each by its own word; in the total
    each line counts once, as it stands.
    """

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, DenialSums] = {}
        self.waiting = 0  # lines of which a correction waits: not counted
        self.twice = False  # a line counts for two payers
        self._total = DenialSums()

    def add(self, case: Case) -> None:
        """Add the decided lines of a claim; what stands on another claim is counted there."""
        if case.stands_on:
            self.waiting += sum(books.status in DECIDED for books in case.books)
            return
        for line, books in case.pairs():
            if is_replaced(books):  # money stands there still, the charge on the newer claim
                continue
            if books.status in DECIDED:
                _count(self._total, books)
            for group, said in self._said(case, line, books):
                if said.status in DECIDED:
                    _count(self.groups.setdefault(group, DenialSums()), said)

    def _said(
        self, case: Case, line: SentLine, books: LineBooks
    ) -> Iterator[tuple[str, LineBooks]]:
        """Who decided the line, each with the books after its answer."""
        if self._by != "payer" or not case.turns:
            yield group_of(case, self._by, line), books
            return
        for number, turn in enumerate(case.turns):
            one = next(each for each in turn.books if each.line == books.line)
            by = one.decided_by
            if number and (by is None or (by.rank, by.payer) != (turn.rank, turn.key)):
                continue
            self.twice = self.twice or number > 0
            yield turn.payer, one

    def total(self) -> DenialSums:
        """All lines, each once."""
        return self._total


def _count(sums: DenialSums, books: LineBooks) -> None:
    if is_duplicate_line(books):
        sums.duplicates += 1
    else:
        sums.add(books)


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
            outcome = outcome_of(case)
            if outcome is not None:
                self.groups.setdefault(group_of(case, self._by), PassSums()).add(outcome)
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


def outcome_of(case: Case) -> Outcome | None:
    """What became of a claim at the first try; None: it is a copy of another, no try.

    Passed: not rejected on any way, and the first payer's first payment refused nothing of it. A
    payment of 0.00 may pass: all to the deductible.
    """
    if case.rejected:
        return "rejected"
    statuses = {one.status for one in _first_books(case) if not is_duplicate_line(one)}
    if not statuses:
        return None
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
        if is_duplicate_line(books[line.control]):
            continue
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
