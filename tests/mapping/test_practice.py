"""The practice file: read whole, every fault with its place, policies and charges by day."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from visits_made import DAY, clinic, example

from edi.problem import Problem
from mapping import practice
from mapping.policy import ALWAYS, Span
from mapping.policy_layers import DEFAULTS

TEXT = example("practice.md", "toml")


def faults(text: str) -> list[Problem]:
    """The errors a text is refused for."""
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", text)
    return [problem for problem in caught.value.problems if problem.level == "error"]


def test_the_documented_example_is_right() -> None:
    """It is read, and the check has nothing but advice on what a state manual may say."""
    found = practice.check(practice.read("practice.toml", TEXT))
    assert [(p.level, p.where.column) for p in found] == [
        ("warning", "payers.ohio-medicaid.policy.timely_filing_days"),
    ]


WRONG = [
    ("not TOML", "[practice\n", "practice.unreadable", ""),
    ("NPI with a bad check digit", ('"1000000012"', '"1000000013"'), "input.invalid", "entities.riverbend.npi"),
    ("short EIN", ('"31-1234567"', '"31-12345"'), "input.invalid", "entities.riverbend.ein"),
    ("taxonomy", ('"261QP2000X"', '"261QP2000"'), "input.invalid", "entities.riverbend.taxonomy"),
    ("place of service", ('place_of_service = "11"', 'place_of_service = "98"'), "input.invalid", "locations.main.place_of_service"),
    ("misspelt field", ('last_name = "Rivera"', 'lastname = "Rivera"'), "input.unknown-field", "people.rivera.lastname"),
    ("misspelt policy key", ('unit_rule = "midpoint"', 'unit_rul = "midpoint"'), "input.unknown-field", "payers.acme.policy[0].unit_rul"),
    ("unknown rule", ('unit_rule = "midpoint"', 'unit_rule = "eights"'), "input.invalid", "payers.acme.policy[0].unit_rule"),
    ("unknown family", ('family = "medicaid"', 'family = "medicade"'), "input.invalid", "payers.ohio-medicaid.family"),
    ("unknown section", ("[submitter]", "[sender]\nx = 1\n[submitter]"), "input.unknown-field", "sender"),
    ("receiver that is not there", ('receiver = "clearing" ', 'receiver = "cleering" '), "practice.unknown-key", "payers.medicare.receiver"),
    ("fees of a payer that is not there", ('payers = ["buckeye-comp"]', 'payers = ["buckeye"]'), "practice.unknown-key", "fees[1].payers"),
    ("negative charge", ("97110 = 55.00", "97110 = -55.00"), "input.invalid", "fees[0].charges.97110"),
    ("charge of no code", ("97110 = 55.00", "9711 = 55.00"), "input.invalid", "fees[0].charges.9711"),
    ("two claims per ST of nothing", ("claims_per_transaction = 20", "claims_per_transaction = 0"), "input.invalid", "receivers.clearing.claims_per_transaction"),
    ("a date that is none", ("from = 2026-01-01                   #", 'from = "soon" #'), "input.invalid", "payers.acme.policy[0].from"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "column"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_fault_is_refused_with_its_place(change: Any, code: str, column: str) -> None:
    """The file is refused, and the first error leads to the key."""
    if isinstance(change, str):
        text = change
    else:
        assert change[0] in TEXT
        text = TEXT.replace(change[0], change[1], 1)
    found = [(p.code, p.where.column) for p in faults(text)]
    assert (code, column) in found


def test_all_faults_come_at_once() -> None:
    """Two wrong values and a missing table are three problems of one reading."""
    text = TEXT.replace('"1000000012"', '"1"').replace('"31-1234567"', '"2"')
    text = text.replace('id = "RB1234"', 'maid = 1\nid = "RB1234"')
    assert len(faults(text)) == 3


MORE = """
[[payers.acme.policy]]
from = {first}
until = {last}
unit_rule = "cms"
"""


def test_overlapping_policies_are_refused() -> None:
    """Two tables of one payer that speak of one day: which holds, nobody knows."""
    found = faults(TEXT + MORE.format(first="2026-06-01", last="2026-12-31"))
    assert [(p.code, p.where.column) for p in found] == [
        ("practice.overlap", "payers.acme.policy[1]")
    ]


def test_policies_change_with_the_day() -> None:
    """The table of the day decides; what it leaves open comes from the family."""
    made = practice.read("p", TEXT + MORE.format(first="2025-01-01", last="2025-12-31"))
    assert made.policy("acme", dt.date(2025, 12, 31)).unit_rule == "cms"
    assert made.policy("acme", dt.date(2026, 1, 1)).unit_rule == "midpoint"
    assert made.policy("acme", dt.date(2024, 1, 1)).unit_rule == "midpoint"  # family
    assert made.policy("acme", dt.date(2024, 1, 1)).discipline_modifier is None


def test_each_value_says_where_it_comes_from() -> None:
    """A policy can be traced to the practice file or to the family and its source."""
    origin = clinic().resolve("acme", DAY).origin
    assert origin["unit_rule"].startswith("policy acme since 2026-01-01 (provider manual")
    assert clinic().resolve("medicare", DAY).origin["unit_rule"].startswith("family medicare-b")


@pytest.mark.parametrize(
    ("day", "assistant", "column"),
    [
        ("2019-06-30", "none", "2"),
        ("2019-12-31", "none", "either"),
        ("2020-01-01", "required", "either"),
    ],
)
def test_part_b_defaults_follow_the_calendar(day: str, assistant: str, column: str) -> None:
    """CQ and CO since 2020; a distinct modifier on either column since 2019-07-01."""
    policy = clinic().policy("medicare", dt.date.fromisoformat(day))
    assert (policy.assistant_modifiers, policy.distinct_column) == (assistant, column)


@pytest.mark.parametrize("family", ["auto", "tricare", "va"])
def test_families_without_two_sources_have_no_defaults(family: str) -> None:
    """What is not known to hold for a family is left to the practice file."""
    assert DEFAULTS[family] == ()


def test_charges_by_payer_modifier_and_day() -> None:
    """The payer's schedule first, code with modifier before code, none outside its days."""
    made = clinic()
    assert made.charge("buckeye-comp", "97530", ("GP",), DAY) == (Decimal("70.00"), "Buckeye 2026")
    assert made.charge("buckeye-comp", "97530", ("CQ",), DAY) == (Decimal("60.00"), "Buckeye 2026")
    assert made.charge("buckeye-comp", "97110", (), DAY) == (Decimal("55.00"), "2026")
    assert made.charge("acme", "97530", ("CQ",), DAY) == (Decimal("60.00"), "2026")
    assert made.charge("acme", "97530", (), dt.date(2025, 12, 31)) is None
    assert made.charge("acme", "99999", (), DAY) is None


CHECKS = [
    ("no phone nor email", ('phone = "614-555-0100"\nemail = "billing@riverbend.example"\n', ""), "submitter.contact", "error"),
    ("no test ids", ('[receivers.clearing.test]\nsender = "RB1234T"', '[receivers.clearing.production]\nsender = "RB1234T"'), "receivers.clearing.test", "warning"),
    ("sender id too long", ('sender = "RB1234T"', 'sender = "RB12345678901234"'), "receivers.clearing.test.sender", "error"),
    ("short ZIP of the biller", ("43215-1234", "43215"), "entities.riverbend.address.zip", "warning"),
    ("box of the biller", ('line1 = "100 River Road"', 'line1 = "P.O. Box 12"'), "entities.riverbend.address.line1", "warning"),
    ("no taxonomy", ('taxonomy = "261QP2000X"\n', ""), "entities.riverbend.taxonomy", "warning"),
    ("short ZIP of a place", ("43055-0005", "43055"), "locations.east.address.zip", "warning"),
    ("OT taxonomy of a PT", ('"225100000X"', '"225X00000X"'), "people.rivera.taxonomy", "warning"),
    ("PT taxonomy of an assistant", ('"225200000X"', '"225100000X"'), "people.pike.taxonomy", "warning"),
    ("therapist without NPI", ('npi = "1000000038"\n', ""), "people.rivera.npi", "warning"),
    ("payer without a unit rule", ('unit_rule = "cms"\n', ""), "payers.ohio-medicaid.policy.unit_rule", "error"),
    ("common code without a charge", ("97535 = 60.00\n", ""), "fees.charges.97535", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "column", "level"), [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS]
)
def test_the_check_says_what_claims_will_lack(
    change: tuple[str, str], column: str, level: str
) -> None:
    """Each gap is found with its place, beside nothing else new."""
    text = TEXT
    if "receivers.clearing.test]" in change[0]:
        text = TEXT.replace(
            TEXT[
                TEXT.index("[receivers.clearing.test]") : TEXT.index(
                    "[receivers.clearing.production]"
                )
            ],
            "",
        )
    else:
        assert change[0] in text
        text = text.replace(change[0], change[1], 1)
    usual = {p.where.column for p in practice.check(clinic())}
    found = practice.check(practice.read("practice.toml", text))
    assert [(p.where.column, p.level) for p in found if p.where.column not in usual] == [
        (column, level)
    ]
    assert {p.where.file for p in found} == {"practice.toml"}


def test_the_check_finds_keys_that_lead_nowhere_in_a_practice_made_by_hand() -> None:
    """The same rule that refuses a file finds it in values."""
    made = clinic()
    location = evolve(made.locations["main"], entity="nobody")
    found = practice.check(evolve(made, locations={"main": location}))
    assert ("locations.main.entity", "error") in [(p.where.column, p.level) for p in found]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ALWAYS, Span(first=DAY), True),
        (Span(last=DAY), Span(first=DAY), True),
        (Span(last=DAY - dt.timedelta(days=1)), Span(first=DAY), False),
        (Span(first=DAY, last=DAY), Span(first=DAY + dt.timedelta(days=1)), False),
    ],
    ids=["always", "shared day", "end to end", "after"],
)
def test_spans_overlap_only_in_a_common_day(one: Span, other: Span, expected: bool) -> None:
    """Both ends are included, whichever comes first."""
    assert one.overlaps(other) == expected
    assert other.overlaps(one) == expected


def test_a_time_zone_nobody_knows_is_refused() -> None:
    """It decides which day it is: a wrong name is an error of the file."""
    (fault,) = faults(TEXT.replace('"America/New_York"', '"New York"'))
    assert fault.where.column == "practice.time_zone"


def test_fees_of_nothing_and_two_payers_of_one_id_are_warned_of() -> None:
    """Both are said with their place, and nothing is refused."""
    text = TEXT.replace("97530 = 60.00", "97530 = 0", 1).replace('"ACME1"', '"15202"')
    found = practice.check(practice.read("practice.toml", text))
    assert {(p.code, p.where.column) for p in found} >= {
        ("practice.no-charge", "fees[0].charges.97530"),
        ("practice.same-id", "payers.acme.id"),
    }
    assert {p.level for p in found} == {"warning"}
