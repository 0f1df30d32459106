"""Both spouses at one carrier: the payer is the patient's first and second one, and never mixed up."""

import datetime as dt
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import pytest
from next_payer_told import HILLSIDE, LAKESHORE, PRACTICE, Story, figures
from pyx12_judge import judge
from short_stories import Book, Json

from claimline.__main__ import main
from reconcile.ledger import open_ledger

ID: Final = "60054L"  # of the carrier in the practice file
SPOUSE: Final = {
    "payer": "lakeshore",
    "member_id": "LK9900221",
    "relationship": "spouse",
    "subscriber": {"last_name": "Example", "first_name": "Sandy", "birth_date": "1948-02-03"},
}
FIRST: Final = """
CLP*{V}*1*75*27.14*6.92*12*A1*11*1 ~ NM1*QC*1*EXAMPLE*ROBIN****MI*LK7788110 ~ DTM*232*20260310
SVC*HC:97530:GP*75*27.14**1 ~ CAS*CO*45*40.94 ~ CAS*PR*2*6.92 ~ REF*6R*01{V}
"""
SECOND: Final = """
CLP*{S}*2*75*4.92*2*12*B1*11*1 ~ NM1*QC*1*EXAMPLE*ROBIN****MI*LK9900221 ~ DTM*232*20260310
SVC*HC:97530:GP*75*4.92**1 ~ CAS*OA*23*68.08 ~ CAS*PR*3*2 ~ REF*6R*01{S}
"""
AFTER_FIRST: Final = "paid 27.14 contractual 40.94 patient 6.92"
AFTER_BOTH: Final = "paid 32.06 contractual 40.94 patient 2.00"


class Ledgered(Book):
    """A book whose ledger is a database of either kind."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], url: str) -> None:
        self.folder = folder
        self.url = url
        self._capsys = capsys

    def run(self, *arguments: str) -> Json:
        """A command's JSON answer; exit statuses 0 and 1 are both "done"."""
        status = main([*arguments, "--ledger", self.url, "--format", "json"])
        captured = self._capsys.readouterr()
        assert status in (0, 1), captured.err
        return json.loads(captured.out)


class Both(Story):
    """One visit of a patient with two coverages at one carrier."""

    second: str = ""

    def told(self, text: str, day: str, *, id: str = ID) -> None:
        """An answer of the carrier."""
        self.receive(text.replace("{S}", self.second), payer="lakeshore", day=day, id=id)

    def sent_on(self, *options: str) -> Json:
        """The claim to the second coverage."""
        (sent,) = self.bill(*options)["claims"]
        self.second = sent["claim"]
        return sent

    def posted(self) -> str:
        """The amounts of the line's books."""
        return figures(self.books())

    def match(self, *words: str) -> None:
        """A person says whose answer it is."""
        with redirect_stdout(io.StringIO()):
            assert main(["match", *words, "--ledger", self.book.url]) == 0

    def unmatched(self) -> list[str]:
        """Why payments wait for a person."""
        return [one["why"] for one in self.book.run("ledger", "waiting")]


@pytest.fixture
def both(ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Both:
    """Billed to the first coverage, and decided there."""
    story = Both(Ledgered(tmp_path, capsys, ledger_url), [LAKESHORE, SPOUSE])
    story.told(FIRST, "20260402")
    return story


def test_the_second_coverage_is_billed_and_its_answer_is_its_own(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SBR S with the spouse's member id, the same carrier before it in 2320; books to the cent."""
    assert (both.listed()["state"], both.listed()["left"]) == ("ready", "6.92")
    sent = both.sent_on()
    text = Path(sent["file"]).read_text("ascii")
    segments = text.replace("\n", "").split("~")
    start = next(n for n, one in enumerate(segments) if one.startswith("SBR*S"))
    told = [one for one in segments[start:] if one.startswith(("SBR", "NM1*IL", "NM1*PR", "SVD"))]
    assert [one.rsplit("*", 1)[-1] for one in told if one.startswith("NM1*IL")] == [
        "LK9900221",
        "LK7788110",
    ]
    assert [one.rsplit("*", 1)[-1] for one in told if one.startswith("NM1*PR")] == [ID, ID]
    assert judge(text, monkeypatch) == [[]]
    assert both.listed()["state"] == "sent"
    assert (both.owes()["due"], both.owes()["later"]) == ("0.00", "6.92")
    both.told(SECOND, "20260420")
    assert both.posted() == AFTER_BOTH
    assert both.listed()["state"] == "done"
    owed = both.owes()
    assert (owed["due"], owed["later"]) == ("2.00", "0.00")
    name = "LAKESHORE HEALTH PLAN"
    words = f"line 1: 6.92 left by {name}, 4.92 paid by {name} as second payer on 2026-04-20"
    assert words in owed["because"]
    assert both.bill()["claims"] == []


def test_the_day_is_billed_once_whatever_goes_on_to_the_same_carrier(both: Both) -> None:
    """For caps and pairs of the day the first claim's line stands, the second's does not."""
    both.sent_on()
    with open_ledger(both.book.url) as ledger:
        patient = next(iter(ledger.story(both.first, usage="T"))).sent.claim.patient
        billed = ledger.billed_on([(patient, dt.date(2026, 3, 10))], usage="T")
    assert [(one.claim, one.stands) for one in billed] == [(both.first, True), (both.second, False)]


WAYS: Final = {  # of the same answer: (text, whether it is certain)
    "no member id": (SECOND.replace("****MI*LK9900221", ""), True),
    "says primary, its lines": (SECOND.replace("*2*75*4.92", "*1*75*4.92"), True),
    "first coverage's id, turn agrees": (SECOND.replace("LK9900221", "LK7788110"), True),
    "the first claim's number, second member": (SECOND.replace("{S}", "{V}"), True),
    "the first claim's number, first member": (
        SECOND.replace("{S}", "{V}").replace("LK9900221", "LK7788110"),
        False,
    ),
    "the first claim's number, no member": (
        SECOND.replace("{S}", "{V}").replace("****MI*LK9900221", ""),
        False,
    ),
    "says primary, first member, no lines' numbers": (
        SECOND.replace("*2*75*4.92", "*1*75*4.92")
        .replace("LK9900221", "LK7788110")
        .replace(" ~ REF*6R*01{S}", ""),
        False,
    ),
    "first number, says primary, second member": (
        SECOND.replace("*2*75*4.92", "*1*75*4.92")
        .replace(" ~ REF*6R*01{S}", "")
        .replace("{S}", "{V}"),
        False,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_decided_waits_for_a_person(way: str, both: Both) -> None:
    """Number, turn and member id: where they name two coverages nothing is posted."""
    text, certain = WAYS[way]
    both.sent_on()
    both.told(text, "20260420")
    assert both.posted() == (AFTER_BOTH if certain else AFTER_FIRST)
    if not certain:
        (why,) = both.unmatched()
        assert "two coverages of the patient" in why
        assert both.listed()["state"] == "sent"


def test_a_person_says_which_coverage_it_was(both: Both) -> None:
    """Matched by hand to the second claim it is the second coverage's answer."""
    both.sent_on()
    text = SECOND.replace("{S}", "{V}").replace("LK9900221", "LK7788110")
    both.told(text, "20260420")
    (waiting,) = both.book.run("match", "list")
    both.match(waiting["id"], "--to", both.second, "--reason", "carrier says so")
    assert both.posted() == AFTER_BOTH
    both.match(waiting["id"], "--undo", "--reason", "a slip")
    assert both.posted() == AFTER_FIRST
    both.match(waiting["id"], "--to", both.first, "--reason", "of the first coverage")
    assert both.listed()["state"] == "sent"


def test_a_second_claim_refused_as_a_duplicate_is_not_the_first_ones_copy(both: Both) -> None:
    """The carrier took the spouse's claim for the first: that is a denial to work, not an answer."""
    both.sent_on()
    both.told(
        "CLP*{S}*2*75*0**12*B1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*0**0 ~ CAS*OA*18*75 ~ REF*6R*01{S}",
        "20260420",
    )
    assert both.books()["status"] != "paid"
    assert both.owes()["due"] == "0.00"


TAKEN_BACK: Final = """
CLP*{S}*22*-75*-4.92**12*B1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*-75*-4.92**1 ~ CAS*OA*23*-68.08 ~ CAS*PR*3*-2 ~ REF*6R*01{S}
"""


def test_the_second_answer_is_taken_back_and_the_first_stays(both: Both) -> None:
    """A reversal under the second claim's number; the first decision is as before."""
    both.sent_on()
    both.told(SECOND, "20260420")
    both.told(TAKEN_BACK, "20260425")
    assert both.posted() == AFTER_FIRST
    both.book.run("ledger", "rebuild")
    assert both.posted() == AFTER_FIRST


def test_zero_paid_answers_of_both_turns_are_taken_back_each_its_own(both: Both) -> None:
    """The same money in both turns: the turn says whose decision a reversal takes back."""
    both.sent_on()
    zero = SECOND.replace("*2*75*4.92*2*", "*2*75*27.14*0*").replace(
        "*75*4.92**1 ~ CAS*OA*23*68.08 ~ CAS*PR*3*2", "*75*27.14**1 ~ CAS*OA*23*47.86"
    )
    both.told(zero.replace("*B1*", "**"), "20260420")
    gone = (
        "CLP*{S}*22*-75*-27.14**12**11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*-75*-27.14**1 ~ CAS*OA*45*-47.86 ~ REF*6R*01{S}"
    )
    both.told(gone, "20260425")
    assert both.posted() == AFTER_FIRST


def test_forwarded_within_the_carrier_it_is_done_without_a_claim(both: Both) -> None:
    """Both turns answered under the first claim's number: two decisions, one for each coverage."""
    text = SECOND.replace("{S}", "{V}").replace("****MI*LK9900221", "")
    both.told(text, "20260420")
    assert both.listed()["state"] == "done"
    assert both.posted() == AFTER_BOTH
    assert both.bill()["claims"] == []


def test_an_answer_as_second_alone_decides_no_coverage(
    ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CLP02 2 and no decision as first: nobody knows which coverage it was."""
    story = Both(Ledgered(tmp_path, capsys, ledger_url), [LAKESHORE, SPOUSE])
    story.told(SECOND.replace("{S}", "{V}"), "20260420")
    listed = story.listed()
    assert listed["state"] == "waiting"
    assert "ask which one it meant" in listed["why"]
    assert story.bill()["claims"] == []
    assert story.owes()["due"] == "0.00"


def test_a_mended_claim_replaces_the_second_answer_under_its_own_number(both: Both) -> None:
    """REF*F8 is the number the carrier gave the second claim, not the first."""
    both.sent_on()
    both.told(SECOND, "20260420")
    sent = both.sent_on(both.first, "--again", "--although", "the subscriber was wrong")
    text = Path(sent["file"]).read_text("ascii")
    assert "CLM*" + sent["claim"] in text
    assert ":B:7*" in text
    assert text.count("REF*F8*B1~") == 1


@pytest.mark.parametrize(
    ("coverages", "words"),
    [
        ([LAKESHORE, LAKESHORE], "payer and member id are those of a coverage before it"),
        ([LAKESHORE, LAKESHORE | {"member_id": "lk-7788110"}], "payer and member id are those"),
    ],
    ids=["twice the same", "written otherwise"],
)
def test_the_same_coverage_twice_is_held(
    coverages: list[Any],
    words: str,
    ledger_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One coverage given twice is none to be billed."""
    story = Both(Ledgered(tmp_path, capsys, ledger_url), coverages)
    story.told(FIRST, "20260402")
    assert (story.listed()["state"], words in story.listed()["why"]) == ("held", True)
    assert story.bill()["claims"] == []


def _states(story: Both) -> list[tuple[str, str]]:
    rows = story.book.run(
        "secondary", "list", "--practice", PRACTICE,
        *(f"--state={s}" for s in ("ready", "waiting", "held", "sent", "done")),
    )  # fmt: skip
    return [(row["turn"], row["state"]) for row in rows]


def test_a_third_payer_after_two_coverages_of_one_carrier_is_for_a_person(
    ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two payers before with one id: a line could not say which decided; held."""
    story = Both(Ledgered(tmp_path, capsys, ledger_url), [LAKESHORE, SPOUSE, HILLSIDE])
    story.told(FIRST, "20260402")
    story.sent_on()
    story.told(SECOND, "20260420")
    assert _states(story) == [("S", "done"), ("T", "held")]


def test_a_carrier_that_is_second_and_third_answers_each_turn(
    ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another payer first: the carrier's answer as second is not that as third."""
    story = Both(Ledgered(tmp_path, capsys, ledger_url), [HILLSIDE, LAKESHORE, SPOUSE])
    story.receive(FIRST.replace("LK7788110", "HM204466"), payer="hillside", day="20260402")
    story.sent_on()
    story.told(SECOND.replace("LK9900221", "LK7788110"), "20260420")
    assert _states(story) == [("S", "done"), ("T", "ready")]
    third = story.sent_on()
    assert third["turn"] == "T"
    assert _states(story) == [("S", "done"), ("T", "sent")]
