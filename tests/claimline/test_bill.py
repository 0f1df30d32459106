"""``bill`` and ``held`` through the real command, on real files and a real ledger."""

import csv
import datetime as dt
import json
import os
import signal
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl, asked

from claimline import settings
from claimline.__main__ import main
from claimline.services import bill_file, bill_make, bill_values, bill_workers, outbox
from edi.check import check
from mapping.numbers import patient_control_number
from reconcile.ledger import Ledger
from reconcile.ledger.columns import metadata

PRACTICE = Path("fixtures/practice")
NOW = dt.datetime(2026, 4, 1, 9, 30, tzinfo=dt.UTC)
Json = dict[str, Any]


def visit(visit_id: str = "V1", **changes: Any) -> Json:
    """A visit that can be billed, with changes."""
    return {
        "visit_id": visit_id,
        "date": "2026-03-10",
        "location": "main",
        "patient": {
            "id": "P1",
            "last_name": "Zyxwv",
            "first_name": "Pat",
            "birth_date": "1961-05-17",
            "gender": "F",
            "address": {"line1": "1 ELM ST", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
        },
        "coverages": [{"payer": "heron", "member_id": "YHB123"}],
        "discipline": "PT",
        "treating_clinician": "okafor",
        "referring": {"key": "hale"},
        "diagnoses": ["M25.561"],
        "procedures": [{"code": "97530", "therapist_minutes": 24}],
    } | changes


class Desk:
    """A billing desk in a folder of its own: files, a ledger, and the command."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], ledger: str = "") -> None:
        self.folder = folder
        self.out = folder / "outbox"
        self.ledger = ledger or str(folder / "ledger.sqlite3")
        self._capsys = capsys

    def write(self, visits: Sequence[Json], name: str = "visits.json") -> str:
        """A visit file."""
        path = self.folder / name
        path.write_text(json.dumps(visits), encoding="utf-8")
        return str(path)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Any command on this desk's ledger: status, standard output and error."""
        status = main([*arguments, "--ledger", self.ledger])
        captured = self._capsys.readouterr()
        return status, captured.out, captured.err

    def bill(self, *arguments: str, practice: str = "") -> tuple[int, Json]:
        """``bill --format json``."""
        file = practice or str(PRACTICE / "practice.toml")
        status, out, _ = self.run(
            "bill", *arguments, "--practice", file, "--out", str(self.out), "--format", "json"
        )
        return status, json.loads(out)

    def files(self) -> dict[str, bytes]:
        """What stands in the outbox."""
        return {path.name: path.read_bytes() for path in sorted(self.out.glob("*"))}


@pytest.fixture(name="file_desk")
def _file_desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A desk whose ledger is a file, not made yet; commands run from the root of the project."""
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    return Desk(tmp_path, capsys)


@pytest.fixture(name="desk")
def _desk(file_desk: Desk, ledger_url: str) -> Desk:
    """A desk with a ledger in either kind of database."""
    file_desk.ledger = ledger_url
    return file_desk


def test_fixture_practice_is_billed(desk: Desk) -> None:
    """The forty fixture visits become checked files; each visit is billed or held, once."""
    visits = [str(path) for path in sorted((PRACTICE / "visits").iterdir())]
    status, answer = desk.bill(*visits)
    assert status == 1
    billed = [v for claim in answer["claims"] for v in claim["visits"]]
    held = [v for one in answer["held"] for v in one["visits"]]
    assert len(billed) == len(set(billed)) == 35
    assert sorted(held) == ["V-2006", "V-2007", "V-2016", "V-2023", "V-2025"]
    for data in desk.files().values():
        assert [p for p in check([data]).problems if p.level == "error"] == []


def test_files_are_for_their_owner_only(file_desk: Desk) -> None:
    """Claim files and the ledger can be read by nobody else."""
    file_desk.bill(file_desk.write([visit()]))
    for path in (*file_desk.out.iterdir(), Path(file_desk.ledger)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_twice_is_once(desk: Desk) -> None:
    """The same visits again change nothing and say so."""
    name = desk.write([visit()])
    _, first = desk.bill(name)
    before = desk.files()
    status, second = desk.bill(name)
    assert (status, second["claims"], second["files"]) == (0, [], [])
    assert second["already_billed"][0]["claims"] == [first["claims"][0]["claim"]]
    assert desk.files() == before


def test_other_content_is_held_for_a_correction(desk: Desk) -> None:
    """A billed visit that comes again with other minutes is held; the first stays as sent."""
    desk.bill(desk.write([visit()]))
    changed = visit(procedures=[{"code": "97530", "therapist_minutes": 45}])
    status, answer = desk.bill(desk.write([changed]))
    assert (status, answer["claims"]) == (1, [])
    (reason,) = answer["held"][0]["reasons"]
    assert reason["code"] == "bill.changed"
    assert len(desk.files()) == 1


def test_dry_run_leaves_no_trace(file_desk: Desk) -> None:
    """A dry run shows the claims and makes neither ledger nor outbox."""
    status, answer = file_desk.bill(file_desk.write([visit()]), "--dry-run")
    assert (status, len(answer["claims"])) == (0, 1)
    assert not file_desk.out.exists()
    assert not Path(file_desk.ledger).exists()


def test_dry_run_takes_no_number(desk: Desk) -> None:
    """A dry run shows no number of a claim, and the next file has the number it showed."""
    name = desk.write([visit()])
    desk.bill(desk.write([visit("V0", date="2026-03-09")], "other.json"))
    _, shown = desk.bill(name, "--dry-run")
    _, done = desk.bill(name)
    assert shown["claims"][0]["claim"] == shown["claims"][0]["lines"][0]["line"] == "(next)"
    assert done["claims"][0]["claim"] != "(next)"
    assert shown["files"][0]["control"] == done["files"][0]["control"] == "000000002"


def test_interrupted_run_is_finished_with_the_same_bytes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was recorded but not written is written by the next run, under the same number."""
    name = desk.write([visit()])
    written: dict[str, bytes] = {}

    def crash(path: Path, data: bytes) -> None:
        written[path.name] = data
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "write_whole", crash)
        assert (
            desk.run(
                "bill", name, "--practice", str(PRACTICE / "practice.toml"), "--out", str(desk.out)
            )[0]
            == 3
        )
    assert not desk.out.exists()
    status, answer = desk.bill(name)
    assert status == 0
    assert len(answer["already_billed"]) == 1
    assert desk.files() == written


def test_test_and_production_are_separate_books(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit sent as a test is still to be billed in earnest; ISA15 says which is which."""
    monkeypatch.delenv("CLAIMLINE_NOW")
    name = desk.write([visit()])
    desk.bill(name)
    status, answer = desk.bill(name, "--production")
    assert (status, len(answer["claims"])) == (0, 1)
    usages = {data.split(b"*")[15] for data in desk.files().values()}
    assert usages == {b"T", b"P"}


def test_a_clock_set_by_hand_makes_no_file_in_earnest(desk: Desk) -> None:
    """While CLAIMLINE_NOW sets the clock, production is refused as wrong usage."""
    name = desk.write([visit()])
    status, _, errors = desk.run(
        "bill",
        name,
        "--practice",
        str(PRACTICE / "practice.toml"),
        "--out",
        str(desk.out),
        "--production",
    )
    assert status == 2
    assert "CLAIMLINE_NOW" in errors
    assert not desk.out.exists()


def test_production_needs_production_ids(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ids for production nothing is sent in earnest, and the message says what to add."""
    monkeypatch.delenv("CLAIMLINE_NOW")
    text = (PRACTICE / "practice.toml").read_text(encoding="utf-8")
    lacking = desk.folder / "practice.toml"
    lines = [line for line in text.splitlines() if not line.startswith("production = {")]
    lacking.write_text("\n".join(lines), encoding="utf-8")
    name = desk.write([visit()])
    status, _, errors = desk.run(
        "bill", name, "--practice", str(lacking), "--out", str(desk.out), "--production"
    )
    assert status == 2
    assert "[receivers.relay.production]" in errors
    assert not desk.out.exists()


def test_released_visit_goes_after_the_practice_file_is_mended(desk: Desk) -> None:
    """A claim held for a missing fee goes with the next run once it is released."""
    name = desk.write([visit(procedures=[{"code": "97542", "therapist_minutes": 20}])])
    status, answer = desk.bill(name)
    assert (status, answer["held"][0]["reasons"][0]["code"]) == (1, "hold.charge")
    mended = desk.folder / "practice.toml"
    text = (PRACTICE / "practice.toml").read_text(encoding="utf-8")
    mended.write_text(text.replace("97116 = 52.00", "97116 = 52.00\n97542 = 58.00"), "utf-8")
    assert desk.run("held", "release", "V1")[0] == 0
    status, answer = desk.bill(practice=str(mended))
    assert (status, len(answer["claims"])) == (0, 1)
    assert json.loads(desk.run("held", "list", "--format", "json")[1]) == []


PAIR = [
    {"code": "97530", "therapist_minutes": 20},
    {"code": "97140", "therapist_minutes": 20},
]


def test_override_needs_a_name_and_a_reason_and_goes_as_it_is(desk: Desk) -> None:
    """An edit pair without evidence goes on a named person's word, without a modifier."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    assert desk.run("held", "override", "V1", "--reason", "x")[0] == 2
    assert desk.run("held", "override", "V1", "--by", "mk", "--reason", "paper has times")[0] == 0
    status, answer = desk.bill()
    assert status == 0
    codes = {line["code"]: line["modifiers"] for line in answer["claims"][0]["lines"]}
    assert codes == {"97530": ["GP"], "97140": ["GP"]}
    assert "overridden" in answer["claims"][0]["warnings"][0]["message"]


def test_override_is_refused_where_nobody_can_decide(desk: Desk) -> None:
    """A missing charge cannot be set aside by anybody's word."""
    desk.bill(desk.write([visit(procedures=[{"code": "97542", "therapist_minutes": 20}])]))
    status, _, errors = desk.run("held", "override", "V1", "--by", "mk", "--reason", "please")
    assert status == 2
    assert "no fee schedule" in errors


def test_override_does_not_outlive_the_content_it_was_made_for(desk: Desk) -> None:
    """A visit that changed after the decision is judged anew."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    desk.run("held", "override", "V1", "--by", "mk", "--reason", "paper has times")
    longer = [PAIR[0] | {"therapist_minutes": 38}, PAIR[1]]
    status, answer = desk.bill(desk.write([visit(procedures=longer)]))
    assert (status, answer["claims"]) == (1, [])


def test_late_second_visit_to_part_b_is_held(desk: Desk) -> None:
    """Part B adds no lines to a claim: a second visit of a billed day waits for a person."""
    part_b = [{"payer": "medicare", "member_id": "1EG4TE5MK72"}]
    desk.bill(desk.write([visit(coverages=part_b)]))
    status, answer = desk.bill(desk.write([visit("V2", coverages=part_b)]))
    assert status == 1
    assert answer["held"][0]["reasons"][0]["code"] == "hold.second-visit"


def test_good_visits_go_beside_bad_rows(desk: Desk) -> None:
    """A wrong date names its row and column and holds nobody else."""
    name = desk.write([visit(), visit("V2", date="2026-02-30")])
    status, answer = desk.bill(name)
    assert (status, len(answer["claims"])) == (1, 1)
    (problem,) = answer["problems"]
    assert problem["column"] == "date"
    assert problem["file"] == name


MISSING: list[tuple[str, Callable[[Path], None]]] = [
    ("missing.json", lambda _path: None),
    ("folder.json", lambda path: path.mkdir()),
]


@pytest.mark.parametrize(("name", "make"), MISSING, ids=[name for name, _ in MISSING])
def test_unreadable_file_does_not_stop_the_others(
    desk: Desk, name: str, make: Callable[[Path], None]
) -> None:
    """A file that is not there is exit status 3; the good file is billed all the same."""
    make(desk.folder / name)
    status, answer = desk.bill(desk.write([visit()]), str(desk.folder / name))
    assert (status, len(answer["claims"]), len(answer["unreadable"])) == (3, 1, 1)


def test_one_id_with_two_contents_holds_both(desk: Desk) -> None:
    """Two files that disagree about a visit: neither is billed, and both are named."""
    first = desk.write([visit()])
    second = desk.write([visit(date="2026-03-11")], "second.json")
    status, answer = desk.bill(first, second)
    assert (status, answer["claims"]) == (1, [])
    assert answer["held"][0]["reasons"][0]["code"] == "bill.twice"


def test_numbers_hold_no_patient_data_and_names_neither(desk: Desk) -> None:
    """File names, control numbers and what bill prints about a hold name no patient."""
    name = desk.write([visit(), visit("V2", procedures=PAIR)])
    _, out, errors = desk.run(
        "bill", name, "--practice", str(PRACTICE / "practice.toml"), "--out", str(desk.out)
    )
    for text in (out, errors, *desk.files()):
        assert "zyxwv" not in text.lower()
        assert "YHB123" not in text


def _everything(desk: Desk) -> tuple[dict[str, bytes], list[list[Any]]]:
    """The outbox, and all rows about what was sent and held but for the moments of recording."""
    tables = ("sent_file", "sent_claim", "sent_line", "visit", "held_claim", "held_visit")
    rows = []
    for table in (*tables, "control_number"):
        names = metadata.tables[table].columns.keys()
        kept = ", ".join(f'"{n}"' for n in names if n not in {"recorded_at", "run_id"})
        rows.append(asked(desk.ledger, f"SELECT {kept} FROM {table} ORDER BY 1, 2"))
    return desk.files(), rows


def test_more_processes_make_the_same(
    file_desk: Desk, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes, numbers, holds and answer do not depend on how many processes work."""
    visits = [str(path) for path in sorted((PRACTICE / "visits").iterdir())]
    monkeypatch.setattr(bill_make, "VISITS_PER_PIECE", 4)
    monkeypatch.setattr(settings, "now", lambda: NOW)
    monkeypatch.setattr(bill_values, "new_serial", lambda: 77)
    found = []
    for pieces in (10**6, 0):
        monkeypatch.setattr(bill_workers, "FROM_PIECES", pieces)
        own = Desk(file_desk.folder / str(pieces), file_desk._capsys, new_url())
        own.folder.mkdir()
        _, answer = own.bill(*visits)
        text = json.dumps(answer).replace(str(own.folder), "")
        found.append((*_everything(own), text))
    assert found[0] == found[1]
    assert len(found[0][0]) > 8


def test_helper_that_dies_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper process that is killed ends the run with a message; the next run does it all."""
    monkeypatch.setattr(bill_make, "VISITS_PER_PIECE", 1)
    name = desk.write([visit(f"V{n}", date=f"2026-03-{n + 10}") for n in range(4)])
    with monkeypatch.context() as patch:
        patch.setattr(bill_file, "make", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        status, _, errors = desk.run(
            "bill", name, "--practice", str(PRACTICE / "practice.toml"), "--out", str(desk.out)
        )
    assert status == 3
    assert "helper process" in errors
    status, answer = desk.bill(name)
    assert (status, len(answer["claims"])) == (0, 4)


def _shown(desk: Desk, *arguments: str, practice: str = "") -> tuple[int, str, str]:
    file = practice or str(PRACTICE / "practice.toml")
    return desk.run("bill", *arguments, "--practice", file, "--out", str(desk.out))


def test_csv_has_the_lines_of_claims_and_the_holds(desk: Desk) -> None:
    """``--format csv`` is one row for each line that goes and for each hold, with its reason."""
    name = desk.write([visit(), visit("V2", date="2026-03-11", procedures=PAIR)])
    status, out, _ = _shown(desk, name, "--format", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert status == 1
    assert [(row["state"], row["visits"], row["code"]) for row in rows] == [
        ("billed", "V1", "97530"),
        ("held", "V2", ""),
    ]
    assert (rows[0]["modifiers"], rows[0]["units"], rows[0]["charge"]) == ("GP", "2", "150.00")
    assert "separate" in rows[1]["why"]


def test_nothing_to_bill_is_said(desk: Desk) -> None:
    """Without visits and without released holds the command says so and is done."""
    status, out, _ = _shown(desk)
    assert status == 0
    assert "nothing to bill" in " ".join(out.split())


def test_warnings_of_the_practice_file_are_passed_on(desk: Desk) -> None:
    """What the practice file is warned about stands on standard error of every bill."""
    text = (PRACTICE / "practice.toml").read_text(encoding="utf-8")
    odd = desk.folder / "practice.toml"
    odd.write_text(text.replace("[submitter]", "[oddity]\nx = 1\n\n[submitter]"), "utf-8")
    _, out, errors = _shown(desk, desk.write([visit()]), practice=str(odd))
    assert "oddity" in errors
    assert "oddity" not in out


def test_unknown_charge_of_a_hold_is_shown_as_unknown(desk: Desk) -> None:
    """A hold whose money cannot be worked out has no charge, not 0.00."""
    desk.bill(desk.write([visit(procedures=[{"code": "97545", "therapist_minutes": 120}])]))
    (held,) = json.loads(desk.run("held", "list", "--format", "json")[1])
    assert held["charge"] is None
    _, out, _ = desk.run("held", "list")
    assert "0.00" not in out
    assert "cannot be worked out" in out


def test_same_visit_in_two_files_is_billed_once(desk: Desk) -> None:
    """One visit in two files, once as JSON and once repeated, is one claim."""
    first, second = desk.write([visit()]), desk.write([visit()], "second.json")
    status, answer = desk.bill(first, second)
    assert (status, len(answer["claims"]), answer["held"]) == (0, 1, [])


ODD_IDS = ["V+1", "V 1; x", "Vé-1", "=1+1", "../v", "9" * 200]


@pytest.mark.parametrize(
    "visit_id", ODD_IDS, ids=["plus", "words", "accent", "sum", "path", "long"]
)
def test_any_visit_id_can_be_held_and_released(desk: Desk, visit_id: str) -> None:
    """Whatever a practice calls its visits, the hold's id leads back to it."""
    desk.bill(desk.write([visit(visit_id, procedures=PAIR)]))
    (held,) = json.loads(desk.run("held", "list", "--format", "json")[1])
    assert held["visits"] == [visit_id]
    assert desk.run("held", "override", held["id"], "--by", "mk", "--reason", "paper")[0] == 0
    status, answer = desk.bill()
    assert (status, answer["claims"][0]["visits"]) == (0, [visit_id])


def test_numbers_another_run_took_are_not_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file made with numbers that were taken meanwhile is made anew with the next free ones."""
    person = visit()["patient"]
    name = desk.write([visit(f"V{n}", patient=person | {"id": f"P{n}"}) for n in range(4)])
    monkeypatch.setattr(bill_make, "VISITS_PER_PIECE", 1)
    monkeypatch.setattr(bill_workers, "FROM_PIECES", 10**6)
    monkeypatch.setattr(Ledger, "next_number", lambda *_, **__: 500)
    monkeypatch.setattr(bill_values, "new_serial", lambda: 1)
    _, answer = desk.bill(name)
    assert [made["control"] for made in answer["files"]] == [f"{n:09d}" for n in range(1, 5)]
    numbers = [claim["claim"] for claim in answer["claims"]]
    assert numbers == [patient_control_number(n, tag="CT") for n in range(1, 5)]
    for data, number in zip(desk.files().values(), numbers, strict=True):
        assert number.encode() in data


def test_what_another_run_billed_meanwhile_goes_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either wrote: the second finds the visit billed, and makes no file."""
    name = desk.write([visit()])
    desk.bill(name)
    files = desk.files()
    monkeypatch.setattr(Ledger, "known_visits", lambda *_, **__: {})
    monkeypatch.setattr(Ledger, "billed_on", lambda *_, **__: ())
    _, answer = desk.bill(name)
    assert (answer["files"], len(answer["already_billed"])) == ([], 1)
    assert desk.files() == files


def test_claim_numbers_are_as_long_as_the_practice_wants(desk: Desk) -> None:
    """17 characters where nothing is said, 12 to 20 as the practice file says; else refused."""
    text = (PRACTICE / "practice.toml").read_text(encoding="utf-8")
    file = desk.folder / "practice.toml"
    _, plain = desk.bill(desk.write([visit()]))
    assert len(plain["claims"][0]["claim"]) == 17
    line = 'time_zone = "America/New_York"'
    file.write_text(text.replace(line, f"{line}\nclaim_number_length = 20"), encoding="utf-8")
    _, longer = desk.bill(desk.write([visit("V2", date="2026-03-11")]), practice=str(file))
    assert len(longer["claims"][0]["claim"]) == 20
    file.write_text(text.replace(line, f"{line}\nclaim_number_length = 21"), encoding="utf-8")
    status, _, errors = desk.run("bill", "--practice", str(file), "--out", str(desk.out))
    assert status == 2
    assert "12 to 20" in errors
