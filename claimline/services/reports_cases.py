"""What reports are counted from: the claims asked for, with their books as each payer left them.

Everything is asked by day of service, whatever the report; one claim after the other, so that
memory does not grow with the ledger.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from attrs import field, frozen
from sqlalchemy import Connection

from claimline.services.collector import swept
from claimline.services.payer_facts import Facts
from mapping.practice import Practice
from reconcile.books import claim_books
from reconcile.books_turns import RANK_ORDER
from reconcile.by_policy import by_policy
from reconcile.ledger import Ledger, Usage, bulk
from reconcile.ledger.reading import BY_PERSON, Filter, payer_names
from reconcile.ledger.reporting import Reported, Walk, claims
from reconcile.reports.days import day_of
from reconcile.reports.values import By, Case, Turn
from reconcile.turns import FIRST
from reconcile.values import Adjudication, LineBooks

Row = dict[str, Any]
From = Literal["service", "sent"]


@frozen(kw_only=True)
class Question:
    """What is asked. ``since`` and ``until`` are days of service; empty or None: any."""

    on: dt.date  # the day of the question
    usage: Usage
    by: By = "payer"
    payer: str = ""  # key, id or a part of the name
    meant: frozenset[str] = frozenset()  # the names, in small letters, that ``payer`` means
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


def walked(
    ledger: Ledger, question: Question, walk: Walk, *, answered: bool
) -> Iterator[tuple[Reported, Case]]:
    """Each claim asked for, with its books as the payers' policies read them."""
    facts = Facts(ledger, question.practice, question.on)
    with ledger.reading() as connection:
        names = Names(connection, question.usage, facts)
        found = claims(connection, question.filter(answered=answered), walk)
        for page in swept(bulk.batches(found)):
            for one in page:
                yield one, _case(one, facts, names, question.zone)


class Names:
    """What payers are called that answered claims: as claims to them were sent, if any were."""

    def __init__(self, connection: Connection, usage: Usage, facts: Facts) -> None:
        known = payer_names(connection, usage)
        self._sent = {word: name for key, number, name in known for word in (key, number) if name}
        self._facts = facts

    def of(self, one: Reported, answer: Adjudication) -> str:
        """The name of who gave an answer; its key or number where nothing else is known."""
        if answer.payer in {one.claim.payer, one.claim.payer_id}:
            return one.payer
        facts = self._facts.answering(one.claim)(answer)
        said = facts.name if facts is not None else ""
        named = self._sent.get(answer.payer) or said or one.names.get(answer.payer)
        return named or answer.payer


def _case(one: Reported, facts: Facts, names: Names, zone: dt.tzinfo) -> Case:
    claim = one.claim
    books = by_policy(claim_books(claim, one.answers), facts.answering(claim))
    return Case(
        claim=claim,
        answers=one.answers,
        books=books,
        payer=one.payer,
        provider=one.provider,
        location=one.location,
        state=one.state,
        sent=day_of(one.sent, zone),
        rejected=one.rejected,
        closed=one.event == BY_PERSON,
        stands_on=one.stands_on,
        names={answer.payer: names.of(one, answer) for answer in one.answers},
        turns=tuple(_turns(one, books, facts, names)),
    )


def _turns(
    one: Reported, books: tuple[LineBooks, ...], facts: Facts, names: Names
) -> Iterator[Turn]:
    """The books after each payer's answers, where a later payer gave one."""
    later: dict[tuple[str, str], str] = {}
    for answer in one.answers:
        if answer.rank != FIRST:
            later.setdefault((answer.rank, answer.payer), names.of(one, answer))
    if not later:
        return
    so_far = [answer for answer in one.answers if answer.rank == FIRST]
    yield Turn(payer=one.payer, key="", rank=FIRST, books=_books(one, so_far, facts))
    in_order = sorted(later.items(), key=lambda item: RANK_ORDER[item[0][0]])
    for number, ((rank, key), name) in enumerate(in_order, 1):
        so_far += [a for a in one.answers if (a.rank, a.payer) == (rank, key)]
        now = books if number == len(in_order) else _books(one, so_far, facts)
        yield Turn(payer=name, key=key, rank=rank, books=now)


def _books(one: Reported, answers: Sequence[Adjudication], facts: Facts) -> tuple[LineBooks, ...]:
    return by_policy(claim_books(one.claim, answers), facts.answering(one.claim))


def is_meant(name: str, question: Question) -> bool:
    """Whether a payer's name is the one asked for."""
    told = name.lower()
    return not question.meant or told in question.meant or question.payer.lower() in told


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
