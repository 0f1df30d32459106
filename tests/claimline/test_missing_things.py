"""What is missing, asked of real ledgers in both kinds of database."""

import datetime as dt
from collections.abc import Sequence

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange, take_277ca
from receive_made import Line, clp, remit, sent, take, x12

from claimline.services.missing import Asked, Settings, found, missing
from reconcile.deposits import BY_TRACE_AND_PAYER, match
from reconcile.ledger import Ledger, Run, SentFile, SentRecord, Usage, deposits, open_ledger
from reconcile.missing import Missing

MONDAY = dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)


def _run(at: dt.datetime) -> Run:
    return Run(command="test", version="test", started=at, user="tester")


def _send(
    ledger: Ledger,
    *records: SentRecord,
    at: dt.datetime = MONDAY,
    control: int = 1,
    delivered: bool = True,
) -> None:
    """Record a file of claims, and deliver it."""
    made = SentFile(
        data=x12(control=control, group="HC"),
        name=f"{control:09d}.837",
        usage="T",
        sender="US",
        receiver="THEM",
        interchange_control=control,
        profile="relay",
    )
    with ledger.begin(_run(at)) as writer:
        stored = writer.record_sent(made, records)
        writer.mark_written(stored.digest, name=made.name)
        if delivered:
            writer.mark_delivered(stored.digest, profile="relay", name=made.name)


def _asked(at: str, usage: Usage = "T", **limits: object) -> Asked:
    made = Settings(**limits)  # type: ignore[arg-type]  # fields of the test
    return Asked(usage=usage, now=dt.datetime.fromisoformat(at), limits=made)


def _kinds(ledger: Ledger, asked: Asked) -> dict[str, list[str]]:
    """The subjects of what is missing, by kind."""
    told: dict[str, list[str]] = {}
    for one in found(ledger, asked):
        told.setdefault(one.kind, []).append(one.subject)
    return told


def test_a_file_is_delivered_acknowledged_answered(ledger_url: str) -> None:
    """Stuck in the outbox, then without a 999, then without a 277CA, then without an 835."""
    with open_ledger(ledger_url) as ledger:
        _send(ledger, sent("CT1"), control=1, delivered=False)
        _send(ledger, sent("CT2"), control=2)
        assert _kinds(ledger, _asked("2026-03-02T16:00+00:00")) == {}
        assert _kinds(ledger, _asked("2026-03-02T20:00+00:00")) == {
            "missing.delivery": ["000000001.837"]
        }
        assert _kinds(ledger, _asked("2026-03-03T16:00+00:00")) == {
            "missing.delivery": ["000000001.837"],
            "missing.999": ["000000002.837"],
        }
        late = _kinds(ledger, _asked("2026-03-06T16:00+00:00"))
        assert late["missing.999"] == ["000000002.837"]
        assert "missing.277" not in late  # the file is asked about once, not each claim of it
        unasked = _kinds(ledger, _asked("2026-03-06T16:00+00:00", hours_999=0))
        assert unasked["missing.277"] == ["CT2"]
        much_later = _kinds(ledger, _asked("2026-04-10T16:00+00:00", days_277=0))
        assert much_later["missing.835"] == ["CT2"]


def test_what_is_answered_is_not_missing(ledger_url: str) -> None:
    """A remittance ends every question about its claim, and about the file it went in."""
    with open_ledger(ledger_url) as ledger:
        _send(ledger, sent("CT1"))
        take(ledger, x12(remit(clp("CT1"))))
        assert _kinds(ledger, _asked("2026-06-01T16:00+00:00")) == {}


def test_an_answer_in_a_cut_payment_is_not_asked_for(ledger_url: str) -> None:
    """The sender is asked for the file again, nobody for the claim's status."""
    with open_ledger(ledger_url) as ledger:
        _send(ledger, sent("CT1"), sent("CT2"))
        take(ledger, x12(remit(clp("CT1"), trace="E9", se="SE*99*0001")), "cut.835")
        assert "missing.835-cut" not in _kinds(ledger, _asked("2026-03-03T16:00+00:00"))
        told = list(found(ledger, _asked("2026-04-10T16:00+00:00")))
        kinds = {one.subject: one.kind for one in told}
        assert (kinds["CT1"], kinds["CT2"]) == ("missing.835-cut", "missing.835")
        [why] = [one.why for one in told if one.subject == "CT1"]
        assert why == "in payment E9 of AETNA that is not whole (cut.835)"


def test_the_claims_beside_were_answered(ledger_url: str) -> None:
    """A claim whose neighbours were answered is told before the payer's usual day is over."""
    with open_ledger(ledger_url) as ledger:
        _send(ledger, sent("CT1"), sent("CT2"), sent("CT3"))
        take(ledger, x12(remit(clp("CT1"), clp("CT2"), date="20260309")))
        asked = _asked("2026-03-20T16:00+00:00", days_277=0)
        (one,) = found(ledger, asked)
        assert (one.kind, one.subject) == ("missing.835-neighbours", "CT3")
        assert "2 of 3" in one.why


@pytest.mark.parametrize(
    ("came", "due", "words"),
    [
        pytest.param("2026-03-06", 24, "4 business days until it came", id="on its day"),
        pytest.param("2026-03-09", 25, "5 business days until it came", id="after its payment"),
        pytest.param("2026-03-05", 23, "3 business days until it came", id="before its payment"),
        pytest.param("2026-03-20", 24, "20 of them by the day of payment", id="read in much later"),
    ],
)
def test_the_payers_own_day_is_learned(ledger_url: str, came: str, due: int, words: str) -> None:
    """After enough answers a claim is missed two days after the day on which its 835 comes."""
    run = _run(dt.datetime.fromisoformat(f"{came}T15:00+00:00"))
    with open_ledger(ledger_url) as ledger:
        many = [sent(f"CT{n}") for n in range(100, 120)]
        _send(ledger, *many, control=1)
        for n, one in enumerate(many):
            data = x12(remit(clp(one.claim.control), trace=f"E{n}", date="20260306"), control=n + 1)
            take(ledger, data, run=run)
        late = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
        _send(ledger, sent("CT2"), at=late, control=2)
        asked = _asked(f"2026-03-{due}T16:00+00:00", days_277=0, hours_999=0)
        assert _kinds(ledger, asked) == {}
        asked = _asked(f"2026-03-{due + 1}T16:00+00:00", days_277=0, hours_999=0)
        (one,) = found(ledger, asked)
        assert (one.kind, one.subject) == ("missing.835", "CT2")
        assert "learned from 20 answers" in one.why
        assert words in one.why


def test_numbers_of_remittances_fill_the_row(ledger_url: str) -> None:
    """A sender numbers its 999s and 835s in one row: only what neither has is a gap."""
    with open_ledger(ledger_url) as ledger:
        for number in range(1, 32):
            if number == 17:
                continue
            odd = x12(remit(clp(f"N{number}"), trace=f"E{number}"), control=number)
            even = interchange(a999(number, ak2("0001")), sender="PAYER", control=number)
            take(ledger, odd if number % 2 else even, f"{number}.x12")
        assert _kinds(ledger, _asked("2026-03-05T16:00+00:00"))["missing.number"] == ["17"]


def test_a_partly_answered_file_is_one_note(ledger_url: str) -> None:
    """Claims a 277CA passed over are told by their file, with how many."""
    with open_ledger(ledger_url) as ledger:
        for control in (1, 2):
            names = [f"C{control}{n}" for n in range(3)]
            _send(ledger, *(sent(name) for name in names), control=control)
            take_277ca(ledger, a277ca(claim_said(names[0], "A2:20*20260303*WQ*100"), st="0001"),
                       control=control)  # fmt: skip
        now = dt.datetime(2026, 3, 10, 16, tzinfo=dt.UTC)
        told = [one for one in missing(ledger, None, Settings(), now, "T")
                if one.kind == "missing.277-part"]  # fmt: skip
        assert [one.ids for one in told] == [("C11", "C12"), ("C21", "C22")]
        assert "relay, 000000001.837 (2 claims)" in told[0].what


def test_strangers_are_told_by_payer_with_their_money(ledger_url: str) -> None:
    """Payments for claims never sent are one note with the count and the money."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("OLD1"), clp("OLD2", Line(charge="50", cas=(), paid="50")))))
        now = dt.datetime(2026, 3, 9, tzinfo=dt.UTC)
        (note,) = missing(ledger, None, Settings(), now, "T")
        assert note.kind == "missing.claim"
        assert str(note.money) == "125.00"
        assert "2 claims" in note.what
        assert note.days == 8


def _bank(ledger: Ledger, *rows: deposits.Row) -> int:
    with ledger.begin(_run(MONDAY)) as writer:
        stored = writer.store(repr(rows).encode(), kind="bank", name="bank.csv", direction="in")
        return deposits.add(writer, stored.id, rows)


def _row(number: int, day: str, cents: int, trace: str = "", **more: object) -> deposits.Row:
    return deposits.Row(
        number=number,
        date=dt.date.fromisoformat(day),
        cents=cents,
        trace=trace,
        originator="1512345678" if trace else "",
        is_claim=bool(trace),
        **more,  # type: ignore[arg-type]  # fields of the test
    )


def test_deposits_are_kept_once(ledger_url: str) -> None:
    """The same day exported twice is known; two equal deposits of one file are two."""
    with open_ledger(ledger_url) as ledger:
        day = [_row(1, "2026-02-20", 7500, "EFT1"), _row(2, "2026-02-20", 500)]
        assert _bank(ledger, *day, _row(3, "2026-02-20", 500)) == 3
        assert _bank(ledger, *day, _row(3, "2026-02-23", 900)) == 1
        with ledger.reading() as connection:
            assert len(deposits.deposits(connection)) == 4


def _missing(ledger: Ledger, at: str) -> Sequence[Missing]:
    return [one for one in found(ledger, _asked(at)) if one.kind != "missing.claim"]


def test_money_without_its_835_and_an_835_without_its_money(ledger_url: str) -> None:
    """Each is told after three business days, once the bank's files reach so far."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A"), trace="EFT1"), remit(clp("B"), trace="EFT2", st="0002")))
        assert _missing(ledger, "2026-03-20T12:00+00:00") == []
        _bank(
            ledger,
            _row(1, "2026-02-10", 100),
            _row(2, "2026-02-20", 7500, "EFT1"),
            _row(3, "2026-02-23", 4200, "EFT9", payer="MEDICARE"),
            _row(4, "2026-03-02", 100),
        )
        told = {one.kind: one for one in _missing(ledger, "2026-03-03T12:00+00:00")}
        assert told.keys() == {"missing.deposit", "missing.payment"}
        assert told["missing.deposit"].subject == "EFT2"
        assert told["missing.payment"].subject == "EFT9"
        assert told["missing.payment"].name == "AETNA"  # who pays by this number otherwise
        stale = {one.kind for one in _missing(ledger, "2026-03-20T12:00+00:00")}
        assert "missing.bank" in stale
        with ledger.reading() as connection:
            kept, asked = deposits.deposits(connection), deposits.payments(connection, "T")
            assert [pair.by for pair in match(kept, asked).pairs] == [BY_TRACE_AND_PAYER]


def test_a_deposit_of_another_amount_is_told_once_with_both(ledger_url: str) -> None:
    """The 835 is here: nobody asks for it; both amounts and their difference are in one row."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A"), trace="EFT1")))
        _bank(ledger, _row(1, "2026-02-20", 7499, "EFT1"), _row(2, "2026-03-02", 100))
        (one,) = _missing(ledger, "2026-03-03T12:00+00:00")
        assert (one.kind, one.subject, one.cents) == ("missing.amount", "EFT1", 7499)
        assert one.why == (
            "deposit 74.99, its 835 of 2026-02-20 75.00: 0.01 less than the 835 says"
        )


@pytest.mark.parametrize(
    ("parts", "told"),
    [((4000, 3000), "2 deposits 40.00 + 30.00 = 70.00"), ((4000, 3500), "")],
    ids=["too little", "the whole"],
)
def test_part_deposits_of_a_payment_are_told_once(
    ledger_url: str, parts: tuple[int, ...], told: str
) -> None:
    """One row with their sum; where they come to the 835 nothing is missing."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A"), trace="EFT1")))
        rows = [_row(n, f"2026-02-2{n}", cents, "EFT1") for n, cents in enumerate(parts)]
        _bank(ledger, *rows, _row(9, "2026-03-02", 100))
        found = list(_missing(ledger, "2026-03-03T12:00+00:00"))
        assert [one.why.partition(",")[0] for one in found] == ([told] if told else [])
        assert [one.cents for one in found] == ([7000] if told else [])


def test_copies_of_a_payment_want_one_deposit(ledger_url: str) -> None:
    """The same payment in two files is one payment to the bank."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("A"), trace="EFT1")))
        take(ledger, x12(remit(clp("A"), trace="EFT1"), control=2))
        with ledger.reading() as connection:
            assert len(deposits.payments(connection, "T")) == 1


@pytest.mark.parametrize("wrong", [{"hours_99": 1}, {"share": 0}, {"days_835": "soon"}])
def test_limits_that_are_not_right_are_refused(wrong: dict[str, object]) -> None:
    """A key that nobody knows or a value that cannot be is named."""
    from claimline.errors import WrongUsageError
    from claimline.services.missing import read_limits

    with pytest.raises(WrongUsageError, match=next(iter(wrong))):
        read_limits(wrong)
