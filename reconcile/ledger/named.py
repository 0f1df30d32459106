"""Payments that name a claim and stand on no line of it: they wait, or decide nothing.

An answer that was not matched for certain, is kept aside, cannot be read whole, or is none (CLP02
23, 25) is on no claim. It names one by its number (CLP01), or a person could choose one of several
it may belong to. The numbers stand in ``awaiting`` as kind ``names``, so that a claim is found by
its payments and a payment by its claims.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from reconcile.keys import stem
from reconcile.ledger import bulk
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_received import awaiting, claim_payment, remittance
from reconcile.lifecycle_values import Cause, Event, EventKind

NAMES: Final = "names"  # kind of ``awaiting``
STATES: Final = ("unmatched", "aside", "not posted")  # of a claim payment; not parked: not ours
BEFORE_ANSWERS: Final = -1  # ``Event.place``: what is posted decides over what is not
KINDS: Final[dict[str, EventKind]] = {"23": "passed on", "25": "estimated"}  # by CLP02
_BY_STATE: Final[dict[str, EventKind]] = {
    "not posted": "answer not readable",
    "aside": "answer kept aside",
}
_C: Final = claim_payment.c
_R: Final = remittance.c
_A: Final = awaiting.c


def names(control: str, candidates: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What a claim payment that stands on no claim adds to ``awaiting``: kind and value."""
    found = (stem(one) for one in (control, *candidates))
    return [(NAMES, one) for one in dict.fromkeys(found) if one]


def claims(connection: Connection, stems: Iterable[str]) -> Iterator[int]:
    """The row numbers of the sent claims of these stems."""
    for batch in bulk.batches(sorted(stems)):
        query = select(sent_claim.c.id).where(sent_claim.c.stem.in_(batch))
        yield from connection.execute(query).scalars()


def forgotten(connection: Connection, ids: Sequence[int]) -> Iterator[str]:
    """The stems that these claim payments name: to be asked before their rows go."""
    query = select(_A.value).where(_A.claim_payment_id.in_(ids), _A.kind == NAMES)
    yield from connection.execute(query.distinct()).scalars()


class Named:
    """Asks for the payments that name claims, some hundred at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._any = connection.execute(select(_A.value).limit(1)).first() is not None

    def events(self, rows: Iterable[Any]) -> dict[int, list[Event]]:
        """Of claims (rows with id, usage and control) what names them, by row number."""
        if not self._any:
            return {}
        wanted: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            wanted.setdefault((row.usage, stem(row.control)), []).append(row.id)
        found: dict[int, list[Event]] = {}
        for batch in bulk.batches(sorted({key for _, key in wanted})):
            for row in self._connection.execute(_query(batch)):
                for number in wanted.get((row.usage, row.value), ()):
                    found.setdefault(number, []).append(_event(row))
        return found


def _query(stems: Sequence[str]) -> Any:
    return (
        select(
            _A.value, _R.usage, _R.payment_date, _R.recorded_at, _R.payer_name,
            _R.transaction_control, _C.status, _C.state, _C.position, file.c.name,
        )
        .join(claim_payment, _C.id == _A.claim_payment_id)
        .join(remittance, _R.id == _C.remittance_id)
        .join(file, file.c.id == _R.file_id)
        .where(_A.value.in_(stems), _A.kind == NAMES)
        .order_by(_R.payment_date, _R.trace, _C.position, _R.payment_key, _C.fingerprint)
    )  # fmt: skip


def _event(row: Any) -> Event:
    kind = KINDS.get(row.status, _BY_STATE.get(row.state, "answered, not placed"))
    return Event(
        kind=kind,
        at=row.recorded_at,
        date=row.payment_date,
        place=BEFORE_ANSWERS,
        cause=Cause(
            file=row.name,
            kind="835",
            transaction=row.transaction_control,
            segment=row.position,
            source=row.payer_name,
            codes=f"CLP02 {row.status}" if row.status in KINDS else "",
        ),
    )


def fill(connection: Connection) -> None:
    """Write what an older ledger does not have: what each payment on no claim names."""
    last = 0
    while True:
        query = (
            select(_C.id, _C.control, _C.candidates)
            .where(_C.id > last, _C.sent_claim_id.is_(None), _C.state.in_(STATES))
            .order_by(_C.id)
            .limit(bulk.BATCH)
        )
        rows = connection.execute(query).fetchall()
        if not rows:
            return
        last = rows[-1].id
        known = select(_A.claim_payment_id).where(
            _A.kind == NAMES, _A.claim_payment_id.in_([row.id for row in rows])
        )
        there = set(connection.execute(known).scalars())
        new = [
            (row.id, *one)
            for row in rows
            if row.id not in there
            for one in names(row.control, from_json(row.candidates))
        ]
        bulk.insert(connection, awaiting, new)
