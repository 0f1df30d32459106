"""The segments of a claim payment, taken from the kept file again when they are needed."""

from collections.abc import Iterator

import pytest
from receive_made import Line, clp, remit, x12

from edi.envelope import Transaction, read
from reconcile.ledger.payments import Kept, Reading, segments_at

CLAIMS = remit(
    clp("AAAAAAAAAA1", Line(), Line(code="97110")),
    clp("BBBBBBBBBB2", extra=["NM1*QC*1*DOE*JANE****MI*W1"]),
    clp("CCCCCCCCCC3", status="22", sign=-1),
    plb=["PLB*1234567893*20261231*L6*-1.25"],
)


def _only(data: bytes) -> Iterator[Transaction]:
    """The transaction of a file."""
    for interchange in read([data], []):
        for group in interchange.groups():
            yield from group.transactions()


@pytest.mark.parametrize("marks", ["*:~", "|>!"], ids=["usual", "others"])
@pytest.mark.parametrize("wanted", [(), (0,), (2,), (0, 2), (0, 1, 2)], ids=str)
def test_as_they_were_read(marks: str, wanted: tuple[int, ...]) -> None:
    """Of the claims that are wanted, the same segments as the reader keeps; of no other."""
    data = x12(CLAIMS, marks=marks)
    read_whole = [
        (part.payment.position, part.segments())
        for one in _only(data)
        for part in Reading(one).parts()
        if isinstance(part, Kept)
    ]
    assert len(read_whole) == 3
    expected = [read_whole[number] for number in wanted]
    places = {place for place, _ in expected}
    assert [found for one in _only(data) for found in segments_at(one, places)] == expected
