"""Finished claims that no visit is drafted for now: corrected ones, and those to a second payer.

They leave as those of ``bill`` do: numbers, bytes and what the ledger keeps are committed together,
then the file is written; the guide judges every claim before a byte leaves; a run that was
interrupted is finished by the next one with the same bytes.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import select

from claimline import __version__
from claimline.services import bill_file, claim_place, outbox, payer_facts
from claimline.services.bill_values import MadeFile, new_serial
from edi.claim import Claim
from edi.problem import Problem
from mapping.draft import ClaimDraft
from mapping.numbers import line_control_number, patient_control_number
from mapping.practice import Exchange, Practice
from reconcile.ledger import Ledger, Run, SentFile, SentRecord, Usage, bulk
from reconcile.ledger.tables import sent_claim
from reconcile.values import SentClaim, SentLine

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from edi.x837p import Placed
    from reconcile.ledger import Writer

NEXT: Final = "(next)"  # in place of a number that is not taken
_json: Final = json.JSONEncoder(ensure_ascii=False)


@frozen(kw_only=True)
class PatientRow:
    """Who a claim is for, as the ledger keeps it: the opaque key, and what staff search by."""

    key: str = field(repr=False)
    id: str = field(default="", repr=False)  # the practice's own
    name: str = field(default="", repr=False)  # "Last, First"
    birth: str = field(default="", repr=False)  # CCYY-MM-DD


@frozen(kw_only=True)
class Outgoing:
    """A claim to be sent, and what the ledger is to keep of it.

    ``claim`` has no control number: it is given one, and its lines theirs. A void alone keeps the
    number of the claim it voids (RFI 1799). ``family`` is the CLM01 of the original, ``known`` the
    claims of the family that were looked at: where another came between, nothing is sent.
    """

    claim: Claim = field(repr=False)
    family: str
    known: tuple[tuple[str, str], ...]  # (CLM01, CLM05-3)
    payer: str  # key in the practice file
    receiver: str  # key in the practice file
    entity: str  # key in the practice file
    patient: PatientRow
    discipline: str
    date: dt.date = field(repr=False)
    visits: tuple[tuple[str, str], ...] = field(repr=False)  # (visit id, digest)
    decisions: dict[str, Any] = field(repr=False)  # as ``bill_file.decisions`` makes them
    draft: ClaimDraft | None = field(default=None, repr=False)  # where it was drafted for this


@frozen(kw_only=True)
class OutgoingRequest:
    """Where the files go, and who asks when. ``now`` has a time zone."""

    command: str  # as the run is recorded
    out: Path
    usage: Usage
    dry_run: bool = False
    profiles: Mapping[str, str] = field(factory=dict)  # receiver's key: who delivers its files
    now: dt.datetime
    user: str = ""
    first_serial: int = field(factory=lambda: new_serial())  # noqa: PLW0108 - found when called


@frozen(kw_only=True)
class Gone:
    """A claim that was sent (or would be, in a dry run: then its number is ``(next)``)."""

    control: str
    outgoing: Outgoing
    charge: Decimal
    file: str


@frozen(kw_only=True)
class OutgoingResult:
    """What became of each claim: it is in one of claims, refused, overtaken."""

    files: tuple[MadeFile, ...] = ()
    claims: tuple[Gone, ...] = ()
    refused: tuple[tuple[Outgoing, tuple[Problem, ...]], ...] = ()  # by the writer or the guide
    overtaken: tuple[Outgoing, ...] = ()  # another run sent a claim of the family meanwhile


Note = Callable[["Writer", Sequence[Gone]], None]  # records more in the same transaction


class _UndoneError(Exception):
    """Undoes the transaction of a file of which every claim was refused: no number is used."""


def send(
    outgoings: Iterable[Outgoing],
    practice: Practice,
    ledger: Ledger,
    request: OutgoingRequest,
    *,
    note: Note | None = None,
) -> OutgoingResult:
    """Number, record and write the claims: one file for each receiver. Safe to run twice.

    Args:
        outgoings: the claims.
        practice: whose receivers and payers they name.
        ledger: where they are recorded.
        request: where to and by whom; a dry run takes no number, records and writes nothing.
        note: called in the transaction of each file with the claims that go.

    Raises:
        WrongUsageError: a receiver has no ids for test or production.
        CommandError: the outbox cannot be written; what is recorded stays recorded.
    """
    sender = _Sender(practice, ledger, request, note)
    if not request.dry_run:
        outbox.write_unwritten(ledger, sender.run, request.out)
    ordered = sorted(outgoings, key=lambda one: one.receiver)
    for receiver, some in groupby(ordered, key=lambda one: one.receiver):
        sender.file(receiver, list(some))
    if not request.dry_run:
        outbox.write_unwritten(ledger, sender.run, request.out)
    return OutgoingResult(
        files=tuple(sender.files),
        claims=tuple(sender.gone),
        refused=tuple(sender.refused),
        overtaken=tuple(sender.overtaken),
    )


def family_of(connection: "Connection", family: str, usage: Usage) -> tuple[tuple[str, str], ...]:
    """The claims of a family as (CLM01, CLM05-3), in the order of sending: ``Outgoing.known``."""
    c = sent_claim.c
    rows = connection.execute(
        select(c.control, c.frequency).where(c.family == family, c.usage == usage).order_by(c.id)
    )
    return tuple((row.control, row.frequency) for row in rows)


def _placed(
    connection: "Connection", gone: Sequence[tuple[Gone, SentRecord]], usage: Usage
) -> list[SentRecord]:
    """The records; one made without a draft has the location of the claim it comes from."""
    c = sent_claim.c
    families = sorted({one.outgoing.family for one, record in gone if not record.location})
    known: dict[str, str] = {}
    for batch in bulk.batches(families):
        where = c.family.in_(batch) & (c.usage == usage) & (c.location != "")
        query = select(c.family, c.location).where(where).order_by(c.id)
        known |= {row.family: row.location for row in connection.execute(query)}
    return [
        record if record.location else evolve(record, location=known.get(one.outgoing.family, ""))
        for one, record in gone
    ]


class _Sender:
    """One run: what it is asked, and what it has done so far."""

    def __init__(
        self, practice: Practice, ledger: Ledger, request: OutgoingRequest, note: Note | None
    ) -> None:
        self.run = Run(
            command=request.command, version=__version__, started=request.now, user=request.user
        )
        self.files: list[MadeFile] = []
        self.gone: list[Gone] = []
        self.refused: list[tuple[Outgoing, tuple[Problem, ...]]] = []
        self.overtaken: list[Outgoing] = []
        self._practice = practice
        self._ledger = ledger
        self._request = request
        self._note = note

    def file(self, receiver: str, outgoings: list[Outgoing]) -> None:
        """One file, recorded; nothing is, where every claim is refused or overtaken."""
        if self._request.dry_run:
            numbers = self._peek(receiver)
            made = self._make(receiver, outgoings, numbers)
            self._keep(receiver, numbers, [evolve(one, control=NEXT) for one, _ in made[1]])
            return
        try:
            with self._ledger.begin(self.run) as writer:
                self._recorded(writer, receiver, outgoings)
        except _UndoneError:
            return

    def _recorded(self, writer: "Writer", receiver: str, outgoings: list[Outgoing]) -> None:
        """Number and record a file in the open transaction.

        Raises:
            _UndoneError: where no claim goes.
        """
        usage = self._request.usage
        left: list[Outgoing] = []
        for one in outgoings:
            is_same = family_of(writer.connection, one.family, usage) == one.known
            (left if is_same else self.overtaken).append(one)
        if not left:
            raise _UndoneError
        numbers = self._reserve(writer, receiver, sum(not one.claim.control for one in left))
        data, gone = self._make(receiver, left, numbers)
        if not gone:
            raise _UndoneError
        keys = {one.outgoing.payer for one, _ in gone}
        payer_facts.remember(writer, self._practice, keys, self._request.now.date())
        ids = self._ids(receiver)
        file = SentFile(
            data=data,
            name=bill_file.file_name(self._practice.receivers[receiver], usage, numbers.control),
            interchange_control=numbers.control,
            usage=usage,
            sender=ids.sender,
            receiver=ids.receiver,
            profile=bill_file.profile_of(receiver, ids, self._request.profiles),
        )
        writer.record_sent(file, _placed(writer.connection, gone, usage))
        if self._note is not None:
            self._note(writer, [one for one, _ in gone])
        self._keep(receiver, numbers, [one for one, _ in gone])

    def _make(
        self, receiver: str, outgoings: Sequence[Outgoing], numbers: bill_file.Numbers
    ) -> tuple[bytes, list[tuple[Gone, SentRecord]]]:
        """The bytes, and the claims that are in them with what the ledger keeps."""
        to = self._practice.receivers[receiver]
        request = self._request
        context = bill_file.Context(usage=request.usage, now=request.now, out=str(request.out))
        numbered = list(self._numbered(outgoings, numbers.first))
        claims = [claim for claim, _ in numbered]
        written = bill_file.write(
            claims, self._practice, to, control=numbers.control, context=context
        )
        by_control = {claim.control: outgoing for claim, outgoing in numbered}
        self.refused += [(by_control[held.control], held.problems) for held in written.held]
        places = {placed.control: placed for placed in written.index}
        path = str(request.out / bill_file.file_name(to, request.usage, numbers.control))
        return written.data, [
            (
                Gone(control=claim.control, outgoing=one, charge=claim.charge, file=path),
                self._record(claim, one, places[claim.control]),
            )
            for claim, one in numbered
            if claim.control in places
        ]

    def _numbered(
        self, outgoings: Iterable[Outgoing], first: int
    ) -> Iterator[tuple[Claim, Outgoing]]:
        """The claims with their numbers; one that has its own keeps it."""
        serial = first
        tag = bill_file.TAGS[self._request.usage]
        for one in outgoings:
            if one.claim.control:
                yield one.claim, one
                continue
            length = self._practice.claim_number_length
            yield numbered(one.claim, patient_control_number(serial, tag=tag, length=length)), one
            serial += 1

    def _record(self, claim: Claim, one: Outgoing, placed: "Placed") -> SentRecord:
        """All the ledger keeps of a claim."""
        return SentRecord(
            claim=_sent_claim(claim, one, self._practice),
            transaction=placed.transaction,
            position=placed.segment,
            visits=one.visits,
            discipline=one.discipline,
            payer_name=claim.payer.name,
            patient_id=one.patient.id,
            patient_name=one.patient.name,
            patient_birth=one.patient.birth,
            decisions=_json.encode(one.decisions),
            rendering_npi=claim_place.rendering_npi(claim),
            location=one.draft.location if one.draft is not None else "",
        )

    def _keep(self, receiver: str, numbers: bill_file.Numbers, gone: Sequence[Gone]) -> None:
        """Remember what a file holds, for the answer."""
        if not gone:
            return
        self.gone += gone
        self.files.append(
            MadeFile(
                file=gone[0].file,
                receiver=receiver,
                control=numbers.control,
                usage=self._request.usage,
                claims=len(gone),
                lines=sum(len(one.outgoing.claim.lines) for one in gone),
                charge=sum((one.charge for one in gone), start=Decimal("0.00")),
            )
        )

    def _ids(self, receiver: str) -> Exchange:
        return bill_file.exchange_of(self._practice.receivers[receiver], self._request.usage)

    def _peek(self, receiver: str) -> bill_file.Numbers:
        """The numbers that would be given now; none is taken."""
        ids, usage = self._ids(receiver), self._request.usage
        next_number = self._ledger.next_number
        return bill_file.Numbers(
            control=next_number(
                "interchange",
                sender=ids.sender,
                receiver=ids.receiver,
                usage=usage,
                start=ids.first_interchange_control,
            ),
            first=next_number("claim", usage=usage, start=self._request.first_serial),
        )

    def _reserve(self, writer: "Writer", receiver: str, count: int) -> bill_file.Numbers:
        ids, usage = self._ids(receiver), self._request.usage
        start = self._request.first_serial
        first = writer.reserve("claim", usage=usage, count=count, start=start) if count else 0
        control = writer.reserve(
            "interchange",
            sender=ids.sender,
            receiver=ids.receiver,
            usage=usage,
            start=ids.first_interchange_control,
        )
        return bill_file.Numbers(control=control, first=first)


def numbered(claim: Claim, control: str) -> Claim:
    """The claim with its patient control number, and each line with its line control number."""
    lines = (evolve(x, control=line_control_number(x.number, control)) for x in claim.lines)
    return evolve(claim, control=control, lines=tuple(lines))


def _sent_claim(claim: Claim, one: Outgoing, practice: Practice) -> SentClaim:
    """The claim in the words of ``reconcile``."""
    return bill_file.as_sent(
        claim,
        family=one.family,
        payer=one.payer,
        patient=one.patient.key,
        npi=practice.entities[one.entity].npi,
        day=one.date,
        lines=tuple(_sent_lines(claim, one)),
    )


def _sent_lines(claim: Claim, one: Outgoing) -> Iterator[SentLine]:
    """The lines; what is known of them beyond the claim comes from the draft or the decisions."""
    if one.draft is not None:
        yield from bill_file.sent_lines(bill_file.Ready(draft=one.draft, claim=claim))
        return
    known = {line["number"]: line for line in one.decisions.get("lines", ())}
    for line in claim.lines:
        evidence = tuple(known.get(line.number, {}).get("evidence", ()))
        yield bill_file.sent_line(line, one.date, evidence)
