"""Decisions about held claims: recorded facts that the next ``bill`` acts on."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from claimline import __version__
from claimline.errors import WrongUsageError
from mapping.claims import OVERRIDABLE
from reconcile.ledger import Decision, HeldRecord, Ledger, Run, Usage

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
) -> tuple[str, ...]:
    """Record a release or an override for each held claim. Returns their ids.

    Raises:
        WrongUsageError: an id that does not wait, or a reason nobody can set aside; then nothing
            is recorded.
    """
    with ledger:
        waiting = {held.claim: held for held in ledger.held_claims(usage=usage)}
        wanted = tuple(dict.fromkeys(ids))
        for claim in wanted:
            _check(claim, waiting, kind)
        run = Run(command=f"held {kind}", version=__version__, started=now, user=user)
        with ledger.begin(run) as writer:
            for claim in wanted:
                decision = Decision(kind=kind, subject=claim, user=user, reason=reason)
                writer.decide(decision, state=STATES[kind], usage=usage)
        return wanted


def _check(claim: str, waiting: dict[str, HeldRecord], kind: str) -> None:
    """Refuse what is not held, and an override of what is no matter of judgement."""
    if claim not in waiting:
        raise WrongUsageError(
            f"{claim} is not held", todo="claimline held list shows what is; take the id from there"
        )
    if kind != "override":
        return
    firm = [(c, message) for c, message in waiting[claim].reasons if c not in OVERRIDABLE]
    if firm:
        raise WrongUsageError(
            f"{claim} cannot be overridden: {firm[0][1]}",
            todo="mend the visit or the practice file and bill again",
        )
