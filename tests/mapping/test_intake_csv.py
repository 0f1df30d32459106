"""Visits in CSV: what spreadsheets do, rows apart, conflicts, columns missing and unknown."""

import csv
import io
from typing import Any

import pytest
from visits_made import example

from edi.problem import Problem
from mapping.columns import COLUMNS, REQUIRED, column_of
from mapping.intake import read
from mapping.visit import Visit

ROWS = list(csv.DictReader(io.StringIO(example("visits.md", "csv"))))


def written(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    """Rows as CSV text with a header."""
    out = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def results(data: bytes | str | list[dict[str, str]]) -> tuple[list[Visit], list[Problem]]:
    """Visits and problems of a file."""
    if isinstance(data, list):
        data = written(data)
    found = list(read("visits.csv", data if isinstance(data, bytes) else data.encode()))
    visits = [item for item in found if isinstance(item, Visit)]
    return visits, [item for item in found if isinstance(item, Problem)]


def row(number: int = 0, **changes: str) -> dict[str, str]:
    """A row of the example, changed."""
    return {**ROWS[number], **changes}


def test_the_documented_example_is_read_whole() -> None:
    """Three rows, two visits, blocks and lists in one cell."""
    visits, problems = results(example("visits.md", "csv"))
    assert problems == []
    first, second = visits
    assert [(p.code, p.therapist_minutes) for p in first.procedures] == [
        ("97530", 24),
        ("97140", 15),
    ]
    assert first.procedures[0].blocks[0].who == "therapist"
    assert first.diagnoses == ("M25511", "M6281")
    assert str(first.date) == "2026-03-10"
    assert str(first.patient.birth_date) == "1950-07-04"
    assert second.procedures[0].units == 1


TEXT = example("visits.md", "csv")


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        written(ROWS, ";").encode(),
        written(ROWS, "\t").encode(),
        ("sep=;\n" + written(ROWS, ";")).encode(),
        ("\n\n" + TEXT).encode(),
        TEXT.replace("visit_id,date", "Visit ID, Date ").encode(),
    ],
    ids=[
        "byte order mark", "utf-16", "crlf", "cr", "semicolon", "tab", "sep line", "blank lines",
        "titles with blanks",
    ],
)  # fmt: skip
def test_ways_of_saving_a_sheet_are_the_same(data: bytes) -> None:
    """However the sheet was saved, the visits are those of the plain file."""
    plain, _ = results(TEXT)
    visits, problems = results(data)
    assert (visits, problems) == (plain, [])


def test_windows_1252_is_read_with_a_warning() -> None:
    """Names keep their accents, and the reader says what it assumed."""
    text = written([row(patient_last_name="Peña")])
    visits, problems = results(text.encode("cp1252"))
    assert visits[0].patient.last_name == "Peña"
    assert [(p.code, p.level) for p in problems] == [("input.encoding", "warning")]


def test_rows_of_a_visit_may_stand_apart() -> None:
    """Order of rows does not matter; visits come in the order of their first row."""
    visits, problems = results([row(0), row(2), row(1)])
    assert problems == []
    assert [v.visit_id for v in visits] == ["V-2001", "V-2002"]
    assert [p.code for p in visits[0].procedures] == ["97530", "97140"]


def test_rows_that_disagree_hold_their_visit_only() -> None:
    """The problem names both rows and the column; the other visit goes."""
    visits, problems = results([row(0), row(1, member_id="OTHER"), row(2)])
    assert [v.visit_id for v in visits] == ["V-2002"]
    (problem,) = problems
    assert problem.code == "input.conflict"
    assert "rows 2 and 3" in problem.message
    assert "member_id" in problem.message
    assert problem.where.claim == "V-2001"


CELLS = [
    ("date", "10.03.2026", "input.invalid", "date"),
    ("member_id", "", "input.missing", "member_id"),
    ("diagnoses", "", "input.missing", "diagnoses"),
    ("code", "9753", "input.invalid", "code"),
    ("code", "", "input.missing", "code"),
    ("charge", "-60.00", "input.invalid", "charge"),
    ("charge", "60.005", "input.invalid", "charge"),
    ("modifiers", "59;GP;KX;GA;95", "input.invalid", "modifiers"),
    ("blocks", "09:00/09:24", "input.invalid", "blocks"),
    ("blocks", "09:24-09:00 therapist", "input.invalid", "blocks"),
    ("therapist_minutes", "twenty", "input.invalid", "therapist_minutes"),
    ("referring_npi", "1.23E+09", "input.invalid", "referring_npi"),
    ("referring_npi", "1234567890", "input.invalid", "referring_npi"),
    ("patient_zip", "ABC", "input.invalid", "patient_zip"),
    ("patient_id", "1.23E+09", "input.invalid", "patient_id"),
    ("member_id", "1.23E+09", "input.invalid", "member_id"),
    ("plan_certified", "soon", "input.invalid", "plan_certified"),
]


@pytest.mark.parametrize(
    ("column", "cell", "code", "named"), CELLS, ids=[f"{c}={v}" for c, v, *_ in CELLS]
)
def test_a_bad_cell_is_named_by_row_and_column(
    column: str, cell: str, code: str, named: str
) -> None:
    """The visit waits, the others go, and the message leads to the cell."""
    visits, problems = results([row(2), row(0, **{column: cell})])
    assert [v.visit_id for v in visits] == ["V-2002"]
    errors = [p for p in problems if p.level == "error"]
    assert {(p.code, p.where.column, p.where.row) for p in errors} == {(code, named, 3)}


REPAIRS = [
    ("patient_zip", "2139", "02139"),
    ("patient_zip", "21391234", "021391234"),
    ("patient_zip", '="02139"', "02139"),
    ("referring_npi", "1.234567893E+09", "1234567893"),
    ("referring_npi", "1234567893.0", "1234567893"),
    ("place_of_service", "2", "02"),
    ("patient_id", "1.234567893E+09", "1234567893"),
]


@pytest.mark.parametrize(
    ("column", "cell", "became"), REPAIRS, ids=[f"{c}={v}" for c, v, _ in REPAIRS]
)
def test_what_lost_nothing_is_put_back(column: str, cell: str, became: str) -> None:
    """The visit goes, with what the cell was before the spreadsheet."""
    visits, problems = results([row(0, **{"patient_state": "", column: cell})])
    (visit,) = visits
    found = {
        "patient_zip": visit.patient.address.zip,
        "referring_npi": visit.referring.npi if visit.referring else "",
        "place_of_service": visit.place_of_service,
        "patient_id": visit.patient.id,
    }
    assert found[column] == became
    assert {p.level for p in problems} <= {"warning"}
    assert {p.code for p in problems} <= {"input.repaired"}
    assert bool(problems) == (not cell.startswith("="))


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_column_is_named(name: str) -> None:
    """One error for the file, naming the column; nothing is guessed."""
    visits, problems = results([{k: v for k, v in r.items() if k != name} for r in ROWS])
    assert visits == []
    assert [(p.code, p.where.column) for p in problems] == [("input.missing", name)]


def test_an_unknown_column_is_warned_of_once_with_the_nearest_name() -> None:
    """The visits go; the warning stands once for the file."""
    visits, problems = results([{**r, "therapist_minuts": "5"} for r in ROWS])
    assert len(visits) == 2
    (problem,) = problems
    assert problem.level == "warning"
    assert "therapist_minutes" in problem.message


def test_a_column_twice_is_refused() -> None:
    """Which of the two is meant nobody knows."""
    text = TEXT.replace("visit_id,date", "visit_id,date,date", 1)
    visits, problems = results(text)
    assert visits == []
    assert "date stands 2 times" in problems[0].message


def test_a_row_with_too_many_cells_waits() -> None:
    """An unquoted comma shifts cells: that visit waits, the next goes."""
    lines = TEXT.splitlines()
    visits, problems = results("\n".join([lines[0], lines[1] + ",,,9", lines[3]]))
    assert [v.visit_id for v in visits] == ["V-2002"]
    assert "cells" in problems[0].message
    assert problems[0].where.row == 2


def test_a_row_without_a_visit_id_is_named() -> None:
    """The row is told; the others go."""
    visits, problems = results([row(2), row(0, visit_id="")])
    assert [v.visit_id for v in visits] == ["V-2002"]
    assert [(p.where.row, p.where.column) for p in problems] == [(3, "visit_id")]


def test_a_number_that_only_looks_like_a_power_of_ten_stays() -> None:
    """``2E05`` is somebody's number: spreadsheets write ``2E+05``."""
    (visit,), problems = results([row(0, patient_id="2E05", member_id="1E10")])
    assert (visit.patient.id, visit.coverages[0].member_id, problems) == ("2E05", "1E10", [])


def test_totals_and_blank_rows_are_no_visits() -> None:
    """A row of blanks is passed over; a line of totals is one problem, and the visits go."""
    lines = TEXT.splitlines()
    blank = " ," * lines[0].count(",")
    visits, problems = results("\n".join([*lines, blank, "Total" + "," * lines[0].count(",")]))
    assert len(visits) == 2
    (problem,) = problems
    assert "total" in problem.message


def test_rows_alike_to_the_letter_hold_their_visit() -> None:
    """Two equal rows may be an export appended to itself: minutes are not doubled in silence."""
    visits, problems = results([row(2), row(0), row(1), row(2)])
    assert [v.visit_id for v in visits] == ["V-2001"]
    assert [(p.code, p.level) for p in problems] == [("input.duplicate", "error")]
    assert "rows 2 and 5 are the same" in problems[0].message


def test_a_file_without_a_header_prints_none_of_its_cells() -> None:
    """One message, and no name, birth date or number of a patient in it."""
    _, *lines = TEXT.splitlines()
    visits, problems = results("\n".join(lines))
    assert visits == []
    (problem,) = problems
    assert problem.message.startswith("the file has no header row: expected columns such as")
    assert problem.where.column == ""


TITLES = [
    ("therapist_minuts", "the column therapist_minuts is"),
    ("Sample1961", "the title of column"),
    ("M25.511", "the title of column"),
]


@pytest.mark.parametrize(("title", "words"), TITLES, ids=[title for title, _ in TITLES])
def test_a_title_is_repeated_only_if_it_looks_like_one(title: str, words: str) -> None:
    """What may be a cell of a patient is told by its number instead."""
    _, (problem,) = results([{**r, title: ""} for r in ROWS])
    assert words in problem.message


def test_titles_are_not_repeated_where_few_are_known() -> None:
    """A first row of which most is unknown may be a patient's."""
    _, problems = results("visit_id,Jane,Sample,Elm Street\nV-1,a,b,c")
    told = " ".join(p.message + p.where.column for p in problems)
    assert not {"Jane", "Sample", "Elm"} & set(told.split())


OPEN = [(number, f"{number} visits around") for number in (0, 1, 3)]


@pytest.mark.parametrize("place", [number for number, _ in OPEN], ids=[name for _, name in OPEN])
def test_an_open_quote_costs_one_row(place: int) -> None:
    """The row is named, its visit waits, and all others of the file go."""
    rows = [row(2, visit_id=f"V-{n}") for n in range(5)]
    lines = written(rows).splitlines()
    lines[place + 1] += ',"never closed'
    lines[0] += ",procedure_note"
    visits, problems = results("\n".join(lines))
    assert [v.visit_id for v in visits] == [f"V-{n}" for n in range(5) if n != place]
    (problem,) = problems
    assert (problem.where.row, problem.where.claim) == (place + 2, f"V-{place}")
    assert "quotation mark" in problem.message


def test_an_open_quote_in_a_large_file_costs_one_row() -> None:
    """What follows is more than a CSV cell may hold; it is read all the same."""
    rows = [row(2, visit_id=f"V-{n}") for n in range(1200)]
    lines = written(rows).splitlines()
    lines[600] = lines[600].replace("Sample", '"Sample', 1)
    visits, problems = results("\n".join(lines))
    assert len(visits) == 1199
    assert [p.where.row for p in problems] == [601]


def test_a_note_of_several_lines_is_one_cell() -> None:
    """A quoted line break is no fault."""
    visits, problems = results([row(2, procedure_note="first\nsecond, third\n"), row(0), row(1)])
    assert problems == []
    assert visits[0].procedures[0].note == "first second, third"


def test_a_zip_is_not_padded_where_no_zip_begins_with_zero() -> None:
    """Four digits are a lost zero in Massachusetts, a mistake in Ohio, unknown without a state."""
    for state, goes in (("MA", True), ("OH", False), ("", True)):
        visits, problems = results([row(2, patient_zip="2139", patient_state=state)])
        assert bool(visits) == goes
        assert [p.where.column for p in problems if p.level == "error"] == (
            [] if goes else ["patient_zip"]
        )


def test_decimals_of_a_code_are_told_as_such() -> None:
    """``97530.0`` is 97530 with decimals, no power of ten."""
    (visit,), (problem,) = results([row(2, code="97161.0")])
    assert visit.procedures[0].code == "97161"
    assert "without the decimals" in problem.message


def test_a_second_coverage_and_authorization_have_numbered_columns() -> None:
    """payer_2 and authorization_number_2 go where they belong."""
    more: dict[str, Any] = {
        "payer_2": "acme",
        "member_id_2": "A2",
        "authorization_number": "7788",
        "authorization_codes": "97530;97140",
        "authorization_number_2": "9900",
    }
    visits, problems = results([row(0, **more)])
    assert problems == []
    (visit,) = visits
    assert [c.payer for c in visit.coverages] == ["medicare", "acme"]
    assert [(a.number, a.codes) for a in visit.authorizations] == [
        ("7788", ("97530", "97140")),
        ("9900", ()),
    ]


def test_every_column_leads_back_to_itself() -> None:
    """A fault at a column's path is reported under the column's name."""
    for column in COLUMNS.values():
        path = ("procedures", 0, *column.path) if column.of_procedure else column.path
        assert column_of(path) == column.name
