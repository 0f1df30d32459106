"""Contracts of the practice file: read whole, every fault with its place."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from mapping import practice

ROOT = Path(__file__).resolve().parents[2]
BASE = (ROOT / "fixtures" / "practice" / "practice.toml").read_text(encoding="utf-8")
GOOD = """
[[contracts]]
name = "Lakeshore 2026"
payers = ["lakeshore"]
from = 2026-01-01
kind = "schedule"
source = "amendment 3"

[contracts.amounts]
97530 = 38.50
"97530-CQ" = 32.70
"""


def test_a_contract_holds_for_its_payers_and_days() -> None:
    """The amounts stand as written; before its first day and for other payers there is none."""
    made = practice.read("practice.toml", BASE + GOOD)
    found = made.contract("lakeshore", dt.date(2026, 1, 1))
    assert found is not None
    assert dict(found.amounts) == {"97530": Decimal("38.50"), "97530-CQ": Decimal("32.70")}
    assert (str(found), found.source) == (
        "contract Lakeshore 2026, since 2026-01-01",
        "amendment 3",
    )
    assert made.contract("lakeshore", dt.date(2025, 12, 31)) is None
    assert made.contract("heron", dt.date(2026, 1, 1)) is None


WRONG = [
    ("unknown payer", ('"lakeshore"', '"lakeside"'), "contracts[0].payers", "is no key"),
    ("no payer", ('["lakeshore"]', "[]"), "contracts[0].payers", "is empty"),
    ("unknown kind", ('"schedule"', '"fees"'), "contracts[0].kind", "expected one of"),
    ("amount that is none", ("38.50", '"a lot"'), "contracts[0].amounts.97530", "dollars"),
    ("code that is none", ('"97530-CQ"', '"9753-CQ"'), "contracts[0].amounts.9753-CQ", "a code"),
    ("unknown key", ('name = "L', 'copay = 20\nname = "L'), "contracts[0].copay", "not a field"),
    ("days the wrong way", ("2026-01-01\n", "2026-01-01\nuntil = 2025-01-01\n"), "contracts[0].until", "before"),
    ("percent in a schedule", ("source", "percent = 110\nsource"), "contracts[0].percent", "means nothing"),
    ("percent is missing", ('"schedule"', '"percent of medicare"'), "contracts[0].percent", "is missing"),
    ("amount is missing", ('"schedule"', '"per visit"'), "contracts[0].amount", "is missing"),
    ("MPPR in a schedule", ("source", "multiple_procedure = true\nsource"), "contracts[0].multiple_procedure", "only of kind"),
    ("a day of nobody", ('"schedule"', '"per diem"\namount = 95'), "contracts[0].day_of", "is missing"),
    ("a day in a schedule", ("source", 'day_of = "patient"\nsource'), "contracts[0].day_of", "means nothing"),
    ("more than all", ("source", "coinsurance_percent = 120\nsource"), "contracts[0].coinsurance_percent", "up to 100"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "column", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_fault_is_refused_with_its_place(
    change: tuple[str, str], column: str, words: str
) -> None:
    """The file is refused, and an error leads to the key."""
    assert change[0] in GOOD
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", BASE + GOOD.replace(*change))
    found = {p.where.column: p.message for p in caught.value.problems if p.level == "error"}
    assert words in found[column]


def test_an_amount_that_is_none_is_one_error() -> None:
    """The only amount of a schedule has three decimals: that is said, not that none is there."""
    text = GOOD.replace("38.50", "46.505").replace('"97530-CQ" = 32.70\n', "")
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", BASE + text)
    errors = [p for p in caught.value.problems if p.level == "error"]
    assert [p.where.column for p in errors] == ["contracts[0].amounts.97530"]


def test_two_contracts_of_a_day_are_refused() -> None:
    """Two contracts with one payer that share a day cannot both hold."""
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", BASE + GOOD + GOOD)
    assert [p.code for p in caught.value.problems] == ["practice.overlap"]
    later = GOOD.replace("2026-01-01", "2027-01-01")
    ended = GOOD.replace("from = 2026-01-01", "from = 2026-01-01\nuntil = 2026-12-31")
    assert len(practice.read("practice.toml", BASE + ended + later).contracts) == 2


def test_contracts_are_in_the_schema() -> None:
    """What the reader takes, the JSON Schema of the practice file describes."""
    from mapping.schema import practice_schema

    known = practice_schema()["properties"]["contracts"]["items"]["properties"]
    assert {"from", "until", "source", "payers", "kind", "amounts", "percent"} <= known.keys()
