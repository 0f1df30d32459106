"""Reports where several payers answer, or a correction waits: each sum computed by hand."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from acknowledged_made import a277ca, claim_said, take_277ca
from attrs import evolve
from receive_made import Line, clp, record, remit, sent, take, x12

from claimline.services import denials, reports
from claimline.services.reports_cases import Question
from claimline.services.reports_lists import lines
from reconcile.ledger import Ledger, open_ledger

ON = dt.date(2026, 6, 1)
# Story 1, line 1: allowed 34.61, coinsurance 6.92, sequestration 0.55.
MEDICARE = Line(charge="75", paid="27.14", cas=("CO*45*40.39", "PR*2*6.92", "CO*253*0.55"))
DENIED = Line(charge="125", paid="0", cas=("CO*29*125",))
PAID = Line(charge="125", paid="80", cas=("CO*45*45",))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(ledger_url) as opened:
        yield opened


def asked(**more: object) -> Question:
    """A question about the test book."""
    return Question(on=ON, usage="T", **more)  # type: ignore[arg-type]  # its own fields


def second(*claims: list[str], trace: str = "HG1") -> bytes:
    """A remittance of another payer, HILLSIDE, a month later."""
    made = x12(remit(*claims, trace=trace, date="20260320"), control=2)
    return made.replace(b"AETNA*XV*60054", b"HILLSIDE*XV*77001").replace(
        b"1512345678", b"1777777777"
    )


def by_group(found: reports.Figures) -> dict[str, dict[str, Any]]:
    """The rows by their group."""
    return {row["group"]: row for row in found.rows}


def test_what_a_later_payer_pays_stands_under_it(ledger: Ledger) -> None:
    """Of 75.00 the first payer paid 27.14 and the next one 6.92: each in its own row."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    take(ledger, x12(remit(clp("C0000001A", MEDICARE))))
    later = Line(charge="75", paid="6.92", cas=("OA*23*68.08",))
    take(ledger, second(clp("C0000001A", later, status="2", icn="H1")), "h.835")
    found = reports.summary(ledger, asked())
    rows = by_group(found)
    first, other = rows["aetna"], rows["HILLSIDE"]
    assert (first["billed"], first["paid"], first["contractual"], first["passed_on"]) == (
        "75.00", "27.14", "40.94", "6.92",
    )  # fmt: skip
    assert (other["billed"], other["paid"], other["passed_on"]) == ("0.00", "6.92", "-6.92")
    assert (found.total["paid"], found.total["passed_on"], found.total["claims"]) == (
        "34.06", "0.00", 1,
    )  # fmt: skip
    assert all(row["closes"] for row in (first, other, found.total))
    only = reports.summary(ledger, asked(payer="hillside", meant=frozenset({"hillside"})))
    assert [row["group"] for row in only.rows] == ["HILLSIDE"]
    assert (only.total["paid"], only.total["claims"]) == ("6.92", 1)


@pytest.mark.parametrize("paid_twice", [False, True], ids=["paid once", "paid twice"])
def test_a_refusal_paid_anew_and_passed_on(ledger: Ledger, *, paid_twice: bool) -> None:
    """The write-off is that of the newest answer: 40.94; what came twice is open below zero."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    refused = Line(charge="75", paid="0", cas=("CO*197*75",))
    take(ledger, x12(remit(clp("C0000001A", refused, icn="A1"))))
    anew = remit(clp("C0000001A", MEDICARE, icn="A2"), trace="EFT2", date="20260312")
    take(ledger, x12(anew, control=3), "anew.835")
    later = Line(charge="75", paid="6.92", cas=("OA*23*68.08",))
    for number in range(1 + paid_twice):
        answer = clp("C0000001A", later, status="2", icn=f"H{number}")
        take(ledger, second(answer, trace=f"HG{number}"), f"h{number}.835")
    found = reports.summary(ledger, asked())
    names = ("billed", "paid", "contractual", "patient", "denied", "open")
    paid, opened = ("40.98", "-6.92") if paid_twice else ("34.06", "0.00")
    assert [found.total[name] for name in names] == ["75.00", paid, "40.94", "0.00", "0.00", opened]
    assert all(row["closes"] for row in (*found.rows, found.total))
    (row,) = lines(ledger, asked(), "all")
    assert (row["denied"], row["paid"]) == ("0.00", paid)


def test_a_refusal_paid_anew_and_refused_by_the_next_payer(ledger: Ledger) -> None:
    """The next payer refuses the 6.92 that the newest answer left: under it, and nothing else."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    refused = Line(charge="75", paid="0", cas=("CO*197*75",))
    take(ledger, x12(remit(clp("C0000001A", refused, icn="A1"))))
    anew = remit(clp("C0000001A", MEDICARE, icn="A2"), trace="EFT2", date="20260312")
    take(ledger, x12(anew, control=3), "anew.835")
    later = Line(charge="75", paid="0", cas=("CO*29*75",))
    take(ledger, second(clp("C0000001A", later, status="2", icn="H1")), "h.835")
    rows = by_group(reports.summary(ledger, asked()))
    assert [rows[name]["denied"] for name in ("aetna", "HILLSIDE")] == ["0.00", "6.92"]
    assert all(row["closes"] for row in rows.values())


def test_a_line_names_the_payer_of_each_answer(ledger: Ledger) -> None:
    """Allowed 34.61 by the first payer, 34.06 paid by both, nothing left; each answer is named."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    take(ledger, x12(remit(clp("C0000001A", MEDICARE))))
    later = Line(charge="75", paid="6.92", cas=("OA*23*68.08",))
    take(ledger, second(clp("C0000001A", later, status="2", icn="H1")), "h.835")
    (row,) = lines(ledger, asked(), "all")
    assert (row["billed"], row["allowed"], row["coinsurance"], row["paid"]) == (
        "75.00", "34.61", "0.00", "34.06",
    )  # fmt: skip
    assert [(one["payer"], one["paid"], one["trace"]) for one in row["answers"]] == [
        ("aetna", "27.14", "EFT1"), ("HILLSIDE", "6.92", "HG1"),
    ]  # fmt: skip
    assert row["payer"] == "HILLSIDE"
    assert not list(lines(ledger, asked(), "adjusted"))


def test_a_denial_by_a_later_payer_is_its_own(ledger: Ledger) -> None:
    """The first payer refused nothing of its line; the next one refused 6.92 of it."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    take(ledger, x12(remit(clp("C0000001A", MEDICARE))))
    refused = Line(charge="75", paid="0", cas=("OA*23*68.08", "CO*197*6.92"))
    take(ledger, second(clp("C0000001A", refused, status="2", icn="H1")), "h.835")
    found = reports.denials(ledger, asked())
    rows = by_group(found)
    assert (rows["aetna"]["lines"], rows["aetna"]["reduced_lines"], rows["aetna"]["denied"]) == (
        1, 0, "0.00",
    )  # fmt: skip
    assert (rows["HILLSIDE"]["lines"], rows["HILLSIDE"]["denied"]) == (1, "6.92")
    assert (found.total["lines"], found.total["denied"]) == (1, "6.92")
    money = by_group(reports.summary(ledger, asked()))
    assert (money["aetna"]["denied"], money["HILLSIDE"]["denied"]) == ("0.00", "6.92")


@pytest.mark.parametrize("answered", [False, True], ids=["it waits", "it is answered"])
def test_a_replaced_charge_counts_once(ledger: Ledger, answered: bool) -> None:
    """One visit of 125.00, denied and replaced: billed 125.00, while the correction waits too."""
    record(ledger, sent("C0000001A", DENIED), control=7)
    take(ledger, x12(remit(clp("C0000001A", DENIED, status="4"))))
    again = sent("C0000002A", DENIED, family="C0000001A", frequency="7")
    record(ledger, again, control=8)
    if answered:
        back = clp("C0000002A", PAID, icn="ICN2")
        take(ledger, x12(remit(back, trace="EFT2", date="20260320"), control=2), "2.835")
    found = reports.summary(ledger, asked())
    expected = ("80.00", "0.00", "0.00") if answered else ("0.00", "0.00", "125.00")
    assert (found.total["paid"], found.total["denied"], found.total["open"]) == expected
    assert (found.total["billed"], found.total["claims"], found.total["closes"]) == (
        "125.00", 1, True,
    )  # fmt: skip
    assert found.more["correction_waits"] == ("0.00" if answered else "125.00")
    assert reports.denials(ledger, asked()).total["denied_lines"] == 0
    assert not list(lines(ledger, asked(), "denied"))


def test_a_paid_claim_counts_until_its_correction_is_answered(ledger: Ledger) -> None:
    """What was paid stays in Paid; the correction that waits beside it is not billed twice."""
    record(ledger, sent("C0000001A", PAID), control=7)
    take(ledger, x12(remit(clp("C0000001A", PAID))))
    record(ledger, sent("C0000002A", PAID, family="C0000001A", frequency="7"), control=8)
    total = reports.summary(ledger, asked()).total
    assert (total["billed"], total["paid"], total["open"]) == ("125.00", "80.00", "0.00")


def test_a_duplicate_is_in_no_sum(ledger: Ledger) -> None:
    """A claim refused as a copy is no denial, no first try and no money, in every report."""
    copy = Line(charge="75", paid="0", cas=("OA*18*75",))
    record(ledger, sent("C0000001A", PAID), sent("C0000002A", copy, member="W2"), control=7)
    take(ledger, x12(remit(clp("C0000001A", PAID), clp("C0000002A", copy, status="4"))))
    money = reports.summary(ledger, asked())
    assert (money.total["billed"], money.total["denied"]) == ("125.00", "0.00")
    assert money.more["duplicates"] == "75.00"
    rates = reports.denials(ledger, asked()).total
    assert (rates["lines"], rates["denied"], rates["duplicates"]) == (1, "0.00", 1)
    passed = reports.first_pass(ledger, asked()).total
    assert (passed["counted"], passed["passed"], passed["refused"]) == (1, 1, 0)
    assert not list(lines(ledger, asked(), "denied"))
    found = {row["claim"]: row["status"] for row in lines(ledger, asked(), "all")}
    assert found == {"C0000001A": "paid", "C0000002A": "duplicate"}


@pytest.mark.parametrize("by", ["payer", "code", "month"])
def test_days_count_what_was_paid_and_taken_back(ledger: Ledger, by: str) -> None:
    """A claim that was paid and later taken back was paid, however the days are grouped."""
    record(ledger, sent("C0000001A", PAID), sent("C0000002A", PAID, member="W2"), control=7)
    both = clp("C0000001A", PAID), clp("C0000002A", PAID)
    take(ledger, x12(remit(*both)))
    back = clp("C0000002A", PAID, status="22", sign=-1)
    take(ledger, x12(remit(back, trace="EFT2", paid="0", date="20260301"), control=2), "2.835")
    total = reports.days_to_pay(ledger, asked(by=by, counted_from="service")).total
    assert total["lines" if by == "code" else "claims"] == 2


def test_what_a_payer_decided_was_not_rejected(ledger: Ledger) -> None:
    """A rejection told of a claim that its payer paid changes nothing: it went through."""
    record(ledger, sent("C0000001A", PAID), control=77)
    take(ledger, x12(remit(clp("C0000001A", PAID))))
    assert reports.first_pass(ledger, asked()).total["passed"] == 1
    take_277ca(ledger, a277ca(claim_said("C0000001A", "A7:562*20260303*U*125")), control=5)
    passed = reports.first_pass(ledger, asked()).total
    assert (passed["passed"], passed["rejected"]) == (1, 0)


def test_what_was_accepted_in_the_end_was_not_rejected(ledger: Ledger) -> None:
    """Rejected, and accepted later in the same sending: it waits, before and after the answer."""
    record(ledger, sent("C0000001A", PAID), control=77)
    take_277ca(ledger, a277ca(claim_said("C0000001A", "A7:562*20260303*U*125")), control=5)
    assert reports.first_pass(ledger, asked()).total["rejected"] == 1
    take_277ca(ledger, a277ca(claim_said("C0000001A", "A2:20*20260305*WQ*125")), control=6)
    found = reports.first_pass(ledger, asked()).total
    assert (found["rejected"], found["waiting"]) == (0, 1)
    take(ledger, x12(remit(clp("C0000001A", PAID))))
    assert reports.first_pass(ledger, asked()).total["passed"] == 1


def test_by_code_lines_are_counted(ledger: Ledger) -> None:
    """By code, lines are counted and the total has each claim once."""
    two = (PAID, evolve(PAID, code="97110"))
    record(ledger, sent("C0000001A", *two), control=7)
    take(ledger, x12(remit(clp("C0000001A", *two))))
    total = reports.summary(ledger, asked(by="code")).total
    assert (total["claims"], total["lines"], total["billed"]) == (1, 2, "250.00")


@pytest.mark.parametrize("rejected", [False, True], ids=["it waits", "it was rejected"])
def test_a_denial_whose_correction_waits_is_no_new_work(ledger: Ledger, rejected: bool) -> None:
    """The worklist names the correction that waits and nothing else to do, until it is rejected."""
    record(ledger, sent("C0000001A", DENIED), control=7)
    take(ledger, x12(remit(clp("C0000001A", DENIED, status="4"))))
    record(ledger, sent("C0000002A", DENIED, family="C0000001A", frequency="7"), control=77)
    if rejected:
        take_277ca(ledger, a277ca(claim_said("C0000002A", "A7:562*20260303*U*125")), control=5)
    (row,) = denials.rows(ledger, denials.Query(on=ON, usage="T"))
    assert row["claim"] == "C0000001A"
    if rejected:
        assert row["correction"] is None
        assert "wait" not in row["next_step"]
    else:
        assert row["correction"] == "C0000002A"
        assert row["next_step"].startswith("correction C0000002A of 2026-03-01 was ")
        assert row["deadline"] is None


@pytest.mark.parametrize("by", ["payer", "code", "month"])
def test_what_waits_at_a_later_payer_has_an_age(ledger: Ledger, by: str) -> None:
    """6.92 left by the first payer and sent on waits at the next one, beside the open amounts."""
    record(ledger, sent("C0000001A", MEDICARE), control=7)
    take(ledger, x12(remit(clp("C0000001A", MEDICARE))))
    on = sent("C0000002A", MEDICARE, family="C0000001A")
    claim = evolve(on.claim, payer="hillside", payer_id="77001", payer_rank="S")
    record(ledger, evolve(on, claim=claim), control=8)
    found = reports.aging(ledger, asked(by=by))
    assert found.total["open"] == "0.00"
    assert found.later is not None
    (row,) = found.later.rows
    assert row["group"] == {"payer": "hillside", "code": "97530", "month": "2026-01"}[by]
    assert (row["lines" if by == "code" else "claims"], row["120+"], found.later.total["open"]) == (
        1,
        "6.92",
        "6.92",
    )
    answer = Line(charge="75", paid="6.92", cas=("OA*23*68.08",))
    take(ledger, second(clp("C0000002A", answer, status="2", icn="H1")), "h.835")
    assert reports.aging(ledger, asked(by=by)).later is None
