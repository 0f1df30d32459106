"""Claims by the state they are in: counted with their money, and listed with cause and place."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from reconcile.keys import stem
from reconcile.ledger import bulk, held
from reconcile.ledger.chosen import chosen
from reconcile.ledger.convert import from_date, from_json
from reconcile.ledger.counted_on import COVERED, Waiting, covered
from reconcile.ledger.kept import KeptAnswer, cut_off
from reconcile.ledger.records import Usage
from reconcile.ledger.states import cause_of
from reconcile.ledger.tables import held_claim, sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.lifecycle import EVENTS, STATES, Cause, State

_CLAIM: Final = sent_claim.c
_STATE: Final = claim_state.c
_HELD: Final = held_claim.c
UNANSWERED: Final = frozenset({"ready", "sent", "received", "accepted"})


@frozen(kw_only=True)
class StateFilter:
    """Which claims. Empty or None: any."""

    usage: Usage
    states: tuple[str, ...] = ()
    work: bool = False  # those of them that wait for a person, and others that do
    payer: str = ""  # key or id of the payer it was sent to, or a part of its name
    since: dt.date | None = None  # first day of service
    until: dt.date | None = None


@frozen(kw_only=True)
class StateCount:
    """The claims in one state. Amounts in cents."""

    state: State
    count: int
    charge: int
    open: int
    work: int  # how many of them wait for a person


@frozen(kw_only=True)
class ListedClaim:
    """A claim with where it is. Amounts in cents."""

    claim: str  # CLM01; of a held claim its key
    family: str  # CLM01 of the first claim of its visits
    frequency: str
    rank: str  # SBR01 of the payer it was sent to
    state: State
    event: str
    since: str  # UTC
    cause: Cause
    payer: str
    payer_name: str
    discipline: str
    date: dt.date = field(repr=False)
    charge: int
    open: int
    correction: Waiting | None = None  # of it; it waits for the payer
    cut_off: KeptAnswer | None = None  # its answer, in a payment that is not whole


def counts(connection: Connection, wanted: StateFilter) -> tuple[StateCount, ...]:
    """How many claims are in each state, whatever states are asked for."""
    query = (
        select(
            _STATE.state,
            func.count().label("claims"),
            func.count().filter(waits_for_person()).label("work"),
            func.sum(_CLAIM.charge).label("charge"),
            func.sum(_STATE.open).label("open"),
        )
        .join(sent_claim, _CLAIM.id == _STATE.sent_claim_id)
        .where(_condition(wanted))
        .group_by(_STATE.state)
    )
    rows = connection.execute(query).fetchall()
    corrected = _corrected(connection, wanted) if COVERED & {row.state for row in rows} else {}
    found = [
        StateCount(
            state=row.state,
            count=row.claims,
            charge=int(row.charge),
            open=int(row.open),
            work=row.work - corrected.get(row.state, 0),
        )
        for row in rows
    ]
    waiting = select(func.count(), func.coalesce(func.sum(_HELD.charge), 0)).where(_held(wanted))
    number, charge = connection.execute(waiting).one()
    if number:
        held_ones = StateCount(state="held", count=number, charge=int(charge), open=0, work=number)
        found.append(held_ones)
    return tuple(found)


def _corrected(connection: Connection, wanted: StateFilter) -> dict[str, int]:
    """How many of the claims that would be work have a correction that waits, by state."""
    corrections = covered(connection, wanted.usage)
    found: dict[str, int] = {}
    for batch in bulk.batches(sorted({control for control, _ in corrections})):
        query = (
            select(_STATE.state, _CLAIM.control, _CLAIM.frequency)
            .join(sent_claim, _CLAIM.id == _STATE.sent_claim_id)
            .where(_condition(wanted), _CLAIM.control.in_(batch), _STATE.state.in_(COVERED))
        )
        for row in connection.execute(query):
            if (row.control, row.frequency) in corrections:
                found[row.state] = found.get(row.state, 0) + 1
    return found


def listed(connection: Connection, wanted: StateFilter) -> Iterator[ListedClaim]:
    """The claims in these states, in the order of ``STATES``, each state's longest there first.

    They are sorted once and read some hundred at a time.
    """
    corrections = covered(connection, wanted.usage)
    cut = cut_off(connection, wanted.usage)
    if not wanted.states or "held" in wanted.states:
        query = select(held_claim).where(_held(wanted)).order_by(_HELD.id)
        for row in connection.execute(query).fetchall():
            yield _of_held(row)
    condition = _condition(wanted)
    if wanted.states:
        chosen: ColumnElement[bool] = _STATE.state.in_(wanted.states)
        condition &= or_(chosen, waits_for_person()) if wanted.work else chosen
    order = case({row.state: n for n, row in enumerate(STATES)}, value=_STATE.state)
    query = (
        select(
            _CLAIM.id, _CLAIM.control, _CLAIM.family, _CLAIM.frequency, _CLAIM.payer_rank,
            _CLAIM.payer, _CLAIM.payer_name,
            _CLAIM.discipline, _CLAIM.date, _CLAIM.charge, _STATE.state, _STATE.event,
            _STATE.since, _STATE.cause, _STATE.open,
        )
        .join(claim_state, _STATE.sent_claim_id == _CLAIM.id)
        .where(condition)
        .order_by(order, _STATE.since, _CLAIM.id)
        .execution_options(yield_per=bulk.BATCH)
    )  # fmt: skip
    for row in connection.execute(query):
        waits = row.state in COVERED and corrections.get((row.control, row.frequency))
        if not (waits and wanted.work):
            answer = cut.get(stem(row.control)) if row.state in UNANSWERED else None
            yield _of(row, waits or None, answer)


def waits_for_person() -> ColumnElement[bool]:
    """The condition on ``claim_state`` that somebody has to do something."""
    return or_(
        _STATE.state.in_([row.state for row in STATES if row.work]),
        _STATE.event.in_([row.kind for row in EVENTS if row.work]),
    )


def _condition(wanted: StateFilter) -> ColumnElement[bool]:
    return chosen(wanted.usage, payer=wanted.payer, since=wanted.since, until=wanted.until)


def _held(wanted: StateFilter) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (_HELD.usage == wanted.usage) & _HELD.state.in_(held.WAITING)
    if wanted.since:
        condition &= _HELD.date >= from_date(wanted.since)
    if wanted.until:
        condition &= _HELD.date <= from_date(wanted.until)
    if wanted.payer:
        condition &= func.lower(_HELD.payer) == wanted.payer.strip().lower()
    return condition


def _of(row: Any, correction: Waiting | None, cut: KeptAnswer | None) -> ListedClaim:
    return ListedClaim(
        claim=row.control,
        family=row.family,
        frequency=row.frequency,
        rank=row.payer_rank,
        state=row.state,
        event=row.event,
        since=row.since,
        cause=cause_of(row.cause),
        payer=row.payer,
        payer_name=row.payer_name,
        discipline=row.discipline,
        date=dt.date.fromisoformat(row.date),
        charge=row.charge,
        open=row.open,
        correction=correction,
        cut_off=cut,
    )


def _of_held(row: Any) -> ListedClaim:
    reasons: Sequence[tuple[str, str]] = from_json(row.reasons)
    return ListedClaim(
        claim=row.claim,
        family="",
        frequency="",
        rank="",
        state="held",
        event="held",
        since=row.recorded_at,
        cause=Cause(codes=" ".join(dict.fromkeys(code for code, _ in reasons))),
        payer=row.payer,
        payer_name="",
        discipline=row.discipline,
        date=dt.date.fromisoformat(row.date),
        charge=row.charge,
        open=0,
    )
