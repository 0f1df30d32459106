"""``claimline policy``: what applies, who says so, and what nobody says."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from claimline.cli import cli
from claimline.errors import CommandError
from claimline.services.practice import load

FOLDER = Path(__file__).resolve().parents[2] / "fixtures/practice"
SMALL = FOLDER / "policy/practice.toml"


def run(*words: str, file: Path = SMALL) -> Result:
    """The command, with the small practice."""
    return CliRunner().invoke(cli, ["policy", *words, "--practice", str(file)])


def keys(*words: str, file: Path = SMALL) -> dict[str, dict[str, Any]]:
    """The keys of ``policy show --format json``, by name."""
    done = run("show", *words, "--format", "json", file=file)
    assert done.exit_code == 0, done.output
    return {key["key"]: key for key in json.loads(done.output)["keys"]}


def test_each_value_names_its_layer_days_and_source() -> None:
    """The payer's own table above the practice's family above ours."""
    found = keys("kestrel", "--on", "2026-03-10")
    own, family, ours = found["unit_rule"], found["discipline_modifier"], found["ncci"]
    assert (own["value"], own["from"], own["since"]) == ("midpoint", "policy kestrel", "2026-01-01")
    assert own["source"] == "contract of 2026-01-01, section 4"
    assert (family["value"], family["from"]) == ("always", "your family blues")
    assert (ours["value"], ours["from"]) == ("own", "family commercial")


@pytest.mark.parametrize(
    ("day", "rule", "until"),
    [("2026-06-30", "cms", "2026-06-30"), ("2026-07-01", "midpoint", None)],
)
def test_the_day_decides(day: str, rule: str, until: str | None) -> None:
    """A state's table that changed in the middle of the year."""
    found = keys("medicaid", "--on", day)["unit_rule"]
    assert (found["value"], found["until"]) == (rule, until)


def test_what_nobody_says_is_told() -> None:
    """An unset key tells what then happens, and what is said of such payers, not applied."""
    found = keys("medicaid", "--on", "2026-03-10")["secondary_co45"]
    assert (found["value"], found["from"]) == (None, None)
    assert found["unsaid"].startswith("not said: ")
    assert found["suggested"][0]["value"] == "restates"
    assert found["suggested"][0]["confidence"]


def test_a_default_is_called_one() -> None:
    """A key with a value that nobody said: the program's default."""
    found = keys("medicaid", "--on", "2026-03-10")["claim_per"]
    assert (found["value"], found["unsaid"]) == ("day", "default")


def test_today_decides_without_a_day() -> None:
    """Without --on the practice's today is asked, and said."""
    done = run("show", "medicare", "--format", "json")
    assert len(json.loads(done.output)["on"]) == len("2026-01-01")


def test_the_table_for_people() -> None:
    """Every key stands there once, under its topic, with its source below."""
    done = run("show", "medicare", "--on", "2026-03-10")
    assert done.exit_code == 0
    assert "MEDICARE PART B OHIO (medicare, medicare-b) on 2026-03-10" in done.output
    assert "Corrections and deadlines" in done.output
    assert "42 CFR 405.980" in done.output


def test_only_what_is_said_or_one_topic() -> None:
    """``--said`` and ``--topic`` leave the rest out; csv has a row for each key."""
    assert "claim_per" not in keys("medicaid", "--said")
    assert {"timely_filing_days", "appeal1_days"} <= {*keys("medicare", "--topic", "deadlines")}
    lines = run("show", "medicare", "--topic", "payment", "--format", "csv").output.splitlines()
    assert lines[0].startswith("topic,key,value,from")
    assert any(line.startswith("Payment,payment_basis,by line,default") for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "kestral"), "do you mean kestrel?"),
        (("show", "kestrel", "--topic", "weather"), "there is no topic"),
    ],
)
def test_what_is_not_there_is_refused(words: tuple[str, ...], said: str) -> None:
    """A payer or a topic that does not exist, with the nearest."""
    done = run(*words)
    assert isinstance(done.exception, CommandError)
    assert said in done.exception.message


def test_payers_and_their_tables() -> None:
    """``policy list``: family, own family, state, spans."""
    rows = {row["payer"]: row for row in json.loads(run("list", "--format", "json").output)}
    assert (rows["heron"]["family"], rows["heron"]["own_family"]) == ("commercial", "blues")
    assert rows["medicaid"]["state"] == "OH"
    assert rows["kestrel"]["spans"] == ["since 2026-01-01"]


def test_own_rules_in_words() -> None:
    """``policy rules`` says what fires and for whom."""
    found = json.loads(run("rules", "--format", "json").output)
    assert found["version"].startswith("own rules: rules.toml ")
    assert found["rules"][0]["when"] == ["a line whose code is 97530 and units is at least 4"]
    assert "There are no rules" in run("rules", file=FOLDER / "practice.toml").output


def test_a_file_of_rules_that_is_not_there(tmp_path: Path) -> None:
    """The file is named; nothing is billed without the rules."""
    copy = tmp_path / "practice.toml"
    copy.write_text(SMALL.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"rules\.toml"):
        load(str(copy))


def test_a_mistake_is_refused_with_its_line() -> None:
    """Every command that needs the practice names line and path of each fault."""
    with pytest.raises(CommandError) as caught:
        load(str(FOLDER / "policy/mistaken.toml"))
    for place in ("line 36, payers.heron.policy[0].unit_rul", "line 42, families.commercial[1]",
                  "line 51, rules[0].any_line.units.more_than"):  # fmt: skip
        assert place in caught.value.message
