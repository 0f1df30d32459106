"""What the next night still says: quarantine, the other book, folders that are not there."""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from databases import NewUrl
from night_desk import FIRST, SECOND, Desk

from claimline.__main__ import main
from claimline.night import steps_transfer
from claimline.night.values import Step
from reconcile.ledger import keeping, nights, open_ledger

LATER = "2026-03-18T03:30:00-04:00"
REMIT = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260316*0800*^*00501*"
    "000000001*0*P*:~GS*HP*PAYER*CLINIC*20260316*0800*1*X*005010X221A1~ST*835*0001~"
    "BPR*I*75*C*ACH************20260316~TRN*1*EFT77*1512345678~N1*PR*AETNA*XV*60054~"
    "N1*PE*EXAMPLE THERAPY*XX*1234567893~LX*1~CLP*ELSEWHERE1*1*75*75**12*X1*11*1~"
    "NM1*QC*1*DOE*JANE~SVC*HC:97110:GP*75*75**1~DTM*472*20260105~SE*11*0001~GE*1*1~"
    "IEA*1*000000001~"
)


def named(text: str, ending: str) -> str:
    """What a received file is called here: by its bytes."""
    return hashlib.sha256(text.encode()).hexdigest()[:12] + ending


def _notes(desk: Desk, now: str) -> dict[str, dict[str, Any]]:
    done = desk.night(now, "--format", "json")
    return {note["kind"]: note for note in json.loads(done.stdout)["notes"]}


def test_the_next_night_counts_what_still_lies_there(first_day: Desk) -> None:
    """A file in quarantine and a payment in the other book are told until they are seen to."""
    desk = first_day
    inbox = desk.folder / "inbox"
    inbox.mkdir()
    (inbox / "letter.txt").write_text("no X12\n", encoding="utf-8")
    (inbox / "real.835").write_text(REMIT, encoding="utf-8")
    first = _notes(desk, FIRST)
    assert "transfer.quarantined" in first
    assert "waiting.quarantine" not in first
    told = first["receive.other-book"]
    assert (told["money"], told["ids"]) == ("75.00", [named(REMIT, ".835"), "EFT77"])
    assert told["todo"].startswith("call the clearinghouse")
    second = _notes(desk, SECOND)
    assert second["waiting.quarantine"]["ids"] == [named("no X12\n", ".txt")]
    assert second["waiting.other-book"]["money"] == "75.00"
    (desk.folder / "quarantine" / named("no X12\n", ".txt")).unlink()
    assert "waiting.quarantine" not in _notes(desk, SECOND)


@pytest.mark.parametrize(
    ("written", "meant", "told"),
    [
        pytest.param('"visits/*', '"vists/*', "the folder vists is not there", id="visits"),
        pytest.param("clearinghouse/in", "clearinghouse/inn", "inn is not there", id="put"),
    ],
)
def test_a_folder_that_is_not_there_is_told(
    first_day: Desk, written: str, meant: str, told: str
) -> None:
    """A misspelled folder of visits or of a clearinghouse is found by --check."""
    desk = first_day
    path = desk.folder / "night.toml"
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, meant), encoding="utf-8")
    done = desk.night(FIRST, "--check")
    assert done.returncode == 1
    assert told in " ".join(done.stdout.split())
    if "vists" in meant:
        assert "build.no-folder" in _notes(desk, FIRST)


def test_no_second_try_after_a_refused_login(
    first_day: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where collecting was not let in, sending does not knock again, and says what stays."""
    from attrs import evolve

    from claimline.night.config import read_config
    from claimline.night.night import night_of
    from claimline.transfer.values import Delivered, HostKey, Login

    desk = first_day
    desk.night(FIRST, "--skip", "send")
    config = read_config(str(desk.folder / "night.toml"))
    login = Login(host="sftp.example", port=22, user="rt", host_keys=(HostKey(fingerprint="x"),))
    profiles = tuple(evolve(one, login=login) for one in config.profiles)
    night = night_of(evolve(config, profiles=profiles), dry_run=False)
    tried: list[str] = []

    def sent(given: Any, *_: object, **__: object) -> Delivered:
        tried.extend(one.key for one in given)
        return Delivered()

    monkeypatch.setattr(steps_transfer, "send", sent)
    refused = Step(name="collect", detail={"files": [], "not_let_in": [profiles[0].key]})
    step = steps_transfer.send_step(night, [refused])
    assert tried == []
    assert step.status == 3
    assert [note.kind for note in step.notes] == ["transfer.not-tried"]
    steps_transfer.send_step(night, [])
    assert tried == [one.key for one in profiles]


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow"])
def test_a_day_that_does_not_exist_is_refused(first_day: Desk, day: str) -> None:
    """--show of no such day is wrong usage; so is a folder in the place of night.toml."""
    desk = first_day
    done = desk.night(FIRST, "--show", "--day", day)
    assert (done.returncode, "no such day" in done.stderr) == (2, True)
    done = desk.night(FIRST, "--check", "--config", str(desk.folder))
    assert done.returncode == 2
    assert "night.toml" in done.stderr


def main_output(*args: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([*args]) == 0
    return out.getvalue()


def _faulty(desk: Desk, name: str) -> str:
    """One remittance is miscounted and bears another name; what it is called here."""
    path = next((desk.folder / "clearinghouse" / "out").glob("*-60054L.835"))
    text = re.sub(r"SE\*\d+", "SE*7", path.read_text(encoding="utf-8"))
    path.unlink()
    (path.parent / name).write_text(text, encoding="utf-8")
    return named(text, ".835")


def test_the_page_is_whole_however_many_runs_it_took(desk: Desk) -> None:
    """What the first run found in files and could not send, the second one's page still tells."""
    faulty = _faulty(desk, "era.835")
    put = desk.folder / "clearinghouse" / "in"
    put.rename(put.with_name("away"))
    first = desk.night(SECOND)
    assert first.returncode == 3
    stays = next(n for n in desk.report("2026-03-18-1")["notes"] if n["step"] == "send")
    assert (stays["money"], stays["ids"]) == ("651.00", ["relay-T-000000002.837"])
    assert "1 file with 4 claims (651.00) waits in the outbox" in stays["what"]
    assert stays["call"] == "Relay support, 800-555-0190"
    put.with_name("away").rename(put)
    assert desk.night(LATER).returncode == 1
    page = desk.report("2026-03-18-2")
    fault = next(note for note in page["notes"] if note["kind"] == "receive.problems")
    assert (fault["ids"], fault["run"]) == ([faulty], 1)
    assert fault["call"] == "Relay support, 800-555-0190"
    assert "send" not in {note["step"] for note in page["notes"]}
    assert [run["number"] for run in page["earlier"]["runs"]] == [1]
    assert len(page["earlier"]["came"]) == 10
    assert [row["file"] for row in page["earlier"]["made"]] == ["relay-T-000000002.837"]
    assert desk.night(LATER).returncode == 1
    third = desk.report("2026-03-18-3")
    assert [run["number"] for run in third["earlier"]["runs"]] == [1, 2]
    assert [row["run"] for row in third["earlier"]["went"]] == [2]
    assert third["earlier"]["came"] == page["earlier"]["came"]
    text = (desk.folder / "reports" / "2026-03-18-3.txt").read_text(encoding="utf-8")
    html = (desk.folder / "reports" / "2026-03-18-3.html").read_text(encoding="utf-8")
    assert all(faulty in page and "Earlier runs" in page for page in (text, html))


def test_what_they_had_from_elsewhere_was_never_sent(desk: Desk) -> None:
    """Uploaded by hand after a night that could not, and acknowledged: no later page says sent."""
    there = desk.folder / "clearinghouse" / "in"
    there.rename(there.with_name("away"))
    assert desk.night(SECOND).returncode == 3
    there.with_name("away").rename(there)
    [waits] = (desk.folder / "outbox").glob("*.837")
    shutil.copy(waits, there)
    desk.answered()
    (there / waits.name).unlink()
    for number in (2, 3):
        assert desk.night(LATER).returncode == 1
        text = (desk.folder / "reports" / f"2026-03-18-{number}.txt").read_text(encoding="utf-8")
        assert "0 files sent" in text
        assert "not uploaded: they have it" in text
        assert "sent, profile" not in text
    assert not (there / waits.name).exists()


class Odd(NamedTuple):
    """A second day whose files have faults of many kinds, and the page of an undisturbed night."""

    desk: Desk
    page: dict[str, Any]


@pytest.fixture(scope="module", name="odd")
def _odd(
    copied: Callable[[], Desk],
    lasting: Callable[[str], NewUrl],
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Odd:
    desk = copied()
    _faulty(desk, "era.835")
    claims = next((desk.folder / "clearinghouse" / "in").iterdir()).read_text(encoding="utf-8")
    out = desk.folder / "clearinghouse" / "out"
    other = re.sub(r"CLM\*\w", "CLM*Q", claims)
    (out / "other.999").write_text(other, encoding="utf-8")
    (out / "cut.999").write_text(claims[: claims.index("CLM*")], encoding="utf-8")
    (out / "real.835").write_text(REMIT, encoding="utf-8")
    (out / "asks.277").write_text(
        REMIT.replace("ST*835", "ST*276").replace("000000001", "000000009"), encoding="utf-8"
    )
    undisturbed = desk.copied(tmp_path_factory.mktemp("odd") / "desk", lasting(database))
    assert undisturbed.night(SECOND).returncode == 1
    return Odd(desk, undisturbed.report("2026-03-18-1"))


def _of_receive(page: dict[str, Any]) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """What a page says of what came: sums, notes, and each file with what it held."""
    [step] = [step for step in page["steps"] if step["name"] == "receive"]
    files = [{key: row[key] for key in row if key not in {"told", "run"}} for row in step["files"]]
    notes = [note for note in page["notes"] if note["step"] == "receive"]
    return step["counts"], notes, sorted(files, key=lambda row: row["file"])


@pytest.mark.parametrize("moment", ["receive:20", "receive:80", "build:1", "proof:1", "page:1"])
@pytest.mark.parametrize("now", [SECOND, LATER], ids=["clock stands", "clock runs"])
def test_what_a_killed_run_received_is_on_the_next_page(
    moment: str, now: str, odd: Odd, new_url: NewUrl, tmp_path: Path
) -> None:
    """It left no page: the next has the sums, money and faults of an undisturbed night's."""
    desk = odd.desk.copied(tmp_path / "desk", new_url)
    assert desk.process(SECOND, die_at=moment).returncode == -signal.SIGKILL
    assert desk.process(now).returncode == 1
    page = desk.report("2026-03-18-1")
    assert [run["number"] for run in page["earlier"]["runs"]] == [0]
    assert _of_receive(page) == _of_receive(odd.page)
    assert page["earlier"]["came"] == []
    own = [row for step in page["steps"] if step["name"] == "send" for row in step["files"]]
    went = [row["file"] for row in (*own, *page["earlier"]["went"])]
    assert went == ["relay-T-000000002.837"]
    text = (desk.folder / "reports" / "2026-03-18-1.txt").read_text(encoding="utf-8")
    assert "cut off before it could write a page" in text
    assert desk.night(now).returncode == 1
    again = desk.report("2026-03-18-2")
    assert [run["number"] for run in again["earlier"]["runs"]][-1] == 1
    assert _of_receive(again)[0]["files"] == 0


def test_the_name_a_file_came_with_stays_in_the_ledger(desk: Desk) -> None:
    """Senders name files after patients: no page, figure, log or folder tells it."""
    faulty = _faulty(desk, "QUILL_MARTHA_19790412.835")
    (desk.folder / "inbox").mkdir(exist_ok=True)
    (desk.folder / "inbox" / "Quill Martha letter.docx").write_text("no X12", encoding="utf-8")
    done = desk.command_run(SECOND, CLAIMLINE_LOG="debug")
    assert done.returncode == 1
    said = [done.stdout, done.stderr, " ".join(desk.files())]
    said += [path.read_text(encoding="utf-8") for path in (desk.folder / "reports").iterdir()]
    said.append((desk.folder / "claimline.prom").read_text(encoding="utf-8"))
    kept = list((desk.folder / "quarantine").iterdir())
    said += [path.read_text(encoding="utf-8") for path in kept if path.suffix == ".json"]
    # at the clearinghouse it lies as it did
    whole = "\n".join(said).replace("clearinghouse/out/QUILL_MARTHA_19790412.835", "").lower()
    assert faulty in whole
    assert "quill" not in whole
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        assert "quill" not in nights.newest(connection).lower()
        digest = hashlib.sha256((desk.folder / "archive" / "2026-03" / faulty).read_bytes())
        stored = keeping.find_file(connection, digest.hexdigest())
    assert stored is not None
    assert stored.name == "QUILL_MARTHA_19790412.835"
    config = str(desk.folder / "night.toml")
    told = main_output("transfer", "which", faulty, "--config", config, "--format", "json")
    assert "QUILL_MARTHA_19790412.835" in told
    assert f"archive/2026-03/{faulty}" in told
    beside = next(path for path in kept if path.name.endswith(".problems.txt"))
    assert "It came as Quill Martha letter.docx" in beside.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("ahead", "told"),
    [pytest.param(0, False, id="now"), pytest.param(3600, True, id="an hour ahead")],
)
def test_a_file_without_an_end_is_left_while_its_time_lies_ahead(
    first_day: Desk, ahead: int, told: bool
) -> None:
    """A share whose clock is ahead: its writer may not be done, so the file stays, and is told."""
    desk = first_day
    path = desk.folder / "inbox" / "era.835"
    path.parent.mkdir()
    path.write_text(REMIT[:-40], encoding="utf-8")
    os.utime(path, (time.time() + ahead, time.time() + ahead))
    done = desk.night("", "--only", "receive", "--format", "json")  # the clock runs
    report = json.loads(done.stdout)
    kinds = [note["kind"] for note in report["notes"]]
    assert path.exists()
    assert (report["steps"][0]["counts"]["files"], "receive.ahead" in kinds) == (0, told)
    os.utime(path, (time.time() - 120, time.time() - 120))
    assert desk.night("", "--only", "receive").returncode == 1
    assert not path.exists()
