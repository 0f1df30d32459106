"""One payment whose number (TRN02) comes with other zeros before it: it is posted once."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from databases import NewUrl
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline.__main__ import main
from claimline.services import proof
from reconcile.ledger import Ledger, open_ledger

CLAIM, OTHER = "CT7Q2M9XK4HWA", "CT8R3N2YL5JXB"
SPELLINGS = [("0090001", "90001"), ("90001", "0090001"), ("0090001", "000090001")]


@pytest.fixture(name="ledger")
def _ledger(ledger_url: NewUrl) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(CLAIM), sent(OTHER))
        yield ledger


def payment(trace: str, *, control: int, date: str = "20260310", line: Line | None = None) -> bytes:
    """Both claims paid by one payment, 150.00."""
    line = line or Line()
    claims = clp(OTHER, line, icn="C2"), clp(CLAIM, line, icn="C1")
    return x12(remit(*claims, trace=trace, date=date), control=control)


def paid(ledger: Ledger) -> Decimal:
    """What the books hold as paid; every equation holds."""
    found = proof.of_book(ledger, "T")
    assert found.closes
    return dict(found.places)["on lines of claims"]


@pytest.mark.parametrize(("first", "then"), SPELLINGS)
def test_the_same_claims_are_known(ledger: Ledger, first: str, then: str) -> None:
    """Where the claims agree, the second copy changes nothing."""
    take(ledger, payment(first, control=1), "a.835")
    [told] = take(ledger, payment(then, control=2), "b.835").payments
    assert (told.state, told.known, told.needs_person) == ("duplicate", 2, False)
    assert paid(ledger) == Decimal("150.00")


def test_two_files_of_one_run(ledger: Ledger, ledger_url: NewUrl, tmp_path: Path) -> None:
    """Files that are written together see each other."""
    names = [tmp_path / "a.835", tmp_path / "b.835"]
    for control, (name, trace) in enumerate(zip(names, SPELLINGS[0], strict=True), 1):
        name.write_bytes(payment(trace, control=control))
    assert main(["receive", *map(str, names), "--ledger", str(ledger_url)]) == 0
    assert paid(ledger) == Decimal("150.00")


def test_other_claims_are_held(ledger: Ledger) -> None:
    """Where they do not agree it is kept aside, and the first copy again does not post it."""
    take(ledger, payment("0090001", control=1), "a.835")
    [told] = take(ledger, payment("90001", control=2, line=Line(control="")), "b.835").payments
    assert (told.state, told.aside) == ("aside", 2)
    assert told.why == "perhaps payment 0090001 again, its number written with other zeros"
    [again] = take(ledger, payment("0090001", control=3), "c.835").payments
    assert again.state == "duplicate"
    found = proof.of_book(ledger, "T")
    assert dict(found.places)["on lines of claims"] == Decimal("150.00")
    assert found.closes


def test_another_day_is_another_payment(ledger: Ledger) -> None:
    """A number is used again, with or without zeros."""
    take(ledger, payment("0090001", control=1), "a.835")
    later = payment("90001", control=2, date="20260317")
    [told] = take(ledger, later, "b.835").payments
    assert told.state == "posted"
