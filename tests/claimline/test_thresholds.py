"""Yearly totals through the real commands: figures entered, claims sent since, answers received."""

import datetime as dt
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from databases import NewUrl
from receive_made import Line, clp, new_ledger, record, remit, sent, take, x12

from claimline import settings
from claimline.__main__ import main
from claimline.cli.thresholds import notes
from claimline.services import bill_make, bill_workers
from claimline.services.thresholds import Standing
from mapping.totals import NOTHING_YET
from reconcile.ledger import Ledger, SentRecord
from reconcile.ledger.totals import own_lines

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = str(ROOT / "fixtures" / "practice" / "practice.toml")
Json = dict[str, Any]
UNIT = "35.07"  # 97530 in 2026, national, the first unit of a day


def visit(visit_id: str, date: str, *, patient: str = "P1", **changes: Any) -> Json:
    """One unit of 97530 for Part B."""
    return {
        "visit_id": visit_id,
        "date": date,
        "location": "main",
        "patient": {
            "id": patient,
            "last_name": "Zyxwv",
            "first_name": "Pat",
            "birth_date": "1951-05-17",
            "gender": "F",
            "address": {"line1": "1 ELM ST", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
        },
        "coverages": [{"payer": "medicare", "member_id": "1EG4TE5MK70"}],
        "discipline": "PT",
        "treating_clinician": "okafor",
        "referring": {"key": "hale"},
        "diagnoses": ["M25.561"],
        "procedures": [{"code": "97530", "therapist_minutes": 15}],
    } | changes


SUPPORT: Json = {"kx": {"supported_by": "okafor", "date": "2026-03-01"}}


class Desk:
    """A billing desk in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        ledger: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.folder = folder
        self.ledger = ledger
        self._capsys = capsys
        self._patch = monkeypatch

    def run(self, *arguments: str, said: str = "") -> tuple[int, str, str]:
        """Any command on this desk's ledger, with text on its standard input."""
        self._capsys.readouterr()
        self._patch.setattr("sys.stdin", io.StringIO(said))
        status = main([*arguments, "--ledger", self.ledger])
        shown = self._capsys.readouterr()
        return status, shown.out, shown.err

    def bill(self, visits: Sequence[Json], name: str = "visits.json", *more: str) -> Json:
        """Bill visits; the JSON answer."""
        path = self.folder / name
        path.write_text(json.dumps(visits), encoding="utf-8")
        out = str(self.folder / "outbox")
        arguments = ("bill", str(path), "--practice", PRACTICE, "--out", out, "--format", "json")
        answer: Json = json.loads(self.run(*arguments, *more)[1])
        return answer

    def enter(self, amount: str, as_of: str = "2026-03-01", *, bucket: str = "PT+SLP") -> str:
        """Enter a figure of patient P1."""
        status, out, _ = self.run(
            "thresholds", "set", "--bucket", bucket, "--amount", amount, "--as-of", as_of,
            "--source", "HETS 271", said="P1\n",
        )  # fmt: skip
        assert status == 0
        return out

    def standing(self) -> list[Json]:
        """All rows of the list."""
        arguments = ("--practice", PRACTICE, "--year", "2026", "--all", "--format", "json")
        rows: list[Json] = json.loads(self.run("thresholds", "show", *arguments)[1])
        return rows


@pytest.fixture
def desk(
    tmp_path: Path,
    ledger_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """An empty desk."""
    return Desk(tmp_path, ledger_url, capsys, monkeypatch)


def modifiers(answer: Json) -> list[list[str]]:
    """The modifiers of the first line of each claim."""
    return [claim["lines"][0]["modifiers"] for claim in answer["claims"]]


def test_what_was_sent_in_earlier_runs_counts(desk: Desk) -> None:
    """A figure, a claim sent, and the next run's claim is the one that crosses."""
    desk.enter("2430.00")
    first = desk.bill([visit("V1", "2026-03-10", **SUPPORT)])
    second = desk.bill([visit("V2", "2026-03-12", **SUPPORT)], "two.json")
    assert (modifiers(first), modifiers(second)) == ([["GP"]], [["GP", "KX"]])


def test_a_late_claim_of_an_earlier_day_needs_kx_too(desk: Desk) -> None:
    """What is sent after the bucket is full carries KX, whatever its day of service."""
    desk.enter("2470.00")
    desk.bill([visit("V1", "2026-04-10", **SUPPORT)])
    late = desk.bill([visit("V2", "2026-03-05")], "two.json")
    assert [reason["code"] for reason in late["held"][0]["reasons"]] == ["hold.kx"]


def test_a_newer_figure_replaces_what_was_counted_before(desk: Desk) -> None:
    """Claims sent before the figure's day are in it; those of the day itself and after are not."""
    desk.bill([visit("V1", "2026-03-10")])
    today = settings.today().isoformat()
    desk.enter("1000.00", today)
    (row,) = desk.standing()
    assert (row["figure"], row["own_since"], row["total"]) == ("1000.00", UNIT, "1035.07")


def test_a_released_hold_goes_once_the_statement_is_there(desk: Desk) -> None:
    """The same visit with the therapist's statement goes with KX."""
    desk.enter("2470.00")
    assert desk.bill([visit("V1", "2026-03-10")])["claims"] == []
    assert modifiers(desk.bill([visit("V1", "2026-03-10", **SUPPORT)])) == [["GP", "KX"]]


@pytest.mark.parametrize("fork", [False, True], ids=["one process", "more processes"])
def test_a_patients_claims_stay_in_order_over_pieces(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fork: bool
) -> None:
    """Small pieces, other patients between: the fourth claim of the patient crosses, none before."""
    monkeypatch.setattr(bill_make, "VISITS_PER_PIECE", 2)
    monkeypatch.setattr(bill_workers, "FROM_PIECES", 0 if fork else 10**6)
    desk.enter("2360.00")
    visits = []
    for day in range(10, 14):
        visits.append(visit(f"V{day}", f"2026-03-{day}", **SUPPORT))
        visits.append(visit(f"W{day}", f"2026-03-{day}", patient=f"P{day}"))
    answer = desk.bill(visits)
    by_visit = dict(zip((c["visits"][0] for c in answer["claims"]), modifiers(answer), strict=True))
    assert [by_visit[f"V{day}"] for day in range(10, 14)] == [["GP"], ["GP"], ["GP"], ["GP", "KX"]]


def allowed(ledger: Ledger) -> dict[str, str | None]:
    """What each claim that counts holds, by control number; of one line each."""
    since = dt.date(2026, 1, 1)
    with ledger.reading() as connection:
        lines = list(own_lines(connection, usage="T", payers=["aetna"], since=since))
    return {one.claim: None if one.allowed is None else str(one.allowed) for one in lines}


def expecting(control: str, amount: str | None = "35.07", **more: Any) -> SentRecord:
    """A sent claim whose line is expected to be allowed so much."""
    made = sent(control, **more)
    (line,) = made.claim.lines
    known = evolve(line, expected_allowed=None if amount is None else Decimal(amount))
    return evolve(made, claim=evolve(made.claim, lines=(known,)))


REFUSED = Line(paid="0", cas=("CO*50*100",))


def test_what_the_payer_says_comes_before_what_was_expected(new_url: NewUrl) -> None:
    """AMT*B6 counts; a refused line holds nothing; unanswered or without B6 as expected."""
    with new_ledger(new_url) as ledger:
        record(ledger, *map(expecting, ("A", "B", "C", "D")), expecting("E", None))
        said = [*clp("A"), "AMT*B6*26"]
        take(ledger, x12(remit(said, clp("B", REFUSED, icn="I2"), clp("C", icn="I3"))))
        found = allowed(ledger)
    assert found == {"A": "26.00", "B": "0.00", "C": "35.07", "D": "35.07", "E": None}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_reversals_take_back_what_they_reverse(new_url: NewUrl, order: tuple[int, ...]) -> None:
    """Paid, corrected to a refusal, the first reversed a week later: nothing, in any order."""
    files = [
        x12(remit([*clp("A"), "AMT*B6*26"]), control=1),
        x12(remit(clp("A", REFUSED, icn="I2"), trace="EFT2", date="20260227"), control=2),
        x12(remit(clp("A", status="22", sign=-1), trace="EFT3", date="20260306"), control=3),
    ]
    with new_ledger(new_url) as ledger:
        record(ledger, expecting("A"))
        for number in order:
            take(ledger, files[number], name=f"{number}.835")
        assert allowed(ledger) == {"A": "0.00"}


def test_of_a_family_the_newest_claim_counts(new_url: NewUrl) -> None:
    """A replacement takes the place of its claim; a void leaves nothing of it."""
    with new_ledger(new_url) as ledger:
        record(ledger, expecting("A"), expecting("B"))
        record(
            ledger,
            expecting("A2", "25.05", family="A", frequency="7"),
            expecting("B2", family="B", frequency="8"),
        )
        assert allowed(ledger) == {"A2": "25.05"}


def test_import_tells_bad_rows_and_takes_the_good(desk: Desk) -> None:
    """A file of figures: the good rows are entered once, a bad one is told by its number."""
    path = desk.folder / "eligibility.csv"
    path.write_text(
        "Patient,Bucket,Year,Amount,As of,Source\n"
        "P1,PT+SLP,2026,1234.56,2026-03-01,HETS 271\n"
        "P2,OT,2026,$200,3/2/2026,portal\n"
        "P3,PT,2026,12.345,2026-03-02,\n"
        "P4,deductible,,83,2026-03-02,\n",
        encoding="utf-8",
    )
    status, out, errors = desk.run("thresholds", "import", str(path))
    assert status == 1
    assert "3 entered, 0 known already, 1 not usable" in out
    assert "row 4" in errors
    assert "P3" not in errors
    assert "0 entered, 3 known already" in desk.run("thresholds", "import", str(path))[1]
    totals = {(row["bucket"], row["total"]) for row in desk.standing()}
    assert totals == {("PT+SLP", "1234.56"), ("OT", "200.00")}


def test_import_of_two_days_and_of_two_amounts(desk: Desk) -> None:
    """Figures of two days are both kept, once; two amounts of one day are told and never swapped."""
    path = desk.folder / "figures.csv"
    rows = ["P1,OT,2026,1000.00,2026-02-01,portal", "P1,OT,2026,900.00,2026-01-05,portal"]
    path.write_text("\n".join(["patient,bucket,year,amount,as_of,source", *rows]))
    assert "2 entered" in desk.run("thresholds", "import", str(path))[1]
    assert "0 entered, 2 known already" in desk.run("thresholds", "import", str(path))[1]
    rows.append("P1,OT,2026,1100.00,2026-02-01,portal")
    path.write_text("\n".join(["patient,bucket,year,amount,as_of,source", *rows]))
    status, out, errors = desk.run("thresholds", "import", str(path))
    assert (status, "0 entered, 2 known already, 1 not usable" in out) == (1, True)
    assert "row 2 says 1000.00" in " ".join(errors.split())


@pytest.mark.parametrize(
    ("amount", "as_of", "words"),
    [
        ("-5", "2026-03-01", "amount"),
        ("5", "2199-01-01", "after today"),
        ("5", "soon", "as_of"),
        ("5", "", "as_of is missing"),
    ],
    ids=["negative", "tomorrow", "no date", "nothing"],
)
def test_a_figure_that_cannot_be_is_refused(
    desk: Desk, amount: str, as_of: str, words: str
) -> None:
    """A wrong amount or day is wrong usage, and says which; the patient is not named."""
    status, _, errors = desk.run(
        "thresholds", "set", "--bucket", "OT", "--amount", amount, "--as-of", as_of, said="PX77\n"
    )
    assert status == 2
    assert words in errors
    assert "PX77" not in errors


def test_no_more_of_the_deductible_can_be_left_than_the_year_has(desk: Desk) -> None:
    """283.00 is all of 2026's; a cent more is wrong usage."""
    arguments = ("thresholds", "set", "--bucket", "deductible", "--as-of", "2026-03-01")
    assert desk.run(*arguments, "--amount", "283.00", said="P1\n")[0] == 0
    status, _, errors = desk.run(*arguments, "--amount", "283.01", said="P1\n")
    assert (status, "the Part B deductible of 2026 is 283.00" in errors) == (2, True)


def test_two_payers_of_part_b_fill_one_bucket(desk: Desk) -> None:
    """What was sent to Part B under another key counts, also where no visit of the run names it."""
    text = Path(PRACTICE).read_text(encoding="utf-8")
    at = text.index("[payers.medicare]")
    end = text.index("\n[payers.", at + 1) if "\n[payers." in text[at + 1 :] else len(text)
    railroad = text[at:end].replace("[payers.medicare", "[payers.railroad")
    practice = desk.folder / "practice.toml"
    practice.write_text(text + "\n" + railroad, encoding="utf-8")
    desk.enter("2430.00")
    desk.bill([visit("V1", "2026-03-10", **SUPPORT)])
    moved = {"coverages": [{"payer": "railroad", "member_id": "1EG4TE5MK70"}], **SUPPORT}
    second = desk.bill(
        [visit("V2", "2026-03-12", **moved)], "two.json", "--practice", str(practice)
    )
    assert modifiers(second) == [["GP", "KX"]]


def test_the_same_figure_is_kept_once(desk: Desk) -> None:
    """Entering the same again changes nothing and says so; an older one does not replace it."""
    assert "entered" in desk.enter("100.00")
    assert "nothing changed" in desk.enter("100.00")
    desk.enter("50.00", "2026-02-01")
    (row,) = desk.standing()
    assert row["figure"] == "100.00"


def test_the_list_names_who_is_near(desk: Desk) -> None:
    """Without --all only patients near or over are listed; no patient's number is shown."""
    arguments = ("thresholds", "show", "--practice", PRACTICE, "--year", "2026")
    desk.enter("100.00")
    assert "Nobody is near" in desk.run(*arguments)[1]
    desk.enter("2470.00", "2026-03-02")
    answer = desk.bill([visit("V1", "2026-03-10", **SUPPORT)])
    status, out, _ = desk.run(*arguments)
    assert status == 0
    assert answer["claims"][0]["claim"] in out
    assert "2505.07" in out
    assert "3000.00" in out
    assert "P1" not in out.split()


def test_the_deductible_entered_is_used_up_by_the_claims_sent(desk: Desk) -> None:
    """The first claims owe what is left of the deductible, those after them none of it."""
    desk.enter("50.00", bucket="deductible")
    first = desk.bill([visit(f"V{n}", f"2026-03-1{n}") for n in range(3)], "one.json", "--explain")
    later = desk.bill([visit("V9", "2026-03-19")], "two.json", "--explain")
    told = [expected_words(claim) for answer in (first, later) for claim in answer["claims"]]
    # 35.07 of each claim: all of it, then 14.93 and 20 % of the rest, then 20 % alone.
    owed = ("35.07", "18.96", "7.01", "7.01")
    assert all(f"patient {amount}" in words for amount, words in zip(owed, told, strict=True)), told


def expected_words(claim: Json) -> str:
    """What is expected of a claim's first line."""
    steps = claim["explained"]["lines"][0]["steps"]
    return next(str(step["why"]) for step in steps if step["topic"] == "expected")


def test_a_number_nobody_was_billed_under_is_said_and_entered(desk: Desk) -> None:
    """A slip in the number shows at once; before the first claim the figure counts all the same."""
    arguments = ("thresholds", "set", "--bucket", "OT", "--amount", "5", "--as-of", "2026-03-01")
    status, out, errors = desk.run(*arguments, said="P1\n")
    assert (status, "entered" in out, "check the number" in errors) == (0, True, True)
    desk.bill([visit("V1", "2026-03-10", **SUPPORT)])
    assert "check the number" not in desk.run(*arguments, said="P1\n")[2]


def test_what_is_left_is_a_range_where_amounts_are_unknown() -> None:
    """The least that may be left is told beside the most."""
    total = NOTHING_YET.plus(Decimal("100.00"), Decimal("150.00"), 1)
    one = Standing(
        patient="k", year=2026, bucket="OT", total=total, threshold=Decimal("2480.00"), review=None
    )
    assert (one.left, one.left_at_least) == (Decimal("2380.00"), Decimal("2230.00"))
    row = {"figure": None, "unknown_lines": 1, "unknown_at_most": total.bound, "state": one.state}
    told = notes({**row, "left": one.left, "left_at_least": one.left_at_least})
    assert "1 line of unknown amount, 150.00 at most" in told
    assert "left: 2230.00 to 2380.00" in told
