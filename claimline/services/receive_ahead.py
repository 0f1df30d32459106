"""What a process beside the one that writes can do of an 835: read it, match it, make its rows.

It looks at a snapshot of the ledger. What it decides there depends only on the claims sent: a claim
payment that carries the very number of a claim without relatives. Everything else is left to the
writer, as is everything once a claim was recorded after the snapshot.
"""

import marshal
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from attrs import frozen
from sqlalchemy import Connection, func, select

from claimline.services.receive_look import Look, look, transactions
from claimline.services.receive_read import Claims, Ended, Through, together
from edi.envelope import Transaction
from reconcile.ledger import keeping, posting, received
from reconcile.ledger.payers import Payers
from reconcile.ledger.payments import Kept, Reading, Share
from reconcile.ledger.posting import Item, Made
from reconcile.ledger.received import Context
from reconcile.ledger.tables import sent_claim

if TYPE_CHECKING:
    from reconcile.ledger import Ledger

SMALL: Final = 4 << 20  # bytes of a file that is held in memory
Left = tuple[str, int, int, str]  # fingerprint, position, open cents, segments


@frozen(kw_only=True)
class Batch:
    """Some hundred claim payments: those decided, and those left to the writer."""

    marks: tuple[str, ...]  # fingerprints of those decided, in their order
    made: Made
    left: tuple[Left, ...]


def next_claim(connection: Connection) -> int:
    """The number the next sent claim gets: while it stays, no claim was recorded."""
    return int(connection.execute(select(func.max(sent_claim.c.id))).scalar() or 0) + 1


class Ahead:
    """Looks payments up in one snapshot after the other, and remembers what did not change."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger
        self._next_claim = 0
        self._payers: dict[str, bool] = {}

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """The ledger as it is now."""
        with self._ledger.reading() as connection:
            found = next_claim(connection)
            if found != self._next_claim:
                self._next_claim, self._payers = found, {}
            yield Snapshot(
                connection=connection,
                next_claim=found,
                payers=Payers(connection, self._payers),
            )
            connection.commit()  # a rollback would have the driver forget its prepared statements


@frozen(kw_only=True)
class Snapshot:
    """The ledger as it was at one moment."""

    connection: Connection
    next_claim: int
    payers: Payers


def answers(
    snapshot: Snapshot, transaction: Transaction, context: Context, share: Share | None = None
) -> Iterator[bytes]:
    """A payment made ready to be written: where it was looked up, its batches, its end.

    Nothing but an empty answer comes for a payment that must be looked at as a whole.

    Args:
        snapshot: the ledger.
        transaction: the payment.
        context: of it.
        share: where other processes read the rest of it; all if None.
    """
    through = Through(Reading(transaction, share))
    if through.faults:
        yield b""
        return
    yield str(snapshot.next_claim).encode()
    for claims in through.batches(lambda _: True):
        yield pack(_batch(snapshot, context, claims))
    yield pickle.dumps(through.ended())


def _batch(snapshot: Snapshot, context: Context, claims: Claims) -> Batch:
    items = [
        Item(
            id=0,
            context=context,
            payment=kept.payment,
            fingerprint=kept.fingerprint,
            occurrence=0,
            difference=cents,
            segments=kept.segments,
        )
        for kept, cents in claims
    ]
    made, left = posting.ahead(snapshot.connection, items, snapshot.payers)
    is_left = set(left)
    return Batch(
        marks=tuple(item.fingerprint for n, item in enumerate(items) if n not in is_left),
        made=made,
        left=tuple(_left(*claims[n]) for n in left),
    )


def _left(kept: Kept, cents: int) -> Left:
    return kept.fingerprint, kept.payment.position, cents, kept.segments()


@frozen(kw_only=True)
class Ready:
    """A small file of remittances, ready to be written."""

    packed: keeping.Packed
    looked: Look
    answers: tuple[tuple[bytes, ...], ...]  # of each payment

    @property
    def claims(self) -> int:
        """How many are in it, and one more for each payment."""
        return sum(one.claims + 1 for one in self.looked.payments)


def ready(ahead: Ahead, name: str, source: Callable[[], Iterable[bytes]]) -> Ready | None:
    """A small file made ready to be written; None for what the writer must look at as a whole."""
    data = b""
    for chunk in source():
        data += chunk
        if len(data) > SMALL:
            return None
    found = keeping.packed(data)
    with ahead.snapshot() as snapshot:
        if keeping.find_file(snapshot.connection, found.digest) is not None:
            return None
        looked = look([data], name)
        if looked.kind != "835":
            return None
        contexts = {p.number: received.context_before(p) for p in looked.payments if p.complete}
        made = tuple(
            tuple(answers(snapshot, transaction, contexts[number])) if number in contexts else ()
            for number, transaction in transactions([data], name)
        )
    return Ready(packed=found, looked=looked, answers=made)


def merged(lines: Sequence[Iterator[bytes]]) -> Iterator[bytes]:
    """The answers of several processes that share a payment, as one alone would give them.

    Args:
        lines: what ``answers`` gave each of them, the first share first.
    """
    starts = [next(line) for line in lines]
    if len(set(starts)) > 1 or not starts[0]:  # a claim was recorded between them, or a fault
        yield b""
        return
    yield starts[0]
    ended: dict[int, Ended] = {}
    while len(ended) < len(lines):
        for place, line in enumerate(lines):
            answer = b"" if place in ended else next(line)
            if is_last(answer):
                if place not in ended:
                    ended[place] = pickle.loads(answer)  # noqa: S301 - of our own process
            else:
                yield answer
    yield pickle.dumps(together([ended[place] for place in range(len(lines))]))


def is_last(answer: bytes) -> bool:
    """Whether no more comes of that payment."""
    return not answer or (answer[:1] != b"b" and not answer.isdigit())


def pack(batch: Batch) -> bytes:
    """A batch as bytes: rows, no objects."""
    return b"b" + marshal.dumps((batch.marks, batch.made.flat(), batch.left))


def unpack(data: bytes) -> Batch | Ended:
    """What ``answers`` made: a batch, or the end of the payment."""
    if data[:1] != b"b":
        ended = pickle.loads(data)  # noqa: S301 - of our own process
        assert isinstance(ended, Ended)
        return ended
    marks, made, left = marshal.loads(memoryview(data)[1:])  # noqa: S302 - as above
    return Batch(marks=marks, made=Made.of(made), left=left)
