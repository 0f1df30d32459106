"""The worklist by payer, code, day and deadline; its rows, sums and widths."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from job_done import Job

from claimline import settings
from claimline.services.denials import Totals

Rows = list[dict[str, Any]]


@pytest.fixture
def rows(command: Any, job: Job) -> Rows:
    """All rows of ``denials --format json``."""
    return _denials(command, job)[1]


def _denials(command: Any, job: Job, *words: str) -> tuple[int, Rows, str]:
    """``denials --format json``: status, rows, standard error."""
    status, out, err = command("denials", "--ledger", job.ledger, "--format", "json", *words)
    return status, json.loads(out or "[]"), err


@pytest.mark.parametrize("word", ["heron", "HERON", "BHOH1", "bhoh1", "blue heron", "Heron of"])
def test_a_payer_is_found_by_any_of_its_words(
    command: Any, job: Job, rows: Rows, word: str
) -> None:
    """Key, id, name or a part of it, in any case; payments that fit no claim are found too."""
    status, found, _ = _denials(command, job, "--payer", word)
    assert status == 0
    assert found == [row for row in rows if row["payer"] == "BLUE HERON OF OHIO"]
    assert {"denied", "unmatched"} <= {row["status"] for row in found}


def test_an_unknown_payer_is_wrong_usage(command: Any, job: Job) -> None:
    """It is said, with those that are known."""
    status, _, err = _denials(command, job, "--payer", "aetan")
    assert status == 2
    assert "no claim was sent to a payer 'aetan'" in err
    assert "BLUE HERON OF OHIO" in err


def test_several_codes_are_asked_for(command: Any, job: Job, rows: Rows) -> None:
    """By a comma or by repeating the option."""
    wanted = [r for r in rows if {"97530", "97110"} & set(r["code"].split())]
    assert _denials(command, job, "--code", "97530,97110")[1] == wanted
    assert _denials(command, job, "--code", "97530", "--code", "97110")[1] == wanted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--code", "97530-GP"], "five characters"),
        (["--code", "9753"], "five characters"),
        (["--since", "2026-04-01", "--until", "2026-03-01"], "later than"),
    ],
    ids=["with a modifier", "too short", "days crossed"],
)
def test_questions_that_cannot_be_meant_are_wrong_usage(
    command: Any, job: Job, words: list[str], said: str
) -> None:
    """An empty list would look like good news."""
    status, _, err = _denials(command, job, *words)
    assert status == 2
    assert said in err


def test_an_empty_list_names_the_other_book(command: Any, job: Job) -> None:
    """Nothing in production: the lines of the test book are not forgotten."""
    status, found, err = _denials(command, job, "--production")
    assert (status, found) == (0, [])
    assert "--test" in err
    assert "other book" not in _denials(command, job, "--code", "99999")[2]


def test_rows_have_the_same_keys(rows: Rows) -> None:
    """Whatever its state, a row has every field; what was paid on no claim tells its lines."""
    assert len({frozenset(row) for row in rows}) == 1
    for row in (r for r in rows if r["status"] == "unmatched" and not r["claim_matched_by"]):
        assert row["payer_claim"]
        assert len(row["procedures"]) == len(row["lines_units"]) > 0
    assert all(row["visits"] for row in rows if row["line"])


def test_deadlines_are_sorted_filtered_and_marked(
    command: Any, job: Job, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest first; up to a day; "(passed)" once the day is over."""
    days = sorted(row["deadline"] for row in rows if row["deadline"])
    found = _denials(command, job, "--sort", "due")[1]
    assert [row["deadline"] for row in found if row["deadline"]] == days
    assert [row["deadline"] for row in found[: len(days)]] == days
    due = [row["deadline"] for row in _denials(command, job, "--due", days[0])[1]]
    assert due == [day for day in days if day == days[0]]
    monkeypatch.setattr(settings, "today", lambda: dt.date.fromisoformat(days[0]))
    _, out, _ = command("denials", "--ledger", job.ledger)
    assert "(passed)" not in out
    monkeypatch.setattr(settings, "today", lambda: dt.date(2031, 1, 1))
    _, out, _ = command("denials", "--ledger", job.ledger)
    assert f"{days[0]} (passed)" in out
    assert {r["deadline_passed"] for r in _denials(command, job)[1] if not r["deadline"]} == {None}


def test_the_totals_are_the_sums_of_the_sheet(command: Any, job: Job) -> None:
    """Who sums the columns gets what stands under the table."""
    _, out, _ = command("denials", "--ledger", job.ledger, "--format", "csv")
    sheet = list(csv.DictReader(io.StringIO(out)))
    _, shown, _ = command("denials", "--ledger", job.ledger)
    ours = [row for row in sheet if row["status"] != "unmatched"]
    sums = [sum(Decimal(row[key] or 0) for row in ours) for key in ("billed", "paid")]
    denied = sum(Decimal(r["denied"] or 0) for r in sheet if r["category"] != "duplicate")
    words = " ".join(shown.split())
    assert f"billed {sums[0]}, paid {sums[1]}, denied {denied}" in words
    assert {"contractual", "patient", "open", "visits"} <= set(sheet[0])


@pytest.mark.parametrize("width", [50, 60, 80, 100, 140])
def test_numbers_stand_whole_at_any_width(
    command: Any, job: Job, rows: Rows, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Claim numbers, amounts and payments of the real commands are never cut."""
    monkeypatch.setenv("COLUMNS", str(width))
    denied = next(r for r in rows if r["status"] == "denied")
    for words in (["denials"], ["trace", denied["claim"]]):
        _, out, _ = command(*words, "--ledger", job.ledger)
        assert max(map(len, out.splitlines())) <= width
        for key in ("claim", "billed", "trace"):
            assert denied[key] in out


def test_a_duplicate_is_in_no_count_of_denials() -> None:
    """The line below the list counts it apart, without its money."""
    row = {"status": "denied", "billed": "60.00", "paid": "0.00", "denied": "60.00"}
    row |= {"correction": None}
    totals = Totals()
    given = [row | {"category": "ncci"}, row | {"category": "duplicate"}]
    assert list(totals.through(given)) == given
    wanted = "2 lines: 1 denied, 1 duplicate; billed 120.00, paid 0.00, denied 60.00"
    assert totals.words() == wanted
