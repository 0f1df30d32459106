"""What a payer takes in a day: caps, times of codes, evaluations, lines of one code."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from visits_made import (
    DAY,
    at,
    clinic,
    clinic_with,
    codes,
    done,
    drafted,
    held,
    outcome,
    shown,
    visit,
)

from mapping import claims
from mapping.draft import ClaimDraft, Held, History
from mapping.policy import DatedPolicy, Span
from mapping.reference import BilledLine


def sent(code: str, units: int, **more: Any) -> BilledLine:
    """A line of the patient's day on a claim sent before."""
    line = BilledLine(
        claim="CT1",
        payer="acme",
        discipline="PT",
        code=code,
        modifiers=(),
        units=Decimal(units),
        charge=Decimal(60),
        date=DAY,
    )
    return evolve(line, **more)


@pytest.mark.parametrize(
    ("policy", "procedures", "words"),
    [
        ({"max_units_per_day": 2}, [done("97530", 45)], "3 timed units"),
        ({"max_units_per_day": 2}, [done("97530", 30), done("97161", 40)], ""),
        ({"max_minutes_per_day": 40}, [done("97530", 41)], "41 timed minutes"),
        ({"max_minutes_per_day": 40}, [done("97530", 40), done("97161", 40)], ""),
        ({"max_units_of_code": 2}, [done("97530", 45)], "3 units of 97530"),
        ({"max_units_of_code": 2}, [done("97530", 30), done("97112", 30)], ""),
        (
            {"max_units_per_day": 2, "capped_codes": ("97110", "97112")},
            [done("97530", 60), done("97110", 30)],
            "",
        ),
        (
            {"max_units_per_day": 2, "capped_codes": ("97110", "97112")},
            [done("97112", 15), done("97110", 30)],
            "3 timed units",
        ),
        ({}, [done("97530", 120)], ""),
    ],
    ids=[
        "units above", "units at the cap, untimed not counted", "minutes above",
        "minutes at the cap", "units of a code above", "units of each code at the cap",
        "a code the cap does not list", "codes the cap lists", "no cap",
    ],
)  # fmt: skip
def test_daily_caps(policy: dict[str, Any], procedures: list[Any], words: str) -> None:
    """More than the policy's cap holds the claim; what the cap does not count is free."""
    made = outcome(visit(*procedures), setup=clinic_with("acme", **policy))
    if not words:
        assert isinstance(made, ClaimDraft), made
        return
    assert isinstance(made, Held)
    (problem,) = [p for p in made.problems if p.level == "error"]
    assert problem.code == "hold.day-limit"
    assert words in problem.message
    assert "max_" in problem.source


def test_a_cap_holds_within_its_days_only() -> None:
    """A cap of next year says nothing of this year."""
    setup = clinic_with("acme", max_units_per_day=1)
    known = setup.payers["acme"]
    later = DatedPolicy(
        span=Span(first=DAY + dt.timedelta(days=1)), stated={"max_units_per_day": 1}
    )
    rows = (*clinic().payers["acme"].policies, later)
    setup = evolve(setup, payers={**setup.payers, "acme": evolve(known, policies=rows)})
    assert isinstance(outcome(visit(done("97530", 30)), setup=setup), ClaimDraft)


def test_caps_count_lines_sent_before() -> None:
    """Units of the day on an earlier claim to the payer count; those of OT or another do not."""
    setup = clinic_with("acme", max_units_per_day=3, claim_per="visit", pool="visit")
    given = visit(done("97530", 30))
    key = claims.day_key(given)[:2]
    for line, is_held in (
        (sent("97110", 2), True),
        (sent("97110", 2, discipline="OT"), False),
        (sent("97110", 2, payer="medicaid"), False),
        (sent("97161", 2), False),
    ):
        made = outcome(given, setup=setup, history=History(lines={key: (line,)}))
        assert isinstance(made, Held) == is_held, line


@pytest.mark.parametrize(
    ("demand", "level"), [("no", None), ("warn", "warning"), ("hold", "error")], ids=str
)
def test_times_of_every_code_where_the_payer_wants_them(demand: str, level: str | None) -> None:
    """A timed code without start and end times is nothing, a warning or a hold."""
    setup = clinic_with("acme", times_per_code_required=demand)
    for code in ("97110", "97129"):
        row = done(code, 15, charge=Decimal("60.00"))
        made = outcome(visit(row, done("97161", 30)), setup=setup)
        problems = made.problems if isinstance(made, Held) else made.warnings
        found = [p.level for p in problems if p.code.endswith("times-of-code")]
        assert found == ([level] if level else []), code
    timed = done("97110", 15, blocks=at("09:00-09:15"))
    assert codes(drafted(visit(timed, done("97161", 30)), setup=setup).warnings) == []


@pytest.mark.parametrize(
    ("wanted", "code"), [("pays", None), ("warn", "warn.evaluation"), ("hold", "hold.evaluation")]
)
def test_an_evaluation_with_treatment(wanted: str, code: str | None) -> None:
    """Both on one day are paid, warned of or held; each alone goes."""
    setup = clinic_with("acme", evaluation_with_treatment=wanted)
    made = outcome(visit(done("97161", 30), done("97110", 15)), setup=setup)
    problems = made.problems if isinstance(made, Held) else made.warnings
    assert codes(problems) == ([code] if code else [])
    for alone in ("97161", "97110"):
        assert codes(drafted(visit(done(alone, 30)), setup=setup).warnings) == []


def test_lines_of_one_code_are_merged_or_split_by_visit() -> None:
    """same_code_lines = split keeps the visits of a day on lines of their own, minutes pooled."""
    day = (
        visit(done("97530", 23), visit_id="V-1"),
        visit(done("97530", 15), visit_id="V-2"),
    )
    assert shown(drafted(*day)) == ["HC:97530:GP x3 180.00"]
    setup = clinic_with("acme", same_code_lines="split")
    assert shown(drafted(*day, setup=setup)) == ["HC:97530:GP x2 120.00", "HC:97530:GP x1 60.00"]


def test_split_lines_keep_all_units_counted_by_visit() -> None:
    """Six sessions of 8 minutes counted one by one are six units, over however many lines."""
    setup = clinic_with("acme", pool="visit", unit_rule="midpoint")
    day = tuple(
        visit(
            done("97530", 8, modifiers=("76",) if n % 2 else ()), visit_id=f"V-{n}", session=f"{n}"
        )
        for n in range(6)
    )
    assert sum(line.units for line in drafted(*day, setup=setup).claim.lines) == 6


def test_one_claim_per_visit_needs_minutes_by_visit() -> None:
    """A payer with a claim for each visit whose minutes pool over the day is asked about."""
    setup = clinic_with("acme", claim_per="visit")
    pair = (visit(done("97530", 15)), visit(done("97110", 15), visit_id="V-2"))
    made = claims.draft(pair, setup)
    assert [codes(h.problems) for h in made.held] == [["hold.policy-silent"]] * 2
    assert claims.draft(pair[:1], setup).held == ()
    by_visit = clinic_with("acme", claim_per="visit", pool="visit")
    assert len(claims.draft(pair, by_visit).drafts) == 2


def test_a_first_unit_code_needs_a_rule_or_units() -> None:
    """97129 by minutes needs the payer's unit rule; the note of the open pool is a warning."""
    given = visit(done("97129", 15, charge=Decimal(45)))
    assert shown(drafted(given)) == ["HC:97129:GP x1 45"]
    pooled = clinic_with("acme", unit_rule="cms")
    (warning,) = drafted(given, setup=pooled).warnings
    assert "pool_cognitive" in warning.message
    said = clinic_with("acme", unit_rule="cms", pool_cognitive=False)
    assert drafted(given, setup=said).warnings == ()
    assert "warn.units" not in codes(held(visit(done("97545")), setup=pooled).problems)


def test_a_named_person_may_decide_above_a_cap() -> None:
    """The hold of a daily cap can be set aside for a visit; it is then a warning that says so."""
    setup = clinic_with("acme", max_units_per_day=2)
    waived = {"V-1": frozenset({"hold.day-limit"})}
    (draft,) = claims.draft([visit(done("97530", 45))], setup, waived=waived).drafts
    assert [(p.code, p.level) for p in draft.warnings] == [("hold.day-limit", "warning")]
    assert "overridden" in draft.warnings[0].message
