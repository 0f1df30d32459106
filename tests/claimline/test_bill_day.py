"""``bill`` and the other claims of a patient's day: what the ledger tells of lines sent before."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from reconcile.ledger import open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
TABLES = ROOT / "fixtures" / "tables"


def visits() -> dict[str, Any]:
    """The visits of the example page, by id."""
    path = ROOT / "fixtures" / "visits" / "examples" / "pairs.json"
    return {one["visit_id"]: one for one in json.loads(path.read_text("utf-8"))}


@pytest.fixture
def desk(tmp_path: Path, command: Any, ledger_url: str) -> Any:
    """Bills some of the example visits, and answers what came of them."""

    def bill(*ids: str, tables: Path | None = None, changed: Any = None) -> dict[str, Any]:
        chosen = [changed(visits()[one]) if changed else visits()[one] for one in ids]
        path = tmp_path / "visits.json"
        path.write_text(json.dumps(chosen), "utf-8")
        more = ["--tables", tables] if tables else []
        _, out, err = command(
            "bill", path, "--practice", PRACTICE, "--out", tmp_path / "out",
            "--ledger", ledger_url, "--format", "json", *more,
        )  # fmt: skip
        assert out, err
        answer: dict[str, Any] = json.loads(out)
        return answer

    return bill


def lines(answer: dict[str, Any]) -> list[str]:
    """The lines as ``97530 59 GO``."""
    return [
        " ".join((line["code"], *line["modifiers"]))
        for claim in answer["claims"]
        for line in claim["lines"]
    ]


def test_a_line_sent_in_an_earlier_run_counts(desk: Any) -> None:
    """PT goes first, OT in a later run: 97530 of OT gets 59 for 97140 of PT, by the times sent."""
    assert lines(desk("NC-3P")) == ["97140 GP"]
    later = desk("NC-3O")
    assert lines(later) == ["97530 59 GO"]
    (why,) = (r for r in later["claims"][0]["lines"][0]["because"] if r.startswith("59"))
    assert "97530 with 97140 of claim CT" in why


def test_a_line_that_went_without_its_modifier_is_named(desk: Any) -> None:
    """OT goes first without 59 and without times: the PT claim goes, and says what will happen."""

    def untimed(visit: dict[str, Any]) -> dict[str, Any]:
        return {**visit, "procedures": [{"code": "97530", "therapist_minutes": 25}]}

    assert lines(desk("NC-3O", changed=untimed)) == ["97530 GO"]
    answer = desk("NC-3P")
    assert lines(answer) == ["97140 GP"]
    (warning,) = (w for w in answer["claims"][0]["warnings"] if w["code"] == "warn.pair-sent")
    assert "97530 was sent without 59" in warning["message"]


def test_part_b_takes_the_modifier_on_the_line_that_comes_later(desk: Any) -> None:
    """OT 97530 went first without 59, at other times: PT 97140, column 1, carries it."""
    assert lines(desk("NC-3O")) == ["97530 GO"]
    answer = desk("NC-3P")
    assert lines(answer) == ["97140 59 GP"]
    assert not [w for w in answer["claims"][0]["warnings"] if w["code"] == "warn.pair-sent"]


def test_units_sent_in_an_earlier_run_count(desk: Any) -> None:
    """Six units of PT were sent; two more of OT are above the day's limit."""

    def six(visit: dict[str, Any]) -> dict[str, Any]:
        return {**visit, "procedures": [{"code": "97530", "therapist_minutes": 90}]}

    assert lines(desk("NC-3P", changed=six)) == ["97530 GP"]
    (held,) = desk("NC-3O")["held"]
    (reason,) = (r for r in held["reasons"] if r["code"] == "hold.units-limit")
    assert reason["message"].startswith("97530: 8 units on the day (2 here, 6 on claim CT")


def test_the_lines_of_a_day_are_those_in_the_ledger(desk: Any, ledger_url: str) -> None:
    """Modifiers, units, charge and evidence come back as they were sent."""
    desk("NC-1")
    with open_ledger(ledger_url) as ledger, ledger.reading() as connection:
        day = connection.exec_driver_sql("SELECT patient, date FROM sent_claim").one()
        (one,) = ledger.billed_on([(day[0], dt.date.fromisoformat(day[1]))], usage="T")
    assert one.stands
    assert one.codes == ("97140", "97530")
    second = one.lines[1]
    assert (second.modifiers, str(second.units), str(second.charge)) == (
        ("59", "GP"),
        "2",
        "150.00",
    )
    assert second.evidence == ("times 09:16-09:40",)


def test_imported_tables_decide_and_are_cited(
    desk: Any,
    tmp_path: Path,
    ledger_url: str,
    command: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With CMS's layout imported the claim names its version, and nothing is said of a starter."""
    tables = tmp_path / "tables.sqlite3"
    files = [
        *sorted(TABLES.glob("ccipra-*.txt")),
        *TABLES.glob("medicaid-*"),
        *TABLES.glob("M*.csv"),
    ]
    assert command("tables", "import", *files, "--tables", tables)[0] == 0
    assert desk("NC-4")["held"] == []  # the starter table has no such pair
    answer = desk("NC-1", "NC-2", tables=tables)
    assert answer["tables"] == []
    assert lines(answer) == ["97140 GP", "97530 59 GP"]
    assert [held["id"] for held in answer["held"]] == ["NC-2"]
    number = answer["claims"][0]["claim"]
    _, out, _ = command("trace", number, "--ledger", ledger_url, "--format", "json")
    assert "NCCI PTP medicare v321r0 (imported" in out
    assert "NCCI MUE medicare 2026-04-01 (imported" in out
    asked = ("verify", "--ledger", ledger_url, "--format", "json")
    for path, gone in ((tables, []), (tmp_path / "none.sqlite3", ["NCCI MUE", "NCCI PTP"])):
        monkeypatch.setenv("CLAIMLINE_TABLES", str(path))
        status, out, _ = command(*asked)
        assert status == 0
        assert [one[:8] for one in json.loads(out)["tables_gone"]] == gone


def test_starter_tables_are_named(desk: Any) -> None:
    """Once a run: which shipped tables decide for want of CMS's."""
    (told,) = desk("NC-1")["tables"]
    assert told.startswith("No table of CMS is imported: starter pair table 2026-11 and ")
