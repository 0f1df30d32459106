"""Whose turn it is: ready, waiting, held, nothing, done, by what came back and what the policy says."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from edi.claim import Reference
from edi.remittance import Adjustment
from reconcile.books import claim_books
from reconcile.decided import decided
from reconcile.next_payer import NextCoverage, Turn, turn, working_day
from reconcile.values import Adjudication, LineShare, PayerFacts, SentClaim, SentLine

DAY = dt.date(2026, 3, 10)
PAID = dt.date(2026, 4, 2)  # a Thursday
ON = dt.date(2026, 4, 10)
LINE = SentLine(
    control="01AAA", number=1, code="97530", modifiers=("GP",), charge=Decimal("75.00"),
    units=Decimal(1), date=DAY, until=DAY,
)  # fmt: skip
CLAIM = SentClaim(
    control="AAA", family="AAA", payer="medicare", payer_id="15202", charge=Decimal("75.00"),
    date=DAY, until=DAY, references=(Reference(qualifier="G1", value="77"),), lines=(LINE,),
)  # fmt: skip
USUAL = ("CO 45 40.39", "CO 253 0.55", "PR 2 6.92")


def answer(*cuts: str, paid: str = "27.14", **more: Any) -> Adjudication:
    """An answer to the line; each cut is ``group reason amount``."""
    adjustments = tuple(
        Adjustment(group=g, reason=r, amount=Decimal(a)) for g, r, a in map(str.split, cuts)
    )
    sign = -1 if more.get("status") == "22" else 1
    share = LineShare(
        line="01AAA", number=1, method="line control number", code="97530", modifiers=("GP",),
        charge=sign * LINE.charge, paid=Decimal(paid), units=Decimal(1), adjustments=adjustments,
        remarks=more.pop("line_remarks", ()),
    )  # fmt: skip
    values: dict[str, Any] = {
        "id": str(more), "claim": "AAA", "method": "m", "payer": "medicare", "rank": "P",
        "status": "1", "payer_control": "A1", "trace": "T1", "date": PAID,
        "charge": sign * LINE.charge, "paid": Decimal(paid), "remarks": (), "lines": (share,),
    }  # fmt: skip
    return Adjudication(**values | more)


def asked(
    *answers: Adjudication,
    coverage: NextCoverage | None = None,
    facts: PayerFacts | None = None,
    claim: SentClaim = CLAIM,
    **more: Any,
) -> Turn:
    """Where the claim stands with its second payer."""
    coverage = coverage or NextCoverage(payer="hillside")
    known = facts or PayerFacts(key="hillside", name="HILLSIDE", family="commercial")
    values: dict[str, Any] = {"place": 0, "billed": "", "qmb": False, "on": ON}
    return turn(
        claim,
        claim_books(claim, answers),
        answers,
        (coverage,),
        lambda key: known if key == coverage.payer else PayerFacts(key=key, name="", family=""),
        **values | more,
    )


def wait(days: int | None) -> PayerFacts:
    """A supplement with a wait for forwarded claims."""
    return PayerFacts(
        key="hillside", name="HILLSIDE", family="commercial", crossover_wait_days=days
    )


def medicaid(says: str | None) -> PayerFacts:
    """Medicaid with a rule for QMB."""
    return PayerFacts(key="hillside", name="STATE", family="medicaid", qmb_billing=says)


def test_ready_when_the_first_payer_has_decided() -> None:
    """What it left to the patient is told, with the decision of each line."""
    found = asked(answer(*USUAL))
    assert (found.state, found.left, found.rank) == ("ready", Decimal("6.92"), "S")
    (before,) = found.decided
    assert (before.paid, before.number) == (Decimal("27.14"), "A1")
    line = before.lines[1]
    assert line.paid + sum(a.amount for a in line.adjustments) == LINE.charge
    assert line.patient_owes == Decimal("6.92")


REFUSED = {
    "no modifier": "CO 16 75.00",
    "rules of the payer before": "OA 136 75.00",
    "no authorization": "CO 197 75.00",
    "a reason nobody knows": "PI ZZ9 75.00",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_settled_with_the_payer_that_refused(case: str) -> None:
    """Held, named by line and code; a person may set it aside."""
    found = asked(answer(REFUSED[case], paid="0.00"))
    assert (found.state, found.soft) == ("held", True)
    assert "line 1 was refused" in found.why
    assert "settle that first" in found.why


def test_what_is_refused_under_the_patients_group_goes_on() -> None:
    """PR-204: not a benefit there; the next payer may cover it."""
    found = asked(answer("PR 204 75.00", paid="0.00"))
    assert (found.state, found.left) == ("ready", Decimal("75.00"))


def test_nothing_left_is_nothing_to_bill() -> None:
    """Without a patient's share there is no claim."""
    assert asked(answer("CO 45 47.86")).state == "nothing"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": "19", "crossover": True}, "forwarded by medicare on 2026-04-02"),
        ({"crossover": True, "remarks": ("MA18",)}, "forwarded by medicare"),
    ],
    ids=["CLP02 19", "MA18"],
)
def test_a_forwarded_claim_waits(more: dict[str, Any], words: str) -> None:
    """Until the working days of the policy are over; then it is ready with a warning."""
    forwarded = answer(*USUAL, **more)
    found = asked(forwarded, facts=wait(15))
    assert (found.state, found.until) == ("waiting", dt.date(2026, 4, 23))
    assert words in found.why
    later = asked(forwarded, facts=wait(15), on=dt.date(2026, 4, 24))
    assert later.state == "ready"
    assert "no answer in 15 working days" in later.warnings[0]


def test_without_a_wait_in_the_policy_a_forwarded_claim_is_held() -> None:
    """Nobody guesses how long to wait."""
    found = asked(answer(*USUAL, status="19", crossover=True), facts=wait(None))
    assert (found.state, found.soft) == ("held", True)
    assert "crossover_wait_days" in found.why
    unknown = PayerFacts(key="hillside", name="", family="")
    found = asked(answer(*USUAL, status="19", crossover=True), facts=unknown)
    assert found.why.endswith(": wait for hillside; --practice FILE says how long")


@pytest.mark.parametrize(
    ("remarks", "state"), [((), "waiting"), (("MA19",), "ready")], ids=["not said", "MA19"]
)
def test_a_payer_that_usually_forwards(remarks: tuple[str, ...], state: str) -> None:
    """The coverage says so: wait, unless the payer says it did not forward (MA19)."""
    coverage = NextCoverage(payer="hillside", forwarded_here=True)
    assert asked(answer(*USUAL, remarks=remarks), coverage=coverage, facts=wait(15)).state == state


@pytest.mark.parametrize(
    ("says", "state"),
    [("forwarded", "waiting"), ("never", "nothing"), ("bill", "ready"), (None, "held")],
    ids=["forwarded", "never", "bill", "not said"],
)
def test_a_qmb_goes_by_the_policy(says: str | None, state: str) -> None:
    """Medicaid of a QMB, told by N782 or by the coverage; never by guess."""
    by_remark = asked(answer(*USUAL, remarks=("MA01", "N782")), facts=medicaid(says))
    by_coverage = asked(answer(*USUAL), facts=medicaid(says), qmb=True)
    assert by_remark.state == by_coverage.state == state
    assert asked(answer(*USUAL), facts=medicaid(says)).state == "ready"


def test_medicare_second_needs_its_reason() -> None:
    """SBR05, from the coverage."""
    facts = PayerFacts(key="hillside", name="MEDICARE", family="medicare-b")
    assert "SBR05" in asked(answer(*USUAL), facts=facts).why
    with_reason = NextCoverage(payer="hillside", insurance_type="12")
    assert asked(answer(*USUAL), facts=facts, coverage=with_reason).state == "ready"


@pytest.mark.parametrize(
    ("start", "on", "state"),
    [
        ("primary's remittance", dt.date(2026, 7, 1), "ready"),
        ("primary's remittance", dt.date(2026, 7, 2), "held"),
        ("day of service", dt.date(2026, 6, 8), "ready"),
        ("day of service", dt.date(2026, 6, 9), "held"),
    ],
)
def test_the_deadline_of_the_next_payer(start: str, on: dt.date, state: str) -> None:
    """90 days from the remittance or from the day of service; the last day still counts."""
    facts = PayerFacts(
        key="hillside", name="HILLSIDE", family="commercial",
        secondary_filing_days=90, secondary_filing_from=start,
    )  # fmt: skip
    found = asked(answer(*USUAL), facts=facts, on=on)
    assert found.state == state
    assert found.due == (dt.date(2026, 7, 1) if "rem" in start else dt.date(2026, 6, 8))


def test_a_coverage_that_is_not_good_for_the_day_is_held() -> None:
    """First and last day are good themselves."""
    for coverage, state in (
        (NextCoverage(payer="hillside", first_day=DAY, last_day=DAY), "ready"),
        (NextCoverage(payer="hillside", first_day=dt.date(2026, 3, 11)), "held"),
        (NextCoverage(payer="hillside", last_day=dt.date(2026, 3, 9)), "held"),
        (NextCoverage(payer="hillside", known=False), "held"),
    ):
        assert asked(answer(*USUAL), coverage=coverage).state == state


def test_while_the_first_payer_has_not_decided_the_claim_waits() -> None:
    """No answer, or one that was taken back without a correction."""
    assert asked().state == "waiting"
    first = answer(*USUAL)
    back = answer(
        "CO 45 -40.39", "CO 253 -0.55", "PR 2 -6.92",
        paid="-27.14", status="22", id="R", trace="T2", date=dt.date(2026, 4, 9),
    )  # fmt: skip
    assert asked(first, back).state == "waiting"


def test_two_decisions_that_stand_are_in_doubt() -> None:
    """A correction without its reversal: which one would be told?"""
    second = answer("CO 45 75.00", paid="0.00", id="C", trace="T2", date=dt.date(2026, 4, 9))
    found = asked(answer(*USUAL), second)
    assert found.state == "held"
    assert "do not fit together" in found.why


def test_done_when_billed_or_answered() -> None:
    """A claim goes to a payer once; its answer is told with the amount."""
    assert asked(answer(*USUAL), billed="BBB").why == "billed as claim BBB: no answer yet"
    theirs = answer(
        "OA 23 68.08", paid="6.92", payer="hillside", rank="S", status="2", id="S", trace="T9",
        date=dt.date(2026, 4, 20),
    )  # fmt: skip
    found = asked(answer(*USUAL), theirs, billed="BBB")
    assert (found.state, found.why) == ("done", "answered on 2026-04-20: 6.92 paid")


def test_the_third_payer_follows_the_second() -> None:
    """T is told what P and S decided, and only when both have."""
    theirs = answer(
        "OA 23 68.08", "PR 2 3.00", paid="3.92", payer="hillside", rank="S", status="2", id="S",
        trace="T9", date=dt.date(2026, 4, 20),
    )  # fmt: skip
    coverages = (NextCoverage(payer="hillside"), NextCoverage(payer="heron"))
    for came, state in (((answer(*USUAL),), "waiting"), ((answer(*USUAL), theirs), "ready")):
        found = turn(
            CLAIM, claim_books(CLAIM, came), came, coverages,
            lambda key: PayerFacts(key=key, name=key, family="commercial"),
            place=1, billed="", qmb=False, on=ON,
        )  # fmt: skip
        assert (found.state, found.rank) == (state, "T")
    assert [one.payer for one in found.decided] == ["medicare", "hillside"]
    assert found.left == Decimal("3.00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (dt.date(2026, 4, 2), 1, dt.date(2026, 4, 3)),
        (dt.date(2026, 4, 3), 1, dt.date(2026, 4, 6)),
        (dt.date(2026, 4, 3), 5, dt.date(2026, 4, 10)),
        (dt.date(2026, 4, 4), 1, dt.date(2026, 4, 6)),
        (dt.date(2026, 4, 4), 5, dt.date(2026, 4, 10)),
        (dt.date(2026, 4, 2), 15, dt.date(2026, 4, 23)),
        (dt.date(2026, 4, 2), 0, dt.date(2026, 4, 2)),
    ],
)
def test_working_days_skip_weekends(start: dt.date, days: int, end: dt.date) -> None:
    """Monday to Friday count; a start on a weekend counts from Monday."""
    assert working_day(start, days) == end


def test_units_and_reasons_of_a_decision() -> None:
    """A reason of a group that comes twice is told once; no units said means those sent."""
    twice = answer("CO 45 40.00", "CO 45 0.94", "PR 2 6.92")
    share = evolve(twice.lines[0], units=None)
    found = decided(CLAIM, [evolve(twice, lines=(share,))])
    assert found is not None
    told = [(a.group, a.reason, a.amount) for a in found.lines[1].adjustments]
    assert told == [("CO", "45", Decimal("40.94")), ("PR", "2", Decimal("6.92"))]
    assert found.lines[1].units == Decimal(1)


def test_billed_and_unanswered_is_sent_not_done() -> None:
    """Somebody still has to answer."""
    assert asked(answer(*USUAL), billed="BBB").state == "sent"


def test_after_the_wait_the_reason_says_that_it_was_forwarded() -> None:
    """Ready, and not as if nothing had been passed on: ask first."""
    found = asked(answer(*USUAL, crossover=True), facts=wait(3))
    assert found.state == "ready"
    assert "the wait for HILLSIDE is over" in found.why
    assert found.warnings
