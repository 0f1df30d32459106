"""One file of claims: its numbered claims, its bytes, and what the ledger is to keep of them."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline import settings
from claimline.errors import WrongUsageError
from claimline.services import claim_place, explain_claim, visit_text
from claimline.services.bill_values import BilledClaim, HeldVisits, held_id
from edi.claim import Claim, Contact, Party, ServiceLine, Submission
from edi.problem import Problem
from edi.writing import Envelope
from edi.x837p import Placed, Written, write_837p
from mapping.claims import finish
from mapping.draft import ClaimDraft
from mapping.expected import Expected
from mapping.numbers import patient_control_number
from mapping.practice import Exchange, Practice, Receiver
from mapping.visit import Visit
from reconcile.ledger import SentRecord, Usage
from reconcile.ledger.treated import AUTHORIZED
from reconcile.values import SentClaim, SentLine

TAGS: Final = {"P": "CP", "T": "CT"}  # first letters of our patient control numbers
# Elements of the claim that hold what the visit gave, by the names of docs/visits.md.
FIELDS: Final = {
    "NM103": "{who}_last_name",
    "NM104": "{who}_first_name",
    "NM105": "{who}_middle_name",
    "NM107": "{who}_suffix",
    "NM109": "member_id",
    "N301": "{who}_line1",
    "N302": "{who}_line2",
    "N401": "{who}_city",
    "N402": "{who}_state",
    "N403": "{who}_zip",
    "SBR03": "group_number",
    "SBR04": "group_name",
    "NTE02": "note",
}
_json: Final = json.JSONEncoder(ensure_ascii=False)


@frozen(kw_only=True)
class Ready:
    """A draft with its number."""

    draft: ClaimDraft
    claim: Claim = field(repr=False)


@frozen(kw_only=True)
class Numbers:
    """The control numbers of a file: its interchange, and the first of its claims."""

    control: int
    first: int


@frozen(kw_only=True)
class Context:
    """What all files of a run share.

    Raises:
        WrongUsageError: production, while the clock is set by hand.
    """

    usage: Usage
    now: dt.datetime
    out: str  # folder of the files
    tables: str = ""  # file of imported reference tables; empty: the shipped ones serve
    explain: bool = False  # every decision of each claim is told
    only_checked: bool = False  # nothing is sent

    def __attrs_post_init__(self) -> None:
        if self.usage == "P" and not self.only_checked and settings.clock_stands():
            raise WrongUsageError(
                f"{settings.NOW_VARIABLE} sets the clock: only test files can be made with it",
                todo=f"unset {settings.NOW_VARIABLE}, or leave --production out",
            )


@frozen(kw_only=True)
class Made:
    """A file as it will stand in the outbox, its claims, and those the writer refused.

    Without ``data`` every claim was refused: no number is used.
    """

    name: str
    data: bytes = field(repr=False)
    records: tuple[SentRecord, ...] = field(repr=False)
    claims: tuple[BilledClaim, ...] = field(repr=False)
    refused: tuple[HeldVisits, ...]


def exchange_of(receiver: Receiver, usage: Usage) -> Exchange:
    """The envelope's ids for test or production.

    Raises:
        WrongUsageError: the practice file has none for that.
    """
    found = receiver.production if usage == "P" else receiver.test
    if found is None:
        word = "production" if usage == "P" else "test"
        raise WrongUsageError(
            f"receiver {receiver.key} has no {word} ids",
            todo=f"add [receivers.{receiver.key}.{word}] with sender and receiver",
        )
    return found


def profile_of(receiver: str, ids: Exchange, profiles: Mapping[str, str]) -> str:
    """By which profile the receiver's files are delivered; empty: a person sends them.

    Args:
        receiver: its key.
        ids: its envelope ids for the book, which may name a profile.
        profiles: those that the night serves receivers by, by the receiver's key.
    """
    return profiles.get(receiver, ids.profile)


def with_stand_ins(practice: Practice, usage: Usage) -> Practice:
    """The practice with ids for receivers that have none: claims are looked at, not sent."""
    ids = Exchange(sender="NOT SENT", receiver="NOT SENT")
    receivers = {
        key: evolve(one, production=one.production or ids)
        if usage == "P"
        else evolve(one, test=one.test or ids)
        for key, one in practice.receivers.items()
    }
    return evolve(practice, receivers=receivers)


def make(
    drafts: Sequence[ClaimDraft],
    practice: Practice,
    numbers: Numbers,
    context: Context,
    visits: Mapping[str, Visit],
) -> Made:
    """Number and write the claims of one file; all drafts have one receiver."""
    receiver = practice.receivers[drafts[0].receiver]
    ready = number(drafts, numbers.first, context.usage, practice.claim_number_length)
    claims = [one.claim for one in ready]
    written = write(claims, practice, receiver, control=numbers.control, context=context)
    name = file_name(receiver, context.usage, numbers.control)
    places = {placed.control: placed for placed in written.index}
    sent = [one for one in ready if one.claim.control in places]
    path = str(Path(context.out) / name)
    return Made(
        name=name,
        data=written.data,
        records=tuple(_record(one, practice, places[one.claim.control], visits) for one in sent),
        claims=tuple(_told(sent, practice, written.data, path, explain=context.explain)),
        refused=_refused(ready, written),
    )


def file_name(receiver: Receiver, usage: Usage, control: int) -> str:
    """The name of a file in the outbox: to whom, test or production, ISA13."""
    return f"{receiver.key}-{usage}-{control:09d}.837"


def write(
    claims: Sequence[Claim],
    practice: Practice,
    receiver: Receiver,
    *,
    control: int,
    context: Context,
) -> Written:
    """Numbered claims as one interchange with ISA13 ``control``; what the guide refuses is held."""
    ids = exchange_of(receiver, context.usage)
    envelope = _envelope(receiver, ids, context, control)
    return write_837p(envelope, _submissions(claims, practice, receiver, control, context.now))


def number(
    drafts: Sequence[ClaimDraft], first: int, usage: Usage, length: int
) -> tuple[Ready, ...]:
    """Give each draft its patient control number, from the ``first`` serial on."""
    tag = TAGS[usage]
    return tuple(
        Ready(draft=d, claim=finish(d, patient_control_number(serial, tag=tag, length=length)))
        for serial, d in enumerate(drafts, first)
    )


def _envelope(receiver: Receiver, ids: Exchange, context: Context, control: int) -> Envelope:
    return Envelope(
        sender_qualifier=ids.sender_qualifier,
        sender_id=ids.sender,
        receiver_qualifier=ids.receiver_qualifier,
        receiver_id=ids.receiver,
        group_sender=ids.group_sender or ids.sender,
        group_receiver=ids.group_receiver or ids.receiver,
        created=context.now,
        control=control,
        group_control=control,
        usage=context.usage,
        newline=receiver.newline,
    )


def _submissions(
    claims: Sequence[Claim], practice: Practice, receiver: Receiver, control: int, now: dt.datetime
) -> Iterator[Submission]:
    """The claims in transactions of the receiver's size."""
    size = receiver.claims_per_transaction
    submitter = practice.submitter
    sender = Party(
        role="41",
        is_person=False,
        name=submitter.name,
        id_qualifier="46",
        id=submitter.id,
        contacts=(_contact(practice),),
    )
    taker = Party(role="40", is_person=False, name=receiver.name, id_qualifier="46", id=receiver.id)
    for position in range(0, len(claims), size):
        yield Submission(
            reference=f"{control:09d}{position // size + 1:04d}",
            created=now,
            submitter=sender,
            receiver=taker,
            claims=tuple(claims[position : position + size]),
        )


def _contact(practice: Practice) -> Contact:
    contact = practice.submitter.contact
    ways = (("TE", contact.phone), ("EM", contact.email))
    return Contact(name=contact.name, numbers=tuple(way for way in ways if way[1]))


def _refused(ready: Sequence[Ready], written: Written) -> tuple[HeldVisits, ...]:
    by_control = {one.claim.control: one for one in ready}
    return tuple(_held(by_control[held.control], held.problems) for held in written.held)


def _held(ready: Ready, problems: tuple[Problem, ...]) -> HeldVisits:
    """What the writer or the guide refused: the claim's number is not used again."""
    draft = ready.draft
    return HeldVisits(
        id=held_id(draft.visit_ids),
        visits=draft.visit_ids,
        payer=draft.payer,
        discipline=draft.discipline,
        date=draft.date,
        charge=ready.claim.charge,
        problems=tuple(_in_words(problem, ready.claim) for problem in problems),
    )


def _in_words(problem: Problem, claim: Claim) -> Problem:
    """A problem of the written claim, with the visit's field that may be at fault."""
    field_name = FIELDS.get(problem.where.element)
    if field_name is None or problem.where.loop not in {"", "2010BA", "2010CA", "2000B", "2300"}:
        return problem
    named = field_name.format(who="patient")
    if claim.patient is not None and "{who}" in field_name and problem.where.loop != "2010CA":
        named = field_name.format(who="subscriber")
        if not problem.where.loop:
            named += " or " + field_name.format(who="patient")
    return evolve(problem, message=f"{problem.message} (look at {named} of the visit)")


def _told(
    sent: Sequence[Ready], practice: Practice, data: bytes, path: str, *, explain: bool
) -> Iterator[BilledClaim]:
    """The claims as a person sees them; with every decision where that is asked for."""
    segments = explain_claim.service_segments(data) if explain else {}
    for one in sent:
        told = None
        if explain:
            told = explain_claim.of_draft(one.draft, practice, segments[one.claim.control])
        yield _billed(one, path, told)


def _billed(one: Ready, path: str, explained: dict[str, Any] | None = None) -> BilledClaim:
    draft, claim = one.draft, one.claim
    shown: list[dict[str, object]] = [
        {
            "line": line.control,
            "code": line.procedure.code,
            "modifiers": list(line.procedure.modifiers),
            "units": format(line.units.normalize(), "f"),
            "charge": str(line.charge),
            "because": list(decision.because),
            "evidence": list(decision.evidence),
        }
        for line, decision in zip(claim.lines, draft.decisions, strict=True)
    ]
    return BilledClaim(
        claim=claim.control,
        visits=draft.visit_ids,
        payer=draft.payer,
        discipline=draft.discipline,
        date=draft.date,
        charge=claim.charge,
        lines=tuple(shown),
        because=draft.because,
        warnings=draft.warnings,
        file=path,
        explained=explained,
    )


def _record(
    one: Ready, practice: Practice, placed: Placed, visits: Mapping[str, Visit]
) -> SentRecord:
    """All the ledger keeps of a claim we send."""
    claim, draft = one.claim, one.draft
    patient = visits[draft.visit_ids[0]].patient
    return SentRecord(
        claim=sent_claim(one, practice),
        transaction=placed.transaction,
        position=placed.segment,
        visits=tuple((key, visit_text.digest(visits[key])) for key in draft.visit_ids),
        discipline=draft.discipline,
        payer_name=claim.payer.name,
        patient_id=patient.id,
        patient_name=f"{patient.last_name}, {patient.first_name}",
        patient_birth=patient.birth_date.isoformat(),
        decisions=_json.encode(decisions(draft)),
        rendering_npi=claim_place.rendering_npi(claim),
        location=draft.location,
    )


def sent_claim(one: Ready, practice: Practice) -> SentClaim:
    """The claim of visits in the words of ``reconcile``."""
    draft = one.draft
    return as_sent(
        one.claim,
        family=one.claim.control,
        payer=draft.payer,
        patient=draft.patient,
        npi=practice.entities[draft.entity].npi,
        day=draft.date,
        lines=tuple(sent_lines(one)),
    )


def as_sent(
    claim: Claim,
    *,
    family: str,
    payer: str,
    patient: str,
    npi: str,
    day: dt.date,
    lines: tuple[SentLine, ...],
) -> SentClaim:
    """A numbered claim in the words of ``reconcile``; ``day`` where its lines have none."""
    days = [line.date for line in claim.lines if line.date]
    return SentClaim(
        control=claim.control,
        family=family,
        frequency=claim.frequency,
        payer=payer,
        payer_id=claim.payer.id,
        payer_rank=claim.subscriber.payer_rank,
        member_id=claim.subscriber.party.id,
        patient=patient,
        billing_npi=npi,
        charge=claim.charge,
        date=min(days, default=day),
        until=max(days, default=day),
        collected=claim.amount_paid_by_patient or Decimal("0.00"),
        references=claim.references,
        lines=lines,
    )


def sent_lines(one: Ready) -> Iterator[SentLine]:
    """The lines of a numbered draft in the words of ``reconcile``."""
    decided = {decision.number: decision for decision in one.draft.decisions}
    for line in one.claim.lines:
        decision = decided[line.number]
        yield sent_line(line, one.draft.date, decision.evidence, decision.expected)


def sent_line(
    line: ServiceLine, day: dt.date, evidence: tuple[str, ...], expected: Expected | None = None
) -> SentLine:
    """A line in the words of ``reconcile``; ``day`` where it has none of its own."""
    day = line.date or day
    return SentLine(
        control=line.control,
        number=line.number,
        code=line.procedure.code,
        modifiers=line.procedure.modifiers,
        charge=line.charge,
        units=line.units,
        date=day,
        until=line.until or day,
        evidence=evidence,
        expected=expected.paid if expected is not None else None,
        expected_allowed=expected.allowed if expected is not None else None,
        terms=expected.text if expected is not None else "",
    )


def decisions(draft: ClaimDraft) -> dict[str, Any]:
    """Why the claim is what it is, as plain values: kept with it, shown by ``trace``."""
    later: dict[str, Any] = {"qmb": True} if draft.qmb else {}
    if draft.other_coverages:  # whole: the claims to these payers are made from them
        later["coverages"] = visit_text.coverages_data(draft.other_coverages)
    if draft.authorized:  # what later visits have left is worked out from it
        later[AUTHORIZED] = [
            [kind, number, use.visits_used, use.units_used, use.units]
            for (_, _, kind, number), use in draft.authorized
        ]
    return later | {
        "because": list(draft.because),
        "versions": list(draft.versions),
        "warnings": [problem.message for problem in draft.warnings],
        "other_coverages": [coverage.payer for coverage in draft.other_coverages],
        "lines": [
            {
                "number": line.number,
                "code": line.code,
                "modifiers": list(line.modifiers),
                "therapist_minutes": line.therapist_minutes,
                "assistant_minutes": line.assistant_minutes,
                "units": line.units,
                "charge": str(line.charge),
                "because": list(line.because),
                "evidence": list(line.evidence),
            }
            for line in draft.decisions
        ],
    }
