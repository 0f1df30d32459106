"""``claimline edits``: findings without billing."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from databases import content

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
VISITS = ROOT / "fixtures" / "practice" / "visits"


class Answer(NamedTuple):
    """What a command said, and its exit status."""

    exit_code: int
    stdout: str
    stderr: str


Edits = Callable[..., Answer]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="edits")
def _edits(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edits:
    """Runs the command in an empty folder, without a ledger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLAIMLINE_LEDGER", str(tmp_path / "ledger.sqlite3"))

    def run(*given: str, name: str = "edits") -> Answer:
        return Answer(*command(name, *given, "--practice", str(PRACTICE)))

    return run


def one_visit(folder: Path, **changes: Any) -> str:
    """A file with one visit that has nothing wrong with it, changed."""
    made = {
        "visit_id": "V-1",
        "date": "2026-03-10",
        "location": "main",
        "patient": {
            "id": "P-1", "last_name": "Sample", "first_name": "Jordan",
            "birth_date": "1961-05-17", "gender": "F",
            "address": {"line1": "12 ELM ST", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
        },
        "coverages": [{"payer": "lakeshore", "member_id": "LHP700005"}],
        "discipline": "PT",
        "treating_clinician": "okafor",
        "referring": {"key": "hale"},
        "diagnoses": ["M25.511"],
        "procedures": [{"code": "97530", "therapist_minutes": 30}],
    }  # fmt: skip
    path = folder / "visits.json"
    path.write_text(json.dumps([made | changes]), encoding="utf-8")
    return str(path)


def found(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer."""
    data: dict[str, Any] = json.loads(answer.stdout)
    return data


def test_a_clean_visit_ends_with_0(edits: Edits, tmp_path: Path) -> None:
    """Nothing found is said, nothing is written, the status is 0."""
    answer = edits(one_visit(tmp_path))
    assert answer.exit_code == 0, answer.stderr
    assert "Nothing was found." in answer.stdout
    assert "1 visit: 0 held, 0 warned, 1 clean." in answer.stdout
    assert "Money held: 0.00." in answer.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["visits.json"]


def test_what_is_held_has_its_money_rule_source_and_what_to_do(
    edits: Edits, tmp_path: Path
) -> None:
    """A visit held for its record is priced all the same."""
    lapsed = one_visit(
        tmp_path,
        coverages=[{"payer": "rivervalley", "member_id": "RV1"}],
        plan_of_care={"certified_through": "2026-03-01"},
    )
    answer = edits(lapsed, "--format", "json")
    assert answer.exit_code == 1, answer.stderr
    data = found(answer)
    (finding,) = data["findings"]
    assert (finding["visit"], finding["payer"], finding["level"], finding["rule"]) == (
        "V-1", "rivervalley", "held", "hold.certification",
    )  # fmt: skip
    assert "recertify" in finding["message"]
    assert "42 CFR 424.24" in finding["source"]
    assert "family medicare-advantage" in finding["source"]
    assert finding["todo"]
    assert (data["held"], data["charge_held"], data["not_priced"]) == (1, "150.00", 0)


def test_a_warning_ends_with_0_and_names_the_code(edits: Edits, tmp_path: Path) -> None:
    """What only warns would go."""
    passive = one_visit(
        tmp_path,
        procedures=[{"code": "97530", "therapist_minutes": 30, "activity": "hot packs"}],
    )
    answer = edits(passive, "--format", "csv")
    assert answer.exit_code == 0, answer.stderr
    (row,) = csv.DictReader(io.StringIO(answer.stdout))
    assert (row["visit"], row["level"], row["rule"]) == ("V-1", "warning", "warn.passive")
    assert "97530" in row["codes"]


def test_the_demo_practice_counts_every_visit_once(edits: Edits) -> None:
    """Held, warned and clean add up to the visits given; bill holds the same ones."""
    names = [str(path) for path in sorted(VISITS.iterdir())]
    data = found(edits(*names, "--format", "json"))
    billed = found(edits(*names, "--dry-run", "--format", "json", name="bill"))
    held = {visit for one in billed["held"] for visit in one["visits"]}
    claims = {visit for one in billed["claims"] for visit in one["visits"]}
    assert data["held"] == len(held)
    assert data["held"] + data["warned"] + data["clean"] == len(held | claims)
    assert {one["visit"] for one in data["findings"] if one["level"] == "held"} == held


def test_what_was_billed_before_is_counted_apart(
    edits: Edits, tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a ledger the visit is known as billed, and nothing is added to the ledger."""
    monkeypatch.setenv("CLAIMLINE_LEDGER", ledger_url)
    visits = one_visit(tmp_path)
    assert edits(visits, "--out", str(tmp_path / "out"), name="bill").exit_code == 0
    before = content(ledger_url)
    answer = edits(visits)
    assert "0 visits: 0 held, 0 warned, 0 clean, 1 billed before." in answer.stdout
    assert content(ledger_url) == before


def test_two_patients_at_a_time_are_found_over_files(edits: Edits, tmp_path: Path) -> None:
    """The whole run is looked at, whichever file a visit is in."""
    blocks = [{"start": "09:00", "end": "09:30"}]
    done = [{"code": "97530", "therapist_minutes": 30, "blocks": blocks}]
    first = Path(one_visit(tmp_path, procedures=done))
    other = json.loads(first.read_text(encoding="utf-8"))
    other[0]["visit_id"] = "V-2"
    other[0]["patient"] |= {"id": "P-2", "last_name": "Other"}
    second = tmp_path / "more.json"
    second.write_text(json.dumps(other), encoding="utf-8")
    data = found(edits(str(first), str(second), "--format", "json"))
    assert [(f["visit"], f["rule"]) for f in data["findings"]] == [
        ("V-1", "hold.one-on-one"),
        ("V-2", "hold.one-on-one"),
    ]
    assert (data["held"], data["charge_held"]) == (2, "300.00")


def test_explain_tells_the_decisions_of_what_would_go(edits: Edits, tmp_path: Path) -> None:
    """``--explain`` shows each claim from minutes to its segment."""
    answer = edits(one_visit(tmp_path), "--explain")
    assert "SV1*HC:97530:GP*150*UN*2" in answer.stdout


def test_a_file_that_is_none_ends_with_3(edits: Edits, tmp_path: Path) -> None:
    """The others are looked at all the same."""
    answer = edits(one_visit(tmp_path), str(tmp_path / "missing.json"))
    assert answer.exit_code == 3
    assert "1 clean" in answer.stdout


@pytest.mark.parametrize("more", [(), ("--production",)], ids=["test", "production"])
def test_receivers_need_no_ids_where_nothing_is_sent(
    edits: Edits, command: Command, tmp_path: Path, more: tuple[str, ...]
) -> None:
    """Visits are looked at before the clearinghouse has given ids; bill asks for them."""
    lines = PRACTICE.read_text(encoding="utf-8").splitlines()
    bare = [line for line in lines if not line.startswith(("test = ", "production = "))]
    practice = tmp_path / "practice.toml"
    practice.write_text("\n".join(bare), encoding="utf-8")
    visits = one_visit(tmp_path)
    answer = Answer(*command("edits", visits, "--practice", str(practice), *more))
    assert (answer.exit_code, "1 clean" in answer.stdout) == (0, True), answer.stderr
    billed = Answer(*command("bill", visits, "--practice", str(practice), "--dry-run", *more))
    assert billed.exit_code == 2
    assert more or "has no test ids" in billed.stderr


@pytest.mark.parametrize("name", ["edits", "bill"])
def test_a_visit_that_cannot_be_read_is_counted_and_listed(
    edits: Edits, tmp_path: Path, name: str
) -> None:
    """Every format has it, as a visit of the file: nothing given is missing from the answer."""
    path = Path(one_visit(tmp_path))
    (good,) = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([good, good | {"visit_id": "V-2", "date": "soon"}]))
    more = ("--dry-run",) if name == "bill" else ()
    (entry,) = found(edits(str(path), "--format", "json", *more, name=name))["unreadable"]
    assert (entry["visit"], "date" in entry["why"]) == ("V-2", True)
    rows = list(
        csv.DictReader(io.StringIO(edits(str(path), "--format", "csv", *more, name=name)[1]))
    )
    state, visit = ("level", "visit") if name == "edits" else ("state", "visits")
    assert [row[visit] for row in rows if row[state] == "unreadable"] == ["V-2"]
    out = edits(str(path), *more, name=name).stdout
    assert ("2 visits: 0 held, 0 warned, 1 clean, 1 could not be read." in out) == (name == "edits")
    assert "1 could not be read" in out or "1 visit could not be read" in out


@pytest.mark.parametrize("name", ["edits", "bill"])
def test_a_practice_file_is_no_visit_file(edits: Edits, name: str) -> None:
    """The slip is named; no visit is counted as not readable."""
    more = ("--dry-run",) if name == "bill" else ()
    answer = edits(str(PRACTICE), *more, name=name)
    assert answer.exit_code == 3
    assert "practice.toml: is no visit file" in answer.stderr
    assert "visit could not be read" not in answer.stdout
