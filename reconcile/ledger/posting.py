"""Claim payments into the books: matched, adjudicated, written, some hundred at a time.

What stands in the file is written as it came; what we make of it (the match, the shares, the
postings) is derived and made anew when later evidence asks for it. Nothing is posted that is not
matched for certain, that cannot be read whole, or that is no decision (CLP02 23 and 25).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import evolve, frozen
from sqlalchemy import Connection, func, select

from edi.remittance import ClaimPayment
from reconcile.balance import Difference
from reconcile.books_turns import NO_REVERSAL
from reconcile.keys import normal
from reconcile.ledger import bulk, by_hand, states_plain
from reconcile.ledger.candidates import TEACHING, Candidate, Finder
from reconcile.ledger.convert import number_text, to_cents, to_json
from reconcile.ledger.named import NAMES, names
from reconcile.ledger.named import STATES as NAMING
from reconcile.ledger.payers import Payers
from reconcile.ledger.received import Context
from reconcile.ledger.rows import adjustments_json, unmatched_json
from reconcile.ledger.states_plain import Plain, Source
from reconcile.ledger.tables_received import awaiting, claim_payment, line_share, posting
from reconcile.look import OTHER_PAYER
from reconcile.match import candidate_keys, match_claim
from reconcile.match_claim import BY_HAND, FAMILY, PATIENT_CONTROL, in_other_turns
from reconcile.post import NO_LINES, REVERSAL, adjudicate, amounts_of, posts
from reconcile.turns import home, is_later_turn, onto, turn_of
from reconcile.values import Adjudication, ClaimMatch, LineShare

if TYPE_CHECKING:
    from attrs import frozen as value

    from reconcile.ledger.writer import Writer
else:
    from attrs import define as value

State = Literal["posted", "unmatched", "parked", "aside", "not posted"]
_FILTER_BITS: Final = 1 << 23
CLAIM_EQUATION: Final = "CLP03 - all CAS = CLP04"
FIRM: Final = (PATIENT_CONTROL, FAMILY)  # found by the very number sent
_NO_DECISION: Final = {
    "23": "not our claim's decision: forwarded to another payer (CLP02 23)",
    "25": "an estimate, no payment (CLP02 25)",
}


@value(kw_only=True)
class Item:
    """One claim payment on its way into the books."""

    id: int
    context: Context
    payment: ClaimPayment
    fingerprint: str
    occurrence: int
    difference: int  # cents that charge - adjustments - paid leaves: see ``claim_difference``
    segments: Callable[[], str]  # JSON, made only where it must be kept


def claim_difference(found: Iterable[Difference]) -> int:
    """The cents that the payer's own figures of a claim leave open, from its differences."""
    for one in found:
        if one.level == "claim" and one.equation == CLAIM_EQUATION:
            return to_cents(one.expected - one.actual)
    return 0


@value(kw_only=True)
class _Result:
    """What was made of an item."""

    item: Item
    state: State
    why: str = ""
    match: ClaimMatch | None = None
    candidate: Candidate | None = None
    adjudication: Adjudication | None = None


@value(kw_only=True)
class Made:
    """Rows of claim payments but for the numbers that only the writer can give.

    ``claims`` are what follows the five columns of ``Head``. The others name a claim payment by its
    place among them, a posting its line share by its place among the shares (-1: the claim alone).
    """

    claims: Sequence[bulk.Row]
    shares: Sequence[bulk.Row]
    amounts: Sequence[bulk.Row]
    waiting: Sequence[bulk.Row]
    states: Sequence[str]
    learned: Sequence[str]  # payer claim numbers now known to be of a sent claim
    lines_left: int
    plain: Sequence[Plain | None] = ()  # what each decides as the only answer, where it is plain

    def flat(self) -> tuple[Any, ...]:
        """As ``of`` takes it: texts, numbers, None and tuples of them."""
        rows = (self.claims, self.shares, self.amounts, self.waiting, self.states, self.learned)
        return (*map(tuple, rows), self.lines_left, tuple(self.plain))

    @classmethod
    def of(cls, flat: tuple[Any, ...]) -> "Made":
        """What ``flat`` gave."""
        claims, shares, amounts, waiting, states, learned, lines_left, plain = flat
        return cls(
            claims=claims,
            shares=shares,
            amounts=amounts,
            waiting=waiting,
            states=states,
            learned=learned,
            lines_left=lines_left,
            plain=plain,
        )


Head = tuple[int, int, int, str, int]  # id, remittance_id, payment_id, fingerprint, occurrence
_POSITION: Final = 0  # places in a row of ``Made.claims``
_CONTROL: Final = 1
_SENT_CLAIM: Final = 9


@frozen(kw_only=True)
class Posted:
    """What a batch came to."""

    states: Counter[str]
    learned: frozenset[str]  # payer claim numbers now known to be of a sent claim
    lines_left: int  # lines that fit no sent line


class Marks:
    """Fingerprints written so far, in a megabyte whatever their number: a Bloom filter.

    What it has not seen is new; of what it may have seen the ledger is asked. Of a million claims
    that is one in twenty.
    """

    def __init__(self) -> None:
        self._bits = bytearray(_FILTER_BITS >> 3)

    def add(self, mark: str) -> bool:
        """Take one more; gives whether it may have been there."""
        bits, number = self._bits, int(mark, 16)
        one, other = number % _FILTER_BITS, (number >> 64) % _FILTER_BITS
        there = bits[one >> 3] >> (one & 7) & bits[other >> 3] >> (other & 7) & 1
        bits[one >> 3] |= 1 << (one & 7)
        bits[other >> 3] |= 1 << (other & 7)
        return bool(there)


def new_marks(connection: Connection, payment_id: int) -> Marks | None:
    """An empty ``Marks`` for a payment of which no claim is there yet; else None."""
    query = select(claim_payment.c.id).where(claim_payment.c.payment_id == payment_id).limit(1)
    return Marks() if connection.execute(query).first() is None else None


def occurrences(
    writer: "Writer",
    payment_id: int,
    marks: Sequence[str],
    known: Counter[str] | None = None,
    written: Marks | None = None,
) -> list[int]:
    """How many equal claim payments of that payment stand before each of these.

    Args:
        writer: the open transaction.
        payment_id: of the payment.
        marks: fingerprints, in the order of the claims.
        known: those that stand before, where the caller counts them; these are added to it.
        written: all that stand before, where the caller keeps it; these are added to it.
    """
    c = claim_payment.c
    seen: Counter[str] = Counter() if known is None else known
    asked = list(dict.fromkeys(marks)) if known is None else []
    if written is not None:
        asked = [mark for mark in asked if written.add(mark)]
    for batch in bulk.batches(asked):
        query = select(c.fingerprint, func.count()).where(
            c.payment_id == payment_id, c.fingerprint.in_(batch)
        )
        for mark, count in writer.connection.execute(query.group_by(c.fingerprint)):
            seen[mark] = count
    result = []
    for mark in marks:
        result.append(seen[mark])
        seen[mark] += 1
    return result


def post(writer: "Writer", items: Sequence[Item], *, aside: str = "") -> Posted:
    """Match, adjudicate and write claim payments.

    Args:
        writer: the open transaction.
        items: claim payments, all of one book.
        aside: why they may not be posted though they could be; empty where they may.
    """
    if not items:
        return Posted(states=Counter(), learned=frozenset(), lines_left=0)
    results = [_Result(item=item, state="aside", why=aside) for item in items]
    if not aside:
        results = list(_match(writer, items))
    heads = [
        (i.id, i.context.remittance_id, i.context.payment_id, i.fingerprint, i.occurrence)
        for i in items
    ]
    return write(writer, heads, _made(results))


def ahead(
    connection: Connection, items: Sequence[Item], payers: Payers
) -> tuple[Made, tuple[int, ...]]:
    """What can be decided of new claim payments on a snapshot, by the claims sent alone.

    Args:
        connection: the open snapshot.
        items: claim payments of one book.
        payers: of the same snapshot.

    Returns:
        The rows of those decided, in their order, and the places of the others.
    """
    finder = Finder(connection, items[0].context.usage)
    nobody = by_hand.Hand()
    results: list[_Result] = []
    left: list[int] = []
    found = finder.certain([item.payment for item in items])
    for n, (item, candidates) in enumerate(zip(items, found, strict=True)):
        result = _decide(item, candidates, payers, nobody) if candidates else None
        if result is not None and result.state == "posted":
            results.append(result)
        else:
            left.append(n)
    return _made(results, alone=True), tuple(left)


def _match(writer: "Writer", items: Sequence[Item]) -> Iterable[_Result]:
    finder = Finder(writer.connection, items[0].context.usage)
    hand = writer.hand(items[0].context.usage)
    found = finder.find([hand.addressed(item) for item in items])
    payers = Payers(writer.connection)
    for item, candidates in zip(items, found, strict=True):
        yield _decide(item, candidates, payers, hand)


def _decide(
    item: Item, candidates: tuple[Candidate, ...], payers: Payers, hand: by_hand.Hand
) -> _Result:
    payment, context = item.payment, item.context
    if not posts(payment):
        why = _NO_DECISION.get(payment.status) or _unreadable(payment)
        return _Result(item=item, state="not posted", why=why)
    known = payers.known(context.payer_ids)
    claims = [candidate.claim for candidate in candidates]
    said = hand.of(item)
    match = (
        said.match(claims)
        if said
        else match_claim(payment, claims, payers=known, date=context.date)
    )
    if match.claim is None:
        parked = "" if match.candidates else hand.parked(item)
        state: State = "parked" if parked else "unmatched"
        return _Result(item=item, state=state, why=parked or match.why, match=match)
    candidate = next(c for c in candidates if c.claim is match.claim or c.claim == match.claim)
    adjudication = adjudicate(
        payment,
        match.claim,
        id="",  # it is made of the row's columns when the row is read
        method=match.method,
        payer=payers.paying(payment, match.claim, context.payer_ids),
        date=context.date,
        trace=context.trace,
        by_hand=said.lines if said else NO_LINES,
    )
    if match.method == BY_HAND and in_other_turns(match.claim, claims):
        adjudication = evolve(adjudication, rank=turn_of(match.claim))  # which one, a person says
    if adjudication.payer == match.claim.payer and payers.is_another(
        match.claim, context.payer_ids
    ):
        adjudication = evolve(adjudication, notes=(*adjudication.notes, OTHER_PAYER))
    if hand.is_given_up(item):
        adjudication = evolve(adjudication, notes=(*adjudication.notes, NO_REVERSAL))
    first = _home(candidate, candidates)
    if first is not candidate:
        adjudication = onto(adjudication, candidate.claim, first.claim)
        candidate = first
    return _Result(
        item=item,
        state="posted",
        match=match,
        candidate=candidate,
        adjudication=adjudication,
    )


def _home(candidate: Candidate, candidates: tuple[Candidate, ...]) -> Candidate:
    """The candidate on whose lines the answer stands: for a second payer, the first one's claim."""
    if not is_later_turn(candidate.claim):
        return candidate
    family = candidate.claim.family
    earlier = sorted(
        (c for c in candidates if c.claim.family == family and c.id < candidate.id),
        key=lambda c: c.id,
    )
    first = home(candidate.claim, [c.claim for c in earlier])
    return next((c for c in earlier if c.claim is first), candidate)


def _unreadable(payment: ClaimPayment) -> str:
    return f"could not be read whole: {', '.join(payment.faults)}"


def _made(results: Sequence[_Result], *, alone: bool = False) -> Made:
    """The rows of results; ``alone``: of claims without relatives."""
    claims = [_claim_row(result) for result in results]
    plain: list[Plain | None] = []
    shares: list[bulk.Row] = []
    amounts: list[bulk.Row] = []
    waiting: list[bulk.Row] = []
    for place, result in enumerate(results):
        waiting += _waiting(place, result)
        if result.adjudication is None or result.candidate is None:
            continue
        numbers = _line_numbers(result.candidate)
        share_of = {"": -1}
        for share in result.adjudication.lines:
            share_of[share.line] = len(shares)
            shares.append(_share_row(place, numbers[share.line], share))
        if alone:
            own = shares[-len(result.adjudication.lines) :]
            plain.append(states_plain.plain(result.candidate.claim, claims[place], own))
        amounts += [
            (place, share_of[line], kind, group, reason, cents)
            for line, kind, group, reason, cents in amounts_of(result.adjudication)
        ]
    learned = {
        result.item.payment.payer_control
        for result in results
        if result.match and result.match.method in TEACHING
    }
    return Made(
        claims=claims,
        shares=shares,
        amounts=amounts,
        waiting=waiting,
        states=[result.state for result in results],
        learned=sorted(learned - {""}),
        lines_left=sum(len(r.adjudication.unmatched) for r in results if r.adjudication),
        plain=plain,
    )


def write(
    writer: "Writer", heads: Sequence[Head], made: Made, source: Source | None = None
) -> Posted:
    """Write claim payments whose rows are made.

    Args:
        writer: the open transaction.
        heads: the first columns of each.
        made: what follows, of the same claim payments in the same order.
        source: the payment they are of, where it is known which of them are plain.
    """
    plain = _first_answers(writer, made) if source else []
    ids = [head[0] for head in heads]
    recorded = writer.recorded
    rows = zip(heads, made.claims, strict=True)
    writer.add(claim_payment, [(*head, *row, *recorded) for head, row in rows])
    if source:
        states_plain.write(writer, plain, source)
    if len(plain) < len(made.claims):
        writer.is_plain = False
        done = {answer[0] for answer in plain}
        on = (row[_SENT_CLAIM] for row in made.claims)
        writer.changed(number for number in on if number is not None and number not in done)
    share = writer.ids(line_share, len(made.shares))
    shares = [(n, ids[row[0]], *row[1:]) for n, row in enumerate(made.shares, share)]
    writer.add(line_share, shares)
    first = writer.ids(posting, len(made.amounts))
    amounts = [
        (n, ids[place], None if of < 0 else share + of, *rest)
        for n, (place, of, *rest) in enumerate(made.amounts, first)
    ]
    writer.add(posting, amounts)
    if made.waiting:
        writer.may_have(awaiting.name)
    writer.add(awaiting, [(ids[place], *rest) for place, *rest in made.waiting])
    writer.names_changed(value for _, kind, value in made.waiting if kind == NAMES)
    return Posted(
        states=Counter(made.states),
        learned=frozenset(made.learned),
        lines_left=made.lines_left,
    )


def _first_answers(writer: "Writer", made: Made) -> list[states_plain.Answer]:
    """The plain ones that are the only answer to their claim so far."""
    answers = [
        (row[_SENT_CLAIM], row[_CONTROL], row[_POSITION], plain)
        for row, plain in zip(made.claims, made.plain, strict=True)
        if plain is not None
    ]
    times = Counter(row[_SENT_CLAIM] for row in made.claims)
    return states_plain.first_answers(writer, answers, times)


def _line_numbers(candidate: Candidate) -> dict[str, int]:
    return {
        line.control: number
        for line, number in zip(candidate.claim.lines, candidate.lines, strict=True)
    }


def _claim_row(result: _Result) -> bulk.Row:
    item, payment, made = result.item, result.item.payment, result.adjudication
    match = result.match
    settled = made is not None and not made.unmatched
    return (
        payment.position,
        payment.control,
        payment.status,
        to_cents(payment.charge),
        to_cents(payment.paid),
        None
        if payment.patient_responsibility is None
        else to_cents(payment.patient_responsibility),
        payment.payer_control,
        " ".join(payment.remarks),
        item.difference,
        result.candidate.id if result.candidate else None,
        match.method if match else "",
        made.payer if made else item.context.payer,
        made.rank if made else "",
        to_cents(made.difference) if made else 0,
        to_json(match.candidates) if match else "",
        result.state,
        result.why,
        to_json(made.notes) if made else "",
        unmatched_json(made.unmatched) if made else "",
        None if settled else item.segments(),
    )


def _share_row(place: int, line_number: int, share: LineShare) -> bulk.Row:
    return (
        place,
        line_number,
        share.method,
        share.code,
        " ".join(share.modifiers),
        to_cents(share.charge),
        to_cents(share.paid),
        number_text(share.units),
        adjustments_json(share.adjustments, share.of_claim),
        " ".join(share.remarks),
        None if share.allowed is None else to_cents(share.allowed),
        share.bundled_into,
        to_cents(share.not_explained),
    )


def _waiting(place: int, result: _Result) -> list[bulk.Row]:
    """The keys by which later evidence may match it, or match it otherwise."""
    match = result.match
    payment = result.item.payment
    waits: list[bulk.Row] = []
    if result.state in NAMING:
        named = names(payment.control, match.candidates if match else ())
        waits = [(place, *one) for one in named]
    if match is None:
        return waits
    lines_left = result.adjudication is not None and result.adjudication.unmatched
    if match.method in FIRM and not lines_left:
        return []
    keys = candidate_keys(payment)
    found = [("stem", keys.stem)] if keys.stem else []
    found += [("payer", control) for control in keys.payer_controls]
    if payment.status == REVERSAL:  # its original may have the number in another spelling
        found += [("payer", normal(control)) for control in keys.payer_controls]
    found += [("line", control) for control in keys.line_controls]
    return [*waits, *((place, kind, value) for kind, value in dict.fromkeys(found))]
