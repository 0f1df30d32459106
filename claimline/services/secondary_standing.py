"""Where sent claims stand with the patient's further payers: which may go, and why others wait."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline.errors import CommandError, WrongUsageError
from claimline.services import bill_input, pause
from claimline.services.payer_facts import Facts
from claimline.services.plain import money
from claimline.services.turns import Asking, Case, Kept, SentOn, kept, turns
from mapping.practice import Practice
from mapping.secondary import TURNS, Holder, faults, not_apart
from mapping.visit import Coverage
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.correction_standing import WHOLE
from reconcile.ledger import ClaimStory, Ledger, Usage
from reconcile.ledger.further import WithCoverages, with_coverages
from reconcile.next_again import Again
from reconcile.next_again import again as again_to
from reconcile.next_payer import Turn
from reconcile.values import Adjudication

Content = dict[str, Any]
STATES: Final = ("ready", "waiting", "held", "sent", "done", "nothing")


@frozen(kw_only=True)
class Standing:
    """A claim with one further coverage: may it go there?"""

    source: WithCoverages
    kept: Kept
    place: int  # of the coverage: 0 the second payer
    turn: Turn
    name: str  # of the further payer
    again: Again = field(factory=Again)  # how the claim is marked, should it go

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.turn.state not in {"sent", "done", "nothing"}


@frozen(kw_only=True)
class Which:
    """Which claims are asked for: of these families, or of these visits, or all."""

    families: frozenset[str] | None = None
    coverages: Mapping[str, tuple[Coverage, ...]] | None = field(default=None, repr=False)
    # ^ claim number -> all coverages as the visits name them now


ALL: Final = Which()


def of_visits(ledger: Ledger, names: Sequence[str], usage: Usage) -> Which:
    """The claims of the visits in these files, with the coverages that the files name.

    So a coverage that became known after the first claim was sent can be billed.

    Raises:
        CommandError: a file cannot be read.
        WrongUsageError: none of its visits was billed.
    """
    incoming = bill_input.read_all(names)
    if incoming.unreadable:
        raise CommandError("; ".join(f"{name}: {why}" for name, why in incoming.unreadable))
    visits = {visit.visit_id: visit for visit in incoming.visits}
    known = ledger.known_visits(visits, usage=usage)
    found = {
        control: visits[one.visit].coverages
        for one in known.values()
        if one.state == "billed"
        for control in one.claims
    }
    if not found:
        faults_told = "; ".join(p.message for p in incoming.problems if p.level == "error")
        raise WrongUsageError(
            f"no visit of {', '.join(names)} was billed" + (f": {faults_told}" * bool(faults_told)),
            todo="claimline bill makes the claims to the first payer",
        )
    return Which(coverages=found)


def standings(
    ledger: Ledger,
    practice: Practice,
    *,
    on: dt.date,
    usage: Usage,
    which: Which = ALL,
    again: bool = False,
) -> Iterator[Standing]:
    """Where each claim with further coverages stands, in the order of sending.

    Of a claim whose second payer has not answered, the third is not spoken of. With ``again`` as if
    the last payer that it was sent on to had neither got it nor answered.
    """
    asking = Asking(facts=Facts(ledger, practice, on), on=on, practice=practice)
    stopped = pause.paused(ledger)
    with ledger.reading() as connection:
        for source in with_coverages(
            connection, usage, families=which.families, controls=which.coverages
        ):
            if which.families is not None and source.claim.family not in which.families:
                continue
            given = kept(source.decisions)
            now = (which.coverages or {}).get(source.claim.control)
            if now is not None:
                given = Kept(coverages=now[1:], qmb=any(one.qmb for one in now))
            for one in _standings(asking, source, given, again=again):
                told = _same_first(one, now[0].payer) if now else one
                if _had_one(told):
                    told = _after_another(told, asking, ledger, usage)
                yield _not_paused(told, stopped)


def _standings(
    asking: Asking, source: WithCoverages, given: Kept, *, again: bool
) -> Iterator[Standing]:
    claim, answers = source.claim, source.adjudications
    billed = {
        (one.payer, TURNS[n]): number
        for n, one in enumerate(given.coverages[: len(TURNS) - 1], 1)
        if (number := source.billed(one.payer, _turn(given, one.payer, TURNS[n])))
    }
    if again:
        answers, billed = _without_last(source, given, billed)
    books = by_policy(claim_books(claim, answers), asking.facts.answering(claim))
    case = Case(claim=claim, books=books, answers=answers, kept=given, billed=billed)
    for place, found in enumerate(turns(asking, case)):
        name = asking.facts.named(found.payer, claim.date).name or found.payer
        standing = Standing(source=source, kept=given, place=place, turn=found, name=name)
        standing = evolve(standing, turn=_after_rejection(standing))
        yield _checked(standing, asking.practice)
        if not found.answered:
            return


def _turn(given: Kept, payer: str, rank: str) -> str:
    """The turn, where only that tells the patient's further coverages with a payer apart."""
    return rank if sum(one.payer == payer for one in given.coverages) > 1 else ""


def _sent_as(one: Standing) -> str:
    """The number of the claim that was sent on to this coverage; empty for none."""
    turn = one.turn
    return one.source.billed(turn.payer, _turn(one.kept, turn.payer, turn.rank))


def _after_rejection(one: Standing) -> Turn:
    """Held where the claim that was sent on was rejected: it is with nobody."""
    source, turn = one.source, one.turn
    billed = _sent_as(one) if turn.state == "sent" else ""
    by = source.rejected(billed)
    if not by:
        return turn
    if by in WHOLE:
        words = f"claim {billed} was refused with its file or batch: claimline resend {billed}"
    else:
        words = f"claim {billed} was rejected before anybody decided: mend what was named, then "
        words += f"claimline secondary bill {source.claim.control} --again --although ..."
    return evolve(turn, state="held", why=words, soft=False)


def _without_last(
    source: WithCoverages, given: Kept, billed: SentOn
) -> tuple[tuple[Adjudication, ...], dict[tuple[str, str], str]]:
    """Answers and claims sent on, without those of the last payer that got one."""
    further = [(one.payer, TURNS[n]) for n, one in enumerate(given.coverages[:2], 1)]
    ranks = {one.rank for one in source.adjudications}
    places = [n for n, one in enumerate(further) if billed.get(one) or one[1] in ranks]
    last = places[-1] if places else 0
    later = TURNS[last + 1 :]
    answers = tuple(one for one in source.adjudications if one.rank not in later)
    return answers, {one: billed[one] for one in further[:last] if one in billed}


def _had_one(one: Standing) -> bool:
    """Whether the payer may have got a claim of the family that this standing does not count."""
    source, turn = one.source, one.turn
    answered = any(a.rank == turn.rank for a in source.adjudications)
    return one.is_open and (source.is_corrected or answered or bool(_sent_as(one)))


def _after_another(one: Standing, asking: Asking, ledger: Ledger, usage: Usage) -> Standing:
    """The standing with what the payer got and answered before."""
    source, payer = one.source, one.turn.payer
    stories = ledger.story(source.claim.family, usage=usage)
    answers = [a for s in stories for a in s.adjudications if a.rank == one.turn.rank]
    facts = asking.facts.named(payer, source.claim.date)
    now = _sent_as(one)
    earlier = now or source.billed_before(payer, _turn(one.kept, payer, one.turn.rank))
    if source.rejected(earlier):
        earlier = ""  # it is with nobody
    if earlier and one.turn.anew and _was_told(one, stories, now):
        words = f"billed anew as claim {now}: no answer yet"
        return evolve(one, turn=evolve(one.turn, state="sent", why=words))
    turn, marks = again_to(one.turn, facts, earlier, answers)
    return evolve(one, turn=turn, again=marks)


def _was_told(one: Standing, stories: Iterable[ClaimStory], billed: str) -> bool:
    """Whether the claim that went last told the payer what the payers before decide now."""
    last = [s.sent.decisions for s in stories if billed and s.sent.claim.control == billed]
    said = json.loads(last[-1]).get("because", ()) if last and last[-1] else ()
    return set(told_of(one.turn)) <= set(said)


def told_of(turn: Turn) -> list[str]:
    """What the payers before decided, as it is kept with the claim that tells it."""
    return [
        f"{given.payer} decided on {given.date}: {given.paid:.2f} paid, {given.patient:.2f} left "
        "to the patient"
        for given in turn.decided
    ]


def _same_first(one: Standing, payer: str) -> Standing:
    """Held where the visit names another first payer than the claim was sent to."""
    if not one.is_open or payer == one.source.claim.payer:
        return one
    words = f"the visit names {payer} first now: correct the claim (claimline correct)"
    return evolve(one, turn=evolve(one.turn, state="held", why=words, soft=False))


def _not_paused(one: Standing, stopped: Mapping[str, pause.Paused]) -> Standing:
    """Waiting where it could go and its payer is paused."""
    why = stopped.get(one.turn.payer)
    if why is None or not one.is_open:
        return one
    return evolve(one, turn=evolve(one.turn, state="waiting", why=why.why, soft=False))


def _checked(standing: Standing, practice: Practice | None) -> Standing:
    """Held where the coverage lacks what a claim needs."""
    assert practice is not None
    coverage = standing.kept.coverages[standing.place]
    if not standing.is_open or coverage.payer not in practice.payers:
        return standing
    found = faults(Holder(payer=practice.payers[coverage.payer], coverage=coverage))
    why = found[0] if found else _not_apart(standing, practice)
    if not why:
        return standing
    return evolve(standing, turn=evolve(standing.turn, state="held", why=why, soft=False))


def _not_apart(standing: Standing, practice: Practice) -> str:
    """Why two of the patient's coverages could not be told apart in the claim; empty: they can."""
    coverages = standing.kept.coverages[: standing.place + 1]
    if any(one.payer not in practice.payers for one in coverages):
        return ""  # the turn before says so
    first = standing.source.claim
    holders = [Holder(payer=practice.payers[one.payer], coverage=one) for one in coverages]
    return not_apart((first.payer_id, first.member_id), holders)


def row(one: Standing) -> Content:
    """A standing as plain values; no patient in it."""
    source, turn = one.source, one.turn
    return {
        "claim": source.claim.control,
        "date": source.claim.date.isoformat(),
        "payer": source.payer_name or source.claim.payer,
        "next_payer": one.name,
        "turn": turn.rank,
        "charge": money(source.claim.charge),
        "left": money(turn.left) if turn.decided else None,
        "state": turn.state,
        "why": turn.why,
        "until": turn.until.isoformat() if turn.until else None,
        "due": turn.due.isoformat() if turn.due else None,
        "warnings": list(turn.warnings),
        "billed_as": _sent_as(one) or None,
    }
