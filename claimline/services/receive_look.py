"""The first look at a received file: what is in it, whose payments, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import define, field

from claimline.services.read import is_professional
from edi import envelope
from edi.problem import Problem
from reconcile.ledger import received

NOTHING: Final = "other"  # the kind of a file without any transaction


@define(kw_only=True)
class Look:
    """What a look at all transactions of a file gave."""

    payments: list[received.Scanned] = field(factory=list)
    kinds: Counter[str] = field(factory=Counter)
    problems: list[Problem] = field(factory=list)

    @property
    def kind(self) -> str:
        """Of the whole file."""
        if len(self.kinds) == 1:
            return next(iter(self.kinds))
        return "mixed" if self.kinds else NOTHING


def look(chunks: Iterable[bytes], name: str) -> Look:
    """Look a file over.

    Raises:
        NotX12: where there is no interchange at all.
    """
    found = Look()
    number = 0
    for interchange in envelope.read(chunks, found.problems, name):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                found.kinds[kind_of(transaction)] += 1
                if transaction.type == "835":
                    found.payments.append(received.scan(transaction, number))
        found.kinds["TA1"] += len(interchange.interchange_acks)
    found.kinds = +found.kinds
    return found


def transactions(chunks: Iterable[bytes], name: str) -> Iterator[tuple[int, envelope.Transaction]]:
    """The transactions of a file with their number in it, as ``look`` counts them."""
    number = 0
    for interchange in envelope.read(chunks, [], name):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                yield number, transaction


def kind_of(transaction: envelope.Transaction) -> str:
    """What a transaction is, by ST01 and the guide that GS08 and ST03 name."""
    said = transaction.implementation + transaction.version
    if is_professional(transaction):
        return "837P"
    if transaction.type == "837":
        guides = (("837I", ("X223", "X096")), ("837D", ("X224", "X097")))
        found = (kind for kind, names in guides if any(each in said for each in names))
        return next(found, "837")
    if transaction.type == "277" and "X214" in said:
        return "277CA"
    return transaction.type[:20] or "no type"
