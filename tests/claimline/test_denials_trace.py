"""``denials`` and ``trace`` on a ledger in which the whole job was done."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from databases import asked
from job_done import Job

from claimline import settings
from claimline.render.story import stories

Rows = list[dict[str, Any]]
DOCUMENTED = {
    "claim", "line", "payer", "code", "modifiers", "date", "units", "billed", "paid", "status",
    "adjustments", "remarks", "category", "cause", "next_step", "never", "deadline", "confidence",
    "matched_by", "trace",
}  # fmt: skip


@pytest.fixture
def rows(command: Any, job: Job) -> Rows:
    """All rows of ``denials --format json``."""
    status, out, _ = command("denials", "--ledger", job.ledger, "--format", "json")
    assert status == 0
    found: Rows = json.loads(out)
    return found


def test_denials_have_the_documented_shape(rows: Rows) -> None:
    """Every row has every documented field, amounts as strings, never as a list."""
    assert rows
    for row in rows:
        assert set(row) >= DOCUMENTED
        assert isinstance(row["billed"], str)
        assert isinstance(row["never"], list)
        assert row["status"] in {"denied", "reduced", "reversed", "unmatched"}
        assert row["deadline"] is None or row["deadline_source"]


def test_denials_know_the_payers_family_and_deadline(rows: Rows) -> None:
    """What bill recorded of the payer decides: Part B's next step is not a commercial payer's."""
    unprocessable = next(row for row in rows if "MA130" in row["remarks"])
    assert "new claim" in unprocessable["next_step"]
    assert any(row["deadline"] for row in rows)


def test_denials_show_a_claim_nobody_sent(rows: Rows) -> None:
    """An unmatched payment is a row of its own, on no claim."""
    (stranger,) = [row for row in rows if row["claim"].startswith("OLD")]
    assert (stranger["status"], stranger["line"], stranger["matched_by"]) == (
        "unmatched", None, None,
    )  # fmt: skip


def test_denials_are_found_by_code_and_state(command: Any, job: Job, rows: Rows) -> None:
    """Filters keep exactly the rows that fit."""
    _, out, _ = command(
        "denials", "--ledger", job.ledger, "--format", "json", "--code", "97530",
        "--status", "reduced",
    )  # fmt: skip
    wanted = [r for r in rows if "97530" in r["code"].split() and r["status"] == "reduced"]
    assert wanted
    assert json.loads(out) == wanted


def test_denials_are_found_by_payer_and_day(command: Any, job: Job, rows: Rows) -> None:
    """The payer's key and the first day of service narrow the list."""
    _, out, _ = command(
        "denials", "--ledger", job.ledger, "--format", "json", "--payer", "lakeshore",
        "--since", "2026-03-12", "--until", "2026-03-31",
    )  # fmt: skip
    found = json.loads(out)
    assert found
    assert {row["payer"] for row in found} == {"LAKESHORE HEALTH PLAN"}
    assert all(row["date"] >= "2026-03-12" for row in found)
    assert len(found) < len(rows)


def test_an_empty_list_is_done(command: Any, job: Job) -> None:
    """Nothing denied for a code: exit status 0 and an empty array."""
    status, out, _ = command(
        "denials", "--ledger", job.ledger, "--code", "99999", "--format", "json"
    )
    assert (status, json.loads(out)) == (0, [])


def test_the_worklist_reads_well_and_shows_nobody(command: Any, job: Job) -> None:
    """The table says why, what next, what never; it has no name and no member id in it."""
    status, out, _ = command("denials", "--ledger", job.ledger, "--code", "97530")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 100
    for word in ("because", "next", "never", "deadline", "N20: not payable with other service"):
        assert word in out
    _shows_nobody(job, out)


def _shows_nobody(job: Job, text: str) -> None:
    """Assert that no patient of the ledger is named."""
    people = asked(job.ledger, "select patient_name, member_id from sent_claim")
    assert people
    for name, member in people:
        assert name not in text
        assert name.split(",")[0].upper() not in text.upper().split()
        assert member not in text


def test_the_worklist_as_csv_and_xlsx(command: Any, job: Job, tmp_path: Path, rows: Rows) -> None:
    """A spreadsheet holds one row for each line, with amounts that sum."""
    _, out, _ = command("denials", "--ledger", job.ledger, "--format", "csv")
    assert [row["claim"] for row in csv.DictReader(io.StringIO(out))] == [r["claim"] for r in rows]
    path = tmp_path / "denied.xlsx"
    command("denials", "--ledger", job.ledger, "--format", "xlsx", "--output", path)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 1
    titles = [str(cell.value) for cell in sheet[1]]
    assert len({title.upper() for title in titles}) == len(titles)
    assert all(title[0].isupper() for title in titles)
    first = dict(zip(titles, next(sheet.iter_rows(min_row=2)), strict=True))
    assert first["Date"].is_date
    assert first["Billed"].data_type == first["Units"].data_type == "n"
    assert first["Never"].alignment.wrap_text
    assert path.stat().st_mode & 0o077 == 0


def _trace(command: Any, job: Job, *ids: str) -> tuple[int, dict[str, Any], str]:
    """``trace --format json``: status, answer, standard error."""
    status, out, err = command("trace", *ids, "--ledger", job.ledger, "--format", "json")
    return status, json.loads(out), err


def test_trace_tells_what_was_sent_and_what_came_back(command: Any, job: Job, rows: Rows) -> None:
    """A denied claim's story holds lines, segments, answers, books and the next step."""
    denied = next(r for r in rows if r["status"] == "denied" and r["code"] == "97530")
    status, told, _ = _trace(command, job, denied["claim"])
    (claim,) = told["traces"][0]["claims"]
    assert status == 0
    assert claim["sent"]["segments"][0].startswith(f"CLM*{denied['claim']}*")
    assert claim["sent"]["lines"][0]["because"]
    assert claim["received"][0]["trace"] == denied["trace"]
    assert any(book["status"] == "denied" for book in claim["books"])
    assert denied["next_step"] in [row["next_step"] for row in claim["next"]]
    for book in claim["books"]:
        parts = ("paid", "contractual", "patient", "denied", "transferred", "other", "open",
                 "not_explained")  # fmt: skip
        assert sum(float(book[part]) for part in parts) == pytest.approx(float(book["charge"]))


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("claim", "patient control number"),
        ("line", "line control number"),
        ("trace", "check or EFT number"),
        ("payer_claim", "payer claim number"),
    ],
)
def test_trace_finds_a_claim_by_any_number(
    command: Any, job: Job, rows: Rows, field: str, kind: str
) -> None:
    """Control numbers, the payer's number and the check's all lead to the claim."""
    denied = next(r for r in rows if r["status"] == "denied" and r["code"] == "97530")
    _, told, _ = _trace(command, job, denied[field])
    (found,) = told["traces"]
    assert found["found_by"] == kind
    assert denied["claim"] in [claim["claim"] for claim in found["claims"]]


def test_trace_takes_a_member_id_from_standard_input(
    command: Any, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """- reads ids from standard input, so that none stands in a shell's history."""
    member = _one(job, "select member_id from sent_claim")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{member}\n"))
    status, told, _ = _trace(command, job, "-")
    assert status == 0
    assert told["traces"][0]["found_by"] == "member id"
    assert member not in json.dumps(told)


def test_trace_of_an_unknown_number_needs_a_person(command: Any, job: Job) -> None:
    """An id nobody knows is exit status 1, and is not repeated: it may be a member id."""
    status, told, err = _trace(command, job, "SECRET99")
    assert status == 1
    (answer,) = told["traces"]
    assert (answer["found_by"], answer["claims"], answer["held"]) == (None, [], [])
    assert "not known" in err
    assert "SECRET99" not in err


def test_trace_of_a_held_visit_says_where_it_waits(command: Any, job: Job) -> None:
    """A visit that was not billed is found among the held ones."""
    visit = _one(job, "select visit_id from held_visit")
    status, told, err = _trace(command, job, visit)
    assert status == 1
    assert told["traces"][0]["found_by"] == "held visit"
    assert told["traces"][0]["held"]
    assert "held list" in err


def test_trace_finds_a_payment_that_fits_no_claim(command: Any, job: Job, rows: Rows) -> None:
    """A number that only a payer used leads to the unmatched payment."""
    stranger = next(row for row in rows if row["status"] == "unmatched")
    status, told, err = _trace(command, job, stranger["claim"])
    assert status == 1
    assert told["traces"][0]["unmatched"][0]["paid"] == stranger["paid"]
    assert "nobody here sent" in err


def test_trace_shows_nobody_where_the_output_is_no_terminal(
    command: Any, job: Job, rows: Rows
) -> None:
    """--show-patient into a file is refused with a word; names and diagnoses stay masked."""
    claim = rows[0]["claim"]
    status, out, err = command("trace", claim, "--ledger", job.ledger, "--show-patient")
    assert status == 0
    assert "terminal" in err
    assert "HI*ABK" not in out
    _shows_nobody(job, out)
    assert max(map(len, out.splitlines())) <= 100


def test_trace_shows_the_patient_on_a_terminal(
    command: Any, job: Job, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --show-patient a terminal shows the name."""
    monkeypatch.setattr("claimline.cli.trace.may_show_patient", lambda _: True)
    control = rows[0]["claim"]
    name = _one(job, "select patient_name from sent_claim where control = :c", c=control)
    _, out, _ = command("trace", rows[0]["claim"], "--ledger", job.ledger, "--show-patient")
    assert name in out


def test_each_view_of_a_patient_is_recorded(command: Any, job: Job, rows: Rows) -> None:
    """Trace leaves who looked at which claim in the ledger."""
    claim = rows[0]["claim"]
    count = 'select count(*) from "view" where subject = :claim and "user" = :user'
    who = {"claim": claim, "user": settings.user()}
    before = _one(job, count, **who)
    _trace(command, job, claim)
    assert _one(job, count, **who) == before + 1


def test_trace_lists_many_claims(command: Any, job: Job) -> None:
    """A check that pays many claims gives a list of them, not a book of stories."""
    trace = _one(job, "select trace from remittance where claims > 6")
    status, out, _ = command("trace", trace, "--ledger", job.ledger)
    assert status == 0
    assert "claims by check or EFT number" in out
    assert "What was sent" not in out


@pytest.mark.parametrize("name", ["denials", "trace"])
def test_a_missing_ledger_could_not_run(command: Any, nowhere: Path, name: str) -> None:
    """No command but bill and receive makes a ledger: exit status 3 and what to do."""
    status, out, err = command(name, *(["X"] if name == "trace" else []))
    assert status == 3
    assert out == ""
    assert "There is no ledger" in err
    assert not (nowhere / "none.db").exists()


def test_trace_as_a_page_names_nobody(command: Any, job: Job, rows: Rows, tmp_path: Path) -> None:
    """A page in a file has the whole story, the owner's eyes only, and no name even when asked."""
    page = tmp_path / "story.html"
    status, _, err = command(
        "trace", rows[0]["claim"], "--ledger", job.ledger, "--format", "html",
        "--show-patient", "--output", page,
    )  # fmt: skip
    text = page.read_text(encoding="utf-8")
    assert status == 0
    assert "terminal" in err
    assert page.stat().st_mode & 0o077 == 0
    for chapter in ("What was sent", "What came back", "Where each line stands", "Next"):
        assert chapter in text
    _shows_nobody(job, text)


def test_an_empty_page_says_so(command: Any, job: Job) -> None:
    """No rows: the words for an empty list, not a bare header."""
    _, out, _ = command("denials", "--ledger", job.ledger, "--code", "99999", "--format", "html")
    assert "No denied or reduced lines." in out


def _one(job: Job, query: str, **values: object) -> Any:
    """The first value of a query."""
    return asked(job.ledger, query, **values)[0][0]


def test_trace_finds_a_medicare_number_as_it_stands_on_the_card(command: Any, job: Job) -> None:
    """Dashes, blanks and small letters do not matter."""
    member = _one(job, "select member_id from sent_claim where length(member_id) = 11")
    for spelled in (
        f"{member[:4]}-{member[4:7]}-{member[7:]}",
        f"{member[:4]} {member[4:].lower()}",
    ):
        assert _trace(command, job, spelled)[1]["traces"][0]["found_by"] == "member id"


@pytest.mark.parametrize("field", ["claim", "line", "payer_claim", "visit", "trace"])
def test_trace_finds_any_id_in_any_case(command: Any, job: Job, rows: Rows, field: str) -> None:
    """Small letters for capitals, and leading zeros of a check number, make no difference."""
    denied = next(r for r in rows if r["status"] == "denied")
    visit = _one(job, "select visit_id from visit")
    given = {**denied, "visit": visit, "trace": f"000{denied['trace']}"}[field].lower()
    status, told, _ = _trace(command, job, given)
    assert status == 0
    assert told["traces"][0]["claims"]


def test_trace_of_nothing_is_wrong_usage(
    command: Any, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty id, or no line on standard input, is said and is exit status 2."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    for word in ("", "-"):
        status, out, err = command("trace", word, "--ledger", job.ledger)
        assert (status, out) == (2, "")
        assert "no id" in err


def test_trace_says_which_id_is_not_known_without_showing_it(
    command: Any, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line on standard input, its first and last character; a damaged number gets a hint."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\nW123456789\n2.60332E+13\n"))
    status, _, err = _trace(command, job, "-")
    assert status == 1
    assert "line 2 of standard input (W***9)" in err
    assert "line 3 of standard input: a spreadsheet has shortened" in err
    assert "W123456789" not in err


def test_trace_tells_a_claim_once(command: Any, job: Job, rows: Rows) -> None:
    """Two ids of one claim give one story."""
    denied = next(r for r in rows if r["status"] == "denied")
    _, out, _ = command("trace", denied["claim"], denied["line"], "--ledger", job.ledger)
    assert out.count("What was sent") == 1
    assert "is told above" in out


def test_trace_of_a_check_shows_the_payment_first(command: Any, job: Job) -> None:
    """Amount, date, payer, state and provider adjustments, then its claims."""
    trace = _one(
        job,
        "select trace from remittance r join provider_adjustment p on p.remittance_id = r.id "
        "where r.state = 'posted'",
    )
    _, told, _ = _trace(command, job, trace)
    (payment,) = told["traces"][0]["payments"]
    assert payment["trace"] == trace
    assert payment["provider_adjustments"]
    _, out, _ = command("trace", trace, "--ledger", job.ledger)
    assert out.startswith("Payment\n")
    assert payment["paid"] in out
    assert payment["provider_adjustments"][0]["amount"] in out


def test_trace_keeps_the_arithmetic_for_the_end(command: Any, job: Job, rows: Rows) -> None:
    """Segments and the way to the units are shown where asked for, after the next step."""
    claim = next(r["claim"] for r in rows if r["status"] == "denied")
    _, out, _ = command("trace", claim, "--ledger", job.ledger)
    assert "CLM*" not in out
    assert "came about" not in out
    _, out, _ = command("trace", claim, "--segments", "--ledger", job.ledger)
    assert out.index("\nNext\n") < out.index("came about") < out.index(f"CLM*{claim}*")


def test_where_each_line_stands_adds_up_on_the_screen(command: Any, job: Job) -> None:
    """What is charged is the sum of all other columns that are shown, bundled lines included."""
    claims = [row[0] for row in asked(job.ledger, "select control from sent_claim order by id")]
    shown = 0
    for told in _trace(command, job, *claims)[1]["traces"]:
        (books,) = [t for t in stories([told]) if t.title == "Where each line stands"]
        money = [c.key for c in books.columns if c.kind == "money"]
        for row in books.rows:
            parts = [Decimal(row[key] or "0.00") for key in money]
            assert parts[0] == sum(parts[1:]), told
            shown += bool(row["transferred"])
    assert shown
