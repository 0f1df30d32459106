"""``claimline report``: figures that sum to the books, lists, who may see names."""

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from acknowledged_made import a277ca, claim_said, take_277ca
from attrs import evolve
from command_line import Command
from job_done import Job
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from receive_made import Line, clp, record, remit, sent, take, x12
from sqlalchemy import func, select

from claimline.services import claims, reports
from claimline.services.reports_cases import Question
from claimline.services.reports_lists import Viewer, lines, patients, unmatched
from reconcile.ledger import Ledger, open_ledger
from reconcile.ledger.tables import sent_claim, view
from reconcile.ledger.tables_answered import claim_state
from reconcile.reports.values import WAYS

ON = dt.date(2026, 6, 1)
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
PLAIN = Line(cas=("CO*45*25",))
DENIED = Line(paid="0", cas=("CO*97*100",))
DEDUCTIBLE = Line(paid="0", cas=("CO*45*25", "PR*1*75"))
CUT = Line(code="97110", charge="60", paid="30", cas=("CO*45*10", "CO*131*20"))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Six claims: paid, denied, deductible, cut, rejected, never answered; one of somebody else."""
    made = {
        "C0000001A": (PLAIN,), "C0000002A": (DENIED, CUT), "C0000003A": (DEDUCTIBLE,),
        "C0000004A": (CUT,), "C0000005A": (PLAIN,), "C0000006A": (PLAIN, CUT),
    }  # fmt: skip
    records = [
        evolve(
            sent(control, *some, member=f"W{n % 4}", day=dt.date(2026, 1 + n % 3, 5)),
            rendering_npi=f"155501021{n % 2}",
            location="main" if n % 2 else "",
            payer_name="AETNA" if n < 5 else "HERON",
            patient_id=f"P-{n % 4}",
            patient_name=f"Doe{n % 4}, Jane",
            position=n,
        )
        for n, (control, some) in enumerate(made.items(), 1)
    ]
    with open_ledger(ledger_url) as opened:
        record(opened, *records, control=77)
        paid = [clp(control, *some) for control, some in list(made.items())[:4]]
        take(opened, x12(remit(*paid, clp("OLD1", PLAIN))))
        take_277ca(opened, a277ca(claim_said("C0000005A", "A7:562*20260303*U*100")), control=5)
        yield opened


def asked(**more: object) -> Question:
    """A question about the test book."""
    return Question(on=ON, usage="T", **more)  # type: ignore[arg-type]  # its own fields


@pytest.mark.parametrize("counted_from", ["service", "sent"])
@pytest.mark.parametrize("by", WAYS)
def test_aging_sums_to_the_open_amounts(ledger: Ledger, by: str, counted_from: str) -> None:
    """However it is grouped and counted, aging comes to the open amounts of the claims' states."""
    with ledger.reading() as connection:
        cents = connection.execute(select(func.sum(claim_state.c.open))).scalar_one()
    found = reports.aging(ledger, asked(by=by, counted_from=counted_from))
    assert Decimal(found.total["open"]) == Decimal(int(cents)) / 100 == Decimal("260.00")
    assert sum(Decimal(row["open"]) for row in found.rows) == Decimal("260.00")


@pytest.mark.parametrize("by", ["payer", "code"])
def test_aging_leaves_out_what_a_person_closed(ledger: Ledger, by: str) -> None:
    """What a person closed is open in the books and stands beside what is waited for."""
    claims.close(
        ledger, ["C0000006A"], reason="written off", usage="T", reopen=False, user="eva", now=NOW
    )
    with ledger.reading() as connection:
        cents = connection.execute(select(func.sum(claim_state.c.open))).scalar_one()
    found = reports.aging(ledger, asked(by=by))
    assert (found.total["open"], found.total["closed"]) == ("100.00", "160.00")
    assert Decimal(int(cents)) / 100 == Decimal("260.00")
    assert any("closed by a person" in note for note in found.notes)


def test_aging_by_location_names_what_is_not_recorded(ledger: Ledger) -> None:
    """Claims that do not say their location have a group of their own."""
    groups = {row["group"] for row in reports.aging(ledger, asked(by="location")).rows}
    assert groups == {None, "main"}


@pytest.mark.parametrize("by", WAYS)
def test_summary_closes(ledger: Ledger, by: str) -> None:
    """What became of the charges comes to the charges of all claims, however it is grouped."""
    with ledger.reading() as connection:
        cents = connection.execute(select(func.sum(sent_claim.c.charge))).scalar_one()
    found = reports.summary(ledger, asked(by=by))
    assert found.total["closes"]
    assert Decimal(found.total["billed"]) == Decimal(int(cents)) / 100


def test_denials_by_line_and_money(ledger: Ledger) -> None:
    """One of five decided lines is denied, with its money; the rejected claim is not in it."""
    total = reports.denials(ledger, asked()).total
    assert (total["lines"], total["denied_lines"], total["denied_rate"]) == (5, 1, "20.0")
    assert (total["billed"], total["denied"], total["money_rate"]) == ("420.00", "100.00", "23.8")


def test_first_pass_counts_rejections_apart(ledger: Ledger) -> None:
    """Three of five went through; one was denied in part, one rejected; one waits."""
    total = reports.first_pass(ledger, asked()).total
    assert total == {
        "counted": 5, "passed": 3, "rate": "60.0", "rejected": 1, "refused": 1, "waiting": 1,
    }  # fmt: skip


def test_mended_claim_counts_once_as_a_rejection(ledger: Ledger) -> None:
    """A new claim for a rejected one is no first try; the rejected one stays the rejection."""
    before = reports.first_pass(ledger, asked()).total
    record(ledger, sent("C0000007A", family="C0000005A"), control=78)
    take(ledger, x12(remit(clp("C0000007A"), trace="B", date="20260301"), control=9))
    assert reports.first_pass(ledger, asked()).total == before
    assert before["rejected"] == 1


def test_first_pass_stays_what_it_was(ledger: Ledger) -> None:
    """A denied claim that is paid by a later answer did not go through at the first try."""
    back = clp("C0000002A", DENIED, CUT, status="22", sign=-1)
    take(ledger, x12(remit(back, trace="EFT2", paid="0", date="20260301"), control=2), "2.835")
    again = clp("C0000002A", PLAIN, CUT, icn="ICN2")
    take(ledger, x12(remit(again, trace="EFT3", date="20260401"), control=3), "3.835")
    assert reports.denials(ledger, asked()).total["denied_lines"] == 0
    assert reports.first_pass(ledger, asked()).total["refused"] == 1


def test_days_to_pay_from_service(ledger: Ledger) -> None:
    """From the service to the first payment above 0.00; one paid before it is told apart."""
    total = reports.days_to_pay(ledger, asked(counted_from="service")).total
    assert (total["claims"], total["longest"], total["no_day"]) == (2, 15, 1)


def test_payer_and_days_narrow(ledger: Ledger) -> None:
    """Only claims of the payer and the days asked for are counted."""
    assert reports.summary(ledger, asked(payer="heron")).total["claims"] == 2
    some = asked(since=dt.date(2026, 2, 1), until=dt.date(2026, 2, 28))
    assert reports.summary(ledger, some).total["claims"] == 2


def test_lines_by_kind(ledger: Ledger) -> None:
    """Denied, adjusted and deductible lines are told apart; a plain price cut is none of them."""
    found = {
        kind: [row["claim"] for row in lines(ledger, asked(), kind)]
        for kind in ("denied", "adjusted", "deductible")
    }
    assert found == {
        "denied": ["C0000002A"],
        "adjusted": ["C0000002A", "C0000004A"],
        "deductible": ["C0000003A"],
    }


def test_unmatched_has_age_and_payment(ledger: Ledger) -> None:
    """What fits no claim is listed with its check, its money and its age."""
    (row,) = unmatched(ledger, asked())
    assert (row["claim"], row["trace"], row["paid"], row["age"]) == ("OLD1", "EFT1", "75.00", 101)


def test_patients_are_masked_unless_looked_at(ledger: Ledger) -> None:
    """Balances stand under opaque keys; with names each patient is recorded as looked at."""
    (row,) = patients(ledger, asked())
    assert (row["due"], row["patient_name"], row["patient_id"]) == ("75.00", None, None)
    with ledger.reading() as connection:
        assert not connection.execute(select(view.c.patient)).fetchall()
    (named,) = patients(ledger, asked(), Viewer(user="ada", now=NOW))
    assert named["patient_name"] == "Doe3, Jane"
    with ledger.reading() as connection:
        assert connection.execute(select(view.c.user, view.c.patient)).fetchall() == [
            ("ada", row["patient"])
        ]


NAMES = ("summary", "aging", "denials", "first-pass", "days-to-pay", "lines", "unmatched",
         "patients", "drift")  # fmt: skip


@pytest.mark.parametrize("shape", ["table", "json", "csv", "html"])
@pytest.mark.parametrize("name", NAMES)
def test_every_report_in_every_shape(command: Command, job: Job, name: str, shape: str) -> None:
    """Each report prints in each shape, and never a patient's name."""
    status, said, errors = command("report", name, "--ledger", job.ledger, "--format", shape)
    assert (status, errors) == (0, "")
    assert said.strip()
    assert "MERCER" not in said.upper()
    if shape == "json":
        json.loads(said)


def test_workbook_sums_outside_the_filter(command: Command, job: Job, tmp_path: Path) -> None:
    """A workbook has numbers, a frozen and filtered header, and its total below an empty row."""
    out = tmp_path / "summary.xlsx"
    assert command("report", "summary", "--ledger", job.ledger, "-o", out)[0] == 0
    sheet = load_workbook(io.BytesIO(out.read_bytes())).active
    rows = list(sheet.iter_rows(values_only=True))
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.endswith(str(len(rows) - 2))
    assert set(rows[-2]) == {None}
    billed = rows[0].index("Billed")
    assert rows[-1][0] == "total"
    cents = [round(row[billed] * 100) for row in rows[1:-2]]
    assert sum(cents) == round(rows[-1][billed] * 100)
    width = sheet.column_dimensions[get_column_letter(billed + 1)].width
    assert width > len("9,999,999.99")  # a sum that does not fit is shown as ####
    assert "Payer, name" not in rows[0]  # a payer has no other name


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("lines", "--by", "payer"), "--by"),
        (("aging", "--kind", "denied"), "--kind"),
        (("denials", "--from", "sent"), "--from"),
        (("summary", "--least", "3"), "--least"),
        (("aging", "--show-patient"), "--show-patient"),
    ],
)
def test_options_that_a_report_has_not(
    command: Command, job: Job, arguments: tuple[str, ...], option: str
) -> None:
    """An option that would do nothing is refused, not passed over."""
    status, _, errors = command("report", *arguments, "--ledger", job.ledger)
    assert status == 2
    assert f"has no {option}" in errors


def places(ledger: str) -> set[tuple[str, str, str]]:
    """Origin, treating NPI and location of the sent claims."""
    c = sent_claim.c
    with open_ledger(ledger) as opened, opened.reading() as connection:
        return set(
            map(tuple, connection.execute(select(c.origin, c.rendering_npi, c.location)).fetchall())
        )


def test_billed_claims_say_who_treated_and_where(job: Job) -> None:
    """Each billed claim keeps the clinician's NPI and the location's key of its visit."""
    found = places(job.ledger)
    assert ("billed", "1555010218", "main") in found
    assert all(npi and location for _, npi, location in found)


def test_claims_taken_over_say_who_treated(command: Command, job: Job, ledger_url: str) -> None:
    """A claim of another system's 837P keeps who treated, and the service facility's number."""
    names = sorted((job / "claims").glob("*.837"))
    assert names
    assert command("receive", *names, "--ledger", ledger_url)[0] == 0
    found = places(ledger_url)
    assert {(origin, bool(npi)) for origin, npi, _ in found} == {("adopted", True)}
    said = json.loads(command("report", "aging", "--from", "sent", "--ledger", ledger_url,
                              "--format", "json")[1])  # fmt: skip
    assert said["total"]["no_day"] == said["total"]["open"]


def test_drift_names_the_change(command: Command, ledger_url: str) -> None:
    """A payer that begins to refuse is told in words, with how often before and since."""
    with open_ledger(ledger_url) as opened:
        controls = [f"C{n:07d}A" for n in range(60)]
        records = [evolve(sent(one), payer_name="AETNA") for one in controls]
        record(opened, *records, control=9)
        for week in range(6):
            day = f"{dt.date(2026, 1, 12) + dt.timedelta(weeks=week):%Y%m%d}"
            line = DENIED if week >= 3 else PLAIN
            paid = [clp(one, line) for one in controls[week * 10 : week * 10 + 10]]
            take(opened, x12(remit(*paid, trace=f"E{week}", date=day), control=week + 1))
    status, said, _ = command("report", "drift", "--ledger", ledger_url, "--format", "json")
    assert status == 0
    rows = {row["what"]: row for row in json.loads(said)["rows"]}
    assert set(rows) == {
        "denies more lines",
        "began to give CO-97 included in another paid service",
    }
    for row in rows.values():
        assert (row["now"], row["before"]) == ("30 of 30 lines", "0 of 30")
        assert row["since"] == "2026-02-02"


@pytest.mark.parametrize("words", [("report", "aging"), ("claims",), ("denials",)])
def test_a_payer_nobody_knows_is_refused(
    command: Command, ledger: Ledger, ledger_url: str, words: tuple[str, ...]
) -> None:
    """A slip of the pen in --payer is no empty list: the known payers are named."""
    status, said, errors = command(*words, "--payer", "nope", "--ledger", ledger_url)
    assert (status, said) == (2, "")
    assert "AETNA" in errors


@pytest.mark.parametrize("ending", ["pdf", "doc"])
def test_an_ending_we_cannot_write_is_refused(
    command: Command, ledger: Ledger, ledger_url: str, tmp_path: Path, ending: str
) -> None:
    """A file is not filled with something else than its name says."""
    out = tmp_path / f"aging.{ending}"
    status, _, errors = command("report", "aging", "--ledger", ledger_url, "-o", out)
    assert (status, out.exists()) == (2, False)
    assert "*.xlsx" in errors


def test_a_spreadsheet_says_of_what_it_is(
    command: Command, ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    """Each row of a CSV names the book and the day, so that tests are not taken for the practice's."""
    out = tmp_path / "aging.csv"
    assert command("report", "aging", "--ledger", ledger_url, "-o", out)[0] == 0
    head, row, *_ = out.read_text().splitlines()
    found = dict(zip(head.split(","), row.split(","), strict=True))
    assert (found["book"], len(found["on"])) == ("test", 10)
