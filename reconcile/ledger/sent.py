"""Sent claims to rows and back."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Select, select

from edi.claim import Reference
from reconcile.keys import stem
from reconcile.ledger import bulk
from reconcile.ledger.convert import (
    damaged,
    dollars,
    from_date,
    from_json,
    number_text,
    to_cents,
    to_date,
    to_json,
    to_number,
    to_words,
)
from reconcile.ledger.records import SentRecord
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.values import SentClaim, SentLine

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_CLAIM: Final = sent_claim.c
_LINE: Final = sent_line.c

# What the matchers need, in the order ``claim_of`` reads it.
MATCHING: Final = (
    _CLAIM.id,
    _CLAIM.control,
    _CLAIM.family,
    _CLAIM.frequency,
    _CLAIM.payer,
    _CLAIM.payer_id,
    _CLAIM.payer_rank,
    _CLAIM.member_id,
    _CLAIM.patient,
    _CLAIM.billing_npi,
    _CLAIM.charge,
    _CLAIM.date,
    _CLAIM.until,
    _CLAIM.collected,
    _CLAIM.reference,
)


def add_claims(
    writer: "Writer", records: Sequence[SentRecord], *, file_id: int, usage: str, origin: str
) -> dict[str, int]:
    """Add claims with their lines; gives the row number of each by its control number."""
    first = writer.ids(sent_claim, len(records))
    first_line = writer.ids(sent_line, sum(len(record.claim.lines) for record in records))
    place = (usage, origin, file_id)
    claims: list[bulk.Row] = []
    lines: list[bulk.Row] = []
    numbers: dict[str, int] = {}
    for number, record in enumerate(records, first):
        numbers[record.claim.control] = number
        claims.append(_claim_row(number, record, place=place, recorded=writer.recorded))
        for line in record.claim.lines:
            lines.append(_line_row(first_line + len(lines), number, line))
    writer.add(sent_claim, claims)
    writer.add(sent_line, lines)
    return numbers


def _claim_row(
    number: int, record: SentRecord, *, place: tuple[str, str, int], recorded: tuple[int, str]
) -> bulk.Row:
    usage, origin, file_id = place
    claim = record.claim
    return (
        number,
        usage,
        claim.control,
        stem(claim.control),
        claim.family,
        claim.frequency,
        origin,
        claim.payer,
        claim.payer_id,
        record.payer_name,
        claim.payer_rank,
        claim.member_id,
        claim.patient,
        record.patient_id,
        record.patient_name,
        record.patient_birth,
        claim.billing_npi,
        record.discipline,
        to_cents(claim.charge),
        from_date(claim.date),
        from_date(claim.until),
        to_cents(claim.collected),
        to_json([[r.qualifier, r.value, r.description] for r in claim.references]),
        record.decisions,
        file_id,
        record.transaction,
        record.position,
        record.rendering_npi,
        record.location,
        *recorded,
    )


def _line_row(number: int, claim_number: int, line: SentLine) -> bulk.Row:
    return (
        number,
        claim_number,
        line.control,
        line.number,
        line.code,
        " ".join(line.modifiers),
        to_cents(line.charge),
        number_text(line.units),
        from_date(line.date),
        from_date(line.until),
        to_json(line.evidence),
        None if line.expected is None else to_cents(line.expected),
        None if line.expected_allowed is None else to_cents(line.expected_allowed),
        line.terms,
    )


def load(
    connection: Connection,
    where: ColumnElement[bool] | Select[Any],
    *,
    payer_controls: dict[int, tuple[str, ...]] | None = None,
) -> dict[int, SentClaim]:
    """The sent claims of a condition, by row number, in that order.

    Args:
        connection: the open transaction.
        where: a condition on ``sent_claim``, or a select of its ids.
        payer_controls: payer claim numbers seen so far, by row number of the claim.
    """
    condition = _CLAIM.id.in_(where) if isinstance(where, Select) else where
    rows = connection.execute(select(*MATCHING).where(condition).order_by(_CLAIM.id)).fetchall()
    lines = load_lines(connection, [row[0] for row in rows])
    known = payer_controls or {}
    return {
        row[0]: claim_of(row, tuple(line for _, line in lines[row[0]]), known.get(row[0], ()))
        for row in rows
    }


def load_lines(
    connection: Connection, claims: Iterable[int]
) -> dict[int, list[tuple[int, SentLine]]]:
    """The lines of these claims with their row numbers, by row number of the claim."""
    found: dict[int, list[tuple[int, SentLine]]] = {number: [] for number in claims}
    for batch in bulk.batches(list(found)):
        rows = connection.execute(
            select(sent_line)
            .where(bulk.among(connection, _LINE.sent_claim_id, batch))
            .order_by(_LINE.id)
        )
        for row in rows:
            found[row[1]].append((row[0], _line_of(row)))
    return found


def claim_of(row: Any, lines: tuple[SentLine, ...], known: tuple[str, ...]) -> SentClaim:
    """The claim of a row of ``MATCHING``; ``known`` are the payer claim numbers seen so far."""
    return SentClaim(
        control=row[1],
        family=row[2],
        frequency=row[3],
        payer=row[4],
        payer_id=row[5],
        payer_rank=row[6],
        member_id=row[7],
        patient=row[8],
        billing_npi=row[9],
        charge=dollars(row[10]),
        date=to_date(row[11]),
        until=to_date(row[12]),
        collected=dollars(row[13]),
        references=tuple(
            Reference(qualifier=q, value=v, description=d) for q, v, d in from_json(row[14])
        ),
        payer_controls=known,
        lines=lines,
    )


def _line_of(row: Any) -> SentLine:
    units = to_number(row[7])
    if units is None:
        raise damaged("The units of a sent line")
    return SentLine(
        control=row[2],
        number=row[3],
        code=row[4],
        modifiers=to_words(row[5]),
        charge=dollars(row[6]),
        units=units,
        date=to_date(row[8]),
        until=to_date(row[9]),
        evidence=tuple(from_json(row[10])),
        expected=None if row[11] is None else dollars(row[11]),
        expected_allowed=None if row[12] is None else dollars(row[12]),
        terms=row[13],
    )
