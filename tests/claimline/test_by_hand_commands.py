"""``match``, ``remit``, ``bank`` and ``missing`` as a person and a program meet them."""

import json
from pathlib import Path
from typing import Any

import pytest

from claimline.__main__ import main

Capture = pytest.CaptureFixture[str]


class Desk:
    """A ledger with the claims of the examples, and the commands on it."""

    def __init__(self, ledger: str, files: Path, capture: Capture) -> None:
        self.ledger = ledger
        self.files = files
        self._capture = capture
        self.run("receive", self.file("sent.837"))

    def file(self, name: str) -> str:
        """One of the examples."""
        return str(self.files / name)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        status = main([*words, "--ledger", self.ledger])
        out, err = self._capture.readouterr()
        return status, out, err

    def json(self, *words: str) -> Any:
        """The answer as a program reads it."""
        return json.loads(self.run(*words, "--format", "json")[1])


@pytest.fixture(name="desk")
def _desk(ledger_url: str, fixtures: Path, capsys: Capture) -> Desk:
    return Desk(ledger_url, fixtures / "by-hand", capsys)


def test_match_is_refused_forced_and_undone(desk: Desk) -> None:
    """Nonsense is refused with what does not fit; the reason is wanted; undone it waits again."""
    assert desk.run("receive", desk.file("strangers.835"))[0] == 1
    (cut, old) = desk.json("match", "list")
    assert (cut["control"], cut["candidates"], cut["line"]) == (
        "0417-88",
        ["RIVER1002", "RIVER1001"],
        0,
    )
    assert cut["could_be"] == [
        "RIVER1002: charge and day of service fit; member id differs",
        "RIVER1001: day of service and member id fit; charge (200.00) differs",
    ]
    assert old["candidates"] == []
    wrong = ("match", cut["id"][:8], "--to", "RIVER1004")
    assert desk.run(*wrong)[0] == 2
    assert desk.run(*wrong, "--reason", " ")[0] == 2
    status, _, err = desk.run(*wrong, "--reason", "called")
    assert (status, "the claim's 325.00" in err) == (2, True)
    status, out, _ = desk.run(*wrong, "--reason", "called", "--force")
    assert (status, "all the same: the payment's charge is 50.00" in out) == (0, True)
    assert desk.run("match", "RIVER1004", "--undo", "--reason", "wrong")[0] == 0
    assert len(desk.json("match", "list")) == 2
    assert desk.run("match", "RIVER9", "--to", "RIVER1002", "--reason", "x")[0] == 2
    status, _, err = desk.run("match", "0417-88", "--to", "CT9", "--reason", "x")
    assert (status, "never sent from here" in err) == (2, True)
    status, _, err = desk.run(
        "match", "0417-88", "--to", "RIVER1002", "--reason", "x", "--production"
    )
    assert (status, "leads to no claim payments" in err) == (2, True)


def test_a_rule_wants_a_condition_and_a_payer_that_is_known(desk: Desk) -> None:
    """A rule that says nothing, or names a payer nobody knows, is refused; the list says what."""
    desk.run("receive", desk.file("strangers.835"))
    rule = ("match", "rule", "--old-system", "--reason", "go-live")
    assert desk.run(*rule)[0] == 2
    assert desk.run(*rule, "--payer", "AETNA")[0] == 2
    status, out, _ = desk.run(*rule, "--payer", "medicare", "--before", "2026-01-01")
    assert (status, "1 parked, 40.00 paid" in out) == (0, True)
    (one,) = desk.json("match", "rules")
    assert (one["count"], one["paid"], one["reason"]) == (1, "40.00", "go-live")
    assert desk.run("match", "rule", "--undo", one["id"], "--reason", "no")[0] == 0
    assert desk.json("match", "rules") == []
    assert desk.run("ledger", "waiting")[0] == 1


def test_what_is_entered_is_said_wherever_it_is_shown(desk: Desk) -> None:
    """Trace and the list name source and person; the template is printed; undo wants one."""
    assert "payer,number,date" in desk.run("remit", "enter", "--template")[1]
    assert desk.run("remit", "enter", desk.file("paper.csv"))[0] == 2  # no source
    status, _, err = desk.run("remit", "enter", desk.file("paper-off.csv"), "--source", "paper")
    assert (status, "off by 10.00" in err) == (2, True)
    entered = ("remit", "enter", desk.file("paper.csv"), "--source", "paper", "--by", "mkeller")
    status, out, _ = desk.run(*entered)
    assert (status, "posted" in out) == (0, True)
    _, out, _ = desk.run("trace", "RIVER1001")
    assert "The payment was entered by hand from paper by mkeller" in out
    sheet = " ".join(desk.run("advice", "0012345")[1].split())
    assert "No document of the payer: entered by hand from paper by mkeller" in sheet
    told = desk.json("trace", "RIVER1001")["traces"][0]["claims"][0]["received"][0]["by_hand"]
    assert told == ["The payment was entered by hand from paper by mkeller on 2026-11-22"]
    assert desk.run("remit", "undo", "12345", "--reason", "typing")[0] == 0
    assert desk.json("remit", "list")[0]["state"] == "undone"
    assert desk.run("remit", "undo", "12345", "--reason", "typing")[0] == 2


def test_missing_is_a_list_for_people_and_for_programs(desk: Desk, fixtures: Path) -> None:
    """Notes and single things; exit status 1 where somebody has to do something."""
    practice = ("--practice", str(fixtures / "practice" / "practice.toml"))
    assert desk.run("missing", *practice)[:2] == (0, "Nothing is missing.\n")
    desk.run("receive", desk.file("strangers.835"))
    desk.run("bank", "import", desk.file("bank.csv"))
    status, out, _ = desk.run("missing", *practice)
    assert status == 1
    assert "A deposit without its remittance: LAKESHORE HLTH" in out
    found = desk.json("missing", *practice)
    assert [note["kind"] for note in found["notes"]] == ["missing.payment", "missing.claim"]
    assert [one["money"] for one in found["missing"]] == ["118.20", "62.40"]
    assert "waits 5 business days" in desk.run("missing", "--all", *practice)[1]


def test_bank_list_ends_with_one_only_where_something_is_open(desk: Desk, tmp_path: Path) -> None:
    """A file whose columns cannot be told is refused; the others are read."""
    bad = tmp_path / "bad.csv"
    bad.write_text("When,Betrag\n1,1\n", encoding="utf-8")
    status, out, err = desk.run("bank", "import", str(bad), desk.file("deposits.ach"))
    assert (status, "no column is the date" in err, "Nacha" in out) == (3, True, True)
    assert desk.run("bank", "list", "--unmatched")[0] == 1
    desk.run("receive", desk.file("strangers.835"))
    assert desk.run("bank", "list", "--unmatched")[0] == 0
