"""Options that several commands share, and identifiers given on standard input."""

import datetime as dt
import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource

from claimline.errors import CommandError, WrongUsageError

PLAIN: Final = frozenset({"", ".txt", ".text", ".out", ".log", ".tmp"})  # text, as printed
F = TypeVar("F", bound=Callable[..., Any])
ENDINGS: Final = {".json": "json", ".csv": "csv", ".xlsx": "xlsx", ".html": "html", ".htm": "html"}


class _Day(click.DateTime):
    """A day as people and files write it: 2026-03-01 or 3/1/2026."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%m/%d/%Y"])

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime:
        """The day at midnight."""
        try:
            day: dt.datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no day: expected as 2026-03-01", param, ctx)
        return day

    def get_metavar(self, *_given: Any, **_named: Any) -> str:
        """What help shows."""
        return "DATE"


DAY: Final = _Day()


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


def output_option(function: F) -> Callable[..., Any]:
    """``--output FILE``: the result goes there, readable by its owner only.

    The format follows the file's ending where none is asked for.
    """

    @functools.wraps(function)
    def checked(*, shape: str, output: Path | None, **rest: Any) -> Any:
        if output is not None:
            context = click.get_current_context()
            shape = _shape_for(context, shape, output)
            _keep_inputs(context, output)
        return function(shape=shape, output=output, **rest)

    return click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the result to this file instead of standard output; its ending tells the "
        "format.",
    )(checked)


def _shape_for(context: click.Context, shape: str, output: Path) -> str:
    """The format of an output file: as asked for, else as its ending says.

    Raises:
        WrongUsageError: the two say different things, or the command has no such format.
    """
    told = ENDINGS.get(output.suffix.lower(), "")
    if not told and output.suffix.lower() not in PLAIN:
        _refuse_unknown(context, output)
    if not told or told == shape:
        return shape
    if context.get_parameter_source("shape") is not ParameterSource.DEFAULT:
        raise WrongUsageError(
            f"--format {shape} does not go into {output.name}",
            todo=f"leave --format out, or name the file *.{shape}",
        )
    choices = next(p.type for p in context.command.params if p.name == "shape")
    if isinstance(choices, click.Choice) and told not in choices.choices:
        raise WrongUsageError(
            f"there is no format {told} here", todo=f"formats are {', '.join(choices.choices)}"
        )
    return told


def _refuse_unknown(context: click.Context, output: Path) -> None:
    """Refuse an ending that promises another kind of file, where no format is asked for.

    Raises:
        WrongUsageError: no format was asked for.
    """
    if context.get_parameter_source("shape") is not ParameterSource.DEFAULT:
        return
    choices = next(p.type for p in context.command.params if p.name == "shape")
    known = choices.choices if isinstance(choices, click.Choice) else ()
    endings = [ending for ending, shape in ENDINGS.items() if shape in known]
    raise WrongUsageError(
        f"{output.name}: there is no format {output.suffix[1:] or output.suffix} here",
        todo=f"name it *{', *'.join([*endings, '.txt'])}, or ask for a format: --format",
    )


def _keep_inputs(context: click.Context, output: Path) -> None:
    """Never write over what is read.

    Raises:
        WrongUsageError: the output is one of the files the command reads.
    """
    for parameter in context.command.params:
        given = context.params.get(parameter.name or "")
        if parameter.name == "output" or not given:
            continue
        if parameter.name != "ledger" and not isinstance(parameter.type, click.Path):
            continue
        for name in [given] if isinstance(given, str | Path) else given:
            if _is_same(Path(str(name).removeprefix("sqlite:///")), output):
                raise WrongUsageError(
                    f"--output {output} is one of the files to be read",
                    todo="name another file: it would be overwritten",
                )


def _is_same(one: Path, other: Path) -> bool:
    """Whether two names are of one file that is there."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there, or is no name of a file
        return False


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


def book_option(function: F) -> F:
    """``--test`` or ``--production``, as ``test``; ``None``: the ledger's book in use."""
    return click.option(
        "--test/--production",
        "test",
        default=None,
        help="The book to look into. [default: production if any claim was sent or held "
        "in it, or a payment received; else test]",
    )(function)


def tables_option(function: F) -> F:
    """``--tables FILE``, as text; ``settings.tables_path`` makes the path of it."""
    return click.option(
        "--tables",
        "tables",
        metavar="FILE",
        default="",
        help="The imported reference tables. [CLAIMLINE_TABLES; default: a file in your data "
        "folder]",
    )(function)


def named_tables(given: str) -> Path:
    """The file of imported reference tables to look into; one that is named must be there.

    Raises:
        WrongUsageError: it is not.
    """
    from claimline import settings

    path = settings.tables_path(given)
    if given and not path.exists():
        raise WrongUsageError(
            f"--tables {given}: there is no such file", todo="make it: claimline tables import FILE"
        )
    return path


def identifiers(given: Iterable[str]) -> Iterator[str]:
    """The identifiers given as arguments; see ``placed_identifiers``."""
    return (word for _, word in placed_identifiers(given))


def placed_identifiers(given: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The identifiers given as arguments, each with where it stands; ``-`` reads standard input.

    Standard input, one a line, keeps a member id out of the shell's history and the list of
    processes. A byte that is no text, or 0, becomes a question mark: no identifier has one.

    Raises:
        CommandError: standard input is closed.
    """
    for number, word in enumerate(given, 1):
        if word == "-" and sys.stdin is None:
            raise CommandError("standard input is closed", todo="give the ids as arguments")
        lines = enumerate(sys.stdin, 1) if word == "-" else [(0, word)]
        for line, each in lines:
            text = each.strip().replace("\0", "?").encode("utf-8", "replace").decode()
            if text:
                yield (f"line {line} of standard input" if line else f"id number {number}"), text


def show_patient_option(function: F) -> F:
    """``--show-patient``: names on a terminal."""
    return click.option(
        "--show-patient", is_flag=True, help="Show names and ids of patients, on a terminal only."
    )(function)


def may_show_patient(output: Path | None = None) -> bool:
    """Whether the result itself goes to a terminal; if not, say that names stay masked."""
    if output is None and sys.stdout.isatty():
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
