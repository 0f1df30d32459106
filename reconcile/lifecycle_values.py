"""The words the life of a claim is told in: states, events, causes. See ``reconcile.lifecycle``."""

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

State = Literal[
    "held",
    "ready",
    "sent",
    "received",
    "accepted",
    "rejected",
    "denied",
    "partly paid",
    "paid",
    "reversed",
    "replaced",
    "voided",
    "forwarded",
    "closed",
]
EventKind = Literal[
    "held",
    "recorded",
    "delivered",
    "taken back",
    "file accepted",
    "file rejected",
    "batch accepted",
    "batch rejected",
    "batch received",
    "claim received",
    "claim accepted",
    "claim rejected",
    "copy refused",
    "answered, not placed",
    "answer not readable",
    "answer kept aside",
    "passed on",
    "estimated",
    "undecided",
    "duplicate",
    "denied",
    "partly paid",
    "paid",
    "next payer first",
    "decided twice",
    "forwarded",
    "settled",
    "reversed",
    "decision taken back",
    "duplicate answer",
    "another answer",
    "answered elsewhere",
    "replaced",
    "sent anew",
    "voided",
    "closed by a person",
]


@value(kw_only=True)
class Cause:
    """What says so: a file and a place in it, or a person with a reason. No patient data."""

    file: str = ""  # name
    kind: str = ""  # 837P, TA1, 999, 277CA, report, 835, hand
    transaction: str = ""  # ST02
    segment: int = 0  # position in the transaction, ST = 1
    source: str = ""  # the name of who said it
    codes: str = ""  # what was said: "A7:562"
    person: str = ""
    reason: str = field(default="", repr=False)


@value(kw_only=True)
class Event:
    """Something that happened to a claim."""

    kind: EventKind
    at: str = ""  # UTC, when it became known: CCYY-MM-DDTHH:MM:SSZ
    transmission: int = 0  # how often the claim had been sent before
    speaker: int = 0  # whose word it is, see ``acknowledgements.RANK``
    date: str = ""  # the day it is said of, CCYY-MM-DD
    depth: int = 0  # 0 the whole file ... 4 the claim itself
    place: int = 0  # among the payers' answers, in the order of payment
    cause: Cause = field(factory=Cause)


@frozen(kw_only=True)
class StateRow:
    """A state: what it means, and what to do."""

    state: State
    means: str
    todo: str
    work: bool = False  # somebody has to do something
    over: bool = False  # nothing is left to be done


@frozen(kw_only=True)
class EventRow:
    """An event: what it is, in words; what to do after it, where the state does not say it."""

    kind: EventKind
    means: str
    todo: str = ""  # instead of the state's
    work: bool = False  # somebody has to do something, whatever the state says
    moves: bool = True  # false: it is kept in the history and leaves the state as it is


@frozen(kw_only=True)
class Move:
    """In any of these states, that event leads to this state."""

    states: tuple[State, ...]
    event: EventKind
    to: State


@frozen(kw_only=True)
class Stand:
    """Where a claim is in its life, since when and why."""

    state: State
    event: EventKind  # that led to it
    since: str = ""  # UTC
    cause: Cause = field(factory=Cause)
    open: int = 0  # cents that the payers have not decided


@frozen(kw_only=True)
class Chapter:
    """One event of a claim's history and the state it led to."""

    event: Event
    state: State
    counts: bool = True  # false: it changed nothing, a later or weightier word stands
