"""Public sample files: the balance says of each 835 what a second reckoning says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.envelope import read
from edi.remittance import ClaimPayment, RemittanceHeader
from edi.x835 import read_835
from reconcile.balance import Balance

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
SAMPLES = (
    [row.split("\t") for row in (CORPUS / "INDEX.tsv").read_text().splitlines()]
    if CORPUS.exists()
    else []
)
WANTED = [
    (row[0], "UNBALANCED" not in row[-1])
    for row in SAMPLES
    if len(row) > 4 and row[3] == "835" and ("balances" in row[-1] or "UNBALANCED" in row[-1])
]


def verdicts(path: Path) -> Iterator[bool]:
    """Whether each 835 of a file balances."""
    for interchange in read([path.read_bytes()], []):
        for group in interchange.groups():
            for transaction in group.transactions():
                balance = Balance()
                for part in read_835(transaction):
                    if isinstance(part, RemittanceHeader):
                        balance.add_header(part)
                    elif isinstance(part, ClaimPayment):
                        balance.add_claim(part)
                    else:
                        balance.add_trailer(part)
                yield balance.is_balanced


@pytest.mark.skipif(not WANTED, reason="the sample files (../shared/corpus) are not here")
@pytest.mark.parametrize(("name", "balanced"), WANTED, ids=[name for name, _ in WANTED])
def test_the_verdict_on_a_sample_is_right(name: str, balanced: bool) -> None:
    """A file balances exactly where all its transactions do."""
    found = list(verdicts(CORPUS / name))
    assert found
    assert all(found) == balanced
