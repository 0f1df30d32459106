"""The 835 (health care claim payment, 005010X221A1): values <-> segments, both ways."""

from collections.abc import Iterable, Iterator

from edi.envelope import Transaction, read
from edi.problem import Problem
from edi.remittance import ClaimPayment, Remittance, RemittanceHeader, RemittanceTrailer
from edi.x835_parts import ZERO, Part
from edi.x835_read import Reader
from edi.x835_write import claim_segments, remittance_segments, write_835

__all__ = [
    "Part",
    "claim_segments",
    "read_835",
    "read_remittances",
    "remittance_segments",
    "whole",
    "write_835",
]


def read_835(
    transaction: Transaction, numbered: Iterable[tuple[int, list[str]]] | None = None
) -> Iterator[Part]:
    """The header, the claims and the trailer of one 835, each when it is complete.

    Problems go to the list that was given to ``edi.envelope.read``. ``trailer.complete`` says
    whether the SE was there and right.

    Args:
        transaction: ST to SE.
        numbered: its segments with their places (ST = 1), where not all of them are to be read.
    """
    return Reader(transaction).parts(numbered)


def read_remittances(
    chunks: Iterable[bytes], problems: list[Problem], file: str = ""
) -> Iterator[Remittance]:
    """All 835s of a file, each whole; for files known to be small. Others are passed over.

    Raises:
        NotX12: where there is no interchange at all.
    """
    for interchange in read(chunks, problems, file):
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.type == "835":
                    yield whole(read_835(transaction))


def whole(parts: Iterable[Part]) -> Remittance:
    """The parts of one 835 put together."""
    header, trailer = RemittanceHeader(transaction="", paid=ZERO), RemittanceTrailer()
    claims: list[ClaimPayment] = []
    for part in parts:
        if isinstance(part, ClaimPayment):
            claims.append(part)
        elif isinstance(part, RemittanceHeader):
            header = part
        else:
            trailer = part
    return Remittance(header=header, claims=tuple(claims), trailer=trailer)
