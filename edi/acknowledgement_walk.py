"""The walk that readers of acknowledgements share: a small function for each segment."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from edi.acknowledgement import Part
from edi.envelope import Transaction


class Walking(Protocol):
    """A reader at work: where it is, and what it has ready."""

    transaction: Transaction
    position: int  # of the segment at hand in its transaction, ST = 1


_Reader = TypeVar("_Reader", bound=Walking)


def walked(
    reader: _Reader,
    handlers: Mapping[str, Callable[[_Reader, list[str]], None]],
    ready: list[Part],
    pad: list[str],
) -> Iterator[Part]:
    """Give each segment to its handler, and on whatever is ready after it.

    Args:
        reader: its handlers fill ``ready``.
        handlers: by segment id; segments without one say nothing.
        ready: emptied after each segment.
        pad: added to each segment, so that a short one has all elements.
    """
    for position, segment in enumerate(reader.transaction.segments(), 1):
        reader.position = position
        handler = handlers.get(segment[0])
        if handler is not None:
            handler(reader, segment + pad)
            if ready:
                yield from ready
                ready.clear()
