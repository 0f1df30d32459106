"""The life of a claim: where it is, since when and why, as a function of what happened to it.

Rejected, denied and zero-paid are different things. Rejected: refused before anybody decided about
payment (TA1, 999, 277CA, or told by hand); no denial, no acceptance, nothing to appeal. Denied:
the payer decided and pays nothing. Paid may be 0.00, when all goes to the deductible.

The state is a function of the SET of events, not of the order in which they became known: they
are put into their own order first. The newest transmission decides; within it the word of the
payer counts more than that of the clearinghouse, and this more than a translator's; of one speaker
the later day, of one day the deeper word (file, batch, claim), then the rejection. A decision about
payment counts more than every acknowledgement; several count in the order of payment, each an
event of its own (``lifecycle_answers``). Then ``lifecycle_table.NEXT`` is followed.

What is refused as a copy of something that is there (TA105 025, claim status 54) refuses the copy:
a later sending of that kind does not count while the one before it stands, and of one sending such
a word gives way to every other.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve

from reconcile import books as flags
from reconcile.buckets import is_duplicate
from reconcile.lifecycle_table import EVENT, EVENTS, MOVES, NEXT, STATE, STATES
from reconcile.lifecycle_values import (
    Cause,
    Chapter,
    Event,
    EventKind,
    EventRow,
    Move,
    Stand,
    State,
    StateRow,
)
from reconcile.look import LOOK
from reconcile.values import ZERO, LineBooks, LineStatus, SentClaim

__all__ = [
    "EVENT",
    "EVENTS",
    "MOVES",
    "STATE",
    "STATES",
    "Cause",
    "Chapter",
    "Event",
    "EventKind",
    "EventRow",
    "Move",
    "Stand",
    "State",
    "StateRow",
    "decided",
    "history",
    "in_order",
    "is_copy",
    "is_work",
    "state_of",
    "todo_of",
]

REJECTIONS: Final = frozenset({"file rejected", "batch rejected", "claim rejected"})
COPIED_FILE: Final = "025"  # TA105: interchange control number used before
COPIED_CLAIM: Final = "54"  # claim status: duplicate of a claim processed before
_STANDS: Final = frozenset({"ready", "sent", "received", "accepted"})
# Steps of one transmission, then what is decided, then what comes after it.
_STEPS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"held": (0, 0), "recorded": (1, 0), "delivered": (1, 1), "taken back": (1, 2)}
    | {row.kind: (1, 3) for row in EVENTS if row.kind.startswith(("file", "batch", "claim"))}
    | dict.fromkeys(("undecided", "denied", "partly paid", "paid", "forwarded", "settled"), (2, 0))
    | dict.fromkeys(("decided twice", "duplicate", "next payer first"), (2, 0))
    | dict.fromkeys(("answered, not placed", "passed on", "estimated", "reversed"), (2, 0))
    | dict.fromkeys(("answer not readable", "answer kept aside"), (2, 0))
    | dict.fromkeys(("decision taken back", "duplicate answer", "another answer"), (2, 0))
    | {"answered elsewhere": (2, 0), "copy refused": (1, 3), "closed by a person": (4, 0)}
    | dict.fromkeys(("replaced", "sent anew", "voided"), (3, 0))
)  # fmt: skip
# What somebody should look at although all lines are paid: the claim is not closed.
_UNSETTLED: Final = frozenset(
    {
        flags.NO_REVERSAL, flags.NO_ORIGINAL, flags.POSITIVE_ALONE, flags.PRIOR_MISSING,
        flags.STALE, flags.TAKEN_BACK, flags.OVERPAID, flags.PAID_TWICE, flags.SAME_AGAIN,
        flags.KEPT, *LOOK,
    }
)  # fmt: skip

# One payer's answers stand beside each other: nobody knows yet who owes what.
_TWICE: Final = frozenset({flags.NO_REVERSAL, flags.PAID_TWICE, flags.SAME_AGAIN})


def todo_of(state: str, event: str) -> str:
    """What to do about a claim in a state to which that event led."""
    return (EVENT[event].todo if event in EVENT else "") or STATE[state].todo


def is_work(state: str, event: str) -> bool:
    """Whether it waits for a person."""
    return STATE[state].work or (event in EVENT and EVENT[event].work)


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events in the order in which they count, whatever the order they became known in."""
    given = list(events)
    if any(is_copy(one) for one in given):
        given = _without_copies(given)
    return sorted(given, key=_order)


def is_copy(event: Event) -> bool:
    """Whether something was refused because the receiver has it: interchange, or claim."""
    if event.kind not in REJECTIONS:
        return False
    codes = event.cause.codes.split()
    if event.cause.kind == "TA1":
        return COPIED_FILE in codes
    return any(code.split(":")[1:2] == [COPIED_CLAIM] for code in codes)


def _without_copies(events: list[Event]) -> list[Event]:
    """Without the sendings that were refused as copies of one before that stands."""
    for number in sorted({one.transmission for one in events if is_copy(one)}):
        before = [one for one in events if one.transmission < number]
        stands = bool(before) and state_of(before).state in _STANDS
        events = [
            _of_copy(one, stands=stands) if one.transmission == number else one for one in events
        ]
    return events


def _of_copy(event: Event, *, stands: bool) -> Event:
    if is_copy(event):
        return evolve(event, kind="copy refused") if stands else evolve(event, speaker=-1)
    if stands and event.kind in {"recorded", "delivered"}:
        return evolve(event, transmission=-1)  # as if it had not been: the one before counts
    return event


def _order(event: Event) -> tuple[object, ...]:
    stage, step = _STEPS[event.kind]
    return (
        stage,
        event.transmission,
        step,
        event.place,
        event.speaker,
        event.date,
        event.depth,
        event.kind in REJECTIONS,
        event.at,
        event.kind,
        event.cause.file,
        event.cause.segment,
    )


def state_of(events: Iterable[Event], *, open: int = 0) -> Stand:
    """Where a claim is after all these events.

    Args:
        events: all that happened to it, in any order; ``recorded`` is among them, or ``held``.
        open: cents that the payers have not decided.
    """
    stand: tuple[State, EventKind, str, Cause] = ("held", "held", "", _NOBODY)
    for event in in_order(events):
        to = NEXT.get((stand[0], event.kind))
        if to is not None:
            stand = (to, event.kind, event.at, event.cause)
    state, kind, since, cause = stand
    return Stand(state=state, event=kind, since=since, cause=cause, open=open)


def history(events: Iterable[Event]) -> tuple[Chapter, ...]:
    """The events in their order, each with the state the claim was in after it."""
    state: State = "held"
    chapters = []
    for event in in_order(events):
        to = NEXT.get((state, event.kind))
        state = to or state
        chapters.append(Chapter(event=event, state=state, counts=to is not None))
    return tuple(chapters)


def decided(
    claim: SentClaim, books: Sequence[LineBooks], *, answered: bool = True, placed: bool = True
) -> EventKind | None:
    """The event that the books of a claim come to; None where nothing was decided on it.

    Args:
        claim: as it was sent.
        books: of all its lines, from all that came back (``books.claim_books``).
        answered: whether anything came back for it.
        placed: whether all of that fits lines of it.
    """
    statuses = {one.status for one in books}
    left = statuses - {"replaced", "voided"}
    if not left and statuses:
        return "replaced" if "replaced" in statuses else "voided"
    if left <= {"open", "elsewhere"}:
        undecided: EventKind = "undecided" if placed else "answered, not placed"
        return undecided if answered else None
    if _next_payer_alone(claim, books):
        return "next payer first"
    if any(flags.TAKEN_BACK in one.flags for one in books):
        return "reversed"  # a later payer's answer stands, to what was taken back
    return _by_lines(claim, books, left)


def _by_lines(claim: SentClaim, books: Sequence[LineBooks], left: set[LineStatus]) -> EventKind:
    """The event of a claim that the payer billed has decided; ``left``: what its lines are."""
    if "reversed" in left:
        return "reversed"
    if not left & {"paid", "reduced"}:
        return "duplicate" if _is_duplicate(books) else "denied"
    if left != {"paid"}:
        return "partly paid"
    return _paid(claim, books)


def _is_duplicate(books: Sequence[LineBooks]) -> bool:
    """Whether every refused line was refused as a copy of what the payer has: no denial."""
    return all(
        one.decided_by is not None
        and one.current is not None
        and is_duplicate(one.decided_by, one.current)
        for one in books
        if one.status == "denied"
    )


def _next_payer_alone(claim: SentClaim, books: Sequence[LineBooks]) -> bool:
    """Whether only a payer after the one billed has decided, so that the first is waited for."""
    by = [(one.decided_by, one.flags) for one in books if one.decided_by is not None]
    return bool(by) and all(
        flags.PRIOR_MISSING in found and answer.payer not in {claim.payer, claim.payer_id}
        for answer, found in by
    )


def _paid(claim: SentClaim, books: Sequence[LineBooks]) -> EventKind:
    """All lines are paid: forwarded to the next, decided twice, something left, or settled."""
    patient = sum((one.patient for one in books), ZERO)
    other = sum((one.other for one in books), ZERO)
    if any(flags.CROSSOVER in one.flags for one in books) and (patient or other):
        return "forwarded"
    if any(not _TWICE.isdisjoint(one.flags) for one in books):
        return "decided twice"
    owed = patient > claim.collected
    whole = not any(one.open or one.not_explained for one in books)
    return "settled" if whole and not owed and not _looked_for(books) else "paid"


def _looked_for(books: Sequence[LineBooks]) -> bool:
    """Whether somebody should look at a line."""
    return any(not _UNSETTLED.isdisjoint(one.flags) for one in books)


_NOBODY: Final = Cause()
