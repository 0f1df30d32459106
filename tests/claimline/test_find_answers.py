"""Claims found by the numbers of what was received about them; codes named as the file names them."""

from collections.abc import Iterator

import pytest
from acknowledged_made import (
    a277ca,
    a999,
    ak2,
    claim_said,
    interchange,
    record,
    sent,
    take,
    take_277ca,
)
from attrs import evolve

from edi.acknowledgement import Status
from edi.acknowledgement_words import list_name, meaning
from reconcile.ledger import Ledger, open_ledger

ONE, TWO, THREE = "C0000001X", "C0000002X", "C0000003X"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Three claims in file 77, two in its first transaction; a 999 and a 277CA of a payer."""
    with open_ledger(ledger_url) as opened:
        places = ((ONE, "0001", 10), (TWO, "0001", 30), (THREE, "0002", 10))
        record(
            opened,
            *(evolve(sent(c), transaction=st, position=at) for c, st, at in places),
            control=77,
        )
        take(opened, interchange(a999(77, ak2("0002", "R")), control=910), name="a.999")
        take_277ca(
            opened,
            a277ca(claim_said(TWO, "A3:33*20260303*U*100"), reference="PAYER-REF-9"),
            control=911,
        )
        yield opened


@pytest.mark.parametrize(
    ("word", "claims"),
    [
        pytest.param("PAYER-REF-9", {TWO}, id="277CA by its BHT03"),
        pytest.param("000000911", {TWO}, id="277CA by its ISA13"),
        pytest.param("911", {TWO}, id="ISA13 without zeros"),
        pytest.param("000000910", {ONE, TWO, THREE}, id="999 by its ISA13"),
        pytest.param("a.999", {ONE, TWO, THREE}, id="999 by its file"),
        pytest.param("0000000770001", {ONE, TWO}, id="our batch by BHT03"),
        pytest.param("0000000770009", set(), id="no such transaction"),
        pytest.param("77", {ONE, TWO, THREE}, id="our ISA13 first"),
    ],
)
def test_claims_are_found_by_what_speaks_of_them(
    ledger: Ledger, word: str, claims: set[str]
) -> None:
    """The numbers of an acknowledgement, and of our batch, lead to their claims."""
    assert {name for found in ledger.find(word) for name in found.families} == claims


def test_a_997_names_its_codes_as_ak(ledger: Ledger) -> None:
    """What a 997 says is told with AK3, AK4, AK5 as they stand in the file, not as IK."""
    ack = ["ST*997*0001", "AK1*HC*77", "AK2*837*0001", "AK3*CLM*10**8", "AK4*5*1331*7*ZZ",
           "AK5*R*5", "AK9*R*1*1*0", "SE*8*0001"]  # fmt: skip
    [result] = take(ledger, interchange(ack, control=5)).acknowledged
    assert result.state == "joined"
    assert [list_name(one, "997") for one in ("IK304", "IK403", "IK502", "AK905", "TA105")] == [
        "AK304", "AK403", "AK502", "AK905", "TA105",
    ]  # fmt: skip
    assert list_name("IK304", "999") == "IK304"


@pytest.mark.parametrize(
    ("code", "words"),
    [("R7:0", "more information asked for"), ("F9:1", "finished"), ("P9:20", "pending"),
     ("Z1:20", "not in our tables"), ("F2:107", "finished: denied")],
)  # fmt: skip
def test_categories_of_other_answers_have_words(code: str, words: str) -> None:
    """A category of an answer about payment is shown in words, also a number we do not know."""
    assert words in meaning(Status(list="STC", code=code))
