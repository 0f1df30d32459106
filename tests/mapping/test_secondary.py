"""The claim to the next payer: whose subscriber it has, and what it says of the payers before."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from edi.check import check
from edi.claim import (
    Address,
    Adjustment,
    Claim,
    Diagnosis,
    LineAdjudication,
    Party,
    Patient,
    Procedure,
    Reference,
    ServiceLine,
    Submission,
    Subscriber,
)
from edi.claim import Contact as Desk
from edi.writing import Envelope
from edi.x837p import write_837p
from mapping.policy import Policy
from mapping.practice_values import Payer
from mapping.secondary import Holder, Prior, faults, next_claim
from mapping.visit import Address as Home
from mapping.visit import Coverage
from mapping.visit import Subscriber as Insured

DAY = dt.date(2026, 3, 10)
HOME = Address(line1="7 QUARRY LANE", city="MILLBROOK", state="OH", zip="44099")
ROBIN = Party(
    role="IL", is_person=True, name="FINCH", first="ROBIN", id_qualifier="MI", id="1EG4TE5MK73",
    address=HOME,
)  # fmt: skip
SENT = Claim(
    control="FIRST1",
    charge=Decimal("75.00"),
    place_of_service="11",
    frequency="7",
    billing=Party(
        role="85", is_person=False, name="MILLBROOK THERAPY LLC", id_qualifier="XX",
        id="1234567893", taxonomy="261QP2000X",
        address=Address(line1="12 ALDER ST", city="MILLBROOK", state="OH", zip="440990012"),
        references=(Reference(qualifier="EI", value="990000001"),),
    ),
    subscriber=Subscriber(
        relationship="18", filing_indicator="MB", party=ROBIN, gender="F",
        birth_date=dt.date(1950, 2, 28),
    ),
    payer=Party(role="PR", is_person=False, name="MEDICARE", id_qualifier="PI", id="15202"),
    diagnoses=(Diagnosis(qualifier="ABK", code="M25511"),),
    references=(
        Reference(qualifier="G1", value="AUTH7"),
        Reference(qualifier="F8", value="OLD1"),
        Reference(qualifier="EA", value="CHART9"),
    ),
    property_casualty_claim="WC-1",
    lines=(
        ServiceLine(
            number=1, procedure=Procedure(code="97530", modifiers=("59", "GP")), pointers=(1,),
            charge=Decimal("75.00"), units=Decimal(1), date=DAY, until=DAY, control="01FIRST1",
            references=(Reference(qualifier="9F", value="REF1"),),
        ),
    ),
)  # fmt: skip
MEDIGAP = Payer(
    key="hillside", name="HILLSIDE", id="HMG55", filing_indicator="CI", family="commercial"
)
HERON = Payer(key="heron", name="HERON", id="BHOH1", filing_indicator="BL", family="commercial")
OWN = Holder(payer=MEDIGAP, coverage=Coverage(payer="hillside", member_id="HM2"))
ALEX = Insured(
    last_name="Finch", first_name="Alex", birth_date=dt.date(1951, 2, 3), gender="M",
    address=Home(line1="7 Quarry Lane", city="Millbrook", state="OH", zip="44099"),
)  # fmt: skip
SPOUSE = Holder(
    payer=HERON,
    coverage=Coverage(
        payer="heron", member_id="BH5", relationship="spouse", subscriber=ALEX, group_number="G7"
    ),
)


def prior(paid: str, *cuts: str, number: str = "ICN1") -> Prior:
    """A decision of the one line; each cut is ``group reason amount``."""
    adjustments = tuple(
        Adjustment(group=g, reason=r, amount=Decimal(a)) for g, r, a in map(str.split, cuts)
    )
    line = LineAdjudication(
        payer="", paid=Decimal(paid), procedure=Procedure(code="97530", modifiers=("GP",)),
        units=Decimal(1), adjustments=adjustments, date=dt.date(2026, 4, 2),
    )  # fmt: skip
    return Prior(paid=Decimal(paid), number=number, remarks=("MA01",), lines={1: line})


FIRST = prior("27.14", "CO 45 40.94", "PR 2 6.92")
SECOND = prior("3.92", "OA 23 68.08", "PR 3 3.00", number="")


def is_good(made: Claim) -> bool:
    """Whether it can be written, and our check finds nothing."""
    numbered = evolve(
        made, control="NEXT1", lines=tuple(evolve(x, control="01NEXT1") for x in made.lines)
    )
    desk = Desk(name="DESK", numbers=(("TE", "5555550142"),))
    submission = Submission(
        reference="R1",
        created=dt.datetime(2026, 4, 20, 8, 0),  # noqa: DTZ001 (an envelope has local time)
        submitter=Party(
            role="41", is_person=False, name="US", id_qualifier="46", id="US1", contacts=(desk,)
        ),
        receiver=Party(role="40", is_person=False, name="THEM", id_qualifier="46", id="TH1"),
        claims=(numbered,),
    )
    envelope = Envelope(
        sender_qualifier="ZZ", sender_id="US", receiver_qualifier="ZZ", receiver_id="THEM",
        group_sender="US", group_receiver="THEM", created=submission.created, control=1,
        group_control=1, usage="T",
    )  # fmt: skip
    written = write_837p(envelope, [submission])
    assert written.held == ()
    return check([written.data]).problems == ()


def test_the_second_payers_claim_has_its_own_subscriber_number_and_payer() -> None:
    """SBR01 S and the second member id; lines, charges and clinicians as they were sent."""
    made = next_claim(SENT, [FIRST], [OWN])
    assert (made.subscriber.payer_rank, made.subscriber.relationship) == ("S", "18")
    assert (made.subscriber.party.id, made.payer.id) == ("HM2", "HMG55")
    assert (made.control, made.frequency, made.property_casualty_claim) == ("", "1", "")
    assert made.lines[0].procedure == SENT.lines[0].procedure
    assert made.charge == SENT.charge
    assert is_good(made)


def test_what_the_first_payer_decided_stands_beside_each_line() -> None:
    """2320 with AMT*D and MOA, 2330B with its claim number, 2430 naming it by its id."""
    made = next_claim(SENT, [FIRST], [OWN])
    (other,) = made.others
    assert (other.paid, other.patient_owes) == (Decimal("27.14"), None)
    assert other.outpatient == ("MOA", "", "", "MA01")
    assert other.subscriber.party.id == "1EG4TE5MK73"
    (decided,) = made.lines[0].adjudications
    assert (decided.payer, decided.paid) == ("15202", Decimal("27.14"))


def test_numbers_of_the_first_payer_are_not_sent_as_the_second_ones() -> None:
    """Its authorization moves to 2330B; its claim number is told as its own; others stay."""
    made = next_claim(SENT, [FIRST], [OWN])
    assert [r.qualifier for r in made.references] == ["EA"]
    assert made.lines[0].references == ()
    numbers = [(r.qualifier, r.value) for r in made.others[0].payer.references]
    assert numbers == [("G1", "AUTH7"), ("F8", "ICN1")]


def test_a_spouses_plan_makes_the_patient_a_dependent() -> None:
    """The spouse is the subscriber, the patient gets a level of their own."""
    made = next_claim(SENT, [FIRST], [SPOUSE])
    assert (made.subscriber.relationship, made.subscriber.party.first) == ("", "Alex")
    assert made.subscriber.group_number == "G7"
    assert made.patient is not None
    assert (made.patient.relationship, made.patient.party.first) == ("01", "ROBIN")
    assert made.patient.party.id == ""
    assert is_good(made)


def test_a_dependent_of_the_first_payer_may_hold_the_second_cover() -> None:
    """The first claim's patient becomes the subscriber; 2320 says how they stood before."""
    child = Patient(
        relationship="19", birth_date=dt.date(2001, 1, 2), gender="M",
        party=Party(role="QC", is_person=True, name="FINCH", first="SAM", address=HOME),
    )  # fmt: skip
    sent = evolve(SENT, subscriber=evolve(SENT.subscriber, relationship=""), patient=child)
    made = next_claim(sent, [FIRST], [OWN])
    assert made.patient is None
    assert (made.subscriber.party.first, made.subscriber.gender) == ("SAM", "M")
    assert made.others[0].subscriber.relationship == "19"
    assert made.others[0].subscriber.party.first == "ROBIN"
    assert is_good(made)


def test_the_third_payer_is_told_of_both_before() -> None:
    """T, with P and S in 2320 and two adjudications of the line."""
    made = next_claim(SENT, [FIRST, SECOND], [OWN, SPOUSE])
    assert made.subscriber.payer_rank == "T"
    assert [o.subscriber.payer_rank for o in made.others] == ["P", "S"]
    assert [o.payer.id for o in made.others] == ["15202", "HMG55"]
    assert [a.payer for a in made.lines[0].adjudications] == ["15202", "HMG55"]
    assert made.others[1].payer.references == ()
    assert is_good(made)


def test_medicare_second_says_why() -> None:
    """SBR05 from the coverage."""
    medicare = Payer(
        key="m", name="MEDICARE", id="15201", filing_indicator="MB", family="medicare-b"
    )
    coverage = Coverage(payer="m", member_id="1EG4", insurance_type="12")
    made = next_claim(SENT, [FIRST], [Holder(payer=medicare, coverage=coverage)])
    assert (made.subscriber.insurance_type, made.subscriber.filing_indicator) == ("12", "MB")
    assert is_good(made)


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (Coverage(payer="heron", member_id=""), "member id"),
        (Coverage(payer="heron", member_id="1", relationship="child"), "names no subscriber"),
    ],
)
def test_a_coverage_that_lacks_something_is_told(coverage: Coverage, words: str) -> None:
    """In words without the patient's data."""
    (found,) = faults(Holder(payer=HERON, coverage=coverage))
    assert words in found
    assert faults(SPOUSE) == ()


@pytest.mark.parametrize(
    ("wanted", "sent", "modifiers"),
    [
        pytest.param("always", ("59",), ("59", "GP"), id="put in at its place"),
        pytest.param("therapy codes", (), ("GP",), id="on therapy codes"),
        pytest.param("always", ("GO",), ("GO",), id="one is there"),
        pytest.param("never", ("59",), ("59",), id="not wanted"),
    ],
)
def test_discipline_modifier_as_the_next_payer_wants_it(
    wanted: Any, sent: tuple[str, ...], modifiers: tuple[str, ...]
) -> None:
    """Medicare second wants GP though the first payer took none; what the first decided stays."""
    (line,) = SENT.lines
    plain = evolve(SENT, lines=(evolve(line, procedure=Procedure(code="97530", modifiers=sent)),))
    policy = Policy(discipline_modifier=wanted)
    made = next_claim(plain, [FIRST], [OWN], policy=policy, discipline="PT")
    assert made.lines[0].procedure.modifiers == modifiers
    assert made.lines[0].adjudications[0].procedure == FIRST.lines[1].procedure
    assert next_claim(plain, [FIRST], [OWN]).lines[0].procedure.modifiers == sent


def test_insurance_type_is_for_medicare_alone() -> None:
    """SBR05 says why Medicare is second: another payer's claim has none."""
    coverage = Coverage(payer="hillside", member_id="HM2", insurance_type="12")
    made = next_claim(SENT, [FIRST], [Holder(payer=MEDIGAP, coverage=coverage)])
    assert made.subscriber.insurance_type == ""


def test_member_id_goes_without_the_dashes_of_the_card() -> None:
    """As on a first claim: a number of the named shape is sent compact."""
    medicare = Payer(
        key="medicare", name="MEDICARE", id="15299", filing_indicator="MB", family="medicare-b"
    )
    coverage = Coverage(payer="medicare", member_id="1EG4-TE5-MK73", insurance_type="12")
    policy = Policy(member_id_shape="mbi")
    holder = Holder(payer=medicare, coverage=coverage)
    made = next_claim(SENT, [FIRST], [holder], policy=policy)
    assert made.subscriber.party.id == "1EG4TE5MK73"
