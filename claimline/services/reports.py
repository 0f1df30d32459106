"""Reports: the figures of ``reconcile.reports`` for the claims of a ledger, as plain rows.

Everything is counted by day of service, whatever the report; one claim after the other, so that
memory does not grow with the ledger.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from attrs import field, frozen

from claimline.render.words import counted
from claimline.services.plain import money
from claimline.services.reports_cases import Labels, Question, Row, is_meant, walked
from claimline.services.reports_later import waiting_later
from reconcile.ledger import Ledger
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.reading import BY_PERSON
from reconcile.ledger.reporting import Walk, open_amounts
from reconcile.reports.aging import AGES, Aging, AgingRow
from reconcile.reports.days import DaysRow, DaysToPay, day_of
from reconcile.reports.drift import Change, Drift
from reconcile.reports.rates import Denials, DenialSums, FirstPass, PassSums, share
from reconcile.reports.rates import total_of as sum_of_denials
from reconcile.reports.summary import PARTS, Money, Summary
from reconcile.reports.summary import total_of as sum_of_money
from reconcile.reports.values import Case

T = TypeVar("T")
FIRST_TRY: Final = (
    "first claims only, no corrections. First try: not rejected on the way, and nothing refused "
    "by the first payer's first payment. Those that wait are not in the rate."
)
LATER: Final = (
    "Left by the payers before, and not answered by the next one. It is in no sum above: there it "
    "is decided."
)
BELOW_ZERO: Final = (
    "Below zero: decided or paid twice; somebody has to give it back (claimline ledger waiting, "
    "claimline trace). It lessens the sums."
)
DOUBLED: Final = (
    "Not in {}: {} refused by answers that a newer one corrects, until the payer's reversal "
    "comes (claimline ledger waiting names them)."
)
TWICE: Final = (
    "Not in it, and below zero in aging until the payer's reversal comes (claimline ledger waiting "
    "names them): {} by answers that a newer one corrects."
)
FIGURES: Final = ("summary", "aging", "denials", "first-pass", "days-to-pay", "drift")


@frozen(kw_only=True)
class Figures:
    """The rows of a report, one for each group, and all of them together."""

    rows: tuple[Row, ...]
    total: Row
    notes: tuple[str, ...] = ()
    later: "Figures | None" = None  # aging: what waits at payers after the first
    more: Mapping[str, str] = field(factory=dict)  # what is beside the figures, for programs


def _cases(
    ledger: Ledger, question: Question, *, answered: bool = False, rejections: bool = False
) -> Iterator[Case]:
    walk = Walk(rejections=rejections, answered_by=question.by == "payer" and not rejections)
    return (case for _, case in walked(ledger, question, walk, answered=answered))


def _of_payer(question: Question, groups: Mapping[str, T]) -> dict[str, T]:
    """The groups of the payer asked for: other payers' share of its claims is not asked for."""
    if question.by != "payer" or not question.meant:
        return dict(groups)
    return {name: one for name, one in groups.items() if is_meant(name, question)}


# --- aging ---


def aging(ledger: Ledger, question: Question) -> Figures:
    """What the payers have not decided, by age: from the day of service, or of sending."""
    found = Aging(question.on)
    if question.by == "code":
        _age_lines(ledger, question, found)
    else:
        with ledger.reading() as connection:
            for one in open_amounts(connection, question.filter(answered=False)):
                group = {
                    "payer": one.payer,
                    "provider": one.provider,
                    "location": one.location,
                    "month": one.date[:7],
                }[question.by]
                service = dt.date.fromisoformat(one.date)
                sent = day_of(one.sent, question.zone)
                since = sent if question.counted_from == "sent" else service
                if one.closed:
                    found.add_closed(group, one.open)
                else:
                    found.add(group, since, one.open, one.claims)
    labels = Labels(question)
    total = found.total()
    by_line = question.by == "code"
    return Figures(
        rows=tuple(_aging_row(labels.of(one.group), one, by_line=by_line) for one in found.rows()),
        total=_aging_row(None, total, by_line=by_line),
        notes=_aging_notes(found.rows(), total, question),
        later=_later(ledger, question, labels),
    )


def _later(ledger: Ledger, question: Question, labels: Labels) -> Figures | None:
    """What waits at later payers; None where nothing does."""
    found = waiting_later(ledger, question)
    by_line = question.by == "code"
    rows = tuple(_aging_row(labels.of(one.group), one, by_line=by_line) for one in found.rows())
    if not rows:
        return None
    return Figures(
        rows=rows, total=_aging_row(None, found.total(), by_line=by_line), notes=(LATER,)
    )


def _age_lines(ledger: Ledger, question: Question, found: Aging) -> None:
    """By code: the open amounts of the lines of open claims."""
    walk = Walk(only_open=True)
    for one, case in walked(ledger, question, walk, answered=False):
        since = case.sent if question.counted_from == "sent" else case.claim.date
        for line, books in case.pairs():
            if books.open and one.event == BY_PERSON:
                found.add_closed(line.code, to_cents(books.open))
            elif books.open:
                found.add(line.code, since, to_cents(books.open))


def _aging_row(group: Row | None, one: AgingRow, *, by_line: bool) -> Row:
    return {
        **(group or {}),
        "lines" if by_line else "claims": one.claims,
        **{age: money(dollars(cents)) for age, cents in zip(AGES, one.cents, strict=True)},
        "no_day": money(dollars(one.unknown)) if one.unknown else None,
        "open": money(dollars(one.total)),
        "closed": money(dollars(one.closed)),
        "oldest": one.oldest.isoformat() if one.oldest else None,
    }


def _aging_notes(rows: Iterable[AgingRow], total: AgingRow, question: Question) -> tuple[str, ...]:
    counted = "sending" if question.counted_from == "sent" else "service"
    notes = [f"Ages in days from the day of {counted} to {question.on.isoformat()}."]
    if total.unknown:
        notes.append("No day: another system sent these claims, and its day is not known.")
    if any(cents < 0 for row in rows for cents in (*row.cents, row.unknown)):
        notes.append(BELOW_ZERO)
    if total.closed:
        notes.append(
            "Closed: open in the books, and closed by a person (claimline claims --state closed): "
            "nobody is asked for it, and it is not in Open."
        )
    return tuple(notes)


# --- rates and days ---


def denials(ledger: Ledger, question: Question) -> Figures:
    """Denied lines and money, of all lines that the payers have decided."""
    found = Denials(question.by)
    for case in _cases(ledger, question, answered=True):
        found.add(case)
    labels = Labels(question)
    groups = _of_payer(question, found.groups)
    total = found.total() if len(groups) == len(found.groups) else sum_of_denials(groups.values())
    return Figures(
        rows=tuple(_denial_row(labels.of(g), one) for g, one in sorted(groups.items())),
        total=_denial_row(None, total),
        notes=tuple(_denial_notes(found, total)),
    )


def _denial_notes(found: Denials, total: DenialSums) -> Iterator[str]:
    yield "As it stands now; rejected claims were never decided and are not in it."
    if found.twice:
        yield (
            "A line that a later payer decided too counts for each by its own word, and once in "
            "the total."
        )
    if total.doubled:
        yield DOUBLED.format("Refused", money(total.doubled))
    if found.waiting:
        yield f"Not in it: {counted(found.waiting, 'line')} whose correction was sent and waits."


def _denial_row(group: Row | None, one: DenialSums) -> Row:
    return {
        **(group or {}),
        "lines": one.lines,
        "denied_lines": one.denied_lines,
        "denied_rate": rate(one.denied_lines, one.lines),
        "reduced_lines": one.reduced_lines,
        "billed": money(one.billed),
        "denied": money(one.denied),
        "money_rate": rate(one.denied, one.billed),
        "duplicates": one.duplicates,
    }


def rate(part: int | Decimal, whole: int | Decimal) -> str | None:
    """Per cent with one decimal, as text; None where there is nothing to take a part of."""
    found = share(part, whole)
    return None if found is None else f"{found}"


def first_pass(ledger: Ledger, question: Question) -> Figures:
    """Claims that went through at the first try, of those rejected or decided."""
    found = FirstPass(question.by)
    for case in _cases(ledger, question, rejections=True):
        found.add(case)
    labels = Labels(question)
    what = "Lines of" if question.by == "code" else "Counted are"
    return Figures(
        rows=tuple(_pass_row(labels.of(g), one) for g, one in sorted(found.groups.items())),
        total=_pass_row(None, found.total()),
        notes=(f"{what} {FIRST_TRY}",),
    )


def _pass_row(group: Row | None, one: PassSums) -> Row:
    return {
        **(group or {}),
        "counted": one.counted,
        "passed": one.passed,
        "rate": rate(one.passed, one.counted),
        "rejected": one.rejected,
        "refused": one.refused,
        "waiting": one.waiting,
    }


def days_to_pay(ledger: Ledger, question: Question) -> Figures:
    """Days until the first money came, from sending or from the service."""
    from_service = question.counted_from == "service"
    found = DaysToPay(question.by, from_service=from_service)
    for case in _cases(ledger, question, answered=True):
        found.add(case)
    if question.by == "payer" and question.meant:
        found.keep(lambda name: is_meant(name, question))
    labels, total = Labels(question), found.total()
    return Figures(
        rows=tuple(_days_row(labels.of(one.group), one, question) for one in found.rows()),
        total=_days_row(None, total, question),
        notes=tuple(_days_notes(total, question, from_service=from_service)),
    )


def _days_notes(total: DaysRow, question: Question, *, from_service: bool) -> Iterator[str]:
    since = "service" if from_service else "sending"
    yield f"Days from the day of {since} to the date of the first payment above 0.00."
    if not from_service:
        yield "A correction is counted from its own sending; --from service counts the whole way."
    noun = "paid line" if question.by == "code" else "paid claim"
    if total.before:
        one = total.before == 1
        yield (
            f"{counted(total.before, noun)} {'has' if one else 'have'} a payment dated before the "
            f"day of {since}: the day is not known, {'it is' if one else 'they are'} not counted."
        )
    if total.unknown > total.before:
        number = total.unknown - total.before
        yield (
            f"{counted(number, noun)} {'was' if number == 1 else 'were'} sent by another system: "
            f"the day is not known. --from service counts {'it' if number == 1 else 'them'} too."
        )


def _days_row(group: Row | None, one: DaysRow, question: Question) -> Row:
    by_line = question.by == "code"
    return {
        **(group or {}),
        "claims": None if by_line else one.claims,
        "lines": one.claims if by_line else None,
        "median": one.median,
        "nine_in_ten": one.most,
        "longest": one.longest,
        "no_day": one.unknown,
    }


# --- summary ---


def summary(ledger: Ledger, question: Question) -> Figures:
    """What became of everything that was billed."""
    found = Summary(question.by)
    for case in _cases(ledger, question):
        found.add(case)
    labels = Labels(question)
    groups = _of_payer(question, found.groups)
    total = found.total() if len(groups) == len(found.groups) else sum_of_money(groups.values())
    return Figures(
        rows=tuple(_money_row(labels.of(g), one) for g, one in sorted(groups.items())),
        total=_money_row(None, total),
        notes=tuple(_summary_notes(found, total, groups.values())),
        more={
            "elsewhere": money(found.elsewhere.charge),
            "correction_waits": money(found.waiting.charge),
            "duplicates": money(found.duplicates.charge),
            "denied_on_closed_claims": money(total.closed),
            "denied_twice": money(total.doubled),
            "patient_twice": money(total.left_twice),
            "contract_twice": money(total.written_off_twice),
        },
    )


def _summary_notes(found: Summary, total: Money, groups: Iterable[Money]) -> Iterator[str]:
    passed = any(one.passed_on for one in groups)
    yield (
        "Billed = paid + contract + patient + denied + other + open"
        + (" + passed on" if passed else "")
        + (" + not explained." if total.not_explained else ".")
    )
    yield (
        "Contract: written off by the payer's price. Other: nobody's yet, such as a QMB's share or "
        "amounts under group OA. Paid: payments on claims; claimline proof ties them to the checks."
    )
    if passed:
        yield (
            "Passed on: paid or refused by a later payer; there it stands below zero, and in Paid "
            "or Denied."
        )
    twice = {
        "refused": total.doubled,
        "left to the patient": total.left_twice,
        "written off": total.written_off_twice,
    }
    told = [f"{money(amount)} {what}" for what, amount in twice.items() if amount]
    if told:
        yield TWICE.format(", ".join(told))
    if total.closed:
        yield f"Of Denied, {money(total.closed)} are on claims that a person closed."
    if found.elsewhere.charge:
        yield (
            f"Not in it: {money(found.elsewhere.charge)} on claims that were billed again "
            "(replaced, voided, sent on to the next payer)."
        )
    if found.waiting.charge:
        yield (
            f"Not in it: {money(found.waiting.charge)} of visits whose correction waits: they "
            "count once, on the correction, or on the claim before it where that was paid."
        )
    if found.duplicates.charge:
        yield f"Not in it: {money(found.duplicates.charge)} refused as a copy of another claim."


_LAST: Final = frozenset({"not_explained", "passed_on"})


def _money_row(group: Row | None, one: Money) -> Row:
    parts = {part: getattr(one, part) for part in PARTS}
    other = parts.pop("transferred") + parts.pop("other")
    return {
        **(group or {}),
        "claims": one.claims,
        "lines": one.lines,
        "billed": money(one.charge),
        **{name: money(amount) for name, amount in parts.items() if name not in _LAST},
        "other": money(other),
        "passed_on": money(parts["passed_on"]),
        "not_explained": money(parts["not_explained"]),
        "closes": one.is_whole,
    }


# --- drift ---


def drift(ledger: Ledger, question: Question) -> tuple[Change, ...]:
    """What each payer does differently than it did before."""
    found = Drift(least=question.least)
    for case in _cases(ledger, question, answered=True):
        found.add(case)
    return tuple(one for one in found.changes() if is_meant(one.payer, question))
