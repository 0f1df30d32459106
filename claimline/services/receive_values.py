"""What ``receive`` answers, file by file. Amounts are Decimal; nothing here names a patient."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Final, Literal

from attrs import field, frozen

from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, worst
from claimline.services.receive_acknowledge_values import AcknowledgementResult
from edi.problem import Problem
from reconcile.attention import Concern

FileState = Literal["received", "known", "resumed", "unreadable"]
STANDS: Final = frozenset({"incomplete", "aside"})  # payments that wait for a person as a whole


def told_state(state: str, claims: Counter[str]) -> str:
    """The state of a payment in a word that does not say posted where nothing was.

    Args:
        state: of the payment in the ledger.
        claims: how many of its claim payments are in which state.
    """
    if state != "posted" or claims["posted"] or not +claims:
        return state
    return max(claims, key=lambda one: claims[one])


@frozen(kw_only=True)
class PaymentResult:
    """One payment (ST of an 835) and what became of its claim payments."""

    transaction: str  # ST02
    trace: str  # TRN02
    payer: str
    date: dt.date
    paid: Decimal  # BPR02
    usage: str
    state: str  # posted, unmatched, duplicate, incomplete, superseded, aside; known: as ``stored``
    stored: str = ""  # of a payment received before: what became of it then, as above
    why: str = ""
    claims: int = 0  # CLPs in the transaction
    posted: int = 0
    known: int = 0  # of the same payment, received before
    unmatched: int = 0
    aside: int = 0
    not_posted: int = 0  # CLP02 23 and 25, or not readable
    parked: int = 0  # an old system's, as a person's rule says
    differs: bool = False  # from what a person entered before it came
    lines_left: int = 0  # lines of posted claims that fit no sent line
    provider_adjusted: Decimal = Decimal("0.00")
    difference: Decimal | None = None  # claims - provider adjustments - BPR02; None: not added up
    turned: bool = False  # a reversal came with positive amounts: it counts below zero
    unbalanced: int = 0  # claims whose own figures do not add up
    odd: int = 0  # claims whose answers do not fit: paid twice, not our charge ...
    concerns: tuple[Concern, ...] = ()  # what is odd, of the first of them
    left: tuple[str, ...] = ()  # the first of the lines left, in words
    corrected: tuple[str, ...] = ()  # claims of ours whose patient the payer corrected (NM1*74)
    part: bool = False  # its amount is that of another payment: a second copy, a part of it
    counted: bool = False  # and that one was posted before

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look at it, or still has."""
        if not STANDS.isdisjoint((self.state, self.stored)):
            return True
        left = self.unmatched or self.aside or self.not_posted or self.lines_left
        return bool(left or self.unbalanced or self.odd or self.difference or self.differs)


@frozen(kw_only=True)
class AdoptedResult:
    """One ST of an 837P made elsewhere."""

    transaction: str
    usage: str
    adopted: int = 0
    known: int = 0
    conflicting: tuple[str, ...] = ()  # control numbers
    state: Literal["adopted", "conflict", "incomplete", "known", "nothing"] = "adopted"
    left_out: int = 0  # claims without a day of service

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look at it."""
        return bool(self.conflicting or self.left_out) or self.state == "incomplete"


@frozen(kw_only=True)
class FileResult:
    """One file. ``unread`` are transactions that are kept but not read yet, by type."""

    file: str
    state: FileState
    digest: str = ""
    payments: tuple[PaymentResult, ...] = ()
    adopted: tuple[AdoptedResult, ...] = ()
    acknowledged: tuple[AcknowledgementResult, ...] = ()
    unread: tuple[tuple[str, int], ...] = ()  # (999, how many)
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    message: str = ""
    todo: str = ""
    nothing_in_it: bool = False  # X12 without a single transaction that could be read
    later: bool = False  # unreadable, but not the file's fault: a later run may take it
    full: bool = False  # it is ``later`` for want of room: no run takes it before there is some

    @property
    def status(self) -> int:
        """0 done, 1 somebody has to look at it, 3 could not be read."""
        if self.state == "unreadable":
            return COULD_NOT_RUN
        needs = self.nothing_in_it or any(one.needs_person for one in self.payments)
        needs = needs or any(one.needs_person for one in self.adopted)
        needs = needs or any(one.needs_person for one in self.acknowledged)
        wrong = any(problem.level == "error" for problem in self.problems)
        return worst(DONE, NEEDS_PERSON if needs or wrong else DONE)
