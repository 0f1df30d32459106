"""Payments against what was expected: of one claim, or of page after page of claims."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from attrs import frozen

from claimline.render.words import counted
from claimline.services.payer_facts import Facts
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.expected import Answered
from reconcile.judged import Judged, judge
from reconcile.ledger import Ledger, Received, Usage
from reconcile.ledger.mates import Key, key_of, mates
from reconcile.values import SentLine

Row = dict[str, Any]
Judgements = Mapping[tuple[str, str], Judged]
PAGE: Final = 500
VERDICTS: Final = ("underpaid", "overpaid", "does not balance")


@frozen(kw_only=True)
class Wanted:
    """Which lines. Empty or None: any. ``since`` and ``until`` are days of service."""

    usage: Usage | None = None  # None: production if there is any, else test
    codes: frozenset[str] = frozenset()
    payer: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    verdicts: frozenset[str] = frozenset(VERDICTS)


def judged(ledger: Ledger, claims: Iterable[Answered], usage: Usage) -> Judgements:
    """The judgements of these claims' lines, with the other claims of their days in view."""
    given = [one for one in claims if any(line.terms for line in one.claim.lines)]
    if not given:
        return {}
    with ledger.reading() as connection:
        others = mates(connection, [one.claim for one in given], usage)
    days: dict[Key, list[Answered]] = {}
    for one in given:
        days.setdefault(key_of(one.claim), []).append(one)
    found: dict[tuple[str, str], Judged] = {}
    for key, some in days.items():
        if key[0]:  # without a patient's key nobody knows which claims share a day
            found |= judge((*some, *others.get(key, ())))
        else:
            for one in some:
                found |= judge((one,))
    return found


def rows(ledger: Ledger, wanted: Wanted) -> Iterator[Row]:
    """The rows of ``underpaid``: payments not as expected, in the order of sending."""
    usage = wanted.usage or ledger.book()
    claims = ledger.received(
        usage=usage,
        code=next(iter(wanted.codes)) if len(wanted.codes) == 1 else "",
        payer=wanted.payer,
        since=wanted.since,
        until=wanted.until,
    )
    facts = Facts(ledger, None, dt.date.min)  # as recorded when the claims were sent
    while page := list(islice(claims, PAGE)):
        found = judged(ledger, [_answered(each, facts) for each in page], usage)
        for given in page:
            for line in given.claim.lines:
                one = found.get((given.claim.control, line.control))
                if one is not None and _is_wanted(one, line, wanted):
                    yield _row(given, line, one)


def _answered(given: Received, facts: Facts) -> Answered:
    """A claim with its books as the payer's policy reads them."""
    books = claim_books(given.claim, given.adjudications)
    return Answered(
        claim=given.claim,
        adjudications=given.adjudications,
        books=by_policy(books, facts.answering(given.claim)),
    )


def _is_wanted(one: Judged, line: SentLine, wanted: Wanted) -> bool:
    return (
        one.verdict in wanted.verdicts
        and not one.together
        and (not wanted.codes or line.code in wanted.codes)
        and (wanted.since is None or line.date >= wanted.since)
        and (wanted.until is None or line.date <= wanted.until)
    )


def _row(given: Received, line: SentLine, one: Judged) -> Row:
    return {
        "claim": one.claim,
        "line": one.line,
        "payer": given.payer_name or given.claim.payer,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "units": f"{line.units.normalize():f}",
        "billed": f"{line.charge:.2f}",
    } | fields(one)


def fields(one: Judged) -> Row:
    """A judgement as plain values."""
    return {
        "judged": one.verdict,
        "expected": _text(one.expected),
        "paid": _text(one.paid),
        "difference": _text(one.difference),
        "words": one.words,
        "why": list(one.because),
        "terms": one.version,
    }


def judged_fields(one: Judged | None) -> Row:
    """What a row of another list says of a judgement; nothing where there is no answer yet."""
    if one is None:
        return {"expected": None, "judged": None, "judged_words": None, "judged_why": []}
    return {
        "expected": _text(one.expected),
        "judged": one.verdict,
        "judged_words": one.words,
        "judged_why": list(one.because),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


class Totals:
    """Adds rows up as they go by: memory stays flat."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.sums: dict[str, Decimal] = dict.fromkeys(VERDICTS, Decimal("0.00"))

    def through(self, given: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted."""
        for row in given:
            self.count[row["judged"]] += 1
            if row["judged"] in self.sums:
                self.sums[row["judged"]] += abs(Decimal(row["difference"]))
            yield row

    def words(self) -> str:
        """All of it in one line."""
        told = [
            f"{self.count[v]} {v}" + (f" by {self.sums[v]}" if self.sums[v] else "")
            for v in VERDICTS
            if self.count[v]
        ]
        return f"{counted(self.count.total(), 'line')}: {', '.join(told)}" if told else ""
