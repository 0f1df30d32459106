"""TA1, 999, 997 and 277CA come out in one shape, whatever is missing or odd in them."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x12read import transactions
from x12text import file_of, group, interchange, transaction

from edi import envelope
from edi.acknowledgement import Acknowledged, Acknowledgement, Status, whole
from edi.acknowledgement_words import meaning, standing, todo
from edi.acknowledgements import kind_of, stream
from edi.problem import CODES, Problem
from edi.ta1 import answer, control_text, read_ta1
from edi.x277ca import read_277ca, stream_277ca
from edi.x999 import read_999

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "x12"
CORPUS = ROOT.parent / "shared" / "corpus"
D = Decimal
DAY = dt.date(2026, 1, 15)


def of_file(data: bytes) -> tuple[Acknowledgement, list[Problem]]:
    """The one acknowledgement of a file, and the problems."""
    problems: list[Problem] = []
    read = {"999": read_999, "997": read_999, "277": read_277ca}
    [found] = [read[one.type](one) for one in transactions([data], problems)]
    return found, problems


def of_body(body: str, kind: str = "999") -> tuple[Acknowledgement, list[str]]:
    """The acknowledgement with this body, and the codes of the problems."""
    st03 = "005010X214" if kind == "277" else "005010X231A1"
    found, problems = of_file(file_of(body, kind, st03=st03))
    assert {problem.code for problem in problems} <= set(CODES)
    return found, [problem.code for problem in problems]


def shape(found: Acknowledgement) -> list[tuple[str, str, str]]:
    """Level, verdict and name of each thing."""
    return [
        (t.level, t.verdict, t.line or t.claim or t.provider or t.batch or t.transaction or t.group)
        for t in found.things
    ]


class Test999:
    """``read_999``."""

    def test_each_level_is_told(self) -> None:
        """A part accepted group gives its transactions, the claims named in CTX, and itself."""
        data = (FIXTURES / "999/pass/rejected_with_contexts.edi").read_bytes()
        found, problems = of_file(data)
        assert problems == []
        assert shape(found) == [
            ("transaction", "rejected", "0001"),
            ("claim", "rejected", "CLAIM0001"),
            ("transaction", "accepted", "0002"),
            ("group", "partly accepted", "1"),
        ]
        assert (found.kind, found.source, found.control) == ("999", "translator", "0001")
        assert (found.complete, found.date) == (True, DAY)

    def test_a_note_without_a_claim_keeps_its_place(self) -> None:
        """IK3 without CTX stays with the transaction, with segment id, position and loop."""
        data = (FIXTURES / "999/pass/rejected_with_contexts.edi").read_bytes()
        first = of_file(data)[0].things[0]
        assert first.statuses == (
            Status(list="IK502", code="5"),
            Status(list="IK304", code="3", segment="HI", position=24, loop="2300"),
        )

    def test_a_claim_has_its_own_notes(self) -> None:
        """IK3 and IK4 under a CTX that names the claim are the claim's, with element and value."""
        data = (FIXTURES / "999/pass/rejected_with_contexts.edi").read_bytes()
        claim = of_file(data)[0].things[1]
        assert [(s.list, s.code, s.element) for s in claim.statuses] == [
            ("IK304", "8", ""),
            ("IK403", "7", "CLM05-1"),
        ]
        assert claim.statuses[1].value == "98"
        assert claim.statuses[0].trigger == "CLM05-1 in segment 22"
        assert (claim.transaction, claim.group) == ("0001", "1")
        assert "98" not in repr(claim.statuses[1])

    def test_a_group_may_speak_for_all(self) -> None:
        """Without AK2 loops there is the group alone, with its counts."""
        found, codes = of_body("AK1*HC*7*005010X222A1~AK9*A*3*3*3~")
        [group_] = found.things
        assert codes == []
        assert (group_.level, group_.verdict, group_.group) == ("group", "accepted", "7")
        assert (group_.claims, group_.accepted, group_.rejected) == (3, 3, 0)
        assert group_.functional_id == "HC"

    @pytest.mark.parametrize(
        ("code", "verdict"),
        [
            *(("A", "accepted"), ("E", "accepted with errors"), ("R", "rejected")),
            *(("M", "rejected"), ("W", "rejected"), ("X", "rejected"), ("r", "rejected")),
        ],
    )
    def test_verdict_of_a_transaction(self, code: str, verdict: str) -> None:
        """IK501 decides: E is accepted with errors, M, R, W, X are rejected."""
        found, codes = of_body(f"AK1*HC*1~AK2*837*0001~IK5*{code}~AK9*P*1*1*0~")
        assert codes == []
        assert found.things[0].verdict == verdict

    def test_an_old_997_is_read_like_a_999(self) -> None:
        """AK3, AK4 and AK5 are IK3, IK4 and IK5, and their codes have the same lists."""
        body = "AK1*HC*28~AK2*837*0028~AK3*NM1*17**8~AK4*9*67*1~AK5*R*5~AK9*R*1*1*0*19~"
        data = file_of(body, "999").replace(b"ST*999", b"ST*997")
        found, _ = of_file(data)
        assert found.kind == "997"
        assert [(s.list, s.code) for s in found.things[0].statuses] == [
            ("IK502", "5"),
            ("IK304", "8"),
            ("IK403", "1"),
        ]
        assert found.things[0].statuses[2].element == "NM109"
        assert found.things[1].statuses == (Status(list="AK905", code="19"),)

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("AK1*HC*1~AK2*837*0001~AK9*R*1*1*0~", "ack.no-transaction-result"),
            ("AK1*HC*1~AK2*837*0001~IK5*Q~AK9*R*1*1*0~", "ack.verdict"),
        ],
        ids=["no-ik5", "unknown-ik5"],
    )
    def test_no_answer_is_no_verdict(self, body: str, code: str) -> None:
        """A transaction without a readable answer is neither accepted nor rejected, and told."""
        found, codes = of_body(body)
        assert codes == [code]
        assert found.things[0].verdict == "other"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("AK2*837*0001~IK5*A~AK9*A*1*1*1~", "ack.no-group"),
            ("AK1*HC*1~AK2*837*0001~IK5*A~", "ack.no-group-result"),
            ("AK1*HC*1~IK5*A~AK9*A*1*1*1~", "ack.no-transaction-result"),
        ],
        ids=["no-ak1", "no-ak9", "ik5-without-ak2"],
    )
    def test_what_is_missing_is_told(self, body: str, code: str) -> None:
        """A 999 without AK1, AK2 or AK9 is read as far as it goes, with a problem."""
        found, codes = of_body(body)
        assert codes == [code]
        assert found.things[0].verdict == "accepted"


class Test277CA:
    """``read_277ca``."""

    def test_each_level_is_told(self) -> None:
        """Batch, provider, claims and lines come out with their verdicts and numbers."""
        data = (FIXTURES / "277ca/pass/accepted_and_rejected.edi").read_bytes()
        found, problems = of_file(data)
        assert problems == []
        assert shape(found) == [
            ("transaction", "partly accepted", "BATCH0001"),
            ("provider", "received", "1012345678"),
            ("claim", "accepted", "CLAIM0001"),
            ("claim", "rejected", "CLAIM0002"),
            ("line", "rejected", "LINE0001"),
        ]
        assert (found.source, found.source_name, found.source_id) == (
            *("payer", "EXAMPLE PAYER"),
            "12345",
        )
        assert (found.reference, found.date, found.processed) == ("PAYERREF1", DAY, DAY)

    def test_a_claim_keeps_what_is_said_of_it(self) -> None:
        """Payer's number, clearinghouse's number, amount and dates are kept; lines know theirs."""
        data = (FIXTURES / "277ca/pass/accepted_and_rejected.edi").read_bytes()
        _, _, accepted, rejected, line = of_file(data)[0].things
        assert (accepted.payer_control, accepted.clearinghouse_control) == ("ICN1", "TRACE1")
        assert (accepted.amount, accepted.date) == (D(180), DAY)
        assert accepted.service_date == dt.date(2026, 1, 5)
        assert rejected.statuses == (
            Status(list="STC", code="A7:562", entity="85"),
            Status(list="STC", code="A3:21"),
        )
        assert (line.claim, line.line, line.procedure) == ("CLAIM0002", "LINE0001", "HC:97530")
        assert (line.batch, line.provider) == ("BATCH0001", "1012345678")

    def test_the_batch_alone_may_be_rejected(self) -> None:
        """HL 21 rejected with nothing below gives one rejected transaction with its counts."""
        data = (FIXTURES / "277ca/pass/receiver_rejected.edi").read_bytes()
        [batch] = of_file(data)[0].things
        assert (batch.level, batch.verdict, batch.rejected) == ("transaction", "rejected", 2)
        assert (batch.batch, batch.rejected_amount) == ("BATCH0001", D(270))

    @pytest.mark.parametrize(
        ("stc", "verdict", "code"),
        [
            ("A0:16**WQ", "forwarded", ""),
            ("A1:19**WQ", "received", ""),
            ("A2:20**WQ", "accepted", ""),
            ("A5:20**WQ", "accepted", ""),
            ("A2:20", "accepted", ""),
            ("A3:21**U", "rejected", ""),
            ("A6:562", "rejected", ""),
            ("a7:562**u", "rejected", ""),
            ("A8:562", "rejected", ""),
            ("A1:19**U", "rejected", "ack.action-differs"),
            ("A7:562**WQ", "rejected", "ack.action-differs"),
            ("A1:19**WQ*******A7:562", "rejected", "ack.action-differs"),
            ("E0:24**U", "rejected", ""),
            ("F2:1**U", "other", "ack.category"),
            ("F1:65**WQ", "other", "ack.category"),
            ("P1:1", "other", "ack.category"),
            ("D0:35", "other", "ack.category"),
            ("**WQ", "other", "ack.category"),
        ],
    )
    def test_verdict_of_a_claim(self, stc: str, verdict: str, code: str) -> None:
        """STC03 and the categories decide; a category about payment decides nothing."""
        found, codes = of_body(f"BHT*0085*08*R~HL*4*3*PT~TRN*2*C1~STC*{stc}~", "277")
        assert found.things[0].verdict == verdict
        assert codes == [code] * bool(code)

    def test_several_statuses_of_a_claim(self) -> None:
        """One status that rejects rejects the claim, and all of them are kept with their texts."""
        body = "HL*4*3*PT~TRN*2*C1~STC*A1:19**WQ~STC*A7:562**U*********ONE~STC*A2:20**WQ~"
        found, _ = of_body(body, "277")
        [claim] = found.things
        assert claim.verdict == "rejected"
        assert [status.code for status in claim.statuses] == ["A1:19", "A7:562", "A2:20"]
        assert claim.text == "ONE"

    def test_a_claim_without_a_number_is_kept(self) -> None:
        """A status before any TRN, and a TRN without its number, are told and kept."""
        found, codes = of_body("HL*4*3*PT~STC*A2:20~TRN*2~STC*A2:20~", "277")
        assert codes == ["ack.no-claim-number", "ack.no-claim-number"]
        assert [thing.claim for thing in found.things] == ["", ""]

    def test_what_cannot_be_read_is_told(self) -> None:
        """A bad date, amount or count is a problem, and the rest is read."""
        body = "HL*2*1*21~TRN*2*B~STC*A1:20*20260230*WQ*1O~QTY*90*X~AMT*YU*2.345~HL*3*2*PT~TRN*2*C~"
        found, codes = of_body(body, "277")
        assert codes == ["ack.date", "ack.amount", "ack.amount", "ack.amount", "ack.no-status"]
        assert shape(found) == [("transaction", "received", "B"), ("claim", "other", "C")]

    @pytest.mark.parametrize(
        ("name", "source"),
        [("NM1*PR*2*P~", "payer"), ("NM1*AY*2*R~", "clearinghouse"), ("NM1*ACV*2*X~", "clearinghouse"),
         ("", "clearinghouse")],
    )  # fmt: skip
    def test_only_a_payer_speaks_as_a_payer(self, name: str, source: str) -> None:
        """A sender that does not say it is the payer is not taken for it: its word proves less."""
        found, _ = of_body(f"HL*1**20~{name}HL*2*1*21~STC*A1:19~", "277")
        assert found.source == source

    @pytest.mark.parametrize("level", ["PT", "22", "23"])
    def test_claims_below_any_patient_level_are_read(self, level: str) -> None:
        """A claim at the subscriber's or dependent's level of other 277s is not lost."""
        found, _ = of_body(f"HL*4*3*{level}~TRN*2*C1~STC*A7:562**U~", "277")
        assert shape(found) == [("claim", "rejected", "C1")]

    def test_a_clearinghouse_is_told_from_a_payer(self) -> None:
        """NM1*AY is a clearinghouse, NM1*PR the payer."""
        found, _ = of_body("HL*1**20~NM1*AY*2*RELAY*****46*R1~HL*2*1*21~STC*A1:19~", "277")
        assert (found.source, found.source_name, found.source_id) == (
            "clearinghouse",
            "RELAY",
            "R1",
        )

    def test_memory_stays_flat(self) -> None:
        """The parts of a big 277CA come one by one, the acknowledgement first."""
        body = "HL*1**20~HL*4*3*PT~" + "TRN*2*C~STC*A2:20**WQ~" * 2000
        problems: list[Problem] = []
        [parts] = [stream_277ca(t) for t in transactions([file_of(body, "277")], problems)]
        assert isinstance(next(parts), Acknowledgement)


def test_a_status_answer_is_no_claim_acknowledgement() -> None:
    """A 277 of guide X212 answers a question: it is not taken for a 277CA."""
    data = (FIXTURES / "277ca/fail/claim_status_request_answer.edi").read_bytes()
    [one] = transactions([data], [])
    assert kind_of(one) is None
    with pytest.raises(ValueError, match="no acknowledgement"):
        stream(one)


def test_a_stream_begins_with_its_acknowledgement() -> None:
    """Parts without their head are no acknowledgement."""
    with pytest.raises(TypeError, match="begins with"):
        whole([Acknowledged(level="claim", verdict="other")])


def test_a_cut_acknowledgement_is_not_complete() -> None:
    """Without SE what came is read, and ``complete`` says that it is not all."""
    data = (FIXTURES / "277ca/pass/accepted_and_rejected.edi").read_bytes()
    found, problems = of_file(data[: data.index(b"SVC*")])
    assert not found.complete
    assert shape(found)[-1] == ("claim", "rejected", "CLAIM0002")
    assert "transaction.unclosed" in {problem.code for problem in problems}


class TestTA1:
    """``read_ta1``."""

    @staticmethod
    def of_text(text: str) -> tuple[list[Acknowledgement], list[str]]:
        """All TA1s of a file, and the codes of the problems."""
        problems: list[Problem] = []
        found: list[Acknowledgement] = []
        for one in envelope.read([text.encode()], problems):
            one.drain()
            found += read_ta1(one)
        return found, [problem.code for problem in problems]

    @pytest.mark.parametrize("place", ["before-gs", "after-ge"])
    def test_wherever_it_stands(self, place: str) -> None:
        """A TA1 before GS and one after GE are read alike."""
        ack = transaction("AK1*HC*1~AK9*A*1*1*1~", "999")
        text = interchange([group([ack], "999")])
        ta1 = "TA1*000000101*260114*1100*A*000~\n"
        mark = "GS*" if place == "before-gs" else "IEA*"
        found, codes = self.of_text(text.replace(mark, ta1 + mark))
        assert codes == []
        assert shape(found[0]) == [("interchange", "accepted", "")]
        assert found[0].things[0].interchange == "000000101"
        assert found[0].date == dt.date(2026, 1, 14)

    @pytest.mark.parametrize(
        ("code", "verdict"),
        [("A", "accepted"), ("E", "accepted with errors"), ("R", "rejected"), ("", "other")],
    )
    def test_verdict(self, code: str, verdict: str) -> None:
        """TA104 decides; the note is kept as three digits, the number as nine."""
        text = interchange([]).replace("IEA*", f"TA1*101*260114*1100*{code}*25~\nIEA*")
        [found], codes = self.of_text(text)
        assert (found.kind, found.things[0].verdict) == ("TA1", verdict)
        assert found.things[0].interchange == "000000101"
        assert found.things[0].statuses == (Status(list="TA105", code="025"),)
        assert codes == ["ack.verdict"] * (verdict == "other")

    def test_a_number_is_compared_with_nine_digits(self) -> None:
        """``101`` and ``000000101`` are one interchange; what is no number stays as it is."""
        assert control_text("101") == control_text("000000101") == "000000101"
        assert control_text("AB1") == "AB1"

    def test_an_answer_repeats_what_came(self) -> None:
        """The TA1 for an interchange holds its number, date and time as they came."""
        data = (FIXTURES / "999/pass/accepted.edi").read_bytes()
        [one] = envelope.read([data], [])
        assert answer(one.header, "R", "025") == (
            *("TA1", "000000001", "260115", "1200"),
            *("R", "025"),
        )


@pytest.mark.skipif(not CORPUS.exists(), reason="other people's sample files are not here")
def test_samples_of_others_are_read() -> None:
    """Every 999, 997 and 277CA of the corpus gives as many verdicts as it has segments of them."""
    count = 0
    for path in sorted(CORPUS.glob("*/*")):
        if not re.search(rb"ST.(?:99[79]|277)", path.read_bytes()[:400]):
            continue
        for one in transactions([path.read_bytes()], []):
            kind = kind_of(one)
            if kind is None:
                continue
            things = whole(stream(one)).things
            text = [segment[0] for segment in again(path, one.control, one.number)]
            ends = {"IK5", "AK5", "AK9"} if kind != "277CA" else {"STC"}
            named = sum(thing.level in ("transaction", "group") for thing in things)
            if kind == "277CA":
                assert sum(len(thing.statuses) > 0 for thing in things) == text.count("STC"), path
            elif path.name != "invalid999.edi":
                assert named == sum(name in ends for name in text), path
            count += 1
    assert count >= 30


def again(path: Path, control: str, number: int) -> list[list[str]]:
    """The segments of the same transaction, read anew."""
    for one in transactions([path.read_bytes()], []):
        if (one.control, one.number) == (control, number):
            return list(one.segments())
    return []


@pytest.mark.parametrize("count", ["0", "1"])
def test_a_ta1_alone_is_no_error(count: str) -> None:
    """Many write IEA01 1 below a TA1 alone: at most a warning."""
    text = interchange([]).replace("IEA*0*", f"TA1*101*260114*1100*A*000~\nIEA*{count}*")
    problems: list[Problem] = []
    for one in envelope.read([text.encode()], problems):
        one.drain()
    assert [problem.level for problem in problems] == ["warning"] * int(count)


SEGMENTS = st.sampled_from(
    [
        *("AK1*HC*1", "AK2*837*0001", "IK3*CLM*22*2300*8", "CTX*CLM01:C1", "CTX*X*CLM*2**5:1"),
        *("IK4*5:1*1*7*X", "IK5*R*5", "AK9*P*2*2*1", "HL*1**20", "HL*2*1*21", "HL*3*2*19"),
        *("HL*4*3*PT", "TRN*2*C1", "TRN*1*0", "STC*A7:562:85*20260101*U*1", "STC", "STC*:::*X*Y"),
        *("SVC*HC:97530*1", "REF*1K*I", "REF*FJ*L", "DTP*472*D8*20260101", "QTY*90*1", "AMT*YU*1"),
        *("NM1*AY*2*X*****46*1", "AK1", "AK2", "IK3", "CTX", "IK4", "IK5", "AK9", "HL", "NM1"),
        *("TRN", "SVC", "REF", "DTP", "QTY", "AMT", "BHT", "BHT*0085*08*R*20260101", "ZZ*1"),
    ]
)


@given(body=st.lists(SEGMENTS, max_size=25), kind=st.sampled_from(["999", "277"]))
def test_any_order_of_segments_is_read(body: list[str], kind: str) -> None:
    """Whatever comes in whatever order: nothing raises, every problem is declared."""
    of_body("~".join(body) + "~", kind)


class TestWords:
    """Verdicts and codes in our words."""

    def test_a_status_names_whom_it_is_about(self) -> None:
        """Category, status and entity are told together."""
        words = meaning(Status(list="STC", code="A7:562", entity="85"))
        assert words == "rejected: information invalid; NPI of entity (billing provider)"

    def test_a_code_we_do_not_know_is_shown_as_it_came(self) -> None:
        """Unknown codes have words that say so, and nothing to do is invented."""
        for status in (
            Status(list="IK403", code="Z9"),
            Status(list="STC", code="Z9:999", entity="ZZ"),
        ):
            assert "not in our tables" in meaning(status)
            assert todo(status) == ""
        own = Status(list="report", code="Q7")
        assert meaning(own) == "code Q7, the sender's own"
        assert todo(own) == ""

    def test_a_fault_is_placed(self) -> None:
        """Element, segment number and loop of ours are in the words."""
        status = Status(
            list="IK403", code="7", segment="CLM", position=22, loop="2300", element="CLM05-1"
        )
        assert meaning(status) == "CLM05-1 (segment 22 loop 2300): code not valid"

    def test_an_accepted_999_accepts_no_claim(self) -> None:
        """Accepted by a 999 is about the form; accepted by a 277CA about the claim."""
        form = Acknowledged(level="transaction", verdict="accepted", transaction="0001")
        claim = Acknowledged(level="claim", verdict="accepted", batch="B", claim="C")
        assert standing(form) == "accepted: the form is right"
        assert standing(claim) == "accepted"
