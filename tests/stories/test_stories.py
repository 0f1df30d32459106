"""Exact stories, visit to what staff see, through the real commands on a real ledger.

A story is a folder of ``fixtures/stories``: the visits, and the remittances as segments from BPR on
(``{V}`` is the patient control number of visit V, ``{V.n}`` the control number of its line n).
"""

import itertools
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl

from claimline.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
STORIES = ROOT / "fixtures" / "stories"
Json = Any


class Story:
    """One story told with one ledger."""

    def __init__(
        self, name: str, folder: Path, ledger: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.source = STORIES / name
        self.folder = folder
        self.ledger = ledger
        self._capsys = capsys
        self.claims: dict[str, Json] = {}

    def run(self, *arguments: str) -> Json:
        """A command's JSON answer; exit statuses 0 and 1 are both "done"."""
        status = main([*arguments, "--ledger", self.ledger, "--format", "json"])
        captured = self._capsys.readouterr()
        assert status in (0, 1), captured.err
        return json.loads(captured.out)

    def bill(self) -> list[str]:
        """Bill the story's visits; the SV1 segments in order, without their pointers."""
        practice = str(ROOT / "fixtures" / "practice" / "practice.toml")
        out = self.folder / "outbox"
        visits = str(self.source / "visits.json")
        answer = self.run("bill", visits, "--practice", practice, "--out", str(out))
        assert answer["held"] == []
        for claim in answer["claims"]:
            self.claims[claim["visits"][0]] = claim
        text = "".join(path.read_text(encoding="ascii") for path in out.glob("*.837"))
        return re.findall(r"SV1\*(.+?)\*\*\*", text)

    def receive(self, name: str) -> Json:
        """Receive one remittance of the story."""
        body = re.sub(r"\{(\w+)(?:\.(\d+))?\}", self._number, (self.source / name).read_text())
        path = self.folder / name
        path.write_text(interchange(body.split("\n"), name), encoding="ascii")
        return self.run("receive", str(path))

    def _number(self, found: re.Match[str]) -> str:
        claim = self.claims[found[1]]
        return str(claim["lines"][int(found[2]) - 1]["line"] if found[2] else claim["claim"])

    def denials(self) -> list[Json]:
        """All that staff must look at."""
        rows: list[Json] = self.run("denials")
        return rows

    def books(self, visit: str) -> list[Json]:
        """Where each line of the visit's claim stands."""
        answer = self.run("trace", self.claims[visit]["claim"])
        books: list[Json] = answer["traces"][0]["claims"][0]["books"]
        return books


def interchange(body: list[str], name: str) -> str:
    """The segments in an envelope of their own; the file's name makes its control number."""
    control = f"{sum(name.encode()):09d}"
    segments = [line for line in body if line]
    head = (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*RIVERBEND      *260401*1200*^"
        f"*00501*{control}*0*T*:"
    )
    wrapped = [
        head,
        f"GS*HP*PAYER*RIVERBEND*20260401*1200*{int(control)}*X*005010X221A1",
        "ST*835*0001",
        *segments,
        f"SE*{len(segments) + 2}*0001",
        f"GE*1*{int(control)}",
        f"IEA*1*{control}",
    ]
    return "~\n".join(wrapped) + "~\n"


def figures(line: Json, *names: str) -> list[str]:
    """Some of a line's books."""
    return [line[name] for name in names]


@pytest.fixture(name="tell")
def _tell(tmp_path: Path, new_url: NewUrl, capsys: pytest.CaptureFixture[str]) -> Any:
    """Begins a story; each in a folder of its own."""
    count = itertools.count()

    def tell(name: str) -> Story:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        return Story(name, folder, new_url(), capsys)

    return tell


def test_every_story_is_told() -> None:
    """No folder of a story is forgotten here."""
    told = set(re.findall(r"tell\(\"([^\"]+)\"\)", Path(__file__).read_text(encoding="utf-8")))
    told |= set(re.findall(r"\"(4[a-c]-[a-z-]+)\"", Path(__file__).read_text(encoding="utf-8")))
    assert {path.name for path in STORIES.iterdir()} - {"short"} == told


def test_story_2_commercial_midpoint_59_sent_keys_missing(tell: Any) -> None:
    """Midpoint units, 59 on 97530 by the times; the denial leads to an appeal, not to "add 59"."""
    story = tell("2-commercial-midpoint")
    assert story.bill() == ["HC:97110:GP*55*UN*1", "HC:97140:GP*50*UN*1", "HC:97530:59:GP*60*UN*1"]
    claim = story.claims["S2"]
    assert claim["charge"] == "165.00"
    assert any("rule cms would give 2" in reason for reason in claim["because"])
    story.receive("remit.835")
    (row,) = story.denials()
    assert (row["code"], row["status"], row["billed"]) == ("97530", "denied", "60.00")
    assert row["matched_by"] == "code + date + charge, modifiers dropped by payer"
    assert row["cause"] == "bundled with 97140 although 59 was sent"
    assert row["next_step"].startswith("appeal with times 09:16-09:24 and both notes")
    assert "add 59" not in row["next_step"]
    assert row["deadline"] == "2026-09-29"  # 2026-04-02 and 180 days
    patient = sum(Decimal(line["patient"]) for line in story.books("S2"))
    assert patient == Decimal("20.00")


AFTER = {
    "a": ["50.00", "40.00", "20.00", "0.00", "0.00"],
    "ac": ["50.00", "40.00", "20.00", "110.00", "-110.00"],
    "acb": ["0.00", "0.00", "0.00", "110.00", "0.00"],
    "acbd": ["0.00", "0.00", "0.00", "110.00", "0.00"],
}
NAMES = ("paid", "contractual", "patient", "denied", "open")


def test_story_3_correction_first_reversal_later(tell: Any) -> None:
    """After each remittance the line stands as told; the next step is about our own number."""
    story = tell("3-correction-reversal-recovery")
    assert story.bill() == ["HC:97530:GP*110*UN*2"]
    done = ""
    for letter in "acbd":
        story.receive(f"{letter}.835")
        done += letter
        (line,) = story.books("S3")
        assert figures(line, *NAMES) == AFTER[done], done
        missing = "correction without its reversal" in line["flags"]
        assert missing == (done == "ac")
    assert line["patient_credit"] == "20.00"
    (row,) = [r for r in story.denials() if r["code"] == "97530"]
    assert row["status"] == "denied"
    assert "auth 7788 was on our claim" in row["next_step"]
    assert "retro" not in row["next_step"]


@pytest.mark.parametrize("order", list(itertools.permutations("abcd")), ids="".join)
def test_story_3_in_any_order_ends_in_the_same_books(tell: Any, order: tuple[str, ...]) -> None:
    """All 24 orders of the four remittances end in the same books."""
    story = tell("3-correction-reversal-recovery")
    story.bill()
    for letter in order:
        story.receive(f"{letter}.835")
    (line,) = story.books("S3")
    assert figures(line, *NAMES) == AFTER["acbd"]
    assert (line["patient_credit"], line["flags"]) == ("20.00", [])
    (row,) = [r for r in story.denials() if r["code"] == "97530"]
    assert (row["status"], row["paid"]) == ("denied", "0.00")


def test_story_4a_bundled_by_the_book(tell: Any) -> None:
    """OA-94 moves 50.00 between lines: nothing is denied, nothing overpaid."""
    story = tell("4a-bundled-by-the-book")
    assert story.bill() == ["HC:97530:59:GP*60*UN*1", "HC:97140:GP*50*UN*1"]
    story.receive("remit.835")
    assert [r for r in story.denials() if r["status"] != "unmatched"] == []
    first, second = story.books("S4A")
    assert figures(first, "paid", "transferred", "denied") == ["70.00", "-50.00", "0.00"]
    assert figures(second, "paid", "transferred", "denied") == ["0.00", "50.00", "0.00"]
    assert any("included in line 1 (50.00 moved)" in flag for flag in second["flags"])


def test_story_4b_merged_by_habit(tell: Any) -> None:
    """One SVC for two lines: matched by the sums and split by charge, to the cent."""
    story = tell("4b-merged-by-habit")
    assert story.bill() == ["HC:97530:59:GP*75*UN*1", "HC:97530:59:GP:CQ*150*UN*2"]
    story.receive("remit.835")
    books = story.books("S4")
    assert [figures(line, "paid", "contractual", "patient") for line in books] == [
        ["21.33", "47.00", "6.67"],
        ["42.67", "94.00", "13.33"],
    ]


def test_story_4c_a_cent_off_is_not_forced(tell: Any) -> None:
    """A merged line whose charge is a cent off is unmatched, with both lines as candidates."""
    story = tell("4c-merged-a-cent-off")
    story.bill()
    story.receive("remit.835")
    (row,) = [r for r in story.denials() if r["code"] == "97530"]
    assert row["status"] == "unmatched"
    assert all(line["paid"] == "0.00" for line in story.books("S4"))


def test_story_1_therapist_and_assistant(tell: Any) -> None:
    """The assistant's minutes divide the line of 97530; MPPR, cut and sequestration deny nothing."""
    story = tell("1-therapist-and-assistant")
    assert story.bill() == [
        "HC:97530:59:GP*75*UN*1",
        "HC:97530:59:GP:CQ*150*UN*2",
        "HC:97140:GP*65*UN*1",
    ]
    claim = story.claims["S1"]
    assert claim["charge"] == "290.00"
    words = "assistant owns 15 -> 1 CQ; left 14 + 9 -> one plain, one CQ"
    assert any(words in reason for reason in claim["lines"][1]["because"])
    story.receive("remit.835")
    assert story.denials() == []
    books = [figures(line, "paid", "patient", "denied", "open") for line in story.books("S1")]
    assert books == [
        ["27.14", "6.92", "0.00", "0.00"],
        ["32.76", "9.83", "0.00", "0.00"],
        ["16.23", "4.14", "0.00", "0.00"],
    ]
