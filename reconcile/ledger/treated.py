"""What was billed for patients before: days of treatment, and claims that used an authorization."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Connection, case, select

from edi.claim import FREQUENCY_VOID
from reconcile.ledger import bulk
from reconcile.ledger.convert import to_date
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim, visit
from reconcile.ledger.tables_answered import claim_state
from reconcile.turns import FIRST

AUTHORIZED: Final = "authorizations"  # how ``bill`` names in a claim's decisions what it used
REJECTED: Final = "rejected"  # see reconcile.lifecycle
_MARK: Final = f'"{AUTHORIZED}"'
_CLAIM: Final = sent_claim.c


@frozen(kw_only=True)
class Treated:
    """A day of treatment as it was billed to the patient's first payer."""

    claim: str
    patient: str = field(repr=False)  # opaque key
    payer: str  # key in the practice file
    discipline: str
    date: dt.date = field(repr=False)
    rejected: bool  # nobody has decided it, and it is to be sent again
    visits: frozenset[str]
    decisions: str = field(repr=False)  # JSON, where the claim used an authorization


def treated(
    connection: Connection,
    patients: Iterable[str],
    usage: Usage,
    *,
    without: Collection[str] = (),
) -> tuple[Treated, ...]:
    """The claims that stand for these patients, oldest first: of each family the newest.

    One that was replaced counts as its replacement, one that was voided not at all. A rejected
    replacement or void changes nothing: the claim before it stands. A visit that was billed anew
    as another claim counts once, as that.

    Args:
        connection: the open snapshot.
        patients: opaque keys.
        usage: the book.
        without: control numbers of claims that are being corrected.
    """
    found: dict[tuple[str, str], Any] = {}
    for batch in bulk.batches(sorted(set(patients))):
        for row in connection.execute(_query(batch, usage)):
            _keep(found, row, without)
    standing = [row for row in found.values() if row.frequency != FREQUENCY_VOID]
    visits = _visits(connection, [row.id for row in standing])
    return tuple(_once(sorted(standing, key=lambda row: row.id), visits))


def _query(patients: list[str], usage: Usage) -> Any:
    decisions = case(
        (_CLAIM.decisions.contains(_MARK, autoescape=True), _CLAIM.decisions), else_=""
    )
    return (
        select(
            _CLAIM.id, _CLAIM.control, _CLAIM.family, _CLAIM.frequency, _CLAIM.patient,
            _CLAIM.payer, _CLAIM.payer_rank, _CLAIM.discipline, _CLAIM.date, _CLAIM.file_id,
            decisions.label("told"), claim_state.c.state,
        )
        .outerjoin(claim_state, claim_state.c.sent_claim_id == _CLAIM.id)
        .where(_CLAIM.patient.in_(patients), _CLAIM.usage == usage, was_sent())
        .order_by(_CLAIM.id)
    )  # fmt: skip


def _keep(found: dict[tuple[str, str], Any], row: Any, without: Collection[str]) -> None:
    """Take a claim in place of the one before it in its family, unless it came to nothing."""
    if row.control in without or (row.payer_rank != FIRST and row.family != row.control):
        return  # to a further payer: the day was billed to the first
    key = (row.patient, row.family)
    before = found.get(key)
    if before is None or row.state != REJECTED or before.state == REJECTED:
        found[key] = row


def _visits(connection: Connection, claims: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for batch in bulk.batches(list(claims)):
        query = select(visit.c.sent_claim_id, visit.c.visit_id).where(
            visit.c.sent_claim_id.in_(batch)
        )
        for number, name in connection.execute(query):
            found.setdefault(number, set()).add(name)
    return found


def _once(rows: Iterable[Any], visits: dict[int, set[str]]) -> Iterable[Treated]:
    """Each visit once: by the newest file that has it."""
    listed = list(rows)
    newest = {name: row.file_id for row in listed for name in visits.get(row.id, ())}
    for row in listed:
        own = visits.get(row.id, set())
        if any(newest[name] != row.file_id for name in own):
            continue
        yield Treated(
            claim=row.control,
            patient=row.patient,
            payer=row.payer,
            discipline=row.discipline,
            date=to_date(row.date),
            rejected=row.state == REJECTED,
            visits=frozenset(own),
            decisions=row.told,
        )
