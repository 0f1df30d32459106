"""Remittances entered by hand, and the real 835 that comes later, or came before.

What a person entered is kept as an 835 of its own sender (``SENDER``), so that it says of itself
what it is wherever it is read. The real one counts: where both are here, what was entered is
``replaced``, its claim payments are off the books, and how the two differ is told. Where it is not
certain that they are one (``reconcile.same_payment``) both stand, and a person is asked: ``remit
undo`` where they are one, ``remit keep`` where not. The order in which they came does not matter.
"""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, or_, select

from reconcile.deposits import plain
from reconcile.keys import normal
from reconcile.ledger import bulk, received, settle
from reconcile.ledger.by_hand_differs import SHOWN, differences
from reconcile.ledger.convert import from_json, to_cents, to_date
from reconcile.ledger.tables import decision, file
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance
from reconcile.same_payment import DAYS_OF_NUMBER, Answered, Payment, judge

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from reconcile.ledger.records import Decision
    from reconcile.ledger.writer import Writer

SENDER: Final = received.BY_HAND  # ISA06
NOBODY: Final = "0000000000"  # TRN03: what was entered names no payer by it
NO_NUMBER: Final = "NONE-"  # TRN02 begins so where the paper has no number
HAND: Final = "hand"
ENTER: Final = "remit"
UNDO: Final = "remit undo"
KEEP: Final = "remit keep"
KINDS: Final = (UNDO, KEEP)  # that change what stands
REPLACED: Final = "replaced"
UNDONE: Final = "undone"
DIFFERS: Final = "; it differs: "
PERHAPS: Final = "perhaps the same as "  # why of one that stands beside an 835, till a person says
_LONGEST: Final = 20  # characters of a number that some write with zeros before it
_R: Final = remittance.c
_C: Final = claim_payment.c


def meet(writer: "Writer", row: Any) -> tuple[str, str]:
    """Let what was entered by hand give way to its real 835, when either has just been posted.

    What is certain gives way; what only may be the same stays beside it, and a person is asked.

    Args:
        writer: the open transaction.
        row: of ``remittance``, just posted.

    Returns:
        The state of the row, empty where it stays as it is, and what is to be said of it.
    """
    connection = writer.connection
    if row.origin == HAND:
        gone = undone(connection, row.file_id)
        if gone:
            take_off(writer, row, UNDONE, gone)
            return UNDONE, gone
        entered = payment_of(connection, row)
        for real in _real_ones(connection, row):
            if judge(entered, payment_of(connection, real))[0] == "same":
                _replace(writer, row, real)
                return REPLACED, _retell(connection, real)[row.id]
        return "", ask(connection, row)
    if not writer.has_any(SENDER, select(_R.id).where(_R.origin == HAND)):
        return "", ""
    return "", ", ".join(_take_places(writer, row))


def _take_places(writer: "Writer", row: Any) -> Iterator[str]:
    """Put an 835 in the place of what was entered of it; said of each, or what is asked."""
    connection = writer.connection
    came = None
    replaced, asked = [], []
    for hand in _hand_ones(connection, row):
        came = came or payment_of(connection, row)
        verdict, doubt = judge(payment_of(connection, hand), came)
        if verdict == "same":
            _replace(writer, hand, row)
            replaced.append(hand)
        elif verdict == "perhaps" and ask(connection, hand):
            asked.append(
                f"{PERHAPS}payment {shown(hand.trace)}, entered by hand, but {doubt}: both stand; "
                "see claimline remit list"
            )
    told = _retell(connection, row) if replaced else {}
    for hand in replaced:
        _, _, differs = told[hand.id].partition(DIFFERS)
        said = f"takes the place of payment {shown(hand.trace)}, entered by hand"
        yield said + (f"{DIFFERS}{differs}" if differs else "")
    yield from asked


def needs_person(told: str) -> bool:
    """Whether what ``meet`` says of a payment is to be looked at."""
    return DIFFERS in told or PERHAPS in told


def shown(trace: str) -> str:
    """The number of what was entered, or that it has none."""
    return "without a number" if trace.startswith(NO_NUMBER) else trace


def ask(connection: Connection, hand: Any) -> str:
    """Say beside what was entered which 835s it perhaps is; the same whatever came first."""
    kept = _kept(connection, hand.file_id)
    entered = payment_of(connection, hand)
    found = []
    for real in _real_ones(connection, hand):
        if real.payment_key in kept:
            continue
        verdict, doubt = judge(entered, payment_of(connection, real))
        if verdict == "perhaps":
            who = f"payment {real.trace} of {real.payment_date}, {real.payer_name}"
            found.append(f"{who}, but {doubt}")
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    why = PERHAPS + "; ".join([*sorted(found)[:SHOWN], *more]) if found else ""
    if why or hand.why.startswith(PERHAPS):
        received.settle(connection, hand.id, why=why)
    return why


def _kept(connection: Connection, file_id: int) -> frozenset[str]:
    """The payments that a person said are others than this one."""
    query = (
        select(decision.c.detail)
        .join(file, file.c.digest == decision.c.subject)
        .where(file.c.id == file_id, decision.c.kind == KEEP)
    )
    details = [from_json(text) for text in connection.execute(query).scalars()]
    return frozenset(key for detail in details for key in detail["payments"])


def candidates(connection: Connection, hand: Any) -> tuple[str, ...]:
    """The keys of the payments that what was entered may be."""
    entered = payment_of(connection, hand)
    return tuple(
        real.payment_key
        for real in _real_ones(connection, hand)
        if judge(entered, payment_of(connection, real))[0] == "perhaps"
    )


def payment_of(connection: Connection, row: Any) -> Payment:
    """A row of ``remittance`` as far as it is compared."""
    query = select(_C.control, _C.charge, _C.paid, _C.status).where(_C.remittance_id == row.id)
    rows = connection.execute(query.order_by(_C.id))
    return _payment(
        row,
        tuple(
            Answered(normal(number), charge, paid, status) for number, charge, paid, status in rows
        ),
    )


def _payment(row: Any, claims: tuple[Answered, ...]) -> Payment:
    return Payment(
        number="" if row.trace.startswith(NO_NUMBER) else row.trace,
        date=to_date(row.payment_date),
        paid=row.paid,
        payer=row.payer_name,
        payer_ids=frozenset(from_json(row.payer_ids)),
        claims=claims,
    )


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
            real = _in_its_place(writer.connection, row)
            take_off(writer, row, UNDONE, undone(writer.connection, row.file_id))
            if real is not None:  # the other sheets of it are fewer now
                _retell(writer.connection, real)


def _in_its_place(connection: Connection, row: Any) -> Any:
    """The 835 that took the place of what was entered; None: it stands."""
    if row.state != REPLACED:
        return None
    entered = entered_of(connection, row)
    strange = {one.control.upper() for one in entered.claims}
    found = near(connection, row, entered.number, sent=set(), strange=strange)
    said = row.why.partition(DIFFERS)[0]
    return next((one for one in found if not one.origin and _came_as(one) == said), None)


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


def follow(writer: "Writer", decided: "Decision") -> None:
    """Do what a person decided about what was entered."""
    if decided.kind == UNDO:
        follow_undo(writer, decided.subject)
        return
    query = select(remittance).join(file, file.c.id == _R.file_id)
    condition = (file.c.digest == decided.subject) & (_R.origin == HAND) & (_R.state == "posted")
    for row in writer.connection.execute(query.where(condition).order_by(_R.id)).fetchall():
        ask(writer.connection, row)


def _hand_ones(connection: Connection, row: Any) -> list[Any]:
    """What stands on the books by hand and may be this 835: by its number, or by a claim."""
    stands = (_R.origin == HAND, _R.usage == row.usage, _R.state == "posted")
    if connection.execute(select(_R.id).where(*stands).limit(1)).first() is None:
        return []
    same = func.upper(func.ltrim(_R.trace, "0")) == plain(row.trace)
    theirs = select(func.upper(_C.control)).where(_C.remittance_id == row.id)
    mine = (
        select(_C.remittance_id)
        .join(remittance, _R.id == _C.remittance_id)
        .where(*stands, _R.payment_date.between(*_weeks(row)), func.upper(_C.control).in_(theirs))
    )
    query = select(remittance).where(*stands, or_(same, _R.id.in_(mine)))
    return list(connection.execute(query.order_by(_R.id)))


def _real_ones(connection: Connection, row: Any) -> list[Any]:
    """The 835s that may be what was entered: of its number, or in those weeks about its claims."""
    own = select(_C.control, _C.sent_claim_id).where(_C.remittance_id == row.id)
    claims = connection.execute(own.order_by(_C.id)).fetchall()
    sent = {claim.sent_claim_id for claim in claims if claim.sent_claim_id}
    strange = {claim.control.upper() for claim in claims if not claim.sent_claim_id}
    number = "" if row.trace.startswith(NO_NUMBER) else row.trace
    found = near(connection, row, number, sent=sent, strange=strange)
    return [one for one in found if not one.origin]


def near(
    connection: Connection,
    row: Any,
    number: str,
    *,
    sent: "AbstractSet[int]",
    strange: "AbstractSet[str]",
) -> list[Any]:
    """The payments that stand and may be that one: of its number, or in those weeks of its claims.

    Args:
        connection: of the ledger.
        row: anything with ``payment_date`` and ``usage``.
        number: of the payment, empty where it has none.
        sent: row numbers of the sent claims that it answers.
        strange: numbers of claims in it that were never sent, in capitals.
    """
    claims = [_C.sent_claim_id.in_(sent)]
    if strange:
        claims.append(func.upper(_C.control).in_(strange))
    about = (
        select(_C.remittance_id)
        .join(remittance, _R.id == _C.remittance_id)
        .where(_R.payment_date.between(*_weeks(row)), or_(*claims))
    )
    conditions = [_R.id.in_(about)]
    if number:
        bare = plain(number)
        padded = {bare.zfill(length) for length in range(len(bare), _LONGEST + 1)}
        conditions.append(_R.trace.in_(padded | {number, bare}))
    query = select(remittance).where(or_(*conditions), _R.usage == row.usage, _R.state == "posted")
    return list(connection.execute(query.order_by(_R.payment_date, _R.trace, _R.number, _R.id)))


def _weeks(row: Any) -> tuple[str, str]:
    """The days in which its payment is looked for."""
    day = to_date(row.payment_date)
    return (
        (day - dt.timedelta(days=DAYS_OF_NUMBER)).isoformat(),
        (day + dt.timedelta(days=DAYS_OF_NUMBER)).isoformat(),
    )


def _replace(writer: "Writer", hand: Any, real: Any) -> None:
    """The 835 takes the place of what was entered."""
    take_off(writer, hand, REPLACED, _came_as(real))


def _came_as(real: Any) -> str:
    return f"came as an 835: payment {real.trace} of {real.payment_date}"


def _retell(connection: Connection, real: Any) -> dict[int, str]:
    """Say of each sheet that an 835 took the place of how all of them differ from it.

    Returns:
        What is said, by row number.
    """
    came = payment_of(connection, real)
    why = _came_as(real)
    gone = (_R.origin == HAND, _R.usage == real.usage, _R.state == REPLACED)
    query = select(remittance).where(*gone, _R.why.startswith(why, autoescape=True))
    rows = connection.execute(query.order_by(_R.id)).fetchall()
    some = [(row, entered) for row in rows if _is_of(entered := entered_of(connection, row), came)]
    told = differences([entered for _, entered in some], came)
    found = {}
    for (row, _), differs in zip(some, told, strict=True):
        found[row.id] = why + (DIFFERS + "; ".join(differs) if differs else "")
        received.settle(connection, row.id, why=found[row.id])
    return found


def _is_of(entered: Payment, came: Payment) -> bool:
    return judge(entered, came)[0] == "same"


def entered_of(connection: Connection, row: Any) -> Payment:
    """What was entered, from what is kept of it: its claim payments may be off the books."""
    kept = settle.claims_of(connection, received.digest_of(connection, row.file_id), {row.number})
    payments = [one.payment for _, one in kept]
    return _payment(
        row,
        tuple(
            Answered(normal(one.control), to_cents(one.charge), to_cents(one.paid), one.status)
            for one in payments
        ),
    )
