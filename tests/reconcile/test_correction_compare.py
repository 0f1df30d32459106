"""Two claims compared: by line, in words, whatever the order."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edi.claim import (
    Adjustment,
    Claim,
    Diagnosis,
    LineAdjudication,
    Party,
    Procedure,
    Reference,
    ServiceLine,
    Subscriber,
)
from reconcile.correction_compare import compare, paired

DAY = dt.date(2026, 3, 10)


def service(number: int, code: str, *modifiers: str, **more: Any) -> ServiceLine:
    """A line of one unit at 75."""
    values: dict[str, Any] = {
        "number": number,
        "procedure": Procedure(code=code, modifiers=modifiers),
        "charge": Decimal("75.00"),
        "units": Decimal(1),
        "pointers": (1,),
        "date": DAY,
        "until": DAY,
        "control": f"0{number}X",
    }
    return ServiceLine(**(values | more))


LINES = (service(1, "97530", "GP"), service(2, "97110", "GP"))
PERSON = Party(role="IL", is_person=True, name="Exámple", first="Robin", id="MEM1")
CLAIM = Claim(
    control="A",
    charge=Decimal("150.00"),
    place_of_service="11",
    billing=Party(role="85", is_person=False, name="RIVERBEND", id="1555000102"),
    subscriber=Subscriber(relationship="18", party=PERSON),
    payer=Party(role="PR", is_person=False, name="PLAN", id="60054"),
    diagnoses=(Diagnosis(qualifier="ABK", code="M5450"),),
    references=(Reference(qualifier="G1", value="1"), Reference(qualifier="EA", value="2")),
    lines=LINES,
)


def told(before: Claim, after: Claim) -> list[tuple[str, str, str, str, str]]:
    """The differences as plain words."""
    return [(d.place, d.field, d.before, d.after, d.kind) for d in compare(before, after)]


def changed(number: int, **more: Any) -> Claim:
    """The claim with one line changed."""
    lines = tuple(evolve(x, **more) if x.number == number else x for x in LINES)
    return evolve(CLAIM, lines=lines)


def test_same_claim_has_no_difference() -> None:
    """Numbers we give, capitals, accents and the order of references do not matter."""
    other = evolve(
        CLAIM,
        control="B",
        references=CLAIM.references[::-1],
        subscriber=evolve(CLAIM.subscriber, party=evolve(PERSON, name="EXAMPLE", first="ROBIN")),
        lines=tuple(evolve(x, control=f"{x.number:02d}B") for x in LINES),
    )
    assert compare(CLAIM, other) == ()


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        pytest.param(
            changed(1, units=Decimal(2), charge=Decimal("150.00")),
            [
                ("line 1, 97530", "units", "1", "2", "clerical"),
                ("line 1, 97530", "charge", "75.00", "150.00", "clerical"),
            ],
            id="units",
        ),
        pytest.param(
            changed(1, procedure=Procedure(code="97530", modifiers=("59", "GP"))),
            [("line 1, 97530", "modifiers", "GP", "59 GP", "clerical")],
            id="modifier",
        ),
        pytest.param(
            changed(2, procedure=Procedure(code="97112", modifiers=("GP",))),
            [("line 2, 97110", "code", "97110", "97112", "clerical")],
            id="code",
        ),
        pytest.param(
            changed(1, date=dt.date(2026, 3, 11), until=dt.date(2026, 3, 11)),
            [("line 1, 97530", "day of service", "2026-03-10", "2026-03-11", "clerical")],
            id="day",
        ),
        pytest.param(
            changed(1, date=dt.date(2025, 3, 10), until=dt.date(2025, 3, 10)),
            [("line 1, 97530", "day of service", "2026-03-10", "2025-03-10", "year")],
            id="year",
        ),
        pytest.param(
            evolve(CLAIM, lines=(*LINES, service(3, "97112", "GP"))),
            [("line 3, 97112", "line added", "", "97112 GP x1 75.00", "line added")],
            id="line added",
        ),
        pytest.param(
            evolve(CLAIM, lines=(evolve(LINES[1], number=1),)),
            [("line 1, 97530", "line removed", "97530 GP x1 75.00", "", "line removed")],
            id="line removed",
        ),
        pytest.param(
            evolve(CLAIM, billing=evolve(CLAIM.billing, id="1555000110")),
            [
                (
                    "claim",
                    "billing provider",
                    "1555000102",
                    "1555000110",
                    "billing provider",
                )
            ],
            id="billing provider",
        ),
        pytest.param(
            evolve(CLAIM, payer=evolve(CLAIM.payer, name="PLAN OF OHIO")),
            [("claim", "payer's name", "PLAN", "PLAN OF OHIO", "clerical")],
            id="another name of the same payer",
        ),
        pytest.param(
            evolve(CLAIM, billing=evolve(CLAIM.billing, name="RIVERBEND INC")),
            [("claim", "billing provider's name", "RIVERBEND", "RIVERBEND INC", "clerical")],
            id="another name of the same billing provider",
        ),
        pytest.param(
            evolve(CLAIM, payer=evolve(CLAIM.payer, id="99999")),
            [("claim", "payer", "60054", "99999", "payer")],
            id="payer",
        ),
        pytest.param(
            evolve(CLAIM, references=(Reference(qualifier="G1", value="7"),)),
            [
                ("claim", "prior authorization", "1", "7", "clerical"),
                ("claim", "medical record number", "2", "", "clerical"),
            ],
            id="references",
        ),
        pytest.param(
            changed(
                1,
                adjudications=(
                    LineAdjudication(
                        payer="1",
                        paid=Decimal(5),
                        procedure=Procedure(code="97530"),
                        units=Decimal(1),
                        adjustments=(Adjustment(group="CO", reason="45", amount=Decimal(70)),),
                    ),
                ),
            ),
            [
                ("line 1, 97530", "paid by 1", "", "5.00", "clerical"),
                ("line 1, 97530", "adjustments of 1", "", "CO-45 70.00", "clerical"),
            ],
            id="first payer's answer",
        ),
    ],
)
def test_difference(after: Claim, wanted: list[tuple[str, ...]]) -> None:
    """Each change is told once, at its line, with its kind."""
    assert told(CLAIM, after) == wanted


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(
            evolve(CLAIM, diagnoses=(Diagnosis(qualifier="ABK", code="M5459"),)), id="diagnosis"
        ),
        pytest.param(
            evolve(CLAIM, subscriber=evolve(CLAIM.subscriber, party=evolve(PERSON, id="MEM2"))),
            id="member id",
        ),
        pytest.param(evolve(CLAIM, note="seen twice"), id="note"),
    ],
)
def test_patients_values_are_marked(after: Claim) -> None:
    """What tells of the patient is marked as private and in no repr."""
    found = compare(CLAIM, after)
    assert found
    assert all(one.private for one in found)
    assert "M5459" not in repr(found)
    assert "MEM2" not in repr(found)


def test_pointers_are_compared_by_code() -> None:
    """A diagnosis put in front moves the pointers, not what they point to."""
    more = (Diagnosis(qualifier="ABK", code="G8929"), Diagnosis(qualifier="ABF", code="M5450"))
    lines = tuple(evolve(x, pointers=(2,)) for x in LINES)
    found = compare(CLAIM, evolve(CLAIM, diagnoses=more, lines=lines))
    assert [one.field for one in found] == ["diagnoses"]


def test_left_out_fields() -> None:
    """Fields that are not asked for are not told."""
    other = evolve(CLAIM, frequency="7", note="x")
    found = compare(CLAIM, other, without=frozenset({"frequency"}))
    assert [one.field for one in found] == ["note"]


LINE = st.builds(
    service,
    st.just(0),
    st.sampled_from(["97530", "97110", "97140"]),
    st.sampled_from(["GP", "59", "CQ"]),
    units=st.integers(1, 3).map(Decimal),
)
MANY = st.lists(LINE, max_size=6).map(
    lambda lines: tuple(evolve(line, number=n) for n, line in enumerate(lines, 1))
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MANY, MANY)
def test_every_line_is_told_once(before: tuple[ServiceLine, ...], after: Any) -> None:
    """Each line is in exactly one pair, removed or added; equal ones are always paired."""
    pairs, gone, new = paired(before, after)
    assert sorted([x.number for x, _ in pairs] + [x.number for x in gone]) == [
        x.number for x in before
    ]
    assert sorted([x.number for _, x in pairs] + [x.number for x in new]) == [
        x.number for x in after
    ]
    assert not (gone and new and {x.procedure.code for x in gone} & {x.procedure.code for x in new})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MANY, st.randoms())
def test_order_of_lines_does_not_matter(lines: tuple[ServiceLine, ...], random: Any) -> None:
    """The same lines in another order, numbered anew, are the same claim."""
    mixed = list(lines)
    random.shuffle(mixed)
    again = tuple(evolve(line, number=n) for n, line in enumerate(mixed, 1))
    assert compare(evolve(CLAIM, lines=lines), evolve(CLAIM, lines=again)) == ()
