"""``claimline acknowledge``: files that came are answered once, rightly, with numbers of ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from edi import envelope
from edi.acknowledgements import kind_of, stream
from edi.check import check
from edi.ta1 import read_ta1

FIXTURES = Path(__file__).parents[2] / "fixtures" / "x12"
PAID = FIXTURES / "835/guide_pass/paid_denied_reversed.edi"


Answer = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture(name="answer")
def _answer(command: Command, tmp_path: Path, ledger_url: str) -> Answer:
    """Answers files: exit status and what the command tells."""

    def answer(*files: object, more: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
        status, out, _ = command(
            *("acknowledge", *files, "--out", tmp_path / "out", "--ledger", ledger_url),
            *("--format", "json", *more),
        )
        return status, json.loads(out)["answers"]

    return answer


def test_a_remittance_is_answered(answer: Answer) -> None:
    """An 835 gets a right 999 that names its group and goes back to its sender."""
    status, [told] = answer(PAID)
    assert (status, told["kinds"], told["rejected"], told["known"]) == (0, ["999"], 0, False)
    data = Path(told["file"]).read_bytes()
    assert check([data]).problems == ()
    theirs = next(envelope.read([PAID.read_bytes()], []))
    for ours in envelope.read([data], []):
        assert (ours.sender, ours.receiver) == (theirs.receiver, theirs.sender)
        assert ours.usage == theirs.usage
        for group in ours.groups():
            assert [kind_of(one) for one in group.transactions()] == ["999"]


def test_the_same_file_again_gives_the_same_bytes(answer: Answer) -> None:
    """A second run takes no number and writes the same file, also where it was removed."""
    _, [first] = answer(PAID)
    before = Path(first["file"]).read_bytes()
    Path(first["file"]).unlink()
    _, [second] = answer(PAID)
    assert (second["known"], second["file"]) == (True, first["file"])
    assert Path(first["file"]).read_bytes() == before


def test_numbers_are_never_given_twice(answer: Answer, tmp_path: Path) -> None:
    """Two files of one sender are answered under two interchange numbers."""
    other = tmp_path / "other.835"
    other.write_bytes(PAID.read_bytes().replace(b"*000000001*", b"*000000002*", 1))
    _, told = answer(PAID, other)
    numbers = set()
    for one in told:
        numbers.add(next(envelope.read([Path(one["file"]).read_bytes()], [])).control)
    assert numbers == {"000000001", "000000002"}


def test_a_ta1_comes_on_request(answer: Answer) -> None:
    """--ta1 puts a TA1 between ISA and GS."""
    _, [told] = answer(PAID, more=("--ta1",))
    text = Path(told["file"]).read_text(encoding="ascii").splitlines()
    assert [line[:3] for line in text[:3]] == ["ISA", "TA1", "GS*"]
    assert told["kinds"] == ["TA1", "999"]


def test_what_was_answered_without_a_ta1_is_told_so(answer: Answer) -> None:
    """--ta1 for a file that was answered before adds none to the same bytes, and claims none."""
    answer(PAID)
    _, [told] = answer(PAID, more=("--ta1",))
    assert (told["known"], told["kinds"]) == (True, ["999"])
    assert b"TA1" not in Path(told["file"]).read_bytes()


def test_a_cut_remittance_is_rejected(answer: Answer, tmp_path: Path) -> None:
    """What is cut off is rejected, and the exit status says that a person should look."""
    cut = tmp_path / "cut.835"
    cut.write_bytes(PAID.read_bytes()[: PAID.read_bytes().index(b"\nSE*") + 1])
    status, [told] = answer(cut)
    assert (status, told["rejected"]) == (1, 1)
    for ours in envelope.read([Path(told["file"]).read_bytes()], []):
        for group in ours.groups():
            things = [list(stream(one))[1:] for one in group.transactions()]
            assert [getattr(thing, "verdict", "") for thing in things[0]] == ["rejected"] * 2


def test_nothing_in_the_file_is_a_ta1_alone(answer: Answer, tmp_path: Path) -> None:
    """An interchange without any group is rejected by TA1, without a 999."""
    text = PAID.read_text(encoding="ascii").splitlines()
    empty = tmp_path / "empty.835"
    empty.write_text("\n".join((text[0], text[-1])) + "\n", encoding="ascii")
    status, [told] = answer(empty)
    assert (status, told["kinds"], Path(told["file"]).suffix) == (1, ["TA1"], ".ta1")
    for ours in envelope.read([Path(told["file"]).read_bytes()], []):
        ours.drain()
        [ack] = read_ta1(ours)
        assert ack.things[0].verdict == "rejected"


def test_an_acknowledgement_is_not_answered(answer: Answer, tmp_path: Path) -> None:
    """A 999 gets no 999: the command says so and writes nothing."""
    status, [told] = answer(FIXTURES / "999/pass/accepted.edi")
    assert (status, told["file"]) == (0, "")
    assert "never answered" in told["why"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shape", ["table", "csv"])
def test_it_is_told_in_words(command: Command, tmp_path: Path, ledger_url: str, shape: str) -> None:
    """The table says who was answered and how."""
    _, out, _ = command(
        *("acknowledge", PAID, "--out", tmp_path / "out", "--ledger", ledger_url),
        *("--format", shape),
    )
    assert "999: 1 accepted, 0 rejected" in out
