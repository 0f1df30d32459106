"""Reading a practice file for a person: all its problems, and what it holds."""

from attrs import frozen

from claimline import files
from claimline.errors import CommandError, WrongUsageError
from claimline.render.words import counted
from edi.problem import Problem
from mapping.practice import Practice, PracticeFileError, check, read


@frozen(kw_only=True)
class Inspection:
    """What was found. ``summary`` is empty where the file could not be read."""

    problems: tuple[Problem, ...]
    summary: str


def inspect(name: str, data: bytes) -> Inspection:
    """Read a practice file and look for what is wrong or missing."""
    try:
        practice = read(name, text_of(name, data))
    except PracticeFileError as error:
        return Inspection(problems=tuple(error.problems), summary="")
    return Inspection(problems=tuple(check(practice)), summary=_summary(practice))


def text_of(name: str, data: bytes) -> str:
    """The text of a TOML file, which is UTF-8 by its standard.

    Raises:
        WrongUsageError: it is not.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongUsageError(
            f"{name}: line {line} holds a character that is not UTF-8",
            todo="save the file as UTF-8",
        ) from error


def _summary(practice: Practice) -> str:
    """What the file holds, counted."""
    parts = (
        counted(len(practice.entities), "billing provider"),
        counted(len(practice.locations), "location"),
        counted(len(practice.people), "person", "people"),
        counted(len(practice.payers), "payer"),
    )
    return ", ".join(parts)


def load(name: str) -> Practice:
    """The practice of a file, for a command that needs it.

    Raises:
        WrongUsageError: with every error of the file and its place; or it cannot be read.
    """
    try:
        return read(name, text_of(name, files.content(name)))
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(f"practice file {error.message}", todo=error.todo) from error
    except PracticeFileError as error:
        wrong = [p for p in error.problems if p.level == "error"]
        listed = "\n".join(f"  {p.where.column}: {p.message}" for p in wrong)
        raise WrongUsageError(
            f"{name} is not right:\n{listed}", todo=f"mend it; see: claimline practice check {name}"
        ) from error
