"""The worklist: denied, reduced, taken back and unmatched lines, with what to do about each."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen

from claimline.errors import WrongUsageError
from claimline.render.words import counted, shown_number
from claimline.services.by_hand_told import sources
from claimline.services.judging import PAGE, judged, judged_fields
from claimline.services.owes import Owing, sent_on_of
from claimline.services.payer_facts import Facts
from claimline.services.payers_asked import meant
from edi import codes
from mapping.practice import Practice
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.expected import Answered
from reconcile.ledger import Ledger, Received, UnpostedClaim, Usage
from reconcile.ledger.counted_on import Waiting, waiting
from reconcile.ledger.standing import NEXT
from reconcile.report import denial_rows, unmatched_claim_row

Row = dict[str, Any]
STATUSES: Final = ("denied", "reduced", "reversed", "check", "unmatched")
DUPLICATE: Final = "duplicate"  # its money is that of the first claim: in no sum of denials
UNMATCHED: Final = "unmatched"
EMPTY: Final[Mapping[str, Any]] = {  # what the rows of some kinds do not have
    "claim_matched_by": None,
    "payer_claim": None,
    "denied": None,
    "patient": None,
    "contractual": None,
    "open": None,
    "flags": (),
    "reductions": (),
    "procedures": (),
    "lines_units": (),
    "visits": (),
    "patient_owes": None,
    "patient_owes_later": None,
    "expected": None,
    "judged": None,
    "judged_words": None,
    "judged_why": (),
    "correction": None,
    "or_deadline": None,
    "or_deadline_for": None,
    "or_deadline_source": None,
}
CORRECTED: Final = "another correction before this one is answered"  # never


@frozen(kw_only=True)
class Query:
    """Which lines. Empty or None: any. ``since`` and ``until`` are days of service."""

    on: dt.date  # the day of the question
    usage: Usage | None = None  # None: production if there is any, else test
    codes: frozenset[str] = frozenset()
    payer: str = ""  # key, id or a part of the name
    due: dt.date | None = None  # only deadlines up to this day
    since: dt.date | None = None
    until: dt.date | None = None
    statuses: frozenset[str] = frozenset(STATUSES)


def rows(ledger: Ledger, query: Query, practice: Practice | None = None) -> Iterator[Row]:
    """The rows of ``denials --format json``, one line at a time, in the order of sending.

    Raises:
        WrongUsageError: nothing was sent to such a payer, and none of that name has paid.
    """
    usage = query.usage or ledger.book()
    names = meant(ledger, usage, query.payer)
    return _rows(ledger, query, usage, Facts(ledger, practice, query.on), names)


def _rows(
    ledger: Ledger, query: Query, usage: Usage, facts: Facts, names: frozenset[str]
) -> Iterator[Row]:
    """The rows of sent claims, then those that fit none."""
    claims = ledger.received(
        usage=usage,
        code=next(iter(query.codes)) if len(query.codes) == 1 else "",
        payer=query.payer,
        since=query.since,
        until=query.until,
        closed=False,
    )
    by_hand = sources(ledger, usage)
    while page := list(islice(claims, PAGE)):
        for row in _page(ledger, page, query, facts):
            yield {**row, "source": by_hand.get((row["trace"], row["payment_date"]), "")}
    if UNMATCHED in query.statuses:
        for other in ledger.unposted(usage=usage):
            row = unmatched_row(other, query.on)
            if _is_wanted(row, query) and _is_of(other.payer, query.payer, names):
                yield {**row, "source": by_hand.get((row["trace"], row["payment_date"]), "")}


def _page(ledger: Ledger, page: Sequence[Received], query: Query, facts: Facts) -> Iterator[Row]:
    """The rows of some hundred claims, judged together."""
    wanted: list[tuple[Received, Row]] = []
    owing = Owing(facts, query.on)
    billed = sent_on_of(ledger, [each.claim for each in page], page[0].usage)
    families = {each.claim.family for each in page}
    facts.learn(ledger, page[0].usage, ((each.claim, each.adjudications) for each in page))
    with ledger.reading() as connection:
        corrections = waiting(connection, families, page[0].usage)
    shown: list[Answered] = []
    for each in page:
        claim, adjudications = each.claim, each.adjudications
        books = by_policy(claim_books(claim, adjudications), facts.answering(claim))
        found = denial_rows(
            claim,
            books,
            adjudications,
            each.neighbours,
            facts.of(claim, each.payer_name),
            on=query.on,
            statuses=query.statuses - {UNMATCHED},
            facts_of=facts.telling(claim, each.payer_name),
        )
        correction = corrections.get((claim.control, claim.frequency))
        if correction is not None:
            found = (row | waits(correction) for row in found)
        before = len(wanted)
        wanted += [(each, row) for row in found if _is_wanted(row, query)]
        if len(wanted) > before:
            on = billed.get((claim.control, claim.frequency))
            owed = owing.fields(claim, books, adjudications, each.decisions, on)
            wanted[before:] = [(each, row | owed) for _, row in wanted[before:]]
            shown.append(Answered(claim=claim, adjudications=adjudications, books=books))
    judgements = judged(ledger, shown, wanted[0][0].usage) if wanted else {}
    for each, row in wanted:
        one = judgements.get((each.claim.control, row["line"] or ""))
        yield whole({**row, "visits": list(each.visits), **judged_fields(one)}, query.on)


def waits(correction: Waiting) -> Row:
    """What stands beside a line whose correction is on its way: nothing to do but wait."""
    return {
        "correction": correction.claim,
        "next_step": correction.next_step,
        "never": [CORRECTED],
        "who": "wait for the payer",
        "deadline": None,
        "deadline_for": None,
        "deadline_source": None,
        "or_deadline": None,
        "or_deadline_for": None,
        "or_deadline_source": None,
    }


def other_book(ledger: Ledger, query: Query) -> Usage | None:
    """The book that was not looked into, where a line of it fits."""
    usage: Usage = "P" if (query.usage or ledger.book()) == "T" else "T"
    try:
        found = next(rows(ledger, evolve(query, usage=usage)), None)
    except WrongUsageError:  # that book knows no such payer
        return None
    return usage if found is not None else None


def _is_of(payer: str, asked: str, names: frozenset[str]) -> bool:
    """Whether a payment is of the payer asked for: its name says so, in whole or in part."""
    name = payer.lower()
    return not asked or name in names or asked.strip().lower() in name


def unmatched_row(given: UnpostedClaim, on: dt.date) -> Row:
    """The row of a claim payment that fits no sent claim, its lines in ``procedures``."""
    payment = given.payment
    row = unmatched_claim_row(
        payment, given.match, payer=given.payer, trace=given.trace, date=given.date
    )
    lines = payment.lines
    row["claim"] = shown_number(row["claim"])  # another system's may be a name
    row["payer_claim"] = payment.payer_control or None
    row["procedures"] = [" ".join((x.procedure.code, *x.procedure.modifiers)) for x in lines]
    row["lines_units"] = [f"{x.paid_units:f}" if x.paid_units is not None else "1" for x in lines]
    if given.state == "aside":  # nobody can match it: two payments say different things
        row |= {"category": "aside", "next_step": NEXT["aside"], "never": ["count both payments"]}
    if len(lines) == 1:
        row["modifiers"] = list(lines[0].procedure.modifiers)
        row["units"] = row["lines_units"][0]
    return whole(row, on)


def whole(row: Row, on: dt.date) -> Row:
    """A row with every key that rows have, and whether its deadlines have passed on a day."""
    due = row.get("deadline")
    passed = dt.date.fromisoformat(due) < on if due else None
    missing = {key: value for key, value in EMPTY.items() if key not in row}
    later = row.get("or_deadline")
    over = dt.date.fromisoformat(later) < on if later else None
    return {**row, **missing, "deadline_passed": passed, "or_deadline_passed": over}


def _is_wanted(row: Row, query: Query) -> bool:
    """Whether a line is among those asked for; a line without a date is always."""
    day = dt.date.fromisoformat(row["date"]) if row["date"] else None
    return (
        row["status"] in query.statuses
        and (not query.codes or not query.codes.isdisjoint(row["code"].split()))
        and (query.due is None or (row["deadline"] or "9999") <= query.due.isoformat())
        and (day is None or query.since is None or day >= query.since)
        and (day is None or query.until is None or day <= query.until)
    )


def said(row: Mapping[str, Any]) -> list[str]:
    """What the payer said, each code with its meaning in our words."""
    told = [
        f"{a['group']}-{a['reason']} {a['amount']}: {_meaning('carc', a['reason'])}"
        for a in row["adjustments"]
    ]
    return told + [f"{remark}: {_meaning('rarc', remark)}" for remark in row["remarks"]]


def _meaning(kind: Any, code: str) -> str:
    """A code in our words, or that we have none for it."""
    entry = codes.lookup(kind, code)
    return entry.meaning if entry is not None else "not in our tables"


class Totals:
    """Adds rows up as they go by: memory stays flat."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()  # of those
        self.waiting = 0  # of those: a correction is on its way
        self.billed = self.paid = self.denied = Decimal("0.00")

    def through(self, given: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted."""
        for row in given:
            self.count[row["status"]] += 1
            self.waiting += row["correction"] is not None
            if row["status"] != UNMATCHED:  # its money is on no claim
                self.billed += Decimal(row["billed"])
                self.paid += Decimal(row["paid"])
            if row["category"] == DUPLICATE:
                self.duplicates[row["status"]] += 1
            else:
                self.denied += Decimal(row.get("denied") or "0.00")
            yield row

    def words(self) -> str:
        """All of it in one line."""
        if not self.count:
            return ""
        states = self.count - self.duplicates
        parts = [f"{states[s]} {s}" for s in STATUSES if states[s]]
        again = self.duplicates.total()
        parts += [counted(again, "duplicate")] if again else []
        apart = " (without the unmatched)" if states[UNMATCHED] else ""
        wait = f"; for {self.waiting} a correction is on its way" if self.waiting else ""
        return (
            f"{counted(self.count.total(), 'line')}: {', '.join(parts)}; "
            f"billed {self.billed}, paid {self.paid}, denied {self.denied}{apart}{wait}"
        )
