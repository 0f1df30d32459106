"""Bank files: CSV of any columns and Nacha with addenda, and nothing of account numbers."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from receive_made import RUN, clp, remit, take, x12
from sqlalchemy import select, update

from claimline.__main__ import main
from claimline.errors import WrongUsageError
from claimline.services import bank
from claimline.services.bank_cells import read_amount
from claimline.services.bank_match import Request, put
from claimline.services.bank_read import Profile, read, read_profile, text_of
from claimline.services.verify import verify
from reconcile.deposits import (
    BY_AMOUNT,
    BY_HAND,
    BY_TRACE_AND_PAYER,
    Deposit,
    Paid,
    match,
)
from reconcile.ledger import Ledger, deposits, open_ledger
from reconcile.ledger.convert import to_cents
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import bank_deposit

ACCOUNT = "000123456789"
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def _read(text: str, **profile: object) -> list[tuple[str, int, str, str, bool]]:
    found = read("bank.csv", text, Profile(**profile))  # type: ignore[arg-type]  # of the test
    assert not found.faults
    return [
        (one.date.isoformat(), one.cents, one.trace, one.originator, one.is_claim)
        for one in found.rows
    ]


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("Date,Description,Amount\n4/29/2026,X HCCLAIMPMT TRN*1*E1*1351840597~,62.40\n", {}),
        ("Posting Date;Details;Credit;Debit\n2026-04-29;TRN*1*E1*1351840597;$62.40;\n", {}),
        ("date\ttrn\ttrn03\tamount\n20260429\tE1\t1351840597\t62.40\n", {"trace": "trn"}),
        (
            "Report\nof the day\nTag,Wert,Text\n29-Apr-2026,62.40,TRN*1*E1*1351840597\n",
            {"date": "Tag", "amount": "Wert", "description": ("Text",), "skip_lines": 2},
        ),
        ("Date,Memo,Details,Amount\n04/29/26,TRN*1*E1,*1351840597 A,62.40\n", {}),
    ],
    ids=["usual", "credits apart", "columns for numbers", "a profile", "addenda over two columns"],
)
def test_columns_are_found(text: str, profile: dict[str, object]) -> None:
    """Day, cents, trace and payer come out whatever the bank calls its columns."""
    assert _read(text, **profile) == [("2026-04-29", 6240, "E1", "1351840597", True)]


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        pytest.param(
            'Date,Memo,Amount\n4/29/2026,HCCLAIMPMT,"1,062.40"\n', "amount: Amount", id="thousands"
        ),
        pytest.param(
            "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\n"
            'CREDIT,04/29/2026,HCCLAIMPMT,"$1,062.40",ACH_CREDIT,5000.00,\n',
            "amount: Amount",
            id="balance beside it",
        ),
        pytest.param(
            "Summary,,\nTotal credits,,99.00\n\nDate,Description,Amount,Running Bal.\n"
            '04/29/2026,HCCLAIMPMT,"1,062.40","9,000.00"\n',
            "date: Date",
            id="a summary before the heading",
        ),
        pytest.param(
            "\ufeffBooked On;Posting Date;Payment Details;Debit Amount;Credit Amount;Balance\n"
            "1;29/04/2026;HCCLAIMPMT;;1.062,40;9\n2;05/04/2026;X;20,00;;8\n",
            "dates: day before month",
            id="day before month, decimal comma",
        ),
        pytest.param(
            '"04/29/2026","1062.40","*","","ACME HCCLAIMPMT"\n"04/30/2026","-2.00","*","","FEE"\n',
            "amount: column 2",
            id="no heading",
        ),
        pytest.param(
            "Trans. Date,Credits ($),Narrative text\n2026-04-29T08:00:00,1062.40 CR,HCCLAIMPMT\n"
            "2026-04-29,1062.40 DR,HCCLAIMPMT\n",
            "date: Trans. Date",
            id="marks at the amount, time of day",
        ),
    ],
)
def test_the_plain_case_needs_no_profile(text: str, understood: str) -> None:
    """A bank's own headings, summaries, marks and ways of writing are understood, and told."""
    found = read("bank.csv", text)
    assert (found.faults, [(one.date.isoformat(), one.cents) for one in found.rows]) == (
        (), [("2026-04-29", 106240)],
    )  # fmt: skip
    assert understood in found.understood


@pytest.mark.parametrize(
    ("header", "told"),
    [
        pytest.param("Date,Deposit ACH,Deposit card", "could both be the amount", id="amounts"),
        pytest.param("Start day,End day,Amount", "could both be the date", id="days"),
    ],
)
def test_two_that_could_be_it_are_asked_for(header: str, told: str) -> None:
    """Where two columns could be the day or the amount, neither is taken."""
    with pytest.raises(WrongUsageError, match=told):
        read("bank.csv", f"{header}\n1,2,3\n")


@pytest.mark.parametrize(
    ("cell", "cents"),
    [("(1,234.50)", -123450), ("1.234,50", 123450), ("62,40", 6240), ("1,234", 123400),
     ("$ 1 234.50", 123450), ("5.00-", -500), ("+5", 500), ("USD 5.00 DR", -500)],
)  # fmt: skip
def test_amounts_as_banks_write_them(cell: str, cents: int) -> None:
    """Thousands, decimal commas, parentheses and marks never change what an amount is."""
    assert to_cents(read_amount(cell)) == cents


@pytest.mark.parametrize("cell", ["", "1,23.4.5", "12,3456", "1e3", "NaN", "--5"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    """Nothing is made of what is not an amount for certain."""
    with pytest.raises(ValueError, match="amount"):
        read_amount(cell)


@pytest.mark.parametrize(
    "data",
    ["Date,Memo,Amount\n4/29/2026,CAF\u00c9,5.00\n".encode(one)
     for one in ("utf-8", "utf-8-sig", "utf-16", "cp1252")],
    ids=["utf-8", "with a mark", "utf-16", "cp1252"],
)  # fmt: skip
def test_any_encoding_of_a_bank(data: bytes) -> None:
    """A file is read in whatever encoding a bank writes it."""
    assert "CAF\u00c9" in text_of(data)
    assert [one.cents for one in read("b.csv", text_of(data)).rows] == [500]


def test_overlapping_exports_add_what_is_new(ledger_url: str) -> None:
    """Of two exports that overlap each deposit is kept once; equal ones of a day are counted."""
    rows = ["4/27/2026,A,5.00", "4/28/2026,B,7.00", "4/28/2026,B,7.00", "4/29/2026,C,9.00"]
    with open_ledger(ledger_url) as ledger:
        new = []
        for some in (rows[:2], rows[1:], rows):
            data = "\n".join(["Date,Memo,Amount", *some]).encode()
            new.append(bank.take(ledger, "b.csv", data, profile=None, user="me", now=NOW).new)
        assert new == [2, 2, 0]


def test_a_trial_keeps_nothing(
    fixtures: Path, ledger_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """--dry-run tells the columns, what is new and the first deposits; no deposit is kept."""
    name = str(fixtures / "by-hand" / "bank.csv")
    with open_ledger(ledger_url) as ledger:
        command = ["bank", "import", name, "--ledger", ledger_url, "--format", "json"]
        assert main([*command, "--dry-run"]) == 0
        shown = capsys.readouterr().out
        [told] = json.loads(shown)["files"]
        assert (told["new"], told["first"][1]["trace"]) == (4, "88120017")
        assert "date: Posting Date" in told["understood"]
        assert ACCOUNT not in shown
        with ledger.reading() as connection:
            assert deposits.deposits(connection) == ()
        assert main(command) == 0
        assert json.loads(capsys.readouterr().out)["files"][0]["new"] == 4


def _nacha(fixtures: Path) -> list[str]:
    """The records of a Nacha file of two batches."""
    text = (fixtures / "by-hand" / "deposits.ach").read_text(encoding="utf-8")
    return [line.ljust(94) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("change", "cents", "told"),
    [
        pytest.param(
            lambda r: [*r, "9" * 94, "9" * 94], [6240, 9500], [], id="other blocks do not matter"
        ),
        pytest.param(
            lambda r: r[:3],
            [],
            ["record 9", "batch 1 is not whole, none of it is taken: its last record (8)"],
            id="cut before the addenda",
        ),
        pytest.param(
            lambda r: r[:7], [6240], ["record 9", "batch 2 is not whole"], id="cut in batch 2"
        ),
        pytest.param(lambda r: r[:-1], [6240, 9500], ["record 9"], id="the end alone is missing"),
        pytest.param(
            lambda r: [*r[:4], r[4][:32] + "000000012480" + r[4][44:], *r[5:]],
            [9500],
            ["batch 1 is not whole, none of it is taken: its credits come to 124.80"],
            id="another sum",
        ),
        pytest.param(
            lambda r: [*r[:8], r[8][:20] + "000000004100" + r[8][32:], *r[9:]],
            [6240],
            ["batch 2 is not whole, none of it is taken: its debits come to 41.00, the entries"],
            id="another sum of debits",
        ),
        pytest.param(
            lambda r: [*r[:8], r[8][:20] + "000000004000000000009500" + r[8][44:], *r[9:]],
            [6240, 9500],
            [],
            id="sums that fit",
        ),
        pytest.param(
            lambda r: [*r[:9], r[9][:31] + "000000004100000000015740" + r[9][55:]],
            [6240, 9500],
            ["record (9) of the file does not fit: its debits come to 41.00, the entries to 40.00"],
            id="another sum of the file",
        ),
        pytest.param(
            lambda r: [*r[:9], r[9][:31] + "000000004000000000015740" + r[9][55:]],
            [6240, 9500],
            [],
            id="sums of the file that fit",
        ),
        pytest.param(
            lambda r: [*r[:3], *r[4:]],
            [9500],
            ["batch 1 is not whole, none of it is taken: it counts 2 records, 1 are here"],
            id="an addendum lost",
        ),
        pytest.param(
            lambda r: [r[0], *r[5:]],
            [9500],
            ["the file counts 2 batches, 1 are here"],
            id="a batch lost",
        ),
        pytest.param(
            lambda r: [r[0], *r[2:]], [9500], ["its first record (5) is missing"], id="no header"
        ),
    ],
)
def test_of_a_cut_nacha_file_whole_batches_are_taken(
    fixtures: Path, change: Callable[[list[str]], list[str]], cents: list[int], told: list[str]
) -> None:
    """Of a batch that is not whole nothing is taken, and a file without its end is told."""
    found = read("a.ach", "\n".join(change(_nacha(fixtures))))
    assert [one.cents for one in found.rows] == cents
    assert len(found.faults) == len(told)
    for fault, words in zip(found.faults, told, strict=True):
        assert words in fault


def test_what_is_no_deposit_is_passed_over_and_what_cannot_be_read_is_told() -> None:
    """Withdrawals are none; a row without a readable day or amount is named by its number."""
    text = "Date,Amount\n4/29/2026,(5.00)\n4/29/2026,5.00-\n4/29/2026,\nsoon,5.00\n4/29/2026,1e3\n"
    found = read("bank.csv", text)
    assert (found.rows, found.passed) == ((), 3)
    assert [fault.split(":")[0] for fault in found.faults] == ["row 5", "row 6"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("When,Amount\n1,1\n", "no column is the date"),
        ("Date,What\n1,1\n", "no column is the amount"),
        ("", "it is empty"),
    ],
)
def test_columns_that_cannot_be_told_are_asked_for(text: str, told: str) -> None:
    """Nothing is guessed where a column has no usual name."""
    with pytest.raises(WrongUsageError, match=told):
        read("bank.csv", text)


def test_a_profile_that_is_not_right_names_the_key() -> None:
    """A key that nobody knows is refused, with the one that was meant."""
    with pytest.raises(WrongUsageError, match="do you mean amount"):
        read_profile("bank.toml", 'amout = "Credit"')
    with pytest.raises(WrongUsageError, match="no column 'Betrag'"):
        read("bank.csv", "Date,Amount\n", Profile(amount="Betrag"))


def test_a_nacha_file_gives_its_credits(fixtures: Path) -> None:
    """Record 6 tells the amount, 5 the day and the company, the addenda the TRN; debits are none."""
    text = (fixtures / "by-hand" / "deposits.ach").read_text(encoding="utf-8")
    for given in (text, "".join(line.ljust(94) for line in text.splitlines())):
        found = read("deposits.ach", given)
        assert [(one.cents, one.trace, one.originator, one.payer) for one in found.rows] == [
            (6240, "88120017", "1351840597", "MEDICARE OH"),
            (9500, "", "", ""),
        ]
        assert found.passed == 1


def test_no_account_number_and_no_patient_leaves_the_file(
    fixtures: Path, ledger_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the rows kept nor what is printed hold an account number or a patient's name."""
    name = fixtures / "by-hand" / "bank.csv"
    with open_ledger(ledger_url) as ledger:
        ledger_rows = name.read_bytes() + b'04/30/2026,"ZELLE FROM ROBIN SAMPLE",20.00,1\n'
        bank.take(ledger, "b.csv", ledger_rows, profile=None, user="me", now=NOW)
        with ledger.reading() as connection:
            kept = repr(deposits.deposits(connection))
    main(["bank", "list", "--ledger", ledger_url, "--format", "json"])
    said = capsys.readouterr().out
    for text in (kept, said):
        assert "88120017" in text
        for secret in (ACCOUNT, "000987654321", "SAMPLE"):
            assert secret not in text


def _take(ledger: Ledger, name: Path) -> bank.Imported:
    return bank.take(ledger, name.name, name.read_bytes(), profile=None, user="me", now=NOW)


def test_a_deposit_in_two_kinds_of_file_is_one(fixtures: Path, ledger_url: str) -> None:
    """The bank's CSV and its Nacha file tell of one deposit; it is matched by its TRN."""
    folder = fixtures / "by-hand"
    with open_ledger(ledger_url) as ledger:
        take(ledger, (folder / "strangers.835").read_bytes(), "strangers.835")
        assert _take(ledger, folder / "bank.csv").new == 4
        assert _take(ledger, folder / "bank.csv").new == 0
        again = _take(ledger, folder / "deposits.ach")
        assert (again.deposits, again.new, again.claims) == (2, 1, 1)
        found = bank.matched(ledger, "T")
        assert [(pair.by, pair.payment.trace) for pair in found.pairs] == [
            (BY_TRACE_AND_PAYER, "88120017")
        ]


MEDICARE = ("4/29/2026,MEDICARE HCCLAIMPMT,150.00", "4/29/2026,MEDICARE HCCLAIMPMT,75.00")


def _by_hand(ledger: Ledger, deposit: str, *payments: str, undo: bool = False) -> str:
    """Put a deposit to payments as the command does."""
    request = Request(
        deposit=deposit,
        payments=payments,
        undo=undo,
        reason="looked",
        user="me",
        now=NOW,
        usage="T",
    )
    return put(ledger, request, bank.matched(ledger, "T"))


@pytest.fixture
def both(ledger_url: str) -> Iterator[Ledger]:
    """Three payments of 75.00 of one day, two of one number; deposits of 150.00 and of 75.00."""
    with open_ledger(ledger_url) as ledger:
        for n, trace in enumerate(("EFT1", "EFT1", "EFT2")):
            data = x12(remit(clp(f"N{n}"), trace=trace, date=f"202604{27 + n % 2}"), control=n + 1)
            take(ledger, data, f"{n}.835")
        data = "\n".join(["Date,Memo,Amount", *MEDICARE]).encode()
        bank.take(ledger, "b.csv", data, profile=None, user="me", now=NOW)
        yield ledger


def _marks(ledger: Ledger) -> list[str]:
    """The ids of the deposits, the large one first."""
    with ledger.reading() as connection:
        found = deposits.deposits(connection)
    return [one.mark for one in sorted(found, key=lambda one: -one.cents)]


def test_one_deposit_is_put_to_two_payments(both: Ledger) -> None:
    """What a person says counts more than what is found, and can be undone."""
    large, small = _marks(both)
    assert not bank.matched(both, "T").pairs
    said = _by_hand(both, large[:8], "EFT1@2026-04-27", "EFT2")
    assert "matched by hand to 2 payments" in said
    found = bank.matched(both, "T")
    assert sorted(pair.by for pair in found.pairs) == [BY_AMOUNT, BY_HAND, BY_HAND]
    assert (found.deposits, found.payments) == ((), ())
    _by_hand(both, large, undo=True)
    assert not bank.matched(both, "T").pairs
    assert "pays no claims" in _by_hand(both, small)
    assert [one.mark for one in bank.matched(both, "T").others] == [small]
    found_again = verify(both)
    assert found_again.equal


@pytest.mark.parametrize(
    ("payments", "told"),
    [
        pytest.param(("EFT1",), "EFT1 is several payments", id="a number used twice"),
        pytest.param(("EFT2",), "does not fit", id="another amount"),
        pytest.param(("EFT9",), "no payment has the number", id="no such payment"),
        pytest.param(("EFT2", "EFT2"), "no payment has the number", id="the same twice"),
    ],
)
def test_what_does_not_fit_is_refused(both: Ledger, payments: tuple[str, ...], told: str) -> None:
    """A number of several payments, another sum, an unknown number: nothing is kept."""
    with pytest.raises(WrongUsageError, match=told):
        _by_hand(both, _marks(both)[0], *payments)
    assert not bank.matched(both, "T").pairs


def test_the_commands_of_a_match_by_hand(both: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    """Bank list shows the id and what to do; bank match takes it; the list says by hand."""
    place = ["--ledger", both.url.render_as_string(hide_password=False)]
    assert main(["bank", "list", "--unmatched", *place]) == 1
    shown = capsys.readouterr().out
    assert "claimline bank match ID --to NUMBER" in shown
    large = _marks(both)[0][:8]
    assert large in shown
    given = ["bank", "match", large, "--to", "EFT2", "--reason", "part", *place]
    assert main(given) == 2
    assert main([*given, "--force"]) == 0
    assert main(["bank", "list", *place]) == 0
    assert "by hand" in capsys.readouterr().out


def test_many_ways_are_counted() -> None:
    """A deposit that many sums of payments could be shows a few of them, and how many more."""
    payments = [
        Paid(id=n, date=NOW.date(), cents=100, trace=f"E{n}", originator="1", payer="A")
        for n in range(9)
    ]
    found = match([Deposit(id=1, date=NOW.date(), cents=200, mark="m" * 64)], payments)
    [row] = [row for row in bank.rows(found, unmatched=False) if row["deposit"]]
    assert len(row["could_be"]) == 4
    assert row["could_be"][-1] == "33 more ways"


def test_zero_payments_want_no_deposit(ledger_url: str) -> None:
    """A remittance without money is not missed at the bank."""
    with open_ledger(ledger_url) as ledger:
        none = remit(clp("A", paid="0"), paid="0", method="NON")
        take(ledger, x12(none))
        assert not bank.matched(ledger, "T").payments


def test_a_debit_wants_no_deposit(ledger_url: str) -> None:
    """A payment that takes money (BPR03 D) is not missed at the bank, and no deposit is it."""
    with open_ledger(ledger_url) as ledger:
        data = x12(remit(clp("A", status="22", sign=-1), paid="75"))
        take(ledger, data.replace(b"BPR*I*75*C*", b"BPR*I*75*D*"))
        with ledger.reading() as connection:
            assert [one.cents for one in deposits.payments(connection, "T")] == [-7500]
        assert not bank.matched(ledger, "T").payments


def test_of_a_bank_file_only_the_deposits_are_kept(fixtures: Path, ledger_url: str) -> None:
    """The bytes in the ledger hold no account number; verify compares the deposits with them."""
    with open_ledger(ledger_url) as ledger:
        _take(ledger, fixtures / "by-hand" / "bank.csv")
        _take(ledger, fixtures / "by-hand" / "deposits.ach")
        with ledger.reading() as connection:
            digests = connection.execute(select(file.c.digest).order_by(file.c.id)).scalars().all()
        kept = b"".join(piece for digest in digests for piece in ledger.file_bytes(digest))
        assert b"88120017" in kept
        for secret in (ACCOUNT, "000987654321", "RENT"):
            assert secret.encode() not in kept
        assert _deposits(ledger) == (5, 5, 0)  # one of the six stands in both files
        with ledger.begin(RUN) as writer:
            writer.connection.execute(
                update(bank_deposit).where(bank_deposit.c.number == 3).values(cents=1)
            )
        assert _deposits(ledger) == (5, 5, 1)


def _deposits(ledger: Ledger) -> tuple[int, int, int]:
    """What verify says of the deposits: kept, made again, different."""
    found = verify(ledger)
    one = next(each for each in found.compared if each.what == "bank deposits")
    assert found.equal == one.equal
    return one.kept, one.made, one.broken


def test_debits_with_amounts_above_zero_are_no_deposits() -> None:
    """Where a column says which rows are debits, their amounts need no minus."""
    text = "Date,Description,Amount,Type\n4/29/2026,A,62.40,CREDIT\n4/29/2026,RENT,62.40,Debit\n"
    assert [row[1] for row in _read(text)] == [6240]
    own = text.replace("Type", "S/H").replace("Debit", "DR")
    assert [row[1] for row in _read(own, kind="S/H")] == [6240]
