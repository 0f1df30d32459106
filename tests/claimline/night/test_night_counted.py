"""What the page counts as received, whom a full disk calls, a clock that went back."""

import re
import shutil
from decimal import Decimal

import pytest
from attrs import evolve
from night_desk import SECOND, Desk
from receive_made import clp, record, remit, sent, take, x12
from test_night_again import REMIT

from claimline.__main__ import main
from claimline.night.page import in_short
from claimline.night.page_files import said_words
from claimline.night.steps_receive import file_row
from claimline.services import receive, receive_workers
from claimline.services.receive_acknowledge_values import AcknowledgementResult
from claimline.services.receive_values import FileResult
from reconcile.ledger import open_ledger
from reconcile.ledger.errors import LedgerError, LedgerFull, LedgerLocked

BACK = "2026-03-04T04:00:00-05:00"  # after the night of that day
FULL = LedgerFull("The disk of the ledger is full or failing; nothing was changed.", "Make room.")
LOCKED = LedgerLocked("The ledger is in use by another command.", "Wait.")


def _received(desk: Desk, number: int) -> int:
    """How many files the sentence of a run's page counts."""
    told = in_short(desk.report(f"2026-03-18-{number}"))
    return int(told.removeprefix("In short: ").partition(" ")[0])


def _failing(patch: pytest.MonkeyPatch, error: LedgerError) -> None:
    """The ledger takes no remittance; all else goes."""
    whole = receive._receive_any

    def failing(ledger: object, run: object, name: str, *more: object) -> FileResult:
        if name.endswith(".835"):
            raise error
        return whole(ledger, run, name, *more)  # type: ignore[arg-type]  # as they come

    patch.setattr(receive, "_receive_any", failing)
    patch.setattr(receive_workers, "can_fork", lambda _ledger: False)


def test_what_stays_in_the_inbox_is_received_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four of ten files find no room: six are received, then ten, none told by two runs."""
    with monkeypatch.context() as patch:
        _failing(patch, FULL)
        done = desk.night(SECOND)
    assert (done.returncode, _received(desk, 1)) == (3, 6)
    assert re.search(r"others +4 files; 4 still in the inbox", done.stdout)
    desk.night(SECOND)
    assert _received(desk, 2) == 10
    came = desk.report("2026-03-18-2")["earlier"]["came"]
    assert len(came) == 6
    assert not any(row["left"] for row in came)


@pytest.mark.parametrize(
    ("error", "urgency"),
    [pytest.param(FULL, "now", id="full"), pytest.param(LOCKED, "today", id="locked")],
)
def test_a_full_ledger_is_for_who_looks_after_the_machine(
    error: LedgerError, urgency: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of a clearinghouse that found no room: now, and not the clearinghouse is called."""
    with monkeypatch.context() as patch:
        _failing(patch, error)
        desk.night(SECOND)
    notes = [n for n in desk.report("2026-03-18-1")["notes"] if n["kind"] == "transfer.left"]
    assert {n["urgency"] for n in notes} == {urgency}
    assert {n["call"] for n in notes} == {"Pat at Riverbend IT, 800-555-0142"}


def test_known_and_unread_files_count_the_same_in_each_run(desk: Desk) -> None:
    """A second copy and what is in quarantine are not received, in no run."""
    inbox = desk.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    answer = next((desk.folder / "clearinghouse" / "out").glob("*-15202.835"))
    shutil.copy(answer, inbox / "copy.835")
    (inbox / "words.835").write_text("no X12 at all", encoding="utf-8")
    assert desk.night(SECOND).returncode == 1
    assert _received(desk, 1) == 10
    shutil.copy(answer, inbox / "again.835")
    desk.night(SECOND)
    assert _received(desk, 2) == 10


@pytest.mark.parametrize("first", ["half", "cut"])
def test_a_payment_in_two_files_is_told_once(ledger_url: str, first: str) -> None:
    """Two halves of one payment, or its beginning and all of it: its amount counts once."""
    one, two = clp("A1001"), clp("A1002", icn="ICN2")
    half = x12(remit(one, paid="150"))
    files = {
        "half": (half, x12(remit(two, paid="150"), control=2)),
        "cut": (half.partition(b"SE*")[0], x12(remit(one, two), control=2)),
    }[first]
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("A1001"), sent("A1002"))
        rows = [file_row(take(ledger, data, f"{n}.835")) for n, data in enumerate(files)]
        again = [file_row(take(ledger, data, f"{n}.835")) for n, data in enumerate(files)]
    assert sum(row["posted"] for row in rows) == 2
    assert sum(Decimal(row["paid"]) for row in rows) == 150
    assert {row["paid"] for row in again} == {"0.00"}


def test_one_faulty_remittance_is_told_once_and_in_words(desk: Desk) -> None:
    """No code of ours stands in the note, and what is wrong does; what is cut off is one thing."""
    inbox = desk.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    test = REMIT.replace("*P*:~", "*T*:~", 1)
    (inbox / "wrong.835").write_text(test.replace("SE*11*", "SE*99*"), encoding="utf-8")
    (inbox / "cut.835").write_text(test.replace("EFT7", "EFT8").partition("SE*")[0])
    desk.night(SECOND)
    notes = {note["kind"]: note for note in desk.report("2026-03-18-1")["notes"]}
    wrong, cut = notes["receive.problems"], notes["waiting.incomplete"]
    assert "transaction.count" not in wrong["what"]
    assert "SE01 does not say how many segments" in wrong["what"]
    assert len(wrong["ids"]) == 1
    files = [one for one in cut["ids"] if one.endswith(".835")]
    assert len(files) == 2  # what is cut off is told here alone, with its file and its money
    assert set(wrong["ids"]) < set(files)
    words = ["ledger", "dismiss", *set(files) - set(wrong["ids"]), "--reason", "never came whole"]
    assert main([*words, "--ledger", desk.url]) == 0


def test_a_clock_that_went_back_is_told_and_changes_nothing(desk: Desk) -> None:
    """The night of an earlier day says so first; one of a later or of the same day does not."""
    assert desk.night(SECOND).returncode == 1
    desk.night(SECOND, "--only", "proof")
    assert [n for n in desk.report("2026-03-18-2")["notes"] if n["kind"] == "night.clock"] == []
    done = desk.night(BACK, "--only", "proof", "--only", "waiting")
    assert done.returncode == 1
    report = desk.report("2026-03-04-2")
    note = report["notes"][0]
    assert (note["kind"], note["urgency"]) == ("night.clock", "now")
    assert "14 days before the last night (2026-03-18)" in note["what"]
    assert note["call"] == "Pat at Riverbend IT, 800-555-0142"
    assert report["proof"]["closes"]
    assert report["earlier"] == {"runs": [], "came": [], "made": [], "went": []}
    assert min(one["days"] or 0 for one in report["notes"]) == 0


def test_an_answer_that_fits_no_file_is_not_counted_as_one_to_ours() -> None:
    """What speaks of nothing sent from here is no accepted file of ours on the page."""
    joined = AcknowledgementResult(
        kind="TA1", source="translator", source_name="RELAY", usage="T", state="joined",
        verdicts={("interchange", "accepted"): 1},
    )  # fmt: skip
    strange = evolve(joined, state="unmatched", together=2)
    assert list(said_words(joined.said)) == ["1 file of ours accepted"]
    assert list(said_words(strange.said)) == [
        "2 acknowledgements without a file or claim sent from here"
    ]
