"""From the first payer's remittance to the next payer's claim and its answer, to the cent."""

import itertools
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from databases import NewUrl
from next_payer_told import (
    HILLSIDE,
    LAKESHORE,
    MEDICAID,
    MEDICARE,
    PRACTICE,
    PRIMARY,
    Story,
    figures,
)
from short_stories import Book, Json

from claimline.__main__ import main
from edi.claim import Claim
from edi.x837p import read_submissions
from mapping.secondary import with_further
from reconcile.ledger import open_ledger


@pytest.fixture
def book(tmp_path: Path, capsys: pytest.CaptureFixture[str], new_url: NewUrl) -> Book:
    """A ledger in a folder of its own."""
    folder = tmp_path / "told"
    folder.mkdir()
    return Book(folder, capsys, new_url)


SECOND: Final = {
    "OA-23 and paid": (
        "lakeshore",
        (
            "CLP*{S}*2*75*6.92**12*B1*11*1 ~ DTM*232*20260310\n"
            "SVC*HC:97530:GP*75*6.92**1 ~ CAS*OA*23*68.08 ~ REF*6R*01{S}"
        ),
        "paid 34.06 contractual 40.94",
        "0.00",
    ),
    "part of it stays the patient's": (
        "lakeshore",
        (
            "CLP*{S}*2*75*4.92*2*12*B1*11*1 ~ DTM*232*20260310\n"
            "SVC*HC:97530:GP*75*4.92**1 ~ CAS*OA*23*68.08 ~ CAS*PR*3*2 ~ REF*6R*01{S}"
        ),
        "paid 32.06 contractual 40.94 patient 2.00",
        "2.00",
    ),
    "no line control number, says primary": (
        "lakeshore",
        (
            "CLP*{S}*1*75*6.92**12*B1*11*1 ~ DTM*232*20260310\n"
            "SVC*HC:97530:GP*75*6.92**1 ~ CAS*OA*23*68.08"
        ),
        "paid 34.06 contractual 40.94",
        "0.00",
    ),
}


@pytest.mark.parametrize("case", SECOND)
def test_the_second_payers_answer_stands_on_the_first_claims_line(case: str, book: Book) -> None:
    """Found by the second claim's numbers; OA-23 moves nothing; the books are to the cent."""
    payer, text, wanted, due = SECOND[case]
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    assert (story.listed()["state"], story.listed()["left"]) == ("ready", "6.92")
    assert story.owes()["later"] == "6.92"
    (sent,) = story.bill()["claims"]
    assert (sent["follows"], sent["payer"], sent["turn"]) == (story.first, payer, "S")
    story.receive(text.replace("{S}", sent["claim"]), payer=payer, day="20260420")
    assert figures(story.books()) == wanted
    assert story.owes()["due"] == due
    assert story.listed()["state"] == "done"


def test_medicaid_restates_the_whole_rest_as_co_45(book: Book) -> None:
    """RFI 1696: contractual is what is left, never below zero; the patient owes nothing."""
    story = Story(book, [MEDICARE, MEDICAID])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    story.receive(
        f"CLP*{sent['claim']}*2*75*0**MC*B1*11*1 ~ DTM*232*20260310\n"
        f"SVC*HC:97530:GP*75*0**1 ~ CAS*CO*45*75 ~ REF*6R*01{sent['claim']}",
        payer="medicaid",
        day="20260420",
    )
    assert figures(story.books()) == "paid 27.14 contractual 47.86"
    assert (story.owes()["due"], story.owes()["later"]) == ("0.00", "0.00")


def test_the_claim_says_what_the_first_payer_decided(book: Book) -> None:
    """Read back from the file: S, 2320 and 2430 balance with the charge."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    (found,) = read_submissions([Path(sent["file"]).read_bytes()], [])
    (claim,) = found.claims
    assert claim.subscriber.payer_rank == "S"
    (other,) = claim.others
    assert str(other.paid) == "27.14"
    (decided,) = claim.lines[0].adjudications
    told = [f"{a.group}-{a.reason} {a.amount}" for a in decided.adjustments]
    assert told == ["CO-45 40.39", "CO-253 0.55", "PR-2 6.92"]
    assert decided.paid + sum(a.amount for a in decided.adjustments) == claim.charge


def test_twice_is_once(book: Book) -> None:
    """A dry run changes nothing; the second run makes no claim and no file."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    assert len(story.bill("--dry-run")["claims"]) == 1
    assert len(story.bill()["claims"]) == 1
    again = story.bill()
    assert (again["claims"], again["files"]) == ([], [])
    assert again["left"][0]["state"] == "sent"
    assert len(list(Path(story.out).glob("*.837"))) == 2


def test_while_forwarded_the_claim_waits_and_goes_only_for_a_reason(book: Book) -> None:
    """MA18: until the working days are over; a person may say why it goes all the same."""
    story = Story(book, [MEDICARE, HILLSIDE])
    story.receive(PRIMARY.replace("*1*75", "*19*75").replace("~ DTM*232", "~ MOA***MA18 ~ DTM*232"))
    waiting = story.listed("--on", "2026-04-10")
    assert (waiting["state"], waiting["until"]) == ("waiting", "2026-04-23")
    assert story.listed("--on", "2026-04-24")["state"] == "ready"
    assert story.owes()["due"] == "0.00"


def test_an_answer_by_crossover_ends_the_wait(book: Book) -> None:
    """It comes under the first claim's number; nothing is billed any more."""
    story = Story(book, [MEDICARE, HILLSIDE])
    story.receive(PRIMARY.replace("*1*75", "*19*75"))
    story.receive(
        "CLP*{V}*2*75*6.92**12*B1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*6.92**1 ~ CAS*OA*23*68.08 ~ REF*6R*01{V}",
        payer="hillside",
        day="20260420",
    )
    assert story.listed()["state"] == "done"
    assert story.bill()["claims"] == []
    assert figures(story.books()) == "paid 34.06 contractual 40.94"


def test_the_forwarded_claims_answer_closes_our_own(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They crossed: the payer has decided, and a lost file of ours is not sent again."""
    story = Story(book, [MEDICARE, HILLSIDE])
    monkeypatch.setenv("CLAIMLINE_NOW", "2026-04-24T12:00:00Z")
    story.receive(PRIMARY.replace("*1*75", "*19*75"))
    (sent,) = story.bill()["claims"]
    assert _states(story)[sent["claim"]] == "sent"
    monkeypatch.setenv("CLAIMLINE_NOW", "2026-04-27T12:00:00Z")
    story.receive(
        "CLP*{V}*2*75*6.92**12*B1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*6.92**1 ~ CAS*OA*23*68.08 ~ REF*6R*01{V}",
        payer="hillside",
        day="20260425",
    )
    assert _states(story)[sent["claim"]] == "closed"
    assert story.listed()["state"] == "done"


def test_a_qmb_is_neither_billed_nor_asked(book: Book) -> None:
    """N782 with Medicaid second: forwarded by policy; the copay taken is a credit."""
    story = Story(book, [MEDICARE, MEDICAID], amount_collected="5.00")
    story.receive(PRIMARY.replace("~ DTM*232", "~ MOA***MA01*N782 ~ DTM*232"))
    assert story.listed()["state"] == "waiting"
    assert story.bill()["claims"] == []
    owed = story.owes()
    assert (owed["due"], owed["later"], owed["credit"]) == ("0.00", "0.00", "5.00")


def test_a_refused_claim_goes_to_nobody_until_a_person_says_so(book: Book) -> None:
    """CO-16 is mended with the first payer; with --although the reason is kept."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(
        "CLP*{V}*1*75*0**MB*A1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*0**0 ~ CAS*CO*16*75 ~ REF*6R*01{V} ~ LQ*HE*N822"
    )
    assert "CO-16" in story.listed()["why"]
    assert story.bill()["claims"] == []
    (sent,) = story.bill(story.first, "--although", "plan asks for Medicare's denial")["claims"]
    assert sent["follows"] == story.first


REVERSED: Final = """
CLP*{V}*22*-75*-27.14**MB*A1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*-75*-27.14**1 ~ CAS*CO*45*-40.39**253*-.55 ~ CAS*PR*2*-6.92 ~ REF*6R*01{V}
"""
CORRECTED: Final = """
CLP*{V}*1*75*30*7.65*MB*A2*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*75*30**1 ~ CAS*CO*45*36.74**253*.61 ~ CAS*PR*2*7.65 ~ REF*6R*01{V}
"""


def test_every_order_of_answers_ends_in_the_same_books(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], new_url: NewUrl
) -> None:
    """First, its reversal, its correction, and the second payer's: the order does not matter."""
    folder = tmp_path / "told"
    folder.mkdir()
    base = Story(Book(folder, capsys, new_url), [MEDICARE, LAKESHORE])
    base.receive(PRIMARY)
    (sent,) = base.bill()["claims"]
    second = SECOND["OA-23 and paid"][1].replace("{S}", sent["claim"])
    rest = [
        (REVERSED, "medicare", "20260410"),
        (CORRECTED, "medicare", "20260411"),
        (second, "lakeshore", "20260420"),
    ]
    ends = set()
    for order in itertools.permutations(range(3)):
        told = base.book.copy("".join(map(str, order)))
        base.book, before = told, base.book
        for place in order:
            text, payer, day = rest[place]
            base.receive(text, payer=payer, day=day)
        ends.add(figures(base.books()))
        base.book = before
    assert ends == {"paid 36.92 contractual 38.08"}


def test_rebuilding_gives_the_same_books(book: Book) -> None:
    """What is derived of the second payer's answer can be made again."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    text = SECOND["OA-23 and paid"][1].replace("{S}", sent["claim"])
    story.receive(text, payer="lakeshore", day="20260420")
    before = story.books()
    book.run("ledger", "rebuild")
    assert story.books() == before


def test_an_answer_to_a_claim_this_ledger_did_not_send_moves_nothing(book: Book) -> None:
    """The second payer's number is unknown in a ledger where nothing was billed to it."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    copy = book.copy("ahead")
    (sent,) = story.bill()["claims"]
    text = SECOND["OA-23 and paid"][1].replace("{S}", sent["claim"])
    story.book = copy
    story.receive(text, payer="lakeshore", day="20260420")
    assert figures(story.books()) == "paid 27.14 contractual 40.94 patient 6.92"


def test_a_claim_sent_on_is_no_second_service_of_the_day(book: Book) -> None:
    """Caps and pairs of the day count the line once, whoever it was billed to."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    with open_ledger(book.url) as ledger:
        (first,) = ledger.story(story.first, usage="T")[:1]
        day = (first.sent.claim.patient, first.sent.claim.date)
        billed = {one.claim: one.stands for one in ledger.billed_on([day], usage="T")}
    assert billed == {story.first: True, sent["claim"]: False}


def _mended(story: Story, coverages: Sequence[Json]) -> str:
    """The visits file again with other coverages."""
    path = story.book.folder / "visits.json"
    (visit,) = json.loads(path.read_text(encoding="utf-8"))
    mended = story.book.folder / "mended.json"
    mended.write_text(json.dumps([visit | {"coverages": list(coverages)}]), encoding="utf-8")
    return str(mended)


def test_a_coverage_that_became_known_later_is_billed_from_the_visit(book: Book) -> None:
    """Nothing was kept with the claim; the file names the second payer now."""
    story = Story(book, [MEDICARE])
    story.receive(PRIMARY)
    assert book.run("secondary", "list", "--practice", PRACTICE) == []
    assert story.owes()["due"] == "6.92"
    mended = _mended(story, [MEDICARE, LAKESHORE])
    assert story.listed("--visits", mended)["state"] == "ready"
    (sent,) = story.bill("--visits", mended)["claims"]
    assert sent["payer"] == "lakeshore"
    assert (story.owes()["due"], story.owes()["later"]) == ("0.00", "6.92")
    assert story.bill("--visits", mended)["claims"] == []


def test_medicare_second_is_held_until_the_coverage_says_why(book: Book) -> None:
    """SBR05 from the mended visit goes into the claim."""
    story = Story(book, [LAKESHORE, MEDICARE])
    story.receive(
        "CLP*{V}*1*75*40*20*12*A1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*40**1 ~ CAS*CO*45*15 ~ CAS*PR*3*20 ~ REF*6R*01{V}",
        payer="lakeshore",
    )
    assert "SBR05" in story.listed()["why"]
    mended = _mended(story, [LAKESHORE, MEDICARE | {"insurance_type": "12"}])
    (sent,) = story.bill("--visits", mended)["claims"]
    (found,) = read_submissions([Path(sent["file"]).read_bytes()], [])
    assert found.claims[0].subscriber.insurance_type == "12"


def test_another_first_payer_in_the_visit_is_no_matter_of_the_second(book: Book) -> None:
    """Held: the claim to the first payer has to be corrected."""
    story = Story(book, [MEDICARE])
    story.receive(PRIMARY)
    held = story.listed("--visits", _mended(story, [LAKESHORE, MEDICARE]))
    assert (held["state"], held["why"][:27]) == ("held", "the visit names lakeshore f")


def test_a_claim_that_was_sent_on_is_told_in_the_story(book: Book) -> None:
    """Trace shows both claims; the second points to the first and owes nothing by itself."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    (answer,) = book.run("trace", sent["claim"])["traces"]
    first, second = answer["claims"]
    assert (first["follows"], second["follows"]) == (None, story.first)
    assert {line["status"] for line in second["books"]} == {"elsewhere"}
    assert first["patient_owes"]["later"] == "6.92"
    assert second["patient_owes"]["due"] == "0.00"


def test_the_worklist_says_what_the_patient_owes(book: Book) -> None:
    """Of a refused line: nothing while the second payer is to be billed."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(
        "CLP*{V}*1*75*0**MB*A1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*75*0**0 ~ CAS*CO*50*75 ~ REF*6R*01{V} ~ LQ*HE*N115"
    )
    (row,) = book.run("denials")
    assert (row["patient_owes"], row["patient_owes_later"]) == ("0.00", "0.00")


def test_the_worklist_knows_a_coverage_that_the_claim_did_not_name(book: Book) -> None:
    """Sent on with --visits: the share of a claim with a refused line is not due."""
    story = Story(book, [MEDICARE], procedures=TWO)
    story.receive(TWO_LINES)
    (row,) = book.run("denials")
    assert (row["patient_owes"], row["patient_owes_later"]) == ("6.92", "0.00")
    mended = _mended(story, [MEDICARE, LAKESHORE])
    story.bill(story.first, "--visits", mended)
    assert story.bill("--visits", mended)["claims"] == []
    (sent,) = story.bill(
        story.first, "--visits", mended, "--although", "the plan takes it with the denial"
    )["claims"]
    assert sent["payer"] == "lakeshore"
    (row,) = book.run("denials")
    assert (row["patient_owes"], row["patient_owes_later"]) == ("0.00", "6.92")


TWO: Final = [
    {"code": "97530", "therapist_minutes": 15},
    {"code": "97110", "therapist_minutes": 15},
]
TWO_LINES: Final = """
CLP*{V}*1*130*27.14*6.92*MB*A1*11*1 ~ NM1*QC*1*EXAMPLE*ROBIN ~ DTM*232*20260310
SVC*HC:97530:GP*75*27.14**1 ~ CAS*CO*45*40.39**253*.55 ~ CAS*PR*2*6.92 ~ REF*6R*01{V}
SVC*HC:97110:GP*55*0**0 ~ CAS*CO*50*55 ~ REF*6R*02{V} ~ LQ*HE*N115
"""


def _claim_in(path: str) -> Claim:
    """The one claim of a file."""
    (found,) = read_submissions([Path(path).read_bytes()], [])
    (claim,) = found.claims
    return claim


def _marks(path: str) -> tuple[str, str, list[str]]:
    """Member id, frequency and payer's number of the claim in a file."""
    claim = _claim_in(path)
    numbers = [r.value for r in claim.references if r.qualifier == "F8"]
    return claim.subscriber.party.id, claim.frequency, numbers


REFUSED_BY_SECOND: Final = (
    "CLP*{S}*2*75*0**12*B1*11*1 ~ DTM*232*20260310\n"
    "SVC*HC:97530:GP*75*0**0 ~ CAS*CO*129*75 ~ REF*6R*01{S}"
)


def test_a_mended_claim_goes_to_the_second_payer_again(book: Book) -> None:
    """What it decided is replaced under its number, with a reason; unanswered or silent: not."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    mended = _mended(story, [MEDICARE, LAKESHORE | {"member_id": "LK7788119"}])
    again = (story.first, "--visits", mended, "--again", "--although", "wrong member id")
    waits = story.listed()
    assert (waits["state"], waits["billed_as"]) == ("sent", sent["claim"])
    text = REFUSED_BY_SECOND.replace("{S}", sent["claim"])
    story.receive(text, payer="lakeshore", day="20260420")
    assert story.listed()["state"] == "done"
    (new,) = story.bill(*again)["claims"]
    assert _marks(new["file"]) == ("LK7788119", "7", ["B1"])
    assert [o.paid for o in _claim_in(new["file"]).others] == [Decimal("27.14")]
    assert story.bill()["claims"] == []
    assert story.listed()["billed_as"] == new["claim"]
    assert _states(story)[new["claim"]] == "sent"  # the answer before was of the claim before
    paid = SECOND["OA-23 and paid"][1].replace("{S}", new["claim"]).replace("B1", "B2")
    story.receive(paid, payer="lakeshore", day="20260510")
    assert story.books()["paid"] == "34.06"
    assert _states(story)[new["claim"]] == "closed"


def _states(story: Story) -> dict[str, str]:
    found = story.book.run("claims", "--state", "all")["claims"]
    return {one["claim"]: one["state"] for one in found}


ANEW: Final = """
CLP*{V}*22*-75*-27.14**MB*A1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*-75*-27.14**1 ~ CAS*CO*45*-40.39**253*-.55 ~ CAS*PR*2*-6.92 ~ REF*6R*01{V}
CLP*{V}*1*75*37.14*8.92*MB*A2*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*75*37.14**1 ~ CAS*CO*45*28.18**253*.76 ~ CAS*PR*2*8.92 ~ REF*6R*01{V}
"""


def test_the_first_payer_decides_anew_after_the_second_has_paid(book: Book) -> None:
    """Only the difference is open, none of it due; the second payer is asked once more, once."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    paid = SECOND["OA-23 and paid"][1]
    story.receive(paid.replace("{S}", sent["claim"]), payer="lakeshore", day="20260420")
    assert story.owes()["due"] == "0.00"
    story.receive(ANEW, day="20260504")
    owes = story.owes()
    assert (owes["due"], owes["later"]) == ("0.00", "2.00")
    assert figures(story.books()) == "paid 44.06 contractual 28.94 patient 2.00"
    assert story.listed()["state"] == "ready"
    (new,) = story.bill()["claims"]
    assert _marks(new["file"]) == ("LK7788110", "7", ["B1"])
    assert [o.paid for o in _claim_in(new["file"]).others] == [Decimal("37.14")]
    assert story.listed()["state"] == "sent"
    assert story.bill()["claims"] == []
    again = paid.replace("{S}", new["claim"]).replace("6.92", "8.92").replace("68.08", "66.08")
    back = (
        "CLP*{S}*22*-75*-6.92**12*B1*11*1 ~ DTM*232*20260310\n"
        "SVC*HC:97530:GP*-75*-6.92**1 ~ CAS*OA*23*-68.08 ~ REF*6R*01{S}\n"
    ).replace("{S}", sent["claim"])
    story.receive(back + again.replace("B1", "B2"), payer="lakeshore", day="20260520")
    assert story.listed()["state"] == "done"
    assert (story.owes()["due"], story.owes()["later"]) == ("0.00", "0.00")
    assert figures(story.books()) == "paid 46.06 contractual 28.94"


def test_what_the_second_payer_could_not_process_goes_as_a_new_claim(book: Book) -> None:
    """MA130 of the second payer: frequency 1, no number of its."""
    story = Story(book, [MEDICARE, LAKESHORE])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    text = REFUSED_BY_SECOND.replace("{S}", sent["claim"])
    story.receive(f"{text} ~ LQ*HE*MA130", payer="lakeshore", day="20260420")
    (new,) = story.bill(story.first, "--again", "--although", "mended")["claims"]
    assert _marks(new["file"]) == ("LK7788110", "1", [])


LAKE_PAID: Final = """
CLP*{V}*1*75*40*20*12*A1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*75*40**1 ~ CAS*CO*45*15 ~ CAS*PR*3*20 ~ REF*6R*01{V}
"""
LAKE_BACK: Final = """
CLP*{V}*22*-75*-40**12*A1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*-75*-40**1 ~ CAS*CO*45*-15 ~ CAS*PR*3*-20 ~ REF*6R*01{V}
"""
LAKE_NEW: Final = """
CLP*{R}*1*150*80*40*12*A2*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*150*80**2 ~ CAS*CO*45*30 ~ CAS*PR*3*40 ~ REF*6R*01{R}
"""
HILLSIDE_PAID: Final = """
CLP*{S}*2*75*20**12*B1*11*1 ~ DTM*232*20260310
SVC*HC:97530:GP*75*20**1 ~ CAS*OA*23*55 ~ REF*6R*01{S}
"""


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "not answered"])
def test_the_first_claim_is_replaced_after_it_was_sent_on(book: Book, *, answered: bool) -> None:
    """The second payer's claim is made anew from the new answer, and replaces the one it decided."""
    story = Story(book, [LAKESHORE, HILLSIDE])
    story.receive(LAKE_PAID, payer="lakeshore")
    (sent,) = story.bill()["claims"]
    if answered:
        text = HILLSIDE_PAID.replace("{S}", sent["claim"])
        story.receive(text, payer="hillside", day="20260420")
    visit = json.loads((book.folder / "visits.json").read_text(encoding="utf-8"))[0]
    visit["procedures"][0]["therapist_minutes"] = 30
    mended = book.folder / "mended.json"
    mended.write_text(json.dumps([visit]), encoding="utf-8")
    options = ("--visits", str(mended), "--practice", PRACTICE, "--out", story.out)
    new = book.run("correct", story.first, *options, "--on", "2026-05-01")["new_claim"]
    assert story.listed()["state"] == "waiting"
    story.receive(LAKE_BACK, payer="lakeshore", day="20260510")
    story.receive(LAKE_NEW.replace("{R}", new), payer="lakeshore", day="20260511")
    row = story.listed("--on", "2026-05-20")
    assert (row["claim"], row["left"], row["billed_as"]) == (new, "40.00", None)
    (owed,) = [c for c in book.run("owes", new)["owes"][0]["claims"] if c["claim"] == new]
    assert (owed["due"], owed["later"]) == ("0.00", "40.00")
    if not answered:
        assert (row["state"], sent["claim"] in row["why"]) == ("waiting", True)
        return
    assert (row["state"], "replaces it" in row["why"]) == ("ready", True)
    (again,) = story.bill()["claims"]
    assert _marks(again["file"]) == ("HM204466", "7", ["B1"])
    assert str(_claim_in(again["file"]).others[0].paid) == "80"
    assert story.bill()["claims"] == []


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_the_first_claim_names_further_coverages_where_the_policy_says_so(
    book: Book, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    """2320 with turn, member id and payer, no decision; the claim sent on has the first payer."""
    text = Path(PRACTICE).read_text(encoding="utf-8")
    head = 'family = "medicare-b"\n'
    more = f"{head}\n[[payers.medicare.policy]]\nnames_further_coverages = {str(named).lower()}\n"
    path = book.folder / "practice.toml"
    path.write_text(text.replace(head, more), encoding="utf-8")
    monkeypatch.setattr("next_payer_told.PRACTICE", str(path))
    story = Story(book, [MEDICARE, HILLSIDE, LAKESHORE | {"payer": "unknown"}])
    (file,) = Path(story.out).glob("*.837")
    told = [
        (o.subscriber.payer_rank, o.subscriber.party.id, o.payer.id, o.paid)
        for o in _claim_in(str(file)).others
    ]
    assert told == ([("S", "HM204466", "HMG55", None)] if named else [])
    story.receive(PRIMARY)
    (sent,) = story.bill()["claims"]
    (other,) = _claim_in(sent["file"]).others
    assert (other.subscriber.payer_rank, other.paid) == ("P", Decimal("27.14"))
    assert main(["check", str(file)]) == 0


def test_a_claim_with_one_coverage_is_the_same_either_way(book: Book) -> None:
    """Nothing is named where nothing is known."""
    story = Story(book, [MEDICARE])
    (file,) = Path(story.out).glob("*.837")
    claim = _claim_in(str(file))
    assert with_further(claim, (), {}) is claim
