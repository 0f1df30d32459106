"""What ``bill`` needs: visits known, files of claims, what was billed for a patient on a day."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.exc import IntegrityError

from reconcile.ledger import bulk, deliveries, held, keeping, sent, settle
from reconcile.ledger.convert import dollars, from_date, to_date
from reconcile.ledger.errors import LedgerDamaged
from reconcile.ledger.records import (
    Billed,
    BilledService,
    KnownVisit,
    SentFile,
    SentRecord,
    StoredFile,
    Usage,
)
from reconcile.ledger.tables import (
    file,
    sent_claim,
    sent_file,
    sent_line,
    visit,
    written_file,
)
from reconcile.ledger.tables_answered import unsent_file
from reconcile.turns import FIRST

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer


VOID: Final = "8"  # CLM05-3


def known_visits(
    connection: Connection, ids: Iterable[str], *, usage: Usage
) -> dict[str, KnownVisit]:
    """What is known of these visits: billed wins over held; the newest content counts."""
    found: dict[str, KnownVisit] = {}
    for batch in bulk.batches(iter(dict.fromkeys(ids))):
        found.update(held.visits(connection, batch, usage=usage))
        found.update(_billed_visits(connection, batch, usage))
    return found


def _billed_visits(connection: Connection, ids: list[str], usage: str) -> dict[str, KnownVisit]:
    rows = connection.execute(
        select(
            visit.c.visit_id, visit.c.digest, sent_claim.c.control, file.c.name, visit.c.recorded_at
        )
        .join(sent_claim, sent_claim.c.id == visit.c.sent_claim_id)
        .join(file, file.c.id == sent_claim.c.file_id)
        .where(visit.c.usage == usage, visit.c.visit_id.in_(ids), deliveries.was_sent())
        .order_by(visit.c.id)
    )
    claims: dict[str, list[Any]] = {}
    for row in rows:
        claims.setdefault(row.visit_id, []).append(row)
    return {
        visit_id: KnownVisit(
            visit=visit_id,
            digest=group[-1].digest,
            state="billed",
            claims=tuple(row.control for row in group),
            file=group[-1].name,
            recorded_at=group[-1].recorded_at,
        )
        for visit_id, group in claims.items()
    }


def record_sent(writer: "Writer", made: SentFile, records: Sequence[SentRecord]) -> StoredFile:
    """Keep a complete file of claims with its claims and visits; nothing is written yet.

    Raises:
        LedgerDamaged: a control number was given that is used already.
    """
    try:
        return _record_sent(writer, made, records)
    except IntegrityError:
        raise LedgerDamaged(
            f"Interchange {made.interchange_control:09d}, or a claim number of it, was used before "
            "although the ledger's counters gave it anew: nothing was recorded, no file written.",
            "Somebody or something set the counters back. claimline verify names them; restore the "
            "last backup that verifies, and receive the files since again.",
        ) from None


def _record_sent(writer: "Writer", made: SentFile, records: Sequence[SentRecord]) -> StoredFile:
    stored = writer.store(made.data, kind="837P", name=made.name, direction="out")
    row = (stored.id, made.usage, made.sender, made.receiver, made.interchange_control)
    writer.add(sent_file, [(*row, made.name, len(records), made.profile, *writer.recorded)])
    first_claim = writer.ids(sent_claim, 0)
    numbers = sent.add_claims(writer, records, file_id=stored.id, usage=made.usage, origin="billed")
    writer.changed(numbers.values())
    visits = [
        (visit_id, digest, numbers[record.claim.control])
        for record in records
        for visit_id, digest in record.visits
    ]
    first = writer.ids(visit, len(visits))
    writer.add(
        visit,
        [
            (number, made.usage, *seen, *writer.recorded)
            for number, seen in enumerate(visits, first)
        ],
    )
    settle.after_sent(writer, [record.claim for record in records], first=first_claim)
    held.billed(writer, [seen[0] for seen in visits], usage=made.usage)
    return stored


def mark_written(writer: "Writer", digest: str, name: str) -> None:
    """The file stands in the outbox, complete. Saying it twice changes nothing."""
    stored = keeping.find_file(writer.connection, digest)
    assert stored is not None, "only a kept file can be written"
    known = writer.connection.execute(
        select(written_file.c.file_id).where(written_file.c.file_id == stored.id)
    ).first()
    if known is None:
        writer.add(written_file, [(stored.id, name, *writer.recorded)])
        writer.changed(deliveries.claims_of(writer.connection, stored.id))


def unwritten(connection: Connection) -> tuple[StoredFile, ...]:
    """Files of claims that are recorded and not yet known to stand in the outbox, oldest first."""
    rows = connection.execute(
        select(file, sent_file.c.name.label("outbox_name"))
        .join(sent_file, sent_file.c.file_id == file.c.id)
        .outerjoin(written_file, written_file.c.file_id == file.c.id)
        .outerjoin(unsent_file, unsent_file.c.file_id == file.c.id)
        .where(written_file.c.file_id.is_(None), unsent_file.c.file_id.is_(None))
        .order_by(file.c.id)
    )
    return tuple(keeping.stored_file(row, row.outbox_name) for row in rows)


def billed_on(
    connection: Connection, days: Iterable[tuple[str, dt.date]], *, usage: Usage
) -> tuple[Billed, ...]:
    """The claims already billed for these (patient key, day of service) pairs, oldest first.

    One that was taken back before it was sent is not among them.
    """
    found: list[Billed] = []
    wanted = [(patient, from_date(date)) for patient, date in dict.fromkeys(days)]
    claim = sent_claim.c
    for batch in bulk.batches(wanted):
        rows = connection.execute(
            select(
                claim.id, claim.control, claim.patient, claim.date, claim.payer, claim.discipline,
                claim.billing_npi, claim.family, claim.frequency, claim.payer_rank,
            )
            .where(
                claim.usage == usage,
                tuple_(claim.patient, claim.date).in_(batch),
                deliveries.was_sent(),
            )
            .order_by(claim.id)
        ).fetchall()  # fmt: skip
        lines = _lines(connection, [row.id for row in rows])
        newest = {(row.family, row.payer, row.payer_rank): row for row in rows}
        found += [
            Billed(
                claim=row.control,
                patient=row.patient,
                date=to_date(row.date),
                payer=row.payer,
                billing_npi=row.billing_npi,
                discipline=row.discipline,
                stands=newest[row.family, row.payer, row.payer_rank] is row and _counts(row),
                lines=tuple(lines.get(row.id, ())),
            )
            for row in rows
        ]
    return tuple(found)


def _counts(row: Any) -> bool:
    """Not a void, and not a claim that bills the first payer's lines to the next one."""
    sent_on = row.payer_rank != FIRST and row.family != row.control
    return row.frequency != VOID and not sent_on


def _lines(connection: Connection, claims: list[int]) -> dict[int, list[BilledService]]:
    found: dict[int, list[BilledService]] = {}
    line = sent_line.c
    for batch in bulk.batches(claims):
        rows = connection.execute(
            select(
                line.sent_claim_id, line.code, line.modifiers, line.units, line.charge,
                line.evidence,
            )
            .where(line.sent_claim_id.in_(batch))
            .order_by(line.id)
        )  # fmt: skip
        for row in rows:
            found.setdefault(row.sent_claim_id, []).append(
                BilledService(
                    code=row.code,
                    modifiers=tuple(row.modifiers.split()),
                    units=Decimal(row.units),
                    charge=dollars(row.charge),
                    evidence=tuple(json.loads(row.evidence)) if row.evidence else (),
                )
            )
    return found
