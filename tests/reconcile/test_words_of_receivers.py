"""What receivers' words come to: whose stands, which claim is meant, what is proof."""

import datetime as dt
import random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from reconcile.acknowledgements import RANK, Heard, depth_of, event_of, next_step, standing
from reconcile.acknowledgements_match import (
    SEVERAL,
    Candidate,
    Named,
    Sending,
    batch_numbers,
    choose,
)
from reconcile.acknowledgements_proof import proof
from reconcile.lifecycle import Event, state_of

WORD = Heard(
    id=1,
    acknowledgement=1,
    kind="277CA",
    source="clearinghouse",
    source_name="RELAY",
    level="claim",
    verdict="accepted",
    date="2026-03-03",
    recorded_at="2026-03-03T08:00:00Z",
)
CLAIM = Candidate(
    id=1,
    control="C1",
    frequency="1",
    date="2026-01-05",
    until="2026-01-05",
    charge=10000,
    sendings=(Sending(7, "0001", 10, "2026-03-01"),),
)


def words(*said: tuple[str, str, str, str]) -> list[Heard]:
    """Words given as (source, level, verdict, day of March)."""
    return [
        evolve(
            WORD,
            id=number,
            acknowledgement=number,
            kind="999" if source == "translator" else "277CA",
            source=source,
            level=level,
            verdict=verdict,
            date=f"2026-03-{day}",
        )
        for number, (source, level, verdict, day) in enumerate(said, 1)
    ]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([("translator", "transaction", "accepted", "03")], "accepted"),
        ([("clearinghouse", "claim", "accepted", "03"), ("payer", "claim", "rejected", "05")],
         "rejected"),
        ([("payer", "claim", "accepted", "05"), ("clearinghouse", "claim", "rejected", "07")],
         "accepted"),
        ([("payer", "claim", "rejected", "05"), ("payer", "claim", "accepted", "07")], "accepted"),
        ([("payer", "transaction", "received", "05"), ("payer", "claim", "rejected", "05")],
         "rejected"),
        ([("payer", "claim", "accepted", "05"), ("payer", "claim", "rejected", "05")], "rejected"),
        ([("payer", "claim", "accepted", "05"), ("payer", "claim", "other", "09")], "accepted"),
        ([("translator", "transaction", "accepted", "03"),
          ("translator", "group", "partly accepted", "03")], "accepted"),
        ([], None),
    ],
    ids=["form-alone", "payer-over-clearinghouse", "clearinghouse-later-is-lower", "later-day",
         "deeper-word", "rejection-of-one-day", "no-verdict", "partly-says-nothing", "nothing"],
)  # fmt: skip
def test_whose_word_stands(said: list[tuple[str, str, str, str]], verdict: str | None) -> None:
    """The higher receiver's, then the later, the deeper and the graver word stands."""
    assert standing(words(*said), sending=0).verdict == verdict


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["translator", "clearinghouse", "payer"]),
            st.sampled_from(["interchange", "group", "transaction", "claim", "line"]),
            st.sampled_from(["accepted", "rejected", "received", "other", "partly accepted"]),
            st.sampled_from(["03", "04", "05"]),
        ),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_coming_does_not_matter(
    said: list[tuple[str, str, str, str]], shuffled: random.Random
) -> None:
    """Whatever order words came in, the same one stands and the same proof comes out."""
    heard = words(*said)
    other = heard.copy()
    shuffled.shuffle(other)
    assert standing(other, sending=0) == evolve(
        standing(heard, sending=0),
        line_rejections=tuple(o for o in other if o.level == "line" and o.refuses),
    )
    assert proof(other, sendings=1).strength == proof(heard, sendings=1).strength


def test_an_earlier_sending_is_history() -> None:
    """A rejection of the first sending says nothing of the second; its proof is of the second."""
    first, second = words(
        ("payer", "claim", "rejected", "03"), ("payer", "claim", "accepted", "09")
    )
    heard = [first, evolve(second, sending=1)]
    assert standing(heard, sending=1).verdict == "accepted"
    found = proof(heard, sendings=2)
    assert (found.strength, found.sending, found.day) == ("payer", 1, dt.date(2026, 3, 9))


def test_earliest_of_equal_proofs() -> None:
    """Of two sendings the payer accepted, the first proves."""
    first, second = words(
        ("payer", "claim", "accepted", "03"), ("payer", "claim", "accepted", "09")
    )
    found = proof([evolve(second, sending=1), first], sendings=2)
    assert (found.sending, found.day) == (0, dt.date(2026, 3, 3))


@pytest.mark.parametrize(
    ("level", "own_fault", "road"),
    [("interchange", None, "resend"), ("group", None, "resend"), ("transaction", False, "resend"),
     ("transaction", True, "correct"), ("provider", None, "correct"), ("claim", None, "correct")],
    ids=["file", "group", "other's-fault", "own-fault", "provider", "claim"],
)  # fmt: skip
def test_step_after_a_rejection(level: str, own_fault: bool | None, road: str) -> None:
    """What was rejected as a whole is sent again, a rejected claim is mended first."""
    [word] = words(("payer", level, "rejected", "03"))
    step = next_step(standing([evolve(word, own_fault=own_fault)], sending=0))
    assert f"claimline {road}" in step


def test_a_rejected_claim_is_neither_replaced_nor_appealed() -> None:
    """Nobody decided on it: it goes as a new original."""
    [word] = words(("payer", "claim", "rejected", "03"))
    step = next_step(standing([word], sending=0))
    assert "original" in step
    assert "no replacement, and there is nothing to appeal" in step


class TestWhichClaim:
    """The claim and the sending that are meant."""

    def test_numbered_by_account(self) -> None:
        """Two services under one number are told apart by the day of service, else by nobody."""
        other = evolve(CLAIM, id=2, date="2026-01-12", until="2026-01-12")
        named = Named(level="claim", claim="C1", date="2026-03-03")
        by_day = evolve(named, service_date="2026-01-12")
        found = choose(by_day, [CLAIM, other], exact=True, batch=None)
        assert found.claim is other
        left = choose(named, [CLAIM, other], exact=True, batch=None)
        assert (left.claim, left.method) == (None, SEVERAL)

    def test_several_by_a_changed_number_are_nobody(self) -> None:
        """Where the number was changed and two claims may be meant, time decides nothing."""
        other = evolve(CLAIM, id=2, frequency="8")
        named = Named(level="claim", claim="c-1", date="2026-03-03")
        assert choose(named, [CLAIM, other], exact=False, batch=None).claim is None

    @pytest.mark.parametrize(
        ("on", "batch", "sending"),
        [("2026-03-03", None, 0), ("2026-03-12", None, 1), ("2026-02-01", None, 0),
         ("2026-03-12", (7, "0001"), 0)],
        ids=["before-the-second", "after-it", "before-both", "batch-names-the-first"],
    )  # fmt: skip
    def test_which_sending(self, on: str, batch: tuple[int, str] | None, sending: int) -> None:
        """The sending in the batch, else the last one before the word."""
        twice = evolve(CLAIM, sendings=(*CLAIM.sendings, Sending(9, "0001", 10, "2026-03-10")))
        named = Named(level="claim", claim="C1", date=on)
        assert choose(named, [twice], exact=True, batch=batch).sending == sending


@pytest.mark.parametrize(
    ("reference", "numbers"),
    [("0000000770001", (77, "0001")), ("BATCH0001", None), ("", None), ("77", None),
     ("00000007700O1", None), ("\u0660" * 13, None)],
    ids=["ours", "words", "empty", "short", "letter-O", "other-digits"],
)  # fmt: skip
def test_batch_numbers_of_ours(reference: str, numbers: tuple[int, str] | None) -> None:
    """Only a batch number in our own form is taken apart."""
    assert batch_numbers(reference) == numbers


ROWS = [
    ("translator", "interchange"), ("translator", "group"), ("translator", "transaction"),
    ("clearinghouse", "transaction"), ("clearinghouse", "claim"), ("payer", "claim"),
    ("payer", "transaction"),
]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ROWS),
            st.sampled_from(["accepted", "accepted with errors", "received", "rejected", "other"]),
            st.sampled_from(["03", "04"]),
        ),
        max_size=6,
    )
)
def test_the_word_that_stands_is_the_one_that_led_to_the_state(
    rows: list[tuple[tuple[str, str], str, str]],
) -> None:
    """What trace says stands and the claim's state never differ: one table decides both."""
    said = words(*((source, level, verdict, day) for (source, level), verdict, day in rows))
    events = [Event(kind="recorded"), Event(kind="delivered")]
    for one in said:
        kind = event_of(one.kind, one.level, one.verdict)
        if kind is not None:
            events.append(
                Event(
                    kind=kind,
                    speaker=RANK[one.source],
                    date=one.date,
                    depth=depth_of(one.kind, one.level, one.verdict),
                    at=f"{one.id:02}",
                )
            )
    stand, now = state_of(events), standing(said, sending=0)
    assert (stand.state == "rejected") == (now.verdict == "rejected")
    assert stand.state != "accepted" or now.verdict == "accepted"
    if stand.since and now.word is not None:
        assert stand.since == f"{now.word.id:02}"


def test_a_payers_receipt_does_not_undo_an_acceptance() -> None:
    """What the clearinghouse accepted is accepted also after the payer says it has the file."""
    said = words(("clearinghouse", "claim", "accepted", "03"), ("payer", "claim", "received", "04"))
    assert standing(said, sending=0).word == said[0]


def test_a_rejected_group_rejects_what_had_the_right_form() -> None:
    """AK901 R takes every transaction with it, also one with IK501 A."""
    said = words(
        ("translator", "transaction", "accepted", "03"), ("translator", "group", "rejected", "03")
    )
    assert standing(said, sending=0).verdict == "rejected"


def test_the_payers_receipt_counts_against_the_limit() -> None:
    """What the payer accepted after the limit was filed in time where it was received in time."""
    said = words(
        ("clearinghouse", "claim", "accepted", "02"),
        ("payer", "claim", "received", "03"),
        ("payer", "claim", "accepted", "09"),
    )
    shown = proof(said, sendings=1)
    assert (shown.strength, shown.day, shown.arrived) == (
        "payer", dt.date(2026, 3, 9), dt.date(2026, 3, 3),
    )  # fmt: skip
    assert shown.is_in_time(dt.date(2026, 3, 5)) is True
    assert proof(said[2:], sendings=1).is_in_time(dt.date(2026, 3, 5)) is False
