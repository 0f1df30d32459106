"""Reading the files a command is given, a block at a time, and saying plainly why one cannot be.

``-`` is standard input. A file that cannot be read ends its own work (exit status 3), never that
of the others.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

import click

from claimline.errors import COULD_NOT_RUN, DONE, CommandError, worst

BLOCK: Final = 1 << 20
BIG: Final = 20 << 20  # from this size on a terminal shows how far we are
STDIN: Final = "-"


def chunks(name: str) -> Iterator[bytes]:
    """The bytes of a file in blocks of a megabyte; progress on a terminal for a big one.

    Raises:
        CommandError: it is missing, a folder, or may not be read.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise CommandError("standard input is closed", todo="name a file")
        yield from _blocks(sys.stdin.buffer)
        return
    try:
        with Path(name).open("rb") as stream:
            size = Path(name).stat().st_size
            if size >= BIG and sys.stderr.isatty():
                yield from _with_progress(stream, name, size)
            else:
                yield from _blocks(stream)
    except OSError as error:
        raise unreadable(name, error) from error


def content(name: str) -> bytes:
    """All bytes of a file.

    Raises:
        CommandError: it is missing, a folder, or may not be read.
    """
    return b"".join(chunks(name))


def unreadable(name: str, error: OSError) -> CommandError:
    """The error for a person: which file, why, what to do."""
    if isinstance(error, FileNotFoundError):
        return CommandError(f"{name}: there is no such file", todo="check the name and the folder")
    if isinstance(error, IsADirectoryError):
        return CommandError(f"{name}: this is a folder", todo="name the files in it: FOLDER/*")
    if isinstance(error, PermissionError):
        return CommandError(f"{name}: may not be read", todo="check who owns the file")
    return CommandError(f"{name}: cannot be read: {error.strerror}")


def each(names: Iterable[str], work: Callable[[str], int]) -> int:
    """Do ``work`` for every file; one that cannot be read is said and does not stop the others.

    Returns:
        The worst exit status of all.
    """
    from edi.tokens import NotX12

    status = DONE
    for name in names:
        try:
            status = worst(status, work(name))
        except CommandError as error:
            status = worst(status, error.status)
            complain(error.message, error.todo)
        except NotX12 as error:
            status = worst(status, COULD_NOT_RUN)
            complain(f"{name}: {error}")
    return status


def complain(message: str, todo: str = "") -> None:
    """Say on standard error what is wrong and what to do."""
    click.echo(f"claimline: {message}", err=True)
    if todo:
        click.echo(f"  {todo}", err=True)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """A stream in blocks."""
    while block := stream.read(BLOCK):
        yield block


def _with_progress(stream: IO[bytes], name: str, size: int) -> Iterator[bytes]:
    """A stream in blocks with a bar on standard error."""
    with click.progressbar(length=size, label=Path(name).name, file=sys.stderr) as bar:
        for block in _blocks(stream):
            yield block
            bar.update(len(block))


def sync_folder(folder: Path) -> None:
    """Make a rename durable, where the system lets a folder be opened.

    Raises:
        OSError: the disk does not take it.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
