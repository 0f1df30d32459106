"""The claims to the next payers, made of the claims as they were sent and what was decided."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from claimline.errors import WrongUsageError
from claimline.services.outgoing import Outgoing, PatientRow, family_of
from claimline.services.secondary_standing import Standing, told_of
from claimline.services.sent_claims import load_all
from edi.claim import Claim, Reference
from mapping.practice import Practice
from mapping.secondary import Holder, Prior, next_claim
from reconcile.decided import Decided
from reconcile.ledger import Ledger, Usage
from reconcile.next_again import Again

Content = dict[str, Any]


def outgoings(
    ledger: Ledger, practice: Practice, going: Sequence[Standing], usage: Usage
) -> Iterator[Outgoing]:
    """The claims of the standings that go, each with what the ledger keeps of it.

    Raises:
        WrongUsageError: the practice file lacks a billing provider.
        CommandError: a file of claims does not hold a claim any more.
    """
    claims = load_all(ledger, [one.source for one in going])
    with ledger.reading() as connection:
        for one in going:
            known = family_of(connection, one.source.claim.family, usage)
            yield _outgoing(one, claims[one.source.claim.control], practice, known)


def _outgoing(
    one: Standing, sent: Claim, practice: Practice, known: tuple[tuple[str, str], ...]
) -> Outgoing:
    source, turn = one.source, one.turn
    holders = [
        Holder(payer=practice.payers[coverage.payer], coverage=coverage)
        for coverage in one.kept.coverages[: one.place + 1]
    ]
    payer = holders[-1].payer
    made = next_claim(
        sent,
        [_prior(given) for given in turn.decided],
        holders,
        policy=practice.policy(payer.key, source.claim.date),
        discipline=source.discipline,
    )
    return Outgoing(
        claim=_marked(made, one.again),
        family=source.claim.family,
        known=known,
        payer=payer.key,
        receiver=practice.receiver_of(payer).key,
        entity=_entity(practice, source.claim.billing_npi),
        patient=PatientRow(
            key=source.claim.patient,
            id=source.patient_id,
            name=source.patient_name,
            birth=source.patient_birth,
        ),
        discipline=source.discipline,
        date=source.claim.date,
        visits=(),  # they stay billed in the first claim
        decisions=_decisions(one),
    )


def _marked(claim: Claim, again: Again) -> Claim:
    """The claim with its frequency, and the number of what it replaces at this payer."""
    own = (Reference(qualifier="F8", value=again.number),) if again.number else ()
    return evolve(claim, frequency=again.frequency, references=(*claim.references, *own))


def _prior(given: Decided) -> Prior:
    return Prior(
        paid=given.paid,
        number=given.number,
        remarks=given.remarks,
        adjustments=given.adjustments,
        patient_owes=given.claim_patient,
        date=given.date,
        lines=given.lines,
    )


def _entity(practice: Practice, npi: str) -> str:
    """The billing provider of that NPI.

    Raises:
        WrongUsageError: the practice file has none.
    """
    found = next((key for key, one in practice.entities.items() if one.npi == npi), None)
    if found is None:
        raise WrongUsageError(
            f"the practice file has no billing provider with NPI {npi}",
            todo="give the practice file that billed the first claim",
        )
    return found


def _decisions(one: Standing) -> Content:
    """Why the claim is what it is; the lines' own reasons are those of the first claim."""
    turn, source = one.turn, one.source
    first = json.loads(source.decisions)
    return {
        "because": [
            f"claim to the next payer, after claim {source.claim.control}: {turn.why}",
            *told_of(turn),
        ],
        "versions": [],
        "warnings": list(turn.warnings),
        "other_coverages": [],
        "lines": first.get("lines", []),
    }
