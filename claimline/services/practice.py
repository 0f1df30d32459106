"""Reading a practice file for a person: all its problems, and what it holds."""

from pathlib import Path

from attrs import frozen

from claimline import files
from claimline.errors import CommandError, WrongUsageError
from claimline.render.words import counted
from edi.problem import Problem
from mapping.practice import Practice, PracticeFileError, check, read
from mapping.user_rules_file import rule_files


@frozen(kw_only=True)
class Inspection:
    """What was found. ``summary`` is empty where the file could not be read."""

    problems: tuple[Problem, ...]
    summary: str


def inspect(name: str, data: bytes) -> Inspection:
    """Read a practice file and look for what is wrong or missing."""
    try:
        practice = _read(name, data)
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
    own = len(practice.own_rules.rules)
    return ", ".join(
        (*parts, counted(own, "rule of your own", "rules of your own")) if own else parts
    )


def _read(name: str, data: bytes) -> Practice:
    """The practice of a file, with the files of rules that it names.

    Raises:
        PracticeFileError: with every problem.
        WrongUsageError: a file of rules cannot be read.
    """
    text = text_of(name, data)
    beside = Path(name).parent
    rules = {file: str(beside / file) for file in rule_files(text)}
    return read(name, text, {file: _rules_text(path) for file, path in rules.items()})


def _rules_text(path: str) -> str:
    """The text of a file of rules.

    Raises:
        WrongUsageError: it cannot be read.
    """
    try:
        return text_of(path, files.content(path))
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(
            f"file of rules {error.message}",
            todo="mend `rules` in [practice]: files beside the practice file",
        ) from error


def _place(problem: Problem, name: str) -> str:
    """Where in which file: ``line 12, payers.acme.policy[0].unit_rule``."""
    where = problem.where
    other = where.file if where.file != name else ""
    line = f"line {where.line}" if where.line else ""
    return ", ".join(filter(None, (other, line, where.column)))


def load(name: str) -> Practice:
    """The practice of a file, for a command that needs it.

    Raises:
        WrongUsageError: with every error of the file and its place; or it cannot be read.
    """
    try:
        return _read(name, files.content(name))
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(f"practice file {error.message}", todo=error.todo) from error
    except PracticeFileError as error:
        wrong = [p for p in error.problems if p.level == "error"]
        listed = "\n".join(f"  {_place(p, name)}: {p.message}" for p in wrong)
        raise WrongUsageError(
            f"{name} is not right:\n{listed}", todo=f"mend it; see: claimline practice check {name}"
        ) from error
