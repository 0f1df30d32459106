"""Rejected claims on the page: those of a refused file go again as they are, others are mended."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange, take_277ca
from attrs import evolve
from night_desk import ROOT
from receive_made import record, sent, take

from claimline.night.config import Config, Folders
from claimline.night.context import Night
from claimline.night.steps_waiting import waiting_step
from claimline.night.values import Note
from claimline.services.practice import load
from reconcile.ledger import Ledger, SentRecord, open_ledger

ONE, TWO, THREE = "C0000001X", "C0000002X", "C0000003X"
BATCH = [a999(77, ak2("0001", "R"), ak2("0002"), group="P")]
CLAIM = [claim_said(THREE, "A7:21:40*20260303*U*100")]


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    """Three claims in file 77: two in its first transaction, one in its second."""
    with open_ledger(ledger_url) as opened:
        record(opened, _at(ONE, "0001"), _at(TWO, "0001"), _at(THREE, "0002"), control=77)
        yield opened


def _at(control: str, transaction: str) -> SentRecord:
    return evolve(sent(control), transaction=transaction)


def _notes(ledger: Ledger, folder: Path) -> dict[str, Note]:
    """What the step tells of claims, by kind."""
    practice = ROOT / "fixtures" / "practice" / "practice.toml"
    url = ledger.url.render_as_string(hide_password=False)
    folders = Folders(inbox=folder, outbox=folder, archive=folder, quarantine=folder,
                      reports=folder)  # fmt: skip
    night = Night(
        config=Config(file=folder / "night.toml", practice=practice, ledger=url, folders=folders),
        practice=load(str(practice)),
        now=dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC),
        user="tester",
    )
    step = waiting_step(night, ())
    assert step.counts.get("rejected", 0) == sum(
        note.count
        for note in step.notes
        if note.kind in {"claims.rejected", "claims.file-rejected"}
    )
    return {note.kind: note for note in step.notes if note.kind.startswith("claims.")}


def test_each_road_is_a_note_of_its_own(ledger: Ledger, tmp_path: Path) -> None:
    """A batch that a 999 refuses is resent; a claim that a 277CA refuses is mended and made anew."""
    take(ledger, interchange(*BATCH), "a.999")
    take_277ca(ledger, a277ca(*CLAIM))
    notes = _notes(ledger, tmp_path)
    whole, claim = notes["claims.file-rejected"], notes["claims.rejected"]
    assert (whole.count, set(whole.ids), whole.urgency) == (2, {"77.837", ONE, TWO}, "today")
    assert "claimline resend" in whole.todo
    assert "correct" not in whole.todo
    assert whole.ids[0] == "77.837"  # what is resent
    assert (claim.count, claim.ids, claim.urgency) == (1, (THREE,), "today")
    assert "claimline correct" in claim.todo
    assert "resend" not in claim.todo


@pytest.mark.parametrize(
    ("answers", "kinds"),
    [
        pytest.param(BATCH, ["claims.file-rejected"], id="batch"),
        pytest.param([], [], id="nothing-rejected"),
    ],
)
def test_a_road_nobody_takes_is_not_told(
    ledger: Ledger, tmp_path: Path, answers: list[list[str]], kinds: list[str]
) -> None:
    """Where only a batch was refused nobody is told to mend a claim."""
    if answers:
        take(ledger, interchange(*answers), "a.999")
    assert list(_notes(ledger, tmp_path)) == kinds
