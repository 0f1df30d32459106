"""Where claims are in their life: counted, listed, closed by a person."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import frozen
from sqlalchemy import func, select

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services.number_told import what_it_is
from edi.acknowledgement import CODE_LISTS, Status
from edi.acknowledgement_words import meaning
from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_REPLACEMENT, FREQUENCY_VOID
from reconcile.ledger import ClaimStory, Decision, Ledger, Run, Usage, out_files
from reconcile.ledger.convert import dollars, to_json
from reconcile.ledger.counted_on import COVERED, Waiting
from reconcile.ledger.kept import KeptAnswer
from reconcile.ledger.states import SENT_ANEW, cause_fields
from reconcile.ledger.states_facts import CLOSE, REOPEN
from reconcile.ledger.states_listed import (
    UNANSWERED,
    ListedClaim,
    StateCount,
    StateFilter,
    counts,
    listed,
)
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.lifecycle import COPIED_FILE, REJECTIONS, STATE, STATES, Cause, is_work, todo_of
from reconcile.turns import FIRST

FIND: Final = "give the claim's own number (CLM01); claimline trace finds it by any other"
STC: Final = re.compile(r"[A-Z]\d:\w+(:\w*)?")  # category, status, whom it is about
SYNTAX_LISTS: Final = frozenset(CODE_LISTS) - {"STC", "TA105"}  # of a 999 or 997
WORK: Final = tuple(row.state for row in STATES if row.work)  # states in which somebody has to act


@frozen(kw_only=True)
class Overview:
    """The claims of a book by state, and those that were asked for."""

    usage: Usage
    counts: tuple[StateCount, ...]  # in the order of the table of states
    claims: Iterator[ListedClaim]  # in that order too; read once, as long as the ledger is open


@contextmanager
def overview(ledger: Ledger, wanted: StateFilter) -> Iterator[Overview]:
    """Count all, list those in the states asked for; without any, those that need a person."""
    order = [row.state for row in STATES]
    chosen = wanted.states or WORK
    with ledger.reading() as connection:
        found = sorted(counts(connection, wanted), key=lambda one: order.index(one.state))
        some = StateFilter(
            usage=wanted.usage,
            states=() if "all" in chosen else chosen,
            work=not wanted.states,
            payer=wanted.payer,
            since=wanted.since,
            until=wanted.until,
        )
        claims = listed(connection, some)
        yield Overview(usage=wanted.usage, counts=tuple(found), claims=claims)


def why(cause: Cause, event: str, state: str = "", *, words: bool = True) -> str:
    """What led to the state, in a line: what was said, by whom, where it stands.

    ``words``: with our own words beside codes.
    """
    parts = [] if event == state else [event]
    if event == SENT_ANEW:
        parts = [f"rejected, sent anew as {cause.codes}"]
    elif event == "voided":
        parts.append("by its void")
    elif event == "replaced":
        parts.append(f"by {cause.codes}")
    elif cause.codes:
        parts.append(_codes(cause, words=words))
    if cause.person:
        parts.append(cause.reason or f"by {cause.person}")
    place = cause.file
    if place and cause.segment:
        place += f" {'row' if cause.kind == 'report' else 'segment'} {cause.segment}"
    if place:
        parts.append(f"{cause.kind} {place}".strip())
    return ", ".join(part for part in parts if part)


def why_of(claim: ListedClaim) -> str:
    """``why`` of a listed claim; before it what the claim is, where it is no first one."""
    told = why(claim.cause, claim.event, claim.state)
    kind = ""
    if claim.frequency == FREQUENCY_VOID:
        kind = "the void of this claim"  # under the same number
    elif claim.frequency == FREQUENCY_REPLACEMENT:
        kind = f"replacement of {claim.family}"
    elif claim.family not in {"", claim.claim} and claim.rank == FIRST:
        kind = f"new claim in place of {claim.family}"
    return "; ".join(filter(None, (kind, told)))


def _codes(cause: Cause, *, words: bool) -> str:
    """The codes of a cause, each with our own words for it where it has any."""
    return " ".join(_code(cause.kind, one, words=words) for one in cause.codes.split(" "))


def _code(kind: str, code: str, *, words: bool) -> str:
    name, _, rest = code.partition(":")
    if kind == "TA1":
        told, shown = Status(list="TA105", code=code), code
    elif name in SYNTAX_LISTS:
        told, shown = Status(list=name, code=rest), f"{name} {rest}"
    elif STC.fullmatch(code) and kind in {"277CA", "report", "hand"}:
        told, shown = Status(list="STC", code=":".join(code.split(":")[:2])), code
    else:
        return code
    return f"{shown} ({meaning(told)})" if words else shown


def next_step(claim: ListedClaim) -> str:
    """What to do about a claim in its state; nothing but to wait where a correction is out."""
    if claim.correction is not None:
        return claim.correction.next_step
    if claim.cut_off is not None and not is_work(claim.state, claim.event):
        return claim.cut_off.words
    if claim.state == "rejected":
        return _after_rejection(claim)
    return todo_of(claim.state, claim.event)


def _after_rejection(claim: ListedClaim) -> str:
    """The road depends on what was refused, and on what kind of claim it is."""
    if claim.event == "file rejected" and COPIED_FILE in claim.cause.codes.split():
        return (
            "was the file sent twice, leave it; has another ledger used its number: claimline "
            "resend --reason, and first_interchange_control in the practice file"
        )
    if claim.event == "batch rejected" and claim.cause.kind in {"999", "997"}:
        return (
            "claimline resend sends it again under new control numbers; where the fault is in this "
            "claim (claimline trace says so), mend it: claimline correct --visits"
        )
    if claim.event in REJECTIONS - {"claim rejected"}:
        return "claimline resend sends it again under new control numbers"
    if claim.rank != FIRST:
        return (
            f"mend what the codes name, then claimline secondary bill {claim.family} --again "
            "--although; was the fault outside of it: claimline resend CLAIM --reason"
        )
    if claim.frequency != FREQUENCY_ORIGINAL:
        return f"mend what the codes name, then claimline correct {claim.family} once more"
    return "mend what the codes name, then claimline correct --visits: a new claim"


def close(
    ledger: Ledger,
    controls: Sequence[str],
    *,
    reason: str,
    usage: Usage | None,
    reopen: bool,
    user: str,
    now: dt.datetime,
) -> tuple[str, ...]:
    """A person says that nothing is to be done about claims any more, or takes that back.

    A claim opens again by itself when it is answered, or rejected, afterwards.

    Returns:
        Their numbers.

    Raises:
        WrongUsageError: no reason, or a number that is no claim's; then nothing is recorded.
    """
    if not reason.strip():
        raise WrongUsageError("say why: --reason", todo='--reason "written off, patient moved"')
    run = Run(command="claims", version=__version__, started=now, user=user)
    kind = REOPEN if reopen else CLOSE
    with ledger.reading() as connection:
        found = out_files.numbers_of(connection, controls, usage)
    missing = [word for word in controls if word.strip().upper() not in found]
    if missing:
        told = "; ".join(what_it_is(ledger, word, usage) for word in missing)
        raise WrongUsageError(f"{told}. Nothing was recorded", todo=FIND)
    with ledger.begin(run) as writer:
        c, p = sent_claim.c, claim_payment.c
        numbers = sorted({number for some in found.values() for number in some})
        rows = writer.connection.execute(
            select(
                c.id, c.control, c.frequency, c.usage,
                select(func.count()).where(p.sent_claim_id == c.id, p.state == "posted")
                .scalar_subquery().label("answers"),
            ).where(c.id.in_(numbers)).order_by(c.id)
        ).fetchall()  # fmt: skip
        for row in rows:
            detail = to_json(
                {"usage": row.usage, "frequency": row.frequency, "answers": row.answers}
            )
            decided = Decision(
                kind=kind, subject=row.control, user=user, reason=reason, detail=detail
            )
            writer.decide(decided, usage=row.usage)
        writer.changed(numbers)
    return tuple(dict.fromkeys(row.control for row in rows))


def life_of(
    story: ClaimStory, correction: Waiting | None = None, cut: KeptAnswer | None = None
) -> dict[str, Any]:
    """Where a claim is in its life and how it came there, as plain values.

    Args:
        story: of the claim.
        correction: of it, where one waits for the payer.
        cut: its answer, where that stands in a payment that is not whole.
    """
    stand = story.stand
    if stand is None:
        return {"state": None, "history": []}
    waits = correction is not None and stand.state in COVERED
    todo = todo_of(stand.state, stand.event)
    if correction is not None and waits:
        todo = correction.next_step
    elif cut is not None and stand.state in UNANSWERED and not is_work(stand.state, stand.event):
        todo = cut.words
    return {
        "state": {
            "state": stand.state,
            "event": stand.event,
            "since": stand.since,
            "open": str(dollars(stand.open)),
            "cause": cause_fields(stand.cause),
            "means": STATE[stand.state].means,
            "todo": todo,
            "waits_for_you": not waits and is_work(stand.state, stand.event),
        },
        "history": [
            {
                "event": one.event.kind,
                "at": one.event.at,
                "date": one.event.date or None,
                "state": one.state,
                "counts": one.counts,
                "cause": cause_fields(one.event.cause),
                "why": why(one.event.cause, "", "", words=False),  # trace tells them beside it
            }
            for one in story.history
        ],
    }
