"""Reports that are lists: lines by what became of them, unmatched payments, patients' balances."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, Literal

from attrs import define, frozen

from claimline import __version__
from claimline.render.words import shown_number
from claimline.services.owes import Owing, sent_on_of
from claimline.services.payer_facts import Facts
from claimline.services.plain import money, number
from claimline.services.reports_cases import Labels, Question, Row, is_meant, walked
from reconcile.books import standing
from reconcile.ledger import Ledger, Run, UnpostedClaim, bulk
from reconcile.ledger.counted_on import waiting
from reconcile.ledger.reporting import Reported, Walk
from reconcile.owes import Owed
from reconcile.reports.parts import Parts, is_adjusted, parts_of
from reconcile.reports.rates import DECIDED
from reconcile.reports.values import Case, is_duplicate_line
from reconcile.turns import FIRST
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, SentLine

Told = Sequence[tuple[Adjudication, LineShare]]  # the answers of a line that stand
LineKind = Literal["denied", "adjusted", "deductible", "all"]
LINE_KINDS: Final[tuple[LineKind, ...]] = ("denied", "adjusted", "deductible", "all")
LINE_AMOUNTS: Final = (
    "billed", "allowed", "deductible", "coinsurance", "copay", "paid", "denied",
)  # fmt: skip
PATIENT_AMOUNTS: Final = ("due", "later", "check", "credit")
NOT_MATCHED: Final = ("unmatched", "aside", "not posted")


@define
class Sums:
    """Adds amounts of rows up as they go by: memory stays flat."""

    names: tuple[str, ...]
    total: Row
    count: int = 0
    unsaid: int = 0  # amounts that no row says

    @classmethod
    def of(cls, head: str, *names: str) -> "Sums":
        """Sums of these amounts, all 0.00; ``total`` is filled while the rows go by.

        In its column ``head`` it says that it is the total.
        """
        return cls(names, {head: "total", **dict.fromkeys(names, money(ZERO))})

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, added up."""
        for row in rows:
            self.count += 1
            for name in self.names:
                self.unsaid += row[name] is None
                if row[name] is not None:
                    self.total[name] = money(Decimal(self.total[name]) + Decimal(row[name]))
            yield row


# --- lines ---


def lines(ledger: Ledger, question: Question, kind: LineKind) -> Iterator[Row]:
    """The lines that were denied (or cut), adjusted, or went to the deductible, as they stand.

    Those whose correction was sent and waits are told only among all.
    """
    labels = Labels(question)
    for one, case in walked(ledger, question, Walk(answered_by=True), answered=True):
        if case.stands_on and kind != "all":
            continue
        decisions = standing(case.answers)
        for line, books in case.pairs():
            told = decisions.get(line.control, ())
            if _is_of(kind, books, told) and _is_by(question, case, told):
                yield _line_row(case, line, books, told) | _who(one, labels)


def _is_of(kind: LineKind, books: LineBooks, told: Told) -> bool:
    if books.status not in DECIDED or books.current is None:
        return False
    match kind:
        case "denied":
            return books.status != "paid" and not is_duplicate_line(books)
        case "adjusted":
            some = ((s.adjustments, (*s.remarks, *a.remarks)) for a, s in told)
            return books.status != "denied" and any(is_adjusted(*each) for each in some)
        case "deductible":
            share = books.current
            return bool(parts_of(share.paid, share.adjustments, share.allowed).deductible)
        case "all":
            return True


def _is_by(question: Question, case: Case, told: Told) -> bool:
    """Whether the payer asked for gave one of the answers."""
    return any(is_meant(case.names[answer.payer], question) for answer, _ in told)


def _line_row(case: Case, line: SentLine, books: LineBooks, told: Told) -> Row:
    """A line: what was allowed by the first payer, left by the newest answer, paid by all."""
    first = next(((a, s) for a, s in reversed(told) if a.rank == FIRST), told[-1])
    last = next((a, s) for a, s in reversed(told) if s is books.current)
    allowed = _parts(first).allowed
    parts, decided = _parts(last), last[0]
    refused = books.denied - books.twice.denied
    return {
        "claim": case.claim.control,
        "line": line.control,
        "payer": case.names[decided.payer],
        "date": line.date.isoformat(),
        "code": line.code,
        "modifiers": list(line.modifiers),
        "units": number(line.units),
        "billed": money(line.charge),
        "allowed": None if allowed is None else money(allowed),
        "deductible": money(parts.deductible),
        "coinsurance": money(parts.coinsurance),
        "copay": money(parts.copay),
        "paid": money(books.paid),
        "denied": money(ZERO if is_duplicate_line(books) else refused),
        "status": "duplicate" if is_duplicate_line(books) else books.status,
        "closed": case.closed,
        "correction": case.stands_on or None,
        "adjustments": [
            {
                "group": adjustment.group,
                "reason": adjustment.reason,
                "amount": money(adjustment.amount),
                "payer": case.names[each[0].payer],
            }
            for each in told
            for adjustment in _parts(each).rest
        ],
        "remarks": list(
            dict.fromkeys(code for a, share in told for code in (*share.remarks, *a.remarks))
        ),
        "trace": decided.trace,
        "payment_date": decided.date.isoformat(),
        "answers": [
            {
                "payer": case.names[answer.payer],
                "paid": money(share.paid),
                "trace": answer.trace,
                "payment_date": answer.date.isoformat(),
            }
            for answer, share in told
        ],
    }


def _parts(told: tuple[Adjudication, LineShare]) -> Parts:
    answer, share = told
    remarks = (*share.remarks, *answer.remarks)
    return parts_of(share.paid, share.adjustments, share.allowed, remarks)


def _who(one: Reported, labels: Labels) -> Row:
    return {"provider": one.provider or None, "location": one.location or None} | {
        "name": labels.of(one.provider)["name"]
    }


# --- unmatched ---


def unmatched(ledger: Ledger, question: Question) -> Iterator[Row]:
    """Payments on no claim of ours: whose, of which check, how much, since when, and why."""
    for given in ledger.unposted(usage=question.usage, states=NOT_MATCHED):
        row = _unmatched_row(given, question.on)
        day = dt.date.fromisoformat(row["date"]) if row["date"] else None
        early = day is not None and question.since is not None and day < question.since
        late = day is not None and question.until is not None and day > question.until
        if is_meant(given.payer, question) and not early and not late:
            yield row


def _unmatched_row(given: UnpostedClaim, on: dt.date) -> Row:
    payment = given.payment
    day = payment.service_date or next((s.service_date for s in payment.lines), None)
    return {
        "claim": shown_number(payment.control),
        "payer": given.payer,
        "trace": given.trace,
        "payment_date": given.date.isoformat(),
        "age": (on - given.date).days,
        "date": day.isoformat() if day else None,
        "billed": money(payment.charge),
        "paid": money(payment.paid),
        "payer_claim": payment.payer_control or None,
        "state": given.state,
        "why": given.match.why,
        "candidates": list(given.match.candidates),
        "file": given.file,
    }


# --- patients ---


@frozen(kw_only=True)
class Viewer:
    """Who looks at names, and when: each patient shown is recorded."""

    user: str
    now: dt.datetime


def patients(ledger: Ledger, question: Question, viewer: Viewer | None = None) -> Iterator[Row]:
    """What each patient owes, or has to be given back, and why; those with nothing left out.

    Args:
        ledger: whose claims.
        question: which of them.
        viewer: with names and numbers of the patients, the views recorded; None: opaque keys.
    """
    facts = Facts(ledger, question.practice, question.on)
    owing = Owing(facts, question.on, question.practice)
    walk = Walk(by_patient=True, decisions=True)
    found = walked(ledger, question, walk, answered=False)
    told = (
        each
        for page in bulk.batches(found)
        for each in _owed(ledger, question, owing, _learned(ledger, question, facts, page))
    )
    rows = (_patient(key, list(some)) for key, some in groupby(told, key=_key))
    for page in bulk.batches(row for row in rows if row is not None):
        if viewer is not None:
            _record(ledger, viewer, page)
        for row in page:
            if viewer is None:
                row |= {"patient_id": None, "patient_name": None}
            yield row


def _key(told: tuple[Reported, Owed]) -> str:
    """The patient; a claim without one stands alone."""
    claim = told[0].claim
    return claim.patient or f"claim {claim.control}"


def _learned(
    ledger: Ledger, question: Question, facts: Facts, page: Sequence[tuple[Reported, Case]]
) -> Sequence[tuple[Reported, Case]]:
    """The same claims; how other payers that answered them call themselves is known."""
    facts.learn(ledger, question.usage, ((case.claim, case.answers) for _, case in page))
    return page


def _owed(
    ledger: Ledger, question: Question, owing: Owing, page: Sequence[tuple[Reported, Case]]
) -> Iterator[tuple[Reported, Owed]]:
    billed = sent_on_of(ledger, [case.claim for _, case in page], question.usage)
    with ledger.reading() as connection:
        waits = waiting(connection, {case.claim.family for _, case in page}, question.usage)
    for one, case in page:
        claim = case.claim
        if claim.follows or claim.frequency == "8":
            continue
        key = claim.control, claim.frequency
        found = owing.of(
            claim, case.books, case.answers, one.decisions, billed.get(key),
            payer=one.payer, correction=waits.get(key),
        )  # fmt: skip
        yield one, found


def _patient(key: str, told: list[tuple[Reported, Owed]]) -> Row | None:
    """One patient's row; None where nothing is owed or has to be given back."""
    some = [(one, owed) for one, owed in told if any(_amounts(owed))]
    if not some:
        return None
    sums = (sum(amounts, ZERO) for amounts in zip(*(_amounts(o) for _, o in some), strict=True))
    first = some[0][0]
    return {
        "patient": key,
        "patient_id": first.patient_id or None,
        "patient_name": first.patient_name or None,
        "claims": [one.claim.control for one, _ in some],
        **dict(zip(PATIENT_AMOUNTS, map(money, sums), strict=True)),
        "oldest": min(one.claim.date for one, _ in some).isoformat(),
        "because": [_said(one, text) for one, owed in some for text in owed.because],
        "not_yet": [_said(one, text) for one, owed in some for text in owed.not_yet],
    }


def _amounts(owed: Owed) -> tuple[Decimal, ...]:
    return owed.due, owed.later, owed.check, owed.credit


def _said(one: Reported, text: str) -> str:
    return f"{one.claim.date.isoformat()} {one.claim.control}: {text}"


def _record(ledger: Ledger, viewer: Viewer, page: Iterable[dict[str, Any]]) -> None:
    """Who looked at which patient, and when."""
    run = Run(command="report", version=__version__, started=viewer.now, user=viewer.user)
    with ledger.begin(run) as writer:
        for row in page:
            writer.viewed(user=viewer.user, patient=row["patient"], subject=row["claims"][0])
