"""A reversal that names no claim of ours: found by the payer's number and the money it takes back."""

import json

import pytest
from proof_made import record
from receive_made import RUN, Line, clp, remit, sent, states, take, x12
from test_claim_states import state

from claimline.__main__ import main
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, open_ledger

FOUR = ("CT7Q2M9XK4HWA", "CT8R3N2YL5JXB", "CT9S4P3ZM6KYC", "CTAT5Q4AN7LZD")
BACK = Line(control="")


def back(ledger: Ledger, icn: str) -> None:
    """The payer takes an answer back under a claim number of nobody."""
    taken = clp("0", BACK, status="22", icn=icn, sign=-1)
    plb = [f"PLB*1234567893*20261231*FB:T2*-{BACK.paid}"]
    take(ledger, x12(remit(taken, trace="T2", date="20260301", plb=plb), control=2), "b.835")


def paid(ledger: Ledger, *icns: str) -> None:
    """Claims are paid under these numbers of the payer."""
    answers = [clp(one, icn=icn) for one, icn in zip(FOUR, icns, strict=False)]
    take(ledger, x12(remit(*answers, trace="T1")), "a.835")


@pytest.mark.parametrize(
    ("icn", "again", "first"),
    [("000777004", "777004", "answer"), ("77ab4", "0077AB4", "reversal")],
    ids=["zeros-dropped", "zeros-added-other-case-and-first"],
)
def test_found_in_either_order(ledger_url: str, first: str, icn: str, again: str) -> None:
    """The number but for zeros or case, charge and payment negated: that claim is taken back."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(one) for one in FOUR[:2]))
        if first == "reversal":
            back(ledger, again)
        paid(ledger, icn, "C2")
        if first == "answer":
            back(ledger, again)
        assert (state(ledger, FOUR[0])[0], state(ledger, FOUR[1])[0]) == ("reversed", "closed")
        assert all(one.equal for one in rebuild(ledger, RUN))


def test_two_that_fit_are_offered(ledger_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where two answers fit nobody is guessed: both are offered first, and why."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(one) for one in FOUR))
        paid(ledger, "C1", "C2", "000777004", "0777004")
        back(ledger, "777004")
        assert states(ledger) == {"posted": 4, "unmatched": 1}
    main(["match", "list", "--test", "--ledger", ledger_url, "--format", "json"])
    out = capsys.readouterr().out
    assert out.index(FOUR[2]) < out.index(FOUR[3]) < out.index(FOUR[0])
    assert "payer's claim number, payment taken back" in json.dumps(json.loads(out))
