"""Claims of a payment that could not be read, and came again readable under the same number.

The sender mends a faulty 835 and sends it again with the payment number it has (CAQH CORE 370:
that is the same payment). The claim that could not be read is then there twice; one of them counts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, delete, select, update

from edi.remittance import ClaimPayment
from reconcile.ledger import bulk, named
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.tables_received import awaiting, claim_payment, remittance
from reconcile.post import NEVER_POSTED

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

SUPERSEDED: Final = "superseded"  # state of a claim payment that came again, readable
_C: Final = claim_payment.c
Key = tuple[str, str]  # CLP01, CLP02: a reversal never mends a decision


@frozen(kw_only=True)
class Unread:
    """A claim payment that could not be read whole, or one that may be the same. Cents."""

    id: int = 0  # row number; 0 where it is not in the ledger yet
    key: Key
    fingerprint: str
    charge: int
    paid: int
    readable: bool
    control: str = ""  # ST02 of its payment

    def may_be(self, other: "Unread") -> bool:
        """Whether both may be the same answer; an amount that cannot be read is 0."""
        charges = self.charge == other.charge or not (self.charge and other.charge)
        return self.key == other.key and charges


Pair = tuple[Unread, Unread]  # known before, and new


class Again:
    """Finds, among the new claim payments of a payment, those that are known ones in another form.

    ``row`` is the payment, still to be posted.
    """

    def __init__(self, connection: Connection, row: Any) -> None:
        self._connection = connection
        self._row = row
        self._unread = _unread(connection, row)
        self._wanted = {one.key for one in self._unread}
        self._new: list[Unread] = []  # of all that is new only what may be one of a pair
        self._count = 0

    def add(self, payment: ClaimPayment, fingerprint: str) -> None:
        """Take a claim payment that was not received before."""
        self._count += 1
        unread = bool(payment.faults) and payment.status not in NEVER_POSTED
        if unread or (payment.control, payment.status) in self._wanted:
            self._new.append(_arrived(payment, fingerprint))

    def pairs(self, unseen: Callable[[str], bool]) -> list[Pair]:
        """Claim payments known before that are not in this copy, each with what stands for it.

        Args:
            unseen: whether one known before, of that fingerprint, is not in this copy.
        """
        found = _pairs([one for one in self._unread if unseen(one.fingerprint)], self._new)
        taken = {id(new) for _, new in found}
        rest = [one for one in self._new if not one.readable and id(one) not in taken]
        controls = {one.key[0] for one in rest}
        known = _read(self._connection, self._row, controls) if rest else []
        return found + _pairs([one for one in known if unseen(one.fingerprint)], rest)

    def is_only(self, pairs: Sequence[Pair]) -> bool:
        """Whether all that is new is in these pairs, and pays what it paid before."""
        return 0 < len(pairs) == self._count and all(old.paid == new.paid for old, new in pairs)


def superseded_paid(pairs: Sequence[Pair]) -> Decimal:
    """What those that no longer count were paid, in dollars."""
    return dollars(sum((new if old.readable else old).paid for old, new in pairs))


def _arrived(payment: ClaimPayment, fingerprint: str) -> Unread:
    return Unread(
        key=(payment.control, payment.status),
        fingerprint=fingerprint,
        charge=to_cents(payment.charge),
        paid=to_cents(payment.paid),
        readable=not payment.faults,
    )


def _unread(connection: Connection, row: Any) -> list[Unread]:
    """The claim payments of a payment that could not be read, but for those of ``row`` itself."""
    condition = (_C.state == "not posted") & _C.status.not_in(NEVER_POSTED)
    return list(_found(connection, row, condition, readable=False))


def _read(connection: Connection, row: Any, controls: Iterable[str]) -> list[Unread]:
    """The claim payments of a payment with these numbers that could be read, likewise."""
    found: list[Unread] = []
    states = ("posted", "unmatched", "parked")
    for batch in bulk.batches(sorted(controls)):
        condition = _C.control.in_(batch) & _C.state.in_(states)
        found += _found(connection, row, condition, readable=True)
    return found


def _found(connection: Connection, row: Any, condition: Any, *, readable: bool) -> Iterator[Unread]:
    query = (
        select(_C.id, _C.control, _C.status, _C.fingerprint, _C.charge, _C.paid,
               remittance.c.transaction_control)
        .join(remittance, remittance.c.id == _C.remittance_id)
        .where(_C.payment_id == row.payment_id, _C.remittance_id != row.id, condition)
        .order_by(_C.id)
    )  # fmt: skip
    for one in connection.execute(query):
        yield Unread(
            id=one.id,
            key=(one.control, one.status),
            fingerprint=one.fingerprint,
            charge=one.charge,
            paid=one.paid,
            readable=readable,
            control=one.transaction_control,
        )


def _pairs(known: Sequence[Unread], new: Sequence[Unread]) -> list[Pair]:
    """Which claim payment known before and which new one are the same, each once."""
    left: dict[Key, list[Unread]] = {}
    for one in known:
        left.setdefault(one.key, []).append(one)
    found = []
    for one in new:
        some = left.get(one.key, [])
        same = next((other for other in some if other.may_be(one)), None)
        if same is not None:
            some.remove(same)
            found.append((same, one))
    return found


def settle(writer: "Writer", row: Any, pairs: Sequence[Pair]) -> int:
    """Of each pair the one that could not be read waits no longer.

    Args:
        writer: the open transaction.
        row: the payment, its claims written.
        pairs: as ``Again`` found them.

    Returns:
        How many of the claims of ``row`` itself were known, readable, before.
    """
    came = {old.id: row.transaction_control for old, _ in pairs if not old.readable}
    before: dict[str, list[str]] = {}
    for old, new in pairs:
        if old.readable:
            before.setdefault(new.fingerprint, []).append(old.control)
    mine = _rows_of(writer, row, before)
    _supersede(writer, came | mine)
    return len(mine)


def _supersede(writer: "Writer", came: Mapping[int, str]) -> None:
    """These claim payments came readable: they wait no longer.

    Args:
        writer: the open transaction.
        came: by row number, the ST02 of the payment in which each came readable.
    """
    for batch in bulk.batches(sorted(came)):
        writer.names_changed(named.forgotten(writer.connection, batch))
        writer.connection.execute(delete(awaiting).where(awaiting.c.claim_payment_id.in_(batch)))
    for number, control in sorted(came.items()):
        why = f"could not be read whole; it came again as ST {control}"
        change = update(claim_payment).where(_C.id == number)
        writer.connection.execute(change.values(state=SUPERSEDED, why=why))


def _rows_of(writer: "Writer", row: Any, came: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """The unreadable claim payments of ``row`` with these fingerprints, by row number.

    Args:
        writer: the open transaction.
        row: the payment.
        came: by fingerprint, the ST02 of the payments in which they came readable before.
    """
    left = {mark: list(controls) for mark, controls in came.items()}
    query = (
        select(_C.id, _C.fingerprint)
        .where(_C.remittance_id == row.id, _C.state == "not posted")
        .order_by(_C.id)
    )
    rows = writer.connection.execute(query).fetchall() if left else []
    return {one.id: left[one.fingerprint].pop(0) for one in rows if left.get(one.fingerprint)}
