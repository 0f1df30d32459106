"""Decisions about held claims: recorded facts that the next ``bill`` acts on."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services import bill_hold
from edi.problem import CODES, Code
from mapping.claim_parts import OVERRIDE_NOTES
from mapping.claims import OVERRIDABLE
from reconcile.ledger import Decision, HeldRecord, Ledger, Run, Usage

NO_OWN_FAULT: Final = {"hold.waits"}  # gone when the day's other reasons are
BOOKS: Final = {"P": "production", "T": "test"}
OPTIONS: Final = {"P": "--production", "T": "--test"}
UNCHANGED: Final = "; nothing was changed, for any of the ids"
STATES: Final = {"release": "released", "override": "overridden"}


def listed(ledger: Ledger, usage: Usage | None) -> tuple[Usage, tuple[HeldRecord, ...]]:
    """The book looked into, the one in use where none is given; all that wait, oldest first."""
    with ledger:
        usage = usage or ledger.book()
        return usage, ledger.held_claims(usage=usage)


def todos(held: HeldRecord) -> tuple[str, ...]:
    """What to do about each of its reasons, each once."""
    known: Mapping[str, Code] = CODES
    told = (known[code].todo for code, _ in held.reasons if code in known)
    return tuple(dict.fromkeys(told))


def decide(
    ledger: Ledger,
    ids: Iterable[str],
    *,
    kind: str,
    user: str,
    reason: str,
    usage: Usage | None,
    now: dt.datetime,
) -> tuple[Usage, dict[str, str]]:
    """Record a release or an override for each held claim.

    Returns:
        The book, the one in use where none is given; their ids, each with what the person should
        know of it, or nothing.

    Raises:
        WrongUsageError: an id that does not wait, or a reason nobody can set aside; then nothing
            is recorded.
    """
    with ledger:
        usage = usage or ledger.book()
        waiting = {held.claim: held for held in ledger.held_claims(usage=usage)}
        wanted = tuple(dict.fromkeys(ids))
        for claim in wanted:
            if claim not in waiting:
                raise _not_held(ledger, claim, usage, several=len(wanted) > 1)
            _check(claim, waiting, kind, several=len(wanted) > 1)
        run = Run(command=f"held {kind}", version=__version__, started=now, user=user)
        with ledger.begin(run) as writer:
            for claim in wanted:
                aside = _codes(waiting[claim]) & OVERRIDABLE if kind == "override" else set()
                detail = bill_hold.decided(waiting[claim], aside, usage) if aside else ""
                decision = Decision(
                    kind=kind, subject=claim, user=user, reason=reason, detail=detail
                )
                writer.decide(decision, state=STATES[kind], usage=usage)
        told = {claim: _note(waiting[claim]) if kind == "override" else "" for claim in wanted}
        return usage, told


def _codes(held: HeldRecord) -> set[str]:
    return {code for code, _ in held.reasons}


def _note(held: HeldRecord) -> str:
    """What an override of these reasons does not do."""
    return "; ".join(OVERRIDE_NOTES[code] for code in sorted(_codes(held) & set(OVERRIDE_NOTES)))


def _not_held(ledger: Ledger, claim: str, usage: Usage, *, several: bool) -> WrongUsageError:
    """What to say of an id that does not wait: where it does, if it is in the other book."""
    other: Usage = "T" if usage == "P" else "P"
    end = UNCHANGED if several else ""
    if any(held.claim == claim for held in ledger.held_claims(usage=other)):
        return WrongUsageError(
            f"{claim} is held in the {BOOKS[other]} book, not in the {BOOKS[usage]} book{end}",
            todo=f"add {OPTIONS[other]}",
        )
    return WrongUsageError(
        f"{claim} is not held in the {BOOKS[usage]} book{end}",
        todo="claimline held list shows what is; take the id from there",
    )


def _check(claim: str, waiting: dict[str, HeldRecord], kind: str, *, several: bool) -> None:
    """Refuse what is not held, what was sent, and an override of what is no judgement's matter."""
    end = UNCHANGED if several else ""
    if "bill.changed" in _codes(waiting[claim]):
        raise WrongUsageError(
            f"{claim} was billed before with other content and goes no second time{end}",
            todo=f"the claim that was sent needs a correction: claimline correct {claim}",
        )
    if kind != "override":
        return
    firm = [m for code, m in waiting[claim].reasons if code not in OVERRIDABLE | NO_OWN_FAULT]
    if firm:
        raise WrongUsageError(
            f"{claim} cannot be overridden: {'; '.join(firm)}{end}",
            todo="mend the visit or the practice file and bill again",
        )
