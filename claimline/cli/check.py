"""``claimline check``: the problems of X12 files."""

from collections import Counter
from typing import Any

import click

from claimline.cli.options import format_option
from claimline.errors import DONE, NEEDS_PERSON


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@format_option("table", "json", "csv")
def check(files: tuple[str, ...], shape: str) -> int:
    r"""List what is wrong in X12 files: 837P, 835, 999, 277CA, and the envelope of any.

    Exit status 1 where a file has errors, 0 where it has none or warnings only. - reads standard
    input.

    \b
    Example:
      claimline check outbox/*.edi
      claimline check era.835 --format json
    """
    from claimline import files as reading
    from claimline.render import (
        MOST,
        Column,
        Result,
        Table,
        problem_fields,
        show,
        show_problems,
    )
    from edi.check import check as check_file

    answers: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []

    def work(name: str) -> int:
        found = check_file(reading.chunks(name), name)
        problems = [problem_fields(problem) for problem in found.problems]
        transactions = [{"type": t.type, "control": t.control} for t in found.transactions]
        answers.append({"file": name, "transactions": transactions, "problems": problems})
        rows.extend({"file": name, **problem} for problem in problems)
        if shape == "table":
            show_problems(found.problems, to_result=True, most=MOST)
        errors = sum(problem["level"] == "error" for problem in problems)
        return NEEDS_PERSON if errors else DONE

    status = reading.each(files, work)
    if shape == "json":
        show(Result(data={"files": answers}), shape)
    elif shape == "csv":
        columns = tuple(Column(key=key, title=key) for key in KEYS)
        show(Result(data=None, tables=(Table(columns=columns, rows=rows),)), shape)
    else:
        show(Result(data=None, text=tuple(_summary(answer) for answer in answers)), shape)
    return status


KEYS = (
    "file", "level", "code", "standard", "interchange", "group", "transaction", "segment", "line",
    "loop", "element", "claim", "message",
)  # fmt: skip


def _summary(answer: dict[str, Any]) -> str:
    """One line for a file."""
    from claimline.render import counted

    kinds = [transaction["type"] for transaction in answer["transactions"]]
    held = ", ".join(f"{number:,} x {kind}" for kind, number in Counter(kinds).items())
    levels = Counter(problem["level"] for problem in answer["problems"])
    wrong = [counted(levels[level], level) for level in ("error", "warning") if levels[level]]
    return f"{answer['file']}: {held or 'no transaction'}: {', '.join(wrong) or 'no problems'}"
