"""Corrections by sheet, as they were decided: the visits as they stand now at the payer."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from sqlalchemy import select

from claimline.services import visit_text
from mapping.visit import Visit
from reconcile.ledger import KnownVisit, Ledger, Usage, bulk
from reconcile.ledger.tables import decision

if TYPE_CHECKING:
    from sqlalchemy import Connection

KIND: Final = "correct"  # of the decision that is kept


def as_corrected(
    ledger: Ledger, usage: Usage, visits: Iterable[Visit], known: Mapping[str, KnownVisit]
) -> dict[str, KnownVisit]:
    """Billed visits whose content now is what a sheet asked the payer to make of the claim.

    They are known with that content: a correction by reopening sends no second claim.
    """
    with ledger.reading() as connection:
        asked = _asked(connection, usage)
    found = {}
    for visit in visits if asked else ():
        before = known.get(visit.visit_id)
        if before is not None and before.state == "billed" and visit.visit_id in asked:
            digest = visit_text.digest(visit)
            if digest in asked[visit.visit_id]:
                found[visit.visit_id] = evolve(before, digest=digest)
    return found


def corrections_of(
    ledger: Ledger, controls: Collection[str], usage: Usage
) -> dict[str, list[dict[str, Any]]]:
    """What was decided about these claims, oldest first: when, who, which road, why, what came."""
    c = decision.c
    found: dict[str, list[dict[str, Any]]] = {}
    with ledger.reading() as connection:
        for batch in bulk.batches(sorted(controls)):
            query = select(decision).where(c.kind == KIND, c.subject.in_(batch)).order_by(c.id)
            for row in connection.execute(query):
                made = json.loads(row.detail)
                if made["usage"] == usage:
                    found.setdefault(row.subject, []).append(_told(row, made))
    return found


def _told(row: Any, made: Mapping[str, str]) -> dict[str, Any]:
    """One decision as plain values."""
    return {
        "at": row.recorded_at,
        "by": row.user,
        "road": made["road"],
        "reason": row.reason,
        "made": made.get("sheet") or f"claim {made['claim']} in {made['file']}",
        "is_sheet": "sheet" in made,
    }


def _asked(connection: "Connection", usage: Usage) -> dict[str, set[str]]:
    """Visit id to the digests of the contents that sheets asked for."""
    query = select(decision.c.detail).where(decision.c.kind == KIND).order_by(decision.c.id)
    found: dict[str, set[str]] = {}
    for detail in connection.execute(query).scalars():
        made = json.loads(detail)
        if made["usage"] == usage:
            for visit, digest in made.get("visits", {}).items():
                found.setdefault(visit, set()).add(digest)
    return found
