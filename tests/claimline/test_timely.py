"""Proof of timely filing: whose word proves what, what proves nothing, what the sheet shows."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from acknowledged_made import (
    RUN,
    a277ca,
    a999,
    ak2,
    claim_said,
    interchange,
    record,
    sent,
    take,
    take_277ca,
)
from attrs import evolve

from claimline.__main__ import main
from claimline.render.life import life_table
from claimline.render.sheet import Part, Sheet, as_text
from claimline.services.claims import why
from claimline.services.payer_facts import KIND
from claimline.services.timely import Answer, Question, timely
from claimline.services.timely_sheet import sheet_of
from reconcile.ledger import Decision, Ledger, open_ledger
from reconcile.lifecycle import Cause

CLAIM = "C0000001X"
NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """One claim of 5 January in file 77; the payer's filing limit is 60 days (6 March)."""
    facts = json.dumps({"key": "aetna", "name": "AETNA", "family": "", "timely_filing_days": 60})
    named = evolve(sent(CLAIM), patient_name="Doe, Jane", patient_birth="1980-01-01", position=10)
    with open_ledger(ledger_url) as opened:
        record(opened, named, control=77)
        with opened.begin(RUN) as writer:
            writer.decide(Decision(kind=KIND, subject="aetna", user="", reason="", detail=facts))
        yield opened


def proof_of(ledger: Ledger) -> Answer:
    """The proof of the claim."""
    question = Question(identifier=CLAIM, on=NOW.date(), now=NOW, user="tester")
    return timely(ledger, question)


def say(ledger: Ledger, stc: str, *, source: str = "PR", control: int = 1) -> None:
    """A 277CA on the claim."""
    take_277ca(ledger, a277ca(claim_said(CLAIM, stc), source=source), control=control)


def test_payers_word_proves_in_time(ledger: Ledger) -> None:
    """The payer's acceptance before the filing limit is proof, with its segments."""
    say(ledger, "A2:20*20260303*WQ*100")
    answer = proof_of(ledger)
    assert (answer.proof.strength, answer.in_time, answer.is_proven) == ("payer", True, True)
    [word] = answer.proof.words
    assert answer.segments[word.id] == (f"TRN*2*{CLAIM}", "STC*A2:20*20260303*WQ*100")


def test_late_word_is_no_proof(ledger: Ledger) -> None:
    """An acceptance after the filing limit is told as too late."""
    say(ledger, "A2:20*20260310*WQ*100")
    answer = proof_of(ledger)
    assert (answer.in_time, answer.is_proven) == (False, False)
    assert answer.words.endswith("too late")


def test_clearinghouse_alone_is_told_as_such(ledger: Ledger) -> None:
    """The clearinghouse's acceptance proves, and the words say that it is not the payer's own."""
    say(ledger, "A2:20*20260303*WQ*100", source="AY")
    answer = proof_of(ledger)
    assert (answer.proof.strength, answer.is_proven) == ("clearinghouse", True)
    assert "not the payer's own word" in answer.words


@pytest.mark.parametrize(
    ("code", "strength"), [("A", "form"), ("E", "form"), ("R", "none")], ids=["A", "E", "R"]
)
def test_999_alone_is_never_proof(ledger: Ledger, code: str, strength: str) -> None:
    """An accepting 999 speaks of the form alone, a rejecting one proves nothing."""
    take(ledger, interchange(a999(77, ak2("0001", code))))
    answer = proof_of(ledger)
    assert (answer.proof.strength, answer.is_proven, answer.in_time) == (strength, False, None)
    assert "in time" not in answer.words


def test_ta1_alone_is_never_proof(ledger: Ledger) -> None:
    """An accepting TA1 says that the file arrived, and nothing of the claim."""
    take(ledger, interchange(before=("TA1*000000077*260220*0800*A*000",)))
    answer = proof_of(ledger)
    assert (answer.proof.strength, answer.is_proven, answer.in_time) == ("form", False, None)
    assert answer.words.endswith("no proof that the claim was filed")


def test_rejection_after_acceptance(ledger: Ledger) -> None:
    """A claim the clearinghouse accepted and the payer rejected was not filed."""
    say(ledger, "A2:20*20260301*WQ*100", source="AY")
    say(ledger, "A3:21*20260303*U*100", control=2)
    answer = proof_of(ledger)
    assert (answer.proof.strength, len(answer.proof.against)) == ("none", 1)
    assert "rejected by EXAMPLE PAYER (payer) on 2026-03-03" in answer.words
    [todo] = [part for part in sheet_of(answer, show_patient=False).parts if part.title == "To do"]
    assert "claimline correct --visits" in todo.points[0]
    assert todo.is_ours


def test_nothing_heard(ledger: Ledger) -> None:
    """Without any acknowledgement there is no proof, and the sheet says what to do."""
    answer = proof_of(ledger)
    assert (answer.proof.strength, answer.is_proven) == ("none", False)
    assert sheet_of(answer, show_patient=False).title.startswith("No proof of timely filing")
    assert any("clearinghouse" in point for part in sheet_of(answer, show_patient=False).parts
               for point in part.points)  # fmt: skip


def test_rejections_stand_apart_for_the_office(ledger: Ledger) -> None:
    """What speaks against is on the office's page, never on the payer's."""
    say(ledger, "A7:562*20260303*U*100")
    parts = sheet_of(proof_of(ledger), show_patient=True).parts
    assert [part.is_ours for part in parts if "Rejected" in part.title] == [True]


def test_patient_is_masked_on_the_screen(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed sheet masks the patient and free text; the file for the payer names the patient."""
    say(ledger, "A2:20*20260303*WQ*100********JANE DOE IS FINE")
    url = ledger.url.render_as_string(hide_password=False)
    assert main(["timely", CLAIM, "--ledger", url]) == 0
    shown = capsys.readouterr().out
    assert "JANE" not in shown
    assert "Doe" not in shown
    assert main(["timely", CLAIM, "--ledger", url, "--out", str(tmp_path / "s")]) == 0
    sheet = tmp_path / "s" / f"timely-{CLAIM}.txt"
    assert "Doe, Jane, born 1980-01-01" in sheet.read_text(encoding="utf-8")
    assert sheet.stat().st_mode & 0o077 == 0


def test_a_report_has_rows() -> None:
    """What stands in a clearinghouse's own report is found by its row, in X12 by its segment."""
    cause = Cause(file="daily.csv", kind="report", segment=8)
    assert why(cause, "claim rejected").endswith("daily.csv row 8")
    assert why(evolve(cause, kind="277CA"), "claim rejected").endswith("daily.csv segment 8")


def test_a_payment_after_a_rejection_is_told() -> None:
    """A payer decided on what was rejected on its way: the life of the claim says so."""
    claim = {
        "state": {"state": "closed", "means": "Nothing is open."},
        "history": [],
        "received": [{"id": 1}],
        "acknowledged": {"verdict": "rejected", "by": "RELAYTEST (clearinghouse)"},
    }
    assert "Rejected by RELAYTEST" in life_table(claim).notes[-1]
    assert len(life_table({**claim, "received": []}).notes) == 1


def test_a_table_without_room_goes_down_the_page() -> None:
    """On a narrow page no cell is broken in the middle: each stands beside its column's name."""
    part = Part(title="Sent", heads=("File", "To the clearinghouse"), rows=(("f" * 30, "w " * 9),))
    text = as_text(Sheet(title="T", facts=(), parts=(part,)), 40)
    assert f"File                  {'f' * 30}" in text.replace("\n                      ", "")
    assert "To the clearinghouse  w w w" in text
    assert "File" + " " * 28 in as_text(Sheet(title="T", facts=(), parts=(part,)), 90)


def test_unknown_claim(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    """A number nobody sent is told and does not stop the others."""
    say(ledger, "A2:20*20260303*WQ*100")
    url = ledger.url.render_as_string(hide_password=False)
    assert main(["timely", "NOBODY", CLAIM, "--ledger", url, "--format", "json"]) == 1
    told = capsys.readouterr()
    assert [row["claim"] for row in json.loads(told.out)] == [CLAIM]
    assert "id number 1" in told.err
