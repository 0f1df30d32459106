"""``match`` says what it moved, takes short ids, and parks nothing that may be ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from receive_made import RUN, Line, clp, record, remit, sent, states, take, x12

from claimline.__main__ import main
from claimline.services.rebuild import rebuild
from reconcile.ledger import Decision, by_hand, open_ledger
from reconcile.ledger.by_hand import OldRule

Capture = pytest.CaptureFixture[str]


class Desk:
    """A ledger with two payments that fit nothing."""

    def __init__(self, ledger: str, files: Path, capture: Capture) -> None:
        self.ledger = ledger
        self._capture = capture
        self.run("receive", str(files / "sent.837"), str(files / "strangers.835"))

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


def test_a_match_over_a_match_says_what_it_moved(desk: Desk) -> None:
    """The claim it stood on and who put it there are named; said again nothing changes."""
    why = ("--reason", "called", "--by", "mkeller")
    _, out, _ = desk.run("match", "0417-88", "--to", "RIVER1002", *why)
    assert "matched by hand to RIVER1002: 22.40 paid" in out
    (one,) = desk.json("match", "list", "--by-hand")
    _, out, _ = desk.run("match", one["id"], "--to", "RIVER1002", *why)
    assert "already; nothing changed" in out
    assert len(desk.json("match", "list", "--by-hand")) == 1
    _, out, _ = desk.run("match", one["id"], "--to", "RIVER1003", "--force", *why)
    assert "moved: it was matched to RIVER1002 by mkeller" in out


def test_an_id_that_is_too_short_is_told_so(desk: Desk) -> None:
    """Not that it leads nowhere: six characters are enough, of a rule too."""
    (one, _) = desk.json("match", "list")
    why = ("--reason", "called")
    status, _, err = desk.run("match", one["id"][:5], "--to", "RIVER1002", *why)
    assert (status, "first 6 characters at least" in err) == (2, True)
    desk.run("match", "rule", "--old-system", "--pattern", "OLD*", *why)
    (rule,) = desk.json("match", "rules")
    status, _, err = desk.run("match", "rule", "--undo", rule["id"][:5], *why)
    assert (status, "first 6 characters at least" in err) == (2, True)
    assert desk.run("match", "rule", "--undo", rule["id"][:6], *why)[0] == 0


@pytest.mark.parametrize(
    "said", [("--pattern", "*"), ("--pattern", "*?*"), ("--payer", "medicare")], ids=str
)
def test_a_rule_that_would_park_all_is_refused(desk: Desk, said: tuple[str, ...]) -> None:
    """A pattern of wildcards, or a payer alone, parks what comes for ever."""
    status, _, err = desk.run("match", "rule", "--old-system", *said, "--reason", "old")
    assert (status, "--before DAY" in err) == (2, True)
    assert desk.json("match", "rules") == []


def test_what_may_be_ours_is_never_parked(desk: Desk) -> None:
    """A payment of the day and charge of a claim of ours waits, whatever a rule says."""
    rule = ("match", "rule", "--old-system", "--payer", "medicare", "--before", "2027-01-01")
    _, out, _ = desk.run(*rule, "--reason", "old")
    assert "1 parked, 40.00 paid" in out
    (left,) = desk.json("match", "list")
    assert left["control"] == "0417-88"


def test_a_claim_that_comes_later_calls_back_what_was_parked(ledger_url: str) -> None:
    """Parked first, and of the day and charge of a claim sent then: it waits; rebuilt the same."""
    rule = OldRule(usage="T", pattern="OLD*")
    decided = Decision(
        kind=by_hand.RULE, subject=rule.id, user="mkeller", reason="old", detail=rule.detail
    )
    with open_ledger(ledger_url) as ledger:
        with ledger.begin(RUN) as writer:
            writer.decide(decided, usage="T")
        take(ledger, x12(remit(clp("OLD9", Line(control=""), icn="ICN7"))))
        assert states(ledger) == {"parked": 1}
        record(ledger, sent("CT1"))
        assert states(ledger) == {"unmatched": 1}
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert states(ledger) == {"unmatched": 1}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            ("--pattern", "A*"),
            ["looked at 2 claim payments", "fits none; they are 0417-88, OLD7701"],
        ),
        (
            ("--payer", "medicare", "--before", "2020-01-01"),
            ["service before 2020-01-01: fits none", "payer medicare: fits 2"],
        ),
        (("--pattern", "0417*"), ["1 fits the whole rule, and may be of a claim sent from here"]),
        (
            ("--pattern", "0417*", "--before", "2026-01-01"),
            ["0417*: fits 1", "before 2026-01-01: fits 1", "none fits all of it at once"],
        ),
    ],
    ids=["numbers", "days", "ours", "not at once"],
)
def test_a_rule_that_parks_nothing_says_why(
    desk: Desk, said: tuple[str, ...], told: list[str]
) -> None:
    """How many were looked at, how many each condition fits, and what stands there instead."""
    _, out, _ = desk.run("match", "rule", "--old-system", *said, "--reason", "old")
    assert "0 parked" in out
    for words in told:
        assert words in out


def test_a_rule_before_anything_came_says_so(desk: Desk) -> None:
    """Nothing waits: it is for what comes."""
    rule = ("match", "rule", "--old-system", "--pattern", "B*", "--production", "--reason", "old")
    assert "nothing waits that fits no claim" in desk.run(*rule)[1]
