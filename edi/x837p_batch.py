"""Claims into batches: by receiver, and few to a transaction."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

CLAIMS_PER_TRANSACTION: Final = 25  # one bad claim rejects its whole ST: small by default

_Claim = TypeVar("_Claim")
_Receiver = TypeVar("_Receiver")


def batches(
    claims: Iterable[_Claim],
    receiver: Callable[[_Claim], _Receiver],
    per_transaction: int = CLAIMS_PER_TRANSACTION,
) -> Iterator[tuple[_Receiver, tuple[tuple[_Claim, ...], ...]]]:
    """Each receiver with the claims of its transactions, in the order of first appearance.

    Args:
        claims: In the order in which they are to go.
        receiver: Who a claim is sent to: any key, the same for the same receiver.
        per_transaction: How many claims one ST takes at most.

    Raises:
        ValueError: when ``per_transaction`` is less than one.
    """
    if per_transaction < 1:
        raise ValueError("a transaction takes at least one claim")
    by_receiver: dict[_Receiver, list[_Claim]] = {}
    for claim in claims:
        by_receiver.setdefault(receiver(claim), []).append(claim)
    for who, own in by_receiver.items():
        starts = range(0, len(own), per_transaction)
        yield who, tuple(tuple(own[start : start + per_transaction]) for start in starts)
