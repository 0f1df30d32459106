"""In which claims of a transaction the places lie that a 999 names (005010X231A1, IK3).

The position of a segment (IK302) says where in the transaction it stands; whose it is says its loop
(IK303). Subscriber and patient stand before the claims they belong to, so a fault there is one of
the claims that follow, not of the claim before.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

# Where IK303 is left out: segments of an 837P that stand above a claim only, or in one only.
_ABOVE: Final = frozenset({"HL", "PAT", "DMG"})
_EITHER: Final = frozenset({"NM1", "N3", "N4", "REF", "PRV", "PER", "SBR"})


@value(kw_only=True)
class Fault:
    """A place that a 999 names."""

    position: int  # IK302
    loop: str = ""  # IK303
    segment: str = ""  # IK301


@value(kw_only=True)
class PlacedClaim:
    """A claim of the transaction: where its CLM stands, whose it is."""

    position: int
    member: str = ""
    npi: str = ""  # of the billing provider


def is_at_fault(own: int, faults: Iterable[Fault], claims: Sequence[PlacedClaim]) -> bool | None:
    """Whether one of the faults lies in the claim whose CLM is at ``own``; None: not known.

    Args:
        own: position of the claim's CLM.
        faults: that the 999 names.
        claims: all of the transaction, by position.
    """
    found = {_lies_in(own, fault, claims) for fault in faults}
    return True if True in found else None if None in found else False


def _lies_in(own: int, fault: Fault, claims: Sequence[PlacedClaim]) -> bool | None:
    before = [one for one in claims if one.position <= fault.position]
    after = [one for one in claims if one.position > fault.position]
    level = _level(fault)
    if level == "claim":
        return bool(before) and before[-1].position == own
    if level == "either":
        near = {one.position for one in (*before[-1:], *after[:1])}
        return None if own in near else False
    if level == "header" or not after:
        return None
    first = after[0]
    if level == "provider":
        theirs = takewhile(lambda one: one.npi == first.npi, after)
    else:
        theirs = takewhile(lambda one: one.member == first.member, after)
    return own in {one.position for one in theirs}


def _level(fault: Fault) -> str:
    """Of what the loop is: the claim, its subscriber or patient, the billing provider, the file."""
    loop = fault.loop.strip().upper()
    if loop[:2] in {"23", "24"}:
        return "claim"
    if loop[:5] in {"2000B", "2000C"} or loop[:5] in {"2010B", "2010C"}:
        return "patient"
    if loop[:5] in {"2000A", "2010A"}:
        return "provider"
    if loop:
        return "either" if loop[:4] in {"2000", "2010"} else "header"
    if fault.segment in _ABOVE:
        return "patient"
    return "either" if fault.segment in _EITHER else "claim"
