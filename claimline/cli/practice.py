"""``claimline practice check``: is the practice file right."""

import click

from claimline.cli.options import format_option
from claimline.errors import DONE, WRONG_USAGE


@click.group()
def practice() -> None:
    r"""Check a practice file.

    \b
    Example:
      claimline practice check practice.toml
    """


@practice.command("check")
@click.argument("file", type=click.Path())
@format_option("table", "json")
def check_practice(file: str, shape: str) -> int:
    r"""Say whether a practice file is right, and what it lacks.

    Exit status 2 where it has an error, 0 where it has none (warnings included).

    \b
    Example:
      claimline practice check practice.toml
    """
    from claimline.files import content
    from claimline.render import Result, counted, problem_fields, show, show_problems
    from claimline.services.practice import inspect

    found = inspect(file, content(file))
    errors = sum(problem.level == "error" for problem in found.problems)
    if shape == "json":
        problems = [problem_fields(problem) for problem in found.problems]
        show(Result(data={"file": file, "summary": found.summary, "problems": problems}), shape)
    else:
        show_problems(found.problems)
        warnings = len(found.problems) - errors
        words = counted(errors, "error") if errors else "no errors"
        words += f", {counted(warnings, 'warning')}" if warnings else ""
        show(Result(data=None, text=(f"{file}: {words}. {found.summary}".strip(),)), shape)
    return WRONG_USAGE if errors else DONE
