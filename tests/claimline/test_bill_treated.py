"""Earlier runs count: what an authorization has left, and the days since a progress report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from corrections_made import Desk

from claimline.services import bill_input, bill_make, bill_treated
from reconcile.ledger import Usage, open_ledger

ROOT: Final = Path(__file__).resolve().parents[2]
CHECKS: Final = ROOT / "fixtures" / "visits" / "examples" / "checks"
USAGES: Final[tuple[Usage, ...]] = ("T", "P")
Json = Any


class Clinic(Desk):
    """A ledger, and visits of one patient told to ``bill`` run by run."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], ledger: str) -> None:
        super().__init__(folder, capsys, ledger)
        text = (CHECKS / "practice.toml").read_text("utf-8")
        mark = 'authorization_left = "hold"\n'
        more = 'progress_report = "hold"\ntakes_replacement = true\ntakes_void = true\n'
        self.practice = folder / "practice.toml"
        self.practice.write_text(text.replace(mark, mark + more), "utf-8")

    def visits(self, *made: Json) -> Path:
        """A file of visits."""
        path = self.folder / "visits.json"
        path.write_text(json.dumps(list(made)), "utf-8")
        return path

    def billed(self, *made: Json, options: tuple[str, ...] = ()) -> Json:
        """The answer of one run."""
        status, out, err = self.run(
            "bill", self.visits(*made), "--practice", self.practice,
            "--out", self.folder / "out", *options,
        )  # fmt: skip
        assert status in (0, 1), err
        return json.loads(out)

    def claim(self, made: Json) -> str:
        """The number of the one claim that a run makes."""
        (claim,) = self.billed(made)["claims"]
        return str(claim["claim"])

    def why(self, *made: Json) -> list[str]:
        """Why the visits are held; nothing is recorded."""
        held = self.billed(*made, options=("--dry-run",))["held"]
        return [reason["message"] for one in held for reason in one["reasons"]]


def visit(day: int, *, used: int | None = None, **more: Any) -> Json:
    """A visit of one patient on a day of March with an authorization for three visits."""
    given = {"number": "A778", "visits_approved": 3}
    if used is not None:
        given["visits_used"] = used
    base = json.loads((CHECKS / "authorization.json").read_text("utf-8"))[1]
    changed = {"visit_id": f"V-{day}", "date": f"2026-03-{day:02d}", "authorizations": [given]}
    return base | changed | more


@pytest.fixture
def clinic(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger_url: str) -> Clinic:
    """An empty ledger."""
    return Clinic(tmp_path, capsys, ledger_url)


LEFT: Final = "the prior authorization gives 3 visits: 3 were used before ({}), this visit takes 1"


def test_visits_billed_in_earlier_runs_use_the_authorization(clinic: Clinic) -> None:
    """Three runs of a visit each, no figure in the visits: the fourth has nothing left."""
    for day in (2, 3, 4):
        clinic.claim(visit(day))
    assert clinic.why(visit(5)) == [LEFT.format("0 as the visit says, 3 more billed here")]
    elsewhere = [{"number": "B1", "visits_approved": 3}]
    assert clinic.why(visit(5, authorizations=elsewhere)) == []


def test_a_figure_that_has_the_earlier_visits_in_it_is_not_added_to(clinic: Clinic) -> None:
    """The visit says 2 after two visits here: one is left, and the next has none."""
    clinic.claim(visit(2, used=0))
    clinic.claim(visit(3, used=1))
    clinic.claim(visit(4, used=2))
    assert "3 were used before, this visit takes 1" in clinic.why(visit(5, used=3))[0]


def test_a_figure_of_visits_elsewhere_stays_below_those_here(clinic: Clinic) -> None:
    """Each visit says that one was used before them all: two more were billed here."""
    clinic.claim(visit(2, used=1))
    clinic.claim(visit(3, used=1))
    assert clinic.why(visit(4, used=1)) == [LEFT.format("1 as the visit says, 2 more billed here")]


def test_units_of_earlier_runs_count(clinic: Clinic) -> None:
    """Six units approved, two used in each of three runs."""
    units = [{"number": "A778", "units_approved": 6}]
    for day in (2, 3, 4):
        clinic.claim(visit(day, authorizations=units))
    (said,) = clinic.why(visit(5, authorizations=units))
    assert "6 units: 6 were used before (0 as the visit says, 6 more billed here)" in said


def _rejected(clinic: Clinic, claim: str) -> None:
    clinic.run("reject", claim, "--reason", "member id not found", "--code", "A7:164")


def _voided(clinic: Clinic, claim: str) -> None:
    clinic.answer(claim, "97110:GP 110 60 CAS*CO*45*50")
    words = ("--road", "void", "--reason", "not treated", "--practice", clinic.practice)
    status, answer = clinic.correct(claim, *words)
    assert status == 0, answer


@pytest.mark.parametrize("undone", [_rejected, _voided], ids=["rejected", "voided"])
def test_a_claim_that_came_to_nothing_uses_nothing(
    undone: Callable[[Clinic, str], None], clinic: Clinic
) -> None:
    """Two of three visits stand: there is one left."""
    claims = [clinic.claim(visit(day)) for day in (2, 3, 4)]
    assert len(clinic.why(visit(5))) == 1
    undone(clinic, claims[1])
    assert clinic.why(visit(5)) == []


def test_a_replaced_claim_counts_once(clinic: Clinic) -> None:
    """One visit and its replacement: two of three visits are left."""
    claim = clinic.claim(visit(2))
    clinic.answer(claim, "97110:GP 110 60 CAS*CO*45*50")
    mended = clinic.visits(visit(2, procedures=[{"code": "97530", "therapist_minutes": 30}]))
    words = ("--visits", mended, "--practice", clinic.practice, "--road", "replacement")
    status, answer = clinic.correct(claim, *words)
    assert status == 0, answer
    clinic.claim(visit(3))
    assert clinic.why(visit(4)) == []
    clinic.claim(visit(4))
    assert clinic.why(visit(5)) == [LEFT.format("0 as the visit says, 3 more billed here")]


def test_the_other_book_is_not_counted(clinic: Clinic) -> None:
    """Test claims use nothing of an authorization in production, and are no days of treatment."""
    for day in (2, 3, 4):
        clinic.claim(visit(day))
    (now,) = bill_input.read_all([str(clinic.visits(visit(5)))]).visits
    with open_ledger(clinic.ledger) as ledger:
        ours, other = (bill_treated.before(ledger, [now], usage).of([now]) for usage in USAGES)
    assert [len(uses) for uses in ours.authorized.values()] == [3]
    assert (dict(other.authorized), dict(other.days)) == ({}, {})


def treated(day: int) -> Json:
    """A visit that names the day of the last progress report."""
    return visit(day, authorizations=[{"number": "A778"}]) | {
        "plan_of_care": {"last_progress_report": "2026-03-01", "certified": "2026-03-01"}
    }


def test_days_billed_in_earlier_runs_count_towards_the_progress_report(clinic: Clinic) -> None:
    """Ten days in ten runs: the eleventh is held; a rejected day was a day of treatment."""
    claims = [clinic.claim(treated(day)) for day in range(2, 12)]
    (said,) = clinic.why(treated(12))
    assert said.startswith("treatment day 11 since the last progress report")
    _rejected(clinic, claims[3])
    assert clinic.why(treated(12)) == [said]
    _voided(clinic, claims[4])
    assert clinic.why(treated(12)) == []


def test_the_ledger_is_asked_once_for_a_run(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the number of visits; and not at all where no visit asks."""
    asked: list[int] = []
    plain = bill_treated.treated

    def counted(*given: Any, **more: Any) -> Any:
        asked.append(1)
        return plain(*given, **more)

    monkeypatch.setattr(bill_treated, "treated", counted)
    monkeypatch.setattr(bill_make, "VISITS_PER_PIECE", 1)
    patient = visit(2)["patient"]
    some = [visit(2, visit_id=f"W-{n}", patient=patient | {"id": f"Q-{n}"}) for n in range(4)]
    assert len(clinic.billed(*some)["claims"]) == 4
    assert asked == [1]
    bare = [one | {"visit_id": f"X-{n}", "authorizations": []} for n, one in enumerate(some)]
    clinic.billed(*bare, options=("--dry-run",))
    assert asked == [1]
