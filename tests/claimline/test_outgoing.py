"""Finished claims on their way out: numbered, recorded and written as ``bill`` does it."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from claimline import files
from claimline.__main__ import main
from claimline.services import sent_claim
from claimline.services.outgoing import (
    NEXT,
    Gone,
    Outgoing,
    OutgoingRequest,
    OutgoingResult,
    PatientRow,
    family_of,
    send,
)
from claimline.services.practice import load as load_practice
from edi.claim import Claim, Reference
from reconcile.ledger import Ledger, open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
VISIT = ROOT / "fixtures" / "visits" / "examples" / "corrections" / "replacement.json"
NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
Send = Callable[..., OutgoingResult]


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path, ledger_url: str) -> Iterator[Ledger]:
    """A ledger with one billed claim."""
    bill = ["bill", str(VISIT), "--practice", str(PRACTICE), "--out", str(tmp_path / "outbox")]
    assert main([*bill, "--ledger", ledger_url]) == 0
    with open_ledger(ledger_url) as opened:
        yield opened


def original(ledger: Ledger) -> Claim:
    """The billed claim, read back."""
    with ledger.reading() as connection:
        control = connection.exec_driver_sql("select control from sent_claim").scalar_one()
    return sent_claim.load(ledger, control)


def corrected(ledger: Ledger, **changes: Any) -> Outgoing:
    """A replacement of the billed claim."""
    claim = original(ledger)
    with ledger.reading() as connection:
        known = family_of(connection, claim.control, "T")
    f8 = Reference(qualifier="F8", value="A100")
    given: dict[str, Any] = {"control": "", "frequency": "7", "references": (*claim.references, f8)}
    return Outgoing(
        claim=evolve(claim, **(given | changes)),
        family=claim.control,
        known=known,
        payer="lakeshore",
        receiver="relay",
        entity="riverbend",
        patient=PatientRow(key="k", id="P-1", name="Example, Robin", birth="1971-04-12"),
        discipline="PT",
        date=dt.date(2026, 3, 3),
        visits=(("V-1", "0" * 64),),
        decisions={"lines": [{"number": 1, "evidence": ["times 09:00-09:30"]}]},
    )


@pytest.fixture(name="sending")
def _sending(ledger: Ledger, tmp_path: Path) -> Send:
    """Sends claims into the outbox of the test."""

    def run(*outgoings: Outgoing, dry_run: bool = False) -> OutgoingResult:
        request = OutgoingRequest(
            command="correct", out=tmp_path / "outbox", usage="T", dry_run=dry_run, now=NOW
        )
        return send(outgoings, load_practice(str(PRACTICE)), ledger, request)

    return run


def test_claim_is_read_back_as_sent(ledger: Ledger) -> None:
    """A claim of the stored bytes has its numbers, lines and parties."""
    claim = original(ledger)
    assert claim.control.startswith("CT")
    assert [line.control for line in claim.lines] == [
        f"{line.number:02d}{claim.control}" for line in claim.lines
    ]
    assert claim.payer.id
    assert claim.subscriber.party.id


def test_replacement_goes_out(ledger: Ledger, sending: Send, tmp_path: Path) -> None:
    """It is numbered anew with its lines, written, recorded in its family, and passes the guide."""
    result = sending(corrected(ledger))
    [gone] = result.claims
    path = Path(gone.file)
    assert path.parent == tmp_path / "outbox"
    text = path.read_text(encoding="ascii")
    assert f"CLM*{gone.control}*" in text
    assert ":B:7*" in text
    assert f"REF*6R*01{gone.control}~" in text
    assert "REF*F8*A100~" in text
    assert main(["check", str(path)]) == 0
    family = gone.outgoing.family
    assert family != gone.control
    first, second = ledger.story(family, usage="T")
    assert (first.sent.claim.control, second.sent.claim.control) == (family, gone.control)
    assert second.sent.claim.frequency == "7"
    assert second.sent.claim.lines[0].evidence == ("times 09:00-09:30",)
    assert sent_claim.load_story(ledger, second).control == gone.control


def test_numbers_go_on_where_bill_stopped(ledger: Ledger, sending: Send) -> None:
    """The interchange has the next number of its sender and receiver."""
    result = sending(corrected(ledger))
    assert [made.control for made in result.files] == [2]


def test_dry_run_changes_nothing(ledger: Ledger, sending: Send, tmp_path: Path) -> None:
    """It names the file and the claim, takes no number, records and writes nothing."""
    one = corrected(ledger)
    result = sending(one, dry_run=True)
    assert [gone.control for gone in result.claims] == [NEXT]
    assert not Path(result.files[0].file).exists()
    assert len(ledger.story(one.family, usage="T")) == 1
    assert sending(one).files[0].control == result.files[0].control


def test_family_that_grew_meanwhile_is_left_alone(ledger: Ledger, sending: Send) -> None:
    """Where another run sent a claim of the family in between, nothing goes a second time."""
    one = corrected(ledger)
    assert sending(one).claims
    again = sending(one)
    assert again.overtaken == (one,)
    assert not again.claims
    assert not again.files


def test_what_the_guide_refuses_takes_no_number(ledger: Ledger, sending: Send) -> None:
    """A claim that may not go is told with its problem; no number is used, nothing recorded."""
    one = corrected(ledger, place_of_service="77")
    result = sending(one)
    assert [refused.family for refused, _ in result.refused] == [one.family]
    assert result.refused[0][1]
    assert not result.files
    assert sending(corrected(ledger)).files[0].control == 2


def test_void_keeps_the_number(ledger: Ledger, sending: Send) -> None:
    """A void goes under the number of the claim it voids."""
    claim = original(ledger)
    result = sending(corrected(ledger, control=claim.control, frequency="8"))
    assert [gone.control for gone in result.claims] == [claim.control]
    stories = ledger.story(claim.control, usage="T")
    assert [one.sent.claim.frequency for one in stories] == ["1", "8"]


def test_interrupted_file_is_written_by_the_next_run(
    ledger: Ledger, sending: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that stops between recording and writing is finished with the same bytes."""
    monkeypatch.setattr("claimline.services.outbox.write_whole", _stop)
    with pytest.raises(KeyboardInterrupt):
        sending(corrected(ledger))
    monkeypatch.undo()
    [stored] = ledger.unwritten_files()
    sending()
    assert files.content(str(tmp_path / "outbox" / stored.name)) == b"".join(
        ledger.file_bytes(stored.digest)
    )


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_values_show_no_patient(ledger: Ledger) -> None:
    """Neither the claim nor the patient is in the text of the values."""
    one = corrected(ledger)
    gone = Gone(control="X", outgoing=one, charge=one.claim.charge, file="f")
    assert "Example" not in repr(gone)
    assert "V-1" not in repr(gone)
