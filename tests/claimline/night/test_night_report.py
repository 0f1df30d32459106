"""What a night tells: the page in its shapes, the figures, the logs, the day it is."""

import datetime as dt
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl
from night_desk import FIRST, SECOND, Desk

from claimline.__main__ import main
from claimline.night import page
from claimline.night import run as steps
from claimline.night.config import read_config
from claimline.night.html import html_page
from claimline.night.metrics import metrics_text
from claimline.night.night import night_of
from claimline.night.page import times
from claimline.night.report import headline, report_of, sorted_notes
from claimline.night.values import Note, Step
from reconcile.ledger import nights, open_ledger

METRIC = re.compile(r'claimline_night_[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? -?[0-9.]+')


@pytest.fixture(scope="module", name="done")
def _done(copied: Callable[[], Desk]) -> Desk:
    """A desk after its second night."""
    desk = copied()
    assert desk.night(SECOND).returncode == 1
    return desk


def test_the_page_is_kept_in_all_shapes_and_in_the_ledger(done: Desk) -> None:
    """JSON, text and HTML stand in the reports folder; the ledger holds the same object."""
    names = {path.name for path in (done.folder / "reports").iterdir()}
    names.discard(".night.lock")  # of a database that is no file
    days = ("2026-03-04-1", "2026-03-18-1")
    assert names == {f"{day}.{ending}" for day in days for ending in ("json", "txt", "html")}
    with open_ledger(done.url) as ledger, ledger.reading() as connection:
        assert json.loads(nights.newest(connection)) == done.report("2026-03-18-1")
        assert json.loads(nights.newest(connection, "2026-03-04")) == done.report("2026-03-04-1")


def test_a_second_night_of_a_day_overwrites_nothing(
    done: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    """It gets the next number, though files or rows of the day were removed."""
    desk = done.copied(tmp_path / "desk", new_url)
    first = desk.files("reports")
    again = desk.night(SECOND)
    assert (again.returncode, again.stderr) == (1, "")  # no log where nobody asked for one
    assert first.items() <= desk.files("reports").items()
    assert desk.report("2026-03-18-2")["number"] == 2
    for path in (desk.folder / "reports").iterdir():
        path.unlink()
    desk.night(SECOND)
    assert desk.report("2026-03-18-3")["number"] == 3


def test_the_report_has_its_documented_shape(done: Desk) -> None:
    """Programs find what docs/night.md names."""
    report = done.report("2026-03-18-1")
    assert set(report) == {
        "version", "claimline", "practice", "book", "day", "number", "dry_run", "started", "ended",
        "time_zone", "status", "headline", "needs_person", "notes", "steps", "states", "proof", "left_out",
        "earlier",
    }  # fmt: skip
    assert [step["name"] for step in report["steps"]] == list(steps.names())
    assert report["day"] == "2026-03-18"
    assert report["started"] == "2026-03-18T02:30:00-04:00"
    for note in report["notes"]:
        assert set(note) == {
            "step", "kind", "urgency", "what", "todo", "call", "count", "days", "money", "ids",
        }  # fmt: skip


def test_money_of_the_page_is_that_of_the_files(done: Desk) -> None:
    """What came adds up to the proof's BPR02, what is open to the states."""
    report = done.report("2026-03-18-1")
    came = next(step for step in report["steps"] if step["name"] == "receive")
    paid = sum(Decimal(row["paid"]) for row in came["files"])
    assert Decimal(came["counts"]["paid"].replace(",", "")) == paid > 0
    whole, *parts = (Decimal(row["paid"]) for row in report["proof"]["places"])
    assert whole == sum(parts) == paid
    assert report["proof"]["closes"]
    sent = {row["state"]: row for row in report["states"]}["sent"]
    assert Decimal(sent["open"]) == Decimal("651.00")


def test_the_text_page_fits_80_columns(done: Desk, capsys: pytest.CaptureFixture[str],
                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """--show prints the last night again, no line wider than the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    file = str(done.folder / "night.toml")
    assert main(["night", "--config", file, "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == done.report("2026-03-18-1")["headline"]
    assert max(map(len, lines)) <= 80
    assert main(["night", "--config", file, "--show", "--day", "2026-03-05"]) == 3
    assert main(["night", "--config", file, "--show", "--day", "2026-03-04"]) == 0
    assert "night of 2026-03-04" in capsys.readouterr().out


def test_the_html_page_stands_alone() -> None:
    """No script, no other file; what somebody else wrote is text, never markup."""
    note = Note(kind="x", urgency="now", what="<script>alert(1)</script>", ids=("a&b",))
    page = html_page(_report([Step(name="collect", status=1, notes=(note,))]))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "a&amp;b" in page
    assert not re.search(r"(src|href|url)\s*[=(]", page)


def test_figures_are_in_the_format_of_prometheus(done: Desk) -> None:
    """Each line is a comment or a sample, each metric has one HELP and TYPE before its samples."""
    lines = (done.folder / "claimline.prom").read_text(encoding="utf-8").splitlines()
    seen: list[str] = []
    for line in lines:
        if line.startswith("# TYPE "):
            seen.append(line.split()[2])
        elif not line.startswith("# HELP "):
            assert METRIC.fullmatch(line), line
            assert line.split("{")[0].split(" ")[0] == seen[-1]
    assert len(seen) == len(set(seen))
    assert "claimline_night_status 1" in lines
    assert 'claimline_night_claims{state="sent"} 4' in lines
    assert 'claimline_night_open_cents{state="sent"} 65100' in lines
    assert "claimline_night_not_explained_cents 0" in lines
    ended = next(line for line in lines if line.startswith("claimline_night_last_run"))
    moment = dt.datetime.fromisoformat(SECOND).timestamp()
    assert float(ended.split()[1]) == moment


def test_no_figure_stands_twice() -> None:
    """Prometheus refuses a file in which a sample has a second value: notes of a kind are added."""
    notes = tuple(
        Note(kind="missing.999", urgency="today", what=f"No 999 for file {n}", count=n)
        for n in (1, 2)
    )
    lines = metrics_text(_report([Step(name="missing", status=1, notes=notes)])).splitlines()
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))
    assert 'claimline_night_missing{kind="missing.999"} 3' in lines


def test_labels_are_escaped() -> None:
    """A quote or a line feed in a label cannot begin another sample."""
    step = Step(name='a"b\nc\\', status=0, counts={"x": 1})
    assert 'step="a\\"b\\nc\\\\"' in metrics_text(_report([step]))


def test_a_log_nobody_reads_stops_nothing(done: Desk, new_url: NewUrl, tmp_path: Path) -> None:
    """Where standard error goes nowhere any more, the night does its work all the same."""
    desk = done.copied(tmp_path / "desk", new_url)
    ended = desk.process(SECOND, variables={"CLAIMLINE_LOG": "info"}, deaf=True)
    assert ended.returncode == 1
    assert desk.report("2026-03-18-2")["number"] == 2


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param("2026-03-18T03:59:00+00:00", "2026-03-17", id="before-midnight-there"),
        pytest.param("2026-03-18T04:00:00+00:00", "2026-03-18", id="midnight-there"),
        pytest.param("2026-03-08T06:59:59+00:00", "2026-03-08", id="before-clocks-go-forward"),
        pytest.param("2026-03-09T03:59:59+00:00", "2026-03-08", id="the-day-of-23-hours"),
        pytest.param("2026-11-02T04:59:59+00:00", "2026-11-01", id="the-day-of-25-hours"),
        pytest.param("2026-11-02T05:00:00+00:00", "2026-11-02", id="after-it"),
        pytest.param("2026-12-31T23:30:00-08:00", "2027-01-01", id="another-zone-another-year"),
    ],
)
def test_the_practice_decides_the_day(
    moment: str, day: str, done: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the machine stands, the day is that of the practice's time zone."""
    monkeypatch.setenv("CLAIMLINE_NOW", moment)
    night = night_of(read_config(str(done.folder / "night.toml")))
    assert night.day.isoformat() == day


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        pytest.param(
            ("2026-11-01T01:50:00-04:00", "2026-11-01T01:10:00-05:00"),
            "2026-11-01 01:50:00-04:00 to 01:10:00-05:00",
            id="clocks-go-back",
        ),
        pytest.param(
            ("2026-11-02T01:50:00-05:00", "2026-11-02T02:10:00-05:00"),
            "2026-11-02 01:50:00 to 02:10:00",
            id="another-night",
        ),
    ],
)
def test_an_hour_that_comes_twice_is_told_apart(moments: tuple[str, str], told: str) -> None:
    """In the night in which clocks are changed moments have their offsets; in no other."""
    report = dict(zip(("started", "ended"), moments, strict=True))
    runs = [{"number": 1, "started": moments[0], "headline": "All well."}]
    again = report | {"started": moments[1], "time_zone": "x", "earlier": {"runs": runs}}
    assert times(report | {"time_zone": "x"}) == f"{told} (x)"
    assert page.runs(again)[0]["began"] == told.partition(" to ")[0]


def test_a_production_night_refuses_a_set_clock(
    done: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    """CLAIMLINE_NOW is for practising: with production = true nothing is done."""
    desk = done.copied(tmp_path / "desk", new_url)
    path = desk.folder / "night.toml"
    text = path.read_text(encoding="utf-8").replace("production = false", "production = true")
    path.write_text(text, encoding="utf-8")
    before = desk.everything()
    refused = desk.night(SECOND)
    assert refused.returncode == 2
    assert "CLAIMLINE_NOW" in refused.stderr
    assert desk.everything() == before


@pytest.mark.parametrize(
    ("urgencies", "status", "told"),
    [
        pytest.param([], 0, "All well.", id="well"),
        pytest.param(["soon"], 1, "1 thing needs a person.", id="one"),
        pytest.param(["now", "soon"], 1, "2 things need a person, 1 of them now.", id="urgent"),
        pytest.param(
            ["now"], 3, "Not all of the night could run. 1 thing needs a person now.", id="failed"
        ),
    ],
)
def test_the_first_line(urgencies: list[str], status: int, told: str) -> None:
    """It says whether anybody has to do anything, and how soon."""
    assert headline([{"urgency": one} for one in urgencies], status) == told


def test_notes_stand_by_urgency_money_and_age() -> None:
    """What cannot wait is first; then the most money, then the oldest."""
    notes: list[dict[str, Any]] = [
        {"kind": "a", "what": "", "urgency": "know", "money": "900.00", "days": 90},
        {"kind": "b", "what": "", "urgency": "today", "money": "10.00", "days": 1},
        {"kind": "c", "what": "", "urgency": "today", "money": "20.00", "days": None},
        {"kind": "d", "what": "", "urgency": "now", "money": None, "days": None},
        {"kind": "e", "what": "", "urgency": "today", "money": "10.00", "days": 5},
    ]
    assert [note["kind"] for note in sorted_notes(reversed(notes))] == ["d", "c", "e", "b", "a"]


def _report(done: list[Step]) -> dict[str, Any]:
    """The report of made-up steps."""
    from night_desk import ROOT

    from claimline.night.config import Config, Folders
    from claimline.night.context import Night
    from claimline.services.practice import load

    here = Path("/nowhere")
    folders = Folders(inbox=here, outbox=here, archive=here, quarantine=here, reports=here)
    practice = ROOT / "fixtures" / "practice" / "practice.toml"
    night = Night(
        config=Config(file=here / "night.toml", practice=practice, ledger="", folders=folders),
        practice=load(str(practice)),
        now=dt.datetime.fromisoformat(FIRST),
        user="tester",
    )
    return report_of(night, done, number=1, ended=night.now)
