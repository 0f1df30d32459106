"""Element kinds: each case read and written; round trips of any value."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi import elements

AMOUNTS = [
    ("80", "80"),
    ("80.5", "80.5"),
    ("-12", "-12"),
    (".05", ".05"),
    ("0", "0"),
    ("-.5", "-.5"),
]
LOOSE = [("80.00", "80"), ("080.50", "80.5"), ("0.5", ".5"), ("-0", "0"), ("5.", "5")]
REFUSED = [
    "",
    " ",
    "1_000",
    "1,000",
    "NaN",
    "1E+3",
    "1e3",
    "+5",
    " 5",
    "5 ",
    "1.005",
    ".",
    "-",
    "--5",
    "٣",
    "Infinity",
    "5\n",
    "$5",
    "1" * 17,
]


@pytest.mark.parametrize(("text", "written"), [*AMOUNTS, *LOOSE])
def test_money_is_read_and_written(text: str, written: str) -> None:
    """An amount reads exactly and is written in its shortest form."""
    assert elements.money(text) == Decimal(text)
    assert elements.encode_money(elements.money(text)) == written


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_money_refuses_what_x12_forbids(text: str) -> None:
    """Anything but plain digits with at most two decimals is no amount."""
    assert elements.read_money(text) is None
    with pytest.raises(ValueError, match="amount") as caught:
        elements.money(text)
    assert not text.strip() or text not in str(caught.value)


@given(st.decimals(-(10**15), 10**15, places=2))
def test_money_survives_the_way_there_and_back(value: Decimal) -> None:
    """Writing and reading an amount changes nothing, and the text is legal."""
    text = elements.encode_money(value)
    assert elements.money(text) == value
    assert "E" not in text
    assert text == "0" or not text.lstrip("-").startswith("0")
    assert "." not in text or not text.endswith(("0", "."))


@given(st.decimals(-(10**15), 10**15, places=6))
def test_numbers_survive_the_way_there_and_back(value: Decimal) -> None:
    """Writing and reading a quantity changes nothing."""
    assert elements.number(elements.encode_number(value)) == value


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_only_finite_numbers_are_written(value: str) -> None:
    """A number that is none never reaches a file."""
    with pytest.raises(ValueError, match="finite"):
        elements.encode_money(Decimal(value))


def test_fractions_of_a_cent_are_not_written() -> None:
    """Money has cents; nobody rounds it on the way out."""
    with pytest.raises(ValueError, match="two decimals"):
        elements.encode_money(Decimal("1.005"))
    assert elements.encode_money(Decimal("1.500")) == "1.5"
    assert elements.encode_money(Decimal("1E+3")) == "1000"


@given(st.dates())
def test_dates_survive_the_way_there_and_back(value: dt.date) -> None:
    """Writing and reading a date changes nothing."""
    assert elements.date(elements.encode_date(value)) == value


@given(st.dates(), st.dates())
def test_ranges_survive_the_way_there_and_back(one: dt.date, other: dt.date) -> None:
    """A range reads as it was written, and never backwards."""
    first, last = min(one, other), max(one, other)
    text = elements.encode_date_range(first, last)
    assert elements.date_range(text) == (first, last)
    if first != last:
        assert elements.read_date_range("-".join(reversed(text.split("-")))) is None
        with pytest.raises(ValueError, match="before it begins"):
            elements.encode_date_range(last, first)


@pytest.mark.parametrize(
    "text",
    [
        "20260230",
        "20250229",
        "20261301",
        "20260100",
        "00000101",
        "2026010",
        "202601051",
        "2026-1-5",
        "٢٠٢٦٠١٠٥",
        "",
    ],
)
def test_days_that_are_none_are_refused(text: str) -> None:
    """A date must stand in the calendar."""
    assert elements.read_date(text) is None
    with pytest.raises(ValueError, match="CCYYMMDD"):
        elements.date(text)


def test_leap_days_are_days() -> None:
    """29 February is a day in leap years."""
    assert elements.read_date("20240229") == dt.date(2024, 2, 29)
    assert elements.read_date("20000229") == dt.date(2000, 2, 29)
    assert elements.read_date("19000229") is None


@given(st.times())
def test_times_survive_the_way_there_and_back(value: dt.time) -> None:
    """A time is exact to the hundredth of a second."""
    exact = value.replace(microsecond=value.microsecond // 10_000 * 10_000)
    assert elements.time(elements.encode_time(exact)) == exact


@pytest.mark.parametrize("text", ["2400", "1260", "12", "12:00", "123", ""])
def test_times_that_are_none_are_refused(text: str) -> None:
    """A time must be one of the clock."""
    assert elements.read_time(text) is None


def test_text_keeps_its_leading_spaces() -> None:
    """Trailing spaces are padding, leading ones are data (RFI 2224)."""
    assert elements.encode_text("  A ") == "  A"
