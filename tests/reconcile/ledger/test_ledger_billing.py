"""What billing keeps: visits known, control numbers, files before they are written, held claims."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from edi.claim import Reference
from edi.remittance import Adjustment
from reconcile.ledger import (
    Decision,
    HeldRecord,
    Ledger,
    LedgerDamaged,
    Run,
    SentFile,
    SentRecord,
    open_ledger,
)
from reconcile.ledger.convert import dollars, from_json, number_text, to_cents, to_json, to_number
from reconcile.ledger.rows import adjustments_json, adjustments_of
from reconcile.ledger.tables import file_chunk
from reconcile.values import SentClaim, SentLine

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
RUN = Run(command="bill", version="0", started=NOW, user="tester")
DAY = dt.date(2026, 1, 5)
MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        yield ledger


def claim(control: str, *codes: str, patient: str = "p1", day: dt.date = DAY) -> SentClaim:
    """A claim of one line per code."""
    lines = tuple(
        SentLine(
            control=f"{number:02d}{control}",
            number=number,
            code=code,
            modifiers=("GP", "59"),
            charge=Decimal("75.50"),
            units=Decimal("1.5"),
            date=day,
            until=day,
            evidence=("times 09:00-09:24",),
        )
        for number, code in enumerate(codes or ("97530",), 1)
    )
    return SentClaim(
        control=control,
        family=control,
        payer="aetna",
        payer_id="60054",
        member_id="W1",
        patient=patient,
        billing_npi="1234567893",
        charge=sum((line.charge for line in lines), Decimal(0)),
        date=day,
        until=day,
        collected=Decimal("20.00"),
        references=(Reference(qualifier="G1", value="7788"),),
        lines=lines,
    )


def send(ledger: Ledger, *claims: SentClaim, control: int = 1, visits: str = "v") -> str:
    """Record claims in one file; gives its digest."""
    records = [
        SentRecord(
            claim=one,
            transaction="0001",
            visits=((f"{visits}{one.control}", "digest " + one.control),),
            discipline="PT",
            patient_name="DOE, JANE",
            patient_id="17",
        )
        for one in claims
    ]
    made = SentFile(
        data=b"ISA*" + claims[0].control.encode() + str(control).encode() * 10,
        name=f"{control}.837",
        usage="T",
        sender="US",
        receiver="THEM",
        interchange_control=control,
    )
    with ledger.begin(RUN) as writer:
        return writer.record_sent(made, records).digest


def held(key: str, visit: str, reason: str = "no evidence") -> HeldRecord:
    """A held claim of one visit."""
    return HeldRecord(
        claim=key,
        digest="d",
        reasons=(("edit.pair", reason),),
        visits=((visit, "d"),),
        date=DAY,
        charge=Decimal("75.00"),
    )


class TestSent:
    """Claims as they were sent come out as they went in."""

    def test_round_trip(self, ledger: Ledger) -> None:
        """A sent claim is read back equal, with its visits and names."""
        one = claim("AAAAAAAAAAAA1", "97530", "97110")
        digest = send(ledger, one)
        story = ledger.story("AAAAAAAAAAAA1", usage="T")[0]
        assert story.sent.claim == one
        assert (story.sent.visits, story.sent.patient_name) == (
            (("vAAAAAAAAAAAA1", "digest AAAAAAAAAAAA1"),),
            "DOE, JANE",
        )
        assert (story.file_digest, story.recorded_at) == (digest, "2026-03-01T08:00:00Z")

    @given(MONEY)
    def test_money_is_exact(self, amount: Decimal) -> None:
        """Any amount of dollars and cents survives the way through whole cents."""
        assert dollars(to_cents(amount)) == amount

    def test_fractions_of_a_cent_are_refused(self) -> None:
        """No fraction of a cent gets in."""
        with pytest.raises(ValueError, match="fractions of a cent"):
            to_cents(Decimal("0.005"))

    @given(st.decimals(min_value=0, max_value=10**6, places=3))
    def test_units_are_exact(self, units: Decimal) -> None:
        """Units survive as text, without an exponent."""
        assert to_number(number_text(units)) == units
        assert "E" not in number_text(units)

    @given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=5), MONEY)))
    def test_adjustments_are_exact(self, found: list[tuple[str, str, Decimal]]) -> None:
        """Adjustments survive whatever characters a payer puts into their codes."""
        made = tuple(Adjustment(group=g, reason=r, amount=a) for g, r, a in found)
        assert adjustments_of(adjustments_json(made)) == made

    @given(st.dictionaries(st.text(), st.text(), min_size=1))
    def test_json_is_stable(self, content: dict[str, str]) -> None:
        """The same content gives the same JSON, in whatever order it was made."""
        backwards = dict(reversed(content.items()))
        assert to_json(content) == to_json(backwards)
        assert from_json(to_json(content)) == content

    def test_no_patient_in_a_repr(self, ledger: Ledger) -> None:
        """What a program may print of the records names no patient."""
        send(ledger, claim("AAAAAAAAAAAA1"))
        shown = repr(ledger.story("AAAAAAAAAAAA1", usage="T"))
        assert "JANE" not in shown
        assert "W1" not in shown


class TestVisits:
    """A visit is billed once."""

    def test_unknown_then_billed(self, ledger: Ledger) -> None:
        """A billed visit is known with its content, claim and file; an unseen one is not."""
        send(ledger, claim("AAAAAAAAAAAA1"))
        known = ledger.known_visits(["vAAAAAAAAAAAA1", "new"], usage="T")
        assert list(known) == ["vAAAAAAAAAAAA1"]
        found = known["vAAAAAAAAAAAA1"]
        assert (found.state, found.claims, found.file) == ("billed", ("AAAAAAAAAAAA1",), "1.837")

    def test_books_are_separate(self, ledger: Ledger) -> None:
        """A visit billed as a test is not known to production."""
        send(ledger, claim("AAAAAAAAAAAA1"))
        assert ledger.known_visits(["vAAAAAAAAAAAA1"], usage="P") == {}

    def test_billed_on(self, ledger: Ledger) -> None:
        """What was billed for a patient on a day is found with its codes, and nothing else."""
        other_day = DAY + dt.timedelta(days=1)
        send(
            ledger,
            claim("AAAAAAAAAAAA1", "97530", "97110"),
            claim("BBBBBBBBBBBB1", day=other_day),
            claim("CCCCCCCCCCCC1", patient="p2"),
        )
        found = ledger.billed_on([("p1", DAY), ("p9", DAY)], usage="T")
        assert [(b.claim, b.codes, b.discipline) for b in found] == [
            ("AAAAAAAAAAAA1", ("97530", "97110"), "PT")
        ]

    def test_many_at_once(self, ledger: Ledger) -> None:
        """Thousands of visits are looked up in one call."""
        send(ledger, *(claim(f"K{n:012d}") for n in range(1200)))
        asked = [f"vK{n:012d}" for n in range(2400)]
        assert len(ledger.known_visits(asked, usage="T")) == 1200


class TestFiles:
    """A file is recorded whole before it is written."""

    def test_unwritten_until_marked(self, ledger: Ledger) -> None:
        """A recorded file waits with its bytes until it stands in the outbox."""
        digest = send(ledger, claim("AAAAAAAAAAAA1"))
        assert [(f.digest, f.name) for f in ledger.unwritten_files()] == [(digest, "1.837")]
        assert b"".join(ledger.file_bytes(digest)) == b"ISA*AAAAAAAAAAAA11111111111"
        for _ in range(2):
            with ledger.begin(RUN) as writer:
                writer.mark_written(digest, name="1.837")
        assert ledger.unwritten_files() == ()

    def test_all_or_nothing(self, ledger: Ledger) -> None:
        """A crash while a file is recorded leaves no claim, no bytes and no used number."""

        def half() -> None:
            with ledger.begin(RUN) as writer:
                assert writer.reserve("interchange", sender="US", usage="T") == 1
                writer.store(b"ISA", kind="837P", name="a", direction="out")
                raise RuntimeError("power cut")

        with pytest.raises(RuntimeError):
            half()
        assert ledger.status().files == ledger.status().runs == 0
        with ledger.begin(RUN) as writer:
            assert writer.reserve("interchange", sender="US", usage="T") == 1

    def test_a_control_number_is_used_once(self, ledger: Ledger) -> None:
        """Two files of one interchange number between the same two are refused."""
        send(ledger, claim("AAAAAAAAAAAA1"), control=7)
        with pytest.raises(LedgerDamaged, match="used before") as caught:
            send(ledger, claim("BBBBBBBBBBBB1"), control=7)
        assert "THEM" not in str(caught.value)
        assert ledger.find("BBBBBBBBBBBB1") == ()

    def test_numbers_per_sender_receiver_and_book(self, ledger: Ledger) -> None:
        """Each pair of partners and each book counts for itself, without gaps."""
        with ledger.begin(RUN) as writer:
            assert writer.reserve("interchange", sender="A", receiver="B", usage="T", count=3) == 1
            assert writer.reserve("interchange", sender="A", receiver="B", usage="T") == 4
            assert writer.reserve("interchange", sender="A", receiver="B", usage="P") == 1
            assert writer.reserve("interchange", sender="A", receiver="C", usage="T") == 1
            assert writer.reserve("claim", usage="T") == 1

    def test_nine_digits_roll_over(self, ledger: Ledger) -> None:
        """After 999,999,999 an interchange number begins at 1 again."""
        with ledger.begin(RUN) as writer:
            writer.reserve("interchange", usage="T", count=999_999_999)
            assert writer.reserve("interchange", usage="T") == 1

    def test_large_file_in_pieces(self, ledger: Ledger) -> None:
        """Bytes of several megabytes come back the same, in pieces."""
        data = bytes(range(256)) * 12_000
        with ledger.begin(RUN) as writer:
            stored = writer.store(data, kind="other", name="big", direction="in")
            assert writer.store(data, kind="other", name="again", direction="in") == stored
        pieces = list(ledger.file_bytes(stored.digest))
        assert (b"".join(pieces), len(pieces)) == (data, 3)

    def test_damaged_bytes_are_told(self, ledger: Ledger) -> None:
        """Kept bytes that changed are an error, never data."""
        with ledger.begin(RUN) as writer:
            stored = writer.store(b"ISA" * 10, kind="other", name="a", direction="in")
            writer.connection.execute(update(file_chunk).values(data=b"\0"))
        with pytest.raises(LedgerDamaged):
            list(ledger.file_bytes(stored.digest))


class TestHeld:
    """Held claims wait, are decided on, and are done when their visit is billed."""

    def test_kept_once(self, ledger: Ledger) -> None:
        """The same hold again is no news; another reason replaces the old one."""
        with ledger.begin(RUN) as writer:
            assert writer.record_held([held("k1", "v1"), held("k2", "v2")], usage="T") == 2
            assert writer.record_held([held("k1", "v1")], usage="T") == 0
            assert writer.record_held([held("k1", "v1", "other")], usage="T") == 1
        assert [(h.claim, h.reasons[0][1]) for h in ledger.held_claims(usage="T")] == [
            ("k2", "no evidence"),
            ("k1", "other"),
        ]
        assert len(ledger.held_claims(usage="T", states=("replaced",))) == 1

    def test_decision_and_state(self, ledger: Ledger) -> None:
        """An override is kept with user and reason, and shows in the visit's state."""
        with ledger.begin(RUN) as writer:
            writer.record_held([held("k1", "v1")], usage="T")
            writer.decide(
                Decision(kind="override", subject="k1", user="u", reason="seen the note"),
                state="overridden",
                usage="T",
            )
        assert ledger.known_visits(["v1"], usage="T")["v1"].state == "overridden"
        with ledger.reading() as connection:
            rows = connection.exec_driver_sql('SELECT "user", reason FROM decision').fetchall()
        assert [tuple(row) for row in rows] == [("u", "seen the note")]

    def test_billed_is_done(self, ledger: Ledger) -> None:
        """A held claim waits no longer once its visit is billed."""
        with ledger.begin(RUN) as writer:
            writer.record_held([held("k1", "vAAAAAAAAAAAA1")], usage="T")
        send(ledger, claim("AAAAAAAAAAAA1"))
        assert ledger.held_claims(usage="T") == ()
        known = ledger.known_visits(["vAAAAAAAAAAAA1"], usage="T")
        assert known["vAAAAAAAAAAAA1"].state == "billed"


class TestFind:
    """Any identifier leads to the claim."""

    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            pytest.param("AAAAAAAAAAAA1", "patient control number", id="control number"),
            pytest.param("aaaaaaaaaaaa1", "patient control number", id="lower case"),
            pytest.param("AAAAAAAAAAAA", "patient control number", id="cut to twelve"),
            pytest.param("01AAAAAAAAAAAA1", "line control number", id="line"),
            pytest.param("vAAAAAAAAAAAA1", "visit id", id="visit"),
            pytest.param("17", "patient id", id="patient"),
            pytest.param("w1", "member id", id="member"),
            pytest.param("1.837", "file", id="file"),
        ],
    )
    def test_found(self, ledger: Ledger, word: str, kind: str) -> None:
        """The identifier is told for what it is."""
        send(ledger, claim("AAAAAAAAAAAA1"))
        found = ledger.find(word)
        assert [(f.kind, f.families, f.usage) for f in found] == [(kind, ("AAAAAAAAAAAA1",), "T")]

    @pytest.mark.parametrize("word", ["", "  ", "nothing", "%", "' OR 1=1 --", "***"])
    def test_not_found(self, ledger: Ledger, word: str) -> None:
        """What is nothing we know gives nothing."""
        send(ledger, claim("AAAAAAAAAAAA1"))
        assert ledger.find(word) == ()
