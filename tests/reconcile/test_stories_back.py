"""The reconcile half of the stories, from real 835 text to what staff see, exact to the cent."""

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest
from remits import answered, claim, facts, line, payment, remittance

from edi.remittance import Remittance
from reconcile.attention import concerns
from reconcile.balance import Balance
from reconcile.books import NO_REVERSAL, PAID_TWICE
from reconcile.denials import expected_cuts, finding
from reconcile.lifecycle import decided
from reconcile.match import match_claim, match_lines
from reconcile.plb import ProviderEntry, plb_book
from reconcile.post import books, claim_books, postings
from reconcile.report import denial_rows
from reconcile.reports.rates import Denials
from reconcile.reports.summary import Summary
from reconcile.reports.values import Case
from reconcile.values import LineBooks

MARCH = dt.date(2026, 3, 10)


def money(*texts: str) -> tuple[Decimal, ...]:
    """Dollars from text."""
    return tuple(Decimal(text) for text in texts)


def balanced(whole: Remittance) -> bool:
    """Whether all three levels of a remittance hold."""
    balance = Balance()
    balance.add_header(whole.header)
    for one in whole.claims:
        balance.add_claim(one)
    balance.add_trailer(whole.trailer)
    return balance.is_balanced


DAY1 = dt.date(2025, 12, 2)
STORY1 = claim(
    line("S1L1", "97530:59:GP", "75.00", day=DAY1),
    line("S1L2", "97530:59:GP:CQ", "150.00", "2", day=DAY1),
    line("S1L3", "97140:GP", "65.00", day=DAY1),
    control="STORYONEAAAA",
)
STORY1_BODY = """
CLP*STORYONEAAAA*1*290*76.13*20.89*MB*ICN1~DTM*232*20251202~
SVC*HC:97530:59:GP*75*27.14**1~DTM*472*20251202~CAS*CO*45*40.39**253*0.55~CAS*PR*2*6.92~
REF*6R*S1L1~
SVC*HC:97530:59:GP:CQ*150*32.76**2~DTM*472*20251202~CAS*CO*45*86.68**59*20.06**253*0.67~
CAS*PR*2*9.83~REF*6R*S1L2~LQ*HE*N851~
SVC*HC:97140:GP*65*16.23**1~DTM*472*20251202~CAS*CO*45*37.83**59*6.47**253*0.33~CAS*PR*2*4.14~
REF*6R*S1L3~
"""


@pytest.mark.parametrize(
    "assistant", ["CO*45*86.68", "CO*45*80.78**237*5.90"], ids=["in CO-45", "as CO-237"]
)
def test_story_1_multiple_procedures_and_an_assistant_are_no_denial(assistant: str) -> None:
    """MPPR, sequestration and the assistant's cut leave every line paid, whichever way shown."""
    body = STORY1_BODY.replace("CO*45*86.68", assistant)
    assert balanced(remittance(body, paid="76.13"))
    answer = answered(STORY1, body)
    lines = claim_books(STORY1, [answer])
    assert [b.status for b in lines] == ["paid", "paid", "paid"]
    assert [b.denied for b in lines] == [0, 0, 0]
    assert sum(b.paid for b in lines) == Decimal("76.13")
    assert sum(b.patient for b in lines) == Decimal("20.89")
    cuts = expected_cuts([b.current for b in lines if b.current])
    assert "MPPR 20.06" in cuts
    assert any(cut.startswith("assistant") for cut in cuts)
    assert not list(denial_rows(STORY1, lines, [answer], (), facts("medicare-b"), on=DAY1))


STORY2 = claim(
    line("S2L1", "97110:GP", "55.00", evidence=("times 09:00-09:08",)),
    line("S2L2", "97140:GP", "50.00", evidence=("times 09:08-09:16",)),
    line("S2L3", "97530:59:GP", "60.00", evidence=("times 09:16-09:24",)),
    control="STORYTWOAAAA",
)
STORY2_BODY = """
CLP*STORYTWOAAAA*1*165*39*20*12*P2~DTM*232*20260310~
SVC*HC:97110*55*11**1~CAS*CO*45*24~CAS*PR*3*20~
SVC*HC:97140*50*28**1~CAS*CO*45*22~
SVC*HC:97530*60*0**0~CAS*CO*97*60~LQ*HE*N20~
"""


def test_story_2_bundled_although_59_was_sent() -> None:
    """Without keys and modifiers the line is found, and the step is an appeal with its times."""
    assert balanced(remittance(STORY2_BODY, paid="39"))
    answer = answered(STORY2, STORY2_BODY, day=dt.date(2026, 3, 24))
    lines = claim_books(STORY2, [answer])
    assert {s.method for s in answer.lines} == {"code + date + charge, modifiers dropped by payer"}
    assert [b.status for b in lines] == ["paid", "paid", "denied"]
    assert sum(b.patient for b in lines) == 20
    (row,) = denial_rows(STORY2, lines, [answer], (), facts(), on=dt.date(2026, 4, 1))
    assert row["line"] == "S2L3"
    assert row["billed"] == "60.00"
    assert row["paid"] == "0.00"
    assert row["matched_by"] == "code + date + charge, modifiers dropped by payer"
    assert row["cause"] == "bundled with 97140 although 59 was sent"
    assert row["next_step"].startswith("appeal with times 09:16-09:24 and both notes")
    assert "add" not in row["next_step"]
    assert "resend the same claim with 59" in row["never"]
    assert row["deadline"] == "2026-09-20"
    assert row["deadline_source"] == "first appeal: contract 2026, section 4"


APRIL = {"A": dt.date(2026, 2, 10), "C": dt.date(2026, 4, 14), "B": dt.date(2026, 4, 21)}
STORY3 = claim(
    line("S3L1", "97530:GP", "110.00", "2", day=dt.date(2026, 2, 1)),
    control="STORYTHREEAA",
    collected="20.00",
    references=(("G1", "7788"),),
)
STORY3_BODIES = {
    "A": """CLP*STORYTHREEAA*1*110*50*20*12*A1001~SVC*HC:97530:GP*110*50**2~
        DTM*472*20260201~CAS*CO*45*40~CAS*PR*3*20~REF*6R*S3L1~""",
    "C": """CLP*STORYTHREEAA*1*110*0**12*A1001R~SVC*HC:97530:GP*110*0**2~
        DTM*472*20260201~CAS*CO*197*110~REF*6R*S3L1~""",
    "B": """CLP*STORYTHREEAA*22*-110*-50**12*A1001~SVC*HC:97530:GP*-110*-50**2~
        DTM*472*20260201~CAS*CO*45*-40~CAS*PR*3*-20~REF*6R*S3L1~""",
}
OTHER = """CLP*OTHERCLAIM{n}*1*{paid}*{paid}**12*Z{n}~SVC*HC:97110:GP*{paid}*{paid}**1~
    DTM*472*20260201~"""
STORY3_FILES = {
    "A": (STORY3_BODIES["A"], "50", ""),
    "C": (STORY3_BODIES["C"] + OTHER.format(n=1, paid=45), "45", ""),
    "B": (
        STORY3_BODIES["B"] + OTHER.format(n=2, paid=80),
        "80",
        "PLB*1234567893*20261231*WO:A1001*-50~",
    ),
    "D": (OTHER.format(n=3, paid=65), "15", "PLB*1234567893*20261231*WO:A1001*50~"),
}


def story3(names: str) -> LineBooks:
    """The books of the line after these answers, in this order of arrival."""
    answers = [
        answered(STORY3, STORY3_BODIES[n], day=APRIL[n], trace=f"T{n}", id=f"id-{n}")
        for n in names
        if n in STORY3_BODIES
    ]
    return books(STORY3.lines[0], STORY3, answers)


REPROCESSED = """CLP*STORYTHREEAA*1*110*52*20*12*A1001S~SVC*HC:97530:GP*110*52**2~
    DTM*472*20260201~CAS*CO*45*38~CAS*PR*3*20~REF*6R*S3L1~"""
DENIAL_BACK = """CLP*STORYTHREEAA*22*-110*0**12*A1001R~SVC*HC:97530:GP*-110*0**2~
    DTM*472*20260201~CAS*CO*197*-110~REF*6R*S3L1~"""
MAY = dt.date(2026, 5, 12)


def test_story_3_reprocessed_names_the_denial_that_was_not_taken_back() -> None:
    """The answer that stands beside the newest is named; what it refused is no refused money."""
    answers = [
        answered(STORY3, STORY3_BODIES[n], day=APRIL[n], trace=f"T{n}", id=f"id-{n}") for n in "ACB"
    ]
    answers.append(answered(STORY3, REPROCESSED, day=MAY, trace="TE", id="id-E"))
    lines = claim_books(STORY3, answers)
    (odd,) = concerns(STORY3, lines, answers)
    assert "A1001R of 2026-04-14 (payment TC) still stands" in odd.cause
    assert (odd.trace, "A1001 " in odd.cause, "A1001S" in odd.cause) == ("TC", False, False)
    assert (lines[0].status, lines[0].denied, lines[0].open) == ("paid", 110, -110)
    assert decided(STORY3, lines) == "decided twice"
    case = Case(claim=STORY3, answers=tuple(answers), books=lines, payer="BCBS")
    rates, sums = Denials("payer"), Summary("payer")
    rates.add(case)
    sums.add(case)
    total = rates.total()
    assert (total.lines, total.denied_lines, total.denied, total.doubled) == (1, 0, 0, 110)
    whole = sums.total()
    assert (whole.denied, whole.open, whole.doubled, whole.is_whole) == (0, 0, 110, True)
    answers.append(answered(STORY3, DENIAL_BACK, day=MAY, trace="TF", id="id-F"))
    lines = claim_books(STORY3, answers)
    assert not concerns(STORY3, lines, answers)
    assert (lines[0].denied, lines[0].open, decided(STORY3, lines)) == (0, 0, "settled")


def test_story_3_refused_money_is_that_of_the_denial_that_stands() -> None:
    """After A and C the line stands denied: its refused money counts, nothing is left out."""
    answers = [
        answered(STORY3, STORY3_BODIES[n], day=APRIL[n], trace=f"T{n}", id=f"id-{n}") for n in "AC"
    ]
    lines = claim_books(STORY3, answers)
    (odd,) = concerns(STORY3, lines, answers)
    assert (odd.trace, odd.cause.startswith(f"{NO_REVERSAL}: A1001 of 2026-02-10")) == ("TA", True)
    rates = Denials("payer")
    rates.add(Case(claim=STORY3, answers=tuple(answers), books=lines, payer="BCBS"))
    total = rates.total()
    assert (total.denied_lines, total.denied, total.doubled) == (1, 110, 0)


def test_story_3_step_by_step() -> None:
    """Correction first: decided twice and flagged; with the reversal all closes."""
    after_a = story3("A")
    assert (after_a.paid, after_a.contractual, after_a.patient, after_a.denied, after_a.open) == (
        money("50", "40", "20", "0", "0")
    )
    after_c = story3("AC")
    assert (after_c.paid, after_c.contractual, after_c.patient, after_c.denied, after_c.open) == (
        money("50", "40", "20", "110", "-110")
    )
    assert "correction without its reversal" in after_c.flags
    assert after_c.status == "denied"
    after_b = story3("ACB")
    assert (after_b.paid, after_b.contractual, after_b.patient, after_b.denied, after_b.open) == (
        money("0", "0", "0", "110", "0")
    )
    assert after_b.patient_credit == 20
    assert after_b.status == "denied"
    assert after_b.flags == ()


def test_story_3_taken_back_and_not_yet_corrected() -> None:
    """Between reversal and correction the line is reversed and open for its whole charge."""
    between = story3("AB")
    assert between.status == "reversed"
    assert (between.paid, between.open) == money("0", "110")


@pytest.mark.parametrize("order", ["".join(p) for p in permutations("ABCD")])
def test_story_3_all_orders_end_in_the_same_books(order: str) -> None:
    """The order in which the four remittances arrive changes nothing."""
    assert story3(order) == story3("ACBD")
    entries = [
        ProviderEntry(
            payer="bcbs", date=MARCH + dt.timedelta(days="ACBD".index(n)), trace=n, adjustment=a
        )
        for n in order
        for a in remittance(STORY3_FILES[n][0], plb=STORY3_FILES[n][2]).trailer.provider_adjustments
    ]
    (receivable,) = plb_book(entries)
    assert (receivable.open, receivable.state) == (0, "closed")


def test_story_3_cash_and_the_receivable() -> None:
    """Every remittance balances; after the reversal 50.00 is owed, after the recovery nothing."""
    for body, paid, plb in STORY3_FILES.values():
        assert balanced(remittance(body, paid=paid, plb=plb))
    (given,) = remittance(
        STORY3_FILES["B"][0], plb=STORY3_FILES["B"][2]
    ).trailer.provider_adjustments
    (open_one,) = plb_book([ProviderEntry(payer="bcbs", date=MARCH, trace="B", adjustment=given)])
    assert open_one.open == 50
    assert open_one.state == "owed to the payer"
    cash = sum(
        p.cents
        for n in "ACB"
        for p in postings(answered(STORY3, STORY3_BODIES[n], day=APRIL[n]))
        if p.kind == "paid"
    )
    assert cash == 0


TWO = claim(
    line("LK1", "97530:GP", "150.00", "2"), line("LK2", "97110:GP", "55.00"), control="TWOLINES"
)
TWO_FIRST = """
CLP*TWOLINES*1*205*120*25*12*LK9~DTM*232*20260310~
SVC*HC:97530:GP*150*90**2~CAS*CO*45*35~CAS*PR*3*25~
SVC*HC:97110:GP*55*30**1~CAS*CO*45*25~
"""
TWO_SECOND = """
CLP*TWOLINES*1*205*30*0*12*LK9R~DTM*232*20260310~
SVC*HC:97530:GP*150*0**2~CAS*CO*197*150~
SVC*HC:97110:GP*55*30**1~CAS*CO*45*25~
"""


def test_a_correction_that_repeats_a_line_is_no_second_payment() -> None:
    """One cause, the missing reversal: the line it repeats was not paid twice nor too much."""
    answers = [answered(TWO, TWO_FIRST), answered(TWO, TWO_SECOND, day=APRIL["C"])]
    books = claim_books(TWO, answers)
    causes = {one.cause.partition(":")[0] for one in concerns(TWO, books, answers)}
    assert causes == {NO_REVERSAL}
    again = [answered(TWO, TWO_FIRST), answered(TWO, TWO_FIRST, day=APRIL["C"])]
    books = claim_books(TWO, again)
    assert all(PAID_TWICE in one.flags for one in books)


def test_story_3_the_authorization_was_on_our_claim() -> None:
    """CO-197 with our own G1 on the claim: call, not an authorization afterwards."""
    found = finding(
        STORY3.lines[0], STORY3, story3("ACB"), (), facts("commercial"), dt.date(2026, 5, 1)
    )
    assert found.next_step == "auth 7788 was on our claim: call, ask to reprocess"
    assert found.who == "payer call"
    assert found.deadline == APRIL["C"] + dt.timedelta(days=180)
    assert found.deadline_source == "first appeal if that does not help: contract 2026, section 4"
    assert found.road == ""  # it is a call all the same


STORY4A = claim(
    line("S4L1", "97530:59:GP", "60.00"),
    line("S4L2", "97140:GP", "50.00"),
    control="STORYFOURAAA",
)
STORY4A_BODY = """
CLP*STORYFOURAAA*1*110*70*0*12*P4~DTM*232*20260310~
SVC*HC:97530:59:GP*60*70**1~CAS*OA*94*-50~CAS*CO*45*40~{one}
SVC*HC:97530*50*0**1*HC:97140:GP~CAS*CO*97*50~{two}
"""


@pytest.mark.parametrize("keys", [True, False], ids=["with 6R", "without 6R"])
def test_story_4a_bundled_by_the_book(keys: bool) -> None:
    """OA-94 against CO-97 moves money between lines: nothing denied, nothing overpaid."""
    one, two = ("REF*6R*S4L1~", "REF*6R*S4L2~") if keys else ("", "")
    body = STORY4A_BODY.format(one=one, two=two)
    assert balanced(remittance(body, paid="70"))
    answer = answered(STORY4A, body)
    first, second = claim_books(STORY4A, [answer])
    assert (first.paid, first.transferred, first.contractual, first.open) == money(
        "70", "-50", "40", "0"
    )
    assert (second.paid, second.transferred, second.denied, second.open) == money(
        "0", "50", "0", "0"
    )
    assert (first.status, second.status) == ("paid", "paid")
    assert "included in line 1 (50.00 moved)" in second.flags
    assert not list(denial_rows(STORY4A, (first, second), [answer], (), facts(), on=MARCH))


def test_story_4a_a_cent_off_is_told_and_not_appealed() -> None:
    """OA-94 that no CO-97 meets: named with the likely one, and nobody appeals a paid line."""
    body = STORY4A_BODY.replace("94*-50~CAS*CO*45*40", "94*-49.99~CAS*CO*45*39.99")
    answer = answered(STORY4A, body.format(one="", two=""))
    books = claim_books(STORY4A, [answer])
    cause = "OA-94 -49.99; CO-97 50.00 of the claim is probably it, off by 0.01"
    odd = [(one.line, one.cause) for one in concerns(STORY4A, books, [answer])]
    assert [line for line, told in odd if told.endswith(cause)] == ["S4L1"]
    (row,) = denial_rows(STORY4A, books, [answer], (), facts(), on=MARCH)
    assert (row["line"], row["confidence"]) == ("S4L2", "low")
    assert row["next_step"].startswith("call: was this line paid in the other one?")


STORY4B = claim(
    line("S4L1", "97530:59:GP", "75.00"),
    line("S4L2", "97530:59:GP:CQ", "150.00", "2"),
    control="STORYFOURBBB",
)
STORY4B_BODY = """
CLP*STORYFOURBBB*1*{charge}*{paid}*20*12*P5~DTM*232*20260310~
SVC*HC:97530:59:GP:CQ*{charge}*{paid}**3~CAS*CO*45*141~CAS*PR*3*20~
"""


def test_story_4b_merged_lines_are_split_by_charge() -> None:
    """One paid line for two sent ones: half-up cents, the last takes the rest."""
    answer = answered(STORY4B, STORY4B_BODY.format(charge="225", paid="64"))
    assert [s.method for s in answer.lines] == ["lines merged", "lines merged"]
    lines = claim_books(STORY4B, [answer])
    assert [(b.paid, b.contractual, b.patient) for b in lines] == [
        money("21.33", "47.00", "6.67"),
        money("42.67", "94.00", "13.33"),
    ]
    assert [b.open for b in lines] == [0, 0]
    assert [b.status for b in lines] == ["paid", "paid"]


def test_story_4c_a_cent_off_is_not_forced() -> None:
    """The same with 224.99 stays unmatched, both lines its candidates."""
    body = STORY4B_BODY.format(charge="224.99", paid="63.99")
    answer = answered(STORY4B, body)
    assert answer.lines == ()
    (left,) = answer.unmatched
    assert left.candidates == ("S4L1", "S4L2")
    rows = list(
        denial_rows(STORY4B, claim_books(STORY4B, [answer]), [answer], (), facts(), on=MARCH)
    )
    assert [row["status"] for row in rows] == ["unmatched"]
    assert rows[0]["candidates"] == ["S4L1", "S4L2"]


def test_stories_match_their_claims_by_the_patient_control_number() -> None:
    """Each story's payment finds its claim among all of them."""
    pool = [STORY1, STORY2, STORY3, STORY4A, STORY4B]
    for sent, body in ((STORY1, STORY1_BODY), (STORY2, STORY2_BODY), (STORY3, STORY3_BODIES["B"])):
        match = match_claim(payment(body), pool)
        assert match.claim is sent
        assert match.method == "patient control number"
    assert match_lines(payment(STORY2_BODY), STORY2).unpaired == ()
