"""The table of a claim's life: its states, its events, and which event leads where.

It is data: ``lifecycle.state_of`` reads it, docs/life-of-a-claim.md is drawn from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reconcile.lifecycle_values import EventRow, Move, State, StateRow

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
        means="Taken for a decision about payment (277CA A2), or answered without one. Nothing is "
        "decided yet.",
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
        means="A later claim of the same visits took its place: a correction that the payer "
        "decided, or a new claim that was sent after a rejection.",
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

EVENTS: Final[tuple[EventRow, ...]] = (
    EventRow(kind="held", means="a claim was drafted and kept back"),
    EventRow(kind="recorded", means="its file was recorded, for the first time or again"),
    EventRow(
        kind="delivered",
        means="the clearinghouse took the file; without a transfer profile: it is in the outbox",
    ),
    EventRow(kind="taken back", means="a person took the file back before it was picked up"),
    EventRow(kind="file accepted", means="TA1 A or E: the interchange can be read"),
    EventRow(kind="file rejected", means="TA1 R: nothing of the file was looked at"),
    EventRow(kind="batch accepted", means="999 or 997 A or E: the transaction can be read"),
    EventRow(
        kind="batch rejected",
        means="999 or 997 R, M, W, X, or a 277CA that refuses the whole batch: all its claims",
    ),
    EventRow(kind="batch received", means="a 277CA speaks of the batch and refuses nothing"),
    EventRow(kind="claim received", means="277CA A0 or A1: the claim arrived or was passed on"),
    EventRow(kind="claim accepted", means="277CA A2: taken for a decision"),
    EventRow(
        kind="claim rejected",
        means="277CA A3, A4, A6, A7, A8, a report of the clearinghouse, or entered by hand",
    ),
    EventRow(
        kind="copy refused",
        means="a later sending is refused as a copy (TA105 025, claim status 54): they have it",
    ),
    EventRow(
        kind="answered, not placed",
        means="835: an answer names the claim, and nothing of it could be put on a line of it",
        todo="claimline ledger waiting says why; claimline match puts it where it belongs. The "
        "remittance is here: do not wait for it, and do not send the claim again.",
        work=True,
    ),
    EventRow(
        kind="answer not readable",
        means="835: an answer names the claim, and an amount of it cannot be read",
        todo="Ask the sender for the claim's answer in a file that can be read, under the same "
        "payment number: it is posted from there. The remittance is here: do not send the claim "
        "again.",
        work=True,
    ),
    EventRow(
        kind="answer kept aside",
        means="835: an answer names the claim; its payment number was used for another payment",
        todo="Compare with the earlier payment of that number and ask the payer which one holds. "
        "The remittance is here: do not send the claim again.",
        work=True,
    ),
    EventRow(
        kind="passed on",
        means="835, CLP02 23: not this payer's claim, passed on to another without a decision",
        todo="Wait for the other payer's remittance; bill nobody twice. Ask this payer to whom it "
        "went, and correct the patient's coverage.",
        work=True,
    ),
    EventRow(
        kind="estimated",
        means="835, CLP02 25: an estimate (predetermination), no decision about payment",
        todo="Ask the payer why it took the claim for an estimate: a decision is still due.",
        work=True,
    ),
    EventRow(
        kind="undecided",
        means="835: the payer answered, and decided nothing yet on any line of ours",
        todo="claimline trace shows the reason: send what the payer asks for, else wait for its "
        "decision. Do not send the claim again.",
        work=True,
    ),
    EventRow(
        kind="duplicate",
        means="835: refused as a duplicate only (CARC 18, B13; N111, N522): no denial, and the "
        "answer that it speaks of is not here",
        todo="Find the first claim's answer and work that: claimline trace CLAIM shows the other "
        "claims of these days; else ask the payer for the number and day of its first answer. "
        "Nothing to appeal; do not send the claim again.",
        work=True,
    ),
    EventRow(
        kind="next payer first",
        means="835: a later payer answered, and the remittance of the payer billed is not here",
        todo="Wait for the remittance of the payer billed; claimline missing says when it is late. "
        "Until then write nothing off, and ask the patient for nothing.",
    ),
    EventRow(kind="denied", means="835: refused, and nothing paid"),
    EventRow(kind="partly paid", means="835: a part is refused or not decided"),
    EventRow(kind="paid", means="835: decided, nothing refused; the payment may be 0.00"),
    EventRow(
        kind="decided twice",
        means="835: decided, and another answer of the same payer stands beside the newest",
        todo="claimline trace says which answer is one too many: wait for its reversal, or ask "
        "the payer for it. Bill nobody for the rest before, and return nothing. If the payer sends "
        "none: claimline claims --no-reversal CLAIM --reason.",
        work=True,
    ),
    EventRow(kind="forwarded", means="835: decided, and passed on to the next payer"),
    EventRow(kind="settled", means="835: decided, and nothing is left to anybody"),
    EventRow(kind="reversed", means="835: the decision was taken back, the new one is missing"),
    EventRow(
        kind="decision taken back",
        means="835: a decision was taken back, and another one stands",
        moves=False,
    ),
    EventRow(
        kind="duplicate answer",
        means="835: refused as a duplicate; the first answer stands",
        moves=False,
    ),
    EventRow(
        kind="another answer",
        means="835: an answer after which the claim stands as before",
        moves=False,
    ),
    EventRow(kind="answered elsewhere", means="835: the answer stands on the first payer's claim"),
    EventRow(kind="replaced", means="a later claim of the same visits was decided"),
    EventRow(
        kind="sent anew",
        means="it was rejected, and a new claim of the same visits was sent in its place",
    ),
    EventRow(kind="voided", means="a void was sent, and nothing paid stands"),
    EventRow(kind="closed by a person", means="a person said that nothing is to be done"),
)
EVENT: Final[Mapping[str, EventRow]] = MappingProxyType({row.kind: row for row in EVENTS})

_ON_THE_WAY: Final[tuple[State, ...]] = (
    "ready", "sent", "received", "accepted", "rejected", "closed",
)  # fmt: skip
_DECIDED: Final[tuple[State, ...]] = (
    "denied", "partly paid", "paid", "forwarded", "reversed",
)  # fmt: skip
_NOT_ACCEPTED: Final[tuple[State, ...]] = ("ready", "sent", "received", "rejected", "closed")
_ANY: Final[tuple[State, ...]] = (*_ON_THE_WAY, *_DECIDED)

MOVES: Final[tuple[Move, ...]] = (
    Move(states=("held", *_ON_THE_WAY), event="recorded", to="ready"),
    Move(states=("ready",), event="delivered", to="sent"),
    Move(states=("ready", "sent"), event="taken back", to="closed"),
    Move(states=_NOT_ACCEPTED, event="file accepted", to="received"),
    Move(states=_ON_THE_WAY, event="file rejected", to="rejected"),
    Move(states=_NOT_ACCEPTED, event="batch accepted", to="received"),
    Move(states=_ON_THE_WAY, event="batch rejected", to="rejected"),
    Move(states=("ready", "sent", "received", "closed"), event="batch received", to="received"),
    Move(states=_NOT_ACCEPTED, event="claim received", to="received"),
    Move(states=_ON_THE_WAY, event="claim accepted", to="accepted"),
    Move(states=_ON_THE_WAY, event="claim rejected", to="rejected"),
    Move(states=("ready", "sent"), event="copy refused", to="received"),
    Move(states=_ANY, event="answered, not placed", to="accepted"),
    Move(states=_ANY, event="answer not readable", to="accepted"),
    Move(states=_ANY, event="answer kept aside", to="accepted"),
    Move(states=_ON_THE_WAY, event="passed on", to="accepted"),
    Move(states=_ON_THE_WAY, event="estimated", to="accepted"),
    Move(states=_ANY, event="undecided", to="accepted"),
    Move(states=_ANY, event="duplicate", to="accepted"),
    Move(states=_ANY, event="next payer first", to="accepted"),
    Move(states=_ANY, event="denied", to="denied"),
    Move(states=_ANY, event="partly paid", to="partly paid"),
    Move(states=_ANY, event="paid", to="paid"),
    Move(states=_ANY, event="decided twice", to="paid"),
    Move(states=_ANY, event="forwarded", to="forwarded"),
    Move(states=_ANY, event="settled", to="closed"),
    Move(states=_ANY, event="reversed", to="reversed"),
    Move(states=_ANY, event="answered elsewhere", to="closed"),
    Move(states=_ANY, event="replaced", to="replaced"),
    Move(states=("rejected",), event="sent anew", to="replaced"),
    Move(states=_ANY, event="voided", to="voided"),
    Move(states=_ANY, event="closed by a person", to="closed"),
)
NEXT: Final[Mapping[tuple[str, str], State]] = MappingProxyType(
    {(state, move.event): move.to for move in MOVES for state in move.states}
)
