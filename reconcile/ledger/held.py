"""Claims that wait for a fix or a decision."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, select, update

from reconcile.ledger import bulk
from reconcile.ledger.convert import dollars, from_date, from_json, to_cents, to_date, to_json
from reconcile.ledger.records import HeldRecord, KnownVisit, Usage
from reconcile.ledger.tables import held_claim, held_visit

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_HELD: Final = held_claim.c
WAITING: Final = ("held", "released", "overridden")


def record(writer: "Writer", records: Sequence[HeldRecord], *, usage: Usage) -> int:
    """Keep held claims. One that waits with the same content and reasons is kept once.

    Returns:
        How many are new. An older one of the same draft is marked as replaced.
    """
    known = _waiting(writer.connection, [held.claim for held in records], usage)
    new = [held for held in records if known.get(held.claim, ()) != _content(held)]
    replaced = [held.claim for held in new if held.claim in known]
    for claim in replaced:
        set_state(writer, claim, "replaced", usage=usage)
    first = writer.ids(held_claim, len(new))
    recorded = writer.recorded if new else ()
    rows = [_row(number, held, usage) + recorded for number, held in enumerate(new, first)]
    writer.add(held_claim, rows)
    visits = [
        (number, *seen)
        for number, held in enumerate(new, first)
        for seen in dict(held.visits).items()
    ]
    writer.add(held_visit, visits)
    return len(new)


def _content(held: HeldRecord) -> tuple[str, str]:
    return held.digest, to_json(held.reasons)


def _waiting(connection: Connection, claims: list[str], usage: str) -> dict[str, tuple[str, str]]:
    found = {}
    for batch in bulk.batches(claims):
        rows = connection.execute(
            select(_HELD.claim, _HELD.digest, _HELD.reasons).where(
                _HELD.usage == usage, _HELD.claim.in_(batch), _HELD.state.in_(WAITING)
            )
        )
        found.update({row.claim: (row.digest, row.reasons) for row in rows})
    return found


def _row(number: int, held: HeldRecord, usage: str) -> bulk.Row:
    return (
        number,
        usage,
        held.claim,
        held.digest,
        to_json(held.reasons),
        held.payer,
        held.patient,
        held.patient_name,
        held.discipline,
        from_date(held.date),
        to_cents(held.charge),
        held.detail,
        held.state,
    )


def set_state(writer: "Writer", claim: str, state: str, *, usage: Usage) -> None:
    """What a decision, or a newer draft, makes of the waiting claim of that key."""
    _set(writer, state, _HELD.claim == claim, usage)


def _set(writer: "Writer", state: str, which: ColumnElement[bool], usage: Usage) -> None:
    done = writer.connection.execute(
        update(held_claim)
        .where(which, _HELD.usage == usage, _HELD.state.in_(WAITING))
        .values(state=state)
        .returning(_HELD.id)
    )
    writer.journal.changed(done.scalars().all())


def billed(writer: "Writer", visit_ids: Sequence[str], *, usage: Usage) -> None:
    """The claims that waited for these visits wait no longer."""
    for batch in bulk.batches(visit_ids):
        waiting = (
            select(held_visit.c.held_claim_id)
            .where(held_visit.c.visit_id.in_(batch))
            .scalar_subquery()
        )
        _set(writer, "billed", _HELD.id.in_(waiting), usage)


def visits(connection: Connection, ids: list[str], *, usage: Usage) -> dict[str, KnownVisit]:
    """Those of these visits that wait in a held claim."""
    rows = connection.execute(
        select(held_visit.c.visit_id, held_visit.c.digest, _HELD.state, _HELD.recorded_at)
        .join(held_claim, _HELD.id == held_visit.c.held_claim_id)
        .where(held_visit.c.visit_id.in_(ids), _HELD.usage == usage, _HELD.state.in_(WAITING))
        .order_by(_HELD.id)
    )
    return {
        row.visit_id: KnownVisit(
            visit=row.visit_id, digest=row.digest, state=row.state, recorded_at=row.recorded_at
        )
        for row in rows
    }


def listed(
    connection: Connection, *, states: Iterable[str] = WAITING, usage: Usage
) -> tuple[HeldRecord, ...]:
    """The held claims in these states, oldest first."""
    rows = connection.execute(
        select(held_claim)
        .where(_HELD.usage == usage, _HELD.state.in_(list(states)))
        .order_by(_HELD.id)
    ).fetchall()
    seen: dict[int, list[tuple[str, str]]] = {}
    for batch in bulk.batches([row.id for row in rows]):
        for link in connection.execute(
            select(held_visit).where(held_visit.c.held_claim_id.in_(batch))
        ):
            seen.setdefault(link.held_claim_id, []).append((link.visit_id, link.digest))
    return tuple(_of(row, tuple(seen.get(row.id, ()))) for row in rows)


def _of(row: Any, seen: tuple[tuple[str, str], ...]) -> HeldRecord:
    return HeldRecord(
        id=row.id,
        claim=row.claim,
        digest=row.digest,
        reasons=tuple((code, message) for code, message in from_json(row.reasons)),
        visits=seen,
        payer=row.payer,
        patient=row.patient,
        patient_name=row.patient_name,
        discipline=row.discipline,
        date=to_date(row.date),
        charge=dollars(row.charge),
        detail=row.detail,
        state=row.state,
        recorded_at=row.recorded_at,
    )
