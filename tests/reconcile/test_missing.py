"""What is missing, decided by days and limits alone."""

import datetime as dt

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from reconcile.missing import (
    Answered,
    Limits,
    Missing,
    Neighbours,
    SentClaim,
    SentFile,
    UsualDay,
    When,
    claims,
    files,
    gaps,
    usual_day,
    usual_days,
)

SENT = dt.datetime.fromisoformat("2026-03-02T15:00")  # a Monday, local


def _file(**fields: object) -> SentFile:
    made = {
        "id": 1,
        "name": "000000001.837",
        "profile": "relay",
        "receiver": "RELAY",
        "recorded": SENT,
        "left": SENT,
        "answered": False,
        "claims": 3,
        "cents": 30_000,
        **fields,
    }
    return SentFile(**made)  # type: ignore[arg-type]  # fields of the test


def _claim(**fields: object) -> SentClaim:
    made = {
        "control": "CT1",
        "payer": "aetna",
        "payer_name": "AETNA",
        "file": _file(answered=True),
        "file_id": 1,
        "sent": SENT.date(),
        "cents": 10_000,
        "reported": False,
        "accepted": False,
        **fields,
    }
    return SentClaim(**made)  # type: ignore[arg-type]  # fields of the test


def _at(text: str, limits: Limits | None = None, **cut_offs: dt.time) -> When:
    return When(now=dt.datetime.fromisoformat(text), limits=limits or Limits(), cut_offs=cut_offs)


@pytest.mark.parametrize(
    ("made", "when", "kinds"),
    [
        (_file(), _at("2026-03-03T14:59"), []),
        (_file(), _at("2026-03-03T15:01"), ["missing.999"]),
        (_file(answered=True), _at("2026-03-30T15:01"), []),
        (_file(), _at("2026-03-03T15:01", relay=dt.time(14)), []),
        (_file(), _at("2026-03-04T00:01", relay=dt.time(14)), ["missing.999"]),
        (_file(left=None), _at("2026-03-02T18:00"), []),
        (_file(left=None), _at("2026-03-02T19:01"), ["missing.delivery"]),
        (_file(), _at("2026-03-30T15:01", Limits(hours_999=0)), []),
        (_file(left=dt.datetime.fromisoformat("2026-03-06T15:00")), _at("2026-03-08T20:00"), []),
        (
            _file(),
            _at("2026-03-03T15:01", Limits(closed=(dt.date(2026, 3, 3),))),
            [],
        ),
    ],
    ids=[
        "within the hours",
        "after them",
        "answered",
        "after the cut-off it goes the next day",
        "and is missed a day later",
        "just recorded",
        "stuck in the outbox",
        "0 asks nothing",
        "over a weekend",
        "over a day that is closed",
    ],
)
def test_files_are_asked_about_in_business_hours(
    made: SentFile, when: When, kinds: list[str]
) -> None:
    """A file is missed when its hours, cut-off and closed days counted, have passed."""
    assert [one.kind for one in files([made], when)] == kinds


def _asked(
    one: SentClaim,
    when: When,
    *,
    usual: int = 10,
    near: Neighbours | None = None,
    reported: int = 0,
) -> list[Missing]:
    return list(
        claims(
            [one],
            {"aetna": UsualDay(days=usual, answers=50, learned=True)},
            {(1, "aetna"): near} if near else {},
            frozenset({1} if reported else ()),
            when,
        )
    )


@pytest.mark.parametrize(
    ("one", "when", "more", "kinds"),
    [
        (_claim(), _at("2026-03-04T20:00"), {}, []),
        (_claim(), _at("2026-03-05T08:00"), {}, ["missing.277"]),
        (_claim(), _at("2026-03-05T08:00"), {"reported": 1}, ["missing.277-part"]),
        (_claim(reported=True), _at("2026-03-05T08:00"), {}, []),
        (_claim(accepted=True), _at("2026-03-18T08:00"), {}, []),
        (_claim(accepted=True), _at("2026-03-19T08:00"), {}, ["missing.835"]),
        (_claim(accepted=True), _at("2026-03-19T08:00"), {"usual": 20}, []),
        (_claim(accepted=True), _at("2026-03-19T08:00", Limits(days_835=0)), {}, []),
        (
            _claim(accepted=True),
            _at("2026-03-16T08:00"),
            {"near": Neighbours(claims=4, answered=3, last=dt.date(2026, 3, 6))},
            ["missing.835-neighbours"],
        ),
        (
            _claim(accepted=True),
            _at("2026-03-16T08:00"),
            {"near": Neighbours(claims=4, answered=1, last=dt.date(2026, 3, 6))},
            [],
        ),
        (_claim(file=None, accepted=False), _at("2026-03-05T08:00"), {}, []),
    ],
    ids=[
        "two business days",
        "the third",
        "others of the file were named",
        "reported",
        "accepted, within the usual day and grace",
        "beyond it",
        "a slower payer",
        "0 asks nothing, whatever was learned",
        "its neighbours were answered",
        "one neighbour of four is no sign",
        "a file too old to be asked about",
    ],
)
def test_claims_are_asked_about_by_the_payers_own_day(
    one: SentClaim, when: When, more: dict[str, object], kinds: list[str]
) -> None:
    """A claim is missed by its report first, then by its payer's usual day, then by the others."""
    assert [found.kind for found in _asked(one, when, **more)] == kinds  # type: ignore[arg-type]


def test_the_usual_day_is_learned_from_enough_answers() -> None:
    """Nine of ten answers by that day; too few answers teach nothing."""
    limits = Limits(least_answers=10)
    assert usual_day({5: 8, 9: 1, 30: 1}, limits) == UsualDay(days=9, answers=10, learned=True)
    assert usual_day({5: 9}, limits) == UsualDay(days=22, answers=9)
    monday = dt.date(2026, 3, 2)
    friday = dt.date(2026, 3, 13)
    came = Answered(payer="aetna", sent=monday, paid=friday, came=friday, claims=10)
    learned = usual_days([came], limits)
    assert (learned["aetna"].days, learned["aetna"].by_payment) == (9, 0)
    much_later = evolve(came, came=dt.date(2026, 6, 1))
    assert usual_days([much_later], limits)["aetna"] == evolve(learned["aetna"], by_payment=10)


@given(st.dictionaries(st.integers(0, 90), st.integers(1, 500), min_size=1))
def test_the_share_of_answers_came_by_the_usual_day(spans: dict[int, int]) -> None:
    """The usual day is the first by which the share had come."""
    limits = Limits(least_answers=1)
    found = usual_day(spans, limits)
    total = sum(spans.values())
    came = sum(count for days, count in spans.items() if days <= found.days)
    before = sum(count for days, count in spans.items() if days < found.days)
    assert came * 100 >= total * limits.share
    assert found.days <= 1 or before * 100 < total * limits.share


def test_gaps_are_told_only_of_numbers_that_are_ours() -> None:
    """A hole in a dense row of numbers is told; a sparse row is not."""
    dense = [*range(100, 130), *range(132, 160)]
    assert gaps(dense) == ((130, 131),)
    assert gaps(range(0, 1000, 7)) == ()
    assert gaps(range(5)) == ()
