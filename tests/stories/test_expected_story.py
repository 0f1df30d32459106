"""Story 1 on the payment side: what the payer paid against what was expected, to the cent."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_stories import Story, figures

Json = Any


@pytest.fixture(name="story")
def _story(tmp_path: Path, ledger_url: str, capsys: pytest.CaptureFixture[str]) -> Story:
    """The therapist and the assistant, billed."""
    story = Story("1-therapist-and-assistant", tmp_path, ledger_url, capsys)
    story.bill()
    return story


def underpaid(story: Story) -> list[Json]:
    """The rows of ``claimline underpaid``."""
    rows: list[Json] = story.run("underpaid")
    return rows


def judged(story: Story) -> list[tuple[str, str]]:
    """Expected payment and judgement of each line."""
    return [(line["expected"], line["judged_words"]) for line in story.books("S1")]


def test_before_an_answer_nothing_is_judged(story: Story) -> None:
    """A claim without an answer has no judgement, and no line is underpaid."""
    assert judged(story) == [(None, None)] * 3
    assert underpaid(story) == []


@pytest.mark.parametrize("remit", ["remit.835", "remit-co237.835"])
def test_paid_as_expected(story: Story, remit: str) -> None:
    """76.13 is as expected, line by line, wherever the assistant's cut stands: CO-45 or CO-237."""
    story.receive(remit)
    assert judged(story) == [
        ("27.14", "as expected"),
        ("32.76", "reduced: MPPR 20.06, assistant 5.90: as expected"),
        ("16.23", "reduced: MPPR 6.47: as expected"),
    ]
    assert underpaid(story) == []
    assert story.denials() == []


def test_the_other_split_of_a_tie_is_as_expected(story: Story) -> None:
    """Both 97530 lines have one practice expense: the full unit on the CQ line is right too."""
    story.receive("remit-other-split.835")
    assert judged(story) == [
        ("19.27", "reduced: MPPR 10.03: as expected"),
        ("39.44", "reduced: MPPR 10.03, assistant 7.10: as expected"),
        ("16.23", "reduced: MPPR 6.47: as expected"),
    ]
    why = story.books("S1")[1]["judged_why"]
    assert "the payer chose this line for the day's full unit: equal practice expense" in why
    assert underpaid(story) == []


def test_an_underpaid_line_is_told_with_the_arithmetic(story: Story) -> None:
    """3.12 less on 97140 is underpaid 3.12 on that line alone, and how it should have been is told."""
    story.receive("remit-underpaid.835")
    (row,) = underpaid(story)
    names = ("code", "judged", "expected", "paid", "difference", "words")
    assert figures(row, *names) == [
        "97140",
        "underpaid",
        "16.23",
        "13.11",
        "-3.12",
        "underpaid 3.12",
    ]
    assert row["why"][0].startswith("20.70 (cut by MPPR) allowed; patient 4.14 (20 %)")
    assert "CMS PPRRVU 2025" in row["terms"]
    assert [words for _, words in judged(story)][:2] == [
        "as expected",
        "reduced: MPPR 20.06, assistant 5.90: as expected",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(
            [("*27.14*", "*19.27*"), ("*76.13*", "*68.26*"), ("40.39**253*.55", "50.42**253*.39")],
            [("CAS*PR*2*6.92", "CAS*PR*2*4.92")],
            "underpaid",
            id="no unit in full",
        ),
        pytest.param(
            [
                ("*32.76*", "*39.44*"),
                ("*76.13*", "*82.81*"),
                ("86.68**59*20.06**253*.67", "87.88**59*10.03**253*.81"),
            ],
            [("CAS*PR*2*9.83", "CAS*PR*2*11.84")],
            "overpaid",
            id="two units in full",
        ),
    ],
)
def test_any_other_split_is_not_as_expected(
    story: Story, tmp_path: Path, old: list[Any], new: list[Any], words: str
) -> None:
    """Neither none of the two 97530 lines nor both may have the full unit: 6.68 off, on one line."""
    text = (story.source / "remit.835").read_text()
    for before, after in (*old, *new):
        assert before in text
        text = text.replace(before, after)
    shutil.copytree(story.source, tmp_path / "changed")
    story.source = tmp_path / "changed"
    (story.source / "changed.835").write_text(text)
    story.receive("changed.835")
    (row,) = underpaid(story)
    assert row["words"] == f"{words} 6.68"


TWO = """BPR*I*{total}*C*CHK************20251222
TRN*1*{trace}*1315202152
DTM*405*20251220
N1*PR*MEDICARE PART B OHIO
N1*PE*RIVERBEND THERAPY LLC*XX*1555000102
LX*1
CLP*{{{visit}}}*1*75*{total}*{part}*MB*25253{trace}*11*1
NM1*QC*1*LINDGREN*MAJA****MI*1EG4TE5MK91
SVC*HC:97530:{modifier}*75*{total}**1
DTM*472*20251202
{cas}
CAS*PR*2*{part}
REF*6R*{{{visit}.1}}
"""
FULL = {"total": "27.14", "part": "6.92", "cas": "CAS*CO*45*40.39**253*.55"}
CUT = {"total": "19.27", "part": "4.92", "cas": "CAS*CO*45*40.39**59*10.03**253*.39"}


def two_disciplines(tmp_path: Path, ledger_url: str, capsys: pytest.CaptureFixture[str]) -> Story:
    """PT and OT of one day, a unit of 97530 each, billed as two claims."""
    folder = tmp_path / "two"
    folder.mkdir()
    story = Story("1-therapist-and-assistant", tmp_path, ledger_url, capsys)
    (visit,) = json.loads((story.source / "visits.json").read_text())
    visit |= {"procedures": [{"code": "97530", "therapist_minutes": 15}], "assistant": ""}
    other = visit | {"visit_id": "S2", "discipline": "OT", "treating_clinician": "tanaka"}
    (folder / "visits.json").write_text(json.dumps([visit, other]))
    for number, (claim, kind) in enumerate(itertools.product(("S1", "S2"), ("full", "cut"))):
        amounts = FULL if kind == "full" else CUT
        modifier = "GP" if claim == "S1" else "GO"
        text = TWO.format(trace=f"MB{number}", visit=claim, modifier=modifier, **amounts)
        (folder / f"{claim}-{kind}.835").write_text(text)
    story.source = folder
    story.bill()
    return story


@pytest.mark.parametrize(
    ("files", "off"),
    [
        pytest.param(["S1-full", "S2-cut"], [], id="PT has it"),
        pytest.param(["S1-cut", "S2-full"], [], id="OT has it"),
        pytest.param(["S1-cut"], [], id="OT not answered"),
        pytest.param(["S1-cut", "S2-cut"], ["underpaid 7.87"], id="nobody has it"),
        pytest.param(["S1-full", "S2-full"], ["overpaid 7.87"], id="both have it"),
    ],
)
def test_pt_and_ot_of_a_day_share_one_full_unit(
    tmp_path: Path,
    ledger_url: str,
    capsys: pytest.CaptureFixture[str],
    files: list[str],
    off: list[str],
) -> None:
    """Two claims of a day: the payer chooses which has the full unit, and there is just one."""
    story = two_disciplines(tmp_path, ledger_url, capsys)
    for name in files:
        story.receive(f"{name}.835")
    assert [row["words"] for row in underpaid(story)] == off
