"""Reads a whole file the way the tests want it: what came out, and the problems."""

from collections.abc import Iterable, Iterator

from x12text import problem_text

from edi.envelope import NotX12, Transaction, read
from edi.problem import Problem
from edi.remittance import Remittance
from edi.x835 import read_835, whole


def transactions(chunks: Iterable[bytes], problems: list[Problem]) -> Iterator[Transaction]:
    """All transactions of a file, one after the other."""
    for interchange in read(chunks, problems):
        for group in interchange.groups():
            yield from group.transactions()


def segments_of(chunks: Iterable[bytes]) -> list[list[str]]:
    """All segments of all transactions."""
    return [s for t in transactions(chunks, []) for s in t.segments()]


def remittances(chunks: Iterable[bytes]) -> tuple[list[Remittance], list[Problem]]:
    """All 835s of a file with the problems of reading them."""
    problems: list[Problem] = []
    found = [whole(read_835(t)) for t in transactions(chunks, problems) if t.type == "835"]
    return found, problems


def summary(chunks: Iterable[bytes]) -> str:
    """What a golden file holds: a line per interchange and transaction, then the problems."""
    problems: list[Problem] = []
    lines = []
    try:
        for interchange in read(chunks, problems):
            for group in interchange.groups():
                for one in group.transactions():
                    found = whole(read_835(one))
                    count = sum(len(claim.lines) for claim in found.claims)
                    state = "complete" if found.trailer.complete else "not complete"
                    lines.append(
                        f"# interchange {interchange.control} {one.type} {one.control} {state}:"
                        f" {one.segment_count} segments, {len(found.claims)} claims, {count} lines,"
                        f" paid {found.header.paid},"
                        f" {len(found.trailer.provider_adjustments)} provider adjustments\n"
                    )
            lines += [
                f"# interchange {interchange.control} TA1 {'*'.join(ack[1:])}\n"
                for ack in interchange.interchange_acks
            ]
    except NotX12 as error:
        lines.append(f"# not X12: {error}\n")
    return "".join(lines) + problem_text(problems)
