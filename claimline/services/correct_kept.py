"""Corrections by sheet, as they were decided: the visits as they stand now at the payer."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import evolve
from sqlalchemy import select

from claimline.services import visit_text
from mapping.visit import Visit
from reconcile.ledger import KnownVisit, Ledger, Usage
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
    changed = {
        visit.visit_id: digest
        for visit in visits
        if (before := known.get(visit.visit_id)) is not None
        and before.state == "billed"
        and before.digest != (digest := visit_text.digest(visit))
    }
    if not changed:
        return {}
    with ledger.reading() as connection:
        asked = _asked(connection, usage)
    return {
        visit: evolve(known[visit], digest=digest)
        for visit, digest in changed.items()
        if digest in asked.get(visit, ())
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
