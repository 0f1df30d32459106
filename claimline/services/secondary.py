"""Claims to the next payer: those that may go are made, recorded and written."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline.errors import WrongUsageError
from claimline.services.outgoing import Gone, OutgoingRequest, OutgoingResult, send
from claimline.services.secondary_claim import outgoings
from claimline.services.secondary_standing import ALL, Standing, Which, of_visits, standings
from edi.problem import Problem
from mapping.practice import Practice
from reconcile.ledger import Decision, Ledger, Usage, Writer

OVERRIDE: Final = "secondary although"  # kind of the decision


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
    made = list(outgoings(ledger, practice, going, request.usage))
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
    result = send(made, practice, ledger, settings, note=note)
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
