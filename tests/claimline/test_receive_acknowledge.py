"""Acknowledgements received: what they are joined to, what they say, what is done twice."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from acknowledged_made import (
    RUN,
    a277ca,
    a999,
    ak2,
    claim_said,
    interchange,
    record,
    sent,
    take,
    take_277ca,
)
from attrs import evolve
from receive_made import Line, clp, remit, x12
from sqlalchemy import delete, select, update

from claimline.__main__ import main
from claimline.services.rebuild import rebuild
from reconcile.acknowledgements import Heard, next_step, standing
from reconcile.ledger import Ledger, SentFile, SentRecord, open_ledger
from reconcile.ledger.acknowledgements_read import heard_of
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    adopted_transaction,
    claim_state,
    resent_claim,
)

Capture = pytest.CaptureFixture[str]
ONE, TWO, THREE = "C0000001X", "C0000002X", "C0000003X"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Three claims in file 77: two in its first transaction, one in its second."""
    with open_ledger(ledger_url) as opened:
        record(opened, at(ONE, "0001", 10), at(TWO, "0001", 30), at(THREE, "0002", 10), control=77)
        yield opened


def at(control: str, transaction: str, position: int) -> SentRecord:
    """A claim at its place in the file."""
    return evolve(sent(control), transaction=transaction, position=position)


def heard(ledger: Ledger, control: str) -> tuple[Heard, ...]:
    """All that was said of a claim."""
    with ledger.reading() as connection:
        number = connection.execute(
            select(sent_claim.c.id).where(sent_claim.c.control == control)
        ).scalar_one()
        return heard_of(connection, [number])[number]


def verdicts(ledger: Ledger, control: str) -> list[tuple[str, str, str]]:
    """Of each word: kind, level, verdict."""
    return [(one.kind, one.level, one.verdict) for one in heard(ledger, control)]


def verdict(ledger: Ledger, control: str) -> str | None:
    """The verdict that stands on the first sending of a claim."""
    return standing(heard(ledger, control), sending=0).verdict


def state(ledger: Ledger, control: str) -> str:
    """Where a claim is in its life, as it is kept."""
    with ledger.reading() as connection:
        query = select(claim_state.c.state).join(
            sent_claim, sent_claim.c.id == claim_state.c.sent_claim_id
        )
        return str(connection.execute(query.where(sent_claim.c.control == control)).scalar_one())


def words(ledger: Ledger, data: bytes, name: str = "ack.x12") -> list[str]:
    """What receive says of a file's acknowledgements."""
    return [one.words for one in take(ledger, data, name=name).acknowledged]


def equal_after_rebuild(ledger: Ledger) -> bool:
    """Whether all that is derived comes out the same when it is made anew."""
    return all(one.equal for one in rebuild(ledger, RUN))


class TestInterchange:
    """TA1: the whole file."""

    def test_rejected_file_is_each_of_its_claims(self, ledger: Ledger) -> None:
        """A TA1 that rejects is said of every claim of the file, and receive ends with 1."""
        result = take(ledger, interchange(before=("TA1*77*260220*0800*R*025",)), name="a.ta1")
        assert (result.status, [one.words for one in result.acknowledged]) == (
            1, ["TA1 of THEM: file 77.837 rejected (3 claims)"]
        )  # fmt: skip
        assert verdicts(ledger, THREE) == [("TA1", "interchange", "rejected")]

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_ta1_beside_a_999(self, ledger: Ledger, place: str) -> None:
        """A TA1 is read where it stands before the group and where it stands after it."""
        ta1 = ("TA1*000000077*260220*0800*A*000",)
        data = interchange(a999(77, ak2("0001"), ak2("0002")), **{place: ta1})  # type: ignore[arg-type]  # before or after
        assert [(k, v) for k, _, v in verdicts_after(ledger, data, ONE)] == [
            ("TA1", "accepted"), ("999", "accepted"),
        ]  # fmt: skip

    def test_date_is_of_the_answer(self, ledger: Ledger) -> None:
        """A TA1 is dated by its own interchange, not by ours which it repeats."""
        take(ledger, interchange(before=("TA1*77*260220*0800*A*000",), day="260305"))
        assert [one.date for one in heard(ledger, ONE)] == ["2026-03-05"]


def verdicts_after(ledger: Ledger, data: bytes, control: str) -> list[tuple[str, str, str]]:
    """What is said of a claim once the file was received."""
    take(ledger, data)
    return verdicts(ledger, control)


class TestTransactions:
    """999 and 997: groups and transactions."""

    def test_only_the_claims_of_the_rejected_transaction(self, ledger: Ledger) -> None:
        """A partly accepted group rejects the claims of one transaction and accepts the other's."""
        data = interchange(a999(77, ak2("0001", "R"), ak2("2"), group="P"))
        assert words(ledger, data) == ["999 of THEM: 1 transaction accepted, 1 rejected (2 claims)"]
        assert verdicts(ledger, TWO) == [("999", "transaction", "rejected")]
        assert verdicts(ledger, THREE) == [("999", "transaction", "accepted")]

    def test_whose_fault_it_is(self, ledger: Ledger) -> None:
        """The place of an error is in one claim: the other of the transaction goes again as is."""
        data = interchange(a999(77, ak2("0001", "R", "IK3*CLM*33*2300*8", "IK4*5:1*1331*7*98")))
        take(ledger, data)
        [one], [two] = heard(ledger, ONE), heard(ledger, TWO)
        assert (one.own_fault, two.own_fault) == (False, True)
        assert "nothing is wrong with this claim" in next_step(standing([one], sending=0))
        assert "mend" in next_step(standing([two], sending=0))

    def test_claim_named_by_context(self, ledger: Ledger) -> None:
        """CTX names the claim a segment is in: the word is joined to that claim."""
        notes = ("IK3*NM1*9*2010BA*8", f"CTX*CLM01:{TWO}", "IK4*9*67*1")
        take(ledger, interchange(a999(77, ak2("0001", "R", *notes))))
        assert verdicts(ledger, TWO) == [("999", "claim", "rejected")]
        assert verdicts(ledger, ONE) == [("999", "transaction", "rejected")]

    def test_named_by_context_is_the_one(self, ledger: Ledger) -> None:
        """Where every fault stands in a claim that CTX names, the other goes again as it is."""
        notes = ("IK3*CLM*33*2300*8", f"CTX*CLM01:{TWO}", "IK4*5:1*1331*7*98")
        take(ledger, interchange(a999(77, ak2("0001", "R", *notes))))
        [one], [two] = heard(ledger, ONE), heard(ledger, TWO)
        assert (one.own_fault, two.own_fault) == (False, True)

    def test_named_by_context_that_is_not_ours_says_nothing(self, ledger: Ledger) -> None:
        """Where CTX names a claim nobody knows, nothing is said of whose fault it is."""
        notes = ("IK3*CLM*33*2300*8", "CTX*CLM01:STRANGER", "IK4*5:1*1331*7*98")
        take(ledger, interchange(a999(77, ak2("0001", "R", *notes))))
        assert [one.own_fault for one in heard(ledger, ONE)] == [None]

    def test_group_alone_speaks_for_all(self, ledger: Ledger) -> None:
        """A 999 without AK2 loops says AK9 of every claim of the file."""
        take(ledger, interchange(["ST*999*0001*005010X231A1", "AK1*HC*77*005010X222A1",
                                  "AK9*R*2*2*0*5", "SE*4*0001"]))  # fmt: skip
        assert {verdicts(ledger, claim)[0] for claim in (ONE, TWO, THREE)} == {
            ("999", "group", "rejected")
        }

    def test_rejected_group_takes_its_right_transactions_along(self, ledger: Ledger) -> None:
        """AK901 R rejects the whole group, also a transaction whose own form was right."""
        sets = (ak2("0001"), ak2("0002", "E", "IK3*CLM*10**8", f"CTX*CLM01:{THREE}"))
        answer = a999(77, *sets, group="R")
        assert words(ledger, interchange(answer)) == [
            "999 of THEM: file 77.837 rejected (3 claims)"
        ]
        for control in (ONE, TWO, THREE):
            assert verdict(ledger, control) == "rejected"
            assert state(ledger, control) == "rejected"
        assert equal_after_rebuild(ledger)

    def test_what_a_part_accepted_group_does_not_name_was_accepted(self, ledger: Ledger) -> None:
        """Where AK9's counts say that only the named ones were rejected, the rest is accepted."""
        ack = a999(77, ak2("0002", "R"), group="P")
        ack[-2] = "AK9*P*2*2*1"
        take(ledger, interchange(ack), name="a.999")
        assert (verdict(ledger, ONE), state(ledger, ONE)) == ("accepted", "received")
        assert (verdict(ledger, THREE), state(ledger, THREE)) == ("rejected", "rejected")
        assert equal_after_rebuild(ledger)

    def test_rejected_and_not_named_needs_a_person(self, ledger: Ledger) -> None:
        """AK9 that counts a rejected transaction and names none is told, and decides nothing."""
        ack = a999(77, group="P")
        ack[-2] = "AK9*P*2*2*1"
        result = take(ledger, interchange(ack), name="a.999")
        assert result.status == 1
        assert [problem.code for problem in result.problems] == ["ack.rejected-unnamed"]
        assert state(ledger, ONE) == state(ledger, THREE) == "ready"

    def test_claim_without_a_known_place(self, ledger: Ledger) -> None:
        """A claim whose place in its file is not known has one and the same state both ways."""
        record(ledger, at("C0000009X", "0001", 0), control=78)
        assert equal_after_rebuild(ledger)
        take(ledger, interchange(a999(77, ak2("0001"))), name="a.999")
        assert equal_after_rebuild(ledger)

    def test_997_is_as_a_999(self, ledger: Ledger) -> None:
        """A 997 with AK5 rejects a transaction as a 999 with IK5 does."""
        ack = ["ST*997*0001", "AK1*HC*77", "AK2*837*0001", "AK5*R*5", "AK9*R*1*1*0", "SE*6*0001"]
        assert verdicts_after(ledger, interchange(ack), ONE) == [("997", "transaction", "rejected")]

    def test_other_partners_do_not_count(self, ledger: Ledger) -> None:
        """Where two files have the number, the one between the two named partners is meant."""
        other = evolve(sent("D0000001X"), transaction="0001")
        with ledger.begin(RUN) as writer:
            made = SentFile(data=b"other", name="other.837", usage="T", sender="US",
                            receiver="OTHERS", interchange_control=77)  # fmt: skip
            writer.record_sent(made, [other])
        take(ledger, interchange(a999(77, ak2("0001"), ak2("0002"))))
        assert (len(heard(ledger, ONE)), heard(ledger, "D0000001X")) == (1, ())

    def test_test_and_production_are_separate(self, ledger: Ledger) -> None:
        """A production 999 never touches a test file of the same number."""
        take(ledger, interchange(a999(77, ak2("0001")), usage="P"))
        assert heard(ledger, ONE) == ()

    def test_group_of_another_kind_is_not_ours(self, ledger: Ledger) -> None:
        """A 999 of an eligibility request is kept, says so, and waits for nobody."""
        ack = ["ST*999*0001*005010X231A1", "AK1*HS*77*005010X279A1", "AK9*R*1*1*0", "SE*4*0001"]
        result = take(ledger, interchange(ack))
        assert ([one.state for one in result.acknowledged], result.status) == (["elsewhere"], 0)

    def test_cut_off_is_not_read(self, ledger: Ledger) -> None:
        """A 999 whose count is wrong is kept, says nothing of a claim, and the whole one counts."""
        cut = [*a999(77, ak2("0001", "R"))[:-1], "SE*99*0001"]
        result = take(ledger, interchange(cut))
        assert [one.state for one in result.acknowledged] == ["incomplete"]
        assert (heard(ledger, ONE), result.status) == ((), 1)
        take(ledger, interchange(a999(77, ak2("0001", "R")), control=901))
        assert verdicts(ledger, ONE) == [("999", "transaction", "rejected")]


class TestClaims:
    """277CA: batches, claims and lines."""

    def test_claims_lines_and_the_payers_number(self, ledger: Ledger) -> None:
        """TRN02 is the claim exactly, REF FJ the line, REF 1K what trace finds the claim by."""
        rejected = claim_said(TWO, "A7:562:85*20260303*U*100", "SVC*HC:97530:GP*100*****1",
                              "STC*A7:476*20260303*U", f"REF*FJ*01{TWO}")  # fmt: skip
        accepted = claim_said(ONE, "A2:20*20260303*WQ*100", "REF*1K*ICN-77")
        result = take_277ca(ledger, a277ca(accepted, rejected))
        said = "1 claim accepted, 1 rejected, 1 line rejected"
        [one] = result.acknowledged
        assert one.words == f"277CA of EXAMPLE PAYER: {said}; rejected: {TWO} (A7:562)"
        assert verdicts(ledger, TWO) == [
            ("277CA", "claim", "rejected"), ("277CA", "line", "rejected"),
        ]  # fmt: skip
        assert [found.kind for found in ledger.find("icn-77")] == ["payer claim number"]
        assert result.status == 1

    def test_batch_rejected_alone(self, ledger: Ledger) -> None:
        """A rejected HL 21 without any claim below rejects every claim of our transaction."""
        batch = a277ca(batch="0000000770001", batch_stc="A3:24:41*20260303*U*200")
        result = take_277ca(ledger, batch)
        assert [one.words for one in result.acknowledged] == [
            "277CA of EXAMPLE PAYER: 1 transaction rejected (2 claims)"
        ]
        assert verdicts(ledger, ONE) == [("277CA", "transaction", "rejected")]
        assert heard(ledger, THREE) == ()

    def test_unknown_batch_number_does_not_matter(self, ledger: Ledger) -> None:
        """Claims are joined by their own number, whatever the batch is called."""
        result = take_277ca(ledger, a277ca(claim_said(ONE, "A2:20*20260303*WQ*100"), batch="?"))
        assert [one.state for one in result.acknowledged] == ["joined"]

    def test_changed_number_only_where_unique(self, ledger: Ledger) -> None:
        """A number the receiver changed is joined where one claim alone has its stem, and told."""
        result = take_277ca(ledger, a277ca(claim_said("00c0000001x", "A2:20*20260303*WQ*100")))
        [one] = result.acknowledged
        assert (one.state, one.why) == (
            "joined", "00c0000001x: claim number, changed by the receiver"
        )  # fmt: skip

    def test_later_word_of_the_higher_receiver_stands(self, ledger: Ledger) -> None:
        """Clearinghouse accepts, payer rejects, and a later word of the clearinghouse is lower."""
        said = [
            ("AY", "RELAY", "A2:20*20260303*WQ*100", 1),
            ("PR", "PAYER", "A7:164*20260305*U*100", 2),
            ("AY", "RELAY", "A1:20*20260307*WQ*100", 3),
        ]
        for source, name, stc, control in said:
            take_277ca(ledger, a277ca(claim_said(ONE, stc), source=source, name=name),
                       control=control)  # fmt: skip
        found = heard(ledger, ONE)
        assert [one.source_name for one in found] == ["RELAY", "PAYER", "RELAY"]
        now = standing(reversed(found), sending=0)
        assert (now.verdict, now.word.source_name if now.word else "") == ("rejected", "PAYER")

    def test_void_with_the_number_of_its_claim(self, ledger: Ledger) -> None:
        """Of an original and its void with one number, the last sent before the word is meant."""
        with ledger.begin(RUN, at=dt.datetime(2026, 3, 10, 8, tzinfo=dt.UTC)) as writer:
            made = SentFile(data=b"void", name="void.837", usage="T", sender="US",
                            receiver="THEM", interchange_control=80)  # fmt: skip
            writer.record_sent(made, [evolve(sent(ONE, frequency="8"), transaction="0001")])
        for control, stc in ((1, "A2:20*20260303*WQ*100"), (2, "A3:21*20260311*U*100")):
            take_277ca(ledger, a277ca(claim_said(ONE, stc)), control=control)
        with ledger.reading() as connection:
            c = sent_claim.c
            query = select(c.frequency, acknowledged.c.verdict).join(
                acknowledged, acknowledged.c.sent_claim_id == c.id
            )
            rows = connection.execute(query.order_by(acknowledged.c.id)).fetchall()
        assert [tuple(row) for row in rows] == [("1", "accepted"), ("8", "rejected")]
        assert equal_after_rebuild(ledger)

    def test_resent_claim(self, ledger: Ledger) -> None:
        """A word about the batch of a resending is of that sending; the first one's is history."""
        take_277ca(ledger, a277ca(claim_said(ONE, "A3:21*20260303*U*100")))
        _resend(ledger, ONE, control=90)
        taken = a277ca(claim_said(ONE, "A2:20*20260303*WQ*100"), batch="0000000900001")
        take_277ca(ledger, taken, control=2)
        assert [(one.sending, one.verdict) for one in heard(ledger, ONE)] == [
            (0, "rejected"), (1, "accepted"),
        ]  # fmt: skip


def _resend(ledger: Ledger, claim_number: str, *, control: int) -> None:
    """The claim goes again in a file of its own."""
    made = SentFile(data=b"again", name="again.837", usage="T", sender="US", receiver="THEM",
                    interchange_control=control)  # fmt: skip
    with ledger.begin(RUN) as writer:
        stored = writer.record_sent(made, [])
        claim = writer.connection.execute(
            select(sent_claim.c.id).where(sent_claim.c.control == claim_number)
        ).scalar_one()
        writer.add(resent_claim, [(stored.id, claim, "0001", 10, *writer.recorded)])


class TestPayersNumber:
    """REF 1K: the payer's claim number, before any payment has it as CLP07."""

    @pytest.mark.parametrize("first", ["277CA", "835"])
    def test_payment_without_our_number(self, ledger: Ledger, first: str) -> None:
        """A payment that lost our number is matched by the number told, in either order."""
        told = a277ca(claim_said(ONE, "A2:20*20260303*WQ*100", "REF*1K*ICN77"))
        paid = x12(remit(clp("0", Line(control=""), icn="ICN77")))
        if first == "835":
            assert take(ledger, paid).payments[0].unmatched == 1
        take_277ca(ledger, told)
        if first == "277CA":
            take(ledger, paid)
        [found] = [one for one in ledger.received(usage="T") if one.adjudications]
        assert (found.claim.control, found.adjudications[0].method) == (
            ONE, "payer claim control number"
        )  # fmt: skip
        assert equal_after_rebuild(ledger)


class TestMadeElsewhere:
    """Files of claims that another system made, taken over."""

    @pytest.mark.parametrize("first", ["claims", "answers"])
    def test_all_numbers_of_a_file_taken_over(
        self, ledger: Ledger, fixtures: Path, first: str
    ) -> None:
        """TA1, 999 and a rejected batch find the file, the transaction and its claims."""
        claims = (fixtures / "x12/837p/pass/subscriber_is_patient.edi").read_bytes()
        isa = claims[:106].decode().split("*")
        ids = {"sender": isa[8].strip(), "receiver": isa[6].strip(), "usage": isa[15]}
        segments = [part.strip().split("*") for part in claims.decode().split("~")]
        number = {part[0]: part for part in segments}
        group, batch = number["GS"][6], number["BHT"][3]
        answers = [
            interchange(before=(f"TA1*{isa[13]}*{isa[9]}*{isa[10]}*A*000",), **ids),
            interchange(a999(int(group), ak2(number["ST"][2])), control=901, **ids),
            interchange(a277ca(batch=batch, batch_stc="A3:24*20260303*U*1", source="AY"),
                        control=902, group="HN", version="005010X214", **ids),
        ]  # fmt: skip
        for data in [claims, *answers] if first == "claims" else [*answers, claims]:
            take(ledger, data)
        assert verdicts(ledger, number["CLM"][1]) == [
            ("TA1", "interchange", "accepted"),
            ("999", "transaction", "accepted"),
            ("277CA", "transaction", "rejected"),
        ]
        assert equal_after_rebuild(ledger)

    def test_taken_over_by_an_older_version(self, ledger: Ledger, fixtures: Path) -> None:
        """A rebuild keeps the numbers that an older version did not, and joins what waited."""
        claims = (fixtures / "x12/837p/pass/subscriber_is_patient.edi").read_bytes()
        isa = claims[:106].decode().split("*")
        take(ledger, claims)
        with ledger.begin(RUN) as writer:
            numbers = writer.connection.execute(select(adopted_transaction)).fetchall()
            writer.connection.execute(delete(adopted_transaction))
        ta1 = interchange(
            before=(f"TA1*{isa[13]}*{isa[9]}*{isa[10]}*R*025",),
            sender=isa[8].strip(),
            receiver=isa[6].strip(),
            usage=isa[15],
        )
        assert [one.state for one in take(ledger, ta1).acknowledged] == ["unmatched"]
        rebuild(ledger, RUN)
        with ledger.reading() as connection:
            assert connection.execute(select(adopted_transaction)).fetchall() == numbers
            assert connection.execute(select(acknowledgement.c.state)).scalars().all() == ["joined"]
        assert equal_after_rebuild(ledger)


class TestHostile:
    """What no honest sender writes."""

    @pytest.mark.parametrize(
        "stc",
        ["A2:20*20260303*WQ*99999999999999999", "A2:20*20260303*WQ*1********A\0B", "A2:20*not a day",
         "*", "A2:" + "9" * 5000],
        ids=["amount", "nul", "date", "empty", "long"],
    )  # fmt: skip
    def test_values_without_sense(self, ledger: Ledger, stc: str) -> None:
        """A value no table takes does not stop the rest of the file."""
        result = take_277ca(ledger, a277ca(claim_said(ONE, stc), claim_said(TWO, "A7:562")))
        assert [one.state for one in result.acknowledged] == ["joined"]
        assert verdicts(ledger, TWO) == [("277CA", "claim", "rejected")]

    def test_numbers_without_sense(self, ledger: Ledger) -> None:
        """Control numbers of any length are looked for and not found."""
        ta1 = f"TA1*{'9' * 40}*260301*0800*A*000"
        sets = ["AK2*837*" + "9" * 300, f"IK3*NM1*{'9' * 30}*2010*8", "IK5*R"]
        result = take(ledger, interchange(a999(77, sets), before=(ta1,)))
        assert [one.state for one in result.acknowledged] == ["partly", "unmatched"]


def test_a_number_that_may_be_a_name_is_masked(ledger: Ledger) -> None:
    """Other systems number claims by names: nothing told of an answer shows one."""
    said = [claim_said(name, "A3:21*20260303*U*10") for name in ("DOEJANE", "DOE,JIM", "DOE")]
    [told] = words(ledger, interchange(a277ca(*said), group="HN", version="005010X214"))
    assert "no claim of that number" in told
    assert "DOE" not in told


def test_json_of_receive(ledger: Ledger, tmp_path: Path, capsys: Capture) -> None:
    """The JSON of receive has every acknowledgement with its counts and what was rejected."""
    path = tmp_path / "a.999"
    path.write_bytes(interchange(a999(77, ak2("0001", "R"), ak2("0002"))))
    url = ledger.url.render_as_string(hide_password=False)
    assert main(["receive", str(path), "--ledger", url, "--format", "json"]) == 1
    [file] = json.loads(capsys.readouterr().out)["files"]
    [told] = file["acknowledgements"]
    assert (told["kind"], told["source"], told["our_file"]) == ("999", "translator", "77.837")
    assert {"level": "transaction", "verdict": "rejected", "count": 1} in told["counts"]
    assert told["claims_in_rejected"] == 2


class TestTwice:
    """The same again, what came before its claim, what an older version kept."""

    def test_same_content_in_another_file(self, ledger: Ledger) -> None:
        """The same 277CA under other control numbers is a duplicate and says so."""
        said = claim_said(ONE, "A7:562*20260303*U*100")
        take_277ca(ledger, a277ca(said))
        again = take_277ca(ledger, a277ca(said, st="0009"), control=55)
        assert [one.state for one in again.acknowledged] == ["duplicate"]
        assert (again.status, len(heard(ledger, ONE))) == (0, 1)

    def test_same_file_again(self, ledger: Ledger) -> None:
        """The same bytes change nothing, say so, and end with 0 once all is joined."""
        data = interchange(a999(77, ak2("0001", "R"), ak2("0002")))
        take(ledger, data)
        again = take(ledger, data)
        assert (again.state, again.status) == ("known", 0)
        assert [one.words for one in again.acknowledged] == [
            "999 of THEM: received before; nothing changed (1 transaction accepted, 1 rejected)"
        ]

    def test_before_its_claim(self, ledger: Ledger) -> None:
        """What came before its claim waits, is listed, and is joined when the claim comes."""
        take_277ca(ledger, a277ca(claim_said("LATER0001X", "A2:20*20260303*WQ*100")))
        [waiting] = list(ledger.waiting(usage="T"))
        assert (waiting.kind, waiting.claim) == ("acknowledgement", "LATER0001X")
        record(ledger, sent("LATER0001X"), control=78)
        assert verdicts(ledger, "LATER0001X") == [("277CA", "claim", "accepted")]
        assert list(ledger.waiting(usage="T")) == []
        assert equal_after_rebuild(ledger)

    @pytest.mark.parametrize("road", ["received again", "rebuilt"])
    def test_kept_by_an_older_version(self, ledger: Ledger, road: str) -> None:
        """A 999 that was kept and not read is read when it is met again, and by rebuild."""
        data = interchange(a999(77, ak2("0001", "R"), ak2("0002")))
        take(ledger, data)
        with ledger.begin(RUN) as writer:
            writer.connection.execute(delete(acknowledged))
            writer.connection.execute(delete(acknowledgement))
        if road == "rebuilt":
            assert equal_after_rebuild(ledger)
        else:
            take(ledger, data)
        assert verdicts(ledger, ONE) == [("999", "transaction", "rejected")]

    def test_rebuild_mends_a_wrong_join(self, ledger: Ledger) -> None:
        """A join that was corrupted is found different by rebuild and made right."""
        take_277ca(ledger, a277ca(claim_said(ONE, "A2:20*20260303*WQ*100")))
        with ledger.begin(RUN) as writer:
            writer.connection.execute(update(acknowledged).values(sent_claim_id=2))
        assert not equal_after_rebuild(ledger)
        assert len(heard(ledger, ONE)) == 1
        assert equal_after_rebuild(ledger)
