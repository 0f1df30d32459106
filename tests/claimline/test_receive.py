"""Receiving: kept once, posted whole or not at all, the same whatever the order of files."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from databases import NewUrl
from receive_made import (
    RUN,
    Line,
    books,
    clp,
    new_ledger,
    record,
    remit,
    sent,
    states,
    take,
    x12,
)
from sqlalchemy import func, select

from claimline.services import receive_post
from claimline.services.rebuild import rebuild
from claimline.services.receive import receive
from edi.tokens import NotX12
from reconcile.ledger import Ledger
from reconcile.ledger.tables_received import claim_payment, posting, provider_adjustment

ONE, TWO, THREE = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22", "CCCCCCCCCCCC33"
DENIED = Line(paid="0", cas=("CO*97*100",))


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


class TestTwiceIsOnce:
    """The same payment again changes nothing and says so."""

    def test_same_file(self, ledger: Ledger) -> None:
        """The same bytes again are known and change nothing."""
        record(ledger, sent(ONE))
        data = x12(remit(clp(ONE)))
        assert take(ledger, data).state == "received"
        before, status = books(ledger), ledger.status()
        again = take(ledger, data, "other-name.835")
        assert (again.state, again.status) == ("known", 0)
        assert again.payments[0].known == 1
        assert (books(ledger), ledger.status()) == (before, status)

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"control": 99}, id="another interchange"),
            pytest.param({"marks": "|>!"}, id="other separators"),
            pytest.param({"marks": "*:\n"}, id="a segment a line"),
        ],
    )
    def test_same_payment_in_another_file(self, ledger: Ledger, other: dict[str, object]) -> None:
        """The same payment in another envelope is a duplicate, not posted again."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        before = books(ledger)
        again = take(ledger, x12(remit(clp(ONE), st="0777"), **other))  # type: ignore[arg-type]  # keywords of x12
        assert again.payments[0].state == "duplicate"
        assert "received 2026-03-01" in again.payments[0].why
        assert (again.status, books(ledger)) == (0, before)

    def test_same_payment_twice_in_one_file(self, ledger: Ledger) -> None:
        """Two equal transactions in one file are one payment."""
        record(ledger, sent(ONE))
        result = take(ledger, x12(remit(clp(ONE)), remit(clp(ONE), st="0002")))
        assert [p.state for p in result.payments] == ["posted", "duplicate"]

    def test_equal_claims_in_one_payment_both_count(self, ledger: Ledger) -> None:
        """A payer that lists the same answer twice in one payment paid twice: both are posted."""
        record(ledger, sent(ONE))
        result = take(ledger, x12(remit(clp(ONE), clp(ONE))))
        assert result.payments[0].posted == 2
        answers = ledger.story(ONE, usage="T")[0].adjudications
        assert len({answer.id for answer in answers}) == 2


class TestWholeOrNotAtAll:
    """A transaction that is not whole is kept and shown, not posted."""

    @pytest.mark.parametrize(
        "se", [pytest.param("SE*999*0001", id="count"), pytest.param("SE*13*9999", id="number")]
    )
    def test_wrong_trailer(self, ledger: Ledger, se: str) -> None:
        """A wrong count or number in SE posts nothing; the file's other payments are posted."""
        record(ledger, sent(ONE), sent(TWO))
        result = take(ledger, x12(remit(clp(ONE), se=se), remit(clp(TWO), trace="EFT2", st="0002")))
        assert [p.state for p in result.payments] == ["incomplete", "posted"]
        assert result.status == 1
        assert states(ledger) == {"posted": 1}

    def test_cut_file(self, ledger: Ledger) -> None:
        """Of a file cut in the middle the complete transactions are posted."""
        record(ledger, sent(ONE), sent(TWO))
        data = x12(remit(clp(ONE)), remit(clp(TWO), trace="EFT2", st="0002"))
        result = take(ledger, data[: data.index(b"CLP*" + TWO.encode()) + 40])
        assert [p.state for p in result.payments] == ["posted", "incomplete"]
        whole = take(ledger, data)
        assert [p.state for p in whole.payments] == ["duplicate", "posted"]
        assert states(ledger) == {"posted": 2}

    def test_interrupted_while_posting(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A crash leaves no payment half posted; the same file again finishes the work."""
        record(ledger, sent(ONE), sent(TWO))
        monkeypatch.setattr(receive_post, "TOGETHER", 1)
        data = x12(remit(clp(ONE)), remit(clp(TWO), trace="EFT2", st="0002"))
        work = receive_post.posting.post
        calls = []

        def breaks(*arguments: object, **more: object) -> object:
            calls.append(arguments)
            made = work(*arguments, **more)  # type: ignore[arg-type]  # passed on as they came
            if len(calls) == 2:
                raise RuntimeError("power cut")
            return made

        monkeypatch.setattr(receive_post.posting, "post", breaks)
        with pytest.raises(RuntimeError):
            take(ledger, data)
        assert states(ledger) == {"posted": 1}
        result = take(ledger, data)
        assert result.state == "resumed"
        assert [p.state for p in result.payments] == ["known", "posted"]
        assert states(ledger) == {"posted": 2}


class TestSameNumberOtherContent:
    """The number of a payment comes again with other content."""

    def test_split_in_two_files(self, ledger: Ledger) -> None:
        """Parts that together make the payment are posted, and nothing is left to explain."""
        record(ledger, sent(ONE), sent(TWO))
        first = take(ledger, x12(remit(clp(ONE), paid="150")))
        assert first.payments[0].difference == Decimal("-75.00")
        assert first.status == 1
        second = take(ledger, x12(remit(clp(TWO), paid="150"), control=2))
        assert (second.payments[0].state, second.payments[0].posted) == ("posted", 1)
        assert [p.difference for p in ledger.payments(usage="T")] == [Decimal("0.00")] * 2

    def test_whole_file_after_its_part(self, ledger: Ledger) -> None:
        """Of a whole payment that comes after a part of it only the rest is posted."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(clp(ONE), paid="150")))
        result = take(ledger, x12(remit(clp(ONE), clp(TWO), paid="150"), control=2))
        assert (result.payments[0].known, result.payments[0].posted) == (1, 1)
        assert states(ledger) == {"posted": 2}

    def test_three_parts_in_any_order(self, new_url: NewUrl) -> None:
        """Parts wait aside until the last of them makes the sum; the order does not matter."""
        parts = [x12(remit(clp(c), paid="225"), control=n) for n, c in enumerate((ONE, TWO, THREE))]
        seen = []
        for order in permutations(parts):
            with new_ledger(new_url) as ledger:
                record(ledger, sent(ONE), sent(TWO), sent(THREE))
                found = [take(ledger, data).payments[0] for data in order]
                assert [p.state for p in found] == ["posted", "aside", "posted"]
                assert states(ledger) == {"posted": 3}
                seen.append(books(ledger))
        assert all(one == seen[0] for one in seen)

    def test_payment_of_nothing_uses_its_number_again(self, ledger: Ledger) -> None:
        """New claims of a remittance without money are posted where they pay nothing."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(clp(ONE, DENIED), method="NON")))
        result = take(ledger, x12(remit(clp(TWO, DENIED), method="NON"), control=2))
        assert (result.payments[0].state, result.status) == ("posted", 0)
        assert states(ledger) == {"posted": 2}

    def test_uncertain_is_kept_aside(self, ledger: Ledger) -> None:
        """Other claims under a number whose money is used up are kept aside and shown."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(clp(ONE))))
        result = take(ledger, x12(remit(clp(TWO)), control=2))
        assert (result.payments[0].state, result.payments[0].aside) == ("aside", 1)
        assert result.status == 1
        assert [left.payment.control for left in ledger.unposted(usage="T")] == [TWO]
        assert ledger.story(TWO, usage="T")[0].adjudications == ()


class TestNotPosted:
    """What is no decision, or cannot be read, never touches the books."""

    @pytest.mark.parametrize("status", ["23", "25"])
    def test_no_decision(self, ledger: Ledger, status: str) -> None:
        """CLP02 23 and 25 are kept and never posted."""
        record(ledger, sent(ONE))
        result = take(ledger, x12(remit(clp(ONE, status=status))))
        assert (result.payments[0].not_posted, states(ledger)) == (1, {"not posted": 1})
        assert ledger.story(ONE, usage="T")[0].adjudications == ()

    def test_unreadable_amount(self, ledger: Ledger) -> None:
        """A claim with an amount that cannot be read is kept; the good one beside it is posted."""
        record(ledger, sent(ONE), sent(TWO))
        bad = [segment.replace("CAS*CO*45*25", "CAS*CO*45*2x5") for segment in clp(ONE)]
        result = take(ledger, x12(remit(bad, clp(TWO))))
        assert states(ledger) == {"not posted": 1, "posted": 1}
        assert result.status == 1
        left = list(ledger.unposted(usage="T", states=("not posted",)))
        assert "CAS03" in left[0].match.why

    @pytest.mark.parametrize(
        "hostile",
        [
            pytest.param(("CAS*CO*45*25", "CAS*CO*45*9" + "9" * 17), id="adjustment"),
            pytest.param(("CLP*AAAAAAAAAAAA11*1*100", "CLP*X*1*9" + "9" * 30), id="charge"),
            pytest.param(("CAS*CO*45*25", "~".join(["CAS*CO*45*1"] * 5000)), id="5,000 CAS"),
            pytest.param(("SVC*HC:97530", "SVC*HC:" + "9" * 100_000), id="a code of 100,000"),
            pytest.param(("REF*6R*01", "REF*6R*" + "\x00\U0001f4b8" * 9), id="odd characters"),
        ],
    )
    def test_hostile_claim(self, ledger: Ledger, hostile: tuple[str, str]) -> None:
        """Whatever stands in one claim, the claim beside it is posted and nothing breaks."""
        record(ledger, sent(ONE), sent(TWO))
        made = "~".join(clp(ONE)).replace(*hostile).split("~")
        result = take(ledger, x12(remit(made, clp(TWO, icn="ICN2"), paid="150")))
        assert len(ledger.story(TWO, usage="T")[0].adjudications) == 1
        assert result.payments[0].claims == 2
        assert take(ledger, x12(remit(made, clp(TWO, icn="ICN2"), paid="150"))).state == "known"

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(("BPR*I*75", "BPR*I*9" + "9" * 20), id="payment"),
            pytest.param(("BPR*I*75", "BPR*I*much"), id="no amount"),
        ],
    )
    def test_hostile_payment(self, ledger: Ledger, change: tuple[str, str]) -> None:
        """A payment whose amount makes no sense is kept aside with its claims."""
        record(ledger, sent(ONE))
        made = "~".join(remit(clp(ONE))).replace(*change).split("~")
        result = take(ledger, x12(made))
        assert (result.payments[0].state, result.status) == ("aside", 1)
        assert states(ledger) == {"aside": 1}

    def test_hostile_provider_adjustment(self, ledger: Ledger) -> None:
        """A provider adjustment beyond any sense is told and left out; the claim is posted."""
        record(ledger, sent(ONE))
        plb = ("PLB*1*20261231*WO:X*9" + "9" * 20,)
        result = take(ledger, x12(remit(clp(ONE), plb=plb, paid="75")))
        assert "remit.amount" in [p.code for p in result.problems]
        assert states(ledger) == {"posted": 1}

    def test_public_samples(self, ledger: Ledger, corpus: Path) -> None:
        """A public sample is received or refused as no X12; a second time changes nothing."""
        taken = []
        most = 10**7 if ledger.url.get_backend_name() == "sqlite" else 10**5  # bytes: for time
        for path in sorted(p for p in corpus.rglob("*") if p.is_file()):
            data = path.read_bytes()
            if len(data) > most:
                continue
            try:
                take(ledger, data, path.name)
            except NotX12:
                continue
            taken.append((data, path.name))
        before = ledger.status()
        assert {take(ledger, data, name).state for data, name in taken} == {"known"}
        assert ledger.status() == before
        assert len(taken) > 100
        assert all(one.equal for one in rebuild(ledger, RUN))

    def test_acknowledgements_are_kept(self, ledger: Ledger) -> None:
        """A 999 of a group nobody sent from here is kept and waits for a person."""
        ack = ["ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", "AK9*A*1*1*1", "SE*4*0001"]
        data = x12(ack, group="FA", version="005010X231A1")
        result = take(ledger, data)
        states = [one.state for one in result.acknowledged]
        assert (result.unread, states, result.status) == ((), ["unmatched"], 1)
        assert b"".join(ledger.file_bytes(result.digest)) == data

    def test_no_x12(self, ledger: Ledger) -> None:
        """A file that is no X12 is refused and nothing of it is kept."""
        with pytest.raises(NotX12):
            take(ledger, b"%PDF-1.7 not what you think")
        assert ledger.status().files == 0

    def test_one_bad_file_does_not_stop_the_others(self, ledger: Ledger) -> None:
        """After a file that cannot be read the next one is received; the worst status shows."""
        record(ledger, sent(ONE))
        data = {"bad": b"", "good": x12(remit(clp(ONE)))}

        def source(name: str) -> Callable[[], list[bytes]]:
            return lambda: [data[name]]

        results = list(receive(ledger, RUN, ("bad", "good"), source))
        assert [one.status for one in results] == [3, 0]


class TestMoney:
    """Every cent has a place, and what does not add up is shown."""

    def test_every_cent_has_a_place(self, ledger: Ledger) -> None:
        """What is posted as paid less the provider adjustments is the payment, to the cent."""
        record(ledger, sent(ONE), sent(TWO))
        stray = Line(code="99999", charge="7.07", paid="7.07", cas=(), control="")
        take(
            ledger,
            x12(
                remit(
                    clp(ONE),
                    clp(TWO, Line(), stray),
                    plb=("PLB*1234567893*20261231*WO:ICN1*12.34",),
                )
            ),
        )
        with ledger.reading() as connection:
            paid = connection.execute(
                select(func.sum(posting.c.cents)).where(posting.c.kind == "paid")
            ).scalar_one()
            taken = connection.execute(select(func.sum(provider_adjustment.c.cents))).scalar_one()
        payment = ledger.payments(usage="T")[0]
        assert Decimal(paid - taken).scaleb(-2) == payment.paid == Decimal("144.73")

    def test_claim_that_does_not_add_up(self, ledger: Ledger) -> None:
        """The difference in the payer's own figures is kept, told, and never adjusted away."""
        record(ledger, sent(ONE))
        result = take(ledger, x12(remit(clp(ONE, Line(cas=("CO*45*20",))))))
        assert (result.payments[0].unbalanced, result.status) == (1, 1)
        assert {p.code for p in result.problems} == {
            "remit.line-unbalanced",
            "remit.claim-unbalanced",
        }
        with ledger.reading() as connection:
            row = connection.execute(select(claim_payment.c.difference)).scalar_one()
        assert row == 500
        book = ledger.status().books[1]
        assert (book.claims_difference, book.difference) == (Decimal("5.00"), Decimal("0.00"))
        assert all("The difference of 5.00 is kept" in p.message for p in result.problems)

    def test_payment_that_does_not_add_up(self, ledger: Ledger) -> None:
        """Claims that do not make the payment are posted and the difference is shown."""
        record(ledger, sent(ONE))
        result = take(ledger, x12(remit(clp(ONE), paid="80")))
        assert result.payments[0].difference == Decimal("-5.00")
        assert (states(ledger), result.status) == ({"posted": 1}, 1)

    def test_provider_adjustments_are_on_no_claim(self, ledger: Ledger) -> None:
        """A recovery is kept in its own book, as a hint beside the claim it names."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, icn="A1001"), plb=("PLB*1*20261231*WO:A1001*-50",))))
        assert [e.adjustment.amount for e in ledger.provider_adjustments(usage="T")] == [-50]
        story = ledger.story(ONE, usage="T")[0]
        assert story.adjudications[0].paid == Decimal("75.00")
        assert [one.reference for one in story.provider_adjustments] == ["A1001"]


class TestOrder:
    """The order of files never matters for the books."""

    def test_story_of_a_recovery(self, new_url: NewUrl) -> None:
        """Payment, correction, reversal and recovery in all orders end in the same books."""
        line = Line(charge="110", paid="50", cas=("CO*45*40", "PR*3*20"))
        denied = Line(charge="110", paid="0", cas=("CO*197*110",))
        files = [
            x12(remit(clp(ONE, line, icn="A1001"), trace="A", date="20260210"), control=1),
            x12(remit(clp(ONE, denied, icn="A1001R"), trace="C", date="20260414"), control=2),
            x12(
                remit(
                    clp(ONE, line, icn="A1001", status="22", sign=-1),
                    trace="B",
                    date="20260421",
                    plb=("PLB*1*20261231*WO:A1001*-50",),
                ),
                control=3,
            ),
            x12(
                remit(clp(TWO), trace="D", date="20260505", plb=("PLB*1*20261231*WO:A1001*50",)),
                control=4,
            ),
        ]
        seen = []
        for order in permutations(files):
            with new_ledger(new_url) as ledger:
                record(ledger, sent(ONE, line), sent(TWO))
                for data in order:
                    take(ledger, data)
                seen.append((books(ledger), ledger.provider_adjustments(usage="T")))
        assert len(seen) == 24
        assert all(one == seen[0] for one in seen)
        assert sum(1 for entry in seen[0][0] if entry[0] == ONE) == 6

    def test_claim_recorded_after_its_payment(self, new_url: NewUrl) -> None:
        """A payment that came before its claim is posted when the claim is recorded."""
        data = x12(remit(clp(ONE), clp(TWO, icn="ICN2")))
        with new_ledger(new_url) as late:
            assert take(late, data).payments[0].unmatched == 2
            record(late, sent(ONE))
            assert states(late) == {"posted": 1, "unmatched": 1}
            record(late, sent(TWO))
            found = books(late)
        with new_ledger(new_url) as ledger:
            record(ledger, sent(ONE))
            record(ledger, sent(TWO))
            take(ledger, data)
            assert books(ledger) == found

    def test_payer_number_learned_later(self, new_url: NewUrl) -> None:
        """A reversal under the payer's number alone waits until that number is known."""
        paid = x12(remit(clp(ONE, icn="P77"), trace="A"), control=1)
        back = x12(
            remit(clp("0", status="22", icn="P77", sign=-1), trace="B", date="20260301"), control=2
        )
        seen = []
        for order in permutations((paid, back)):
            with new_ledger(new_url) as ledger:
                record(ledger, sent(ONE))
                for data in order:
                    take(ledger, data)
                assert states(ledger) == {"posted": 2}
                seen.append(books(ledger))
        assert seen[0] == seen[1]

    def test_payer_number_and_its_claim_in_one_payment(self, ledger: Ledger) -> None:
        """What one claim of a payment teaches serves the others of the same payment."""
        record(ledger, sent(ONE))
        back = clp("0", status="22", icn="P77", sign=-1)
        result = take(ledger, x12(remit(back, clp(ONE, icn="P77"))))
        assert states(ledger) == {"posted": 2}
        assert result.payments[0].state == "posted"

    def test_cut_number_found_when_the_claim_comes(self, new_url: NewUrl) -> None:
        """A control number cut to eight characters is matched whenever the claim is recorded."""
        cut = clp(ONE[:8].replace("A", "E"), Line(control=""), extra=("NM1*QC*1*DOE*JO****MI*W9",))
        data = x12(remit(cut))
        claim = sent("EEEEEEEEWXYZ99", member="W9")
        seen = []
        for record_first in (True, False):
            with new_ledger(new_url) as ledger:
                if record_first:
                    record(ledger, claim)
                take(ledger, data)
                if not record_first:
                    record(ledger, claim)
                assert states(ledger) == {"posted": 1}
                seen.append(books(ledger))
        assert seen[0] == seen[1]

    def test_replacement_recorded_after_its_answer(self, new_url: NewUrl) -> None:
        """A payment answered under the original's number moves to the replacement it is for."""
        old, new = Line(charge="100"), Line(charge="120", paid="95")
        data = x12(remit(clp(ONE, Line(charge="120", paid="95", control=f"01{TWO}"))))
        replacement = sent(TWO, new, family=ONE, frequency="7")
        seen = []
        for late in (False, True):
            with new_ledger(new_url) as ledger:
                record(ledger, sent(ONE, old))
                if late:
                    take(ledger, data)
                    record(ledger, replacement)
                else:
                    record(ledger, replacement)
                    take(ledger, data)
                seen.append(books(ledger))
        assert seen[0] == seen[1]
        assert {entry[0] for entry in seen[0]} == {TWO}


class TestBooks:
    """Test and production are separate; the books can be made anew."""

    def test_test_and_production_are_separate(self, ledger: Ledger) -> None:
        """A production remittance never answers a test claim of the same number."""
        record(ledger, sent(ONE), usage="T", control=1)
        record(ledger, sent(ONE), usage="P", control=2)
        take(ledger, x12(remit(clp(ONE)), usage="P"))
        assert ledger.story(ONE, usage="T")[0].adjudications == ()
        assert len(ledger.story(ONE, usage="P")[0].adjudications) == 1

    def test_rebuilt_books_are_equal(self, ledger: Ledger) -> None:
        """Making the books anew from the kept files changes nothing."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(clp(ONE), clp("unknown")), remit(clp(TWO), trace="E2", st="0002")))
        take(ledger, x12(remit(clp(THREE), trace="E2", paid="75"), control=2))
        take(ledger, x12(remit(clp(TWO), trace="E2"), control=3))
        before = books(ledger)
        rebuilt = rebuild(ledger, RUN)
        assert [(one.what, one.equal) for one in rebuilt if not one.equal] == []
        assert books(ledger) == before

    @pytest.mark.parametrize("statement", [
        pytest.param("UPDATE posting SET cents = cents + 1 WHERE id = 1", id="a cent"),
        pytest.param("UPDATE claim_payment SET state = 'unmatched' WHERE id = 1", id="a state"),
        pytest.param("UPDATE line_share SET paid = 0 WHERE id = 1", id="a share"),
    ])  # fmt: skip
    def test_rebuild_finds_what_was_changed(self, ledger: Ledger, statement: str) -> None:
        """A figure changed behind the ledger's back is found and put right."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        before = books(ledger)
        with ledger.begin(RUN) as writer:
            writer.connection.exec_driver_sql(statement)
        assert not all(one.equal for one in rebuild(ledger, RUN))
        assert books(ledger) == before
