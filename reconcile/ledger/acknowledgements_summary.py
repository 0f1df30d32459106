"""Acknowledgements counted, and what of them waits for a person."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from reconcile.ledger import bulk, dismissed
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

_ACK: Final = acknowledgement.c
_SAID: Final = acknowledged.c


def summaries(connection: Connection, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], int]]:
    """How many things of each level each acknowledgement gives which verdict."""
    found: dict[int, dict[tuple[str, str], int]] = {number: {} for number in ids}
    for batch in bulk.batches(list(ids)):
        query = (
            select(_SAID.acknowledgement_id, _SAID.level, _SAID.verdict, func.count())
            .where(_SAID.acknowledgement_id.in_(batch))
            .group_by(_SAID.acknowledgement_id, _SAID.level, _SAID.verdict)
            .order_by(_SAID.acknowledgement_id, _SAID.level, _SAID.verdict)
        )
        for number, level, verdict, count in connection.execute(query):
            found[number][level, verdict] = count
    return found


def waiting(connection: Connection, usage: str) -> Iterator[tuple[Any, str]]:
    """The acknowledgements that wait for a person, each with the first claim that is nobody's."""
    query = (
        select(acknowledgement, file.c.name.label("file_name"), file.c.digest.label("file_digest"))
        .outerjoin(file, file.c.id == _ACK.file_id)
        .where(_ACK.usage == usage, _ACK.state.in_(dismissed.WAITING))
        .order_by(_ACK.id)
    )
    gone = dismissed.answers(connection)
    for row in connection.execute(query).fetchall():
        if gone and dismissed.subject(row.file_digest or "", row.number) in gone:
            continue
        first = connection.execute(
            select(_SAID.key)
            .where(
                _SAID.acknowledgement_id == row.id,
                _SAID.level == "claim",
                _SAID.sent_claim_id.is_(None),
            )
            .order_by(_SAID.id)
            .limit(1)
        ).scalar()
        yield row, from_json(first)[4] if first else ""
