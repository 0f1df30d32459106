"""References of provider adjustments: what the payer is called with is shown, no patient is."""

import csv
import io
import json
from pathlib import Path

import pytest
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline.__main__ import main
from claimline.services.plb_reference import Said, shown
from reconcile.ledger import Ledger, open_ledger

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("1126285123450", "1126285123450"),
        ("1126285123450 3EG4TE5MK73", "1126285123450 ***"),
        ("11262851239993EG4TE5MK73", "1126285123999 ***"),
        ("1126285123999-1EG4-TE5-MK73", "1126285123999- ***"),
        ("1EG4TE5MK73", "***"),
        ("1126285123450123456789A", "1126285123450 ***"),
        ("123456789C1", "***"),
        ("123-45-6789", "***"),
        ("ICN77 HIC123", "ICN77 ***"),
        ("ICN77 W123456789", "ICN77 ***"),
        ("SAMPLE 20260105", "S***E 20260105"),
        ("X", "X"),
        ("", ""),
    ],
)
def test_what_names_a_patient_is_masked_and_no_more(reference: str, told: str) -> None:
    """Claim numbers, accounts and days stay; member ids, old ids with a social number do not."""
    assert shown(reference, frozenset({"W123456789"})) == told


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        pytest.param("icn77001", "icn77001", id="a-claim-of-the-file"),
        pytest.param("YHR002", "Y***2", id="perhaps-a-member"),
        pytest.param("912345678", "9***8", id="perhaps-a-social-number"),
        pytest.param("1126285123450", "1126285123450", id="long-number"),
        pytest.param("EFT0099812", "EFT0099812", id="label-of-a-payment"),
        pytest.param("CLAIM#88A1", "CLAIM#88A1", id="label-of-a-claim"),
        pytest.param("20260105 YHR002", "20260105 Y***2", id="day"),
        pytest.param("19500312", "1***2", id="perhaps-a-birth-date"),
        pytest.param("A77 W123456789", "A77 ***", id="beside-a-member"),
        pytest.param("A77W123456789", "A77 ***", id="run-on-to-a-member"),
        pytest.param("ZEBULON 88A1", "Z***N 8***1", id="name"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_without_a_ledger_what_is_no_number_for_certain_is_masked(
    reference: str, told: str
) -> None:
    """Only numbers of the file, labelled or long ones, and days stay: others may be a member's."""
    said = Said(members={"W123456789"})
    for number in ("ICN77001", "ZEBULON", "E2"):
        said.number(number)
    assert said.shown(reference) == told


def pay(ledger: Ledger, number: int, *pairs: str) -> None:
    """A payment with these provider adjustments."""
    plb = [f"PLB*1234567893*20261231*{pair}" for pair in pairs]
    claim = clp(f"OTHER{number}", Line(charge="500", paid="500", cas=()), icn=f"X{number}")
    take(ledger, x12(remit(claim, trace=f"E{number}", date="20260301", plb=plb), control=number))


def test_different_references_stay_different(ledger_url: str, capsys: Capture) -> None:
    """Two that look alike when masked are numbered; a member id of the ledger never stands there."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("AAAAAAAAAA1", member="W123456789"))
        pay(ledger, 2, "WO:W123456789*-30", "WO:1EG4TE5MK73*-20", "WO:ICN77 w123456789*-10")
    words = ["adjustments", "--test", "--ledger", ledger_url]
    assert main([*words, "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert sorted(one["reference"] for one in json.loads(out)) == ["*** (1)", "*** (2)",
                                                                  "ICN77 ***"]  # fmt: skip
    assert main([*words, "--show-patient"]) == 0
    shown_out, told = capsys.readouterr()
    assert "names stay masked" in told
    for text in (out, shown_out):
        assert "W123456789" not in text.upper()
        assert "1EG4TE5MK73" not in text


def test_totals_are_of_the_whole_book_and_no_rows_of_the_csv(
    ledger_url: str, capsys: Capture
) -> None:
    """``--open`` changes no total; the CSV holds adjustments only."""
    with open_ledger(ledger_url) as ledger:
        pay(ledger, 2, "WO:ICN77001*-75", "L6:ICN77001*-1.25")
    words = ["adjustments", "--test", "--ledger", ledger_url]
    totals = []
    for more in ([], ["--open"]):
        assert main([*words, *more]) == 0
        totals.append(capsys.readouterr().out.partition("By payer")[2])
    assert "-76.25" in totals[0]
    assert totals[0] == totals[1]
    assert main([*words, "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == 3


@pytest.mark.parametrize("shape", ["table", "json"])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("read", "2.835"), id="read"),
        pytest.param(("read", "2.835", "--segments"), id="read --segments"),
        pytest.param(("trace", "E2"), id="trace of the payment"),
        pytest.param(("trace", "AAAAAAAAAA1"), id="trace of the claim"),
        pytest.param(("advice", "E2"), id="advice"),
        pytest.param(("adjustments", "--test"), id="adjustments"),
    ],
)
def test_no_command_shows_a_name_or_member_id_of_another_payments_claim(
    *,
    words: tuple[str, ...],
    shape: str,
    ledger_url: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The patient is none of the payment's own claims: name and id are known nowhere in the 835."""
    monkeypatch.chdir(tmp_path)
    claim = clp("OTHER2", Line(charge="500", paid="500", cas=()), icn="X2")
    plb = ["PLB*1234567893*20261231*WO:ICN7702 ZEBULON QUINCY YHR002*-30*CS:ZEBULON*-5"]
    body = remit(claim, trace="E2", date="20260301", plb=plb, paid="535")
    Path("2.835").write_bytes(x12(body, control=2))
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("AAAAAAAAAA1", member="YHR002"))
        take(ledger, x12(remit(clp("AAAAAAAAAA1", icn="ICN7702"))), "1.835")
        take(ledger, Path("2.835").read_bytes(), "2.835")
    asked = [*words, *([] if words[0] == "read" else ["--ledger", ledger_url])]
    if words[0] == "advice":
        shape = "text" if shape == "table" else "html"
    main([*asked, "--format", shape])
    out = capsys.readouterr().out
    assert "ICN7702" in out
    assert not {name for name in ("ZEBULON", "QUINCY", "YHR002") if name in out}
