"""``claimline advice``: a payment in words, chosen claims for the next payer, nothing of others."""

from pathlib import Path

import pytest
from command_line import Command
from job_done import Job
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


def test_a_member_id_in_a_recovery_is_masked(
    command: Command, tmp_path: Path, nowhere: Path
) -> None:
    """A member id run on to a provider adjustment's reference is for what is written only."""
    path = tmp_path / "recovery.835"
    plb = ("PLB*1234567893*20261231*WO:11262851239993EG4TE5MK73*10",)
    path.write_bytes(x12(remit(clp("C0000001A"), plb=plb)))
    said = command("advice", path)[1]
    assert "Provider adjustment WO 1126285123999 ***: takes 10.00" in said
    assert "3EG4TE5MK73" not in said
    out = nowhere / "advice.txt"
    assert command("advice", path, "-o", out)[0] == 0
    assert "WO 11262851239993EG4TE5MK73: takes" in out.read_text()


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


def test_by_number_with_the_views_recorded(command: Command, job: Job, tmp_path: Path) -> None:
    """A payment of the ledger is found by its number; each patient written is recorded."""
    ledger = job.ledger
    with open_ledger(ledger) as opened:
        payment = next(p for p in opened.payments(usage="T") if p.claims > 1)
        with opened.reading() as connection:
            before = len(connection.execute(select(view.c.id)).fetchall())
    out = tmp_path / "advice.html"
    status, _, errors = command("advice", payment.trace, "--ledger", ledger, "-o", out)
    assert (status, errors) == (0, "")
    assert payment.trace in out.read_text()
    with open_ledger(ledger) as opened, opened.reading() as connection:
        assert len(connection.execute(select(view.c.id)).fetchall()) > before


def test_neither_file_nor_payment(command: Command, job: Job) -> None:
    """What is neither is refused, masked."""
    status, _, errors = command("advice", "EFT99999", "--ledger", job.ledger)
    assert status == 2
    assert "EFT99999" not in errors


LEVEL = ("CAS*CO*45*45", "CAS*PR*1*50")
WHOLE = Line(charge="125", paid="125", cas=())


@pytest.mark.parametrize(
    ("claim", "cells"),
    [
        (clp("C0000001A", WHOLE, extra=LEVEL, paid="30"),
         ["125.00", "80.00", "50.00", "0.00", "0.00", "45.00", "30.00"]),
        (clp("C0000001A", WHOLE, extra=("CAS*CO*29*125",), paid="0", status="4"),
         ["125.00", "0.00", "0.00", "0.00", "0.00", "125.00", "0.00"]),
        (["CLP*C0000001A*1*125*80**12*ICN1", "CAS*CO*45*45"],
         ["125.00", "80.00", "0.00", "0.00", "0.00", "45.00", "80.00"]),
        (["CLP*C0000001A*4*125*0**12*ICN1", "CAS*CO*27*125"],
         ["125.00", "0.00", "0.00", "0.00", "0.00", "125.00", "0.00"]),
        (clp("C0000001A", Line(charge="75", paid="6.92", cas=("OA*23*68.08",)), status="2"),
         ["75.00", "not", "said", "0.00", "0.00", "0.00", "68.08", "6.92"]),
    ],
    ids=["adjusted as a whole", "denied as a whole", "no lines", "denied, no lines", "second payer"],
)  # fmt: skip
def test_allowed_of_a_claim(
    command: Command, nowhere: Path, claim: list[str], cells: list[str]
) -> None:
    """What was allowed is charge less what was written off or refused, wherever that stands."""
    era = nowhere / "one.835"
    era.write_bytes(x12(remit(claim)))
    status, said, _ = command("advice", era)
    row = next(line.split() for line in said.splitlines() if line.startswith("claim  "))
    assert (status, row[1:]) == (0, cells)


def test_what_an_assistant_costs(command: Command, nowhere: Path) -> None:
    """Story 1: lines allowed 34.61, 49.16 and 20.70 come to 104.47, the assistant's cut apart."""
    lines = (
        Line(charge="75", paid="27.14", cas=("CO*45*40.39", "PR*2*6.92", "CO*253*0.55")),
        Line(charge="150", paid="32.76", cas=(
            "CO*45*80.78", "CO*59*20.06", "CO*237*5.90", "PR*2*9.83", "CO*253*0.67" )),
        Line(charge="65", paid="16.23", cas=(
            "CO*45*37.83", "CO*59*6.47", "PR*2*4.14", "CO*253*0.33")),
    )  # fmt: skip
    claim = clp("C0000001A", *lines)
    claim.insert(next(n for n, one in enumerate(claim) if "REF*6R*02" in one) + 1, "LQ*HE*N851")
    era = nowhere / "story.835"
    era.write_bytes(x12(remit(claim)))
    said = command("advice", era)[1]
    row = next(line.split() for line in said.splitlines() if line.startswith("claim  "))
    assert row[1:3] == ["290.00", "104.47"]


def test_a_payment_below_zero_is_said(command: Command, nowhere: Path) -> None:
    """A payment below zero is shown as it came, and that there can be no such."""
    era = nowhere / "below.835"
    era.write_bytes(x12(remit(clp("C0000001A", sign=-1, status="22"), method="NON")))
    said = command("advice", era)[1]
    assert "Payment       -75.00, nothing (below zero" in said


def test_chosen_claims_say_nothing_of_the_whole_check(
    command: Command, era: Path, nowhere: Path
) -> None:
    """The sum of the check is that of others too; what else the patient owes is told."""
    denied = Line(paid="0", cas=("PR*204*100",))
    era.write_bytes(x12(remit(clp("C0000001A", denied, extra=DOE), clp("C0000002A", extra=ROE))))
    said = command("advice", era, "--claim", "C0000001A")[1]
    assert "75.00" not in said
    assert "Patient's, other reasons  100.00" in said
