"""A command that kills itself with SIGKILL at its N-th moment.

A moment is whatever touches the world: a statement or a commit of the database, a file opened,
renamed, linked or removed. With N = 0 nothing happens to it, and the number of its moments is the
last line on standard error.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

WORLD = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"})


class Moments:
    """Counts them, and ends the process at the one it was told."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.count = 0

    def next(self, *_given: Any) -> None:
        """One more."""
        self.count += 1
        if self.count == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, name: str, given: tuple[Any, ...]) -> None:
        """Python says what it is about to do."""
        writes = (
            name == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if name in WORLD or writes:
            self.next()


def run(args: list[str], die_at: int | None) -> int:
    """Run a command line; with a number, until that moment, or counting them."""
    from claimline.__main__ import main as command

    if die_at is None:
        return command(args)
    moments = Moments(die_at)
    event.listen(Engine, "before_cursor_execute", moments.next)
    event.listen(Engine, "commit", moments.next)
    sys.addaudithook(moments.audit)
    status = command(args)
    sys.stdout.flush()
    sys.stderr.write(f"{moments.count}\n")
    return status
