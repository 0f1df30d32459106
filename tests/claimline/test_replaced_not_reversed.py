"""A replacement that the payer paid while its answer to the original still stands."""

import json
from pathlib import Path

import pytest
from corrections_made import PRACTICE, Desk, Json

PAID = ("97530:GP 150 65 CAS*CO*45*65 ~ CAS*PR*3*20", "97110:GP 55 30 CAS*CO*45*25")
BACK = ("97530:GP -150 -65 CAS*CO*45*-65 ~ CAS*PR*3*-20", "97110:GP -55 -30 CAS*CO*45*-25")
NEW = ("97530:GP 225 115 CAS*CO*45*90 ~ CAS*PR*3*20", "97110:GP 55 30 CAS*CO*45*25")
COPY = ("97530:GP 225 0 CAS*CO*18*225", "97110:GP 55 0 CAS*CO*18*55")
LATER = "20260501"


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger_url: str) -> Desk:
    return Desk(tmp_path, capsys, ledger_url)


def replaced(desk: Desk, *answer: str) -> tuple[str, str]:
    """The original, paid, and its replacement, answered; the reversal is not here."""
    claim = str(desk.bill("replacement")["claims"][0]["claim"])
    desk.answer(claim, *PAID)
    _, told = desk.correct("K-1", *desk.mended("replacement-mended"))
    new = str(told["new_claim"])
    desk.answer(new, *answer, icn="A2", date=LATER)
    return claim, new


def owed(desk: Desk) -> dict[str, Json]:
    """What the patient owes, by claim."""
    _, out, _ = desk.run("owes", "K-1", "--practice", PRACTICE)
    return {one["claim"]: one for one in json.loads(out)["owes"][0]["claims"]}


def states(desk: Desk) -> dict[str, Json]:
    """Where the claims are."""
    _, out, _ = desk.run("claims", "--state", "all")
    return {one["claim"]: one for one in json.loads(out)["claims"]}


def test_the_copay_is_one(desk: Desk) -> None:
    """The newer answer alone decides what the patient owes; the older one leaves nothing."""
    claim, new = replaced(desk, *NEW)
    amounts = {name: (one["due"], one["later"]) for name, one in owed(desk).items()}
    assert amounts == {claim: ("0.00", "0.00"), new: ("20.00", "0.00")}
    [why] = set(owed(desk)[claim]["because"])
    assert why.startswith(f"nothing is owed for this claim: replaced by claim {new}")


def test_the_older_answer_waits_for_its_reversal(desk: Desk) -> None:
    """It is decided twice, open by what the payer has to take back, and told by ``receive``."""
    claim, _ = replaced(desk, *NEW)
    one = states(desk)[claim]
    assert (one["state"], one["event"], one["open"]) == ("paid", "decided twice", "-185.00")
    _, out, _ = desk.run("ledger", "waiting")
    causes = {row["why"] for row in json.loads(out) if row["claim"] == claim}
    assert any("A1 of 2026-04-01 (payment T1) still stands" in why for why in causes), out
    status, out, _ = desk.run("receive", desk.folder / "2.835")
    assert status == 1
    assert claim in out
    assert desk.run("proof")[0] == 0


def test_the_charge_counts_once(desk: Desk) -> None:
    """The summary has one charge, both payments, and what is paid too much as open below zero."""
    replaced(desk, *NEW)
    _, out, _ = desk.run("report", "summary")
    total = json.loads(out)["total"]
    figures = [total[name] for name in ("billed", "paid", "patient", "other", "open")]
    assert figures == ["280.00", "240.00", "20.00", "0.00", "-95.00"]


def test_with_the_reversal_it_is_replaced(desk: Desk) -> None:
    """In whatever order they come, nothing of the original is left."""
    claim, _ = replaced(desk, *NEW)
    desk.answer(claim, *BACK, status="22", icn="A1", date=LATER)
    _, out, _ = desk.run("report", "summary")
    told = json.loads(out)
    assert (told["elsewhere"], told["total"]["billed"]) == ("205.00", "280.00")
    one = states(desk)[claim]
    assert (one["state"], one["open"]) == ("replaced", "0.00")


def test_replaced_since_it_was_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the reversal is here the older decision stands: the day of the replacement is not it."""
    claim, _ = replaced(desk, *NEW)
    monkeypatch.setenv("CLAIMLINE_NOW", "2027-05-02T12:00")
    desk.answer(claim, *BACK, status="22", icn="A1", date=LATER)
    assert states(desk)[claim]["since"][:10] == "2027-05-02"
    events = [(row["at"][:10], row["event"]) for row in desk.trace(claim)[0]["history"]]
    assert events[-2:] == [("2027-05-02", "reversed"), ("2027-05-02", "replaced")]
    assert desk.run("proof")[0] == 0


def test_refused_as_a_copy_it_replaces_nothing(desk: Desk) -> None:
    """The first answer stands, and with it what the patient owes."""
    claim, new = replaced(desk, *COPY)
    due = {name: one["due"] for name, one in owed(desk).items()}
    assert due == {claim: "20.00", new: "0.00"}
    assert states(desk)[claim]["event"] == "paid"
