"""Nesting, counts and control numbers of interchanges, groups and transactions."""

import pytest
from x12read import segments_of, transactions
from x12text import file_of, group, interchange, transaction

from edi.envelope import read
from edi.nesting import NESTING
from edi.problem import CODES, Problem

BODY = "BPR*I*0~TRN*1*T~LX*1~"


def two() -> bytes:
    """A file of two groups with two transactions each."""
    groups = [
        group([transaction(BODY), transaction(BODY, control="0002")], control=n) for n in (1, 2)
    ]
    return interchange(groups).encode()


def test_everything_is_named_by_its_number() -> None:
    """Each level tells its own numbers and those above it."""
    problems: list[Problem] = []
    seen = [
        (i.control, g.control, g.functional_id, t.type, t.control, t.implementation, t.number)
        for i in read([two()], problems)
        for g in i.groups()
        for t in g.transactions()
    ]
    assert problems == []
    assert seen == [
        ("000000001", str(g), "HP", "835", f"000{t}", "005010X221A1", t)
        for g in (1, 2)
        for t in (1, 2)
    ]


def test_an_interchange_tells_its_parties() -> None:
    """Padding is removed from what the ISA says."""
    (found,) = read([file_of(BODY)], [])
    assert found.sender == ("ZZ", "PAYER")
    assert found.receiver == ("ZZ", "CLINIC")
    assert (found.version, found.usage, found.control) == ("00501", "P", "000000001")


@pytest.mark.parametrize("taken", [0, 1, 3, 5])
def test_going_on_reads_what_was_left(taken: int) -> None:
    """Whoever stops early in a transaction loses nothing of the next one."""
    problems: list[Problem] = []
    counts = []
    for one in transactions([two()], problems):
        segments = one.segments()
        for _ in range(taken):
            next(segments)
        counts.append(one)
    assert [one.segment_count for one in counts] == [5, 5, 5, 5]
    assert all(one.complete for one in counts)
    assert problems == []


def test_texts_and_segments_agree() -> None:
    """A segment is its text split at the element separator."""
    texts = [text for one in transactions([two()], []) for text in one.texts()]
    assert [text.split("*") for text in texts] == segments_of([two()])


def test_nothing_needs_to_be_read_for_the_checks() -> None:
    """Going over the interchanges alone finds every fault of the envelope."""
    data = two().replace(b"SE*5*0002", b"SE*6*0002").replace(b"GE*2*2", b"GE*3*2")
    problems: list[Problem] = []
    assert len(list(read([data], problems))) == 1
    assert [(p.code, p.standard, p.where.group) for p in problems] == [
        ("transaction.count", "IK502:4", 1),
        ("transaction.count", "IK502:4", 2),
        ("group.count", "AK905:5", 2),
    ]


def test_counts_may_be_padded_but_not_words() -> None:
    """SE01 ``0005`` is five; ``FIVE`` is a fault and no exception."""
    for said, right in (("0005", True), ("FIVE", False), ("", False), ("²", False)):
        data = file_of(BODY).decode().replace("SE*5", f"SE*{said}").encode()
        (one,) = transactions([data], [])
        one.drain()
        assert one.complete is right


def test_control_numbers_are_compared_as_text() -> None:
    """``1`` is not ``0001`` (X12.5: the trailer repeats the header's number)."""
    (one,) = transactions([file_of(BODY).replace(b"SE*5*0001", b"SE*5*1")], [])
    one.drain()
    assert not one.complete


def test_problem_texts_hold_no_data() -> None:
    """A value of the file stands in ``value`` only, which no repr shows."""
    data = file_of(BODY).replace(b"ST*835", b"NM1*QC*1*SECRETNAME~ST*835")
    problems: list[Problem] = []
    list(read([data], problems))
    assert any("SECRETNAME" in p.value for p in problems)
    assert "SECRETNAME" not in repr(problems)


def test_every_code_is_declared() -> None:
    """What is reported stands in the table of problems."""
    data = two().replace(b"GE*", b"SE*9*9~GE*") + b"junk"
    problems: list[Problem] = []
    list(read([data], problems))
    assert problems
    assert {p.code for p in problems} <= set(CODES)


def test_nesting_has_an_answer_for_each_control_segment() -> None:
    """Each state says what each control segment does, apart from what counts as stray."""
    controls = {"GS", "GE", "ST", "SE", "IEA", "TA1"}
    for state, table in NESTING.items():
        assert set(table) <= controls, state
        assert controls - set(table) <= {"GE"}, state
