"""What waits for a person: one row for one cause, and every row where somebody asks for each."""

import json
from decimal import Decimal

import pytest
from acknowledged_made import a999, ak2, interchange
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from receive_made import clp, remit, take, x12

from claimline.__main__ import main
from claimline.services.waiting_folded import FOLDED, folded
from reconcile.ledger import open_ledger
from reconcile.ledger.standing import Waiting

ONE = Waiting(
    kind="unmatched", usage="T", file="a.835", trace="EFT1", payer="PAYER", date="2026-03-01",
    claim="C0", amount=Decimal("10.00"), why="no sent claim has this number", next_step="look",
)  # fmt: skip


def payment(trace: str, kind: str = "incomplete") -> Waiting:
    """A payment that waits as a whole."""
    return evolve(ONE, kind=kind, trace=trace, claim="", why="not whole")


def test_many_of_one_cause_are_one_row() -> None:
    """Claims that wait for the same reason are one row: how many, which, how much."""
    [row] = folded([evolve(ONE, claim=f"C{n}", trace=f"E{n % 2}") for n in range(312)])
    assert (row["claim"], row["amount"]) == ("312 claims", Decimal("3120.00"))
    assert row["which"] == "C0, C1, C2, C3, C4 and 307 more"


def test_few_stay_apart() -> None:
    """What is few enough to be read stays as it is."""
    few = [evolve(ONE, claim=f"C{n}") for n in range(FOLDED - 1)]
    assert [row["claim"] for row in folded(few)] == [one.claim for one in few]


def test_another_cause_another_row() -> None:
    """A row of another reason is never folded into the others."""
    odd = evolve(ONE, claim="X", why="several claims fit")
    assert [row["why"] for row in folded([*[ONE] * FOLDED, odd])] == [ONE.why, odd.why]


def test_claims_of_a_payment_stand_with_it() -> None:
    """A payment kept aside is one row with its claims, not one for each of them."""
    aside = payment("EFT9", "aside")
    claims = [evolve(ONE, kind="aside", trace="EFT9", claim=name) for name in ("A1", "B2")]
    [row] = folded([aside, *claims])
    assert (row["trace"], row["which"]) == ("EFT9", "A1, B2")


def test_payments_of_one_fault_are_one_row() -> None:
    """A file in which every payment is cut the same way is told once."""
    [row] = folded([payment(f"E{n}") for n in range(9)])
    assert (row["claim"], row["trace"], row["which"]) == (
        "9 payments", "", "E0, E1, E2, E3, E4 and 4 more",
    )  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["unmatched", "aside", "incomplete"]),
            st.sampled_from(["", "C1", "C2"]),
            st.sampled_from(["E1", "E2", ""]),
            st.sampled_from(["one", "other"]),
        ),
        max_size=30,
    )
)
def test_no_money_is_lost_that_stands_by_itself(parts: list[tuple[str, str, str, str]]) -> None:
    """Folding keeps every amount that is not told with its payment."""
    found = [
        evolve(ONE, kind=kind, claim=claim, trace=trace, why=why)
        for kind, claim, trace, why in parts
    ]
    whole = {(one.kind, one.trace) for one in found if one.trace and not one.claim}
    alone = [one for one in found if not (one.claim and (one.kind, one.trace) in whole)]
    shown = sum((row["amount"] for row in folded(found)), Decimal(0))
    assert shown == sum((one.amount for one in alone), Decimal(0))


@pytest.mark.parametrize("every", [False, True], ids=["folded", "each"])
def test_command(ledger_url: str, capsys: pytest.CaptureFixture[str], every: bool) -> None:
    """The table folds, --all and JSON list each, and the exit status is 1 either way."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(*(clp(f"NOBODY{n}") for n in range(6)))))
        for n in range(5):
            take(ledger, interchange(a999(900 + n, ak2("0001")), control=n + 1), name=f"{n}.999")
    place = ["--ledger", ledger_url]
    assert main(["ledger", "waiting", *place, *(["--all"] if every else [])]) == 1
    shown = capsys.readouterr().out
    assert ("6 claims" in shown, "5 answers" in shown) == (not every, not every)
    assert shown.count("NOBODY") == (6 if every else 5)
    assert main(["ledger", "waiting", *place, "--format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)) == 11
