"""What the patient owes now: due, later, to be checked, credit, each with its reason."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from test_next_payer import CLAIM, USUAL, answer

from reconcile import books as flags
from reconcile.books import claim_books
from reconcile.owes import Further, Owed, owed
from reconcile.values import ZERO, Adjudication, PayerFacts, SentClaim

NOTHING_MORE = ()
WAITS = (Further(payer="hillside", open=True, why="hillside comes first"),)
ANSWERED = (Further(payer="hillside", open=False, why=""),)


def figure(
    *answers: Adjudication,
    further: tuple[Further, ...] = NOTHING_MORE,
    claim: SentClaim = CLAIM,
    family: str = "commercial",
    **more: Any,
) -> Owed:
    """What is owed after these answers."""
    facts = PayerFacts(key="medicare", name="", family=family)
    books = claim_books(claim, answers)
    return owed(claim, books, further, lambda _: facts, answers=answers, **more)


def amounts(found: Owed) -> dict[str, str]:
    """The amounts that are not 0."""
    names = ("due", "later", "check", "credit")
    return {name: str(getattr(found, name)) for name in names if getattr(found, name)}


def collected(amount: str) -> SentClaim:
    """The claim with a copay taken at the visit."""
    return evolve(CLAIM, collected=Decimal(amount))


def test_the_patients_share_is_due_with_its_reason() -> None:
    """PR-2 6.92 as the newest answer has it."""
    found = figure(answer(*USUAL))
    assert amounts(found) == {"due": "6.92"}
    assert found.because[0].startswith("line 1: PR-2 6.92")


def test_before_any_answer_nothing_is_due() -> None:
    """Not even a copay by guess, and the reason says who is waited for."""
    found = figure()
    assert amounts(found) == {}
    assert found.not_yet == ("medicare has not decided the claim",)


def test_a_further_payer_comes_first() -> None:
    """Later while it has not answered, due when it has."""
    waiting = figure(answer(*USUAL), further=WAITS)
    assert amounts(waiting) == {"later": "6.92"}
    assert waiting.not_yet == ("hillside comes first",)
    assert amounts(figure(answer(*USUAL), further=ANSWERED)) == {"due": "6.92"}


def test_the_second_payer_restates_the_share() -> None:
    """OA-23 moves nothing; what the second leaves is what is due."""
    theirs = answer(
        "OA 23 68.08", "PR 3 2.00", paid="4.92", payer="hillside", rank="S", status="2", id="S",
        trace="T9",
    )  # fmt: skip
    assert amounts(figure(answer(*USUAL), theirs, further=ANSWERED)) == {"due": "2.00"}


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [("5.00", {"due": "1.92"}), ("6.92", {}), ("20.00", {"credit": "13.08"})],
)
def test_what_was_collected_counts(taken: str, wanted: dict[str, str]) -> None:
    """Less is due; too much is a credit."""
    assert amounts(figure(answer(*USUAL), claim=collected(taken))) == wanted


def test_a_credit_waits_for_the_further_payer_too() -> None:
    """The next payer may leave more to the patient than the first."""
    assert amounts(figure(answer(*USUAL), claim=collected("20.00"), further=WAITS)) == {}


@pytest.mark.parametrize(
    "more",
    [{"remarks": ("MA01", "N782")}, {"qmb": True}],
    ids=["remark", "coverage"],
)
def test_a_qmb_owes_nothing(more: dict[str, Any]) -> None:
    """Though PR amounts are shown; a copay that was taken goes back."""
    qmb = more.pop("qmb", False)
    found = figure(answer(*USUAL, **more), claim=collected("5.00"), qmb=qmb)
    assert amounts(found) == {"credit": "5.00"}
    assert "QMB" in found.because[0]


def test_a_payment_sent_to_the_patient_is_shown_first() -> None:
    """PR-100: a copy of the payment comes before the patient is asked."""
    found = figure(answer("PR 100 68.08", "PR 2 6.92", paid="0.00"))
    assert amounts(found) == {"due": "6.92", "check": "68.08"}
    assert "get a copy of the payment first" in found.not_yet[0]


def test_no_credit_while_a_larger_share_is_undecided() -> None:
    """A refusal under the patient's group may still be asked for: the copay counts so long."""
    found = figure(answer("PR 119 75.00", paid="0.00"), claim=collected("20.00"))
    assert amounts(found) == {"check": "55.00"}
    (books,) = claim_books(collected("20.00"), (answer("PR 119 75.00", paid="0.00"),))
    assert books.patient_credit == ZERO


def test_what_the_payer_paid_to_the_patient_is_checked_and_no_credit() -> None:
    """OA-100: the patient holds the payment; what was collected is not given back beside it."""
    given = answer("OA 100 75.00", paid="0.00")
    found = figure(given, claim=collected("10.00"))
    assert amounts(found) == {"check": "65.00"}
    assert "get a copy of the payment first" in found.not_yet[0]
    (books,) = claim_books(collected("10.00"), (given,))
    assert books.patient_credit == ZERO


def test_what_was_collected_counts_once_for_share_and_check() -> None:
    """For the share first, the rest for what is to be checked; a surplus waits with it."""
    given = answer("PR 3 6.92", "PR 45 8.08", paid="60.00")
    assert amounts(figure(given, claim=collected("10.00"))) == {"check": "5.00"}
    assert amounts(figure(given, claim=collected("20.00"))) == {}


def test_no_credit_while_a_correction_waits() -> None:
    """The payer may leave a copay when it decides the correction."""
    given = answer("CO 197 75.00", paid="0.00")
    assert amounts(figure(given, claim=collected("20.00"))) == {"credit": "20.00"}
    found = figure(given, claim=collected("20.00"), correction="correction C1 was sent: wait")
    assert amounts(found) == {}
    assert found.not_yet[0].startswith("correction C1 was sent: wait; until then")


def test_beside_a_reversal_alone_the_newest_answer_has_the_share() -> None:
    """What is taken back is not here: later is what the words say."""
    back = answer("CO 45 -41.00", "PR 3 -6.67", paid="-27.33", status="22", id="B")
    anew = answer("CO 45 40.93", "PR 3 6.92", id="C", paid="27.15")
    found = figure(back, evolve(anew, position=1))
    assert amounts(found) == {"later": "6.92"}
    assert flags.NO_ORIGINAL in found.not_yet[0]


def test_no_credit_while_a_decision_is_taken_back() -> None:
    """The first payer took its answer back after the next one had paid."""
    claim = collected("20.00")
    paid = second_paid()
    back = answer(
        "CO 45 -40.39", "CO 253 -0.55", "PR 2 -6.92", paid="-27.14", status="22", id="B",
        date=dt.date(2026, 5, 4), trace="T2",
    )  # fmt: skip
    assert amounts(figure(answer(*USUAL), paid, claim=claim)) == {"credit": "20.00"}
    found = figure(answer(*USUAL), paid, back, claim=claim)
    assert amounts(found) == {}
    assert "took its decision back" in found.not_yet[0]


def test_a_share_decided_anew_is_not_due_beside_what_the_next_payer_paid() -> None:
    """What is left after the next payer's payment waits for its new answer."""
    back = answer(
        "CO 45 -40.39", "CO 253 -0.55", "PR 2 -6.92", paid="-27.14", status="22", id="B",
        date=dt.date(2026, 5, 4), trace="T2",
    )  # fmt: skip
    anew = answer("CO 45 40.38", "CO 253 0.55", "PR 2 6.93", id="C", date=back.date, trace="T2")
    found = figure(answer(*USUAL), second_paid(), back, evolve(anew, position=1))
    assert amounts(found) == {"later": "0.01"}


def test_a_share_that_the_next_payer_paid_says_so() -> None:
    """0.00 has its reason too; so has a claim of which nothing was left."""
    found = figure(answer(*USUAL), second_paid(), further=ANSWERED)
    assert found.because == ("line 1: 6.92 left by medicare, 6.92 paid by medicare on 2026-04-20",)
    assert figure(answer("CO 45 47.86")).because == ("the payer left nothing to the patient",)


def second_paid() -> Adjudication:
    """The second payer paid all that the first had left."""
    return answer(
        "OA 23 68.08", paid="6.92", payer="hillside", rank="S", status="2", id="S", trace="T9",
        date=dt.date(2026, 4, 20),
    )  # fmt: skip


def test_pr_45_is_never_asked_silently() -> None:
    """A charge above the allowed amount is looked at by a person."""
    found = figure(answer("PR 45 40.94", "PR 2 6.92"))
    assert amounts(found) == {"due": "6.92", "check": "40.94"}
    assert "look at the contract" in found.not_yet[0]


@pytest.mark.parametrize(
    ("cuts", "remarks", "wanted"),
    [
        (("PR 222 75.00",), (), {}),
        (("PR 151 75.00",), (), {}),
        (("PR 35 75.00",), ("N362",), {}),
        (("PR 119 75.00",), ("N362",), {}),
        (("PR 119 75.00",), (), {"check": "75.00"}),
        (("PR 204 75.00",), (), {"check": "75.00"}),
        (("CO 204 75.00",), (), {}),
        (("CO 50 75.00",), (), {}),
        (("PR 275 75.00",), (), {"due": "75.00"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_refusals_by_group_and_reason(
    cuts: tuple[str, ...], remarks: tuple[str, ...], wanted: dict[str, str]
) -> None:
    """Unit caps never; CO never; PR after a look; what a payer before left is due."""
    found = figure(answer(*cuts, paid="0.00", line_remarks=remarks))
    assert amounts(found) == wanted


def test_under_medicaid_a_person_looks_first() -> None:
    """Whether a Medicaid patient may be billed at all is the state's to say."""
    found = figure(answer(*USUAL), family="medicaid")
    assert amounts(found) == {"check": "6.92"}
    assert any("Medicaid" in text for text in found.not_yet)


def test_answers_in_doubt_are_not_due() -> None:
    """A correction without its reversal, or a reversal alone."""
    second = answer("CO 45 75.00", paid="0.00", id="C", trace="T2")
    found = figure(answer(*USUAL), second)
    assert found.due == ZERO
    assert "do not fit together" in found.not_yet[0]


def test_a_void_waits_for_nothing_from_the_patient() -> None:
    """Its answer stands on the claim that it takes back."""
    found = figure(claim=evolve(CLAIM, frequency="8"))
    assert (amounts(found), found.not_yet) == ({}, ())
    assert "a void" in found.because[0]


def test_a_claim_that_was_sent_on_points_to_the_first() -> None:
    """Its money stands there."""
    sent_on = evolve(CLAIM, follows="FIRST")
    found = owed(sent_on, claim_books(sent_on, ()), (), lambda _: None)
    assert amounts(found) == {}
    assert found.because == ("billed on to the next payer: see claim FIRST",)


cents = st.integers(0, 3000).map(lambda n: Decimal(n) / 100)


@given(cents, cents, cents, st.booleans())
def test_due_and_credit_balance_with_what_was_collected(
    share: Decimal, taken: Decimal, above: Decimal, waits: bool
) -> None:
    """Due - credit = share - collected once all have answered; never both, never below zero."""
    paid = Decimal("75.00") - share - above
    if paid < ZERO:
        paid, share, above = Decimal("75.00"), ZERO, ZERO
    cuts = [f"PR 3 {share}"] if share else []
    cuts += [f"PR 45 {above}"] if above else []
    found = figure(
        answer(*cuts, paid=str(paid)),
        claim=evolve(CLAIM, collected=taken),
        further=WAITS if waits else NOTHING_MORE,
    )
    assert min(found.due, found.later, found.check, found.credit) >= ZERO
    assert found.check == max(above - max(taken - share, ZERO), ZERO)
    if waits:
        assert found.due == found.credit == ZERO
    elif not above:
        assert found.due - found.credit == share - taken
        assert ZERO in (found.due, found.credit)


def test_the_sum_of_adjustments_is_never_more_than_the_books_say() -> None:
    """Two lines of reasons under PR: due is what the books call the patient's."""
    found = figure(answer("PR 1 5.00", "PR 2 1.92", "CO 45 40.94"))
    assert found.due == Decimal("6.92")
    assert len(found.because) == 2
