"""The built wheel works outside the source tree: tables and migrations travel with it."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures" / "practice"


def run(*command: str | Path, cwd: Path, ok: tuple[int, ...] = (0,)) -> str:
    """Run a command, without this repository on the path. Returns its standard output."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CLAIMLINE"))}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in ok, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    """Fixtures, tests and benchmarks stay out; every data file of the packages is in."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {n for n in archive.namelist() if ".dist-info" not in n}
    assert {n.split("/")[0] for n in inside} == {"edi", "mapping", "reconcile", "claimline"}
    tracked = subprocess.run(
        ["git", "ls-files", "edi", "mapping", "reconcile", "claimline"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode:
        pytest.skip("not a git checkout: the list of files is not known")
    assert set(tracked.stdout.split()) - inside == set()


def test_wheel_does_the_main_job_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Installed in an empty environment, it bills, answers, receives and explains."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, cwd=tmp_path)
    claimline = python.with_name("claimline")
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    visits = sorted((FIXTURES / "visits").iterdir())
    run(
        claimline,
        "bill",
        *visits,
        "--practice",
        FIXTURES / "practice.toml",
        "--out",
        "claims",
        "--ledger",
        ledger,
        cwd=tmp_path,
        ok=(0, 1),
    )
    run(claimline, "sandbox", "claims", "--out", "remits", cwd=tmp_path)
    remits = sorted((tmp_path / "remits").iterdir())
    run(claimline, "receive", *remits, "--ledger", ledger, cwd=tmp_path, ok=(0, 1))
    rows = json.loads(
        run(claimline, "denials", "--format", "json", "--ledger", ledger, cwd=tmp_path, ok=(0, 1))
    )
    assert any(row["code"] == "97530" and row["status"] == "denied" for row in rows)
    assert "97530" in run(claimline, "units", "97530=24", "97112=23", cwd=tmp_path)
