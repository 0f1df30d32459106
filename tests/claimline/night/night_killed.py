"""A command that kills itself with SIGKILL at its N-th moment.

A moment is whatever touches the world: a statement or a commit of the database, a file opened,
renamed, linked or removed. With N = 0 nothing happens to it, and the number of its moments is the
last line on standard error; ``send:3`` is the third moment of the step ``send``, ``page:1`` the
first after all steps.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

WORLD = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"})


class Moments:
    """Counts them, and ends the process at the one it was told."""

    def __init__(self, die_at: int | str) -> None:
        self.step, _, number = f":{die_at}".rpartition(":")
        self.step = self.step.strip(":")
        self.die_at = int(number)
        self.count = 0
        self.began = 0 if not self.step else None  # the count when the step began

    def begins(self, step: str) -> None:
        """A step of the night begins."""
        if step == self.step:
            self.began = self.count

    def next(self, *_given: Any) -> None:
        """One more."""
        self.count += 1
        if self.die_at and self.began is not None and self.count - self.began == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, name: str, given: tuple[Any, ...]) -> None:
        """Python says what it is about to do."""
        writes = (
            name == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if name in WORLD or writes:
            self.next()


def noted(moments: Moments) -> None:
    """Have each step say that it begins."""
    from attrs import evolve

    from claimline.night import night, run

    def work(part: Any) -> Any:
        def begun(*given: Any) -> Any:
            moments.begins(part.name)
            return part.work(*given)

        return begun

    run.STEPS = tuple(evolve(part, work=work(part)) for part in run.STEPS)  # type: ignore[misc]  # the test alone does so
    kept = night._kept

    def page(*given: Any, **more: Any) -> Any:
        moments.begins("page")
        return kept(*given, **more)

    night._kept = page


def run(args: list[str], die_at: int | str | None) -> int:
    """Run a command line; with a number, until that moment, or counting them."""
    from claimline.__main__ import main as command

    if die_at is None:
        return command(args)
    moments = Moments(die_at)
    noted(moments)
    event.listen(Engine, "before_cursor_execute", moments.next)
    event.listen(Engine, "commit", moments.next)
    sys.addaudithook(moments.audit)
    status = command(args)
    sys.stdout.flush()
    sys.stderr.write(f"{moments.count}\n")
    return status
