"""One night at a time: the lock holds while its process lives, and no longer."""

import json
import os
import signal
from pathlib import Path

import pytest
from night_desk import holding

from claimline import settings
from claimline.night.check import no_folder
from claimline.night.lock import NightBusyError, holder, only_one, path_of


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    """The second night learns process, machine and since when; the lock stays with the first."""
    path = tmp_path / "night.lock"
    with holding(path) as process:
        with pytest.raises(NightBusyError) as error, only_one(path, "now"):
            pytest.fail("both hold it")
        assert f"process {process.pid} on " in error.value.message
        assert "since 2026-03-04T02:30:00-05:00" in error.value.message
        assert holder(path) == error.value.message.removesuffix("; nothing was changed")
        process.communicate("")
    assert holder(path) == ""


def test_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    """The file a killed night left behind is taken over."""
    path = tmp_path / "night.lock"
    with holding(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == process.pid
    with only_one(path, "now"):
        assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_a_file_of_anything_is_taken_over(tmp_path: Path) -> None:
    """What stands in the file decides nothing."""
    path = tmp_path / "night.lock"
    path.write_bytes(b"\xff\x00 not JSON" * 1000)
    with only_one(path, "now"):
        assert json.loads(path.read_text(encoding="utf-8"))["since"] == "now"


def test_the_lock_is_its_owners_only(tmp_path: Path) -> None:
    """Nobody else can read it or hold it."""
    path = tmp_path / "night.lock"
    with only_one(path, "now"):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("ledger", "place"),
    [
        pytest.param(
            "sqlite:////srv/ledger.sqlite3", "/srv/ledger.sqlite3.night.lock", id="sqlite"
        ),
        pytest.param("postgresql://host/claims", "/srv/reports/.night.lock", id="postgresql"),
    ],
)
def test_where_the_lock_is(ledger: str, place: str) -> None:
    """Beside an SQLite ledger, so that two files that name it exclude each other."""
    assert path_of(ledger, Path("/srv/reports")) == Path(place)


def test_a_link_to_a_ledger_has_the_ledgers_lock(tmp_path: Path) -> None:
    """Two files that name one ledger in two ways exclude each other."""
    (tmp_path / "books").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "books")
    ways = [f"sqlite:///{tmp_path}/{way}/ledger.sqlite3" for way in ("books", "link")]
    first, second = (path_of(way, tmp_path) for way in ways)
    assert first == second


def test_only_the_users_own_folder_is_made_for_a_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first night makes the data folder; a folder that night.toml names may be a lost disk."""
    place = tmp_path / "data" / "ledger.sqlite3"
    monkeypatch.setattr(settings, "default_ledger_path", lambda: place)
    ours, named = f"sqlite:///{place}", f"sqlite:///{tmp_path / 'mnt' / 'ledger.sqlite3'}"
    told = [no_folder(url) for url in (ours, named)]
    assert ["--new-ledger" in one.todo for one in told if one] == [True, False]
    for url in (ours, named):
        settings.make_data_folder(url)
    assert no_folder(ours) is None
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
