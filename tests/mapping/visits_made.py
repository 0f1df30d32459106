"""Synthetic visits and the example practice of the documentation, for all tests of mapping."""

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve

from edi.problem import Problem
from mapping import claims, practice
from mapping.draft import NO_HISTORY, ClaimDraft, Held, History
from mapping.practice import Practice
from mapping.visit import Address, Block, Coverage, Patient, Procedure, Referring, Visit

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.date(2026, 3, 10)
MEMBERS = {"medicare": "1EG4TE5MK73"}  # as CMS shows the shape


def example(document: str, language: str) -> str:
    """The first code block of a language in a page of the documentation."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found, f"docs/{document} has no {language} example"
    return found[1]


@cache
def clinic() -> Practice:
    """The practice of docs/practice.md."""
    return practice.read("practice.toml", example("practice.md", "toml"))


def clinic_with(payer: str, **stated: Any) -> Practice:
    """The same practice, where a payer's policy states more (or other) keys."""
    base = clinic()
    known = base.payers[payer]
    row = practice_policy(stated, known.policies)
    payers = {**base.payers, payer: evolve(known, policies=row)}
    return evolve(base, payers=payers)


def practice_policy(stated: dict[str, Any], policies: Any) -> Any:
    """The payer's policy rows with further keys; one open row where there is none."""
    from mapping.policy import ALWAYS, DatedPolicy

    rows = policies or (DatedPolicy(span=ALWAYS, stated={}),)
    return tuple(evolve(row, stated={**row.stated, **stated}) for row in rows)


def at(text: str, who: Any = "therapist") -> tuple[Block, ...]:
    """Blocks from ``09:00-09:08 09:20-09:30``."""
    spans = (part.split("-") for part in text.split())
    return tuple(
        Block(start=dt.time.fromisoformat(a), end=dt.time.fromisoformat(b), who=who)
        for a, b in spans
    )


def done(code: str, minutes: int = 0, **more: Any) -> Procedure:
    """A procedure by the therapist."""
    return Procedure(code=code, therapist_minutes=minutes, **more)


def visit(*procedures: Procedure, payer: str = "acme", **changes: Any) -> Visit:
    """A visit that has nothing wrong with it, changed as asked."""
    made = Visit(
        visit_id="V-1",
        date=DAY,
        location="main",
        patient=Patient(
            id="P-1",
            last_name="Sample",
            first_name="Jordan",
            birth_date=dt.date(1961, 5, 17),
            gender="F",
            address=Address(line1="12 Elm Street", city="Columbus", state="OH", zip="43215"),
        ),
        coverages=(Coverage(payer=payer, member_id=MEMBERS.get(payer, "MEMBER123")),),
        discipline="PT",
        treating_clinician="rivera",
        referring=Referring(key="lee"),
        diagnoses=("M25511", "M6281"),
        procedures=procedures or (done("97530", 23),),
    )
    return evolve(made, **changes)


def outcome(
    *visits: Visit, setup: Practice | None = None, history: History = NO_HISTORY
) -> ClaimDraft | Held:
    """What comes of visits that make one claim or one hold."""
    made = claims.draft(visits, setup or clinic(), history)
    (only,) = (*made.drafts, *made.held)
    return only


def drafted(*visits: Visit, setup: Practice | None = None) -> ClaimDraft:
    """The one claim of the visits."""
    made = outcome(*visits, setup=setup)
    assert isinstance(made, ClaimDraft), made.problems
    return made


def held(*visits: Visit, setup: Practice | None = None, history: History = NO_HISTORY) -> Held:
    """The one hold of the visits."""
    made = outcome(*visits, setup=setup, history=history)
    assert isinstance(made, Held), made.decisions
    return made


def codes(problems: tuple[Problem, ...]) -> list[str]:
    """The problems' codes."""
    return [problem.code for problem in problems]


def shown(draft: ClaimDraft) -> list[str]:
    """The lines as ``HC:97530:59:GP x1 60.00``."""
    return [
        f"{':'.join(('HC', line.procedure.code, *line.procedure.modifiers))} "
        f"x{line.units} {line.charge}"
        for line in draft.claim.lines
    ]
