"""Payments against what was expected: the split of the day's full unit, claims that share it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from remits import answered, claim, line

from edi.expected import Terms, to_text
from reconcile import expected
from reconcile.by_policy import by_policy
from reconcile.judged import Judged, judge
from reconcile.values import Adjudication, PayerFacts, SentClaim, SentLine

D = Decimal
FULL = Terms(
    unit=D("34.61"),
    further=D("24.58"),
    rank=D("0.62"),
    coinsurance=D(20),
    sequestration=D(2),
    version="fee table of the test",
)
LOWER = evolve(FULL, unit=D("27.17"), further=D("20.70"), rank=D("0.40"), full=False)
CUT = evolve(FULL, full=False)
SCHEDULE = Terms(kind="schedule", unit=D("40.00"), version="contract")


def sent(control: str, *lines: tuple[str, str, str, Terms]) -> SentClaim:
    """A claim of lines (code, charge, units, terms); line controls are the claim's and a number."""
    made = tuple(
        evolve(line(f"{control}{n}", code, charge, units), terms=to_text(terms))
        for n, (code, charge, units, terms) in enumerate(lines, 1)
    )
    return evolve(claim(*made, control=control), payer="medicare", patient="p", billing_npi="1")


def paying(given: SentClaim, *amounts: tuple[str, str]) -> Adjudication:
    """The payer's answer: for each line what it paid, and its CAS segments."""
    lines = "".join(
        _service(one, *amount) for one, amount in zip(given.lines, amounts, strict=True)
    )
    paid = sum(D(amount) for amount, _ in amounts)
    body = f"CLP*{given.control}*1*{given.charge}*{paid}**MB*ICN{given.control}~{lines}"
    return answered(given, body, payer="medicare", trace=f"T{given.control}", id=given.control)


def _service(one: SentLine, paid: str, cas: str) -> str:
    service = f"SVC*HC:{one.code}*{one.charge}*{paid}**{one.units}~DTM*472*20260310~{cas}"
    return f"{service}REF*6R*{one.control}~"


def judged(*given: tuple[SentClaim, Any]) -> dict[str, Judged]:
    """The judgements of one day's claims, by line."""
    claims = [expected.answered(c, (a,) if a is not None else ()) for c, a in given]
    return {line: one for (_, line), one in judge(claims).items()}


AS_FULL = ("27.14", "CAS*CO*45*40.39**253*.55~CAS*PR*2*6.92~")
AS_CUT = ("19.27", "CAS*CO*45*40.39**59*10.03**253*.39~CAS*PR*2*4.92~")
ONE = sent("CLAIMA", ("97530", "75.00", "1", FULL))
TWO = sent("CLAIMB", ("97530", "75.00", "1", CUT))


@pytest.mark.parametrize(
    ("first", "second"),
    [(AS_FULL, AS_CUT), (AS_CUT, AS_FULL)],
    ids=["first has it", "second has it"],
)
def test_two_claims_of_a_day_share_one_full_unit(first: Any, second: Any) -> None:
    """Whichever claim the payer gave the full unit to: both are as expected."""
    found = judged((ONE, paying(ONE, first)), (TWO, paying(TWO, second)))
    assert [found[key].verdict for key in ("CLAIMA1", "CLAIMB1")] == ["as expected"] * 2


def test_the_other_claim_may_have_the_full_unit_before_it_is_answered() -> None:
    """A claim cut whole is as expected while the day's other claim has no answer."""
    found = judged((ONE, paying(ONE, AS_CUT)), (TWO, None))
    assert found["CLAIMA1"].verdict == "as expected"
    assert (
        "the day's full unit is on claim CLAIMB, which has no answer yet"
        in found["CLAIMA1"].because
    )
    alone = judged((ONE, paying(ONE, AS_CUT)))
    assert (alone["CLAIMA1"].words, alone["CLAIMA1"].difference) == ("underpaid 7.87", D("-7.87"))
    assert "paid as if every unit were cut" in alone["CLAIMA1"].because


@pytest.mark.parametrize(
    ("amount", "words"),
    [(AS_CUT, "underpaid 7.87"), (AS_FULL, "overpaid 7.87")],
    ids=["none", "both"],
)
def test_a_day_has_one_full_unit_and_no_other_number(amount: Any, words: str) -> None:
    """None of two claims with the full unit, or both: one of them is told, the other is right."""
    found = judged((ONE, paying(ONE, amount)), (TWO, paying(TWO, amount)))
    assert sorted(one.words for one in found.values() if one.verdict != "as expected") == [words]


def test_claims_of_another_payer_or_provider_do_not_share() -> None:
    """Another payer, another billing provider: each has its own full unit."""
    for change in ({"payer": "other"}, {"billing_npi": "2"}):
        other = evolve(sent("CLAIMB", ("97530", "75.00", "1", FULL)), **change)
        answer = evolve(paying(other, AS_FULL), payer=other.payer)
        found = judged((ONE, paying(ONE, AS_FULL)), (other, answer))
        assert {one.verdict for one in found.values()} == {"as expected"}, change


def test_the_full_unit_moves_when_its_line_is_denied() -> None:
    """With 97530 denied, 97140 has the highest practice expense of what was paid."""
    both = sent("CLAIMC", ("97530", "75.00", "1", FULL), ("97140", "65.00", "1", LOWER))
    denied = ("0", "CAS*CO*50*75~")
    full = ("21.31", "CAS*CO*45*37.83**253*.43~CAS*PR*2*5.43~")
    found = judged((both, paying(both, denied, full)))
    assert found["CLAIMC1"].words == "no expectation: denied"
    assert found["CLAIMC2"].words == "as expected"


def test_a_lower_expense_never_has_the_full_unit() -> None:
    """97140 in full and 97530 cut is not as expected: only a tie is the payer's choice."""
    both = sent("CLAIMC", ("97530", "75.00", "1", FULL), ("97140", "65.00", "1", LOWER))
    full = ("21.31", "CAS*CO*45*37.83**253*.43~CAS*PR*2*5.43~")
    found = judged((both, paying(both, AS_CUT, full)))
    assert found["CLAIMC1"].words == "underpaid 7.87"
    assert found["CLAIMC2"].words == "overpaid 5.08"


def test_where_the_rank_is_not_known_either_split_is_right() -> None:
    """A code of the day without a table: whether this line has the full unit stays open."""
    unsure = sent("CLAIMD", ("97530", "75.00", "1", evolve(FULL, unsure="no values for 97140")))
    for amount in (AS_FULL, AS_CUT):
        assert judged((unsure, paying(unsure, amount)))["CLAIMD1"].verdict == "as expected"


def test_the_deductible_is_the_payers_to_say() -> None:
    """PR-1 of 34.61 leaves nothing to pay: as expected, and told."""
    found = judged((ONE, paying(ONE, ("0", "CAS*CO*45*40.39~CAS*PR*1*34.61~"))))
    assert found["CLAIMA1"].verdict == "as expected"
    assert "deductible 34.61 as the payer says" in found["CLAIMA1"].because


def test_a_mips_cut_is_named_and_one_that_was_not_due_is_explained() -> None:
    """1 % off 27.69 is 0.28; a payer that cut nothing paid 0.27 more, and why is said."""
    cut = sent("CLAIMM", ("97530", "75.00", "1", evolve(FULL, mips=D(-1))))
    right = judged(
        (cut, paying(cut, ("26.86", "CAS*CO*45*40.39**237*.28**253*.55~CAS*PR*2*6.92~")))
    )
    assert right["CLAIMM1"].words == "reduced: MIPS 0.28: as expected"
    more = judged((cut, paying(cut, AS_FULL)))["CLAIMM1"]
    assert (more.words, more.because[-1]) == (
        "overpaid 0.28",
        "paid as if no MIPS adjustment were due",
    )


def test_under_a_contract_the_copay_is_the_payers_to_say() -> None:
    """40.00 allowed: with a copay of 15.00 the payer owes 25.00; a cent less is told."""
    agreed = sent("CLAIME", ("97530", "75.00", "1", SCHEDULE))
    right = judged((agreed, paying(agreed, ("25", "CAS*CO*45*35~CAS*PR*3*15~"))))["CLAIME1"]
    wrong = judged((agreed, paying(agreed, ("24.99", "CAS*CO*45*35.01~CAS*PR*3*15~"))))["CLAIME1"]
    assert (right.verdict, right.expected) == ("as expected", D("25.00"))
    assert wrong.words == "underpaid 0.01"
    assert "the payer took 35.01 for the contract (CO-45), expected 35.00" in wrong.because


def test_money_moved_to_the_patient_is_underpaid() -> None:
    """PR-45 is no deductible, coinsurance or copay: what it took is missing from the payment."""
    agreed = sent("CLAIME", ("97530", "75.00", "1", SCHEDULE))
    found = judged((agreed, paying(agreed, ("10", "CAS*CO*45*35~CAS*PR*3*15**45*15~"))))
    assert found["CLAIME1"].words == "underpaid 15.00"


PAIR = sent("CLAIMU", ("97530", "150.00", "2", FULL))
REFUSED = "151*75"


def pays(paid: str, *cas: str, units: str) -> Any:
    """The line of two units, its units paid as said."""
    (only,) = PAIR.lines
    answer = paying(PAIR, (paid, f"CAS*CO*{'**'.join(cas)}~CAS*PR*2*6.92~"))
    (share,) = answer.lines
    assert share.line == only.control
    return evolve(answer, lines=(evolve(share, units=D(units) if units else None),))


@pytest.mark.parametrize("units", ["1", "2", ""], ids=["one paid", "two said", "not said"])
def test_a_refused_unit_is_no_underpayment(units: str) -> None:
    """One of two units refused: the other is judged alone, and the worklist is named."""
    right = judged((PAIR, pays("27.14", "45*40.39", REFUSED, "253*.55", units=units)))["CLAIMU1"]
    assert (right.verdict, right.expected) == ("as expected", D("27.14"))
    assert right.words == "as expected for 1 of 2 units"
    named = "1 of 2 units was refused (CO-151 75.00): claimline denials has its next step"
    assert named in right.because
    short = judged((PAIR, pays("24.14", "45*43.39", REFUSED, "253*.55", units=units)))["CLAIMU1"]
    assert (short.words, short.difference) == ("underpaid 3.00 for 1 of 2 units", D("-3.00"))
    assert "the payer took 43.39 for the contract (CO-45), expected 40.39" in short.because


def test_units_cut_without_a_reason_are_underpaid() -> None:
    """Nobody refused the second unit: its money is missing, and nowhere else."""
    found = judged((PAIR, pays("27.14", "45*115.39", "253*.55", units="1")))["CLAIMU1"]
    assert found.difference == D("-19.26")
    assert "paid as if 1 of 2 units were due" in found.because


def test_a_refusal_by_the_allowed_amount_takes_the_units_paid() -> None:
    """24.58 refused is no whole unit of the charge: the units paid (SVC05) say how many."""
    found = judged((PAIR, pays("27.14", "45*90.81", "151*24.58", "253*.55", units="1")))
    assert found["CLAIMU1"].words == "as expected for 1 of 2 units"


def test_a_refusal_of_part_of_a_unit_is_left_to_the_worklist() -> None:
    """20.00 of one unit refused: what the rest should bring is not told; the day's unit is on it."""
    answer = paying(ONE, ("11.14", "CAS*CO*45*36.39**96*20**253*.55~CAS*PR*2*6.92~"))
    found = judged((ONE, answer), (TWO, paying(TWO, AS_CUT)))
    why = "CO-96 20.00 was refused, of which units is not told: claimline denials has its next step"
    assert found["CLAIMA1"].words == f"no expectation: {why}"
    assert found["CLAIMB1"].verdict == "as expected"


def test_a_visit_rate_is_judged_on_the_claim() -> None:
    """85.00 for the visit, paid on the first line with nothing on the second: as expected."""
    terms = [Terms(kind="per visit", unit=D(x), lesser=False, version="c") for x in ("40", "45")]
    rate = sent("CLAIMF", ("97530", "60.00", "1", terms[0]), ("97110", "55.00", "1", terms[1]))
    first, second = ("85", "CAS*CO*45*-25~"), ("0", "CAS*CO*45*55~")
    found = judged((rate, paying(rate, first, second)))
    assert {one.words for one in found.values()} == {"as expected (lines 1, 2 together)"}
    less = judged((rate, paying(rate, ("80", "CAS*CO*45*-20~"), second)))
    assert less["CLAIMF1"].difference == D("-5.00")
    assert less["CLAIMF2"].together == "CLAIMF1"


def visit_rate(copay: str = "") -> tuple[SentClaim, Any]:
    """A visit at 85.00 on two lines, paid on the first, where the copay stands too."""
    terms = [
        Terms(kind="per visit", unit=D(x), lesser=False, sequestration=D(2), version="c")
        for x in ("40", "45")
    ]
    rate = sent("CLAIMF", ("97530", "60.00", "1", terms[0]), ("97110", "55.00", "1", terms[1]))
    return rate, paying(rate, ("34.30", f"CAS*CO*45*-25**253*.70~{copay}"), ("0", "CAS*CO*45*55~"))


def test_a_copay_above_its_lines_part_of_the_rate_is_not_lost() -> None:
    """85.00 less a copay of 50.00, all of it on the first line: 35.00 less 2 % are due."""
    rate, answer = visit_rate("CAS*PR*3*50~")
    found = judged((rate, answer))
    assert (found["CLAIMF1"].expected, found["CLAIMF1"].verdict) == (D("34.30"), "as expected")
    assert (
        "85.00 allowed; patient 50.00; cuts 0.70; to be paid 34.30" in found["CLAIMF1"].because[0]
    )


def test_a_visit_that_was_denied_whole_is_not_underpaid() -> None:
    """No line of the visit was paid for: the denial has its own next step."""
    rate, _ = visit_rate()
    found = judged((rate, paying(rate, ("0", "CAS*CO*197*60~"), ("0", "CAS*CO*197*55~"))))
    assert {one.words for one in found.values()} == {"no expectation: denied"}


def test_a_package_price_is_left_alone() -> None:
    """Nothing paid with CO-45 is underpaid, but not where the policy says the visit pays for it."""
    both = sent("CLAIMP", ("97530", "75.00", "1", SCHEDULE), ("97110", "55.00", "1", SCHEDULE))
    answer = paying(both, ("40", "CAS*CO*45*35~"), ("0", "CAS*CO*45*55~"))
    assert judged((both, answer))["CLAIMP2"].words == "underpaid 40.00"
    facts = PayerFacts(key="medicare", name="", family="", payment_basis="per visit")
    plain = expected.answered(both, (answer,))
    read = evolve(plain, books=by_policy(plain.books, lambda _: facts))
    found = judge([read])
    assert found["CLAIMP", "CLAIMP1"].verdict == "as expected"
    assert found["CLAIMP", "CLAIMP2"].words.startswith("no expectation: package price")


def of_day(part: str, *, scope: str = "", **more: Any) -> Terms:
    """The terms of a line that shares 95.00 for the day."""
    return Terms(kind="per diem", unit=D(part), rate=D("95.00"), scope=scope, version="c", **more)


MORNING = sent(
    "CLAIMM", ("97530", "75.00", "1", of_day("54.81")), ("97110", "55.00", "1", of_day("40.19"))
)
NOON = sent("CLAIMN", ("97535", "60.00", "1", of_day("0.00")))  # a later claim of the day
NOTHING = ("0", "CAS*CO*97*60~")


@pytest.mark.parametrize(
    ("morning", "noon"),
    [
        ((("95", "CAS*CO*45*-20~"), ("0", "CAS*CO*97*55~")), NOTHING),
        ((("75", ""), ("20", "CAS*CO*45*35~")), NOTHING),
        ((("60", "CAS*CO*45*15~"), ("0", "CAS*CO*97*55~")), ("35", "CAS*CO*45*25~")),
        ((("0", "CAS*CO*97*75~"), ("0", "CAS*CO*97*55~")), ("95", "CAS*CO*45*-35~")),
    ],
    ids=["all on one line", "over the lines", "over the claims", "all on the later claim"],
)  # fmt: skip
def test_a_day_at_one_rate_is_judged_on_its_sum(morning: Any, noon: Any) -> None:
    """95.00 for the day: on which line and claim the payer shows it does not matter."""
    found = judged((MORNING, paying(MORNING, *morning)), (NOON, paying(NOON, noon)))
    assert {one.verdict for one in found.values()} == {"as expected"}
    assert (found["CLAIMM1"].expected, found["CLAIMM1"].paid) == (D("95.00"), D("95.00"))
    assert found["CLAIMN1"].together == "CLAIMM1"
    words = "as expected (lines 1, 2 of CLAIMM and line 1 of CLAIMN together)"
    assert found["CLAIMN1"].words == words


def test_a_day_paid_less_than_its_rate_is_underpaid_once() -> None:
    """80.00 of 95.00: the difference stands on one line, the others name it."""
    answers = paying(MORNING, ("80", "CAS*CO*45*-5~"), ("0", "CAS*CO*97*55~"))
    found = judged((MORNING, answers), (NOON, paying(NOON, NOTHING)))
    assert found["CLAIMM1"].difference == D("-15.00")
    assert [one.difference for one in found.values()].count(None) == 2
    assert "95.00 allowed; patient 0.00; to be paid 95.00" in found["CLAIMM1"].because[0]


def test_a_day_is_judged_when_all_of_it_is_answered() -> None:
    """Until then the rest may still come on the other claim: nothing is called underpaid."""
    found = judged((MORNING, None), (NOON, paying(NOON, ("60", ""))))
    assert found["CLAIMN1"].words.startswith("no expectation: a claim of the day has no answer yet")
    rest = paying(MORNING, ("35", "CAS*CO*45*40~"), ("0", "CAS*CO*97*55~"))
    found = judged((MORNING, rest), (NOON, paying(NOON, ("60", ""))))
    assert {one.verdict for one in found.values()} == {"as expected"}


def test_a_day_that_nobody_paid_is_denied_not_underpaid() -> None:
    """No line of the day was paid: the denial has its own next step."""
    found = judged((NOON, paying(NOON, ("0", "CAS*CO*197*60~"))))
    assert found["CLAIMN1"].words == "no expectation: denied"


def test_each_discipline_has_its_own_day_where_the_contract_says_so() -> None:
    """PT paid in full and OT not: the underpayment is the other day's alone."""
    pt = sent("CLAIMQ", ("97530", "95.00", "1", of_day("95.00", scope="PT")))
    ot = sent("CLAIMR", ("97535", "95.00", "1", of_day("95.00", scope="OT")))
    found = judged((pt, paying(pt, ("95", ""))), (ot, paying(ot, ("90", "CAS*CO*45*5~"))))
    assert (found["CLAIMQ1"].words, found["CLAIMR1"].words) == ("as expected", "underpaid 5.00")


def test_the_lesser_of_a_days_rate_and_its_charges_is_expected() -> None:
    """A day of 75.00 at a rate of 95.00: 75.00, or 95.00 where the contract has no such rule."""
    for lesser, words in ((True, "as expected"), (False, "underpaid 20.00")):
        short = sent("CLAIMS", ("97530", "75.00", "1", of_day("75.00", lesser=lesser)))
        assert judged((short, paying(short, ("75", ""))))["CLAIMS1"].words == words


@pytest.mark.parametrize("way", ["replaced_by", "voided_by"])
def test_a_claim_that_another_stands_for_does_not_share_the_day(way: str) -> None:
    """The replaced claim has no full unit to give away: its replacement must have it."""
    gone = evolve(ONE, **{way: "CLAIMB"})
    found = judged((gone, None), (TWO, paying(TWO, AS_CUT)))
    assert found["CLAIMB1"].words == "underpaid 7.87"
    assert set(judged((gone, paying(ONE, AS_FULL)))) == set()


def test_without_terms_nothing_is_judged() -> None:
    """A line that was sent without an expected amount says so."""
    bare = sent("CLAIMG", ("97530", "75.00", "1", Terms(why="no contract with x")))
    found = judged((bare, paying(bare, ("30", "CAS*CO*45*45~"))))
    assert found["CLAIMG1"].words == "no expectation: no contract with x"
    older = evolve(bare, lines=tuple(evolve(one, terms="") for one in bare.lines))
    assert (
        "without an expected amount"
        in judged((older, paying(older, ("30", "CAS*CO*45*45~"))))["CLAIMG1"].words
    )


def test_an_answer_taken_back_is_not_judged() -> None:
    """After its reversal a payment is gone, and the correction counts."""
    wrong = evolve(paying(ONE, ("20.00", "CAS*CO*45*55~")), id="w", date=dt.date(2026, 4, 1))
    shares = tuple(
        evolve(
            s,
            charge=-s.charge,
            paid=-s.paid,
            adjustments=tuple(evolve(a, amount=-a.amount) for a in s.adjustments),
        )
        for s in wrong.lines
    )
    back = evolve(wrong, id="b", status="22", lines=shares, date=dt.date(2026, 4, 2))
    right = evolve(paying(ONE, AS_FULL), id="r", date=dt.date(2026, 4, 2), trace="T9")
    found = judge([expected.answered(ONE, (wrong, back, right))])
    assert found["CLAIMA", "CLAIMA1"].verdict == "as expected"


@given(
    order=st.permutations(range(4)),
    amounts=st.lists(st.sampled_from([AS_FULL, AS_CUT]), min_size=4, max_size=4),
)
def test_the_order_of_claims_never_matters(order: list[int], amounts: list[Any]) -> None:
    """Any order of four claims of a day gives the same judgements, and at most one full unit."""
    claims = [sent(f"CLAIM{n}X", ("97530", "75.00", "1", FULL if not n else CUT)) for n in range(4)]
    answers = [(c, paying(c, amount)) for c, amount in zip(claims, amounts, strict=True)]
    found = judged(*answers)
    assert judged(*(answers[n] for n in order)) == found
    full = amounts.count(AS_FULL)
    off = [one for one in found.values() if one.verdict != "as expected"]
    assert len(off) == abs(full - 1)


@pytest.mark.parametrize(
    ("amount", "verdict", "words"),
    [
        (("27.14", "CAS*CO*45*39.39**253*.55~CAS*PR*2*6.92~"), "does not balance",
         "does not balance: 1.00 not explained"),
        (("26.14", "CAS*CO*45*40.39**253*.55~CAS*PR*2*6.92~"), "underpaid",
         "underpaid 1.00; does not balance: 1.00 not explained"),
        (AS_FULL, "as expected", "as expected"),
    ],
    ids=["paid right", "paid too little", "balanced"],
)  # fmt: skip
def test_a_line_that_does_not_balance_is_not_as_expected(
    amount: Any, verdict: str, words: str
) -> None:
    """The payer's amounts leave 1.00 of the charge open: told, whatever was paid."""
    found = judged((ONE, paying(ONE, amount)))["CLAIMA1"]
    assert (found.verdict, found.words) == (verdict, words)
