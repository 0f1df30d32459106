"""Figures of reports: ages, days, drift; each by hand."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from edi.remittance import Adjustment
from reconcile.books import claim_books
from reconcile.reports.aging import AGES, Aging, age_of
from reconcile.reports.days import DaysToPay, by_then, day_of
from reconcile.reports.drift import Change, Drift
from reconcile.reports.parts import is_adjusted, parts_of
from reconcile.reports.rates import share
from reconcile.reports.values import Case, first_answers
from reconcile.values import Adjudication, LineShare, SentClaim, SentLine

DAY = dt.date(2026, 1, 5)


@pytest.mark.parametrize(
    ("days", "age"),
    [(-3, "0-30"), (0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "91-120"), (120, "91-120"), (121, "120+"), (900, "120+")],
)  # fmt: skip
def test_age(days: int, age: str) -> None:
    """Each day belongs to one age, the last day of an age to that age."""
    assert AGES[age_of(days)] == age


def test_aging_adds_up() -> None:
    """The ages of all groups together come to all that was added, known day or not."""
    aging = Aging(DAY)
    aging.add("a", DAY, 100)
    aging.add("a", DAY - dt.timedelta(days=200), -30, claims=2)
    aging.add("b", None, 7)
    total = aging.total()
    assert (total.total, total.claims, total.unknown) == (77, 4, 7)
    assert [row.total for row in aging.rows()] == [70, 7]
    assert total.oldest == DAY - dt.timedelta(days=200)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.integers(1, 100))
def test_by_then(days: list[int], percent: int) -> None:
    """By that day at least so many per cent were paid, and the day before fewer."""
    found = by_then(Counter(days), percent)
    assert found is not None
    assert sum(d <= found for d in days) * 100 >= percent * len(days)
    assert sum(d < found for d in days) * 100 < percent * len(days)


def test_day_of_is_that_of_the_practice() -> None:
    """What left at two in the morning UTC left on the day before in Ohio."""
    ohio = dt.timezone(dt.timedelta(hours=-5))
    assert day_of("2026-01-06T02:00:00Z", ohio) == DAY
    assert day_of("", ohio) is None


def test_share() -> None:
    """A share has one decimal, and there is none of nothing."""
    assert share(1, 3) == Decimal("33.3")
    assert share(1, 0) is None


def adjusted(*told: str) -> tuple[Adjustment, ...]:
    """Adjustments from texts like ``CO-45 12.00``."""
    made = []
    for text in told:
        codes, _, amount = text.partition(" ")
        group, _, reason = codes.partition("-")
        made.append(Adjustment(group=group, reason=reason, amount=Decimal(amount)))
    return tuple(made)


def test_parts_of_an_answer() -> None:
    """The patient's parts stand apart; what is allowed is as said, else paid, parts and cut."""
    given = adjusted("CO-45 40.39", "PR-2 6.92", "CO-253 0.55")
    parts = parts_of(Decimal("27.14"), given, None)
    assert (parts.allowed, parts.coinsurance, parts.is_said) == (
        Decimal("34.61"), Decimal("6.92"), False,
    )  # fmt: skip
    assert [a.reason for a in parts.rest] == ["45", "253"]
    assert parts_of(Decimal("27.14"), given, Decimal("34.60")).allowed == Decimal("34.60")


@pytest.mark.parametrize(
    ("told", "paid", "remarks", "allowed"),
    [
        (("CO-45 80.78", "CO-59 20.06", "CO-237 5.90", "PR-2 9.83", "CO-253 0.67"), "32.76",
         ("N851",), "49.16"),
        (("CO-45 86.68", "CO-59 20.06", "PR-2 9.83", "CO-253 0.67"), "32.76", ("N851",), None),
        (("CO-45 37.83", "CO-59 6.47", "PR-2 4.14", "CO-253 0.33"), "16.23", (), "20.70"),
        (("CO-45 50.00", "CO-237 7.50", "PR-2 8.50"), "34.00", ("N851",), None),
        (("CO-45 50.00", "CO-237 7.50"), "42.50", ("N851",), None),
        (("CO-45 50.00", "CO-237 2.00", "PR-2 8.50"), "39.50", ("N807",), None),
        (("OA-23 68.08",), "6.92", (), None),
        (("CO-197 100.00",), "0.00", (), "0.00"),
        (("PR-204 100.00",), "0.00", (), "0.00"),
    ],
    ids=["assistant's cut apart", "assistant's cut hidden", "several procedures",
         "cut of the allowed", "cut of either", "penalty of another kind", "after another payer",
         "denied", "denied, the patient's"],
)  # fmt: skip
def test_allowed_is_worked_out_or_not_said(
    told: tuple[str, ...], paid: str, remarks: tuple[str, ...], allowed: str | None
) -> None:
    """What was allowed is worked out to the cent, or not said; it is never a guess."""
    found = parts_of(Decimal(paid), adjusted(*told), None, remarks).allowed
    assert found == (None if allowed is None else Decimal(allowed))


@pytest.mark.parametrize(
    ("told", "remarks", "is_work"),
    [
        (("CO-45 40.39", "PR-2 6.92", "CO-253 0.55"), (), False),
        (("OA-23 68.08",), (), False),
        (("CO-45 80.78", "CO-59 20.06", "CO-237 5.90"), ("N851",), False),
        (("CO-45 80.78", "CO-237 5.90"), (), True),
        (("CO-45 80.78", "CO-151 5.90"), (), True),
    ],
    ids=["sequestration", "payer before", "assistant and several procedures", "penalty", "units"],
)
def test_cuts_by_rule_are_no_work(
    told: tuple[str, ...], remarks: tuple[str, ...], *, is_work: bool
) -> None:
    """Sequestration, several procedures, an assistant's cut and a payer before want no work."""
    assert is_adjusted(adjusted(*told), remarks) == is_work


def case(
    number: int,
    day: dt.date,
    *,
    modifiers: tuple[str, ...] = ("59", "GP"),
    back: tuple[str, ...] = ("59", "GP"),
    code: str = "97530",
    told: tuple[str, ...] = ("CO-45 40.00",),
    paid: str = "60.00",
    remarks: tuple[str, ...] = (),
) -> Case:
    """A claim of one 97530 line of 100.00 that was answered on a day."""
    control = f"C{number:07d}"
    line = SentLine(
        control=f"01{control}", number=1, code="97530", modifiers=modifiers,
        charge=Decimal("100.00"), units=Decimal(1), date=DAY, until=DAY,
    )  # fmt: skip
    claim = SentClaim(
        control=control, family=control, payer="acme", charge=line.charge, date=DAY, until=DAY,
        lines=(line,),
    )  # fmt: skip
    answer = Adjudication(
        id=control, claim=control, method="", payer="acme", rank="P", status="1",
        payer_control="", trace="T", date=day, charge=line.charge, paid=Decimal(paid),
        remarks=remarks,
        lines=(
            LineShare(
                line=line.control, method="line control number", code=code, modifiers=back,
                charge=line.charge, paid=Decimal(paid), units=None, adjustments=adjusted(*told),
                remarks=(),
            ),
        ),
    )  # fmt: skip
    books = claim_books(claim, (answer,))
    return Case(claim=claim, answers=(answer,), books=books, payer="ACME", sent=DAY)


def weeks(count: int, each: int, start: int = 0) -> list[tuple[int, dt.date]]:
    """So many claims in each of so many weeks: number and day of payment."""
    return [
        (start + week * each + n, DAY + dt.timedelta(weeks=start // each + week))
        for week in range(count)
        for n in range(each)
    ]


def changes_of(*cases: Case, least: int = 20) -> dict[tuple[str, str], Change]:
    """The changes told of these cases, by what they are."""
    drift = Drift(least=least)
    for one in cases:
        drift.add(one)
    return {(one.kind, one.what): one for one in drift.changes()}


def test_drift_says_since_when_a_modifier_is_dropped() -> None:
    """A payer that returned 59 for weeks and then does not is told, with day, counts, examples."""
    before = [case(n, day) for n, day in weeks(8, 10)]
    since = [case(n, day, back=("GP",)) for n, day in weeks(4, 10, 80)]
    found = changes_of(*since, *before)  # in any order
    assert set(found) == {("modifier", "59")}
    change = found["modifier", "59"]
    assert change.since == DAY + dt.timedelta(weeks=8)
    assert (change.hits, change.lines, change.hits_before, change.lines_before) == (40, 40, 0, 80)
    assert change.is_new
    assert len(change.examples) == 3
    assert set(change.examples) <= {one.claim.control for one in since[-10:]}


def test_drift_of_codes_reasons_remarks_and_denials() -> None:
    """A code restated, a new refusal with its remark, and more denials are all told."""
    before = [case(n, day) for n, day in weeks(6, 10)]
    restated = [case(n, day, code="97110") for n, day in weeks(3, 10, 60)]
    refused = [
        case(n, day, told=("CO-97 100.00",), paid="0.00", remarks=("N20",))
        for n, day in weeks(3, 10, 90)
    ]
    found = changes_of(*before, *restated, *refused)
    assert ("reason", "CO-97") in found
    assert ("remark", "N20") in found
    assert found["denied", ""].is_more
    assert ("code", "97530 as 97110") not in found  # it is over: the newest lines show none
    assert ("code", "97530 as 97110") in changes_of(*before, *restated)


def test_drift_tells_fewer_denials() -> None:
    """A payer that stops denying is told too."""
    denied = [case(n, d, told=("CO-97 100.00",), paid="0.00") for n, d in weeks(5, 10)]
    paid = [case(n, day) for n, day in weeks(5, 10, 50)]
    assert not changes_of(*denied, *paid)["denied", ""].is_more


def test_drift_is_quiet_where_little_is_known() -> None:
    """Too few lines before or since, or a share that wavers as before, tell nothing."""
    before = [case(n, day) for n, day in weeks(8, 10)]
    few = [case(n, day, back=("GP",)) for n, day in weeks(1, 10, 80)]
    assert not changes_of(*before, *few)
    wavering = [
        case(n, day, back=("GP",) if n % 3 == 0 else ("59", "GP")) for n, day in weeks(20, 10)
    ]
    assert not changes_of(*wavering)


def test_first_answer_is_no_reversal() -> None:
    """The first answer is what the first payer's first payment said, all of it."""
    assert first_answers(case(1, DAY))[0].trace == "T"


def test_days_to_pay_counts_paid_claims_only() -> None:
    """A denied claim was not paid; one whose sending is not known is counted apart."""
    found = DaysToPay("payer")
    found.add(case(1, DAY + dt.timedelta(days=14)))
    found.add(case(2, DAY, told=("CO-97 100.00",), paid="0.00"))
    found.add(evolve(case(3, DAY), sent=None))
    (row,) = found.rows()
    assert (row.claims, row.median, row.most, row.unknown) == (1, 14, 14, 1)


def test_a_payment_before_the_sending_has_no_days() -> None:
    """What was paid before this file was made is not paid after 0 days: it is told apart."""
    found = DaysToPay("payer")
    found.add(evolve(case(1, DAY), sent=DAY + dt.timedelta(days=236)))
    found.add(evolve(case(2, DAY), sent=DAY))
    total = found.total()
    assert (total.claims, total.longest, total.unknown, total.before) == (1, 0, 1, 1)
