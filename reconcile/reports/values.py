"""What reports are counted from and grouped by."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from attrs import field

from reconcile.buckets import is_duplicate
from reconcile.values import ZERO, Adjudication, LineBooks, SentClaim, SentLine

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

By = Literal["payer", "code", "provider", "location", "month"]
WAYS: Final[tuple[By, ...]] = ("payer", "code", "provider", "location", "month")
NOT_SAID: Final = ""  # a claim does not say it: sent before it was kept, or by another system


@value(kw_only=True)
class Turn:
    """One payer's word on a claim: the books as they stood after it and those before it."""

    payer: str  # name, else key
    key: str  # Adjudication.payer; empty: whoever was billed first
    rank: str
    books: tuple[LineBooks, ...]


@value(kw_only=True)
class Case:
    """A sent claim with its books, and what it is grouped by."""

    claim: SentClaim
    answers: tuple[Adjudication, ...]  # all that came back, in order of payment date
    books: tuple[LineBooks, ...]  # of its lines, as the payers' policies read them
    payer: str  # name, else key
    provider: str = NOT_SAID  # NPI of who treated
    location: str = NOT_SAID  # key in the practice file
    state: str = ""  # see ``reconcile.lifecycle``
    sent: dt.date | None = None  # it left for the first time; None: not known
    rejected: bool = False  # before anybody decided about payment
    closed: bool = False  # by a person
    stands_on: str = ""  # the claim that its charge is counted on while a correction waits
    names: Mapping[str, str] = field(factory=dict)  # of who answered, by Adjudication.payer
    turns: tuple[Turn, ...] = ()  # where a later payer answered: first payer first; else none

    @property
    def is_first(self) -> bool:
        """Whether it is the first claim of its visits to the first payer."""
        claim = self.claim
        return claim.control == claim.family and claim.frequency == "1" and claim.payer_rank == "P"

    def pairs(self) -> tuple[tuple[SentLine, LineBooks], ...]:
        """Each line with its books."""
        books = {one.line: one for one in self.books}
        return tuple((line, books[line.control]) for line in self.claim.lines)


def said_later(case: Case) -> dict[str, list[tuple[str, Decimal, Decimal]]]:
    """What later payers paid, and what they refuse of it now: by line (payer, paid, denied)."""
    found: dict[str, list[tuple[str, Decimal, Decimal]]] = {}
    for before, turn in pairwise(case.turns):
        for old, new, last in zip(before.books, turn.books, case.books, strict=True):
            decided = last.decided_by
            is_last = decided is not None and (decided.rank, decided.payer) == (turn.rank, turn.key)
            refused = last.denied - last.twice.denied
            amounts = new.paid - old.paid, refused if is_last else ZERO
            if any(amounts):
                found.setdefault(new.line, []).append((turn.payer, *amounts))
    return found


def is_duplicate_line(books: LineBooks) -> bool:
    """Whether a line was only refused as a copy of another: it is in no sum of denials."""
    current, by = books.current, books.decided_by
    return current is not None and by is not None and is_duplicate(by, current)


def group_of(case: Case, by: By, line: SentLine | None = None) -> str:
    """The group a claim, or one line of it, counts in. ``month`` is that of the service."""
    match by:
        case "payer":
            return case.payer
        case "provider":
            return case.provider
        case "location":
            return case.location
        case "month":
            return (line or case.claim).date.isoformat()[:7]
        case "code":
            return line.code if line is not None else NOT_SAID


def first_answers(case: Case) -> tuple[Adjudication, ...]:
    """What the first payer's first payment said of the claim; a reversal is no first answer."""
    of_first = [a for a in case.answers if a.rank == "P" and not a.is_reversal]
    if not of_first:
        return ()
    first = of_first[0]
    key = (first.date, first.trace)
    return tuple(a for a in of_first if (a.date, a.trace) == key)
