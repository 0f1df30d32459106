"""Deposits that two files tell of, and deposits that were taken back."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from receive_made import clp, remit, take, x12

from claimline.__main__ import main
from claimline.errors import WrongUsageError
from claimline.services import bank
from claimline.services.bank_match import Request, put
from claimline.services.missing import Asked, notes
from claimline.services.missing_deposits import found as asked
from claimline.services.verify import verify
from reconcile.deposits import Matched
from reconcile.ledger import Ledger, open_ledger
from reconcile.missing import Missing, When

if TYPE_CHECKING:
    from claimline.services.bank import Imported

NOW = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)
TRN = "TRN*1*EFT1*1512345678~"  # the payment that ``receive_made`` makes
BARE = "4/28/2026,MEDICARE OH HCCLAIMPMT,75.00"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A payment of 75.00, number EFT1, of 27 April."""
    with open_ledger(ledger_url) as opened:
        take(opened, x12(remit(clp("A"), trace="EFT1", date="20260427")))
        yield opened


def _csv(ledger: Ledger, *rows: str, name: str = "b.csv") -> "Imported":
    data = "\n".join(["Date,Memo,Amount", *rows]).encode()
    return bank.take(ledger, name, data, profile=None, user="me", now=NOW)


def _nacha(ledger: Ledger, *deposits: tuple[str, str]) -> "Imported":
    """A file of addenda: company and number of deposits of 75.00 each of 28 April."""
    records = ["101 044000037 1234567892604280800A094101RIVERBEND BANK         PAYMENTS"]
    for company, trace in deposits:
        records += [
            f"5200{company:16}{'':20}1512345678CCDHCCLAIMPMT      260428   1044000030000001",
            f"622044000031000123456789     {7500:010}RIVERBEND      RIVERBEND THERAPY LLC   1",
            f"705TRN*1*{trace}*1512345678\\",
            "8200000002",
        ]
    text = "\n".join(record.ljust(94) for record in (*records, f"9{len(deposits):06}"))
    return bank.take(ledger, "b.ach", text.encode(), profile=None, user="me", now=NOW)


def test_a_deposit_after_its_return_is_another(ledger: Ledger) -> None:
    """A payment sent once more after a return counts, once, and stands in the books it makes."""
    first = (f"4/28/2026,HCCLAIMPMT {TRN},75.00", f"4/30/2026,RETURN {TRN},-75.00")
    second = f"5/4/2026,HCCLAIMPMT {TRN},75.00"
    assert _csv(ledger, *first).new == 1
    assert not bank.matched(ledger, "T").pairs
    assert _csv(ledger, second, name="may.csv").new == 1
    assert _csv(ledger, second, name="may.csv").new == 0
    assert _csv(ledger, *first, second, name="both.csv").new == 0
    [pair] = bank.matched(ledger, "T").pairs
    assert (pair.deposit.date.day, pair.payment.trace) == (4, "EFT1")
    assert _csv(ledger, f"5/6/2026,RETURN {TRN},-75.00", name="again.csv").returned == 1
    assert not bank.matched(ledger, "T").pairs
    assert len(bank.matched(ledger, "T").returned) == 2


PAID_ANEW = {
    "deposit": f"4/28/2026,HCCLAIMPMT {TRN},75.00",
    "return": f"4/30/2026,RETURN {TRN},-75.00",
    "anew": f"5/4/2026,HCCLAIMPMT {TRN},75.00",
}


@pytest.mark.parametrize("order", list(permutations(PAID_ANEW)), ids=", ".join)
def test_the_order_of_files_does_not_matter(ledger: Ledger, order: tuple[str, ...]) -> None:
    """A deposit, its return and the deposit made anew end the same, also when imported again."""
    for name in (*order, *order[::-1], *order):
        _csv(ledger, PAID_ANEW[name], name=f"{name}.csv")
    found = _matched(ledger)
    [pair], [gone] = found.pairs, found.returned
    assert (pair.deposit.date.isoformat(), pair.payment.trace) == ("2026-05-04", "EFT1")
    assert (gone.deposit.date.day, gone.debit.date.day) == (28, 30)
    assert (found.deposits, found.same) == ((), ())
    assert verify(ledger).equal


def test_a_deposit_of_another_day_is_the_same_until_a_return_lies_between(ledger: Ledger) -> None:
    """Told on two days it counts once, without a word; the return between them makes it two."""
    assert (_csv(ledger, PAID_ANEW["deposit"]).new, _csv(ledger, PAID_ANEW["anew"]).notes) == (
        1,
        (),
    )
    assert (len(_matched(ledger).pairs), len(_matched(ledger).same)) == (1, 1)
    told = _csv(ledger, PAID_ANEW["return"], name="r.csv").notes
    assert "2026-05-04" in told[1]
    assert "it counts now" in told[1]
    late = f"5/20/2026,HCCLAIMPMT {TRN},75.00"
    assert "counted once" in _csv(ledger, late, name="late.csv").notes[0]


TWO_DAYS = {  # as the statement tells it, and a day later as the file of addenda does
    **PAID_ANEW,
    "deposit, later": f"4/29/2026,HCCLAIMPMT {TRN},75.00",
    "return, later": f"5/1/2026,RETURN {TRN},-75.00",
    "anew, later": f"5/5/2026,HCCLAIMPMT {TRN},75.00",
}
STATEMENT, ADDENDA = tuple(PAID_ANEW), ("deposit, later", "return, later", "anew, later")


@pytest.mark.parametrize(
    "files",
    [
        (STATEMENT, ADDENDA),
        (ADDENDA, STATEMENT),
        (("deposit",), ("anew",), ADDENDA[2:], ADDENDA[1:2], ("return",), ADDENDA[:1]),
        (ADDENDA[2:], ("anew",), ADDENDA[:1], ("deposit",), ("return",), ADDENDA[1:2]),
    ],
    ids=["statement first", "addenda first", "returns late", "newest first"],
)
def test_each_told_on_two_days_counts_once(
    ledger: Ledger, files: tuple[tuple[str, ...], ...]
) -> None:
    """A deposit, its return and the deposit made anew, each in two files with two days."""
    for n, names in enumerate(files):
        _csv(ledger, *(TWO_DAYS[name] for name in names), name=f"{n}.csv")
    found = _matched(ledger)
    assert (len(found.pairs), len(found.returned), len(found.same)) == (1, 1, 2)
    assert (found.deposits, found.pairs[0].deposit.date.month) == ((), 5)
    assert verify(ledger).equal


ON_THE_DAY = {  # turned back and paid anew on one day
    "deposit": f"4/28/2026,HCCLAIMPMT {TRN},75.00",
    "return": f"4/30/2026,RETURN {TRN},-75.00",
    "anew": f"4/30/2026,HCCLAIMPMT {TRN},75.00",
    "deposit, later": f"4/29/2026,HCCLAIMPMT {TRN},75.00",
    "anew, later": f"5/1/2026,HCCLAIMPMT {TRN},75.00",
}
CREDITS = ("deposit, later", "anew, later")


@pytest.mark.parametrize(
    ("files", "same"),
    [
        ((STATEMENT, CREDITS), 2),
        ((CREDITS, STATEMENT), 2),
        ((("deposit",), ("return", "anew")), 0),
        ((("deposit", "return"), STATEMENT, CREDITS), 2),
    ],
    ids=["statement first", "addenda first", "day by day", "in the middle of the day"],
)
def test_paid_anew_on_the_day_of_the_return(
    ledger: Ledger, files: tuple[tuple[str, ...], ...], same: int
) -> None:
    """The first deposit was turned back, the second counts, however many files tell of them."""
    for n, names in enumerate(files):
        _csv(ledger, *(ON_THE_DAY[name] for name in names), name=f"{n}.csv")
    found = _matched(ledger)
    assert (len(found.pairs), len(found.returned), len(found.same)) == (1, 1, same)
    assert found.deposits == ()


def test_perhaps_paid_anew_is_told(ledger: Ledger) -> None:
    """Return and deposit of one day in two files: which came first is not known, so it is said."""
    _csv(ledger, ON_THE_DAY["deposit"])
    _csv(ledger, ON_THE_DAY["return"], name="r.csv")
    [note] = _csv(ledger, ON_THE_DAY["anew"], name="a.csv").notes
    assert "counted once; if they are two" in note
    assert not _matched(ledger).pairs


def test_a_return_told_on_two_days_is_one(ledger: Ledger) -> None:
    """The bank's statement and its file of addenda may tell of a return on two days."""
    _csv(ledger, *PAID_ANEW.values())
    again = _csv(ledger, PAID_ANEW["return"].replace("30", "29"), name="r.csv")
    assert not again.notes
    assert len(_matched(ledger).returned) == 1


def _matched(ledger: Ledger) -> Matched:
    return bank.matched(ledger, "T")


def _say(ledger: Ledger, deposit: str, *, same: str = "", undo: bool = False) -> str:
    request = Request(
        deposit=deposit, same=same, undo=undo, reason="looked", user="me", now=NOW, usage="T"
    )
    return put(ledger, request, _matched(ledger))


def _missing(ledger: Ledger, day: str) -> list[Missing]:
    with ledger.reading() as connection:
        when = When(now=dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"))
        return list(asked(connection, "T", when))


@pytest.mark.parametrize("nacha_first", [False, True], ids=["statement first", "addenda first"])
def test_a_deposit_without_its_number_is_known_from_the_addenda(
    ledger: Ledger, *, nacha_first: bool
) -> None:
    """By day, amount and payer it is one, in whatever order it came; told, and parted again."""
    steps = [lambda: _csv(ledger, BARE), lambda: _nacha(ledger, ("MEDICARE OHIO", "EFT1"))]
    first, second = [step() for step in (steps[::-1] if nacha_first else steps)]
    assert (first.new, first.notes, second.new) == (1, (), 0)
    assert "counted once" in second.notes[0]
    found = _matched(ledger)
    assert [pair.deposit.trace for pair in found.pairs] == ["EFT1"]
    assert (found.deposits, [other.trace for _, other in found.same]) == ((), ["EFT1"])
    assert verify(ledger).equal
    _say(ledger, found.same[0][0].mark, undo=True)
    assert len(_matched(ledger).deposits) == 1
    assert steps[0]().new == steps[1]().new == 0  # and stays so
    assert len(_matched(ledger).deposits) == 1


@pytest.mark.parametrize(
    ("rows", "deposits", "told"),
    [
        pytest.param([BARE, BARE], [("MEDICARE OH", "EFT1")], "could be known as", id="two fit"),
        pytest.param(
            [BARE],
            [("MEDICARE OH", "EFT1"), ("MEDICARE OH", "EFT2")],
            "could be known as",
            id="it fits two",
        ),
        pytest.param(
            ["4/28/2026,HCCLAIMPMT,75.00"], [("MEDICARE OH", "EFT1")], "could be", id="no payer"
        ),
        pytest.param([BARE], [("AETNA", "EFT1")], "", id="another payer"),
        pytest.param([BARE.replace("28", "27")], [("MEDICARE OH", "EFT1")], "", id="another day"),
        pytest.param([BARE.replace("75", "76")], [("MEDICARE OH", "EFT1")], "", id="other cents"),
        pytest.param(["4/28/2026,CARDS,75.00"], [("MEDICARE OH", "EFT1")], "", id="no claims"),
    ],
)
def test_what_is_not_sure_is_not_decided(
    ledger: Ledger, rows: Sequence[str], deposits: Sequence[tuple[str, str]], told: str
) -> None:
    """Where several fit, or the payer is not told, a person is asked; what differs is another."""
    _csv(ledger, *rows)
    found = _nacha(ledger, *deposits)
    assert (found.new, _matched(ledger).same) == (len(deposits), ())
    assert all(told in note for note in found.notes)
    assert bool(found.notes) == bool(told)


def test_what_stands_in_the_new_file_too_is_another_deposit(ledger: Ledger) -> None:
    """An overlapping statement that tells of both shows that they are two."""
    _csv(ledger, BARE)
    again = _csv(ledger, BARE, f"4/28/2026,MEDICARE OH HCCLAIMPMT {TRN},75.00")
    assert (again.new, again.notes) == (1, ())


def test_one_that_was_matched_by_hand_stays(ledger: Ledger) -> None:
    """What a person said of the known one holds: the new one is the one told twice."""
    _csv(ledger, BARE)
    [pair] = _matched(ledger).pairs
    request = Request(
        deposit=pair.deposit.mark, payments=("EFT1",), reason="looked", user="me", now=NOW, usage="T"
    )  # fmt: skip
    put(ledger, request, _matched(ledger))
    _nacha(ledger, ("MEDICARE OH", "EFT1"))
    found = _matched(ledger)
    assert [each.by for each in found.pairs] == ["by hand"]
    assert [(one.trace, other.trace) for one, other in found.same] == [("EFT1", "")]


def test_a_person_can_say_that_two_are_one(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    """--same joins two; a circle and another amount are refused; nothing is lost by it."""
    _csv(ledger, "4/28/2026,HCCLAIMPMT,75.00", "4/28/2026,HCCLAIMPMT,76.00")
    _nacha(ledger, ("MEDICARE OH", "EFT1"))
    with ledger.reading() as connection:
        kept = {(one.trace, one.cents): one.mark for one in bank.deposits.deposits(connection)}
    bare, numbered = kept["", 7500], kept["EFT1", 7500]
    place = ["--ledger", ledger.url.render_as_string(hide_password=False)]
    given = ["bank", "match", bare[:8], "--same", numbered[:8], "--reason", "one", *place]
    assert main(given) == 0
    assert "counted once" in capsys.readouterr().out
    with pytest.raises(WrongUsageError, match="already"):
        _say(ledger, numbered, same=bare)
    with pytest.raises(WrongUsageError, match="does not fit"):
        _say(ledger, kept["", 7600], same=bare)
    assert main(["bank", "list", "--format", "json", *place]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert f"the same deposit as {numbered[:8]}" in [row["matched_by"] for row in rows]


@pytest.mark.parametrize("files", [1, 2], ids=["one file", "two files"])
def test_a_deposit_taken_back_leaves_its_payment_waiting(ledger: Ledger, files: int) -> None:
    """The payment has no deposit any more, at once and however old, and it is said why."""
    came, gone = f"4/28/2026,HCCLAIMPMT {TRN},75.00", f"5/4/2026,RETURN HCCLAIMPMT {TRN},-75.00"
    told = _csv(ledger, came, gone) if files == 1 else [_csv(ledger, came), _csv(ledger, gone)][1]
    assert (told.returned, "takes back the deposit of 2026-04-28" in told.notes[0]) == (1, True)
    found = _matched(ledger)
    assert (found.pairs, found.deposits, len(found.payments)) == ((), (), 1)
    [one] = _missing(ledger, "2026-05-05")
    assert (one.kind, one.subject, one.days) == ("missing.deposit", "EFT1", 1)
    assert "taken back on 2026-05-04" in one.why
    [note] = notes([one], Asked(usage="T", now=NOW))
    assert "its deposit was taken back (1 payment)" in note.what
    assert "taken back on 2026-05-04" in json.dumps(list(bank.rows(found, unmatched=True)))
    assert verify(ledger).equal


def test_a_payment_that_came_again_is_matched_again(ledger: Ledger) -> None:
    """Of a deposit, its return and the deposit made anew, the last is the payment's."""
    days = [("4/28/2026", "75.00"), ("5/4/2026", "-75.00"), ("5/6/2026", "75.00")]
    _csv(ledger, *(f"{day},HCCLAIMPMT {TRN},{amount}" for day, amount in days))
    assert [str(pair.deposit.date) for pair in _matched(ledger).pairs] == ["2026-05-06"]


def test_a_debit_of_another_payment_takes_nothing_back(ledger: Ledger) -> None:
    """Another number, another amount, a day before: the deposit stays matched, the debit is told."""
    rows = [f"4/28/2026,HCCLAIMPMT {TRN},75.00",
            f"5/4/2026,HCCLAIMPMT {TRN.replace('EFT1', 'EFT2')},-75.00",
            f"5/4/2026,HCCLAIMPMT {TRN},-74.00", f"4/27/2026,HCCLAIMPMT {TRN},-75.00"]  # fmt: skip
    told = _csv(ledger, *rows)
    assert all("of which no deposit is known" in note for note in told.notes)
    found = _matched(ledger)
    assert (len(found.pairs), len(found.deposits), found.returned) == (1, 3, ())
    assert not _missing(ledger, "2026-05-05")


def test_a_person_can_say_that_a_debit_takes_nothing_back(ledger: Ledger) -> None:
    """Where the debit pays no claims, as a person says, the deposit is matched again."""
    _csv(ledger, f"4/28/2026,HCCLAIMPMT {TRN},75.00", f"5/4/2026,HCCLAIMPMT {TRN},-75.00")
    [gone] = _matched(ledger).returned
    _say(ledger, gone.debit.mark)
    assert len(_matched(ledger).pairs) == 1


def test_the_bank_is_called_silent_whatever_lies_ahead(ledger: Ledger) -> None:
    """A deposit of the days to come does not hide that the bank's files are old."""
    _csv(ledger, "4/28/2026,CARDS,1.00", "5/26/2026,CARDS,2.00")
    told = [one for one in _missing(ledger, "2026-05-20") if one.kind == "missing.bank"]
    [note] = notes(told, Asked(usage="T", now=NOW))
    assert note.what == "No newer deposit in the bank's files: the newest is of 2026-04-28"


def test_a_deposit_without_its_remittance_names_the_payer(ledger: Ledger) -> None:
    """Its number (TRN03) is known from other remittances: the name is shown, not the number."""
    _csv(ledger, f"5/4/2026,{TRN.replace('EFT1', 'EFT9')},12.00")
    told = {one.kind: one for one in _missing(ledger, "2026-05-20")}
    name = _matched(ledger).payments[0].payer
    assert (told["missing.payment"].who, name != "") == (name, True)
