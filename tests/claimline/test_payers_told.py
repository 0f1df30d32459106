"""Whoever answered is told by name, also a payer that only its remittance names."""

import json

import pytest
from command_line import Command
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from reconcile.ledger import open_ledger

CLAIM = "AAAAAAAAAA1"
TAX = "1366666666"
NAME = "HARBOR SUPPLEMENT"
LEFT = Line(paid="60", cas=("CO*45*20", "PR*2*20"))
REST = Line(paid="4", cas=("OA*23*80", "PR*2*16"))
REFUSED = Line(paid="0", cas=("OA*23*80", "CO*197*20"))


def by_next(line: Line) -> bytes:
    """The answer of a payer that nothing else here names; its tax number is its only one."""
    told = remit(clp(CLAIM, line, status="2", icn="S1"), trace="E2", date="20260301")
    text = x12(told, control=2).decode()
    return text.replace("AETNA*XV*60054", NAME).replace("*1512345678", f"*{TAX}").encode()


@pytest.fixture(name="url")
def _url(ledger_url: str) -> str:
    """A claim that its payer decided."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(CLAIM))
        take(ledger, x12(remit(clp(CLAIM, LEFT))), "first.835")
    return ledger_url


def test_what_a_further_payer_paid_is_told_with_its_name(url: str, command: Command) -> None:
    """``owes``, ``trace`` and the balances say the name of the remittance, not a tax number."""
    with open_ledger(url) as ledger:
        take(ledger, by_next(REST), "second.835")
    _, said, _ = command("owes", CLAIM, "--ledger", url, "--format", "json")
    because = " ".join(json.loads(said)["owes"][0]["claims"][0]["because"])
    assert f"4.00 paid by {NAME}" in because
    _, said, _ = command("trace", CLAIM, "--ledger", url, "--format", "json")
    [told] = json.loads(said)["traces"][0]["claims"]
    assert [one["payer_name"] for one in told["received"]][1] == NAME
    assert f"paid by {NAME}" in " ".join(told["patient_owes"]["because"])
    for words in (("trace", CLAIM), ("owes", CLAIM), ("report", "patients")):
        _, said, _ = command(*words, "--ledger", url)
        assert NAME in " ".join(said.split())
        assert TAX not in said


def test_a_refusal_of_a_further_payer_is_told_with_its_name(url: str, command: Command) -> None:
    """``denials`` names the payer that is to be asked."""
    with open_ledger(url) as ledger:
        take(ledger, by_next(REFUSED), "second.835")
    _, said, _ = command("denials", "--ledger", url, "--format", "json")
    [row] = json.loads(said)
    assert row["payer"] == NAME
