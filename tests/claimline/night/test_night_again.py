"""What the next night still says: quarantine, the other book, folders that are not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from night_desk import FIRST, SECOND, Desk

from claimline.night import steps_transfer
from claimline.night.values import Step

REMIT = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260316*0800*^*00501*"
    "000000001*0*P*:~GS*HP*PAYER*CLINIC*20260316*0800*1*X*005010X221A1~ST*835*0001~"
    "BPR*I*75*C*ACH************20260316~TRN*1*EFT77*1512345678~N1*PR*AETNA*XV*60054~"
    "N1*PE*EXAMPLE THERAPY*XX*1234567893~LX*1~CLP*ELSEWHERE1*1*75*75**12*X1*11*1~"
    "NM1*QC*1*DOE*JANE~SVC*HC:97110:GP*75*75**1~DTM*472*20260105~SE*11*0001~GE*1*1~"
    "IEA*1*000000001~"
)


def _notes(desk: Desk, now: str) -> dict[str, dict[str, Any]]:
    done = desk.night(now, "--format", "json")
    return {note["kind"]: note for note in json.loads(done.stdout)["notes"]}


def test_the_next_night_counts_what_still_lies_there(tmp_path: Path) -> None:
    """A file in quarantine and a payment in the other book are told until they are seen to."""
    desk = Desk(tmp_path / "desk").laid_out()
    inbox = desk.folder / "inbox"
    inbox.mkdir()
    (inbox / "letter.txt").write_text("no X12\n", encoding="utf-8")
    (inbox / "real.835").write_text(REMIT, encoding="utf-8")
    first = _notes(desk, FIRST)
    assert "transfer.quarantined" in first
    assert "waiting.quarantine" not in first
    told = first["receive.other-book"]
    assert (told["money"], told["ids"]) == ("75.00", ["real.835", "EFT77"])
    assert told["todo"].startswith("call the clearinghouse")
    second = _notes(desk, SECOND)
    assert second["waiting.quarantine"]["ids"] == ["letter.txt"]
    assert second["waiting.other-book"]["money"] == "75.00"
    (desk.folder / "quarantine" / "letter.txt").unlink()
    assert "waiting.quarantine" not in _notes(desk, SECOND)


@pytest.mark.parametrize(
    ("written", "meant", "told"),
    [
        pytest.param('"visits/*', '"vists/*', "the folder vists is not there", id="visits"),
        pytest.param("clearinghouse/in", "clearinghouse/inn", "inn is not there", id="put"),
    ],
)
def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, written: str, meant: str, told: str
) -> None:
    """A misspelled folder of visits or of a clearinghouse is found by --check."""
    desk = Desk(tmp_path / "desk").laid_out()
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where collecting was not let in, sending does not knock again, and says what stays."""
    from attrs import evolve

    from claimline.night.config import read_config
    from claimline.night.night import night_of
    from claimline.transfer.values import Delivered, HostKey, Login

    desk = Desk(tmp_path / "desk").laid_out()
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
def test_a_day_that_does_not_exist_is_refused(tmp_path: Path, day: str) -> None:
    """--show of no such day is wrong usage; so is a folder in the place of night.toml."""
    desk = Desk(tmp_path / "desk").laid_out()
    done = desk.night(FIRST, "--show", "--day", day)
    assert (done.returncode, "no such day" in done.stderr) == (2, True)
    done = desk.night(FIRST, "--check", "--config", str(desk.folder))
    assert done.returncode == 2
    assert "night.toml" in done.stderr
