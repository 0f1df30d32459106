"""Deposits against payments: by which numbers they meet, and that nothing is guessed."""

import datetime as dt
import random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from reconcile.deposits import (
    BY_AMOUNT,
    BY_PAYER,
    BY_TRACE,
    BY_TRACE_AND_PAYER,
    Deposit,
    Paid,
    match,
)

FRIDAY = dt.date(2026, 3, 6)
MONDAY = dt.date(2026, 3, 9)


def deposit(number: int = 1, **fields: object) -> Deposit:
    """A deposit of $100.00 on a Monday."""
    made = Deposit(id=number, date=MONDAY, cents=10_000)
    return evolve(made, **fields)


def paid(number: int = 1, **fields: object) -> Paid:
    """A payment of $100.00 on the Friday before."""
    made = Paid(
        id=number,
        date=FRIDAY,
        cents=10_000,
        trace="EFT77",
        originator="1512345678",
        payer="AETNA",
        method="ACH",
    )
    return evolve(made, **fields)


@pytest.mark.parametrize(
    ("found", "by"),
    [
        (deposit(trace="EFT77", originator="1512345678"), BY_TRACE_AND_PAYER),
        (deposit(trace="00eft77"), BY_TRACE),
        (deposit(originator="1512345678", trace="8"), ""),
        (deposit(originator="1512345678"), BY_PAYER),
        (deposit(), BY_AMOUNT),
        (deposit(trace="EFT77", originator="1512345678", cents=9_999), ""),
        (deposit(trace="OTHER", originator="1999999999"), ""),
        (deposit(date=dt.date(2026, 3, 12)), ""),
        (deposit(trace="EFT77", date=dt.date(2026, 3, 20)), BY_TRACE),
    ],
    ids=[
        "both numbers",
        "trace with zeros and case",
        "a TRN that says another trace, same payer",
        "payer, amount and date",
        "amount and date alone",
        "another amount is never a match",
        "a TRN of another payment is not taken by amount",
        "four business days later",
        "late, but the number says it",
    ],
)
def test_a_deposit_is_matched_by_the_surest_evidence(found: Deposit, by: str) -> None:
    """The matchers are tried from the surest on, and each pair says by which."""
    result = match([found], [paid()])
    assert [pair.by for pair in result.pairs] == ([by] if by else [])
    assert bool(result.deposits) == bool(result.payments) == (not by)


def test_of_two_that_fit_none_is_taken() -> None:
    """Two payments of one amount and one deposit: nothing is guessed, both are told."""
    result = match([deposit()], [paid(1, trace="A"), paid(2, trace="B")])
    assert not result.pairs
    assert [near.ids for near in result.near_deposit[1]] == [(1, 2)]
    assert "several" in result.near_deposit[1][0].why


@pytest.mark.parametrize(
    ("deposits", "payments", "pairs"),
    [
        pytest.param(
            [deposit(1), deposit(2)], [paid(1, trace="A"), paid(2, trace="B")], 2, id="by amount"
        ),
        pytest.param(
            [deposit(n, trace="E1", originator="1") for n in (1, 2, 3)],
            [paid(n, trace="E1", originator="1") for n in (1, 2, 3)],
            3,
            id="one number for three",
        ),
        pytest.param([deposit(1), deposit(2)], [paid(1)], 0, id="one deposit too many"),
        pytest.param(
            [deposit(1), deposit(2)],
            [paid(1, trace="A"), paid(2, trace="B"), paid(3, trace="C")],
            0,
            id="one payment too many",
        ),
        pytest.param(
            [deposit(1), deposit(2, is_claim=True)],
            [paid(1, trace="A"), paid(2, trace="B")],
            0,
            id="deposits that differ",
        ),
        pytest.param(
            [deposit(1), deposit(2)],
            [paid(1, trace="A"), paid(2, trace="B", payer="OTHER")],
            0,
            id="two payers",
        ),
        pytest.param(
            [deposit(1), deposit(2, date=MONDAY + dt.timedelta(days=4))],
            [paid(1, trace="A"), paid(2, trace="B", date=MONDAY + dt.timedelta(days=2))],
            0,
            id="one fits one alone, the other both",
        ),
    ],
)
def test_equal_ones_are_paired_as_a_set(
    deposits: list[Deposit], payments: list[Paid], pairs: int
) -> None:
    """So many deposits and payments alike, all within the days of all: none is missing."""
    result = match(deposits, payments)
    assert [pair.alike for pair in result.pairs] == [pairs] * pairs


def test_no_money_no_deposit() -> None:
    """Zero-pay, NON and payments below zero wait for nothing."""
    none = [paid(1, cents=0), paid(2, method="NON"), paid(3, cents=-500)]
    result = match([deposit(cents=0)], none)
    assert not result.payments
    assert not result.pairs


def test_a_check_may_take_longer() -> None:
    """A check is taken to the bank within ten business days."""
    late = deposit(date=dt.date(2026, 3, 20))
    assert match([late], [paid(method="CHK")]).pairs
    assert not match([late], [paid(method="ACH")]).pairs


def test_sums_are_candidates_only() -> None:
    """One deposit for several payments of a payer, and several for one, are told and not posted."""
    several = match([deposit(cents=30_000)], [paid(1), paid(2, cents=20_000, trace="B")])
    assert not several.pairs
    assert [(near.why, near.ids) for near in several.near_deposit[1]] == [
        ("one deposit for several payments: their sum", (1, 2))
    ]
    parts = match([deposit(1, cents=4_000), deposit(2, cents=6_000)], [paid()])
    assert not parts.pairs
    assert parts.near_payment[1][0].ids == (1, 2)


_SOME = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([100, 200, 300]), st.sampled_from(["", "A", "B"])),
    max_size=8,
)


FAR = dt.date(2026, 6, 8)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(
            deposit(trace="00EFT77", originator="1512345678", date=FAR),
            "number, payer and amount fit, the day does not",
            id="both numbers",
        ),
        pytest.param(
            deposit(trace="EFT77", date=FAR), "number and amount fit, the day does not", id="one"
        ),
        pytest.param(deposit(trace="EFT77", originator="1999", date=FAR), "", id="another payer"),
        pytest.param(deposit(trace="EFT77", cents=1, date=FAR), "", id="another amount"),
        pytest.param(deposit(date=FAR), "", id="no number"),
    ],
)
def test_a_day_far_away_is_a_candidate_only(found: Deposit, why: str) -> None:
    """What fits but for its day is not matched; both sides name the other and say so."""
    result = match([found], [paid()])
    assert not result.pairs
    for near in (result.near_deposit, result.near_payment):
        assert [one.why for several in near.values() for one in several] == ([why] if why else [])


@given(_SOME, _SOME, st.randoms(use_true_random=False))
def test_order_never_matters_and_money_is_never_changed(
    came: list[tuple[int, int, str]], went: list[tuple[int, int, str]], shuffle: random.Random
) -> None:
    """Each is used once, a pair has one amount, and the same input in any order gives the same."""
    deposits = [
        Deposit(id=n, date=MONDAY + dt.timedelta(days=day), cents=cents, trace=trace)
        for n, (day, cents, trace) in enumerate(came)
    ]
    payments = [
        paid(n, date=MONDAY + dt.timedelta(days=day), cents=cents, trace=trace)
        for n, (day, cents, trace) in enumerate(went)
    ]
    result = match(deposits, payments)
    assert all(pair.deposit.cents == pair.payment.cents for pair in result.pairs)
    used = [pair.deposit.id for pair in result.pairs] + [one.id for one in result.deposits]
    assert sorted(used) == sorted(one.id for one in deposits)
    shuffle.shuffle(deposits)
    shuffle.shuffle(payments)
    again = match(deposits, payments)
    assert again.pairs == result.pairs
