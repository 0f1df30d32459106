"""837P files made elsewhere, taken over as sent: the claims that remittances will answer."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from attrs import define, field

from claimline.render.words import shown_number
from claimline.services import claim_place
from claimline.services.collector import swept
from claimline.services.payer_facts import remember_families
from claimline.services.read import is_professional
from claimline.services.receive_values import AdoptedResult
from edi import envelope
from edi.claim import Claim, Party
from edi.envelope import Transaction
from edi.problem import Problem, declare
from edi.x837p import read_837p
from reconcile.ledger import (
    SentRecord,
    acknowledgements_again,
    adopted_transactions,
    bulk,
    received,
    settle,
)
from reconcile.values import ZERO, SentClaim, SentLine

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, StoredFile, Usage, Writer


declare(
    {
        "sent.unbalanced": (
            "The charge of a claim (CLM02) is not the sum of its lines (SV102), as it was sent.",
            "Correct it in the system it comes from; what is open is counted by the lines.",
        ),
    }
)


def adopt(
    ledger: "Ledger", run: "Run", stored: "StoredFile", name: str
) -> tuple[tuple[AdoptedResult, ...], list[Problem]]:
    """Take over the claims of a kept file; each 837P transaction whole or not at all."""
    problems: list[Problem] = []
    if stored.kind not in ("837P", "mixed"):
        return (), problems
    results: list[AdoptedResult] = []
    with ledger.begin(run) as writer:
        with writer.joining_later():
            for transaction in _professional(ledger, stored, name):
                work = _Adopting(writer=writer, stored=stored, number=len(results) + 1)
                results.append(work.run(transaction))
                problems += work.problems
        learned = acknowledgements_again.after_file(writer, stored.id)
        settle.after_learned(writer, learned)
        new = received.new_problems(writer.connection, stored.id, problems)
        received.add_problems(writer, stored.id, new)
    return tuple(results), problems


def _professional(ledger: "Ledger", stored: "StoredFile", name: str) -> Iterator[Transaction]:
    """The 837Ps of a kept file."""
    for interchange in envelope.read(ledger.file_bytes(stored.digest), [], name):
        for group in interchange.groups():
            for transaction in group.transactions():
                if is_professional(transaction):
                    yield transaction


def note_numbers(ledger: "Ledger", writer: "Writer") -> None:
    """Keep the numbers of transactions that an older version took over without keeping them."""
    for stored in adopted_transactions.unnoted_files(writer.connection):
        with writer.joining_later():
            for number, transaction in enumerate(_professional(ledger, stored, ""), 1):
                bht = next((s for s in transaction.segments() if s[0] == "BHT"), [])
                transaction.drain()
                if transaction.complete:  # others were not taken over
                    reference = bht[3].strip() if len(bht) > 3 else ""
                    named = _named(transaction, reference)
                    adopted_transactions.note(writer, stored.id, number, named)
        acknowledgements_again.after_file(writer, stored.id)


class _IncompleteError(Exception):
    """The transaction has no SE, or a wrong one: what was taken over of it is undone."""


@define(kw_only=True)
class _Adopting:
    """One 837P transaction while it is taken over."""

    writer: "Writer"
    stored: "StoredFile"
    number: int  # of the transaction among the 837Ps of the file, from 1
    problems: list[Problem] = field(factory=list)
    counts: Counter[str] = field(factory=Counter)
    conflicting: list[str] = field(factory=list)
    indicators: dict[str, set[str]] = field(factory=dict)  # payer id -> SBR09 of its claims
    names: dict[str, str] = field(factory=dict)  # payer id -> name

    def run(self, transaction: Transaction) -> AdoptedResult:
        """Take its claims over, some hundred at a time."""
        usage: Usage = "T" if transaction.interchange.usage.upper() == "T" else "P"
        try:
            with self.writer.undoable():
                self._take(transaction, usage)
                remember_families(self.writer, self.indicators, self.names)
        except _IncompleteError:
            self.problems.clear()
            words = "has no SE, or a wrong one: none of its claims was taken over"
            self._tell(transaction, "sent.not-whole", "", f"ST {transaction.control} {words}.")
            return AdoptedResult(transaction=transaction.control, usage=usage, state="incomplete")
        for control in self.conflicting:
            words = "was sent before for that day with other content; the earlier one stays"
            self._tell(
                transaction, "sent.same-number", control, f"Claim {shown_number(control)} {words}."
            )
        return AdoptedResult(
            transaction=transaction.control,
            usage=usage,
            adopted=self.counts["new"],
            known=self.counts["known"],
            conflicting=tuple(self.conflicting),
            left_out=self.counts["left out"],
            state=self._state(),
        )

    def _state(self) -> Literal["adopted", "conflict", "known", "nothing"]:
        """What became of its claims in a word; adopted only where some were taken over."""
        if self.counts["new"]:
            return "adopted"
        if self.conflicting:
            return "conflict"
        return "known" if self.counts["known"] else "nothing"

    def _take(self, transaction: Transaction, usage: "Usage") -> None:
        """Take the claims over.

        Raises:
            _IncompleteError: at the end, where the transaction is not whole.
        """
        for batch in swept(bulk.batches(self._records(transaction))):
            found = self.writer.adopt(batch, file_id=self.stored.id, usage=usage)
            self.counts["new"] += len(found.new)
            self.counts["known"] += len(found.known)
            self.conflicting += found.conflicting
        if not transaction.complete:
            raise _IncompleteError

    def _records(self, transaction: Transaction) -> Iterator[SentRecord]:
        for part in read_837p(transaction):
            if not isinstance(part, Claim):
                adopted_transactions.note(
                    self.writer, self.stored.id, self.number, _named(transaction, part.reference)
                )
                continue
            if any(line.date for line in part.lines):
                said = part.subscriber.filing_indicator
                self.indicators.setdefault(part.payer.id, set()).add(said)
                self.names[part.payer.id] = part.payer.name
                self._add_up(transaction, part)
                yield record_of(part, transaction.control)
            else:
                self.counts["left out"] += 1
                words = f"Claim {shown_number(part.control)} has no date of service."
                self._tell(transaction, "sent.no-date", part.control, words)

    def _add_up(self, transaction: Transaction, claim: Claim) -> None:
        """Tell where the sender's own figures differ; what is open is counted by the lines."""
        lines = sum((line.charge for line in claim.lines), ZERO)
        if lines != claim.charge:
            words = (
                f"Claim {shown_number(claim.control)} charges {claim.charge:.2f} (CLM02) and its "
                f"lines {lines:.2f} (SV102). It was taken over; what is open of it is counted "
                "by its lines."
            )
            self._tell(transaction, "sent.unbalanced", claim.control, words, level="warning")

    def _tell(
        self,
        transaction: Transaction,
        code: str,
        control: str,
        message: str,
        level: Literal["error", "warning"] = "error",
    ) -> None:
        where = transaction.place(claim=control)
        self.problems.append(Problem(code=code, message=message, where=where, level=level))


def _named(transaction: Transaction, reference: str) -> "adopted_transactions.Named":
    """By what the transaction is spoken of in acknowledgements."""
    interchange = transaction.interchange
    return adopted_transactions.Named(
        usage="T" if interchange.usage.upper() == "T" else "P",
        sender=interchange.sender[1].strip(),
        receiver=interchange.receiver[1].strip(),
        interchange=interchange.control,
        group=transaction.group.control,
        transaction=transaction.control,
        reference=reference,
    )


def record_of(claim: Claim, transaction: str) -> SentRecord:
    """A claim another system sent, in the words of the ledger. It needs a date of service."""
    patient = claim.patient.party if claim.patient else claim.subscriber.party
    birth = (claim.patient or claim.subscriber).birth_date
    days = [line.date for line in claim.lines if line.date]
    member = claim.subscriber.party.id
    return SentRecord(
        claim=SentClaim(
            control=claim.control,
            family=claim.control,
            frequency=claim.frequency[:1] or "1",
            payer=claim.payer.id,
            payer_id=claim.payer.id,
            payer_rank=claim.subscriber.payer_rank,
            member_id=member,
            patient=_patient_key(member, patient, birth.isoformat() if birth else ""),
            billing_npi=claim.billing.id,
            charge=claim.charge,
            date=min(days),
            until=max([*days, *(line.until for line in claim.lines if line.until)]),
            collected=claim.amount_paid_by_patient or ZERO,
            references=claim.references,
            lines=tuple(_lines(claim, min(days))),
        ),
        transaction=transaction,
        payer_name=claim.payer.name,
        patient_name=", ".join(word for word in (patient.name, patient.first) if word),
        patient_birth=birth.isoformat() if birth else "",
        rendering_npi=claim_place.rendering_npi(claim),
        location=claim_place.place(claim),
    )


def _patient_key(member: str, patient: Party, birth: str) -> str:
    """The same for the same patient of the same coverage; nobody can read a name from it."""
    text = f"{member}\x1f{patient.name}\x1f{patient.first}\x1f{birth}".upper()
    return "A" + hashlib.sha256(text.encode()).hexdigest()[:23]


def _lines(claim: Claim, first: dt.date) -> Iterator[SentLine]:
    """The lines; one sent without a line control number, or with one twice, is ``#`` and its LX."""
    seen = Counter(line.control for line in claim.lines)
    for line in claim.lines:
        day = line.date or first
        unique = line.control and seen[line.control] == 1
        yield SentLine(
            control=line.control if unique else f"#{line.number}",
            number=line.number,
            code=line.procedure.code,
            modifiers=tuple(m for m in line.procedure.modifiers if m),
            charge=line.charge,
            units=line.units,
            date=day,
            until=line.until or day,
        )
