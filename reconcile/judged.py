"""What is told of a line's payment: as expected, underpaid, overpaid, with the arithmetic.

A payment is never as expected where the payer's own amounts do not add up to the charge.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from edi.expected import ZERO, Amounts, Terms, in_words
from reconcile.expected import (
    PATIENT_PART,
    PER_DIEM,
    SEE,
    Answered,
    Day,
    Group,
    Item,
    Verdict,
    days,
    in_short,
)

CONTRACT: Final = "45"
MPPR: Final = "59"
SEQUESTRATION: Final = "253"


@frozen(kw_only=True)
class Judged:
    """The judgement of one line. ``difference`` is paid less expected: negative is underpaid.

    Where lines are judged together, the first has the sums and the others name it.
    """

    claim: str
    line: str
    verdict: Verdict
    expected: Decimal | None
    paid: Decimal
    difference: Decimal | None
    words: str  # "as expected", "underpaid 3.12", "reduced: MPPR 20.06: as expected"
    because: tuple[str, ...]  # the arithmetic, then what explains a difference
    version: str  # the tables or the contract that decided
    together: str = ""  # control number of the line that has the sums


def judge(claims: Sequence[Answered]) -> dict[tuple[str, str], Judged]:
    """The judgement of each answered line, by claim and line control number.

    ``claims`` are all of one patient and day, in any order.
    """
    ordered = sorted(claims, key=lambda one: one.claim.control)
    return {(one.claim, one.line): one for day in days(ordered) for one in _of_day(day)}


def _of_day(day: Day) -> Iterator[Judged]:
    for item in day.items:
        if item.why and item.share is not None:
            yield _without(item)
    for group in day.groups:
        yield from _of_group(group, day)


def _without(item: Item) -> Judged:
    share = item.share
    return Judged(
        claim=item.claim.control,
        line=item.line.control,
        verdict="no expectation",
        expected=None,
        paid=share.paid if share is not None else ZERO,
        difference=None,
        words=f"no expectation: {item.why}",
        because=(),
        version=item.terms.version,
    )


def _of_group(group: Group, day: Day) -> Iterator[Judged]:
    expected, paid = group.expected(day.holder), group.paid
    difference = paid - expected
    verdict: Verdict = "as expected"
    if not difference and group.not_explained:
        verdict = "does not balance"
    elif difference:
        verdict = "underpaid" if difference < ZERO else "overpaid"
    first = group.items[0]
    for item in group.items:
        full = item is day.holder
        found = item.amounts(full=full)
        line = item.line
        sums = in_words(item.terms, line.units, line.charge, found, full=full)
        words = _words(found, difference, group.not_explained) + _of_units(item)
        if len(group.items) > 1:
            words += f" ({_numbers(group)} together)"
        if len(group.items) > 1 or item.terms.kind == PER_DIEM:
            sums = _sums(group, day)
        reasons = [sums, *_where_full(item, day), *_as_said(item)]
        if difference and len(group.items) == 1:
            reasons += _explained(item, found, day)
        is_first = item is first
        yield Judged(
            claim=item.claim.control,
            line=line.control,
            verdict=verdict,
            expected=expected if is_first else None,
            paid=paid if is_first else _paid(item),
            difference=difference if is_first else None,
            words=words,
            because=tuple(reasons),
            version=item.terms.version,
            together="" if is_first else first.line.control,
        )


def _numbers(group: Group) -> str:
    """``lines 1, 2``; of several claims each with its own."""
    by_claim: dict[str, list[str]] = {}
    for item in group.items:
        by_claim.setdefault(item.claim.control, []).append(str(item.line.number))
    if len(by_claim) == 1:
        (own,) = by_claim.values()
        return f"line{'s' * (len(own) > 1)} {', '.join(own)}"
    return " and ".join(
        f"line{'s' * (len(own) > 1)} {', '.join(own)} of {claim}" for claim, own in by_claim.items()
    )


def _sums(group: Group, day: Day) -> str:
    """The arithmetic of lines that are judged together."""
    found = group.amounts(day.holder)
    allowed = sum((one.allowed for one in found), ZERO)
    patient = sum((one.patient or ZERO for one in found), ZERO)
    cuts = sum((one.allowed - (one.patient or ZERO) - (one.paid or ZERO) for one in found), ZERO)
    told = f"{_numbers(group)}: {allowed} allowed; patient {patient}; "
    other = f"cuts {cuts}; " if cuts else ""
    return f"{told}{other}to be paid {allowed - patient - cuts}"


def _paid(item: Item) -> Decimal:
    return item.share.paid if item.share is not None else ZERO


def _words(found: Amounts, difference: Decimal, rests: Sequence[Decimal]) -> str:
    cuts = [f"MPPR {found.mppr}"] if found.mppr else []
    cuts += [f"assistant {found.assistant}"] if found.assistant else []
    cuts += [f"MIPS {-found.mips}"] if found.mips < ZERO else []
    reduced = f"reduced: {', '.join(cuts)}: " if cuts else ""
    loose = f"does not balance: {' and '.join(map(str, rests))} not explained" if rests else ""
    if not difference:
        return f"{reduced}{loose or 'as expected'}"
    off = f"underpaid {-difference}" if difference < ZERO else f"overpaid {difference}"
    return f"{off}; {loose}" if loose else off


def _of_units(item: Item) -> str:
    """For how many units that holds, where others were refused."""
    if item.of_units is None:
        return ""
    return f" for {_number(item.line.units)} of {_number(item.of_units)} units"


def _number(units: Decimal) -> str:
    return f"{units.normalize():f}"


def _where_full(item: Item, day: Day) -> Iterator[str]:
    """On which line the day's full unit is, where that is not plain from the line itself."""
    holder = day.holder
    if item.terms.further is None:
        return
    if holder is None:
        yield item.terms.unsure or "no unit of the day is paid in full"
    elif holder.claim.control != item.claim.control:
        still = "" if holder.share is not None else ", which has no answer yet"
        yield f"the day's full unit is on claim {holder.claim.control}{still}"
    elif holder is not item and holder.terms.rank == item.terms.rank:
        yield f"the day's full unit is on line {holder.line.number} of the same practice expense"
    elif holder is item and not item.terms.full:
        yield "the payer chose this line for the day's full unit: equal practice expense"


def _as_said(item: Item) -> Iterator[str]:
    """What was taken from the payer's answer, and what was assumed."""
    share = item.share
    if share is None:
        return
    if item.refused:
        yield _refused(item)
    said = [a for a in share.adjustments if a.group == "PR" and a.reason == "1" and a.amount]
    for a in said:
        yield f"deductible {a.amount} as the payer says"
    patient = any(a.group == "PR" and a.reason in PATIENT_PART for a in share.adjustments)
    if item.terms.coinsurance is None and patient:
        yield "the patient's part as the payer says"
    yield from (note for note in item.terms.notes if "deductible" not in note)


def _refused(item: Item) -> str:
    """What was refused of it; where its units are told, that their money is not missed here."""
    said = ", ".join(in_short(one) for one in item.refused)
    if item.of_units is None:
        return f"{said} of it was refused: {SEE}"
    units = item.of_units - item.line.units
    many = "were" if units > 1 else "was"
    return f"{_number(units)} of {_number(item.of_units)} units {many} refused ({said}): {SEE}"


def _explained(item: Item, found: Amounts, day: Day) -> Iterator[str]:
    """What would give just the payer's amount; else where it differs."""
    share = item.share
    if share is None:
        return
    full = item is day.holder
    told = [words for words, paid in _other_ways(item, full=full) if paid == share.paid]
    if told:
        yield f"paid as if {told[0]}"
        return
    shown = {CONTRACT: ZERO, MPPR: ZERO, SEQUESTRATION: ZERO}
    for a in share.adjustments:
        if a.reason in shown and a.group == "CO":
            shown[a.reason] += a.amount
    if share.allowed is not None and share.allowed != found.allowed:
        yield f"the payer allowed {share.allowed}, expected {found.allowed}"
        return
    above = item.line.charge - found.fee  # the assistant's cut may stand in it
    for reason, due, name in (
        (CONTRACT, {above, above + found.assistant}, "the contract"),
        (MPPR, {found.mppr}, "MPPR"),
        (SEQUESTRATION, {found.sequestration}, "sequestration"),
    ):
        if shown[reason] not in due:
            yield f"the payer took {shown[reason]} for {name} (CO-{reason}), expected {min(due)}"


def _other_ways(item: Item, *, full: bool) -> Iterator[tuple[str, Decimal | None]]:
    """Payments under one other assumption each."""
    terms, share = item.terms, item.share
    assert share is not None  # only answered lines are explained
    if share.units is not None and ZERO < share.units < item.line.units:
        number = f"{_number(share.units)} of {_number(item.line.units)} units were due"
        yield number, _with(item, terms, full=full, units=share.units)
    if terms.further is not None:
        other = "the day's full unit were on this line" if not full else "every unit were cut"
        yield other, _with(item, terms, full=not full)
        yield "no unit were cut by MPPR", _with(item, evolve(terms, further=None), full=full)
    if terms.assistant:
        yield "no assistant's cut were due", _with(item, evolve(terms, assistant=ZERO), full=full)
        if terms.base == "payment":
            of_allowed = evolve(terms, base="allowed")
            yield "the cut were of the allowed amount", _with(item, of_allowed, full=full)
        else:
            of_payment = evolve(terms, base="payment")
            yield "the cut were of the payment", _with(item, of_payment, full=full)
    if terms.mips:
        none = evolve(terms, mips=ZERO)
        yield "no MIPS adjustment were due", _with(item, none, full=full)
    if terms.sequestration:
        none = evolve(terms, sequestration=ZERO)
        yield "no sequestration were due", _with(item, none, full=full)


def _with(item: Item, terms: Terms, *, full: bool, units: Decimal | None = None) -> Decimal | None:
    other = evolve(item, terms=terms)
    if units is not None:
        other = evolve(other, line=evolve(item.line, units=units))
    return other.amounts(full=full).paid
