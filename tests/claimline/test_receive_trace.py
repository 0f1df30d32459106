"""``trace`` of what was received: answers that are kept, oddities, checks and files."""

import json
from collections.abc import Callable

import pytest
from receive_made import Line, clp, record, remit, sent, take, x12

from claimline.__main__ import main
from reconcile.ledger import open_ledger

ONE, TWO = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22"
Tell = Callable[..., tuple[dict[str, object], str]]


@pytest.fixture(name="tell")
def _tell(ledger_url: str, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Receives files and traces an id: the story as JSON and as a person reads it."""

    def run(word: str, *payments: list[str]) -> tuple[dict[str, object], str]:
        with open_ledger(ledger_url) as ledger:
            record(ledger, sent(ONE))
            for number, one in enumerate(payments):
                take(ledger, x12(one, control=number + 1), f"in/{number}.835")
        arguments = ["trace", word, "--ledger", ledger_url]
        main([*arguments, "--format", "json"])
        found = json.loads(capsys.readouterr().out)["traces"][0]
        main(arguments)
        return found, " ".join(capsys.readouterr().out.split())

    return run


@pytest.mark.parametrize(
    ("payments", "state"),
    [
        pytest.param([remit(clp(ONE), se="SE*9*0001")], "incomplete", id="cut off"),
        pytest.param([remit(clp(ONE, status="25"))], "not posted", id="an estimate"),
        pytest.param(
            [remit(clp(TWO), paid="75"), remit(clp(TWO, Line(paid="1")), clp(ONE), paid="75")],
            "aside",
            id="aside",
        ),
    ],
)
def test_kept_answer(tell: Tell, payments: list[list[str]], state: str) -> None:
    """An answer that is kept and not posted is shown with its claim, and why."""
    found, text = tell(ONE, *payments)
    claim = found["claims"][0]  # type: ignore[index]  # JSON
    assert [one["state"] for one in claim["kept"]] == [state]
    assert claim["kept"][0]["why"]
    assert "Kept, not on the books" in text
    assert "Nothing yet" not in text
    assert "Nothing to do" not in text


@pytest.mark.parametrize(
    ("payments", "words"),
    [
        pytest.param([remit(clp(ONE)), remit(clp(ONE), trace="E2")], "paid twice", id="twice"),
        pytest.param(
            [remit(clp(ONE, Line(charge="999", cas=("CO*45*924",))))],
            "the payer's charge is not ours",
            id="not our charge",
        ),
        pytest.param(
            [remit(clp(ONE, status="22", sign=-1))], "without its original", id="reversal"
        ),
    ],
)
def test_oddity(tell: Tell, payments: list[list[str]], words: str) -> None:
    """What does not fit is shown with what to do and what never; never "nothing to do"."""
    found, text = tell(ONE, *payments)
    assert found["claims"][0]["concerns"]  # type: ignore[index]  # JSON
    assert words in text
    assert "Nothing to do" not in text


def test_taken_back(tell: Tell) -> None:
    """A line taken back whose correction is missing names the payment that took it back."""
    found, _ = tell(ONE, remit(clp(ONE)), remit(clp(ONE, status="22", sign=-1), trace="E2"))
    row = found["claims"][0]["next"][0]  # type: ignore[index]  # JSON
    assert (row["status"], row["trace"], row["matched_by"]) == (
        "reversed",
        "E2",
        "line control number",
    )


@pytest.mark.parametrize("word", ["0.835", "/somewhere/in/0.835"])
def test_received_file(tell: Tell, word: str) -> None:
    """A received file is known by its name, whatever the folder: its payments and claims."""
    found, _ = tell(word, remit(clp(ONE)))
    assert found["found_by"] == "received file"
    assert found["payments"][0]["trace"] == "EFT1"  # type: ignore[index]  # JSON
    assert found["claims"][0]["claim"] == ONE  # type: ignore[index]  # JSON
