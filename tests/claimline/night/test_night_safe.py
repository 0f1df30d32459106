"""What a night must never do: run twice at once, change anything in a dry run, name a patient."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from canonical import Dump, differences
from night_desk import FIRST, FIXTURES, SECOND, Desk, holding

from claimline.night.lock import path_of
from reconcile.ledger import nights, open_ledger


@pytest.fixture(scope="module", name="second_day")
def _second_day(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on the morning of its second day; copied by each test."""
    return Desk(tmp_path_factory.mktemp("night") / "desk").second_day()


@pytest.fixture(scope="module", name="alone")
def _alone(second_day: Desk, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """The ledger after an undisturbed second night."""
    desk = second_day.copied(tmp_path_factory.mktemp("alone") / "desk")
    assert desk.night(SECOND).returncode == 1
    return desk.dump()


@pytest.fixture(name="desk")
def _desk(second_day: Desk, tmp_path: Path) -> Desk:
    return second_day.copied(tmp_path / "desk")


def test_a_dry_run_changes_not_one_byte(desk: Desk) -> None:
    """Files, folders and ledger are what they were; the page says what would happen."""
    before = desk.files()
    folders = {path.stat().st_mtime_ns for path in desk.folder.rglob("*") if path.is_dir()}
    done = desk.night(SECOND, "--dry-run", "--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert desk.files() == before
    assert {p.stat().st_mtime_ns for p in desk.folder.rglob("*") if p.is_dir()} >= folders - {
        (desk.folder).stat().st_mtime_ns
    }
    counts = {step["name"]: step["counts"] for step in told["steps"]}
    assert counts["build"]["claims"] == 4
    assert counts["collect"]["would"] > 5
    assert told["dry_run"] is True


def test_a_dry_run_before_the_first_night_makes_nothing(tmp_path: Path) -> None:
    """Where there is no ledger yet, none is made."""
    desk = Desk(tmp_path / "desk").laid_out()
    (desk.folder / "ledger.sqlite3").unlink()
    before = desk.files()
    done = desk.night(FIRST, "--dry-run")
    assert done.returncode == 3
    assert "There is no ledger" in done.stdout
    assert desk.files() == before


def test_no_ledger_is_made_in_silence(tmp_path: Path) -> None:
    """A mistyped ledger is not begun anew: every visit would be billed a second time."""
    desk = Desk(tmp_path / "desk").laid_out()
    (desk.folder / "ledger.sqlite3").unlink()
    done = desk.night(FIRST)
    assert done.returncode == 3
    assert "--new-ledger" in done.stdout
    assert not (desk.folder / "ledger.sqlite3").exists()
    assert (desk.folder / "reports" / "2026-03-04-1.txt").exists()
    assert "claimline_night_status 3\n" in (desk.folder / "claimline.prom").read_text()
    made = desk.night(FIRST, "--new-ledger")
    assert made.returncode in {0, 1}
    assert "A new ledger was made" in made.stderr


def test_of_two_nights_the_second_changes_nothing(desk: Desk) -> None:
    """Whoever comes second is told who is at work, ends with 3, and leaves all as it is."""
    lock = path_of(desk.url, desk.folder / "reports")
    with holding(lock) as first:
        before = desk.files()
        done = desk.night(SECOND)
        assert done.returncode == 3
        assert f"process {first.pid} on " in done.stderr
        assert desk.files() == before
        first.communicate("")


def test_two_nights_at_once_do_the_work_of_one(desk: Desk, alone: Dump) -> None:
    """Two real ones started together: one does all, the other ends with 3."""
    both = [
        subprocess.Popen(
            desk.command(), env=desk.environment(SECOND), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]  # fmt: skip
    ends = sorted(process.wait(timeout=120) for process in both)
    assert ends in ([1, 1], [1, 3])  # both, where the first was done before the second began
    assert differences(alone, desk.dump()) == []


def test_a_locked_ledger_is_told_and_the_next_night_does_it(desk: Desk, alone: Dump) -> None:
    """Somebody writes all the time: 3, and nothing is sent; once he is done the next night is whole."""
    with closing(sqlite3.connect(desk.folder / "ledger.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        code = "import reconcile.ledger.connect as c; c.make_engine.__kwdefaults__['busy_seconds'] = 1\n"
        code += "import sys; from claimline.__main__ import main; sys.exit(main(sys.argv[1:]))"
        done = _run(desk, code)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "is in use by another command" in done.stdout
        assert "not done" in done.stdout
        assert "the report is not in the ledger" in done.stderr
    assert (desk.folder / "reports" / "2026-03-18-1.json").exists()
    assert desk.night(SECOND).returncode == 1
    assert differences(alone, desk.dump()) == []


def test_a_folder_for_reports_that_cannot_be_made_is_told(desk: Desk) -> None:
    """Nothing is begun: exit status 3 names the folder, and the next night is whole."""
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8")
    other = text.replace('reports = "reports"', 'reports = "visits/visits-1.json/reports"')
    file.write_text(other, encoding="utf-8")
    before = desk.files()
    done = desk.night(SECOND)
    assert done.returncode == 3
    assert "cannot be made" in done.stderr
    assert desk.files() == before
    file.write_text(text, encoding="utf-8")
    assert desk.night(SECOND).returncode == 1


def test_a_full_disk_for_the_report_is_told(desk: Desk, alone: Dump) -> None:
    """The night's work stands; that its page could not be written is said, with exit status 3."""
    code = (
        "import errno, os, sys\n"
        "real = os.link\n"
        "def full(*given, **named):\n"
        "    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.link = full\n"
        "from claimline.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = _run(desk, code)
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert not (desk.folder / "reports" / "2026-03-18-1.json").exists()
    assert differences(alone, desk.dump()) == []
    assert desk.night(SECOND).returncode == 1
    assert differences(alone, desk.dump()) == []


def _run(desk: Desk, code: str) -> subprocess.CompletedProcess[str]:
    """A night begun by a program of a few lines."""
    return subprocess.run(
        [sys.executable, "-c", code, *desk.command()[3:]],
        env=desk.environment(SECOND), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


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


def test_nothing_a_night_tells_names_a_patient(desk: Desk) -> None:
    """Page, JSON, HTML, figures, logs, terminal and the names of all files: no patient in any."""
    done = desk.process(SECOND, CLAIMLINE_LOG="debug")
    told = [done.stdout, done.stderr, " ".join(desk.files())]
    told += [path.read_text(encoding="utf-8") for path in (desk.folder / "reports").iterdir()]
    told.append((desk.folder / "claimline.prom").read_text(encoding="utf-8"))
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        told.append(nights.newest(connection))
    assert len(told) == 11
    whole = "\n".join(told).lower()
    assert "N-1013".lower() in whole  # the search finds what is there
    found = [text for text in set(_secrets()) if text.lower() in whole]
    assert found == []


def test_all_that_is_kept_is_its_owners_only(desk: Desk) -> None:
    """Reports, archive, quarantine and ledger can be read by nobody else; the figures can."""
    done = desk.process(SECOND)
    assert done.returncode == 1
    kept = ("inbox", "outbox", "archive", "quarantine", "reports")
    paths = [
        path for name in kept for path in [desk.folder / name, *(desk.folder / name).rglob("*")]
    ]
    made = [*paths, desk.folder / "ledger.sqlite3"]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}
    assert (desk.folder / "claimline.prom").stat().st_mode & 0o777 == 0o644
