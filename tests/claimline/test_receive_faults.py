"""``receive`` where something fails beneath it: told, nothing half done, and mended by a rerun."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from canonical import Dump, canonical, differences
from databases import Databases, NewUrl
from receive_made import RUN, clp, record, remit, sent, states, take, x12

from claimline import log, settings
from claimline.services import receive_faults, receive_group, receive_workers
from claimline.services.receive import receive
from claimline.services.receive_values import FileResult
from reconcile.ledger import LedgerLocked, connect, open_ledger, posting

ROOT = Path(__file__).resolve().parents[2]
FILES = 10
CLAIMS = 20  # in each
PAGES = 8  # a ledger may grow by; all the files need more


def _number(place: int) -> str:
    return f"CLAIM{place:06d}XX"


def _files() -> dict[str, bytes]:
    made = {}
    for file in range(FILES):
        claims = [clp(_number(n), icn=f"ICN{n}") for n in range(file * CLAIMS, (file + 1) * CLAIMS)]
        made[f"{file:02d}.835"] = x12(remit(*claims, trace=f"EFT{file}"), control=file + 1)
    return made


def _prepared(url: str) -> str:
    with open_ledger(url) as ledger:
        record(ledger, *(sent(_number(n)) for n in range(FILES * CLAIMS)))
    return url


def _receive(url: str) -> list[FileResult]:
    files = _files()
    with open_ledger(url) as ledger:
        return list(receive(ledger, RUN, list(files), lambda name: lambda: [files[name]]))


@pytest.fixture(scope="module", name="calm")
def _calm(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """What an undisturbed run leaves."""
    path = tmp_path_factory.mktemp("calm") / "ledger.sqlite3"
    open_ledger(str(path), create=True).close()
    url = _prepared(f"sqlite:///{path}")
    assert all(one.status == 0 for one in _receive(url))
    return canonical(url)


def _fails(*_arguments: object, **_more: object) -> Iterator[bytes]:
    """A fault of ours whose own text names a patient."""
    raise KeyError("DOE, JANE")


class TestOurFault:
    """An error nobody foresaw on the quick way is told, and the slow way is gone."""

    @pytest.fixture(autouse=True)
    def _processes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(receive_workers, "can_fork", lambda ledger: ledger.let_go())

    @pytest.fixture(autouse=True, name="logged")
    def _logged(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        class _Log:
            def warning(self, event: str, **keys: Any) -> None:
                found.append({"event": event, **keys})

        monkeypatch.setattr(settings, "log_level", lambda: "warning")
        monkeypatch.setattr(log, "logger", _Log)
        return found

    @pytest.mark.parametrize(
        "where",
        [
            pytest.param((receive_workers, "ready"), id="a file read ahead"),
            pytest.param((receive_workers, "Ahead"), id="the process that reads ahead"),
            pytest.param((receive_group, "_write"), id="files written together"),
        ],
    )
    def test_of_small_files(
        self,
        new_url: NewUrl,
        calm: Dump,
        monkeypatch: pytest.MonkeyPatch,
        logged: list[dict[str, Any]],
        *,
        where: tuple[Any, str],
    ) -> None:
        """All is received, each file with a warning that names the place and no patient."""
        url = _prepared(new_url())
        monkeypatch.setattr(*where, _fails)
        results = _receive(url)
        assert [one.status for one in results] == [0] * FILES
        told = [p for one in results for p in one.problems if p.code == receive_faults.ALONE]
        assert len(told) == len(logged) >= receive_workers.WORKERS
        assert all("KeyError at test_receive_faults.py" in each.message for each in told)
        assert "JANE" not in f"{told} {logged}"
        assert differences(calm, canonical(url)) == []

    def test_of_a_large_file(self, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
        """The payments of a large file are posted, with one warning."""
        monkeypatch.setattr(receive_workers, "FROM_CLAIMS", 1)
        monkeypatch.setattr(receive_workers, "answers", _fails)
        with open_ledger(_prepared(new_url())) as ledger:
            done = take(ledger, x12(remit(*(clp(_number(n)) for n in range(CLAIMS)))))
            assert states(ledger) == {"posted": CLAIMS}
        assert [one.code for one in done.problems] == [receive_faults.ALONE]

    def test_of_a_database(self, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was foreseen is told by the file itself, once, and by no warning beside it."""

        def locked(*_arguments: object) -> None:
            raise LedgerLocked("in use", "wait")

        monkeypatch.setattr(receive_group, "_write", locked)
        results = _receive(_prepared(new_url()))
        assert [one.problems for one in results] == [()] * FILES


def _count_down(monkeypatch: pytest.MonkeyPatch, at: int, does: Callable[[Any], None]) -> None:
    """Have something done before the n-th batch of claim payments is written."""
    write = posting.write
    left = [at]

    def counted(writer: Any, *rest: Any) -> posting.Posted:
        left[0] -= 1
        if left[0] == 0:
            does(writer.connection)
        return write(writer, *rest)

    monkeypatch.setattr(posting, "write", counted)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connection_cut(new_url: NewUrl, calm: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file is told as not received, the others are; a rerun receives that one as well."""
    assert isinstance(new_url, Databases)
    server = new_url.server

    def cut(connection: Any) -> None:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        server.run(f"SELECT pg_terminate_backend({number})")

    url = _prepared(new_url())
    monkeypatch.setattr(receive_workers, "can_fork", lambda _ledger: False)
    _count_down(monkeypatch, 4, cut)
    results = _receive(url)
    lost = [one for one in results if one.state == "unreadable"]
    assert [one.file for one in lost] == ["03.835"]
    assert lost[0].later
    assert "connection to the ledger" in lost[0].message
    assert [one.state for one in _receive(url)].count("resumed") == 1
    assert differences(calm, canonical(url)) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_page_left(new_url: NewUrl, calm: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that may not grow (max_page_count) is told as full; with room a rerun ends it."""
    url = _prepared(new_url())
    prepare = connect._prepare

    def bounded(dbapi: Any, more: Any) -> None:
        prepare(dbapi, more)
        pages = dbapi.execute("PRAGMA page_count").fetchone()[0]
        dbapi.execute(f"PRAGMA max_page_count = {pages + PAGES}")

    monkeypatch.setattr(receive_workers, "can_fork", lambda _ledger: False)
    with monkeypatch.context() as full:
        full.setattr(connect, "_prepare", bounded)
        results = _receive(url)
    failed = [one for one in results if one.state == "unreadable"]
    assert 0 < len(failed) < FILES
    assert all(one.later and "full or failing" in one.message for one in failed)
    _receive(url)
    assert differences(calm, canonical(url)) == []


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("a file system is mounted in another way here")
    command = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        pytest.skip("a file system may not be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_file_system(small_disk: Path, calm: Dump) -> None:
    """A file system that is full, side files included: told; with room a rerun ends it."""
    place = small_disk / "ledger.sqlite3"
    open_ledger(str(place), create=True).close()
    url = _prepared(f"sqlite:///{place}")
    used = sum(path.stat().st_size for path in small_disk.iterdir())
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(max(0, 1500 * 1024 - used - 90_000)))
    failed = [one for one in _receive(url) if one.state == "unreadable"]
    assert failed
    assert all(one.later and "full or failing" in one.message for one in failed)
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    _receive(url)
    assert differences(calm, canonical(url)) == []


_RECEIVES = """
import sys
from claimline.__main__ import main
sys.exit(main(["receive", *sys.argv[2:], "--ledger", sys.argv[1]]))
"""


def test_billing_and_receiving_at_once(new_url: NewUrl, calm: Dump, tmp_path: Path) -> None:
    """Claims recorded while their remittances come, by two runs: as one after the other."""
    url = new_url()
    names = []
    for name, data in _files().items():
        names.append(str(tmp_path / name))
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-c", _RECEIVES, url, *names]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as one,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as two,
        open_ledger(url) as ledger,
    ):
        for file in range(FILES):
            some = (sent(_number(n)) for n in range(file * CLAIMS, (file + 1) * CLAIMS))
            record(ledger, *some, control=file + 1)
    assert {one.returncode, two.returncode} <= {0, 1}
    with open_ledger(url) as ledger:
        assert states(ledger) == {"posted": FILES * CLAIMS}
    assert _books(canonical(url)) == _books(calm)


def _books(dump: Dump) -> Iterable[object]:
    """What does not name the file of claims, which is one there and ten here."""
    return [(table, len(dump[table])) for table in dump if "file" not in table]
