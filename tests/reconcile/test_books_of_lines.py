"""Posting and books: every share closes, every cent is somewhere, and order never matters."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from remits import answered, claim, line, payment, remittance

from edi.claim import Procedure
from edi.remittance import Adjustment, ClaimPayment, ProviderAdjustment, ServicePayment
from reconcile.balance import Balance, claim_differences
from reconcile.plb import ProviderEntry, plb_book, words
from reconcile.post import adjudicate, books, claim_books, postings, posts
from reconcile.shares import split_cents
from reconcile.values import Adjudication, LineBooks, SentClaim

SENT = claim(line("L1", "97530:GP", "110.00", "2"), control="CLAIMAAAABBBB")
DAY = dt.date(2026, 4, 1)
CLP = "CLP*CLAIMAAAABBBB*{status}*{charge}*{paid}**12*{icn}~{moa}SVC*HC:97530:GP*{charge}*{paid}**2~DTM*472*20260310~{cas}"


def answer(
    cas: str,
    *,
    status: str = "1",
    charge: str = "110",
    paid: str = "0",
    moa: str = "",
    payer: str = "plan",
    day: dt.date = DAY,
    icn: str = "A1",
) -> Adjudication:
    """What one payer says of the line."""
    body = CLP.format(status=status, charge=charge, paid=paid, cas=cas, moa=moa, icn=icn)
    trace = f"{payer}{day}{icn}{status}"
    return answered(SENT, body, day=day, payer=payer, trace=trace, id=trace)


def stand(*answers: Adjudication) -> LineBooks:
    """The line's books after these answers."""
    return books(SENT.lines[0], SENT, answers)


def closes(b: LineBooks) -> bool:
    """The equation of the books."""
    parts = (b.paid, b.contractual, b.patient, b.denied, b.transferred, b.other, b.open)
    return b.charge == sum(parts, b.not_explained)


PRIMARY = answer("CAS*CO*45*40~CAS*PR*2*20~", paid="50")


def test_a_secondary_restates_the_primary() -> None:
    """OA-23 moves no money: the patient owes what the newest payer leaves."""
    second = answer(
        "CAS*OA*23*90~CAS*PR*2*5~", status="2", paid="15", payer="medigap", day=dt.date(2026, 4, 20)
    )
    both = stand(PRIMARY, second)
    assert (both.paid, both.patient, both.contractual, both.open) == (65, 5, 40, 0)
    assert both.prior_payer == 90
    assert both.status == "paid"
    assert closes(both)


def test_a_medicaid_that_writes_off_the_whole_rest_adds_nothing() -> None:
    """CO-45 for the whole charge less the payment restates (RFI 1696)."""
    second = answer(
        "CAS*CO*45*108~", status="2", paid="2", payer="medicaid", day=dt.date(2026, 4, 20)
    )
    both = stand(PRIMARY, second)
    assert (both.paid, both.patient, both.contractual, both.open) == (52, 0, 58, 0)
    assert closes(both)


def test_a_secondary_denial_refuses_only_what_was_left() -> None:
    """A denial of the whole charge by the second payer denies the primary's remainder."""
    second = answer("CAS*CO*29*110~", status="2", payer="medigap", day=dt.date(2026, 4, 20))
    both = stand(PRIMARY, second)
    assert (both.paid, both.denied, both.contractual) == (50, 20, 40)
    assert both.status == "reduced"
    assert closes(both)


def test_the_secondary_alone_says_that_the_primary_is_missing() -> None:
    """Where only the second payer's answer is here, the prior part is shown, not lost."""
    alone = stand(answer("CAS*OA*23*95~", status="2", paid="15", payer="medigap"))
    assert (alone.paid, alone.other, alone.open) == (15, 95, 0)
    assert any("remittance is not here" in flag for flag in alone.flags)


REFUSED = answer("CAS*CO*197*110~")
ANEW = answer("CAS*CO*45*35~CAS*PR*2*15~", paid="60", day=dt.date(2026, 4, 10), icn="A2")
NEXT = {"status": "2", "payer": "medigap"}
SECOND = answer("CAS*OA*23*95~", paid="15", day=dt.date(2026, 4, 20), icn="S1", **NEXT)
EARLY = answer("CAS*OA*23*90~", paid="20", day=dt.date(2026, 4, 5), icn="S1", **NEXT)
SAME = answer("CAS*OA*23*95~", paid="15", day=dt.date(2026, 4, 25), icn="S2", **NEXT)


@pytest.mark.parametrize(
    ("answers", "paid", "contractual", "patient", "opened"),
    [
        ((REFUSED, ANEW, SECOND), 75, 35, 0, 0),
        ((PRIMARY, ANEW, SECOND), 125, 35, 0, -50),
        ((PRIMARY, EARLY, ANEW), 130, 35, 0, -55),
        ((ANEW, SECOND, SAME), 90, 35, 0, -15),
    ],
    ids=["refused and reprocessed", "paid anew", "paid anew after the second", "second paid twice"],
)
def test_twice_decided_beside_a_second_payer(
    answers: tuple[Adjudication, ...], paid: int, contractual: int, patient: int, opened: int
) -> None:
    """Without what older answers hold, the newest of each payer alone says what is written off."""
    for order in itertools.permutations(answers):
        both = stand(*order)
        assert closes(both)
        twice = both.twice
        left = (both.paid, both.contractual - twice.contractual, both.patient - twice.patient)
        assert left == (paid, contractual, patient)
        assert both.denied == twice.denied
        assert both.open + twice.contractual + twice.patient + twice.denied == opened


@pytest.mark.parametrize("remark", ["N781", "N782", "N783"])
def test_a_qmb_patient_owes_nothing(remark: str) -> None:
    """PR amounts with a QMB remark in MOA are not the patient's."""
    qmb = stand(answer("CAS*CO*45*40~CAS*PR*2*20~", paid="50", moa=f"MOA***{remark}~"))
    assert (qmb.patient, qmb.other) == (0, 20)
    assert "QMB: the patient owes nothing" in qmb.flags
    assert closes(qmb)


@pytest.mark.parametrize(
    ("status", "moa"),
    [("19", ""), ("1", "MOA***MA18~"), ("1", "MOA***N89~"), ("1", "MOA***N782*MA07~")],
    ids=["19", "MA18", "N89", "MA07 of a QMB"],
)
def test_a_forwarded_claim_waits_for_the_next_payer(status: str, moa: str) -> None:
    """Crossover by status or remark is flagged."""
    one = answer("CAS*CO*45*40~CAS*PR*2*20~", paid="50", status=status, moa=moa)
    assert one.crossover
    assert any("forwarded" in flag for flag in stand(one).flags)


@pytest.mark.parametrize("status", ["23", "25"])
def test_forwarded_and_estimated_claims_never_post(status: str) -> None:
    """CLP02 23 and 25 leave postings and books untouched."""
    one = answer("CAS*CO*45*60~", paid="50", status=status)
    assert postings(one) == ()
    assert stand(one).status == "open"
    assert stand(one).open == 110


@pytest.mark.parametrize(
    ("cas", "paid", "status"),
    [
        ("CAS*CO*45*110~", "0", "paid"),
        ("CAS*PR*1*100~CAS*CO*45*10~", "0", "paid"),
        ("CAS*CO*197*110~", "0", "denied"),
        ("CAS*CO*45*40~CAS*PR*204*70~", "0", "denied"),
        ("CAS*CO*45*40~CAS*CO*151*35~", "35", "reduced"),
        ("CAS*CO*45*40~CAS*CO*59*10**253*1~CAS*PR*2*9~", "50", "paid"),
        ("CAS*OA*133*110~", "0", "open"),
        ("CAS*CO*999*110~", "0", "denied"),
        ("CAS*OA*23*110~", "0", "paid"),
    ],
    ids=[
        "CO-45 of all", "deductible", "CO-197", "PR-204", "CO-151 part", "MPPR and sequester",
        "pending", "unknown reason", "OA-23",
    ],
)  # fmt: skip
def test_denied_and_reduced_by_group_and_reason(cas: str, paid: str, status: str) -> None:
    """The status follows from what refuses, never from the group alone."""
    one = stand(answer(cas, paid=paid))
    assert one.status == status
    assert closes(one)


def test_fewer_units_without_a_reason_are_reduced() -> None:
    """Paid units below what was sent reduce; an absent SVC05 is one unit (RFI 2163)."""
    body = CLP.format(status="1", charge="110", paid="70", icn="A", moa="", cas="CAS*CO*45*40~")
    for units in ("**1~DTM", "~DTM"):
        one = answered(SENT, body.replace("**2~DTM", units))
        assert stand(one).status == "reduced"


def test_a_duplicate_denial_beside_the_real_answer_decides_nothing() -> None:
    """The line resent by mistake stays paid once; the duplicate is flagged."""
    twice = stand(PRIMARY, answer("CAS*OA*18*110~", day=dt.date(2026, 4, 9), icn="B7"))
    assert (twice.status, twice.paid, twice.denied, twice.open) == ("paid", 50, 0, 0)
    assert "denied as a duplicate: the first answer stands" in twice.flags


REVERSAL = answer(
    "CAS*CO*45*-40~CAS*PR*2*-20~", status="22", charge="-110", paid="-50", day=dt.date(2026, 4, 9)
)


def test_a_reversal_in_the_old_way_pairs_with_its_original() -> None:
    """All adjustments under CR (4010) take back the same original."""
    old = answer("CAS*CR*45*-60~", status="22", charge="-110", paid="-50", day=dt.date(2026, 4, 9))
    after = stand(PRIMARY, old)
    assert (after.status, after.paid, after.patient, after.contractual, after.open) == (
        "reversed", 0, 0, 0, 110,
    )  # fmt: skip


def test_an_orphan_reversal_is_flagged_and_closes_when_its_original_comes() -> None:
    """A reversal whose original is not here is shown as such, and pairs with it later."""
    alone = stand(REVERSAL)
    assert (alone.status, alone.paid) == ("reversed", -50)
    assert "reversal without its original" in alone.flags
    assert closes(alone)
    later = stand(REVERSAL, PRIMARY)
    assert (later.status, later.paid, later.flags) == ("reversed", 0, ())


def test_a_reversal_with_positive_amounts_is_read_from_its_original() -> None:
    """The wrong sign is taken from the original where it is here, else nothing is counted."""
    wrong = answer("CAS*CO*45*40~CAS*PR*2*20~", status="22", paid="50", day=dt.date(2026, 4, 9))
    paired = stand(PRIMARY, wrong)
    assert (paired.status, paired.paid, paired.open) == ("reversed", 0, 110)
    assert any("positive amounts" in flag for flag in paired.flags)
    alone = stand(wrong)
    assert (alone.paid, alone.open) == (0, 110)
    assert any("not counted" in flag for flag in alone.flags)


def test_the_same_adjudication_twice_is_once() -> None:
    """An answer given again under its own id changes nothing."""
    assert stand(PRIMARY, PRIMARY) == stand(PRIMARY)


ANSWERS = [
    PRIMARY,
    REVERSAL,
    answer("CAS*CO*197*110~", day=dt.date(2026, 4, 14), icn="A1R"),
    answer("CAS*OA*18*110~", day=dt.date(2026, 4, 15), icn="B2"),
    answer("CAS*OA*23*90~CAS*PR*2*5~", status="2", paid="15", payer="s", day=dt.date(2026, 4, 20)),
    answer("CAS*CO*45*108~", status="2", paid="2", payer="m", day=dt.date(2026, 4, 21)),
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(ANSWERS), unique_by=lambda a: a.id), st.randoms(use_true_random=False)
)
def test_books_depend_on_the_set_of_answers(answers: list[Adjudication], random: object) -> None:
    """Any subset in any order gives the same books, and they close."""
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random
    assert stand(*shuffled) == stand(*answers)
    assert closes(stand(*answers))


def test_collected_and_not_owed_is_a_credit_once_all_is_decided() -> None:
    """A copay is a credit only when every line of the claim has its answer."""
    sent = claim(
        line("L1", "97530:GP", "50.00"), line("L2", "97110:GP", "50.00"), collected="20.00"
    )
    part = "CLP*CLAIMAAAABBBB*1*{c}*{c}**12*A~SVC*HC:97530:GP*50*50**1~REF*6R*L1~{more}"
    one = answered(sent, part.format(c=50, more=""))
    assert [b.patient_credit for b in claim_books(sent, [one])] == [0, 0]
    both = answered(sent, part.format(c=100, more="SVC*HC:97110:GP*50*50**1~REF*6R*L2~"))
    assert sum(b.patient_credit for b in claim_books(sent, [both])) == 20


THREE = claim(
    line("L1", "97530:GP", "50.00"),
    line("L2", "97110:GP", "25.00"),
    line("L3", "97140:GP", "25.00"),
)


def test_a_claim_without_lines_reaches_the_lines_by_charge() -> None:
    """CLP04 and CAS of a claim without SVC are shared by charge, the last takes the rest."""
    one = answered(THREE, "CLP*CLAIMAAAABBBB*1*100*33.33**12*A~CAS*CO*45*66.67~")
    assert [s.paid for s in one.lines] == [Decimal("16.67"), Decimal("8.33"), Decimal("8.33")]
    assert {s.method for s in one.lines} == {"claim level, shared by charge"}
    assert [b.open for b in claim_books(THREE, [one])] == [0, 0, 0]


LINES = """SVC*HC:97530:GP*50*{a}**1~{cas}REF*6R*L1~SVC*HC:97110:GP*25*{b}**1~{cas2}REF*6R*L2~
SVC*HC:97140:GP*25*{b}**1~{cas2}REF*6R*L3~"""


def test_claim_level_adjustments_reach_the_lines() -> None:
    """A CAS at the claim cuts what its lines were paid, by charge."""
    body = "CLP*CLAIMAAAABBBB*1*100*90**12*A~CAS*CO*253*10~"
    one = answered(THREE, body + LINES.format(a=50, b=25, cas="", cas2=""))
    assert [s.paid for s in one.lines] == [45, Decimal("22.5"), Decimal("22.5")]
    assert one.difference == 0
    assert claim_differences(payment(body + LINES.format(a=50, b=25, cas="", cas2=""))) == ()


def test_claim_level_adjustments_speak_for_the_lines_that_are_missing() -> None:
    """Two lines left out of the 835 and refused at the claim get the refusal, by charge."""
    body = """CLP*CLAIMAAAABBBB*1*100*40**12*A~CAS*CO*197*50~SVC*HC:97530:GP*50*40**1~
    CAS*CO*45*10~REF*6R*L1~"""
    one = answered(THREE, body)
    first, second, third = claim_books(THREE, [one])
    assert (first.status, first.paid, first.denied) == ("paid", 40, 0)
    assert (second.status, second.denied, third.denied) == ("denied", 25, 25)
    assert [b.open for b in (first, second, third)] == [0, 0, 0]
    assert sum(p.cents for p in postings(one)) == 10_000


def test_claim_level_adjustments_that_repeat_the_lines_are_not_counted_twice() -> None:
    """An adjustment at both levels is a payer's fault (RFI 689): noted, and shown unbalanced."""
    body = "CLP*CLAIMAAAABBBB*1*100*90**12*A~CAS*CO*45*10~" + LINES.format(
        a=45, b="22.5", cas="CAS*CO*45*5~", cas2="CAS*CO*45*2.5~"
    )
    one = answered(THREE, body)
    assert sum(s.paid for s in one.lines) == 90
    assert any("repeat" in note for note in one.notes)
    assert [d.level for d in claim_differences(payment(body))] == ["claim"]


CENTS = st.integers(0, 30_000).map(lambda n: Decimal(n) / 100)


@given(st.decimals("-500", "500", places=2), st.lists(CENTS, min_size=1, max_size=6))
def test_split_cents_loses_nothing(amount: Decimal, weights: list[Decimal]) -> None:
    """Parts are whole cents and add up to the amount."""
    parts = split_cents(amount, weights)
    assert sum(parts) == amount
    assert all(part == part.quantize(Decimal("0.01")) for part in parts)


@st.composite
def payments(draw: st.DrawFn) -> tuple[SentClaim, ClaimPayment]:
    """A claim and any payment for it: keys lost, claim-level CAS, lines that do not balance."""
    charges = draw(st.lists(st.integers(1, 200), min_size=1, max_size=4))
    sent = claim(
        *(line(f"K{n}", "97530:GP", f"{c}.00", number=n) for n, c in enumerate(charges, 1))
    )
    cents = st.integers(-5_000, 20_000).map(lambda n: Decimal(n) / 100)
    cas = st.lists(
        st.builds(
            Adjustment,
            group=st.sampled_from(["CO", "PR", "OA"]),
            reason=st.sampled_from(["45", "97", "94", "2", "197", "23"]),
            amount=cents,
        ),
        max_size=3,
    ).map(tuple)
    merged = draw(st.booleans())
    shown = [sum(charges)] if merged else draw(st.lists(st.sampled_from(charges), max_size=4))
    lines = tuple(
        ServicePayment(
            procedure=Procedure(code="97530"),
            charge=Decimal(c),
            paid=draw(cents),
            paid_units=Decimal(len(charges)) if merged else Decimal(1),
            adjustments=draw(cas),
        )
        for c in shown
    )
    return sent, ClaimPayment(
        control=sent.control, status=draw(st.sampled_from(["1", "2", "4", "22"])),
        charge=draw(cents), paid=draw(cents), adjustments=draw(cas), lines=lines,
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(payments())
def test_every_share_closes_and_every_cent_is_posted(case: tuple[SentClaim, ClaimPayment]) -> None:
    """Shares close; postings sum to CLP03 and the paid ones to CLP04, whatever the payer sends."""
    sent, one = case
    said = adjudicate(one, sent, id="x", method="m", payer="plan", date=DAY, trace="T")
    for share in (*said.lines, *said.unmatched):
        cuts = sum((a.amount for a in share.adjustments), Decimal(0))
        assert share.charge == share.paid + cuts + share.not_explained
    made = postings(said)
    assert sum(p.cents for p in made) == one.charge * 100
    assert sum(p.cents for p in made if p.kind == "paid") == one.paid * 100


@pytest.mark.parametrize(
    ("body", "paid", "levels"),
    [
        ("CLP*C*1*100*60*0*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*40~", "60", []),
        ("CLP*C*1*100*60*0*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*39.99~", "60", ["line", "claim"]),
        ("CLP*C*1*100*60*0*12*A~CAS*CO*45*39~SVC*HC:97530*100*100**1~", "60", ["claim"]),
        ("CLP*C*1*101*61*0*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*40~", "61", ["claim"]),
        ("CLP*C*1*100*60*0*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*40~", "59.99", ["transaction"]),
        ("CLP*C*1*100*60*9*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*40~", "60", ["information"]),
        ("CLP*C*22*-100*-60**12*A~SVC*HC:97530*-100*-60**1~CAS*PR*2*-40~", "-60", []),
    ],
    ids=["balances", "line", "claim", "lines below the claim", "payment", "CLP05", "reversal"],
)
def test_balance_at_three_levels(body: str, paid: str, levels: list[str]) -> None:
    """Each imbalance is found at its level, with its difference, and the rest is left alone."""
    whole = remittance(body, paid=paid)
    balance = Balance()
    balance.add_header(whole.header)
    balance.add_claim(whole.claims[0])
    balance.add_trailer(whole.trailer)
    assert [d.level for d in balance.differences] == levels
    assert balance.is_balanced == (not set(levels) - {"information"})
    assert all(d.amount for d in balance.differences)


def entry(day: int, reason: str, reference: str, amount: str) -> ProviderEntry:
    """A PLB pair of January."""
    return ProviderEntry(
        payer="plan",
        date=dt.date(2026, 1, day),
        trace=f"T{day}",
        adjustment=ProviderAdjustment(
            provider="1",
            fiscal_date="20261231",
            reason=reason,
            reference=reference,
            amount=Decimal(amount),
        ),
    )


@pytest.mark.parametrize(
    ("entries", "state", "open_amount"),
    [
        ([entry(1, "WO", "A1", "-50")], "owed to the payer", "50"),
        ([entry(1, "WO", "A1", "-50"), entry(8, "WO", "a1 ", "50")], "closed", "0"),
        ([entry(8, "WO", "A1", "50")], "taken, its origin not seen", "-50"),
        ([entry(1, "72", "A1", "-50"), entry(1, "WO", "A1", "50")], "closed", "0"),
        ([entry(1, "FB", "T1", "-12"), entry(8, "FB", "T1", "12")], "closed", "0"),
        ([entry(1, "FB", "T1", "-12"), entry(8, "FB", "T8", "12")], "closed", "0"),
        ([entry(1, "L6", "A1", "-1.50")], "final", "0"),
    ],
    ids=["given back", "taken later", "taken only", "refund", "carried", "carried, renamed", "interest"],
)  # fmt: skip
def test_provider_adjustments_as_a_book(
    entries: list[ProviderEntry], state: str, open_amount: str
) -> None:
    """Recoveries and carried balances close by reference; interest is final; order is nothing."""
    for order in (entries, entries[::-1]):
        (one,) = plb_book(order)
        assert one.state == state
        assert one.open == Decimal(open_amount)


def test_provider_adjustments_say_which_way_the_money_went() -> None:
    """Positive takes, negative gives; a reason we do not know is shown."""
    assert (
        words(entry(1, "WO", "A1", "50.00").adjustment) == "50.00 taken: recovery of an overpayment"
    )
    assert words(entry(1, "L6", "A1", "-1.50").adjustment) == "1.50 given: interest"
    assert "not in our tables" in words(entry(1, "ZZ", "A1", "1").adjustment)


def test_unreadable_and_estimated_payments_do_not_post() -> None:
    """A claim payment with faults, or one that decides nothing, is kept out of the books."""
    one = payment("CLP*C*1*100*60*0*12*A~SVC*HC:97530*100*60**1~CAS*CO*45*40~")
    assert posts(one)
    assert not posts(payment("CLP*C*25*100*60*0*12*A~"))
    assert not posts(payment("CLP*C*1*1O0*60*0*12*A~"))
