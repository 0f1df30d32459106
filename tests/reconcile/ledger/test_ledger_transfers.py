"""The ledger's record of files that came and went, on both databases."""

import datetime as dt

from reconcile.ledger import Run, open_ledger, transfers
from reconcile.ledger.transfers import Transfer

RUN = Run(command="night", version="test", started=dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC))


def moved(name: str, digest: str, **changes: str) -> Transfer:
    """A file that came."""
    given = {
        "profile": "relay",
        "direction": "in",
        "modified": "2026-03-01T05:00:00Z",
        "result": "received",
    }
    return Transfer(name=name, digest=digest, size=10, **(given | changes))  # type: ignore[arg-type] # words of a test


def test_what_was_done_is_found_by_name(ledger_url: str) -> None:
    """Oldest first, of the profile and direction asked for; names never seen are left out."""
    with open_ledger(ledger_url) as ledger:
        with ledger.begin(RUN) as writer:
            transfers.add(writer, moved("/out/a.835", "1" * 64))
            transfers.add(writer, moved("/out/a.835", "2" * 64, modified="2026-03-02T05:00:00Z"))
            transfers.add(writer, moved("/out/a.835", "3" * 64, profile="other"))
            transfers.add(writer, moved("/out/a.835", "4" * 64, direction="out", result="sent"))
        names = (f"/out/{n}" for n in (*range(1200), "a.835"))
        with ledger.reading() as connection:
            found = transfers.known(connection, ["relay"], "in", names)
    assert list(found) == ["/out/a.835"]
    assert [row.digest[0] for row in found["/out/a.835"]] == ["1", "2"]
    assert found["/out/a.835"][0].recorded_at == "2026-03-01T06:00:00Z"


def test_bytes_are_known_however_they_came(ledger_url: str) -> None:
    """By a transfer or by hand; what only went out by a transfer did not come."""
    with open_ledger(ledger_url) as ledger:
        with ledger.begin(RUN) as writer:
            transfers.add(writer, moved("a", "1" * 64))
            transfers.add(writer, moved("b", "2" * 64, direction="out", result="sent"))
            kept = writer.store(b"by hand", kind="other", name="c", direction="in")
        with ledger.reading() as connection:
            known = [transfers.is_known(connection, d) for d in ("1" * 64, "2" * 64, kept.digest)]
            delivered = transfers.is_delivered(connection, kept.digest)
    assert known == [True, False, True]
    assert delivered is False
