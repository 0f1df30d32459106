"""Visits that do not go: kept with reasons and content, released or overridden by a person."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from claimline.services import visit_text
from claimline.services.bill_values import HeldVisits, held_id
from mapping.draft import Held
from mapping.visit import Visit
from reconcile.ledger import HeldRecord, Ledger, Usage
from reconcile.ledger.tables import decision

NOTHING: Final = Decimal("0.00")


def from_draft(held: Held) -> HeldVisits:
    """What the mapper held."""
    return HeldVisits(
        id=held_id(held.visit_ids),
        visits=held.visit_ids,
        payer=held.payer,
        discipline=held.discipline,
        date=held.date,
        charge=held.charge,
        problems=held.problems,
    )


def record(held: HeldVisits, visits: Mapping[str, Visit]) -> HeldRecord | None:
    """What the ledger keeps; nothing of visits that are not at hand (two of one id)."""
    known = [visits[visit_id] for visit_id in held.visits if visit_id in visits]
    if len(known) != len(held.visits) or held.date is None:
        return None
    patient = known[0].patient
    marks = tuple((visit.visit_id, visit_text.digest(visit)) for visit in known)
    return HeldRecord(
        claim=held.id,
        digest=hashlib.sha256(json.dumps(marks).encode()).hexdigest(),
        reasons=tuple((p.code, p.message) for p in held.problems if p.level == "error"),
        visits=marks,
        payer=held.payer,
        patient_name=f"{patient.last_name}, {patient.first_name}",
        discipline=held.discipline,
        date=held.date,
        charge=held.charge or NOTHING,
        detail=visit_text.to_text(known),
    )


def waiting(ledger: Ledger, usage: Usage) -> tuple[Visit, ...]:
    """Visits a person released or overrode: they are billed with the next run."""
    found = ledger.held_claims(usage=usage, states=("released", "overridden"))
    return tuple(visit for held in found for visit in visit_text.from_text(held.detail))


def held_with(ledger: Ledger, usage: Usage, ids: Collection[str]) -> tuple[Visit, ...]:
    """Visits that were held together with these: the day is judged whole, or they would be lost."""
    return tuple(
        visit
        for held in ledger.held_claims(usage=usage, states=("held",))
        if len(held.visits) > 1 and any(visit_id in ids for visit_id, _ in held.visits)
        for visit in visit_text.from_text(held.detail)
        if visit.visit_id not in ids
    )


def decided(held: HeldRecord, codes: Iterable[str], usage: Usage) -> str:
    """What an override is about, for the decision that is kept: content and reasons."""
    return json.dumps({"usage": usage, "visits": dict(held.visits), "codes": sorted(codes)})


def waived(ledger: Ledger, usage: Usage, visits: Mapping[str, Visit]) -> dict[str, frozenset[str]]:
    """The reasons set aside for visits whose content is still what was decided on."""
    found: dict[str, frozenset[str]] = {}
    with ledger.reading() as connection:
        rows = connection.execute(
            select(decision.c.detail).where(decision.c.kind == "override").order_by(decision.c.id)
        ).scalars()
        decisions = [json.loads(detail) for detail in rows if detail]
    for made in decisions:
        for visit_id, digest in made["visits"].items() if made["usage"] == usage else ():
            visit = visits.get(visit_id)
            if visit is not None and visit_text.digest(visit) == digest:
                found[visit_id] = found.get(visit_id, frozenset()) | frozenset(made["codes"])
    return found
