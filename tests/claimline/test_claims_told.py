"""What ``claims`` says of one claim: what it is, why it stands where it stands, what to do."""

import datetime as dt

import pytest
from attrs import evolve

from claimline.services.claims import next_step, why_of
from reconcile.ledger.states_listed import ListedClaim
from reconcile.lifecycle import Cause

BY_999 = Cause(file="a.999", kind="999", segment=3, codes="IK502:5")
REJECTED = ListedClaim(
    claim="C1",
    family="C1",
    frequency="1",
    rank="P",
    state="rejected",
    event="batch rejected",
    since="2026-03-03T08:00:00Z",
    cause=BY_999,
    payer="aetna",
    payer_name="AETNA",
    discipline="PT",
    date=dt.date(2026, 3, 2),
    charge=10000,
    open=10000,
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"frequency": "8"}, "the void of this claim; batch rejected"),
        ({"claim": "C2", "frequency": "7"}, "replacement of C1; batch rejected"),
        ({"claim": "C2"}, "new claim in place of C1; batch rejected"),
        ({"claim": "C2", "rank": "S"}, "batch rejected"),
        ({}, "batch rejected"),
    ],
    ids=["void", "replacement", "new", "second-payer", "first"],
)
def test_what_a_claim_is(changed: dict[str, str], words: str) -> None:
    """A void has the number of its claim; a correction names the claim it stands for."""
    assert why_of(evolve(REJECTED, **changed)).startswith(words)  # type: ignore[arg-type]  # texts


@pytest.mark.parametrize(
    ("event", "words"),
    [("voided", "by its void, 837P b.837 segment 9"), ("replaced", "by claim C2, 837P b.837")],
    ids=["voided", "replaced"],
)
def test_by_which_claim(event: str, words: str) -> None:
    """Voided and replaced say by what."""
    cause = Cause(file="b.837", kind="837P", segment=9, codes="claim C2")
    one = evolve(REJECTED, state=event, event=event, cause=cause)  # type: ignore[arg-type]  # a state
    assert why_of(one).startswith(words)


@pytest.mark.parametrize(
    ("event", "cause", "words"),
    [
        ("batch rejected", BY_999, "where the fault is in this claim"),
        ("batch rejected", evolve(BY_999, kind="277CA", codes="A3:24"), "claimline resend sends"),
        ("file rejected", Cause(kind="TA1", codes="006"), "claimline resend sends it again"),
        ("file rejected", Cause(kind="TA1", codes="025"), "was the file sent twice, leave it"),
        ("claim rejected", evolve(BY_999, kind="277CA"), "claimline correct --visits: a new claim"),
    ],
    ids=["999", "277CA-batch", "TA1", "TA1-copy", "claim"],
)
def test_after_a_rejection(event: str, cause: Cause, words: str) -> None:
    """What to do depends on what was refused, and by whom; a copy is not sent again as it is."""
    assert words in next_step(evolve(REJECTED, event=event, cause=cause))
