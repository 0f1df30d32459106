"""A ledger and folders for the tests of transfers."""

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
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(ledger_url) as opened:
        yield opened


@pytest.fixture(name="folders")
def _folders(tmp_path: Path) -> Folders:
    """A practice's own folders, not made yet."""
    return made_folders(tmp_path)
