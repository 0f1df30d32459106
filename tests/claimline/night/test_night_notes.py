"""One note for each kind of thing: counts, money and the first names; what is not for us."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from databases import NewUrl, tamper
from night_desk import SECOND, Desk
from test_night_again import REMIT

COPIES = 3


@pytest.fixture(scope="module", name="page")
def _page(copied: Callable[[], Desk]) -> dict[str, Any]:
    """The page of a second night to which much came that nobody wanted."""
    desk = copied()
    out = desk.folder / "clearinghouse" / "out"
    paid = next(out.glob("*-15202.835")).read_text(encoding="utf-8")
    for number in range(COPIES):
        again = re.sub(r"TRN\*1\*[^*]+", f"TRN*1*AGAIN{number}", paid)
        (out / f"again{number}.835").write_text(again, encoding="utf-8")
        asks = REMIT.replace("ST*835", "ST*276").replace("EFT77", f"EFT{number}")
        (out / f"asks{number}.277").write_text(asks, encoding="utf-8")
        wrong = REMIT.replace("SE*11*", "SE*99*").replace("EFT77", f"EFT{number}")
        (out / f"wrong{number}.835").write_text(wrong, encoding="utf-8")
    claims = next((desk.folder / "clearinghouse" / "in").iterdir()).read_text(encoding="utf-8")
    strange = re.sub(r"CLM\*\w", "CLM*Q", claims).replace("*XX*1234567893", "*XX*1245319599")
    npi = re.search(r"NM1\*85\*.*?\*XX\*(\d{10})", claims)
    assert npi is not None
    (out / "ours.999").write_text(strange, encoding="utf-8")
    strange = re.sub(r"CLM\*\w", "CLM*Z", claims).replace(npi[1], "1245319599")
    (out / "strange.999").write_text(strange, encoding="utf-8")
    assert desk.night(SECOND).returncode == 1
    return desk.report("2026-03-18-1")


def _notes(page: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [note for note in page["notes"] if note["kind"] == kind]


def test_files_with_one_kind_of_fault_are_one_note(page: dict[str, Any]) -> None:
    """Three files that are miscounted: one note that names them."""
    [note] = _notes(page, "receive.problems")
    assert (len(note["ids"]), note["urgency"]) == (COPIES, "today")
    assert note["what"].startswith("3 remittances have ")


def test_what_is_not_for_us_is_to_know(page: dict[str, Any]) -> None:
    """Nothing was taken of these files, and asking again brings the same: nobody has to."""
    [note] = _notes(page, "receive.other-kind")
    assert (note["count"], note["urgency"]) == (COPIES, "know")
    assert "claim status requests (276)" in note["what"]
    assert "ask for it again" not in note["todo"]


def test_claims_of_other_systems_are_told_with_their_money(page: dict[str, Any]) -> None:
    """Eight of ours are to know, eight with an NPI that nobody knows ask for a person."""
    [ours] = _notes(page, "receive.taken-over")
    [strange] = _notes(page, "receive.strangers")
    assert (ours["count"], ours["money"], ours["urgency"]) == (8, "1296.00", "know")
    assert (strange["count"], strange["money"], strange["urgency"]) == (8, "1296.00", "soon")
    assert "NPI 1245319599" in strange["what"]


def test_money_paid_twice_is_told_with_its_sum(page: dict[str, Any]) -> None:
    """Three copies under numbers of their own: each claim once, today, and what is too much."""
    [note] = _notes(page, "waiting.paid-too-much")
    assert (note["count"], note["urgency"]) == (1, "today")
    assert note["money"] == "244.98"  # 81.66, three times more than once
    assert note["todo"].startswith("tell the payer of both")
    [other] = _notes(page, "waiting.odd")  # of another claim, which was paid nothing
    assert set(other["ids"]).isdisjoint(note["ids"])


def test_the_page_says_what_was_done_near_its_beginning(first_day: Desk) -> None:
    """A hundred files of one kind do not push it away."""
    desk = first_day
    (desk.folder / "inbox").mkdir()
    for number in range(100):
        text = REMIT.replace("SE*11*", "SE*99*").replace("EFT77", f"EFT{number}")
        (desk.folder / "inbox" / f"{number}.835").write_text(text, encoding="utf-8")
    lines = desk.night(SECOND, "--only", "receive").stdout.splitlines()
    assert lines.index("What was done") < 30


def test_a_ledger_that_cannot_be_opened_is_said_first(first_day: Desk, new_url: NewUrl) -> None:
    """--check does not say that all is right; the next page tells the run that could not begin."""
    desk = first_day
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8")
    none = new_url.bare()
    tamper(none, "CREATE TABLE recipe (name TEXT)")
    file.write_text(text.replace(desk.url, none), encoding="utf-8")
    done = desk.night(SECOND, "--check")
    assert done.returncode == 3
    assert "no night can run" in done.stdout.splitlines()[0]
    assert desk.night(SECOND).returncode == 3
    file.write_text(text, encoding="utf-8")
    desk.night(SECOND)
    [run] = desk.report("2026-03-18-2")["earlier"]["runs"]
    assert (run["number"], run["status"]) == (1, 3)


@pytest.mark.parametrize(
    ("ledger", "told"),
    [
        pytest.param("mnt/ledger", "There is no folder", id="no-folder"),
        pytest.param("postgresql://127.0.0.1:1/claims", "cannot be reached", id="no-server"),
    ],
)
def test_a_ledger_that_nobody_can_reach_is_not_taken_for_none(
    first_day: Desk, ledger: str, told: str
) -> None:
    """--check says that no night can run, and neither it nor the night asks for a new ledger."""
    desk = first_day
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(desk.url, ledger), encoding="utf-8")
    done = desk.night(SECOND, "--check")
    said = " ".join(done.stdout.split())
    assert done.returncode == 3
    assert "is right" not in said
    assert told in said.partition("Places")[0]
    assert "--new-ledger" not in said
    for words in (["--new-ledger"], [], ["--dry-run"]):
        begun = desk.night(SECOND, *words)
        assert begun.returncode == 3
        said = " ".join((begun.stdout + begun.stderr).split())
        assert "the night could not begin: " in said
        assert told in said
        assert "--new-ledger" not in said
    assert desk.report("2026-03-18-2")["notes"][0]["kind"] == "night.ledger"
