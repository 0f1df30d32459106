"""The one door to standard output and to ``--output`` files."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from claimline.errors import CommandError
from claimline.render.values import Result

Writer = Callable[[Result, IO[str]], None]
BINARY: Final = frozenset({"xlsx"})


def show(result: Result, shape: str, output: Path | None = None) -> None:
    """Print a result as ``table``, ``json``, ``csv``, ``html`` or ``xlsx``.

    Args:
        result: what to say.
        shape: the value of ``--format``.
        output: a file to write instead of standard output; made for its owner only.

    Raises:
        CommandError: the file cannot be written, or xlsx would go to a terminal.
    """
    if shape in BINARY:
        _show_binary(result, output)
        return
    writer = _writer(shape)
    if output is None:
        with quiet_pipe():
            writer(result, sys.stdout)
            sys.stdout.flush()
        return
    with _made(output) as raw, os.fdopen(os.dup(raw), "w", encoding="utf-8", newline="") as stream:
        writer(result, stream)


def show_text(text: str, output: Path | None = None) -> None:
    """Print a text that is finished, or write it to a file, for its owner only.

    Raises:
        CommandError: the file cannot be written.
    """
    if output is None:
        with quiet_pipe():
            sys.stdout.write(text)
            sys.stdout.flush()
        return
    with _made(output) as raw, os.fdopen(os.dup(raw), "w", encoding="utf-8", newline="") as stream:
        stream.write(text)


def show_lines(lines: Iterable[str], output: Path | None = None) -> None:
    """Print lines as they come, or write them to a file, for its owner only.

    Raises:
        CommandError: the file cannot be written.
    """
    ended = (f"{line}\n" for line in lines)
    if output is None:
        with quiet_pipe():
            sys.stdout.writelines(ended)
            sys.stdout.flush()
        return
    with _made(output) as raw, os.fdopen(os.dup(raw), "w", encoding="utf-8", newline="") as stream:
        stream.writelines(ended)


def _writer(shape: str) -> Writer:
    """The function that writes a shape, imported only when wanted."""
    if shape == "json":
        from claimline.render.json import write_json

        return write_json
    if shape == "csv":
        from claimline.render.csv import write_csv

        return write_csv
    if shape == "html":
        from claimline.render.html import write_html

        return write_html
    from claimline.render.table import write_tables

    return write_tables


def _show_binary(result: Result, output: Path | None) -> None:
    """Write xlsx to a file, or to standard output where that is no terminal."""
    from claimline.render.xlsx import xlsx_bytes

    if output is None and sys.stdout.isatty():
        raise CommandError(
            "an xlsx file cannot be shown on a terminal",
            todo="add --output FILE.xlsx, or use --format table",
        )
    content = xlsx_bytes(result)
    if output is None:
        with quiet_pipe():
            sys.stdout.buffer.write(content)
        return
    with _made(output) as raw, os.fdopen(os.dup(raw), "wb") as stream:
        stream.write(content)


@contextlib.contextmanager
def _made(path: Path) -> Iterator[int]:
    """A file made anew, readable by its owner only, as a file descriptor."""
    try:
        raw = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CommandError(
            f"cannot write {path}: {error.strerror}", todo="name another file with --output"
        ) from error
    try:
        yield raw
    finally:
        os.close(raw)


@contextlib.contextmanager
def quiet_pipe() -> Iterator[None]:
    """Let the reader of our output go away without a word (``claimline denials | head``).

    What follows is written to nowhere, so that the work and its exit status stay what they were.
    """
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
