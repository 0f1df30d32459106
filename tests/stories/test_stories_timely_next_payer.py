"""The limit of a claim to the second payer is that payer's own, counted from the remittance."""

from pathlib import Path

import next_payer_told
import pytest
from databases import NewUrl
from next_payer_told import LAKESHORE, MEDICARE, PRIMARY, Story
from short_stories import Book


@pytest.fixture(name="practice")
def practice_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A practice whose second payer wants its claims within 90 days of the first's remittance."""
    text = Path(next_payer_told.PRACTICE).read_text(encoding="utf-8")
    head = "[[payers.lakeshore.policy]]\n"
    assert text.count(head) == 1
    path = tmp_path / "practice.toml"
    path.write_text(text.replace(head, f"{head}secondary_filing_days = 90\n"), encoding="utf-8")
    monkeypatch.setattr(next_payer_told, "PRACTICE", str(path))
    monkeypatch.setenv("CLAIMLINE_NOW", "2026-04-10T12:00")
    return str(path)


@pytest.fixture
def story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], new_url: NewUrl, practice: str
) -> Story:
    """Decided by the first payer, with a second one to bill."""
    assert practice == next_payer_told.PRACTICE
    found = Story(Book(tmp_path, capsys, new_url), [MEDICARE, LAKESHORE])
    found.receive(PRIMARY)
    return found


def test_timely_and_the_list_name_one_limit(story: Story, practice: str) -> None:
    """``timely`` of the second claim says the day that ``secondary list`` says, and whose it is."""
    due = story.listed()["due"]
    assert due == "2026-07-01"  # 90 days from 2026-04-02
    (made,) = story.bill()["claims"]
    (told,) = story.book.run("timely", made["claim"], "--practice", practice)
    assert told["deadline"] == due
    assert "from the remittance of " in told["deadline_source"]
    (first,) = story.book.run("timely", story.first, "--practice", practice)
    assert first["deadline"] != due
    assert "from the service" in first["deadline_source"]
