"""The whole job on the visits of the fixtures: billed, answered, received."""

from pathlib import Path

from attrs import frozen

from claimline import files, settings
from claimline.__main__ import main
from claimline.services.receive import receive
from reconcile.ledger import Run, open_ledger

PRACTICE = Path(__file__).resolve().parents[2] / "fixtures" / "practice" / "practice.toml"


@frozen(kw_only=True)
class Job:
    """A folder where visits were billed (claims) and answered (inbox), and where it is recorded."""

    folder: Path
    ledger: str  # its URL

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def done(folder: Path, ledger: str) -> Job:
    """Bill the visits of the fixtures, answer the claims, receive what came."""
    visits = sorted(map(str, (PRACTICE.parent / "visits").iterdir()))
    bill = ["bill", *visits, "--practice", str(PRACTICE), "--out", str(folder / "claims")]
    assert main([*bill, "--ledger", ledger]) == 1
    assert main(["sandbox", str(folder / "claims"), "--out", str(folder / "inbox")]) == 0
    run = Run(command="receive", version="test", started=settings.now())
    names = sorted(map(str, (folder / "inbox").iterdir()))
    with open_ledger(ledger) as opened:
        list(receive(opened, run, names, lambda name: lambda: files.chunks(name)))
    return Job(folder=folder, ledger=ledger)
