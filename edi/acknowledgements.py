"""Which transactions are acknowledgements, and one door to read them."""

from collections.abc import Iterator

from edi.acknowledgement import Kind, Part
from edi.envelope import Transaction
from edi.x277ca import is_277ca, stream_277ca
from edi.x999 import stream_999

__all__ = ["kind_of", "stream"]


def kind_of(transaction: Transaction) -> Kind | None:
    """999, 997 or 277CA; None for anything else (also a 277 that answers a status request)."""
    if transaction.type == "999":
        return "999"
    if transaction.type == "997":
        return "997"
    return "277CA" if is_277ca(transaction) else None


def stream(transaction: Transaction) -> Iterator[Part]:
    """The acknowledgement of a transaction without its things, then each thing.

    Raises:
        ValueError: where ``kind_of`` gives None.
    """
    kind = kind_of(transaction)
    if kind is None:
        raise ValueError("the transaction is no acknowledgement")
    return stream_277ca(transaction) if kind == "277CA" else stream_999(transaction)
