"""The night on PostgreSQL: the same as on SQLite, and alone on its database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from canonical import differences
from night_desk import SECOND, Desk

from reconcile.ledger import nights, open_ledger

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


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
