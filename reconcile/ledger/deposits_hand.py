"""Deposits a person put to their payments: decisions, added and never changed; the newest holds.

They are keyed by what came (the deposit's mark; a payment's number, payer, amount and day), never
by row numbers, so that they hold for books that are made anew.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, select

from reconcile.deposits import Deposit, Paid, plain
from reconcile.ledger.convert import to_json
from reconcile.ledger.records import Decision
from reconcile.ledger.tables import decision

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

MATCH: Final = "bank match"
UNDO: Final = "bank match undo"
_Key = tuple[str, str, int, str]


@frozen(kw_only=True)
class Put:
    """What a person said of a deposit: which payments it is; none: it pays no claims."""

    deposit: str  # mark
    payments: tuple[_Key, ...]
    user: str
    reason: str
    at: str


def key_of(payment: Paid) -> _Key:
    """What makes a payment this one, in whatever ledger."""
    number, payer = plain(payment.trace), plain(payment.originator)
    return number, payer, payment.cents, payment.date.isoformat()


def put(
    writer: "Writer", deposit: Deposit, payments: Iterable[Paid], *, user: str, reason: str
) -> None:
    """Keep that a deposit is these payments, or none."""
    detail = to_json({"payments": [list(key_of(one)) for one in payments]})
    _decide(writer, MATCH, deposit, user, reason, detail)


def undo(writer: "Writer", deposit: Deposit, *, user: str, reason: str) -> None:
    """Keep that what was said of a deposit does not hold."""
    _decide(writer, UNDO, deposit, user, reason, "{}")


def _decide(  # noqa: PLR0917 - the columns of a decision
    writer: "Writer", kind: str, deposit: Deposit, user: str, reason: str, detail: str
) -> None:
    writer.decide(
        Decision(kind=kind, subject=deposit.mark, user=user, reason=reason, detail=detail)
    )


def standing(connection: Connection) -> dict[str, Put]:
    """What holds, by the mark of the deposit."""
    c = decision.c
    query = select(decision).where(c.kind.in_((MATCH, UNDO))).order_by(c.id)
    found: dict[str, Put] = {}
    for row in connection.execute(query):
        if row.kind == UNDO:
            found.pop(row.subject, None)
        else:
            found[row.subject] = _put(row)
    return found


def _put(row: Any) -> Put:
    said = json.loads(row.detail)["payments"]
    return Put(
        deposit=row.subject,
        payments=tuple((one[0], one[1], int(one[2]), one[3]) for one in said),
        user=row.user,
        reason=row.reason,
        at=row.recorded_at,
    )


def by_hand(
    connection: Connection, deposits: Iterable[Deposit], payments: Iterable[Paid]
) -> Mapping[int, tuple[int, ...]]:
    """The payments of each deposit that a person put to some, by row numbers.

    A deposit whose payments are not all here (another book's) is passed over.
    """
    known = standing(connection)
    numbers: dict[_Key, list[int]] = {}
    for one in payments if known else ():
        numbers.setdefault(key_of(one), []).append(one.id)
    found: dict[int, tuple[int, ...]] = {}
    for deposit in deposits:
        said = known.get(deposit.mark)
        if said is None:
            continue
        left = [numbers[key].pop(0) for key in said.payments if numbers.get(key)]
        if len(left) == len(said.payments):
            found[deposit.id] = tuple(left)
    return found
