"""Where a payer's policy comes from: family, state, the practice's own families, the payer."""

import datetime as dt
from typing import Any

import attrs
import pytest
from visits_made import DAY, example

from edi.problem import Problem
from mapping import policy_layers, practice
from mapping.policy import ALWAYS, DatedPolicy, Policy, Span
from mapping.policy_hints import HINTS, hints
from mapping.policy_words import UNSAID, topics, unsaid_words, value_words
from mapping.practice import Practice

TEXT = example("practice.md", "toml")
HEAD = TEXT[: TEXT.index("[payers.medicare]")]
MINE = """
[payers.one]
name = "One Health Plan"
id = "ONE"
filing_indicator = "CI"
"""


def made(tables: str, family: str = 'family = "commercial"') -> Practice:
    """A practice with one payer and the tables given."""
    return practice.read("p.toml", f"{HEAD}{MINE}{family}\n{tables}")


def faults(tables: str, family: str = 'family = "commercial"') -> list[Problem]:
    """The errors the tables are refused for."""
    with pytest.raises(practice.PracticeFileError) as caught:
        made(tables, family)
    return [problem for problem in caught.value.problems if problem.level == "error"]


def said(found: Practice, key: str, day: dt.date = DAY) -> tuple[Any, str]:
    """A value and the layer it comes from."""
    resolved = found.resolve("one", day)
    origin = resolved.said.get(key)
    return getattr(resolved.policy, key), origin.layer if origin else ""


FAMILY = """
[[families.commercial]]
source = "our office manual"
unit_rule = "cms"
discipline_modifier = "always"
"""
OWN = """
[[families.network]]
inherits = "commercial"
discipline_modifier = "never"
[[families.branch]]
inherits = "network"
timely_filing_days = 90
"""


def test_a_table_for_a_family_goes_above_the_defaults() -> None:
    """The practice describes a group of payers once; what it leaves open stays the family's."""
    found = made(FAMILY)
    assert said(found, "unit_rule") == ("cms", "your family commercial")
    assert said(found, "ncci") == ("own", "family commercial")
    assert found.resolve("one", DAY).origin["unit_rule"].endswith("always (our office manual)")


def test_the_payers_own_table_goes_above_the_family() -> None:
    """The last layer that speaks of the day decides, key by key."""
    found = made(FAMILY + '[[payers.one.policy]]\nfrom = 2026-01-01\nunit_rule = "full15"\n')
    assert said(found, "unit_rule") == ("full15", "policy one")
    assert said(found, "discipline_modifier") == ("always", "your family commercial")
    assert said(found, "unit_rule", dt.date(2025, 12, 31))[0] == "cms"


def test_a_family_of_the_practice_inherits_down_the_line() -> None:
    """Branch over network over the practice's commercial over ours."""
    found = made(FAMILY + OWN, 'family = "branch"')
    assert found.payers["one"].family == "commercial"
    assert found.payers["one"].group == "branch"
    assert said(found, "timely_filing_days") == (90, "your family branch")
    assert said(found, "discipline_modifier") == ("never", "your family network")
    assert said(found, "unit_rule") == ("cms", "your family commercial")


STATES = """
[[families."medicaid:OH"]]
until = 2026-06-30
unit_rule = "cms"
[[families."medicaid:OH"]]
from = 2026-07-01
unit_rule = "full15"
[[families."medicaid:TX"]]
unit_rule = "midpoint"
[[families.medicaid]]
discipline_modifier = "always"
"""


@pytest.mark.parametrize(
    ("state", "day", "rule"),
    [("OH", "2026-06-30", "cms"), ("OH", "2026-07-01", "full15"), ("TX", "2026-07-01", "midpoint"),
     ("IN", "2026-07-01", None)],
)  # fmt: skip
def test_a_states_table_holds_for_payers_of_that_state(
    state: str, day: str, rule: str | None
) -> None:
    """Each state's own days; another state's table never."""
    found = made(STATES, f'family = "medicaid"\nstate = "{state}"')
    policy = found.policy("one", dt.date.fromisoformat(day))
    assert (policy.unit_rule, policy.discipline_modifier) == (rule, "always")


def test_a_payer_without_a_state_has_no_states_table() -> None:
    """Without `state` only the family's tables hold."""
    assert made(STATES, 'family = "medicaid"').policy("one", DAY).unit_rule is None


def test_the_states_pair_table_is_the_payers_state() -> None:
    """Medicaid's code pairs are those of the payer's state, unless a table names another."""
    found = made("", 'family = "medicaid"\nstate = "OH"')
    assert said(found, "ncci_state") == ("OH", "state of the payer")
    named = '[[payers.one.policy]]\nncci = "medicaid"\nncci_state = "KY"\n'
    assert said(made(named, 'family = "medicaid"\nstate = "OH"'), "ncci_state")[0] == "KY"


def test_a_state_may_have_defaults_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shipped table of a family in a state goes above the family's and below the practice's."""
    rows = (DatedPolicy(span=ALWAYS, stated={"unit_rule": "full15", "pool": "visit"}),)
    shipped = {**policy_layers.DEFAULTS, "commercial:OH": rows}
    monkeypatch.setattr(policy_layers, "DEFAULTS", shipped)
    found = made(FAMILY, 'family = "commercial"\nstate = "OH"')
    assert said(found, "pool") == ("visit", "family commercial:OH")
    assert said(found, "unit_rule") == ("cms", "your family commercial")


WRONG = [
    ("unknown key", '[[families.commercial]]\nunit_rul = "cms"', "families.commercial[0].unit_rul", "unit_rule?"),
    ("wrong value", '[[families.commercial]]\nunit_rule = "eights"', "families.commercial[0].unit_rule", "expected one of"),
    ("overlap", "[[families.commercial]]\n[[families.commercial]]", "families.commercial[1]", "overlap"),
    ("ends before it begins", "[[families.commercial]]\nfrom = 2026-02-01\nuntil = 2026-01-01", "families.commercial[0].until", "before its from"),
    ("unknown family", '[[families.comercial]]\nunit_rule = "cms"', "families.comercial", "do you mean commercial"),
    ("unknown state", '[[families."medicaid:QQ"]]\nunit_rule = "cms"', "families.medicaid:QQ", "no family of ours"),
    ("inherits nothing", '[[families.net]]\ninherits = "nothing"', "families.net.inherits", "nothing is no family"),
    ("inherits in a circle", '[[families.a]]\ninherits = "b"\n[[families.b]]\ninherits = "a"', "families.a.inherits", "circle"),
    ("ours inherits", '[[families.auto]]\ninherits = "commercial"', "families.auto.inherits", "inherits nothing"),
    ("two parents", '[[families.n]]\ninherits = "auto"\nuntil = 2025-12-31\n[[families.n]]\ninherits = "va"\nfrom = 2026-01-01', "families.n", "one other"),
    ("no tables", '[families]\ncommercial = "cms"', "families.commercial", "expected tables [[families.commercial]]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "column", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_family_table_is_refused_with_its_place(
    tables: str, column: str, words: str
) -> None:
    """The path and the line of the table or key, and what is expected."""
    found = {problem.where.column: problem for problem in faults(tables)}
    assert words in found[column].message
    text = f'{HEAD}{MINE}family = "commercial"\n{tables}'.splitlines()
    line = text[found[column].where.line - 1]
    named = column.removeprefix("families.").removesuffix(".inherits").partition("[")[0]
    assert named in line or column.rpartition(".")[2] in line


@pytest.mark.parametrize(
    ("family", "words"),
    [('family = "medicaid:OH"', "the state beside it"), ('family = "netwrk"', "mean network?")],
)
def test_a_payer_of_no_family_is_refused(family: str, words: str) -> None:
    """The payer's own key is named, with what may stand there."""
    (found,) = faults(FAMILY + OWN, family)
    assert found.where.column == "payers.one.family"
    assert words in found.message


def test_faults_of_a_payers_table_name_their_line() -> None:
    """The line of the second table's key, not of the first's."""
    tables = """
[[payers.one.policy]]
until = 2025-12-31
unit_rule = "cms"

[[payers.one.policy]]
from = 2026-01-01
unit_rule = "eights"
"""
    (found,) = faults(tables)
    text = f'{HEAD}{MINE}family = "commercial"\n{tables}'.splitlines()
    assert text[found.where.line - 1] == 'unit_rule = "eights"'


def test_part_b_defaults() -> None:
    """What two sources agree on for Part B holds without a word in the practice file."""
    found = made("", 'family = "medicare-b"').policy("one", DAY)
    assert (found.kx, found.mue, found.takes_void) == ("threshold", "medicare", False)
    assert (found.assistant_reduction_percent, found.assistant_reduction_base) == (15, "payment")
    before = made("", 'family = "medicare-b"').policy("one", dt.date(2021, 12, 31))
    assert before.assistant_reduction_percent is None


def test_each_default_has_a_source() -> None:
    """No shipped row decides without saying who says so."""
    assert all(row.source for rows in policy_layers.DEFAULTS.values() for row in rows)


def test_suggestions_never_decide() -> None:
    """A payer whose name has a suggestion resolves as one without."""
    text = MINE.replace("One Health Plan", "CIGNA HEALTH")
    found = practice.read("p", f'{HEAD}{text}family = "commercial"\n')
    assert found.policy("one", DAY) == made("").policy("one", DAY)
    assert next(h.value for h in hints("commercial", "", "CIGNA HEALTH", DAY)) == 90


@pytest.mark.parametrize(
    ("family", "state", "name", "key", "value"),
    [("medicaid", "TX", "", "timely_filing_days", 95), ("medicaid", "OH", "", "timely_filing_days", None),
     ("commercial", "", "Aetna PPO", "timely_filing_days", 120),
     ("commercial", "", "Aetnatic", "timely_filing_days", None),
     ("va", "", "", "authorization_required", "hold")],
)  # fmt: skip
def test_suggestions_are_about_somebody(
    family: str, state: str, name: str, key: str, value: Any
) -> None:
    """By family, state and whole words of the name."""
    found = {hint.key: hint.value for hint in reversed([*hints(family, state, name, DAY)])}
    assert found.get(key) == value


def test_suggestions_have_days() -> None:
    """What is said for a time is not said of other days."""
    first = [h.key for h in hints("medicare-b", "", "", dt.date(2026, 3, 1))]
    later = [h.key for h in hints("medicare-b", "", "", dt.date(2028, 1, 1))]
    assert "telehealth_modifier" in first
    assert "telehealth_modifier" not in later
    assert len(HINTS) > 20


def test_every_key_has_a_topic_and_words() -> None:
    """Each key stands under one topic; one without a default says what its silence does."""
    listed = [key for keys in topics().values() for key in keys]
    assert sorted(listed) == sorted(a.name for a in attrs.fields(Policy))
    assert {*UNSAID} <= {*listed}
    blank = Policy()
    silent = {key for key in listed if not value_words(getattr(blank, key))}
    assert {*UNSAID} <= silent
    assert all(unsaid_words(key, None).startswith("not said: ") for key in silent)


def test_the_issue_asks_for_these_keys() -> None:
    """Corrections by their names, each deadline with the day it counts from."""
    names = {a.name for a in attrs.fields(Policy)}
    assert {
        "takes_replacement", "takes_void", "reopening_days", "reopening_from",
        "corrected_claim_days", "corrected_claim_from", "appeal1_days", "appeal1_from",
        "appeal1_source", "timely_filing_days", "secondary_filing_days", "secondary_filing_from",
        "one_claim_per_day",
    } <= names  # fmt: skip


def test_spans() -> None:
    """Both ends belong to a span; open ends reach all days."""
    span = Span(first=dt.date(2026, 1, 1), last=dt.date(2026, 1, 31))
    assert span.holds(dt.date(2026, 1, 31))
    assert not span.holds(dt.date(2026, 2, 1))
    assert ALWAYS.overlaps(span)
