"""What a killed run built and read of the bank is on the page of the next, as if it had not died."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from night_desk import SECOND, Desk

LATER = "2026-03-18T03:30:00-04:00"
BANK = (
    "Date,Amount,Description,Payer\n"
    "2026-03-17,100.00,TRN*1*A1*1512345678,PAYER\n"
    "2026-03-17,200.00,TRN*1*A2*1512345678,PAYER\n"
    "2026-03-17,nothing,TRN*1*A3*1512345678,PAYER\n"
)


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A second day with a bank file."""
    desk = Desk(tmp_path_factory.mktemp("made") / "desk").second_day()
    (desk.folder / "bank.csv").write_text(BANK, encoding="utf-8")
    with (desk.folder / "night.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[bank]\nfiles = ["bank*.csv"]\n')
    return desk


@pytest.fixture(scope="module", name="undisturbed")
def _undisturbed(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    whole = desk.copied(tmp_path_factory.mktemp("whole") / "desk")
    assert whole.night(SECOND).returncode == 1
    return whole.report("2026-03-18-1")


def _step(page: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in page["steps"] if step["name"] == name)
    return found


@pytest.mark.parametrize("moment", ["send:1", "waiting:1", "page:1"])
@pytest.mark.parametrize("now", [SECOND, LATER], ids=["clock stands", "clock runs"])
def test_sums_of_bank_and_build_are_those_of_an_undisturbed_night(
    moment: str, now: str, desk: Desk, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """Claims, charge, files, visits billed before, new deposits: nothing is lost, nothing twice."""
    killed = desk.copied(tmp_path / "desk")
    assert killed.process(SECOND, die_at=moment).returncode == -signal.SIGKILL
    assert killed.night(now).returncode == 1
    page = killed.report("2026-03-18-1")
    assert _step(page, "build")["counts"] == _step(undisturbed, "build")["counts"]
    assert _step(page, "build")["counts"]["claims"] == 4
    assert _step(page, "bank")["counts"] == _step(undisturbed, "bank")["counts"]
    assert _step(page, "bank")["counts"]["new"] == 2
    assert page["earlier"]["made"] == []
    killed.night(now)
    again = killed.report("2026-03-18-2")
    assert (_step(again, "build")["counts"]["claims"], _step(again, "bank")["counts"]["new"]) == (
        0,
        0,
    )


def test_a_night_that_died_before_it_did_anything_is_told(desk: Desk, tmp_path: Path) -> None:
    """It recorded that it began."""
    killed = desk.copied(tmp_path / "desk")
    assert killed.process(SECOND, die_at="collect:1").returncode == -signal.SIGKILL
    killed.night(LATER)
    [run] = killed.report("2026-03-18-1")["earlier"]["runs"]
    assert (run["number"], run["started"]) == (0, SECOND)


def test_rows_of_the_bank_that_cannot_be_read_say_what_mends_them(
    undisturbed: dict[str, Any],
) -> None:
    """A row of a CSV is mended in a copy: what was taken is known."""
    [note] = [note for note in undisturbed["notes"] if note["kind"] == "bank.rows"]
    assert note["todo"].endswith(
        "mend the row in a copy of the file and import that: what was taken is known"
    )


def test_what_deposits_meet_is_on_the_page(desk: Desk, tmp_path: Path) -> None:
    """Told by two files in other words: known, counted once, and how to part them."""
    other = desk.copied(tmp_path / "desk")
    (other.folder / "bank-2.csv").write_text(
        "Date,Amount,Description,Trace\n2026-03-17,100.00,HCCLAIMPMT PAYER,A1\n", encoding="utf-8"
    )
    done = other.night(SECOND, "--only", "bank", "--format", "json")
    report = json.loads(done.stdout)
    files = {row["file"]: row for row in report["steps"][0]["files"]}
    assert report["steps"][0]["counts"]["new"] == 2
    [note] = [note for note in report["notes"] if note["kind"] == "bank.met"]
    assert "--undo" in note["what"]
    assert {name: len(row["told"]) for name, row in files.items()} == {
        "bank.csv": 1,
        "bank-2.csv": 0,
    }
