"""``receive`` cut off anywhere and run again: nothing lost, nothing twice, the same ledger."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from canonical import Dump, canonical, differences
from databases import Databases, NewUrl, asked
from receive_made import Line, clp, record, remit, sent, x12
from small_disk import small_disk
from sqlalchemy import Connection, Engine, event

from claimline.__main__ import main
from reconcile.ledger import connect, open_ledger

ROOT = Path(__file__).resolve().parents[2]
SMALL = 14  # files
CLAIMS = 30  # in each of them
LARGE = 10  # payments in one file
MOMENTS = 3
ROOM = 1000  # KB of a server's disk: for some of the payments
SECONDS = 120  # a run that takes longer hangs
DENIED = Line(paid="0", cas=("CO*97*100",))


def _number(place: int) -> str:
    return f"CLAIM{place:06d}XX"


def _payment(first: int, trace: str, st: str = "0001") -> list[str]:
    """Thirty claims: most plain, some denied, of nobody, cut, or twice in it."""
    claims = []
    for place in range(first, first + CLAIMS):
        line = DENIED if place % 7 == 0 else Line()
        number = f"NOBODYS{place:06d}" if place % 11 == 0 else _number(place)
        claims.append(clp(number, line, icn=f"ICN{place}"))
    claims.append(clp(_number(first + 1)[:12], icn="ICNX"))
    return remit(*claims, trace=trace, st=st)


@pytest.fixture(scope="module", name="inbox")
def _inbox(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Many small files, one of several payments, one that is cut, one that is none."""
    folder = tmp_path_factory.mktemp("inbox")
    for file in range(SMALL):
        data = x12(_payment(file * CLAIMS, f"S{file}"), control=file + 1)
        (folder / f"{file:02d}.835").write_bytes(data)
    first = SMALL * CLAIMS
    parts = [_payment(first + n * CLAIMS, f"L{n}", f"{n:04d}") for n in range(LARGE)]
    (folder / "50.835").write_bytes(x12(*parts, control=50))
    (folder / "60.835").write_bytes(x12(_payment(3, "C1"), _payment(9, "C2"), control=60)[:-700])
    (folder / "70.835").write_bytes(b"%PDF-1.7")
    return sorted(str(path) for path in folder.iterdir())


def _prepare(url: str) -> str:
    """Record the claims."""
    with open_ledger(url) as ledger:
        record(ledger, *(sent(_number(n)) for n in range((SMALL + LARGE) * CLAIMS)))
    return url


# Smaller steps than in earnest, so that there are more moments to be killed at.
_PROGRAM = """
import sys
from claimline.__main__ import main
from claimline.services import receive_group, receive_post, receive_workers
from reconcile.ledger import bulk
receive_group.TOGETHER = receive_post.TOGETHER = 100
receive_workers.FROM_CLAIMS = 100
bulk.BATCH = 50
sys.exit(main(["receive", *sys.argv[2:], "--ledger", sys.argv[1]]))
"""


def _command(url: str, names: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", _PROGRAM, url, *names]


def _run(url: str, names: Sequence[str]) -> float:
    """Receive them undisturbed; gives the seconds. One is cut and one is no X12: status 3."""
    started = time.perf_counter()
    done = subprocess.run(
        _command(url, names), capture_output=True, cwd=ROOT, check=False, timeout=SECONDS
    )
    assert done.returncode == 3, done.stderr
    assert b"internal error" not in done.stderr, done.stderr
    return time.perf_counter() - started


@pytest.fixture(scope="module", name="calm")
def _calm(tmp_path_factory: pytest.TempPathFactory, inbox: list[str]) -> tuple[Dump, float]:
    """What an undisturbed run leaves on SQLite, and how long it took."""
    path = tmp_path_factory.mktemp("calm") / "ledger.sqlite3"
    open_ledger(str(path), create=True).close()
    url = _prepare(f"sqlite:///{path}")
    seconds = _run(url, inbox)
    return canonical(url), seconds


def test_killed_at_any_moment(new_url: NewUrl, inbox: list[str], calm: tuple[Dump, float]) -> None:
    """Killed again and again at random moments, then left alone: the ledger of a calm run.

    It is that of a calm run on SQLite also where it is in PostgreSQL.
    """
    expected, seconds = calm
    moments = random.Random(2026)
    url = _prepare(new_url())
    killed = 0
    for _ in range(MOMENTS):
        with subprocess.Popen(
            _command(url, inbox), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        ) as process:
            time.sleep(seconds * moments.uniform(0.3, 1.0))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    assert killed, "no run was cut short: nothing was shown"
    _run(url, inbox)
    assert differences(expected, canonical(url)) == []


def _file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_full_disk_sqlite(new_url: NewUrl, inbox: list[str], calm: tuple[Dump, float]) -> None:
    """Where no file may grow any more it is said so; with room again the rest is received."""
    url = _prepare(new_url())
    room = _file_of(url).stat().st_size + 300_000

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    full = subprocess.run(
        _command(url, inbox),
        capture_output=True,
        cwd=ROOT,
        check=False,
        preexec_fn=limited,
        text=True,
        timeout=SECONDS,
    )
    assert full.returncode == 3
    said = " ".join(full.stderr.split())
    assert "full or failing; nothing was changed" in said
    assert "Make room and run this again" in said
    _run(url, inbox)
    assert differences(calm[0], canonical(url)) == []


def test_no_commit_without_the_bytes(new_url: NewUrl, inbox: list[str]) -> None:
    """Whatever is committed of a file, all its bytes are committed before it or with it."""
    url = _prepare(new_url())
    commits: list[int] = []

    def look(connection: Connection) -> None:
        query = (
            "SELECT count(*) FROM file f WHERE f.chunks <> "
            "(SELECT count(*) FROM file_chunk c WHERE c.file_id = f.id)"
        )
        if connection.get_execution_options().get(connect.WRITING):
            commits.append(int(connection.exec_driver_sql(query).scalar_one()))

    event.listen(Engine, "commit", look)
    try:
        assert main(["receive", *inbox, "--ledger", url]) == 3
    finally:
        event.remove(Engine, "commit", look)
    assert commits
    assert not any(commits)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_full_disk_postgresql(new_url: NewUrl, inbox: list[str], calm: tuple[Dump, float]) -> None:
    """The server's disk is full in the middle: said, what is posted stays, the rest comes after."""
    assert isinstance(new_url, Databases)
    with small_disk(new_url.server) as small:
        url = _prepare(small())
        small.fill(ROOM)
        full = subprocess.run(
            _command(url, inbox),
            capture_output=True,
            cwd=ROOT,
            check=False,
            text=True,
            timeout=SECONDS,
        )
        assert full.returncode == 3
        said = " ".join(full.stderr.split())
        assert "full or failing; nothing was changed" in said
        assert "Make room on the database server and run this again" in said
        kept = asked(url, "SELECT count(*) FROM remittance WHERE state = 'posted'")[0][0]
        assert 0 < kept < SMALL + LARGE, "it was not in the middle"
        small.make_room()
        _run(url, inbox)
        assert differences(calm[0], canonical(url)) == []


def test_killed_readers_ahead(new_url: NewUrl, inbox: list[str], calm: tuple[Dump, float]) -> None:
    """Where only the processes that read ahead are killed, the run ends well by itself."""
    expected, seconds = calm
    url = _prepare(new_url())
    with subprocess.Popen(
        _command(url, inbox), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        until = time.monotonic() + seconds * 4
        killed = 0
        while process.poll() is None and time.monotonic() < until:
            for child in _children(process.pid):
                os.kill(child, signal.SIGKILL)
                killed += 1
            time.sleep(0.05)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 3, errors
    assert killed
    assert differences(expected, canonical(url)) == []


def _children(parent: int) -> list[int]:
    try:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    except OSError:  # it has ended
        return []
    return [int(child) for child in text.split()]
