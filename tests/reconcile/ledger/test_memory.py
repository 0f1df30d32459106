"""What keeps memory flat: a bit for each row number, small caches, sorts that go to disk."""

import datetime as dt
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconcile.ledger import Run, connect, open_ledger
from reconcile.ledger.seen import Seen

RUN = Run(command="test", version="0", started=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))


@given(st.lists(st.integers(0, 200)), st.lists(st.integers(0, 10_000), max_size=20))
def test_numbers_seen_are_a_set(added: list[int], more: list[int]) -> None:
    """What was added is in it, once; nothing else is."""
    seen = Seen()
    for number in (*added, *more):
        seen.add(number)
    expected = {*added, *more}
    assert {n for n in range(10_100) if n in seen} == expected
    assert len(seen) == len(expected)


def test_a_connection_that_only_reads_keeps_few_pages(tmp_path: Path) -> None:
    """The larger cache is that of connections that have written; sorts of both may go to disk."""
    place = str(tmp_path / "ledger.sqlite3")
    with open_ledger(place, create=True):
        pass
    with open_ledger(place) as ledger:
        kept = []
        for _ in range(2):
            with ledger.reading() as connection:
                kept.append(connection.exec_driver_sql("PRAGMA cache_size").scalar())
                in_memory = connection.exec_driver_sql("PRAGMA temp_store").scalar()
            with ledger.begin(RUN) as writer:
                kept.append(writer.connection.exec_driver_sql("PRAGMA cache_size").scalar())
    large, small = -connect.CACHE_KB, -connect.CACHE_READING_KB
    assert kept == [small, large, large, large]  # it is one connection, used again
    assert in_memory == 1  # files
