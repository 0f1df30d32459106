"""``claimline transfer``: what it prints and changes, and that a killed process leaves nothing twice."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import content
from transfer_made import delivered, interchange, recorded

from claimline.night.lock import only_one, path_of
from reconcile.ledger import open_ledger

ROOT = Path(__file__).resolve().parents[3]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
Ran = tuple[int, str, str]
Command = Callable[..., Ran]
PROFILE = """
[profiles.relay]
kind = "folder"
receivers = "relay"
book = "test"
put = "relay/in"
get = "relay/out"
call = { name = "Relay support", phone = "614-555-0199" }
"""


def configured(root: Path, ledger: str, profile: str) -> Path:
    """A night.toml beside its folders."""
    config = root / "night.toml"
    config.write_text(f'practice = "{PRACTICE}"\nledger = "{ledger}"\n{profile}')
    for name in ("in", "out", "done"):
        (root / "relay" / name).mkdir(parents=True)
    return config


@pytest.fixture(name="config")
def _config(ledger_url: str, tmp_path: Path) -> Path:
    """A night.toml with one folder profile, and a ledger."""
    return configured(tmp_path, ledger_url, PROFILE)


def test_files_come_and_go(config: Path, ledger_url: str, command: Command) -> None:
    """Collect fetches, send delivers, list tells what is known of each; in tables and JSON."""
    root = config.parent
    (root / "relay" / "out" / "era.835").write_bytes(interchange(1))
    with open_ledger(ledger_url) as ledger:
        recorded(ledger, interchange(2), "a.837")
    given = ("--config", config)
    status, out, err = command("transfer", "collect", *given, "--format", "json")
    assert out, err
    told = json.loads(out)
    assert status == 0
    assert [(one["name"], one["state"]) for one in told["files"]] == [
        (str(root / "relay" / "out" / "era.835"), "new")
    ]
    assert (root / "inbox" / "era.835").read_bytes() == interchange(1)
    status, out, _ = command("transfer", "send", *given)
    assert status == 0
    assert "a.837" in out
    assert (root / "relay" / "in" / "a.837").read_bytes() == interchange(2)
    status, out, _ = command("transfer", "list", *given, "--format", "json")
    assert {one["name"]: (one["way"], one["state"]) for one in json.loads(out)} == {
        "era.835": ("in", "fetched"),
        "a.837": ("out", "ours"),
    }


@pytest.mark.parametrize("what", ["collect", "send"])
def test_a_dry_run_changes_nothing(
    config: Path, ledger_url: str, command: Command, what: str
) -> None:
    """The files are told; not a byte changes, here or over there, and no night is in its way."""
    root = config.parent
    (root / "relay" / "out" / "era.835").write_bytes(interchange(1))
    with open_ledger(ledger_url) as ledger:
        recorded(ledger, interchange(2), "a.837")

    def tree() -> tuple[dict[str, bytes], dict[str, list[str]]]:
        found = (path for path in root.rglob("*") if path.is_file())
        files = {str(p): p.read_bytes() for p in found if p.suffix != ".sqlite3-shm"}
        return files, {} if ledger_url.startswith("sqlite") else content(ledger_url)

    before = tree()
    with only_one(root / "other.lock", "now"):
        status, out, _ = command("transfer", what, "--config", config, "--dry-run")
    (root / "other.lock").unlink()
    assert (status, "would" in out) == (0, True)
    assert tree() == before


def test_a_clearinghouse_that_is_not_there_is_exit_status_3(config: Path, command: Command) -> None:
    """The folder is gone: told with what to do and whom to call."""
    shutil.rmtree(config.parent / "relay" / "out")
    status, _, err = command("transfer", "collect", "--config", config)
    assert status == 3
    assert "is it mounted" in err
    assert "Relay support, 614-555-0199" in err
    status, _, err = command("transfer", "list", "--config", config)
    assert (status, "the folder cannot be listed" in err) == (3, True)


def test_check_tells_what_a_person_should_look_at(config: Path, command: Command) -> None:
    """A folder that others can read and one that is missing: exit status 1, each with what to do."""
    assert command("transfer", "check", "--config", config)[0] == 0
    (config.parent / "inbox").mkdir(mode=0o755)
    (config.parent / "inbox").chmod(0o755)
    shutil.rmtree(config.parent / "relay" / "in")
    status, out, _ = command("transfer", "check", "--config", config, "--format", "json")
    wrong = {one["what"]: one["state"] for one in json.loads(out) if one["state"] != "well"}
    assert status == 1
    assert wrong == {"inbox": "look", "put": "wrong"}


def test_a_clock_that_is_ahead_is_told(config: Path, command: Command) -> None:
    """The newest file over there is of tomorrow: one of the clocks is wrong."""
    path = config.parent / "relay" / "out" / "era.835"
    path.write_bytes(interchange(1))
    ahead = time.time() + 400 * 86400
    os.utime(path, (ahead, ahead))
    status, out, _ = command("transfer", "check", "--config", config, "--format", "json")
    assert (status, "in the future" in out) == (1, True)


def test_an_unknown_profile_is_wrong_usage(config: Path, command: Command) -> None:
    """With the near name and those there are."""
    status, _, err = command("transfer", "send", "--config", config, "--profile", "rely")
    assert status == 2
    assert "do you mean relay?" in err


def test_a_night_at_work_is_not_disturbed(config: Path, command: Command) -> None:
    """While a night runs, nothing is fetched or sent beside it."""
    from claimline.night.config import read_config

    read = read_config(str(config))
    read.folders.reports.mkdir(exist_ok=True)
    script = (
        "import sys, pathlib; from claimline.night.lock import only_one\n"
        "with only_one(pathlib.Path(sys.argv[1]), 'now'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    path = path_of(read.ledger, read.folders.reports)
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        status, _, err = command("transfer", "send", "--config", config)
    finally:
        other.communicate()
    assert (status, "another night is at work" in err) == (3, True)


# --- killed ----------------------------------------------------------------------------------


@pytest.fixture(name="sftp")
def _sftp(ledger_url: str, tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    """A night.toml whose profile is a real SFTP server that picks files up at once."""
    paramiko = pytest.importorskip("paramiko")
    from sftp_server import USER, serving

    from claimline.transfer.profiles import fingerprint

    key = paramiko.ECDSAKey.generate()
    with serving(tmp_path / "relay", key) as server:
        profile = (
            f'[profiles.relay]\nkind = "sftp"\nhost = "127.0.0.1"\nport = {server.port}\n'
            f'user = "{USER}"\nhost_key = "{fingerprint(key.asbytes())}"\n'
            'password_env = "RELAY_PASSWORD"\nreceivers = "relay"\nbook = "test"\n'
            'put = "/in"\nget = "/out"\n'
        )
        yield configured(tmp_path, ledger_url, profile), server


STARTER = """
import os, sys
import paramiko, claimline.night.night, claimline.transfer.look
from claimline.__main__ import main
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(main(line.split()))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""  # what is loaded once is there for each child: a start takes no time


class Starter:
    """Starts commands as processes of their own."""

    def __init__(self) -> None:
        from sftp_server import PASSWORD

        self._process = subprocess.Popen(
            [sys.executable, "-c", STARTER],
            env=os.environ | {"RELAY_PASSWORD": PASSWORD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, config: Path, what: str, kill: Callable[[], bool] = lambda: False) -> int:
        """Start a command and kill it when it is time; its status."""
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        print(f"transfer {what} --config {config}", file=into, flush=True)
        process = int(out.readline().split()[-1])
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                if kill():
                    os.kill(process, signal.SIGKILL)
                    return
                time.sleep(0.001)

        watching = threading.Thread(target=watch)
        watching.start()
        said = out.readline()
        while not re.fullmatch(r"-?\d+\n", said):  # the command's own words come before
            said = out.readline()
        ended.set()
        watching.join()
        return int(said)

    def close(self) -> None:
        """No more."""
        self._process.communicate()


@pytest.fixture(name="starter")
def _starter() -> Iterator[Starter]:
    """Starts commands as processes of their own."""
    starter = Starter()
    yield starter
    starter.close()


def after(folder: Path, files: int, later: float) -> Callable[[], bool]:
    """Tells when so many files stand in a folder, and a moment more has passed."""

    def now() -> bool:
        if not folder.is_dir() or len(list(folder.iterdir())) < files:
            return False
        time.sleep(later)
        return True

    return now


def test_a_killed_process_leaves_nothing_twice(
    sftp: tuple[Path, Any], ledger_url: str, starter: Starter
) -> None:
    """SIGKILL at random moments of sending and collecting; at the end each file is there once."""
    config, server = sftp
    root = config.parent
    server.behaviour.takes = root / "relay" / "done"
    sent = {f"{n}.837": interchange(n, filler=60_000) for n in range(1, 13)}
    come = {f"{n}.835": interchange(100 + n, filler=60_000) for n in range(1, 13)}
    with open_ledger(ledger_url) as ledger:
        for name, data in sent.items():
            recorded(ledger, data, name)
    for name, data in come.items():
        (root / "relay" / "out" / name).write_bytes(data)
    chance = random.Random(7)
    statuses = []
    for what, folder in (("send", root / "relay" / "done"), ("collect", root / "inbox")):
        statuses += [
            starter.run(config, what, after(folder, files, chance.uniform(0, 0.02)))
            for files in (2, 4, 6, 9)
        ]
        assert starter.run(config, what) == 0
    picked = {path.name: path.read_bytes() for path in (root / "relay" / "done").iterdir()}
    inbox = {path.name: path.read_bytes() for path in (root / "inbox").iterdir()}
    assert picked == sent
    assert list((root / "relay" / "in").iterdir()) == []
    assert inbox == come
    with open_ledger(ledger_url) as ledger:
        assert [name for _, name in delivered(ledger)] == list(sent)
    assert statuses == [-signal.SIGKILL] * 8


def test_all_files_of_the_command_are_its_owners(config: Path) -> None:
    """The real command has umask 077: what it makes, and the database's side files, are private."""
    root = config.parent
    (root / "relay" / "out" / "era.835").write_bytes(interchange(1))
    others = set(root.rglob("*"))
    old = os.umask(0)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "claimline", "transfer", "collect", "--config", str(config)],
            check=False,
            capture_output=True,
        )
    finally:
        os.umask(old)
    made = [path for path in root.rglob("*") if path not in others]
    assert done.returncode == 0
    assert (root / "inbox" / "era.835") in made
    assert {path.name: path.stat().st_mode & 0o077 for path in made} == {p.name: 0 for p in made}
