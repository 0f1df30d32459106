"""Visits that do not go: kept with reasons and content, released or overridden by a person."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from attrs import field, frozen

from claimline.services import visit_text
from claimline.services.bill_values import HeldVisits, held_id
from mapping.draft import Held
from mapping.visit import Visit
from reconcile.ledger import HeldRecord, Ledger, Usage

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
        reasons=tuple((problem.code, problem.message) for problem in held.problems),
        visits=marks,
        payer=held.payer,
        patient_name=f"{patient.last_name}, {patient.first_name}",
        discipline=held.discipline,
        date=held.date,
        charge=held.charge or NOTHING,
        detail=visit_text.to_text(known),
    )


@frozen(kw_only=True)
class Waiting:
    """Visits a person released or overrode: they are billed with the next run."""

    visits: tuple[Visit, ...] = field(repr=False)
    overridden: Mapping[str, frozenset[str]]  # visit id: codes of the reasons set aside
    digests: Mapping[str, str]  # of the content the decision was made on

    def waived(self, fresh: Mapping[str, Visit]) -> dict[str, frozenset[str]]:
        """The overridden reasons of visits whose content is still what was decided on."""
        return {
            visit_id: codes
            for visit_id, codes in self.overridden.items()
            if visit_id in fresh and visit_text.digest(fresh[visit_id]) == self.digests[visit_id]
        }


def waiting(ledger: Ledger, usage: Usage) -> Waiting:
    """The held claims with a decision, as visits."""
    found = ledger.held_claims(usage=usage, states=("released", "overridden"))
    visits: list[Visit] = []
    overridden: dict[str, frozenset[str]] = {}
    digests: dict[str, str] = {}
    for held in found:
        marks = dict(held.visits)
        for visit in visit_text.from_text(held.detail):
            visits.append(visit)
            digests[visit.visit_id] = marks[visit.visit_id]
            if held.state == "overridden":
                overridden[visit.visit_id] = frozenset(code for code, _ in held.reasons)
    return Waiting(visits=tuple(visits), overridden=overridden, digests=digests)
