"""The night fails when the books do not close: one posting, one state, one cent changed behind it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from databases import NewUrl
from night_desk import SECOND, Desk
from sqlalchemy import Table, update

from reconcile.ledger import open_ledger
from reconcile.ledger.connect import make_engine, parse
from reconcile.ledger.tables import sent_line
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment, posting, remittance


@pytest.fixture(scope="module", name="done")
def _done(copied: Callable[[], Desk]) -> Desk:
    """A desk after its second night, whose proof closes."""
    desk = copied()
    desk.night(SECOND)
    assert desk.night(SECOND, "--only", "proof").returncode == 0
    return desk


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param(posting, "cents", id="one-posting"),
        pytest.param(claim_state, "open", id="open-amount"),
        pytest.param(claim_state, "state", id="one-state"),
        pytest.param(remittance, "paid", id="a-cent-of-BPR02"),
        pytest.param(claim_payment, "paid", id="a-cent-of-CLP04"),
        pytest.param(sent_line, "charge", id="a-cent-of-a-sent-line"),
    ],
)
def test_the_night_fails_where_the_proof_does(
    table: Table, column: str, done: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    """Exit status 1, a note for now that names the equation, and the next steps to take."""
    desk = done.copied(tmp_path / "desk", new_url)
    _spoil(desk.url, table, column)
    ended = desk.night(SECOND, "--only", "proof")
    assert ended.returncode == 1
    report = desk.report("2026-03-18-3")
    assert not report["proof"]["closes"]
    broken = [note for note in report["notes"] if note["kind"].startswith("proof.")]
    assert broken
    assert {note["urgency"] for note in broken} <= {"now", "today"}
    assert all(note["todo"] for note in broken)
    assert desk.night(SECOND).returncode == 1  # and each night until it is mended


def _spoil(url: str, table: Table, column: str) -> None:
    """Change one row as nobody should."""
    open_ledger(url).close()
    engine = make_engine(parse(url))
    first = next(iter(table.primary_key.columns))
    changed = table.c[column]
    with engine.execution_options(claimline_writing=True).begin() as connection:
        row = connection.execute(table.select().order_by(first).limit(1)).mappings().one()
        new = "closed" if column == "state" and row[column] != "closed" else None
        value = new or ("paid" if column == "state" else row[column] + 1)
        connection.execute(update(table).where(first == row[first.name]).values({changed: value}))
    engine.dispose()
