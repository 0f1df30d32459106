"""``claimline read``, ``ledger waiting`` and ``advice`` show what names a patient only when asked."""

import json
from pathlib import Path

import pytest
from command_line import Command
from receive_made import Line, clp, remit, take, x12

from claimline.__main__ import main
from reconcile.ledger import open_ledger

MEMBERS = ("ZX77441", "9QW00812")  # of no known shape
PATIENT = (f"NM1*QC*1*ZEBULON*ORVILLE****MI*{MEMBERS[0]}",)
OTHER = (f"NM1*IL*1*ZEBULON*ADA****MI*{MEMBERS[1]}",)
PLB = (
    f"PLB*1234567893*20261231*WO:A1001 {MEMBERS[0]}*10",
    f"PLB*1234567893*20261231*WO:A1002{MEMBERS[1]}*10",
    f"PLB*1234567893*20261231*FB:{MEMBERS[1]}A1003*-20",
)
FOREIGN = "ZEBULON,ORV"  # another system's claim number


@pytest.fixture(name="era")
def _era(tmp_path: Path) -> Path:
    """An 835 whose claim number is a name and whose recoveries carry member ids."""
    path = tmp_path / "era.835"
    odd = clp(FOREIGN, Line(paid="70"), extra=OTHER)  # 5.00 not explained: a difference names it
    path.write_bytes(x12(remit(clp("A1001", extra=PATIENT), odd, plb=PLB)))
    return path


@pytest.mark.parametrize("shape", ["table", "json", "csv", "html", "xlsx"])
def test_read_masks_numbers_that_name_a_patient(
    command: Command, era: Path, tmp_path: Path, shape: str
) -> None:
    """Member ids behind a blank or run on, and names for numbers, are in no shape of the output."""
    out = tmp_path / f"said.{shape}"
    words = ["read", era, *(["--format", shape] if shape != "xlsx" else [])]
    if shape in {"xlsx", "html"}:
        command(*words, "--output", out)
        data = out.read_bytes()
        said = _unzipped(out) if shape == "xlsx" else data.decode()
    else:
        said = command(*words)[1]
    for secret in (*MEMBERS, "ZEBULON"):
        assert secret not in said
    for kept in ("A1001", "A1002", "A1003", "Z***V"):
        assert kept in said


def _unzipped(path: Path) -> str:
    from zipfile import ZipFile

    with ZipFile(path) as sheet:
        return "".join(sheet.read(name).decode() for name in sheet.namelist())


def test_read_shows_them_when_asked(
    command: Command, era: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --show-patient, on a terminal, references and numbers stand as they came."""
    monkeypatch.setattr("claimline.cli.options.may_show_patient", lambda *_: True)
    said = command("read", era, "--show-patient")[1]
    assert f"A1002{MEMBERS[1]}" in said
    assert FOREIGN in said


def test_advice_masks_a_member_id_of_any_shape(command: Command, era: Path, nowhere: Path) -> None:
    """The screen shows a recovery's claim number without the member id run on to it."""
    said = command("advice", era)[1]
    assert "WO A1002 ***" in said
    assert "FB *** A1003" in said
    assert not any(member in said for member in MEMBERS)


def test_waiting_masks_a_name_for_a_number(ledger_url: str, command: Command) -> None:
    """Another system's claim number that may be a name is masked; ours and others stay."""
    with open_ledger(ledger_url) as ledger:
        claims = [clp(number) for number in (FOREIGN, "ZEBULON", "ZEBULONA", "ORVILLE", "SYS1001")]
        take(ledger, x12(remit(*claims)))
    for more in ([], ["--all"], ["--format", "csv"], ["--format", "json"]):
        status, said, _ = command("ledger", "waiting", "--ledger", ledger_url, *more)
        assert status == 1
        assert "ZEBULON" not in said
        assert "ORVILLE" not in said
        assert "SYS1001" in said


@pytest.mark.parametrize("number", ["0012345", "12345", "012345"])
def test_advice_finds_a_check_without_its_zeros(
    ledger_url: str, command: Command, number: str
) -> None:
    """A check number is found with more, fewer or none of the zeros before it."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A1001"), trace="0012345")))
        take(ledger, x12(remit(clp("A1002"), trace="99912345"), control=2), name="b.835")
    status, said, _ = command("advice", number, "--ledger", ledger_url)
    assert status == 0
    assert ("A1001" in said, "A1002" in said) == (True, False)


def test_zeros_alone_are_no_number(ledger_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number of zeros alone is not taken for a payment without a number."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A1001"), trace="0")))
    assert main(["advice", "000", "--ledger", ledger_url]) == 2
    assert json.dumps("A1001") not in capsys.readouterr().out
