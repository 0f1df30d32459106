"""Other people's sample files are read, and of each 835 every amount is kept."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from x12read import remittances, transactions

from edi.envelope import NotX12
from edi.problem import CODES, Problem
from edi.remittance import ClaimPayment, Remittance, ServicePayment

D = Decimal
Sums = dict[str, Decimal]


def amount(text: str) -> Decimal:
    """Zero where there is no amount, as adding up wants it."""
    try:
        return D(text.strip() or "0")
    except InvalidOperation:
        return D(0)


def plain_sums(data: bytes) -> Sums:
    """Sums of all amounts of the 835s in a file, by splitting the text and nothing else."""
    text = data.decode("utf-8-sig")
    sums: Sums = {}
    is_835 = False
    star = text[3]
    for interchange in text.split(f"ISA{star}")[1:]:
        terminator = interchange.split(star)[15][1]  # after ISA16
        for segment in interchange.replace("\r", "").replace("\n", "").split(terminator)[1:]:
            parts = [part.strip() for part in segment.strip().split(star)]
            if parts[0] == "ST":
                is_835 = parts[1] == "835"
            if is_835:
                for name, value in of_segment(parts):
                    sums[name] = sums.get(name, D(0)) + amount(value)
    return sums


def of_segment(parts: list[str]) -> Iterator[tuple[str, str]]:
    """The amounts of one segment, by name."""
    places = {"BPR": [2], "CLP": [3, 4, 5], "SVC": [2, 3], "AMT": [2], "QTY": [2]}
    for at in places.get(parts[0], []):
        yield f"{parts[0]}{at:02}", parts[at] if at < len(parts) else ""
    if parts[0] == "CAS":
        yield from (("CAS", text) for text in parts[3::3])
        yield from (("CAS units", text) for text in parts[4::3])
    if parts[0] == "PLB":
        yield from (("PLB", text) for text in parts[4::2])


def value_sums(found: list[Remittance]) -> Sums:
    """The same from the values."""
    sums: Sums = {}
    for name, value in (pair for one in found for pair in of_remittance(one)):
        sums[name] = sums.get(name, D(0)) + (value or D(0))
    return sums


def of_remittance(found: Remittance) -> Iterator[tuple[str, Decimal | None]]:
    """The amounts of one remittance, by name."""
    yield "BPR02", found.header.paid
    for adjustment in found.trailer.provider_adjustments:
        yield "PLB", adjustment.amount
    for claim in found.claims:
        yield from (("CLP03", claim.charge), ("CLP04", claim.paid))
        yield "CLP05", claim.patient_responsibility
        yield from of_loop(claim)
        for line in claim.lines:
            yield from (("SVC02", line.charge), ("SVC03", line.paid))
            yield from of_loop(line)


def of_loop(loop: ClaimPayment | ServicePayment) -> Iterator[tuple[str, Decimal | None]]:
    """The amounts that both levels have."""
    for adjustment in loop.adjustments:
        yield from (("CAS", adjustment.amount), ("CAS units", adjustment.quantity))
    yield from (("AMT02", given.amount) for given in loop.amounts)
    yield from (("QTY02", given.amount) for given in loop.quantities)


def without_zeros(sums: Sums) -> Sums:
    """A sum of zero and no sum are the same."""
    return {name: value for name, value in sums.items() if value}


def test_every_file_is_read(corpus: Path) -> None:
    """No sample file raises anything but NotX12, and those are known."""
    refused = []
    paths = [path for path in sorted(corpus.rglob("*")) if path.is_file()]
    for path in paths:
        problems: list[Problem] = []
        try:
            count = sum(
                1 for one in transactions([path.read_bytes()], problems) for _ in one.texts()
            )
            assert count or "interchange_ack" in path.name or problems, path.name
            assert {problem.code for problem in problems} <= set(CODES)
        except NotX12:
            refused.append(path.name)
    assert len(paths) > 100
    assert refused == ["INDEX.tsv"]


def test_every_amount_of_an_835_is_kept(corpus: Path) -> None:
    """The sums of all amounts in the values are those of the file split by hand."""
    seen = 0
    for path in sorted(corpus.rglob("*")):
        if not path.is_file() or path.name == "INDEX.tsv":
            continue
        data = path.read_bytes()
        found, _ = remittances([data])
        if found:
            seen += len(found)
            assert without_zeros(value_sums(found)) == without_zeros(plain_sums(data)), path.name
    assert seen >= 14


FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "x12" / "835" / "pass"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.edi")), ids=lambda path: path.stem)
def test_every_amount_of_a_fixture_is_kept(path: Path) -> None:
    """The same for our own files, so that the check is made where the corpus is not there."""
    data = path.read_bytes()
    assert without_zeros(value_sums(remittances([data])[0])) == without_zeros(plain_sums(data))
    assert len(plain_sums(data)) >= 6
