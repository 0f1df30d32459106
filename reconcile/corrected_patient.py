"""A payer that says who the patient is otherwise than we did (NM1*74, 835 loop 2100).

Kept as a note of the answer, without the values: those are the patient's, and stand in the file.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from edi.remittance import Name
from reconcile.attention import Concern
from reconcile.values import Adjudication, SentClaim

CORRECTED: Final = "74"  # NM101: corrected patient or insured
MARK: Final = "(NM1*74)"  # how the note ends
NEXT_STEP: Final = (
    "look it up in the file (claimline read FILE --segments --show-patient) and put it into your "
    "patient record, before the next claim goes with the old one"
)


def note_of(names: Iterable[Name], member_id: str) -> str:
    """What the payer corrected of the patient, without the values; empty where nothing.

    Args:
        names: of the claim payment.
        member_id: as it was billed.
    """
    given = [one for one in names if one.role == CORRECTED]
    told = ["name"] if any(one.last or one.first for one in given) else []
    told += ["member id"] if any(one.id and one.id != member_id for one in given) else []
    return f"the payer corrected the patient's {' and '.join(told)} {MARK}" if told else ""


def concerns_of(claim: SentClaim, answers: Iterable[Adjudication]) -> Iterator[Concern]:
    """The notes of a claim's answers as something to look at; the newest last."""
    for answer in answers:
        for note in answer.notes:
            if note.endswith(MARK):
                yield concern(claim.control, note, answer.trace)


def concern(control: str, note: str, trace: str) -> Concern:
    """One such note with what to do."""
    cause = f"{note}, payment {trace}" if trace else note
    return Concern(claim=control, line="", cause=cause, next_step=NEXT_STEP, trace=trace)
