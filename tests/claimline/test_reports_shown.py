"""Reports as they are sorted, printed and sent on, and the same from both databases."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from databases import KINDS, NewUrl
from openpyxl import load_workbook
from receive_made import Line, clp, record, remit, sent, take, x12

from claimline.services import reports
from claimline.services.reports_cases import Question
from claimline.services.reports_lists import patients
from reconcile.ledger import Ledger, open_ledger

Command = Callable[..., tuple[int, str, str]]
ON = dt.date(2026, 6, 1)
NAMES = ("summary", "aging", "denials", "first-pass", "days-to-pay", "lines", "unmatched",
         "patients", "drift")  # fmt: skip
PAID = Line(paid="75", cas=("CO*45*20", "PR*2*5"))
DENIED = Line(paid="0", cas=("CO*97*100",))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Nine claims to three payers, some answered."""
    with open_ledger(ledger_url) as opened:
        _fill(opened)
        yield opened


def _fill(ledger: Ledger) -> None:
    """Nine claims to three payers, one of which has the name of a formula; some are answered."""
    names = ("AETNA", "=1+1", "HERON")
    records = [
        evolve(
            sent(f"C{n:07d}A", day=dt.date(2026, 1 + n % 4, 5)),
            payer_name=names[n % 3],
            patient_id=f"P-{n}",
            position=n,
        )
        for n in range(1, 10)
    ]
    record(ledger, *records, control=9)
    answered = [clp(f"C{n:07d}A", PAID if n % 2 else DENIED) for n in (1, 2, 3, 4)]
    take(ledger, x12(remit(*answered, clp("OLD1"), clp("@OLD2"))))


def _rows(command: Command, url: str, name: str, *more: str) -> list[dict[str, Any]]:
    """The rows of a report as a spreadsheet has them."""
    status, said, errors = command("report", name, "--ledger", url, "--format", "csv", *more)
    assert (status, errors) == (0, "")
    return list(csv.DictReader(io.StringIO(said)))


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("word", ["open", "Open", "-open", "120+", "over_120", "-group", "payer"])
def test_a_report_is_sorted_by_a_column(command: Command, ledger_url: str, word: str) -> None:
    """By its title or its name; with - the greatest first; the total is what it was."""
    rows = _rows(command, ledger_url, "aging", "--sort", word)
    key = {"over_120": "120+", "payer": "group"}.get(
        word.strip("-").lower(), word.strip("-").lower()
    )
    values = [row[key] if key == "group" else Decimal(row[key]) for row in rows]
    assert len(set(values)) > 1
    assert values == sorted(values, reverse=word.startswith("-"))
    said = json.loads(command("report", "aging", "--ledger", ledger_url, "--format", "json",
                              "--sort", word)[1])  # fmt: skip
    assert [row["group"] for row in said["rows"]] == [row["group"].lstrip("'") for row in rows]
    assert said["total"]["claims"] == 5


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", NAMES)
def test_every_column_sorts_every_report(command: Command, ledger_url: str, name: str) -> None:
    """Whatever is in a column, in both directions no row is lost; what is no column is refused."""
    rows = _rows(command, ledger_url, name)
    head = command("report", name, "--ledger", ledger_url, "--format", "csv")[1].split("\n")[0]
    for key in head.split(","):
        for word in (key, f"-{key}"):
            found = _rows(command, ledger_url, name, "--sort", word)
            assert sorted(map(repr, found)) == sorted(map(repr, rows))
    status, said, errors = command("report", name, "--ledger", ledger_url, "--sort", "colour")
    assert (status, said) == (2, "")
    assert "no column 'colour'" in errors
    assert "its columns: " in errors


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", NAMES)
def test_files_and_pages_say_whose_and_of_when_they_are(
    command: Command, ledger_url: str, fixtures: Path, name: str
) -> None:
    """Practice, book, day and period stand on a page, and in each row of a spreadsheet."""
    practice = str(fixtures / "practice" / "practice.toml")
    more = ("--practice", practice, "--since", "2026-01-01")
    for row in _rows(command, ledger_url, name, *more):
        assert row["practice"].startswith("Riverbend")
        assert row["book"] == "test"
        assert row["on"]
        assert row["service_from" if name == "drift" else "since"] == "2026-01-01"
    said = command("report", name, "--ledger", ledger_url, "--format", "html", *more)[1]
    below = said.partition("<p><b>")[2].partition("</b>")[0]
    assert below.startswith("Riverbend")
    assert "days of service from 2026-01-01 to the last, TEST BOOK, as of 20" in below
    bare = command("report", name, "--ledger", ledger_url, "--format", "html")[1]
    assert "<p><b>all payers, all days of service, TEST BOOK, as of 20" in bare


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", [one for one in NAMES if one != "drift"])
def test_a_workbook_runs_no_formula_and_prints_whole(
    command: Command, ledger_url: str, tmp_path: Path, name: str
) -> None:
    """What begins like a formula is text; the header is frozen, filtered and on each page."""
    out = tmp_path / "report.xlsx"
    more = ("--kind", "all") if name == "lines" else ()
    assert command("report", name, "--ledger", ledger_url, "-o", out, *more)[0] == 0
    sheet = load_workbook(out).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    if name not in {"unmatched", "patients"}:
        assert any(cell.value == "=1+1" for cell in cells)
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B2", "$1:$1")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert "as of 20" in sheet.oddFooter.left.text
    assert sheet.auto_filter.ref.startswith("A1:")
    dates = [c for c in cells if c.row > 1 and isinstance(c.value, dt.datetime)]
    assert {c.number_format for c in dates} <= {"yyyy-mm-dd"}


def test_both_databases_give_the_same_bytes(
    command: Command, lasting: Callable[[str], NewUrl], fixtures: Path
) -> None:
    """Each report of one content, in each shape that is text."""
    practice = str(fixtures / "practice" / "practice.toml")
    urls = [lasting(kind)() for kind in KINDS]
    for url in urls:
        with open_ledger(url) as ledger:
            _fill(ledger)
    for name in NAMES:
        for shape in ("table", "json", "csv", "html"):
            words = ("report", name, "--format", shape, "--practice", practice, "--ledger")
            one, other = (command(*words, url) for url in urls)
            assert one == other, (name, shape)
            assert one[0] == 0


@pytest.mark.parametrize(
    ("first", "second", "sums"),
    [
        pytest.param(
            (60, ("CO*45*20", "PR*2*20")), (80, ("CO*45*20",)), (140, 20, 0, 0, -60), id="coinsurance"
        ),
        pytest.param((0, ("CO*97*100",)), (80, ("CO*45*20",)), (80, 20, 0, 0, 0), id="denied"),
        pytest.param(
            (0, ("CO*45*20", "PR*1*80")), (70, ("CO*45*20", "PR*2*10")), (70, 20, 10, 0, 0),
            id="deductible",
        ),
    ],
)  # fmt: skip
def test_an_answer_decided_anew_counts_as_the_newest_says(
    ledger_url: str,
    first: tuple[int, tuple[str, ...]],
    second: tuple[int, tuple[str, ...]],
    sums: tuple[int, ...],
) -> None:
    """Without the reversal: paid is money, all else as the newest answer has it, and it closes."""
    question = Question(on=ON, usage="T")
    with open_ledger(ledger_url) as ledger:
        lines = [Line(paid=str(paid), cas=cas) for paid, cas in (first, second)]
        record(ledger, sent("C0000001A"), control=7)
        for n, line in enumerate(lines, 1):
            data = remit(clp("C0000001A", line), trace=f"E{n}", date=f"2026{n + 1:02}10")
            take(ledger, x12(data, control=n))
        found = reports.summary(ledger, question)
        parts = ("paid", "contractual", "patient", "denied", "open")
        assert tuple(Decimal(found.total[part]) for part in parts) == sums
        assert found.total["closes"]
        assert any("a newer one corrects" in note for note in found.notes)
        owing = [Decimal(row["later"]) for row in patients(ledger, question)]
        assert sum(owing) == sums[2]


def test_drift_leaves_out_what_another_payer_said(ledger_url: str) -> None:
    """A payer we bill, too, that says it is the first (CLP02 1): none of the first one's changes."""
    later = Line(paid="5", cas=("OA*23*95",))
    question = Question(on=ON, usage="T")
    with open_ledger(ledger_url) as ledger:
        controls = [f"C{n:07d}A" for n in range(60)]
        records = [evolve(sent(one), payer_name="AETNA") for one in controls]
        other = sent("C9000000A")
        other = evolve(other, claim=evolve(other.claim, payer="hillside", payer_id="77001"))
        record(ledger, *records, other, control=9)
        for week in range(6):
            some = controls[week * 10 : week * 10 + 10]
            day = f"{dt.date(2026, 1, 12) + dt.timedelta(weeks=week):%Y%m%d}"
            paid = [clp(one, PAID) for one in some]
            take(ledger, x12(remit(*paid, trace=f"E{week}", date=day), control=week + 1))
            if week < 3:
                continue
            also = [clp(one, later, icn=f"H{one}") for one in some]
            made = x12(remit(*also, trace=f"H{week}", date=day), control=week + 50)
            take(ledger, made.replace(b"AETNA*XV*60054", b"HILLSIDE*XV*77001").replace(
                b"1512345678", b"1777777777"))  # fmt: skip
        assert reports.drift(ledger, question) == ()
