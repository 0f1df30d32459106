"""``claimline underpaid``: which lines it lists, in which shapes, and which it does not."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl

from claimline.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = str(ROOT / "fixtures" / "practice" / "contracts" / "practice.toml")
VISITS = str(ROOT / "fixtures" / "visits" / "examples" / "expected.json")
Json = Any


class Desk:
    """A ledger with the example visits billed and answered by the simulated payer."""

    def __init__(
        self,
        folder: Path,
        ledger: str,
        scenario: str,
        practice: str = PRACTICE,
        swaps: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.ledger = ["--ledger", ledger]
        out, back = str(folder / "out"), folder / "back"
        self.run("bill", VISITS, "--practice", practice, "--out", out, *self.ledger)
        self.run("sandbox", out, "--out", str(back), "--scenario", scenario, "--date", "2026-10-26")
        for old, new in swaps:  # of Lakeshore's answer
            (path,) = back.glob("*-60054L.835")
            text = path.read_text(encoding="ascii")
            assert text.count(old) == 1
            path.write_text(text.replace(old, new), encoding="ascii")
        self.run("receive", *map(str, sorted(back.glob("*.835"))), *self.ledger)

    def run(self, *arguments: str) -> str:
        """A command's standard output; 0 and 1 are both "done"."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(list(arguments))
        assert status in (0, 1), err.getvalue()
        return out.getvalue()

    def rows(self, *options: str) -> list[Json]:
        """The rows of ``underpaid``."""
        found: list[Json] = json.loads(
            self.run("underpaid", "--format", "json", *options, *self.ledger)
        )
        return found


@pytest.fixture(name="paid", scope="module")
def _paid(
    tmp_path_factory: pytest.TempPathFactory, lasting: Callable[[str], NewUrl], database: str
) -> Desk:
    """All claims paid, 62 % of each charge allowed: more than Medicare, less than some contracts.

    It is only read.
    """
    return Desk(tmp_path_factory.mktemp("paid"), lasting(database)(), "paid")


def test_a_row_has_what_a_call_to_the_payer_needs(paid: Desk) -> None:
    """Claim, line, code, amounts, the arithmetic and the contract."""
    (row,) = paid.rows("--payer", "lakeshore")
    assert {name: row[name] for name in ("code", "expected", "paid", "difference", "judged")} == {
        "code": "97110",
        "expected": "36.00",
        "paid": "34.10",
        "difference": "-1.90",
        "judged": "underpaid",
    }
    assert row["line"].endswith(row["claim"])
    assert row["terms"] == "contract Lakeshore fee schedule 2026, 2026-01-01 to 2026-12-31"


def test_choices(paid: Desk) -> None:
    """By code, by day and by verdict; a line of several judged together is listed once."""
    assert [row["code"] for row in paid.rows("--payer", "cedar")] == ["97110"]
    assert {row["judged"] for row in paid.rows()} == {"underpaid", "overpaid"}
    assert {row["judged"] for row in paid.rows("--only", "overpaid")} == {"overpaid"}
    assert {row["code"] for row in paid.rows("--code", "97530")} == {"97530"}
    assert paid.rows("--since", "2026-10-06") == []
    assert paid.rows("--until", "2026-10-04") == []


def test_csv_and_table(paid: Desk) -> None:
    """The same rows as a table with their sum, and as CSV with a heading for each column."""
    table = paid.run("underpaid", "--payer", "lakeshore", *paid.ledger)
    assert "1 line: 1 underpaid by 1.90" in table
    text = paid.run("underpaid", "--payer", "lakeshore", "--format", "csv", *paid.ledger)
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["code"], row["expected"], row["difference"]) == ("97110", "36.00", "-1.90")


def test_days_the_wrong_way_are_refused(paid: Desk) -> None:
    """--since after --until is wrong usage."""
    days = ["--since", "2026-02-01", "--until", "2026-01-01"]
    assert main(["underpaid", *days, *paid.ledger]) == 2


def test_denied_lines_are_not_listed(tmp_path: Path, ledger_url: str) -> None:
    """A refused line is on the worklist with its own next step, not among the underpaid."""
    desk = Desk(tmp_path, ledger_url, "denied-necessity")
    denied = json.loads(desk.run("denials", "--format", "json", *desk.ledger))
    refused = {row["line"] for row in denied if row["status"] == "denied"}
    assert refused
    assert refused.isdisjoint(row["line"] for row in desk.rows() if row["code"] != "97110")


@pytest.mark.parametrize(
    ("basis", "codes"), [("by line", ["97110"]), ("per visit", [])], ids=["by line", "package"]
)
def test_a_line_paid_with_another_by_policy_is_left_alone(
    tmp_path: Path, ledger_url: str, basis: str, codes: list[str]
) -> None:
    """Nothing paid with CO-45 is 36.00 too little, unless the payer's policy pays by the visit."""
    text = Path(PRACTICE).read_text(encoding="utf-8")
    head = "[[payers.lakeshore.policy]]\nfrom = 2025-01-01\n"
    assert text.count(head) == 1
    practice = tmp_path / "practice.toml"
    practice.write_text(text.replace(head, f'{head}payment_basis = "{basis}"\n'), encoding="utf-8")
    swaps = (
        ("*107.1*C*", "*73*C*"),
        ("*205*107.1*", "*205*73*"),
        ("*55*34.1**1", "*55*0**1"),
        ("CAS*CO*45*20.9", "CAS*CO*45*55"),
    )
    desk = Desk(tmp_path, ledger_url, "paid", str(practice), swaps)
    assert [row["code"] for row in desk.rows("--payer", "lakeshore")] == codes


def test_denials_tell_whether_a_reduced_line_was_as_expected(
    tmp_path: Path, ledger_url: str
) -> None:
    """A line that lost a unit is on the worklist with what was expected of it."""
    desk = Desk(tmp_path, ledger_url, "units-cut")
    rows = json.loads(desk.run("denials", "--format", "json", *desk.ledger))
    cut = [row for row in rows if row["payer"] == "LAKESHORE HEALTH PLAN"]
    assert [(row["judged"], row["expected"]) for row in cut] == [("underpaid", "93.00")]
    assert cut[0]["judged_words"].startswith("underpaid ")


def test_a_ledger_without_expectations_lists_nothing(paid: Desk) -> None:
    """Claims to payers without a contract or table are never underpaid; trace says why."""
    told = json.loads(paid.run("trace", "E1", "--format", "json", *paid.ledger))
    books = told["traces"][0]["claims"][0]["books"]
    assert books[1]["judged_words"] == "no expectation: no table for 2026 and code 97140"
    assert books[1]["expected"] is None


def test_a_line_that_does_not_balance_is_listed(tmp_path: Path, ledger_url: str) -> None:
    """Paid what was expected of it, yet 1.00 of the charge is not explained: a row, and told."""
    swaps = (("*107.1*C*", "*109*C*"), ("*205*107.1*", "*205*109*"), ("*55*34.1**1", "*55*36**1"),
             ("CAS*CO*45*20.9", "CAS*CO*45*18"))  # fmt: skip
    desk = Desk(tmp_path, ledger_url, "paid", swaps=swaps)
    (row,) = desk.rows("--payer", "lakeshore")
    assert (row["judged"], row["difference"]) == ("does not balance", "0.00")
    assert row["words"] == "does not balance: 1.00 not explained"
    table = desk.run("underpaid", "--payer", "lakeshore", *desk.ledger)
    assert "1 line: 1 does not balance" in table
    assert desk.rows("--payer", "lakeshore", "--only", "underpaid") == []
