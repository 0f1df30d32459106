"""The garbage collector, out of the way while values are made by the million.

Our values form no cycles: reference counting frees them, and a collector that looks at them again
and again takes a fifth of the time of ``receive``. The few cycles that the database library makes
are swept up between batches, so memory stays flat.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

RARELY: Final = (1_000_000, 50, 100)
BATCHES: Final = 20  # between two sweeps

T = TypeVar("T")


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Collect by ``swept`` alone, and look only at what is made from now on."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def swept(batches: Iterable[T]) -> Iterator[T]:
    """The batches, with a sweep after every twentieth."""
    for number, batch in enumerate(batches, 1):
        yield batch
        if number % BATCHES == 0:
            gc.collect()
