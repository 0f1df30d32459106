"""A visit file in fixtures/visits/pass or fail is a test: what comes of it lies beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from visits_made import ROOT, clinic, shown

from edi.problem import Problem
from mapping import claims
from mapping.intake import read
from mapping.visit import Visit

FOLDER = ROOT / "fixtures" / "visits"
FILES = {
    kind: sorted(p for p in (FOLDER / kind).iterdir() if p.suffix in {".csv", ".json"})
    for kind in ("pass", "fail")
}
Golden = Callable[[Path, str], None]


def place(problem: Problem) -> str:
    """Where a problem is, as far as it says."""
    where = problem.where
    row = f"row {where.row}" if where.row else ""
    line = f"line {where.line}" if where.line else ""
    return " ".join(part for part in (where.file, where.claim, row, line, where.column) if part)


def outcome(path: Path) -> tuple[list[Problem], str]:
    """The problems of a file and, as text, all that comes of it."""
    found = list(read(path.name, path.read_bytes()))
    made = claims.draft([item for item in found if isinstance(item, Visit)], clinic())
    problems = [item for item in found if isinstance(item, Problem)]
    problems += [p for draft in made.drafts for p in draft.warnings]
    problems += [p for waiting in made.held for p in waiting.problems]
    lines = []
    for draft in made.drafts:
        lines.append(
            f"claim of {', '.join(draft.visit_ids)} to {draft.payer}: {draft.claim.charge}"
        )
        lines += [f"  {line}" for line in shown(draft)]
    for waiting in made.held:
        lines.append(f"held {', '.join(waiting.visit_ids)}")
    lines += [f"{p.level} {p.code} {place(p)}: {p.message}" for p in problems]
    return problems, "\n".join(lines) + "\n"


def test_the_folders_are_not_empty() -> None:
    """An empty folder would make the tests below pass without testing."""
    assert len(FILES["pass"]) >= 13
    assert len(FILES["fail"]) >= 15


@pytest.mark.parametrize("path", FILES["pass"], ids=lambda path: path.stem)
def test_good_files_go_through(path: Path, golden: Golden) -> None:
    """Every visit becomes a claim; a change of writing only is a warning."""
    problems, text = outcome(path)
    assert [p.code for p in problems if p.level == "error"] == []
    assert "held" not in text
    golden(path.with_suffix(path.suffix + ".out"), text)


@pytest.mark.parametrize("path", FILES["fail"], ids=lambda path: path.stem)
def test_bad_files_say_what_is_wrong(path: Path, golden: Golden) -> None:
    """The fault is named with its place, and no patient in the words."""
    problems, text = outcome(path)
    assert problems
    for secret in ("Sample", "Jordan", "1961", "1EG4TE5MK73", "M25", "Elm"):
        assert secret not in text
    golden(path.with_suffix(path.suffix + ".out"), text)
