"""Minutes to units: published examples, the table of thresholds, properties of each rule."""

import csv
import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.policy import TieBreak, UnitRule
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


SHAPES = ("97129", "97130", "97545", "97546", "97550", "97551", "92607", "92608")
mixed = st.lists(
    st.tuples(st.sampled_from(TIMED + SHAPES), st.integers(0, 200)),
    max_size=6,
    unique_by=lambda m: m[0],
)


@given(sessions)
def test_hybrid_is_never_more_than_either_rule(session: list[tuple[str, int]]) -> None:
    """Each code gets the smaller of what cms and midpoint give it; so does the day."""
    shown = compare(session)
    totals = {rule: sum(shown[rule].units.values()) for rule in RULES}
    assert totals["hybrid"] == min(totals["cms"], totals["midpoint"])
    for code, _ in session:
        assert shown["hybrid"].units[code] == min(
            shown["cms"].units[code], shown["midpoint"].units[code]
        )


def test_hybrid_says_that_it_is_a_reading() -> None:
    """The reasons name both totals and which of them was taken."""
    result = assign([("97530", 20), ("97140", 20)], "hybrid")
    assert result.rule == "hybrid"
    assert result.because[0] == (
        "hybrid rule, read safely as the smaller of two: cms gives 3 units, midpoint 2 units; "
        "counted by midpoint"
    )


@pytest.mark.parametrize(
    ("session", "units"),
    [
        ([("97129", 7), ("97130", 0)], {"97129": 0, "97130": 0}),
        ([("97129", 8), ("97130", 0)], {"97129": 1, "97130": 0}),
        ([("97129", 15), ("97130", 7)], {"97129": 1, "97130": 0}),
        ([("97129", 15), ("97130", 8)], {"97129": 1, "97130": 1}),
        ([("97129", 38), ("97130", 0)], {"97129": 1, "97130": 2}),
        ([("97545", 60), ("97546", 0)], {"97545": 0, "97546": 0}),
        ([("97545", 61), ("97546", 0)], {"97545": 1, "97546": 0}),
        ([("97545", 120), ("97546", 31)], {"97545": 1, "97546": 1}),
        ([("97545", 120), ("97546", 90)], {"97545": 1, "97546": 1}),
        ([("97545", 120), ("97546", 91)], {"97545": 1, "97546": 2}),
        ([("97550", 15), ("97551", 0)], {"97550": 0, "97551": 0}),
        ([("97550", 16), ("97551", 0)], {"97550": 1, "97551": 0}),
        ([("97550", 30), ("97551", 23)], {"97550": 1, "97551": 2}),
        ([("92607", 31), ("92608", 0)], {"92607": 1, "92608": 0}),
        ([("92607", 60), ("92608", 16)], {"92607": 1, "92608": 1}),
    ],
    ids=lambda value: " ".join(f"{c} {m}" for c, m in value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("rule", ["cms", "midpoint"])
def test_first_units_and_add_ons_by_more_than_half_of_their_base(
    rule: UnitRule, session: list[tuple[str, int]], units: dict[str, int]
) -> None:
    """One first unit at most; what is beyond its base is the add-on's, under every rule."""
    assert dict(assign(session, rule).units) == units


@given(mixed)
def test_a_first_unit_is_one_a_day(session: list[tuple[str, int]]) -> None:
    """First-unit codes never get two units, and their minutes never enter the pool."""
    for rule, result in compare(session).items():
        for first in ("97129", "97545", "97550", "92607"):
            assert result.units.get(first, 0) <= 1, rule
        assert result.total_minutes == sum(m for code, m in session if code in TIMED)


@given(mixed, st.sampled_from(RULES), st.booleans())
def test_units_never_exceed_what_the_minutes_give(
    session: list[tuple[str, int]], rule: UnitRule, pool: bool
) -> None:
    """No rule gives more 15-minute units than its cap: the pool, or each code's own half units."""
    result = assign(session, rule, pool_cognitive=pool)
    timed = [(code, m) for code, m in session if code in TIMED]
    got = sum(result.units[code] for code, _ in timed)
    caps = {
        "cms": pooled(result.total_minutes),
        "midpoint": sum((m + 7) // 15 for _, m in timed),
        "full15": sum(m // 15 for _, m in timed),
    }
    caps["hybrid"] = min(
        sum(compare(session, pool_cognitive=pool)[other].units.values())
        for other in ("cms", "midpoint")
    )
    assert got <= caps[rule]


def test_cognitive_minutes_join_the_pool_where_the_payer_says_so() -> None:
    """97129 with 5 minutes gets nothing alone, and the spare unit when pooled."""
    session = [("97130", 0), ("97129", 12), ("97530", 11)]
    alone = assign(session, "cms", pool_cognitive=False)
    assert dict(alone.units) == {"97130": 0, "97129": 1, "97530": 1}
    assert alone.notes == ()
    session = [("97129", 5), ("97530", 18)]
    assert dict(assign(session, "cms", pool_cognitive=False).units) == {"97129": 0, "97530": 1}
    together = assign(session, "cms", pool_cognitive=True)
    assert dict(together.units) == {"97129": 1, "97530": 1}
    assert together.total_minutes == 23
    assert dict(assign(session, "midpoint", pool_cognitive=True).units) == dict(
        assign(session, "midpoint").units
    )


def test_a_pooled_pair_without_minutes_is_unassigned() -> None:
    """Joining the pool does not make a code without minutes go missing."""
    result = assign([("97129", 0), ("97130", 0), ("97530", 20)], "cms", pool_cognitive=True)
    assert dict(result.units) == {"97530": 1}
    assert set(result.unassigned) == {"97129", "97130"}


def test_a_pooled_pair_has_one_first_unit() -> None:
    """Of three pooled cognitive units one is 97129, two are 97130."""
    result = assign([("97129", 20), ("97130", 25)], "cms", pool_cognitive=True)
    assert dict(result.units) == {"97129": 1, "97130": 2}


def test_nobody_saying_whether_97129_pools_is_noted() -> None:
    """Without pool_cognitive the choice is shown; the midpoint rule needs none."""
    (note,) = assign([("97129", 20)], "cms").notes[-1:]
    assert "pool_cognitive" in note
    assert assign([("97129", 20)], "midpoint").notes == ()


def test_minutes_for_an_add_on_that_is_not_listed_are_noted() -> None:
    """97129 alone with 40 minutes is one unit; what could follow is said."""
    result = assign([("97129", 40)], "midpoint")
    assert dict(result.units) == {"97129": 1}
    assert result.notes == ("2 units of 97130 could follow, which is not listed",)


def test_an_add_on_without_minutes_or_its_first_code_is_unassigned() -> None:
    """Neither minutes nor units: nothing is guessed."""
    result = assign([("97545", 0)], "midpoint")
    assert dict(result.unassigned) == {"97545": "has neither minutes nor units"}


def test_a_tie_without_a_choice_is_not_told() -> None:
    """Where all equal remainders get a unit nobody chose; where one goes without, it is said."""
    both = assign([("97530", 14), ("97110", 14)], "cms").because  # 28 minutes: 2 units
    assert not any("choose" in reason for reason in both)
    one = assign([("97530", 8), ("97110", 8)], "cms")
    assert "equal with 97110: the provider may choose, here first listed" in one.because[-1]
    assert one.spare == {"97530": one.because[-1].removeprefix("a spare unit goes to 97530 with ")}


def test_full_units_remainders_and_spare_units_are_kept_apart() -> None:
    """The figures behind the reasons, for showing in columns."""
    result = assign([("97112", 24), ("97110", 23)], "cms")
    assert (dict(result.full), dict(result.left)) == (
        {"97112": 1, "97110": 1},
        {"97112": 9, "97110": 8},
    )
    assert dict(result.spare) == {"97112": "9 minutes left"}


@pytest.mark.parametrize(
    ("codes", "is_said"), [(["97130"], True), (["97129", "97130"], False)], ids=["alone", "beside"]
)
def test_an_add_on_asked_for_alone_is_said_to_be_one(codes: list[str], is_said: bool) -> None:
    """97130 alone is said to be an add-on; beside its first code nothing is said."""
    from claimline.services.units import Minutes, Terms, counted

    terms = Terms(rule="cms", tie_break="first listed", day=dt.date(2026, 3, 10))
    found = counted([Minutes(code=code, therapist=20) for code in codes], terms)
    assert any("is an add-on" in note for note in found.notes) is is_said
