"""Example claims for tests: every person, number and place in them is invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from attrs import evolve

from edi.claim import (
    Address,
    Adjustment,
    Claim,
    Contact,
    Dated,
    Diagnosis,
    LineAdjudication,
    OtherPayer,
    Party,
    Patient,
    Procedure,
    Reference,
    ServiceLine,
    Submission,
    Subscriber,
)
from edi.writing import Envelope

DAY = dt.date(2026, 3, 10)
MADE = dt.datetime(2026, 3, 11, 8, 30)  # noqa: DTZ001 (an envelope has local time)

CLINIC = Address(line1="12 ALDER STREET", city="MILLBROOK", state="OH", zip="440990012")
HOME = Address(line1="7 QUARRY LANE", line2="APT 4", city="MILLBROOK", state="OH", zip="44099")

BILLING = Party(
    role="85",
    is_person=False,
    name="MILLBROOK THERAPY LLC",
    id_qualifier="XX",
    id="1234567893",
    address=CLINIC,
    taxonomy="261QP2000X",
    references=(Reference(qualifier="EI", value="990000001"),),
)
OTHER_BILLING = Party(
    role="85",
    is_person=False,
    name="HARBOR SPEECH GROUP",
    id_qualifier="XX",
    id="1003000126",
    address=Address(line1="3 PIER ROAD", city="EASTPORT", state="OH", zip="440880003"),
    taxonomy="261QR0400X",
    references=(Reference(qualifier="EI", value="990000002"),),
    contacts=(Contact(name="BILLING DESK", numbers=(("TE", "5555550142"),)),),
)
PAY_TO = Party(
    role="87",
    is_person=False,
    address=Address(line1="PO BOX 88", city="MILLBROOK", state="OH", zip="440990088"),
)
THERAPIST = Party(
    role="82",
    is_person=True,
    name="TERN",
    first="AVERY",
    id_qualifier="XX",
    id="1245319599",
    taxonomy="225100000X",
)
SUPERVISOR = Party(
    role="DQ", is_person=True, name="WREN", first="LEE", id_qualifier="XX", id="1497758544"
)
DOCTOR = Party(
    role="DN", is_person=True, name="HERON", first="KIM", id_qualifier="XX", id="1679576722"
)
FACILITY = Party(
    role="77",
    is_person=False,
    name="MILLBROOK POOL",
    address=Address(line1="90 LAKE ROAD", city="MILLBROOK", state="OH", zip="440990090"),
)
PAYER = Party(role="PR", is_person=False, name="EXAMPLE HEALTH PLAN", id_qualifier="PI", id="EX001")
SUBMITTER = Party(
    role="41",
    is_person=False,
    name="MILLBROOK THERAPY LLC",
    id_qualifier="46",
    id="MTLLC",
    contacts=(Contact(name="CLAIMS", numbers=(("TE", "5555550100"), ("EM", "CLAIMS@EX.TEST"))),),
)
RECEIVER = Party(
    role="40", is_person=False, name="EXAMPLE CLEARING", id_qualifier="46", id="EXCLEAR"
)
SUBSCRIBER = Subscriber(
    relationship="18",
    group_number="G100",
    filing_indicator="CI",
    party=Party(
        role="IL",
        is_person=True,
        name="FINCH",
        first="ROBIN",
        id_qualifier="MI",
        id="EX0000123",
        address=HOME,
    ),
    birth_date=dt.date(1970, 2, 28),
    gender="F",
)
CHILD = Patient(
    relationship="19",
    party=Party(role="QC", is_person=True, name="FINCH", first="JAY", address=HOME),
    birth_date=dt.date(2015, 6, 1),
    gender="M",
)
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="MTLLC",
    receiver_qualifier="ZZ",
    receiver_id="EXCLEAR",
    group_sender="MTLLC",
    group_receiver="EXCLEAR",
    created=MADE,
    control=1,
    group_control=1,
    usage="T",
)


def line(number: int = 1, code: str = "97530", control: str = "", **more: Any) -> ServiceLine:
    """One line of 75.00 and one unit."""
    values: dict[str, Any] = {
        "number": number,
        "procedure": Procedure(code=code, modifiers=("GP",)),
        "charge": Decimal(75),
        "units": Decimal(1),
        "pointers": (1,),
        "date": DAY,
        "until": DAY,
        "control": control or f"{number:02d}LINE",
    }
    return ServiceLine(**values | more)


def claim(control: str = "CLAIM1", **more: Any) -> Claim:
    """One claim of a subscriber: a line of 97530 unless ``lines`` says otherwise."""
    lines = more.pop("lines", (line(control=f"01{control}"),))
    values: dict[str, Any] = {
        "control": control,
        "charge": sum((one.charge for one in lines), Decimal(0)),
        "place_of_service": "11",
        "billing": BILLING,
        "subscriber": SUBSCRIBER,
        "payer": PAYER,
        "diagnoses": (
            Diagnosis(qualifier="ABK", code="M25511"),
            Diagnosis(qualifier="ABF", code="M6281"),
        ),
        "rendering": THERAPIST,
        "referring": (DOCTOR,),
        "lines": lines,
    }
    return Claim(**values | more)


def dependent(control: str = "CHILD1", **more: Any) -> Claim:
    """One claim of a subscriber's child."""
    return claim(
        control, subscriber=evolve(SUBSCRIBER, relationship=""), **{"patient": CHILD} | more
    )


def submission(*claims: Claim, reference: str = "BATCH1", **more: Any) -> Submission:
    """One transaction with these claims."""
    values: dict[str, Any] = {
        "reference": reference,
        "created": MADE,
        "submitter": SUBMITTER,
        "receiver": RECEIVER,
        "claims": claims,
    }
    return Submission(**values | more)


def _full() -> Claim:
    """Every loop and field of ours in one claim."""
    one = line(
        control="01FULL",
        procedure=Procedure(code="97530", modifiers=("59", "GP", "CQ", "KX")),
        until=DAY + dt.timedelta(days=1),
        place_of_service="12",
        rendering=THERAPIST,
        supervising=SUPERVISOR,
        ordering=evolve(DOCTOR, role="DK", address=CLINIC),
        referring=(DOCTOR,),
        note="STAIRS",
        dates=(Dated(qualifier="463", date=DAY, until=DAY),),
        references=(Reference(qualifier="9F", value="R9"),),
    )
    other = line(
        2, "97140", "02FULL", units=Decimal("1.5"), charge=Decimal("50.25"), pointers=(12, 1)
    )
    return claim(
        "FULL",
        lines=(one, other),
        pay_to=PAY_TO,
        diagnoses=tuple(
            Diagnosis(qualifier="ABF" if n else "ABK", code=f"M25{n:02d}1") for n in range(12)
        ),
        dates=tuple(Dated(qualifier=q, date=DAY, until=DAY) for q in ("431", "454", "304")),
        references=tuple(
            Reference(qualifier=q, value=f"{q}77") for q in ("G1", "F8", "9F", "EA", "D9")
        ),
        frequency="7",
        amount_paid_by_patient=Decimal("20.00"),
        note="GAIT TRAINING ON STAIRS",
        facility=FACILITY,
        supervising=SUPERVISOR,
    )


def _work_injury() -> Claim:
    """An injury at work: related cause, accident date, the insurer's claim number."""
    return claim(
        "WORK1",
        related_causes=("EM",),
        subscriber=evolve(SUBSCRIBER, filing_indicator="WC", group_number=""),
        dates=(Dated(qualifier="439", date=DAY, until=DAY),),
        property_casualty_claim="WC-2026-0042",
    )


def _secondary() -> Claim:
    """A claim to a second payer, what the first decided kept beside the values."""
    medicare = Party(
        role="PR", is_person=False, name="MEDICARE EXAMPLE", id_qualifier="PI", id="EX900",
        references=(Reference(qualifier="F8", value="2226012345"),),
    )  # fmt: skip
    insured = evolve(SUBSCRIBER.party, id="1EG4TE5MK73")
    decided = LineAdjudication(
        payer="EX900",
        paid=Decimal("27.14"),
        procedure=Procedure(code="97530", modifiers=("GP",)),
        units=Decimal(1),
        adjustments=(
            Adjustment(group="CO", reason="45", amount=Decimal("40.39")),
            Adjustment(group="PR", reason="2", amount=Decimal("6.92")),
            Adjustment(group="CO", reason="253", amount=Decimal("0.55")),
        ),
        date=dt.date(2026, 4, 1),
        patient_owes=Decimal("6.92"),
    )
    other = OtherPayer(
        subscriber=Subscriber(
            payer_rank="P", relationship="18", filing_indicator="MB", party=insured
        ),
        payer=medicare,
        paid=Decimal("27.14"),
        patient_owes=Decimal("6.92"),
        outpatient=("MOA", "", "", "MA01"),
    )
    return claim(
        "SECOND1",
        subscriber=evolve(SUBSCRIBER, payer_rank="S"),
        others=(other,),
        lines=(line(adjudications=(decided,)),),
    )


def _lower_case() -> Claim:
    """Names as people type them."""
    person = evolve(SUBSCRIBER.party, name="Peña-Strauß", first="José", id="ex0000123")
    return claim(
        "ACCENTS",
        subscriber=evolve(SUBSCRIBER, party=person),
        note="Walks 10\u201320 m; \u201cgood\u201d day #2",
    )


EXAMPLES: dict[str, list[Submission]] = {
    "one-claim": [submission(claim())],
    "dependents": [submission(dependent("CHILD1"), claim("OWN1"), dependent("CHILD2"))],
    "every-loop": [submission(_full())],
    "two-billing-providers-two-transactions": [
        submission(claim("A1"), claim("B1", billing=OTHER_BILLING), claim("A2")),
        submission(claim("A3"), reference="BATCH2"),
    ],
    "work-injury": [submission(_work_injury())],
    "secondary": [submission(_secondary())],
    "accents-and-lower-case": [submission(_lower_case())],
}
