"""A claim that is to be corrected, and all that decides how: answers, findings, what is allowed."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from reconcile.books import NEVER_POSTED, claim_books
from reconcile.by_policy import by_policy
from reconcile.correction_compare import Difference
from reconcile.correction_deadline import Deadline, deadline
from reconcile.denials import finding
from reconcile.lifecycle_values import Stand
from reconcile.look import wants_a_look
from reconcile.values import (
    Adjudication,
    Finding,
    LineBooks,
    Neighbour,
    PayerFacts,
    SentClaim,
    SentLine,
)

UNPROCESSABLE: Final = frozenset({"MA130", "N142", "N517"})
WORKED: Final = frozenset({"denied", "reduced"})
DUPLICATE: Final = "duplicate"
RECORDS: Final = "records"
WHOLE: Final = frozenset({"file rejected", "batch rejected"})
Changes = Sequence[Difference] | None  # None: nobody has said what is to change


@frozen(kw_only=True)
class Answered:
    """A line with where it stands and, where it was denied or cut, what that means."""

    line: SentLine
    books: LineBooks
    finding: Finding | None  # of a line that wants a look, too (paid nothing, paid to the patient)


@frozen(kw_only=True)
class Standing:
    """A claim to be corrected and all that decides how."""

    claim: SentClaim
    family: tuple[SentClaim, ...]  # to the same payer, in the order of sending; the claim too
    answers: tuple[Adjudication, ...]  # its payer's decisions, oldest first
    lines: tuple[Answered, ...]
    facts: PayerFacts
    rejected: str = ""  # by what: refused before anybody decided about payment; empty: it was not
    rejected_whole: bool = False  # its file or batch was refused, not the claim for itself

    @property
    def newest(self) -> Adjudication | None:
        """The payer's newest decision that was not taken back."""
        decided = [a.books.decided_by for a in self.lines if a.books.decided_by is not None]
        return max(decided, key=age, default=None)

    @property
    def payer_claim(self) -> str:
        """The payer's newest number of the claim (CLP07)."""
        numbers = [a.payer_control for a in self.answers if a.payer_control and not a.is_reversal]
        return numbers[-1] if numbers else ""

    @property
    def worked(self) -> tuple[Answered, ...]:
        """The lines that were denied or cut."""
        return tuple(one for one in self.lines if one.books.status in WORKED)

    @property
    def remarks(self) -> frozenset[str]:
        """Every remark of the newest decision, of the claim (MOA) and of its lines (LQ)."""
        if self.newest is None:
            return frozenset()
        return frozenset((*self.newest.remarks, *(r for x in self.newest.lines for r in x.remarks)))

    @property
    def name(self) -> str:
        """The payer's name, or its key."""
        return self.facts.name or self.facts.key

    @property
    def paid(self) -> bool:
        """Whether any line was paid anything."""
        return any(one.books.paid for one in self.lines)

    @property
    def unprocessable(self) -> str:
        """The remark that sends the claim back unprocessed; empty where none does."""
        return next(iter(sorted(UNPROCESSABLE & self.remarks)), "")

    def due(self, kind: str) -> Deadline | None:
        """A deadline of this payer for this claim; a reopening's counts from the first decision."""
        decided = [a for a in self.answers if not a.is_reversal]
        if not decided and kind != "filing":
            return None
        counted = decided[0] if kind == "reopening" else decided[-1] if decided else None
        day = counted.date if counted is not None else self.claim.date
        return deadline(kind, self.facts, decided=day, service=self.claim.date)


def standing(
    claim: SentClaim,
    adjudications: Sequence[Adjudication],
    facts: PayerFacts,
    *,
    family: Sequence[SentClaim],
    neighbours: Sequence[SentLine | Neighbour] = (),
    on: dt.date,
    stand: Stand | None = None,
) -> Standing:
    """Gather what decides.

    Args:
        claim: to be corrected.
        adjudications: all that came for it.
        facts: what its payer allows.
        family: its family's claims to the same payer, in the order of sending, with the claim.
        neighbours: other lines of the patient and day.
        on: the day of the question.
        stand: where the claim is in its life, if that is known.
    """
    own = sorted(
        (a for a in adjudications if a.rank == claim.payer_rank and a.status not in NEVER_POSTED),
        key=age,
    )
    lines = {line.control: line for line in claim.lines}
    told = []
    for books in by_policy(claim_books(claim, own), lambda _: facts):
        line = lines[books.line]
        found = None
        if books.status in WORKED or wants_a_look(books):
            found = finding(line, claim, books, neighbours, facts, on)
        told.append(Answered(line=line, books=books, finding=found))
    rejected = stand is not None and stand.state == "rejected"
    return Standing(
        claim=claim,
        family=tuple(family),
        answers=tuple(own),
        lines=tuple(told),
        facts=facts,
        rejected=_said(stand) if stand is not None and rejected else "",
        rejected_whole=stand is not None and rejected and stand.event in WHOLE,
    )


def _said(stand: Stand) -> str:
    """By what a claim was rejected: 277CA A7:562."""
    cause = stand.cause
    kind = "by hand," if cause.kind == "hand" else cause.kind
    return " ".join(part for part in (kind, cause.codes or cause.reason) if part) or stand.event


def age(given: Adjudication) -> tuple[dt.date, str, int, str]:
    """The order of answers: by payment date, then as they stand in the files."""
    return (given.date, given.trace, given.position, given.id)
