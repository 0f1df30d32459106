"""The elements of ISA and GS against their guide; nesting and counts are for ``edi.envelope``."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from edi.check_codes import Finding
from edi.check_explain import explain_segment
from edi.envelope import Group, Interchange
from edi.guide import Guide
from edi.problem import Problem
from edi.separators import Separators
from edi.writing import Envelope, WriteError, gs, isa

# An ISA is padded with spaces that its reader takes away: what is empty or short there is not told.
_TOLD: Final = frozenset({"element.code-invalid", "element.date-invalid", "element.time-invalid"})
_VERSION: Final = "GS08"  # told by edi.check_route


def check_interchange(interchange: Interchange, guide: Guide) -> Iterator[Problem]:
    """Codes, date and time of the ISA."""
    for finding in _of_isa(guide, interchange.header, interchange.separators):
        yield _problem(interchange, finding, interchange.line, 0)


def check_group(group: Group, guide: Guide) -> Iterator[Problem]:
    """All elements of the GS but the version; none where there is no GS."""
    if group.header:
        for finding in _of_gs(guide, group.header, group.interchange.separators):
            yield _problem(group.interchange, finding, group.line, group.number)


def check_written(envelope: Envelope, guide: Guide, functional_id: str) -> None:
    """See that an envelope of ours is right, before anything is written in it.

    Raises:
        WriteError: naming the element of ISA or GS that the guide does not take.
    """
    separators = envelope.separators
    header = [element.strip() for element in isa(envelope).split(separators.element)[1:]]
    group = gs(envelope, functional_id, guide.version).split(separators.element)[1:]
    for finding in (*_of_isa(guide, header, separators), *_of_gs(guide, group, separators)):
        raise WriteError("", finding.element, finding.message)


def _of_isa(guide: Guide, header: Sequence[str], separators: Separators) -> Iterator[Finding]:
    for finding in explain_segment(guide.interchange, ["ISA", *header], separators):
        if finding.code in _TOLD:
            yield evolve(finding, standard="TA1:024")


def _of_gs(guide: Guide, header: Sequence[str], separators: Separators) -> Iterator[Finding]:
    for finding in explain_segment(guide.group, ["GS", *header], separators):
        if finding.element != _VERSION:
            yield evolve(finding, standard="AK905:1")


def _problem(interchange: Interchange, finding: Finding, line: int, group: int) -> Problem:
    where = interchange.place(line=line, group=group, element=finding.element)
    return Problem(
        code=finding.code,
        message=finding.message,
        level=finding.level,
        standard=finding.standard,
        where=where,
        value=finding.value,
    )
