"""The night on PostgreSQL: the same as on SQLite, killed or not, and alone on its database."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from canonical import differences
from databases import Server
from night_desk import OWN, SECOND, Desk

from reconcile.ledger import nights, open_ledger

KILLS = 2
MOMENTS = 700  # fewer than a night has: see night_killed
PATIENCE = 20  # seconds until the server has noticed that its client is gone


@pytest.fixture(scope="module", name="server")
def _server(_postgresql: Server) -> Server:
    return _postgresql


class Places:
    """Databases of this module, dropped at its end."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.names: list[str] = []

    def new(self, *options: str) -> str:
        """The URL of a new one."""
        self.names.append(self.server.new_database(*options))
        return self.server.url(self.names[-1])

    def copy_of_first(self) -> str:
        """The URL of a copy of the first: nobody may be connected to that."""
        return self.new(f"TEMPLATE {self.names[0]}")


@pytest.fixture(scope="module", name="places")
def _places(server: Server) -> Iterator[Places]:
    made = Places(server)
    yield made
    server.run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in made.names))


@pytest.fixture(scope="module", name="before")
def _before(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The morning of the second day."""
    return Desk(tmp_path_factory.mktemp("pg") / "before", places.new()).second_day()


@pytest.fixture(scope="module", name="after")
def _after(before: Desk, places: Places, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same after an undisturbed night."""
    desk = before.copied(tmp_path_factory.mktemp("pg") / "after", places.copy_of_first())
    assert desk.night(SECOND).returncode == 1
    return desk


def test_the_night_is_the_same_on_both(after: Desk, tmp_path: Path) -> None:
    """Ledger and page of a night on PostgreSQL are those of one on SQLite."""
    other = Desk(tmp_path / "sqlite").second_day()
    other.night(SECOND)
    theirs, ours = other.report("2026-03-18-1"), after.report("2026-03-18-1")
    for report in (theirs, ours):
        for step in report["steps"]:
            del step["seconds"]
            for row in step.get("files", ()):
                row.pop("digest", None)
        journal = report["proof"]["journal"]  # its head tells any two ledgers apart
        report["proof"]["journal"] = journal.partition(", head")[0]
    assert theirs == ours


def test_a_killed_night_is_finished_by_the_next(
    before: Desk, after: Desk, places: Places, tmp_path: Path
) -> None:
    """Ledger and files end as if nobody had killed it."""
    desk = before.copied(tmp_path / "desk", places.copy_of_first())
    chance = random.Random(5)
    ends = [_patient(desk, die_at=chance.randrange(100, MOMENTS)) for _ in range(KILLS)]
    assert ends[0] == -signal.SIGKILL
    assert _patient(desk) == 1
    assert differences(after.dump(), desk.dump()) == []
    assert after.files(*OWN) == desk.files(*OWN)


def test_another_machine_waits_its_turn(before: Desk, places: Places, tmp_path: Path) -> None:
    """Two folders with one database: the second night ends with 3, whatever its lock file says."""
    desk = before.copied(tmp_path / "desk", places.copy_of_first())
    files = desk.files("inbox", "outbox", "visits", "clearinghouse")
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        assert nights.alone(connection)
        done = desk.night(SECOND)
        assert done.returncode == 3
        assert "another night is at work on this database" in done.stderr
    assert desk.files("inbox", "outbox", "visits", "clearinghouse") == files
    assert desk.night(SECOND).returncode == 1


def _patient(desk: Desk, *, die_at: int | None = None) -> int:
    """A night; begun again as long as the server takes the one that died to be alive."""
    end = time.monotonic() + PATIENCE
    while True:
        done = desk.process(SECOND, die_at=die_at)
        if done.returncode != 3 or time.monotonic() > end:
            return done.returncode
        time.sleep(0.2)
