"""Modifiers: times compared minute by minute, and what a visit states that does not belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visits_made import DAY, at, done, drafted, visit

from mapping.separations import meet
from mapping.visit import Block, Kx

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


@pytest.mark.parametrize(
    ("code", "modifier", "words"),
    [
        ("97530", "51", "MPPR"),
        ("97530", "50", "two sides"),
        ("97110", "50", ""),
        ("97530", "CK", "2018"),
        ("97530", "ZZ", "not in our tables"),
        ("97530", "76", ""),
        ("97530", "96", ""),
    ],
)
def test_modifiers_that_do_not_belong_are_said(code: str, modifier: str, words: str) -> None:
    """What the table calls suspicious and what no table knows is kept and warned of."""
    draft = drafted(visit(done(code, 23, modifiers=(modifier,))))
    said = [w.message for w in draft.warnings if w.code == "warn.modifier-use"]
    assert len(said) == bool(words)
    assert all(words in message for message in said)


@pytest.mark.parametrize(("who", "expected"), [("rivera", 0), ("pike", 1), ("lee", 1), ("no", 1)])
def test_who_supports_kx_is_looked_at_before_it_is_due(who: str, expected: int) -> None:
    """An assistant, a referrer or an unknown person cannot support KX, and that is said at once."""
    draft = drafted(visit(kx=Kx(supported_by=who, date=DAY)))
    said = [w for w in draft.warnings if "only a therapist's statement" in w.message]
    assert len(said) == expected
