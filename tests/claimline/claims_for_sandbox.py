"""Claims for the tests of the simulated payer, invented here."""

import datetime as dt
from decimal import Decimal

from attrs import evolve

from edi.claim import Claim, Party, Procedure, ServiceLine, Subscriber

DAY = dt.date(2026, 1, 5)


def line(
    number: int, code: str, *modifiers: str, units: int = 1, charge: str = "75.00"
) -> ServiceLine:
    """A service line; its control number comes from its claim."""
    return ServiceLine(
        number=number,
        procedure=Procedure(code=code, modifiers=modifiers),
        charge=Decimal(charge),
        units=Decimal(units),
        date=DAY,
        until=DAY,
    )


def claim(control: str, *lines: ServiceLine, payer: str = "60054", kind: str = "CI") -> Claim:
    """A claim of these lines."""
    return Claim(
        control=control,
        charge=sum((item.charge for item in lines), Decimal("0.00")),
        place_of_service="11",
        billing=Party(role="85", is_person=False, name="EXAMPLE THERAPY LLC", id="1234567893"),
        subscriber=Subscriber(
            relationship="18",
            filing_indicator=kind,
            party=Party(role="IL", is_person=True, name="SAMPLE", first="PAT", id="W123456789"),
        ),
        payer=Party(role="PR", is_person=False, name="EXAMPLE HEALTH", id_qualifier="PI", id=payer),
        lines=tuple(evolve(item, control=f"{item.number:02d}{control}") for item in lines),
    )


def many(count: int) -> tuple[Claim, ...]:
    """A mixed batch: two payers, one of them Part B, claims of three kinds."""
    made = []
    for index in range(count):
        lines = (
            line(1, "97530", "59", "GP", units=2, charge="150.00"),
            line(2, "97530", "59", "GP", "CQ", charge="75.00"),
            line(3, "97140", "GP", charge="65.01"),
        )
        part_b = index % 2 == 1
        chosen = (lines, lines[:1], (lines[0], evolve(lines[2], number=2)))[index % 3]
        made.append(
            claim(
                f"{index:06d}K7W4PTMQ2XB",
                *chosen,
                payer="MCRB1" if part_b else "60054",
                kind="MB" if part_b else "CI",
            )
        )
    return tuple(made)
