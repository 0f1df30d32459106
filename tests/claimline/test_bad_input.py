"""Bad input through the real command: a clear message with its place, the right exit status.

Nothing that was good is lost, and nobody is named where they should not be.
"""

import csv
import functools
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl, asked, content

from reconcile.ledger import connect, migrate

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
COLUMNS = (
    "visit_id", "date", "location", "patient_id", "patient_last_name", "patient_first_name",
    "patient_birth_date", "patient_gender", "patient_line1", "patient_city", "patient_state",
    "patient_zip", "payer", "member_id", "discipline", "treating_clinician", "referring_key",
    "diagnoses", "code", "therapist_minutes",
)  # fmt: skip
GOOD = dict(
    zip(
        COLUMNS,
        (
            "V1", "2026-03-10", "main", "P1", "Zyxwvut", "Pat", "1961-05-17", "F", "1 ELM ST",
            "COLUMBUS", "OH", "43215", "heron", "YHB9988776", "PT", "okafor", "hale", "M25.561",
            "97530", "24",
        ),
        strict=True,
    )
)  # fmt: skip
SAID = {  # kind of bad file -> what must be said of it
    "missing": "no such file",
    "folder": "folder",
    "empty": "empty",
    "PDF": "PDF",
    "words": "not an X12 file",
}
X12 = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*0900*^*00501"
    "*000000001*0*T*:~"
)


def _bad_file(folder: Path, kind: str) -> Path:
    """A file that cannot be read as X12."""
    path = folder / f"{kind}.edi"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(
            {"empty": b"", "PDF": b"%PDF-1.7\n%\xe2\xe3", "words": b"Dear payer,"}[kind]
        )
    return path


def _assert_told(answer: tuple[int, str, str], bad: Path, good: Path, kind: str) -> None:
    """The message names the bad file and what it is; the good one is shown; status 3."""
    status, out, err = answer
    assert status == 3
    assert bad.name in out + err
    assert SAID[kind] in out + err
    assert good.stem in out or "Payment" in out


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("name", ["check", "read"])
def test_a_file_that_is_no_x12_could_not_run_and_stops_no_other(
    command: Any, job_files: Path, tmp_path: Path, name: str, kind: str
) -> None:
    """The message names the file and what it is; the good file beside it is read; status 3."""
    good = next(path for path in sorted((job_files / "inbox").iterdir()))
    bad = _bad_file(tmp_path, kind)
    _assert_told(command(name, bad, good), bad, good, kind)


@pytest.mark.parametrize("kind", sorted(SAID.keys() - {"folder"}))  # its files are received
def test_a_file_that_is_no_x12_is_not_received_and_stops_no_other(
    command: Any, job_files: Path, tmp_path: Path, ledger_url: str, kind: str
) -> None:
    """As above, and what is good stands in the ledger."""
    good = next(path for path in sorted((job_files / "inbox").iterdir()))
    bad = _bad_file(tmp_path, kind)
    _assert_told(command("receive", bad, good, "--ledger", ledger_url), bad, good, kind)
    assert asked(ledger_url, "select count(*) from remittance")[0][0] > 0


def test_a_file_that_may_not_be_read_could_not_run(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not read a file is told so."""
    path = tmp_path / "a.835"
    path.write_text(X12, encoding="ascii")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    status, _, err = command("check", path)
    assert status == 3
    assert "may not be read" in err


def _as_institutional(data: bytes) -> bytes:
    """An 837P relabelled as an 837I."""
    return data.replace(b"005010X222A1", b"005010X223A2")


def test_an_institutional_claim_is_named_for_what_it_is(
    command: Any, job_files: Path, tmp_path: Path
) -> None:
    """Check of an 837I where an 837P is meant says so with its place, once."""
    path = tmp_path / "i.edi"
    path.write_bytes(_as_institutional(next((job_files / "claims").iterdir()).read_bytes()))
    status, out, _ = command("check", path, "--format", "json")
    problems = json.loads(out)["files"][0]["problems"]
    assert status in {0, 1}
    assert any("837I" in problem["message"] for problem in problems)
    transactions = json.loads(out)["files"][0]["transactions"]
    assert len(problems) <= len(transactions)


def test_the_sandbox_leaves_an_institutional_claim_alone(
    command: Any, job_files: Path, tmp_path: Path
) -> None:
    """The simulated payer answers professional claims only and names what it passed over."""
    (tmp_path / "in").mkdir()
    data = _as_institutional(next((job_files / "claims").iterdir()).read_bytes())
    (tmp_path / "in" / "i.edi").write_bytes(data)
    status, out, _ = command("sandbox", tmp_path / "in", "--format", "json")
    assert status == 0
    assert json.loads(out) == {"claims": 0, "files": [], "skipped": ["i.edi"]}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_cut_in_the_middle_shows_what_is_whole(
    command: Any, job_files: Path, tmp_path: Path, share: float
) -> None:
    """The cut is named with its line; whole transactions are still checked and shown."""
    whole = max((job_files / "inbox").iterdir(), key=lambda path: path.stat().st_size).read_bytes()
    path = tmp_path / "cut.835"
    path.write_bytes(whole[: int(len(whole) * share)])
    status, out, _ = command("check", path, "--format", "json")
    (told,) = json.loads(out)["files"]
    codes = {problem["code"] for problem in told["problems"]}
    assert status == 1
    assert "transaction.unclosed" in codes
    assert "interchange.unclosed" in codes
    status, out, _ = command("read", path, "--format", "json")
    assert status == 1
    assert json.loads(out)["remittances"][0]["claims"]


def test_a_claim_number_twice_in_a_file_is_told(
    command: Any, job_files: Path, tmp_path: Path
) -> None:
    """Two claims of one number in an 837P: check names the second."""
    data = next((job_files / "claims").iterdir()).read_text(encoding="ascii")
    first, second = [text.split("*")[1] for text in data.split("~") if "CLM*" in text][:2]
    path = tmp_path / "twice.edi"
    path.write_text(data.replace(f"CLM*{second}*", f"CLM*{first}*"), encoding="ascii")
    _, out, _ = command("check", path, "--format", "json")
    problems = json.loads(out)["files"][0]["problems"]
    assert any(p["element"] == "CLM01" and p["segment"] > 0 for p in problems)


Bill = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(name="bill")
def _bill(command: Any, tmp_path: Path, ledger_url: str) -> Bill:
    """Bills rows of a CSV with the fixture practice: status, answer, standard error."""
    return functools.partial(_billed, command, tmp_path, ledger_url)


def _billed(
    command: Any,
    folder: Path,
    ledger: str,
    rows: Iterable[dict[str, str]],
    columns: Iterable[str] = COLUMNS,
) -> tuple[int, dict[str, Any], str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "visits.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    status, out, err = command(
        "bill", path, "--practice", PRACTICE, "--out", folder / "out",
        "--ledger", ledger, "--format", "json",
    )  # fmt: skip
    return status, json.loads(out), err


BEST = {**GOOD, "visit_id": "V2", "patient_id": "P2", "member_id": "YHB1122334"}


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"date": "2026-02-30"}, "date", "2026"),
        ({"date": "next week"}, "date", ""),
        ({"therapist_minutes": "-24"}, "therapist_minutes", ""),
        ({"charge": "-75.00"}, "charge", ""),
        ({"modifiers": "GP 59 KX CQ 95"}, "modifiers", ""),
        ({"patient_birth_date": "1961-13-01"}, "birth", ""),
    ],
    ids=[
        "no such day",
        "no date",
        "negative minutes",
        "negative amount",
        "fifth modifier",
        "birth",
    ],
)
def test_a_bad_cell_names_its_row_and_column_and_stops_nobody_else(
    bill: Bill, change: dict[str, str], column: str, said: str
) -> None:
    """The visit with the bad cell does not go, or is held; the other one goes; status 1."""
    columns = dict.fromkeys((*COLUMNS, *change))
    status, told, err = bill([{**GOOD, **change}, BEST], columns)
    assert status == 1
    assert [claim["visits"] for claim in told["claims"]] == [["V2"]]
    text = json.dumps(told) + err
    assert column.split("_", maxsplit=1)[0] in text
    assert said in text
    assert "Zyxwvut" not in text
    assert "YHB9988776" not in text


def test_an_unknown_payer_holds_the_visit_with_a_plain_reason(bill: Bill) -> None:
    """A payer that the practice file does not have is named by its key."""
    status, told, _ = bill([{**GOOD, "payer": "acme"}, BEST])
    assert status == 1
    assert [claim["visits"] for claim in told["claims"]] == [["V2"]]
    assert "acme" in json.dumps(told["held"])


def test_a_missing_column_is_named(bill: Bill) -> None:
    """A CSV without the code column bills nothing and says which column is missing."""
    columns = [column for column in COLUMNS if column != "code"]
    status, told, err = bill([GOOD], columns)
    assert status == 1
    assert told["claims"] == []
    assert "code" in json.dumps(told) + err


def test_an_npi_with_a_bad_check_digit_is_wrong_usage(command: Any, tmp_path: Path) -> None:
    """The practice file's NPIs are checked; the message has the place."""
    text = PRACTICE.read_text(encoding="utf-8")
    at = text.index("npi = ") + len('npi = "') + 9
    wrong = str((int(text[at]) + 1) % 10)
    path = tmp_path / "practice.toml"
    path.write_text(text[:at] + wrong + text[at + 1 :], encoding="utf-8")
    status, out, _ = command("practice", "check", path, "--format", "json")
    columns = [p["column"] for p in json.loads(out)["problems"] if p["level"] == "error"]
    assert status == 2
    assert any(column.endswith("npi") for column in columns)


def test_a_missing_practice_file_could_not_run(command: Any, tmp_path: Path) -> None:
    """No practice file: status 3, its name, nothing billed."""
    status, out, err = command("practice", "check", tmp_path / "none.toml")
    assert status == 3
    assert out == ""
    assert "none.toml" in err


@pytest.mark.parametrize("name", ["denials", "trace", "receive"])
def test_a_ledger_of_an_older_version_is_left_alone(
    command: Any, job_files: Path, new_url: NewUrl, name: str
) -> None:
    """Status 3 and the command that upgrades it; nothing is written."""
    url = new_url.bare()
    engine = connect.make_engine(connect.parse(url))
    migrate.upgrade(engine, "0001")
    engine.dispose()
    before = content(url)
    words = {"trace": ["X"], "receive": [next((job_files / "inbox").iterdir())]}.get(name, [])
    status, _, err = command(name, *words, "--ledger", url)
    assert status == 3
    assert "ledger upgrade" in err
    assert content(url) == before


def test_a_file_that_is_no_ledger_could_not_run(command: Any, tmp_path: Path) -> None:
    """A text file named as ledger is not touched (a database of others: see test_postgresql)."""
    path = tmp_path / "notes.db"
    path.write_text("These are notes, and not a database at all.\n" * 40, encoding="utf-8")
    status, _, err = command("denials", "--ledger", path)
    assert status == 3
    assert "Traceback" not in err
    assert path.read_text(encoding="utf-8").startswith("These are notes")
