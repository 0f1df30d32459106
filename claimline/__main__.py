"""The entry point: the one place that catches everything and sets the exit status."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from claimline import __version__, settings
from claimline.cli import cli
from claimline.errors import COULD_NOT_RUN, DONE, WRONG_USAGE, CommandError

STANDARD_ERROR: Final = 2  # its number
OWNER_ONLY: Final = 0o077  # what others may do with the files made here: nothing


def run() -> None:
    """What the installed ``claimline`` command calls."""
    _open_standard_streams()
    os.umask(OWNER_ONLY)  # for all: reports, archives, the side files of the database
    signal.signal(signal.SIGTERM, _stop)
    status = main(sys.argv[1:])
    if settings.log_level():
        _log_end(sys.argv[1:2], status)
    sys.exit(max(status, _flushed()))


def _stop(_number: int, _frame: object) -> None:
    """A scheduler or a shutdown ends the command: it stops as for Ctrl-C, with nothing half done.

    Raises:
        StoppedError: in the command itself; a helper process ends at once.
    """
    from multiprocessing import parent_process

    if parent_process() is not None:
        os._exit(COULD_NOT_RUN)
    raise StoppedError


class StoppedError(BaseException):
    """The command was told to stop (SIGTERM). No ``except Exception`` holds it up."""


def _open_standard_streams() -> None:
    """Give a closed output a place to go: else the ledger could be opened under its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
            setattr(sys, name, stream)


def _flushed() -> int:
    """Write what is left of the output; the exit status of that."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        _drop_output()
        return _say_system(error)
    return DONE


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; no exception leaves here."""
    try:
        status = cli.main(list(arguments), prog_name="claimline", standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):  # standard error cannot be written: the status still tells
            error.show()
        return WRONG_USAGE
    except (click.Abort, KeyboardInterrupt, StoppedError) as error:
        by = "system" if isinstance(error, StoppedError) else "keyboard"
        return _say(f"stopped by the {by}", "run it again: nothing is done twice")
    except CommandError as error:
        _say(error.message, error.todo)
        return error.status
    except BrokenPipeError:
        _drop_output()
        return DONE
    except Exception as error:  # noqa: BLE001 - the one place: an exception is never exit status 1
        return _say_unexpected(error)
    return status if isinstance(status, int) else DONE


def _log_end(command: Sequence[str], status: int) -> None:
    """One line for the machine: which command ended how."""
    from claimline.log import logger

    logger().info("ended", command=" ".join(command), status=status, version=__version__)


def _say(message: str, todo: str = "") -> int:
    """Tell a person why the command ended."""
    with suppress(OSError):  # standard error cannot be written: the status still tells
        click.echo(f"claimline: {message}", err=True)
        if todo:
            click.echo(f"  {todo}", err=True)
    return COULD_NOT_RUN


def _say_system(error: OSError) -> int:
    """Tell what the system refused: its own words, never a file's name or content."""
    reason = error.strerror or type(error).__name__
    return _say(f"the system refused to read or write: {reason}", "see to it and run it again")


def _say_unexpected(error: Exception) -> int:
    """Tell of an error nobody foresaw: its kind, never its text, which may hold patient data."""
    if _is_for_people(error):
        return _say(str(error), getattr(error, "todo", ""))
    if isinstance(error, OSError):
        return _say_system(error)
    _say(f"internal error ({type(error).__name__})", "with CLAIMLINE_DEBUG=1 it says where")
    if settings.debug():
        for frame in traceback.extract_tb(error.__traceback__):
            click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
    return COULD_NOT_RUN


def _is_for_people(error: Exception) -> bool:
    """Whether an error of the ledger or of a file was written to be shown.

    The ledger's errors are looked up only where the ledger was loaded: it takes long to import.
    """
    ledger = sys.modules.get("reconcile.ledger")
    kind = getattr(ledger, "LedgerError", None)
    return kind is not None and isinstance(error, kind)


def _drop_output() -> None:
    """Send what is still to be written nowhere: the reader of our output has gone away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    run()
