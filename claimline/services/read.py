"""The content of an X12 file in business words: what ``claimline read`` shows.

Amounts and units are strings. Names, member ids and birth dates are left out or masked unless they
are asked for.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import define, field

from claimline.render.words import shown_number
from claimline.services import plb_reference
from claimline.services.plain import adjustment, money, number
from claimline.services.read_acknowledgement import of_interchange, of_transaction
from claimline.services.segments import MASK, PRIVATE_REFERENCES, segment_view
from edi import envelope
from edi.acknowledgements import kind_of
from edi.claim import Claim
from edi.problem import Problem
from edi.remittance import (
    ClaimPayment,
    ProviderAdjustment,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from edi.x835 import read_835
from edi.x837p import read_837p
from reconcile.balance import Balance, Difference

Content = dict[str, Any]
REMITTANCES: Final = "remittances"
SUBMISSIONS: Final = "submissions"
ACKNOWLEDGEMENTS: Final = "acknowledgements"
TRANSACTIONS: Final = "transactions"


def read(
    chunks: Iterable[bytes],
    problems: list[Problem],
    file: str = "",
    *,
    segments: bool = False,
    show_patient: bool = False,
) -> Iterator[tuple[str, Content]]:
    """Each transaction of a file as (kind, content).

    Args:
        chunks: the file's bytes.
        problems: what is wrong with the file is added here.
        file: its name.
        segments: show every transaction segment by segment.
        show_patient: do not mask names, ids and birth dates in the segment view, nor what else may
            name a patient: numbers of claims made elsewhere, references of provider adjustments,
            medical record numbers; do not leave out the free text of acknowledgements.

    Raises:
        NotX12: where there is no interchange at all.
    """
    for interchange in envelope.read(chunks, problems, file):
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.type == "835" and not segments:
                    yield REMITTANCES, remittance(transaction, show_patient=show_patient)
                elif is_professional(transaction) and not segments:
                    yield SUBMISSIONS, submission(transaction, show_patient=show_patient)
                elif kind_of(transaction) and not segments:
                    yield ACKNOWLEDGEMENTS, of_transaction(transaction, show_patient=show_patient)
                else:
                    view = segment_view(transaction, show_patient=show_patient)
                    yield TRANSACTIONS, view
        if segments:
            for ack in interchange.interchange_acks:
                yield TRANSACTIONS, _interchange_ack(ack)
        else:
            for told in of_interchange(interchange):
                yield ACKNOWLEDGEMENTS, told


def is_professional(transaction: envelope.Transaction) -> bool:
    """Whether it is an 837P: X222 of 5010 or X098 of 4010, by what GS08 and ST03 say."""
    said = transaction.implementation + transaction.version
    return transaction.type == "837" and ("X222" in said or "X098" in said)


@define(kw_only=True)
class _Look:
    """What may be shown, and what the remittance says of itself."""

    show_patient: bool
    said: plb_reference.Said = field(factory=plb_reference.Said, repr=False)

    def number(self, control: str) -> str:
        """A claim's number; other systems put names into it."""
        return control if self.show_patient else shown_number(control)

    def plb(self, given: str) -> str:
        """A provider adjustment's reference; payers put member ids into it."""
        return given if self.show_patient else self.said.shown(given)


def remittance(transaction: envelope.Transaction, *, show_patient: bool = False) -> Content:
    """One 835: the payment, its claims and lines, and whether it adds up."""
    look = _Look(show_patient=show_patient)
    balance = Balance()
    made: Content = {}
    claims: list[Content] = []
    for part in read_835(transaction):
        if isinstance(part, RemittanceHeader):
            balance.add_header(part)
            look.said.number(part.trace)
            made = _header(part)
        elif isinstance(part, ClaimPayment):
            balance.add_claim(part)
            look.said.claim(part)
            claims.append(_claim_payment(part, look))
        else:
            balance.add_trailer(part)
            made |= _trailer(part, look)
    return made | {
        "balanced": balance.is_balanced,
        "differences": [_difference(each, look) for each in balance.differences],
        "claims": claims,
    }


def _header(header: RemittanceHeader) -> Content:
    """BPR, TRN, payer and payee."""
    return {
        "trace": header.trace,
        "payer": header.payer.name if header.payer else "",
        "payee": header.payee.name if header.payee else "",
        "paid": money(header.paid),
        "date": header.payment_date.isoformat() if header.payment_date else None,
        "method": header.method,
        "transaction": header.transaction,
    }


def _trailer(trailer: RemittanceTrailer, look: _Look) -> Content:
    """PLB, and whether the transaction is whole."""
    return {
        "complete": trailer.complete,
        "provider_adjustments": [
            _provider_adjustment(one, look) for one in trailer.provider_adjustments
        ],
    }


def _provider_adjustment(given: ProviderAdjustment, look: _Look) -> Content:
    """One PLB pair: positive takes money, negative gives it."""
    return {
        "provider": given.provider,
        "fiscal_date": given.fiscal_date,
        "reason": given.reason,
        "reference": look.plb(given.reference),
        "amount": money(given.amount),
    }


def _claim_payment(payment: ClaimPayment, look: _Look) -> Content:
    """One CLP with its lines."""
    patient = payment.patient_responsibility
    return {
        "claim": look.number(payment.control),
        "status": payment.status,
        "charge": money(payment.charge),
        "paid": money(payment.paid),
        "patient": money(patient) if patient is not None else None,
        "payer_claim": payment.payer_control,
        "remarks": list(payment.remarks),
        "adjustments": [adjustment(each) for each in payment.adjustments],
        "lines": [_service(each, look) for each in payment.lines],
    }


def _service(line: ServicePayment, look: _Look) -> Content:
    """One SVC."""
    day = line.service_date
    submitted = line.submitted
    return {
        "code": line.procedure.code,
        "modifiers": list(line.procedure.modifiers),
        "date": day.isoformat() if day else None,
        "charge": money(line.charge),
        "paid": money(line.paid),
        "units": number(line.paid_units) if line.paid_units is not None else "1",
        "control": look.number(line.control),
        "adjustments": [adjustment(each) for each in line.adjustments],
        "remarks": list(line.remarks),
        "submitted": " ".join((submitted.code, *submitted.modifiers)) if submitted else None,
    }


def _difference(found: Difference, look: _Look) -> Content:
    """What does not add up, and by how much."""
    return {
        "level": found.level,
        "claim": look.number(found.claim),
        "segment": found.position,
        "equation": found.equation,
        "expected": money(found.expected),
        "actual": money(found.actual),
        "difference": money(found.amount),
    }


def submission(transaction: envelope.Transaction, *, show_patient: bool = False) -> Content:
    """One ST of an 837P with its claims."""
    made: Content = {"transaction": transaction.control}
    claims: list[Content] = []
    for part in read_837p(transaction):
        if isinstance(part, Claim):
            claims.append(claim(part, _Look(show_patient=show_patient)))
        else:
            made |= {
                "reference": part.reference,
                "submitter": part.submitter.name,
                "receiver": part.receiver.name,
            }
    return made | {"claims": claims}


def claim(given: Claim, look: _Look) -> Content:
    """One claim with its lines; no name, no member id."""
    hidden = not look.show_patient
    return {
        "claim": look.number(given.control),
        "frequency": given.frequency,
        "charge": money(given.charge),
        "payer": given.payer.name,
        "payer_id": given.payer.id,
        "provider": given.billing.name,
        "provider_id": given.billing.id,
        "place": given.place_of_service,
        "diagnoses": [diagnosis.code for diagnosis in given.diagnoses],
        "references": {
            ref.qualifier: MASK if hidden and ref.qualifier in PRIVATE_REFERENCES else ref.value
            for ref in given.references
        },
        "lines": [
            {
                "line": line.number,
                "code": line.procedure.code,
                "modifiers": list(line.procedure.modifiers),
                "date": line.date.isoformat() if line.date else None,
                "units": number(line.units),
                "charge": money(line.charge),
                "control": look.number(line.control),
                "pointers": list(line.pointers),
            }
            for line in given.lines
        ],
        "kept_segments": len(given.kept) + sum(len(line.kept) for line in given.lines),
    }


def _interchange_ack(ack: tuple[str, ...]) -> Content:
    """A TA1: the answer to one interchange."""
    padded = [*ack, "", "", "", "", ""]
    return {
        "type": "TA1",
        "control": padded[1],
        "answer": padded[4],
        "note": padded[5],
        "segments": [{"segment": 0, "loop": "", "id": "TA1", "name": "", "values": list(ack[1:])}],
    }
