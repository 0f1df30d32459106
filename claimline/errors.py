"""What ends a command, and with which exit status.

0 done, 1 done but a person is needed, 2 wrong usage or a wrong practice file, 3 could not run.
The text of these errors goes to the terminal and into logs of schedulers: it names files, rows and
options, never a patient.
"""

from typing import Final

DONE: Final = 0
NEEDS_PERSON: Final = 1
WRONG_USAGE: Final = 2
COULD_NOT_RUN: Final = 3


class CommandError(Exception):
    """A command cannot go on. ``message`` says what is wrong, ``todo`` what to do about it."""

    status = COULD_NOT_RUN

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.todo = todo


class WrongUsageError(CommandError):
    """Wrong usage, or a practice or policy file that is not right: exit status 2."""

    status = WRONG_USAGE


class RefusedError(CommandError):
    """What was asked for must not be done as things are; nothing was changed: exit status 1."""

    status = NEEDS_PERSON


def worst(*statuses: int) -> int:
    """The exit status of several files: the highest wins."""
    return max(statuses, default=DONE)
