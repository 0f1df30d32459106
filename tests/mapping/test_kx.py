"""KX: where a patient's year stands, in the order claims are sent; due, supported, or misuse."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from visits_made import (
    DAY,
    clinic,
    clinic_with,
    codes,
    done,
    drafted,
    example,
    held,
    outcome,
    shown,
    visit,
)

from mapping import claims, practice
from mapping.day import number_key
from mapping.draft import ClaimDraft, History
from mapping.modifiers import MOST
from mapping.practice import Practice
from mapping.threshold_table import SHIPPED, VERSION
from mapping.thresholds import threshold
from mapping.totals import BUCKETS, Bucket, RunningTotal
from mapping.visit import Kx, Visit

# 97530 on 2026-03-10: 35.07 for the first unit, 25.05 for each further one (national, MPPR).
TWO_UNITS = Decimal("60.12")
SUPPORT = Kx(supported_by="rivera", date=DAY)


def medicare(**changes: Any) -> Visit:
    """Two units of 97530 for Part B."""
    return visit(done("97530", 23), payer="medicare", **changes)


def stands(
    amount: str, *, year: int = 2026, bucket: Bucket = "PT+SLP", patient: str = "P-1", **more: Any
) -> History:
    """A history in which a bucket holds so much, by an eligibility figure."""
    total = RunningTotal(
        figure=Decimal(amount), as_of=dt.date(year, 3, 1), source="HETS 271", **more
    )
    return History(totals={(number_key(patient), year, bucket): total})


def before(left: Decimal) -> str:
    """A figure that leaves so much to the threshold of 2026."""
    return str(Decimal(2480) - left)


def billed(*visits: Visit, history: History) -> ClaimDraft:
    """The one claim."""
    made = outcome(*visits, history=history)
    assert isinstance(made, ClaimDraft), made.problems
    return made


def said(made: ClaimDraft) -> str:
    """What the claim says of its bucket."""
    return next(why for why in made.because if why.startswith("KX: "))


def test_no_kx_where_the_claim_just_reaches_the_threshold() -> None:
    """At the threshold to the cent nothing is over it: no KX."""
    made = billed(medicare(kx=SUPPORT), history=stands(before(TWO_UNITS)))
    assert shown(made) == ["HC:97530:GP x2 120.00"]
    assert "stands at 2480.00 of 2480.00" in said(made)


def test_kx_on_the_claim_that_crosses() -> None:
    """A cent over the threshold: KX on the lines, behind GP, with who stated the support."""
    history = stands(before(TWO_UNITS - Decimal("0.01")))
    made = billed(medicare(kx=SUPPORT), history=history)
    assert shown(made) == ["HC:97530:GP:KX x2 120.00"]
    assert any("rivera stated on 2026-03-10" in why for why in made.decisions[0].because)
    assert VERSION in made.versions


def test_held_without_the_statement() -> None:
    """Over the threshold and nobody states the support: held, and no one's word sets it aside."""
    problem = held(medicare(), history=stands("2470")).problems[0]
    assert problem.code == "hold.kx"
    assert "stands at 2530.12 of 2480.00" in problem.message
    assert "hold.kx" not in claims.OVERRIDABLE


@pytest.mark.parametrize("who", ["nobody", "lee"], ids=["unknown", "who refers"])
def test_the_statement_is_a_therapists(who: str) -> None:
    """A statement of somebody who is no therapist of the practice is none."""
    stated = medicare(kx=Kx(supported_by=who, date=DAY))
    (problem,) = (p for p in held(stated, history=stands("2470")).problems if p.code == "hold.kx")
    assert f"{who} is none" in problem.message


def test_kx_stated_by_the_visit_itself_is_kept() -> None:
    """A visit that states KX on its lines goes over the threshold, and is asked for its support."""
    stated = visit(done("97530", 23, modifiers=("KX",)), payer="medicare")
    made = billed(stated, history=stands("2470"))
    assert shown(made) == ["HC:97530:GP:KX x2 120.00"]
    assert codes(made.warnings) == ["warn.evidence"]


def test_stated_kx_below_the_threshold_is_misuse() -> None:
    """KX on a line below the threshold is warned of."""
    stated = visit(done("97530", 23, modifiers=("KX",)), payer="medicare", kx=SUPPORT)
    made = billed(stated, history=stands("100"))
    assert codes(made.warnings) == ["warn.kx"]
    assert "below the threshold" in made.warnings[0].message


def test_never_for_payers_without_a_threshold() -> None:
    """Where the policy says never, nothing is reckoned, whatever the year holds."""
    made = billed(visit(done("97530", 23), kx=SUPPORT), history=stands("9000"))
    assert shown(made)[0].startswith("HC:97530:GP x2")
    assert not any(why.startswith("KX") for why in made.because)


def test_a_payers_policy_turns_thresholds_on() -> None:
    """Any payer whose policy says threshold is reckoned like Part B."""
    setup = clinic_with("acme", kx="threshold")
    made = outcome(visit(done("97530", 23)), setup=setup, history=stands("9000"))
    assert not isinstance(made, ClaimDraft)
    assert "hold.kx" in codes(made.problems)


def test_the_other_bucket_does_not_count() -> None:
    """A full OT bucket asks for no KX on PT."""
    made = billed(medicare(), history=stands("2479", bucket="OT"))
    assert shown(made) == ["HC:97530:GP x2 120.00"]


def test_speech_shares_the_bucket_of_physical_therapy() -> None:
    """A claim of SLP is over when PT has filled the common bucket."""
    setup = _with_charge("92507")
    speech = visit(
        done("92507", units=1), payer="medicare", discipline="SLP", treating_clinician="rivera"
    )
    made = outcome(speech, setup=setup, history=stands("2600"))
    assert not isinstance(made, ClaimDraft)
    assert "hold.kx" in codes(made.problems)


def test_another_year_is_another_bucket() -> None:
    """What last year held does not count for this one."""
    made = billed(medicare(), history=stands("2479", year=2025))
    assert shown(made) == ["HC:97530:GP x2 120.00"]


def test_claims_of_a_run_accrue_in_the_order_they_are_sent() -> None:
    """Of three claims of a run the second crosses; a later-sent claim of an earlier day needs KX."""
    days = (DAY, DAY + dt.timedelta(days=2), DAY - dt.timedelta(days=5))
    visits = [medicare(visit_id=f"V{n}", date=day, kx=SUPPORT) for n, day in enumerate(days)]
    made = claims.draft(visits, clinic(), stands(before(TWO_UNITS + 1))).drafts
    assert [shown(one)[0] for one in made] == [
        "HC:97530:GP x2 120.00",
        "HC:97530:GP:KX x2 120.00",
        "HC:97530:GP:KX x2 120.00",
    ]


def test_a_held_claim_does_not_accrue() -> None:
    """What is not sent fills nothing: the claim after a held one stands where that one stood."""
    visits = [medicare(visit_id="V0"), medicare(visit_id="V1", date=DAY + dt.timedelta(days=1))]
    found = claims.draft(visits, clinic(), stands(before(TWO_UNITS - 1)))
    assert [h.visit_ids for h in found.held] == [("V0",), ("V1",)]
    assert all("stands at 2481.00" in h.problems[0].message for h in found.held)


def test_a_line_without_an_amount_counts_at_most_at_its_charge() -> None:
    """No fee known: under while the charge fits, not to be said where it might cross."""
    setup = _with_charge("97110")
    line = visit(done("97110", 23), payer="medicare", date=DAY)
    made = outcome(line, setup=setup, history=stands("2000"))
    assert isinstance(made, ClaimDraft)
    assert "1 line without a known amount at most 110.00" in said(made)
    assert not made.warnings
    unsure = outcome(line, setup=setup, history=stands("2400"))
    assert isinstance(unsure, ClaimDraft)
    assert codes(unsure.warnings) == ["warn.threshold"]
    assert "cannot be said" in unsure.warnings[0].message
    assert "KX" not in unsure.decisions[0].modifiers


def test_the_figures_age_is_said() -> None:
    """Every claim tells the figure, its day and how old it is."""
    made = claims.draft([medicare()], clinic(), stands("100"), today=dt.date(2026, 3, 22))
    assert "100.00 of 2026-03-01 (HETS 271), 21 days old" in said(made.drafts[0])


def test_without_a_figure_that_is_said() -> None:
    """Own claims alone are told as such: other providers are not counted."""
    assert "no eligibility figure entered" in said(drafted(medicare()))


def test_near_and_over_review_are_warned_of() -> None:
    """From nine tenths on what is left is said; above the review amount that claims may be read."""
    (near,) = billed(medicare(), history=stands("2300")).warnings
    assert "119.88 left" in near.message
    (review,) = billed(medicare(kx=SUPPORT), history=stands("3000")).warnings
    assert "3000.00" in review.message


def test_a_year_without_a_table_is_said() -> None:
    """No threshold of 2027 is shipped: nothing is decided, and the claim says so."""
    later = dt.date(2027, 3, 10)
    made = billed(medicare(date=later, kx=SUPPORT), history=stands("9000", year=2027))
    assert "no threshold is known for PT+SLP 2027" in made.warnings[0].message
    assert "KX" not in made.decisions[0].modifiers


@pytest.mark.parametrize(
    ("year", "amount"),
    [(2019, 2040), (2020, 2080), (2021, 2110), (2022, 2150), (2023, 2230), (2024, 2330),
     (2025, 2410), (2026, 2480)],
)  # fmt: skip
def test_thresholds_by_year(year: int, amount: int) -> None:
    """Each year has its amount, the same for both buckets, with a source."""
    for bucket in BUCKETS:
        found = SHIPPED[year, bucket]
        assert (found.amount, found.review) == (Decimal(amount), Decimal(3000))
        assert found.source
    assert threshold(2027, "OT") is None


YEAR = """
[[thresholds]]
year = 2027
amount = 2550.00
source = "CMS transmittal of 2026-12"
"""


def test_the_practice_adds_a_year() -> None:
    """A table of the practice file decides about a year we do not know, and is named with it."""
    text = example("practice.md", "toml") + YEAR
    setup = practice.read("practice.toml", text)
    later = dt.date(2027, 3, 10)
    made = outcome(medicare(date=later, kx=SUPPORT), setup=setup, history=stands("9000", year=2027))
    assert isinstance(made, ClaimDraft)
    assert "KX" in made.decisions[0].modifiers
    assert any("CMS transmittal of 2026-12" in version for version in made.versions)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (YEAR + YEAR.replace("2550", "2600"), "2027 PT+SLP has an amount in another table"),
        (YEAR.replace("amount", "amuont"), "amuont"),
        (YEAR.replace('source = "CMS transmittal of 2026-12"', ""), "source"),
        (YEAR + 'bucket = "ST"', "one of both, PT+SLP, OT"),
    ],
    ids=["twice", "misspelt", "no source", "no bucket of ours"],
)
def test_a_wrong_table_of_a_year_is_refused(text: str, words: str) -> None:
    """A year twice, an unknown key, a missing source: refused with the place."""
    with pytest.raises(practice.PracticeFileError) as raised:
        practice.read("practice.toml", example("practice.md", "toml") + text)
    told = [f"{p.where.column} {p.message}" for p in raised.value.problems]
    assert any("thresholds" in one and words in one for one in told), told


def test_kx_never_makes_a_fifth_modifier_silently() -> None:
    """With four modifiers stated KX makes five: the claim is held, nothing is dropped."""
    full = visit(done("97530", 23, modifiers=("76", "GA", "99")), payer="medicare", kx=SUPPORT)
    made = held(full, history=stands("2470"))
    assert "hold.modifiers" in codes(made.problems)
    assert any(str(MOST + 1) in p.message for p in made.problems)


def _with_charge(code: str) -> Practice:
    """The practice with a charge of 55.00 for a code without a fee in 2026's shipped table."""
    setup = clinic()
    fees = tuple(evolve(one, charges={**one.charges, code: Decimal("55.00")}) for one in setup.fees)
    return evolve(setup, fees=fees)
