"""A rejected claim is mended and sent as a new one: no replacement, no appeal, no duplicate."""

import json
import re
from pathlib import Path

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange
from corrections_made import PRACTICE, Desk

REJECTED = "A7:562:85*20260304*U*100"


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger_url: str) -> Desk:
    return Desk(tmp_path, capsys, ledger_url)


def receive(desk: Desk, data: bytes, name: str) -> None:
    """Something comes back."""
    path = desk.folder / name
    path.write_bytes(data)
    desk.run("receive", path)


def said(desk: Desk, claim: str, stc: str = REJECTED) -> None:
    """The payer's 277CA says that of a claim."""
    ids = {"sender": "RELAYTEST", "receiver": "RIVERBENDT"}
    data = interchange(a277ca(claim_said(claim, stc)), group="HN", version="005010X214", **ids)  # type: ignore[arg-type]  # ids
    receive(desk, data, f"{claim}.277")


FIRST = "unprocessable"
MENDED = "unprocessable-mended"


class TestRejected:
    """The road after a rejection."""

    def test_new_claim(self, desk: Desk) -> None:
        """Mended, it goes as an original of the same family; the rejected one is replaced."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim)
        status, told = desk.correct(claim, *desk.mended(MENDED))
        assert status == 0, told
        assert (told["road"], told["outcome"]) == ("new", "go")
        new = str(told["new_claim"])
        assert new != claim
        text = desk.files()[0].read_text()
        assert re.search(rf"CLM\*{new}\*[\d.]+\*\*\*\d+:B:1\*", text)
        assert "REF*F8*" not in text
        states = {one["claim"]: one["state"] for one in _claims(desk)}
        assert states == {claim: "replaced", new: "sent"}

    def test_without_visits_it_asks(self, desk: Desk) -> None:
        """What is to be mended must be said."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim)
        status, told = desk.correct(claim)
        assert (status, told["outcome"]) == (1, "ask")

    @pytest.mark.parametrize("road", ["replacement", "void", "appeal", "reopening"])
    def test_no_other_road(self, desk: Desk, road: str) -> None:
        """Nobody decided anything: nothing can be replaced, voided, reopened or appealed."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim)
        status, told = desk.correct(claim, "--road", road, *desk.mended(MENDED))
        assert (status, told["outcome"]) == (1, "refused")
        assert "rejected" in str(told["because"])

    def test_same_again_is_refused(self, desk: Desk) -> None:
        """The same content comes back for the same reason."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim)
        status, told = desk.correct(claim, *desk.mended(FIRST))
        assert (status, told["outcome"]) == (1, "refused")
        assert "resend" in str(told)

    def test_batch_is_sent_again(self, desk: Desk) -> None:
        """Where the batch was refused the claim itself is right: it is sent again, not mended."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        refused = a999(1, ak2("0001", "R"), group="R")
        receive(desk, interchange(refused, sender="RELAYTEST", receiver="RIVERBENDT"), "a.999")
        status, told = desk.correct(claim)
        assert (status, told["outcome"]) == (1, "nothing")
        assert "claimline resend" in str(told)

    def test_paused_payer_waits(self, desk: Desk) -> None:
        """Nothing goes to a payer that a person paused, a corrected claim neither."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim)
        desk.run("pause", "medicare", "--reason", "no enrollment", "--practice", PRACTICE)
        status, told = desk.correct(claim, *desk.mended(MENDED))
        assert (status, told["outcome"], desk.files()) == (1, "wait", [])
        assert "no enrollment" in str(told["because"])
        desk.run("pause", "medicare", "--resume")
        assert desk.correct(claim, *desk.mended(MENDED))[0] == 0

    def test_accepted_waits(self, desk: Desk) -> None:
        """An accepted claim is not corrected before the payer has decided."""
        claim = desk.bill(FIRST)["claims"][0]["claim"]
        said(desk, claim, "A2:20*20260304*WQ*100")
        status, told = desk.correct(claim, *desk.mended(MENDED))
        assert (status, told["outcome"]) == (1, "wait")


def _claims(desk: Desk) -> list[dict[str, str]]:
    found = json.loads(desk.run("claims", "--state", "all")[1])["claims"]
    return [one for one in found if one["state"] != "held"]
