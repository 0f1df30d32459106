"""A reversal that names no claim of ours: the claim whose payment it takes back is offered first."""

import json

import pytest
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline.__main__ import main
from reconcile.ledger import open_ledger

FOUR = ("CT7Q2M9XK4HWA", "CT8R3N2YL5JXB", "CT9S4P3ZM6KYC", "CTAT5Q4AN7LZD")


def test_the_payers_number_without_its_zeros_ranks_first(
    ledger_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its number but for zeros, then the payment that is negated, before charge and day alone."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(one) for one in FOUR))
        paid = [clp(one, Line(paid="60", cas=("CO*45*40",)), icn=f"C{one}") for one in FOUR[:2]]
        paid.append(clp(FOUR[2], icn="C3"))
        paid.append(clp(FOUR[3], icn="000777004"))
        take(ledger, x12(remit(*paid, trace="T1")), "a.835")
        back = clp("0", Line(control=""), status="22", icn="777004", sign=-1)
        take(ledger, x12(remit(back, trace="T2", paid="0"), control=2), "b.835")
    main(["match", "list", "--test", "--ledger", ledger_url, "--format", "json"])
    out = capsys.readouterr().out
    assert out.index(FOUR[3]) < out.index(FOUR[2]) < out.index(FOUR[0])
    assert "payer's claim number, payment taken back" in json.dumps(json.loads(out))
