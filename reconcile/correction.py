"""Which road a correction takes, from what the payer allows, what came back and what is to change.

A claim sent back as unprocessable is sent as a new one. An adjudicated one is corrected by a
reopening (Medicare Part B) or a replacement (payers that take frequency 7); where records are
wanted, by an appeal. The reason code alone never decides (CMS Pub. 100-04 ch. 34, 42 CFR 405.980;
N142, N517 and MA130 ask for a new claim).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve

from edi.claim import FREQUENCY_VOID
from reconcile.correction_caution import FIND_FIRST, cautions
from reconcile.correction_choice import Choice, Outcome
from reconcile.correction_deadline import NAMES as DEADLINES
from reconcile.correction_deadline import Deadline
from reconcile.correction_refuse import (
    CHECKS,
    TOO_LATE,
    UNPROCESSED_TODO,
    Road,
    is_parted,
    late,
    spares_unprocessed,
    takes_new_claim,
    takes_replacement,
    unprocessed_part,
    wants_records,
)
from reconcile.correction_rejected import after_rejection
from reconcile.correction_standing import (
    DUPLICATE,
    Answered,
    Changes,
    Standing,
    standing,
)
from reconcile.denials import refusing
from reconcile.values import Finding

__all__ = [
    "FILES",
    "FIRST",
    "ROADS",
    "Answered",
    "Choice",
    "Outcome",
    "Road",
    "Standing",
    "choose",
    "standing",
]

ROADS: Final[tuple[Road, ...]] = ("replacement", "void", "new", "reopening", "appeal", "records")
FIRST: Final = "P"  # SBR01 of the first payer
FILES: Final = frozenset({"replacement", "void", "new"})  # the others are sheets


def choose(
    given: Standing, *, on: dt.date, asked: Road | None = None, changes: Changes = None
) -> Choice:
    """The road, or why there is none now; one that is asked for is refused where it is wrong.

    Args:
        given: the claim and what came back.
        on: the day of the question.
        asked: the road a person wants; None lets policy and the answer choose.
        changes: what the corrected visit changes in the claim.
    """
    stopped = (
        _after_void(given, asked, changes, on)
        or after_rejection(given, asked, changes, on)
        or next(_stops(given, asked), None)
        or _other_payer(given, changes)
    )
    if stopped is not None:
        return stopped
    road, because = (asked, "asked for") if asked else _chosen(given, changes)
    if road is None:
        return _undecided(given, because)
    choice = _with_facts(given, Choice(outcome="go", road=road, because=because))
    wrong = next(CHECKS[road](given, changes), None) or late(given, choice.deadline, on)
    if wrong is None:
        told = cautions(given, road, changes)
        return evolve(choice, warnings=(*choice.warnings, *told))
    return evolve(
        choice,
        outcome="refused",
        because=wrong[0],
        todo=wrong[1],
        deadline=choice.deadline if wrong[0].startswith(TOO_LATE) else None,
        or_by=choice.or_by if wrong[0].startswith(TOO_LATE) else (),
        payer_claim="",
        warnings=(),
    )


def _after_void(
    given: Standing, asked: Road | None, changes: Changes, on: dt.date
) -> Choice | None:
    """A claim that was voided: its visits may be billed anew, once the payer took it back."""
    newest = given.family[-1]
    wants = asked == "new" or (asked is None and changes is not None)
    if newest.frequency != FREQUENCY_VOID or newest.control != given.claim.control or not wants:
        return None
    if given.paid:
        return Choice(
            outcome="wait",
            road="new",
            because="the claim was voided, and the payer has not taken back what it paid",
            todo="wait for the reversal: what is sent before comes back as a duplicate",
        )
    warnings: tuple[str, ...] = ()
    if not any(one.is_reversal for one in given.answers):
        words = "no answer to the void is here: ask the payer whether it is done before this goes"
        warnings = (words,)
    choice = Choice(
        outcome="go",
        road="new",
        because="the claim was voided: its visits are billed anew",
        deadline=given.due("filing"),
        warnings=warnings,
    )
    wrong = late(given, choice.deadline, on)
    if wrong is None:
        return choice
    return evolve(choice, outcome="refused", because=wrong[0], todo=wrong[1], warnings=())


def _stops(given: Standing, asked: Road | None) -> Iterator[Choice]:
    """What comes before any road: another claim of the family stands, or no answer is here."""
    own = (given.claim.control, given.claim.frequency)
    place = next(n for n, x in enumerate(given.family) if (x.control, x.frequency) == own)
    later = given.family[place + 1 :]
    if later:
        newest = later[-1]
        is_void = newest.frequency == FREQUENCY_VOID
        word = "was voided" if is_void else f"was followed by claim {newest.control}"
        anew = "nothing is left to correct; to bill the visits anew: --road new --visits FILE"
        todo = anew if is_void else f"correct {newest.control}"
        yield Choice(outcome="refused", road=asked, because=f"the claim {word}", todo=todo)
    if given.claim.payer_rank != FIRST:
        yield Choice(
            outcome="refused",
            road=asked,
            because="a claim to a further payer follows from the first payer's answer",
            todo="is the first payer's claim wrong, correct that: this one is made anew from its "
            "answer; else claimline secondary bill --again sends a mended one",
        )
    if given.claim.frequency == FREQUENCY_VOID:
        words = "this is a void: nothing of it is left to correct"
        yield Choice(outcome="refused", road=asked, because=words)
    if not given.answers:
        words = "the payer has not answered yet: what is sent now comes back as a duplicate"
        yield Choice(
            outcome="wait",
            road=asked,
            because=words,
            todo="wait for the remittance; was the claim never taken (rejected before it reached "
            "the payer), mend it and send it as an original",
        )
    if given.answers and given.newest is None:
        words = "the payer took its decision back, and the next one is not here"
        yield Choice(
            outcome="wait",
            road=asked,
            because=words,
            todo="wait for the correction; call when it does not come",
            never=("appeal before the correction", "refund before the correction"),
        )


def _other_payer(given: Standing, changes: Changes) -> Choice | None:
    """A corrected visit that names another payer: no correction, but a first claim to it."""
    found = next((one for one in changes or () if one.kind == "payer"), None)
    if found is None:
        return None
    if given.paid:
        return Choice(
            outcome="refused",
            because=f"the visit names another payer now, but {given.name} has paid this claim",
            todo="void it first (--road void), or return the money as that payer wants it",
        )
    return Choice(
        outcome="go",
        road="new",
        because=f"the visit names another payer now, and {given.name} paid nothing",
        warnings=("the new payer's limit for a first claim counts from the day of service",),
    )


def _chosen(given: Standing, changes: Changes) -> tuple[Road | None, str]:
    """The road that policy and the answer choose, and why; without one, why not."""
    if given.unprocessable and not given.paid:
        words = "the payer could not process the claim and wants a new one"
        return "new", f"{given.unprocessable}: {words}"
    if is_parted(given) and not spares_unprocessed(given, changes):
        return None, unprocessed_part(given)
    findings = [one.finding for one in given.worked if one.finding is not None]
    kinds = {found.road for found in findings}
    if is_duplicate(findings):
        return None, "the claim came back as a duplicate: the first one has the answer"
    if findings and kinds == {"filing"} and not given.paid:
        return "new", f"{_said(given)}: the payer decided nothing and wants a new claim"
    if changes:
        return _clerical(given), "the payer has decided it, and the visit was corrected"
    return _by_kind(given, kinds, findings)


def _by_kind(
    given: Standing, kinds: set[str], findings: Sequence[Finding]
) -> tuple[Road | None, str]:
    """The road that the next steps of all denied lines agree on."""
    if wants_records(given):
        words = "the payer wants records: send what its letter names, by the letter's date"
        return "records", f"{_said(given)}: {words}"
    if kinds == {"appeal"}:
        return "appeal", f"{_said(given)}: decided by the payer, records are needed"
    if findings and kinds <= {"corrected", "reopening"}:
        return _clerical(given), f"{_said(given)}: decided by the payer, a fault of the claim"
    if len(kinds - {""}) > 1:
        return None, "its lines need different roads: " + _roads(given)
    return None, _causes(findings) or "no line is denied or cut"


def _causes(findings: Iterable[Finding]) -> str:
    """What the payer decided, each cause once."""
    return "; ".join(dict.fromkeys(found.cause for found in findings))


def _clerical(given: Standing) -> Road:
    """How this payer takes a clerical fault of an adjudicated claim."""
    if not takes_replacement(given) and takes_new_claim(given):
        return "new"
    return "replacement" if takes_replacement(given) else "reopening"


def _said(given: Standing) -> str:
    """The refusing codes of the denied lines with their remarks: CO-97 N20."""
    said: dict[str, None] = {}
    for one in given.worked:
        share = one.books.current
        if share is not None:
            found = refusing(share, given.remarks)
            said.update(dict.fromkeys(f"{a.group}-{a.reason}" for a in found))
            said.update(dict.fromkeys(share.remarks))
    return " ".join(said) or "the answer"


def _roads(given: Standing) -> str:
    """Each denied line with its own next step."""
    return "; ".join(
        f"line {one.line.number} {one.line.code}: {one.finding.next_step}"
        for one in given.worked
        if one.finding is not None
    )


ANYWAY: Final = "to change it all the same, give the corrected visit: --visits FILE"


def is_duplicate(findings: Iterable[Finding]) -> bool:
    """Whether all that is refused came back as a duplicate."""
    return {found.category for found in findings} == {DUPLICATE}


def _undecided(given: Standing, because: str) -> Choice:
    """No road is chosen: there is nothing to correct, or a person must say which."""
    findings = [one.finding for one in given.worked if one.finding is not None]
    several = len({found.road for found in findings} - {""}) > 1
    if is_parted(given):
        return Choice(outcome="ask", because=because, todo=UNPROCESSED_TODO, never=_never(findings))
    todo = f"say which: --road {' or '.join(ROADS)}" if several else ""
    if not findings:
        looks = [one.finding.next_step for one in given.lines if one.finding is not None]
        todo = "; ".join(dict.fromkeys(looks)) or ANYWAY
    elif not several and not is_duplicate(findings):
        todo = "; ".join(dict.fromkeys(found.next_step for found in findings))
    elif not several:
        todo = FIND_FIRST
    outcome: Outcome = "ask" if several else "nothing"
    return Choice(
        outcome=outcome,
        because=because,
        todo=todo,
        never=_never(findings),
        or_by=_dues(given, findings) if several else _after_call(given, findings),
    )


def _after_call(given: Standing, findings: Iterable[Finding]) -> tuple[Deadline, ...]:
    """By when what comes after a call, or a late authorization, is due: neither stops the clock."""
    named = {found.deadline_for for found in findings if not found.road}
    dues = (given.due(kind) for kind, name in DEADLINES.items() if name in named)
    return tuple(due for due in dues if due is not None)


def _dues(given: Standing, findings: Iterable[Finding], without: str = "") -> tuple[Deadline, ...]:
    """The deadlines of all roads that the next steps name, the nearest first."""
    kinds = {kind for found in findings for kind in (found.road, found.or_road)} - {without, ""}
    dues = (given.due(kind) for kind in sorted(kinds))
    return tuple(sorted((due for due in dues if due is not None), key=lambda due: due.day))


def _never(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What must not be done, each once."""
    return tuple(dict.fromkeys(text for found in findings for text in found.never))


_DEADLINES: Final = {
    "new": "filing",
    "reopening": "reopening",
    "appeal": "appeal",
    "replacement": "corrected",
}


def _with_facts(given: Standing, choice: Choice) -> Choice:
    """The choice with its deadline, the payer's number, and what never to do."""
    findings = [one.finding for one in given.worked if one.finding is not None]
    kind = _DEADLINES.get(choice.road or "", "")
    due = given.due(kind) if kind else None
    unsaid = f"the policy of {given.name} names no deadline for this: ask before you wait"
    return evolve(
        choice,
        deadline=due,
        payer_claim="" if choice.road == "new" else given.payer_claim,
        never=_never(findings),
        warnings=(unsaid,) if kind and due is None else (),
        or_by=_dues(given, findings, kind) if kind else (),
    )
