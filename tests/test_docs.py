"""The documentation says what the program does: generated pages are current, lists are complete."""

from pathlib import Path

import pytest

from claimline.cli import COMMANDS
from claimline.docs import pages
from claimline.sandbox import SCENARIOS
from claimline.sandbox.refusals import REFUSALS
from edi.problem import CODES

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.mark.parametrize("name", ["commands.md", "problems.md"])
def test_generated_pages_are_current(name: str) -> None:
    """The page is what `make docs` would write now."""
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run: make docs"


def test_every_command_is_documented() -> None:
    """Each command of the list has a section with an example."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    for entry in COMMANDS:
        assert f"## claimline {entry.name}\n" in text
        assert f"claimline {entry.name} " in text.split(f"## claimline {entry.name}\n")[1]


def test_every_scenario_is_documented() -> None:
    """docs/sandbox.md names each scenario once, and no other."""
    lines = (DOCS / "sandbox.md").read_text(encoding="utf-8").splitlines()
    named = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(named) == sorted(one.name for one in (*SCENARIOS, *REFUSALS))


def test_every_problem_says_what_to_do() -> None:
    """No problem code without a meaning and something to do about it."""
    assert pages()
    assert [code for code, told in CODES.items() if not told.meaning or not told.todo] == []
