"""``claimline advice``: a payment in words, chosen claims for the next payer, nothing of others."""

from pathlib import Path

import pytest
from conftest import Command
from receive_made import Line, clp, remit, x12
from sqlalchemy import select

from reconcile.ledger import open_ledger
from reconcile.ledger.tables import view

DOE = ("NM1*QC*1*DOE*JANE****MI*W1",)
ROE = ("NM1*QC*1*ROE*RICHARD****MI*W2",)
COINSURED = Line(charge="100", paid="55", cas=("CO*45*25", "PR*2*20"))
PLB = ("PLB*1234567893*20261231*WO:OTHER9*10",)


@pytest.fixture(name="era")
def _era(tmp_path: Path) -> Path:
    """An 835 with two patients' claims and a recovery."""
    path = tmp_path / "era.835"
    claims = (
        clp("C0000001A", COINSURED, extra=DOE),
        clp("C0000002A", extra=ROE),
        clp("C0000003A", extra=DOE),
    )
    path.write_bytes(x12(remit(*claims, plb=PLB)))
    return path


def test_a_file_in_words(command: Command, era: Path, nowhere: Path) -> None:
    """Billed, allowed, the patient's parts, adjustments in words and the totals to the check."""
    status, said, _ = command("advice", era)
    assert (status, list(nowhere.glob("*.db"))) == (0, [])
    row = next(line.split() for line in said.splitlines() if "97530" in line)
    assert row[3:] == ["1", "100.00", "75.00", "0.00", "20.00", "0.00", "25.00", "55.00"]
    assert "CO-45 25.00: charge above fee schedule/contract" in said
    assert "Payment                        195.00" in said
    assert "takes 10.00" in said
    assert "it balances" in said


def test_names_are_masked_on_the_screen(command: Command, era: Path, nowhere: Path) -> None:
    """What is printed names nobody; what is written names the patients."""
    said = command("advice", era)[1]
    assert "DOE" not in said
    out = nowhere / "advice.txt"
    assert command("advice", era, "-o", out)[0] == 0
    assert "DOE, JANE" in out.read_text()
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("ending", ["txt", "html"])
def test_chosen_claims_say_nothing_of_others(
    command: Command, era: Path, nowhere: Path, ending: str
) -> None:
    """Chosen claims of one patient: no other patient, no other claim, no provider adjustment."""
    out = nowhere / f"advice.{ending}"
    assert command("advice", era, "--claim", "C0000001A", "-o", out)[0] == 0
    said = out.read_text()
    assert "C0000001A" in said
    for other in ("ROE", "W2", "C0000002A", "C0000003A", "OTHER9"):
        assert other not in said


def test_one_patient_to_a_page(command: Command, era: Path, nowhere: Path) -> None:
    """Claims of a patient share a page; the next patient begins another."""
    out = nowhere / "advice.html"
    chosen = [word for n in (1, 2, 3) for word in ("--claim", f"C000000{n}A")]
    assert command("advice", era, *chosen, "-o", out)[0] == 0
    first, second = out.read_text().split('<section class="head page">')
    assert "C0000001A" in first
    assert "C0000003A" in first
    assert "C0000002A" in second
    assert "DOE" not in second


def test_a_claim_that_is_not_there(command: Command, era: Path, nowhere: Path) -> None:
    """A claim that the payment does not have is said, and no file is left."""
    out = nowhere / "advice.html"
    status, _, errors = command("advice", era, "--claim", "C0000009A", "-o", out)
    assert status == 2
    assert "not in this payment" in errors
    assert not out.exists()


def test_what_does_not_balance_is_told(command: Command, nowhere: Path) -> None:
    """A claim or a payment that does not add up is said so, with status 1."""
    odd = nowhere / "odd.835"
    odd.write_bytes(x12(remit(clp("C0000001A", paid="70"), paid="60")))
    status, said, _ = command("advice", odd)
    assert status == 1
    assert "does not balance: 5.00 of the charge is not explained" in said
    assert "Does not balance: 10.00 more than the payment" in said


def test_by_number_with_the_views_recorded(command: Command, job: Path, tmp_path: Path) -> None:
    """A payment of the ledger is found by its number; each patient written is recorded."""
    ledger = job / "ledger.db"
    with open_ledger(str(ledger)) as opened:
        payment = next(p for p in opened.payments(usage="T") if p.claims > 1)
        with opened.reading() as connection:
            before = len(connection.execute(select(view.c.id)).fetchall())
    out = tmp_path / "advice.html"
    status, _, errors = command("advice", payment.trace, "--ledger", ledger, "-o", out)
    assert (status, errors) == (0, "")
    assert payment.trace in out.read_text()
    with open_ledger(str(ledger)) as opened, opened.reading() as connection:
        assert len(connection.execute(select(view.c.id)).fetchall()) > before


def test_neither_file_nor_payment(command: Command, job: Path) -> None:
    """What is neither is refused, masked."""
    status, _, errors = command("advice", "EFT99999", "--ledger", job / "ledger.db")
    assert status == 2
    assert "EFT99999" not in errors
