"""Options that several commands share, and identifiers given on standard input."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from claimline.errors import CommandError

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*shapes: str) -> Callable[[F], F]:
    """``--format``, of the given shapes; the first is the default."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(shapes or ("table", "json", "csv")),
        default=(shapes or ("table",))[0],
        show_default=True,
        help="How to print the result.",
    )


def output_option(function: F) -> F:
    """``--output FILE``: the result goes there, readable by its owner only."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the result to this file instead of standard output.",
    )(function)


def ledger_option(function: F) -> F:
    """``--ledger URL``, as text; ``settings.ledger_url`` makes the URL of it."""
    return click.option(
        "--ledger",
        "ledger",
        metavar="URL",
        default="",
        help="The ledger: an SQLite file or a database URL. [CLAIMLINE_LEDGER; default: a file "
        "in your data folder]",
    )(function)


def identifiers(given: Iterable[str]) -> Iterator[str]:
    """The identifiers given as arguments; ``-`` reads them from standard input, one a line.

    Standard input keeps a member id out of the shell's history and the list of processes. A byte
    that is no text becomes a question mark: no identifier has such a byte.

    Raises:
        CommandError: standard input is closed.
    """
    for word in given:
        if word == "-" and sys.stdin is None:
            raise CommandError("standard input is closed", todo="give the ids as arguments")
        words = sys.stdin if word == "-" else [word]
        stripped = (each.strip() for each in words)
        yield from (each.encode("utf-8", "replace").decode() for each in stripped if each)


def show_patient_option(function: F) -> F:
    """``--show-patient``: names on a terminal."""
    return click.option(
        "--show-patient", is_flag=True, help="Show names and ids of patients, on a terminal only."
    )(function)


def may_show_patient() -> bool:
    """Whether the result goes to a terminal; if not, say that names stay masked."""
    if sys.stdout.isatty():
        return True
    click.echo("claimline: --show-patient works on a terminal only: names stay masked", err=True)
    return False


def practice_option(function: F) -> F:
    """``--practice FILE``, where a command can do without."""
    return click.option(
        "--practice",
        type=click.Path(),
        default="",
        help="The practice file, for the payers' families and deadlines.",
    )(function)
