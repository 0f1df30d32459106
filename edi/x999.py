"""The 999 (implementation acknowledgement, 005010X231A1) and the 997: values <-> segments."""

from collections.abc import Iterator

from attrs import evolve

from edi.acknowledgement import Acknowledgement, Part, whole
from edi.envelope import Transaction
from edi.x999_read import Reader, parties_of

__all__ = [
    "parties_of",
    "read_999",
    "stream_999",
]  # written by edi.x999_write, which needs the guide


def read_999(transaction: Transaction) -> Acknowledgement:
    """One 999 or 997, whole; see ``edi.acknowledgement`` for what is said at which level.

    Problems go to the list that was given to ``edi.envelope.read``.
    """
    read = whole(stream_999(transaction))
    return evolve(read, complete=transaction.complete)


def stream_999(transaction: Transaction) -> Iterator[Part]:
    """The acknowledgement without its things, then each thing when it is complete.

    ``transaction.complete`` says at the end whether the SE was there and right.
    """
    return Reader(transaction).parts()
