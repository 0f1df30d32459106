"""What claims, trace and denials say of one claim agree: who has to do something, and what."""

import json
from typing import Any

import pytest
from command_line import Command
from receive_made import Line, clp, record, remit, sent, take, x12

from reconcile.ledger import Ledger, open_ledger

FIRST = "AAAAAAAAAA1"
SECOND = "AAAAAAAAAA2"
DENIED = Line(paid="0", cas=("CO*97*100",))
COPY = Line(paid="0", cas=("OA*18*100",))


def told(command: Command, url: str, claim: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What claims and trace say of a claim; its row of the list of all, and its state."""
    _, said, _ = command("claims", "--state", "all", "--ledger", url, "--format", "json")
    row = next(one for one in json.loads(said)["claims"] if one["claim"] == claim)
    _, said, _ = command("trace", claim, "--ledger", url, "--format", "json")
    claims = json.loads(said)["traces"][0]["claims"]
    return row, next(one for one in claims if one["claim"] == claim)


def counts(command: Command, url: str, *more: str) -> dict[str, tuple[int, int]]:
    """Claims and those that wait for a person, by state."""
    _, said, _ = command("claims", "--ledger", url, "--format", "json", *more)
    return {
        one["state"]: (one["claims"], one["waiting_for_you"]) for one in json.loads(said)["states"]
    }


def refuse(ledger: Ledger, control: str, line: Line, number: int = 1) -> None:
    """An answer that pays nothing."""
    one = clp(control, line, status="4")
    take(ledger, x12(remit(one, trace=f"E{number}"), control=number), name=f"{number}.835")


def test_a_denied_claim_whose_correction_is_out_waits_for_the_payer(
    ledger_url: str, command: Command
) -> None:
    """While a correction is with the payer nobody here has to do anything about the claim."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST), sent("BBBBBBBBBB1"))
        refuse(ledger, FIRST, DENIED)
        refuse(ledger, "BBBBBBBBBB1", DENIED, 2)
    assert counts(command, ledger_url)["denied"] == (2, 2)
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(SECOND, family=FIRST, frequency="7"), control=7)
    assert counts(command, ledger_url)["denied"] == (2, 1)
    row, claim = told(command, ledger_url, FIRST)
    step = row["next_step"]
    assert step.startswith(f"correction {SECOND} of ")
    assert "wait for its answer" in step
    assert claim["state"]["todo"] == step
    assert claim["state"]["waits_for_you"] is False
    assert [one["next_step"] for one in claim["next"]] == [step]
    _, said, _ = command("denials", "--ledger", ledger_url, "--format", "json")
    assert step in {one["next_step"] for one in json.loads(said)}
    _, said, _ = command("claims", "--ledger", ledger_url)
    assert "BBBBBBBBBB1" in said
    assert FIRST not in said


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (DENIED, ("denied", 1)),
        (Line(paid="60", cas=("CO*45*40",)), ("replaced", 0)),
    ],
    ids=["refused again", "paid"],
)
def test_once_the_correction_is_answered_that_counts(
    ledger_url: str, command: Command, line: Line, state: tuple[str, int]
) -> None:
    """A correction that was answered covers nothing any more."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        refuse(ledger, FIRST, DENIED)
        record(ledger, sent(SECOND, family=FIRST, frequency="7"), control=7)
        take(ledger, x12(remit(clp(SECOND, line), trace="E9"), control=9), name="9.835")
    found = counts(command, ledger_url)
    assert sum(work for _, work in found.values()) == state[1]
    assert told(command, ledger_url, FIRST)[0]["next_step"].startswith("correction") is False


def test_only_of_the_payer_asked_for(ledger_url: str, command: Command) -> None:
    """What is counted as waiting is of the claims asked for, as everything else is."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        refuse(ledger, FIRST, DENIED)
        record(ledger, sent(SECOND, family=FIRST, frequency="7"), control=7)
    assert counts(command, ledger_url, "--payer", "aetna")["denied"] == (1, 0)
    assert counts(command, ledger_url, "--since", "2027-01-01") == {}


@pytest.mark.parametrize(
    "line",
    [COPY, Line(paid="0", cas=("CO*B13*100",))],
    ids=["18", "B13"],
)
def test_a_duplicate_alone_is_no_denial(ledger_url: str, command: Command, line: Line) -> None:
    """Refused as a copy only: nothing is decided, and the first answer has to be found."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        refuse(ledger, FIRST, line)
    assert counts(command, ledger_url) == {"accepted": (1, 1)}
    row, claim = told(command, ledger_url, FIRST)
    assert (row["event"], row["state"]) == ("duplicate", "accepted")
    assert "Find the first claim's answer" in row["next_step"]
    assert claim["state"]["todo"] == row["next_step"]
    _, said, _ = command("denials", "--ledger", ledger_url, "--format", "json")
    [one] = json.loads(said)
    assert one["category"] == "duplicate"
    assert "find the first claim" in one["next_step"]


def test_a_duplicate_beside_the_first_answer_changes_nothing(
    ledger_url: str, command: Command
) -> None:
    """In whatever order they come, the real answer decides."""
    paid = clp(FIRST, Line(paid="60", cas=("CO*45*40",)))
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        refuse(ledger, FIRST, COPY)
        take(ledger, x12(remit(paid, trace="E9"), control=9), name="9.835")
    assert counts(command, ledger_url) == {"closed": (1, 0)}


def test_a_refusal_beside_a_duplicate_is_a_denial(ledger_url: str, command: Command) -> None:
    """One line refused for another reason makes the claim denied."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST, Line(), Line(code="97140")))
        lines = (COPY, Line(code="97140", paid="0", cas=("CO*50*100",)))
        one = clp(FIRST, *lines, status="4")
        take(ledger, x12(remit(one)))
    assert counts(command, ledger_url) == {"denied": (1, 1)}


def test_an_answer_in_a_payment_that_was_cut_off_is_told(ledger_url: str, command: Command) -> None:
    """Where the remittance came cut, nobody is told to wait for it, but what to do."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST), sent("BBBBBBBBBB1"))
        cut = remit(clp(FIRST), trace="E1", se="SE*99*0001")
        take(ledger, x12(cut), name="cut.835")
    row, claim = told(command, ledger_url, FIRST)
    assert "payment E1 of AETNA that is not whole (cut.835)" in row["next_step"]
    assert "ask the sender for the file again" in row["next_step"]
    assert "claimline ledger dismiss cut.835" in row["next_step"]
    assert claim["state"]["todo"] == row["next_step"]
    _, said, _ = command("trace", FIRST, "--ledger", ledger_url)
    assert "Its answer is here, in payment E1" in said
    assert "Wait for the remittance" not in said
    for shape in (said, command("owes", FIRST, "--ledger", ledger_url)[1]):
        words = " ".join(shape.split())
        assert "not yet its answer is here, in payment E1" in words
        assert "has not decided" not in words
    other, _ = told(command, ledger_url, "BBBBBBBBBB1")
    assert "E1" not in other["next_step"]
    with open_ledger(ledger_url) as ledger:
        whole = remit(clp(FIRST), trace="E1")
        take(ledger, x12(whole, control=2), name="whole.835")
    assert "whole" not in told(command, ledger_url, FIRST)[0]["next_step"]


@pytest.mark.parametrize(
    ("status", "told"),
    [("23", "bill nobody twice"), ("25", "why it took the claim for an estimate")],
)
def test_what_decides_nothing_says_what_to_do(
    ledger_url: str, command: Command, status: str, told: str
) -> None:
    """A claim that was passed on (23), or estimated (25), has its own next step everywhere."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        one = clp(FIRST, Line(paid="0", cas=("OA*B11*100",)), status=status)
        take(ledger, x12(remit(one)))
    for words in (["ledger", "waiting"], ["trace", FIRST]):
        _, said, _ = command(*words, "--ledger", ledger_url)
        assert told in " ".join(said.split()), words
