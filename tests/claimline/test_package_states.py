"""A claim paid by visit or by capitation is nowhere denied: its state says what its lines say."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from receive_made import RUN

from claimline.__main__ import main
from claimline.services.payer_facts import refresh
from claimline.services.practice import load
from reconcile.ledger import open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
POLICY = "[[payers.lakeshore.policy]]\nfrom = 2025-01-01\n"
Json = Any


class Desk:
    """A visit of two codes, 97530 150.00 and 97110 55.00, billed to Lakeshore and answered."""

    def __init__(self, folder: Path, ledger: str) -> None:
        self.folder = folder
        self.ledger = ["--ledger", ledger]
        self.practice = folder / "practice.toml"
        self.pays_by("")
        self.days = 0
        self.dates: dict[str, str] = {}

    def pays_by(self, keys: str, more: str = "") -> None:
        """Lakeshore's policy has these keys; ``more`` are tables after it."""
        text = PRACTICE.read_text(encoding="utf-8")
        assert text.count(POLICY) == 1
        self.practice.write_text(text.replace(POLICY, f"{more}{POLICY}{keys}\n"), encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """A command's standard output; 0 and 1 are both "done"."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main([*arguments, *self.ledger])
        assert status in (0, 1), err.getvalue()
        return out.getvalue()

    def bill(self, date: str = "2026-03-02") -> str:
        """Bill a visit of a day; gives the claim's number."""
        self.days += 1
        visit = {
            "visit_id": f"V{self.days}", "date": date, "location": "main", "discipline": "PT",
            "treating_clinician": "okafor", "referring": {"key": "hale"},
            "patient": {
                "id": f"P{self.days}", "last_name": "Example", "first_name": "Robin",
                "birth_date": "1951-04-12", "gender": "F",
                "address": {"line1": "4 OAK CT", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
            },
            "coverages": [{"payer": "lakeshore", "member_id": f"M{self.days}"}],
            "diagnoses": ["M25.511"], "onset_date": "2025-01-05", "note_signed": date,
            "first_treatment_date": date,
            "procedures": [
                {"code": "97530", "therapist_minutes": 30},
                {"code": "97110", "therapist_minutes": 15},
            ],
        }  # fmt: skip
        path = self.folder / f"v{self.days}.json"
        path.write_text(json.dumps([visit]), encoding="utf-8")
        out = str(self.folder / "out")
        given = ("--practice", str(self.practice), "--out", out, "--format", "json")
        (claim,) = json.loads(self.run("bill", str(path), *given))["claims"]
        self.dates[claim["claim"]] = date.replace("-", "")
        return str(claim["claim"])

    def receive(self, claim: str, one: str, two: str, paid: str = "0") -> None:
        """Lakeshore's answer: paid and CAS of each line, ``0 CO*24*150``."""
        lines = ""
        for code, charge, units, told in (("97530", 150, 2, one), ("97110", 55, 1, two)):
            amount, cas = told.split()
            lines += f"SVC*HC:{code}:GP*{charge}*{amount}**{units}~DTM*472*{self.dates[claim]}~CAS*{cas}~"
        how = "ACH" if paid != "0" else "NON"
        body = (
            f"BPR*{'I' if paid != '0' else 'H'}*{paid}*C*{how}************20260320~"
            f"TRN*1*T{claim}*1344444444~DTM*405*20260320~N1*PR*LAKESHORE HEALTH PLAN~"
            "N3*PO BOX 1~N4*COLUMBUS*OH*43215~PER*BL*HELP*TE*8005550100~"
            "N1*PE*RIVERBEND THERAPY LLC*XX*1555000102~LX*1~"
            f"CLP*{claim}*1*205*{paid}**HM*K{claim}*11*1~{lines}"
        )
        data = (
            f"ISA*00*          *00*          *ZZ*{'PAYER':<15}*ZZ*{'RIVERBENDT':<15}*260320*1200"
            "*^*00501*000000001*0*T*:~GS*HP*PAYER*RIVERBENDT*20260320*1200*1*X*005010X221A1~"
            f"ST*835*0001~{body}SE*{body.count('~') + 2}*0001~GE*1*1~IEA*1*000000001~"
        )
        path = self.folder / f"{claim}.835"
        path.write_text(data, encoding="ascii")
        self.run("receive", str(path))

    def state(self, claim: str) -> tuple[str, str]:
        """The state that is kept, and the event behind it."""
        told = json.loads(self.run("claims", "--state", "all", "--format", "json"))["claims"]
        (found,) = (one for one in told if one["claim"] == claim)
        return found["state"], found["event"]

    def refused(self, *options: str) -> list[str]:
        """The lines that ``denials`` lists as refused."""
        rows = json.loads(self.run("denials", "--format", "json", *options))
        return [row["line"] for row in rows if row["status"] in {"denied", "reduced"}]

    def holds(self) -> None:
        """What is kept is what the facts make."""
        self.run("verify")
        assert main(["verify", *self.ledger]) == 0
        assert main(["ledger", "rebuild", *self.ledger]) == 0


@pytest.fixture(name="desk")
def desk_fixture(tmp_path: Path, ledger_url: str) -> Desk:
    """A practice and an empty ledger."""
    return Desk(tmp_path, ledger_url)


def test_a_capitated_claim_is_settled_not_denied(desk: Desk) -> None:
    """CO-24 of the whole by capitation leaves nothing to do, in claims as in denials."""
    desk.pays_by('payment_basis = "capitation"')
    claim = desk.bill()
    desk.receive(claim, "0 CO*24*150", "0 CO*24*55")
    assert desk.state(claim) == ("closed", "settled")
    assert desk.refused() == desk.refused("--practice", str(desk.practice)) == []
    desk.holds()


def test_by_line_the_same_answer_is_denied(desk: Desk) -> None:
    """Nothing is paid by guess: a contract by line makes the same answer a denial."""
    claim = desk.bill()
    desk.receive(claim, "0 CO*24*150", "0 CO*24*55")
    assert desk.state(claim) == ("denied", "denied")
    assert len(desk.refused()) == 2


def test_a_refusal_under_capitation_stays_one(desk: Desk) -> None:
    """What a capitation does not say (CO-197) is work, and one such line holds the claim."""
    desk.pays_by('payment_basis = "capitation"')
    claim = desk.bill()
    desk.receive(claim, "0 CO*197*150", "0 CO*24*55")
    assert desk.state(claim) == ("partly paid", "partly paid")
    assert len(desk.refused()) == 1


def test_a_visits_price_on_one_line_settles_the_claim(desk: Desk) -> None:
    """By the visit the line bundled into the price is paid; where no line is paid it is denied."""
    desk.pays_by('payment_basis = "per visit"')
    claim = desk.bill()
    desk.receive(claim, "90 CO*45*60", "0 CO*97*55", paid="90")
    assert desk.state(claim) == ("closed", "settled")
    other = desk.bill("2026-03-03")
    desk.receive(other, "0 CO*97*150", "0 CO*97*55")
    assert desk.state(other) == ("denied", "denied")


def test_the_basis_is_that_of_the_day_of_service(desk: Desk) -> None:
    """A contract by capitation since March does not settle what was denied for February."""
    early = f'{POLICY.strip()}\nuntil = 2026-02-28\ntakes_replacement = true\nunit_rule = "cms"\n'
    early += 'discipline_modifier = "always"\nassistant_modifiers = "none"\nncci = "none"\n'
    early += 'distinct_modifier = "none"\ntimely_filing_days = 365\n\n'
    desk.pays_by('payment_basis = "capitation"', early)
    text = desk.practice.read_text(encoding="utf-8")
    mark = f"{POLICY}payment_basis"
    assert text.count(mark) == 1
    since = mark.replace("2025-01-01", "2026-03-01")
    desk.practice.write_text(text.replace(mark, since), encoding="utf-8")
    before, after = desk.bill("2026-02-27"), desk.bill("2026-03-02")
    for claim in (before, after):
        desk.receive(claim, "0 CO*24*150", "0 CO*24*55")
    assert desk.state(before) == ("denied", "denied")
    assert desk.state(after) == ("closed", "settled")
    assert len(desk.refused()) == len(desk.refused("--practice", str(desk.practice))) == 2


def test_a_policy_told_later_mends_the_states_that_are_kept(desk: Desk) -> None:
    """With the next bill to the payer its earlier answers are read by the contract; and back."""
    claim = desk.bill()
    desk.receive(claim, "0 CO*24*150", "0 CO*24*55")
    assert desk.state(claim) == ("denied", "denied")
    desk.pays_by('payment_basis = "capitation"')
    desk.bill("2026-03-04")
    assert desk.state(claim) == ("closed", "settled")
    desk.holds()
    desk.pays_by("")
    with open_ledger(desk.ledger[1]) as ledger:  # as each night does, without a new claim
        assert refresh(ledger, RUN, load(str(desk.practice)), RUN.started.date()) == 1
        assert refresh(ledger, RUN, load(str(desk.practice)), RUN.started.date()) == 0
    assert desk.state(claim) == ("denied", "denied")
    desk.holds()
