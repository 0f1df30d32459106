"""Bank files that are cut, mixed, wrong or no bank files: nothing is swallowed, nothing guessed."""

import datetime as dt

import pytest

from claimline.errors import WrongUsageError
from claimline.services.bank_read import Profile, read, text_of

TODAY = dt.date(2026, 11, 22)
HEAD = "Date,Description,Amount\n"
TRN = "HCCLAIMPMT TRN*1*K9*1351840597~"


def _days(text: str, profile: Profile | None = None) -> list[str]:
    return [str(one.date) for one in read("b.csv", text, profile, today=TODAY).rows]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param(f'11/13/2026,"{TRN},62.40', "row 2: a quote is not closed", id="quote"),
        pytest.param(f"11/13/2026,{TRN}", "row 2: cells are lost: it has 2, the heading has 3",
                     id="too few cells"),
        pytest.param(f"11/13/2026,{TRN}, INC,62.40", "row 2: it has 4 cells, the heading has 3",
                     id="a comma without quotes"),
        pytest.param("11/13/2036,HCCLAIMPMT,5.00", "row 2: the day 2036-11-13 lies in the future",
                     id="the future"),
        pytest.param("11/13/1926,HCCLAIMPMT,5.00", "row 2: the day 1926-11-13 lies more than 10",
                     id="long past"),
        pytest.param("11/13/2026,HCCLAIMPMT TRN*1*8.8120017E+07*1351840597~,5.00",
                     "row 2: a spreadsheet shortened the payment's number", id="shortened number"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_right_is_named_and_the_next_is_taken(row: str, told: str) -> None:
    """The row is told with its number and why; the one after it is neither lost nor changed."""
    found = read("b.csv", f"{HEAD}{row}\n11/14/2026,{TRN},72.40\n", today=TODAY)
    [fault] = found.faults
    assert fault.startswith(told)
    assert [(str(one.date), one.cents, one.trace) for one in found.rows] == [
        ("2026-11-14", 7240, "K9")
    ]


def test_cells_over_several_lines_are_read() -> None:
    """A text with a line break in quotes is one cell, and the rows after it keep their numbers."""
    found = read("b.csv", f'{HEAD}11/13/2026,"A\nB",1.00\nsoon,X,2.00\n', today=TODAY)
    assert [one.number for one in found.rows] == [2]
    assert found.faults[0].startswith("row 4:")


@pytest.mark.parametrize("ends", [",", ",,"], ids=["one", "two"])
def test_empty_cells_at_the_end_do_not_matter(ends: str) -> None:
    """Commas too many at the end of a row are no text that ran over."""
    assert _days(f"{HEAD}11/13/2026,X,1.00{ends}\nTotal\n") == ["2026-11-13"]


@pytest.mark.parametrize(
    "day",
    ["11/14/2026", "2026-11-14", "11/14/26", "20261114", "11-14-2026", "14-Nov-2026", "14-Nov-26",
     "Nov 14, 2026", "November 14, 2026", "14 Nov 2026", "2026/11/14", "14.11.2026",
     "2026-11-14T00:00:00Z", "2026-11-14 08:30", "11/14/2026 00:00:00"],
)  # fmt: skip
def test_days_as_banks_write_them(day: str) -> None:
    """Each usual way is read without a profile, also one row by itself in a file of another way."""
    assert _days(f'{HEAD}"{day}",X,1.00\n11/15/2026,X,2.00\n') == ["2026-11-14", "2026-11-15"]


def test_one_file_has_one_reading_of_its_days() -> None:
    """A day that can only be day before month settles the others, however late it comes."""
    some = "".join(f"05/06/2026,X{n},1.00\n" for n in range(600))
    assert set(_days(f"{HEAD}{some}")) == {"2026-05-06"}
    assert set(_days(f"{HEAD}{some}13/11/2026,Y,1.00\n")) == {"2026-06-05", "2026-11-13"}


def test_days_in_two_ways_stop_the_file() -> None:
    """Month before day and day before month in one file: none is taken until it is said."""
    text = f"{HEAD}05/06/2026,X,1.00\n13/11/2026,X,1.00\n11/13/2026,X,1.00\n"
    with pytest.raises(WrongUsageError, match="written in two ways") as told:
        _days(text)
    assert "date_format" in told.value.todo
    found = read("b.csv", text, Profile(date_format="%m/%d/%Y"), today=TODAY)
    assert ([str(one.date) for one in found.rows], len(found.faults)) == (
        ["2026-05-06", "2026-11-13"],
        1,
    )


@pytest.mark.parametrize(
    ("data", "told", "todo"),
    [
        pytest.param(b"\r\n", "it is empty", "bank", id="empty"),
        pytest.param(b"ISA*00*          *00*", "an X12 file", "claimline receive", id="an 835"),
        pytest.param(b"PK\x03\x04\x14\x00xl/workbook", "no text file", "CSV", id="a workbook"),
        pytest.param(bytes(range(256)) * 4, "no text file", "CSV", id="bytes"),
        pytest.param(
            b"payer,number,date,amount,claim,service_date,charge,adjustments\nA,1,2026-11-12,5,R,,,\n",
            "sheet of claims",
            "remit enter",
            id="a remittance sheet",
        ),
        pytest.param(
            b"Booked,Text\n1,2\n", "no column is the date", 'date = "..."', id="no such columns"
        ),
    ],
)
def test_what_is_no_bank_file_says_what_to_do(data: bytes, told: str, todo: str) -> None:
    """Each kind of wrong file has its own message and its own next step."""
    with pytest.raises(WrongUsageError, match=told) as error:
        read("b.csv", text_of(data), today=TODAY)
    assert todo in error.value.todo


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        pytest.param(f"sep=;\nDate;Description;Amount\n11/14/2026;{TRN};1.00\n", None, id="sep"),
        pytest.param(f"Report\nof 11/20\n\nDate,Memo,Amount\n11/14/2026,{TRN},1.00\n",
                     Profile(date="Date"), id="a profile does not count lines before the heading"),
        pytest.param(f"Date,Amount,Extended\n11/14/2026,1.00,{TRN}\n", None,
                     id="addenda in a column of another name"),
        pytest.param(f"Date,Amount,Description,Extended\n11/14/2026,1.00,ACH,{TRN}\n", None,
                     id="addenda beside the description"),
    ],
)  # fmt: skip
def test_headings_are_found(text: str, profile: Profile | None) -> None:
    """What stands before the heading, and addenda in whatever column, need no further settings."""
    [one] = read("b.csv", text, profile, today=TODAY).rows
    assert (str(one.date), one.cents, one.trace) == ("2026-11-14", 100, "K9")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}11/17/2026,RETURN {TRN},-62.40\n",
        f"Date,Description,Debit,Credit\n11/17/2026,RETURN {TRN},62.40,0.00\n",
        f"Date,Description,Debit,Credit\n11/17/2026,RETURN {TRN},62.40,\n",
        f"Date,Description,Amount,Type\n11/17/2026,RETURN {TRN},62.40,DEBIT\n",
    ],
    ids=["a sign", "a column of debits", "no credit", "a kind"],
)
def test_a_debit_that_names_a_payment_is_read(text: str) -> None:
    """However a bank writes debits, one with the number of a claim payment takes that back."""
    [one] = read("b.csv", text, today=TODAY).rows
    assert (one.cents, one.trace, one.payer) == (-6240, "K9", "")


def test_other_debits_stay_out() -> None:
    """A check or a fee is no deposit, whatever stands in its cells."""
    text = "Date,Description,Debit,Credit\n11/17/2026,CHECK 12 ROBIN,paid,\n"
    found = read("b.csv", text, today=TODAY)
    assert (found.rows, found.passed, found.faults) == ((), 1, ())


def test_the_payer_is_what_the_bank_calls_the_company() -> None:
    """Of a long text of fields only the name of the company is the payer."""
    words = f"ORIG CO NAME:MEDICARE OHIO ORIG ID:1351840597 DESC DATE:261112 {TRN}"
    [one] = read("b.csv", f"{HEAD}11/17/2026,{words},1.00\n", today=TODAY).rows
    assert one.payer == "MEDICARE OHIO"


def test_days_that_may_be_read_in_two_ways_are_told() -> None:
    """No day above 12: the file says how it was read, with an example; a profile says otherwise."""
    text = "Date,Amount\n04/05/2026,75.00\n05/05/2026,5.00\n"
    found = read("b.csv", text, today=TODAY)
    assert found.rows[0].date.isoformat() == "2026-04-05"
    assert found.understood[-1] == (
        "dates: read as month/day: 04/05/2026 is April 5; if it is not, set day_first = true in a "
        "profile"
    )
    found = read("b.csv", text, Profile(day_first=True), today=TODAY)
    assert (found.rows[0].date.isoformat(), found.understood[-1]) == (
        "2026-05-04",
        "dates: day before month",
    )
    for sure in (text.replace("04/05", "04/15"), text.replace("04/05", "04/04")):
        assert "dates" not in read("b.csv", sure, today=TODAY).understood[-1]
    wrong = read("b.csv", text.replace("04/05", "04/15"), Profile(day_first=True), today=TODAY)
    assert wrong.faults == ("row 2: the date cannot be read; say date_format in a profile",)
