"""What accrues for a patient in a year: entered figures, and our own lines with what was allowed.

An entered figure is a decision of a person about an opaque patient key: what an eligibility answer
said the year's therapy total (kind ``therapy total``) or the deductible left (``deductible``) was
on a day. Our own lines count with the allowed amount of the answer that stands, else with the
amount expected when they were sent; where neither is known, with their charge, which is the most
a payer allows.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen
from sqlalchemy import Connection, func, select

from reconcile.books_turns import RANK_ORDER
from reconcile.ledger import bulk
from reconcile.ledger.convert import dollars, from_json, to_date, to_words
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.records import Decision, Usage
from reconcile.ledger.tables import decision, sent_claim, sent_line
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment, line_share, remittance

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

TOTAL: Final = "therapy total"
DEDUCTIBLE: Final = "deductible"
VOID: Final = "8"
REVERSAL: Final = "22"
REJECTED: Final = "rejected"  # see reconcile.lifecycle
PATIENT_SHARE: Final = frozenset({"1", "2", "3"})


@frozen(kw_only=True)
class Figure:
    """An amount somebody read from an eligibility answer. ``bucket`` is empty for a deductible."""

    kind: str
    patient: str = field(repr=False)  # opaque key
    bucket: str = ""
    year: int
    amount: Decimal
    as_of: dt.date
    source: str = ""
    user: str = ""
    recorded_at: str = ""


@value(kw_only=True)
class OwnLine:
    """A line we sent, with what is known of its allowed amount.

    ``allowed`` is ``None`` where neither the payer nor a fee table said; then it lies between 0
    and ``charge``.
    """

    patient: str = field(repr=False)
    number: str = field(repr=False)  # the practice's own number of the patient
    claim: str
    payer: str
    date: dt.date = field(repr=False)
    sent: dt.date  # the day it was recorded, UTC
    modifiers: tuple[str, ...]
    charge: Decimal
    allowed: Decimal | None


def enter(figure: Figure, reason: str = "") -> Decision:
    """The figure as the decision that keeps it."""
    detail = {
        "bucket": figure.bucket,
        "year": figure.year,
        "amount": str(figure.amount),
        "as_of": figure.as_of.isoformat(),
        "source": figure.source,
    }
    return Decision(
        kind=figure.kind,
        subject=figure.patient,
        user=figure.user,
        reason=reason,
        detail=json.dumps(detail),
    )


def figures(connection: Connection, patients: Iterable[str] | None = None) -> tuple[Figure, ...]:
    """The newest figure of each patient, kind, year and bucket; of all patients by default.

    The newest is that of the latest day; of one day, the one entered last.
    """
    found: dict[tuple[str, str, int, str], Figure] = {}
    for made in every_figure(connection, patients):
        key = (made.patient, made.kind, made.year, made.bucket)
        if key not in found or found[key].as_of <= made.as_of:
            found[key] = made
    return tuple(found.values())


def every_figure(connection: Connection, patients: Iterable[str] | None = None) -> Iterator[Figure]:
    """All figures that were entered, in the order of entering."""
    for row in _decided(connection, patients):
        said = json.loads(row.detail)
        yield Figure(
            kind=row.kind,
            patient=row.subject,
            bucket=said["bucket"],
            year=said["year"],
            amount=Decimal(said["amount"]),
            as_of=dt.date.fromisoformat(said["as_of"]),
            source=said["source"],
            user=row.user,
            recorded_at=row.recorded_at,
        )


def _decided(connection: Connection, patients: Iterable[str] | None) -> Iterator[Any]:
    c = decision.c
    query = (
        select(c.kind, c.subject, c.user, c.detail, c.recorded_at)
        .where(c.kind.in_((TOTAL, DEDUCTIBLE)))
        .order_by(c.id)
    )
    if patients is None:
        yield from connection.execute(query)
        return
    for batch in bulk.batches(iter(dict.fromkeys(patients))):
        yield from connection.execute(query.where(c.subject.in_(batch)))


def own_lines(
    connection: Connection,
    *,
    usage: Usage,
    payers: Iterable[str],
    since: dt.date,
    patients: Iterable[str] | None = None,
) -> Iterator[OwnLine]:
    """Lines sent to these payers (keys) for days from ``since`` on, of these patients or of all.

    Of a family only the newest claim counts, and none where that is a void. A claim that was
    rejected was never received by the payer, and one that was taken back never left: neither
    fills a bucket (which accrues in the order of receipt).
    """
    c = sent_claim.c
    query = (
        select(
            c.id, c.control, c.family, c.frequency, c.payer, c.patient, c.patient_id,
            c.recorded_at,
        )
        .outerjoin(claim_state, claim_state.c.sent_claim_id == c.id)
        .where(
            c.usage == usage,
            c.payer.in_(sorted(payers)),
            c.date >= since.isoformat(),
            was_sent(),
            func.coalesce(claim_state.c.state, "") != REJECTED,
        )
        .order_by(c.patient, c.id)
    )  # fmt: skip
    if patients is None:
        yield from _counted(connection, connection.execute(query).fetchall())
        return
    for batch in bulk.batches(iter(dict.fromkeys(patients))):
        rows = connection.execute(query.where(c.patient.in_(batch))).fetchall()
        yield from _counted(connection, rows)


def _counted(connection: Connection, claims: Sequence[Any]) -> Iterator[OwnLine]:
    newest = {(row.family, row.payer): row for row in claims}
    standing = sorted((r for r in newest.values() if r.frequency != VOID), key=lambda r: r.id)
    for batch in bulk.batches(standing):
        by_id = {row.id: row for row in batch}
        answers = _answers(connection, by_id)
        line = sent_line.c
        columns = (
            line.id, line.sent_claim_id, line.date, line.modifiers, line.charge,
            line.expected_allowed,
        )  # fmt: skip
        query = select(*columns).where(line.sent_claim_id.in_(list(by_id))).order_by(line.id)
        for number, place, date, modifiers, charge, expected in connection.execute(query):
            claim = by_id[place]
            yield OwnLine(
                patient=claim.patient,
                number=claim.patient_id,
                claim=claim.control,
                payer=claim.payer,
                date=to_date(date),
                sent=to_date(claim.recorded_at[:10]),
                modifiers=to_words(modifiers),
                charge=dollars(charge),
                allowed=_allowed(expected, answers.get(number, ())),
            )


def _answers(connection: Connection, claims: Mapping[int, Any]) -> dict[int, list[Any]]:
    """What the claims' own payer said of each line, in the order of payment.

    One that is the patient's second payer, too, answers twice: the first turn is meant.
    """
    share, paid = line_share.c, claim_payment.c
    rows = connection.execute(
        select(
            share.sent_line_id, share.charge, share.paid, share.allowed, share.adjustments,
            paid.status, paid.payer, paid.rank, paid.sent_claim_id,
        )
        .join(claim_payment, paid.id == share.claim_payment_id)
        .join(remittance, remittance.c.id == paid.remittance_id)
        .where(paid.sent_claim_id.in_(list(claims)), paid.state == "posted")
        .order_by(remittance.c.payment_date, paid.id, share.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in rows:
        if row.payer == claims[row.sent_claim_id].payer:
            found.setdefault(row.sent_line_id, []).append(row)
    first = {
        line: min((row.rank for row in own), key=RANK_ORDER.__getitem__)
        for line, own in found.items()
    }
    return {line: [row for row in own if row.rank == first[line]] for line, own in found.items()}


def _allowed(expected: int | None, answers: Sequence[Any]) -> Decimal | None:
    """Of the answer that stands: what it says was allowed, nothing where it refused; else expected.

    A reversal takes back the answer with the same amounts, whichever came first.
    """
    standing = [row for row in answers if row.status != REVERSAL] if answers else []
    for taken in (row for row in answers if row.status == REVERSAL):
        undone = (-taken.charge, -taken.paid)
        same = next((r for r in reversed(standing) if (r.charge, r.paid) == undone), None)
        if same is not None:
            standing.remove(same)
    if standing:
        newest = standing[-1]
        if newest.allowed is not None:
            return dollars(newest.allowed)
        if not newest.paid and not _patient_share(newest):
            return Decimal("0.00")
    return None if expected is None else dollars(expected)


def _patient_share(row: Any) -> bool:
    """Whether the answer leaves the patient deductible, coinsurance or copay: it was allowed."""
    return any(
        group == "PR" and reason in PATIENT_SHARE
        for group, reason, *_ in from_json(row.adjustments)
    )
