"""States of sent claims in the ledger: from every kind of fact, in every order, made again."""

from collections.abc import Iterator
from itertools import permutations
from random import Random

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange, take_277ca
from databases import NewUrl, tamper
from receive_made import DAY, RUN, Line, clp, new_ledger, record, remit, sent, take, x12
from sqlalchemy import select

from claimline.services.rebuild import rebuild
from reconcile.ledger import (
    Ledger,
    connect,
    deliveries,
    migrate,
    open_ledger,
    states,
    states_facts,
    upgrade_ledger,
)
from reconcile.ledger.states_paid import Decisions
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.totals import own_lines
from reconcile.lifecycle import Stand

ONE, TWO, THREE = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22", "CCCCCCCCCCCC33"
DENIED = Line(paid="0", cas=("CO*50*100",))
SHARED = Line(paid="55", cas=("CO*45*25", "PR*2*20"))
ACCEPTED = "A2:20*20260303*WQ*100"
REJECTED = "A7:562:85*20260304*U*100"


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


def stands(ledger: Ledger) -> dict[tuple[str, str], Stand]:
    """Where the claims are, by number and frequency; the kept ones are those of the facts."""
    with ledger.reading() as connection:
        c = sent_claim.c
        rows = connection.execute(select(c.id, c.control, c.frequency).order_by(c.id)).fetchall()
        numbers = [row.id for row in rows]
        kept = states.read(connection, numbers)
        assert kept == states.stands(connection, numbers)
    return {(row.control, row.frequency): kept[row.id] for row in rows}


def state(ledger: Ledger, control: str = ONE, frequency: str = "1") -> tuple[str, int]:
    """The state of a claim and the cents that are open."""
    stand = stands(ledger)[control, frequency]
    return stand.state, stand.open


def digest(ledger: Ledger, name: str) -> str:
    """Of the file of claims of that name."""
    return next(one.digest for one in ledger.unwritten_files() if one.name == name)


def written(ledger: Ledger, control: int) -> str:
    """The file stands in the outbox; gives its digest."""
    found = digest(ledger, f"{control}.837")
    with ledger.begin(RUN) as writer:
        writer.mark_written(found, name=f"{control}.837")
    return found


class TestOnTheWay:
    """Recorded, delivered, taken back, acknowledged."""

    def test_ready_then_sent(self, ledger: Ledger) -> None:
        """A claim is ready until its file stands in the outbox; all of it is open."""
        record(ledger, sent(ONE), control=7)
        assert state(ledger) == ("ready", 10000)
        written(ledger, 7)
        assert state(ledger) == ("sent", 10000)
        assert stands(ledger)[ONE, "1"].cause.file == "7.837"

    def test_999(self, ledger: Ledger) -> None:
        """A 999 speaks for all claims of its transaction."""
        record(ledger, sent(ONE), sent(TWO), control=7)
        written(ledger, 7)
        take(ledger, interchange(a999(7, ak2("0001", "R"), group="R")), name="a.999")
        assert (state(ledger), state(ledger, TWO)) == (("rejected", 10000), ("rejected", 10000))
        cause = stands(ledger)[ONE, "1"].cause
        assert (cause.file, cause.kind) == ("a.999", "999")

    @pytest.mark.parametrize(
        "order", list(permutations(range(4))), ids=lambda o: "".join(map(str, o))
    )
    def test_every_order(self, order: tuple[int, ...], ledger: Ledger) -> None:
        """999, clearinghouse, payer and payment in any order end in the same state."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        files = [
            lambda: take(ledger, interchange(a999(7, ak2("0001"))), name="a.999"),
            lambda: take_277ca(ledger, a277ca(claim_said(ONE, ACCEPTED), source="AY"), control=1),
            lambda: take_277ca(ledger, a277ca(claim_said(ONE, REJECTED)), control=2),
            lambda: take(ledger, x12(remit(clp(ONE, SHARED)))),
        ]
        for n, step in enumerate(order):
            files[step]()
            done = set(order[: n + 1])
            if 3 in done:
                assert state(ledger) == ("paid", 0)
            elif 2 in done:
                assert state(ledger) == ("rejected", 10000)

    def test_taken_back(self, ledger: Ledger) -> None:
        """A file that was taken back never was sent: its visits can be billed, nothing is open."""
        record(ledger, sent(ONE), control=7)
        found = written(ledger, 7)
        assert ledger.known_visits([f"visit {ONE}"], usage="T")
        with ledger.begin(RUN) as writer:
            assert writer.unsend(found, user="eva", reason="wrong month").claims == 1
        stand = stands(ledger)[ONE, "1"]
        assert (stand.state, stand.event, stand.open) == ("closed", "taken back", 0)
        assert (stand.cause.person, stand.cause.reason) == ("eva", "wrong month")
        assert ledger.known_visits([f"visit {ONE}"], usage="T") == {}
        assert list(ledger.received(usage="T", answered=False)) == []
        with ledger.begin(RUN) as writer:
            assert writer.unsend(found, user="eva", reason="again").already

    def test_answered_all_the_same(self, ledger: Ledger) -> None:
        """An answer to a file that was taken back says that it was sent."""
        record(ledger, sent(ONE), control=7)
        with ledger.begin(RUN) as writer:
            writer.unsend(digest(ledger, "7.837"), user="eva", reason="wrong month")
        take(ledger, x12(remit(clp(ONE, SHARED))))
        assert state(ledger) == ("paid", 0)
        assert ledger.known_visits([f"visit {ONE}"], usage="T")

    def test_not_taken_back_once_somebody_has_it(self, ledger: Ledger) -> None:
        """A delivered file, and one that was answered, cannot be taken back."""
        record(ledger, sent(ONE), control=7)
        record(ledger, sent(TWO), control=8)
        first, second = digest(ledger, "7.837"), digest(ledger, "8.837")
        with ledger.begin(RUN) as writer:
            writer.mark_delivered(first, profile="hub", name="7.837")
        take(ledger, interchange(a999(8, ak2("0001"))), name="a.999")
        for found, word in ((first, "delivered"), (second, "999")):
            with pytest.raises(deliveries.NotUnsendableError, match=word), ledger.begin(RUN) as w:
                w.unsend(found, user="eva", reason="late")


class TestDecided:
    """What the payers make of it."""

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            pytest.param(Line(), ("closed", 0), id="settled"),
            pytest.param(SHARED, ("paid", 0), id="patient's share left"),
            pytest.param(Line(paid="0", cas=("PR*1*100",)), ("paid", 0), id="all deductible"),
            pytest.param(DENIED, ("denied", 0), id="denied"),
            pytest.param(Line(paid="50", cas=("CO*45*25", "CO*151*25")), ("partly paid", 0),
                         id="part refused"),
            pytest.param(Line(paid="0", cas=("CO*45*100",)), ("paid", 0), id="all written off"),
            pytest.param(Line(paid="0", cas=("OA*23*100",)), ("paid", 0), id="prior payer missing"),
            pytest.param(Line(paid="0", cas=("CO*133*100",)), ("accepted", 0), id="pending"),
            pytest.param(Line(paid="75", cas=("CO*45*20",)), ("paid", 0), id="not explained"),
        ],
    )  # fmt: skip
    def test_one_answer(self, ledger: Ledger, line: Line, expected: tuple[str, int]) -> None:
        """One answer to a line leads to this state; the quick sums are those of the books."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, line))))
        assert state(ledger) == expected

    def test_reversed_then_corrected(self, ledger: Ledger) -> None:
        """Reversed while the correction is missing, then what the correction says."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        take(ledger, x12(remit(clp(ONE, status="22", sign=-1), trace="B", date="20260301")))
        assert state(ledger) == ("reversed", 10000)
        corrected = remit(clp(ONE, DENIED, icn="ICN2"), trace="C", date="20260302")
        take(ledger, x12(corrected))
        assert state(ledger) == ("denied", 0)

    def test_correction_before_reversal(self, ledger: Ledger) -> None:
        """Decided twice is open below zero, as the books say."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        take(ledger, x12(remit(clp(ONE, DENIED, icn="ICN2"), trace="C", date="20260302")))
        assert state(ledger) == ("denied", -10000)


class TestFamily:
    """Other claims of the same visits."""

    def test_replacement(self, ledger: Ledger) -> None:
        """A denied claim is replaced once the replacement is decided."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, DENIED))))
        record(ledger, sent(TWO, family=ONE, frequency="7"), control=9)
        assert state(ledger) == ("denied", 0)
        take(ledger, x12(remit(clp(TWO), trace="B", date="20260301")))
        assert (state(ledger), state(ledger, TWO, "7")) == (("replaced", 0), ("closed", 0))
        assert stands(ledger)[ONE, "1"].cause.codes == f"claim {TWO}"

    def test_rejected_is_replaced_when_the_new_one_is_sent(self, ledger: Ledger) -> None:
        """A new claim for a rejected one takes its place when it is sent, not before."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED)))
        record(ledger, sent(TWO, family=ONE), control=8)
        assert (state(ledger), state(ledger, TWO)) == (("rejected", 10000), ("ready", 10000))
        written(ledger, 8)
        assert (state(ledger), state(ledger, TWO)) == (("replaced", 0), ("sent", 10000))

    def test_new_one_taken_back(self, ledger: Ledger) -> None:
        """A new claim that was taken back took no place."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED)))
        record(ledger, sent(TWO, family=ONE), control=8)
        found = written(ledger, 8)
        with ledger.begin(RUN) as writer:
            writer.unsend(found, user="eva", reason="not yet")
        assert (state(ledger), state(ledger, TWO)) == (("rejected", 10000), ("closed", 0))

    def test_void(self, ledger: Ledger) -> None:
        """A void bills nothing; the claim is voided by its reversal, and so is the void done."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        record(ledger, sent(ONE, frequency="8"), control=9)
        assert (state(ledger), state(ledger, frequency="8")) == (("closed", 0), ("ready", 0))
        take(ledger, x12(remit(clp(ONE, status="22", sign=-1), trace="B", date="20260301")))
        assert (state(ledger), state(ledger, frequency="8")) == (("voided", 0), ("closed", 0))


class TestMadeAgain:
    """The states are derived."""

    def test_rebuild(self, ledger: Ledger) -> None:
        """A rebuild makes the same states, since when and why."""
        record(ledger, sent(ONE), sent(TWO), sent(THREE), control=7)
        written(ledger, 7)
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED), claim_said(TWO, ACCEPTED)))
        take(ledger, x12(remit(clp(THREE, SHARED))))
        before = stands(ledger)
        assert {one.state for one in before.values()} == {"rejected", "accepted", "paid"}
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert stands(ledger) == before

    def test_upgrade_fills_them(self, new_url: NewUrl) -> None:
        """A ledger of the version before has the states of its claims after the upgrade."""
        url = new_url.bare()
        engine = connect.make_engine(connect.parse(url))
        migrate.upgrade(engine, "0003")
        engine.dispose()
        tamper(
            url,
            "INSERT INTO run (id, command, version, started_at) "
            "VALUES (1, 'bill', '0', '2026-03-01T08:00:00Z')",
            "INSERT INTO file (id, digest, kind, direction, name, size, chunks, run_id, "
            "recorded_at) VALUES (1, 'd', '837P', 'out', '1.837', 0, 0, 1, "
            "'2026-03-01T08:00:00Z')",
            "INSERT INTO sent_file (file_id, usage, sender, receiver, interchange_control, name, "
            "claims, run_id, recorded_at) VALUES (1, 'T', 'US', 'THEM', 1, '1.837', 1, 1, "
            "'2026-03-01T08:00:00Z')",
            "INSERT INTO written_file (file_id, name, run_id, recorded_at) "
            "VALUES (1, '1.837', 1, '2026-03-02T08:00:00Z')",
            "INSERT INTO sent_claim (id, usage, control, stem, family, frequency, origin, charge, "
            "date, until, collected, file_id, position, run_id, recorded_at, payer_rank) "
            f"VALUES (1, 'T', '{ONE}', 's', '{ONE}', '1', 'billed', 10000, '2026-01-05', "
            "'2026-01-05', 0, 1, 20, 1, '2026-03-01T08:00:00Z', 'P')",
        )
        assert upgrade_ledger(url) == ("0003", connect.HEAD)
        with open_ledger(url) as ledger:
            stand = stands(ledger)[ONE, "1"]
        assert (stand.state, stand.open, stand.since) == ("sent", 10000, "2026-03-02T08:00:00Z")


class TestTotals:
    """What fills a patient's yearly therapy total."""

    def test_rejected_and_taken_back_do_not(self, ledger: Ledger) -> None:
        """KX accrues in the order of receipt: what the payer never got fills nothing."""
        record(ledger, sent(ONE), control=7)
        record(ledger, sent(TWO), control=8)
        record(ledger, sent(THREE), control=9)
        written(ledger, 7)
        found = written(ledger, 8)

        def filled() -> list[str]:
            with ledger.reading() as connection:
                lines = own_lines(connection, usage="T", payers=["aetna"], since=DAY)
                return [one.claim for one in lines]

        assert filled() == [ONE, TWO, THREE]
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED)))
        with ledger.begin(RUN) as writer:
            writer.unsend(found, user="eva", reason="wrong month")
        assert filled() == [THREE]


CAS = (
    "CO*45*25", "CO*45*100", "PR*1*100", "PR*2*20", "PR*3*15", "CO*97*100", "CO*50*100",
    "CO*151*50", "PR*204*100", "OA*23*40", "OA*94*-30", "CO*253*2", "CO*59*10", "CO*133*100",
    "PR*100*75", "CO*18*100", "PI*16*60", "XX*1*10", "CO*45*-25", "OA*18*100", "CO*999*10",
)  # fmt: skip


def test_quick_sums_are_those_of_the_books(ledger: Ledger) -> None:
    """Whatever one answer says of two lines, adding it up in cents gives what the books give."""
    dice = Random(7)
    records, claims = [], []
    for number in range(400):
        control = f"QQQQQQQQQQ{number:04d}"
        lines = tuple(
            Line(
                paid=str(dice.choice((0, 0, 30, 55, 75, 100, 130))),
                cas=tuple(dice.sample(CAS, dice.randint(0, 3))),
            )
            for _ in range(2)
        )
        records.append(sent(control, *lines, member=f"W{number}"))
        remarks = dice.choice(((), (), (), ("MOA***N781",), ("MOA***MA18",), ("MOA***N851",)))
        claims.append(clp(control, *lines, icn=f"I{number}", extra=remarks))
    record(ledger, *records)
    take(ledger, x12(remit(*claims)))
    with ledger.reading() as connection:
        rows = states_facts.claims(connection, range(1, 401))
        quick = Decisions(connection).of(rows, set())
        whole = Decisions(connection).of(rows, set(range(1, 401)))
    told = {n: (one.kind, one.open) for n, one in quick.items()}
    assert told == {n: (one.kind, one.open) for n, one in whole.items()}
    assert {kind for kind, _ in told.values()} >= {"denied", "partly paid", "paid", "settled"}
