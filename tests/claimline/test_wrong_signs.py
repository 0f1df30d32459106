"""A reversal that was sent with positive amounts: proof, books, and what waits say the same."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from databases import NewUrl
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline.services import proof
from claimline.services.receive_values import PaymentResult
from reconcile.ledger import Ledger, open_ledger, standing

FIRST, OTHER = "CT7Q2M9XK4HWA", "CT8R3N2YL5JXB"
LINES = "on lines of claims"
NOWHERE = "not explained by the payers"


@pytest.fixture(name="ledger")
def _ledger(ledger_url: NewUrl) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST), sent(OTHER))
        yield ledger


def paid_first(ledger: Ledger) -> None:
    """The answer of 75.00 that is taken back."""
    take(ledger, x12(remit(clp(FIRST, icn="A1"), trace="T1", date="20260210")), "a.835")


def taken_back(ledger: Ledger, paid: str) -> PaymentResult:
    """The reversal, 75.00 above zero, beside 100.00 for another claim, in one payment."""
    reversal = clp(FIRST, status="22", icn="A1")
    other = clp(OTHER, Line(paid="100", cas=()), icn="B1")
    body = remit(reversal, other, trace="T2", paid=paid, date="20260220")
    [told] = take(ledger, x12(body, control=2), "b.835").payments
    return told


def places(ledger: Ledger) -> dict[str, Decimal]:
    """Where the proof says that the money is; every equation holds."""
    found = proof.of_book(ledger, "T")
    assert all(one.closes for one in found.equations)
    return {where: amount for where, amount in found.places[1:] if amount}


def waits(ledger: Ledger) -> list[Decimal]:
    """The differences of payments that wait for a person."""
    with ledger.reading() as connection:
        found = list(standing.waiting(connection, "T"))
    return [one.amount for one in found if one.kind == "unbalanced"]


def test_a_payment_that_fits_so_closes(ledger: Ledger) -> None:
    """Where BPR02 is less by the reversal, nothing is left unexplained, and nothing waits."""
    paid_first(ledger)
    told = taken_back(ledger, "25")
    assert (told.turned, told.difference, told.needs_person) == (True, Decimal("0.00"), False)
    assert places(ledger) == {LINES: Decimal("100.00")}
    assert waits(ledger) == []


def test_money_that_came_and_is_on_no_line_is_not_explained(ledger: Ledger) -> None:
    """Where BPR02 counts the reversal as a payment, its 75.00 and the 75.00 it takes are open."""
    paid_first(ledger)
    told = taken_back(ledger, "175")
    assert (told.turned, told.difference, told.needs_person) == (True, Decimal("-150.00"), True)
    assert places(ledger) == {LINES: Decimal("100.00"), NOWHERE: Decimal("150.00")}
    assert waits(ledger) == [Decimal("-150.00")]
    assert proof.of_book(ledger, "T").not_explained == Decimal("150.00")


def test_without_its_original_it_counts_nothing_until_that_comes(ledger: Ledger) -> None:
    """What it takes is open as long as its original is not here; then the books close."""
    told = taken_back(ledger, "25")
    assert told.difference == Decimal("75.00")
    assert places(ledger) == {LINES: Decimal("100.00"), NOWHERE: Decimal("-75.00")}
    assert waits(ledger) == [Decimal("75.00")]
    paid_first(ledger)
    assert places(ledger) == {LINES: Decimal("100.00")}
    assert waits(ledger) == []
