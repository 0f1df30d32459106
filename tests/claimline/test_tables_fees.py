"""CMS's relative value and locality files: imported, asked for by day, used for what is expected."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from claimline.reference.lookup import open_tables
from claimline.reference.values import Options
from claimline.services.tables import Done, import_files
from mapping.expected import fee_of_day

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "fixtures" / "tables"
NAME = "PPRRVU2026_Jan_nonQPP"
NOW = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 10)


def taken(folder: Path, *files: Path, replace: bool = False, first: dt.date | None = None) -> Done:
    """What comes of importing the files into a database in the folder."""
    names = [str(path) for path in files]
    path = folder / "tables.sqlite3"
    return import_files(path, names, Options(first=first), replace=replace, now=NOW)


def tables(folder: Path) -> Any:
    """The database for look-ups."""
    return open_tables(folder / "tables.sqlite3")


@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_both_layouts_say_the_same(tmp_path: Path, ending: str) -> None:
    """Of 14 rows the one with a modifier is left out; values, status, MPPR and factor are read."""
    (loaded,) = taken(tmp_path, TABLES / f"{NAME}.{ending}").loaded
    assert (loaded.imported.rows, loaded.imported.refused) == (13, 0)
    found = tables(tmp_path)
    row = found.fee("97140", DAY)
    values = (row.status, row.work, row.practice, row.malpractice, row.multiple)
    assert values == ("A", Decimal("0.43"), Decimal("0.39"), Decimal("0.01"), True)
    assert row.version == "PPRRVU 2026_Jan_nonQPP (imported 2026-04-02)"
    assert not found.fee("97129", DAY).multiple
    assert found.fee("95999", DAY) is None
    assert found.factor(DAY).amount == Decimal("33.4009")


def test_expected_amounts_come_from_the_imported_file(tmp_path: Path) -> None:
    """97140 of 2026 has no amount until the file is there; then (.43 + .39 + .01) x 33.4009."""
    from mapping.starter import STARTER

    assert fee_of_day(STARTER, "97140", DAY).why == "no table for 2026 and code 97140"
    taken(tmp_path, TABLES / f"{NAME}.csv")
    found = fee_of_day(tables(tmp_path), "97140", DAY)
    assert (found.unit, found.further) == (Decimal("27.72"), Decimal("21.21"))
    assert "PPRRVU 2026_Jan_nonQPP (imported 2026-04-02)" in found.version


def test_qualifying_participants_have_a_file_of_their_own(tmp_path: Path) -> None:
    """The QPP file gives another factor beside the same values, and replaces nothing."""
    taken(tmp_path, TABLES / f"{NAME}.csv", TABLES / "PPRRVU2026_Jan_QPP.csv")
    found = tables(tmp_path)
    assert found.factor(DAY, qualifying=True).amount == Decimal("33.5675")
    assert found.factor(DAY).amount == Decimal("33.4009")


def test_other_years_keep_the_starter_table(tmp_path: Path) -> None:
    """A file of 2026 says nothing of 2025 and of 2027."""
    taken(tmp_path, TABLES / f"{NAME}.csv")
    found = tables(tmp_path)
    assert "starter" in found.fee("97140", dt.date(2025, 12, 31)).version
    assert found.fee("97140", dt.date(2027, 1, 1)) is None


def test_localities(tmp_path: Path) -> None:
    """Keys are MAC and locality number; quoted names are whole; the floor is in the version."""
    (loaded,) = taken(tmp_path, TABLES / "GPCI2026.csv").loaded
    assert (loaded.imported.rows, loaded.imported.refused) == (4, 0)
    found = tables(tmp_path).locality("13202-01", DAY)
    assert (found.name, found.practice) == ("MANHATTAN, NEW YORK", Decimal("1.160"))
    assert "work floor 1.0" in found.version
    assert tables(tmp_path).locality("99999-00", DAY) is None


def test_a_release_replaces_from_its_month_on(tmp_path: Path) -> None:
    """A file of April decides from April 1; before it that of January."""
    april = tmp_path / "PPRRVU2026_Apr_nonQPP.csv"
    text = (TABLES / f"{NAME}.csv").read_text(encoding="latin-1")
    april.write_text(
        text.replace("97140,,manual therapy,A,,0.43", "97140,,manual therapy,A,,0.53"),
        encoding="latin-1",
    )
    taken(tmp_path, TABLES / f"{NAME}.csv", april)
    found = tables(tmp_path)
    assert found.fee("97140", dt.date(2026, 3, 31)).work == Decimal("0.43")
    assert found.fee("97140", dt.date(2026, 4, 1)).work == Decimal("0.53")


def test_a_bad_row_is_named_and_the_others_go_in(tmp_path: Path) -> None:
    """A row whose work RVU is no number is a problem with its line; the others are taken."""
    bad = tmp_path / f"{NAME}.csv"
    text = (TABLES / f"{NAME}.csv").read_text(encoding="latin-1")
    bad.write_text(
        text.replace(
            "97112,,neuromuscular re-education,A,,0.50", "97112,,neuromuscular re-education,A,,0.5O"
        ),
        encoding="latin-1",
    )
    (loaded,) = taken(tmp_path, bad).loaded
    assert (loaded.imported.rows, loaded.imported.refused) == (12, 1)
    (problem,) = loaded.problems
    assert (problem.where.line, problem.message) == (13, "97112: work RVU cannot be read")


def test_a_cut_row_of_the_text_file_is_named(tmp_path: Path) -> None:
    """A line of the fixed width file that ends too early is a problem."""
    bad = tmp_path / f"{NAME}.txt"
    lines = (TABLES / f"{NAME}.txt").read_text(encoding="latin-1").split("\n")
    lines[5] = lines[5][:80]
    bad.write_text("\n".join(lines), encoding="latin-1")
    (loaded,) = taken(tmp_path, bad).loaded
    assert (loaded.imported.rows, loaded.imported.refused) == (12, 1)


def test_a_file_without_a_day_asks_for_it(tmp_path: Path) -> None:
    """Neither name nor title says the month: --from is asked for, and taken."""
    unnamed = tmp_path / "values.csv"
    text = (TABLES / f"{NAME}.csv").read_text(encoding="latin-1")
    unnamed.write_text(text.replace("January Release", "file"), encoding="latin-1")
    (refused,) = taken(tmp_path, unnamed).refused
    assert "from which day" in refused.message
    (loaded,) = taken(tmp_path, unnamed, first=dt.date(2026, 1, 1)).loaded
    assert loaded.imported.edition.first == dt.date(2026, 1, 1)
