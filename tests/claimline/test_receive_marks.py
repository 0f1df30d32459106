"""Which claims of a payment are equal: counted in memory that does not grow, and by the ledger."""

import hashlib
from collections import Counter

import pytest
from databases import NewUrl
from hypothesis import given
from hypothesis import strategies as st
from receive_made import Line, clp, record, remit, sent, take, x12
from sqlalchemy import select

from claimline.services import receive_post
from reconcile.ledger import open_ledger
from reconcile.ledger.posting import Marks
from reconcile.ledger.tables_received import claim_payment

CLAIMS = [f"CLAIM{place:06d}XX" for place in range(12)]


def _mark(number: int) -> str:
    return hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()


@given(st.lists(st.integers(0, 50)))
def test_never_forgets(numbers: list[int]) -> None:
    """What was there is always said to have been there."""
    marks, before = Marks(), set()
    for number in numbers:
        assert marks.add(_mark(number)) or number not in before
        before.add(number)


def test_knows_what_is_new() -> None:
    """Of a hundred thousand new fingerprints nearly none is taken for a known one."""
    marks = Marks()
    assert sum(marks.add(_mark(number)) for number in range(100_000)) < 100


@pytest.mark.parametrize("again", [False, True], ids=["in one file", "with an earlier part"])
def test_equal_claims_are_numbered(
    new_url: NewUrl, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """Equal claims of a large payment are told apart by their number, batch after batch."""
    monkeypatch.setattr(receive_post, "TOGETHER", 1)
    monkeypatch.setattr("claimline.services.receive_workers.FROM_CLAIMS", 1)
    monkeypatch.setattr("claimline.services.receive_workers.BATCH", 3)
    monkeypatch.setattr("claimline.services.receive_workers.SHARED", 3)
    monkeypatch.setattr(
        "claimline.services.receive_workers.can_fork", lambda ledger: ledger.let_go()
    )
    claims = [clp(control, Line(paid="0", cas=("CO*97*100",)), icn="I") for control in CLAIMS]
    nothing = remit(*claims[:6], *claims[:2], *claims[4:], *claims[:1], paid="0")
    with open_ledger(new_url()) as ledger:
        record(ledger, *map(sent, CLAIMS))
        if again:
            take(ledger, x12(remit(claims[0], claims[11], paid="0")), "first.835")
        take(ledger, x12(nothing, control=2), "second.835")
        with ledger.reading() as connection:
            c = claim_payment.c
            rows = connection.execute(select(c.control, c.occurrence)).fetchall()
    found = Counter(rows)
    assert set(found.values()) == {1}
    twice = {CLAIMS[1], CLAIMS[4], CLAIMS[5]}
    wanted = {(control, 0) for control in CLAIMS} | {(control, 1) for control in twice}
    assert set(found) == wanted | {(CLAIMS[0], 1), (CLAIMS[0], 2)}
