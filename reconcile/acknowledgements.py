"""What receivers said of a claim before any money, and what it comes to.

A claim may be spoken of at several levels (its file, its transaction, itself, a line) by several
receivers (translator, clearinghouse, payer), and by a person who enters what came on paper. All of
it is history; of one sending the later word of the higher receiver stands (005010X214: a 277CA of
the clearinghouse is followed by one of the payer). What was said of an earlier sending of the
claim does not count for a later one. No word of these is a decision about payment.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from edi.acknowledgement import Kind, Level, Source, Verdict
from reconcile.lifecycle_table import NEXT
from reconcile.lifecycle_values import EventKind, State

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

# Whose word counts more. A person who enters what came on paper says whose word it is, the
# payer's or the clearinghouse's; a word of nobody but the person counts as the payer's.
RANK: Final[dict[Source, int]] = {"translator": 0, "clearinghouse": 1, "payer": 2, "person": 2}
DEPTH: Final[dict[Level, int]] = {
    "interchange": 0, "group": 1, "transaction": 2, "provider": 3, "claim": 4, "line": 5,
}  # fmt: skip
OWN: Final = "report"  # the list of a code that is the sender's own
SYNTAX: Final = frozenset({"TA1", "999", "997"})  # say nothing of acceptance by the payer
_FILE: Final[dict[Verdict, EventKind]] = {
    "accepted": "file accepted",
    "accepted with errors": "file accepted",
    "rejected": "file rejected",
}
_FORM: Final[dict[Verdict, EventKind]] = {
    "accepted": "batch accepted",
    "accepted with errors": "batch accepted",
    "rejected": "batch rejected",
}
_BATCH: Final[dict[Verdict, EventKind]] = {
    "accepted": "batch received",
    "accepted with errors": "batch received",
    "received": "batch received",
    "forwarded": "batch received",
    "rejected": "batch rejected",
}
_OF_CLAIM: Final[dict[Verdict, EventKind]] = {
    "accepted": "claim accepted",
    "accepted with errors": "claim received",
    "received": "claim received",
    "forwarded": "claim received",
    "rejected": "claim rejected",
}


def event_of(kind: Kind, level: Level, verdict: Verdict) -> EventKind | None:
    """What a word is in the life of a claim it speaks of; None where it decides nothing."""
    if level == "line":
        return None
    if level == "claim":
        return _OF_CLAIM.get(verdict)
    if level == "interchange":
        return _FILE.get(verdict)
    return (_FORM if kind in SYNTAX else _BATCH).get(verdict)


def refuses_group(level: Level, verdict: Verdict) -> bool:
    """Whether a group was rejected (AK901 R): with all in it, also what had the right form."""
    return level == "group" and verdict == "rejected"


def verdict_of(level: Level, verdict: Verdict, detail: str) -> Verdict:
    """The verdict on what a word does not name: of a part accepted group that of the rest.

    Args:
        level: of the word.
        verdict: of the whole.
        detail: what else the word says, as the ledger keeps it (JSON).
    """
    if level != "group" or verdict != "partly accepted" or not detail:
        return verdict
    rest: Verdict = json.loads(detail).get("rest", verdict)
    return rest


def depth_of(kind: Kind, level: Level, verdict: Verdict) -> int:
    """How near to the claim a word is: the nearer counts, of one speaker on one day.

    What a TA1, 999 or 997 rejects is rejected with all in it, whatever it says of its parts.
    """
    rejects = kind in SYNTAX and verdict == "rejected"
    return DEPTH[level] + (len(DEPTH) if rejects else 0)


@value(kw_only=True)
class Code:
    """One code of an acknowledgement in our words, with the place of ours it speaks of."""

    list: str  # edi.acknowledgement.CODE_LISTS, or OWN
    code: str
    words: str = ""
    entity: str = ""  # STC01-3
    segment: str = ""  # IK301
    position: int = 0  # IK302: of that segment in our transaction
    loop: str = ""  # IK303
    element: str = ""  # "CLM05-1"
    trigger: str = ""


@value(kw_only=True)
class Heard:
    """One word about one sending of a claim."""

    id: int  # row number of what was said
    acknowledgement: int  # row number of the acknowledgement
    kind: Kind
    source: Source
    source_name: str
    level: Level
    verdict: Verdict
    codes: tuple[Code, ...] = ()
    text: str = field(default="", repr=False)
    payer_control: str = ""  # REF*1K
    date: str  # CCYY-MM-DD: of what is said, else of the acknowledgement
    recorded_at: str  # when it came here, UTC
    file: str = ""  # name of the file it came in; empty: entered by a person
    file_digest: str = ""
    number: int = 0  # of the acknowledgement in that file
    interchange: str = ""  # ISA13 it came in
    transaction: str = ""  # ST02 it came in
    position: int = 0  # of its segment in that transaction, ST = 1
    reference: str = ""  # BHT03; of an entry by hand: how it came (portal, paper, telephone)
    sending: int = 0  # which sending of the claim: 0 is the first
    sent_file: int = 0  # row number of the file of that sending
    sent_transaction: str = ""  # ST02 of ours
    claim: str = ""  # the claim number as the receiver wrote it
    line: str = ""  # our line control number, at level line
    method: str = ""  # by what it was joined
    own_fault: bool | None = None  # a 999: the fault lies in this claim; None: it does not say

    @property
    def refuses(self) -> bool:
        """Whether the claim, or what it was in, was rejected."""
        return self.verdict == "rejected"


@frozen(kw_only=True)
class Standing:
    """What the words about a claim come to: of its newest sending, the one that stands."""

    sending: int
    word: Heard | None  # None: nobody said anything of it
    line_rejections: tuple[Heard, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """Accepted, rejected ...; None where nobody said anything."""
        return self.word.verdict if self.word else None


def standing(heard: Iterable[Heard], *, sending: int) -> Standing:
    """The word that stands for one sending of a claim; the order of ``heard`` does not matter.

    A word of a higher receiver stands over one of a lower; of one receiver the later stands, of
    one day the deeper (file, transaction, claim), then the rejection. They are followed in that
    order through the table of a claim's life, so that the word that stands is the one that led to
    the claim's state: what was accepted is not only received because a payer says it has the file.
    """
    own = [one for one in heard if one.sending == sending and one.verdict != "other"]
    whole = [one for one in own if one.level != "line"]
    lines = tuple(one for one in own if one.level == "line" and one.refuses)
    state: State = "sent"
    stands = max(whole, key=_counts, default=None)  # where none of them decides anything
    for one in sorted(whole, key=_counts):
        kind = event_of(one.kind, one.level, one.verdict)
        to = NEXT.get((state, kind)) if kind else None
        if to is not None:
            state, stands = to, one
    return Standing(sending=sending, word=stands, line_rejections=lines)


def _counts(one: Heard) -> tuple[object, ...]:
    depth = depth_of(one.kind, one.level, one.verdict)
    return (RANK[one.source], one.date, depth, one.refuses, one.acknowledgement, one.id)


def in_order(heard: Iterable[Heard]) -> tuple[Heard, ...]:
    """The history as it happened."""
    return tuple(sorted(heard, key=_in_time))


def _in_time(one: Heard) -> tuple[object, ...]:
    return (one.sending, one.date, RANK[one.source], DEPTH[one.level], one.acknowledgement, one.id)


def next_step(now: Standing) -> str:
    """What to do about a claim no payer has decided on, in words; empty where nothing is.

    A rejection is no denial: nobody decided on payment, there is nothing to appeal, and the claim
    goes again as an original (frequency 1), never as a replacement.
    """
    word = now.word
    if word is None:
        return ""
    if word.refuses:
        return _after_rejection(word)
    if now.line_rejections:
        return (
            "ask the receiver what became of the rejected lines: the claim itself was not rejected"
        )
    if word.verdict == "accepted with errors":
        return "do not send it again: it was accepted; the errors are for the next time"
    return ""


def _after_rejection(word: Heard) -> str:
    mend = "mend the claim and send it as a new original: claimline correct --visits"
    if word.level in ("interchange", "group"):
        return (
            "the whole file was rejected: mend what the codes say, then claimline resend its file"
        )
    if word.level == "transaction" and word.own_fault is False:
        return (
            "nothing is wrong with this claim: it was rejected with another of its transaction; "
            "send it as it is: claimline resend"
        )
    if word.level in ("transaction", "provider"):
        return (
            "all of the transaction was rejected; where the fault is in this claim, mend it: "
            "claimline correct --visits; else claimline resend"
        )
    return f"{mend}; it is no replacement, and there is nothing to appeal"
