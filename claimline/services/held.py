"""Decisions about held claims: recorded facts that the next ``bill`` acts on."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services import bill_hold
from mapping.claim_parts import OVERRIDE_NOTES
from mapping.claims import OVERRIDABLE
from reconcile.ledger import Decision, HeldRecord, Ledger, Run, Usage

NO_OWN_FAULT: Final = {"hold.waits"}  # gone when the day's other reasons are
STATES: Final = {"release": "released", "override": "overridden"}


def listed(ledger: Ledger, usage: Usage) -> tuple[HeldRecord, ...]:
    """All that wait, oldest first."""
    with ledger:
        return ledger.held_claims(usage=usage)


def decide(
    ledger: Ledger,
    ids: Iterable[str],
    *,
    kind: str,
    user: str,
    reason: str,
    usage: Usage,
    now: dt.datetime,
) -> dict[str, str]:
    """Record a release or an override for each held claim.

    Returns:
        Their ids, each with what the person should know of it, or nothing.

    Raises:
        WrongUsageError: an id that does not wait, or a reason nobody can set aside; then nothing
            is recorded.
    """
    with ledger:
        waiting = {held.claim: held for held in ledger.held_claims(usage=usage)}
        wanted = tuple(dict.fromkeys(ids))
        for claim in wanted:
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
        return {claim: _note(waiting[claim]) if kind == "override" else "" for claim in wanted}


def _codes(held: HeldRecord) -> set[str]:
    return {code for code, _ in held.reasons}


def _note(held: HeldRecord) -> str:
    """What an override of these reasons does not do."""
    return "; ".join(OVERRIDE_NOTES[code] for code in sorted(_codes(held) & set(OVERRIDE_NOTES)))


def _check(claim: str, waiting: dict[str, HeldRecord], kind: str, *, several: bool) -> None:
    """Refuse what is not held, what was sent, and an override of what is no judgement's matter."""
    end = "; nothing was changed, for any of the ids" if several else ""
    if claim not in waiting:
        raise WrongUsageError(
            f"{claim} is not held{end}",
            todo="claimline held list shows what is; take the id from there",
        )
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
