"""Problems for people and for programs. The value at fault is shown on a terminal only."""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from claimline.render.cells import visible
from claimline.render.words import shown_number
from edi.problem import Place, Problem

if TYPE_CHECKING:
    from rich.text import Text

MORE_PROBLEMS: Final = "file.more-problems"  # there were more than are kept
MOST: Final = 10  # problems of one code that a person wants to see of one X12 file

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
    extra = {"row": where.row, "column": where.column, "claim": shown_number(where.claim)}
    return fields | {key: value for key, value in extra.items() if value}


def place_text(where: Place) -> str:
    """Where a problem is, in the words a person looks it up by: no file name."""
    parts = [f"{name} {value}" for name in _NAMED if (value := getattr(where, name))]
    if where.interchange == where.group == 1:
        parts = [part for part in parts if not part.startswith(("interchange", "group"))]
    spot = "/".join(part for part in (where.loop, where.element) if part)
    field = "column" if where.row else "key" if where.file.endswith(".toml") else "field"
    named = [spot, f"{field} {where.column}" if where.column else ""]
    whose = "claim" if where.segment or where.loop else "visit"
    named.append(f"{whose} {shown_number(where.claim)}" if where.claim else "")
    return ", ".join(part for part in (*parts, *named) if part)


def show_problems(
    problems: Iterable[Problem], *, to_result: bool = False, most: int | None = None
) -> None:
    """Print problems on standard error, or on standard output where they are the result.

    Args:
        problems: in the order to be shown.
        to_result: they are the result.
        most: of one code in one file; what is beyond is counted. None: all.
    """
    from claimline.render.table import make_console

    console = make_console(sys.stdout if to_result else sys.stderr)
    whole = not console.is_terminal  # one line each: others read them by line
    every = "all"
    count: Counter[tuple[str, str, str]] = Counter()
    for problem in problems:
        key = (problem.where.file, problem.level, problem.code)
        count[key] += 1
        every = "what is kept of them" if problem.code == MORE_PROBLEMS else every
        if most is None or count[key] <= most:
            console.print(_said(problem, with_value=console.is_terminal), soft_wrap=whole)
    for (file, level, code), number in count.items():
        if most is not None and number > most:
            head = f" {file}: " if file else " "
            words = f"{number - most:,} more of these; --format json lists {every}"
            console.print(_colored(level, f"{head}{words}", code), soft_wrap=whole)


def _said(problem: Problem, *, with_value: bool) -> "Text":
    """A problem as a person reads it; the value at fault where it may be shown."""
    place = place_text(problem.where)
    head = ": ".join(part for part in (visible(problem.where.file), visible(place)) if part)
    shown = shown_value(problem) if with_value else ""
    found = f" (found: {shown})" if shown else ""
    words = f" {head}: " if head else " "
    return _colored(problem.level, f"{words}{visible(problem.message)}{found}", problem.code)


def _colored(level: str, words: str, code: str) -> "Text":
    """Level, words and code of a problem."""
    from rich.text import Text

    from claimline.render.table import STYLES

    return Text.assemble((level, STYLES[level]), words, (f" [{code}]", "dim"))


def shown_value(problem: Problem) -> str:
    """The value at fault, masked where its column holds patient data."""
    if not problem.value:
        return ""
    if problem.where.column.rpartition(".")[2] in MASKED_COLUMNS:
        return "*" * min(len(problem.value), 8)
    return visible(problem.value[:80])
