"""The 277CA (health care claim acknowledgement, 005010X214): values <-> segments."""

from collections.abc import Iterator

from attrs import evolve

from edi.acknowledgement import Acknowledgement, Part, whole
from edi.envelope import Transaction
from edi.x277ca_read import Reader

__all__ = ["is_277ca", "read_277ca", "stream_277ca"]


def is_277ca(transaction: Transaction) -> bool:
    """Whether a 277 is a claim acknowledgement, by ST03, else GS08; X212 answers a question."""
    said = transaction.implementation
    return transaction.type == "277" and "X214" in (said if "X2" in said else transaction.version)


def read_277ca(transaction: Transaction) -> Acknowledgement:
    """One 277CA, whole; see ``edi.acknowledgement`` for what is said at which level.

    Problems go to the list that was given to ``edi.envelope.read``.
    """
    read = whole(stream_277ca(transaction))
    return evolve(read, complete=transaction.complete)


def stream_277ca(transaction: Transaction) -> Iterator[Part]:
    """The acknowledgement without its things, then each thing when it is complete.

    ``transaction.complete`` says at the end whether the SE was there and right.
    """
    return Reader(transaction).parts()
