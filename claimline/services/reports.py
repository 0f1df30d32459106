"""Reports: the figures of ``reconcile.reports`` for the claims of a ledger, as plain rows.

Everything is counted by day of service, whatever the report; one claim after the other, so that
memory does not grow with the ledger.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal

from attrs import field, frozen

from claimline.services.collector import swept
from claimline.services.payer_facts import Facts
from claimline.services.plain import money
from mapping.practice import Practice
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.ledger import Ledger, Usage, bulk
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.reading import BY_PERSON, Filter
from reconcile.ledger.reporting import Reported, Walk, claims, open_amounts
from reconcile.reports.aging import AGES, Aging, AgingRow
from reconcile.reports.days import DaysRow, DaysToPay, day_of
from reconcile.reports.drift import Change, Drift
from reconcile.reports.rates import Denials, DenialSums, FirstPass, PassSums, share
from reconcile.reports.summary import PARTS, Money, Summary
from reconcile.reports.values import By, Case

Row = dict[str, Any]
From = Literal["service", "sent"]
FIRST_TRY: Final = (
    "first claims only, no corrections. First try: not rejected on the way, and nothing refused "
    "by the first payer's first payment. Those that wait are not in the rate."
)
FIGURES: Final = ("summary", "aging", "denials", "first-pass", "days-to-pay", "drift")


@frozen(kw_only=True)
class Question:
    """What is asked. ``since`` and ``until`` are days of service; empty or None: any."""

    on: dt.date  # the day of the question
    usage: Usage
    by: By = "payer"
    payer: str = ""  # key, id or a part of the name
    since: dt.date | None = None
    until: dt.date | None = None
    counted_from: From | None = None  # ages and days; None: as the report has it
    least: int = 20  # drift: lines before and since
    zone: dt.tzinfo = dt.UTC
    practice: Practice | None = field(default=None, repr=False)

    def filter(self, *, answered: bool) -> Filter:
        """The claims that are asked for."""
        return Filter(
            usage=self.usage,
            payer=self.payer,
            since=self.since,
            until=self.until,
            answered=answered,
        )


@frozen(kw_only=True)
class Figures:
    """The rows of a report, one for each group, and all of them together."""

    rows: tuple[Row, ...]
    total: Row
    notes: tuple[str, ...] = ()


def walked(
    ledger: Ledger, question: Question, walk: Walk, *, answered: bool
) -> Iterator[tuple[Reported, Case]]:
    """Each claim asked for, with its books as the payers' policies read them."""
    facts = Facts(ledger, question.practice, question.on)
    with ledger.reading() as connection:
        found = claims(connection, question.filter(answered=answered), walk)
        for page in swept(bulk.batches(found)):
            for one in page:
                yield one, _case(one, facts, question.zone)


def _case(one: Reported, facts: Facts, zone: dt.tzinfo) -> Case:
    claim = one.claim
    return Case(
        claim=claim,
        answers=one.answers,
        books=by_policy(claim_books(claim, one.answers), facts.answering(claim)),
        payer=one.payer,
        provider=one.provider,
        location=one.location,
        state=one.state,
        sent=day_of(one.sent, zone),
        rejected=one.rejected,
    )


def _cases(
    ledger: Ledger, question: Question, *, answered: bool = False, rejections: bool = False
) -> Iterator[Case]:
    walk = Walk(rejections=rejections)
    return (case for _, case in walked(ledger, question, walk, answered=answered))


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
    return Figures(
        rows=tuple(_aging_row(labels.of(one.group), one) for one in found.rows()),
        total=_aging_row(None, total),
        notes=_aging_notes(total, question),
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


def _aging_row(group: Row | None, one: AgingRow) -> Row:
    return {
        **(group or {}),
        "claims": one.claims,
        **{age: money(dollars(cents)) for age, cents in zip(AGES, one.cents, strict=True)},
        "no_day": money(dollars(one.unknown)) if one.unknown else None,
        "open": money(dollars(one.total)),
        "closed": money(dollars(one.closed)),
        "oldest": one.oldest.isoformat() if one.oldest else None,
    }


def _aging_notes(total: AgingRow, question: Question) -> tuple[str, ...]:
    counted = "sending" if question.counted_from == "sent" else "service"
    notes = [f"Ages in days from the day of {counted} to {question.on.isoformat()}."]
    if total.unknown:
        notes.append("No day: another system sent these claims, and its day is not known.")
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
    return Figures(
        rows=tuple(_denial_row(labels.of(g), one) for g, one in sorted(found.groups.items())),
        total=_denial_row(None, found.total()),
        notes=("As it stands now; rejected claims were never decided and are not in it.",),
    )


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
    labels, total = Labels(question), found.total()
    since = "service" if from_service else "sending"
    notes = [f"Days from the day of {since} to the date of the first payment above 0.00."]
    if total.before:
        notes.append(
            f"{total.before:,} paid claims have a payment dated before the day of {since}: the day "
            "is not known, they are not counted."
        )
    if total.unknown > total.before:
        notes.append(
            f"{total.unknown - total.before:,} paid claims were sent by another system: the day is "
            "not known. --from service counts them too."
        )
    return Figures(
        rows=tuple(_days_row(labels.of(one.group), one) for one in found.rows()),
        total=_days_row(None, total),
        notes=tuple(notes),
    )


def _days_row(group: Row | None, one: DaysRow) -> Row:
    return {
        **(group or {}),
        "claims": one.claims,
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
    total = found.total()
    notes = ["Billed = paid + contract + patient + denied + other + open + not explained."]
    if found.elsewhere.charge:
        notes.append(
            f"Not in it: {money(found.elsewhere.charge)} on claims that were billed again "
            "(replaced, voided, sent on to the next payer)."
        )
    return Figures(
        rows=tuple(_money_row(labels.of(g), one) for g, one in sorted(found.groups.items())),
        total=_money_row(None, total),
        notes=tuple(notes),
    )


def _money_row(group: Row | None, one: Money) -> Row:
    parts = {part: getattr(one, part) for part in PARTS}
    other = parts.pop("transferred") + parts.pop("other")
    return {
        **(group or {}),
        "claims": one.claims,
        "lines": one.lines,
        "billed": money(one.charge),
        **{name: money(amount) for name, amount in parts.items() if name != "not_explained"},
        "other": money(other),
        "not_explained": money(parts["not_explained"]),
        "closes": one.is_whole,
    }


# --- drift ---


def drift(ledger: Ledger, question: Question) -> tuple[Change, ...]:
    """What each payer does differently than it did before."""
    found = Drift(least=question.least)
    for case in _cases(ledger, question, answered=True):
        found.add(case)
    return found.changes()


# --- groups by name ---


class Labels:
    """The names of groups: of clinicians and locations, where the practice file is at hand."""

    def __init__(self, question: Question) -> None:
        self._names: dict[str, str] = {}
        practice = question.practice
        if practice is None:
            return
        if question.by == "provider":
            named = ((p.npi, f"{p.last_name}, {p.first_name}") for p in practice.people.values())
            self._names = {npi: name for npi, name in named if npi}
        elif question.by == "location":
            self._names = {key: place.name for key, place in practice.locations.items()}

    def of(self, group: str) -> Row:
        """A group's key and name; no key where the claims do not say it."""
        return {"group": group or None, "name": self._names.get(group)}
