"""The cells of a remittance that a person types: read strictly, wrong ones named by column."""

from decimal import Decimal

import pytest

from claimline.errors import WrongUsageError
from claimline.services import remit_cells as cells
from claimline.services.remit_check import refuse_unbalanced
from claimline.services.remit_read import COLUMNS, read
from edi.remittance import RemittanceHeader, RemittanceTrailer

HEAD = ",".join(COLUMNS)
ROW = {
    "payer": "AETNA", "number": "77", "date": "2026-02-20", "amount": "75.00", "claim": "CT1",
    "code": "97530", "modifiers": "GP", "service_date": "2026-01-05", "charge": "100",
    "paid": "75", "units": "1", "adjustments": "CO-45 25.00", "remarks": "N130",
}  # fmt: skip


def csv(*rows: dict[str, str], mark: str = ";") -> str:
    """A file of these rows."""
    lines = [mark.join(row.get(column, "") for column in COLUMNS) for row in rows]
    return "\n".join([HEAD.replace(",", mark), *lines])


@pytest.mark.parametrize(
    ("text", "dollars"),
    [("75", "75"), ("$75.5", "75.5"), ("1,062.40", "1062.40"), ("1,062", "1062"), ("-5.", "-5"),
     ("$ 1,062.40", "1062.40"), (".50", "0.50"), ("-$.50", "-0.50"), ("(50.00)", "-50"),
     ("($1,050.00)", "-1050"), ("50.00-", "-50")],
)  # fmt: skip
def test_amounts_are_read(text: str, dollars: str) -> None:
    """Dollars with or without cents, thousands and the sign of the dollar."""
    assert cells.amount(text, "paid") == Decimal(dollars)


@pytest.mark.parametrize(
    "text",
    ["50,00", "1.062,40", "62,4", "12,34.56", "1,06,200", "$-", "5 0", ".", "(-5)", "--5", "()"],
)
def test_no_amount_is_read_a_hundred_times_too_high(text: str) -> None:
    """A decimal comma, or groups that are not of three, are refused with the column."""
    with pytest.raises(ValueError, match=r"^paid (is no amount|has a comma)"):
        cells.amount(text, "paid")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("number", "4.52E+11", "row 2: number was shortened by a spreadsheet"),
        ("payer_claim", "1.02E+12", "row 2: payer_claim was shortened by a spreadsheet"),
        ("claim", "1E+12", "row 2: claim was shortened by a spreadsheet"),
        ("date", "12.11.2026", "row 2: date is no day"),
        ("service_date", "02.11.2026", "row 2: service_date is no day"),
        ("adjustments", "CO-45 27,60", "row 2: adjustments has a comma where cents begin"),
        ("adjustments", "CO-9999 25", "row 2: adjustments name a reason that cannot be"),
        ("remarks", "Q999", "row 2: remarks are codes"),
        ("code", "ROBIN", "row 2: code is no code of a service"),
        ("modifiers", "ROBIN", "row 2: modifiers are written as"),
        ("units", "one", "row 2: units is no number"),
        ("paid", "50,00", "row 2: paid has a comma where cents begin"),
        ("amount", "50,00", "row 2: amount has a comma where cents begin"),
        ("provider_adjustments", "WO:A1 1,5", "row 2: provider_adjustments has a comma"),
    ],
)
def test_a_cell_that_cannot_be_is_named_by_its_column(column: str, value: str, told: str) -> None:
    """The row and the column are said, the value is not."""
    with pytest.raises(WrongUsageError) as caught:
        read("paper.csv", csv({**ROW, column: value}))
    assert told in caught.value.message
    assert value not in caught.value.message


@pytest.mark.parametrize(
    "text", ["3/20/2026", "03/20/26", "3-20-2026", "3-20-26", "2026-03-20", "20260320"]
)
def test_days_are_read(text: str) -> None:
    """As they stand on American paper, and as computers write them."""
    assert cells.day(text, "date").isoformat() == "2026-03-20"


@pytest.mark.parametrize(
    "text",
    ["CO-45 40.00; PR-3 20.00", "CO45 40; pr3 $20", "CO 45 40.00, PR-3: 20.00", "CO-45=40;PR-3 20"],
)
def test_adjustments_are_read(text: str) -> None:
    """However a person separates group, reason and amount."""
    found = [(one.group, one.reason, one.amount) for one in cells.adjustments(text)]
    assert found == [("CO", "45", Decimal(40)), ("PR", "3", Decimal(20))]


def test_a_claim_taken_back_and_decided_anew_stands_twice() -> None:
    """Another status begins another answer to the claim; rows without one go on with the newest."""
    row = {"claim": "CT1", "code": "97530"}
    back = {**row, "status": "22", "charge": "-100", "paid": "-75", "adjustments": "CO-45 -25"}
    anew = {**row, "status": "1", "charge": "100", "paid": "60", "adjustments": "CO-45 40"}
    more = {**row, "charge": "55", "paid": "55"}
    made = read("paper.csv", csv({**ROW, **back}, anew, more))
    assert [(c.status, c.paid, len(c.lines)) for c in made.claims] == [
        ("22", Decimal(-75), 1), ("1", Decimal(115), 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "sign", "told"),
    [("22", 1, "are below zero"), ("1", -1, "say status 22")],
    ids=["above zero", "no reversal"],
)
def test_the_signs_of_a_reversal(status: str, sign: int, told: str) -> None:
    """What is taken back is below zero, and nothing else is."""
    line = {"charge": f"{sign * 100}", "paid": f"{sign * 75}", "adjustments": f"CO-45 {sign * 25}"}
    made = read("paper.csv", csv({**ROW, **line, "status": status, "amount": f"{sign * 75}"}))
    header = RemittanceHeader(
        transaction="1", handling="I", paid=made.amount, credit_or_debit="C", method="CHK",
        payment_date=made.date, trace="77", originator="1", payer=None, payee=None,
    )  # fmt: skip
    with pytest.raises(WrongUsageError) as caught:
        refuse_unbalanced("paper.csv", made, header, made.claims, RemittanceTrailer())
    assert told in caught.value.message


def test_a_number_that_only_looks_shortened_is_kept() -> None:
    """A check or claim number of figures and an E is one."""
    assert read("paper.csv", csv({**ROW, "number": "452E11"})).number == "452E11"


def test_two_payments_in_a_file_are_told_once() -> None:
    """One line says where the second begins, and that a file holds one."""
    other = {**ROW, "payer": "CIGNA", "number": "78", "amount": "60.00"}
    with pytest.raises(WrongUsageError) as caught:
        read("paper.csv", csv(ROW, other))
    assert caught.value.message.count("\n") == 1
    assert "row 3: another payment begins" in caught.value.message
    assert "one payment per file" in caught.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SAMPLE,ROBIN,1EG4TE5MK73,2026-11-02\n", "the first row (4 cells) is no header"),
        ("payer,robin,1EG4TE5MK73\n", "column 2 has a name that is not known"),
        ("payer,amuont\n", "column 2 has a name that is not known; do you mean amount?"),
        (HEAD + "\nROBIN SAMPLE,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18\n", "more cells"),
        (HEAD + '\n"ROBIN,77,2026\nSAMPLE,78,2026"\n', "quotation mark is not closed"),
    ],
    ids=["no header", "strange column", "typing error", "too many cells", "quotation mark"],
)
def test_a_wrong_file_is_never_echoed(text: str, told: str) -> None:
    """Names and member ids in it do not reach the terminal or a log."""
    with pytest.raises(WrongUsageError) as caught:
        read("paper.csv", text)
    assert told in caught.value.message
    for word in ("ROBIN", "robin", "SAMPLE", "1EG4TE5MK73", "1eg4te5mk73"):
        assert word not in caught.value.message
