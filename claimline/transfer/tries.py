"""Trying again: a connection that breaks is made anew, as long as bytes still move."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from claimline.transfer.errors import CutError, TransferError
from claimline.transfer.place import Place, open_place
from claimline.transfer.values import Profile

T = TypeVar("T")
FIRST_WAIT: Final = 1.0  # seconds; doubled after each try without a byte moved
LONGEST_WAIT: Final = 30.0
MOST: Final = 200  # connections for one profile in one run, however many bytes move


class Progress:
    """How many bytes moved: a line that carries some is worth another try."""

    def __init__(self) -> None:
        self.bytes = 0

    def moved(self, count: int) -> None:
        """So many more."""
        self.bytes += count


def with_tries(
    profile: Profile,
    work: Callable[[Place, Progress], T],
    wait: Callable[[float], None] = time.sleep,
) -> T:
    """Do work that goes on where it stopped, over as many connections as it takes.

    Args:
        profile: the clearinghouse.
        work: done again from its start after a cut.
        wait: for so many seconds.

    Raises:
        TransferError: it cannot be reached, or breaks again and again without a byte moved.
    """
    progress = Progress()
    left = tries = profile.login.tries if profile.login else 1
    for _ in range(MOST):
        before = progress.bytes
        try:
            with open_place(profile) as place:
                return work(place, progress)
        except CutError as error:
            left = tries if progress.bytes > before else left - 1
            if not left:
                raise _given_up(error, tries) from error
            wait(min(FIRST_WAIT * 2 ** (tries - left), LONGEST_WAIT))
    raise TransferError(
        "transfer.unreachable",
        f"{profile.where}: the connection broke {MOST} times",
        todo="what came is kept; the next run goes on. Look at the line, or call the clearinghouse",
    )


def _given_up(error: CutError, tries: int) -> TransferError:
    times = "once" if tries == 1 else f"{tries} times"
    return TransferError(
        "transfer.unreachable", f"{error.message} (tried {times})", todo=error.todo
    )
