"""Which claims were followed by a replacement or void, and which go to a second payer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve
from sqlalchemy import Connection, func, select

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_VOID
from reconcile.books import standing
from reconcile.buckets import is_copy
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.states_facts import Facts
from reconcile.ledger.states_facts import claims as rows_of
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.lifecycle import State, state_of
from reconcile.post import REVERSAL
from reconcile.turns import home, is_later_turn
from reconcile.values import Adjudication, SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.records import Usage

_CLAIM: Final = sent_claim.c


def with_followers(
    connection: Connection, claims: dict[int, SentClaim], usage: "Usage"
) -> dict[int, SentClaim]:
    """The claims, each naming the replacement or void of its family that came after it.

    A replacement counts once the payer decided it, until that is taken back; and so does a new
    claim in place of one that could not be processed; in place of a rejected claim, as soon as it
    was sent; a void as soon as it was made, unless it was rejected. What was taken back before it
    was sent does not count. An original comes before all others of its family, the others before
    those recorded later. Only a claim in the same turn of payers follows one; a claim to a second
    payer names the claim on whose lines its answers stand.
    """
    claims = _with_firsts(connection, claims, usage)
    followers: dict[str, list[tuple[int, str, str, str]]] = {}
    for batch in bulk.batches(sorted({claim.family for claim in claims.values()})):
        columns = (
            _CLAIM.family,
            _CLAIM.id,
            _CLAIM.frequency,
            _CLAIM.control,
            _CLAIM.payer_rank,
        )
        query = select(*columns).where(
            _CLAIM.family.in_(batch),
            _CLAIM.usage == usage,
            (_CLAIM.frequency > FREQUENCY_ORIGINAL) | (_CLAIM.control != _CLAIM.family),
        )
        for family, *follower in connection.execute(query.order_by(_CLAIM.id)):
            number, frequency, control, rank = follower
            followers.setdefault(family, []).append((number, frequency, control, rank))
    if not followers:
        return claims
    numbers = {one[0] for some in followers.values() for one in some}
    numbers |= {number for number, claim in claims.items() if claim.family in followers}
    decided = _decided(connection, sorted(numbers))
    on_the_way = _on_the_way(connection, numbers - decided)
    return {
        number: _followed(number, claim, followers.get(claim.family, []), decided, on_the_way)
        for number, claim in claims.items()
    }


def _with_firsts(
    connection: Connection, claims: dict[int, SentClaim], usage: "Usage"
) -> dict[int, SentClaim]:
    """Claims to a second payer with the claim on whose lines their answers stand."""
    later = {number: claim for number, claim in claims.items() if is_later_turn(claim)}
    if not later:
        return claims
    relatives: dict[str, dict[int, SentClaim]] = {}
    for batch in bulk.batches(sorted({claim.family for claim in later.values()})):
        where = _CLAIM.family.in_(batch) & (_CLAIM.usage == usage)
        for number, claim in sent.load(connection, where).items():
            relatives.setdefault(claim.family, {})[number] = claim
    found = dict(claims)
    for number, claim in later.items():
        earlier = [c for n, c in relatives.get(claim.family, {}).items() if n < number]
        first = home(claim, earlier)
        if first is not claim:
            found[number] = evolve(claim, follows=first.control)
    return found


def _decided(connection: Connection, numbers: list[int]) -> set[int]:
    """Those on whose books a decision of a payer stands: not taken back, no duplicate denial."""
    c = claim_payment.c
    found: set[int] = set()
    for batch in bulk.batches(numbers):
        query = select(
            c.sent_claim_id,
            func.max(c.paid),
            func.count().filter(c.status == REVERSAL),
        ).where(c.sent_claim_id.in_(batch), c.state == "posted")
        counted = connection.execute(query.group_by(c.sent_claim_id)).fetchall()
        asked = {number: "" for number, most, back in counted if most <= 0 or back}
        came = rows.adjudications(connection, asked)
        found.update(
            number for number, _, _ in counted if number not in asked or _stands(came[number])
        )
    return found


def _stands(answers: Sequence[Adjudication]) -> bool:
    """Whether one of these answers is a decision that nobody took back."""
    live = {answer.id for some in standing(answers).values() for answer, _ in some}
    return any(
        (one.id in live or not one.lines) and not is_copy(one)
        for one in answers
        if not one.is_reversal
    )


def _on_the_way(connection: Connection, numbers: set[int]) -> dict[int, State]:
    """The states of claims that nobody decided: of those with followers, and of the followers."""
    facts = Facts(connection)
    found: dict[int, State] = {}
    for batch in bulk.batches(sorted(numbers)):
        events = facts.of_claims(rows_of(connection, batch))
        found |= {number: state_of(some).state for number, some in events.items()}
    return found


def _followed(
    number: int,
    claim: SentClaim,
    followers: list[tuple[int, str, str, str]],
    decided: set[int],
    on_the_way: dict[int, State],
) -> SentClaim:
    replaced_by = voided_by = ""
    rejected = on_the_way.get(number) == "rejected"
    for other, frequency, control, rank in followers:
        is_first = claim.frequency == FREQUENCY_ORIGINAL and claim.control == claim.family
        older = not is_first and other < number
        state = on_the_way.get(other)
        if rank != claim.payer_rank or other == number or older or state == "closed":
            continue
        if frequency == FREQUENCY_VOID:
            voided_by = voided_by if state == "rejected" else control
        elif other in decided or (rejected and state not in {None, "ready"}):
            replaced_by = control
    if not (replaced_by or voided_by):
        return claim
    return evolve(claim, replaced_by=replaced_by, voided_by=voided_by)
