"""Did a payer pay what a line was expected to bring? Judged on receipt by the terms it was sent by.

A patient's day is judged as a whole: MPPR leaves one unit of the day in full, and where practice
expenses tie, or two claims of the day share it, which line has it is the payer's choice (the split
that fits the payments best is taken; tolerance 0). A contract by the day is judged on the sum of
the day's claims. What the payer took as deductible, and the patient's part where the terms have no
coinsurance, are taken as the payer says them. Denied lines are not judged: they have their own next
step. Of a line of which units were refused the other units are judged alone: the refusal stands on
the worklist, and its money is in no second list. Nor is a claim judged that a replacement or a void
stands for now, or a line that the contract pays with another (a package price).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal

from attrs import evolve, field, frozen

from edi.expected import AT_ONE_RATE, Amounts, Terms, amounts, of_text
from edi.remittance import Adjustment
from reconcile.books import claim_books, standing
from reconcile.by_policy import PACKAGE_WORDS
from reconcile.denial_case import refusing
from reconcile.match_lines import MERGED
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, SentClaim, SentLine

Verdict = Literal["as expected", "underpaid", "overpaid", "does not balance", "no expectation"]
DEDUCTIBLE: Final = frozenset({"1"})
PATIENT_PART: Final = frozenset({"1", "2", "3"})  # deductible, coinsurance, copay
JUDGED: Final = frozenset({"paid", "reduced", "check"})  # states of lines that were paid for
PACKAGE_FLAGS: Final = frozenset(PACKAGE_WORDS.values())
PER_DIEM: Final = "per diem"
DAY_OPEN: Final = "a claim of the day has no answer yet, and the contract pays for the day"
NO_TERMS: Final = "sent without an expected amount"
SEE: Final = "claimline denials has its next step"


@frozen(kw_only=True)
class Answered:
    """A sent claim with what came back for it."""

    claim: SentClaim
    adjudications: tuple[Adjudication, ...]
    books: tuple[LineBooks, ...]


def answered(claim: SentClaim, adjudications: Iterable[Adjudication]) -> Answered:
    """A claim with its books made."""
    given = tuple(adjudications)
    return Answered(claim=claim, adjudications=given, books=claim_books(claim, given))


@frozen(kw_only=True, eq=False)
class Item:
    """A line with its terms and its payer's newest decision. ``why``: it is not judged.

    ``line`` has the units and the charge that are judged: without those that were refused.
    """

    claim: SentClaim
    line: SentLine
    terms: Terms
    share: LineShare | None = field(repr=False)
    why: str = ""
    refused: tuple[Adjustment, ...] = ()  # what of the line was refused
    of_units: Decimal | None = None  # units sent, where some were refused; ``line`` has the others

    @property
    def is_judged(self) -> bool:
        """Whether it was paid for, and something was expected."""
        return not self.why and self.share is not None

    @property
    def may_be_full(self) -> bool:
        """Whether the day's full unit may be on it: paid for, or not answered yet."""
        return not self.why or bool(self.refused)

    @property
    def left_to_patient(self) -> Decimal | None:
        """The patient's part where it is the payer's to say; ``None`` where the terms say it."""
        if self.terms.coinsurance is not None or self.share is None:
            return None
        return _part(self.share, PATIENT_PART)

    def amounts(self, *, full: bool, patient: Decimal | None = None) -> Amounts:
        """What was expected, with the deductible and the patient's part as the payer says.

        ``patient`` stands in place of the line's own where lines are judged together.
        """
        share = self.share
        own = self.terms.coinsurance is not None
        return amounts(
            self.terms,
            self.line.units,
            self.line.charge,
            full=full,
            deductible=_part(share, DEDUCTIBLE) if own and share is not None else None,
            patient=self.left_to_patient if patient is None else patient,
        )


@frozen(kw_only=True, eq=False)
class Group:
    """Lines whose payments stand for each other: merged, bundled, or at one rate together."""

    items: tuple[Item, ...]

    @property
    def paid(self) -> Decimal:
        """What the payer paid for all of them."""
        return sum((item.share.paid for item in self.items if item.share is not None), ZERO)

    def amounts(self, holder: Item | None) -> tuple[Amounts, ...]:
        """What was expected of each line, where that one has the day's full unit.

        A copay that a payer puts on one line of several is not lost where it is more than that
        line brings; a visit's rate is one amount.
        """
        if self.items[0].terms.kind in AT_ONE_RATE:
            return (self._at_one_rate(),)
        left = self._left_to_patient()
        found = []
        for item in self.items:
            full = item is holder
            part = None
            if left is not None:
                part = min(left, item.amounts(full=full).allowed)
                left -= part
            found.append(item.amounts(full=full, patient=part))
        return tuple(found)

    def _at_one_rate(self) -> Amounts:
        """The rate of a visit or a day, which its lines share."""
        first = self.items[0]
        parts = sum((item.terms.unit for item in self.items), start=ZERO)
        charge = sum((item.line.charge for item in self.items), start=ZERO)
        whole = evolve(first.terms, unit=first.terms.rate or parts)
        line = evolve(first.line, charge=charge)
        patient = self._left_to_patient()
        return evolve(first, terms=whole, line=line).amounts(full=True, patient=patient)

    def _left_to_patient(self) -> Decimal | None:
        """The patient's part of all lines, where it is the payer's to say."""
        parts = [item.left_to_patient for item in self.items]
        said = [part for part in parts if part is not None]
        return sum(said, start=ZERO) if len(said) == len(parts) > 1 else None

    def expected(self, holder: Item | None) -> Decimal:
        """What it should have paid, where that line has the day's full unit."""
        found = (one.paid for one in self.amounts(holder))
        return sum((paid for paid in found if paid is not None), ZERO)

    @property
    def not_explained(self) -> tuple[Decimal, ...]:
        """What the payer's own amounts leave open of the charges, line by line."""
        rests = (item.share.not_explained for item in self.items if item.share is not None)
        return tuple(rest for rest in rests if rest)

    def off(self, holder: Item | None) -> Decimal:
        """Paid above what was expected; negative: below."""
        return self.paid - self.expected(holder)


@frozen(kw_only=True)
class Day:
    """The lines of one payer, billing provider and day, and which of them has the full unit."""

    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    holder: Item | None


def days(claims: Sequence[Answered]) -> Iterator[Day]:
    """The claims of a patient by payer, billing provider and day of service."""
    found: dict[tuple[str, str, str], list[Item]] = {}
    for given in claims:
        claim = given.claim
        for item in _items(given):
            key = (claim.payer, claim.billing_npi, item.line.date.isoformat())
            found.setdefault(key, []).append(item)
    for raw in found.values():
        items = tuple(_without_refused(tuple(_of_paid_days(raw))))
        groups = tuple(_groups(items))
        yield Day(items=items, groups=groups, holder=_holder(items, groups))


def _of_paid_days(items: Sequence[Item]) -> Iterator[Item]:
    """Where a contract pays for a day, a line paid nothing is judged with those that were paid.

    Not before all of the day is answered: the rest may still be paid on another claim.
    """
    of_days = [one for one in items if one.terms.kind == PER_DIEM and not one.terms.why]
    paid = {one.terms.scope for one in of_days if one.is_judged}
    waiting = {one.terms.scope for one in of_days if one.share is None and not one.why}
    for item in items:
        scope = item.terms.scope
        if item.terms.kind != PER_DIEM or item.terms.why or item.share is None:
            yield item
        elif scope in paid:
            yield evolve(item, why=DAY_OPEN if scope in waiting else "")
        else:
            yield item


def _items(given: Answered) -> Iterator[Item]:
    claim = given.claim
    if claim.replaced_by or claim.voided_by:
        return
    decisions = standing(given.adjudications)
    books = {each.line: each for each in given.books}
    is_paid_for = any(each.status in JUDGED for each in given.books)
    for line in claim.lines:
        terms = of_text(line.terms) or Terms(why=NO_TERMS)
        own = _own(claim, decisions.get(line.control, ()))
        why = terms.why
        if not why and own and not (terms.kind == "per visit" and is_paid_for):
            why = _not_judged(books[line.control])
        share = own[-1][1] if own else None
        refused: tuple[Adjustment, ...] = ()
        is_refused = terms.kind not in AT_ONE_RATE or books[line.control].denied > ZERO
        if share is not None and not why and is_refused:
            refused = refusing(share, frozenset((*share.remarks, *own[-1][0].remarks)))
        yield Item(claim=claim, line=line, terms=terms, share=share, why=why, refused=refused)


_Said = tuple[Adjudication, LineShare]


def _own(claim: SentClaim, decisions: Iterable[_Said]) -> list[_Said]:
    """What the payer billed said of a line; where it is the next payer, too, in the first turn."""
    said = [one for one in decisions if one[0].payer == claim.payer]
    return [one for one in said if one[0].rank == claim.payer_rank] or said


def _not_judged(books: LineBooks) -> str:
    """Why a line with an answer is not judged; empty where it is."""
    if books.status not in JUDGED:
        return books.status
    return next((flag for flag in books.flags if flag in PACKAGE_FLAGS), "")


def _part(share: LineShare, reasons: frozenset[str]) -> Decimal:
    """What the payer left to the patient for these reasons."""
    return sum((a.amount for a in share.adjustments if _is_part(a.group, a.reason, reasons)), ZERO)


def _is_part(group: str, reason: str, reasons: frozenset[str]) -> bool:
    return group == "PR" and reason in reasons


def _without_refused(items: Sequence[Item]) -> Iterator[Item]:
    """Each line that is judged by itself with the units that were not refused.

    Lines that are judged together, and those of a visit's or a day's rate, stay as they are.
    """
    together = Counter(_group_of(item) for item in items if item.is_judged)
    for item in items:
        alone = item.terms.kind not in AT_ONE_RATE and together[_group_of(item)] == 1
        yield _other_units(item) if item.refused and alone else item


def _other_units(item: Item) -> Item:
    """The line with the units that were not refused; not judged where that is not told.

    How many those are is said by the money, where what was refused is the charge of whole units,
    else by the units paid (SVC05).
    """
    line, share = item.line, item.share
    amount = sum((one.amount for one in item.refused), ZERO)
    units = line.units * (line.charge - amount) / line.charge if line.charge else ZERO
    if units != units.to_integral_value():
        units = (share.units if share is not None else None) or ZERO
    if not ZERO < units < line.units:
        said = ", ".join(in_short(one) for one in item.refused)
        return evolve(item, why=f"{said} was refused, of which units is not told: {SEE}")
    left = evolve(line, units=units, charge=line.charge - amount)
    return evolve(item, line=left, of_units=line.units)


def in_short(one: Adjustment) -> str:
    """An adjustment as a biller writes it: CO-151 75.00."""
    return f"{one.group}-{one.reason} {one.amount:.2f}"


def _group_of(item: Item) -> tuple[str, str]:
    """What a line's payment is judged together with: its claim, and a name within it."""
    share, claim = item.share, item.claim.control
    if item.terms.kind == "per visit":
        return claim, "visit"
    if item.terms.kind == PER_DIEM:
        return "", f"day {item.terms.scope}"
    if share is not None and share.method == MERGED:
        return claim, f"merged {share.code} {' '.join(share.modifiers)}"
    return claim, (share.bundled_into if share is not None else "") or item.line.control


def _groups(items: Iterable[Item]) -> Iterator[Group]:
    """Judged lines; those that were merged, bundled or paid by the visit together."""
    found: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        if item.is_judged:
            found.setdefault(_group_of(item), []).append(item)
    for some in found.values():
        yield Group(items=tuple(some))


def _holder(items: Sequence[Item], groups: Sequence[Group]) -> Item | None:
    """The line whose first unit is the day's full one, as the payments fit best.

    One of those with the highest practice expense of any claim of the day: which claim a payer
    sees first is its matter. Equally good ones: the one expected when it was sent.
    """
    options = list(_options(items))
    if not options:
        return None
    of_item = {item: group for group in groups for item in group.items}
    off = {group: group.off(None) for group in groups}
    wrong = sum(1 for amount in off.values() if amount)
    total = sum((abs(amount) for amount in off.values()), ZERO)

    def misfit(option: Item | None) -> tuple[int, Decimal, bool]:
        group = of_item.get(option) if option is not None else None
        expected = option is not None and option.terms.full
        if group is None:
            return wrong, total, not expected
        before, after = off[group], group.off(option)
        count = wrong - bool(before) + bool(after)
        return count, total - abs(before) + abs(after), not expected

    return min(options, key=misfit)


def _options(items: Iterable[Item]) -> Iterator[Item | None]:
    """Lines that may have the full unit: of each claim those of the highest practice expense."""
    by_claim: dict[str, list[Item]] = {}
    for item in items:
        if item.terms.further is not None and item.may_be_full:
            by_claim.setdefault(item.claim.control, []).append(item)
    for some in by_claim.values():
        top = max(item.terms.rank for item in some)
        yield from (item for item in some if item.terms.unsure or item.terms.rank == top)
    if any(item.terms.unsure for some in by_claim.values() for item in some):
        yield None
