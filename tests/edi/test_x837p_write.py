"""Claims to 837P files: hierarchy, loops, and what is held."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve
from claims_made import (
    BILLING,
    CHILD,
    DAY,
    DOCTOR,
    ENVELOPE,
    EXAMPLES,
    FACILITY,
    HOME,
    OTHER_BILLING,
    PAY_TO,
    PAYER,
    RECEIVER,
    SUBMITTER,
    SUBSCRIBER,
    SUPERVISOR,
    THERAPIST,
    claim,
    dependent,
    line,
    submission,
)

from edi.claim import Claim, Dated, Diagnosis, Procedure, Reference
from edi.problem import Place, Problem
from edi.separators import Separators
from edi.writing import WriteError
from edi.x837p import Written, write_837p
from edi.x837p_rules import RULES, refusals


def texts(written: Written) -> list[str]:
    """The segments of a file with the default separators."""
    return [text.strip() for text in written.data.decode().split("~") if text.strip()]


def write(*claims: Claim) -> list[str]:
    """The segments of one transaction with these claims, none of which may be held."""
    written = write_837p(ENVELOPE, [submission(*claims)])
    assert written.held == ()
    return texts(written)


def test_a_claim_of_a_subscriber_hangs_under_the_subscriber() -> None:
    """HL 20 and 22, no 23; LX, SV1, date and line control number for each line."""
    found = write(claim("C1", lines=(line(1), line(2, "97140", charge=Decimal("50.5")))))
    assert [t for t in found if t.startswith("HL")] == ["HL*1**20*1", "HL*2*1*22*0"]
    assert "CLM*C1*125.5***11:B:1*Y*A*Y*Y" in found
    assert found[found.index("LX*2") :][:4] == [
        "LX*2",
        "SV1*HC:97140:GP*50.5*UN*1***1",
        "DTP*472*D8*20260310",
        "REF*6R*02LINE",
    ]


def test_a_patient_who_is_not_the_subscriber_has_a_level_of_their_own() -> None:
    """HL 23 under 22 with PAT; SBR02 stays empty; the subscriber's own claim is a level apart."""
    found = write(dependent("C1"), claim("C2"), dependent("C3"))
    levels = [t for t in found if t.startswith(("HL", "CLM"))]
    assert [t.split("*")[1] if t[0] == "C" else t for t in levels] == [
        "HL*1**20*1",
        "HL*2*1*22*1",
        "HL*3*2*23*0",
        "C1",
        "C3",
        "HL*4*1*22*0",
        "C2",
    ]
    assert "SBR*P**G100******CI" in found
    assert "PAT*19" in found


def test_claims_of_one_billing_provider_stand_together() -> None:
    """Billing providers come in the order of first appearance, each once."""
    found = write(claim("C1"), claim("C2", billing=OTHER_BILLING), claim("C3"))
    order = [t.split("*")[1] for t in found if t.startswith("CLM")]
    assert order == ["C1", "C3", "C2"]
    assert [t for t in found if t.startswith("HL")] == [
        *("HL*1**20*1", "HL*2*1*22*0"),
        *("HL*3**20*1", "HL*4*3*22*0"),
    ]


def test_every_loop_stands_at_its_place() -> None:
    """All that a claim can hold comes out in the guide's order, which the guide itself confirms."""
    full = claim(
        "C1",
        pay_to=PAY_TO,
        dates=(Dated(qualifier="431", date=DAY, until=DAY),),
        references=tuple(
            Reference(qualifier=q, value=f"{q}1") for q in ("G1", "F8", "9F", "EA", "D9")
        ),
        amount_paid_by_patient=Decimal("20.00"),
        note="GAIT TRAINING",
        property_casualty_claim="PC77",
        facility=FACILITY,
        supervising=SUPERVISOR,
        lines=(
            line(
                rendering=THERAPIST,
                supervising=SUPERVISOR,
                ordering=evolve(DOCTOR, role="DK"),
                referring=(DOCTOR,),
                note="STAIRS",
                dates=(Dated(qualifier="463", date=DAY, until=DAY),),
                references=(Reference(qualifier="9F", value="R9"),),
                until=DAY + dt.timedelta(days=1),
                place_of_service="12",
            ),
        ),
    )
    found = write(full)
    ids = [text.split("*")[0] + "*" + text.split("*")[1] for text in found]
    expected = [
        *("PRV*BI", "NM1*85", "N3*12 ALDER STREET", "N4*MILLBROOK", "REF*EI", "NM1*87"),
        *("N3*PO BOX 88", "N4*MILLBROOK", "HL*2", "SBR*P", "NM1*IL", "N3*7 QUARRY LANE"),
        *("N4*MILLBROOK", "DMG*D8", "REF*Y4", "NM1*PR", "CLM*C1", "DTP*431", "AMT*F5"),
        *("REF*G1", "REF*F8", "REF*9F", "REF*EA", "REF*D9", "NTE*ADD"),
        *("HI*ABK:M25511", "NM1*DN", "NM1*82", "PRV*PE", "NM1*77", "N3*90 LAKE ROAD"),
        *("N4*MILLBROOK", "NM1*DQ", "LX*1", "SV1*HC:97530:GP", "DTP*472", "DTP*463"),
        *("REF*6R", "REF*9F", "NTE*ADD", "NM1*82", "PRV*PE", "NM1*DQ", "NM1*DK", "NM1*DN"),
    ]
    start = ids.index("PRV*BI")
    assert ids[start : start + len(expected)] == expected
    assert "DTP*472*RD8*20260310-20260311" in found


@pytest.mark.parametrize(("patient", "after"), [(None, "DMG*D8*19700228*F"), (CHILD, "PAT*19")])
def test_a_casualty_claim_number_stands_with_who_was_hurt(patient: object, after: str) -> None:
    """REF*Y4 is in 2010BA for the subscriber, in 2010CA for another patient."""
    made = claim if patient is None else dependent
    found = write(made("C1", property_casualty_claim="PC77"))
    assert found.index("REF*Y4*PC77") > found.index(after)
    assert found.count("REF*Y4*PC77") == 1


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"address": BILLING.address}, False),
        ({"address": BILLING.address, "name": "ANOTHER NAME"}, False),
        ({"address": BILLING.address, "id_qualifier": "XX", "id": BILLING.id}, False),
        ({"address": BILLING.address, "id_qualifier": "XX", "id": OTHER_BILLING.id}, True),
        ({"address": HOME}, True),
    ],
    ids=["same place", "other name", "same NPI", "other NPI", "other place"],
)
def test_the_facility_is_left_out_where_it_is_the_billing_provider(
    change: dict[str, object], written: bool
) -> None:
    """2310C is for a location other than the billing provider's (TR3)."""
    found = write(claim(facility=evolve(FACILITY, **change)))
    assert any(t.startswith("NM1*77") for t in found) is written


def test_text_is_cleaned_and_numbers_are_shortest() -> None:
    """Lower case, accents and signs are spelled out; amounts lose their zeros (RFI 396)."""
    person = evolve(SUBSCRIBER.party, name="Peña", first="José", id="ex0000123")
    made = claim(
        subscriber=evolve(SUBSCRIBER, party=person),
        note="Walks 10 m; uses #2 cane",
        lines=(line(charge=Decimal("75.50"), units=Decimal("1.0")),),
    )
    found = write(made)
    assert "NM1*IL*1*PENA*JOSE****MI*EX0000123" in found
    assert "NTE*ADD*WALKS 10 M; USES 2 CANE" in found
    assert "SV1*HC:97530:GP*75.5*UN*1***1" in found


HELD = {
    "separator in a name": ({"payer": evolve(PAYER, name="A*B")}, "NM103"),
    "control character in a number": ({"references": (Reference(qualifier="G1", value="\x01"),)}, "REF02"),
    "name in another script": ({"payer": evolve(PAYER, name="芳")}, "NM103"),
    "no control number": ({"control": ""}, "CLM01"),
    "control number too long": ({"control": "C" * 21}, "CLM01"),
    "charge is not the sum of the lines": ({"charge": Decimal(74)}, "CLM02"),
    "fractions of a cent": ({"charge": Decimal("1.001"), "lines": (line(charge=Decimal("1.001")),)}, "CLM02"),
    "negative charge": ({"charge": Decimal(-5), "lines": (line(charge=Decimal(-5)),)}, "SV102"),
    "not a number": ({"charge": Decimal("NaN")}, "CLM02"),
    "negative amount paid": ({"amount_paid_by_patient": Decimal(-1)}, "AMT02"),
    "negative units": ({"lines": (line(units=Decimal(-1)),)}, "SV104"),
    "no lines": ({"lines": (), "charge": Decimal(0)}, "LX01"),
    "51 lines": ({"lines": tuple(line(n) for n in range(1, 52))}, "LX01"),
    "lines not counted from 1": ({"lines": (line(2),)}, "LX01"),
    "five modifiers": (
        {"lines": (line(procedure=Procedure(code="97530", modifiers=("59", "GP", "CQ", "KX", "95"))),)},
        "SV101",
    ),
    "charge of 31 digits": (
        {"charge": Decimal("1E30"), "lines": (line(charge=Decimal("1E30")),)},
        "SV102",
    ),
    "charge that is no number": (
        {"charge": Decimal("NaN"), "lines": (line(charge=Decimal("NaN")),)},
        "SV102",
    ),
    "units that are no number": ({"lines": (line(units=Decimal("NaN")),)}, "SV104"),
    "no line control number": ({"lines": (evolve(line(), control=""),)}, "REF02"),
    "line control number of 31": ({"lines": (line(control="R" * 31),)}, "REF02"),
    "line control number twice": ({"lines": (line(1, control="R"), line(2, control="R"))}, "REF02"),
    "no date of service": ({"lines": (line(date=None, until=None),)}, "DTP03"),
    "range ends before it begins": ({"lines": (line(until=DAY - dt.timedelta(days=1)),)}, "DTP03"),
    "claim date ends before it begins": (
        {"dates": (Dated(qualifier="314", date=DAY, until=DAY - dt.timedelta(days=1)),)},
        "DTP03",
    ),
    "no diagnosis": ({"diagnoses": (), "lines": (line(pointers=()),)}, "HI01"),
    "13 diagnoses": (
        {
            "diagnoses": tuple(
                Diagnosis(qualifier="ABF" if n else "ABK", code=f"M25{n:02d}") for n in range(13)
            )
        },
        "HI",
    ),
    "dot in a diagnosis": ({"diagnoses": (Diagnosis(qualifier="ABK", code="M25.511"),)}, "HI01-2"),
    "two principal diagnoses": (
        {"diagnoses": (Diagnosis(qualifier="ABK", code="M25511"),) * 2},
        "HI02-1",
    ),
    "ICD-9 beside ICD-10": (
        {
            "diagnoses": (
                Diagnosis(qualifier="ABK", code="M25511"),
                Diagnosis(qualifier="BF", code="7194"),
            )
        },
        "HI",
    ),
    "pointer to no diagnosis": ({"lines": (line(pointers=(3,)),)}, "SV107"),
    "no pointer": ({"lines": (line(pointers=()),)}, "SV107"),
    "five pointers": ({"lines": (line(pointers=(1, 2, 1, 2, 1)),)}, "SV107"),
    "wrong NPI": ({"rendering": evolve(THERAPIST, id="1245319590")}, "NM109"),
    "wrong NPI on a line": ({"lines": (line(referring=(evolve(DOCTOR, id="123"),)),)}, "NM109"),
    "no payer id": ({"payer": evolve(PAYER, id="")}, "NM109"),
    "no member id": ({"subscriber": evolve(SUBSCRIBER, party=evolve(SUBSCRIBER.party, id=""))}, "NM109"),
    "relationship without patient": ({"subscriber": evolve(SUBSCRIBER, relationship="")}, "SBR02"),
    "patient beside self": ({"patient": CHILD}, "SBR02"),
    "another payer in the same turn": (
        {"others": EXAMPLES["secondary"][0].claims[0].others},
        "SBR01",
    ),
    # seen by the guide alone
    "payer name too long": ({"payer": evolve(PAYER, name="P" * 61)}, "NM103"),
    "place of service unknown": ({"place_of_service": "98"}, "CLM05-1"),
    "reference qualifier the claim has no place for": (
        {"references": (Reference(qualifier="QQ", value="1"),)},
        "REF01",
    ),
    "no address of the billing provider": ({"billing": evolve(BILLING, address=None)}, ""),
    "modifier of three characters": (
        {"lines": (line(procedure=Procedure(code="97530", modifiers=("GPX",))),)},
        "SV101-3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [({"sender_qualifier": "XX"}, "ISA05"), ({"receiver_qualifier": "1"}, "ISA07")],
    ids=["sender", "receiver"],
)
def test_an_envelope_the_guide_does_not_take_is_refused(change: dict[str, str], field: str) -> None:
    """Also ISA and GS are checked before a byte leaves: a qualifier must be in the code list."""
    with pytest.raises(WriteError) as caught:
        write_837p(evolve(ENVELOPE, **change), [submission(claim())])
    assert caught.value.field == field


@pytest.mark.parametrize("case", HELD)
def test_a_claim_x12_forbids_is_held_and_the_others_go(case: str) -> None:
    """The Problem names claim and field and holds no patient data; numbering closes the gap."""
    change, field = HELD[case]
    bad = claim(**({"control": "BAD"} | change))
    written = write_837p(ENVELOPE, [submission(claim("C1"), bad, dependent("C2"))])
    (held,) = written.held
    assert held.control == bad.control
    assert held.problems
    assert {p.where.claim for p in held.problems} == {bad.control}
    assert field in {p.where.element for p in held.problems}
    assert all(SUBSCRIBER.party.name not in p.message for p in held.problems)
    alone = write_837p(ENVELOPE, [submission(claim("C1"), dependent("C2"))])
    assert written.data == alone.data


def test_each_rule_finds_fault_with_some_claim_and_none_with_the_example() -> None:
    """No rule is idle, and the example claim breaks none."""
    bad = [claim(**({"control": "BAD"} | change)) for change, _ in HELD.values()]
    assert refusals(claim()) == []
    idle = [rule.__name__ for rule in RULES if not any(list(rule(one)) for one in bad)]
    assert idle == []


def test_the_second_claim_of_a_number_is_held() -> None:
    """Replies are matched by CLM01, so it stands once in a batch, over all its transactions."""
    written = write_837p(
        ENVELOPE, [submission(claim("C1")), submission(claim("C1"), claim("C2"), reference="B2")]
    )
    assert [p.control for p in written.index] == ["C1", "C2"]
    assert [p.code for p in written.held[0].problems] == ["write.duplicate"]


def test_a_fault_in_a_shared_loop_holds_all_its_claims() -> None:
    """A billing provider that is wrong takes all its claims with it, and no other's."""
    bad = evolve(BILLING, address=evolve(BILLING.address, zip="4"))
    written = write_837p(
        ENVELOPE,
        [submission(claim("A1", billing=bad), claim("B1"), claim("A2", billing=bad))],
    )
    assert [held.control for held in written.held] == ["A1", "A2"]
    assert [p.control for p in written.index] == ["B1"]


def test_nothing_is_written_where_every_claim_is_held() -> None:
    """No empty transaction and no empty interchange."""
    written = write_837p(ENVELOPE, [submission(claim("C1", charge=Decimal(1)))])
    assert (written.data, written.index) == (b"", ())
    written = write_837p(
        ENVELOPE, [submission(claim("C1", charge=Decimal(1))), submission(claim("C2"))]
    )
    assert [p.transaction for p in written.index] == ["0001"]


@pytest.mark.parametrize(
    "change",
    [
        {"submitter": evolve(SUBMITTER, contacts=())},
        {"receiver": evolve(RECEIVER, id="")},
        {"submitter": evolve(SUBMITTER, name="A~B")},
    ],
    ids=["submitter without contact", "receiver without id", "separator in a name"],
)
def test_a_fault_above_all_claims_is_raised(change: dict[str, object]) -> None:
    """Submitter and receiver come from the practice file: that is ours to correct."""
    with pytest.raises(WriteError):
        write_837p(ENVELOPE, [submission(claim(), **change)])


def test_what_the_checker_finds_holds_that_claim() -> None:
    """A Problem at any segment of a claim holds it; warnings do not."""

    def check(found: Sequence[str], separators: Separators) -> list[Problem]:
        at = [n for n, text in enumerate(found, 1) if text == "REF*6R*01C2"]
        return [
            Problem(code="x", message="no", where=Place(segment=n, loop="2400", element="REF02"))
            for n in at
        ] + [Problem(code="y", message="hm", level="warning", where=Place(segment=1))]

    written = write_837p(ENVELOPE, [submission(claim("C1"), claim("C2"))], check=check)
    (held,) = written.held
    assert (held.control, held.problems[0].where.element) == ("C2", "REF02")
    assert [p.control for p in written.index] == ["C1"]


def test_the_index_says_where_each_claim_stands() -> None:
    """ST02 and the position of CLM from ST = 1, over several transactions."""
    written = write_837p(
        ENVELOPE,
        [submission(claim("C1"), dependent("C2")), submission(claim("C3"), reference="B2")],
    )
    found = texts(written)
    for control, transaction, segment in written.index:
        start = next(n for n, t in enumerate(found) if t.startswith(f"ST*837*{transaction}"))
        assert found[start + segment - 1].startswith(f"CLM*{control}*")
    assert [p.transaction for p in written.index] == ["0001", "0001", "0002"]


def test_a_subscriber_with_more_than_a_hundred_claims_gets_a_second_level() -> None:
    """Loop 2300 repeats at most 100 times below one HL."""
    found = write(*(claim(f"C{n}") for n in range(101)))
    assert [t for t in found if t.startswith("HL")] == [
        "HL*1**20*1",
        "HL*2*1*22*0",
        "HL*3*1*22*0",
    ]


def test_other_separators_are_used_throughout() -> None:
    """With other separators the file reads back the same, and the guide accepts it."""
    marks = Separators(element="|", component=">", repetition="!", terminator="'")
    written = write_837p(evolve(ENVELOPE, separators=marks), [submission(claim())])
    assert written.held == ()
    assert b"SV1|HC>97530>GP|75|UN|1|||1'" in written.data


def test_the_same_input_gives_the_same_bytes() -> None:
    """Nothing of the clock or of chance is in a file."""
    first = write_837p(ENVELOPE, [submission(claim(), dependent())])
    assert first == write_837p(ENVELOPE, [submission(claim(), dependent())])
