"""A payment entered by hand and an 835: the same, another, or asked; never pushed off silently."""

import pytest
from receive_made import NOW, RUN, Line, books, clp, record, remit, sent, states, take, x12

from claimline.errors import WrongUsageError
from claimline.services import remit as service
from claimline.services import remit_listed as shelf
from claimline.services.rebuild import rebuild
from claimline.services.receive_values import FileResult
from claimline.services.remit_known import KnownPayer
from claimline.services.remit_read import read
from reconcile.ledger import Ledger, open_ledger

HEAD = "payer,number,date,amount,claim,status,code,service_date,charge,paid,adjustments\n"
FIRST = "AETNA,1001,2026-02-20,75.00,CT1,1,97530,2026-01-05,100,75,CO-45 20.00; PR-2 5.00\n"
SECOND = "MEDIGAP PLAN,1001,2026-02-20,5.00,CT1,2,97530,2026-01-05,100,5,OA-23 95.00\n"
NEXT = Line(paid="5", cas=("OA*23*95",))


def enter(ledger: Ledger, rows: str, **more: object) -> FileResult:
    """Enter rows below the usual header."""
    about = {"name": "paper.csv", "usage": "T", "source": "paper", "user": "mkeller", "now": NOW}
    return service.enter(ledger, read("paper.csv", HEAD + rows), service.Entry(**{**about, **more}))  # type: ignore[arg-type]  # fields of the test


def wanted(id: str) -> shelf.Wanted:
    """Somebody decides about what was entered."""
    return shelf.Wanted(id=id, usage="T", user="mkeller", reason="called", now=NOW)


def of_medigap(*claims: list[str], **more: str) -> bytes:
    """An 835 of another payer."""
    data = x12(remit(*claims, **more), control=7).decode()  # type: ignore[arg-type]  # of the test
    data = data.replace("N1*PR*AETNA*XV*60054", "N1*PR*MEDIGAP PLAN OF OHIO*XV*77777")
    return data.replace("*1512345678", "*1770000001").encode()


def stands(ledger: Ledger) -> list[tuple[str, str]]:
    """What was entered, and where it stands."""
    return [(one.number, one.state) for one in shelf.listed(ledger, "T")]


def test_an_835_of_another_payer_and_turn_is_another_payment(ledger_url: str) -> None:
    """A primary and a secondary check of one number for one claim both stand, without a word."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST)
        (payment,) = take(ledger, of_medigap(clp("CT1", NEXT, status="2"), trace="1001")).payments
        assert (payment.why, payment.needs_person) == ("", False)
        assert stands(ledger) == [("1001", "posted")]
        assert sum(row[4] for row in books(ledger) if len(row) == 5) == 80
        assert not [one for one in ledger.waiting(usage="T") if one.kind == "perhaps twice"]


def test_an_835_of_another_payer_without_a_claim_in_common_is_another(ledger_url: str) -> None:
    """The same number and cents are no proof."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        enter(ledger, FIRST)
        take(ledger, of_medigap(clp("CT2"), trace="01001", date="20260228"))
        assert stands(ledger) == [("1001", "posted")]
        assert states(ledger) == {"posted": 2}


@pytest.mark.parametrize(
    ("data", "doubt"),
    [
        (x12(remit(clp("CT1", NEXT, status="2"), trace="1001")), "the status (CLP02) is another"),
        (of_medigap(clp("CT1"), trace="1001"), "the payer is another"),
        (x12(remit(clp("CT2"), trace="1001")), "no claim is in both"),
        (x12(remit(clp("CT1"), trace="EFT9")), "the number is another"),
    ],
    ids=["turn", "payer", "no claim", "number"],
)
def test_what_agrees_in_part_is_asked(ledger_url: str, data: bytes, doubt: str) -> None:
    """Both stand and wait until a person says; said to be another it waits no more; rebuilt too."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        enter(ledger, FIRST)
        (payment,) = take(ledger, data).payments
        assert payment.needs_person
        assert f"entered by hand, but {doubt}" in payment.why
        assert stands(ledger) == [("1001", "posted")]
        (waits,) = (one for one in ledger.waiting(usage="T") if one.kind == "perhaps twice")
        assert doubt in waits.why
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert doubt in next(shelf.listed(ledger, "T")).why
        assert shelf.keep(ledger, wanted("1001"))[1] == 1
        assert not [one for one in ledger.waiting(usage="T") if one.kind == "perhaps twice"]
        assert next(shelf.listed(ledger, "T")).why == ""
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert next(shelf.listed(ledger, "T")).why == ""
        with pytest.raises(WrongUsageError, match="nothing is asked"):
            shelf.keep(ledger, wanted("1001"))


def test_what_was_asked_and_is_the_same_is_taken_back(ledger_url: str) -> None:
    """``remit undo`` leaves the 835 alone on the books, and nothing waits."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST)
        take(ledger, x12(remit(clp("CT1"), trace="EFT9")))
        shelf.undo(ledger, wanted("1001"))
        assert states(ledger) == {"posted": 1}
        assert not list(ledger.waiting(usage="T"))
        with pytest.raises(WrongUsageError, match="taken back before"):
            shelf.undo(ledger, wanted("1001"))


def test_an_835_that_is_the_same_still_takes_its_place_after_another_was_kept(
    ledger_url: str,
) -> None:
    """What a person said of one 835 says nothing of the next."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST)
        take(ledger, x12(remit(clp("CT1"), trace="EFT9")))
        shelf.keep(ledger, wanted("1001"))
        take(ledger, x12(remit(clp("CT1"), trace="1001", date="20260221"), control=9))
        assert stands(ledger) == [("1001", "replaced")]


@pytest.mark.parametrize(
    "again",
    [FIRST.replace(",1001,", ",99999,"), FIRST.replace(",1001,", ",,")],
    ids=["number", "none"],
)
def test_typed_twice_is_said_at_once(ledger_url: str, again: str) -> None:
    """The same payer, claim and amounts under another number: nothing is posted, undo is named."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST)
        with pytest.raises(WrongUsageError, match="already") as caught:
            enter(ledger, again)
        (one,) = shelf.listed(ledger, "T")
        assert f"remit undo {one.id}" in caught.value.todo
        assert states(ledger) == {"posted": 1}


def test_an_835_that_is_here_is_not_typed_beside_it(ledger_url: str) -> None:
    """The 835 under another number stops it; meant, both stand and nothing is asked again."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        take(ledger, x12(remit(clp("CT1"), trace="EFT9")))
        with pytest.raises(WrongUsageError, match="perhaps it is here already"):
            enter(ledger, FIRST)
        assert states(ledger) == {"posted": 1}
        enter(ledger, FIRST, another=True)
        assert states(ledger) == {"posted": 2}
        assert not [one for one in ledger.waiting(usage="T") if one.kind == "perhaps twice"]
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert next(shelf.listed(ledger, "T")).why == ""


def test_a_secondary_payment_is_of_its_own_payer(ledger_url: str) -> None:
    """The name that was typed stands on the books, without an id that is not known."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST)
        enter(ledger, SECOND, new_payer=True)
        (received,) = ledger.received(usage="T")
        payers = [(one.payer, one.rank) for one in received.adjudications]
        assert sorted(payers) == [("MEDIGAP PLAN", "S"), ("aetna", "P")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (SECOND, "no payer of that name is known"),
        (FIRST.replace("AETNA", "AETNE"), "do you mean AETNA"),
        (SECOND.replace(",2,97530", ",,97530"), "status is missing: MEDIGAP PLAN is not the payer"),
        (FIRST.replace("97530", "97999"), "has no line 97999 2026-01-05; its lines: 97530"),
        (FIRST.replace("2026-02-20", "2027-02-20"), "date lies 356 days ahead"),
        (FIRST.replace("2026-02-20", "1926-02-20"), "more than ten years back"),
        (FIRST.replace("2026-02-20", "2026-01-04"), "service_date lies after the payment"),
    ],
    ids=["new payer", "payer", "turn", "line", "future", "past", "before the service"],
)
def test_what_cannot_be_is_refused(ledger_url: str, rows: str, told: str) -> None:
    """An unknown payer or line, a turn nobody said, a year typed wrong: nothing is kept."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        known = (KnownPayer(name="MEDIGAP PLAN"),) if "status" in told else ()
        with pytest.raises(WrongUsageError, match="nothing was entered") as caught:
            enter(ledger, rows, payers=known)
        assert told in caught.value.message
        assert not list(shelf.listed(ledger, "T"))


def test_the_turn_of_the_claims_own_payer_need_not_be_said(ledger_url: str) -> None:
    """Its payer, by a part of its name or its id, paid in the turn the claim was sent in."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        enter(ledger, FIRST.replace(",1,97530", ",,97530").replace("AETNA", "60054"))
        (received,) = ledger.received(usage="T")
        (answer,) = received.adjudications
        assert (answer.payer, answer.rank) == ("aetna", "P")


SHEETS = (
    "AETNA,1001,2026-02-20,75.00,CT1,1,97530,2026-01-05,100,75,CO-45 20.00; PR-2 5.00\n",
    "AETNA,1001,2026-02-20,70.00,CT2,1,97530,2026-01-05,100,70,CO-45 20.00; PR-2 10.00\n",
)
LESS = Line(paid="70", cas=("CO*45*20", "PR*2*10"))


def _of_both(ledger: Ledger) -> list[str]:
    """What is said at the arrival of the 835 that pays both sheets."""
    data = x12(remit(clp("CT1"), clp("CT2", LESS), trace="1001", date="20260220"))
    return [one.why for one in take(ledger, data).payments]


def whys(ledger: Ledger) -> list[str]:
    """What is said of each sheet that was replaced, behind the payment it came as."""
    return [one.why.partition("; it differs: ")[2] for one in shelf.listed(ledger, "T")]


@pytest.mark.parametrize("first", [0, 1, 2], ids=["before", "between", "after"])
def test_two_sheets_give_way_to_one_835(ledger_url: str, first: int) -> None:
    """Whenever it comes: both are replaced, nothing is posted twice, and nothing differs."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        for n, sheet in enumerate((*SHEETS, "")):
            if n == first:
                said = _of_both(ledger)
            if sheet:
                enter(ledger, sheet)
        assert stands(ledger) == [("1001", "replaced"), ("1001", "replaced")]
        assert whys(ledger) == ["", ""]
        assert "differs" not in "".join(said) or first == 1
        assert states(ledger) == {"posted": 2}
        assert sum(row[4] for row in books(ledger) if len(row) == 5) == 145
        assert not list(ledger.waiting(usage="T"))
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert whys(ledger) == ["", ""]


def test_one_of_two_sheets_says_what_is_missing_until_the_other_is_entered(ledger_url: str) -> None:
    """The sum and the claim that was not typed; gone with the second sheet, back with its undo."""
    missing = ["payment 75.00 entered, 145.00 came; claim CT2 was not entered"]
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        enter(ledger, SHEETS[0])
        assert missing[0] in _of_both(ledger)[0]
        assert whys(ledger) == missing
        enter(ledger, SHEETS[1])
        assert whys(ledger) == ["", ""]
        second = list(shelf.listed(ledger, "T"))[1].id
        shelf.undo(ledger, wanted(second))
        assert whys(ledger) == [*missing, ""]
        assert states(ledger) == {"posted": 2}
        assert all(each.equal for each in rebuild(ledger, RUN))
        assert whys(ledger) == [*missing, ""]


def test_of_two_sheets_the_wrong_one_is_named(ledger_url: str) -> None:
    """The claim typed wrongly stands beside its sheet, the sum beside both."""
    wrong = SHEETS[1].replace("70", "60").replace("PR-2 10", "PR-2 20")
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"), sent("CT2"))
        enter(ledger, SHEETS[0])
        enter(ledger, wrong)
        _of_both(ledger)
        whole = "payment 135.00 entered on 2 sheets, 145.00 came"
        assert whys(ledger) == [whole, f"{whole}; claim CT2 paid 60.00, came 70.00"]
