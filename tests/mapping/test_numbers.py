"""Patient control numbers: unique where payers cut, readable, nothing of the patient."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.numbers import ALPHABET, is_intact, line_control_number, patient_control_number

tags = st.text(ALPHABET, max_size=4)
lengths = st.integers(12, 20)
serials = st.integers(0, 2**40 - 1)


@given(serials, tags, lengths)
def test_numbers_are_plain_and_of_the_length_asked(serial: int, tag: str, length: int) -> None:
    """Only letters and digits that nobody confuses, upper case, tag first."""
    number = patient_control_number(serial, tag=tag, length=length)
    assert len(number) == length
    assert number.startswith(tag)
    assert set(number) <= set(ALPHABET)
    assert not set("IO01") & set(number)


@given(serials, serials, tags)
def test_twelve_characters_tell_two_serials_apart(one: int, other: int, tag: str) -> None:
    """The first twelve characters are equal only for equal serials."""
    first, second = (patient_control_number(n, tag=tag)[:12] for n in (one, other))
    assert (first == second) == (one == other)


@given(st.integers(0, 2**50 - 1), st.integers(0, 2**50 - 1))
def test_random_beginnings_fit(one: int, other: int) -> None:
    """With our two-letter tags 50 bits of serial stay apart in the first twelve characters."""
    first, second = (patient_control_number(n, tag="CT")[:12] for n in (one, other))
    assert (first == second) == (one == other)


def test_neighbours_look_nothing_alike() -> None:
    """Numbers of consecutive serials differ in at least half of their places."""
    made = [patient_control_number(n, tag="RT") for n in range(500)]
    for one, other in itertools.pairwise(made):
        assert sum(a != b for a, b in zip(one[2:], other[2:], strict=True)) >= 6


@given(serials, st.integers(12, 16), st.sampled_from(ALPHABET))
def test_a_mistyped_number_is_noticed(serial: int, place: int, letter: str) -> None:
    """A changed check character no longer fits."""
    number = patient_control_number(serial, tag="")
    changed = number[:place] + letter + number[place + 1 :]
    assert is_intact(number)
    assert is_intact(changed) == (changed == number)


@pytest.mark.parametrize(
    ("serial", "tag", "length"),
    [(-1, "", 17), (2**60, "", 17), (1, "TOOLS", 17), (1, "O", 17), (1, "", 11), (1, "", 21)],
    ids=["negative", "too large", "tag too long", "letter O", "too short", "too long"],
)
def test_what_cannot_be_a_number_is_refused(serial: int, tag: str, length: int) -> None:
    """Bad arguments are our own mistake and raise."""
    with pytest.raises(ValueError):  # noqa: PT011 - each names its argument
        patient_control_number(serial, tag=tag, length=length)


def test_line_numbers_survive_truncation() -> None:
    """The line stands first, and the longest is within the 30 characters of REF*6R."""
    control = patient_control_number(7, tag="RT", length=20)
    made = [line_control_number(n, control) for n in range(1, 51)]
    assert len({number[:2] for number in made}) == 50
    assert max(map(len, made)) <= 30
