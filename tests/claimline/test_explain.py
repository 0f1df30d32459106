"""``claimline explain`` as a person at a desk types it."""

import json
from typing import Any

import pytest

from edi import codes
from edi.problem import CODES


def told(command: Any, *words: str) -> list[dict[str, Any]]:
    """The codes of the JSON answer."""
    _, out, _ = command("explain", *words, "--format", "json")
    found: list[dict[str, Any]] = json.loads(out)["codes"]
    return found


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["CO/45"], ["CO-45"]),
        (["CO_45"], ["CO-45"]),
        (["CO\u201345"], ["CO-45"]),
        (["CO45"], ["CO-45"]),
        (["co-45"], ["CO-45"]),
        (["CO-045"], ["CO-45"]),
        (["CO", "45"], ["CO-45"]),
        (["CO 45"], ["CO-45"]),
        (["CO-45 CO-253"], ["CO-45", "CO-253"]),
        (["CO-45,PR-3"], ["CO-45", "PR-3"]),
        (["045"], ["45"]),
        (["CARC-45"], ["45"]),
        (["CARC", "45"], ["45"]),
        (["CLP02=4"], ["4"]),
        (["97530 GP"], ["97530", "GP"]),
        (["MA-130"], ["MA130"]),
        (["MA130"], ["MA130"]),
        (["CO-B7"], ["CO-B7"]),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else None,
)
def test_spellings_of_a_code_are_understood(
    command: Any, words: list[str], wanted: list[str]
) -> None:
    """A slash, a dash of any kind, a leading zero, a list: the code is what was meant."""
    found = told(command, *words)
    assert [each["code"] for each in found] == wanted
    assert all(each["known"] for each in found)


def test_another_spelling_says_how_it_was_read(command: Any) -> None:
    """Two words CO 45 are read as CO-45, and the answer says so."""
    (found,) = told(command, "CO", "45")
    assert "read as CO-45" in found["more"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("CARC", "carc"),
        ("RARC", "rarc"),
        ("CLP02", "claim_status"),
        ("plb", "plb"),
        ("MOA", "rarc"),
    ],
)
def test_the_name_of_a_table_alone_lists_it(command: Any, word: str, kind: Any) -> None:
    """Never an empty answer."""
    assert [each["code"] for each in told(command, word)] == list(codes.table(kind).entries)


def test_a_group_that_does_not_exist_is_what_is_unknown(command: Any) -> None:
    """XX-45: the group is unknown, the reason is not; the exit status says that a person is needed."""
    status, out, _ = command("explain", "XX-45", "--format", "json")
    (found,) = json.loads(out)["codes"]
    assert status == 1
    assert found["known"] is False
    assert "no group XX" in found["meaning"]


@pytest.mark.parametrize(
    "code", ["CO-96", "CO-204", "CO-A1", "PI-204", "CO-242", "CO-119", "CO-22"]
)
def test_a_contractual_refusal_keeps_the_patient_out(command: Any, code: str) -> None:
    """Under CO and PI nobody is told to bill the patient, in every case never to."""
    (found,) = told(command, code)
    assert "bill the patient" in found["never"]
    assert "patient" not in found["todo"]
    for case in found["cases"]:
        assert "bill the patient" in case["never"]
        assert "then the patient" not in case["next_step"]


@pytest.mark.parametrize("code", ["PR-204", "PR-119", "PR-242", "PR-B1"])
def test_a_refusal_left_to_the_patient_names_the_checks_first(command: Any, code: str) -> None:
    """Under PR the patient comes after the secondary payer, and not at once."""
    (found,) = told(command, code)
    assert "secondary payer, then the patient" in found["todo"]


@pytest.mark.parametrize("code", ["CO-97", "CO-236"])
def test_59_goes_on_the_line_that_takes_it(command: Any, code: str) -> None:
    """On 97530 beside 97140 only; beside 97116, 97164, 97168 on those."""
    (found,) = told(command, code)
    steps = " ".join(case["next_step"] for case in found["cases"])
    assert "97116" in steps
    assert "59 on 97530\n" not in steps


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("CQ", "GP"), ("59", "separate"), ("76", "policy"), ("77", "policy"), ("52", "units"),
        ("95", "place"), ("MA130", "new claim"), ("N211", "no appeal"), ("N381", "contract"),
        ("N58", "prior payer"), ("97530", "claimline units"), ("97161", "one unit"),
    ],
)  # fmt: skip
def test_remarks_modifiers_and_procedures_say_what_to_do(
    command: Any, code: str, word: str
) -> None:
    """Not only reasons have a next step."""
    assert any(word in each["todo"] for each in told(command, code))


def test_general_knowledge_is_marked(command: Any) -> None:
    """What no table of ours holds says so."""
    (found,) = [each for each in told(command, "76") if each["kind"] == "modifier"]
    assert found["table"].startswith("general knowledge")


@pytest.mark.parametrize("code", ["CARC 15", "CARC 191", "P22", "B16"])
def test_reasons_of_a_therapy_desk_are_known(command: Any, code: str) -> None:
    """Reasons that are met and were missing."""
    assert all(each["known"] and each["todo"] for each in told(command, code))


def test_our_own_problem_codes_are_explained(command: Any) -> None:
    """A code that held list, edits or trace prints is known, in the order asked; a typo is said."""
    own, other, wrong = told(command, "hold.pair", "N130", "hold.piar")
    assert (own["kind"], own["todo"]) == ("problem", CODES["hold.pair"].todo)
    assert other["code"] == "N130"
    assert not wrong["known"]
    assert "hold.pair" in wrong["todo"]


def test_a_reason_shows_the_cases_that_a_remark_decides_first(command: Any) -> None:
    """MA130 wants a new claim whatever the reason is: that case comes before those of CO-16."""
    (card,) = told(command, "CO-16")
    first = card["cases"][0]
    assert "MA130" in first["when"]
    assert "send a new claim" in first["next_step"]
    assert not any("MA130" in case["when"] for case in told(command, "PR-1")[0]["cases"])


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (("CO-16", "N822", "MA130"), ["unprocessable", "unprocessable"]),
        (("CO-16", "N822"), ["modifier", "modifier"]),
        (("CO-50", "N519"), ["modifier", "modifier"]),
    ],
    ids=["MA130 before N822", "N822 alone", "remark alone"],
)
def test_codes_given_together_are_one_answer(
    command: Any, asked: tuple[str, ...], wanted: list[str]
) -> None:
    """One advice for the codes of a line, never one that another of its codes contradicts."""
    both, *each = told(command, *asked)
    assert (both["kind"], both["code"]) == ("together", " ".join(asked))
    assert [case["category"] for case in both["cases"]] == wanted
    assert {(one["todo"], len(one["cases"]), len(one["never"])) for one in each} == {
        ("see the codes together, above", 0, 0)
    }


def test_a_remark_that_no_case_asks_for_is_told_by_itself(command: Any) -> None:
    """Nothing is put together where the table does not."""
    assert [one["code"] for one in told(command, "CO-97", "N130")] == ["CO-97", "N130"]


def test_an_empty_word_is_no_code(command: Any) -> None:
    """Nothing asked is said, not answered with nothing."""
    status, _, errors = command("explain", "")
    assert (status, "no code was given" in errors) == (2, True)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["modifier", "59"], [("modifier", "59")]),
        (["modifier", "CO", "CO-45"], [("modifier", "CO"), ("carc", "CO-45")]),
        (["STC", "A7"], [("status_category", "A7")]),
        (["STC", "21"], [("status", "21")]),
        (["STC", "A3", "116"], [("status_category", "A3"), ("status", "116")]),
        (["STC A3 116 CO-45"],
         [("status_category", "A3"), ("status", "116"), ("carc", "CO-45")]),
        (["A7:21"], [("status_category", "A7"), ("status", "21")]),
        (["STC", "A7:21", "116"],
         [("status_category", "A7"), ("status", "21"), ("carc", "116")]),
        (["A7:562:85"], [("status_category", "A7"), ("status", "562")]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)  # fmt: skip
def test_a_named_table_is_asked_alone(
    command: Any, words: list[str], wanted: list[tuple[str, str]]
) -> None:
    """A modifier, a category and a status of a 277CA are told as such, and as nothing else."""
    found = told(command, *words)
    assert [(each["kind"], each["code"]) for each in found] == wanted


def test_a_status_names_its_table_and_day(command: Any) -> None:
    """The words of a 277CA stand with the table's date; an entity left out is said."""
    category, status = told(command, "A7:562:85")
    for each, kind in ((category, "status_category"), (status, "status")):
        assert codes.table(kind).date.isoformat() in each["table"]
        assert "read as STC A7:562, without the entity 85" in each["more"]


def test_every_modifier_is_listed(command: Any) -> None:
    """The word alone lists them, each once and each as a modifier."""
    found = told(command, "modifier")
    assert {each["kind"] for each in found} == {"modifier"}
    names = [each["code"] for each in found]
    assert {"59", "GP", "CQ", "76"} <= set(names)
    assert len(set(names)) == len(names)


def test_help_names_every_table(command: Any) -> None:
    """Who types explain --help learns by which names the tables are asked."""
    _, out, _ = command("explain", "--help")
    for name in ("CARC", "RARC", "GROUP", "CLP02", "PLB", "STC", "MODIFIER"):
        assert name in out
