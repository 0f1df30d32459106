"""Visits in JSON: lists and lines, every fault with its path, good visits through."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from visits_made import example

from edi.problem import Problem
from mapping.intake import read
from mapping.visit import Visit

ONE: dict[str, Any] = json.loads(example("visits.md", "json"))[0]


def changed(**changes: Any) -> dict[str, Any]:
    """The example visit with fields changed; None takes one away."""
    return {k: v for k, v in {**ONE, **changes}.items() if v is not None}


def results(data: bytes | str | list[Any]) -> tuple[list[Visit], list[Problem]]:
    """Visits and problems of a file."""
    if isinstance(data, list):
        data = json.dumps(data)
    found = list(read("visits.json", data if isinstance(data, bytes) else data.encode()))
    visits = [item for item in found if isinstance(item, Visit)]
    return visits, [item for item in found if isinstance(item, Problem)]


def test_the_documented_example_is_read_whole() -> None:
    """Every field of the example stands in the visit, and nothing is warned of."""
    visits, problems = results(example("visits.md", "json"))
    assert problems == []
    (visit,) = visits
    assert visit.coverages[0].subscriber is not None
    assert visit.coverages[1].insurance_type == "12"
    assert visit.diagnoses == ("M25511", "M6281")
    assert [p.code for p in visit.procedures] == ["97110", "97140", "97530"]
    assert visit.procedures[2].diagnosis_pointers == (1, 2)
    assert visit.authorizations[0].visits_approved == 12


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE, changed(visit_id="V-2")]),
        json.dumps(ONE) + "\n" + json.dumps(changed(visit_id="V-2")) + "\n",
        json.dumps(ONE, indent=2) + "\n" + json.dumps(changed(visit_id="V-2"), indent=2),
        "\ufeff" + json.dumps([ONE, changed(visit_id="V-2")]),
        json.dumps({"visits": [ONE, changed(visit_id="V-2")]}, indent=2) + "\n",
    ],
    ids=["list", "lines", "objects over many lines", "byte order mark", "list under visits"],
)
def test_lists_and_lines_are_the_same(text: str) -> None:
    """A list, lines and objects one after another give the same visits."""
    visits, problems = results(text)
    assert ([v.visit_id for v in visits], problems) == (["V-1001", "V-2"], [])


def inner(path: str, value: Any) -> dict[str, Any]:
    """The example with one inner field changed: ``procedures.0.code``."""
    made = json.loads(json.dumps(ONE))
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]
    here = made
    for step in steps:
        here = here[step]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return made  # type: ignore[no-any-return]  # JSON is anything


FAULTS = [
    ("visit_id", None, "input.missing", "visit_id"),
    ("date", "13/1/2026", "input.invalid", "date"),
    ("date", "3/10/26", "input.invalid", "date"),
    ("date", "46091", "input.invalid", "date"),
    ("date", "2026-02-30", "input.invalid", "date"),
    ("discipline", "XX", "input.invalid", "discipline"),
    ("place_of_service", "98", "input.invalid", "place_of_service"),
    ("patient.birth_date", "unknown", "input.invalid", "patient.birth_date"),
    ("patient.last_name", None, "input.missing", "patient.last_name"),
    ("patient", "Jordan", "input.invalid", "patient"),
    ("patient.address.zip", "432", "input.invalid", "patient.address.zip"),
    ("patient.address.state", "ZZ", "input.invalid", "patient.address.state"),
    ("coverages", {}, "input.invalid", "coverages"),
    ("coverages.0.relationship", "cousin", "input.invalid", "coverages[0].relationship"),
    ("diagnoses.1", "62.81", "input.invalid", "diagnoses[1]"),
    ("amount_collected", "-20.00", "input.invalid", "amount_collected"),
    ("amount_collected", 20.005, "input.invalid", "amount_collected"),
    ("amount_collected", "1_000", "input.invalid", "amount_collected"),
    ("amount_collected", "NaN", "input.invalid", "amount_collected"),
    ("procedures.0.code", "9711", "input.invalid", "procedures[0].code"),
    ("procedures.0.therapist_minutes", -8, "input.invalid", "procedures[0].therapist_minutes"),
    ("procedures.0.therapist_minutes", 8.5, "input.invalid", "procedures[0].therapist_minutes"),
    ("procedures.0.therapist_minutes", True, "input.invalid", "procedures[0].therapist_minutes"),
    ("procedures.0.modifiers", ["59"] * 5, "input.invalid", "procedures[0].modifiers"),
    ("procedures.0.blocks.0.end", "25:00", "input.invalid", "procedures[0].blocks[0].end"),
    ("procedures.0.blocks.0.end", "08:00", "input.invalid", "procedures[0].blocks[0]"),
    ("procedures.0.units", 0, "input.invalid", "procedures[0].units"),
    (
        "procedures.2.diagnosis_pointers",
        [0],
        "input.invalid",
        "procedures[2].diagnosis_pointers[0]",
    ),
    ("referring", {"npi": "1234567890"}, "input.invalid", "referring.npi"),
    ("referring", {"npi": "1.23E+09"}, "input.invalid", "referring.npi"),
]


@pytest.mark.parametrize(
    ("path", "value", "code", "column"),
    FAULTS,
    ids=[f"{path}={json.dumps(value)}"[:60] for path, value, *_ in FAULTS],
)
def test_a_fault_names_its_field_and_the_other_visits_go(
    path: str, value: Any, code: str, column: str
) -> None:
    """The faulty visit is held back with row and path; the one after it comes."""
    visits, problems = results([inner(path, value), changed(visit_id="V-2")])
    assert [v.visit_id for v in visits] == ["V-2"]
    (problem,) = problems
    assert (problem.code, problem.where.column) == (code, column)
    assert (problem.where.file, problem.where.row) == ("visits.json", 1)


def test_messages_never_hold_the_value() -> None:
    """What was given stands in value, which no repr shows, and never in the message."""
    _, problems = results([inner("patient.birth_date", "SECRET-1961")])
    assert problems[0].value == "SECRET-1961"
    assert "SECRET" not in repr(problems[0])
    assert "SECRET" not in problems[0].message


def test_all_faults_of_a_visit_come_at_once() -> None:
    """A biller mends a visit in one go."""
    bad = inner("procedures.0.code", "9711") | {"date": "x", "location": ""}
    _, problems = results([bad])
    assert [p.where.column for p in problems] == ["date", "procedures[0].code", "location"]


def test_a_misspelt_field_is_warned_of_with_the_nearest_name() -> None:
    """An unknown field does not stop the visit, but is never passed over in silence."""
    visits, problems = results([inner("procedures.0.modifers", ["59"])])
    assert len(visits) == 1
    (problem,) = problems
    assert problem.level == "warning"
    assert "modifiers" in problem.message


def test_an_npi_that_lost_nothing_is_restored() -> None:
    """All ten digits are there: the number is put back, with a warning."""
    visits, problems = results(
        json.dumps([changed(referring={"npi": "X", "last_name": "Lee"})]).replace(
            '"X"', "1.234567893E+09"
        )
    )
    assert visits[0].referring is not None
    assert visits[0].referring.npi == "1234567893"
    assert [p.code for p in problems] in ([], ["input.repaired"])


def test_the_same_visit_twice_comes_once() -> None:
    """Equal content: one visit and a warning."""
    visits, problems = results([ONE, changed(visit_id="V-2"), ONE])
    assert sorted(v.visit_id for v in visits) == ["V-1001", "V-2"]
    assert [(p.code, p.level) for p in problems] == [("input.duplicate", "warning")]


def test_one_id_with_two_contents_gives_neither() -> None:
    """Nobody knows which is right: none is billed, the others go."""
    visits, problems = results([ONE, changed(visit_id="V-2"), changed(date="2026-03-11")])
    assert [v.visit_id for v in visits] == ["V-2"]
    assert [(p.code, p.level) for p in problems] == [("input.duplicate", "error")]
    assert "1, 3" in problems[0].message


def test_a_double_with_errors_spoils_the_other() -> None:
    """A correct and a faulty visit of one id: neither is taken."""
    visits, problems = results([ONE, changed(discipline="XX")])
    assert visits == []
    assert {p.code for p in problems} == {"input.invalid", "input.duplicate"}


def test_a_key_twice_in_an_object_is_refused() -> None:
    """JSON readers keep the last and say nothing: here the visit waits, the others go."""
    text = json.dumps([ONE, changed(visit_id="V-2")])
    twice = text.replace('"therapist_minutes"', '"code": "97535", "therapist_minutes"', 1)
    visits, problems = results(twice)
    assert [v.visit_id for v in visits] == ["V-2"]
    assert [(p.code, p.where.claim) for p in problems] == [("input.invalid", "V-1001")]
    assert "code stands twice" in problems[0].message


def test_a_broken_line_does_not_stop_the_lines_after_it() -> None:
    """JSON lines go on at the next line."""
    text = "\n".join([json.dumps(ONE), '{"visit_id": "V-2", ', json.dumps(changed(visit_id="V-3"))])
    visits, problems = results(text)
    assert [v.visit_id for v in visits] == ["V-1001", "V-3"]
    assert problems[0].code == "input.unreadable"


def test_a_list_cut_in_the_middle_says_so() -> None:
    """What was whole before the cut comes; that the rest is missing is an error."""
    text = json.dumps([ONE, changed(visit_id="V-2")])
    visits, problems = results(text[: len(text) - 40])
    assert [v.visit_id for v in visits] == ["V-1001"]
    assert [p.code for p in problems] == ["input.unreadable"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"ISA*00*          *00*", "X12"),
        (b"<html>", "HTML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "no text file"),
    ],
    ids=["empty", "blank", "pdf", "xlsx", "x12", "html", "picture"],
)
def test_what_is_no_visit_file_says_what_it_is(data: bytes, words: str) -> None:
    """One clear problem, nothing else."""
    visits, problems = results(data)
    assert visits == []
    (problem,) = problems
    assert problem.code == "input.unreadable"
    assert words in problem.message


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_the_bytes_reading_never_raises(data: bytes) -> None:
    """Any bytes give visits and problems, and at least one of them."""
    assert list(read("x", data))


@settings(deadline=None)  # a busy machine is no fault of the reader
@given(st.data())
def test_a_mutated_file_never_raises(data: st.DataObject) -> None:
    """Bytes cut, doubled or replaced in a good file are problems, not exceptions."""
    text = bytearray(json.dumps([ONE]).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(at, min(at + 20, len(text))))
    text[at:end] = data.draw(st.binary(max_size=8))
    assert list(read("x", bytes(text)))
