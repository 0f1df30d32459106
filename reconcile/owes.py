"""What the patient owes for a claim now, and why: a figure of the books and of whose turn it is.

The newest adjudication decides the patient's share; a further payer comes first; a QMB owes nothing
(N781, N782, N783); what was collected at the visit counts; a charge above the allowed amount
(PR-45), a refusal under the patient's group, what the payer says it paid to the patient (OA-100)
and anything under Medicaid is looked at by a person before the patient hears of it; unit caps are
never the patient's (N362; CARC 222, 151).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.claim import FREQUENCY_VOID
from edi.codes import UNIT_CAPS, advice, lookup, refusal
from edi.remittance import Adjustment
from reconcile import books as flags
from reconcile.books import TO_THE_PATIENT, is_replaced
from reconcile.books_turns import RANK_ORDER
from reconcile.decided import left_to_patient, unsure
from reconcile.values import ZERO, Adjudication, LineBooks, PayerFacts, SentClaim

NEVER_THE_PATIENTS: Final = frozenset({"222", "151"})
CAP_REMARK: Final = "N362"
LOOK_FIRST: Final = {  # under PR, no refusal, and not the patient's before a person has looked
    "45": "never asked from the patient by itself: look at the contract",
    TO_THE_PATIENT: "get a copy of the payment first: only what was paid to the patient is asked "
    "for",
}
NEXT_PAYER_FIRST: Final = frozenset({"275"})  # the share a payer before left, not covered here
KEEP: Final = "until then what was collected is not given back: it may be owed"
_AS_NEXT: Final = {"S": " as second payer", "T": " as third payer"}
_OPENED: Final = (flags.STALE, flags.TAKEN_BACK)
_DOUBT: Final = (
    flags.NO_REVERSAL,
    flags.NO_ORIGINAL,
    flags.PRIOR_MISSING,
    flags.POSITIVE_ALONE,
    flags.PAID_TWICE,
    flags.OTHER_CHARGE,
    "not explained",
)
FactsOf = Callable[[Adjudication], PayerFacts | None]


@frozen(kw_only=True)
class Further:
    """A further payer of the patient: the patient's share is not due before it has answered."""

    payer: str  # key or name
    open: bool  # it has not answered and may still pay
    why: str  # in plain words, where it is open


@frozen(kw_only=True)
class Owed:
    """What the patient owes for one claim. Money in dollars; only ``due`` may be asked for.

    All but ``collected`` are after what was collected at the visit: that counts for the share
    first, for what is to be checked next.
    """

    claim: str
    due: Decimal = ZERO  # now
    later: Decimal = ZERO  # the share known so far, not due yet
    check: Decimal = ZERO  # may be the patient's; a person looks first
    credit: Decimal = ZERO  # collected and not owed: to be given back
    collected: Decimal = ZERO
    because: tuple[str, ...] = ()  # of what is owed, line by line
    not_yet: tuple[str, ...] = ()  # why ``later`` or ``check`` is not due


@frozen(kw_only=True)
class _Line:
    """What one line comes to."""

    share: Decimal = ZERO
    check: Decimal = ZERO
    because: tuple[str, ...] = ()
    to_check: tuple[str, ...] = ()


def owed(
    claim: SentClaim,
    books: Sequence[LineBooks],
    further: Iterable[Further],
    facts_of: FactsOf,
    *,
    qmb: bool = False,
    answers: Sequence[Adjudication] = (),
    payer: str = "",
    cut: str = "",
    correction: str = "",
) -> Owed:
    """What the patient owes for a claim after everything received.

    Args:
        claim: as it was sent.
        books: of its lines.
        further: the patient's further payers, in order.
        facts_of: what is known of the payer that gave an answer; None where nothing is.
        qmb: a coverage of the patient says so.
        answers: all that came back, to say who paid what another left; only for the words.
        payer: the name of the payer billed, for the words; its key where it is empty.
        cut: of a claim whose answer is in a payment that is not whole: where, and what to do.
        correction: of a claim whose correction waits for the payer: which, and what to do.
    """
    if claim.follows:
        words = f"billed on to the next payer: see claim {claim.follows}"
        return Owed(claim=claim.control, because=(words,))
    if claim.frequency == FREQUENCY_VOID:
        words = "a void: nothing is owed on it; the money stands on the claim that it takes back"
        return Owed(claim=claim.control, because=(words,))
    if books and all(one.status in {"replaced", "voided"} or is_replaced(one) for one in books):
        why = f"nothing is owed for this claim: {books[0].flags[-1]}"
        return Owed(claim=claim.control, because=(why,))
    collected = claim.collected
    credit = sum((one.patient_credit for one in books), ZERO)
    if qmb or any(flags.QMB in one.flags for one in books):
        words = "the patient is a QMB and owes nothing for covered services"
        answered = any(one.decided_by is not None for one in books)
        return Owed(
            claim=claim.control,
            collected=collected,
            credit=collected if answered or qmb else credit,
            because=(words,),
        )
    lines = [_line(claim, one, facts_of) for one in books]
    share = sum((one.share for one in lines), ZERO)
    waits = (
        *_undecided(payer or claim.payer, claim, books, answers, cut),
        *(f.why for f in further if f.open),
    )
    rest = max(share - collected, ZERO)
    check = sum((one.check for one in lines), ZERO)
    kept = () if waits or check or not (credit and correction) else (f"{correction}; {KEEP}",)
    told = (*_because(lines, collected), *_paid_by_next(claim, answers, facts_of))
    if not (told or waits or check):
        told = ("the payer left nothing to the patient",)
    return Owed(
        claim=claim.control,
        due=ZERO if waits else rest,
        later=rest if waits else ZERO,
        check=max(check - max(collected - share, ZERO), ZERO),
        credit=ZERO if waits or check or correction else credit,
        collected=collected,
        because=told,
        not_yet=(*waits, *kept, *(text for one in lines for text in one.to_check)),
    )


def _because(lines: Iterable[_Line], collected: Decimal) -> Iterator[str]:
    for one in lines:
        yield from one.because
    if collected:
        yield f"{collected:.2f} was collected at the visit"


def _paid_by_next(
    claim: SentClaim, answers: Sequence[Adjudication], facts_of: FactsOf
) -> Iterator[str]:
    """What one payer left to the patient and a later one paid, line by line."""
    if all(one.rank == "P" for one in answers):
        return
    decisions = flags.standing(answers)
    for line in claim.lines:
        by_turn = decisions.get(line.control, ())
        left, who, before = ZERO, "", ""
        for answer, share in sorted(by_turn, key=lambda pair: RANK_ORDER[pair[0].rank]):
            name = _payer_name(answer, facts_of)
            if answer.rank != "P" and share.paid > ZERO and left > ZERO:
                as_next = _AS_NEXT[answer.rank] if answer.payer == before else ""  # both spouses'
                paid = f"{share.paid:.2f} paid by {name}{as_next} on {answer.date}"
                yield f"line {line.number}: {left:.2f} left by {who}, {paid}"
            left, who, before = left_to_patient(share.adjustments), name, answer.payer


def _payer_name(answer: Adjudication, facts_of: FactsOf) -> str:
    facts = facts_of(answer)
    return (facts.name or facts.key) if facts is not None else answer.payer


def _undecided(
    payer: str,
    claim: SentClaim,
    books: Sequence[LineBooks],
    answers: Sequence[Adjudication],
    cut: str,
) -> Iterator[str]:
    """Why nothing is due while the answers are not whole."""
    numbers = {line.control: line.number for line in claim.lines}
    waiting = [numbers[one.line] for one in books if one.current is None or one.status == "open"]
    if len(waiting) == len(books):
        if any(one.is_reversal for one in answers):
            yield f"{payer} took its decision back, and no new one is here"
        else:
            yield cut or f"{payer} has not decided the claim"
    elif waiting:
        yield f"line {', '.join(map(str, waiting))} is not decided yet"
    yield from unsure(books, _OPENED)
    for flag in unsure(books, _DOUBT):
        yield f"the answers do not fit together yet: {flag}"


def _line(claim: SentClaim, books: LineBooks, facts_of: FactsOf) -> _Line:
    """The patient's part of one line by its newest answer."""
    share, answer = books.current, books.decided_by
    if share is None or answer is None:
        return _Line()
    number = next(line.number for line in claim.lines if line.control == books.line)
    facts = facts_of(answer)
    remarks = frozenset((*share.remarks, *answer.remarks))
    own = [a for a in share.adjustments if a.group == "PR" and a.amount > ZERO]
    plain = [a for a in own if refusal(a.group, a.reason) == "no"]
    above = sum((a.amount for a in plain if a.reason in LOOK_FIRST), ZERO)
    left = _left(books, plain)
    amount = max(left - above, ZERO)
    check = min(above, max(left, ZERO))
    because = [_said(number, a) for a in plain if a.reason not in LOOK_FIRST] if amount else []
    to_check = [
        f"{_said(number, a)}; {LOOK_FIRST[a.reason]}"
        for a in plain
        if a.reason in LOOK_FIRST and check
    ]
    refused = [a for a in own if a not in plain and not _is_cap(a, remarks)]
    for a in refused:
        left = min(a.amount, books.denied)
        todo, _ = advice("PR", a.reason)
        if a.reason in NEXT_PAYER_FIRST:
            amount += left
            because.append(_said(number, a))
        elif left:
            check += left
            to_check.append(f"{_said(number, a)}; {todo or 'work the denial first'}")
    to_check += [
        f"{_said(number, a)}; a cap on units is never the patient's"
        for a in own
        if _is_cap(a, remarks)
    ]
    paid_out = [a for a in share.adjustments if (a.group, a.reason) == ("OA", TO_THE_PATIENT)]
    check += max(min(sum((a.amount for a in paid_out), ZERO), books.other), ZERO)
    to_check += [f"{_said(number, a)}; {LOOK_FIRST[TO_THE_PATIENT]}" for a in paid_out]
    if facts is not None and facts.family == "medicaid" and amount:
        words = "Medicaid: look first whether the patient may be billed at all"
        return _Line(check=amount + check, to_check=(*because, words, *to_check))
    return _Line(share=amount, check=check, because=tuple(because), to_check=tuple(to_check))


def _left(books: LineBooks, plain: Sequence[Adjustment]) -> Decimal:
    """The patient's share; beside a reversal of what is not here, as the newest answer has it."""
    if flags.NO_ORIGINAL in books.flags:
        return sum((a.amount for a in plain), ZERO)
    return books.patient - books.twice.patient


def _said(number: int, adjustment: Adjustment) -> str:
    entry = lookup("carc", adjustment.reason)
    words = f": {entry.meaning}" if entry else ""
    code = f"{adjustment.group}-{adjustment.reason}"
    return f"line {number}: {code} {adjustment.amount:.2f}{words}"


def _is_cap(adjustment: Adjustment, remarks: frozenset[str]) -> bool:
    """A cap on units: its reason alone, or one that also means other things with N362."""
    reason = adjustment.reason
    return reason in NEVER_THE_PATIENTS or (reason in UNIT_CAPS and CAP_REMARK in remarks)
