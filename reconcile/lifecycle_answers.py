"""What each answer of the payers makes of a claim, in the order of payment.

The books of a claim are a function of the set of its answers (``books.claim_books``); so where it
stood after each is that of the answers up to it. Within one remittance a reversal comes before what
corrects it, whatever the order of their segments.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve

from reconcile.books import claim_books
from reconcile.buckets import is_copy
from reconcile.lifecycle import decided
from reconcile.lifecycle_values import EventKind
from reconcile.values import Adjudication, LineBooks, SentClaim

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

Reading = Callable[[tuple[LineBooks, ...]], tuple[LineBooks, ...]]
BY_OTHERS: Final = frozenset({"replaced", "voided"})  # by another claim: no answer is the cause
MOST: Final = 100  # answers of one claim told one by one; of those before, only that they came


def _as_they_are(books: tuple[LineBooks, ...]) -> tuple[LineBooks, ...]:
    return books


@value(kw_only=True)
class Told:
    """An event that an answer led to, with the answer that is its cause."""

    kind: EventKind
    by: Adjudication


def stand(
    claim: SentClaim, books: Sequence[LineBooks], answers: Sequence[Adjudication]
) -> Told | None:
    """What all answers come to, and the newest of those that it stands on.

    Args:
        claim: as it was sent.
        books: of all its lines, from these answers (``books.claim_books``).
        answers: all that came back for it, in any order; None is returned for none.
    """
    if not answers:
        return None
    placed = not any(one.unmatched or one.difference for one in answers)
    kind = decided(claim, books, placed=placed)
    assert kind is not None, "something came back"
    return Told(kind=kind, by=_cause(kind, books, answers))


def _cause(
    kind: EventKind, books: Sequence[LineBooks], answers: Sequence[Adjudication]
) -> Adjudication:
    if kind == "reversed":
        some = [one for one in answers if one.is_reversal]
    elif kind in {"undecided", "answered, not placed"}:
        some = []
    else:
        some = [one.decided_by for one in books if one.decided_by is not None]
    return max(some or answers, key=order)


def told(
    claim: SentClaim, answers: Sequence[Adjudication], read: Reading = _as_they_are
) -> Iterator[Told]:
    """One or two events for each answer: what it is, and what stands now if that changed.

    ``read`` is how the payer's contract reads books (``by_policy``).

    The last that is no ``decision taken back``, ``duplicate answer`` or ``another answer`` is what
    ``stand`` gives for all of them.
    """
    alone = evolve(claim, replaced_by="", voided_by="")
    ordered = sorted(answers, key=order)
    before: Told | None = None
    first = max(len(ordered) - MOST, 0)
    for one in ordered[:first]:
        yield Told(kind="decision taken back" if one.is_reversal else "another answer", by=one)
    for count, one in enumerate(ordered[first:], first + 1):
        came = ordered[:count]
        now = stand(alone, read(claim_books(alone, came)), came)
        assert now is not None
        changed = _differs(now, before)
        if not (changed and now.by.id == one.id):
            yield Told(kind=_beside(one), by=one)
        if changed:
            yield now
        before = now
    if not (claim.replaced_by or claim.voided_by):
        return
    now = stand(claim, read(claim_books(claim, ordered)), ordered)
    if now is not None and now.kind not in BY_OTHERS and _differs(now, before):
        yield now


def _differs(now: Told, before: Told | None) -> bool:
    return before is None or (now.kind, now.by.id) != (before.kind, before.by.id)


def _beside(answer: Adjudication) -> EventKind:
    """What an answer is that does not decide where the claim stands."""
    if answer.is_reversal:
        return "decision taken back"
    if is_copy(answer):
        return "duplicate answer"
    return "another answer"


def order(answer: Adjudication) -> tuple[dt.date, str, bool, int, str]:
    """The order of answers: by payment; in one, what is taken back before what is decided."""
    return answer.date, answer.trace, not answer.is_reversal, answer.position, answer.id
