"""One page stays one page, whatever came; everything else is one option away."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from night_desk import SECOND, Desk
from test_night_again import REMIT

from claimline.__main__ import main
from claimline.night.html import html_page
from claimline.night.page import in_short
from claimline.night.page_files import came, out
from claimline.night.page_notes import FULL, SHORT, know, needs

KINDS = 6  # of faults
COPIES = 12  # files of each
LINES = 110  # a page at 100 columns that is full
REFUSED = (
    "ISA*00*          *00*          *ZZ*RELAYTEST      *ZZ*CLINIC         *260316*0800*^*00501*"
    "000000009*0*T*:~GS*FA*RELAYTEST*CLINIC*20260316*0800*9*X*005010X231A1~ST*999*0001*005010X231A1~"
    "AK1*HC*{control}*005010X222A2~AK2*837*{set}*005010X222A2~IK3*NM1*8**8~IK5*R*5~AK9*R*1*1*0~"
    "SE*7*0001~GE*1*9~IEA*1*000000009~"
)


@pytest.fixture(scope="module", name="desk")
def _desk(copied: Callable[[], Desk]) -> Desk:
    """A desk to which much came that is faulty, strange, or cannot be read."""
    desk = copied()
    inbox = desk.folder / "inbox"
    for number in range(COPIES):
        made = REMIT.replace("EFT77", f"EFT{number}")
        for kind, text in {
            "miscounted": made.replace("SE*11*", "SE*99*"),
            "unclosed": made.partition("GE*")[0],
            "asks": made.replace("ST*835", "ST*276"),
            "words": f"no X12 at all, number {number}",
            "empty": " " * (number + 1),
            "packed": f"PK\x03\x04 {number}",
        }.items():
            (inbox / f"{kind}{number}.835").write_text(text, encoding="utf-8")
    assert desk.night(SECOND).returncode == 1
    return desk


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is 100 columns wide, whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "100")


def _printed(desk: Desk, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    assert main(["night", "--config", str(desk.folder / "night.toml"), "--show", *more]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_page_has_an_end(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """82 files that nobody wanted: the page says what was done after some forty lines, and ends."""
    lines = _printed(desk, capsys)
    assert len(lines) <= LINES
    assert lines.index("What was done") < 50
    assert lines[4].startswith("In short: 46 files received, ")  # 36 are in quarantine
    assert lines[4].endswith("the proof closes.")


def test_what_cannot_be_read_is_one_note_by_cause(desk: Desk) -> None:
    """36 files in quarantine: one note with each cause and how many it has, all names in it."""
    [note] = [
        n for n in desk.report("2026-03-18-1")["notes"] if n["kind"] == "transfer.quarantined"
    ]
    assert note["count"] == len(note["ids"]) == 3 * COPIES
    assert note["what"].startswith("36 files could not be read and are in quarantine: 12: ")
    assert note["what"].count("12: ") == 3


def test_all_of_it_is_one_option_away(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """--all names each file, each number of each note, each equation."""
    text = "\n".join(_printed(desk, capsys, "--all"))
    report = desk.report("2026-03-18-1")
    received = next(step for step in report["steps"] if step["name"] == "receive")
    for name in [row["file"] for row in received["files"]]:
        assert name in text
    for note in report["notes"]:
        assert all(one in text for one in note["ids"])
    for equation in report["proof"]["equations"]:
        assert re.sub(r"\s+", " ", equation["name"])[:30] in re.sub(r"\s+", " ", text)


def test_every_number_of_a_note_is_told(
    copied: Callable[[], Desk], capsys: pytest.CaptureFixture[str]
) -> None:
    """Eight claims of one refused file: the JSON page, --show --all and the HTML have each."""
    desk = copied()
    for path in (desk.folder / "clearinghouse" / "out").iterdir():
        path.unlink()
    claims = next((desk.folder / "clearinghouse" / "in").iterdir()).read_text(encoding="utf-8")
    numbers = set(re.findall(r"CLM\*(\w+)", claims))
    control = claims.split("GS*", 1)[1].split("*")[5]
    refused = REFUSED.format(control=control, set=claims.split("ST*837*", 1)[1].split("*")[0])
    (desk.folder / "clearinghouse" / "out" / "refused.999").write_text(refused, encoding="utf-8")
    assert desk.night(SECOND).returncode == 1
    report = desk.report("2026-03-18-1")
    [note] = [one for one in report["notes"] if one["kind"] == "claims.file-rejected"]
    file, *claims_told = note["ids"]
    assert (note["count"], len(claims_told), file) == (8, 8, "relay-T-000000001.837")
    assert {one.replace("-", "") for one in claims_told} == numbers
    page = " ".join("\n".join(_printed(desk, capsys)).split())
    assert "and 5 more: claimline night --show --all" in page
    text = "\n".join(_printed(desk, capsys, "--all"))
    assert all(one in text for one in note["ids"])
    _, _, rest = html_page(report).partition("<details>")
    assert all(one in rest for one in note["ids"])


def test_a_sheet_of_paper_holds_the_page_alone(desk: Desk) -> None:
    """The rest is there to be opened on a screen; on paper it is left out."""
    html = html_page(desk.report("2026-03-18-1"))
    page, _, rest = html.partition("<details>")
    assert "details{display:none}" in page
    files = re.compile(r"[0-9a-f]{12}\.\w+")
    assert len(set(files.findall(rest))) == 82
    assert len(files.findall(page)) < 30


def test_an_empty_number_is_not_looked_at(desk: Desk) -> None:
    """A payment without a trace number has no name to show."""
    for note in desk.report("2026-03-18-1")["notes"]:
        assert "" not in note["ids"]


def _notes(count: int, urgency: str) -> list[dict[str, Any]]:
    return [{"urgency": urgency, "what": str(n)} for n in range(count)]


def test_the_most_urgent_notes_are_told_whole() -> None:
    """Of thirty the first five whole, five in short, the others counted; a few are all told."""
    report = {"notes": [*_notes(3, "now"), *_notes(27, "soon"), *_notes(6, "know")]}
    shown = needs(report)
    assert [note["urgency"] for note in shown.full] == ["now"] * 3 + ["soon"] * 2
    assert (len(shown.full), len(shown.short)) == (FULL, SHORT)
    assert shown.more.startswith("and 20 more things (20 this week): claimline night --show --all")
    assert know(report).more.startswith("and 2 more: ")
    assert len(needs(report, whole=True).full) == 30
    few = {"notes": _notes(FULL + 1, "today")}
    assert (len(needs(few).full), needs(few).more) == (FULL + 1, "")


def test_files_are_told_by_name_while_they_are_few() -> None:
    """Six each by its name; seven by kind, with money and what was said summed."""
    rows = [
        {"file": f"{n}.835", "kind": "835", "state": "received", "payments": 1, "posted": 2,
         "paid": "1000.10", "status": int(n == 3)}
        for n in range(5)
    ]  # fmt: skip
    said = {"claim": {"accepted": 3, "rejected": 1}}
    rows.append({"file": "a.277", "kind": "277CA", "state": "received", "said": said})
    report = {"steps": [{"name": "receive", "files": rows}]}
    assert [row["file"] for row in came(report)] == [row["file"] for row in rows]
    rows.append({"file": "b.277", "kind": "277CA", "state": "received", "said": said})
    told = {row["file"]: row["told"] for row in came(report)}
    assert told["835"] == "5 files; 5 payments, 10 claims posted, 5,000.50; look at 3.835"
    assert told["277CA"] == "2 files; 6 claims accepted, 2 rejected"
    assert len(came(report, whole=True)) == 7


def test_a_file_made_and_sent_is_one_row() -> None:
    """What is in it and whether it went; of many files those that stay are named first."""
    made = [{"file": f"{n}.837", "claims": 2, "charge": "10.00"} for n in range(9)]
    went = [
        {"file": f"{n}.837", "state": "sent" if n < 8 else "failed", "profile": "relay"}
        for n in range(9)
    ]
    report = {"steps": [{"name": "build", "files": made}, {"name": "send", "files": went}]}
    rows = out(report)
    assert rows[0] == {"file": "8.837", "told": "2 claims, 10.00; failed, profile relay"}
    assert rows[-1]["told"].startswith("and 3 more files, 6 claims, 30.00, 3 sent: ")
    assert len(out(report, whole=True)) == 9


def test_what_was_posted_late_is_in_the_sum() -> None:
    """A payment that an earlier run kept and this one posted came, in the sentence too."""
    row = {"file": "1.835", "kind": "835", "state": "received", "paid": "75.00"}
    report = {"steps": [{"name": "post", "files": [row]}], "proof": None, "dry_run": False}
    assert in_short(report).startswith("In short: 1 file received, 75.00 posted;")


def test_a_dry_run_says_what_would_go() -> None:
    """In its sentence too, not that nothing was sent."""
    files = [{"file": "1.837", "state": "would", "profile": "relay"}]
    report = {"steps": [{"name": "send", "files": files}], "proof": None, "dry_run": True}
    assert in_short(report).endswith("; 1 file would go.")


def test_a_page_of_an_older_version_is_shown() -> None:
    """What an earlier night kept has no count of what acknowledgements said."""
    row = {"file": "a.999", "kind": "999", "state": "received", "status": 0, "told": ["999 of X"]}
    report = {"steps": [{"name": "receive", "files": [row] * 9}]}
    assert came(report)[0] == {"file": "999", "told": "9 files"}
