"""A practice's own rules through the real commands: held, overridden, billed, traced."""

import datetime as dt
import json
from pathlib import Path

import pytest
from command_line import ROOT, Command

from claimline.services.payer_facts import from_practice
from claimline.services.practice import load

SMALL = ROOT / "fixtures/practice/policy/practice.toml"
VISITS = ROOT / "fixtures/visits/examples/own-rules.json"


@pytest.fixture
def bill(command: Command, tmp_path: Path, ledger_url: str) -> Command:
    """``bill`` of the example visits, in a ledger of its own."""

    def run(*words: object) -> tuple[int, str, str]:
        given = [words[0], VISITS, "--practice", SMALL] if words[0] == "bill" else [*words]
        out = ["--out", tmp_path / "out"] if words[0] == "bill" else []
        return command(*given, *words[1:] if out else (), *out, "--ledger", ledger_url)

    return run


def test_a_held_claim_goes_with_a_name_and_a_reason(bill: Command) -> None:
    """Held by the rule; overridden by a person it goes, and the claim keeps who and why."""
    status, said, _ = bill("bill", "--format", "json")
    made = json.loads(said)
    assert status == 1
    (held,) = made["held"]
    assert "attach them first" in json.dumps(held)
    status, _, _ = bill("held", "override", "W-1", "--by", "mkeller", "--reason", "notes attached")
    assert status == 0
    status, said, _ = bill("bill", "--format", "json")
    (claim,) = json.loads(said)["claims"]
    assert status == 0
    told = bill("trace", claim["claim"], "--explain")[1]
    assert "rule four units of 97530: fired: line 1 97530" in " ".join(told.split())
    assert "own rules: rules.toml" in told


def test_rules_are_explained_before_anything_is_billed(bill: Command) -> None:
    """A dry run tells which rules fired and which did not."""
    _, said, _ = bill("bill", "--dry-run", "--explain")
    words = " ".join(said.split())
    assert "rule 97530 alone: fired" in words
    assert "rule four units of 97530: did not fire" in words
    assert "not asked: Saturday" in words


@pytest.mark.parametrize(
    ("day", "days"), [(dt.date(2025, 12, 31), None), (dt.date(2026, 1, 1), 90)], ids=str
)
def test_what_a_payer_allows_is_that_of_the_day_of_service(day: dt.date, days: int | None) -> None:
    """Contracts change by day of service: the appeal days of the year the visit was in."""
    practice = load(str(ROOT / "fixtures/practice/practice.toml"))
    facts = from_practice(practice, "heron", day)
    assert (facts.appeal1_days, facts.payment_basis) == (days, "by line")
