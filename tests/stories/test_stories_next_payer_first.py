"""The next payer answers, and the remittance of the payer billed is not here."""

from pathlib import Path

import pytest
from databases import NewUrl
from next_payer_told import MEDICAID, MEDICARE, PRIMARY, Story, figures
from short_stories import Book, Json

RESTATED = (
    "CLP*{V}*2*75*4**MC*B1*11*1 ~ DTM*232*20260310\n"
    "SVC*HC:97530:GP*75*4**1 ~ CAS*CO*45*71 ~ REF*6R*01{V}"
)
RESTS_ON = (
    "CLP*{V}*2*75*6.92**MC*B1*11*1 ~ DTM*232*20260310\n"
    "SVC*HC:97530:GP*75*6.92**1 ~ CAS*OA*23*66.08 ~ CAS*PR*3*2 ~ REF*6R*01{V}"
)
WHOLE = {
    RESTATED: "paid 31.14 contractual 43.86",
    RESTS_ON: "paid 34.06 contractual 38.94 patient 2.00",
}


@pytest.fixture(name="story")
def _story(new_url: NewUrl, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Story:
    return Story(Book(tmp_path, capsys, new_url), [MEDICARE, MEDICAID])


def state(story: Story) -> Json:
    """Where the first claim is."""
    found = story.book.run("claims", "--state", "all")["claims"]
    return next(one for one in found if one["claim"] == story.first)


@pytest.mark.parametrize("answer", WHOLE, ids=["restates", "names what came before"])
def test_the_first_payers_remittance_is_waited_for(story: Story, answer: str) -> None:
    """Nothing is written off or asked for, the claim is not over, and what is late is missed."""
    story.receive(answer, payer="medicaid", day="20260420")
    stands = state(story)
    assert (stands["state"], stands["event"]) == ("accepted", "next payer first")
    line = story.books()
    assert line["contractual"] == "0.00"
    assert story.owes()["due"] == "0.00"
    late = story.book.run("missing", "--all")
    assert story.first in str(late)
    [why] = [row["why"] for row in story.book.run("ledger", "waiting")]
    assert "another payer decided first" in why
    story.receive(PRIMARY)
    assert figures(story.books()) == WHOLE[answer]
    assert state(story)["state"] in {"paid", "closed"}
    assert story.book.run("ledger", "waiting") == []
