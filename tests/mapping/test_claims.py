"""Visits to claims: the stories, merging and splitting, every place of the claim."""

import datetime as dt
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
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
from mapping.codes import MODIFIER_GROUPS
from mapping.draft import ClaimDraft, Held
from mapping.units import assign
from mapping.visit import (
    Accident,
    Address,
    Authorization,
    Coverage,
    Referring,
    Subscriber,
    Visit,
)

STORY_2 = (
    done("97110", 8, charge=Decimal("55.00"), blocks=at("09:00-09:08")),
    done("97140", 8, charge=Decimal("50.00"), blocks=at("09:08-09:16")),
    done("97530", 8, charge=Decimal("60.00"), blocks=at("09:16-09:24")),
)


def test_story_2_goes_out_to_the_cent() -> None:
    """Commercial, midpoint: three lines of one unit, 59 on 97530 alone, CLM02 165."""
    draft = drafted(visit(*STORY_2))
    assert shown(draft) == [
        "HC:97110:GP x1 55.00",
        "HC:97140:GP x1 50.00",
        "HC:97530:59:GP x1 60.00",
    ]
    assert draft.claim.charge == Decimal("165.00")
    assert draft.decisions[2].evidence == ("times 09:16-09:24",)
    assert any("rule cms would give 2" in reason for reason in draft.because)


def test_story_1_divides_the_line_of_therapist_and_assistant() -> None:
    """Part B: the assistant's 15 minutes are CQ, of the two units left one; 59 on both lines."""
    blocks = at("09:00-09:14") + at("09:14-09:38", "assistant")
    draft = drafted(
        visit(
            done("97530", 14, assistant_minutes=24, blocks=blocks),
            done("97140", 15, blocks=at("09:38-09:53")),
            payer="medicare",
            assistant="pike",
        )
    )
    assert shown(draft) == [
        "HC:97530:59:GP x1 60.00",
        "HC:97530:59:GP:CQ x2 120.00",
        "HC:97140:GP x1 50.00",
    ]
    words = "assistant owns 15 -> 1 CQ; left 14 + 9 -> one plain, one CQ"
    first, second, _ = draft.decisions
    assert f"these are the therapist's: {words}" in first.because
    assert f"CQ: {words}" in second.because
    assert [(d.therapist_minutes, d.assistant_minutes) for d in (first, second)] == [
        (14, 0),
        (0, 24),
    ]


def test_part_b_pools_minutes_over_the_visits_of_a_day() -> None:
    """Two visits of a day are one claim, their minutes one total: 8 and 8 are one unit."""
    draft = drafted(
        visit(done("97110", 8), payer="medicare", session="1"),
        visit(done("97110", 8), payer="medicare", session="2", visit_id="V-2"),
    )
    assert draft.visit_ids == ("V-1", "V-2")
    assert shown(draft) == ["HC:97110:GP x1 55.00"]


def test_a_payer_may_count_each_visit_by_itself() -> None:
    """Pool = visit: 8 and 8 minutes are two units on the one claim of the day."""
    setup = clinic_with("medicare", pool="visit")
    draft = drafted(
        visit(done("97110", 8), payer="medicare", session="1"),
        visit(done("97110", 8), payer="medicare", session="2", visit_id="V-2"),
        setup=setup,
    )
    assert shown(draft) == ["HC:97110:GP x2 110.00"]
    assert any(reason.startswith("visit V-2: ") for reason in draft.because)
    assert "rule full15 would give 0 (97110 x0), charge 0.00" in draft.because
    assert "rule midpoint would give 2 (97110 x2), charge 110.00" in draft.because  # not 16 minutes


def test_what_other_rules_would_bring_is_not_guessed() -> None:
    """A code that another rule would bill and no fee schedule has: no sum is told."""
    rows = [done("97530", 16, charge=Decimal("75.00")), done("97533", 8)]  # 37 minutes: 2 units
    draft = drafted(visit(done("97110", 13, charge=Decimal("50.00")), *rows, payer="medicare"))
    assert [line.procedure.code for line in draft.claim.lines] == ["97110", "97530"]
    assert "rule full15 would give 1 (97110 x0, 97530 x1, 97533 x0), charge 75.00" in draft.because
    assert any("charge not known: no charge of 97533 is listed" in why for why in draft.because)


def test_a_payer_may_want_a_claim_for_each_visit() -> None:
    """claim_per = visit makes two claims, each counted by itself."""
    setup = clinic_with("acme", claim_per="visit", pool="visit")
    made = claims.draft([visit(session="1"), visit(visit_id="V-2", session="2")], setup)
    assert [draft.visit_ids for draft in made.drafts] == [("V-1",), ("V-2",)]


@pytest.mark.parametrize(
    "change",
    [
        {"discipline": "OT", "treating_clinician": "okafor"},
        {"date": DAY + dt.timedelta(days=1)},
        {"coverages": (Coverage(payer="medicare", member_id="1EG4TE5MK73"),)},
    ],
    ids=["discipline", "day", "payer"],
)
def test_another_discipline_day_or_payer_is_another_claim(change: dict[str, object]) -> None:
    """What differs in the key of a claim never shares one."""
    made = claims.draft([visit(), visit(visit_id="V-2", **change)], clinic())
    assert [draft.visit_ids for draft in made.drafts] == [("V-1",), ("V-2",)]


def test_rows_of_one_code_merge_unless_modifiers_differ() -> None:
    """Two plain rows are one line; a row with a modifier of its own is another."""
    plain = drafted(visit(done("97110", 15), done("97530", 15), done("97110", 15)))
    assert shown(plain) == ["HC:97110:GP x2 110.00", "HC:97530:GP x1 60.00"]
    apart = drafted(visit(done("97110", 15), done("97110", 15, modifiers=("76",))))
    assert shown(apart) == ["HC:97110:GP x1 55.00", "HC:97110:GP:76 x1 55.00"]


def test_units_of_a_code_on_two_lines_are_those_of_the_code() -> None:
    """Splitting a code by modifier never makes more units than its minutes give."""
    draft = drafted(visit(done("97110", 8), done("97110", 7, modifiers=("76",))))
    assert shown(draft) == ["HC:97110:GP x1 55.00"]


def test_59_stands_on_all_lines_of_97530() -> None:
    """97530 on two lines beside 97140 carries 59 on both, 97140 on none."""
    draft = drafted(
        visit(
            done("97530", 15, blocks=at("09:00-09:15")),
            done("97530", 15, blocks=at("09:15-09:30"), modifiers=("76",)),
            done("97140", 15, blocks=at("09:30-09:45")),
        )
    )
    assert shown(draft) == [
        "HC:97530:59:GP x1 60.00",
        "HC:97530:59:GP:76 x1 60.00",
        "HC:97140:GP x1 50.00",
    ]


@pytest.mark.parametrize(
    ("modifier", "expected"), [("XU", "HC:97530:XU:GP x1 60.00"), ("none", "HC:97530:GP x1 60.00")]
)
def test_the_payer_says_which_distinct_modifier(modifier: str, expected: str) -> None:
    """XU where the payer wants XU, nothing where it takes none."""
    draft = drafted(visit(*STORY_2), setup=clinic_with("acme", distinct_modifier=modifier))
    assert shown(draft)[2] == expected


def test_the_reevaluation_carries_the_59_beside_97530() -> None:
    """97164 is column 2 of 97530: the modifier goes on the re-evaluation."""
    draft = drafted(
        visit(
            done("97530", 15, blocks=at("09:00-09:15")),
            done("97164", 20, blocks=at("09:15-09:35")),
        )
    )
    assert shown(draft) == ["HC:97530:GP x1 60.00", "HC:97164:59:GP x1 95.00"]


def test_no_modifier_without_a_pair() -> None:
    """97530 beside 97110 and 97112 needs no 59 and gets none."""
    draft = drafted(visit(done("97530", 15), done("97110", 15), done("97112", 15)))
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)


def test_a_code_without_a_unit_is_left_out_and_said() -> None:
    """A code whose minutes give no unit is not billed, and a pair with it does not count."""
    draft = drafted(visit(done("97530", 23), done("97140", 7)))
    assert shown(draft) == ["HC:97530:GP x2 120.00"]
    assert codes(draft.warnings) == ["warn.units"]


def test_every_place_of_the_claim() -> None:
    """Dates, references, notes, amounts, causes and parties stand where the guide has them."""
    draft = drafted(
        visit(
            onset_date=dt.date(2026, 2, 1),
            first_treatment_date=dt.date(2026, 2, 20),
            last_seen_date=dt.date(2026, 2, 18),
            accident=Accident(date=dt.date(2026, 1, 31), kind="auto", state="OH"),
            authorizations=(
                Authorization(number="7788"),
                Authorization(number="R-5", kind="referral"),
            ),
            amount_collected=Decimal("20.00"),
            note="sees physician weekly",
            location="east",
        )
    )
    claim = draft.claim
    assert {d.qualifier: d.date for d in claim.dates} == {
        "431": dt.date(2026, 2, 1),
        "454": dt.date(2026, 2, 20),
        "304": dt.date(2026, 2, 18),
        "439": dt.date(2026, 1, 31),
    }
    assert (claim.reference("G1"), claim.reference("9F")) == ("7788", "R-5")
    assert (claim.related_causes, claim.accident_state) == (("AA",), "OH")
    assert claim.amount_paid_by_patient == Decimal("20.00")
    assert claim.note == "sees physician weekly"
    assert [(d.qualifier, d.code) for d in claim.diagnoses] == [
        ("ABK", "M25511"),
        ("ABF", "M6281"),
    ]
    assert claim.facility is not None
    assert (claim.facility.name, claim.facility.id) == ("Riverbend East", "1000000020")
    assert claim.rendering is not None
    assert (claim.rendering.id, claim.rendering.taxonomy) == ("1000000038", "225100000X")
    assert [(p.role, p.name) for p in claim.referring] == [("DN", "Lee")]
    assert claim.billing.references[0].value == "311234567"
    assert (claim.pay_to is not None, claim.supervising) == (True, None)
    assert claim.lines[0].pointers == (1, 2)
    assert claim.lines[0].date == DAY


def test_the_main_location_needs_no_facility() -> None:
    """Treatment at the billing provider's own address names no facility."""
    assert drafted(visit()).claim.facility is None


def test_patient_as_subscriber_and_not() -> None:
    """Self gives SBR02 18 and no patient loop; a spouse's coverage gives both loops."""
    own = drafted(visit()).claim
    assert (own.subscriber.relationship, own.patient) == ("18", None)
    spouse = Coverage(
        payer="acme",
        member_id="M9",
        relationship="spouse",
        subscriber=Subscriber(last_name="Sample", first_name="Riley", address=Address()),
    )
    other = drafted(visit(coverages=(spouse,))).claim
    assert other.subscriber.relationship == ""
    assert other.subscriber.party.first == "Riley"
    assert other.patient is not None
    assert (other.patient.relationship, other.patient.party.first) == ("01", "Jordan")


def test_a_second_coverage_is_carried_and_the_claim_goes_to_the_first() -> None:
    """The first payer is billed as primary; the second waits in the draft."""
    second = Coverage(payer="medicare", member_id="1EG4TE5MK73", insurance_type="12")
    given = visit()
    draft = drafted(evolve(given, coverages=(*given.coverages, second)))
    assert (draft.payer, draft.claim.subscriber.payer_rank) == ("acme", "P")
    assert draft.other_coverages == (second,)


def test_workers_compensation_carries_its_claim_number() -> None:
    """REF Y4, EM and the date of injury; no discipline modifier where the state wants none."""
    coverage = Coverage(payer="buckeye-comp", member_id="SSN0", claim_number="WC-77")
    draft = drafted(
        visit(
            coverages=(coverage,),
            accident=Accident(date=dt.date(2026, 2, 3), kind="employment"),
        )
    )
    assert draft.claim.property_casualty_claim == "WC-77"
    assert draft.claim.related_causes == ("EM",)
    assert shown(draft) == ["HC:97530 x2 140.00"]


def test_two_clinicians_of_a_day_stand_on_their_lines() -> None:
    """The second therapist is named on the line; the first on the claim."""
    draft = drafted(
        visit(done("97110", 15), payer="medicare"),
        visit(done("97530", 15), payer="medicare", visit_id="V-2", treating_clinician="okafor"),
    )
    assert draft.claim.rendering is not None
    assert draft.claim.rendering.name == "Rivera"
    first, second = draft.claim.lines
    assert first.rendering is None
    assert second.rendering is not None
    assert second.rendering.name == "Okafor"


def test_authorizations_of_different_lines_stand_on_the_lines() -> None:
    """One number goes on the claim; two go on the lines they are for."""
    draft = drafted(
        visit(
            done("97110", 15),
            done("97530", 15),
            authorizations=(
                Authorization(number="A1", codes=("97110",)),
                Authorization(number="A2", codes=("97530",)),
                Authorization(number="OLD", valid_until=dt.date(2025, 12, 31)),
            ),
        )
    )
    assert draft.claim.references == ()
    assert [line.references[0].value for line in draft.claim.lines] == ["A1", "A2"]


def test_an_ordering_provider_stands_on_the_lines() -> None:
    """DK has no place on the claim (837P 2420E)."""
    draft = drafted(visit(referring=Referring(key="lee", qualifier="DK")))
    assert draft.claim.referring == ()
    assert draft.claim.lines[0].ordering is not None
    assert draft.claim.lines[0].ordering.role == "DK"


def test_diagnoses_of_two_visits_are_joined_and_pointers_moved() -> None:
    """Each visit's pointers lead to its own diagnoses in the joined list."""
    draft = drafted(
        visit(done("97110", 15)),
        visit(
            done("97530", 15, diagnosis_pointers=(2,)), visit_id="V-2", diagnoses=("M6281", "R262")
        ),
    )
    assert [d.code for d in draft.claim.diagnoses] == ["M25511", "M6281", "R262"]
    assert [line.pointers for line in draft.claim.lines] == [(1, 2), (3,)]


def test_a_diagnosis_given_twice_stands_once() -> None:
    """HI holds a code once, and pointers follow it; a pointer given twice stands once."""
    twice = visit(
        done("97530", 23),
        done("97110", 23, diagnosis_pointers=(3, 2, 3)),
        diagnoses=("M25511", "M25511", "M6281"),
    )
    claim = drafted(twice).claim
    assert [diagnosis.code for diagnosis in claim.diagnoses] == ["M25511", "M6281"]
    assert [line.pointers for line in claim.lines] == [(1, 2), (2, 1)]


def test_more_than_twelve_diagnoses_keep_those_pointed_to() -> None:
    """The claim has twelve: the principal, those pointed to, then as listed."""
    many = tuple(f"M25{n}" for n in range(511, 525))
    draft = drafted(visit(done("97530", 15, diagnosis_pointers=(1, 12)), diagnoses=many))
    listed = [d.code for d in draft.claim.diagnoses]
    assert listed == list(many[:12])
    assert codes(draft.warnings) == ["warn.disagree"]


def test_more_than_fifty_lines_split_into_claims() -> None:
    """Lines over 50 go on a second claim; what the patient paid stands on the first only."""
    many = [done("97530", 15, modifiers=(f"{n:02d}",)) for n in range(10, 63)]
    made = claims.draft([visit(*many, amount_collected=Decimal(20))], clinic())
    assert [len(draft.claim.lines) for draft in made.drafts] == [50, 3]
    assert [line.number for line in made.drafts[1].claim.lines] == [1, 2, 3]
    assert [d.claim.amount_paid_by_patient for d in made.drafts] == [Decimal(20), None]


def test_a_dated_policy_decides_by_the_day_of_service() -> None:
    """Before the policy's first day the family alone speaks, and what it leaves open holds."""
    assert isinstance(outcome(visit()), ClaimDraft)
    early = outcome(visit(date=dt.date(2025, 12, 31)))
    assert isinstance(early, Held)
    assert "hold.policy-silent" in codes(early.problems)


def test_finish_gives_all_numbers_and_changes_nothing_else() -> None:
    """The claim's number and each line's, the line first."""
    draft = drafted(visit(*STORY_2))
    claim = claims.finish(draft, "ABCDEFGH23456789X")
    assert claim.control == "ABCDEFGH23456789X"
    assert [line.control for line in claim.lines] == [
        "01ABCDEFGH23456789X",
        "02ABCDEFGH23456789X",
        "03ABCDEFGH23456789X",
    ]
    blank = tuple(evolve(line, control="") for line in claim.lines)
    assert evolve(claim, control="", lines=blank) == draft.claim


def test_the_patient_stays_out_of_reasons_and_reprs() -> None:
    """Neither the decisions nor the reprs of draft and hold name the patient."""
    draft = drafted(visit(*STORY_2))
    waiting = held(visit(*STORY_2, location="nowhere"))
    for text in (repr(draft), repr(waiting), repr(visit()), *draft.because):
        for secret in ("Sample", "Jordan", "MEMBER123", "M25511", "1961", "P-1", "Elm"):
            assert secret not in text


TIMED = ("97530", "97110", "97112", "97140", "97116", "97535")


@st.composite
def sessions(draw: st.DrawFn) -> Visit:
    """A visit of timed codes with consecutive blocks, an attestation, or neither."""
    clock = 8 * 60
    procedures = []
    for code in draw(st.lists(st.sampled_from(TIMED), min_size=1, max_size=5)):
        spent = draw(st.integers(1, 40))
        span = f"{clock // 60:02d}:{clock % 60:02d}-{(clock + spent) // 60:02d}:{(clock + spent) % 60:02d}"
        has_times = draw(st.booleans())
        procedures.append(
            done(
                code,
                spent,
                blocks=at(span) if has_times else (),
                separate_block=draw(st.booleans()),
                modifiers=draw(st.sampled_from([(), (), ("KX",), ("76",), ("59",)])),
            )
        )
        clock += spent
    return visit(*procedures, payer=draw(st.sampled_from(["acme", "medicare", "ohio-medicaid"])))


@settings(max_examples=300, deadline=None)
@given(sessions())
def test_what_always_holds_of_a_draft(given_visit: Visit) -> None:
    """Charges add up, at most four modifiers, none derived without evidence, units of the rule."""
    made = outcome(given_visit)
    if isinstance(made, Held):
        assert any(problem.level == "error" for problem in made.problems)
        return
    claim = made.claim
    assert claim.charge == sum(line.charge for line in claim.lines)
    assert [line.number for line in claim.lines] == list(range(1, len(claim.lines) + 1))
    stated = {(p.code, m) for p in given_visit.procedures for m in p.modifiers}
    for line, decision in zip(claim.lines, made.decisions, strict=True):
        found = line.procedure.modifiers
        assert len(found) <= 4
        assert len(set(found)) == len(found)
        assert found == decision.modifiers
        for modifier in found:
            if (line.procedure.code, modifier) not in stated:
                assert modifier in {"GP", "59"}
                if modifier == "59":
                    assert decision.evidence
        ranks = [
            list(MODIFIER_GROUPS.values()).index(MODIFIER_GROUPS[m])
            for m in found
            if m in MODIFIER_GROUPS
        ]
        assert ranks == sorted(ranks)
    rule = clinic().policy(made.payer, DAY).unit_rule
    assert rule is not None
    minutes = [(p.code, p.therapist_minutes) for p in given_visit.procedures]
    ruled = assign(minutes, rule).units
    for code in ruled:
        lines = [line for line in claim.lines if line.procedure.code == code]
        assert sum(line.units for line in lines) == ruled[code]


@settings(max_examples=100, deadline=None)
@given(st.lists(sessions(), max_size=6))
def test_every_visit_is_in_exactly_one_place(given_visits: list[Visit]) -> None:
    """No visit is lost, none is both billed and held."""
    visits = [evolve(v, visit_id=f"V-{n}") for n, v in enumerate(given_visits)]
    made = claims.draft(visits, clinic())
    placed = [key for some in (*made.drafts, *made.held) for key in some.visit_ids]
    assert sorted(placed) == sorted(v.visit_id for v in visits)


ANY_SHAPE = ("97530", "97129", "97130", "97545", "97546", "97150", "97598", "96125", "97799")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ANY_SHAPE), st.integers(0, 40), st.sampled_from([None, None, 0, 1, 2])
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["cms", "midpoint", "full15", "hybrid"]),
    st.sampled_from([None, True, False]),
)
def test_no_visit_goes_missing_whatever_its_codes(
    rows: list[tuple[str, int, int | None]], rule: str, pool: bool | None
) -> None:
    """Codes without minutes, without units, or with none stated: a claim with lines, or a hold."""
    setup = clinic_with("acme", unit_rule=rule, pool_cognitive=pool)
    charge = Decimal("60.00")
    procedures = [done(code, spent, units=units, charge=charge) for code, spent, units in rows]
    made = outcome(visit(*procedures), setup=setup)  # fails where the visit is in neither
    assert isinstance(made, Held) or made.claim.lines


def test_a_second_coverage_is_said_not_to_be_billed() -> None:
    """The claim goes to the first payer, and its reasons name the second."""
    two = (
        Coverage(payer="medicare", member_id="1EG4TE5MK73"),
        Coverage(payer="acme", member_id="A2"),
    )
    draft = drafted(visit(coverages=two))
    assert draft.payer == "medicare"
    assert "further coverage acme: billed when this payer has answered" in draft.because
