"""``claimline tables``: files in CMS's layout into a database of their own, and what it answers."""

import datetime as dt
import io
import json
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline.reference.database import reading
from claimline.reference.importers import mue, ptp
from claimline.reference.lookup import Tables, open_tables
from claimline.reference.sheets import Sheet
from claimline.reference.values import Faults
from claimline.services.tables_told import tables_told
from mapping.practice import read

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "fixtures" / "tables"
PARTS = sorted(MADE.glob("ccipra-*.txt"))
DAY = dt.date(2026, 4, 15)
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the imported tables of a test are."""
    place = tmp_path / "tables.sqlite3"
    monkeypatch.setenv("CLAIMLINE_TABLES", str(place))
    return place


@pytest.fixture
def tables(path: Path, command: Any) -> Iterator[Tables]:
    """All synthetic tables imported."""
    limits = sorted(MADE.glob("*MUE*.csv"))
    assert command("tables", "import", *PARTS, *MADE.glob("medicaid-*.txt"), *limits)[0] == 0
    opened = open_tables(path)
    assert isinstance(opened, Tables)
    yield opened
    opened.close()


def imported(command: Any, *arguments: object) -> tuple[int, dict[str, Any], str]:
    """``tables import`` as JSON: exit status, answer, standard error."""
    status, out, err = command("tables", "import", *arguments, "--format", "json")
    return status, json.loads(out), err


def test_the_kind_is_known_by_content(path: Path, command: Any) -> None:
    """Four parts of pairs and two tables of limits, each with its version, days and rows."""
    status, told, _ = imported(command, *PARTS, *sorted(MADE.glob("*MUE*.csv")))
    assert status == 0
    assert [
        (r["kind"], r["table"], r["version"], r["part"], r["rows"]) for r in told["imported"]
    ] == [
        ("ptp", "medicare", "v321r0", "1", 2),
        ("ptp", "medicare", "v321r0", "2", 2),
        ("ptp", "medicare", "v321r0", "3", 8),
        ("ptp", "medicare", "v321r0", "4", 5),
        ("mue", "medicaid", "2026-04-01", "", 11),
        ("mue", "medicare", "2026-04-01", "", 11),
    ]
    assert {(r["from"], r["until"]) for r in told["imported"]} == {("2026-04-01", "2026-06-30")}
    assert told["missing"] == []


def test_the_database_is_the_owners(path: Path, command: Any) -> None:
    """Nobody else may read it, and it is no ledger."""
    imported(command, PARTS[0])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (1,)


def test_the_same_file_again_changes_nothing(path: Path, command: Any) -> None:
    """It is said, and what is there stays, whatever the file is called now."""
    imported(command, PARTS[2])
    before = path.read_bytes()
    status, told, _ = imported(command, PARTS[2])
    assert status == 0
    assert told["imported"][0]["state"] == "same"
    assert path.read_bytes() == before


def test_other_content_of_an_edition_needs_a_word(path: Path, command: Any) -> None:
    """Without --replace it is refused and the old stays; with it the new one stands alone."""
    imported(command, PARTS[2])
    other = MADE / "faulty" / PARTS[2].name
    status, told, err = imported(command, other)
    assert (status, told["imported"]) == (2, [])
    assert "--replace" in err
    status, told, _ = imported(command, other, "--replace")
    assert [r["state"] for r in told["imported"]] == ["replaced"]
    with reading(path) as database:
        assert [one.rows for one in database.imported()] == [2]
        assert database.connection.execute("SELECT count(*) FROM ptp").fetchone() == (2,)


def test_a_bad_row_is_told_and_the_others_go_in(path: Path, command: Any) -> None:
    """Each with its line and what is wrong with it; exit status 1."""
    status, told, _ = imported(command, MADE / "faulty" / "ccipra-v321r0-f3.txt")
    (one,) = told["imported"]
    assert (status, one["rows"], one["not_taken"]) == (1, 2, 5)
    assert [(p["line"], p["message"]) for p in one["problems"]] == [
        (9, "2 columns where 7 are expected: the row is cut"),
        (10, "column 1 holds '9711Ø': no code of five characters"),
        (11, "effective date '2020100': expected YYYYMMDD"),
        (12, "deletion date '': expected YYYYMMDD, or * for a pair in force"),
        (13, "modifier indicator '7': expected 0, 1 or 9"),
    ]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("saved-page.txt", 3, "this is a web page, not a table"),
        ("other-columns.csv", 3, "none of the tables known here"),
        ("utf16-no-mark.txt", 3, "it holds zero bytes"),
        ("ccipra-v321r0-f4.txt", 3, "nothing was imported: no row of data"),
        ("ccioph-v321r0-f1.txt", 2, "this is the table for hospitals"),
        ("pairs.txt", 2, "its name does not say from which day the table is good"),
        ("missing.txt", 3, "there is no such file"),
    ],
)
def test_what_is_none_of_ours_is_refused(
    path: Path, command: Any, name: str, status: int, words: str
) -> None:
    """With what is wrong and what is expected; the good file beside it goes in."""
    found, told, err = imported(command, MADE / "faulty" / name, PARTS[0])
    assert found == status
    assert words in err
    assert [one["file"] for one in told["imported"]] == [PARTS[0].name]


def test_whose_table_and_from_when_can_be_said(path: Path, command: Any) -> None:
    """A name that tells nothing needs --table and --from; then it is that table."""
    file = MADE / "faulty" / "pairs.txt"
    assert imported(command, file, "--from", "2026-07-01")[0] == 2
    status, told, _ = imported(command, file, "--from", "2026-07-01", "--table", "medicaid:TX")
    (one,) = told["imported"]
    assert (status, one["table"], one["from"], one["until"]) == (
        0, "medicaid:TX", "2026-07-01", "2026-09-30",
    )  # fmt: skip


@pytest.mark.parametrize("table", ["medicaid", "Medicare", "medicaid:Texas"])
def test_a_table_that_cannot_be_is_refused(path: Path, command: Any, table: str) -> None:
    """A name that says Medicare is not taken for another, and a state has two letters."""
    assert imported(command, PARTS[0], "--table", table)[0] == 2


def test_missing_parts_are_named(path: Path, command: Any) -> None:
    """A subset says which parts are missing and what the others cover."""
    _, told, _ = imported(command, PARTS[1], PARTS[2])
    (words,) = told["missing"]
    assert (
        "part 1, 4 missing: the table decides where column 1 is 90912 to 92507, 97036 to 97161"
        in words
    )


def test_the_starter_table_serves_where_a_part_is_missing(path: Path, command: Any) -> None:
    """Part 3 decides for 97140; 97530 as column 1 is in part 4, so the starter pairs answer."""
    imported(command, PARTS[2])
    found = open_tables(path).pairs(("97140", "97530", "97116"), DAY, "medicare")
    assert found is not None
    assert [(p.column1, p.column2, p.version[:12]) for p in found] == [
        ("97140", "97530", "NCCI PTP med"),
        ("97530", "97116", "starter pair"),
    ]


def test_workbook_and_text_say_the_same(tmp_path: Path, command: Any) -> None:
    """Codes and days that Excel made numbers are codes and days again."""
    rows = []
    for name in ("ccipra-v321r0-f1.txt", "ccipra-v321r0-f1.xlsx"):
        place = tmp_path / f"{name}.sqlite3"
        assert imported(command, MADE / name, "--tables", place)[0] == 0
        with reading(place) as database:
            rows.append(database.connection.execute("SELECT * FROM ptp").fetchall())
    assert rows[0] == rows[1]
    assert rows[0][0][1] == "00170"


def test_a_zip_as_cms_ships_it(path: Path, tmp_path: Path, command: Any) -> None:
    """The text of a table is taken, its workbook beside it is not read a second time."""
    name = tmp_path / "ccipra-v321r0-f1.zip"
    with zipfile.ZipFile(name, "w") as archive:
        archive.write(MADE / "ccipra-v321r0-f1.txt", "ccipra-v321r0-f1.TXT")
        archive.write(MADE / "ccipra-v321r0-f1.xlsx", "ccipra-v321r0-f1.xlsx")
        archive.writestr("readme.pdf", b"%PDF")
    status, told, _ = imported(command, name)
    assert status == 0
    assert [one["file"] for one in told["imported"]] == ["ccipra-v321r0-f1.TXT"]


def test_a_zip_with_more_than_tables(path: Path, tmp_path: Path, command: Any) -> None:
    """What is no table is left out and said; the same table in a second form is not asked for."""
    name = tmp_path / "rvu26a.zip"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("26LOCCO.csv", "County,Locality\nSample,1\n")
        archive.writestr("__MACOSX/._GPCI2026.csv", b"\0\5\x16\7")
        archive.write(MADE / "GPCI2026.csv", "GPCI2026.csv")
        archive.write(MADE / "PPRRVU2026_Jan_nonQPP.csv", "PPRRVU2026_Jan_nonQPP.csv")
        archive.write(MADE / "PPRRVU2026_Jan_nonQPP.txt", "PPRRVU2026_Jan_nonQPP.txt")
        archive.write(MADE / "PPRRVU2026_Jan_QPP.csv", "PPRRVU2026_Jan_QPP.csv")
    for state in ("imported", "same"):
        status, told, err = imported(command, name)
        assert (status, err) == (0, "")
        assert [(one["file"], one["state"]) for one in told["imported"]] == [
            ("GPCI2026.csv", state),
            ("PPRRVU2026_Jan_nonQPP.csv", state),
            ("PPRRVU2026_Jan_QPP.csv", state),
        ]
        assert told["left_out"] == ["26LOCCO.csv: none of the tables known here: left out"]


def test_a_bad_table_of_a_zip_stops_no_other(path: Path, tmp_path: Path, command: Any) -> None:
    """A member whose bytes are damaged is said; those after it go in."""
    name = tmp_path / "both.zip"
    with zipfile.ZipFile(name, "w") as archive:
        archive.write(PARTS[0], PARTS[0].name)
        archive.write(PARTS[1], PARTS[1].name)
    data = bytearray(name.read_bytes())
    data[data.find(b"prior to 1996")] ^= 1
    name.write_bytes(data)
    status, told, err = imported(command, name)
    assert status == 3
    assert f"{PARTS[0].name}: this zip is damaged" in err
    assert [one["file"] for one in told["imported"]] == [PARTS[1].name]


def test_an_icd10_zip_gives_its_fullest_list(path: Path, tmp_path: Path, command: Any) -> None:
    """The order file, which has the headings, is taken; the code file beside it adds nothing."""
    name = tmp_path / "2026-code-descriptions.zip"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("icd10cm-codes-2026.txt", "M25561 x\nM25562 x\n")
        archive.write(MADE / "icd10cm_order_2026.txt", "icd10cm-order-2026.txt")
    status, told, err = imported(command, name)
    assert (status, err) == (0, "")
    assert [one["file"] for one in told["imported"]] == ["icd10cm-order-2026.txt"]


def test_a_file_under_another_name_is_the_same_part(
    path: Path, tmp_path: Path, command: Any
) -> None:
    """Renamed copies never make an edition whole: the parts that are missing stay missing."""
    imported(command, *PARTS[:2])
    copies = [tmp_path / f"medicare-pairs-{n}.txt" for n in (1, 2)]
    for n, copy in enumerate(copies):
        copy.write_bytes(PARTS[n].read_bytes())
    status, told, _ = imported(command, *copies, "--from", "2026-04-01")
    assert status == 0
    assert [one["state"] for one in told["imported"]] == ["same", "same"]
    assert "part 3, 4 missing" in told["missing"][0]
    copies[1].write_bytes(PARTS[1].read_bytes() + b"92508\t97530\t\t20200101\t*\t1\tx\r\n")
    _, told, _ = imported(command, copies[1], "--from", "2026-04-01")
    assert "missing" in told["missing"][0]


@pytest.mark.parametrize("rest", [5, 9000])
def test_an_open_quotation_mark_is_told(
    path: Path, tmp_path: Path, command: Any, rest: int
) -> None:
    """Rows that a cell swallows are never lost without a word, and it is no internal error."""
    name = tmp_path / "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"
    head = (MADE / "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv").read_text("latin-1")
    rows = '97032,4,3 Date of Service Edit: Clinical,"Nature\r\n'
    rows += "97035,2,3 Date of Service Edit: Clinical,Nature\r\n" * rest
    name.write_text(head.rstrip() + "\r\n" + rows, "latin-1", newline="")
    status, told, err = imported(command, name)
    if rest == 5:
        assert status == 1
        assert "swallows 5 lines" in told["imported"][0]["problems"][0]["message"]
    else:
        assert (status, told["imported"]) == (3, [])
        assert "is a quotation mark before it not closed?" in err


def test_a_damaged_zip_and_workbook_are_said(path: Path, tmp_path: Path, command: Any) -> None:
    """Neither is an internal error, and nothing is imported."""
    for name in ("ccipra-v321r0-f1.zip", "ccipra-v321r0-f1.xlsx"):
        broken = tmp_path / name
        broken.write_bytes((MADE / "ccipra-v321r0-f1.xlsx").read_bytes()[:2000])
        status, told, err = imported(command, broken)
        assert (status, told["imported"]) == (3, [])
        assert name in err


def test_another_database_is_not_written_to(path: Path, command: Any) -> None:
    """A file that is a database of something else, or none, is left as it is."""
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (x)")
    other.close()
    before = path.read_bytes()
    assert command("tables", "import", PARTS[0])[0] == 3
    path.write_bytes(b"a letter, not a database" * 50)
    assert command("tables", "import", PARTS[0])[0] == 3
    assert command("tables", "show", "97530")[0] == 3
    assert before


def test_a_crash_leaves_the_old(path: Path, tmp_path: Path, command: Any) -> None:
    """A process that is killed while it replaces a table leaves the one before, whole."""
    imported(command, PARTS[2])
    big = tmp_path / PARTS[2].name
    lines = PARTS[2].read_bytes()
    row = b"97140\t9%04d\t\t20200101\t*\t1\tx\r\n"
    big.write_bytes(lines + b"".join(row % n for n in range(9999)) * 40)
    code = (
        "import sys, threading, time, os\n"
        "threading.Timer(1.2, lambda: os._exit(9)).start()\n"
        "from claimline.__main__ import main\n"
        f"main(['tables', 'import', '--replace', {str(big)!r}])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    with reading(path) as database:
        (one,) = database.imported()
        rows = database.connection.execute("SELECT count(*) FROM ptp").fetchone()
    assert rows == (one.rows,)
    assert one.rows in {8, 8 + 9999}  # the old, or all of the new where it was quicker


def test_list_and_remove(path: Path, tables: Tables, command: Any) -> None:
    """What is there is listed with digest and days; what is removed is gone with its rows."""
    rows = json.loads(command("tables", "list", "--format", "json")[1])["imported"]
    first = next(row for row in rows if row["kind"] == "ptp" and row["part"] == "3")
    assert len(first["digest"]) == 64
    assert command("tables", "remove", first["number"])[0] == 0
    with reading(path) as database:
        left = database.connection.execute(
            "SELECT count(*) FROM ptp WHERE imported = ?", (first["number"],)
        ).fetchone()
    assert left == (0,)
    assert command("tables", "remove", first["number"])[0] == 3


def test_a_number_given_twice_is_removed_once(path: Path, tables: Tables, command: Any) -> None:
    """And said once."""
    status, out, _ = command("tables", "remove", "1", "1")
    assert (status, out.count("Removed")) == (0, 1)


def test_nothing_imported_is_said(path: Path, command: Any) -> None:
    """Nothing to list is no fault; show answers from the starter tables and names them."""
    assert command("tables", "list")[:2] == (0, "Nothing is imported.\n")
    assert command("tables", "remove", "1")[0] == 3
    said = json.loads(
        command("tables", "show", "97530", "97140", "--on", "2026-04-15", "--format", "json")[1]
    )
    assert said["pairs"][0]["version"] == "starter pair table 2026-11"
    assert not path.exists()


def test_show_tells_all_pairs_of_a_code(tables: Tables, command: Any) -> None:
    """One code: every pair it is in, in force on the day, with the version."""
    said = json.loads(
        command("tables", "show", "97530", "--on", "2026-04-15", "--format", "json")[1]
    )
    found = [(p["column1"], p["column2"], p["indicator"]) for p in said["pairs"]]
    assert found == [
        ("00170", "97530", "0"),
        ("90912", "97530", "1"),
        ("92507", "97530", "1"),
        ("97140", "97530", "1"),
        ("97153", "97530", "0"),
        ("97530", "97116", "1"),
        ("97530", "97164", "1"),
        ("97530", "97750", "1"),
    ]
    assert {p["version"][:24] for p in said["pairs"]} == {"NCCI PTP medicare v321r0"}


@pytest.mark.parametrize(
    ("codes", "day", "table", "expected"),
    [
        ("97140 97530", "2019-12-31", "medicare", [("97140", "97530", "1")]),
        ("97140 97530", "2020-01-01", "medicare", []),
        ("97140 97530", "2020-09-30", "medicare", []),
        ("97140 97530", "2020-10-01", "medicare", [("97140", "97530", "1")]),
        ("97530 97533", "2025-12-31", "medicare", [("97530", "97533", "1")]),
        ("97530 97533", "2026-01-01", "medicare", []),
        ("97530 97533", "2026-01-01", "medicaid", [("97530", "97533", "1")]),
        ("97530 97533", "2026-01-01", "medicaid:OH", [("97530", "97533", "1")]),
        ("97161 97530", "2020-01-01", "medicare", []),
        ("97110 97112", "2026-01-01", "medicare", []),
        ("97530", "2026-01-01", "medicare", []),
    ],
)
def test_pairs_in_force_on_the_day(
    tables: Tables, codes: str, day: str, table: str, expected: list[tuple[str, str, str]]
) -> None:
    """The deletion date is the last day, indicator 9 never holds, the tables stand apart."""
    found = tables.pairs(codes.split(), dt.date.fromisoformat(day), table)
    assert [(p.column1, p.column2, p.indicator) for p in found or ()] == expected


@pytest.mark.parametrize(
    ("code", "day", "table", "expected"),
    [
        ("97530", "2026-04-01", "medicare", (6, "3")),
        ("97530", "2026-04-01", "medicaid", (4, "3")),
        ("97530", "2027-01-01", "medicare", (6, "3")),
        ("97140", "2026-03-31", "medicare", (6, "3")),
        ("97530", "2025-12-31", "medicare", None),
        ("97760", "2026-03-31", "own:PAYER", None),
        ("97161", "2026-04-01", "medicare", (1, "2")),
        ("97760", "2026-04-01", "medicare", (3, "1")),
        ("99999", "2026-04-01", "medicare", None),
    ],
)
def test_limits_of_the_day(
    tables: Tables, code: str, day: str, table: str, expected: tuple[int, str] | None
) -> None:
    """The edition that had begun by the day answers; before the first one the starter table."""
    asked = dt.date.fromisoformat(day)
    found = tables.limit(code, asked, table)
    assert (None if found is None else (found.most, found.mai)) == expected
    if found is not None:
        assert found.version == tables.version("mue", table, asked)


def test_show_of_one_code_where_a_part_is_missing(path: Path, command: Any) -> None:
    """An older quarter, then the starter pairs, serve for the code as they do in ``bill``."""
    imported(command, PARTS[2])
    _, out, _ = command("tables", "show", "97530", "--on", str(DAY), "--format", "json")
    found = {(p["column1"], p["column2"]): p["version"][:12] for p in json.loads(out)["pairs"]}
    assert found["97140", "97530"] == "NCCI PTP med"
    assert found["97530", "97164"] == "starter pair"
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["9753O"], "9753O is no procedure code"),
        (["97530", "9714"], "9714 is no procedure code"),
        (["97530", "--table", "medicair"], "there is no table medicair"),
    ],
)
def test_show_asks_for_real_codes_and_tables(
    path: Path, command: Any, words: list[str], told: str
) -> None:
    """A slip is wrong usage, never "no pair"."""
    status, out, err = command("tables", "show", *words)
    assert (status, out) == (2, "")
    assert told in err


def test_days_before_all_tables_of_limits_are_told(path: Path, tables: Tables) -> None:
    """Nothing is held there, and a run says that nobody looked."""
    setup = read(PRACTICE.name, PRACTICE.read_text("utf-8"))
    (words,) = [
        said
        for said in tables_told(str(path), setup, dt.date(2026, 4, 15), dt.date(2025, 12, 30))
        if "unit limits" in said
    ]
    assert "speaks of 2025-12-30" in words
    assert not [s for s in tables_told(str(path), setup, DAY) if "No table of unit limits" in s]


def test_the_newest_edition_decides(path: Path, tmp_path: Path, command: Any) -> None:
    """A pair that a later quarter withdrew from its beginning is none for any day."""
    newer = tmp_path / "ccipra-v322r0-f3.txt"
    text = PARTS[2].read_text("latin-1")
    newer.write_text(text.replace("20201001\t*\t1", "20201001\t20201001\t9"), "latin-1")
    imported(command, *PARTS, newer)
    assert open_tables(path).pairs(("97140", "97530"), dt.date(2021, 5, 3), "medicare") == ()


def test_rows_in_any_order_answer_the_same(path: Path, tmp_path: Path, command: Any) -> None:
    """A file that was sorted otherwise holds the same table."""
    lines = PARTS[2].read_bytes().splitlines(keepends=True)
    shuffled = tmp_path / PARTS[2].name
    shuffled.write_bytes(b"".join(lines[:7] + lines[:6:-1]))
    status, told, _ = imported(command, shuffled)
    assert (status, told["imported"][0]["rows"]) == (0, 8)
    assert len(open_tables(path).pairs(("97140", "97530"), DAY, "medicare") or ()) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=8), max_size=9), max_size=12))
def test_no_content_of_rows_breaks_the_importers(rows: list[list[str]]) -> None:
    """Whatever stands in the cells, a row is taken or told, and never raises."""
    text = "\n".join("\t".join(cells) for cells in rows).encode("latin-1", "replace")
    sheet = Sheet("x.txt", lambda: io.BytesIO(b"97140\t97530\t\t20200101\t*\t1\tx\n" + text))
    for importer in (ptp.IMPORTER, mue.IMPORTER):
        faults = Faults("x.txt", is_workbook=False)
        taken = list(importer.rows(sheet, faults))
        assert len(taken) + faults.count >= (1 if importer is ptp.IMPORTER else 0)


@pytest.mark.parametrize("words", [["tables", "show", "97530"], ["tables", "list"]])
def test_a_named_file_of_tables_must_be_there(
    tmp_path: Path, command: Any, words: list[str]
) -> None:
    """A mistyped name is wrong usage, never an answer from the starter tables."""
    status, out, err = command(*words, "--tables", tmp_path / "mistyped.sqlite3")
    assert (status, out) == (2, "")
    assert "there is no such file" in err


def test_the_edition_before_serves_where_a_part_is_missing(
    path: Path, tmp_path: Path, command: Any
) -> None:
    """One part of a newer quarter: it decides for its codes, the older quarter for the others."""
    newer = tmp_path / "ccipra-v322r0-f4.txt"
    newer.write_bytes(PARTS[3].read_bytes())
    imported(command, *PARTS)
    _, told, _ = imported(command, newer)
    (words,) = told["missing"]
    assert (
        "v322r0: part 1, 2, 3 missing: the table decides where column 1 is 97530 to 99091;" in words
    )
    found = open_tables(path).pairs(("97140", "97530", "97116"), DAY, "medicare")
    assert found is not None
    assert [p.version[:24] for p in found] == [
        "NCCI PTP medicare v321r0",
        "NCCI PTP medicare v322r0",
    ]


@pytest.mark.parametrize(
    ("day", "said"), [("2026-06-30", 0), ("2026-07-01", 2)], ids=["last day", "day after"]
)
def test_visits_after_the_newest_quarter_are_told(tables: Tables, day: str, said: int) -> None:
    """The table still decides, and a run says that a newer one is due: pairs and limits."""
    told = [words for words in tables.gaps(dt.date.fromisoformat(day)) if "medicare" in words]
    assert len(told) == said
    assert all("is the table until 2026-06-30" in words for words in told)


@pytest.mark.parametrize("table", ["medicaid:TX", "medicare"])
def test_show_says_where_the_starter_stands_in(command: Any, table: str) -> None:
    """Medicare's pairs are not shown as a state's own without a word."""
    _, out, _ = command("tables", "show", "97530", "--table", table)
    assert ("Nothing is imported for medicaid:TX" in out) == (table != "medicare")
