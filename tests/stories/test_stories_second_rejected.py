"""The claim to the second payer is rejected, taken back, or its payer is paused."""

from pathlib import Path

import pytest
from databases import NewUrl
from short_stories import Book, Json
from test_stories_next_payer import LAKESHORE, MEDICARE, PRACTICE, PRIMARY, Story


@pytest.fixture
def book(tmp_path: Path, capsys: pytest.CaptureFixture[str], new_url: NewUrl) -> Book:
    """A ledger in a folder of its own."""
    return Book(tmp_path, capsys, new_url)


@pytest.fixture
def story(book: Book) -> Story:
    """Decided by the first payer, with a second one to bill."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    return story


def states(book: Book) -> dict[str, str]:
    """The states of all claims."""
    found = book.run("claims", "--state", "all")["claims"]
    return {one["claim"]: one["state"] for one in found if one["state"] != "held"}


def sent_on(story: Story, *options: str) -> str:
    """The number of the claim that goes to the second payer; empty where none goes."""
    made: Json = story.bill(*options)["claims"]
    return made[0]["claim"] if made else ""


class TestRejected:
    """Rejected by the second payer before anybody decided."""

    def test_goes_anew_when_a_person_says_so(self, story: Story) -> None:
        """It waits for a person, goes once more as an original, and the first try is replaced."""
        first = sent_on(story)
        story.book.run("reject", first, "--reason", "member not found", "--code", "A3:33")
        row = story.listed()
        assert (row["state"], f"claim {first} was rejected" in row["why"]) == ("held", True)
        (told,) = story.book.run("claims")["claims"]
        assert f"secondary bill {story.first} --again" in told["next_step"]
        assert sent_on(story) == ""
        second = sent_on(story, story.first, "--again", "--although", "mended")
        assert second not in {"", first}
        assert states(story.book)[first] == "replaced"
        assert states(story.book)[second] == "sent"
        assert story.listed()["state"] == "sent"
        text = max((story.book.folder / "outbox").glob("*.837")).read_text("ascii")
        assert f"CLM*{second}*" in text
        assert ":B:1*" in text


class TestTakenBack:
    """A file to the second payer that was taken back."""

    def test_goes_again(self, story: Story) -> None:
        """It never was sent: the next run makes the claim again."""
        first = sent_on(story)
        name = max((story.book.folder / "outbox").glob("*.837")).name
        story.book.run("unsend", name, "--reason", "not yet", "--out", story.out)
        assert states(story.book)[first] == "closed"
        assert story.listed()["state"] == "ready"
        assert sent_on(story) not in {"", first}


class TestPaused:
    """The second payer is paused."""

    def test_waits(self, story: Story) -> None:
        """Nothing goes to it until it is resumed."""
        story.book.run("pause", "lakeshore", "--reason", "enrollment", "--practice", PRACTICE)
        row = story.listed()
        assert (row["state"], "paused" in row["why"]) == ("waiting", True)
        assert sent_on(story, story.first, "--although", "I want it") == ""
        story.book.run("pause", "lakeshore", "--resume")
        assert sent_on(story)
