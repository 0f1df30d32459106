"""Whose a place is that a 999 names: the claim's, of those that follow, or nobody's for certain."""

import pytest

from reconcile.acknowledgements_place import Fault, PlacedClaim, is_at_fault

# Two claims of one subscriber, one of another, one of a second billing provider.
CLAIMS = (
    PlacedClaim(position=20, member="A", npi="1"),
    PlacedClaim(position=30, member="A", npi="1"),
    PlacedClaim(position=50, member="B", npi="1"),
    PlacedClaim(position=80, member="C", npi="2"),
)
NO, YES = False, True


@pytest.mark.parametrize(
    ("fault", "whose"),
    [
        (Fault(position=33, loop="2400", segment="SV1"), (NO, YES, NO, NO)),
        (Fault(position=33, segment="SV1"), (NO, YES, NO, NO)),
        (Fault(position=45, loop="2010BA", segment="NM1"), (NO, NO, YES, NO)),
        (Fault(position=45, segment="DMG"), (NO, NO, YES, NO)),
        (Fault(position=12, loop="2000B", segment="SBR"), (YES, YES, NO, NO)),
        (Fault(position=70, loop="2010AA", segment="N4"), (NO, NO, NO, YES)),
        (Fault(position=6, loop="2010AA", segment="N4"), (YES, YES, YES, NO)),
        (Fault(position=45, segment="NM1"), (NO, None, None, NO)),
        (Fault(position=3, loop="1000A", segment="PER"), (None, None, None, None)),
        (Fault(position=90, loop="2010BA", segment="NM1"), (None, None, None, None)),
    ],
    ids=["line", "line-without-loop", "subscriber", "subscriber-without-loop", "of-two-claims",
         "second-provider", "first-provider", "may-be-either", "head", "after-the-last"],
)  # fmt: skip
def test_whose_fault(fault: Fault, whose: tuple[bool | None, ...]) -> None:
    """A subscriber stands before its claims: a fault there is theirs, not of the claim before."""
    assert tuple(is_at_fault(one.position, [fault], CLAIMS) for one in CLAIMS) == whose


def test_one_of_several_faults() -> None:
    """A claim is at fault by any of the places; a place that is not certain leaves it open."""
    sure = Fault(position=33, loop="2400")
    open_ = Fault(position=45, segment="NM1")
    assert is_at_fault(30, [sure, open_], CLAIMS) is True
    assert is_at_fault(50, [sure, open_], CLAIMS) is None
    assert is_at_fault(20, [sure, open_], CLAIMS) is False
