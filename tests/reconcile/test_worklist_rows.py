"""Rows for worklists: the names other programs rely on, strings for amounts, nothing invented."""

import datetime as dt
import json

from attrs import evolve
from remits import answered, claim, facts, line, payment

from reconcile.match import match_claim
from reconcile.post import claim_books
from reconcile.report import denial_rows, unmatched_claim_row
from reconcile.values import Adjudication, PayerFacts

KEYS = {
    "claim", "line", "payer", "code", "modifiers", "date", "units", "billed", "paid", "status",
    "adjustments", "remarks", "category", "cause", "next_step", "never", "deadline", "confidence",
    "matched_by", "trace",
}  # fmt: skip
SENT = claim(line("L1", "97530:GP", "110.00", "2"), line("L2", "97110:GP", "40.00"))
BODY = """CLP*CLAIMAAAABBBB*1*150*40**12*A~DTM*232*20260310~SVC*HC:97530:GP*110*0**0~
CAS*CO*50*110**~LQ*HE*N115~SVC*HC:97110:GP*40*40**1~"""
ON = dt.date(2026, 4, 2)


def test_a_denied_line_as_other_programs_read_it() -> None:
    """All promised names are there, amounts and units are strings, the row is plain JSON."""
    answer = answered(SENT, BODY)
    (row,) = denial_rows(SENT, claim_books(SENT, [answer]), [answer], (), facts(), on=ON)
    assert set(row) >= KEYS
    assert json.loads(json.dumps(row)) == row
    assert (row["billed"], row["paid"], row["units"]) == ("110.00", "0.00", "2")
    assert row["date"] == "2026-03-10"
    assert row["adjustments"] == [
        {"group": "CO", "reason": "50", "amount": "110.00", "units": None}
    ]
    assert row["remarks"] == ["N115"]
    assert (row["deadline"], row["deadline_for"]) == ("2026-09-28", "first appeal")
    assert row["trace"] == "T1"


def test_without_days_in_the_policy_the_deadline_is_null() -> None:
    """A deadline without a source is never made up."""
    answer = answered(SENT, BODY)
    silent = facts(appeal1_days=None)
    (row,) = denial_rows(SENT, claim_books(SENT, [answer]), [answer], (), silent, on=ON)
    assert row["deadline"] is None
    assert row["deadline_source"] is None


def test_of_a_line_decided_anew_only_the_newest_refusal_is_refused() -> None:
    """110.00 refused, then 30.00 of it without a reversal: 30.00 is to be worked, not 140.00."""
    answers = [
        answered(SENT, BODY),
        answered(
            SENT,
            BODY.replace("*150*40**12", "*150*120**12")
            .replace("*110*0**0", "*110*80**2")
            .replace("CAS*CO*50*110**~LQ*HE*N115", "CAS*CO*50*30"),
            id="T2",
            trace="T2",
            day=dt.date(2026, 4, 20),
        ),
    ]
    (row,) = denial_rows(SENT, claim_books(SENT, answers), answers, (), facts(), on=ON)
    assert (row["status"], row["denied"], row["open"]) == ("reduced", "30.00", "-110.00")


def test_a_further_payers_refusal_is_that_payers() -> None:
    """The row names whom to call, and no longer says that a secondary payer comes next."""
    first = answered(SENT, BODY.replace("CAS*CO*50*110**~LQ*HE*N115", "CAS*PR*204*110"))
    theirs = BODY.replace("*1*150*40**12", "*2*150*0**12").replace("*40*40**1", "*40*0**1")
    second = answered(
        SENT,
        theirs.replace("CAS*CO*50*110**~LQ*HE*N115", "CAS*PR*204*110") + "CAS*OA*23*40~",
        payer="hillside",
        trace="T9",
        id="S1",
        day=dt.date(2026, 4, 20),
    )
    answers = (first, second)

    def of_whom(answer: Adjudication) -> PayerFacts | None:
        return evolve(facts(), key="hillside", name="HILLSIDE") if answer.rank == "S" else None

    books = claim_books(SENT, answers)
    found = denial_rows(SENT, books, answers, (), facts(), on=ON, facts_of=of_whom)
    row = next(one for one in found if one["code"] == "97530")
    assert (row["payer"], row["payment_date"]) == ("HILLSIDE", "2026-04-20")
    assert "secondary payer" not in row["next_step"]
    (alone, *_) = denial_rows(SENT, claim_books(SENT, [first]), [first], (), facts(), on=ON)
    assert "secondary payer" in alone["next_step"]


def test_a_line_taken_back_is_shown_as_reversed() -> None:
    """Between reversal and correction the line is on the list, with what not to do."""
    body = "CLP*CLAIMAAAABBBB*{s}*{c}*{p}**12*A~SVC*HC:97530:GP*{c}*{p}**2~REF*6R*L1~"
    answers = [
        answered(SENT, body.format(s=1, c=110, p=110)),
        answered(SENT, body.format(s=22, c=-110, p=-110), day=dt.date(2026, 4, 9)),
    ]
    (row,) = denial_rows(SENT, claim_books(SENT, answers), answers, (), facts(), on=ON)
    assert row["status"] == "reversed"
    assert (row["matched_by"], row["payment_date"]) == ("line control number", "2026-04-09")
    assert "appeal before the correction" in row["never"]


def test_a_claim_nobody_sent_is_a_row_of_its_own() -> None:
    """An unmatched payment keeps its number, money, codes and reasons, and says why."""
    stranger = payment(BODY.replace("CLAIMAAAABBBB", "OLDSYSTEM77"))
    match = match_claim(stranger, [SENT])
    row = unmatched_claim_row(stranger, match, payer="Plan", trace="T9", date=None)
    assert set(row) >= KEYS
    assert (row["claim"], row["status"], row["line"]) == ("OLDSYSTEM77", "unmatched", None)
    assert row["code"] == "97530 97110"
    assert row["cause"] == "no sent claim has this number"
    assert json.loads(json.dumps(row)) == row


def test_all_lines_can_be_asked_for() -> None:
    """A trace shows paid lines as well."""
    answer = answered(SENT, BODY)
    rows = denial_rows(
        SENT, claim_books(SENT, [answer]), [answer], (), facts(), on=ON,
        statuses=frozenset({"paid", "denied"}),
    )  # fmt: skip
    assert [row["status"] for row in rows] == ["denied", "paid"]
