"""Evidence of separate services: times compared minute by minute."""

from hypothesis import given
from hypothesis import strategies as st
from visits_made import at

from mapping.separations import meet
from mapping.visit import Block

spans = st.lists(
    st.tuples(st.integers(0, 58), st.integers(1, 20)).map(
        lambda span: at(f"09:{span[0]:02d}-09:{min(span[0] + span[1], 59):02d}")[0]
    ),
    max_size=5,
)


def minutes(blocks: list[Block]) -> set[int]:
    """Every minute of the blocks, one by one."""
    return {m for block in blocks for m in range(block.start.minute, block.end.minute)}


@given(spans, spans)
def test_blocks_meet_where_they_share_a_minute(ours: list[Block], theirs: list[Block]) -> None:
    """The quick comparison agrees with counting minutes, whichever side is asked."""
    shared = not minutes(ours).isdisjoint(minutes(theirs))
    assert meet(ours, theirs) == shared
    assert meet(theirs, ours) == shared
