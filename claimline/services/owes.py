"""What patients owe now: the figure of ``reconcile.owes`` for claims in the ledger."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from claimline.services.payer_facts import Facts
from claimline.services.plain import money
from claimline.services.turns import Asking, Case, SentOn, further, kept, with_billed
from mapping.practice import Practice
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.keys import stem
from reconcile.ledger import ClaimStory, Ledger, Usage
from reconcile.ledger.counted_on import Waiting, waiting
from reconcile.ledger.find import held_for
from reconcile.ledger.further import Member
from reconcile.ledger.further import sent_on as families_sent_on
from reconcile.ledger.kept import KeptAnswer, kept_answers
from reconcile.owes import Owed, owed
from reconcile.turns import FIRST
from reconcile.values import Adjudication, LineBooks, SentClaim

Content = dict[str, Any]
AMOUNTS: Final = ("due", "later", "check", "credit", "collected")


class Owing:
    """Works out what is owed for one claim after the other."""

    def __init__(self, facts: Facts, on: dt.date, practice: Practice | None = None) -> None:
        self._asking = Asking(facts=facts, on=on, practice=practice)

    def of(
        self,
        claim: SentClaim,
        books: Sequence[LineBooks],
        answers: Sequence[Adjudication],
        decisions: str,
        billed: SentOn | None = None,
        *,
        payer: str = "",
        cut: KeptAnswer | None = None,
        correction: Waiting | None = None,
    ) -> Owed:
        """What the patient owes for a claim.

        Args:
            claim: as it was sent.
            books: of its lines.
            answers: all that came back for it.
            decisions: what was kept with it (JSON); empty where it has no further coverage.
            billed: payer key and turn to the number of the claim that was sent on.
            payer: the name of the payer billed, for the words.
            cut: its answer, where that stands in a payment that is not whole.
            correction: one of it that waits for the payer.
        """
        given = with_billed(kept(decisions), billed or {})
        case = Case(claim=claim, books=books, answers=answers, kept=given, billed=billed or {})
        waiting = further(self._asking, case) if _is_decided(books) else ()
        name = payer or self._asking.facts.of(claim, "").name
        telling = self._asking.facts.telling(claim, name)
        return owed(
            claim,
            books,
            waiting,
            telling,
            qmb=given.qmb,
            answers=answers,
            payer=name,
            cut=cut.words if cut else "",
            correction=correction.next_step if correction else "",
        )

    def fields(
        self,
        claim: SentClaim,
        books: Sequence[LineBooks],
        answers: Sequence[Adjudication],
        decisions: str,
        billed: SentOn | None = None,
    ) -> Content:
        """The two fields that every row of the worklist has, for the claim as a whole."""
        found = self.of(claim, books, answers, decisions, billed)
        return {"patient_owes": money(found.due), "patient_owes_later": money(found.later)}


def _is_decided(books: Iterable[LineBooks]) -> bool:
    """Whether the further payers are what is waited for: before, the first one is."""
    return all(one.current is not None for one in books)


def plain(given: Owed) -> Content:
    """A figure as plain values."""
    amounts = {name: money(getattr(given, name)) for name in AMOUNTS}
    return amounts | {"because": list(given.because), "not_yet": list(given.not_yet)}


def sent_on(family: Iterable[SentClaim | Member], first: SentClaim) -> dict[tuple[str, str], str]:
    """Payer key and turn to the number of the claim that was sent on to it from ``first``.

    Args:
        family: in the order of sending.
        first: a claim of it to the first payer.
    """
    own = (first.control, first.frequency)
    found: dict[tuple[str, str], str] = {}
    is_behind = False
    for one in family:
        rank = one.rank if isinstance(one, Member) else one.payer_rank
        if rank == FIRST:
            is_behind = (one.control, one.frequency) == own
        elif is_behind:
            found.pop((one.payer, rank), None)  # the newest comes last
            found[one.payer, rank] = one.control
    return found


def sent_on_of(
    ledger: Ledger, claims: Sequence[SentClaim], usage: Usage
) -> dict[tuple[str, str], dict[tuple[str, str], str]]:
    """The same for many claims, by number and frequency; without those that went nowhere."""
    with ledger.reading() as connection:
        families = families_sent_on(connection, usage, {one.family for one in claims})
    return {
        (one.control, one.frequency): sent_on(families[one.family], one)
        for one in claims
        if one.family in families
    }


@frozen(kw_only=True)
class Answer:
    """What is owed for the claims of an identifier."""

    kind: str  # what it is; empty: not known
    claims: tuple[Content, ...] = ()
    held: tuple[str, ...] = ()  # held claims that wait for that visit, where it was not billed

    @property
    def total(self) -> Content:
        """The sums over the claims."""
        return {
            name: money(sum((Decimal(one[name]) for one in self.claims), Decimal("0.00")))
            for name in AMOUNTS
        }


def owes(
    ledger: Ledger, identifier: str, practice: Practice | None, *, on: dt.date, usage: Usage | None
) -> Answer:
    """What is owed for the claims that an identifier leads to; a patient's number leads to all."""
    found = [one for one in ledger.find(identifier) if one.families]
    found = [one for one in found if usage in {None, one.usage}]
    if not found:
        with ledger.reading() as connection:
            return Answer(kind="", held=held_for(connection, identifier))
    surest = [one for one in found if one.kind == found[0].kind]
    chosen = next((one for one in surest if one.usage == "P"), surest[0])
    facts = Facts(ledger, practice, on)
    owing = Owing(facts, on, practice)
    families = [ledger.story(number, usage=chosen.usage) for number in chosen.families]
    stories = [one for family in families for one in family]
    facts.learn(ledger, chosen.usage, ((one.sent.claim, one.adjudications) for one in stories))
    with ledger.reading() as connection:
        stems = {stem(one.sent.claim.control) for one in stories}
        came = kept_answers(connection, stems, usage=chosen.usage)
        waits = waiting(connection, chosen.families, chosen.usage)
    claims = [
        of_story(
            owing,
            facts,
            one,
            family,
            cut=cut_of(came, claim),
            correction=waits.get(claim_key(claim)),
        )
        for family in families
        for one in family
        if not (claim := one.sent.claim).follows and claim.frequency != "8"
    ]
    return Answer(kind=chosen.kind, claims=tuple(claims))


def claim_key(claim: SentClaim) -> tuple[str, str]:
    """Number and frequency of a claim."""
    return claim.control, claim.frequency


def cut_of(came: Mapping[str, Iterable[KeptAnswer]], claim: SentClaim) -> KeptAnswer | None:
    """A claim's answer that stands in a payment that is not whole (``kept.kept_answers``)."""
    some = came.get(stem(claim.control), ())
    return next((one for one in some if one.state == "incomplete"), None)


def of_story(
    owing: Owing,
    facts: Facts,
    story: ClaimStory,
    stories: Iterable[ClaimStory],
    *,
    cut: KeptAnswer | None = None,
    correction: Waiting | None = None,
) -> Content:
    """What is owed for one claim, with what it is; ``stories`` are those of its family at least.

    ``cut``: its answer, where that stands in a payment that is not whole. ``correction``: one of
    it that waits for the payer.
    """
    claim = story.sent.claim
    family = [one for one in stories if one.sent.claim.family == claim.family]
    books = by_policy(claim_books(claim, story.adjudications), facts.answering(claim))
    billed = sent_on([one.sent.claim for one in family], claim)
    name = story.sent.payer_name
    answers = story.adjudications
    found = owing.of(
        claim, books, answers, story.sent.decisions, billed,
        payer=name, cut=cut, correction=correction,
    )  # fmt: skip
    return {
        "claim": claim.control,
        "date": claim.date.isoformat(),
        "payer": story.sent.payer_name or claim.payer,
        "charge": money(claim.charge),
        "paid": money(sum((one.paid for one in books), Decimal("0.00"))),
    } | plain(found)
