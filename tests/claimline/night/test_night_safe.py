"""What a night must never do: run twice at once, change anything in a dry run, name a patient."""

import errno
import hashlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any, NamedTuple

import pytest
from canonical import Dump, differences
from databases import writing
from night_desk import FIRST, FIXTURES, SECOND, Desk, holding, starter
from sqlalchemy import text

from claimline.night.lock import path_of
from claimline.night.run import names
from reconcile.ledger import connect, nights, open_ledger


@pytest.fixture(scope="module", name="alone")
def _alone(copied: Callable[[], Desk]) -> Dump:
    """The ledger after an undisturbed second night."""
    desk = copied()
    assert desk.night(SECOND).returncode == 1
    return desk.dump()


def test_a_dry_run_changes_not_one_byte(desk: Desk) -> None:
    """Files, folders and ledger are what they were; the page says what would happen."""
    before = desk.everything()
    folders = {path.stat().st_mtime_ns for path in desk.folder.rglob("*") if path.is_dir()}
    done = desk.night(SECOND, "--dry-run", "--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert desk.everything() == before
    assert {p.stat().st_mtime_ns for p in desk.folder.rglob("*") if p.is_dir()} >= folders - {
        (desk.folder).stat().st_mtime_ns
    }
    counts = {step["name"]: step["counts"] for step in told["steps"]}
    assert counts["build"]["claims"] == 4
    assert counts["collect"]["would"] > 5
    assert told["dry_run"] is True


def test_a_dry_run_knows_what_the_inbox_says(desk: Desk) -> None:
    """It tells what the night tells: what lies in the inbox is read, though nothing is changed."""
    inbox = desk.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for path in (desk.folder / "clearinghouse" / "out").glob("*.999"):
        path.rename(inbox / path.name)
    before = desk.everything()
    dry = json.loads(desk.night(SECOND, "--dry-run", "--format", "json").stdout)
    assert desk.everything() == before
    assert desk.night(SECOND).returncode == 1
    real = desk.report("2026-03-18-1")
    told = [(note["kind"], note["count"], note["money"]) for note in dry["notes"]]
    assert told == [(note["kind"], note["count"], note["money"]) for note in real["notes"]]
    assert step_of(dry, "receive")["counts"] == step_of(real, "receive")["counts"]
    assert step_of(dry, "build")["counts"] == step_of(real, "build")["counts"]
    assert step_of(dry, "send")["counts"]["would"] == 1
    equations = [
        [one for one in told["proof"].pop("equations") if one["key"] != "facts.journal"]
        for told in (dry, real)
    ]
    assert equations[0] == equations[1]  # beside it: the dry run recorded nothing
    assert dry["proof"].pop("journal") != real["proof"].pop("journal")
    assert dry["proof"] == real["proof"]


def test_a_dry_run_after_a_crash_leaves_what_the_crash_left(desk: Desk) -> None:
    """An SQLite ledger with a hot journal beside it is neither opened nor cleared up."""
    assert desk.process(SECOND, die_at=150).returncode == -signal.SIGKILL
    if desk.url.startswith("sqlite"):
        assert any(name.endswith("-wal") for name in desk.files())
    before = desk.everything()
    assert desk.process(SECOND, "--dry-run").returncode == 1
    assert desk.everything() == before


def test_a_dry_run_beside_a_writer_works_on_a_snapshot(desk: Desk) -> None:
    """Another command in the middle of writing holds nothing up."""
    with writing(desk.url) as other:
        other.execute(text("DELETE FROM transfer"))
        done = desk.night(SECOND, "--dry-run", "--format", "json")
    assert json.loads(done.stdout)["proof"]["closes"]


def test_a_dry_run_before_the_first_night_makes_nothing(no_ledger: Desk) -> None:
    """Where there is no ledger yet, none is made."""
    before = no_ledger.everything()
    done = no_ledger.night(FIRST, "--dry-run")
    assert done.returncode == 3
    assert "There is no ledger" in done.stdout
    assert no_ledger.everything() == before


def test_no_ledger_is_made_in_silence(no_ledger: Desk) -> None:
    """A mistyped ledger is not begun anew: every visit would be billed a second time."""
    desk = no_ledger
    done = desk.night(FIRST)
    assert done.returncode == 3
    assert "--new-ledger" in done.stdout
    assert not (desk.folder / "ledger.sqlite3").exists()
    assert desk.everything()[1] == {}
    assert (desk.folder / "reports" / "2026-03-04-1.txt").exists()
    assert "claimline_night_status 3\n" in (desk.folder / "claimline.prom").read_text()
    made = desk.night(FIRST, "--new-ledger")
    assert made.returncode in {0, 1}
    assert "A new ledger was made" in made.stderr


def test_of_two_nights_the_second_changes_nothing(desk: Desk) -> None:
    """Whoever comes second is told who is at work, ends with 3, and leaves all as it is."""
    lock = path_of(desk.url, desk.folder / "reports")
    with holding(lock) as first:
        before = desk.everything()
        done = desk.night(SECOND)
        assert done.returncode == 3
        assert f"process {first.pid} on " in done.stderr
        assert desk.everything() == before
        first.communicate("")


def test_two_nights_at_once_do_the_work_of_one(desk: Desk, alone: Dump) -> None:
    """Two real ones started together: one does all, the other ends with 3."""
    both = [desk.begun(SECOND)[0] for _ in range(2)]
    ends = sorted(starter().wait(process) for process in both)
    assert ends in ([1, 1], [1, 3])  # both, where the first was done before the second began
    assert differences(alone, desk.dump()) == []


def test_a_locked_ledger_is_told_and_the_next_night_does_it(
    desk: Desk, alone: Dump, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes all the time: 3, and nothing is sent; once he is done the next night is whole."""
    monkeypatch.setitem(connect.make_engine.__kwdefaults__, "busy_seconds", 0.1)
    with writing(desk.url):
        done = desk.night(SECOND)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the report is not in the ledger" in done.stderr
    report = desk.report("2026-03-18-1")
    assert "is in use by another command" in report["notes"][0]["what"]
    left_out = [step["name"] for step in report["steps"] if "left_out" in step]
    assert left_out == [name for name in names() if name != "collect"]
    assert not list((desk.folder / "clearinghouse" / "in").glob("*002.837"))
    assert desk.night(SECOND).returncode == 1
    assert differences(alone, desk.dump()) == []


def test_a_folder_for_reports_that_cannot_be_made_is_told(desk: Desk) -> None:
    """Nothing is begun: exit status 3 names the folder, and the next night is whole."""
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8")
    other = text.replace('reports = "reports"', 'reports = "visits/visits-1.json/reports"')
    file.write_text(other, encoding="utf-8")
    before = desk.everything()
    done = desk.night(SECOND)
    assert done.returncode == 3
    assert "cannot be made" in done.stderr
    assert desk.everything() == before
    file.write_text(text, encoding="utf-8")
    assert desk.night(SECOND).returncode == 1


def test_a_full_disk_for_the_report_is_told(desk: Desk, alone: Dump) -> None:
    """The night's work stands; that its page could not be written is said, with exit status 3."""
    part = desk.folder / "reports" / ".2026-03-18-1.json.part"
    part.symlink_to("/dev/full")  # the system itself says that there is no room
    done = desk.night(SECOND)
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert not (desk.folder / "reports" / "2026-03-18-1.json").exists()
    assert differences(alone, desk.dump()) == []
    assert desk.night(SECOND).returncode == 1
    assert differences(alone, desk.dump()) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "largest",
    [
        pytest.param(20_000, id="before-it-begins"),
        pytest.param(60_000, id="as-it-begins"),
        pytest.param(400_000, id="in-the-middle"),
    ],
)
def test_a_full_disk_ends_the_night_and_the_next_does_it(
    largest: int, desk: Desk, alone: Dump
) -> None:
    """No file of the process may grow beyond a size: 3, nothing half done; with room all is done.

    A server's disk fills apart from its clients': see test_night_postgresql.
    """
    done = desk.process(SECOND, largest=largest)
    assert done.returncode == 3
    assert "full or failing" in " ".join((done.stdout + done.stderr).split())
    assert list((desk.folder / "clearinghouse" / "in").glob("*002.837")) == []
    again = desk.night(SECOND)
    assert again.returncode == 1, again.stdout + again.stderr
    assert differences(alone, desk.dump()) == []
    assert (desk.folder / "clearinghouse" / "in" / "relay-T-000000002.837").exists()


def test_a_share_without_hard_links_takes_the_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is written there too, and replaces none."""

    def linkless(*_given: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", linkless)
    (desk.folder / "reports" / "2026-03-18-1.json").mkdir()
    assert desk.night(SECOND, "--only", "proof").returncode == 0
    assert desk.night(SECOND, "--only", "proof").returncode == 0
    assert desk.report("2026-03-18-3")["number"] == 3


def test_files_of_any_name_are_received_and_told(desk: Desk) -> None:
    """Names that are no text, have line feeds or are too long hold up neither page nor payment."""
    inbox = desk.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    answer = next((desk.folder / "clearinghouse" / "out").glob("*-15202.835"))
    odd = os.fsdecode(b"\xff pay\n\x1b[2J.835")
    answer.rename(inbox / odd)
    (inbox / ("n" * 250)).write_bytes(b"no X12")
    done = desk.night(SECOND)
    assert done.returncode == 1, done.stderr
    report = desk.report("2026-03-18-1")
    received = {row["file"]: row for row in step_of(report, "receive")["files"]}
    assert sum(row["posted"] for row in received.values()) == 8
    assert not any(mark in json.dumps(report) for mark in ("pay_", "2J", "nnnn"))
    assert [note["kind"] for note in report["notes"]].count("transfer.renamed") == 2
    assert list(inbox.iterdir()) == []
    assert "\x1b" not in done.stdout
    assert step_of(report, "receive")["counts"]["paid"] == "251.75"


def test_a_visit_file_of_any_name_is_told(desk: Desk) -> None:
    """Its name is no text: the page is written all the same."""
    (desk.folder / "visits" / os.fsdecode(b"v\xff.json")).write_bytes(b"{")
    done = desk.night(SECOND)
    assert done.returncode == 1, done.stderr
    kinds = [note["kind"] for note in desk.report("2026-03-18-1")["notes"]]
    assert "build.visits-unread" in kinds


def test_a_clearinghouses_own_report_is_read_by_its_profile(desk: Desk) -> None:
    """Its rejection is known in the morning; a file no profile fits goes to the quarantine."""
    (desk.folder / "report.toml").write_text(REPORT, encoding="utf-8")
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8") + '\n[receive]\nreports = ["report.toml"]\n'
    file.write_text(text, encoding="utf-8")
    claims = (desk.folder / "clearinghouse" / "in" / "relay-T-000000001.837").read_text()
    number = claims.split("CLM*", 1)[1].split("*", 1)[0]
    for name in ("daily-1.csv", "other.csv"):
        path = desk.folder / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"Claim,Status,Error\n{number},Rejected,E12\n{name},,\n")
        os.utime(path, (0, 0))
    assert desk.night(SECOND, "--only", "receive").returncode == 1
    told = {row["state"]: row for row in step_of(desk.report("2026-03-18-1"), "receive")["files"]}
    assert told["received"]["told"]
    assert (desk.folder / "archive" / "2026-03" / told["received"]["file"]).exists()
    assert (desk.folder / "quarantine" / told["unreadable"]["file"]).exists()
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        assert nights.claims_in(connection, "T", "rejected", 5) == (number,)


def test_an_answer_without_a_decision_is_told(desk: Desk) -> None:
    """A claim that the payer looks at longer is told as such, not as waiting for a remittance."""
    claims = (desk.folder / "clearinghouse" / "in" / "relay-T-000000001.837").read_text()
    number, charge = claims.split("CLM*", 1)[1].split("*", 2)[:2]
    lines = re.split("LX[*]", claims.split("CLM*", 2)[1])[1:]
    told = [PENDING.format(*SERVICE.search(line).groups()) for line in lines]  # type: ignore[union-attr]  # each has it
    count = 10 + 3 * len(told)
    body = PENDING_CLAIM.format(number=number, charge=charge, lines="".join(told), count=count)
    path = desk.folder / "inbox" / "pending.835"
    path.parent.mkdir(exist_ok=True)
    path.write_text(body)
    os.utime(path, (0, 0))
    desk.night(SECOND, "--only", "receive", "--only", "waiting")
    notes = {note["kind"]: note for note in desk.report("2026-03-18-1")["notes"]}
    assert notes["claims.undecided"]["ids"] == [number]
    assert "the reason" in notes["claims.undecided"]["todo"]


SERVICE = re.compile(r"SV1[*]([^*]+)[*]([^*]+)[*].*?REF[*]6R[*](\w+)~", re.DOTALL)
PENDING = "SVC*{0}*{1}*0~CAS*CO*133*{1}~REF*6R*{2}~"
PENDING_CLAIM = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260316*0800*^*00501*"
    "000000001*0*T*:~GS*HP*PAYER*CLINIC*20260316*0800*1*X*005010X221A1~ST*835*0001~"
    "BPR*I*0*C*NON************20260316~TRN*1*EFT78*1512345678~N1*PR*AETNA*XV*60054~"
    "N1*PE*EXAMPLE THERAPY*XX*1234567893~LX*1~CLP*{number}*1*{charge}*0**12*X1*11*1~"
    "NM1*QC*1*DOE*JANE~DTM*232*20260310~{lines}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
)
REPORT = """
name = "Relay daily report"
kind = "csv"
files = "daily*.csv"
[columns]
claim = "Claim"
status = "Status"
code = "Error"
[status]
"Rejected" = "rejected"
"""


def step_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    """A step of a report."""
    found: dict[str, Any] = next(step for step in report["steps"] if step["name"] == name)
    return found


class Told(NamedTuple):
    """A night started as people start it, with logs."""

    desk: Desk
    done: CompletedProcess[str]


@pytest.fixture(scope="module", name="told")
def _told(copied: Callable[[], Desk]) -> Told:
    desk = copied()
    return Told(desk, desk.command_run(SECOND, CLAIMLINE_LOG="debug"))


def test_logs_are_json_lines_of_the_run(told: Told) -> None:
    """On request each step, file and note is a line with the run's name."""
    lines = [json.loads(line) for line in told.done.stderr.splitlines()]
    assert lines.pop()["event"] == "ended"  # of every command
    assert {line["run"] for line in lines} == {"2026-03-18-1"}
    named = [line["step"] for line in lines if line["event"] == "step"]
    assert named == list(names())
    assert lines[0]["event"] == "night begins"
    assert lines[-1]["event"] == "night ends"
    assert lines[-1]["status"] == 1


def test_a_file_that_was_not_kept_has_its_digest_in_the_log(desk: Desk) -> None:
    """Who reads the log finds it in the quarantine; its own name is not told."""
    path = desk.folder / "inbox" / "DOE JANE.835"
    path.write_bytes(b"no X12")
    os.utime(path, (0, 0))
    done = desk.command_run(SECOND, CLAIMLINE_LOG="info")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    [line] = [one for one in lines if one.get("state") == "unreadable"]
    assert (desk.folder / "quarantine" / line["file"]).read_bytes() == b"no X12"
    assert line["digest"] == hashlib.sha256(b"no X12").hexdigest()
    assert "JANE" not in done.stderr + done.stdout


def _secrets() -> Iterator[str]:
    """Every name, number and address of a patient in the fixtures of the night."""
    for name in ("visits-1.json", "visits-2.json"):
        for visit in json.loads((FIXTURES / name).read_text(encoding="utf-8")):
            patient = visit["patient"]
            yield patient["last_name"]
            yield patient["birth_date"]
            yield patient["birth_date"].replace("-", "")
            yield patient["address"]["line1"]
            yield patient["id"]
            yield from (coverage["member_id"] for coverage in visit["coverages"])


def test_nothing_a_night_tells_names_a_patient(told: Told) -> None:
    """Page, JSON, HTML, figures, logs, terminal and the names of all files: no patient in any."""
    desk, done = told
    said = [done.stdout, done.stderr, " ".join(desk.files())]
    said += [path.read_text(encoding="utf-8") for path in (desk.folder / "reports").iterdir()]
    said.append((desk.folder / "claimline.prom").read_text(encoding="utf-8"))
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        said.append(nights.newest(connection))
    lock = desk.folder / "reports" / ".night.lock"  # of a database that is no file
    assert len(said) == 11 + lock.exists()
    whole = "\n".join(said).lower()
    assert "N-1013".lower() in whole  # the search finds what is there
    found = [text for text in set(_secrets()) if text.lower() in whole]
    assert found == []


def test_all_that_is_kept_is_its_owners_only(told: Told) -> None:
    """Reports, archive, quarantine and ledger can be read by nobody else; the figures can."""
    desk = told.desk
    assert told.done.returncode == 1
    kept = ("inbox", "outbox", "archive", "quarantine", "reports")
    paths = [
        path for name in kept for path in [desk.folder / name, *(desk.folder / name).rglob("*")]
    ]
    made = [*paths, *desk.folder.glob("ledger.sqlite3")]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}
    assert (desk.folder / "claimline.prom").stat().st_mode & 0o777 == 0o644
