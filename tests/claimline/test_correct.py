"""``correct`` by the real commands: each road, its file or sheet, and what is kept of it."""

import io
import json
import stat
from pathlib import Path

import pytest
from corrections_made import EXAMPLES, PRACTICE, Desk
from databases import NewUrl, asked

from claimline.__main__ import main

PAID = ("97530:GP 150 90 CAS*CO*45*60", "97110:GP 55 30 CAS*CO*45*25")
BACK = ("97530:GP -150 -90 CAS*CO*45*-60", "97110:GP -55 -30 CAS*CO*45*-25")
MODIFIER = ("97530:GP 150 0 CAS*CO*4*150 ~ LQ*HE*N519", "97110:GP 55 30 CAS*CO*45*25")
REFUSED = ("97530:GP 150 0 CAS*CO*16*150 ~ LQ*HE*N822",)
NECESSITY = ("97530:GP 225 0 CAS*CO*50*225 ~ LQ*HE*N115",)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger_url: str) -> Desk:
    return Desk(tmp_path, capsys, ledger_url)


def billed(desk: Desk, name: str) -> str:
    """The claim of an example."""
    return str(desk.bill(name)["claims"][0]["claim"])


def text_of(desk: Desk, ending: str) -> str:
    """The one file of the corrections with that ending."""
    [path] = [path for path in desk.files() if path.suffix == ending]
    return path.read_text(encoding="utf-8")


def test_replacement(desk: Desk) -> None:
    """A paid claim whose visit was wrong is replaced: frequency 7, the payer's newest number."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    status, told = desk.correct("K-1", *desk.mended("replacement-mended"))
    assert (status, told["outcome"], told["road"], told["payer_claim"]) == (
        0, "go", "replacement", "A1",
    )  # fmt: skip
    assert told["deadline"] == "2027-04-01"
    changes = [(c["place"], c["field"], c["before"], c["after"]) for c in told["changes"]]
    assert changes == [
        ("claim", "charge", "205.00", "280.00"),
        ("line 1, 97530", "units", "2", "3"),
        ("line 1, 97530", "charge", "150.00", "225.00"),
    ]
    made = text_of(desk, ".837")
    assert f"CLM*{told['new_claim']}*280***11:B:7*" in made
    assert "REF*F8*A1~" in made
    assert main(["check", told["file"]]) == 0


def test_family_stays_linked(desk: Desk) -> None:
    """The replacement's answer and the reversal of the original each find their claim."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    _, told = desk.correct("K-1", *desk.mended("replacement-mended"))
    new = told["new_claim"]
    desk.answer(new, "97530:GP 225 135 CAS*CO*45*90", PAID[1], icn="A2", date="20260501")
    desk.answer(claim, *BACK, status="22", icn="A1", date="20260501")
    first, second = desk.trace("K-1")
    assert (first["claim"], second["claim"]) == (claim, new)
    assert [book["status"] for book in first["books"]] == ["replaced", "replaced"]
    assert [book["paid"] for book in second["books"]] == ["135.00", "30.00"]
    assert {book["not_explained"] for book in (*first["books"], *second["books"])} == {"0.00"}
    _, rows, _ = desk.run("denials")
    assert json.loads(rows) == []


def test_after_a_void_the_visits_are_billed_anew(desk: Desk) -> None:
    """The void is answered by its reversal; the new claim has its own number and the visits."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    _, told = desk.correct("K-1", "--practice", void_policy(desk), "--road", "void")
    assert told["new_claim"] == claim
    mended = desk.mended("replacement-mended")
    status, told = desk.correct("K-1", *mended)
    assert (status, told["outcome"], told["file"]) == (1, "wait", None)
    desk.answer(claim, *BACK, status="22", date="20260410")
    status, told = desk.correct("K-1", *mended)
    new = told["new_claim"]
    assert (status, told["outcome"], told["road"]) == (0, "go", "new")
    assert new != claim
    made = Path(told["file"]).read_text("ascii")
    assert f"CLM*{new}*280***11:B:1*" in made
    assert "REF*F8" not in made
    assert desk.correct("K-1", *mended)[1]["already"].startswith(f"claim {new}")
    assert [one["claim"] for one in desk.trace("K-1")] == [claim, claim, new]


def test_two_claims_of_a_day_are_corrected_apart(desk: Desk) -> None:
    """The visit of the other claim is not billed again, and nobody asks about the day once more."""
    claim = billed(desk, "replacement")
    visit = json.loads((EXAMPLES / "replacement.json").read_text(encoding="utf-8"))[0]
    other = visit | {"visit_id": "K-1B", "procedures": [{"code": "97112", "therapist_minutes": 15}]}
    path = desk.folder / "other.json"
    path.write_text(json.dumps([other]), encoding="utf-8")
    words = ("bill", path, "--practice", PRACTICE, "--out", desk.folder / "out")
    desk.run(*words)
    why = ["--by", "me", "--reason", "came in the afternoon"]
    assert main(["held", "override", "K-1B", *why, "--ledger", desk.ledger]) == 0
    assert len(json.loads(desk.run(*words)[1])["claims"]) == 1
    desk.answer(claim, *PAID)
    status, told = desk.correct(claim, *desk.mended("replacement-mended"), "--visits", path)
    assert (status, told["held"], told["road"]) == (0, [], "replacement")
    assert {c["place"] for c in told["changes"]} == {"claim", "line 1, 97530"}
    assert "97112" not in Path(told["file"]).read_text("ascii")


def test_twice_is_once(desk: Desk) -> None:
    """The same corrected visits again say where they went and make nothing."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    _, told = desk.correct("K-1", *desk.mended("replacement-mended"))
    before = desk.files()
    status, again = desk.correct(claim, *desk.mended("replacement-mended"))
    assert status == 0
    assert told["new_claim"] in again["already"]
    assert desk.files() == before
    assert len(desk.trace("K-1")) == 2
    again = desk.bill("replacement-mended")
    assert again["held"] == []
    assert again["already_billed"][0]["claims"] == [claim, told["new_claim"]]


def test_held_visit_is_taken_and_settled(desk: Desk) -> None:
    """What bill holds as changed needs no file; once corrected it waits no longer."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    [held] = desk.bill("replacement-mended")["held"]
    assert "claimline correct K-1" in held["reasons"][0]["message"]
    status, told = desk.correct(claim, "--practice", PRACTICE)
    assert (status, told["road"]) == (0, "replacement")
    _, waiting, _ = desk.run("held", "list")
    assert json.loads(waiting) == []


def test_correction_of_a_correction(desk: Desk) -> None:
    """A replacement is replaced with its own number of the payer's; the older one is refused."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    _, told = desk.correct("K-1", *desk.mended("replacement-mended"))
    refused, words = desk.correct(claim, *desk.mended("replacement"))
    assert refused == 1
    assert told["new_claim"] in words["next_step"]
    wait, words = desk.correct("K-1", *desk.mended("replacement"))
    assert (wait, words["outcome"]) == (1, "wait")
    desk.answer(told["new_claim"], "97530:GP 225 135 CAS*CO*45*90", PAID[1], icn="A2")
    _, again = desk.correct("K-1", *desk.mended("replacement"))
    assert (again["road"], again["payer_claim"]) == ("replacement", "A2")


def test_unprocessable_goes_anew(desk: Desk) -> None:
    """MA130: a new claim, frequency 1, new number, no F8; its answer settles the old one."""
    claim = billed(desk, "unprocessable")
    desk.answer(claim, *REFUSED, moa="MOA***MA130")
    status, told = desk.correct(claim, *desk.mended("unprocessable-mended"))
    assert (status, told["road"], told["payer_claim"]) == (0, "new", None)
    made = text_of(desk, ".837")
    assert f"CLM*{told['new_claim']}*150***11:B:1*" in made
    assert "REF*F8" not in made
    _, rows, _ = desk.run("denials")
    assert [row["claim"] for row in json.loads(rows)] == [claim]
    desk.answer(told["new_claim"], PAID[0])
    assert [one["books"][0]["status"] for one in desk.trace(claim)] == ["replaced", "paid"]
    _, rows, _ = desk.run("denials")
    assert json.loads(rows) == []


def test_corrected_visit_is_asked_for(desk: Desk) -> None:
    """The road is said without it; a claim is made of a corrected visit only."""
    desk.answer(billed(desk, "unprocessable"), *REFUSED, moa="MOA***MA130")
    status, told = desk.correct("K-2")
    assert (status, told["outcome"], told["road"]) == (1, "ask", "new")
    assert "--visits" in told["next_step"]
    assert desk.files() == []


def test_reopening_sheet(desk: Desk) -> None:
    """Part B: a sheet that says what to change; twice is once, and bill knows the visit."""
    claim = billed(desk, "reopening")
    desk.answer(claim, *MODIFIER)
    desk.bill("reopening-mended")
    status, told = desk.correct("K-3", "--practice", PRACTICE)
    assert (status, told["road"]) == (0, "reopening")
    sheet = text_of(desk, ".txt")
    assert "line 1, 97530  units   2       3" in sheet
    assert "A1" in sheet
    assert "2027-04-01" in sheet
    assert "add or remove a line" in sheet
    assert "frequency 7 or 8" in sheet
    page = text_of(desk, ".html")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    before = desk.files()
    status, again = desk.correct("K-3", *desk.mended("reopening-mended"))
    assert (status, again["already"], desk.files()) == (0, str(before[-1]), before)
    _, waiting, _ = desk.run("held", "list")
    assert json.loads(waiting) == []
    later = desk.bill("reopening-mended")
    assert (later["held"], later["claims"]) == ([], [])


def test_second_sheet_of_a_claim(desk: Desk, tmp_path: Path) -> None:
    """A sheet that asks for something else stands beside the first, which is not replaced."""
    claim = billed(desk, "reopening")
    desk.answer(claim, *MODIFIER)
    _, first = desk.correct("K-3", *desk.mended("reopening-mended"))
    visits = json.loads((EXAMPLES / "reopening-mended.json").read_text(encoding="utf-8"))
    visits[0]["diagnoses"] = ["M54.59"]
    path = tmp_path / "other.json"
    path.write_text(json.dumps(visits), encoding="utf-8")
    _, second = desk.correct("K-3", "--visits", path, "--practice", PRACTICE)
    assert [first["sheets"][0] in text for text in second["warnings"]] == [True]
    assert first["warnings"] == []
    assert [Path(one).name for one in (first["sheets"][0], second["sheets"][0])] == [
        f"reopening-{claim}.txt",
        f"reopening-{claim}-2.txt",
    ]
    assert "M5459" in Path(second["sheets"][0]).read_text(encoding="utf-8")
    assert "M5459" not in json.dumps(second)


def test_line_to_add_by_reopening_is_refused(desk: Desk) -> None:
    """A forgotten service cannot come in by reopening, nor as a new claim."""
    claim = billed(desk, "reopening")
    desk.answer(claim, *MODIFIER)
    for road in ((), ("--road", "new"), ("--road", "replacement")):
        status, told = desk.correct(claim, *desk.mended("reopening-one-more-line"), *road)
        assert (status, told["outcome"]) == (1, "refused")
    assert desk.files() == []


def test_appeal_sheet(desk: Desk) -> None:
    """Denied lines, times, enclosures, deadline with its source; the practice file is not needed."""
    claim = billed(desk, "appeal")
    desk.answer(claim, *NECESSITY)
    status, told = desk.correct(claim)
    assert (status, told["road"], told["deadline"]) == (0, "appeal", "2026-09-28")
    sheet = text_of(desk, ".txt")
    for words in (
        "times 14:00-14:45",
        "CO-50",
        "plan of care",
        "provider manual 2026",
        "MEM445577",
    ):
        assert words in sheet
    assert "[ ] the progress report" in sheet


def test_records_sheet(desk: Desk) -> None:
    """Records wanted before a decision: the same sheet, with room for the letter's own date."""
    desk.answer(billed(desk, "appeal"), "97530:GP 225 0 CAS*CO*252*225 ~ LQ*HE*M127")
    status, told = desk.correct("K-4")
    assert (status, told["road"], told["deadline"]) == (0, "records", None)
    sheet = text_of(desk, ".txt")
    assert sheet.startswith("RECORDS WANTED")
    assert "By the letter" in sheet


def test_past_the_deadline(desk: Desk) -> None:
    """Too late is refused with the day and whose rule it is."""
    desk.answer(billed(desk, "appeal"), *NECESSITY)
    status, told = desk.correct("K-4", on="2026-09-29")
    assert (status, told["outcome"]) == (1, "refused")
    assert "2026-09-28" in told["because"]
    assert "provider manual 2026" in told["because"]
    assert desk.files() == []


def test_sheets_are_private(desk: Desk) -> None:
    """A sheet is its owner's alone, and no name is in its file's name or in what is printed."""
    desk.answer(billed(desk, "appeal"), *NECESSITY)
    _, told = desk.correct("K-4")
    assert "Example" not in json.dumps(told)
    assert "MEM445577" not in json.dumps(told)
    for path in desk.files():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "xample" not in path.name


def test_dry_run(desk: Desk) -> None:
    """Everything is told, nothing is taken, recorded or written."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    status, told = desk.correct(claim, *desk.mended("replacement-mended"), "--dry-run")
    assert (status, told["road"], told["new_claim"]) == (0, "replacement", "(next)")
    assert desk.files() == []
    assert len(desk.trace(claim)) == 1
    _, told = desk.correct(claim, *desk.mended("replacement-mended"))
    assert told["file"].endswith("000000002.837")


def test_not_answered_waits(desk: Desk) -> None:
    """Before an answer nothing is made."""
    claim = billed(desk, "replacement")
    status, told = desk.correct(claim, *desk.mended("replacement-mended"))
    assert (status, told["outcome"]) == (1, "wait")
    assert desk.files() == []


def test_held_correction(desk: Desk, tmp_path: Path) -> None:
    """Corrected visits that make no claim are told with their reasons."""
    desk.answer(billed(desk, "replacement"), *PAID)
    visits = json.loads((EXAMPLES / "replacement-mended.json").read_text(encoding="utf-8"))
    visits[0]["procedures"][0]["code"] = "99999"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(visits), encoding="utf-8")
    status, told = desk.correct("K-1", "--visits", path, "--practice", PRACTICE)
    assert (status, told["outcome"]) == (1, "held")
    assert told["held"]
    assert desk.files() == []


def test_decision_is_kept(desk: Desk) -> None:
    """Who, why and which road stand in the ledger, and in the story of the new claim."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    desk.correct(claim, *desk.mended("replacement-mended"), "--reason", "minutes were mistyped")
    query = """select subject, reason, detail, "user" from decision where kind = 'correct'"""
    [row] = asked(desk.ledger, query)
    assert (row[0], row[1]) == (claim, "minutes were mistyped")
    assert json.loads(row[2])["road"] == "replacement"
    assert row[3]
    assert any(claim in text for text in desk.trace(claim)[1]["sent"]["because"])


@pytest.mark.parametrize(
    ("word", "status"), [("NOSUCHCLAIM", 2), ("", 2)], ids=["unknown", "empty"]
)
def test_no_claim(desk: Desk, word: str, status: int) -> None:
    """A number that leads nowhere is said, without the number."""
    billed(desk, "replacement")
    got, out, err = desk.run("correct", word)
    assert (got, out) == (status, "")
    assert "NOSUCHCLAIM" not in err


def test_claim_on_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member id need not stand in the shell's history."""
    desk.answer(billed(desk, "appeal"), *NECESSITY)
    monkeypatch.setattr("sys.stdin", io.StringIO("MEM445577\n"))
    status, told = desk.correct("-")
    assert (status, told["road"]) == (0, "appeal")


def test_all_visits_of_the_claim_are_needed(desk: Desk, tmp_path: Path) -> None:
    """A claim of two visits is not made anew from one of them."""
    visits = json.loads((EXAMPLES / "replacement.json").read_text(encoding="utf-8"))
    second = json.loads(json.dumps(visits[0])) | {"visit_id": "K-1b"}
    second["procedures"] = [{"code": "97112", "therapist_minutes": 15}]
    path = tmp_path / "two.json"
    path.write_text(json.dumps([*visits, second]), encoding="utf-8")
    desk.run("bill", path, "--practice", PRACTICE, "--out", desk.folder / "out")
    claim = desk.trace("K-1")[0]["claim"]
    desk.answer(claim, *PAID, "97112:GP 58 40 CAS*CO*45*18")
    status, out, err = desk.run("correct", "K-1", *desk.mended("replacement-mended"))
    assert (status, out) == (2, "")
    assert "K-1b" in err


def void_policy(desk: Desk) -> Path:
    """The practice with a payer that takes voids."""
    text = PRACTICE.read_text(encoding="utf-8")
    head, mark, tail = text.partition("[[payers.lakeshore.policy]]\nfrom = 2025-01-01\n")
    path = desk.folder / "practice.toml"
    path.write_text(f"{head}{mark}takes_void = true\n{tail}", encoding="utf-8")
    return path


def test_void(desk: Desk) -> None:
    """A void goes under the claim's own number with the payer's; then nothing is left to do."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    practice = void_policy(desk)
    status, told = desk.correct(claim, "--road", "void", "--practice", practice)
    assert (status, told["new_claim"]) == (0, claim)
    made = text_of(desk, ".837")
    assert f"CLM*{claim}*205***11:B:8*" in made
    assert "REF*F8*A1~" in made
    status, told = desk.correct(claim, "--road", "void", "--practice", practice)
    assert (status, told["outcome"]) == (1, "refused")
    assert "voided" in told["because"]
    desk.answer(claim, *BACK, status="22", icn="A1", date="20260501")
    assert [b["status"] for b in desk.trace("K-1")[0]["books"]] == ["voided", "voided"]


def test_void_needs_the_policy_to_say_so(desk: Desk) -> None:
    """Where nobody has said whether the payer takes voids, none is made."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    status, told = desk.correct(claim, "--road", "void", "--practice", PRACTICE)
    assert (status, told["outcome"]) == (1, "refused")
    assert "takes_void" in told["next_step"]


def test_interchange_is_in_order(desk: Desk) -> None:
    """The corrected file passes our own reader as one claim."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    _, told = desk.correct(claim, *desk.mended("replacement-mended"))
    status, out, _ = desk.run("diff", claim, told["new_claim"])
    assert status == 1
    [found] = json.loads(out)["different"]
    assert ("frequency", "1", "7") in [
        (c["field"], c["before"], c["after"]) for c in found["changes"]
    ]


def test_table_is_for_people(desk: Desk) -> None:
    """The same as text: road, reason, deadline, file and what changes."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    words = [*desk.mended("replacement-mended"), "--out", desk.folder / "corrected"]
    status, out, _ = desk.run("correct", claim, *words, "--on", "2026-04-20", shape="table")
    assert status == 0
    for part in ("Road: replacement (frequency 7)", "Because:", "By: 2027-04-01", "What changes"):
        assert part in out


def test_trace_tells_what_was_asked_for(desk: Desk) -> None:
    """A reopening that was asked for is in the claim's story: who, why, which sheet."""
    claim = billed(desk, "reopening")
    desk.answer(claim, *MODIFIER)
    _, told = desk.correct("K-3", *desk.mended("reopening-mended"), "--reason", "minutes")
    [asked] = desk.trace(claim)[0]["corrections"]
    assert (asked["road"], asked["reason"], asked["made"]) == (
        "reopening", "minutes", told["sheets"][0],
    )  # fmt: skip
    _, out, _ = desk.run("trace", claim, shape="table")
    assert "Corrections" in out
    assert "reopening" in out


def test_claim_of_another_system_is_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], new_url: NewUrl
) -> None:
    """A claim taken over from another system's file is corrected from our visit of that day."""
    folders = [tmp_path / name for name in ("old", "new")]
    for folder in folders:
        folder.mkdir()
    old, new = (Desk(folder, capsys, new_url()) for folder in folders)
    claim = billed(old, "replacement")
    [made] = (old.folder / "out").iterdir()
    bill = ["--practice", PRACTICE, "--out", new.folder / "out"]
    new.run("bill", EXAMPLES / "appeal.json", *bill)  # makes the ledger
    new.run("receive", made)
    new.answer(claim, *PAID)
    status, told = new.correct(claim, *new.mended("replacement-mended"))
    assert (status, told["road"], told["payer_claim"]) == (0, "replacement", "A1")
    assert [one["claim"] for one in new.trace(claim)] == [claim, told["new_claim"]]


def test_forgotten_visit_of_the_day_joins_by_replacement(desk: Desk, tmp_path: Path) -> None:
    """A second visit of the day, given with the first, comes onto the replacement."""
    claim = billed(desk, "replacement")
    desk.answer(claim, *PAID)
    [first] = json.loads((EXAMPLES / "replacement.json").read_text(encoding="utf-8"))
    second = first | {"visit_id": "K-1b"}
    second["procedures"] = [{"code": "97112", "therapist_minutes": 15}]
    path = tmp_path / "two.json"
    path.write_text(json.dumps([first, second]), encoding="utf-8")
    status, told = desk.correct(claim, "--visits", path, "--practice", PRACTICE)
    assert (status, told["road"]) == (0, "replacement")
    assert [change["field"] for change in told["changes"]] == ["charge", "line added"]
    assert desk.trace(told["new_claim"])[1]["sent"]["visits"] == ["K-1", "K-1b"]
    _, out, _ = desk.run("bill", path, "--practice", PRACTICE, "--out", desk.folder / "out")
    again = json.loads(out)
    assert (again["claims"], again["held"], len(again["already_billed"])) == ([], [], 2)


def test_another_payers_first_claim_has_that_payers_deadline(desk: Desk) -> None:
    """The visit went to the wrong payer: By is the right one's limit from the day of service."""
    claim = billed(desk, "replacement")
    desk.answer(claim, "97530:GP 150 0 CAS*CO*109*150", "97110:GP 55 0 CAS*CO*109*55", status="4")
    text = PRACTICE.read_text(encoding="utf-8")
    head, mark, tail = text.partition("[payers.heron]\n")
    own, end, rest = tail.partition("[payers.statefund]\n")
    own = own.replace("timely_filing_days = 365", "timely_filing_days = 364")
    practice = desk.folder / "practice.toml"
    practice.write_text(f"{head}{mark}{own}{end}{rest}", encoding="utf-8")
    visits = (EXAMPLES / "replacement.json").read_text(encoding="utf-8")
    mended = desk.folder / "mended.json"
    mended.write_text(visits.replace('"lakeshore"', '"heron"'), encoding="utf-8")
    options = ("--visits", mended, "--practice", practice)
    status, told = desk.correct(claim, *options, "--dry-run")
    assert (status, told["road"], told["deadline"]) == (0, "new", "2027-03-09")
    _, out, _ = desk.run(
        "correct", claim, *options, "--dry-run", "--on", "2026-04-20", shape="table"
    )
    assert "By: 2027-03-09 for a new claim" in out
