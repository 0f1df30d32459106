"""Lists of diagnoses: read from CMS's files by date, asked for by day."""

import datetime as dt
from pathlib import Path

import pytest

from claimline.errors import WrongUsageError
from claimline.reference.lookup import Tables, open_tables
from claimline.reference.values import Options
from claimline.services.tables import Done, import_files
from mapping.starter import Starter

ROOT = Path(__file__).resolve().parents[2]
ORDER = ROOT / "fixtures" / "tables" / "icd10cm_order_2026.txt"
NOW = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
IN_2026 = dt.date(2026, 3, 10)


def taken(folder: Path, *files: Path, first: dt.date | None = None) -> Done:
    """What comes of importing the files into a database in the folder."""
    names = [str(path) for path in files]
    return import_files(
        folder / "tables.sqlite3", names, Options(first=first), replace=False, now=NOW
    )


def states(folder: Path, day: dt.date, *codes: str) -> list[str | None]:
    """What the database says of the codes on a day."""
    tables = open_tables(folder / "tables.sqlite3")
    return [tables.diagnosis(code, day) for code in codes]


def test_the_order_file_says_what_is_billable(tmp_path: Path) -> None:
    """Column 15 parts billable codes from headings; a code not in it is unknown."""
    done = taken(tmp_path, ORDER)
    (loaded,) = done.loaded
    assert (loaded.imported.rows, loaded.imported.refused) == (23, 0)
    assert states(tmp_path, IN_2026, "M25511", "M2551", "M25599") == [
        "valid",
        "not full length",
        "unknown",
    ]


def test_a_list_is_good_for_its_fiscal_year(tmp_path: Path) -> None:
    """October to September; of other days nothing is known, and that is no fault."""
    taken(tmp_path, ORDER)
    for day, expected in (
        (dt.date(2025, 9, 30), None),
        (dt.date(2025, 10, 1), "valid"),
        (dt.date(2026, 9, 30), "valid"),
        (dt.date(2026, 10, 1), None),
    ):
        assert states(tmp_path, day, "M25511") == [expected], day


def test_an_april_update_takes_over(tmp_path: Path) -> None:
    """A code new in April is unknown on March 31 and valid from April 1."""
    april = tmp_path / "icd10cm-order-April-2026.txt"
    lines = ORDER.read_text(encoding="utf-8") + f"00024 {'M2557X':<7} 1 new  new\n"
    april.write_text(lines, encoding="utf-8")
    done = taken(tmp_path, ORDER, april)
    assert [one.imported.edition.version for one in done.loaded] == [
        "FY2026",
        "FY2026 since 2026-04-01",
    ]
    assert states(tmp_path, dt.date(2026, 3, 31), "M2557X") == ["unknown"]
    assert states(tmp_path, dt.date(2026, 4, 1), "M2557X", "M25511") == ["valid", "valid"]


@pytest.mark.parametrize(
    "text",
    ["M25511 words\nM5450  words\n", "code\nM25.511\nM54.50\n", "M25.511,words\nM54.50,words\n"],
    ids=["CMS code file", "a title and points", "commas"],
)
def test_a_plain_list_of_codes(tmp_path: Path, text: str) -> None:
    """One billable code a line, with or without its point."""
    path = tmp_path / "icd10cm_codes_2026.txt"
    path.write_text(text, encoding="utf-8")
    taken(tmp_path, path)
    assert states(tmp_path, IN_2026, "M25511", "M5450", "M6281") == ["valid", "valid", "unknown"]


def test_a_list_without_a_year_asks_for_it(tmp_path: Path) -> None:
    """The name or --from says which year; nothing is guessed."""
    path = tmp_path / "icd10cm_order.txt"
    path.write_bytes(ORDER.read_bytes())
    (refused,) = taken(tmp_path, path).refused
    assert "does not say which year" in refused.message
    assert refused.status == WrongUsageError("").status
    (loaded,) = taken(tmp_path, path, first=dt.date(2024, 10, 1)).loaded
    assert loaded.imported.edition.version == "FY2025"


def test_a_cut_row_is_told_and_the_others_go_in(tmp_path: Path) -> None:
    """A row that is none has its line number and the reason."""
    path = tmp_path / "icd10cm_order_2026.txt"
    lines = ORDER.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines * 4, "00099 M2"]), encoding="utf-8")
    (loaded,) = taken(tmp_path, path).loaded
    (problem,) = loaded.problems
    assert (problem.where.line, loaded.imported.refused) == (93, 1)


def test_without_a_list_nothing_is_said(tmp_path: Path) -> None:
    """No list of the kind is no verdict."""
    tables = open_tables(tmp_path / "none.sqlite3")
    assert isinstance(tables, Starter)
    assert tables.diagnosis("M25511", IN_2026) is None


@pytest.mark.parametrize(
    ("day", "said"), [(dt.date(2026, 9, 30), 0), (dt.date(2026, 10, 1), 1)], ids=["last", "after"]
)
def test_visits_after_the_newest_list_are_told(tmp_path: Path, day: dt.date, said: int) -> None:
    """From October on the old list says nothing: a run says that a newer one is due."""
    taken(tmp_path, ORDER)
    opened = open_tables(tmp_path / "tables.sqlite3")
    assert isinstance(opened, Tables)
    told = [words for words in opened.gaps(day) if "ICD-10-CM" in words]
    assert len(told) == said
