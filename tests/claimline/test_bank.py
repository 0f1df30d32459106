"""Bank files: CSV of any columns and Nacha with addenda, and nothing of account numbers."""

from pathlib import Path

import pytest
from receive_made import NOW, RUN, clp, remit, take, x12
from sqlalchemy import select, update

from claimline.errors import WrongUsageError
from claimline.services import bank
from claimline.services.bank_read import Profile, read, read_profile
from claimline.services.verify import verify
from reconcile.deposits import BY_TRACE_AND_PAYER
from reconcile.ledger import Ledger, deposits, open_ledger
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import bank_deposit

ACCOUNT = "000123456789"


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
        ("", "no column is the date"),
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
    from claimline.__main__ import main

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
