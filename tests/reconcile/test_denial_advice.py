"""One next step by what is known: payer, group, remarks, what was sent, who else is on the day."""

import pytest
from test_denial_table import B, Told, find

PART_B_29 = Told(codes="CO-29", family=B)


def test_part_b_takes_no_appeal_of_the_filing_limit() -> None:
    """It is no initial determination: proof or an exception, else write off, no deadline."""
    found = find(PART_B_29)
    assert found.deadline is None
    assert any(text.startswith("appeal") for text in found.never)
    assert "write off" in found.next_step
    assert find(Told(codes="CO-29 N211")).deadline is None
    assert find(Told(codes="CO-29")).deadline_for == "first appeal"


@pytest.mark.parametrize("moa", ["MA130", "N142", "N517"])
def test_a_new_claim_never_has_the_days_of_a_correction(moa: str) -> None:
    """It runs against timely filing, which is shown where the policy says it."""
    assert find(Told(codes="CO-16", moa=moa)).deadline is None
    found = find(Told(codes="CO-16", moa=moa), timely_filing_days=90)
    assert found.deadline_for == "new claim"


def test_a_duplicate_stays_one_whatever_the_claim_says() -> None:
    """MA130 beside CO-18 does not ask for another copy; the first answer is what is worked."""
    found = find(Told(codes="CO-18", moa="MA130", family=B))
    assert found.category == "duplicate"
    assert "work its answer" in found.next_step
    assert "new claim" not in found.next_step


@pytest.mark.parametrize(
    "codes",
    ["CO-96", "CO-204", "CO-A1", "PI-204", "CO-242", "CO-119", "CO-22", "CO-50", "CO-5", "CO-31"],
)
def test_a_refusal_under_co_or_pi_is_never_the_patients(codes: str) -> None:
    """The never-do is plainly "bill the patient", with no way around it."""
    found = find(Told(codes=codes))
    assert "bill the patient" in found.never
    assert [t for t in found.never if t.startswith("bill the patient")] == ["bill the patient"]
    assert "then the patient" not in found.next_step


@pytest.mark.parametrize("codes", ["PR-204", "PR-119", "PR-242", "PR-96", "PR-27"])
def test_a_refusal_under_pr_has_its_checks_before_the_patient(codes: str) -> None:
    """The patient comes last, and not without a never-do."""
    found = find(Told(codes=codes))
    assert "then the patient" in found.next_step
    assert found.never


@pytest.mark.parametrize("codes", ["CO-16 N264", "CO-16 N265", "CO-16 N285", "CO-16 N286"])
@pytest.mark.parametrize("moa", ["", "MA130"])
def test_who_is_asked_for_as_orderer_is_the_referring_provider(codes: str, moa: str) -> None:
    """A therapy claim names who certifies the plan as DN, never DK; MA130 only changes the road."""
    found = find(Told(codes=codes, moa=moa, family=B))
    assert "order" not in found.next_step
    assert {"DK in place of DN", "our own NPI as the referrer"} < set(found.never)
    if moa:
        assert "referring (certifying) provider's" in found.next_step or "N28" in codes
        assert found.next_step.endswith("send a new claim: frequency 1, new claim number")
        assert {"reopening", "appeal", "frequency 7 or 8"} < set(found.never)
    else:
        assert "reopening" in found.next_step


@pytest.mark.parametrize("codes", ["CO-22", "OA-22", "CO-22 N48", "CO-16 N4"])
def test_a_later_payer_is_not_answered_by_billing_the_first_again(codes: str) -> None:
    """The first payer has decided: a call with its remittance, for the second turn and the third."""
    for rank in "ST":
        found = find(Told(codes=codes, rank=rank))
        assert found.next_step.startswith("call: the payer before has decided")
        assert "bill the primary again" in found.never
        assert found.who == "payer call"
    assert "bill the primary;" in find(Told(codes=codes)).next_step


@pytest.mark.parametrize("codes", ["PR-204", "PR-96", "PR-2"])
def test_the_second_payers_refusal_waits_for_no_second_payer(codes: str) -> None:
    """What waits is the patient, until no further payer is left: it is the second one's answer."""
    never = find(Told(codes=codes, rank="S")).never
    assert "bill the patient while a further payer has not answered" in never
    assert not any("secondary" in text for text in never)
    assert any("before the secondary payer" in text for text in find(Told(codes=codes)).never)


@pytest.mark.parametrize("codes", ["CO-170 N95", "CO-8 N95", "CO-170"])
def test_a_provider_type_is_not_repaired_by_another_name(codes: str) -> None:
    """The bill-as rule, never another therapist who did not supervise."""
    found = find(Told(codes=codes))
    assert "bill-as rule" in found.next_step
    assert any("did not supervise" in text for text in found.never)


@pytest.mark.parametrize(
    ("codes", "road", "due"),
    [
        ("CO-181", "reopening", "reopening"),
        ("CO-B15", "reopening", "reopening"),
        ("CO-272", "redetermination", "first appeal"),
        ("CO-16 N255", "reopening", "reopening"),
        ("CO-16 N822", "reopening", "reopening"),
    ],
)
def test_part_b_takes_its_roads_for_any_reason(codes: str, road: str, due: str) -> None:
    """Clerical: reopening; records: redetermination; never a replacement."""
    found = find(Told(codes=codes, family=B))
    assert road in found.next_step
    assert found.deadline_for == due
    assert "replacement" not in found.next_step
    assert found.never
    assert (
        find(Told(codes=codes.partition(" ")[0], moa="MA130", family=B)).category == "unprocessable"
    )


def test_one_unit_over_the_maximum_has_no_excess_and_no_contract() -> None:
    """Medicare counts the day's other units too; a single unit cannot be cut."""
    found = find(Told(codes="CO-119 N362", family=B, sent_units="1"))
    said = " ".join((found.cause, found.next_step, *found.never))
    assert "contract" not in said
    assert "excess" not in said
    assert "redetermination" in found.next_step


@pytest.mark.parametrize(
    ("beside", "target"),
    [("97140", "97530"), ("97116", "97116"), ("97164", "97164"), ("97168", "97168")],
)
@pytest.mark.parametrize("family", ["commercial", B])
def test_59_is_named_on_the_line_that_takes_it(beside: str, target: str, family: str) -> None:
    """Whichever line of the pair was refused, the same line takes the modifier."""
    assert f"59 on {target}" in find(Told(codes="CO-97", beside=beside, family=family)).next_step
    other = find(Told(codes="CO-97", code=beside, beside="97530", family=family))
    assert f"59 on {target}" in other.next_step


def test_59_that_stands_where_the_pair_takes_it_is_appealed() -> None:
    """97530 refused beside 97116 with 59: it was sent rightly, so appeal; never add a second."""
    found = find(Told(codes="CO-97", own="97116:59:GP"))
    assert found.row == "4 bundled although 59 was sent"
    assert "move 59 to 97530" in found.never


def test_without_a_known_partner_nobody_adds_59() -> None:
    """Whatever the group, the partner is asked for first."""
    for codes in ("CO-97", "PI-97", "OA-97"):
        found = find(Told(codes=codes, beside="97110"))
        assert found.confidence == "low"
        assert any("59 before the pair is known" in text for text in found.never)


def test_a_reason_that_needs_a_remark_says_what_the_remark_says() -> None:
    """The remark's own words and its road; without one, that none came."""
    found = find(Told(codes="CO-16 N255"))
    assert found.next_step == "put the billing taxonomy: send a replacement"
    assert "billing taxonomy missing" in found.cause
    bare = find(Told(codes="CO-204"))
    assert "remark" not in bare.cause
    assert "no remark code" in find(Told(codes="CO-16")).cause
    assert find(Told(codes="CO-16")).confidence == "low"


def test_what_the_patient_did_not_answer_the_patient_answers() -> None:
    """CARC 227 is no question of which payer comes first."""
    found = find(Told(codes="CO-227"))
    assert found.who == "patient"
    assert "patient calls the payer" in found.next_step


def test_a_comp_carrier_that_names_comp_is_called() -> None:
    """The adjuster says which carrier; billing "the WC carrier" would be this one again."""
    found = find(Told(codes="CO-19", family="workers-comp"))
    assert "adjuster" in found.next_step


def test_paid_in_full_with_fewer_units_is_no_alarm() -> None:
    """The units are checked; there is nothing to appeal."""
    found = find(Told(codes="", paid="100", units="1"))
    assert "nothing to appeal" in found.next_step
    assert "paid in full" in found.cause


def test_an_unknown_code_asks_the_payer() -> None:
    """Nobody is asked to tell us anything."""
    assert "us" not in find(Told(codes="CO-999")).next_step.split()
