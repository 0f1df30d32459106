"""The life of a claim: one table of states and events, read by ``state_of`` and drawn in the docs.

Rejected, denied and zero-paid are different things. Rejected: refused before anybody decided about
payment (TA1, 999, 277CA, or told by hand); no denial, no acceptance, nothing to appeal. Denied:
the payer decided and pays nothing. Paid may be 0.00, when all goes to the deductible.

The state is a function of the SET of events, not of the order in which they became known: they
are put into their own order first (``order_of``). The newest transmission decides; within it the
word of the payer counts more than that of the clearinghouse, and this more than a translator's; of
one level the later day, of one day the rejection. A payment decides over every acknowledgement.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

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
    "claim received",
    "claim accepted",
    "claim rejected",
    "undecided",
    "denied",
    "partly paid",
    "paid",
    "forwarded",
    "settled",
    "reversed",
    "answered elsewhere",
    "replaced",
    "voided",
    "closed by a person",
]
Source = Literal["", "translator", "clearinghouse", "payer", "person"]


@value(kw_only=True)
class Cause:
    """What says so: a file and a place in it, or a person with a reason."""

    file: str = ""  # name
    transaction: str = ""  # ST02
    segment: int = 0  # position in the transaction, ST = 1
    kind: str = ""  # 837P, TA1, 999, 277CA, 835, report
    source: str = ""  # the name of who said it
    codes: str = ""  # what was said: "A7:562", "CO-97 N20"
    person: str = ""
    reason: str = ""


@value(kw_only=True)
class Event:
    """Something that happened to a claim.

    ``transmission`` counts the times it was sent, from 0; ``level`` is who speaks, ``date`` the day
    it is said of, where the message names one.
    """

    kind: EventKind
    at: str = ""  # UTC, when it became known: CCYY-MM-DDTHH:MM:SSZ
    transmission: int = 0
    level: int = 0  # see LEVELS
    date: str = ""  # CCYY-MM-DD
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
class Move:
    """In any of these states, that event leads to this state."""

    states: tuple[State, ...]
    event: EventKind
    to: State


@frozen(kw_only=True)
class Stand:
    """Where a claim is in its life, since when and why. ``open`` in cents is not decided yet."""

    state: State
    event: str  # that led to it
    since: str  # UTC
    cause: Cause
    open: int = 0


STATES: Final[tuple[StateRow, ...]] = (
    StateRow(
        state="held",
        means="Drafted from visits, and kept back: something must be mended or decided first. "
        "It has no control number.",
        todo="claimline held list says why: mend the visit, or release or override it.",
        work=True,
    ),
    StateRow(
        state="ready",
        means="Recorded in a file that the clearinghouse has not got yet.",
        todo="Nothing: it goes with the next transfer. Until then claimline unsend takes it back.",
    ),
    StateRow(
        state="sent",
        means="The file left, and nobody has answered.",
        todo="Wait for the TA1 or 999; when none comes, ask the clearinghouse, and "
        "claimline resend sends a lost file again.",
    ),
    StateRow(
        state="received",
        means="The file or the claim arrived and can be read. It is not accepted yet.",
        todo="Wait for the 277CA.",
    ),
    StateRow(
        state="accepted",
        means="Taken for a decision about payment (277CA A2). Nothing is decided yet.",
        todo="Wait for the remittance.",
    ),
    StateRow(
        state="rejected",
        means="Refused before anybody decided about payment: no denial, no acceptance, and "
        "nothing that could be appealed. It does not count as filed.",
        todo="File or batch refused: claimline resend. Claim refused: mend what the codes name, "
        "then claimline correct --visits sends it as a new claim.",
        work=True,
    ),
    StateRow(
        state="denied",
        means="The payer decided, and pays nothing on the refused lines.",
        todo="claimline denials names the road for each line.",
        work=True,
    ),
    StateRow(
        state="partly paid",
        means="Some of it is paid; a line or a part of one is refused or not decided.",
        todo="claimline denials for what is refused; wait or call for what is open.",
        work=True,
    ),
    StateRow(
        state="paid",
        means="The payer decided all of it and refused nothing. The payment may be 0.00: all to "
        "the deductible. Something is left to the patient or to a further payer, or two answers "
        "contradict each other.",
        todo="claimline owes says who owes the rest; claimline secondary bills the next payer.",
    ),
    StateRow(
        state="reversed",
        means="The payer took its decision back, and the new one is missing.",
        todo="Wait for the correction; call when it does not come. No appeal, no refund before.",
        work=True,
    ),
    StateRow(
        state="replaced",
        means="A later claim of the same visits took its place.",
        todo="Nothing here: look at the later claim.",
        over=True,
    ),
    StateRow(
        state="voided",
        means="A void was sent, and the payer keeps nothing paid on it.",
        todo="Nothing.",
        over=True,
    ),
    StateRow(
        state="forwarded",
        means="Decided, and passed by the payer to the patient's next one (crossover).",
        todo="Wait for the next payer's remittance before billing it yourself.",
    ),
    StateRow(
        state="closed",
        means="Nothing is open, refused or left to anybody: paid to the last cent, answered on "
        "another claim, taken back before it was sent, or closed by a person.",
        todo="Nothing.",
        over=True,
    ),
)
STATE: Final[Mapping[str, StateRow]] = MappingProxyType({row.state: row for row in STATES})

_ON_THE_WAY: Final[tuple[State, ...]] = (
    "ready", "sent", "received", "accepted", "rejected", "closed",
)  # fmt: skip
_DECIDED: Final[tuple[State, ...]] = (
    "denied", "partly paid", "paid", "forwarded", "reversed",
)  # fmt: skip
_ANY: Final[tuple[State, ...]] = (*_ON_THE_WAY, *_DECIDED)


MOVES: Final[tuple[Move, ...]] = (
    Move(states=("held",), event="recorded", to="ready"),
    Move(states=("rejected", "sent", "received"), event="recorded", to="ready"),  # sent again
    Move(states=("ready",), event="delivered", to="sent"),
    Move(states=("ready", "sent"), event="taken back", to="closed"),
    Move(states=_ON_THE_WAY, event="file accepted", to="received"),
    Move(states=_ON_THE_WAY, event="file rejected", to="rejected"),
    Move(states=_ON_THE_WAY, event="batch accepted", to="received"),
    Move(states=_ON_THE_WAY, event="batch rejected", to="rejected"),
    Move(states=("ready", "sent", "received", "rejected", "closed"),
         event="claim received", to="received"),
    Move(states=_ON_THE_WAY, event="claim accepted", to="accepted"),
    Move(states=_ON_THE_WAY, event="claim rejected", to="rejected"),
    Move(states=_ON_THE_WAY, event="undecided", to="accepted"),
    Move(states=_ANY, event="denied", to="denied"),
    Move(states=_ANY, event="partly paid", to="partly paid"),
    Move(states=_ANY, event="paid", to="paid"),
    Move(states=_ANY, event="forwarded", to="forwarded"),
    Move(states=_ANY, event="settled", to="closed"),
    Move(states=_ANY, event="reversed", to="reversed"),
    Move(states=_ANY, event="answered elsewhere", to="closed"),
    Move(states=_ANY, event="replaced", to="replaced"),
    Move(states=_ANY, event="voided", to="voided"),
    Move(states=(*_ANY, "held"), event="closed by a person", to="closed"),
)  # fmt: skip
