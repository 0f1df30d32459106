"""Where sent claims stand with the patient's further payers, from what the ledger keeps."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from claimline.services import visit_text
from mapping.visit import Coverage
from reconcile.next_payer import NextCoverage, Turn, turn
from reconcile.owes import Further

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from claimline.services.payer_facts import Facts
    from mapping.practice import Practice
    from reconcile.values import Adjudication, LineBooks, SentClaim


SentOn = Mapping[tuple[str, str], str]  # payer key and turn to the number of the claim sent on
_RANKS: Final = ("P", "S", "T")  # SBR01


@frozen(kw_only=True)
class Kept:
    """What was kept with a claim for the payers after the first."""

    coverages: tuple[Coverage, ...] = field(default=(), repr=False)
    qmb: bool = False


def kept(decisions: str) -> Kept:
    """What ``bill`` kept in a claim's decisions (JSON) of further coverages."""
    data: dict[str, Any] = json.loads(decisions) if decisions else {}
    return Kept(
        coverages=visit_text.coverages_from(data.get("coverages", ())),
        qmb=bool(data.get("qmb")),
    )


def with_billed(given: Kept, billed: SentOn) -> Kept:
    """The coverages, with those that became known later and were billed."""
    known = {one.payer for one in given.coverages}
    payers = dict.fromkeys(payer for payer, _ in billed if payer not in known)
    later = (Coverage(payer=payer, member_id="") for payer in payers)
    return Kept(coverages=(*given.coverages, *later), qmb=given.qmb)


def billed_as(billed: SentOn, coverages: "Sequence[Coverage]", place: int) -> str:
    """The number of the claim that was sent on to a coverage; empty for none.

    Which turn it was sent in tells where the patient has two further coverages with one payer.
    """
    payer = coverages[place].payer
    own = {rank: control for (key, rank), control in billed.items() if key == payer}
    if sum(one.payer == payer for one in coverages) > 1:
        return own.get(_RANKS[place + 1], "")
    return next(reversed(own.values()), "")


@frozen(kw_only=True)
class Asking:
    """Who is asked what a payer allows, and on which day."""

    facts: "Facts"
    on: "dt.date"
    practice: "Practice | None" = None


@frozen(kw_only=True)
class Case:
    """A claim to the first payer with its books, and what was sent on already."""

    claim: "SentClaim"
    books: "Sequence[LineBooks]"
    answers: "Sequence[Adjudication]"
    kept: Kept
    billed: SentOn


def turns(asking: Asking, case: Case) -> tuple[Turn, ...]:
    """Where a claim stands with each further coverage, second payer first."""
    claim = case.claim
    coverages = [_next(one, asking.practice) for one in case.kept.coverages[:2]]  # P, S and T
    return tuple(
        turn(
            claim,
            case.books,
            case.answers,
            coverages,
            lambda key: asking.facts.named(key, claim.date),
            place=place,
            billed=billed_as(case.billed, case.kept.coverages, place),
            qmb=case.kept.qmb,
            on=asking.on,
        )
        for place in range(len(coverages))
    )


def _next(coverage: Coverage, practice: "Practice | None") -> NextCoverage:
    return NextCoverage(
        payer=coverage.payer,
        known=practice is None or coverage.payer in practice.payers,
        forwarded_here=coverage.crossover,
        insurance_type=coverage.insurance_type,
        first_day=coverage.effective_from,
        last_day=coverage.effective_until,
    )


def further(asking: Asking, case: Case) -> tuple[Further, ...]:
    """The payers still to answer, as the patient's balance sees them."""
    day = case.claim.date
    return tuple(
        Further(
            payer=one.payer,
            open=not (one.answered or one.state == "nothing"),
            why=f"{_name(asking, one.payer, day)} comes first: {_words(one)}",
        )
        for one in turns(asking, case)
    )


NOT_BILLED: Final = "it is not billed yet (claimline secondary)"


def _name(asking: Asking, payer: str, day: "dt.date") -> str:
    return asking.facts.named(payer, day).name or payer


def _words(found: Turn) -> str:
    """Why it has not answered."""
    if found.state != "ready":
        return found.why
    return f"{found.why} (claimline secondary)" if found.anew else NOT_BILLED
