"""What shows that somebody has a file of claims: it must not go again, and nothing else may stop it."""

import datetime as dt

import pytest
from attrs import evolve
from receive_made import NOW, RUN, clp, record, remit, sent, take, x12
from sqlalchemy import select
from test_match_by_hand import STRANGER, _decide, _hand

from reconcile.ledger import Ledger, by_hand, deliveries, open_ledger
from reconcile.ledger.received import BY_HAND
from reconcile.ledger.tables import file

PAID = x12(remit(clp("CT1")))
TYPED = PAID.replace(b"PAYER          ", BY_HAND.ljust(15).encode(), 1)
BEFORE = evolve(RUN, started=NOW - dt.timedelta(days=1))


def _answered(ledger: Ledger) -> str:
    """What is known to have answered the only file of claims."""
    with ledger.reading() as connection:
        digest = connection.execute(select(file.c.digest).where(file.c.direction == "out"))
        return deliveries.answered(connection, digest.scalar_one())


@pytest.mark.parametrize(
    ("data", "kind"),
    [pytest.param(PAID, "remittance", id="835"), pytest.param(TYPED, "", id="typed")],
)
def test_a_remittance_that_was_typed_holds_no_file_back(
    ledger_url: str, data: bytes, kind: str
) -> None:
    """An 835 for a claim of the file proves that it arrived; what a person typed does not."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        assert take(ledger, data).payments[0].posted == 1
        assert _answered(ledger) == kind


def test_a_payment_matched_by_hand_holds_no_file_back(ledger_url: str) -> None:
    """A person's match is a word on one claim: the other claims of its file must go."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        take(ledger, STRANGER)
        _decide(ledger, by_hand.MATCH, _hand(ledger))
        assert _answered(ledger) == ""


def test_a_payment_older_than_the_file_answers_another(ledger_url: str) -> None:
    """It came before the file was made, for a claim that had the number then."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, PAID, run=BEFORE)
        record(ledger, sent("CT1"))
        assert _answered(ledger) == ""
