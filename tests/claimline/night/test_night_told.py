"""Whoever is paged at night finds each message in the pages: what it means, and what to do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimline.night import run
from claimline.night.steps_waiting import STATES, WAITING
from reconcile.missing import KINDS

ROOT = Path(__file__).resolve().parents[3]
PLACES = (
    "claimline/night",
    "claimline/transfer",
    "claimline/services/adjustments.py",
    "claimline/services/missing.py",
    "claimline/services/missing_deposits.py",
)
PAGES = ("night", "transfer", "missing")
RAISED = {"CommandError", "NightBusyError", "WrongUsageError"}
LEAST = 12  # letters by which a message is known
OF_OPTIONS = {  # said to whoever mistypes a command, not to whoever is paged
    "no step is left to do",
    "the ledger keeps no night",
    ": there is no such day",
}


def _trees() -> Iterator[tuple[str, ast.AST]]:
    for place in PLACES:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            yield file.name, ast.parse(file.read_text(encoding="utf-8"))


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Each call in the code of nights and transfers: file, what is called, the call."""
    for name, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, getattr(node.func, "id", getattr(node.func, "attr", "")), node


def _texts(node: ast.AST) -> list[str]:
    """The texts in an expression."""
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def _kinds() -> set[str]:
    """The kinds of notes that the code names, whole ones and beginnings ("claims.")."""
    found = set()
    for _, called, call in _calls():
        given = [word.value for word in call.keywords if word.arg == "kind"]
        if called.endswith("Error") and call.args:
            given.append(call.args[0])
        for value in given if called == "Note" or called.endswith("Error") else ():
            found |= {text for text in _texts(value) if re.fullmatch(r"[a-z]+\.[a-z-]*", text)}
    return found


def _rows() -> str:
    """The rows of tables in the pages."""
    lines = []
    for page in PAGES:
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        lines += [line for line in text.splitlines() if line.startswith("|")]
    return "\n".join(lines)


def test_the_code_is_walked() -> None:
    """The walk finds kinds that are known to be there: it does not pass for want of any."""
    kinds = _kinds()
    assert {"transfer.login", "receive.problems", "bank.rows", "night.ledger", "claims."} <= kinds
    assert len(kinds) > 50


@pytest.mark.parametrize("kind", sorted(_kinds()))
def test_each_kind_of_note_has_a_row(kind: str) -> None:
    """It stands in a table with its code, so that page, JSON and docs lead to each other."""
    assert f"`{kind}" in _rows()


@pytest.mark.parametrize(
    "kind",
    [
        *(f"waiting.{kind.replace(' ', '-')}" for kind in WAITING),
        *(f"claims.{state.replace(' ', '-')}" for state in STATES),
        *KINDS,
    ],
)
def test_each_kind_that_tables_name_has_a_row(kind: str) -> None:
    """Kinds put together from our own tables."""
    assert f"`{kind}`" in _rows()


def test_each_step_that_can_fail_is_in_the_table() -> None:
    """STEP could not be done: the steps' names are those of the page's first table."""
    text = _rows()
    assert "STEP could not be done" in text
    assert all(f"| `{name}` |" in text for name in run.names())


def test_each_reason_not_to_run_has_its_words_in_the_page() -> None:
    """What ends a night before it begins is found by its words."""
    rows = re.sub(r"[`*]", "", _rows())
    missing = []
    for file, called, call in _calls():
        if called not in RAISED or not call.args:
            continue
        texts = [text.strip(" :;\n") for text in _texts(call.args[0])]
        texts = [text for text in texts if len(text) >= LEAST]
        if texts and OF_OPTIONS.isdisjoint({*texts, *_texts(call.args[0])}):
            found = any(text in rows or text[: 2 * LEAST] in rows for text in texts)
            missing += [] if found else [(file, texts)]
    assert missing == []
