"""The 837P (005010X222A1) both ways: ``write_837p`` and ``read_837p``, ``read_submissions``."""

from edi.x837p_read import read_837p, read_submissions
from edi.x837p_write import HeldClaim, Placed, Written, write_837p

__all__ = [
    "HeldClaim",
    "Placed",
    "Written",
    "read_837p",
    "read_submissions",
    "write_837p",
]
