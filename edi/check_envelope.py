"""The elements of ISA and GS against their guide; nesting and counts are for ``edi.envelope``."""

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from edi.check_codes import Finding
from edi.check_explain import explain_segment
from edi.envelope import Group, Interchange
from edi.guide import Guide
from edi.problem import Problem

# An ISA is padded with spaces that its reader takes away: what is empty or short there is not told.
_TOLD: Final = frozenset({"element.code-invalid", "element.date-invalid", "element.time-invalid"})
_VERSION: Final = "GS08"  # told by edi.check_route


def check_interchange(interchange: Interchange, guide: Guide) -> Iterator[Problem]:
    """Codes, date and time of the ISA."""
    values = ["ISA", *interchange.header]
    for finding in explain_segment(guide.interchange, values, interchange.separators):
        if finding.code in _TOLD:
            yield _problem(interchange, evolve(finding, standard="TA1:024"), interchange.line, 0)


def check_group(group: Group, guide: Guide) -> Iterator[Problem]:
    """All elements of the GS but the version; none where there is no GS."""
    if not group.header:
        return
    separators = group.interchange.separators
    for finding in explain_segment(guide.group, ["GS", *group.header], separators):
        if finding.element != _VERSION:
            yield _problem(group.interchange, evolve(finding, standard="AK905:1"), 0, group.number)


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
