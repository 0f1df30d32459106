"""A paid line that fits no sent line: receive names claim, line, why and the command."""

import pytest
from receive_made import Line, clp, record, remit, sent, take, x12

from claimline.__main__ import main
from claimline.cli.receive import _notes
from reconcile.ledger import open_ledger


@pytest.mark.parametrize("again", [False, True], ids=["first", "received again"])
def test_a_line_left_is_named(ledger_url: str, again: bool) -> None:
    """The note names the line and how to match it; what it says to do can be done."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("C1", Line(charge="100"), Line(code="97110", charge="60")), control=5)
        other = Line(charge="99.99", cas=("CO*45*24.99",), control="")
        paid = clp("C1", other, Line(code="97110", charge="60", cas=(), paid="60"), charge="159.99")
        data = x12(remit(paid))
        [result] = take(ledger, data).payments
        if again:
            [result] = take(ledger, data).payments
        [words] = [note for note in _notes(result) if "is on no line" in note]
    assert words.startswith("claim C1, line 1 (97530 2026-01-05, 99.99, paid 75.00) is on no line")
    command = words.partition("then claimline ")[2].split()
    assert command[:1] == ["match"]
    assert command[2:5] == ["--line", "1", "--to"]
    given = [*command[:4], "--to", "01C1", "--reason", "the payer confirmed", "--force"]
    assert main([*given, "--ledger", ledger_url]) == 0
    with open_ledger(ledger_url) as ledger:
        [result] = take(ledger, data).payments
        assert result.left == ()


def test_many_lines_left_are_counted(ledger_url: str) -> None:
    """Of many such lines the first are named, the rest counted."""
    with open_ledger(ledger_url) as ledger:
        lines = [Line(charge=str(100 + n)) for n in range(9)]
        record(ledger, sent("C1", *lines), control=5)
        odd = [Line(charge=str(200 + n), cas=(), paid=str(200 + n), control="") for n in range(9)]
        [result] = take(ledger, x12(remit(clp("C1", *odd)))).payments
        notes = [note for note in _notes(result) if "no line" in note]
    assert len(notes) == 6
    assert notes[-1].startswith("4 lines fit no line that was sent")


def test_a_name_for_a_number_is_masked(ledger_url: str) -> None:
    """A claim found by the payer's number may carry a name for ours: the note does not tell it."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("C1"), control=5)
        take(ledger, x12(remit(clp("C1", icn="P77"))))
        other = Line(charge="99.99", cas=("CO*45*24.99",), control="")
        again = remit(clp("SMITHJOHN", other, icn="P77", charge="99.99"), trace="EFT2")
        [result] = take(ledger, x12(again, control=2), "second.835").payments
        [words] = [note for note in _notes(result) if "is on no line" in note]
    assert words.startswith("claim S***N, line 1 (97530")
    assert "SMITH" not in " ".join(_notes(result))
