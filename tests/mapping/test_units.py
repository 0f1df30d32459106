"""Minutes to units: published examples, the table of thresholds, properties of each rule."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.policy import TieBreak
from mapping.units import RULES, assign, compare, pooled

DATA = Path(__file__).parent / "data" / "unit_examples.csv"
with DATA.open(encoding="utf-8") as lines:
    EXAMPLES = list(csv.DictReader(lines))
assert len(EXAMPLES) == 35

TIMED = ("97530", "97110", "97112", "97116", "97140", "97535", "97035")
sessions = st.lists(
    st.tuples(st.sampled_from(TIMED), st.integers(0, 120)), max_size=6, unique_by=lambda m: m[0]
)


def minutes(row: dict[str, str]) -> list[tuple[str, int]]:
    """``97530 24; 97110 23`` as pairs."""
    parts = (part.split() for part in row["minutes"].split(";"))
    return [(code, int(spent)) for code, spent in parts]


def allocation(text: str) -> dict[str, int]:
    """``97530x2; 97110x1 (tie)`` as units by code."""
    return {code: int(n) for code, n in re.findall(r"(\w{5})x(\d+)", text)}


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['id']}: {row['minutes']}")
def test_published_examples_under_the_cms_rule(row: dict[str, str]) -> None:
    """Every example gives the pooled units and their allocation, first listed winning ties."""
    result = assign(minutes(row), "cms")
    assert dict(result.units) == allocation(row["cms_allocation"])
    assert sum(result.units.values()) == int(row["cms_units"])
    assert result.total_minutes == int(row["total_timed_minutes"])


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['id']}: {row['minutes']}")
def test_published_examples_under_the_midpoint_rule(row: dict[str, str]) -> None:
    """Every example gives the units of each code by itself."""
    result = assign(minutes(row), "midpoint")
    assert dict(result.units) == allocation(row["midpoint_allocation"])
    assert sum(result.units.values()) == int(row["midpoint_units"])


# CMS Pub. 100-04 ch. 5 sec. 20.2: first and last minute of each number of units.
THRESHOLDS = [(0, 0, 7), *((n, 15 * n - 7, 15 * n + 7) for n in range(1, 33))]


@pytest.mark.parametrize(("units", "first", "last"), THRESHOLDS, ids=str)
def test_pooled_units_equal_the_published_table(units: int, first: int, last: int) -> None:
    """Every total to 480 minutes gives the units of the manual's table."""
    assert {pooled(total) for total in range(first, last + 1)} == {units}


@given(sessions)
def test_cms_units_add_up_to_the_pool(session: list[tuple[str, int]]) -> None:
    """All units of the total are given out, no code gets more than one spare unit."""
    result = assign(session, "cms")
    assert sum(result.units.values()) == pooled(sum(spent for _, spent in session))
    for code, spent in session:
        assert spent // 15 <= result.units[code] <= spent // 15 + 1


@given(sessions, st.sampled_from(["first listed", "more minutes", "therapist first"]))
def test_spare_units_go_to_the_largest_remainders(
    session: list[tuple[str, int]], tie_break: TieBreak
) -> None:
    """Whatever breaks ties, a code without a spare unit never had more minutes left."""
    result = assign(session, "cms", tie_break=tie_break)
    won = [m % 15 for code, m in session if result.units[code] > m // 15]
    lost = [m % 15 for code, m in session if result.units[code] == m // 15]
    assert not won or not lost or min(won) >= max(lost)


@given(sessions)
def test_midpoint_and_full15_count_each_code_by_itself(session: list[tuple[str, int]]) -> None:
    """The units of a code do not depend on the other codes."""
    for rule in ("midpoint", "full15"):
        together = assign(session, rule)  # type: ignore[arg-type]  # a literal of the tuple above
        for code, spent in session:
            alone = assign([(code, spent)], rule)  # type: ignore[arg-type]  # as above
            assert together.units[code] == alone.units[code]


@given(sessions)
def test_order_matters_only_in_ties(session: list[tuple[str, int]]) -> None:
    """Listing the codes the other way round changes units only where remainders are equal."""
    left = [spent % 15 for _, spent in session]
    if len(set(left)) == len(left):
        there, back = assign(session, "cms"), assign(reversed(session), "cms")
        assert dict(there.units) == dict(back.units)


@pytest.mark.parametrize(
    ("tie_break", "winner"),
    [("first listed", "97110"), ("more minutes", "97530"), ("therapist first", "97140")],
)
def test_a_tie_is_broken_as_the_policy_says(tie_break: TieBreak, winner: str) -> None:
    """Of codes with equal remainders, the policy's choice gets the spare unit."""
    session = [("97110", 10), ("97530", 25), ("97140", 10)]  # 45 minutes: 3 units, 2 spare
    session = [("97110", 5), ("97530", 20), ("97140", 5)]  # 30 minutes: 2 units, 1 spare
    own = {"97110": 0, "97530": 2, "97140": 5}
    result = assign(session, "cms", tie_break=tie_break, therapist_minutes=own)
    extra = {code for code, spent in session if result.units[code] > spent // 15}
    assert extra == {winner}


def test_rows_of_one_code_are_summed() -> None:
    """Two rows of one code are one code of the session."""
    assert dict(assign([("97530", 7), ("97530", 8)], "midpoint").units) == {"97530": 1}


def test_untimed_codes_are_one_unit_and_stay_out_of_the_total() -> None:
    """An evaluation's minutes never make a unit of a timed code."""
    result = assign([("97161", 45), ("97530", 7)], "cms")
    assert dict(result.units) == {"97161": 1, "97530": 0}
    assert result.total_minutes == 7


@pytest.mark.parametrize("code", ["96125", "96105", "98980", "97598", "99999"])
def test_codes_that_are_not_plain_get_no_units_but_a_reason(code: str) -> None:
    """A code with a base of its own, or unknown, is named and not guessed at."""
    result = assign([(code, 30)], "cms")
    assert dict(result.units) == {}
    assert "state its units" in result.unassigned[code]


def test_the_reasoning_names_minutes_remainders_and_the_winner() -> None:
    """The explanation can be followed by hand."""
    because = assign([("97112", 24), ("97110", 23)], "cms").because
    assert because == (
        "47 timed minutes in all give 3 units (8-minute rule)",
        "97112: 24 minutes are 1 unit of 15 and 9 left",
        "97110: 23 minutes are 1 unit of 15 and 8 left",
        "a spare unit goes to 97112 with 9 minutes left",
    )


def test_negative_minutes_are_our_own_mistake() -> None:
    """Minutes below zero raise: no reader lets them through."""
    with pytest.raises(ValueError, match="negative"):
        assign([("97530", -1)], "cms")


def test_compare_shows_every_rule() -> None:
    """Each rule has its answer to E01 of the manual."""
    shown = compare([("97112", 24), ("97110", 23)])
    assert {rule: sum(shown[rule].units.values()) for rule in RULES} == {
        "cms": 3,
        "midpoint": 4,
        "full15": 2,
        "hybrid": 3,
    }
