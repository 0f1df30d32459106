"""What is wrong with the order of segments, and where to go on after a segment out of place.

``explain`` is asked only where the fast path stopped. It finds the place the segment was meant
for, tells what is missing before it, and gives the state the walk goes on from, so that one fault
gives one Problem and not one per following segment.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, TypeAlias

from attrs import evolve, frozen

from edi.check_codes import Finding
from edi.check_compile import LoopNode, Node, Slot, Step, open_at, reachable
from edi.check_explain import explain_segment
from edi.guide import Composite, Loop, SegmentUse
from edi.segment_ids import KNOWN
from edi.separators import Separators

Marks: TypeAlias = tuple[str, str]  # component and repetition separators


@frozen
class State:
    """Where a walk is. ``lost``: an unplaced loop was begun, its segments are passed in silence."""

    node: Node
    mask: int
    lost: bool = False


def explain(
    state: State, values: Sequence[str], separators: Separators
) -> tuple[list[Finding], State, bool]:
    """Findings at a segment, the state after it, and whether it was given a place."""
    if values[0] not in _known(_root(state.node.loop)):
        found = [] if state.lost else [_unknown(state.node, values)]
        return found, evolve(state, lost=state.lost or values[0] in _OPENERS), False
    marks = (separators.component or "\0", separators.repetition or "\1")
    steps = _steps(state.node).get(values[0], ())
    step, exact = _best(steps, values, marks)
    late = None if exact else _earlier(state.node, values, marks)
    if step is not None and (late is None or not _first(late[1]).coded):
        return _enter(state, step, values, separators)
    if late is None or late[1].required:
        inside = _without_opener(state, values, marks)
        if inside is not None and not state.lost:
            missing, node, mask = inside
            found = [_missing(missing), *_inside(node, values, separators)]
            return found, State(node, mask), True
    if state.lost and not _opens_loop(state.node, values):
        return [], state, False
    if late is not None:
        found = [_too_late(state.node, *late)]
    else:
        found = [_unplaced(state.node, steps, values, marks)]
    return found, evolve(state, lost=state.lost or _opens_loop(state.node, values)), False


@cache
def _steps(origin: Node) -> dict[str, list[Step]]:
    """Every step forward by segment id, innermost first."""
    found: dict[str, list[Step]] = {}
    for step in reachable(origin):
        found.setdefault(step.node.id, []).append(step)
    return found


def _best(steps: Sequence[Step], values: Sequence[str], marks: Marks) -> tuple[Step | None, bool]:
    """The innermost step whose qualifiers all fit, and True; else the one that fits best."""
    best, most = None, 0
    for step in steps:
        fit = step.node.use.matches(values, *marks)
        if fit == len(step.node.use.coded):
            return step, True
        if fit > most:
            best, most = step, fit
    if best is None and len({id(step.node) for step in steps}) == 1:
        return steps[0], False  # there is only one thing it can be: its code is wrong
    return best, False


def _enter(
    state: State, step: Step, values: Sequence[str], separators: Separators
) -> tuple[list[Finding], State, bool]:
    found = [
        _missing_child(loop, slot)
        for loop, slot in step.passed
        if slot.alone or not state.mask & slot.seen
    ]
    slot = step.slot
    mask = (state.mask & step.keep | step.seen) + step.add
    repeated = step.again
    if step.over and mask & step.over:
        mask -= slot.add  # stay at the limit
        repeated = True
    if repeated:
        found.append(_too_many(slot))
    if step.node.use.usage == "N":
        found.append(_not_used(step.node))
    found += _inside(step.node, values, separators)
    return found, State(step.node, mask), True


def _inside(node: Node, values: Sequence[str], separators: Separators) -> Iterator[Finding]:
    for finding in explain_segment(node.use, values, separators):
        yield evolve(finding, loop=node.loop.id)


def _without_opener(
    state: State, values: Sequence[str], marks: Marks
) -> tuple[Node, Node, int] | None:
    """A loop that could come now and holds this segment, though its first segment is not there.

    Only where exactly one loop would do: (the missing opener, the segment's node, the mask).
    """
    found = [
        (step, slot, node)
        for step, slot, node in _enclosed(state.node).get(values[0], ())
        if node.use.matches(values, *marks) == len(node.use.coded)
    ]
    if len(found) != 1:
        return None
    step, slot, node = found[0]
    mask = (state.mask & step.keep | step.seen) + step.add
    mask = (mask | slot.mark) + slot.add
    return step.node, node, mask + (slot.target.start if isinstance(slot.target, LoopNode) else 0)


@cache
def _enclosed(origin: Node) -> dict[str, list[tuple[Step, Slot, Node]]]:
    """By segment id: what has a code and stands in, or opens a loop in, a loop that could come."""
    found: dict[str, list[tuple[Step, Slot, Node]]] = {}
    for step in reachable(origin):
        loop = step.node.loop
        if loop is step.loop or not isinstance(step.slot.target, LoopNode):
            continue
        for slot in loop.slots[1:]:
            node = slot.target.anchor if isinstance(slot.target, LoopNode) else slot.target
            if node.use.coded:
                found.setdefault(node.id, []).append((step, slot, node))
    return found


def _opens_loop(node: Node, values: Sequence[str]) -> bool:
    """Whether this segment id opens a loop somewhere in the guide."""
    return values[0] in _OPENERS or any(
        step.node.id == values[0] and isinstance(step.slot.child, Loop) for step in reachable(node)
    )


_OPENERS: Final = frozenset({"NM1", "N1", "HL", "CLM", "LX", "SVC", "CLP", "SVD", "SBR", "TRN"})


def _earlier(node: Node, values: Sequence[str], marks: Marks) -> tuple[LoopNode, Slot] | None:
    """The child of an open loop that this segment is, where its position has been passed."""
    for loop, slot in _behind(node).get(values[0], ()):
        use = _first(slot)
        if use.matches(values, *marks) == len(use.coded):
            return loop, slot
    return None


@cache
def _behind(node: Node) -> dict[str, list[tuple[LoopNode, Slot]]]:
    """By segment id: the children of open loops whose position has been passed."""
    found: dict[str, list[tuple[LoopNode, Slot]]] = {}
    for loop, position in open_at(node):
        for slot in loop.slots:
            if slot.child.position < position:
                found.setdefault(_first(slot).id, []).append((loop, slot))
    return found


def _first(slot: Slot) -> SegmentUse:
    return slot.child.first if isinstance(slot.child, Loop) else slot.child


def _too_late(node: Node, loop: LoopNode, slot: Slot) -> Finding:
    use = _first(slot)
    return Finding(
        code="segment.out-of-order",
        standard="IK304:7",
        loop=loop.id,
        message=f"{use.id} ({use.name}) comes too late: it stands before {node.id} "
        f"{_in(node.loop.id)}",
    )


def _in(loop: str) -> str:
    return f"in loop {loop}" if loop else "at the level of the transaction"


def _unplaced(node: Node, steps: Sequence[Step], values: Sequence[str], marks: Marks) -> Finding:
    if steps:
        return _wrong_qualifier(steps, values, marks)
    loop = node.loop.id
    return Finding(
        code="segment.unexpected",
        standard="IK304:2",
        loop=loop,
        message=f"{values[0]} may not stand after {node.id} {_in(loop)}",
    )


def _unknown(node: Node, values: Sequence[str]) -> Finding:
    name = values[0] if values[0] in KNOWN else "with this identifier"  # it may be data
    return Finding(
        code="segment.unknown",
        standard="IK304:1",
        loop=node.loop.id,
        message=f"the guide has no segment {name}",
        value="*".join(values)[:80],
    )


def _wrong_qualifier(steps: Sequence[Step], values: Sequence[str], marks: Marks) -> Finding:
    """The segment may come here, but with another qualifier."""
    use = steps[0].node.use
    place, part, _ = use.coded[0]
    value = values[place] if place < len(values) else ""
    codes = sorted(
        {
            code
            for step in steps
            for at, _, cs in step.node.use.coded[:1]
            for code in cs
            if at == place
        }
    )
    ref = f"{use.id}{place:02d}" + ("-1" if part else "")
    shown = ", ".join(codes[:20]) + (" ..." if len(codes) > 20 else "")
    return Finding(
        code="element.code-invalid" if value else "element.missing",
        standard="IK403:7" if value else "IK403:1",
        loop=steps[0].node.loop.id,
        element=ref,
        message=f"{use.id} with this {ref} may not stand here; expected {ref}: {shown}",
        value=value.split(marks[0])[0] if part else value,
    )


def _root(loop: LoopNode) -> LoopNode:
    while loop.parent is not None:
        loop = loop.parent
    return loop


@cache
def _known(root: LoopNode) -> frozenset[str]:
    """All segment ids of the guide."""
    return frozenset(use.id for use in _uses(root.loop))


def _uses(loop: Loop) -> Iterator[SegmentUse]:
    for child in loop.children:
        if isinstance(child, Loop):
            yield from _uses(child)
        else:
            yield child


def _missing_child(loop: LoopNode, slot: Slot) -> Finding:
    if isinstance(slot.child, Loop):
        opener = slot.child.first
        return Finding(
            code="loop.missing",
            standard="IK304:3",
            loop=slot.child.id,
            message=f"loop {slot.child.id} ({slot.child.name}) is missing: "
            f"it begins with {_described(opener)}",
        )
    return Finding(
        code="segment.missing",
        standard="IK304:3",
        loop=loop.id,
        message=f"{_described(slot.child)} ({slot.child.name}) is missing {_in(loop.id)}",
    )


def _missing(node: Node) -> Finding:
    return Finding(
        code="segment.missing",
        standard="IK304:3",
        loop=node.loop.id,
        message=f"{_described(node.use)} ({node.use.name}), which begins loop {node.loop.id}, "
        "is missing",
    )


def _too_many(slot: Slot) -> Finding:
    child = slot.child
    times = "once" if child.limit == 1 else f"{child.limit} times"
    if isinstance(child, Loop):
        return Finding(
            code="loop.too-many",
            standard="IK304:4",
            loop=child.id,
            message=f"loop {child.id} ({child.name}) may come {times} only",
        )
    assert isinstance(slot.target, Node)
    return Finding(
        code="segment.too-many",
        standard="IK304:5",
        loop=slot.target.loop.id,
        message=f"{_described(child)} ({child.name}) may come {times} only",
    )


def _not_used(node: Node) -> Finding:
    return Finding(
        code="segment.not-used",
        standard="IK304:I4",
        loop=node.loop.id,
        message=f"{node.id} ({node.use.name}) is not used by this guide",
    )


def _described(use: SegmentUse) -> str:
    """A segment with the qualifier that tells it apart: NM1*85, REF*EI or SY."""
    if not use.coded or len(use.coded[0][2]) > 4:
        return use.id
    place, part, codes = use.coded[0]
    name = use.elements[place - 1]
    ref = name.parts[0].ref if isinstance(name, Composite) and part else name.ref
    return f"{use.id} with {ref} = {' or '.join(sorted(codes))}"
