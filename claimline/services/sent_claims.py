"""Many claims as they were sent, each file of the ledger read once."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from claimline.errors import CommandError
from edi import envelope
from edi.claim import Claim
from edi.x837p import read_837p
from reconcile.ledger import Ledger
from reconcile.ledger.further import WithCoverages

if TYPE_CHECKING:
    from edi.problem import Problem


def load_all(ledger: Ledger, sources: Sequence[WithCoverages]) -> dict[str, Claim]:
    """The claims of these sources by their numbers.

    Raises:
        CommandError: a file does not hold a claim any more.
        LedgerDamaged: a kept file is damaged.
    """
    found: dict[str, Claim] = {}
    ordered = sorted(sources, key=lambda one: one.digest)
    for digest, group in groupby(ordered, key=lambda one: one.digest):
        wanted = {one.claim.control: one for one in group}
        found |= _of_file(ledger, digest, wanted)
        lost = next((one for control, one in wanted.items() if control not in found), None)
        if lost is not None:
            raise CommandError(
                f"claim {lost.claim.control} is not found in {lost.file} as the ledger keeps it",
                todo="claimline ledger status says whether the ledger is sound",
            )
    return found


def _of_file(ledger: Ledger, digest: str, wanted: dict[str, WithCoverages]) -> dict[str, Claim]:
    found: dict[str, Claim] = {}
    transactions = {one.transaction for one in wanted.values()}
    problems: list[Problem] = []
    for interchange in envelope.read(ledger.file_bytes(digest), problems):
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.control not in transactions:
                    continue
                for part in read_837p(transaction):
                    if isinstance(part, Claim) and _is(part, wanted):
                        found[part.control] = part
    return found


def _is(claim: Claim, wanted: dict[str, WithCoverages]) -> bool:
    source = wanted.get(claim.control)
    return source is not None and claim.frequency == source.claim.frequency
