"""Remittances entered by hand, and the real 835 that comes later, or came before.

What a person entered is kept as an 835 of its own sender (``SENDER``), so that it says of itself
what it is wherever it is read. The real one counts: where both are here, what was entered is
``replaced``, its claim payments are off the books, and how the two differ is told. The order in
which they came does not matter.
"""

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, or_, select

from reconcile.calendar import Calendar
from reconcile.deposits import plain
from reconcile.keys import normal
from reconcile.ledger import bulk, received, settle
from reconcile.ledger.convert import dollars, to_date
from reconcile.ledger.tables import decision, file
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

SENDER: Final = received.BY_HAND  # ISA06
NOBODY: Final = "0000000000"  # TRN03: what was entered names no payer by it
NO_NUMBER: Final = "NONE-"  # TRN02 begins so where the paper has no number
HAND: Final = "hand"
ENTER: Final = "remit"
UNDO: Final = "remit undo"
REPLACED: Final = "replaced"
UNDONE: Final = "undone"
DIFFERS: Final = "; it differs: "
DAYS: Final = 3  # business days that one without a number may lie apart (CAQH CORE 370)
DAYS_OF_NUMBER: Final = 60  # calendar days in which a number is not used for another payment
SHOWN: Final = 5  # differences that are told
_LONGEST: Final = 20  # characters of a number that some write with zeros before it
_CALENDAR: Final = Calendar()
_R: Final = remittance.c
_C: Final = claim_payment.c
_Claims = Counter[tuple[str, int, int]]  # number, charge, paid


def meet(writer: "Writer", row: Any) -> tuple[str, str]:
    """Let what was entered by hand give way to its real 835, when either has just been posted.

    Args:
        writer: the open transaction.
        row: of ``remittance``, just posted.

    Returns:
        The state of the row, empty where it stays as it is, and what is to be said of it.
    """
    if row.origin == HAND:
        gone = undone(writer.connection, row.file_id)
        if gone:
            take_off(writer, row, UNDONE, gone)
            return UNDONE, gone
        real = next((r for r in _real_ones(writer.connection, row) if _is(writer, row, r)), None)
        if real is None:
            return "", ""
        return REPLACED, _replace(writer, row, real)
    told = []
    for hand in _hand_ones(writer.connection, row):
        if _is(writer, hand, row):
            why = _replace(writer, hand, row)
            _, _, differs = why.partition(DIFFERS)
            told.append(
                f"takes the place of payment {hand.trace}, entered by hand"
                + (f"{DIFFERS}{differs}" if differs else "")
            )
    return "", ", ".join(told)


def undone(connection: Connection, file_id: int) -> str:
    """Who took back what was entered, and why; empty where it stands."""
    query = (
        select(decision.c.user, decision.c.reason)
        .join(file, file.c.digest == decision.c.subject)
        .where(file.c.id == file_id, decision.c.kind == UNDO)
        .order_by(decision.c.id)
    )
    found = connection.execute(query).first()
    return f"taken back by {found.user}: {found.reason}" if found else ""


def follow_undo(writer: "Writer", digest: str) -> None:
    """Take the remittances of a file off the books: a person took back what was entered."""
    query = (
        select(remittance)
        .join(file, file.c.id == _R.file_id)
        .where(file.c.digest == digest, _R.origin == HAND)
        .order_by(_R.id)
    )
    for row in writer.connection.execute(query).fetchall():
        if row.state != UNDONE:
            take_off(writer, row, UNDONE, undone(writer.connection, row.file_id))


def take_off(writer: "Writer", row: Any, state: str, why: str) -> None:
    """Remove the claim payments of a remittance from the books."""
    connection = writer.connection
    found = connection.execute(
        select(_C.id, _C.payer_control).where(_C.remittance_id == row.id).order_by(_C.id)
    ).fetchall()
    for batch in bulk.batches([one.id for one in found]):
        settle.forget(writer, batch)
    connection.execute(
        delete(provider_adjustment).where(provider_adjustment.c.remittance_id == row.id)
    )
    none = {"claims_paid": None, "provider_adjusted": None, "difference": None}
    received.settle(connection, row.id, state=state, why=why, **none)
    settle.after_learned(writer, {one.payer_control for one in found} - {""})


def _hand_ones(connection: Connection, row: Any) -> list[Any]:
    """What stands on the books by hand and may be this 835."""
    first, last = _window(row)
    same = func.upper(func.ltrim(_R.trace, "0")) == plain(row.trace)
    no_number = _R.trace.startswith(NO_NUMBER) & _R.payment_date.between(first, last)
    query = select(remittance).where(
        _R.origin == HAND, _R.usage == row.usage, _R.state == "posted", or_(same, no_number)
    )
    return list(connection.execute(query.order_by(_R.id)))


def _real_ones(connection: Connection, row: Any) -> list[Any]:
    """The 835s that may be what was entered: of its number, or near its day about its claims."""
    if row.trace.startswith(NO_NUMBER):
        first, last = _window(row)
        near = select(_R.id).where(_R.payment_date.between(first, last), _R.origin == "")
        mine = select(_C.control).where(_C.remittance_id == row.id)
        condition = _R.id.in_(
            select(_C.remittance_id).where(_C.remittance_id.in_(near), _C.control.in_(mine))
        )
    else:
        number = plain(row.trace)
        padded = {number.zfill(length) for length in range(len(number), _LONGEST + 1)}
        condition = _R.trace.in_(padded | {row.trace, number})
    query = select(remittance).where(
        condition, _R.origin == "", _R.usage == row.usage, _R.state == "posted"
    )
    return list(connection.execute(query.order_by(_R.id)))


def _window(row: Any) -> tuple[str, str]:
    day = to_date(row.payment_date)
    return _CALENDAR.before(day, DAYS).isoformat(), _CALENDAR.after(day, DAYS).isoformat()


def _is(writer: "Writer", hand: Any, real: Any) -> bool:
    """Whether the 835 is what was entered.

    By its number with a claim in common, or the amount and roughly the day; without a number, where
    all claims entered are in it with their charge and payment, and the days are near.
    """
    connection = writer.connection
    entered, came = _claims(connection, hand), _claims(connection, real)
    if not hand.trace.startswith(NO_NUMBER):
        shared = {number for number, _, _ in entered} & {number for number, _, _ in came}
        same = plain(hand.trace) == plain(real.trace)
        apart = abs((to_date(hand.payment_date) - to_date(real.payment_date)).days)
        alike = hand.paid == real.paid != 0 and apart <= DAYS_OF_NUMBER
        return same and (alike or bool(shared))
    first, last = _window(hand)
    return bool(entered) and first <= real.payment_date <= last and not entered - came


def _claims(connection: Connection, row: Any) -> _Claims:
    query = select(_C.control, _C.charge, _C.paid).where(_C.remittance_id == row.id)
    return Counter((normal(n), charge, paid) for n, charge, paid in connection.execute(query))


def _replace(writer: "Writer", hand: Any, real: Any) -> str:
    """The 835 takes the place of what was entered. Returns what is said of the latter."""
    connection = writer.connection
    why = f"came as an 835: payment {real.trace} of {real.payment_date}"
    differs = _differences(hand, real, _claims(connection, hand), _claims(connection, real))
    if differs:
        why += DIFFERS + "; ".join(differs)
    take_off(writer, hand, REPLACED, why)
    return why


def _differences(hand: Any, real: Any, entered: _Claims, came: _Claims) -> list[str]:
    """What was entered otherwise than it came."""
    told = []
    whole = not hand.trace.startswith(NO_NUMBER)  # without a number: perhaps a part of a payment
    if whole and hand.paid != real.paid:
        told.append(f"payment {_money(hand.paid)} entered, {_money(real.paid)} came")
    theirs: dict[str, list[tuple[int, int]]] = {}
    for number, charge, paid in (came - entered).elements():
        theirs.setdefault(number, []).append((charge, paid))
    for number, charge, paid in sorted((entered - came).elements()):
        other = theirs.get(number)
        if not other:
            told.append(f"claim {number} did not come")
            continue
        came_charge, came_paid = other.pop(0)
        if charge != came_charge:
            told.append(f"claim {number} charge {_money(charge)}, came {_money(came_charge)}")
        if paid != came_paid:
            told.append(f"claim {number} paid {_money(paid)}, came {_money(came_paid)}")
    if whole:
        told += [f"claim {number} was not entered" for number, left in theirs.items() if left]
    if len(told) > SHOWN:
        told = [*told[:SHOWN], f"and {len(told) - SHOWN} more"]
    return told


def _money(cents: int) -> Decimal:
    return dollars(cents)
