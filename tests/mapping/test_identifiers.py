"""Identifiers and what spreadsheets do to them."""

import doctest

import pytest

from mapping import assistants, modifiers, repair, structure, unit_count
from mapping import identifiers as ids

CASES = [
    (ids.NPI, ["1234567893", "123-456-7893"], ["1234567890", "3234567893", "123456789", "abc"]),
    (ids.EIN, ["31-1234567", "311234567"], ["31123456", "001234567"]),
    (ids.TAXONOMY, ["225100000X", "2251x0800x"], ["225100000", "22510000XX0"]),
    (ids.ICD10, ["M25.511", "m62.81", "U07.1", "C4A.0", "S83.511A"], ["M2", "25.511", "M25.51122"]),
    (ids.HCPCS, ["97530", "G0283", "0770T"], ["9753", "975300", "GG283"]),
    (ids.MODIFIER, ["59", "gp", "X1"], ["5", "GPP", "G!"]),
    (ids.ZIP, ["43215", "43215-1234"], ["4321", "4321512", "ABCDE"]),
    (ids.STATE, ["OH", "pr"], ["ZZ", "O"]),
    (ids.POS, ["11", "02"], ["98", "1", "111"]),
    (ids.PHONE, ["(614) 555-0100"], ["555-0100"]),
]


def _name(value: object) -> str:
    return value if isinstance(value, str) else str(getattr(value, "expected", ""))[:14]


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, good, _ in CASES for text in good], ids=_name
)
def test_right_identifiers_are_taken(kind: ids.Identifier, text: str) -> None:
    """A right one is valid, and its compact form is valid and compact already."""
    assert kind.is_valid(text)
    assert kind.validate(kind.validate(text)) == kind.compact(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, _, bad in CASES for text in bad], ids=_name
)
def test_wrong_identifiers_are_refused_without_showing_them(
    kind: ids.Identifier, text: str
) -> None:
    """A wrong one raises, and the message says what is expected, not what was given."""
    with pytest.raises(ids.InvalidIdentifier) as caught:
        kind.validate(text)
    assert str(caught.value) == kind.expected


@pytest.mark.parametrize("place", range(10))
def test_one_wrong_digit_breaks_an_npi(place: int) -> None:
    """The check digit finds every single wrong digit."""
    right = "1234567893"
    for digit in "0123456789":
        wrong = right[:place] + digit + right[place + 1 :]
        assert ids.NPI.is_valid(wrong) == (wrong == right)


@pytest.mark.parametrize("text", ["1.23E+09", "1.2345679E+09", "1E9"])
def test_rounded_numbers_are_known_as_lost(text: str) -> None:
    """A power of ten with missing digits cannot be restored."""
    with pytest.raises(repair.DigitsLostError):
        repair.digits(text)


@pytest.mark.parametrize(
    "module", [ids, repair, unit_count, assistants, modifiers, structure], ids=lambda m: m.__name__
)
def test_examples_in_docstrings_are_true(module: object) -> None:
    """The doctests of the pure helpers pass, and there are some."""
    result = doctest.testmod(module)  # type: ignore[arg-type]  # a module, as parametrized
    assert result.attempted
    assert not result.failed
