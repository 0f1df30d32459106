"""The real command in this process, and a ledger in which the whole job has been done once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from claimline import files, settings
from claimline.__main__ import main
from claimline.services.receive import receive
from reconcile.ledger import Run, open_ledger

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
Ran = tuple[int, str, str]
Command = Callable[..., Ran]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line: exit status, standard output, standard error."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where visits were billed (claims), answered (inbox) and received (ledger.db)."""
    folder = tmp_path_factory.mktemp("job")
    visits = sorted(map(str, (PRACTICE.parent / "visits").iterdir()))
    ledger = str(folder / "ledger.db")
    bill = ["bill", *visits, "--practice", str(PRACTICE), "--out", str(folder / "claims")]
    assert main([*bill, "--ledger", ledger]) == 1
    assert main(["sandbox", str(folder / "claims"), "--out", str(folder / "inbox")]) == 0
    run = Run(command="receive", version="test", started=settings.now())
    names = sorted(map(str, (folder / "inbox").iterdir()))
    with open_ledger(settings.ledger_url(ledger)) as opened:
        list(receive(opened, run, names, lambda name: lambda: files.chunks(name)))
    return folder


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without a ledger."""
    monkeypatch.setenv(settings.LEDGER_VARIABLE, str(tmp_path / "none.db"))
    return tmp_path
