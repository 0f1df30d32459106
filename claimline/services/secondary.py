"""Claims to the next payer: which may go, and the claims themselves."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline.errors import CommandError, WrongUsageError
from claimline.services import bill_input, pause
from claimline.services.outgoing import (
    Gone,
    Outgoing,
    OutgoingRequest,
    OutgoingResult,
    PatientRow,
    family_of,
    send,
)
from claimline.services.payer_facts import Facts
from claimline.services.plain import money
from claimline.services.sent_claims import load_all
from claimline.services.turns import Asking, Case, Kept, kept, turns
from edi.claim import Claim, Reference
from edi.problem import Problem
from mapping.practice import Practice
from mapping.secondary import TURNS, Holder, Prior, faults, next_claim
from mapping.visit import Coverage
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.correction_standing import WHOLE
from reconcile.decided import Decided
from reconcile.ledger import ClaimStory, Decision, Ledger, Usage, Writer
from reconcile.ledger.further import WithCoverages, with_coverages
from reconcile.next_again import Again
from reconcile.next_again import again as again_to
from reconcile.next_payer import Turn
from reconcile.values import Adjudication

Content = dict[str, Any]
STATES: Final = ("ready", "waiting", "held", "sent", "done", "nothing")
OVERRIDE: Final = "secondary although"  # kind of the decision


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
    billed = {one.payer: source.billed(one.payer) for one in given.coverages}
    if again:
        answers, billed = _without_last(source, given, billed)
    books = by_policy(claim_books(claim, answers), asking.facts.answering(claim))
    case = Case(claim=claim, books=books, answers=answers, kept=given, billed=billed)
    for place, found in enumerate(turns(asking, case)):
        name = asking.facts.named(found.payer, claim.date).name or found.payer
        now = _after_rejection(found, source)
        standing = Standing(source=source, kept=given, place=place, turn=now, name=name)
        yield _checked(standing, asking.practice)
        if not found.answered:
            return


def _after_rejection(turn: Turn, source: WithCoverages) -> Turn:
    """Held where the claim that was sent on was rejected: it is with nobody."""
    billed = source.billed(turn.payer) if turn.state == "sent" else ""
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
    source: WithCoverages, given: Kept, billed: Mapping[str, str]
) -> tuple[tuple[Adjudication, ...], dict[str, str]]:
    """Answers and claims sent on, without those of the last payer that got one."""
    payers = [one.payer for one in given.coverages[: len(TURNS) - 1]]
    ranks = {one.rank for one in source.adjudications}
    places = [n for n, payer in enumerate(payers) if billed.get(payer) or TURNS[n + 1] in ranks]
    last = places[-1] if places else 0
    later = TURNS[last + 1 :]
    answers = tuple(one for one in source.adjudications if one.rank not in later)
    return answers, {payer: billed.get(payer, "") for payer in payers[:last]}


def _had_one(one: Standing) -> bool:
    """Whether the payer may have got a claim of the family that this standing does not count."""
    source, turn = one.source, one.turn
    answered = any(a.rank == turn.rank for a in source.adjudications)
    return one.is_open and (source.is_corrected or answered or bool(source.billed(turn.payer)))


def _after_another(one: Standing, asking: Asking, ledger: Ledger, usage: Usage) -> Standing:
    """The standing with what the payer got and answered before."""
    source, payer = one.source, one.turn.payer
    stories = ledger.story(source.claim.family, usage=usage)
    answers = [a for s in stories for a in s.adjudications if a.rank == one.turn.rank]
    facts = asking.facts.named(payer, source.claim.date)
    earlier = source.billed(payer) or source.billed_before(payer)
    if source.rejected(earlier):
        earlier = ""  # it is with nobody
    if earlier and one.turn.anew and _was_told(one, stories, source.billed(payer)):
        words = f"billed anew as claim {source.billed(payer)}: no answer yet"
        return evolve(one, turn=evolve(one.turn, state="sent", why=words))
    turn, marks = again_to(one.turn, facts, earlier, answers)
    return evolve(one, turn=turn, again=marks)


def _was_told(one: Standing, stories: Iterable[ClaimStory], billed: str) -> bool:
    """Whether the claim that went last told the payer what the payers before decide now."""
    last = [s.sent.decisions for s in stories if billed and s.sent.claim.control == billed]
    said = json.loads(last[-1]).get("because", ()) if last and last[-1] else ()
    return set(_told(one.turn)) <= set(said)


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
    if not found:
        return standing
    return evolve(standing, turn=evolve(standing.turn, state="held", why=found[0], soft=False))


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
        "billed_as": source.billed(turn.payer) or None,
    }


# --- billing ---------------------------------------------------------------------------------


@frozen(kw_only=True)
class SecondaryRequest:
    """One call of ``secondary bill``. Without identifiers all that is ready goes."""

    identifiers: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()  # files with coverages as they are known now
    although: str = ""  # why named claims go although they wait or are held
    again: bool = False  # named claims go once more to the last payer they were sent on to
    out: Path
    usage: Usage
    dry_run: bool = False
    profiles: Mapping[str, str] = field(factory=dict)  # receiver's key: who delivers its files
    on: dt.date
    now: dt.datetime
    user: str = ""


@frozen(kw_only=True)
class SecondaryResult:
    """What became of the claims that were looked at."""

    outgoing: OutgoingResult
    sources: Mapping[str, Standing] = field(repr=False)  # those that go, by family
    left: tuple[Standing, ...]  # not billed: waiting, held, done, nothing


def bill(ledger: Ledger, practice: Practice, request: SecondaryRequest) -> SecondaryResult:
    """Make, record and write the claims to the next payers. Twice is once.

    Raises:
        WrongUsageError: an identifier leads to no claim with a further coverage; no receiver ids.
        CommandError: a file cannot be read or written.
    """
    which = _which(ledger, request)
    found = list(
        standings(
            ledger,
            practice,
            on=request.on,
            usage=request.usage,
            which=which,
            again=request.again,
        )
    )
    if which is not ALL and not found:
        raise WrongUsageError(
            "no further coverage is known of that claim",
            todo="coverages come with the visits; --visits FILE names them afterwards",
        )
    going = [one for one in found if _goes(one, request)]
    left = [one for one in found if not _goes(one, request)]
    sources = {one.source.claim.family: one for one in going}
    outgoings = list(_outgoings(ledger, practice, going, request.usage))
    settings = OutgoingRequest(
        command="secondary bill",
        out=request.out,
        usage=request.usage,
        dry_run=request.dry_run,
        profiles=request.profiles,
        now=request.now,
        user=request.user,
    )
    note = _note(sources, request) if request.although else None
    result = send(outgoings, practice, ledger, settings, note=note)
    return SecondaryResult(
        outgoing=result,
        sources=sources,
        left=tuple(left),
    )


def _goes(one: Standing, request: SecondaryRequest) -> bool:
    """Ready; or waiting or held for a reason that a person sets aside for this very claim."""
    turn = one.turn
    if turn.state == "ready":
        return True
    named = bool(request.identifiers) and bool(request.although)
    return named and turn.soft and bool(turn.decided) and turn.state in {"waiting", "held"}


def _which(ledger: Ledger, request: SecondaryRequest) -> Which:
    """Which claims are asked for."""
    if request.visits:
        which = of_visits(ledger, request.visits, request.usage)
        named = _families(ledger, request) if request.identifiers else None
        return which if named is None else evolve(which, families=named)
    return Which(families=_families(ledger, request)) if request.identifiers else ALL


def _families(ledger: Ledger, request: SecondaryRequest) -> frozenset[str]:
    """The families that the identifiers lead to.

    Raises:
        WrongUsageError: one leads to none.
    """
    families: set[str] = set()
    for identifier in request.identifiers:
        found = [
            one for one in ledger.find(identifier) if one.families and one.usage == request.usage
        ]
        if not found:
            book = "production" if request.usage == "P" else "test"
            raise WrongUsageError(
                f"an identifier leads to no claim of the {book} book",
                todo="claimline trace finds claims; --production looks into the other book",
            )
        surest = [one for one in found if one.kind == found[0].kind]
        families.update(number for one in surest for number in one.families)
    return frozenset(families)


def _outgoings(
    ledger: Ledger, practice: Practice, going: Sequence[Standing], usage: Usage
) -> Iterator[Outgoing]:
    claims = load_all(ledger, [one.source for one in going])
    with ledger.reading() as connection:
        for one in going:
            known = family_of(connection, one.source.claim.family, usage)
            yield _outgoing(one, claims[one.source.claim.control], practice, known)


def _outgoing(
    one: Standing, sent: Claim, practice: Practice, known: tuple[tuple[str, str], ...]
) -> Outgoing:
    source, turn = one.source, one.turn
    holders = [
        Holder(payer=practice.payers[coverage.payer], coverage=coverage)
        for coverage in one.kept.coverages[: one.place + 1]
    ]
    payer = holders[-1].payer
    made = next_claim(
        sent,
        [_prior(given) for given in turn.decided],
        holders,
        policy=practice.policy(payer.key, source.claim.date),
        discipline=source.discipline,
    )
    return Outgoing(
        claim=_marked(made, one.again),
        family=source.claim.family,
        known=known,
        payer=payer.key,
        receiver=practice.receiver_of(payer).key,
        entity=_entity(practice, source.claim.billing_npi),
        patient=PatientRow(
            key=source.claim.patient,
            id=source.patient_id,
            name=source.patient_name,
            birth=source.patient_birth,
        ),
        discipline=source.discipline,
        date=source.claim.date,
        visits=(),  # they stay billed in the first claim
        decisions=_decisions(one),
    )


def _marked(claim: Claim, again: Again) -> Claim:
    """The claim with its frequency, and the number of what it replaces at this payer."""
    own = (Reference(qualifier="F8", value=again.number),) if again.number else ()
    return evolve(claim, frequency=again.frequency, references=(*claim.references, *own))


def _prior(given: Decided) -> Prior:
    return Prior(paid=given.paid, number=given.number, remarks=given.remarks, lines=given.lines)


def _entity(practice: Practice, npi: str) -> str:
    """The billing provider of that NPI.

    Raises:
        WrongUsageError: the practice file has none.
    """
    found = next((key for key, one in practice.entities.items() if one.npi == npi), None)
    if found is None:
        raise WrongUsageError(
            f"the practice file has no billing provider with NPI {npi}",
            todo="give the practice file that billed the first claim",
        )
    return found


def _decisions(one: Standing) -> Content:
    """Why the claim is what it is; the lines' own reasons are those of the first claim."""
    turn, source = one.turn, one.source
    first = json.loads(source.decisions)
    return {
        "because": [
            f"claim to the next payer, after claim {source.claim.control}: {turn.why}",
            *_told(turn),
        ],
        "versions": [],
        "warnings": list(turn.warnings),
        "other_coverages": [],
        "lines": first.get("lines", []),
    }


def _told(turn: Turn) -> list[str]:
    """What the payers before decided, as it is kept with the claim that tells it."""
    return [
        f"{given.payer} decided on {given.date}: {given.paid:.2f} paid, {given.patient:.2f} left "
        "to the patient"
        for given in turn.decided
    ]


def _note(sources: Mapping[str, Standing], request: SecondaryRequest) -> Any:
    """Records, with the claims, who decided to send them all the same."""

    def note(writer: Writer, gone: Sequence[Gone]) -> None:
        for one in gone:
            source = sources[one.outgoing.family]
            if source.turn.state != "ready" or request.again:
                writer.decide(
                    Decision(
                        kind=OVERRIDE,
                        subject=one.control,
                        user=request.user,
                        reason=request.although,
                        detail=json.dumps({"why": source.turn.why}),
                    )
                )

    return note


def told_problems(problems: Iterable[Problem]) -> str:
    """Why a claim was refused, in one line."""
    return "; ".join(problem.message for problem in problems)
