"""How received payments stand now: what of them waits for a person, whenever it came."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from reconcile.attention import Concern, concerns
from reconcile.books import claim_books
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.convert import from_json
from reconcile.ledger.families import with_followers
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, problem, remittance
from reconcile.post import REVERSAL

UNBALANCED: Final = ("remit.line-unbalanced", "remit.claim-unbalanced")
_C: Final = claim_payment.c
_R: Final = remittance.c


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
    return found


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
    last = 0
    while True:
        query = (
            select(_C.id, _C.remittance_id, _C.sent_claim_id, _R.usage)
            .join(remittance, _R.id == _C.remittance_id)
            .join(sent_claim, sent_claim.c.id == _C.sent_claim_id)
            .where(condition, _C.id > last, _C.state == "posted", _may_be_odd())
            .order_by(_C.id)
            .limit(bulk.BATCH)
        )
        found = connection.execute(query).fetchall()
        if not found:
            return
        last = found[-1].id
        for usage in sorted({row.usage for row in found}):
            yield from _concerns(connection, [row for row in found if row.usage == usage])


def _may_be_odd() -> ColumnElement[bool]:
    """Where oddity is possible at all: several answers, a reversal, a charge that is not ours."""
    other = claim_payment.alias()
    several = select(other.c.id).where(
        other.c.sent_claim_id == _C.sent_claim_id, other.c.id != _C.id, other.c.state == "posted"
    )
    return or_(
        _C.status == REVERSAL,
        and_(_C.charge != sent_claim.c.charge, _C.status != REVERSAL),
        several.exists(),
    )


def _concerns(
    connection: Connection, found: Sequence[Any]
) -> Iterator[tuple[int, tuple[Concern, ...]]]:
    numbers = list(dict.fromkeys(row.sent_claim_id for row in found))
    claims = sent.load(connection, sent_claim.c.id.in_(numbers))
    claims = with_followers(connection, claims, found[0].usage)
    answers = rows.adjudications(connection, {n: claim.control for n, claim in claims.items()})
    told: set[tuple[int, int]] = set()
    for row in found:
        key = (row.remittance_id, row.sent_claim_id)
        if key in told:
            continue
        told.add(key)
        claim, came = claims[row.sent_claim_id], answers.get(row.sent_claim_id, ())
        odd = concerns(claim, claim_books(claim, came), came)
        if odd:
            yield row.remittance_id, odd
