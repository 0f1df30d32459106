"""Errors nobody foresaw while files are received: told by kind and place, never passed over.

Their own text is never shown: it may hold patient data.
"""

import traceback
from contextlib import suppress
from pathlib import PurePath
from typing import Final

from claimline import settings
from claimline.errors import CommandError
from edi.envelope import NotX12
from edi.problem import Place, Problem, declare
from reconcile.ledger import LedgerError

FORESEEN: Final = (NotX12, CommandError, LedgerError)  # told by whoever receives the file by itself
ALONE: Final = "file.alone"

declare(
    {
        ALONE: (
            "An error in Claimline itself: a file was not read ahead but received by itself.",
            "Nothing is lost, it took longer. Tell the makers of Claimline the place it names.",
        )
    }
)


def unforeseen(error: Exception) -> str:
    """The kind of an error and the place in the program it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error ({type(error).__name__}{place})"


def alone(name: str, fault: str) -> Problem:
    """The warning that a file was received by itself because of a fault of ours; it is logged.

    Args:
        name: of the file.
        fault: what ``unforeseen`` said.
    """
    if settings.log_level():
        from claimline.log import logger

        with suppress(OSError):  # nobody takes the log any more: the result tells it as well
            logger().warning("file received alone", file=PurePath(name).name, place=fault)
    message = f"{fault} while it was read ahead or written with others; it was received by itself."
    return Problem(code=ALONE, level="warning", message=message, where=Place(file=name))
