"""A database that several machines reach is one night's alone, from its first step to its last.

The lock is the server's and ends with its connection: with a night that dies, but also where the
network is cut, the server begins anew or ends what is idle. So it is looked at before each step,
and taken anew where nobody else has it. Where another night has, this one takes no further step;
what both did in between is safe all the same: there is one writer at a time, and it looks again.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from claimline.night.lock import NightBusyError
from reconcile.ledger import Ledger, LedgerLocked, nights, open_ledger
from reconcile.ledger.connect import parse, sqlite_path

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ONE: Final = "one night.toml for a ledger is enough"


@contextmanager
def alone(url: str) -> Iterator[Callable[[], None]]:
    """Keep nights of other machines out; gives what makes sure of it before each step.

    An SQLite ledger has its lock in a file (``lock``).

    Raises:
        NightBusyError: one is at work; nothing was changed.
    """
    if sqlite_path(parse(url)) is not None:
        yield lambda: None
        return
    with open_ledger(url) as ledger, ExitStack() as stack:
        held = _Held(ledger, stack)
        if not held.take():
            raise NightBusyError(
                "another night is at work on this database, from another machine or folder; "
                "nothing was changed",
                todo=f"wait until it is done; {_ONE}",
            )
        yield held.check


class _Held:
    """The lock, and the connection that holds it."""

    def __init__(self, ledger: Ledger, stack: ExitStack) -> None:
        self._ledger = ledger
        self._stack = stack
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lock with a new connection; False where another night has it."""
        self._stack.close()
        self._connection = None
        connection = self._stack.enter_context(self._ledger.reading())
        if nights.alone(connection):
            self._connection = connection
        return self._connection is not None

    def check(self) -> None:
        """Go on only if no other night is at work.

        Raises:
            LedgerLocked: the connection was lost, and another night began.
            LedgerError: the server cannot be reached.
        """
        if self._connection is not None and nights.is_connected(self._connection):
            return
        if not self.take():
            raise LedgerLocked(
                "the connection to the database was lost, and another night began meanwhile; this "
                "one does nothing more",
                f"Nothing is lost or done twice: the other does the rest. Turn one off: {_ONE}.",
            )
