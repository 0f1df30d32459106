"""What we answer is right: by our checker, by pyx12, and read back by our own reader."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyx12_judge import judge
from test_check_fixtures import FAIL, PASS
from x12text import file_of, group, interchange, transaction

from edi import envelope
from edi.acknowledgement import Acknowledgement, whole
from edi.acknowledgements import stream
from edi.check import check
from edi.envelope import NotX12
from edi.ta1 import answer as ta1_of
from edi.ta1 import read_ta1
from edi.writing import Envelope, WriteError
from edi.x999_answer import InterchangeAnswer, answers
from edi.x999_write import write_999

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
BACK = Envelope(
    sender_qualifier="ZZ",
    sender_id="CLINIC",
    receiver_qualifier="ZZ",
    receiver_id="PAYER",
    group_sender="CLINIC",
    group_receiver="PAYER",
    created=dt.datetime.fromisoformat("2026-01-15T08:00"),
    control=7,
    group_control=7,
    usage="T",
)
PAID = "BPR*I*0*C*NON************20260105~TRN*1*T1*1999999999~"


def answered(data: bytes) -> tuple[InterchangeAnswer, bytes]:
    """The answer to a file of one interchange, and its bytes with a TA1."""
    [found] = answers([data])
    return found, write_999(BACK, found.groups, [ta1_of(found.header, found.code, found.note)])


def read_back(data: bytes) -> list[Acknowledgement]:
    """What our reader makes of an answer."""
    found: list[Acknowledgement] = []
    for one in envelope.read([data], []):
        for each in one.groups():
            found += [whole(stream(transaction)) for transaction in each.transactions()]
        found += read_ta1(one)
    return found


@pytest.mark.parametrize("path", PASS + FAIL, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_fixture_gets_a_right_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever came, the answer has no problem by our guide nor by pyx12."""
    for found in answers([path.read_bytes()]):
        if not found.groups:
            continue
        data = write_999(BACK, found.groups)
        assert check([data]).problems == ()
        complaints = [words for one in judge(data.decode(), monkeypatch) for words in one]
        assert complaints == []


@pytest.mark.parametrize("path", PASS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_clean_file_is_accepted(path: Path) -> None:
    """Each transaction of a clean claim, remittance or 277CA file is accepted."""
    for found in answers([path.read_bytes()]):
        assert found.code == "A"
        for one in found.groups:
            assert {each.code for each in one.transactions} == {"A"}


@pytest.mark.parametrize("path", FAIL, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_faulty_file_of_claims_is_rejected(path: Path) -> None:
    """An 837P with an error of the guide is rejected, and the faults are named."""
    for found in answers([path.read_bytes()]):
        errors = [
            problem
            for problem in check([path.read_bytes()]).problems
            if problem.level == "error" and problem.standard.startswith("IK")
        ]
        for one in found.groups:
            if one.functional_id == "HC" and errors and one.transactions:
                assert "R" in {each.code for each in one.transactions}
                assert any(each.codes for each in one.transactions)


def test_a_rejected_claim_is_named() -> None:
    """The 999 for faulty claims names segment, element, code and claim, and is read back so."""
    data = (ROOT / "fixtures/x12/837p/fail/date_format_differs.edi").read_bytes()
    _, made = answered(data)
    ack = next(each for each in read_back(made) if each.kind == "999")
    claims = [thing for thing in ack.things if thing.level == "claim"]
    assert claims
    assert all(thing.verdict == "rejected" for thing in claims)
    assert {status.list for thing in claims for status in thing.statuses} == {"IK304", "IK403"}
    assert claims[0].statuses[1].element == "DTP03"


def test_a_faulty_remittance_is_accepted_with_errors() -> None:
    """An 835 that is whole is taken and posted: the answer says E, not to be sent again."""
    found, made = answered(file_of(PAID + "N1*PR*X~N1*PE*Y*XX*1999999992~LX*1~ZZZ*1~"))
    assert [one.code for each in found.groups for one in each.transactions] == ["E"]
    ack = next(each for each in read_back(made) if each.kind == "999")
    assert [thing.verdict for thing in ack.things] == ["accepted with errors"] * 2


def test_a_remittance_that_is_not_whole_is_rejected() -> None:
    """An 835 with a wrong count is never posted: it is rejected, the other one is taken."""
    good, bad = transaction(PAID, control="0001"), transaction(PAID, control="0002")
    bad[-1] = "SE*99*0002"
    found, made = answered(interchange([group([good, bad])]).encode())
    codes = [one.code for each in found.groups for one in each.transactions]
    assert codes[1] == "R"
    assert "4" in found.groups[0].transactions[1].codes
    ack = next(each for each in read_back(made) if each.kind == "999")
    assert ack.things[-1].verdict == "partly accepted"
    assert (ack.things[-1].accepted, ack.things[-1].rejected) == (1, 1)


def test_the_ta1_stands_before_the_group() -> None:
    """TA1 follows ISA; alone where there is nothing to answer by a 999."""
    found, made = answered(file_of(PAID))
    assert [line[:3] for line in made.decode().splitlines()[:3]] == ["ISA", "TA1", "GS*"]
    alone = write_999(BACK, (), [ta1_of(found.header, "R", "024")])
    assert [line[:3] for line in alone.decode().splitlines()] == ["ISA", "TA1", "IEA"]
    assert check([alone]).problems == ()
    [ack] = read_back(alone)
    assert (ack.kind, ack.things[0].verdict) == ("TA1", "rejected")


def test_an_acknowledgement_is_not_acknowledged() -> None:
    """A 999 is never answered by a 999."""
    [found] = answers([(ROOT / "fixtures/x12/999/pass/accepted.edi").read_bytes()])
    assert found.groups == ()
    assert found.only_acknowledgements
    with pytest.raises(WriteError, match="no group"):
        write_999(BACK, found.groups)


def test_a_file_without_a_group_is_rejected_whole() -> None:
    """An interchange in which nothing can be read gets a TA1 R and no 999."""
    [found] = answers([interchange([]).encode()])
    assert (found.code, found.note, found.groups) == ("R", "024", ())


CLAIMS = (ROOT / "fixtures/x12/837p/pass/every_loop_of_a_line.edi").read_bytes()


@given(
    cuts=st.lists(st.integers(107, len(CLAIMS) - 1), min_size=1, max_size=6),
    put=st.sampled_from([b"", b"~", b"*", b":", b"^", b"X", b"\xff", b"~ZZZ*1~", b"  "]),
)
def test_whatever_is_broken_the_answer_is_right(cuts: list[int], put: bytes) -> None:
    """A claim file changed at any places gets an answer that our checker takes."""
    data = bytearray(CLAIMS)
    for at in sorted(cuts, reverse=True):
        data[at : at + 1] = put
    for found in answers([bytes(data)]):
        ta1 = ta1_of(found.header, found.code, found.note)
        assert check([write_999(BACK, found.groups, [ta1])]).problems == ()


@pytest.mark.skipif(not CORPUS.exists(), reason="other people's sample files are not here")
def test_samples_of_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of the corpus gets an answer that our checker and pyx12 take."""
    count = 0
    for path in sorted(CORPUS.glob("*/*")):
        if not path.is_file() or path.stat().st_size > 200_000:
            continue
        try:
            found = list(answers([path.read_bytes()], path.name))
        except NotX12:
            continue
        for each in found:
            if each.groups:
                data = write_999(BACK, each.groups)
                assert check([data]).problems == (), path
                assert not [w for one in judge(data.decode(), monkeypatch) for w in one], path
                count += 1
    assert count > 20
