"""Counting within a transaction: HL levels (X12.6 hierarchical structure) and claim lines (LX)."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

from attrs import evolve

from edi.check_codes import Finding
from edi.guide import Guide, Loop

# Given a segment's canonical text and its number from ST = 1; returns what is wrong with it.
Call: TypeAlias = Callable[[str, int], "list[Finding]"]
NOTHING: list[Finding] = []


class Level:
    """An open HL."""

    __slots__ = ("child_code", "has_child", "id", "number", "rank")

    def __init__(self, elements: list[str], number: int, rank: int) -> None:
        self.id = elements[1]
        self.child_code = elements[4]
        self.number = number
        self.rank = rank
        self.has_child = False


class Levels:
    """HL01 counts, HL02 names the level above, HL04 tells whether one follows below."""

    def __init__(self, guide: Guide) -> None:
        self._ranks = _levels(guide)
        self._open: list[Level] = []
        self._count = 0

    def calls(self) -> Mapping[str, Call]:
        """Segment id -> what looks at it."""
        return {"HL": self.hl, "SE": self.end}

    def hl(self, text: str, number: int) -> list[Finding]:
        """An HL segment."""
        elements = [*text.split("*"), "", "", "", ""]
        rank = self._ranks.get(elements[3], 0)
        found = self._close(rank)
        self._count += 1
        if elements[1] != str(self._count):
            found.append(_finding("hl.number", "HL01", f"HL01 should be {self._count}"))
            if elements[1].isascii() and elements[1].isdigit():
                self._count = int(elements[1][:12])
        above = self._open[-1] if self._open else None
        if above is not None:
            above.has_child = True
        parent = above.id if above else ""
        if elements[2] != parent and (above is None or elements[2]):  # empty is told elsewhere
            words = f"HL02 should be {parent}, the HL01 of the level above"
            found.append(_finding("hl.parent", "HL02", words if above else "HL02 should be empty"))
        self._open.append(Level(elements, number, rank))
        return found

    def end(self, _text: str, _number: int) -> list[Finding]:
        """The SE segment."""
        return self._close(0)

    def _close(self, rank: int) -> list[Finding]:
        found = []
        while self._open and self._open[-1].rank >= rank:
            level = self._open.pop()
            if level.child_code == ("0" if level.has_child else "1"):
                right = "1: levels follow below" if level.has_child else "0: none follows below"
                words = f"HL04 of HL {level.id[:12]} should be {right}"
                found.append(_finding("hl.child-code", "HL04", words, level.number))
        return found


class Lines:
    """LX01 counts 1, 2, 3 in each claim of an 837P."""

    def __init__(self) -> None:
        self._count = 0

    def calls(self) -> Mapping[str, Call]:
        """Segment id -> what looks at it."""
        return {"CLM": self.claim, "LX": self.line}

    def claim(self, _text: str, _number: int) -> list[Finding]:
        """A claim begins."""
        self._count = 0
        return NOTHING

    def line(self, text: str, _number: int) -> list[Finding]:
        """A line begins."""
        self._count += 1
        if text.split("*", 2)[1:2] == [str(self._count)]:
            return NOTHING
        return [_finding("lx.number", "LX01", f"LX01 should be {self._count}")]


class Claims:
    """Which claim (CLM01, CLP01) a finding is about."""

    def __init__(self) -> None:
        self._start = 0  # segment where the claim, or the stretch without one, begins
        self._id = ""
        self._before = ""

    def calls(self) -> Mapping[str, Call]:
        """Segment id -> what looks at it."""
        return {"CLM": self.begin, "CLP": self.begin, "HL": self.end, "PLB": self.end}

    def begin(self, text: str, number: int) -> list[Finding]:
        """A claim begins; the same segment may be told twice."""
        if number != self._start:
            self._before, self._start = self._id, number
            self._id = text.split("*", 2)[1] if "*" in text else ""
        return NOTHING

    def placed(self, name: str, text: str, number: int) -> None:
        """A segment was given its place; one that begins a claim is looked at before its faults."""
        if name in {"CLM", "CLP"}:
            self.begin(text, number)

    def end(self, _text: str, number: int) -> list[Finding]:
        """No claim is open."""
        if number != self._start:
            self._before, self._start, self._id = self._id, number, ""
        return NOTHING

    def own(self, number: int, finding: Finding, loop: str) -> Finding:
        """A finding at segment ``number`` with its claim, and ``loop`` where it names none.

        What is missing before a claim's first segment is missing in the claim before.
        """
        here = finding.segment or number
        late = number == self._start and finding.code in {"segment.missing", "loop.missing"}
        claim = self._before if here < self._start or late else self._id
        if finding.loop or finding.segment:
            loop = finding.loop
        if finding.claim == claim and finding.loop == loop:
            return finding
        return evolve(finding, claim=claim, loop=loop)


@cache
def _levels(guide: Guide) -> dict[str, int]:
    return dict(_ranks(guide.root, 0))


def _ranks(loop: Loop, rank: int) -> "list[tuple[str, int]]":
    """Level code -> depth, from the loops that an HL opens."""
    found: list[tuple[str, int]] = []
    for child in loop.children:
        if isinstance(child, Loop):
            opens = child.first.id == "HL"
            if opens:
                found += [(code, rank) for code in child.first.coded[0][2]]
            found += _ranks(child, rank + opens)
    return found


def _finding(code: str, element: str, message: str, segment: int = 0) -> Finding:
    return Finding(code=code, standard="IK403:7", element=element, message=message, segment=segment)
