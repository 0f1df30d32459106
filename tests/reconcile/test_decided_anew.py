"""A payer decides anew after the next one has answered: nothing is counted twice, nothing is due."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest
from test_next_payer import CLAIM, USUAL, answer, asked

from reconcile.attention import concerns
from reconcile.books import PAID_ABOVE, PRIOR_MISSING, STALE, TAKEN_BACK, claim_books
from reconcile.lifecycle import decided
from reconcile.values import Adjudication, LineBooks

AGAIN = dt.date(2026, 5, 4)
FIRST = answer(*USUAL, id="P1", trace="T1")
BACK = answer(
    "CO 45 -40.39", "CO 253 -0.55", "PR 2 -6.92", paid="-27.14", status="22", id="P2", trace="T2",
    date=AGAIN,
)  # fmt: skip
SAME_SHARE = ("CO 45 40.40", "CO 253 0.55", "PR 2 6.92")


def anew(*cuts: str, paid: str) -> Adjudication:
    """The first payer's next decision."""
    return answer(*cuts, paid=paid, id="P3", trace="T2", date=AGAIN, position=1)


def second(*cuts: str, paid: str, **more: Any) -> Adjudication:
    """What the next payer answered to the first decision."""
    values: dict[str, Any] = {"payer": "hillside", "rank": "S", "status": "2", "id": "S1"}
    values |= {"trace": "T9", "date": dt.date(2026, 4, 20)}
    return answer(*cuts, paid=paid, **values | more)


ALL_PAID = second("OA 23 68.08", paid="6.92")


def line(*answers: Adjudication) -> LineBooks:
    """The books of the line, the same in any order of arrival."""
    found = {repr(claim_books(CLAIM, some)) for some in itertools.permutations(answers)}
    assert len(found) == 1
    (books,) = claim_books(CLAIM, answers)
    parts = (books.paid, books.contractual, books.patient, books.denied, books.other, books.open)
    assert books.charge == sum(parts, books.not_explained)
    return books


def test_what_the_next_payer_paid_lessens_the_new_share() -> None:
    """A share of 6.93 in place of 6.92, of which 6.92 is paid, leaves one cent."""
    books = line(
        FIRST, ALL_PAID, BACK, anew("CO 45 40.38", "CO 253 0.55", "PR 2 6.93", paid="27.14")
    )
    assert (books.patient, books.paid) == (Decimal("0.01"), Decimal("34.06"))
    assert books.contractual == Decimal("40.93")  # as the first payer has it
    assert STALE in books.flags
    assert PRIOR_MISSING not in books.flags


def test_a_payment_above_the_new_share_is_nobodys_write_off() -> None:
    """It shows as what the next payer may want back."""
    books = line(FIRST, ALL_PAID, BACK, anew("CO 45 46.86", "PR 2 1.00", paid="27.14"))
    assert (books.patient, books.other) == (Decimal("0.00"), Decimal("-5.92"))
    assert f"{PAID_ABOVE}5.92" in books.flags


def test_a_new_decision_with_the_same_share_changes_nothing_for_the_next_payer() -> None:
    """Its answer holds: it would say the same again."""
    some = second("OA 23 68.08", "PR 3 2.00", paid="4.92")
    books = line(FIRST, some, BACK, anew(*SAME_SHARE, paid="27.13"))
    assert books.patient == Decimal("2.00")
    assert STALE not in books.flags
    assert books.decided_by == some


def test_a_decision_taken_back_leaves_the_next_payers_answer_open() -> None:
    """The first payer's remittance is here: it is not said to be missing."""
    books = line(FIRST, ALL_PAID, BACK)
    assert TAKEN_BACK in books.flags
    assert PRIOR_MISSING not in books.flags
    assert PRIOR_MISSING in line(ALL_PAID).flags
    assert decided(CLAIM, claim_books(CLAIM, (FIRST, ALL_PAID, BACK))) == "reversed"
    assert decided(CLAIM, claim_books(CLAIM, (FIRST, ALL_PAID))) != "reversed"


@pytest.mark.parametrize(
    "answers",
    [
        (FIRST, ALL_PAID, BACK),
        (FIRST, ALL_PAID, BACK, anew("CO 45 20.00", "PR 3 40.00", paid="15.00")),
    ],
    ids=["taken back", "decided anew"],
)
def test_a_person_hears_of_it(answers: tuple[Adjudication, ...]) -> None:
    """It is a concern with a next step: the patient is not asked."""
    found = concerns(CLAIM, claim_books(CLAIM, answers), answers)
    assert [one.cause for one in found][:1] in ([STALE], [TAKEN_BACK])
    assert any("patient" in text for text in found[0].never)


def test_the_next_payers_duplicate_after_its_own_payment_decides_nothing() -> None:
    """Forwarded and paid, then our own claim denied as a duplicate: the payment stands."""
    paid = second("OA 23 68.08", paid="6.92", payer="60054", id="S0", date=dt.date(2026, 4, 12))
    twice = second("OA 18 75.00", paid="0.00", line_remarks=("N522",))
    books = line(FIRST, paid, twice)
    assert (books.status, books.patient, books.decided_by) == ("paid", 0, paid)


def test_the_next_payers_turn_comes_again() -> None:
    """Done while its answer stands; after a new decision of the first payer it is asked again."""
    assert asked(FIRST, ALL_PAID, on=AGAIN).state == "done"
    more = anew("CO 45 20.00", "PR 3 40.00", paid="15.00")
    found = asked(FIRST, ALL_PAID, BACK, more, billed="BBB", on=AGAIN)
    assert (found.state, found.left) == ("ready", Decimal("40.00"))
    assert "anew" in found.why


def test_while_the_first_payer_has_taken_its_decision_back_the_next_waits() -> None:
    """Nobody knows yet what it is to pay."""
    found = asked(FIRST, ALL_PAID, BACK, billed="BBB", on=AGAIN)
    assert found.state == "waiting"
    assert "took its decision back" in found.why
