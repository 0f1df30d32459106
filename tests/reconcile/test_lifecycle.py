"""The table of a claim's life, and the state as a function of the set of what happened."""

import typing
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from remits import claim, line

from reconcile.books import CROSSOVER, NO_REVERSAL, PRIOR_MISSING
from reconcile.lifecycle import (
    EVENTS,
    MOVES,
    STATES,
    Cause,
    Event,
    EventKind,
    State,
    decided,
    history,
    state_of,
)
from reconcile.values import LineBooks

SENT = (Event(kind="recorded"), Event(kind="delivered"))


def said(kind: EventKind, speaker: int = 0, date: str = "", **more: int) -> Event:
    """An event of the first transmission."""
    depth = 4 if kind.startswith("claim") else 2
    return Event(kind=kind, speaker=speaker, date=date, depth=depth, **more)  # type: ignore[arg-type]  # numbers


COPY = Event(kind="file rejected", date="2026-03-02", cause=Cause(kind="TA1", codes="025"), depth=6)
AGAIN = (Event(kind="recorded", transmission=1), Event(kind="delivered", transmission=1))
COPIED = Event(
    kind="claim rejected", transmission=1, speaker=2, cause=Cause(kind="277CA", codes="A7:54")
)


class TestTable:
    """The table is whole."""

    def test_every_state_is_told(self) -> None:
        """Each state has one row, and is reached by some event or is where a draft waits."""
        states = typing.get_args(State)
        assert tuple(row.state for row in STATES) != ()
        assert sorted(row.state for row in STATES) == sorted(states)
        assert {move.to for move in MOVES} | {"held"} == set(states)

    def test_every_event_is_told(self) -> None:
        """Each event has one row, and moves something unless its row says that it does not."""
        kinds = typing.get_args(EventKind)
        assert sorted(row.kind for row in EVENTS) == sorted(kinds)
        assert {move.event for move in MOVES} | {"held"} == {r.kind for r in EVENTS if r.moves}

    def test_no_contradiction(self) -> None:
        """No state and event lead to two states."""
        pairs = [(state, move.event) for move in MOVES for state in move.states]
        assert len(pairs) == len(set(pairs))

    def test_a_decision_outweighs_every_word_on_the_way(self) -> None:
        """From each state on the way every decision leads to its own state."""
        on_the_way = ("ready", "sent", "received", "accepted", "rejected", "closed")
        for kind in ("denied", "partly paid", "paid", "forwarded", "reversed"):
            leads = {state for m in MOVES if m.event == kind for state in m.states}
            assert leads >= set(on_the_way)


class TestOnTheWay:
    """Who says what, and whose word stands."""

    @pytest.mark.parametrize(
        ("events", "state"),
        [
            pytest.param((), "held", id="drafted"),
            pytest.param((Event(kind="recorded"),), "ready", id="recorded"),
            pytest.param(SENT, "sent", id="delivered"),
            pytest.param((*SENT, Event(kind="taken back")), "closed", id="taken back"),
            pytest.param((*SENT, said("batch accepted")), "received", id="999 accepted"),
            pytest.param((*SENT, said("batch rejected")), "rejected", id="999 rejected"),
            pytest.param(
                (*SENT, said("batch rejected", date="2026-03-01"),
                 said("batch accepted", date="2026-03-02")),
                "received", id="accepted a day after the rejection",
            ),
            pytest.param(
                (*SENT, said("batch accepted", date="2026-03-01"),
                 said("batch rejected", date="2026-03-01")),
                "rejected", id="both on one day",
            ),
            pytest.param(
                (*SENT, said("claim accepted", 1, "2026-03-02"),
                 said("claim rejected", 2, "2026-03-01")),
                "rejected", id="payer rejects what the clearinghouse accepted",
            ),
            pytest.param(
                (*SENT, said("claim accepted", 1), said("claim received", 2)),
                "accepted", id="payer received what the clearinghouse accepted",
            ),
            pytest.param(
                (*SENT, said("claim rejected", 1), Event(kind="recorded", transmission=1),
                 Event(kind="delivered", transmission=1)),
                "sent", id="sent again",
            ),
            pytest.param(
                (*SENT, Event(kind="recorded", transmission=1), said("claim accepted", 2)),
                "ready", id="late acceptance of the earlier transmission",
            ),
            pytest.param(
                (*SENT, said("claim rejected", 2), Event(kind="paid")),
                "paid", id="paid after a rejection",
            ),
            pytest.param(
                (*SENT, said("file rejected"), Event(kind="undecided")),
                "accepted", id="answered without a decision after a rejection",
            ),
        ],
    )  # fmt: skip
    def test_state(self, events: tuple[Event, ...], state: str) -> None:
        """The state is the same in every order of the facts."""
        assert {state_of(order).state for order in permutations(events)} == {state}

    @pytest.mark.parametrize(
        ("events", "state"),
        [
            pytest.param((*SENT, said("batch accepted", date="2026-03-01"), COPY), "received",
                         id="file uploaded twice"),
            pytest.param((*SENT, COPY), "rejected", id="a number used by another ledger"),
            pytest.param((*SENT, said("claim accepted", 1), *AGAIN, COPIED), "accepted",
                         id="thought lost, sent again"),
            pytest.param((*SENT, *AGAIN, COPIED), "received", id="nobody answered the first"),
            pytest.param((*SENT, said("batch rejected"), *AGAIN, COPIED), "rejected",
                         id="copy of a rejected one"),
            pytest.param((*SENT, said("claim accepted", 1), *AGAIN, COPIED, Event(kind="paid")),
                         "paid", id="and paid"),
        ],
    )  # fmt: skip
    def test_copies(self, events: tuple[Event, ...], state: str) -> None:
        """What is refused as a copy of what is there leaves the first one as it stands."""
        assert {state_of(order).state for order in permutations(events)} == {state}
        assert len(history(events)) == len(events)

    @given(
        st.lists(
            st.builds(
                Event,
                kind=st.sampled_from([row.kind for row in EVENTS if row.kind != "held"]),
                transmission=st.integers(0, 2),
                speaker=st.integers(0, 2),
                date=st.sampled_from(["", "2026-03-01", "2026-03-02"]),
                depth=st.integers(0, 4),
                at=st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]),
            ),
            max_size=9,
        ),
        st.randoms(use_true_random=False),
    )
    def test_any_order(self, events: list[Event], random: object) -> None:
        """Whatever happened, the order of learning it changes nothing of the state or its cause."""
        shuffled = list(events)
        random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
        assert state_of(shuffled) == state_of(events)
        chapters = history(shuffled)
        assert len(chapters) == len(events)
        if chapters:
            assert chapters[-1].state == state_of(events).state

    def test_history_says_what_did_not_count(self) -> None:
        """A word that changes nothing stays in the history and is marked."""
        told = history((*SENT, said("claim accepted", 1), said("batch received", 2)))
        assert [(one.event.kind, one.state, one.counts) for one in told] == [
            ("recorded", "ready", True),
            ("delivered", "sent", True),
            ("claim accepted", "accepted", True),
            ("batch received", "accepted", False),
        ]


def books(status: str, **money: object) -> LineBooks:
    """The books of a line of 100 dollars."""
    flags = money.pop("flags", ())
    amounts = {name: Decimal(str(amount)) for name, amount in money.items()}
    return LineBooks(line="1", status=status, charge=Decimal(100), flags=flags, **amounts)  # type: ignore[arg-type]  # made up


class TestDecided:
    """Denied, partly paid, zero-paid and settled are different things."""

    @pytest.mark.parametrize(
        ("lines", "event"),
        [
            pytest.param([books("paid", paid=75, contractual=25)], "settled", id="to the last cent"),
            pytest.param([books("paid", patient=100)], "paid", id="all to the deductible"),
            pytest.param([books("paid", paid=60, patient=20)], "settled", id="copay collected"),
            pytest.param([books("denied", denied=100)], "denied", id="denied"),
            pytest.param([books("denied"), books("open", open=100)], "denied", id="denied, open"),
            pytest.param([books("denied"), books("paid")], "partly paid", id="one of each"),
            pytest.param([books("paid"), books("open", open=100)], "partly paid", id="one open"),
            pytest.param([books("reduced", paid=50, denied=50)], "partly paid", id="reduced"),
            pytest.param([books("reversed", open=100)], "reversed", id="taken back"),
            pytest.param([books("paid"), books("reversed")], "reversed", id="one taken back"),
            pytest.param([books("replaced", other=100)], "replaced", id="replaced"),
            pytest.param([books("voided", other=100)], "voided", id="voided"),
            pytest.param(
                [books("paid", paid=80, patient=20.01, flags=(CROSSOVER,))], "forwarded",
                id="crossed over",
            ),
            pytest.param([books("paid", flags=(PRIOR_MISSING,))], "paid", id="wants a look"),
            pytest.param([books("paid", flags=(NO_REVERSAL,))], "decided twice", id="twice"),
            pytest.param([books("open", other=100)], "undecided", id="pending"),
        ],
    )  # fmt: skip
    def test_event(self, lines: list[LineBooks], event: str) -> None:
        """The books of the lines come to this event."""
        sent = claim(line("L1", "97530:GP", "100"), collected="20.00")
        assert decided(sent, lines) == event

    def test_nothing_came(self) -> None:
        """Without an answer nothing is decided."""
        sent = claim(line("L1", "97530:GP", "100"))
        assert decided(sent, [books("open", open=100)], answered=False) is None
