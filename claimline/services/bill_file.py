"""One file of claims: numbers, bytes and rows in one transaction, before anything is written."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from claimline.errors import WrongUsageError
from claimline.services import payer_facts
from edi.claim import Claim, Contact, Party, Submission
from edi.writing import Envelope
from edi.x837p import HeldClaim, Written, write_837p
from mapping.claims import finish
from mapping.draft import ClaimDraft
from mapping.numbers import patient_control_number
from mapping.practice import Exchange, Practice, Receiver
from mapping.visit import Visit
from reconcile.ledger import SentFile, SentRecord, Usage
from reconcile.values import SentClaim, SentLine

if TYPE_CHECKING:
    from reconcile.ledger import Writer

TAGS: Final = {"P": "CP", "T": "CT"}  # first letters of our patient control numbers
_json: Final = json.JSONEncoder(ensure_ascii=False)


@frozen(kw_only=True)
class Ready:
    """A draft with its number."""

    draft: ClaimDraft
    claim: Claim = field(repr=False)


@frozen(kw_only=True)
class Made:
    """A file as it will stand in the outbox, its claims, and those the writer refused."""

    name: str
    control: int
    ready: tuple[Ready, ...]
    refused: tuple[tuple[Ready, HeldClaim], ...]


class NothingToSendError(Exception):
    """Every claim of the file was refused; the transaction is undone, no number is used."""

    def __init__(self, refused: tuple[tuple[Ready, HeldClaim], ...]) -> None:
        super().__init__("every claim was refused")
        self.refused = refused


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


def make(
    writer: "Writer",
    drafts: Sequence[ClaimDraft],
    practice: Practice,
    *,
    usage: Usage,
    now: dt.datetime,
    visits: Mapping[str, tuple[Visit, str]],
) -> Made:
    """Number, write and record the claims of one file; all drafts have one receiver.

    Raises:
        NothingToSendError: no claim was good enough to go.
    """
    receiver = practice.receivers[drafts[0].receiver]
    ids = exchange_of(receiver, usage)
    ready = number(writer, drafts, usage)
    payer_facts.remember(writer, practice, {one.payer for one in drafts}, now.date())
    who = {"sender": ids.sender, "receiver": ids.receiver, "usage": usage}
    control = writer.reserve("interchange", **who)  # type: ignore[arg-type]  # str and Usage
    envelope = _envelope(receiver, ids, usage, now, control)
    written = write_837p(envelope, _submissions(ready, practice, receiver, control, now))
    name = f"{receiver.key}-{usage}-{control:09d}.837"
    refused = _refused(ready, written)
    if not written.data:
        raise NothingToSendError(refused)
    places = {placed.control: placed for placed in written.index}
    sent = tuple(one for one in ready if one.claim.control in places)
    file = SentFile(data=written.data, name=name, interchange_control=control, **who)  # type: ignore[arg-type]  # str and Usage
    writer.record_sent(
        file, [_record(one, practice, places[one.claim.control], visits) for one in sent]
    )
    return Made(name=name, control=control, ready=sent, refused=refused)


def number(writer: "Writer", drafts: Sequence[ClaimDraft], usage: Usage) -> tuple[Ready, ...]:
    """Give each draft its patient control number, the next ones of the ledger."""
    first = writer.reserve("claim", usage=usage, count=len(drafts))
    return tuple(
        Ready(draft=d, claim=finish(d, patient_control_number(serial, tag=TAGS[usage])))
        for serial, d in enumerate(drafts, first)
    )


def _envelope(
    receiver: Receiver, ids: Exchange, usage: Usage, now: dt.datetime, control: int
) -> Envelope:
    return Envelope(
        sender_qualifier=ids.sender_qualifier,
        sender_id=ids.sender,
        receiver_qualifier=ids.receiver_qualifier,
        receiver_id=ids.receiver,
        group_sender=ids.group_sender or ids.sender,
        group_receiver=ids.group_receiver or ids.receiver,
        created=now,
        control=control,
        group_control=control,
        usage=usage,
        newline=receiver.newline,
    )


def _submissions(
    ready: Sequence[Ready], practice: Practice, receiver: Receiver, control: int, now: dt.datetime
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
    for position in range(0, len(ready), size):
        yield Submission(
            reference=f"{control:09d}{position // size + 1:04d}",
            created=now,
            submitter=sender,
            receiver=taker,
            claims=tuple(one.claim for one in ready[position : position + size]),
        )


def _contact(practice: Practice) -> Contact:
    contact = practice.submitter.contact
    ways = (("TE", contact.phone), ("EM", contact.email))
    return Contact(name=contact.name, numbers=tuple(way for way in ways if way[1]))


def _refused(ready: Sequence[Ready], written: Written) -> tuple[tuple[Ready, HeldClaim], ...]:
    by_control = {one.claim.control: one for one in ready}
    return tuple((by_control[held.control], held) for held in written.held)


def _record(
    one: Ready, practice: Practice, placed: Any, visits: Mapping[str, tuple[Visit, str]]
) -> SentRecord:
    """All the ledger keeps of a claim we send."""
    claim, draft = one.claim, one.draft
    patient = visits[draft.visit_ids[0]][0].patient
    return SentRecord(
        claim=sent_claim(one, practice),
        transaction=placed.transaction,
        position=placed.segment,
        visits=tuple((visit_id, visits[visit_id][1]) for visit_id in draft.visit_ids),
        discipline=draft.discipline,
        payer_name=claim.payer.name,
        patient_id=patient.id,
        patient_name=f"{patient.last_name}, {patient.first_name}",
        patient_birth=patient.birth_date.isoformat(),
        decisions=_json.encode(decisions(draft)),
    )


def sent_claim(one: Ready, practice: Practice) -> SentClaim:
    """The claim in the words of ``reconcile``."""
    claim, draft = one.claim, one.draft
    entity = practice.entities[draft.entity]
    days = [line.date for line in claim.lines if line.date]
    return SentClaim(
        control=claim.control,
        family=claim.control,
        frequency=claim.frequency,
        payer=draft.payer,
        payer_id=claim.payer.id,
        payer_rank=claim.subscriber.payer_rank,
        member_id=claim.subscriber.party.id,
        patient=draft.patient,
        billing_npi=entity.npi,
        charge=claim.charge,
        date=min(days, default=draft.date),
        until=max(days, default=draft.date),
        collected=claim.amount_paid_by_patient or Decimal("0.00"),
        references=claim.references,
        lines=tuple(_sent_lines(one)),
    )


def _sent_lines(one: Ready) -> Iterator[SentLine]:
    evidence = {decision.number: decision.evidence for decision in one.draft.decisions}
    for line in one.claim.lines:
        day = line.date or one.draft.date
        yield SentLine(
            control=line.control,
            number=line.number,
            code=line.procedure.code,
            modifiers=line.procedure.modifiers,
            charge=line.charge,
            units=line.units,
            date=day,
            until=line.until or day,
            evidence=evidence.get(line.number, ()),
        )


def decisions(draft: ClaimDraft) -> dict[str, Any]:
    """Why the claim is what it is, as plain values: kept with it, shown by ``trace``."""
    return {
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
