"""The page of a claim's life is drawn from the table itself."""

from pathlib import Path

from claimline.docs_life import with_life
from reconcile.lifecycle import EVENTS, STATES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "life-of-a-claim.md"


def test_page_is_drawn_from_the_table() -> None:
    """The drawing and the tables of the page are what the program would draw now."""
    text = PAGE.read_text(encoding="utf-8")
    assert with_life(text) == text, "run: make docs"


def test_everything_is_told() -> None:
    """Every state and every event has its row."""
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| **{row.state}** |" in text for row in STATES)
    assert all(f"\n| {row.kind} |" in text for row in EVENTS)
