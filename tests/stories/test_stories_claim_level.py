"""What the first payer said of the whole claim stays with the claim when it is billed on."""

from pathlib import Path
from typing import Final

import pytest
from databases import NewUrl
from next_payer_told import (
    LAKESHORE,
    MEDICARE,
    TWO_CODES,
    Story,
)
from pyx12_judge import judge
from short_stories import Book

from edi.claim import Claim
from edi.x837p import read_submissions

DEDUCTIBLE: Final = """
CLP*{V}*1*130*33.19*30*MB*A1*11*1 ~ CAS*PR*1*30 ~ NM1*QC*1*EXAMPLE*ROBIN ~ DTM*232*20260310
SVC*HC:97530:GP*75*36.46**1 ~ CAS*CO*45*38.54 ~ REF*6R*01{V}
SVC*HC:97110:GP*55*26.73**1 ~ CAS*CO*45*28.27 ~ REF*6R*02{V}
"""
ZERO_PAID: Final = """
CLP*{V}*1*130*0*63.19*MB*A1*11*1 ~ CAS*PR*1*63.19 ~ DTM*232*20260310
SVC*HC:97530:GP*75*36.46**1 ~ CAS*CO*45*38.54 ~ REF*6R*01{V}
SVC*HC:97110:GP*55*26.73**1 ~ CAS*CO*45*28.27 ~ REF*6R*02{V}
"""
NO_LINES: Final = """
CLP*{V}*1*130*50.55*12.64*MB*A1*11*1 ~ CAS*CO*45*66.81 ~ CAS*PR*2*12.64 ~ DTM*232*20260310
"""
ON_LINES: Final = """
CLP*{V}*1*130*50.55*12.64*MB*A1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*75*29.17**1 ~ CAS*CO*45*38.54 ~ CAS*PR*2*7.29 ~ REF*6R*01{V}
SVC*HC:97110:GP*55*21.38**1 ~ CAS*CO*45*28.27 ~ CAS*PR*2*5.35 ~ REF*6R*02{V}
"""
REVERSED: Final = """
CLP*{V}*22*-130*-33.19**MB*A1*11*1 ~ CAS*PR*1*-30 ~ DTM*232*20260310
SVC*HC:97530:GP*-75*-36.46**1 ~ CAS*CO*45*-38.54 ~ REF*6R*01{V}
SVC*HC:97110:GP*-55*-26.73**1 ~ CAS*CO*45*-28.27 ~ REF*6R*02{V}
"""
CORRECTED: Final = """
CLP*{V}*1*130*42.55*20.64*MB*A2*11*1 ~ CAS*PR*1*10 ~ DTM*232*20260310
SVC*HC:97530:GP*75*30.32**1 ~ CAS*CO*45*38.54 ~ CAS*PR*2*6.14 ~ REF*6R*01{V}
SVC*HC:97110:GP*55*22.23**1 ~ CAS*CO*45*28.27 ~ CAS*PR*2*4.50 ~ REF*6R*02{V}
"""
SHOWN: Final = ("CAS", "AMT*D", "AMT*EAF", "AMT*A8", "SVD", "DTP*573")
CASES: Final = {
    "a deductible of the claim": (
        (DEDUCTIBLE,),
        """
        CAS*PR*1*30 AMT*D*33.19 AMT*EAF*30
        SVD*15202*36.46*HC:97530:GP**1 CAS*CO*45*38.54 DTP*573*D8*20260402
        SVD*15202*26.73*HC:97110:GP**1 CAS*CO*45*28.27 DTP*573*D8*20260402
        """,
    ),
    "nothing paid": (
        (ZERO_PAID,),
        """
        CAS*PR*1*63.19 AMT*D*0 AMT*EAF*63.19
        SVD*15202*36.46*HC:97530:GP**1 CAS*CO*45*38.54 DTP*573*D8*20260402
        SVD*15202*26.73*HC:97110:GP**1 CAS*CO*45*28.27 DTP*573*D8*20260402
        """,
    ),
    "lines not told at all": (
        (NO_LINES,),
        "CAS*CO*45*66.81 CAS*PR*2*12.64 AMT*D*50.55 AMT*EAF*12.64 DTP*573*D8*20260402",
    ),
    "all of it on lines": (
        (ON_LINES,),
        """
        AMT*D*50.55
        SVD*15202*29.17*HC:97530:GP**1 CAS*CO*45*38.54 CAS*PR*2*7.29 DTP*573*D8*20260402
        AMT*EAF*7.29
        SVD*15202*21.38*HC:97110:GP**1 CAS*CO*45*28.27 CAS*PR*2*5.35 DTP*573*D8*20260402
        AMT*EAF*5.35
        """,
    ),
    "taken back and decided anew": (
        (DEDUCTIBLE, REVERSED, CORRECTED),
        """
        CAS*PR*1*10 AMT*D*42.55 AMT*EAF*20.64
        SVD*15202*30.32*HC:97530:GP**1 CAS*CO*45*38.54 CAS*PR*2*6.14 DTP*573*D8*20260404
        SVD*15202*22.23*HC:97110:GP**1 CAS*CO*45*28.27 CAS*PR*2*4.5 DTP*573*D8*20260404
        """,
    ),
}


def _file(story: Story) -> str:
    """The file of the claim that was sent on."""
    (sent,) = story.bill()["claims"]
    return Path(sent["file"]).read_text("ascii")


def _claim(text: str) -> Claim:
    (found,) = read_submissions([text.encode()], [])
    (claim,) = found.claims
    return claim


def _story(places: NewUrl, folder: Path, capsys: pytest.CaptureFixture[str]) -> Story:
    book = Book(folder, capsys, places)
    return Story(book, [MEDICARE, LAKESHORE], procedures=TWO_CODES)


@pytest.mark.parametrize("case", CASES)
def test_each_level_keeps_its_own_adjustments(
    case: str,
    new_url: NewUrl,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2320 has what was said of the claim, 2430 what was said of a line; pyx12 agrees."""
    answers, wanted = CASES[case]
    story = _story(new_url, tmp_path, capsys)
    for n, text in enumerate(answers):
        story.receive(text, day=f"2026040{2 + n}")
    text = _file(story)
    segments = text.replace("\n", "").split("~")
    start = next(n for n, one in enumerate(segments) if one.startswith("SBR*P"))
    told = [one for one in segments[start:] if one.startswith(SHOWN)]
    assert told == wanted.split()
    assert judge(text, monkeypatch) == [[]]


@pytest.mark.parametrize("case", CASES)
def test_the_charge_is_what_was_paid_and_all_adjustments(
    case: str, new_url: NewUrl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CLM02 = AMT*D + CAS of 2320 + CAS of 2430, and each line closes by itself."""
    answers, _ = CASES[case]
    story = _story(new_url, tmp_path, capsys)
    for n, text in enumerate(answers):
        story.receive(text, day=f"2026040{2 + n}")
    claim = _claim(_file(story))
    (other,) = claim.others
    assert other.paid is not None
    of_lines = (a for line in claim.lines for one in line.adjudications for a in one.adjustments)
    cuts = [a.amount for a in (*other.adjustments, *of_lines)]
    assert other.paid + sum(cuts) == claim.charge
    for line in claim.lines:
        for one in line.adjudications:
            assert one.paid + sum(a.amount for a in one.adjustments) == line.charge


def test_the_books_are_the_same_and_a_rebuild_keeps_the_levels(
    new_url: NewUrl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines share the deductible as before; what is derived can be made again."""
    story = _story(new_url, tmp_path, capsys)
    story.receive(DEDUCTIBLE)
    first = story.listed()
    assert (first["state"], first["left"]) == ("ready", "30.00")
    assert story.owes()["later"] == "30.00"
    story.book.run("ledger", "rebuild")
    told = _file(story)
    assert "CAS*PR*1*30~" in told
    assert "AMT*D*33.19~" in told
