"""A payer's policy in the reading of answers: package prices, a secondary's CO-45."""

import datetime as dt

import pytest
from attrs import evolve
from remits import answered, claim, line

from reconcile.by_policy import PACKAGE_WORDS, by_policy
from reconcile.look import NOTHING_PAID
from reconcile.post import claim_books
from reconcile.values import Adjudication, LineBooks, PayerFacts, SentClaim

SENT = claim(line("L1", "97530:GP", "110.00", "2"), line("L2", "97110:GP", "55.00"))
PLAN = PayerFacts(key="plan", name="Plan by Visit", family="commercial")
CLP = "CLP*CLAIMAAAABBBB*{status}*{charge}*{paid}**12*A1~{lines}"
SVC = "SVC*HC:{code}:GP*{charge}*{paid}**{units}~DTM*472*20260310~{cas}~REF*6R*{control}~"


def svc(control: str, paid: str, cas: str) -> str:
    """The answer to a line."""
    code, charge, units = ("97530", "110", 2) if control == "L1" else ("97110", "55", 1)
    return SVC.format(code=code, charge=charge, paid=paid, units=units, cas=cas, control=control)


def answer(
    first: str, second: str, *, paid: str, status: str = "1", payer: str = "plan"
) -> Adjudication:
    """One payer's answer to the claim; ``L1`` and ``L2`` as segments."""
    body = CLP.format(status=status, charge="165", paid=paid, lines=first + second)
    day = dt.date(2026, 4, 1 if status == "1" else 20)
    return answered(
        SENT, body, payer=payer, id=f"{payer}{status}", day=day, trace=f"{payer}{status}"
    )


def read(
    facts: PayerFacts, *answers: Adjudication, sent: SentClaim = SENT
) -> tuple[LineBooks, ...]:
    """The books of both lines as the policy reads them."""
    made = by_policy(claim_books(sent, answers), lambda _: facts)
    for one in made:
        parts = (one.paid, one.contractual, one.patient, one.denied, one.transferred, one.other)
        assert one.charge == sum(parts, one.open) + one.not_explained
    return made


def basis(words: str) -> PayerFacts:
    """A plan that pays so."""
    return evolve(PLAN, payment_basis=words)


BY_VISIT = answer(svc("L1", "0", "CAS*CO*97*110"), svc("L2", "80", "CAS*CO*45*-25"), paid="80")


def test_a_line_of_a_package_answered_twice_is_refused_nothing() -> None:
    """Of the same answer in two payments one write-off counts, and nothing below zero is refused."""
    plan = answer(svc("L1", "0", "CAS*CO*24*110"), svc("L2", "80", "CAS*CO*45*-25"), paid="80")
    again = evolve(plan, id="again", trace="again")
    (first, _) = read(basis("per visit"), plan, again)
    assert (first.denied, first.twice.denied) == (0, 0)
    assert first.contractual - first.twice.contractual == 110


@pytest.mark.parametrize("reason", ["45", "97", "24", "256"])
def test_a_line_of_a_package_is_no_denial(reason: str) -> None:
    """Paid by visit: the zero-paid line is paid, its charge is the contract's, the words say so."""
    came = answer(
        svc("L1", "0", f"CAS*CO*{reason}*110"), svc("L2", "80", "CAS*CO*45*-25"), paid="80"
    )
    first, second = read(basis("per visit"), came)
    assert (first.status, str(first.contractual), str(first.denied)) == ("paid", "110.00", "0.00")
    assert PACKAGE_WORDS["per visit"] in first.flags
    assert PACKAGE_WORDS["per visit"] not in second.flags


def test_paid_by_line_the_same_answer_is_a_denial() -> None:
    """Without a package contract nothing changes."""
    assert read(PLAN, BY_VISIT)[0].status == "denied"


@pytest.mark.parametrize("reason", ["197", "50", "16"])
def test_other_refusals_stay_denials(reason: str) -> None:
    """No contract makes a missing authorization a package price."""
    came = answer(
        svc("L1", "0", f"CAS*CO*{reason}*110"), svc("L2", "80", "CAS*CO*45*-25"), paid="80"
    )
    assert read(basis("per visit"), came)[0].status == "denied"


def test_a_duplicate_stays_a_duplicate() -> None:
    """CO-97 with N522 says that the line was decided before."""
    came = answer(
        svc("L1", "0", "CAS*CO*97*110~LQ*HE*N522"), svc("L2", "80", "CAS*CO*45*-25"), paid="80"
    )
    assert read(basis("per visit"), came)[0].status == "denied"


UNPAID = answer(svc("L1", "0", "CAS*CO*97*110"), svc("L2", "0", "CAS*CO*45*55"), paid="0")


def test_a_visit_that_nobody_paid_is_no_package() -> None:
    """Paid by visit, but no line is paid: somebody has to look."""
    first, second = read(basis("per visit"), UNPAID)
    assert first.status == "denied"
    assert NOTHING_PAID in second.flags


@pytest.mark.parametrize("words", ["case rate", "capitation"])
def test_a_case_is_paid_elsewhere(words: str) -> None:
    """By case or capitation nothing need be paid here, and nothing wants a look."""
    first, second = read(basis(words), UNPAID)
    assert {first.status, second.status} == {"paid"}
    assert PACKAGE_WORDS[words] in second.flags
    assert NOTHING_PAID not in second.flags


def test_a_patients_share_stays() -> None:
    """A copay that stands on the zero-paid line is still the patient's."""
    came = answer(
        svc("L1", "0", "CAS*CO*45*90~CAS*PR*3*20"), svc("L2", "80", "CAS*CO*45*-25"), paid="80"
    )
    first, _ = read(basis("per visit"), came)
    assert (first.status, str(first.patient)) == ("paid", "20.00")


PRIMARY = answer(
    svc("L1", "50", "CAS*CO*45*40~CAS*PR*2*20"), svc("L2", "30", "CAS*CO*45*25"), paid="80"
)
WHOLE_REST = answer(
    svc("L1", "5", "CAS*CO*45*105"),
    svc("L2", "0", "CAS*OA*23*55"),
    paid="5",
    status="2",
    payer="state",
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("restates", "nothing is written off twice"),
        ("adjusts", "its policy says it adjusts: ask the payer"),
        (None, "say secondary_co45 in its policy"),
    ],
)
def test_a_secondarys_whole_rest_is_said(said: str | None, words: str) -> None:
    """RFI 1696: the amounts stay the same, what is said of them is the policy's."""
    first, second = read(evolve(PLAN, secondary_co45=said), PRIMARY, WHOLE_REST)
    assert (str(first.paid), str(first.contractual), str(first.patient)) == (
        "55.00",
        "55.00",
        "0.00",
    )
    assert any(words in flag for flag in first.flags)
    assert not any("CO-45" in flag for flag in second.flags)


def test_a_secondarys_small_write_off_is_not_remarked() -> None:
    """CO-45 beside OA-23 is a write-off of its own."""
    second = answer(
        svc("L1", "15", "CAS*OA*23*90~CAS*CO*45*5"),
        svc("L2", "0", "CAS*OA*23*55"),
        paid="15",
        status="2",
    )
    assert not any("CO-45" in f for f in read(PLAN, PRIMARY, second)[0].flags)


def test_an_unknown_payer_changes_nothing() -> None:
    """Where no facts are known the books stay as they came."""
    plain = claim_books(SENT, [BY_VISIT])
    assert by_policy(plain, lambda _: None) == plain
