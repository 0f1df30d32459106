"""Whose turn it is: may a claim go to the patient's next payer, and if not, why and until when.

Pure: from the claim as sent, its answers, and what is known of the next payer (``PayerFacts``) and
the patient's coverage there. Sources: 835 TR3 (CLP02 19 to 21, MOA and remark codes MA18, N89,
MA07, MA19), QMB remarks N781 to N783; deadlines and waits are the practice's to say.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Literal

from attrs import evolve, field, frozen

from edi.codes import refusal
from reconcile import books as flags
from reconcile.buckets import QMB_REMARKS, is_duplicate
from reconcile.decided import Decided, decided, unsure
from reconcile.values import ZERO, Adjudication, LineBooks, PayerFacts, SentClaim

State = Literal["ready", "waiting", "held", "nothing", "sent", "done"]
NOT_FORWARDED: Final = "MA19"
_TURNS: Final = ("P", "S", "T")
_DOUBT: Final = (  # flags of the books under which nobody knows what the payer decided
    flags.NO_REVERSAL,
    flags.NO_ORIGINAL,
    flags.POSITIVE_ALONE,
    flags.PAID_TWICE,
    flags.OTHER_CHARGE,
    "not explained",
)
_WHICH: Final = (
    "it answered as a later payer, and the patient has two coverages there: ask which one it meant"
)
_TAKEN_BACK: Final = "the payer before took its decision back: wait for the next one"
_HELD_TO: Final = frozenset({"CO", "OA", "PI"})  # a refusal under PR is the patient's: it goes on


@frozen(kw_only=True)
class NextCoverage:
    """A further coverage of the patient, as far as the turn depends on it."""

    payer: str  # key in the practice file
    known: bool = True  # the practice file has the payer
    forwarded_here: bool | None = None  # the payer before forwards its claims; None: not known
    insurance_type: str = ""  # SBR05: why Medicare is second
    first_day: dt.date | None = field(default=None, repr=False)
    last_day: dt.date | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Turn:
    """Where a claim stands with one further coverage."""

    state: State
    why: str
    payer: str  # key of the further payer
    rank: str  # S or T
    left: Decimal = ZERO  # what the payer before left to the patient
    until: dt.date | None = None  # waiting: the last day of the wait
    due: dt.date | None = None  # last day to file
    warnings: tuple[str, ...] = ()
    answered: bool = False  # done: by the payer's own answer
    anew: bool = False  # a payer before decided anew after this one had answered
    soft: bool = False  # held or waiting for a reason that a person may set aside
    decided: tuple[Decided, ...] = ()  # of the payers before, first to last; where all have


def turn(
    claim: SentClaim,
    books: Sequence[LineBooks],
    answers: Sequence[Adjudication],
    coverages: Sequence[NextCoverage],
    facts: Callable[[str], PayerFacts],
    *,
    place: int,
    billed: str,
    qmb: bool,
    on: dt.date,
) -> Turn:
    """Where the claim stands with its further coverage number ``place`` (0: the second payer).

    Args:
        claim: the claim to the first payer.
        books: of its lines.
        answers: all that came back for it, of any payer.
        coverages: the patient's further coverages, in order.
        facts: what a payer, by its key, allows.
        place: which of them.
        billed: number of the claim that was sent to it already; empty for none.
        qmb: a coverage says that the patient is a QMB.
        on: the day of the question.
    """
    coverage = coverages[place]
    at = Turn(state="held", why="", payer=coverage.payer, rank=_TURNS[place + 1])
    before = _before(claim, answers, coverages, place)
    if not isinstance(before, str):
        at = evolve(at, decided=before, left=before[-1].patient)
    own = _answer(claim, answers, coverages, place)
    unclear = own is not None and _is_unclear(claim, coverages, place, before)
    if unclear:
        own = None
    answer = f"answered on {own.date}: {own.paid:.2f} paid" if own else ""
    opened = _opened(books, own, before) if own else ""
    if opened == flags.TAKEN_BACK:
        return evolve(at, state="waiting", why=f"{_TAKEN_BACK}: {answer} before that")
    if answer and not opened:
        return evolve(at, state="done", why=answer, answered=True)
    if billed and not opened:
        return evolve(at, state="sent", why=f"billed as claim {billed}: no answer yet")
    if isinstance(before, str):
        words = f"{_name(facts(before))} has not decided every line"
        return evolve(at, state="waiting", why=f"{words}; {_WHICH}" if unclear else words)
    at = evolve(at, anew=bool(opened))
    case = _Case(
        claim=claim, books=books, coverage=coverage, facts=facts(coverage.payer),
        last=before[-1], last_name=_name(facts(_key(before[-1], claim))),
        qmb=qmb or _says_qmb(answers), on=on,
    )  # fmt: skip
    for rule in _RULES:
        found = rule(case, at)
        if found is not None:
            return found
    due = case.due
    why = f"{case.last_name} decided anew; {case.name} {answer} before that" if opened else ""
    return evolve(at, state="ready", why=why or _ready(case), due=due, warnings=_warnings(case))


@frozen(kw_only=True)
class _Case:
    """What the rules look at."""

    claim: SentClaim
    books: Sequence[LineBooks]
    coverage: NextCoverage
    facts: PayerFacts
    last: Decided  # of the payer before
    last_name: str
    qmb: bool
    on: dt.date

    @property
    def name(self) -> str:
        """The next payer as a person calls it."""
        return _name(self.facts)

    @property
    def due(self) -> dt.date | None:
        """The last day to file with the next payer, where its policy says one."""
        days = self.facts.secondary_filing_days
        if days is None:
            return None
        by_service = self.facts.secondary_filing_from == "day of service"
        start = self.claim.date if by_service else self.last.date
        return start + dt.timedelta(days=days)

    @property
    def wait_ends(self) -> dt.date | None:
        """The last day of the wait for a forwarded claim; None where nobody says how long."""
        days = self.facts.crossover_wait_days
        return None if days is None else working_day(self.last.date, days)


def working_day(start: dt.date, days: int) -> dt.date:
    """The day that many working days (Monday to Friday; holidays are not known) after a day."""
    weeks, rest = divmod(days, 5)
    friday = start - dt.timedelta(days=max(start.weekday() - 4, 0))  # from a weekend: its Friday
    day = friday + dt.timedelta(weeks=weeks)
    for _ in range(rest):
        day += dt.timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def _name(facts: PayerFacts) -> str:
    """The payer as a person calls it."""
    return facts.name or facts.key


def _key(given: Decided, claim: SentClaim) -> str:
    """The key of a payer that may have named itself by its id."""
    return claim.payer if given.payer in {claim.payer, claim.payer_id} else given.payer


def _repeated(claim: SentClaim, coverages: Sequence[NextCoverage], payer: str) -> bool:
    """Whether the patient has two coverages with that payer: spouses at one carrier."""
    return (claim.payer, *(one.payer for one in coverages)).count(payer) > 1


def _is_unclear(
    claim: SentClaim,
    coverages: Sequence[NextCoverage],
    place: int,
    before: tuple[Decided, ...] | str,
) -> bool:
    """Whether a payer with two of the patient's coverages answered as later one, not as first.

    Nobody knows then which coverage it decided.
    """
    return isinstance(before, str) and _repeated(claim, coverages, coverages[place].payer)


def _of_payer(
    claim: SentClaim,
    answers: Sequence[Adjudication],
    rank: str,
    payer: str,
    *,
    repeated: bool,
) -> list[Adjudication]:
    """The answers in one turn; a payer that names itself by its key is told by that.

    Of a payer in two turns the turn alone tells (CLP02, or the claim that was answered).
    """
    if repeated:
        return [a for a in answers if a.rank == rank]
    if rank == "P":
        return [a for a in answers if a.payer in {claim.payer, claim.payer_id} or a.rank == "P"]
    return [a for a in answers if a.payer == payer or a.rank == rank]


def _answer(
    claim: SentClaim,
    answers: Sequence[Adjudication],
    coverages: Sequence[NextCoverage],
    place: int,
) -> Adjudication | None:
    """The payer's newest answer; None where it has not answered."""
    payer = coverages[place].payer
    repeated = _repeated(claim, coverages, payer)
    own = _of_payer(claim, answers, _TURNS[place + 1], payer, repeated=repeated)
    own = [a for a in own if a.payer not in {claim.payer, claim.payer_id} or a.rank != "P"]
    return max(own, key=lambda a: (a.date, a.trace, a.position), default=None)


def _opened(
    books: Sequence[LineBooks], own: Adjudication, before: tuple[Decided, ...] | str
) -> str:
    """The flag by which the payer's answer does not stand any more; empty where it does."""
    said = unsure(books, (flags.STALE, flags.TAKEN_BACK))
    if isinstance(before, str):
        return flags.TAKEN_BACK if flags.TAKEN_BACK in said else ""
    return next(iter(said), "") if any(own.date < one.date for one in before) else ""


def _before(
    claim: SentClaim,
    answers: Sequence[Adjudication],
    coverages: Sequence[NextCoverage],
    place: int,
) -> tuple[Decided, ...] | str:
    """What the payers before decided, or the key of the one that has not decided yet."""
    payers = [claim.payer, *(one.payer for one in coverages[:place])]
    found: list[Decided] = []
    for rank, payer in zip(_TURNS, payers, strict=False):
        repeated = _repeated(claim, coverages, payer)
        own = _of_payer(claim, answers, rank, payer, repeated=repeated)
        own = [a for a in own if a not in _later(answers, rank)]
        stands = decided(claim, own)
        if stands is None:
            return payer
        found.append(stands)
    return tuple(found)


def _later(answers: Sequence[Adjudication], rank: str) -> list[Adjudication]:
    """Answers given in a later turn than this one."""
    return [a for a in answers if _TURNS.index(a.rank) > _TURNS.index(rank)]


def _says_qmb(answers: Sequence[Adjudication]) -> bool:
    return any(
        not QMB_REMARKS.isdisjoint((*a.remarks, *(r for s in a.lines for r in s.remarks)))
        for a in answers
    )


# --- rules: each says where the claim stands, or nothing -------------------------------------


def _in_doubt(case: _Case, at: Turn) -> Turn | None:
    doubts = unsure(case.books, _DOUBT)
    if not doubts:
        return None
    return evolve(at, why=f"the answers do not fit together yet: {doubts[0]}")


def _refused(case: _Case, at: Turn) -> Turn | None:
    """A refusal under CO, OA or PI is settled with the payer that refused, not passed on."""
    for books in case.books:
        share, answer = books.current, books.decided_by
        if share is None or answer is None or is_duplicate(answer, share):
            continue
        remarks = frozenset((*share.remarks, *answer.remarks))
        for a in share.adjustments:
            if share.bundled_into and a.reason == "97":
                continue  # moved to the line that was paid in its place
            said = refusal(a.group, a.reason, remarks=remarks, paid=bool(share.paid))
            if a.group in _HELD_TO and a.amount > ZERO and said in {"yes", "unknown"}:
                words = f"line {share.number} was refused by {case.last_name}"
                todo = "settle that first (claimline denials says how)"
                return evolve(at, why=f"{words}: {a.group}-{a.reason}; {todo}", soft=True)
    return None


def _unknown_payer(case: _Case, at: Turn) -> Turn | None:
    if case.coverage.known:
        return None
    return evolve(at, why=f"payer {case.coverage.payer} is not in the practice file")


def _not_covered(case: _Case, at: Turn) -> Turn | None:
    first, last = case.coverage.first_day, case.coverage.last_day
    day = case.claim.date
    if (first and day < first) or (last and case.claim.until > last):
        return evolve(at, why=f"the coverage with {case.name} is not good for the day of service")
    return None


def _qmb(case: _Case, at: Turn) -> Turn | None:
    """Medicaid of a QMB: as its policy says; nobody may be billed by guess."""
    if not case.qmb or case.facts.family != "medicaid":
        return None
    says = case.facts.qmb_billing
    if says == "bill":
        return None
    if says == "never":
        words = f"QMB: {case.name} takes no claim; the patient owes nothing"
        return evolve(at, state="nothing", why=words)
    if says == "forwarded":
        words = f"QMB: forwarded to {case.name} by the payer before; wait for its answer"
        return evolve(at, state="waiting", why=words, soft=True)
    words = f"QMB: nobody says whether {case.name} is billed: set qmb_billing in its policy"
    return evolve(at, why=words)


def _nothing_left(case: _Case, at: Turn) -> Turn | None:
    if case.last.patient > ZERO:
        return None
    words = f"{case.last_name} left nothing to the patient"
    if at.anew:
        told = f"{case.name} answered before that: tell it of the new decision"
        return evolve(at, why=f"{words}; {told}", soft=True)
    return evolve(at, state="nothing", why=words)


def _forwarded(case: _Case, at: Turn) -> Turn | None:
    """While the payer before has forwarded the claim, ours would come back as a duplicate."""
    last = case.last
    if not _is_forwarded(case):
        return None
    how = f"forwarded by {case.last_name} on {last.date}"
    if not last.forwarded:
        how = f"{case.last_name} usually forwards here (answered on {last.date})"
    until = case.wait_ends
    if until is None:
        words = f"{how}; nobody says how long to wait: set crossover_wait_days of {case.name}"
        if not case.facts.name:  # never billed from here, and no practice file was given
            words = f"{how}: wait for {case.name}; --practice FILE says how long"
        return evolve(at, why=words, soft=True)
    if case.on > until:
        return None
    days = case.facts.crossover_wait_days
    words = f"{how}: wait for {case.name}, {days} working days, until {until}"
    return evolve(at, state="waiting", why=words, until=until, soft=True)


def _is_forwarded(case: _Case) -> bool:
    """Whether the payer before has passed the claim on, or is known to do so."""
    usual = case.coverage.forwarded_here is True and NOT_FORWARDED not in case.last.remarks
    return case.last.forwarded or usual


def _msp(case: _Case, at: Turn) -> Turn | None:
    """Medicare second needs the reason in SBR05."""
    if case.facts.family != "medicare-b" or case.coverage.insurance_type:
        return None
    words = "Medicare is second only for a reason: give insurance_type (SBR05) with the coverage"
    return evolve(at, why=words)


def _late(case: _Case, at: Turn) -> Turn | None:
    due = case.due
    if due is None or case.on <= due:
        return None
    days = f"{case.facts.secondary_filing_days} days from the {_start(case.facts)}"
    words = f"too late for {case.name}: {days} ended on {due}"
    return evolve(at, why=words, due=due, soft=True)


def _start(facts: PayerFacts) -> str:
    return facts.secondary_filing_from


def _ready(case: _Case) -> str:
    if _is_forwarded(case):
        return f"{case.last_name} answered on {case.last.date}, the wait for {case.name} is over"
    if NOT_FORWARDED in case.last.remarks:
        return f"{case.last_name} has answered and did not forward it (MA19)"
    return f"{case.last_name} has answered"


def _warnings(case: _Case) -> tuple[str, ...]:
    """Ready all the same, but a person should know."""
    last = case.last
    if _is_forwarded(case):
        days = case.facts.crossover_wait_days
        how = "forwarded" if last.forwarded else "usually forwarded; decided"
        words = f"{how} on {last.date}, no answer in {days} working days: ask before billing"
        return (words,)
    return ()


_RULES: Final[tuple[Callable[[_Case, Turn], Turn | None], ...]] = (
    _in_doubt,
    _unknown_payer,
    _not_covered,
    _qmb,
    _refused,
    _nothing_left,
    _forwarded,
    _msp,
    _late,
)
