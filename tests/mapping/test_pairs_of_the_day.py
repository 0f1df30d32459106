"""Code pairs: the table in force on the day, over all claims of the day, the right line."""

import datetime as dt
from decimal import Decimal

import pytest
from attrs import evolve
from tables_made import VERSION, Made, pair
from visits_made import DAY, at, clinic, clinic_with, codes, done, shown, visit

from mapping import claims
from mapping.day import patient_key
from mapping.draft import NO_HISTORY, Drafts, History
from mapping.reference import BilledLine, PairEdit
from mapping.visit import Visit

MANUAL = done("97140", 15, blocks=at("09:00-09:15"))
ACTIVITY = done("97530", 15, blocks=at("09:15-09:30"))
PT = visit(MANUAL, payer="medicare", visit_id="V-PT")
OT = visit(
    done("97530", 15, blocks=at("13:00-13:15")),
    payer="medicare",
    visit_id="V-OT",
    discipline="OT",
    treating_clinician="okafor",
)


def billed(
    *visits: Visit,
    history: History = NO_HISTORY,
    edits: tuple[PairEdit, ...] = (),
    **policy: object,
) -> Drafts:
    """All that comes of the visits under Medicare's policy, with these pairs or the starter's."""
    setup = clinic_with("medicare", **policy) if policy else clinic()
    more = {"reference": Made(edits=edits)} if edits else {}
    return claims.draft(visits, setup, history, **more)  # type: ignore[arg-type]


def sent(code: str, *modifiers: str, evidence: tuple[str, ...] = (), **more: object) -> History:
    """A line sent before for the patient and day of the visits."""
    values = {"payer": "medicare", "discipline": "OT", "claim": "CT1", **more}
    line = BilledLine(
        code=code,
        modifiers=modifiers,
        units=Decimal(1),
        charge=Decimal(75),
        date=DAY,
        evidence=evidence,
        **values,  # type: ignore[arg-type]
    )
    return History(lines={(patient_key(PT), DAY): (line,)})


def test_the_claim_of_the_other_discipline_takes_the_modifier() -> None:
    """PT 97140 beside OT 97530, at other times: 59 on 97530 of OT, nothing on the PT claim."""
    found = billed(PT, OT)
    assert [shown(draft)[0].split()[0] for draft in found.drafts] == [
        "HC:97140:GP",
        "HC:97530:59:GO",
    ]
    because = found.drafts[1].decisions[0].because
    assert any("97530 with 97140 of the PT visit V-PT" in reason for reason in because)


def test_the_order_of_the_claims_does_not_matter() -> None:
    """OT first, PT second: the same modifiers."""
    found = billed(OT, PT)
    assert {shown(draft)[0].split()[0] for draft in found.drafts} == {
        "HC:97140:GP",
        "HC:97530:59:GO",
    }


def test_same_minutes_in_two_disciplines_are_not_separate() -> None:
    """The claim with the column 2 code is held; the other one goes."""
    same = evolve(OT, procedures=(done("97530", 15, blocks=at("09:00-09:15")),))
    found = billed(PT, same, cotreatment="no")
    assert [draft.visit_ids for draft in found.drafts] == [("V-PT",)]
    assert "hold.pair" in codes(found.held[0].problems)
    named = next(p for p in found.held[0].problems if p.code == "hold.pair")
    assert named.message.startswith("97530 with 97140 of the PT visit V-PT are paid together only")
    assert named.source == "starter pair table 2026-11"


@pytest.mark.parametrize(
    "changes",
    [
        {"coverages": visit(payer="acme").coverages},
        {"patient": evolve(PT.patient, id="P-2")},
        {"date": DAY + dt.timedelta(days=1)},
    ],
    ids=["another payer", "another patient", "another day"],
)
def test_only_the_same_patient_day_and_payer_count(changes: dict[str, object]) -> None:
    """Without one of them there is no pair and no 59."""
    found = billed(PT, evolve(OT, **changes))
    assert not any("59" in line for draft in found.drafts for line in shown(draft))


def test_another_billing_provider_does_not_count() -> None:
    """Lines that another entity of the practice sent are no pair for this one."""
    found = billed(PT, history=sent("97530", "GO", entity="elsewhere"))
    assert codes(found.drafts[0].warnings) == []


def test_a_line_sent_without_its_modifier_is_told_with_the_road() -> None:
    """PT 97140 now, OT 97530 sent without 59: that claim is to be corrected, this one goes."""
    before = sent("97530", "GO", evidence=("times 13:00-13:15",))
    found = billed(PT, history=before, distinct_column="2")
    assert shown(found.drafts[0])[0].startswith("HC:97140:GP")
    (warning,) = found.drafts[0].warnings
    assert warning.code == "warn.pair-sent"
    assert "97140 with 97530 of claim CT1: 97530 was sent without 59" in warning.message
    assert "(times 13:00-13:15): correct that claim" in warning.message


def test_column_1_takes_it_after_column_2_was_sent_where_either_counts() -> None:
    """Part B since 2019-07-01: 97140 gets 59 with the times of the day; without times a warning."""
    before = sent("97530", "GO", evidence=("times 13:00-13:15",))
    (draft,) = billed(PT, history=before).drafts
    assert shown(draft)[0].startswith("HC:97140:59:GP")
    assert codes(draft.warnings) == []
    (line,) = draft.decisions
    assert "59: 97140 with 97530 of claim CT1, times 13:00-13:15" in line.because
    assert line.evidence == ("times 09:00-09:15",)  # its own, for who is billed after it
    (draft,) = billed(PT, history=sent("97530", "GO")).drafts
    assert shown(draft)[0].startswith("HC:97140:GP")
    assert codes(draft.warnings) == ["warn.pair-sent"]


def test_a_line_sent_with_its_modifier_needs_nothing() -> None:
    """The modifier is there."""
    assert codes(billed(PT, history=sent("97530", "59", "GO")).drafts[0].warnings) == []


def test_a_line_sent_before_gives_its_times() -> None:
    """OT 97530 now, PT 97140 sent at 09:00: other times, so 59; the same times, so held."""
    before = {"discipline": "PT", "evidence": ("times 09:00-09:15",)}
    found = billed(OT, history=sent("97140", "GP", **before))
    assert shown(found.drafts[0])[0].startswith("HC:97530:59:GO")
    same = {"discipline": "PT", "evidence": ("times 13:00-13:15",)}
    assert codes(
        billed(OT, history=sent("97140", "GP", **same), cotreatment="no").held[0].problems
    ) == ["hold.pair"]


def test_a_line_sent_without_times_shows_nothing() -> None:
    """No evidence on the sent line, no attestation here: held."""
    found = billed(OT, history=sent("97140", "GP", discipline="PT"))
    assert codes(found.held[0].problems) == ["hold.pair"]


def test_times_of_a_part_of_a_sent_line_show_nothing() -> None:
    """Two procedures of 97140 make one line, one has times: kept so, and no proof for 97530."""
    (before,) = billed(visit(MANUAL, done("97140", 15), payer="medicare")).drafts
    (line,) = before.decisions
    assert line.evidence == ("partly timed: 09:00-09:15",)
    found = billed(OT, history=sent("97140", "GP", discipline="PT", evidence=line.evidence))
    assert codes(found.held[0].problems) == ["hold.pair"]
    kept = ("separate block attested",)
    found = billed(OT, history=sent("97140", "GP", discipline="PT", evidence=kept))
    assert shown(found.drafts[0])[0].startswith("HC:97530:59:GO")


BOTH = visit(MANUAL, ACTIVITY, payer="medicare")


def test_indicator_0_is_never_together() -> None:
    """Neither times nor a stated modifier help, and no 59 is added."""
    edits = (pair("97140", "97530", "0"),)
    stated = visit(MANUAL, evolve(ACTIVITY, modifiers=("59",)), payer="medicare")
    for given in (BOTH, stated):
        (held,) = billed(given, edits=edits).held
        assert codes(held.problems) == ["hold.pair-never"]
        assert held.problems[0].source == VERSION


def test_indicator_0_beside_another_claim_holds_the_column_2_claim() -> None:
    """The claim with column 1 goes and says that the other will not be paid."""
    found = billed(PT, OT, edits=(pair("97140", "97530", "0"),))
    assert [draft.visit_ids for draft in found.drafts] == [("V-PT",)]
    assert "97530 of the OT visit V-OT will not be paid" in found.drafts[0].warnings[0].message
    assert codes(found.held[0].problems) == ["hold.pair-never"]


def test_indicator_9_is_no_edit() -> None:
    """A pair deleted from its beginning asks for nothing."""
    edit = pair("97140", "97530", "9", first=dt.date(2020, 1, 1), last=dt.date(2020, 1, 1))
    (draft,) = billed(BOTH, edits=(edit,)).drafts
    assert [line.split()[0] for line in shown(draft)] == ["HC:97140:GP", "HC:97530:GP"]


@pytest.mark.parametrize(
    ("first", "last", "fires"),
    [
        (DAY, None, True),
        (DAY + dt.timedelta(days=1), None, False),
        (None, DAY, True),
        (None, DAY - dt.timedelta(days=1), False),
    ],
    ids=["first day", "day before the first", "deletion date", "day after the deletion date"],
)
def test_the_deletion_date_is_the_last_day(
    first: dt.date | None, last: dt.date | None, fires: bool
) -> None:
    """A pair holds from its first day to its deletion date, both included."""
    edits = (pair("97140", "97530", first=first, last=last),)
    (draft,) = billed(BOTH, edits=edits).drafts
    assert (shown(draft)[1].split()[0] == "HC:97530:59:GP") is fires


def test_the_modifier_goes_on_column_2_of_the_table() -> None:
    """A table that has the pair the other way round marks the other line."""
    (draft,) = billed(BOTH, edits=(pair("97530", "97140"),)).drafts
    assert [line.split()[0] for line in shown(draft)] == ["HC:97140:59:GP", "HC:97530:GP"]


def test_an_evaluation_asks_for_no_59() -> None:
    """97161 beside 97530 is no pair of Medicare's."""
    (draft,) = billed(visit(done("97161", 30), done("97530", 15), payer="medicare")).drafts
    assert not any("59" in line for line in shown(draft))


def test_the_claim_cites_the_table_that_was_asked() -> None:
    """The version stands with the claim, whether a pair was found or not."""
    (draft,) = billed(PT, edits=(pair("97140", "97530"),)).drafts
    assert VERSION in draft.versions
    assert "starter pair table 2026-11" not in draft.versions


@pytest.mark.parametrize(
    ("policy", "marked"),
    [({"ncci": "none"}, False), ({"ncci": "own"}, True), ({"distinct_modifier": "XU"}, True)],
    ids=["none", "own", "XU"],
)
def test_which_table_and_modifier_is_policy(policy: dict[str, str], marked: bool) -> None:
    """No table: no pair. The payer's own: the starter table serves until it is imported."""
    (draft,) = billed(BOTH, **policy).drafts
    wanted = policy.get("distinct_modifier", "59")
    assert (f":{wanted}:" in shown(draft)[1]) is marked


@pytest.mark.parametrize(
    ("state", "asked"), [("", "medicaid"), ("TX", "medicaid:TX")], ids=["general", "state"]
)
def test_medicaid_asks_its_own_table(state: str, asked: str) -> None:
    """Medicare's pairs do not decide for Medicaid, and a state may have its own."""
    setup = clinic_with("acme", ncci="medicaid", ncci_state=state, distinct_modifier="59")
    given = visit(MANUAL, ACTIVITY)
    tables = Made(edits=(pair("97530", "97140"),), table=asked)
    (draft,) = claims.draft((given,), setup, reference=tables).drafts
    assert shown(draft)[0].startswith("HC:97140:59")


def test_no_table_for_the_day_is_said() -> None:
    """Before the starter table begins pairs are not checked, and the claim says so."""
    old = evolve(visit(MANUAL, ACTIVITY, payer="medicare"), date=dt.date(2020, 5, 4))
    found = claims.draft((old,), clinic())
    said = [
        p.message
        for one in (*found.drafts, *found.held)
        for p in getattr(one, "warnings", getattr(one, "problems", ()))
    ]
    assert "no table of code pairs speaks of 2020-05-04: pairs were not checked" in said


def test_nobody_sets_aside_a_pair_that_is_never_paid() -> None:
    """Indicator 0: no modifier and no person makes both payable, so the claim stays held."""
    waived = {"V-1": frozenset({"hold.pair-never"})}
    tables = Made(edits=(pair("97140", "97530", "0"),))
    (still,) = claims.draft((BOTH,), clinic(), waived=waived, reference=tables).held
    assert codes(still.problems) == ["hold.pair-never"]


@pytest.mark.parametrize(("first", "told"), [(("59",), True), ((), False)], ids=["both", "one"])
def test_a_modifier_stated_on_both_lines_is_told(first: tuple[str, ...], told: bool) -> None:
    """One of the two is enough where the payer takes it on either."""
    given = visit(
        evolve(MANUAL, modifiers=first), evolve(ACTIVITY, modifiers=("59",)), payer="medicare"
    )
    (made,) = billed(given).drafts
    assert any("stated on both lines" in p.message for p in made.warnings) is told


@pytest.mark.parametrize(("minutes", "waits"), [(7, False), (8, True)])
def test_a_code_of_another_visit_without_a_unit_is_no_partner(minutes: int, waits: bool) -> None:
    """Seven minutes alone are not billed, so no pair stands beside them."""
    other = evolve(OT, procedures=(done("97530", minutes),))
    made = billed(evolve(PT, procedures=(done("97140", 15),)), other)
    problems = [p for one in (*made.drafts, *made.held) for p in getattr(one, "problems", ())]
    assert any(p.code == "hold.pair" for p in problems) is waits
