"""Acknowledgements counted, and what of them waits for a person."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from reconcile.ledger import bulk
from reconcile.ledger.tables_answered import acknowledged

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
