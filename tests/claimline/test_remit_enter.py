"""Remittances entered by hand: balanced like an 835, and never posted beside the real one."""

import datetime as dt
from itertools import permutations

import pytest
from receive_made import NOW, Line, books, clp, record, remit, sent, states, take, x12

from claimline.errors import WrongUsageError
from claimline.services import remit as service
from claimline.services import remit_listed as shelf
from claimline.services.denials import Query, rows
from claimline.services.rebuild import rebuild
from claimline.services.receive_values import FileResult
from claimline.services.remit_known import Known, KnownPayer
from claimline.services.remit_read import TEMPLATE, read
from reconcile.ledger import Ledger, Run, open_ledger

HEAD = "payer,number,date,amount,claim,code,modifiers,service_date,charge,paid,units,adjustments\n"
GOOD = "AETNA,77,2026-02-20,75.00,CT1,97530,GP,2026-01-05,100,75,1,CO-45 25.00\n"
RUN = Run(command="rebuild", version="test", started=NOW, user="tester")


def entry(**more: object) -> service.Entry:
    """Somebody enters what came on paper."""
    made = {"name": "paper.csv", "usage": "T", "source": "paper", "user": "mkeller", "now": NOW}
    return service.Entry(**{**made, **more})  # type: ignore[arg-type]  # fields of the test


def wanted(id: str, *, reason: str = "typed wrong", now: dt.datetime = NOW) -> shelf.Wanted:
    """Somebody decides about what was entered."""
    return shelf.Wanted(id=id, usage="T", user="mkeller", reason=reason, now=now)


def enter(ledger: Ledger, rows: str = GOOD, **more: object) -> FileResult:
    """Enter rows below the usual header."""
    return service.enter(ledger, read("paper.csv", HEAD + rows), entry(**more))


def test_what_is_entered_is_posted_with_source_and_person(ledger_url: str) -> None:
    """It stands on the line, says where it comes from, and the same again changes nothing."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        (payment,) = enter(ledger).payments
        assert (payment.state, payment.posted, str(payment.paid)) == ("posted", 1, "75.00")
        (answer,) = next(iter(ledger.received(usage="T"))).adjudications
        assert [(s.line, s.method, str(s.paid)) for s in answer.lines] == [
            ("01CT1", "line control number", "75.00")
        ]
        (one,) = shelf.listed(ledger, "T")
        assert (one.number, one.source, one.user, one.state) == ("77", "paper", "mkeller", "posted")
        assert enter(ledger).state == "known"
        assert states(ledger) == {"posted": 1}
        assert all(each.equal for each in rebuild(ledger, RUN))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (GOOD.replace("25.00", "24.00"), "off by 1.00"),
        (GOOD.replace("75.00", "76.00"), "amount says 76.00: off by 1.00"),
        (GOOD.replace(",75,", ",,"), "row 2: paid is missing"),
        (GOOD.replace("CT1", "CT9"), "claim CT9 was never sent from here"),
        (GOOD.replace("CO-45", "CR-45"), "adjustments are written as"),
        (GOOD.replace("2026-02-20", "soon"), "date is no day"),
        (GOOD + GOOD.replace("AETNA", "CIGNA"), "row 3: another payment begins"),
        (GOOD.replace(",75,", ",7 5,"), "paid is no amount"),
        ("", "there is no row"),
    ],
    ids=["line", "check", "missing", "unknown claim", "group", "date", "payer", "amount", "empty"],
)
def test_what_does_not_add_up_is_refused_with_the_difference(
    ledger_url: str, rows: str, told: str
) -> None:
    """Nothing is kept of it, and the row and the difference are named."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        with pytest.raises(WrongUsageError, match="nothing was entered") as caught:
            enter(ledger, rows)
        assert told in caught.value.message
        assert states(ledger) == {}
        assert not list(shelf.listed(ledger, "T"))


def test_the_template_can_be_read_and_balances() -> None:
    """What ``--template`` prints is right but for its claim numbers."""
    typed = read("template.csv", "\n".join(TEMPLATE))
    assert len(typed.claims) == 1
    known = Known(payer=KnownPayer(name="EXAMPLE PLAN"))
    data, _ = service.made(typed, entry(), known)
    assert data.count(b"SVC*") == 2


REAL = clp("CT1", icn="ICN9")


def _real(trace: str = "0077", **more: object) -> bytes:
    return x12(remit(REAL, trace=trace, **more), control=5)  # type: ignore[arg-type]  # of the test


def _book(ledger: Ledger) -> tuple[object, ...]:
    (one,) = shelf.listed(ledger, "T")
    return books(ledger), one.state, one.why


@pytest.mark.parametrize("number", ["77", ""], ids=["with its number", "without a number"])
def test_the_real_one_takes_its_place_in_any_order(ledger_url: str, number: str) -> None:
    """Claim sent, entered, received: all six orders end in the same books, paid once."""
    found = []
    rows = GOOD.replace(",77,", f",{number},")
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, rows)
        take(ledger, _real())
        (one,) = shelf.listed(ledger, "T")
        assert one.state == "replaced"
        assert "it differs" not in one.why
        assert states(ledger) == {"posted": 1}
        found.append(_book(ledger))
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert _book(ledger) == found[0]
        assert not list(ledger.waiting(usage="T"))


@pytest.mark.parametrize("number", ["77", ""], ids=["with its number", "without a number"])
def test_order_does_not_matter(new_url: object, number: str) -> None:
    """Sent, entered and received in every order end in the same books."""
    rows = GOOD.replace(",77,", f",{number},")
    steps = {
        "sent": lambda ledger: record(ledger, sent("CT1")),
        "entered": lambda ledger: enter(ledger, rows, unknown=True, new_payer=True),
        "came": lambda ledger: take(ledger, _real()),
    }
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for order in permutations(steps):
        with open_ledger(new_url()) as ledger:  # type: ignore[operator]  # gives a URL
            for step in order:
                steps[step](ledger)
            (one,) = shelf.listed(ledger, "T")
            found[repr(books(ledger)), one.state] = order
    assert len(found) == 1, found
    assert next(iter(found))[1] == "replaced"


def test_differences_are_told_until_somebody_looked(ledger_url: str) -> None:
    """A wrong figure is told with both figures; it waits, and taken back it does not."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        wrong = GOOD.replace("75.00", "70.00").replace(",75,", ",70,").replace("25.00", "30.00")
        enter(ledger, wrong)
        (payment,) = take(ledger, _real()).payments
        assert "entered by hand; it differs" in payment.why
        assert payment.needs_person
        (one,) = shelf.listed(ledger, "T")
        assert "payment 70.00 entered, 75.00 came; claim CT1 paid 70.00, came 75.00" in one.why
        (waits,) = ledger.waiting(usage="T")
        assert waits.kind == "replaced"
        gone = shelf.undo(ledger, wanted("77", reason="typing", now=NOW))
        assert gone.state == "undone"
        assert not list(ledger.waiting(usage="T"))
        assert states(ledger) == {"posted": 1}
        assert all(each.equal for each in rebuild(ledger, RUN))


def test_another_payment_of_the_number_is_left_alone(ledger_url: str) -> None:
    """Two payers may use one check number: without a claim in common both stand."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        enter(ledger)
        take(ledger, x12(remit(clp("CT2", Line(paid="60", cas=("CO*45*40",))), trace="77")))
        assert states(ledger) == {"posted": 2}
        (one,) = shelf.listed(ledger, "T")
        assert one.state == "posted"


def test_taken_back_and_entered_again(ledger_url: str) -> None:
    """What was taken back is off the books; entered again it stands again, once."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        for _ in range(2):
            enter(ledger)
            assert states(ledger) == {"posted": 1}
            later = NOW + dt.timedelta(hours=1)
            shelf.undo(ledger, wanted("77", reason="wrong", now=later))
            assert states(ledger) == {}
        enter(ledger)
        assert states(ledger) == {"posted": 1}
        assert [one.state for one in shelf.listed(ledger, "T")] == ["undone", "undone", "posted"]
        assert all(each.equal for each in rebuild(ledger, RUN))


def test_undo_wants_one_that_stands(ledger_url: str) -> None:
    """A number that was never entered is refused."""
    with open_ledger(ledger_url) as ledger, pytest.raises(WrongUsageError, match="leads to no"):
        shelf.undo(ledger, wanted("78", reason="wrong", now=NOW))


@pytest.mark.parametrize("number", ["77", ""], ids=["number", "no number"])
def test_what_stands_is_not_entered_otherwise(ledger_url: str, number: str) -> None:
    """A payment that stands by hand is taken back before it is entered with other figures."""
    first = GOOD.replace(",77,", f",{number},")
    other = first.replace("75.00", "70.00").replace(",75,", ",70,").replace("25.00", "30.00")
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, first)
        with pytest.raises(WrongUsageError, match="stands already, entered otherwise"):
            enter(ledger, other)
        assert states(ledger) == {"posted": 1}
        (one,) = shelf.listed(ledger, "T")
        shelf.undo(ledger, wanted(one.id, reason="typed wrong", now=NOW))
        (payment,) = enter(ledger, other).payments
        assert (payment.state, str(payment.paid)) == ("posted", "70.00")


def test_a_claim_number_in_small_letters_is_found(ledger_url: str) -> None:
    """A claim that another system sent under a number in small letters can be entered."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("abc-1"))
        (payment,) = enter(ledger, GOOD.replace("CT1", "ABC-1")).payments
        assert (payment.state, payment.posted) == ("posted", 1)


def test_denials_name_the_source_of_their_own_payment(ledger_url: str) -> None:
    """Another payment of the same number on another day is not said to be entered by hand."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        denied = Line(paid="0", cas=("CO*50*100",))
        take(ledger, x12(remit(clp("CT2", denied), trace="77", paid="0", date="20260301")))
        enter(ledger, GOOD.replace("75.00,CT1", "0.00,CT1").replace(",75,", ",0,")
              .replace("CO-45 25.00", "CO-50 100.00"))  # fmt: skip
        query = Query(usage="T", on=dt.date(2026, 4, 1))
        found = {row["claim"]: row["source"] for row in rows(ledger, query)}
        assert found["CT2"] == ""
        assert found["CT1"].startswith("entered by hand from paper")
