"""Payers that are paused: their visits are held, everything else goes on.

A person pauses a payer (an enrollment is not done, its system is down) and resumes it. Both are
decisions that are kept; the newest one of a payer stands. What was held for this reason alone is
released by resuming, so that the next ``bill`` takes it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen
from sqlalchemy import select

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.render.words import listed
from claimline.services.bill_values import HeldVisits
from edi.problem import Place, Problem, declare
from mapping.practice import Practice
from mapping.visit import Visit
from reconcile.ledger import Decision, Ledger, Run, Usage
from reconcile.ledger.tables import decision

PAUSE: Final = "pause payer"  # kinds of decision
RESUME: Final = "resume payer"
CODE: Final = "hold.paused"

declare(
    {
        CODE: (
            "The payer is paused: a person said that nothing goes to it for now.",
            "Resume it (claimline pause PAYER --resume): the next claimline bill takes what waits.",
        ),
    }
)


@frozen(kw_only=True)
class Paused:
    """A payer that is paused."""

    payer: str  # key in the practice file
    since: str  # UTC
    user: str
    reason: str
    held: int = 0  # claims that wait for it
    already: bool = False  # it was paused before this

    @property
    def why(self) -> str:
        """In words, without a patient."""
        return f"{self.payer} is paused since {self.since[:10]}: {self.reason}"

    @property
    def todo(self) -> str:
        """What ends it."""
        return f"claimline pause {self.payer} --resume, then this once more"


def paused(ledger: Ledger) -> dict[str, Paused]:
    """The payers that are paused now, by key."""
    c = decision.c
    query = (
        select(c.kind, c.subject, c.user, c.reason, c.recorded_at)
        .where(c.kind.in_((PAUSE, RESUME)))
        .order_by(c.id)
    )
    found: dict[str, Paused] = {}
    with ledger.reading() as connection:
        for row in connection.execute(query):
            before = found.pop(row.subject, None)
            if row.kind == PAUSE:
                since = before.since if before else row.recorded_at
                found[row.subject] = Paused(
                    payer=row.subject, since=since, user=row.user, reason=row.reason
                )
    return found


def pause(
    ledger: Ledger, payer: str, *, reason: str, user: str, now: dt.datetime, practice: Practice
) -> Paused:
    """Pause a payer; one that is paused already gets the new reason and stays so since then.

    Raises:
        WrongUsageError: no reason, or the practice file has no such payer.
    """
    if not reason.strip():
        raise WrongUsageError("say why: --reason", todo='--reason "enrollment is not done"')
    _known(payer, practice)
    before = payer in paused(ledger)
    _decide(ledger, Decision(kind=PAUSE, subject=payer, user=user, reason=reason), now)
    made = next(one for one in listed_paused(ledger) if one.payer == payer)
    return evolve(made, already=before)


def resume(ledger: Ledger, payer: str, *, reason: str, user: str, now: dt.datetime) -> int:
    """Resume a payer. Returns how many held claims the next ``bill`` takes.

    Raises:
        WrongUsageError: it is not paused.
    """
    known = paused(ledger)
    if payer not in known:
        names = listed(sorted(known)) or "none"
        raise WrongUsageError(f"{payer} is not paused", todo=f"paused are: {names}")
    why = reason or f"paused for: {known[payer].reason}"
    _decide(ledger, Decision(kind=RESUME, subject=payer, user=user, reason=why), now)
    count = 0
    books: tuple[Usage, ...] = ("T", "P")
    for usage in books:
        waiting = ledger.held_claims(usage=usage, states=("held",))
        mine = [
            one.claim
            for one in waiting
            if one.payer == payer and {code for code, _ in one.reasons} == {CODE}
        ]
        run = Run(command="pause", version=__version__, started=now, user=user)
        with ledger.begin(run) as writer:
            for claim in mine:
                writer.decide(
                    Decision(kind="release", subject=claim, user=user, reason=why),
                    state="released",
                    usage=usage,
                )
        count += len(mine)
    return count


def listed_paused(ledger: Ledger) -> tuple[Paused, ...]:
    """The payers that are paused, with how many claims wait for each."""
    known = paused(ledger)
    count = dict.fromkeys(known, 0)
    books: tuple[Usage, ...] = ("T", "P")
    for usage in books:
        for one in ledger.held_claims(usage=usage, states=("held",)):
            if one.payer in count and any(code == CODE for code, _ in one.reasons):
                count[one.payer] += 1
    return tuple(evolve(known[key], held=count[key]) for key in sorted(known))


def kept_back(visits: Mapping[str, Visit], known: Mapping[str, Paused]) -> list[HeldVisits]:
    """The holds of those of these visits whose payer is paused."""
    if not known:
        return []
    return [
        _hold(visit, known[visit.coverages[0].payer])
        for visit in visits.values()
        if visit.coverages and visit.coverages[0].payer in known
    ]


def _hold(visit: Visit, why: Paused) -> HeldVisits:
    problem = Problem(
        code=CODE,
        message=why.why,
        where=Place(claim=visit.visit_id),
    )
    return HeldVisits(
        id=visit.visit_id,
        visits=(visit.visit_id,),
        payer=why.payer,
        discipline=visit.discipline,
        date=visit.date,
        charge=None,
        problems=(problem,),
    )


def _known(payer: str, practice: Practice) -> None:
    if payer not in practice.payers:
        names = listed(sorted(practice.payers))
        raise WrongUsageError(f"the practice file has no payer {payer}", todo=f"it has {names}")


def _decide(ledger: Ledger, made: Decision, now: dt.datetime) -> None:
    run = Run(command="pause", version=__version__, started=now, user=made.user)
    with ledger.begin(run) as writer:
        writer.decide(made)
