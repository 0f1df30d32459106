"""Values to X12 text: separators, characters, envelopes."""

import datetime as dt

import pytest
from attrs import evolve
from claims_made import ENVELOPE
from hypothesis import given
from hypothesis import strategies as st

from edi.separators import Separators
from edi.writing import (
    DEFAULT_SEPARATORS,
    WriteError,
    clean,
    control_number,
    gs,
    identifier,
    interchange,
    isa,
    kept_writer,
    segment,
    segment_writer,
    transaction,
)

ODD = Separators(element="|", component=">", repetition="!", terminator="\n")

SEGMENTS = {
    "plain": (("REF", "G1", "7788"), "REF*G1*7788"),
    "empty elements between stay": (("SBR", "P", "", "G1"), "SBR*P**G1"),
    "trailing empty elements go": (("SBR", "P", "18", "", ""), "SBR*P*18"),
    "composite": (("SV1", ("HC", "97530", "GP"), "75"), "SV1*HC:97530:GP*75"),
    "trailing empty components go": (("SV1", ("HC", "97530", "", ""), "75"), "SV1*HC:97530*75"),
    "empty components between stay": (("CLM", ("AA", "", "", "OH")), "CLM*AA:::OH"),
    "hollow composites go": (("CLM", "A", ("", "")), "CLM*A"),
    "trailing spaces go": (("NM1", "TERN  ", " ", ("A ", "B ")), "NM1*TERN**A:B"),
    "a last blank element goes": (("NM1", "TERN", "  "), "NM1*TERN"),
    "leading spaces are significant": (("NTE", "  X"), "NTE*  X"),
}


@pytest.mark.parametrize("case", SEGMENTS)
def test_a_segment_is_its_elements_between_separators(case: str) -> None:
    """Empty ends are dropped, empty middles kept, spaces at the end of an element removed."""
    elements, text = SEGMENTS[case]
    assert segment(DEFAULT_SEPARATORS, *elements) == text


@pytest.mark.parametrize("mark", ["*", ":", "^", "~", "\x00", "\x1f", "\n", "\x7f", "\ud800"])
@pytest.mark.parametrize("composite", [False, True], ids=["simple", "component"])
def test_separators_and_control_characters_in_data_are_refused(mark: str, composite: bool) -> None:
    """The error names the element and never shows the value."""
    value = f"SECRET{mark}"
    element = ("HC", value) if composite else value
    with pytest.raises(WriteError) as caught:
        segment(DEFAULT_SEPARATORS, "SV1", element, "75")
    assert caught.value.field == ("SV101-2" if composite else "SV101")
    assert "SECRET" not in str(caught.value)


def test_what_separates_nothing_may_stand_in_data() -> None:
    """With other separators, ``*`` and ``:`` are data and the new ones are refused."""
    assert segment(ODD, "REF", "G1", "A*B:C^") == "REF|G1|A*B:C^"
    with pytest.raises(WriteError, match="component separator"):
        segment(ODD, "REF", "G1", "A>B")


@given(st.lists(st.text(max_size=8), max_size=6))
def test_a_segment_holds_exactly_its_elements(values: list[str]) -> None:
    """Whatever the text, it is refused or comes back by splitting, but for blank ends."""
    try:
        text = segment(DEFAULT_SEPARATORS, "NTE", *values)
    except WriteError:
        return
    back = text.split("*")[1:]
    trimmed = [value.rstrip(" ") for value in values]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    assert back == trimmed


@given(st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4).map(tuple), max_size=4))
def test_a_composite_holds_exactly_its_components(values: list[tuple[str, ...]]) -> None:
    """Whatever the text, it is refused or comes back by splitting twice, but for blank ends."""
    try:
        text = segment(DEFAULT_SEPARATORS, "HI", *values)
    except WriteError:
        return
    back = [part.split(":") for part in text.split("*")[1:]]
    trimmed = [":".join(part.rstrip(" ") for part in value).rstrip(":") for value in values]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    assert [":".join(part) for part in back] == trimmed


CLEANED = {
    "upper case": ("Finch", "FINCH"),
    "accents": ("Peña Ångström", "PENA ANGSTROM"),
    "sharp s": ("Strauß", "STRAUSS"),
    "ligatures and strokes": ("Æsir Łódź Øre", "AESIR LODZ ORE"),
    "typographic quotes": ("O\u2019Hara \u201cTed\u201d", 'O\'HARA "TED"'),
    "dashes": ("Anne\u2013Marie\u2014Lee", "ANNE-MARIE-LEE"),
    "a number sign becomes a space": ("Apt #4", "APT 4"),
    "brackets and slashes": ("[a]{b}\\c|d", "(A)(B)/C/D"),
    "line breaks become spaces": ("gait\r\n training\tdone", "GAIT TRAINING DONE"),
    "outer spaces go": ("  Finch ", "FINCH"),
    "an at sign becomes a space": ("a@b_c", "A B-C"),
    "fractions": ("1½", "11/2"),
    "no-break space": ("a\u00a0b", "A B"),
}


@pytest.mark.parametrize("case", CLEANED)
def test_free_text_is_spelled_in_the_basic_set(case: str) -> None:
    """Text comes out in upper case and in characters every payer takes."""
    given_text, wanted = CLEANED[case]
    assert clean(given_text, "NM103") == wanted


def test_an_email_address_keeps_its_signs() -> None:
    """``@`` and ``_`` are kept where an address needs them."""
    assert clean("Front_Desk@Clinic.test", "PER04", email=True) == "FRONT_DESK@CLINIC.TEST"


@pytest.mark.parametrize("text", ["芳", "Ж", "a\x00b", "😀"], ids=ascii)
def test_text_without_a_latin_spelling_is_refused(text: str) -> None:
    """A name in another script is not guessed at; the error does not show it."""
    with pytest.raises(WriteError, match="NM103") as caught:
        clean(text, "NM103")
    assert text not in str(caught.value)


def test_nothing_is_replaced_in_a_number() -> None:
    """An identifier is put in upper case; a strange sign in it is refused."""
    assert identifier(" ab-12 ", "REF02") == "AB-12"
    with pytest.raises(WriteError, match="REF02"):
        identifier("ab#12", "REF02")


def test_only_odd_segments_are_tidied() -> None:
    """``tidy`` is asked for what the basic set does not hold, and for nothing else."""
    asked: list[str] = []

    def tidy(name: str, elements: object) -> list[str]:
        asked.append(name)
        return ["CLEANED"]

    write = segment_writer(DEFAULT_SEPARATORS, tidy)
    assert write("NM1", "TERN", ("A", "B")) == "NM1*TERN*A:B"
    assert write("REF", "G1", "7788") == "REF*G1*7788"
    assert write("NTE", "tern") == "NTE*TERN"
    assert asked == []
    assert write("NTE", "t#rn") == "NTE*CLEANED"
    assert write("N3", " TERN") == "N3*CLEANED"
    assert write("HI", ("a", "b")) == "HI*CLEANED"
    assert asked == ["NTE", "N3", "HI"]


def test_a_kept_segment_takes_the_separators_of_its_new_file() -> None:
    """``:`` and ``^`` of a kept segment stand for components and repetitions."""
    kept = ("SVD", "EX001", "50", "HC:97530", "A^B")
    assert kept_writer(DEFAULT_SEPARATORS)(kept) == "SVD*EX001*50*HC:97530*A^B"
    assert kept_writer(ODD)(kept) == "SVD|EX001|50|HC>97530|A!B"


@pytest.mark.parametrize("mark", ["|", ">", "!", "\n", "\x07"], ids=ascii)
def test_a_kept_segment_with_a_separator_in_its_data_is_refused(mark: str) -> None:
    """What was data must not become structure."""
    with pytest.raises(WriteError, match="NTE02"):
        kept_writer(ODD)(("NTE", "ADD", f"A{mark}B"))


def test_an_isa_is_always_106_characters() -> None:
    """Ids are filled with spaces and the separators stand where readers look for them."""
    text = isa(ENVELOPE) + ENVELOPE.separators.terminator
    assert len(text) == 106
    assert (text[3], text[82], text[104], text[105]) == ("*", "^", ":", "~")
    assert text[70:82] == "260311*0830*"
    assert text[89:103] == "*000000001*0*T"


BAD_ENVELOPES = {
    "sender id too long": ({"sender_id": "X" * 16}, "ISA06"),
    "receiver id missing": ({"receiver_id": ""}, "ISA08"),
    "separator in an id": ({"sender_id": "A*B"}, "ISA06"),
    "control number zero": ({"control": 0}, "ISA13"),
    "control number of ten digits": ({"control": 10**9}, "ISA13"),
    "group control number zero": ({"group_control": 0}, "GS06"),
    "group sender missing": ({"group_sender": " "}, "GS02"),
    "sender id not ASCII": ({"sender_id": "M\u00dcLLER"}, "ISA06"),
    "group sender not ASCII": ({"group_sender": "M\u00dcLLER"}, "GS02"),
    "group sender of one character": ({"group_sender": "A"}, "GS02"),
    "group receiver too long": ({"group_receiver": "X" * 16}, "GS03"),
    "no terminator": ({"separators": evolve(DEFAULT_SEPARATORS, terminator="")}, "ISA16"),
    "a letter for a separator": ({"separators": evolve(DEFAULT_SEPARATORS, element="A")}, "ISA16"),
    "terminator not ASCII": (
        {"separators": evolve(DEFAULT_SEPARATORS, terminator="\u20ac")},
        "ISA16",
    ),
    "separators the same": ({"separators": evolve(DEFAULT_SEPARATORS, component="*")}, "ISA16"),
    "no component separator": ({"separators": evolve(DEFAULT_SEPARATORS, component="")}, "ISA16"),
}


@pytest.mark.parametrize("case", BAD_ENVELOPES)
def test_an_envelope_that_is_not_legal_is_refused(case: str) -> None:
    """The error names the element of ISA or GS."""
    change, field = BAD_ENVELOPES[case]
    body = [transaction(DEFAULT_SEPARATORS, "837", "0001", ["BHT*0019"])]
    with pytest.raises(WriteError) as caught:
        interchange(evolve(ENVELOPE, **change), "HC", "005010X222A1", body)
    assert caught.value.field == field


def test_counts_and_control_numbers_are_right() -> None:
    """SE01 counts from ST to SE, GE01 transactions, IEA01 groups; the trailers repeat numbers."""
    body = [transaction(DEFAULT_SEPARATORS, "835", control_number(n), ["BPR*I"]) for n in (1, 2)]
    envelope = evolve(ENVELOPE, control=77, group_control=5, newline=False)
    texts = interchange(envelope, "HP", "005010X221A1", body).decode().split("~")
    assert texts[1] == "GS*HP*MTLLC*EXCLEAR*20260311*0830*5*X*005010X221A1"
    assert texts[2:5] == ["ST*835*0001", "BPR*I", "SE*3*0001"]
    assert texts[8:] == ["GE*2*5", "IEA*1*000000077", ""]


def test_a_group_without_transactions_is_refused() -> None:
    """X12 has no empty group."""
    with pytest.raises(WriteError, match="GE01"):
        interchange(ENVELOPE, "HC", "005010X222A1", [])


def test_the_clock_is_an_argument() -> None:
    """ISA and GS carry the time they are given."""
    later = evolve(ENVELOPE, created=dt.datetime(2027, 1, 2, 3, 4))  # noqa: DTZ001 (local time)
    assert "*270102*0304*" in isa(later)
    assert "*20270102*0304*" in gs(later, "HC", "005010X222A1")


def test_the_error_names_claim_field_and_reason() -> None:
    """What a biller sees of a WriteError is enough to find the value."""
    assert str(WriteError("C1", "NM103", "is empty")) == "claim C1: NM103: is empty"
    assert str(WriteError("", "ISA06", "is empty")) == "ISA06: is empty"
