"""What older answers of a line still hold in the books, because their reversal has not come.

A payer that decides anew may send the reversal of its first answer later (RFI 791), and many never
do: then refusals, write-offs and shares of the patient stand twice. Reports, and what a patient
hears, count only what the newest answer says; the books keep both until the reversal or a person's
word. What was paid is money and counts as it came.
"""

from decimal import Decimal
from typing import Final

from reconcile.books import NO_REVERSAL, PAID_TWICE, SAME_AGAIN
from reconcile.books_turns import Entry, sum_of
from reconcile.buckets import Buckets
from reconcile.values import ZERO, LineBooks

TWICE: Final = frozenset({NO_REVERSAL, PAID_TWICE, SAME_AGAIN})  # decided twice by one payer


def denied_twice(books: LineBooks) -> Decimal:
    """What is refused of a line beyond what its newest answer refuses.

    A denial that was reprocessed and paid is none, though its reversal may never come.
    """
    newest = _newest(books)
    return _beyond(books.denied, newest.denied) if newest is not None else ZERO


def left_twice(books: LineBooks) -> Decimal:
    """What is left to the patient of a line beyond what its newest answer leaves."""
    newest = _newest(books)
    return _beyond(books.patient, newest.patient) if newest is not None else ZERO


def written_off_twice(books: LineBooks) -> Decimal:
    """What is written off of a line by the contract beyond what its newest answer says."""
    newest = _newest(books)
    return _beyond(books.contractual, newest.contractual) if newest is not None else ZERO


def _newest(books: LineBooks) -> Buckets | None:
    """The newest answer by itself, where the line is decided twice."""
    current, by = books.current, books.decided_by
    if books.open >= ZERO or current is None or by is None or TWICE.isdisjoint(books.flags):
        return None
    return sum_of((Entry(adjudication=by, share=current),))


def _beyond(both: Decimal, newest: Decimal) -> Decimal:
    return max(both - max(newest, ZERO), ZERO)
