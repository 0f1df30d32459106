"""The corrected visits drafted anew, as if the claim that is corrected had never been sent."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from claimline.errors import WrongUsageError
from claimline.render.words import listed
from claimline.services import bill_file, bill_hold, bill_treated, thresholds
from claimline.services.bill_history import before
from claimline.services.correct_find import Corrected, Target
from claimline.services.outgoing import Outgoing, PatientRow
from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_REPLACEMENT, FREQUENCY_VOID, Claim, Reference
from mapping.claims import draft as draft_claims
from mapping.draft import ClaimDraft, Held, History
from mapping.one_on_one import shared_times
from mapping.practice import Practice
from mapping.reference import ReferenceTables
from mapping.visit import Visit
from reconcile.correction import Choice
from reconcile.ledger import Ledger

FREQUENCIES = {
    "replacement": FREQUENCY_REPLACEMENT,
    "void": FREQUENCY_VOID,
    "new": FREQUENCY_ORIGINAL,
}
PAYER_CLAIM = "F8"  # REF01 of the payer's claim control number


@frozen(kw_only=True)
class Drafting:
    """What a draft depends on beside the visits."""

    ledger: Ledger
    practice: Practice
    reference: ReferenceTables = field(repr=False)
    now: dt.datetime


def drafted(work: Drafting, given: Corrected, found: Target) -> ClaimDraft | tuple[Held, ...]:
    """The one claim of the corrected visits, or why they are held.

    Raises:
        WrongUsageError: they make more than one claim.
    """
    by_id = {visit.visit_id: visit for visit in given.visits}
    result = draft_claims(
        given.visits,
        work.practice,
        _history(work, given.visits, found),
        waived=bill_hold.waived(work.ledger, found.usage, by_id),
        today=work.now.astimezone(ZoneInfo(work.practice.time_zone)).date(),
        reference=work.reference,
    )
    if result.held:
        return result.held
    if len(result.drafts) > 1:
        claims = listed([f"{one.date} {one.discipline}" for one in result.drafts])
        raise WrongUsageError(
            f"the corrected visits make {len(result.drafts)} claims: {claims}",
            todo="give the visits of one claim only",
        )
    return result.drafts[0]


def _history(work: Drafting, visits: Sequence[Visit], found: Target) -> History:
    """What was billed for these patients' days, without the claims of the family."""
    family = {one.sent.claim.control for one in found.family}
    known = before(work.ledger, work.practice, visits, found.usage, without=family)
    totals, left = thresholds.running(
        work.ledger, work.practice, visits, found.usage, without=family
    )
    treated = bill_treated.before(work.ledger, visits, found.usage, without=family)
    own = treated.of(visits)
    return History(  # no late visit of a billed day is asked about: the claim was sent already
        lines=known.lines,
        totals=totals,
        deductibles=left,
        shared=shared_times(visits),
        authorized=own.authorized,
        days=own.days,
    )


def outgoing(
    draft: ClaimDraft,
    given: Corrected,
    found: Target,
    choice: Choice,
    *,
    known: tuple[tuple[str, str], ...],
) -> Outgoing:
    """The corrected claim, ready to be numbered and sent."""
    sent_as = found.story.sent
    marks = given.marks
    patient = next(v for v in given.visits if v.visit_id == draft.visit_ids[0]).patient
    told = bill_file.decisions(draft)
    words = f"corrects claim {sent_as.claim.control}: {choice.road}, {choice.because}"
    return Outgoing(
        claim=_marked(draft.claim, choice),
        family=sent_as.claim.family,
        known=known,
        payer=draft.payer,
        receiver=draft.receiver,
        entity=draft.entity,
        patient=PatientRow(
            key=draft.patient,
            id=patient.id,
            name=f"{patient.last_name}, {patient.first_name}",
            birth=patient.birth_date.isoformat(),
        ),
        discipline=draft.discipline,
        date=draft.date,
        visits=tuple((visit, marks[visit]) for visit in draft.visit_ids),
        decisions=told | {"because": [words, *told["because"]]},
        draft=draft,
    )


def void(
    claim: Claim,
    practice: Practice,
    found: Target,
    choice: Choice,
    *,
    known: tuple[tuple[str, str], ...],
) -> Outgoing:
    """The claim as it was sent, taken back: frequency 8 under its own number (RFI 1799).

    Raises:
        WrongUsageError: the practice file does not know the claim's payer or billing provider.
    """
    record = found.story.sent
    own = record.claim
    payer = next((p for p in practice.payers.values() if own.payer_id == p.id), None)
    payer = practice.payers.get(own.payer) or payer
    entity = next((e.key for e in practice.entities.values() if e.npi == own.billing_npi), "")
    if payer is None or not entity:
        raise WrongUsageError(
            "the practice file does not know the payer or the billing provider of the claim",
            todo="add them to the practice file as the claim was sent",
        )
    words = f"corrects claim {own.control}: void, {choice.because}"
    return Outgoing(
        claim=_marked(claim, choice),
        family=own.family,
        known=known,
        payer=payer.key,
        receiver=practice.receiver_of(payer).key,
        entity=entity,
        patient=PatientRow(
            key=own.patient,
            id=record.patient_id,
            name=record.patient_name,
            birth=record.patient_birth,
        ),
        discipline=record.discipline,
        date=own.date,
        visits=(),
        decisions={"because": [words]},
    )


def _marked(claim: Claim, choice: Choice) -> Claim:
    """The claim with its frequency, and the payer's number where one is corrected."""
    assert choice.road is not None
    rest = tuple(one for one in claim.references if one.qualifier != PAYER_CLAIM)
    if choice.payer_claim:
        rest += (Reference(qualifier=PAYER_CLAIM, value=choice.payer_claim),)
    return evolve(claim, frequency=FREQUENCIES[choice.road], references=rest)
