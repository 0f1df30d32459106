"""The night on PostgreSQL: the same as on SQLite, and alone on its database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from canonical import differences
from databases import Databases, NewUrl
from night_desk import OWN, SECOND, Desk
from small_disk import small_disk

from reconcile.ledger import nights, open_ledger

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ROOM = 64  # KB of the server's disk: to begin with


def test_the_night_is_the_same_on_both(
    desk: Desk, mornings: Callable[[str], Desk], tmp_path: Path
) -> None:
    """Ledger and page of a night on PostgreSQL are those of one on SQLite."""
    other = mornings("sqlite").copied(tmp_path / "sqlite")
    for one in (desk, other):
        assert one.night(SECOND).returncode == 1
    dumps = [one.dump() for one in (desk, other)]
    for dump in dumps:
        assert dump.pop("transfer")  # with the moment at which each file was laid out
    assert differences(*dumps) == []
    theirs, ours = other.report("2026-03-18-1"), desk.report("2026-03-18-1")
    for report in (theirs, ours):
        for step in report["steps"]:
            del step["seconds"]
            for row in step.get("files", ()):
                row.pop("digest", None)
        journal = report["proof"]["journal"]  # its head tells any two ledgers apart
        report["proof"]["journal"] = journal.partition(", head")[0]
    assert theirs == ours


def test_another_machine_waits_its_turn(desk: Desk) -> None:
    """Two folders with one database: the second night ends with 3, whatever its lock file says."""
    files = desk.files("inbox", "outbox", "visits", "clearinghouse")
    with open_ledger(desk.url) as ledger, ledger.reading() as connection:
        assert nights.alone(connection)
        done = desk.night(SECOND)
        assert done.returncode == 3
        assert "another night is at work on this database" in done.stderr
    assert desk.files("inbox", "outbox", "visits", "clearinghouse") == files
    assert desk.night(SECOND).returncode == 1


def test_a_full_disk_of_the_server_ends_the_night_and_the_next_does_it(
    second_day: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    """The server has no room: 3, said, and no file of claims leaves; with room all is done."""
    assert isinstance(new_url, Databases)
    calm = second_day.copied(tmp_path / "calm", new_url)
    assert calm.night(SECOND).returncode == 1
    with small_disk(new_url.server) as small:
        desk = second_day.copied(tmp_path / "full", small)
        small.fill(ROOM)
        done = desk.night(SECOND)
        assert done.returncode == 3
        assert "is full or failing" in " ".join((done.stdout + done.stderr).split())
        assert list((desk.folder / "clearinghouse" / "in").glob("*002.837")) == []
        small.make_room()
        again = desk.night(SECOND)
        assert again.returncode == 1, again.stdout + again.stderr
        assert differences(calm.dump(), desk.dump()) == []
        assert desk.files(*OWN) == calm.files(*OWN)
