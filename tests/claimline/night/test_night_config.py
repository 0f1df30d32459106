"""night.toml: what is right, what is refused and in which words; the check that shows the plan."""

import json
from pathlib import Path

import pytest
from night_desk import ROOT, Desk

from claimline.__main__ import main
from claimline.errors import WrongUsageError
from claimline.night.config import named_files, read_config
from claimline.night.run import names

LEAST = 'practice = "practice.toml"\n'


def _written(folder: Path, text: str) -> str:
    path = folder / "night.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_least_is_a_practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a practice alone the folders have their usual names beside the file, the book is test."""
    monkeypatch.setenv("CLAIMLINE_LEDGER", str(tmp_path / "elsewhere.sqlite3"))
    made = read_config(_written(tmp_path, LEAST))
    assert made.practice == tmp_path / "practice.toml"
    assert made.folders.inbox == tmp_path / "inbox"
    assert made.folders.reports == tmp_path / "reports"
    assert made.ledger == f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    assert not made.production
    assert made.profiles == ()


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is called, names lead from the file; absolute ones and URLs stay."""
    monkeypatch.chdir("/")
    text = (
        f'{LEAST}ledger = "books/ledger.sqlite3"\nvisits = ["v/*.json", "/srv/v.csv"]\n'
        '[folders]\ninbox = "/srv/in"\noutbox = "out"\n[report]\nmetrics_file = "night.prom"\n'
    )
    made = read_config(_written(tmp_path, text))
    assert made.ledger == f"sqlite:///{tmp_path}/books/ledger.sqlite3"
    assert made.visits == (f"{tmp_path}/v/*.json", "/srv/v.csv")
    assert made.folders.inbox == Path("/srv/in")
    assert made.folders.outbox == tmp_path / "out"
    assert made.metrics_file == tmp_path / "night.prom"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "practice: is missing", id="no-practice"),
        pytest.param(f'{LEAST}vists = ["a"]\n', "do you mean visits?", id="near-key"),
        pytest.param(f'{LEAST}[folder]\ninbox = "a"\n', "do you mean folders?", id="near-table"),
        pytest.param(f'{LEAST}[folders]\ninbx = "a"\n', "folders.inbx", id="key-of-a-table"),
        pytest.param(f'{LEAST}production = "yes"\n', "expected true or false", id="kind"),
        pytest.param(f"{LEAST}folders = 3\n", "expected a table [folders]", id="no-table"),
        pytest.param(
            f'{LEAST}[folders]\ninbox = "a"\noutbox = "a"\n', "same folder as inbox", id="twice"
        ),
        pytest.param(
            f'{LEAST}[profiles.relay]\nkind = "ftp"\n', "profiles.relay.kind", id="profile"
        ),
        pytest.param(f'{LEAST}[receive]\nreports = ["a"]\n', "receive.reports: ", id="report"),
        pytest.param(f"{LEAST}[missing]\nshare = 200\n", "from 1 to 100", id="limits"),
        pytest.param("practice = [\n", "is no TOML", id="no-toml"),
    ],
)
def test_wrong_files_are_refused(text: str, told: str, tmp_path: Path) -> None:
    """Each fault is told with its key, a misspelt one with the name it is near to."""
    with pytest.raises(WrongUsageError) as error:
        read_config(_written(tmp_path, text))
    assert told in error.value.message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Nobody has to start a night three times to learn of three faults."""
    with pytest.raises(WrongUsageError) as error:
        read_config(_written(tmp_path, 'legder = "a"\nproduction = 1\nvisits = "a"\n'))
    assert error.value.message.count("\n") == 4


def test_files_of_patterns_are_each_named_once(tmp_path: Path) -> None:
    """Two patterns of one file name it once; hidden files and folders are none."""
    for name in ("b.json", "a.json", ".c.json"):
        (tmp_path / name).write_text("[]", encoding="utf-8")
    (tmp_path / "d.json").mkdir()
    found = named_files((f"{tmp_path}/*.json", f"{tmp_path}/a*"))
    assert [Path(name).name for name in found] == ["a.json", "b.json"]


def test_wrong_config_is_exit_status_2(tmp_path: Path, first_day: Desk) -> None:
    """A night with a wrong file, practice or step does nothing and ends with 2."""
    wrong = _written(tmp_path, "")
    assert main(["night", "--config", wrong]) == 2
    assert main(["night", "--config", str(tmp_path / "none.toml")]) == 2
    assert main(["night", "--config", _written(tmp_path, LEAST)]) == 2  # no practice file
    desk = first_day
    file = str(desk.folder / "night.toml")
    assert main(["night", "--config", file, "--only", "recieve"]) == 2
    assert main(["night", "--config", file, "--day", "2026-03-01"]) == 2
    names_there = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".sqlite3")
    assert names_there == ["desk", "night.toml"]


def test_check_shows_the_plan(first_day: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """--check says what the file means, makes nothing, and ends with 0 where all is right."""
    desk = first_day
    before = desk.everything()
    file = str(desk.folder / "night.toml")
    assert main(["night", "--config", file, "--check", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["book"] == "test"
    assert [step["step"] for step in told["steps"]] == list(names())
    assert told["profiles"][0]["receivers"] == ["relay"]
    assert told["warnings"] == []
    assert desk.everything() == before


def test_receivers_nobody_knows_are_refused(first_day: Desk) -> None:
    """A profile for a receiver that the practice file does not have is a fault of the file."""
    desk = first_day
    path = desk.folder / "night.toml"
    text = path.read_text(encoding="utf-8").replace(
        'receivers = ["relay"]', 'receivers = ["realy"]'
    )
    path.write_text(text, encoding="utf-8")
    done = desk.night("2026-03-04T02:30:00-05:00")
    assert done.returncode == 2
    assert "do you mean relay?" in done.stderr


def test_check_warns_where_no_profile_takes_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that would stay in the outbox are told before the first night."""
    practice = ROOT / "fixtures" / "practice" / "practice.toml"
    file = _written(tmp_path, f'practice = "{practice}"\nledger = "ledger.sqlite3"\n')
    assert main(["night", "--config", file, "--check"]) == 1
    assert "they stay in the outbox" in capsys.readouterr().out
