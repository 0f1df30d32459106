"""Each answer is an event of its own; the history ends where the kept state says."""

import datetime as dt
from collections.abc import Iterator
from itertools import permutations
from random import Random

import pytest
from attrs import evolve
from databases import NewUrl
from receive_made import DAY, NOW, RUN, Line, clp, new_ledger, record, remit, sent, take, x12
from sqlalchemy import select
from test_claim_states import DENIED, ONE, SHARED, TWO, stands

from claimline.services import claims
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, states
from reconcile.ledger.tables import sent_claim
from reconcile.lifecycle import Chapter, history, state_of

PENDING = Line(paid="0", cas=("CO*133*100",))
AGAIN = Line(paid="0", cas=("CO*18*100",))
PART = Line(paid="30", cas=("CO*45*25", "CO*97*45"))
UNKNOWN = Line(code="99999", charge="77", paid="40", cas=("CO*45*37",), control="")
ON_THE_WAY = ("recorded", "delivered")


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


def told(ledger: Ledger, control: str = ONE) -> list[tuple[str, str, str]]:
    """Event, state and file of what payers answered and what came after it."""
    return [
        (one.event.kind, one.state, one.event.cause.file)
        for one in chapters(ledger, control)
        if one.event.kind not in ON_THE_WAY
    ]


def chapters(ledger: Ledger, control: str = ONE) -> tuple[Chapter, ...]:
    """The history of a claim, which ends where its kept state says."""
    with ledger.reading() as connection:
        c = sent_claim.c
        query = select(c.id).where(c.control == control).order_by(c.id)
        number = connection.execute(query).scalars().first()
        assert number is not None
        events = states.events(connection, number)
        kept = states.read(connection, [number])[number]
    made = evolve(state_of(events, open=kept.open), open=kept.open)
    assert made == kept
    return history(events)


PAID = remit(clp(ONE, SHARED, icn="A1001"), trace="H100", date="20260210")
CORRECTED = remit(clp(ONE, DENIED, icn="A1001R"), trace="H101", date="20260414")
REVERSED = remit(clp(ONE, SHARED, icn="A1001", status="22", sign=-1), trace="H102", date="20260421")
RECOVERED = remit(clp(TWO, icn="X"), trace="H103", date="20260505", plb=("PLB*1*20261231*WO:A*9",))


class TestSeveralAnswers:
    """What each answer led to."""

    @pytest.mark.parametrize("order", list(permutations("abcd")), ids="".join)
    def test_correction_before_reversal(self, order: tuple[str, ...], ledger: Ledger) -> None:
        """Paid, denied, reversal of what was paid: denied since the denial, in every order."""
        record(ledger, sent(ONE))
        files = {"a": PAID, "b": REVERSED, "c": CORRECTED, "d": RECOVERED}
        for name in order:
            take(ledger, x12(files[name], control=ord(name)), name=f"{name}.835")
        assert told(ledger) == [
            ("paid", "paid", "a.835"),
            ("denied", "denied", "c.835"),
            ("decision taken back", "denied", "b.835"),
        ]
        stand = stands(ledger)[ONE, "1"]
        assert (stand.state, stand.cause.file, stand.open) == ("denied", "c.835", 0)

    def test_reversal_alone(self, ledger: Ledger) -> None:
        """Paid, then taken back without a new decision."""
        record(ledger, sent(ONE))
        take(ledger, x12(PAID), name="a.835")
        take(ledger, x12(REVERSED, control=2), name="b.835")
        assert told(ledger) == [("paid", "paid", "a.835"), ("reversed", "reversed", "b.835")]

    @pytest.mark.parametrize("first", [True, False], ids=["reversal first", "correction first"])
    def test_both_in_one(self, first: bool, ledger: Ledger) -> None:
        """Within one remittance the reversal comes before the correction, wherever it stands."""
        record(ledger, sent(ONE))
        take(ledger, x12(PAID), name="a.835")
        parts = [
            clp(ONE, SHARED, icn="A1001", status="22", sign=-1),
            clp(ONE, DENIED, icn="A1001R"),
        ]
        both = remit(*(parts if first else reversed(parts)), trace="H102", date="20260421")
        take(ledger, x12(both, control=2), name="b.835")
        assert told(ledger) == [
            ("paid", "paid", "a.835"),
            ("reversed", "reversed", "b.835"),
            ("denied", "denied", "b.835"),
        ]

    def test_two_parts(self, ledger: Ledger) -> None:
        """Two answers to a line each: partly paid by the first, paid by the second."""
        record(ledger, sent(ONE, Line(), Line(code="97110")))
        take(ledger, x12(remit(_only(ONE, 1), date="20260210")), name="a.835")
        take(ledger, x12(remit(_only(ONE, 2), trace="B", date="20260211"), control=2), name="b.835")
        assert told(ledger) == [
            ("partly paid", "partly paid", "a.835"),
            ("paid", "paid", "b.835"),
        ]

    def test_duplicate(self, ledger: Ledger) -> None:
        """A duplicate denial changes nothing, and says so."""
        record(ledger, sent(ONE))
        take(ledger, x12(PAID), name="a.835")
        again = remit(clp(ONE, AGAIN, icn="I2"), trace="B", date="20260301")
        take(ledger, x12(again, control=2), name="b.835")
        assert told(ledger) == [("paid", "paid", "a.835"), ("duplicate answer", "paid", "b.835")]
        assert not chapters(ledger)[-1].counts

    def test_pending_after_a_reversal(self, ledger: Ledger) -> None:
        """A claim whose decision was taken back and that is looked at again is undecided."""
        record(ledger, sent(ONE))
        take(ledger, x12(PAID), name="a.835")
        take(ledger, x12(REVERSED, control=2), name="b.835")
        pending = remit(clp(ONE, PENDING, icn="I2"), trace="P", date="20260501")
        take(ledger, x12(pending, control=3), name="c.835")
        assert [one[:2] for one in told(ledger)] == [
            ("paid", "paid"), ("reversed", "reversed"), ("undecided", "accepted"),
        ]  # fmt: skip

    def test_correction_taken_back(self, ledger: Ledger) -> None:
        """What stood before stands again when the correction is taken back."""
        record(ledger, sent(ONE))
        take(ledger, x12(PAID), name="a.835")
        take(ledger, x12(CORRECTED, control=2), name="c.835")
        back = clp(ONE, DENIED, icn="A1001R", status="22", sign=-1)
        take(ledger, x12(remit(back, trace="Z", date="20260601"), control=3), name="z.835")
        assert told(ledger) == [
            ("paid", "paid", "a.835"),
            ("denied", "denied", "c.835"),
            ("decision taken back", "denied", "z.835"),
            ("paid", "paid", "a.835"),
        ]

    def test_replaced(self, ledger: Ledger) -> None:
        """A correction that was decided takes the claim's place after its own answers."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, DENIED))), name="a.835")
        record(ledger, sent(TWO, family=ONE, frequency="7"), control=9)
        take(ledger, x12(remit(clp(TWO), trace="B", date="20260301"), control=2), name="b.835")
        assert told(ledger) == [("denied", "denied", "a.835"), ("replaced", "replaced", "9.837")]


def _only(control: str, number: int) -> list[str]:
    """An answer to one line of a claim of two."""
    line = Line(code="97530" if number == 1 else "97110", control=f"{number:02d}{control}",
                paid="55", cas=("CO*45*25", "PR*2*20"))  # fmt: skip
    return clp(control, line, icn=f"I{number}")


class TestNotPlaced:
    """A payment is here, and the claim is not shown as waiting for one."""

    def test_on_no_line(self, ledger: Ledger) -> None:
        """Money on the claim alone: answered, not placed, with its cause."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, UNKNOWN, charge="100"))), name="a.835")
        assert told(ledger) == [("answered, not placed", "accepted", "a.835")]

    def test_fits_no_claim(self, ledger: Ledger) -> None:
        """A payment that names the claim and waits to be matched, whichever comes first."""
        odd = Line(code="97001", charge="500", paid="300", cas=("CO*45*200",), control="")
        record(ledger, sent(ONE))
        odd_day = DAY.replace(year=2025)
        take(ledger, x12(remit(clp(ONE, odd, day=odd_day))), name="a.835")
        assert told(ledger) == [("answered, not placed", "accepted", "a.835")]
        take(ledger, x12(remit(clp(ONE), trace="B", date="20260301"), control=2), name="b.835")
        assert told(ledger)[-1] == ("settled", "closed", "b.835")

    @pytest.mark.parametrize(
        ("status", "event"), [("23", "passed on"), ("25", "estimated")], ids=["23", "25"]
    )
    @pytest.mark.parametrize("early", [True, False], ids=["before the claim", "after it"])
    def test_no_decision(self, status: str, event: str, early: bool, ledger: Ledger) -> None:
        """Passed on and estimated are no decision, and are told whichever came first."""
        if not early:
            record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, status=status), paid="0")), name="a.835")
        if early:
            record(ledger, sent(ONE))
        assert told(ledger) == [(event, "accepted", "a.835")]
        take(ledger, x12(remit(clp(ONE), trace="B", date="20260301"), control=2), name="b.835")
        assert stands(ledger)[ONE, "1"].state == "closed"

    def test_made_again(self, ledger: Ledger) -> None:
        """A rebuild makes the same states and histories of it."""
        odd = Line(code="97001", charge="500", paid="300", cas=("CO*45*200",), control="")
        take(ledger, x12(remit(clp(ONE, odd, day=DAY.replace(year=2025)))), name="a.835")
        record(ledger, sent(ONE), sent(TWO, member="W2"))
        take(ledger, x12(remit(clp(TWO, status="23"), paid="0", trace="B"), control=2))
        before = stands(ledger), told(ledger), told(ledger, TWO)
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert (stands(ledger), told(ledger), told(ledger, TWO)) == before
        assert [one[0][0] for one in before[1:]] == ["answered, not placed", "passed on"]

    def test_opens_what_a_person_closed(self, ledger: Ledger) -> None:
        """A payment that names a closed claim and comes later has to be looked at."""
        record(ledger, sent(ONE))
        claims.close(ledger, [ONE], reason="x", usage="T", reopen=False, user="eva", now=NOW)
        assert stands(ledger)[ONE, "1"].state == "closed"
        later = evolve(RUN, started=NOW + dt.timedelta(days=1))
        take(ledger, x12(remit(clp(ONE, status="23"), paid="0")), run=later)
        assert stands(ledger)[ONE, "1"].event == "passed on"


SHAPES = (
    (SHARED, "1", 1), (DENIED, "1", 1), (PENDING, "1", 1), (AGAIN, "1", 1), (PART, "1", 1),
    (SHARED, "22", -1), (DENIED, "22", -1), (PART, "22", -1), (UNKNOWN, "1", 1),
    (SHARED, "23", 1), (SHARED, "25", 1), (Line(), "2", 1), (Line(), "19", 1),
)  # fmt: skip


def test_any_answers_in_any_order(ledger: Ledger) -> None:
    """Whatever came, the history is the same in every order and ends in the kept state."""
    dice = Random(11)
    controls = [f"QQQQQQQQ{n:03d}" for n in range(40)]
    record(ledger, *(sent(one, member=f"W{n}") for n, one in enumerate(controls)))
    files = []
    for number in range(8):
        claims = []
        for n, control in enumerate(controls):
            line, status, sign = dice.choice(SHAPES)
            charge = "100" if line is UNKNOWN else ""
            claims.append(clp(control, line, status=status, sign=sign, icn=f"I{n}", charge=charge))
        day = f"202603{dice.randint(1, 4):02d}"
        files.append(x12(remit(*claims, trace=f"T{number}", date=day), control=number + 1))
    dice.shuffle(files)
    for number, data in enumerate(files):
        take(ledger, data, name=f"{number}.835")
    stands(ledger)
    seen = {one.event.kind for control in controls for one in chapters(ledger, control)}
    assert seen >= {"denied", "reversed", "decision taken back", "another answer", "undecided"}
