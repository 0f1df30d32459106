"""A ledger and folders for the tests of transfers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from transfer_made import made_folders

from claimline.night.config import Folders
from claimline.transfer import tries
from reconcile.ledger import Ledger, open_ledger


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(tries, "FIRST_WAIT", 0.0)


@pytest.fixture(name="ledger")
def _ledger(_sqlite: Path, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger; what is particular to a database is tested in tests/reconcile/ledger."""
    place = tmp_path / "ledger.sqlite3"
    shutil.copy(_sqlite, place)
    with open_ledger(str(place)) as opened:
        yield opened


@pytest.fixture(name="folders")
def _folders(tmp_path: Path) -> Folders:
    """A practice's own folders, not made yet."""
    return made_folders(tmp_path)
