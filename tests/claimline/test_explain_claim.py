"""``bill --explain`` and ``trace``: every decision of a claim, from minutes to the SV1 segment."""

import json
from pathlib import Path
from typing import Any

import pytest

from claimline.services.explain_claim import decided
from mapping.codes import MODIFIER_GROUPS

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
STORY = ROOT / "fixtures" / "stories" / "1-therapist-and-assistant" / "visits.json"
Json = dict[str, Any]


@pytest.fixture
def billed(command: Any, tmp_path: Path, ledger_url: str) -> Json:
    """The claim of story 1, billed with --explain."""
    _, out, _ = command(
        "bill", STORY, "--practice", PRACTICE, "--out", tmp_path / "out", "--explain",
        "--ledger", ledger_url, "--format", "json",
    )  # fmt: skip
    claim: Json = json.loads(out)["claims"][0]
    return claim


def of(line: Json, topic: str) -> list[Json]:
    """The steps of a line about one topic."""
    return [step for step in line["steps"] if step["topic"] == topic]


def test_each_line_goes_from_minutes_to_its_segment(billed: Json) -> None:
    """Minutes, units, modifiers with evidence, charge, expected amount and SV1 of each line."""
    plain, assistant, manual = billed["explained"]["lines"]
    assert of(plain, "minutes")[0]["why"] == "therapist 14"
    assert of(assistant, "minutes")[0]["why"] == "therapist 0, assistant 24"
    assert "assistant owns 15 -> 1 CQ" in of(assistant, "assistant")[0]["why"]
    assert "assistant owns 15 -> 1 CQ" in of(plain, "split")[0]["why"]
    assert [of(line, "distinct") != [] for line in (plain, assistant, manual)] == [
        True, True, False,
    ]  # fmt: skip
    assert of(manual, "charge")[0]["why"].startswith("1 x 65.00 = 65.00")
    assert "34.61 allowed" in of(plain, "expected")[0]["why"]
    assert assistant["segment"].startswith("SV1*HC:97530:59:GP:CQ*150*UN*2")


def test_every_modifier_has_a_step_of_its_own(billed: Json) -> None:
    """No modifier goes out without a reason under its name."""
    for line in billed["explained"]["lines"]:
        topics = {step["topic"] for step in line["steps"]}
        assert {MODIFIER_GROUPS[modifier] for modifier in line["modifiers"]} <= topics


def test_who_decided_is_named(billed: Json) -> None:
    """The rule's table and the payer's policy with its source stand beside the decision."""
    steps = billed["explained"]["steps"]
    (rule,) = (step for step in steps if step["about"] == "rule")
    assert "unit_rule: family medicare-b" in rule["by"]
    (kx,) = (step for step in steps if step["topic"] == "kx")
    assert "104.47 of 2410.00" in kx["why"]
    assert "therapy thresholds" in kx["by"]
    line = billed["explained"]["lines"][0]
    assert "pair table" in of(line, "distinct")[0]["by"]
    assert of(line, "expected")[0]["by"]


def test_the_segment_is_that_of_the_file(billed: Json, tmp_path: Path) -> None:
    """What is shown as SV1 stands in the file that was written."""
    (file,) = (tmp_path / "out").iterdir()
    written = file.read_text("ascii").replace("\n", "").split("~")
    for line in billed["explained"]["lines"]:
        assert line["segment"] in written


def test_trace_tells_what_bill_told(billed: Json, command: Any, ledger_url: str) -> None:
    """The story of a visit has the same decisions; of a claim where they are asked for."""
    more = ("--practice", PRACTICE, "--ledger", ledger_url, "--format", "json")
    _, out, _ = command("trace", billed["visits"][0], *more)
    assert json.loads(out)["traces"][0]["claims"][0]["decided"] == billed["explained"]
    _, out, _ = command("trace", billed["claim"], *more)
    assert "decided" not in json.loads(out)["traces"][0]["claims"][0]
    _, out, _ = command("trace", billed["claim"], "--explain", *more)
    assert json.loads(out)["traces"][0]["claims"][0]["decided"] == billed["explained"]


def test_nothing_of_the_patient_is_told(billed: Json) -> None:
    """Decisions name codes, minutes and tables, no person treated and no diagnosis."""
    told = json.dumps(billed["explained"])
    visit = json.loads(STORY.read_text("utf-8"))
    visit = visit[0] if isinstance(visit, list) else visit["visits"][0]
    patient = visit["patient"]
    private = [patient["last_name"], patient["birth_date"], visit["coverages"][0]["member_id"]]
    assert not [word for word in (*private, *visit["diagnoses"]) if word in told]


def test_without_asking_nothing_is_explained(command: Any, ledger_url: str) -> None:
    """The answer of a plain run stays small."""
    _, out, _ = command(
        "bill", STORY, "--practice", PRACTICE, "--dry-run", "--ledger", ledger_url,
        "--format", "json",
    )  # fmt: skip
    assert "explained" not in json.loads(out)["claims"][0]


@pytest.mark.parametrize(
    ("why", "topic", "about"),
    [
        ("unit rule of acme: midpoint", "units", "rule"),
        ("97530: 30 minutes are 2 units of 15 and 0 left", "units", "units"),
        ("rule full15 would give 2 (97530 x2)", "other rules", "other rules"),
        ("rule weekend: did not fire: not so", "own rule", "own rule"),
        ("KX: 104.47 of 2410.00", "kx", "KX"),
        ("CO by unit: midpoint and two-remaining-units rules (2026-11)", "assistant", "CO"),
        ("2 visits of the day on one claim", "claim", "claim"),
        ("further coverage acme: billed when this payer has answered", "coverage", "coverage"),
    ],
)
def test_a_reason_of_the_claim_stands_under_what_it_is_about(
    why: str, topic: str, about: str
) -> None:
    """What is not about units is not shown as units."""
    (step,) = decided([why], (), (), (), {})["steps"]
    assert (step["topic"], step["about"]) == (topic, about)


def test_rows_that_became_one_line_are_no_split() -> None:
    """The policy on assistants did not decide that two rows are one line."""
    line = {
        "number": 1, "code": "97530", "modifiers": ["GP"], "therapist_minutes": 30,
        "assistant_minutes": 0, "units": "2", "charge": "150.00", "evidence": [], "terms": "",
        "because": ("2 rows of the code came out the same: one line of 2 units",),
    }  # fmt: skip
    made = decided((), (), [line], (), {"assistant_modifiers": "policy acme always"})
    (step,) = of(made["lines"][0], "line")
    assert step["by"] == ""
