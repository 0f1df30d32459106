"""How received payments stand now: what of them waits for a person, whenever it came."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_VOID
from reconcile.attention import Concern, concerns
from reconcile.books import claim_books
from reconcile.ledger import acknowledgements_summary, bulk, rows, sent, turned
from reconcile.ledger.by_hand_remit import PERHAPS
from reconcile.ledger.convert import dollars, from_json
from reconcile.ledger.families import with_followers
from reconcile.ledger.mended import SUPERSEDED
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_received import claim_payment, problem, remittance
from reconcile.post import REVERSAL
from reconcile.report import WHOSE
from reconcile.turns import FIRST

NO_DECISION: Final = {"23": "passed on", "25": "estimate"}  # CLP02 of what is not posted
UNBALANCED: Final = ("remit.line-unbalanced", "remit.claim-unbalanced")
_C: Final = claim_payment.c
_R: Final = remittance.c


@frozen(kw_only=True)
class Waiting:
    """One thing among what was received that waits for a person."""

    kind: (
        str  # incomplete, aside, unmatched, not posted, line left, unbalanced, odd, acknowledgement
    )
    usage: str
    file: str
    trace: str  # TRN02
    payer: str
    date: str  # of the payment, CCYY-MM-DD
    claim: str  # CLP01, or ours; empty where it is the payment itself
    amount: Decimal  # BPR02 of a payment, CLP04 of a claim, what is not explained
    why: str
    next_step: str
    digest: str = field(default="", repr=False)  # of the file, where it is about a payment


@frozen(kw_only=True)
class Standing:
    """How the claim payments of one payment stand."""

    states: Counter[str] = field(factory=Counter)  # posted, unmatched, aside, not posted
    lines_left: int = 0
    unbalanced: int = 0


def of_file(connection: Connection, file_id: int) -> dict[int, Standing]:
    """How the payments of a file stand, by row number of the payment."""
    states: dict[int, Counter[str]] = {}
    mine = _R.file_id == file_id
    counted = (
        select(_C.remittance_id, _C.state, func.count())
        .join(remittance, _R.id == _C.remittance_id)
        .where(mine)
        .group_by(_C.remittance_id, _C.state)
    )
    for number, state, count in connection.execute(counted):
        states.setdefault(number, Counter())[state] = count
    left = (
        select(_C.remittance_id, _C.unmatched_lines)
        .join(remittance, _R.id == _C.remittance_id)
        .where(mine, _C.state == "posted", _C.unmatched_lines != "")
    )
    lines: Counter[int] = Counter()
    for number, text in connection.execute(left):
        lines[number] += len(from_json(text))
    wrong = _unbalanced(connection, file_id)
    return {
        number: Standing(
            states=states.get(number, Counter()),
            lines_left=lines[number],
            unbalanced=len(wrong.get(number, ())),
        )
        for number in {*states, *wrong}
    }


def _unbalanced(connection: Connection, file_id: int) -> dict[int, set[str]]:
    """The claims of each payment of a file whose own figures do not add up."""
    p = problem.c
    query = select(p.remittance_id, p.place).where(p.file_id == file_id, p.code.in_(UNBALANCED))
    found: dict[int, set[str]] = {}
    for number, place in connection.execute(query):
        if number is not None:
            found.setdefault(number, set()).add(str(dict(from_json(place)).get("claim", "")))
    for number, control in _superseded(connection, file_id) if found else ():
        found.get(number, set()).discard(control)
    return found


def _superseded(connection: Connection, file_id: int) -> list[tuple[int, str]]:
    """The claims of each payment of a file that could not be read and came again, readable."""
    query = (
        select(_C.remittance_id, _C.control)
        .join(remittance, _R.id == _C.remittance_id)
        .where(_R.file_id == file_id, _C.state == SUPERSEDED)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


_IS_REPLACEMENT: Final = and_(
    sent_claim.c.frequency != FREQUENCY_VOID,
    or_(sent_claim.c.frequency > FREQUENCY_ORIGINAL, sent_claim.c.control != sent_claim.c.family),
)


def concerns_of(
    connection: Connection, condition: ColumnElement[bool]
) -> Iterator[tuple[int, tuple[Concern, ...]]]:
    """What does not fit in the answers of claims, some hundred at a time.

    Args:
        connection: the open snapshot.
        condition: on ``remittance``: the payments whose claims are looked at.

    Yields:
        The row number of a payment, and the concerns of one of its claims.
    """
    query = (
        select(
            _C.id, _C.remittance_id, _C.sent_claim_id, _R.usage,
            _IS_REPLACEMENT.label("replaces"),
        )
        .join(remittance, _R.id == _C.remittance_id)
        .join(sent_claim, sent_claim.c.id == _C.sent_claim_id)
        .where(condition, _C.state == "posted", _may_be_odd())
        .order_by(_C.id)  # without a limit: to find the first so many the whole table is walked
        .execution_options(yield_per=bulk.BATCH)
    )  # fmt: skip
    for found in connection.execute(query).partitions():
        for usage in sorted({row.usage for row in found}):
            yield from _concerns(connection, [row for row in found if row.usage == usage])


def _may_be_odd() -> ColumnElement[bool]:
    """Where oddity is possible at all: several answers, a reversal, a charge that is not ours.

    Or an answer of a later payer, or to a claim that replaces another one.
    """
    other = claim_payment.alias()
    several = select(other.c.id).where(
        other.c.sent_claim_id == _C.sent_claim_id, other.c.id != _C.id, other.c.state == "posted"
    )
    return or_(
        _C.status == REVERSAL,
        and_(_C.charge != sent_claim.c.charge, _C.status != REVERSAL),
        and_(_C.rank != FIRST, sent_claim.c.payer_rank == FIRST),
        _IS_REPLACEMENT,
        several.exists(),
    )


def _concerns(
    connection: Connection, found: Sequence[Any]
) -> Iterator[tuple[int, tuple[Concern, ...]]]:
    before = _replaced(connection, found)
    numbers = [row.sent_claim_id for row in found]
    numbers = list(dict.fromkeys([*numbers, *(n for some in before.values() for n in some)]))
    claims = sent.load(connection, sent_claim.c.id.in_(numbers))
    claims = with_followers(connection, claims, found[0].usage)
    answers = rows.adjudications(connection, {n: claim.control for n, claim in claims.items()})
    told: set[tuple[int, int]] = set()
    for row in found:
        for number in (row.sent_claim_id, *before.get(row.sent_claim_id, ())):
            claim, came = claims[number], answers.get(number, ())
            if (row.remittance_id, number) in told or not came:
                continue
            told.add((row.remittance_id, number))
            odd = concerns(claim, claim_books(claim, came), came)
            if odd:
                yield row.remittance_id, odd


def _replaced(connection: Connection, found: Sequence[Any]) -> dict[int, tuple[int, ...]]:
    """For each claim of these that replaces others: the answered ones before it, of its turn."""
    old, new, c = sent_claim.alias(), sent_claim.alias(), claim_payment.alias().c
    is_answered = select(c.id).where(c.sent_claim_id == old.c.id, c.state == "posted").exists()
    query = (
        select(new.c.id, old.c.id)
        .join(
            old,
            (old.c.family == new.c.family)
            & (old.c.usage == new.c.usage)
            & (old.c.payer_rank == new.c.payer_rank)
            & (old.c.id != new.c.id),
        )
        .where(new.c.id.in_([row.sent_claim_id for row in found if row.replaces]), is_answered)
        .order_by(new.c.id, old.c.id)
    )
    before: dict[int, tuple[int, ...]] = {}
    for number, other in connection.execute(query):
        before[number] = (*before.get(number, ()), other)
    return before


_BY_PAYMENT: Final = (_R.payment_date, _R.trace, _R.number, _R.id)  # not as they came
_ASK: Final = (
    "compare with the earlier one and ask the payer which one holds; was it put aside by an older "
    "Claimline, claimline ledger rebuild judges it anew"
)
_AGAIN: Final = "ask the sender for the file again"
NEXT: Final = {
    "incomplete": "ask the sender for the file again; it waits no longer when the payment comes "
    "whole. If it never does: claimline ledger dismiss FILE",
    "aside": _ASK,
    "replaced": "the 835 counts: look where the other was wrong, then claimline remit undo",
    "perhaps twice": "compare both: the same payment: claimline remit undo; another one: claimline "
    "remit keep",
    "unmatched": WHOSE,
    "not posted": "nothing is decided by it: ask the sender for the claim's answer in a file that "
    "can be read, under the same payment number: it is posted from there",
    "parked": "an old system's: nothing; claimline match rules says why",
    "passed on": "bill nobody twice: wait for the other payer's remittance; ask this payer to whom "
    "it went, and correct the patient's coverage",
    "estimate": "nothing is decided by it: ask the payer why it took the claim for an estimate; a "
    "decision is still due",
    "line left": "compare with the lines that were sent; ask the payer which one is meant",
    "unbalanced": "ask the payer for a corrected remittance",
    "acknowledgement": "receive the 837P file it speaks of, if another system sent it; else ask "
    "the sender whose claims these are; nobody's here: claimline ledger dismiss FILE",
}


def next_step(state: str, status: str) -> str:
    """What to do about a claim payment that stands on no claim, by its state and CLP02."""
    return NEXT[NO_DECISION.get(status, state) if state == "not posted" else state]


def waiting(connection: Connection, usage: str) -> Iterator[Waiting]:
    """All that waits for a person among the payments of a book: payments, claims, oddities."""
    yield from _waiting_payments(connection, usage)
    yield from _waiting_claims(connection, usage)
    yield from _waiting_acknowledgements(connection, usage)
    about = _abouts(connection, usage)
    told: dict[Concern, int] = {}  # with one payment of the claim: the one it is about, if any
    for number, odd in concerns_of(connection, _R.usage == usage):
        for one in odd:
            if one not in told or (one.trace and one.trace == about[number].trace):
                told[one] = number
    for one, number in told.items():
        words = f"line {one.line}: {one.cause}" if one.line else one.cause
        yield _waiting("odd", about[number], claim=one.claim, why=words, todo=one.next_step)


def _waiting_acknowledgements(connection: Connection, usage: str) -> Iterator[Waiting]:
    """Acknowledgements of what nobody sent from here, and those that are cut off."""
    for row, claim in acknowledgements_summary.waiting(connection, usage):
        incomplete = row.state == "incomplete"
        yield Waiting(
            kind="acknowledgement",
            usage=row.usage,
            file=row.file_name or "",
            trace="",
            payer=row.source_name,
            date=row.date,
            claim=claim,
            amount=dollars(0),
            why=f"{row.kind} cut off or miscounted" if incomplete else f"{row.kind}: {row.why}",
            next_step=_AGAIN if incomplete else NEXT["acknowledgement"],
        )


def _about(condition: ColumnElement[bool], *more: Any) -> Any:
    """Which payment it is, with more columns."""
    columns = (_R.id, _R.usage, _R.trace, _R.payer_name, _R.payment_date, _R.why, _R.paid)
    return (
        select(*columns, file.c.name.label("file_name"), file.c.digest.label("file_digest"), *more)
        .join(file, file.c.id == _R.file_id)
        .where(condition)
    )


def _abouts(connection: Connection, usage: str) -> dict[int, Any]:
    """Which payment each row number is."""
    return {row.id: row for row in connection.execute(_about(_R.usage == usage))}


def _waiting(
    kind: str, row: Any, *, claim: str = "", cents: int = 0, why: str = "", todo: str = ""
) -> Waiting:
    return Waiting(
        kind=kind,
        usage=row.usage,
        file=row.file_name,
        trace=row.trace,
        payer=row.payer_name,
        date=row.payment_date,
        claim=claim,
        amount=dollars(cents),
        why=why,
        next_step=todo or NEXT[kind],
        digest=row.file_digest,
    )


def _waiting_payments(connection: Connection, usage: str) -> Iterator[Waiting]:
    """Payments that wait as a whole, or do not add up."""
    differs = and_(_R.state == "posted", _R.difference != 0)
    entered = and_(_R.state == "replaced", _R.why.contains("; it differs: "))
    twice = and_(_R.origin == "hand", _R.state == "posted", _R.why.startswith(PERHAPS))
    signs = turned.of_payments(connection, _R.usage == usage)
    turns = and_(_R.state == "posted", _R.id.in_(list(signs)))
    wrong = or_(_R.state.in_(("incomplete", "aside")), differs, turns, entered, twice)
    condition = and_(_R.usage == usage, wrong)
    aside = select(func.sum(_C.paid)).where(_C.remittance_id == _R.id, _C.state == "aside")
    parts = aside.scalar_subquery().label("aside")
    query = _about(condition, _R.state, _R.difference, parts).order_by(*_BY_PAYMENT)
    for row in connection.execute(query):
        if row.why.startswith(PERHAPS):
            yield _waiting("perhaps twice", row, cents=row.paid, why=row.why)
        elif row.state == "posted":
            cents = row.difference + signs.get(row.id, 0)
            words = "claims less provider adjustments differ from the payment"
            if cents:
                yield _waiting("unbalanced", row, cents=cents, why=words)
        else:
            unnamed = row.state == "incomplete" and not row.trace  # maybe a copy of another
            cents = 0 if unnamed else row.paid if row.aside is None else row.aside
            yield _waiting(row.state, row, cents=cents, why=row.why)


def _waiting_claims(connection: Connection, usage: str) -> Iterator[Waiting]:
    """Claim payments that are not on the books, or not wholly, or do not add up."""
    left = and_(_C.state == "posted", _C.unmatched_lines != "")
    wrong = or_(_C.state != "posted", left, _C.difference != 0)
    condition = and_(_R.usage == usage, _C.state.not_in(("parked", SUPERSEDED)), wrong)
    more = (_C.control, _C.state, _C.status, _C.paid.label("claim_paid"),
            _C.why.label("claim_why"), _C.difference, _C.unmatched_lines)  # fmt: skip
    query = _about(condition, *more).join(claim_payment, _C.remittance_id == _R.id)
    for row in connection.execute(query.order_by(*_BY_PAYMENT, _C.position)):
        if row.state != "posted":
            cents, why = row.claim_paid, row.claim_why
            todo = next_step(row.state, row.status)
            yield _waiting(row.state, row, claim=row.control, cents=cents, why=why, todo=todo)
            continue
        for line in from_json(row.unmatched_lines):
            yield _waiting("line left", row, claim=row.control, cents=line["paid"], why=line["why"])
        if row.difference:
            words = "charge less adjustments is not what was paid"
            yield _waiting("unbalanced", row, claim=row.control, cents=row.difference, why=words)
