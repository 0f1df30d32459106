"""Where results go: files whose ending tells the format, that replace no input and name nobody."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from job_done import Job

REMITS = (
    "20260331-BHOH1.835",  # three payments, one with a PLB
    "20260331-OHMCD.835",
)


@pytest.fixture
def remits(job_files: Path) -> list[Path]:
    """Two remittance files, four payments."""
    return [job_files / "inbox" / name for name in REMITS]


def _read(command: Any, remits: list[Path]) -> list[dict[str, Any]]:
    """What is in them, as JSON."""
    _, out, _ = command("read", *remits, "--format", "json")
    found: list[dict[str, Any]] = json.loads(out)["remittances"]
    return found


def test_csv_of_read_holds_every_row_of_every_payment(command: Any, remits: list[Path]) -> None:
    """Payments, lines, provider adjustments and differences of all files, with their payment."""
    payments = _read(command, remits)
    _, out, _ = command("read", *remits, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    count = Counter(row["row"] for row in rows)
    assert count["payment"] == len(payments) > len(remits)
    assert count["line"] == sum(len(c["lines"]) for p in payments for c in p["claims"])
    pairs = [pair for p in payments for pair in p["provider_adjustments"]]
    assert count["provider adjustment"] == len(pairs) > 0
    assert count["difference"] == sum(len(p["differences"]) for p in payments)
    assert {row["trace"] for row in rows} == {p["trace"] for p in payments}
    assert {row["file"] for row in rows} == set(map(str, remits))
    paid = sum(Decimal(row["paid"] or 0) for row in rows)
    assert paid == sum(Decimal(c["paid"]) for p in payments for c in p["claims"])


def test_a_workbook_of_read_has_a_sheet_for_each_kind(
    command: Any, remits: list[Path], tmp_path: Path
) -> None:
    """The ending .xlsx is enough to get one."""
    path = tmp_path / "read.xlsx"
    status, out, _ = command("read", *remits, "-o", path)
    assert (status, out) == (0, "")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Payments", "Lines", "Provider adjustments", "Differences"]
    assert book["Payments"].max_row == len(_read(command, remits)) + 1


@pytest.mark.parametrize("ending", ["json", "csv", "html", "xlsx"])
def test_the_ending_of_the_output_tells_the_format(
    command: Any, job: Job, tmp_path: Path, ending: str
) -> None:
    """--format need not be said again."""
    path = tmp_path / f"out.{ending}"
    assert command("denials", "--ledger", job.ledger, "-o", path)[0] == 0
    start = {"json": b"[\n", "csv": b"claim,", "html": b"<!doctype", "xlsx": b"PK"}
    assert path.read_bytes().startswith(start[ending])


def test_a_format_that_contradicts_the_ending_is_wrong_usage(
    command: Any, job: Job, tmp_path: Path
) -> None:
    """Nothing is written into a file that would not open."""
    path = tmp_path / "out.xlsx"
    status, _, err = command("denials", "--ledger", job.ledger, "--format", "csv", "-o", path)
    assert status == 2
    assert "out.xlsx" in err
    assert not path.exists()


@pytest.mark.parametrize("name", ["read", "denials"])
def test_an_output_never_replaces_an_input(
    command: Any, remits: list[Path], jobs: Callable[[str], Job], tmp_path: Path, name: str
) -> None:
    """Not even where it is named in another way; of ledgers only SQLite's are files."""
    path = tmp_path / "a.835"
    ledger = Path(jobs("sqlite").ledger.removeprefix("sqlite:///"))
    path.write_bytes((remits[0] if name == "read" else ledger).read_bytes())
    before = path.read_bytes()
    again = tmp_path / "." / "link"
    again.symlink_to(path)
    words = [path] if name == "read" else ["--ledger", path]
    status, _, err = command(name, *words, "-o", again)
    assert status == 2
    assert "overwritten" in err
    assert path.read_bytes() == before


def test_names_go_to_a_terminal_only_where_the_result_does(
    command: Any, job_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --output the result is in a file, terminal or not: names stay masked, and it says so."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    claims = next((job_files / "claims").iterdir())
    path = tmp_path / "out.json"
    _, shown, _ = command("read", claims, "--segments", "--show-patient", "--format", "json")
    _, _, err = command("read", claims, "--segments", "--show-patient", "-o", path)
    assert "names stay masked" in err
    assert _names(json.loads(shown)) - {"***"}
    assert _names(json.loads(path.read_text())) == {"***"}


def _names(told: Any) -> set[str]:
    """What stands for the last names of subscribers."""
    return {
        value["value"]
        for transaction in told["transactions"]
        for segment in transaction["segments"]
        if segment["loop"] == "2010BA"
        for value in segment["values"]
        if value["ref"] == "NM103"
    }


def test_what_is_no_x12_gives_an_error_and_nothing_else(command: Any, tmp_path: Path) -> None:
    """Nothing is said of transactions where there is no interchange."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear biller,\n", encoding="utf-8")
    status, out, err = command("read", path)
    assert (status, out) == (3, "")
    assert "letter.txt" in err


def test_segments_of_the_head_have_names_too(command: Any, remits: list[Path]) -> None:
    """ST, BPR, TRN and DTM stand in no loop, and their elements are named all the same."""
    _, out, _ = command("read", remits[0], "--segments", "--format", "json")
    segments = json.loads(out)["transactions"][0]["segments"]
    for segment in segments[:4]:
        assert segment["name"], segment["id"]
        assert all(value["name"] for value in segment["values"])


def test_a_payment_without_a_date_says_so(command: Any, remits: list[Path], tmp_path: Path) -> None:
    """The title has words for it."""
    path = tmp_path / "a.835"
    path.write_bytes(remits[1].read_bytes().replace(b"*20260331~\nTRN", b"~\nTRN"))
    _, out, _ = command("read", path)
    assert "without a date" in out
    assert "None" not in out
