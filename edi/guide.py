"""The implementation guides as data: loops, segments, elements, code lists, in frozen types.

The facts come from the maps pyx12 ships (see ``edi.guide_maps``); one definition serves checking,
naming ("CLP02, claim status code") and putting segments in order.
"""

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

__all__ = [
    "UNLIMITED",
    "Child",
    "Composite",
    "Element",
    "Field",
    "Guide",
    "Loop",
    "Named",
    "Note",
    "SegmentUse",
    "Usage",
    "load",
]

Usage = Literal["R", "S", "N"]  # required, situational, not used

UNLIMITED: Final = 0


@frozen(kw_only=True)
class Element:
    """A simple data element or a component of a composite."""

    ref: str  # CLP02, SVC01-2
    name: str
    number: str  # data element number of X12: 782, 1251
    usage: Usage
    kind: str  # AN ID R N0..N9 DT TM
    minimum: int  # characters; for R and N digits only
    maximum: int
    codes: frozenset[str] = field(default=frozenset(), repr=False)  # empty: any value
    repeat: int = 1
    regex: str = ""


@frozen(kw_only=True)
class Composite:
    """A data element made of components."""

    ref: str  # SVC01
    name: str
    number: str  # C003
    usage: Usage
    parts: tuple[Element, ...]
    repeat: int = 1


Field: TypeAlias = Element | Composite


@frozen(kw_only=True)
class Note:
    """A syntax note: P all or none, R some, E at most one, C first needs all, L first needs one."""

    kind: Literal["P", "R", "E", "C", "L"]
    places: tuple[int, ...]  # element positions, from 1


@frozen(kw_only=True)
class SegmentUse:
    """A segment at its place in a loop."""

    id: str  # NM1
    name: str
    usage: Usage
    position: int  # within the loop; uses of one position may come in any order
    limit: int  # repeats, UNLIMITED for no limit
    elements: tuple[Field, ...] = field(repr=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)

    @cached_property
    def coded(self) -> tuple[tuple[int, int, frozenset[str]], ...]:
        """(element, component or 0, codes) of the required elements with a code list.

        They tell the uses of one segment id apart; the first alone nearly always does.
        """
        found = []
        for number, item in enumerate(self.elements, 1):
            if item.usage != "R":
                continue
            first = item.parts[0] if isinstance(item, Composite) else item
            if first.codes:
                found.append((number, int(isinstance(item, Composite)), first.codes))
        return tuple(found)

    def matches(self, segment: Sequence[str], component: str = ":", repetition: str = "^") -> int:
        """How many leading coded elements of ``segment`` (id first) fit this use; -1 other id."""
        if not segment or segment[0] != self.id:
            return -1
        for count, (number, part, codes) in enumerate(self.coded):
            value = segment[number] if number < len(segment) else ""
            if part:
                value = value.split(component, 1)[0].split(repetition, 1)[0]
            if value not in codes:
                return count
        return len(self.coded)


@frozen(kw_only=True)
class Loop:
    """A loop: its first child is the segment that opens it."""

    id: str  # 2110
    name: str
    usage: Usage
    position: int
    limit: int
    children: "tuple[Child, ...]" = field(repr=False)

    @cached_property
    def first(self) -> SegmentUse:
        """The segment that opens the loop."""
        opener = self.children[0]
        assert isinstance(opener, SegmentUse)
        return opener


Child: TypeAlias = Loop | SegmentUse


@frozen(kw_only=True)
class Named:
    """One value of a segment with its reference and the guide's name for it."""

    ref: str
    name: str
    value: str = field(repr=False)


@frozen(kw_only=True, eq=False)
class Guide:
    """One implementation guide."""

    name: str  # 837P
    type: str  # ST01: 837
    version: str  # 005010X222A1
    root: Loop = field(repr=False)  # ST to SE
    interchange: SegmentUse = field(repr=False)  # ISA
    group: SegmentUse = field(repr=False)  # GS

    @cached_property
    def _paths(self) -> dict[str, tuple[Loop, ...]]:
        found: dict[str, tuple[Loop, ...]] = {}
        for path in _walk((self.root,)):
            found.setdefault(path[-1].id, path)
        return found

    def path(self, loop: str) -> tuple[Loop, ...]:
        """The loops from ST down to ``loop``; where a loop stands twice (2300), its first place.

        Raises:
            KeyError: when the guide has no such loop.
        """
        return self._paths[loop]

    def children(self, loop: str) -> tuple[Child, ...]:
        """What a loop holds, in the guide's order.

        Raises:
            KeyError: when the guide has no such loop.
        """
        return self.path(loop)[-1].children

    def use(self, loop: str, segment: Sequence[str], component: str = ":") -> SegmentUse | None:
        """The use of ``segment`` (id and elements) in ``loop`` that fits its codes best."""
        best, most = None, -1
        for child in self.children(loop):
            if isinstance(child, SegmentUse):
                fit = child.matches(segment, component)
                if fit > most:
                    best, most = child, fit
        return best

    def position(self, loop: str, segment: Sequence[str], component: str = ":") -> tuple[int, ...]:
        """Where a segment stands, as one number per loop from ST downwards and one for itself.

        Sorting by it puts segments of one claim in the guide's order; repeats of a loop are for
        the caller to tell apart. A segment the loop does not know comes last in it.
        """
        path = self.path(loop)
        above = (parent.children.index(child) for parent, child in pairwise(path))
        use = self.use(loop, segment, component)
        here = len(path[-1].children) if use is None else path[-1].children.index(use)
        return (*above, here)

    def name_of(self, loop: str, segment: Sequence[str], component: str = ":") -> tuple[Named, ...]:
        """Every value of ``segment`` with its reference and name; empty values are left out.

        Values the guide does not know are named by reference alone.
        """
        use = self.use(loop, segment, component)
        return tuple(_named(segment, use.elements if use else (), component))


def _walk(path: tuple[Loop, ...]) -> Iterator[tuple[Loop, ...]]:
    yield path
    for child in path[-1].children:
        if isinstance(child, Loop):
            yield from _walk((*path, child))


def _named(segment: Sequence[str], fields: Sequence[Field], component: str) -> Iterator[Named]:
    for number, value in enumerate(segment[1:], 1):
        known = fields[number - 1] if number <= len(fields) else None
        ref = known.ref if known else f"{segment[0]}{number:02d}"
        if not isinstance(known, Composite):
            if value:
                yield Named(ref=ref, name=known.name if known else "", value=value)
            continue
        for part, text in enumerate(value.split(component), 1):
            if text:
                name = known.parts[part - 1].name if part <= len(known.parts) else ""
                yield Named(ref=f"{ref}-{part}", name=name, value=text)


@cache
def load(name: str) -> Guide:
    """The guide ``837P``, ``835``, ``999`` or ``277CA``, read once.

    Raises:
        ValueError: for another name.
        edi.guide_maps.MapError: when pyx12's maps are not the ones this was built for.
    """
    from edi.guide_maps import read  # noqa: PLC0415 (lxml is loaded only when a guide is wanted)

    return read(name)
