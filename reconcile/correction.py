"""Which road a correction takes, from what the payer allows, what came back and what is to change.

A claim sent back as unprocessable is sent as a new one. An adjudicated one is corrected by a
reopening (Medicare Part B) or a replacement (payers that take frequency 7); where records are
wanted, by an appeal. The reason code alone never decides (CMS Pub. 100-04 ch. 34, 42 CFR 405.980;
N142, N517 and MA130 ask for a new claim).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from attrs import evolve, frozen

from edi.claim import FREQUENCY_VOID
from reconcile.books import NEVER_POSTED, claim_books
from reconcile.correction_compare import Difference
from reconcile.correction_deadline import PART_B, Deadline, deadline
from reconcile.denials import finding
from reconcile.values import (
    Adjudication,
    Finding,
    LineBooks,
    Neighbour,
    PayerFacts,
    SentClaim,
    SentLine,
)

Road = Literal["replacement", "void", "new", "reopening", "appeal"]
Outcome = Literal["go", "wait", "nothing", "ask", "refused"]
ROADS: Final[tuple[Road, ...]] = ("replacement", "void", "new", "reopening", "appeal")
FIRST: Final = "P"  # SBR01 of the first payer
FILES: Final = frozenset({"replacement", "void", "new"})  # the others are sheets
UNPROCESSABLE: Final = frozenset({"MA130", "N142", "N517"})
WORKED: Final = frozenset({"denied", "reduced"})
TOO_LATE: Final = "too late"
DUPLICATE: Final = "duplicate"
RECORDS: Final = "records"
FORGOTTEN: Final = (
    "a line that was forgotten or not split cannot be brought in afterwards: call the payer before "
    "anything is sent, and never send it as a new claim"
)
OWN_WORDS: Final = {  # why a reopening cannot take a change (42 CFR 405.980; CMS 100-04 ch. 34)
    "line added": "a reopening cannot add a line",
    "line removed": "a reopening cannot remove a line",
    "billing provider": "a reopening cannot change the billing provider",
    "year": "a reopening cannot change the year of service",
    "payer": "a reopening cannot change the payer",
}


@frozen(kw_only=True)
class Answered:
    """A line with where it stands and, where it was denied or cut, what that means."""

    line: SentLine
    books: LineBooks
    finding: Finding | None


@frozen(kw_only=True)
class Standing:
    """A claim to be corrected and all that decides how."""

    claim: SentClaim
    family: tuple[SentClaim, ...]  # to the same payer, in the order of sending; the claim too
    answers: tuple[Adjudication, ...]  # its payer's decisions, oldest first
    lines: tuple[Answered, ...]
    facts: PayerFacts

    @property
    def newest(self) -> Adjudication | None:
        """The payer's newest decision that was not taken back."""
        decided = [a.books.decided_by for a in self.lines if a.books.decided_by is not None]
        return max(decided, key=_age, default=None)

    @property
    def payer_claim(self) -> str:
        """The payer's newest number of the claim (CLP07)."""
        numbers = [a.payer_control for a in self.answers if a.payer_control and not a.is_reversal]
        return numbers[-1] if numbers else ""

    @property
    def worked(self) -> tuple[Answered, ...]:
        """The lines that were denied or cut."""
        return tuple(one for one in self.lines if one.books.status in WORKED)

    @property
    def remarks(self) -> frozenset[str]:
        """Every remark of the newest decision, of the claim (MOA) and of its lines (LQ)."""
        if self.newest is None:
            return frozenset()
        return frozenset((*self.newest.remarks, *(r for x in self.newest.lines for r in x.remarks)))

    @property
    def paid(self) -> bool:
        """Whether any line was paid anything."""
        return any(one.books.paid for one in self.lines)

    @property
    def unprocessable(self) -> str:
        """The remark that sends the claim back unprocessed; empty where none does."""
        return next(iter(sorted(UNPROCESSABLE & self.remarks)), "")

    def due(self, kind: str) -> Deadline | None:
        """A deadline of this payer for this claim; a reopening's counts from the first decision."""
        decided = [a for a in self.answers if not a.is_reversal]
        if not decided and kind != "filing":
            return None
        counted = decided[0] if kind == "reopening" else decided[-1] if decided else None
        day = counted.date if counted is not None else self.claim.date
        return deadline(kind, self.facts, decided=day, service=self.claim.date)


@frozen(kw_only=True)
class Choice:
    """What is to be done. Only of ``outcome`` "go" something is made."""

    outcome: Outcome
    road: Road | None = None  # chosen, or asked for and refused
    because: str  # in words for a biller
    todo: str = ""  # what to do instead
    deadline: Deadline | None = None
    payer_claim: str = ""  # for REF*F8 and the sheets
    never: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Changes = Sequence[Difference] | None  # None: nobody has said what is to change


def standing(
    claim: SentClaim,
    adjudications: Sequence[Adjudication],
    facts: PayerFacts,
    *,
    family: Sequence[SentClaim],
    neighbours: Sequence[SentLine | Neighbour] = (),
    on: dt.date,
) -> Standing:
    """Gather what decides.

    Args:
        claim: to be corrected.
        adjudications: all that came for it.
        facts: what its payer allows.
        family: its family's claims to the same payer, in the order of sending, with the claim.
        neighbours: other lines of the patient and day.
        on: the day of the question.
    """
    own = sorted(
        (a for a in adjudications if a.rank == claim.payer_rank and a.status not in NEVER_POSTED),
        key=_age,
    )
    lines = {line.control: line for line in claim.lines}
    told = []
    for books in claim_books(claim, own):
        line = lines[books.line]
        found = None
        if books.status in WORKED:
            found = finding(line, claim, books, neighbours, facts, on)
        told.append(Answered(line=line, books=books, finding=found))
    return Standing(
        claim=claim, family=tuple(family), answers=tuple(own), lines=tuple(told), facts=facts
    )


def _age(given: Adjudication) -> tuple[dt.date, str, int, str]:
    return (given.date, given.trace, given.position, given.id)


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
    stopped = next(_stops(given, asked), None) or _other_payer(given, changes)
    if stopped is not None:
        return stopped
    road, because = (asked, "asked for") if asked else _chosen(given, changes)
    if road is None:
        return _undecided(given, because)
    choice = _with_facts(given, Choice(outcome="go", road=road, because=because))
    wrong = next(_CHECKS[road](given, changes), None) or _late(given, choice, on)
    if wrong is None:
        return choice
    return evolve(
        choice,
        outcome="refused",
        because=wrong[0],
        todo=wrong[1],
        deadline=choice.deadline if wrong[0].startswith(TOO_LATE) else None,
        payer_claim="",
        warnings=(),
    )


def _stops(given: Standing, asked: Road | None) -> Iterator[Choice]:
    """What comes before any road: another claim of the family stands, or no answer is here."""
    own = (given.claim.control, given.claim.frequency)
    place = next(n for n, x in enumerate(given.family) if (x.control, x.frequency) == own)
    later = given.family[place + 1 :]
    if later:
        newest = later[-1]
        is_void = newest.frequency == FREQUENCY_VOID
        word = "was voided" if is_void else f"was followed by claim {newest.control}"
        todo = "nothing is left to correct" if is_void else f"correct {newest.control}"
        yield Choice(outcome="refused", road=asked, because=f"the claim {word}", todo=todo)
    if given.claim.payer_rank != FIRST:
        yield Choice(
            outcome="refused",
            road=asked,
            because="a claim to a further payer follows from the first payer's answer",
            todo="correct the first payer's claim; the further one is made anew from its answer",
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
            because=f"the visit names another payer now, but {_name(given)} has paid this claim",
            todo="void it first (--road void), or return the money as that payer wants it",
        )
    return Choice(
        outcome="go",
        road="new",
        because=f"the visit names another payer now, and {_name(given)} paid nothing",
        warnings=("the new payer's limit for a first claim counts from the day of service",),
    )


def _chosen(given: Standing, changes: Changes) -> tuple[Road | None, str]:
    """The road that policy and the answer choose, and why; without one, why not."""
    if given.unprocessable and not given.paid:
        words = "the payer could not process the claim and wants a new one"
        return "new", f"{given.unprocessable}: {words}"
    findings = [one.finding for one in given.worked if one.finding is not None]
    kinds = {found.road for found in findings}
    if findings and {found.category for found in findings} == {DUPLICATE}:
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
    if kinds == {"appeal"}:
        return "appeal", f"{_said(given)}: decided by the payer, records are needed"
    if findings and kinds <= {"corrected", "reopening"}:
        return _clerical(given), f"{_said(given)}: decided by the payer, a fault of the claim"
    if len(kinds - {""}) > 1:
        return None, "its lines need different roads: " + _roads(given)
    return None, findings[0].next_step if findings else "no line is denied or cut"


def _clerical(given: Standing) -> Road:
    """How this payer takes a clerical fault of an adjudicated claim."""
    if given.facts.family == PART_B or given.facts.takes_replacement is False:
        return "reopening"
    return "replacement"


def _said(given: Standing) -> str:
    """The refusing codes of the denied lines: CO-97 N20."""
    said: dict[str, None] = {}
    for one in given.worked:
        share = one.books.current
        for each in share.adjustments if share is not None else ():
            if each.reason not in {"45", "253", "1", "2", "3", "23"}:
                said[f"{each.group}-{each.reason}"] = None
        said.update(dict.fromkeys(share.remarks if share is not None else ()))
    return " ".join(said) or "the answer"


def _roads(given: Standing) -> str:
    """Each denied line with its own next step."""
    return "; ".join(
        f"line {one.line.number} {one.line.code}: {one.finding.next_step}"
        for one in given.worked
        if one.finding is not None
    )


def _undecided(given: Standing, because: str) -> Choice:
    """No road is chosen: there is nothing to correct, or a person must say which."""
    findings = [one.finding for one in given.worked if one.finding is not None]
    several = len({found.road for found in findings} - {""}) > 1
    todo = f"say which: --road {' or '.join(ROADS)}" if several else ""
    if not findings:
        todo = "to change it all the same, give the corrected visit: --visits FILE"
    never = tuple(dict.fromkeys(text for found in findings for text in found.never))
    return Choice(outcome="ask" if several else "nothing", because=because, todo=todo, never=never)


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
    unsaid = f"the policy of {_name(given)} names no deadline for this: ask before you wait"
    return evolve(
        choice,
        deadline=due,
        payer_claim="" if choice.road == "new" else given.payer_claim,
        never=tuple(dict.fromkeys(text for found in findings for text in found.never)),
        warnings=(unsaid,) if kind and due is None else (),
    )


def _name(given: Standing) -> str:
    return given.facts.name or given.facts.key


Wrong = tuple[str, str]  # why, and what to do instead
Check = Callable[[Standing, Changes], Iterator[Wrong]]


def _new(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """A new claim is for what was never adjudicated."""
    remark, findings = given.unprocessable, [one.finding for one in given.worked]
    by_table = bool(findings) and all(found and found.road == "filing" for found in findings)
    if not (remark or by_table) or given.paid:
        paid = "paid" if given.paid else "decided"
        yield (
            f"the payer {paid} this claim: a new one comes back as a duplicate",
            _instead(given),
        )
    if changes is not None and not changes and given.claim.frequency == "1":
        yield (
            "the corrected visit makes the same claim again: it comes back for the same reason",
            "mend what the payer named, in the visit or in the practice file",
        )


def _replacement(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """Frequency 7 goes to payers that take it, with their number, for what they adjudicated."""
    yield from _frequency(given, "replacement claims (frequency 7)", given.facts.takes_replacement)
    if {DUPLICATE} == {one.finding.category for one in given.worked if one.finding}:
        yield ("the claim came back as a duplicate", "work the answer of the first claim")
    if any(one.finding and one.finding.category == RECORDS for one in given.worked):
        yield (
            "the payer wants records: a replacement starts the clock again and makes a duplicate",
            "send what its letter names, by the channel it names",
        )
    if changes is not None and not changes:
        yield (
            "the corrected visit makes the same claim again: a replacement would change nothing",
            "mend the visit or the practice file, or appeal: --road appeal",
        )


def _void(given: Standing, _changes: Changes) -> Iterator[Wrong]:
    """Frequency 8 likewise."""
    yield from _frequency(given, "void claims (frequency 8)", given.facts.takes_void)


def _frequency(given: Standing, what: str, taken: bool | None) -> Iterator[Wrong]:
    """What frequencies 7 and 8 have in common."""
    if given.facts.family == PART_B:
        yield ("Medicare Part B takes no frequency 7 or 8", _instead(given))
    if taken is None:
        key = "takes_void" if "void" in what else "takes_replacement"
        yield (
            f"nobody has said whether {_name(given)} takes {what}",
            f"ask the payer and write {key} = true or false into its policy",
        )
    if taken is False:
        yield (f"{_name(given)} takes no {what}", _instead(given))
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: the payer processed nothing and wants a new claim"
        yield (words, "send a new claim: --road new")
    if not given.payer_claim:
        yield (
            "the payer's own claim number (CLP07) is not here: nobody can tell it which is meant",
            "receive the remittance that has it, or ask the payer",
        )


def _reopening(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """A clerical fault of an adjudicated Part B claim; lines, billing provider, year stay."""
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: the payer processed nothing that could be reopened"
        yield (words, "send a new claim: --road new")
    if given.facts.reopening_days is None and given.facts.family != PART_B:
        yield (
            f"the policy of {_name(given)} knows no reopening",
            "write reopening_days into its policy if it takes them, or send a replacement",
        )
    found = [one for one in changes or () if one.kind in OWN_WORDS]
    if found:
        what = "; ".join(dict.fromkeys(f"{OWN_WORDS[x.kind]} ({x.place})" for x in found))
        yield (
            what,
            FORGOTTEN,
        )
    if changes is not None and not changes:
        yield ("the corrected visit makes the same claim again", "appeal: --road appeal")


def _appeal(given: Standing, _changes: Changes) -> Iterator[Wrong]:
    """A decision that records can change."""
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: there is no decision to appeal"
        yield (words, "send a new claim: --road new")
    if not given.worked:
        yield ("no line is denied or cut: there is nothing to appeal", "")


_CHECKS: Final[dict[Road, Check]] = {
    "new": _new,
    "replacement": _replacement,
    "void": _void,
    "reopening": _reopening,
    "appeal": _appeal,
}


def _instead(given: Standing) -> str:
    """The right road in place of a wrong one."""
    if given.unprocessable and not given.paid:
        return "send a new claim: --road new"
    if given.facts.family == PART_B:
        return "ask for a reopening (--road reopening), or appeal with records (--road appeal)"
    if given.facts.takes_replacement:
        return "send a replacement: --road replacement"
    return "appeal (--road appeal), or ask the payer how it takes corrections"


def _late(given: Standing, choice: Choice, on: dt.date) -> Wrong | None:
    """Whether the payer's last day is over."""
    due = choice.deadline
    if due is None or on <= due.last:
        return None
    return (
        f"{TOO_LATE}: the last day for a {due.name} was {due.last} ({due.source})",
        "write it off, or ask the payer for good cause; never bill the patient for it"
        if given.facts.family == PART_B
        else "read the contract again: if it allows more days, mend the payer's policy",
    )
