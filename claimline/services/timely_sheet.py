"""The printable sheet of a proof of timely filing: for the payer, so it names the patient.

What speaks against (rejections) stands on a page of its own for the office.
"""

from collections.abc import Iterator
from typing import Final

from claimline.render.sheet import Part, Sheet
from claimline.services.plain import money
from claimline.services.timely import Answer, payer_claims
from claimline.services.trace_heard import LEVELS, who
from edi.acknowledgement_words import list_name
from reconcile.acknowledgements import SYNTAX, Code, Heard

MASKED: Final = "***"
FREE: Final = {"STC": 12, "IK4": 4, "AK4": 4}  # segment to the element of free text or bad value
NO_PROOF: Final = (
    "a rejection (TA1, 999, 277CA) shows that the claim came back, not that it was filed",
    "do not send these along",
)
REJECTED: Final = (
    "claimline trace tells what was wrong: mend the claim and send it as a new original "
    "(claimline correct --visits); a file or transaction refused as a whole goes again as it is "
    "(claimline resend)"
)
WEAK: Final = {
    "clearinghouse": "many payers take only their own acceptance as proof: ask the clearinghouse "
    "for the payer's report on this claim",
    "form": "a 999 or TA1 speaks of the file's form alone: ask the clearinghouse what became of "
    "the claim",
    "received by the payer": "the payer received the claim; ask it for the acceptance",
    "none": "ask the clearinghouse for its report on the file; without an acceptance there is "
    "no proof",
}


def sheet_of(answer: Answer, *, show_patient: bool) -> Sheet:
    """The sheet; without ``show_patient`` the patient's name and numbers are masked."""
    payer = answer.story.sent.payer_name or answer.story.sent.claim.payer
    return Sheet(
        title=f"{'Proof' if answer.is_proven else 'No proof'} of timely filing: {payer}",
        facts=tuple(_facts(answer, show_patient=show_patient)),
        parts=tuple(_parts(answer, show_patient=show_patient)),
    )


def _facts(answer: Answer, *, show_patient: bool) -> Iterator[tuple[str, str]]:
    sent = answer.story.sent
    claim = sent.claim
    yield "Payer", f"{sent.payer_name or claim.payer} ({claim.payer_id})"
    yield "Billing provider", f"NPI {claim.billing_npi}"
    patient = f"{sent.patient_name}, born {sent.patient_birth}"
    yield "Patient", patient if show_patient else MASKED
    yield "Member id", claim.member_id if show_patient else MASKED
    yield "Our claim number", claim.control
    numbers = ", ".join(payer_claims(answer))
    if numbers:
        yield "Payer's claim number", numbers
    yield "Day of service", claim.date.isoformat()
    yield "Charge", money(claim.charge)
    if answer.limit:
        yield "To be filed by", answer.limit
    if answer.usage == "T":
        yield "Book", "test: nothing was filed with anybody"
    yield "Proof", answer.words


def _parts(answer: Answer, *, show_patient: bool) -> Iterator[Part]:
    proven = answer.sent[answer.proof.sending]
    sent = [proven] if answer.proof.words else list(answer.sent)
    yield Part(
        title="Sent",
        heads=("File", "ISA13", "ST02", "BHT03", "Made", "To the clearinghouse"),
        rows=tuple(
            (
                one.file,
                one.interchange,
                one.transaction,
                one.batch,
                one.made,
                _moment(one.delivered) or f"recorded {_moment(one.recorded)}",
            )
            for one in sent
        ),
    )
    if answer.proof.words:
        yield Part(
            title="Accepted",
            heads=("On", "By", "What", "Said", "Codes"),
            rows=tuple(_row(one) for one in answer.proof.words),
        )
        yield from _segments(answer, answer.proof.words, show_patient=show_patient)
    yield from _for_the_office(answer, show_patient=show_patient)


def _moment(utc: str) -> str:
    """A moment of the ledger to the minute; empty where there is none."""
    return f"{utc[:10]} {utc[11:16]} UTC" if utc else ""


def _row(one: Heard) -> tuple[str, ...]:
    """One word; what its codes mean is told of rejections."""
    codes = [_code(code, one) for code in one.codes]
    said = f"form {one.verdict}" if one.kind in SYNTAX and not one.refuses else one.verdict
    what = f"{LEVELS[one.level]} ({one.kind})"
    return one.date, who(one), what, said, "; ".join(codes) or "-"


def _code(code: Code, word: Heard) -> str:
    """A code as it came, with its list where lists share numbers; of a rejection its meaning."""
    name = list_name(code.list, word.kind) if word.kind in SYNTAX else ""
    return " ".join(filter(None, (name, code.code, code.words if word.refuses else "")))


def _segments(
    answer: Answer, words: tuple[Heard, ...], *, show_patient: bool, is_ours: bool = False
) -> Iterator[Part]:
    """The segments as they came, each word's with the file they stand in."""
    for one in words:
        found = answer.segments.get(one.id, ())
        if not show_patient:
            found = tuple(_masked(text) for text in found)
        if found:
            where = f"{one.file}, ISA13 {one.interchange}"
            where += f", ST {one.transaction}" if one.transaction else ""
            yield Part(
                title=f"{one.kind} of {one.date}, as received in {where}",
                points=found,
                is_ours=is_ours,
            )


def _for_the_office(answer: Answer, *, show_patient: bool) -> Iterator[Part]:
    """What to do where the proof is weak, and the words that prove nothing."""
    if answer.rejection is not None:
        yield Part(title="To do", points=(REJECTED,), is_ours=True)
    elif answer.proof.strength in WEAK:
        yield Part(title="To do", points=(WEAK[answer.proof.strength],), is_ours=True)
    if answer.in_time is False:
        late = "the proof is of a day after the filing limit: look for an earlier sending"
        yield Part(title="Too late", points=(late,), is_ours=True)
    against = answer.proof.against
    if against:
        yield Part(
            title="Rejected: no proof",
            heads=("On", "By", "What", "Said", "Codes"),
            rows=tuple(_row(one) for one in against),
            points=NO_PROOF,
            is_ours=True,
        )
        yield from _segments(answer, against, show_patient=show_patient, is_ours=True)


def _masked(text: str) -> str:
    """A segment without the words and values that may tell who the patient is."""
    name = next((each for each in FREE if text.startswith(each)), "")
    if not name:
        return text
    mark = text[len(name)]
    elements = text.split(mark)
    if len(elements) > FREE[name] and elements[FREE[name]]:
        elements[FREE[name]] = MASKED
    return mark.join(elements)
