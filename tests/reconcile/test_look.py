"""Lines that nobody refused and that a person should see all the same."""

import datetime as dt
from decimal import Decimal

import pytest
from remits import answered, claim, facts, line

from reconcile.books import claim_books
from reconcile.denials import patient_share
from reconcile.report import denial_rows
from reconcile.values import Finding, LineBooks

ON = dt.date(2026, 5, 1)
SENT = claim(line("L1", "97530:GP", "75.00"))


def books_of(
    cas: str, *, paid: str = "0", clp: str = "1", more: str = "", moa: str = ""
) -> LineBooks:
    """The books of the one line after one answer."""
    body = (
        f"CLP*CLAIMAAAABBBB*{clp}*75*{paid}**12*A1*11*1~{moa}SVC*HC:97530:GP*75*{paid}**1~"
        f"DTM*472*20260310~{cas}~REF*6R*L1~{more}"
    )
    (found,) = claim_books(SENT, [answered(SENT, body)])
    return found


def row_of(books: LineBooks) -> dict[str, object]:
    """The one row that staff see of the line."""
    (row,) = denial_rows(SENT, [books], (), (), facts(), on=ON)
    return row


def test_a_group_that_does_not_exist_is_refused_and_shown() -> None:
    """Nothing is written off under a group that X12 does not have."""
    found = books_of("CAS*XX*45*75")
    assert found.status == "denied"
    assert (found.denied, found.contractual) == (Decimal(75), Decimal(0))
    assert any("group XX" in flag for flag in found.flags)
    row = row_of(found)
    assert row["category"] == "unknown group"
    assert "bill the patient" in row["never"]  # type: ignore[operator]  # a list of texts


@pytest.mark.parametrize("group", ["OA", "PR"])
def test_money_paid_to_the_patient_is_on_the_worklist(group: str) -> None:
    """Nobody refused it, but the practice has to get a copy before it collects."""
    found = books_of(f"CAS*{group}*100*75")
    assert found.denied == 0
    row = row_of(found)
    assert row["status"] == "check"
    assert "copy" in str(row["next_step"])
    assert row["never"]


@pytest.mark.parametrize("clp", ["1", "4"])
def test_a_whole_charge_written_off_is_no_denial_and_wants_a_look(clp: str) -> None:
    """CARC 45 for the whole charge: a package price, or a fault of the payer."""
    found = books_of("CAS*CO*45*75", clp=clp)
    assert found.status == "paid"
    assert (found.contractual, found.denied) == (Decimal(75), Decimal(0))
    row = row_of(found)
    assert (row["status"], row["category"]) == ("check", "paid nothing")
    assert "contract" in str(row["next_step"])


@pytest.mark.parametrize(
    ("cas", "paid", "clp"),
    [
        ("CAS*CO*45*25", "50", "1"),
        ("CAS*PR*1*75", "0", "1"),
        ("CAS*CO*45*25~CAS*PR*1*50", "0", "1"),
        ("CAS*CO*45*75", "0", "2"),
    ],
    ids=["paid", "deductible", "rest is the deductible", "secondary restates"],
)
def test_an_ordinary_answer_wants_no_look(cas: str, paid: str, clp: str) -> None:
    """A paid line, a deductible and a secondary's CO-45 for the whole rest stay off the list."""
    found = books_of(cas, paid=paid, clp=clp)
    assert list(denial_rows(SENT, [found], (), (), facts(), on=ON)) == []


def share_of(
    cas: str, moa: str = "", family: str = "commercial", paid: str = "45"
) -> Finding | None:
    """What may be asked of the patient."""
    books = books_of(cas, paid=paid, moa=moa)
    return patient_share(SENT.lines[0], SENT, books, facts(family))


@pytest.mark.parametrize("remark", ["N781", "N782", "N783"])
def test_a_qmb_patient_owes_nothing(remark: str) -> None:
    """Whatever PR says, the next step is Medicaid and the patient is never billed."""
    found = share_of("CAS*PR*2*30", moa=f"MOA***{remark}~")
    assert found is not None
    assert found.row == "10 patient share, QMB"
    assert "owes nothing" in found.next_step
    assert found.never == ("bill the patient",)


@pytest.mark.parametrize(
    ("cas", "moa", "row"),
    [
        ("CAS*PR*3*30", "", "10 patient share"),
        ("CAS*PR*2*30", "MOA***MA18~", "10 patient share, forwarded"),
        ("CAS*PR*45*30", "", "1 above the plan's price, patient"),
        ("CAS*CO*45*10~CAS*PR*100*20", "", "100 paid to the patient"),
    ],
    ids=["copay", "forwarded", "above the plan's price", "paid to the patient"],
)
def test_the_patient_share_of_a_paid_line_has_its_checks(cas: str, moa: str, row: str) -> None:
    """A line that was paid says too whether the patient may be billed."""
    found = share_of(cas, moa=moa)
    assert found is not None
    assert found.row == row
    assert found.next_step
    assert found.never


def test_without_a_patient_share_there_is_nothing_to_ask() -> None:
    """CO alone leaves nothing to the patient; a PR refusal is a denial, not a share."""
    assert share_of("CAS*CO*45*30") is None
    assert share_of("CAS*PR*204*75", paid="0") is None
