"""Problems for people and for programs. The value at fault is shown on a terminal only."""

import sys
from collections.abc import Iterable
from typing import Any

from edi.problem import Place, Problem

MASKED_COLUMNS = frozenset(
    {"member_id", "last_name", "first_name", "birth_date", "patient", "patient_id", "group_number"}
)
_NAMED = ("interchange", "group", "transaction", "segment", "line", "row")


def problem_fields(problem: Problem) -> dict[str, Any]:
    """A problem as a JSON object: all places, no patient data."""
    where = problem.where
    fields: dict[str, Any] = {
        "code": problem.code,
        "standard": problem.standard,
        "level": problem.level,
        "interchange": where.interchange,
        "group": where.group,
        "transaction": where.transaction,
        "segment": where.segment,
        "line": where.line,
        "loop": where.loop,
        "element": where.element,
        "message": problem.message,
    }
    extra = {"row": where.row, "column": where.column, "claim": where.claim}
    return fields | {key: value for key, value in extra.items() if value}


def place_text(where: Place) -> str:
    """Where a problem is, in the words a person looks it up by: no file name."""
    parts = [f"{name} {value}" for name in _NAMED if (value := getattr(where, name))]
    if where.interchange == where.group == 1:
        parts = [part for part in parts if not part.startswith(("interchange", "group"))]
    spot = "/".join(part for part in (where.loop, where.element) if part)
    named = [spot, f"column {where.column}" if where.column else ""]
    named.append(f"claim {where.claim}" if where.claim else "")
    return ", ".join(part for part in (*parts, *named) if part)


def show_problems(problems: Iterable[Problem], *, to_result: bool = False) -> None:
    """Print problems on standard error, or on standard output where they are the result."""
    from rich.text import Text

    from claimline.render.table import STYLES, make_console

    target = sys.stdout if to_result else sys.stderr
    console = make_console(target)
    for problem in problems:
        place = place_text(problem.where)
        head = ": ".join(part for part in (problem.where.file, place) if part)
        line = Text.assemble(
            (problem.level, STYLES[problem.level]), f" {head}: " if head else " ", problem.message
        )
        shown = shown_value(problem) if console.is_terminal else ""
        if shown:
            line.append(f" (found: {shown})")
        line.append(f" [{problem.code}]", style="dim")
        console.print(line)


def shown_value(problem: Problem) -> str:
    """The value at fault, masked where its column holds patient data."""
    from claimline.render.cells import visible

    if not problem.value:
        return ""
    if problem.where.column.rpartition(".")[2] in MASKED_COLUMNS:
        return "*" * min(len(problem.value), 8)
    return visible(problem.value[:80])
