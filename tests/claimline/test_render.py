"""Results in all their shapes: nothing cut off, nothing that runs, nothing that steers a terminal."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.errors import CommandError
from claimline.render import (
    MOST,
    Column,
    Result,
    Table,
    counted,
    problem_fields,
    show,
    show_problems,
)
from claimline.render.cells import cell, harmless, visible
from claimline.render.json import write_json
from claimline.render.problems import place_text
from claimline.render.sheet import OURS, Part, Sheet, as_html, as_text
from claimline.render.table import write_tables
from claimline.render.xlsx import xlsx_bytes
from edi.problem import Place, Problem

COLUMNS = (
    Column(key="claim", title="Claim"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="why", title="Why", place="below"),
    Column(key="control", title="Line", place="file"),
)
LONG = "appeal with start and stop times and both notes, " * 8
ROWS: tuple[dict[str, Any], ...] = (
    {"claim": "K7W4PTMQ2XBR9CDEF", "paid": Decimal("-12.50"), "why": LONG, "control": "01K7"},
    {"claim": "=1+1", "paid": Decimal("0.00"), "why": "\x1b[31mred", "control": "@x"},
)
RESULT = Result(data=list(ROWS), tables=(Table(columns=COLUMNS, rows=ROWS, title="Lines"),))
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "\rx")


def shown(result: Result, width: int = 80) -> str:
    """The table as text."""
    stream = io.StringIO()
    write_tables(result, stream)
    return stream.getvalue()


def test_a_table_shows_all_of_a_long_text_within_its_width() -> None:
    """Long texts wrap, no line is wider than 100 columns, and no word is lost."""
    text = shown(RESULT)
    assert max(map(len, text.splitlines())) <= 100
    assert " ".join(text.split()).count("appeal with start") == 8
    assert "K7W4PTMQ2XBR9CDEF" in text
    assert "…" not in text


def test_an_empty_table_says_so() -> None:
    """No rows, no header: the words for an empty list."""
    table = Table(columns=COLUMNS, rows=(), empty="No denied lines.")
    assert shown(Result(data=[], tables=(table,))).strip() == "No denied lines."


def test_control_characters_never_reach_a_terminal() -> None:
    """What a payer sends is shown, not obeyed."""
    assert "\x1b" not in shown(RESULT)
    assert "\\x1b[31mred" in shown(RESULT)


@given(st.text(max_size=40))
def test_visible_text_has_no_control_characters(text: str) -> None:
    """Every control character becomes an escape, all else stays."""
    made = visible(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in made)


@pytest.mark.parametrize("text", FORMULAS, ids=[repr(t) for t in FORMULAS])
def test_no_csv_cell_runs_as_a_formula(text: str) -> None:
    """= + - @ and tab at the start of a cell are made harmless."""
    assert harmless(text)[0] == "'"


@pytest.mark.parametrize("text", ["-12.50", "12", "0.00", "CO-45", ""])
def test_numbers_and_plain_words_stay_as_they_are(text: str) -> None:
    """A negative amount is no formula."""
    assert harmless(text) == text


def test_csv_has_all_columns_and_harmless_cells(capsys: pytest.CaptureFixture[str]) -> None:
    """CSV holds the columns that a table leaves out, too."""
    show(RESULT, "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["claim", "paid", "why", "control"]
    assert rows[0]["paid"] == "-12.50"
    assert rows[1]["claim"] == "'=1+1"
    assert rows[1]["control"] == "'@x"


def test_xlsx_opens_with_numbers_as_numbers_and_no_formula() -> None:
    """A workbook has amounts that sum and cells that do not run."""
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(RESULT))).active
    assert sheet is not None
    cells = list(sheet.iter_rows(min_row=2))
    assert [row[1].value for row in cells] == [-12.5, 0]
    assert cells[1][0].value == "=1+1"
    assert cells[1][0].data_type == "s"
    assert sheet.auto_filter.ref == "A1:D3"
    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[1]] == ["Claim", "Paid", "Why", "Line"]


def test_xlsx_has_real_dates_and_numbers_and_keeps_what_is_neither() -> None:
    """A date sorts as a date, units sum, cents show, and a dash stays a dash."""
    columns = (
        Column(key="day", title="Date", kind="date"),
        Column(key="units", title="Units", kind="number"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="both", title="Both", in_files=False),
    )
    rows = [
        {"day": "2026-03-05", "units": "2", "paid": "45.50", "both": "x"},
        {"day": None, "units": "-", "paid": "NaN", "both": "x"},
    ]
    result = Result(data=rows, tables=(Table(columns=columns, rows=rows),))
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(result))).active
    assert sheet is not None
    first, second = list(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in first] == [dt.datetime(2026, 3, 5), 2, 45.5]  # noqa: DTZ001 - a day
    assert [cell.number_format for cell in first] == [
        "yyyy-mm-dd", "0", "#,##0.00;[Red]-#,##0.00",
    ]  # fmt: skip
    assert [cell.value for cell in second] == [None, "-", "NaN"]


def test_a_sheet_says_whole_on_paper_whose_figures_it_has() -> None:
    """However long the names of practice and payer are, the book and the day stand on it."""
    about = f"{'Riverbend Therapy & Rehabilitation ' * 3}, TEST BOOK, as of 2026-03-20"
    table = attrs.evolve(RESULT.tables[0], title=f"{'What became of it ' * 5}\n{about}")
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(attrs.evolve(RESULT, tables=(table,)))))
    assert book.active.oddFooter.left.text.replace("&&", "&") == about
    assert "Riverbend" not in book.active.oddHeader.left.text


def test_xlsx_and_csv_hold_all_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables of one kind share a sheet, another kind has its own; csv has every row and column."""
    other = (Column(key="claim", title="Claim"), Column(key="code", title="Code"))
    result = Result(
        data=[],
        tables=(
            Table(columns=COLUMNS, rows=ROWS, title="Payment 1: a/b", sheet="Payments"),
            Table(columns=COLUMNS, rows=ROWS, title="Payment 2: a/b", sheet="Payments"),
            Table(columns=other, rows=[{"claim": "C9", "code": "97530"}], sheet="Claims"),
        ),
    )
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(result)))
    assert [(sheet.title, sheet.max_row) for sheet in book] == [("Payments", 5), ("Claims", 2)]
    show(result, "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["code"] for row in rows] == ["", "", "", "", "97530"]
    assert rows[0]["why"] == LONG


def test_titles_and_notes_of_others_never_steer_a_terminal() -> None:
    """A payer's name in a title or note is shown, not obeyed."""
    table = Table(columns=COLUMNS, rows=ROWS, title="\x1b[2J", notes=("\x1b]0;x\x07",))
    text = shown(Result(data=[], tables=(table,), text=("\x1b[1m",)))
    assert "\x1b" not in text
    assert "\\x1b[2J" in text


@given(st.lists(st.lists(st.text("abc -,", max_size=60), min_size=3, max_size=3), min_size=1))
def test_a_table_of_any_texts_fits_and_loses_no_letter(rows: list[list[str]]) -> None:
    """However long the texts, lines are at most 100 wide and every letter is there."""
    columns = tuple(Column(key=str(n), title=f"T{n}") for n in range(3))
    table = Table(columns=columns, rows=[dict(zip("012", row, strict=True)) for row in rows])
    text = shown(Result(data=[], tables=(table,)))
    assert max(map(len, text.splitlines())) <= 100
    letters = sum(text.count(letter) for letter in "abc")
    assert letters == sum(part.count(letter) for row in rows for part in row for letter in "abc")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 claims"), (1, "1 claim"), (2, "2 claims"), (1234, "1,234 claims")]
)
def test_numbers_have_the_right_noun(number: int, words: str) -> None:
    """One claim, two claims."""
    assert counted(number, "claim") == words


def test_many_problems_of_one_code_are_counted_and_hide_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ten of a code are shown, the rest counted; a problem of another code is shown after them."""
    many = [attrs.evolve(PROBLEM, where=Place(file="a.835", segment=n)) for n in range(1, 5001)]
    last = attrs.evolve(PROBLEM, code="other.code")
    show_problems([*many, last], most=MOST)
    said = capsys.readouterr().err
    assert said.count("[element.code-invalid]") == MOST + 1
    assert "4,990 more of these" in said
    assert "[other.code]" in said


def test_html_is_escaped_and_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A page has no script and no address, and shows < as a sign."""
    rows = ({"claim": "<script>x</script>", "paid": Decimal(1), "why": "a & b"},)
    show(Result(data=[], tables=(Table(columns=COLUMNS, rows=rows),)), "html")
    page = capsys.readouterr().out
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "a &amp; b" in page
    assert "http" not in page


def test_json_streams_an_iterator_as_an_array() -> None:
    """An iterator is written item by item and is the same JSON as a list."""
    stream = io.StringIO()
    write_json(Result(data=iter([{"a": Decimal("1.50")}, {"b": None}])), stream)
    assert json.loads(stream.getvalue()) == [{"a": "1.50"}, {"b": None}]
    empty = io.StringIO()
    write_json(Result(data=iter([])), empty)
    assert json.loads(empty.getvalue()) == []


def test_json_refuses_what_it_has_no_word_for() -> None:
    """A float or an object in a result is our fault and raises."""
    with pytest.raises(TypeError):
        write_json(Result(data={"x": object()}), io.StringIO())


def test_an_output_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """--output makes a file nobody else can read."""
    path = tmp_path / "out.csv"
    show(RESULT, "csv", path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text(encoding="utf-8").startswith("claim,paid")


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A missing folder is a plain message."""
    with pytest.raises(CommandError, match="cannot write"):
        show(RESULT, "csv", tmp_path / "none" / "out.csv")


def test_xlsx_does_not_go_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets words, not a workbook."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(CommandError, match="xlsx"):
        show(RESULT, "xlsx")


PROBLEM = Problem(
    code="element.code-invalid",
    message="SVC01-2 is not a code",
    standard="IK403:7",
    value="SECRET",
    where=Place(file="a.835", interchange=1, group=1, transaction="0001", segment=12, line=14,
                loop="2110", element="SVC01-2"),
)  # fmt: skip


def test_a_problem_as_json_has_the_documented_fields() -> None:
    """The shape of ``check --format json``, without the value at fault."""
    assert problem_fields(PROBLEM) == {
        "code": "element.code-invalid",
        "standard": "IK403:7",
        "level": "error",
        "interchange": 1,
        "group": 1,
        "transaction": "0001",
        "segment": 12,
        "line": 14,
        "loop": "2110",
        "element": "SVC01-2",
        "message": "SVC01-2 is not a code",
    }


def test_a_problem_names_its_place_and_hides_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output is no terminal, the value at fault is not shown."""
    show_problems([PROBLEM])
    said = capsys.readouterr().err
    assert "a.835" in said
    assert "segment 12, line 14, 2110/SVC01-2" in said
    assert "SECRET" not in said


def test_a_place_leaves_out_what_does_not_apply() -> None:
    """A row of a table has no interchange, and a second interchange is named."""
    assert place_text(Place(row=3, column="units")) == "row 3, column units"
    assert place_text(Place(file="p.toml", column="payers.x")) == "key payers.x"
    assert place_text(Place(column="date", claim="A-5")) == "field date, visit A-5"
    assert place_text(Place(interchange=2, group=1, line=9)) == "interchange 2, group 1, line 9"


def test_cells_of_every_kind() -> None:
    """None, flags, amounts and sequences have one way to be shown."""
    assert [cell(None), cell(True), cell(Decimal("1E+1")), cell(("GP", "59"))] == [
        "", "yes", "10", "GP 59",
    ]  # fmt: skip


PARTS = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="payer", title="Payer"),
    Column(key="date", title="Date", kind="date"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="left", title="Not explained", kind="money"),
    Column(key="adjustments", title="Adjustments", kind="list"),
)
PART = {
    "claim": "K7W4PTMQ2XBR9CDEF",
    "payer": "MEDICARE PART B OHIO",
    "date": "2026-03-05",
    "paid": "12345.67",
    "left": "-1234.50",
    "adjustments": ["CO-119 290.00", "CO-45 110.20", "PR-2 35.96", "CO-253 2.88"],
}


@pytest.mark.parametrize("width", [40, 50, 60, 66, 80, 100, 140])
def test_codes_and_amounts_are_never_broken(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """However narrow the terminal, each code, number, date and amount stands whole on a line."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = shown(Result(data=[], tables=(Table(columns=PARTS, rows=[PART], totals=PART),)))
    assert max(map(len, text.splitlines())) <= width
    for whole in (PART["claim"], PART["date"], PART["paid"], PART["left"], *PART["adjustments"]):
        assert text.count(str(whole)) == 2, whole


def test_a_column_that_does_not_fit_stands_below_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its title, which is then a label."""
    monkeypatch.setenv("COLUMNS", "50")
    text = shown(Result(data=[], tables=(Table(columns=PARTS, rows=[PART]),)))
    assert "    Adjustments CO-119 290.00; CO-45 110.20;" in text.splitlines()


def test_problems_into_a_pipe_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """What is read line by line is not folded."""
    show_problems([attrs.evolve(PROBLEM, message=LONG), PROBLEM])
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_advice_for_the_office_stands_apart_on_a_sheet() -> None:
    """What is not to be sent stands last, said to be ours, and on a page of its own in print."""
    parts = (
        Part(title="Enclosed", points=("note",)),
        Part(title="Never", points=("x",), is_ours=True),
    )
    sheet = Sheet(title="Appeal", facts=(), parts=parts)
    text, page = as_text(sheet), as_html(sheet)
    for shown in (text, page):
        assert shown.index("Enclosed") < shown.index(OURS) < shown.index("Never")
        assert shown.count(OURS) == 1
    assert "p.ours{break-before:page" in page
