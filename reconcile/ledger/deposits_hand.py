"""What was decided of a deposit: which payments it is, or which other deposit it is.

Decisions are added and never changed; the newest of a deposit holds. That two files told of one
deposit is decided where a file comes in (only there it is known what else stands in it), and undone
like what a person said.

They are keyed by what came (the deposit's mark; a payment's number, payer, amount and day), never
by row numbers, so that they hold for books that are made anew.
"""

import json
from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from sqlalchemy import Connection, select

from reconcile.deposits import Deposit, Matched, Paid, Window, match, plain
from reconcile.ledger.convert import to_json
from reconcile.ledger.deposits import deposits, payments
from reconcile.ledger.records import Decision
from reconcile.ledger.tables import decision

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

MATCH: Final = "bank match"
UNDO: Final = "bank match undo"
SAME: Final = "bank same"
AGAIN: Final = "told by two files, as a return between two others shows"  # reason of SAME
_Key = tuple[str, str, int, str]


@frozen(kw_only=True)
class Put:
    """What a person said of a deposit: which payments it is; none: it pays no claims."""

    deposit: str  # mark
    payments: tuple[_Key, ...]
    same: str = ""  # mark of the deposit that it is
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


def put_same(writer: "Writer", twice: str, counts: str, *, user: str, reason: str) -> None:
    """Keep that two deposits are one: the mark of the one told twice, of the one that counts."""
    writer.decide(
        Decision(
            kind=SAME, subject=twice, user=user, reason=reason, detail=to_json({"same": counts})
        )
    )


def undo(writer: "Writer", deposit: Deposit, *, user: str, reason: str) -> None:
    """Keep that what was said of a deposit does not hold."""
    part(writer, deposit.mark, user=user, reason=reason)


def part(writer: "Writer", mark: str, *, user: str, reason: str) -> None:
    """The same, by the mark of the deposit."""
    writer.decide(Decision(kind=UNDO, subject=mark, user=user, reason=reason, detail="{}"))


def _decide(  # noqa: PLR0917 - the columns of a decision
    writer: "Writer", kind: str, deposit: Deposit, user: str, reason: str, detail: str
) -> None:
    writer.decide(
        Decision(kind=kind, subject=deposit.mark, user=user, reason=reason, detail=detail)
    )


def standing(connection: Connection) -> dict[str, Put]:
    """What holds, by the mark of the deposit."""
    c = decision.c
    query = select(decision).where(c.kind.in_((MATCH, UNDO, SAME))).order_by(c.id)
    found: dict[str, Put] = {}
    for row in connection.execute(query):
        if row.kind == UNDO:
            found.pop(row.subject, None)
        else:
            found[row.subject] = _put(row)
    return found


def _put(row: Any) -> Put:
    detail = json.loads(row.detail)
    said = detail.get("payments", ())
    return Put(
        deposit=row.subject,
        payments=tuple((one[0], one[1], int(one[2]), one[3]) for one in said),
        same=detail.get("same", ""),
        user=row.user,
        reason=row.reason,
        at=row.recorded_at,
    )


def of_book(connection: Connection, usage: str, window: Window | None = None) -> Matched:
    """All deposits, each once, against all payments of a book."""
    came, paid = deposits(connection), payments(connection, usage)
    said = standing(connection)
    here = {one.mark: one for one in came}
    same = tuple(
        (one, here[root]) for one in came if (root := root_of(one.mark, said, here)) != one.mark
    )
    twice = {one.id for one, _ in same}
    left = tuple(one for one in came if one.id not in twice)
    return evolve(match(left, paid, window, _by_hand(said, left, paid)), same=same)


def root_of(mark: str, said: Mapping[str, Put], here: Container[str]) -> str:
    """The deposit that counts for one: itself, where nothing else holds or it leads in a circle."""
    seen = {mark}
    last = mark
    while (put := said.get(last)) and put.same and put.same in here:
        last = put.same
        if last in seen:
            return mark
        seen.add(last)
    return last


def _by_hand(
    known: Mapping[str, Put], deposits: Iterable[Deposit], payments: Iterable[Paid]
) -> Mapping[int, tuple[int, ...]]:
    """The payments of each deposit that a person put to some, by row numbers.

    A deposit whose payments are not all here (another book's) is passed over.
    """
    numbers: dict[_Key, list[int]] = {}
    for one in payments if known else ():
        numbers.setdefault(key_of(one), []).append(one.id)
    found: dict[int, tuple[int, ...]] = {}
    for deposit in deposits:
        said = known.get(deposit.mark)
        if said is None or said.same:
            continue
        left = [numbers[key].pop(0) for key in said.payments if numbers.get(key)]
        if len(left) == len(said.payments):
            found[deposit.id] = tuple(left)
    return found
