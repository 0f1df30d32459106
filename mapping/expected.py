"""What each line of a day should bring: by the payer's contract, or by Medicare's fee schedule.

``expect`` fills ``Line.expected``. The multiple procedure payment reduction (MPPR) counts the units
of the patient's day over lines, claims and disciplines: one unit of the highest practice expense
stays whole (Claims Processing Manual ch. 5 10.7). Which of equal units it is, and which of two
claims, is the payer's choice; the terms keep enough to accept each. A code or year without a table
gives no amount, and says so.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from attrs import frozen

from edi.expected import ZERO, Amounts, Terms, amounts, in_words, to_text
from mapping import fee_terms, separations
from mapping.day import Day, Line, changed
from mapping.fee_terms import Basis, Coded
from mapping.reference import ReferenceTables
from mapping.totals import DeductibleLeft
from mapping.visit import Visit


@frozen(kw_only=True)
class Expected:
    """What a line should bring. Without amounts ``why`` says what is missing."""

    terms: Terms
    amounts: Amounts | None
    text: str  # of the terms, as the ledger keeps them
    because: tuple[str, ...]  # the arithmetic in words, then what was assumed

    @property
    def allowed(self) -> Decimal | None:
        """What the payer should allow; nothing of a line that it never pays."""
        if self.terms.unpaid:
            return ZERO
        return self.amounts.allowed if self.amounts is not None else None

    @property
    def paid(self) -> Decimal | None:
        """What the payer itself should pay; ``None`` where the patient's part is not known."""
        return self.amounts.paid if self.amounts is not None else None

    @property
    def why(self) -> str:
        """Why nothing is expected; empty where something is."""
        return self.terms.why

    @property
    def version(self) -> str:
        """The tables or the contract that decided."""
        return self.terms.version


def expect(day: Day) -> Day:
    """The day with the expected amounts of its lines."""
    basis = fee_terms.basis(day)
    found = _terms_of(day, basis)
    left = _deductible(day, basis)
    if left is not None:
        found = tuple(_with_deductible(found, left, day.lines))
    lines = tuple(
        [
            changed(line, expected=expected(terms, Decimal(line.units), line.charge))
            for line, terms in zip(day.lines, found, strict=True)
        ]
    )
    return changed(day, lines=lines)


def _terms_of(day: Day, basis: Basis) -> tuple[Terms, ...]:
    if basis.per_visit is not None:
        return _visit_parts(day, basis, basis.per_visit)
    if basis.per_day is not None:
        return tuple(_day_parts(day, basis, basis.per_day))
    own = tuple([Coded(line.row.code, line.modifiers, line.units) for line in day.lines])
    earlier: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    if basis.ranks and (day.siblings or day.others):
        earlier = tuple(sorted({one.code for one in day.others if separations.is_same(day, one)}))
        later = tuple(sorted(set(_of_siblings(day, basis))))
    return _ranked(day.reference, basis, own, earlier, later)


def _deductible(day: Day, basis: Basis) -> DeductibleLeft | None:
    """What somebody entered as left of the year's deductible; nothing: it is taken as met."""
    if basis.kind != "medicare" or not day.history.deductibles:
        return None
    return day.history.deductibles.get((day.key[0], day.date.year))


@lru_cache(maxsize=65536)
def expected(terms: Terms, units: Decimal, charge: Decimal | None) -> Expected:
    """The amounts of a line by its terms; a line without a charge has none."""
    if terms.why or charge is None:
        missing = terms if terms.why else Terms(why="the line has no charge")
        return Expected(
            terms=missing,
            amounts=None,
            text=to_text(missing),
            because=(f"no expected amount: {missing.why}",),
        )
    found = amounts(terms, units, charge, full=terms.full)
    words = in_words(terms, units, charge, found, full=terms.full)
    notes = (*terms.notes, terms.unsure) if terms.unsure else terms.notes
    return Expected(
        terms=terms,
        amounts=found,
        text=to_text(terms),
        because=(f"expected: {words}", *notes, f"by {terms.version}"),
    )


@lru_cache(maxsize=16384)
def _ranked(
    reference: ReferenceTables,
    basis: Basis,
    own: tuple[Coded, ...],
    earlier: tuple[str, ...],
    later: tuple[str, ...],
) -> tuple[Terms, ...]:
    """The terms of lines; ``earlier`` and ``later`` are codes of the day's other claims."""
    found = tuple(fee_terms.of_line(reference, basis, line) for line in own)
    if not basis.ranks:
        return found
    return fee_terms.ranked(found, own, fee_terms.rivals(reference, basis, earlier, later))


def _of_siblings(day: Day, basis: Basis) -> Iterator[str]:
    for visit in day.siblings:
        if _payer(visit) == day.payer.key and _entity(day, visit) == basis.entity:
            yield from (procedure.code for procedure in visit.procedures)


def _payer(visit: Visit) -> str:
    return visit.coverages[0].payer if visit.coverages else ""


def _entity(day: Day, visit: Visit) -> str:
    location = day.practice.locations.get(visit.location)
    return day.practice.entity_of(location).key if location is not None else ""


def _visit_parts(day: Day, basis: Basis, rate: Decimal) -> tuple[Terms, ...]:
    """A visit's rate over the lines in proportion to their charges; the last takes the rest."""
    charges = [line.charge or ZERO for line in day.lines]
    total = sum(charges, start=ZERO)
    rate *= len(day.visits)
    if basis.lesser and total < rate:
        rate = total
    return tuple(fee_terms.per_visit(basis, part) for part in _parts(rate, charges, total))


def _parts(rate: Decimal, charges: Iterable[Decimal], total: Decimal) -> Iterator[Decimal]:
    left, rest = rate, total
    for charge in charges:
        part = fee_terms.whole(left * charge / rest) if rest else left
        left, rest = left - part, rest - charge
        yield part


def _day_parts(day: Day, basis: Basis, rate: Decimal) -> Iterator[Terms]:
    """A day's rate over the lines of its first claim; its further claims expect nothing more."""
    assert basis.contract is not None
    scope = day.key[3] if basis.contract.day_of == "discipline" else ""
    before = [
        one.claim
        for one in day.others
        if separations.is_same(day, one) and scope in {"", one.discipline}
    ]
    charges = [line.charge or ZERO for line in day.lines]
    total = sum(charges, start=ZERO)
    elsewhere = ""
    if before:
        where = f"claim {before[0]}" if before[0] else "another claim of this run"
        elsewhere, rate = f"the day's rate is expected on {where}", ZERO
    elif basis.lesser:
        rate = min(rate, total)
    for part in _parts(rate, charges, total):
        yield fee_terms.per_day(basis, part, scope=scope, elsewhere=elsewhere)


def _with_deductible(
    found: Iterable[Terms], left: DeductibleLeft, lines: Iterable[Line]
) -> Iterator[Terms]:
    """What is left of the deductible taken from the lines in their order."""
    note = f"deductible: {left.amount} left on {left.as_of}"
    rest = left.amount
    for terms, line in zip(found, lines, strict=True):
        if terms.why or line.charge is None:
            yield terms
            continue
        allowed = amounts(terms, Decimal(line.units), line.charge, full=terms.full).allowed
        taken = min(rest, allowed)
        rest -= taken
        yield fee_terms.with_deductible(terms, taken, note)


def fee_of_day(reference: ReferenceTables, code: str, day: dt.date, *, locality: str = "") -> Terms:
    """Medicare's terms for one unit of a code on a day: for look-ups without a visit."""
    return fee_terms.of_line(
        reference, fee_terms.medicare(reference, day, locality=locality), Coded(code, (), 1)
    )
