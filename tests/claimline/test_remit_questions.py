"""``remit enter`` on a terminal: each field checked when typed, a way back, nothing lost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl
from terminal import END, STOP, answered, typed

from claimline.__main__ import main
from reconcile.ledger import LedgerLocked

Capture = pytest.CaptureFixture[str]
PAYMENT = ["MEDICARE PART B OHIO", "0012345", "2026-11-12", "70.40", ""]
CLAIM = ["RIVER1001", "", "ICN1"]
FIRST = ["22.40", "", "CO-45 22.00; PR-2 5.60", ""]
SECOND = ["48.00", "", "CO-45 90.00; PR-2 12.00", "N851"]
DONE = ""


class Desk:
    """A ledger with the claims of the examples, and a terminal."""

    def __init__(
        self, ledger: str, files: Path, capture: Capture, patch: pytest.MonkeyPatch
    ) -> None:
        self.ledger = ledger
        self._capture = capture
        self._patch = patch
        self.run("receive", str(files / "sent.837"))

    def run(self, *words: str) -> tuple[int, str]:
        """Exit status and standard output."""
        status = main([*words, "--ledger", self.ledger])
        return status, self._capture.readouterr()[0]

    def json(self, *words: str) -> Any:
        """The answer as a program reads it."""
        return json.loads(self.run(*words, "--format", "json")[1])

    def lines(self, claim: str) -> list[dict[str, str]]:
        """The lines of a claim as trace tells them."""
        (story,) = self.json("trace", claim)["traces"][0]["claims"]
        return list(story["books"])

    def type(self, *answers: str, more: tuple[str, ...] = ()) -> tuple[str, int]:
        """What the terminal shows when these answers are typed."""
        words = ["remit", "enter", "--source", "portal", "--ledger", self.ledger, *more]
        return answered(words, answers, self._patch, self._capture)


@pytest.fixture(name="desk")
def _desk(
    lasting: Callable[[str], NewUrl],
    fixtures: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """On one kind of database: the questions do not know it, what is entered is tested on both."""
    return Desk(lasting("sqlite")(), fixtures / "by-hand", capsys, monkeypatch)


def test_each_field_is_checked_when_it_is_typed(desk: Desk) -> None:
    """A day, an amount, a claim or a code that cannot be is asked again at once, it alone."""
    payment = ["MEDICARE PART B OHIO", "4.52E+11", "0012345", "31/12/2026", "2027-12-31",
               "2026-11-12", "70,40", "seventy", "-70.40", "70.40", "seventy", ""]  # fmt: skip
    claim = ["RIVER9999", "n", "RIVER1001", "7", "", "ICN1"]
    first = ["22.40", "one", "48", "", "CO-9999 22.00", "CO-45 22,00", "CO-45 20.00"]
    again = ["", "", "CO-45 22.00; PR-2 5.60", "Q999", "N130"]
    shown, status = desk.type(*payment, *claim, *first, *again, *SECOND, DONE)
    for told in (
        "shortened by a spreadsheet", "date is no day", "days ahead", "a comma where cents begin",
        "amount is no amount", "amount is below zero", "provider_adjustments are written as",
        "No claim of that number was sent from here", "status is CLP02", "units is no number",
        "units are more than the 1 that were sent",
        "a reason that cannot be", "adjustments has a comma", "remarks are codes",
        "charge less adjustments is 30.00, paid says 22.40: once more",
    ):  # fmt: skip
        assert told in shown, told
    assert "97140 GP 2026-11-02 50.00" in shown
    assert (status, "1 claim, posted" in shown) == (0, True)
    (one,) = desk.json("remit", "list")
    assert (one["state"], one["source"], one["number"]) == ("posted", "portal", "0012345")


def test_there_is_a_way_back(desk: Desk) -> None:
    """``<`` asks the question before again with what was typed; a claim gone back from is out."""
    payment = ["MEDICARE PART B OHIO", "99", "<", "0012345", "2026-11-12", "70.40", ""]
    shown, status = desk.type(*payment, "RIVER1002", "<", *CLAIM, *FIRST, *SECOND, DONE)
    assert (status, "(empty: none) [99]" in shown) == (0, True)
    assert "Claim RIVER1002 is left out" in shown
    (one,) = desk.json("remit", "list")
    assert one["number"] == "0012345"


def test_what_does_not_add_up_at_the_end_is_mended_not_typed_again(desk: Desk) -> None:
    """The difference is told, the payment or a claim is asked again, the rest stays."""
    payment = ["MEDICARE PART B OHIO", "0012345", "2026-11-12", "75.40", ""]
    mended = ["", "", "", "70.40", ""]
    shown, status = desk.type(*payment, *CLAIM, *FIRST, *SECOND, DONE, "payment", *mended)
    assert "off by 5.00" in shown
    assert (status, "70.40: 1 claim, posted" in shown) == (0, True)


def test_what_was_typed_is_not_lost_when_somebody_stops(desk: Desk, tmp_path: Path) -> None:
    """Ctrl-C prints the rows as a CSV; completed and saved it is entered."""
    shown, status = desk.type(*PAYMENT, *CLAIM, *FIRST, STOP)
    assert (status, "broken off; nothing was entered" in shown) == (3, True)
    rows = shown.partition("What was typed, for a file:\n")[2].splitlines()[:2]
    assert rows[1].startswith("MEDICARE PART B OHIO,0012345,2026-11-12,70.40,,RIVER1001,1,ICN1,")
    rest = ",,,,,RIVER1001,,,97530,59 GP,2026-11-02,150.00,48.00,2,CO-45 90.00; PR-2 12.00,N851,"
    file = tmp_path / "typed.csv"
    file.write_text("\n".join([*rows, rest]), encoding="utf-8")
    status, out = desk.run("remit", "enter", str(file), "--source", "portal")
    assert (status, "1 claim, posted" in out) == (0, True)


def test_a_secondary_payment_is_asked_for_its_turn(desk: Desk) -> None:
    """Another payer has no turn offered; as secondary its payment stands right on the line."""
    first = ["MEDICARE PART B OHIO", "P1", "2026-11-12", "22.40", "", "RIVER1002", "", "",
             "22.40", "", "CO-45 22.00; PR-2 5.60", "", DONE]  # fmt: skip
    assert desk.type(*first)[1] == 0
    second = ["MEDIGAP PLAN", "y", "S2", "2026-11-19", "5.60", "", "RIVER1002", "", "2", "MG1",
              "5.60", "", "OA-23 22.40; CO-45 22.00", "", DONE]  # fmt: skip
    shown, status = desk.type(*second)
    assert "Is it a new one?" in shown
    assert "an answer is needed: once more" in shown
    assert (status, "1 claim, posted" in shown) == (0, True)
    told = desk.run("trace", "RIVER1002")[1]
    assert "payment S2 of MEDIGAP PLAN as MG1" in told
    assert "secondary" in told
    assert "5.60 paid by MEDIGAP PLAN on 2026-11-19" in " ".join(
        desk.run("owes", "RIVER1002")[1].split()
    )
    (line,) = desk.lines("RIVER1002")
    assert (line["paid"], line["open"]) == ("28.00", "0.00")


def test_a_payer_typed_wrong_is_asked_about(desk: Desk) -> None:
    """A name nobody knows is no new payer without a word; its beginning is enough."""
    payment = ["Medicre Part B", "y", *PAYMENT[1:]]
    shown, status = desk.type(*payment, *CLAIM, *FIRST, *SECOND, DONE)
    assert "Do you mean MEDICARE PART B OHIO?" in shown
    assert status == 0
    (one,) = desk.json("remit", "list")
    assert one["payer"] == "MEDICARE PART B OHIO"


def test_a_line_that_is_not_on_the_paper_is_left_out(desk: Desk) -> None:
    """A dash leaves a line out; the claim waits for it."""
    payment = [*PAYMENT[:3], "22.40", ""]
    shown, status = desk.type(*payment, *CLAIM, *FIRST, "-", DONE)
    assert (status, "22.40: 1 claim, posted" in shown) == (1, True)  # its charge is not all
    assert [line["paid"] for line in desk.lines("RIVER1001")] == ["22.40", "0.00"]


def test_back_over_the_lines_of_a_claim(desk: Desk) -> None:
    """From a line to the one before, from the claims to the payment: no answer is lost."""
    back = ["<", "<", "<", "<"]  # paid of the second, remarks, adjustments, units of the first
    on = ["", "", "", ""]
    shown, status = desk.type(*PAYMENT, *CLAIM, *FIRST, *back, *on, *SECOND, "<", "", DONE)
    assert shown.count("97140 GP 2026-11-02 50.00") == 2
    assert "Paid (0.00: nothing; -: not on this paper) [22.40]" in shown
    assert "1 claim so far, 70.40 of 70.40" in shown
    assert (status, "70.40: 1 claim, posted" in shown) == (0, True)


def test_an_answer_can_be_taken_away(desk: Desk) -> None:
    """A dash leaves a number or remarks empty that were typed before."""
    payment = ["MEDICARE PART B OHIO", "99", "<", "-", "11/12/26", "$70.40", ""]
    shown, status = desk.type(*payment, *CLAIM, *FIRST, *SECOND, DONE)
    assert (status, "no number, 2026-11-12: 70.40: 1 claim, posted" in shown) == (0, True)


def test_a_claim_is_mended_with_what_was_typed(desk: Desk) -> None:
    """Asked anew, each answer is offered; gone back from, the claim stays as it was."""
    wrong = ["47.00", "", "CO-45 91.00; PR-2 12.00", ""]
    again = ["river1001", "", "", "", "", "", "", "48.00", "", "CO-45 90.00; PR-2 12.00", ""]
    shown, status = desk.type(
        *PAYMENT, *CLAIM, *FIRST, *wrong, DONE, "RIVER1001", "<", *again
    )  # fmt: skip
    assert "Claim RIVER1001 stays as it was." in shown
    assert (status, "70.40: 1 claim, posted" in shown) == (0, True)


def test_a_claim_taken_back_and_decided_anew_is_typed_in_one_payment(desk: Desk) -> None:
    """The second answer of a claim stands beside the first; what is taken back is below zero."""
    once = [*PAYMENT[:3], "22.40", "", "RIVER1002", "", "", *FIRST, DONE]
    assert desk.type(*once)[1] == 0
    back = ["RIVER1002", "22", "", "-22.40", "", "CO-45 -22.00; PR-2 -5.60", ""]
    anew = ["RIVER1002", "second", "1", "", "24.00", "", "CO-45 20.00; PR-2 6.00", ""]
    shown, status = desk.type(*PAYMENT[:1], "78", "2026-11-19", "1.60", "", *back, *anew, DONE)
    assert "97140 GP 2026-11-02 -50.00" in shown
    assert (status, "2 claims, posted" in shown) == (0, True)
    (line,) = desk.lines("RIVER1002")
    assert (line["paid"], line["open"]) == ("24.00", "0.00")


def test_a_ledger_that_is_busy_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends it, what was typed is printed as a CSV."""

    def busy(*_: object) -> None:
        raise LedgerLocked("Another command has been writing for half a minute.")

    monkeypatch.setattr("claimline.services.remit.enter", busy)
    shown, status = desk.type(*PAYMENT, *CLAIM, *FIRST, *SECOND, DONE)
    assert (status, "MEDICARE PART B OHIO,0012345,2026-11-12,70.40,,RIVER1001" in shown) == (
        3,
        True,
    )


def test_the_end_of_the_input_is_as_ctrl_c(desk: Desk) -> None:
    """Ctrl-D in the middle of a line: also what of it was typed is printed; nothing is kept."""
    shown, status = desk.type(*PAYMENT, *CLAIM, "22.40", "1", END)
    assert (status, "97140,GP,2026-11-02,50.00,22.40,1,,," in shown) == (3, True)
    assert desk.json("remit", "list") == []


def test_payers_are_listed_and_chosen(desk: Desk) -> None:
    """A question mark lists those that are known; of several that fit one is chosen."""
    assert desk.type("MEDIGAP PLAN", "y", "S2", "2026-11-19", "5.60", "", "RIVER1002", "2", "",
                     "5.60", "", "OA-23 44.40", "", DONE)[1] in (0, 1)  # fmt: skip
    shown, _ = desk.type("?", "medi", "2", STOP)
    assert "  2 MEDIGAP PLAN" in shown
    shown, _ = desk.type("medic", STOP)
    assert "  MEDICARE PART B OHIO" in shown
    shown, _ = desk.type("?", STOP)
    assert "MEDICARE PART B OHIO, MEDIGAP PLAN: once more" in shown


def test_another_payment_that_is_alike_can_be_said(desk: Desk) -> None:
    """Perhaps it is here already: asked at once, and entered where it is another."""
    assert desk.type(*PAYMENT, *CLAIM, *FIRST, *SECOND, DONE)[1] == 0
    again = [PAYMENT[0], "99", *PAYMENT[2:], *CLAIM, *FIRST, *SECOND, DONE]
    shown, status = desk.type(*again, "n")
    assert (status, "What was typed, for a file" in shown) == (2, True)
    shown, _ = desk.type(*again, "y")
    assert "Is it another payment all the same?" in shown
    assert len(desk.json("remit", "list")) == 2


def test_how_it_came_is_asked_too(desk: Desk) -> None:
    """Without ``--source`` a real terminal asks; a file or a pipe needs it."""
    shown, status = typed(
        ["remit", "enter", "--ledger", desk.ledger],
        ["fax", "paper", *PAYMENT, *CLAIM, *FIRST, *SECOND, DONE],
    )
    assert (status, "How it came" in shown) == (0, True)
    assert desk.json("remit", "list")[0]["source"] == "paper"


def test_questions_need_a_terminal(desk: Desk, capsys: Capture) -> None:
    """Without one, a file is asked for."""
    status = main(["remit", "enter", "--source", "phone", "--ledger", desk.ledger])
    assert (status, "on a terminal only" in capsys.readouterr()[1]) == (2, True)
