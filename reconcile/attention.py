"""What is odd in a claim's books beyond a denial: decided twice, taken back, not our charge.

A worklist of denials says why a payer did not pay. This says where the answers themselves do not
fit what was sent, or each other: a person has to look before the books can be trusted. The rule
beneath: money that came by mistake is returned after the payer's correction, not before.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from reconcile import books, look
from reconcile.values import ZERO, Adjudication, LineBooks, LineShare, SentClaim

_REFUND: Final = "refund before the payer's correction or letter"
NONE: Final = "No reversal will come: claimline claims --no-reversal CLAIM"
_KEEP: Final = "keep it"
_DECIDED: Final = frozenset({"paid", "reduced", "open"})
_NAMED: Final = frozenset({books.NO_REVERSAL})  # which answer it is about is told

# How a flag of the books begins -> what to do next, what never.
_TODO: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (
        books.PAID_TWICE,
        f"tell the payer of both; return one when its correction or letter is here. {NONE}",
        (_KEEP, _REFUND),
    ),
    (
        books.OVERPAID,
        "tell the payer; return what is too much when its correction or letter is here",
        (_KEEP, _REFUND),
    ),
    (
        books.SAME_AGAIN,
        f"nothing was paid twice: work the first answer; ask the payer if it comes again. {NONE}",
        ("work both answers",),
    ),
    (
        books.NO_REVERSAL,
        f"wait for the payer's reversal of that answer; call when it does not come. {NONE}",
        (_REFUND,),
    ),
    (
        books.STALE,
        "the next payer gets the new decision in place of the old one: claimline secondary list",
        ("ask the patient for the new share before the next payer has answered",),
    ),
    (
        books.TAKEN_BACK,
        "wait for the payer's new decision; call when it does not come",
        ("ask the patient before it is here", "refund before it is here"),
    ),
    (
        books.PAID_ABOVE,
        "send the next payer the new decision; return what is too much when it asks for it",
        (_KEEP, _REFUND),
    ),
    (
        books.PRIOR_MISSING,
        "ask for the remittance of the payer before; where none is before, tell this payer so",
        ("write the rest off", "ask the patient before it is here"),
    ),
    (
        books.NO_ORIGINAL,
        "ask the payer which payment it takes back, and for that remittance",
        ("refund on this alone", "change the books by hand to fit"),
    ),
    (
        books.POSITIVE_ALONE,
        "ask the payer which payment it takes back, and for that remittance",
        ("refund on this alone", "change the books by hand to fit"),
    ),
    (
        look.NO_PARTNER,
        "ask the payer which line it paid in place of which, and for a corrected answer",
        ("appeal a line that was paid in this one", "change the amounts by hand to fit"),
    ),
    (
        books.OTHER_CHARGE,
        "the payer's charge is not ours: ask which claim was answered, and for a correction",
        ("change our charge to fit",),
    ),
)


@frozen(kw_only=True)
class Concern:
    """One thing a person has to look at. ``line`` is empty where it is the whole claim."""

    claim: str  # SentClaim.control
    line: str  # SentLine.control
    cause: str
    next_step: str
    never: tuple[str, ...] = ()
    trace: str = ""  # TRN02 of the payment whose answer it is about, where it is one of several


def concerns(
    claim: SentClaim, lines: Sequence[LineBooks], adjudications: Iterable[Adjudication]
) -> tuple[Concern, ...]:
    """What does not fit in the answers of a claim, whatever the order they came in.

    Args:
        claim: as it was sent.
        lines: its books (``claim_books``).
        adjudications: all that came back for it.
    """
    answers = [one for one in adjudications if one.status not in books.NEVER_POSTED]
    found = [concern for line in lines for concern in _of_line(claim, line, answers)]
    if not any(one.cause.startswith(books.OTHER_CHARGE) for one in found):
        found += _of_charge(claim, answers)
    return tuple(found)


def _of_line(
    claim: SentClaim, line: LineBooks, answers: Sequence[Adjudication]
) -> Iterator[Concern]:
    told = False
    corrected = books.NO_REVERSAL in line.flags
    for flag in line.flags:
        if corrected and flag == books.OVERPAID:
            continue  # two answers are counted: the missing reversal takes the one away
        for begins, next_step, never in _TODO:
            if flag.startswith(begins):
                told = True
                extra = _beside(claim, line, answers) if flag in _NAMED else ()
                yield Concern(
                    claim=claim.control,
                    line=line.line,
                    cause=f"{flag}: {_which(extra)}" if extra else flag,
                    next_step=next_step,
                    never=never,
                    trace=extra[0][0].trace if extra else "",
                )
    if answers and line.open and line.status in _DECIDED and not told:
        yield Concern(
            claim=claim.control,
            line=line.line,
            cause=f"{line.open:.2f} of the line is not decided by the payer's answer",
            next_step="wait if the payer says it is pending, else ask the payer for this line",
            never=("send the whole claim again",),
        )


def _beside(
    claim: SentClaim, line: LineBooks, answers: Sequence[Adjudication]
) -> Sequence[tuple[Adjudication, LineShare]]:
    """The answers whose reversal is missing: of a replaced claim all that stand."""
    if claim.replaced_by:
        return books.standing(answers).get(line.line, ())
    return books.beside_newest(line.line, answers)


def _which(extra: Sequence[tuple[Adjudication, LineShare]]) -> str:
    """The answers that a reversal would take back, by the payer's number, day and payment."""
    some = [
        f"{one.payer_control or 'the answer'} of {one.date.isoformat()} (payment {one.trace})"
        for one, _ in extra
    ]
    return f"{' and '.join(some)} still {'stands' if len(some) == 1 else 'stand'} beside the newest"


def _of_charge(claim: SentClaim, answers: Sequence[Adjudication]) -> Iterator[Concern]:
    """The claim's charge as the payer shows it, where no line tells of it.

    A payer may split a claim: then its parts together have our charge.
    """
    by_payer: dict[tuple[str, str], list[Adjudication]] = {}
    for one in answers:
        if not one.is_reversal:
            by_payer.setdefault((one.payer, one.rank), []).append(one)
    for group in by_payer.values():
        charges = [one.charge for one in group if one.charge != claim.charge]
        if charges and sum(charges, ZERO) != claim.charge:
            yield Concern(
                claim=claim.control,
                line="",
                cause=f"{books.OTHER_CHARGE} {charges[-1]:.2f}, sent was {claim.charge:.2f}",
                next_step="the payer's charge is not ours: ask which claim was answered, and for "
                "a correction",
                never=("change our charge to fit",),
            )
