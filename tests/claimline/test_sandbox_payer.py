"""The simulated payer: what each scenario sends, and that its figures close."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import pytest
from claims_for_sandbox import claim, line, many

from claimline.sandbox import SCENARIOS, Answer, answer
from edi.claim import Claim
from edi.remittance import ClaimPayment, Remittance

ZERO = Decimal("0.00")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def differences(remittance: Remittance) -> list[str]:
    """What does not close, by the three equations of the 835 (RFI 2348, 2601)."""
    wrong = []
    for payment in remittance.claims:
        inside = [a for s in payment.lines for a in s.adjustments]
        cut = sum((a.amount for a in (*payment.adjustments, *inside)), ZERO)
        if payment.charge - cut != payment.paid:
            wrong.append(f"claim {payment.control}")
        wrong += [
            f"line of {payment.control}"
            for s in payment.lines
            if s.charge - sum((a.amount for a in s.adjustments), ZERO) != s.paid
        ]
    plb = sum((a.amount for a in remittance.trailer.provider_adjustments), ZERO)
    if sum((p.paid for p in remittance.claims), ZERO) - plb != remittance.header.paid:
        wrong.append("transaction")
    return wrong


def payments(answers: Iterable[Answer]) -> list[ClaimPayment]:
    """All claim payments, in order."""
    return [payment for each in answers for payment in each.remittance.claims]


def shown(name: str) -> list[Answer]:
    """The answers where one scenario is asked for, on a claim that it fits."""
    case = next(c for c in many(6) if fits(name, c))
    return list(answer([case], scenario=name))


def fits(name: str, candidate: Claim) -> bool:
    """Whether a scenario does something to this claim: its answer differs from the usual one."""
    if name == "paid":
        return True
    usual = payments(answer([candidate], scenario="paid"))
    own = list(answer([candidate], scenario=name))
    return payments(own) != usual or any(each.copies > 1 for each in own)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_scenario_closes_or_says_that_it_does_not(name: str) -> None:
    """Line, claim and transaction close in each scenario but the one that says otherwise."""
    wrong = [fault for each in shown(name) for fault in differences(each.remittance)]
    assert (wrong == []) == BY_NAME[name].balances


def test_no_payment_is_below_zero() -> None:
    """A recovery is covered by other claims or carried forward (RFI 1756)."""
    for scenario in ("reversal", "correction-first", ""):
        for each in answer(many(60), scenario=scenario):
            assert each.remittance.header.paid >= 0


def test_a_batch_meets_every_scenario_that_fits_once() -> None:
    """Sixty mixed claims are enough to see every named case."""
    answers = list(answer(many(60)))
    reasons = {
        (a.group, a.reason) for p in payments(answers) for s in p.lines for a in s.adjustments
    }
    assert {("CO", "97"), ("CO", "236"), ("CO", "197"), ("CO", "119"), ("OA", "94")} <= reasons
    remarks = {r for p in payments(answers) for r in p.remarks}
    assert {"MA130", "MA15", "MA18"} <= remarks
    assert {"19", "22", "2"} <= {p.status for p in payments(answers)}
    assert max(each.copies for each in answers) == 2
    plb = {a.reason for each in answers for a in each.remittance.trailer.provider_adjustments}
    assert {"WO", "L6"} <= plb


def test_the_same_seed_gives_the_same_answers() -> None:
    """Nothing but claims, seed and date decides what is answered."""
    assert list(answer(many(80), seed=7)) == list(answer(many(80), seed=7))
    assert list(answer(many(80), seed=7)) != list(answer(many(80), seed=8))


def test_every_claim_is_answered() -> None:
    """Each claim comes back under its own number, or under the first twelve characters of it."""
    sent = many(90)
    heads = Counter(p.control[:12] for p in payments(answer(sent)))
    assert {c.control[:12] for c in sent} <= set(heads)


def test_reversal_and_correction_cancel_out() -> None:
    """Paid, reversed, refused: the cash of the claim over all payments is nothing."""
    for name in ("reversal", "correction-first"):
        answers = shown(name)
        assert sum((p.paid for p in payments(answers)), ZERO) == ZERO
        taken = [a for each in answers for a in each.remittance.trailer.provider_adjustments]
        recovery = [a.amount for a in taken if a.reason == "WO"]
        assert len(recovery) == 2
        assert sum(recovery, ZERO) == ZERO


def test_bundled_lines_move_money_between_them() -> None:
    """OA-94 on the paying line and CO-97 on the other are the same amount (RFI 2320)."""
    (payment,) = payments(shown("bundled"))
    moved = [a for s in payment.lines for a in s.adjustments if a.reason in {"94", "97"}]
    assert [a.amount for a in moved if a.reason == "94"] == [
        -a.amount for a in moved if a.reason == "97"
    ]
    assert any(s.submitted is not None and s.submitted.code == "97140" for s in payment.lines)


def test_merged_lines_sum_charges_and_units() -> None:
    """Two lines of one code come back as one without a control number."""
    sent = claim(
        "K7W4PTMQ2XBR9CDEF", line(1, "97530", "GP", units=1), line(2, "97530", "GP", "CQ", units=2)
    )
    (payment,) = payments(answer([sent], scenario="merged"))
    (only,) = payment.lines
    assert (only.charge, only.paid_units, only.control) == (Decimal("150.00"), Decimal(3), "")


def test_an_unknown_scenario_is_refused() -> None:
    """A name that no scenario has raises."""
    with pytest.raises(KeyError):
        list(answer(many(1), scenario="nonsense"))


def test_no_claims_no_payments() -> None:
    """Nothing sent, nothing answered."""
    assert list(answer([])) == []
