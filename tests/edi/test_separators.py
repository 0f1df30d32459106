"""The separators of an ISA, whatever shape it came in."""

import pytest
from x12text import isa

from edi.separators import Separators, from_isa

REST = "GS*HP*PAYER*CLINIC*20260105*1200*1*X*005010X221A1~\n"

CASES = [
    pytest.param(isa() + "~", Separators(), id="usual"),
    pytest.param(
        isa(marks=Separators(element="|", component=">", repetition="!")) + "\n",
        Separators(element="|", component=">", repetition="!", terminator="\n"),
        id="newline ends segments",
    ),
    pytest.param(isa(isa11="U") + "~", Separators(repetition=""), id="ISA11 is U"),
    pytest.param(isa() + "…", Separators(terminator="…"), id="ellipsis"),
    pytest.param(isa() + "Ö", Separators(terminator="Ö"), id="o umlaut"),
    pytest.param(isa().lower() + "~", Separators(), id="lower case"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_isa_names_its_separators(text: str, expected: Separators) -> None:
    """The four characters come from their places in the ISA."""
    found = from_isa(text + REST)
    assert found is not None
    assert found.separators == expected
    assert found.fixed
    assert found.length == 106
    assert len(found.elements) == 16


def test_an_unpadded_isa_is_read_by_its_elements() -> None:
    """An ISA without its padding has the separators after its sixteenth element."""
    text = "ISA*00**00**ZZ*A*ZZ*B*260105*1200*^*00501*000000001*0*P*:~"
    found = from_isa(text + REST)
    assert found is not None
    assert (found.separators, found.length, found.fixed) == (Separators(), len(text), False)
    assert found.elements[5] == "A"


def test_an_isa_broken_over_two_lines_is_put_together() -> None:
    """A line break inside the ISA is no part of it."""
    text = isa()[:80] + "\r\n" + isa()[80:] + "~"
    found = from_isa(text + REST)
    assert found is not None
    assert found.wrapped
    assert found.length == len(text)
    assert found.elements == from_isa(isa() + "~" + REST).elements  # type: ignore[union-attr]


def test_a_terminator_at_the_start_of_the_next_line_is_found() -> None:
    """A line break at offset 105 with a sign after it: that sign is the terminator."""
    found = from_isa(isa() + "\n~" + REST)
    assert found is not None
    assert found.leading
    assert found.separators.terminator == "~"


@pytest.mark.parametrize(
    "text",
    ["", "ISA", "ISA*00*", "GS*HP", isa()[:100], "ISA 00 ", isa() + "*"],
    ids=["empty", "name only", "cut", "no ISA", "cut late", "space", "clash"],
)
def test_what_is_no_isa_gives_none(text: str) -> None:
    """Where the separators cannot be told, nothing is guessed."""
    assert from_isa(text) is None


def test_a_clash_is_named() -> None:
    """Two separators of one character are found; none at all is no clash."""
    assert Separators(component="^").clash() == "^"
    assert Separators(repetition="", component="").clash() == ""
    assert Separators().inside("A:B") == ":"
    assert Separators(component="").components("A:B") == ["A:B"]
