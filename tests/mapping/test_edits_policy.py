"""Edits that depend on the payer's policy, on the past, on today and on a person's decision."""

import datetime as dt
from typing import Any

import pytest
from attrs import evolve
from test_edits import BLOCKS, PAIR
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
    visit,
)

from edi.problem import CODES
from mapping import claims
from mapping.day import day_key
from mapping.draft import ClaimDraft, History
from mapping.visit import Visit


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("unit_rule", visit(payer="ohio-medicaid")),
        ("discipline_modifier", visit(payer="ohio-medicaid")),
        (
            "assistant_modifiers",
            visit(done("97530", 8, assistant_minutes=8), payer="ohio-medicaid", assistant="pike"),
        ),
        ("ncci", visit(*BLOCKS, payer="ohio-medicaid")),
        ("distinct_modifier", visit(*BLOCKS, payer="ohio-medicaid")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_silent_policy_holds_the_claims_that_need_it(key: str, given: Visit) -> None:
    """The hold names payer and key; saying the key lets the claim go."""
    assert isinstance(outcome(given), ClaimDraft)
    silent = held(given, setup=clinic_with("ohio-medicaid", **{key: None}))
    assert codes(silent.problems) == ["hold.policy-silent"]
    assert f"payer ohio-medicaid: say {key}" in silent.problems[0].message


def test_policy_keys_that_do_not_matter_are_not_asked_for() -> None:
    """An untimed code alone needs no unit rule, a single code no pair table."""
    setup = clinic_with("ohio-medicaid", unit_rule=None, ncci=None, distinct_modifier=None)
    draft = drafted(visit(done("97161", 30), payer="ohio-medicaid"), setup=setup)
    assert codes(draft.warnings) == []


def test_a_late_second_visit_of_a_part_b_day_is_held() -> None:
    """A day billed to Part B takes no further line; others counted the day without it."""
    late = visit(payer="medicare", visit_id="V-2")
    history = History(billed={day_key(late): ("RTABC",)})
    made = held(late, history=history)
    assert codes(made.problems) == ["hold.second-visit"]
    assert "RTABC" in made.problems[0].message
    other = visit(visit_id="V-2")
    billed = History(billed={day_key(other): ("RTABC",)})
    waits = held(other, history=billed).problems
    assert codes(waits) == ["hold.second-visit"]
    assert "takes a replacement" in waits[0].message
    assert "takes a replacement" not in made.problems[0].message
    assert "claimline correct CLAIM --visits FILE" in CODES["hold.second-visit"].todo
    gone = outcome(other, setup=clinic_with("acme", claim_per="visit"), history=billed)
    assert isinstance(gone, ClaimDraft)
    assert codes(gone.warnings) == ["warn.disagree"]


def test_a_day_after_today_is_held() -> None:
    """The caller says which day it is; the same day is no future."""
    for today, expected in ((DAY, []), (DAY - dt.timedelta(days=1), ["hold.date"])):
        made = claims.draft([visit()], clinic(), today=today)
        assert [p.code for h in made.held for p in h.problems] == expected


def test_a_day_no_policy_covers_is_told_as_such() -> None:
    """One reason that names payer and day, not a key that some other policy states."""
    early = visit(date=dt.date(2019, 3, 10))
    (problem,) = (p for p in held(early).problems if p.code == "hold.policy-silent")
    assert problem.message == "no policy of payer acme covers 2019-03-10"


def test_one_bad_visit_holds_its_day_and_no_other() -> None:
    """The other visit of the day is told which one it waits for; the next day goes."""
    good = visit(payer="medicare")
    bad = visit(payer="medicare", visit_id="V-2", treating_clinician="nobody")
    next_day = visit(payer="medicare", visit_id="V-3", date=DAY + dt.timedelta(days=1))
    made = claims.draft([good, bad, next_day], clinic())
    (waiting,) = made.held
    assert [(p.where.claim, p.code) for p in waiting.problems] == [
        ("V-2", "hold.unknown-key"),
        ("V-1", "hold.waits"),
    ]
    assert [draft.visit_ids for draft in made.drafts] == [("V-3",)]


def test_two_places_of_a_day_do_not_share_a_claim() -> None:
    """A claim has one facility: such a day is held."""
    made = held(visit(payer="medicare"), visit(payer="medicare", visit_id="V-2", location="east"))
    assert "hold.limits" in codes(made.problems)


def test_more_than_fifty_lines_wait_where_one_claim_a_day_is_taken() -> None:
    """Part B cannot be split over two claims of a day."""
    many = [done("97530", 15, modifiers=(f"{n:02d}",)) for n in range(10, 63)]
    found = held(visit(*many, payer="medicare")).problems
    codes_held = [p.code for p in found if p.level == "error"]
    assert codes_held == ["hold.units-limit", "hold.limits"]  # 53 units are too many as well


def test_a_daily_cap_holds_what_is_above_it() -> None:
    """max_units_per_day counts timed units only."""
    setup = clinic_with("acme", max_units_per_day=2)
    drafted(visit(done("97530", 30), done("97161", 30)), setup=setup)
    made = held(visit(done("97530", 45)), setup=setup)
    assert codes(made.problems) == ["hold.day-limit"]


@pytest.mark.parametrize(("demand", "expected"), [("no", []), ("warn", ["warn.missing"])])
def test_what_a_payer_demands_is_its_policy(demand: str, expected: list[str]) -> None:
    """A missing referring NPI is nothing, a warning or a hold, as the payer says."""
    setup = clinic_with("acme", referring_required=demand)
    assert codes(drafted(visit(referring=None), setup=setup).warnings) == expected


def test_59_on_the_other_column_serves_part_b_only() -> None:
    """A stated 59 on 97140 is enough for Part B; other payers want it on 97530 as well."""
    rows = (
        done("97530", 15, blocks=at("09:00-09:15")),
        done("97140", 15, blocks=at("09:15-09:30"), modifiers=("59",)),
    )
    part_b = drafted(visit(*rows, payer="medicare"))
    assert codes(part_b.warnings) == []
    assert [line.procedure.modifiers for line in part_b.claim.lines] == [("GP",), ("59", "GP")]
    without = (done("97530", 15), done("97140", 15, modifiers=("59",)))
    assert isinstance(outcome(visit(*without, payer="medicare")), ClaimDraft)
    assert codes(held(visit(*without)).problems) == ["hold.pair", "warn.evidence"]


def test_pairs_are_not_known_before_the_table_begins() -> None:
    """A day before the pair table is billed without it, and that is said."""
    early = visit(*PAIR, payer="medicare", date=dt.date(2020, 5, 4))
    setup = clinic()
    setup = evolve(setup, fees=tuple(evolve(f, span=_always()) for f in setup.fees))
    draft = drafted(early, setup=setup)
    assert "warn.pair" in codes(draft.warnings)
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)


def _always() -> Any:
    from mapping.policy import ALWAYS

    return ALWAYS


def test_a_payer_without_pair_edits_gets_no_modifier() -> None:
    """Ncci = none: nothing is added, nothing is held."""
    draft = drafted(visit(*PAIR), setup=clinic_with("acme", ncci="none"))
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)


def test_an_override_lets_a_judged_hold_go_and_nothing_else() -> None:
    """A named person may set aside the pair; the modifier is still not invented."""
    waived = {"V-1": frozenset({"hold.pair", "hold.charge", "hold.overlap"})}
    made = claims.draft([visit(*PAIR)], clinic(), waived=waived)
    (draft,) = made.drafts
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)
    still = claims.draft([visit(done("97124", 15))], clinic(), waived=waived)
    assert [codes(h.problems) for h in still.held] == [["hold.charge"]]
    assert "goes without a modifier" in draft.warnings[0].message
    twice = visit(
        done("97530", 15, blocks=at("09:00-09:15")), done("97110", 15, blocks=at("09:10-09:25"))
    )
    held_still = claims.draft([twice], clinic(), waived=waived).held
    assert [codes(h.problems) for h in held_still] == [["hold.overlap"]]
