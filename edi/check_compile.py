"""A guide compiled for walking: per segment use, the table of what may follow.

The state of a walk is the segment use just read and one integer, the mask. Every open loop owns
bits of it, loops that are never open together share them:

* a seen bit for a required child that shares its position with others (they come in any order),
* a counter for a child with a limit: it starts so that one too many carries into its last bit.

Children alone at their position need no bit: the table of what may follow has them or has not.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from edi.check_pattern import segment_pattern
from edi.guide import UNLIMITED, Child, Guide, Loop, SegmentUse

KeyRange: TypeAlias = tuple[int, int, "dict[str, Step]"]


class Slot:
    """A child of a loop and the bits of the mask it owns."""

    __slots__ = ("add", "alone", "child", "over", "seen", "start", "target", "value")

    def __init__(self, child: Child, *, alone: bool) -> None:
        self.child = child
        self.alone = alone
        self.seen = 0  # set when the child has come, where that must be known
        self.add = 0  # one in the child's counter
        self.over = 0  # set when it came too often
        self.start = 0  # the counter's value when the loop opens
        self.value = 0  # all bits of the counter but the last
        self.target: Node | LoopNode

    @property
    def required(self) -> bool:
        """Whether the guide wants it."""
        return self.child.usage == "R"

    @property
    def mark(self) -> int:
        """The seen bit to set, where the counter does not set it."""
        return 0 if self.seen == self.add else self.seen

    def lay_out(self, bit: int) -> int:
        """Take bits from ``bit`` up; returns the first free one."""
        limit = self.child.limit
        counted = limit != UNLIMITED and not (self.alone and limit == 1)
        if counted:
            width = limit.bit_length()
            self.add = 1 << bit
            self.over = 1 << (bit + width)
            self.value = self.over - self.add
            self.start = ((1 << width) - 1 - limit) << bit
        if self.required and not self.alone:
            self.seen = self.add if limit == 1 else 1 << (bit + (width + 1 if counted else 0))
        return (
            bit + (width + 1 if counted else 0) + (self.required and not self.alone and limit != 1)
        )


class LoopNode:
    """A loop at its place in the guide."""

    __slots__ = ("end", "id", "loop", "parent", "slots", "start")

    def __init__(self, loop: Loop, parent: "LoopNode | None") -> None:
        self.loop = loop
        self.id = loop.id
        self.parent = parent
        bit: int = 0 if parent is None else parent.end
        positions = [child.position for child in loop.children]
        self.slots = tuple(
            Slot(child, alone=positions.count(child.position) == 1) for child in loop.children
        )
        for slot in self.slots:
            bit = slot.lay_out(bit)
        self.end: int = bit
        self.start = sum(slot.start for slot in self.slots)
        for slot in self.slots:
            if isinstance(slot.child, Loop):
                slot.target = LoopNode(slot.child, self)
            else:
                slot.target = Node(slot, self)

    @property
    def anchor(self) -> "Node":
        """The node of the segment that opens the loop."""
        node = self.slots[0].target
        assert isinstance(node, Node)
        return node

    @property
    def slot(self) -> Slot | None:
        """The slot of this loop in its parent."""
        if self.parent is None:
            return None
        return next(slot for slot in self.parent.slots if slot.target is self)


class Node:
    """A segment use at its place: what accepts it and what may follow."""

    __slots__ = ("follow", "id", "loop", "match", "position", "slot", "use")

    def __init__(self, slot: Slot, loop: LoopNode) -> None:
        assert isinstance(slot.child, SegmentUse)
        self.slot = slot
        self.use = slot.child
        self.id = slot.child.id
        self.loop = loop
        self.position = slot.child.position
        self.match: Any = self._first_match
        self.follow = Follow(self)

    def _first_match(self, text: str) -> Any:
        """Compile the expression when it is first wanted, then step aside."""
        self.match = segment_pattern(self.use).fullmatch
        return self.match(text)


class Step:
    """From one node to the next: which bits must be set, cleared, added, and must not carry."""

    __slots__ = (
        *("add", "again", "keep", "loop", "need", "node"),
        *("over", "passed", "plain", "seen", "slot"),
    )

    def __init__(self, origin: Node, loop: LoopNode, slot: Slot) -> None:
        target = slot.target
        self.slot = slot
        self.loop = loop  # the open loop that holds the target
        self.node = target if isinstance(target, Node) else target.anchor
        self.passed = tuple(_passed_over(origin, loop, slot))  # required children left out by it
        self.need = sum(passed.seen for _, passed in self.passed)
        alone = slot.alone and slot.child.limit == 1
        # It may come once and is where we stand.
        self.again = alone and (loop, slot.child.position) in open_at(origin)
        self.seen = slot.mark
        self.add = slot.add + (target.start if isinstance(target, LoopNode) else 0)
        self.over = slot.over
        closes = loop is not origin.loop
        self.keep = (1 << loop.end) - 1 if closes else -1
        self.plain = not (self.need or self.seen or self.add or closes)


class Follow(dict[str, KeyRange]):
    """What may follow a node, by the first three characters: where the qualifier stands, steps.

    Filled when first asked; after that a missing key is a segment that needs explaining.
    """

    __slots__ = ("_filled", "_origin")

    def __init__(self, origin: Node) -> None:
        super().__init__()
        self._origin = origin
        self._filled = False

    def __missing__(self, key: str) -> KeyRange:
        if not self._filled:
            self._filled = True
            self.update(_table(self._origin))
            if key in self:
                return self[key]
        raise KeyError(key)


def compile_guide(guide: Guide) -> LoopNode:
    """The root of the compiled guide; expressions and tables are made when first used."""
    return LoopNode(guide.root, None)


def open_at(origin: Node) -> Iterator[tuple[LoopNode, int]]:
    """The open loops from the innermost outwards, each with the position reached in it."""
    loop, position = origin.loop, origin.position
    while True:
        yield loop, position
        if loop.parent is None:
            return
        loop, position = loop.parent, loop.loop.position


def _passed_over(origin: Node, loop: LoopNode, slot: Slot) -> Iterator[tuple[LoopNode, Slot]]:
    """The required children that can no longer come once ``slot`` of ``loop`` is entered."""
    for here, position in open_at(origin):
        for other in here.slots:
            if not other.required or (other.alone and other.child.position == position):
                continue
            if here is loop and not position <= other.child.position < slot.child.position:
                continue
            if other.child.position >= position:
                yield here, other
        if here is loop:
            return


@cache
def reachable(origin: Node) -> tuple[Step, ...]:
    """Every step forward, innermost first, whether or not something required is skipped."""
    return tuple(_reachable(origin))


def _reachable(origin: Node) -> Iterator[Step]:
    for loop, position in open_at(origin):
        for slot in loop.slots:
            here = slot.child.position
            own = (
                isinstance(slot.target, Node) and loop.slots[0] is slot and loop.parent is not None
            )
            if here >= position and not own:
                yield Step(origin, loop, slot)


def _allowed(origin: Node) -> Iterator[Step]:
    """The steps that skip nothing required standing alone at its position, nor repeat wrongly."""
    for step in reachable(origin):
        if not step.again and not any(slot.alone for _, slot in step.passed):
            yield step


def _table(origin: Node) -> dict[str, KeyRange]:
    by_key: dict[str, list[Step]] = {}
    for step in _allowed(origin):
        by_key.setdefault(f"{step.node.id}*"[:3], []).append(step)
    return {key: _range(steps) for key, steps in by_key.items()}


def _range(steps: list[Step]) -> KeyRange:
    """The shortest stretch of text that tells these steps apart.

    Where nothing does, the innermost is taken; its expression refuses what is meant for another.
    """
    if len(steps) == 1:
        return 0, 0, {"": steps[0]}
    if steps[0].node.id == "HL":  # the level code stands third, the child code fourth
        return -4, -2, _keyed(steps, 2, depth=1)
    start = len(steps[0].node.id) + 1
    best: KeyRange = (0, 0, {"": steps[0]})
    for depth in (1, 2):
        for length in range(1, 8):
            keys = [_keys(step, length, depth) for step in steps]
            if not all(keys):
                break
            best = (start, start + length, _keyed(steps, length, depth=depth))
            if len(set().union(*keys)) == sum(len(some) for some in keys):
                return best
    return best


def _keyed(steps: list[Step], length: int, *, depth: int) -> "dict[str, Step]":
    table: dict[str, Step] = {}
    for step in steps:
        for key in _keys(step, length, depth):
            table.setdefault(key, step)
    return table


def _keys(step: Step, length: int, depth: int) -> set[str]:
    """The first ``length`` characters of the qualifiers a step may begin with; empty if unsure."""
    coded = step.node.use.coded[:depth]
    if len(coded) < depth or [place for place, _, _ in coded] != sorted({c[0] for c in coded}):
        return set()
    texts = {""}
    for _, part, codes in coded:
        ends = ":" if part else "*"
        texts = {text + code + ends for text in texts for code in codes}
    if any(len(text) < length for text in texts):
        return set()
    return {text[:length] for text in texts}
