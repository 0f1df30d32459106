"""X12 to values and back. No I/O, no clock, no database, no logging.

``envelope.read`` opens a file of any kind; ``x835`` and ``x837p`` read and write the values of
``remittance`` and ``claim``; ``check.check`` says what is wrong with a file, ``guide.load`` gives
its guide as data; ``problem.Problem`` is a fault with its place.
"""

__all__ = [
    "check",
    "claim",
    "codes",
    "elements",
    "envelope",
    "guide",
    "problem",
    "remittance",
    "writing",
    "x835",
    "x837p",
]
