"""Unit limits (MUE): by line or by day, over all claims of the day, by policy and date."""

import datetime as dt
from decimal import Decimal

import pytest
from attrs import evolve
from tables_made import Made, limit
from visits_made import DAY, at, clinic, clinic_with, codes, done, visit

from edi.problem import CODES
from mapping import claims
from mapping.claims import OVERRIDABLE
from mapping.day import patient_key
from mapping.draft import NO_HISTORY, Drafts, History
from mapping.limits import LIMITS, VERSION
from mapping.reference import BilledLine, UnitLimit
from mapping.starter import STARTER
from mapping.visit import Visit


def billed(
    *visits: Visit,
    limits: tuple[UnitLimit, ...] = (),
    history: History = NO_HISTORY,
    **policy: object,
) -> Drafts:
    """All that comes of the visits under Medicare's policy, with these limits or the starter's."""
    setup = clinic_with("medicare", **{"mue": "medicare", **policy})
    reference = Made(limits=limits) if limits else STARTER
    return claims.draft(visits, setup, history, reference=reference)


def units(number: int, code: str = "97530") -> Visit:
    """A visit of so many units."""
    return visit(done(code, 15 * number), payer="medicare")


@pytest.mark.parametrize(("number", "held"), [(6, False), (7, True)], ids=["at", "above"])
def test_above_the_limit_of_the_day_is_held(number: int, held: bool) -> None:
    """97530: six units a day go, seven wait; the finding cites the table and the indicator."""
    found = billed(units(number))
    assert bool(found.held) is held
    if held:
        problem = next(p for p in found.held[0].problems if p.code == "hold.units-limit")
        assert problem.message == "97530: 7 units on the day, the table allows 6 a day"
        assert problem.source.startswith(f"{VERSION}, MAI 3")


@pytest.mark.parametrize(
    ("demand", "expected"),
    [("no", []), ("warn", ["warn.units-limit"]), ("hold", ["hold.units-limit"])],
)
def test_a_clinical_limit_is_as_strict_as_the_policy(demand: str, expected: list[str]) -> None:
    """MAI 3 may be exceeded with records: the payer's policy says what we do."""
    found = billed(units(7), mue_clinical=demand)
    problems = found.held[0].problems if found.held else found.drafts[0].warnings
    assert [p.code for p in problems if "units-limit" in p.code] == expected


def test_a_limit_by_policy_is_absolute() -> None:
    """MAI 2 holds whatever the policy says of clinical limits, and nobody can set it aside."""
    above = (limit("97530", 1, "2"),)
    found = billed(units(2), limits=above, mue_clinical="no")
    assert "hold.units-never" in codes(found.held[0].problems)
    waived = {"V-1": frozenset({"hold.units-never"})}
    setup = clinic_with("medicare", mue="medicare")
    assert claims.draft([units(2)], setup, waived=waived, reference=Made(limits=above)).held


def test_a_limit_of_a_line_counts_each_line() -> None:
    """MAI 1: two lines of two units pass where one of four would not."""
    apart = visit(
        done("97530", 30, modifiers=("76",), blocks=at("09:00-09:30")),
        done("97530", 30, blocks=at("10:00-10:30")),
        payer="medicare",
    )
    one_line = (limit("97530", 2, "1"),)
    assert billed(apart, limits=one_line).drafts
    assert "hold.units-limit" in codes(billed(units(4), limits=one_line).held[0].problems)


def test_lines_of_the_day_are_summed_over_claims() -> None:
    """PT sent four units before; three more of OT are seven."""
    line = BilledLine(
        claim="CT1",
        payer="medicare",
        discipline="PT",
        code="97530",
        modifiers=("GP",),
        units=Decimal(4),
        charge=Decimal(300),
        date=DAY,
    )
    ot = evolve(units(3), discipline="OT", treating_clinician="okafor")
    history = History(lines={(patient_key(ot), DAY): (line,)})
    found = billed(ot, history=history)
    problem = next(p for p in found.held[0].problems if p.code == "hold.units-limit")
    assert "7 units on the day (3 here, 4 on claim CT1)" in problem.message
    elsewhere = History(lines={(patient_key(ot), DAY): (evolve(line, payer="acme"),)})
    assert billed(ot, history=elsewhere).drafts


def test_claims_of_one_run_count_in_their_order() -> None:
    """The claim that crosses the limit waits; the first one goes."""
    pt = evolve(units(4), visit_id="V-PT")
    ot = evolve(units(3), visit_id="V-OT", discipline="OT", treating_clinician="okafor")
    found = billed(pt, ot)
    assert [draft.visit_ids for draft in found.drafts] == [("V-PT",)]
    assert "(3 here, 4 on the PT claim)" in next(
        p.message for p in found.held[0].problems if p.code == "hold.units-limit"
    )


def test_a_value_of_one_source_only_warns() -> None:
    """97110's limit is known from one public copy: the claim goes with a warning."""
    found = billed(units(7, "97110"))
    assert [p.code for p in found.drafts[0].warnings] == ["warn.units-limit"]


def test_only_the_values_that_agree_decide() -> None:
    """The shipped values that hold a claim are those several sources give."""
    deciding = {code: one.limit.most for code, one in LIMITS.items() if one.limit.decides}
    assert deciding == {"97530": 6, "97032": 4, "97035": 2, "97116": 4}


def test_before_the_table_begins_nothing_is_held() -> None:
    """The shipped values are of 2026; an earlier day has no limit here."""
    assert STARTER.limit("97530", dt.date(2025, 12, 31), "medicare") is None
    assert STARTER.limit("97530", dt.date(2026, 1, 1), "medicare") is not None


@pytest.mark.parametrize("mue", [None, "none", "own"], ids=["nobody says", "none", "own"])
def test_without_a_table_nothing_is_held(mue: str | None) -> None:
    """No table of the payer's, no limit: its own is known from an import only."""
    setup = clinic_with("acme", mue=mue)
    (draft,) = claims.draft((visit(done("97530", 105)),), setup).drafts
    assert codes(draft.warnings) == []
    assert VERSION not in draft.versions


def test_the_claim_cites_the_limits_that_were_asked() -> None:
    """The version of the table stands with every claim it was asked for."""
    assert VERSION in billed(units(1)).drafts[0].versions
    assert VERSION not in claims.draft((visit(),), clinic()).drafts[0].versions


@pytest.mark.parametrize("table", ["medicaid", "medicaid:OH"])
def test_medicares_starter_limits_only_warn_for_medicaid(table: str) -> None:
    """Medicaid has a table of its own: until it is imported nothing is held by Medicare's."""
    whose, _, state = table.partition(":")
    found = billed(units(7), mue=whose, ncci_state=state)
    assert not found.held
    assert [p.code for p in found.drafts[0].warnings if "units-limit" in p.code] == [
        "warn.units-limit"
    ]
    assert STARTER.version("mue", table, DAY) == VERSION


@pytest.mark.parametrize(("demand", "number"), [("no", 0), ("warn", 1), ("hold", 1)])
def test_a_clinical_limit_of_one_source_is_not_looked_at_where_policy_says_so(
    demand: str, number: int
) -> None:
    """``mue_clinical`` = no also silences what would only warn."""
    found = billed(units(7, "97110"), mue_clinical=demand)
    warned = [p for p in found.drafts[0].warnings if p.code == "warn.units-limit"]
    assert len(warned) == number


def test_one_unit_is_said_as_one() -> None:
    """A code the table never pays: one unit is too many."""
    found = billed(visit(done("97014", 15, charge=Decimal(20)), payer="medicare"))
    problems = found.held[0].problems if found.held else found.drafts[0].warnings
    said = [p.message for p in problems if p.code == "warn.units-limit"]
    assert [text.partition(" (")[0] for text in said] == [
        "97014: 1 unit on the day, the table allows 0 a day"
    ]


def test_the_hold_names_the_road_of_units_that_were_given() -> None:
    """Who billed what the record supports is told to override by name, and to appeal with records."""
    todo = CODES["hold.units-limit"].todo
    assert "override by name" in todo
    assert "redetermination with the records" in todo
    assert "hold.units-limit" in OVERRIDABLE
    assert "override" not in CODES["hold.units-never"].todo
