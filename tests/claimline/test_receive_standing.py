"""What still waits for a person: shown whenever a file is given, and gone when it is settled."""

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from databases import NewUrl
from receive_made import (
    RUN,
    Line,
    books,
    clp,
    new_ledger,
    record,
    remit,
    sent,
    states,
    take,
    x12,
)

from claimline.services.receive import receive
from claimline.services.receive_values import FileResult
from reconcile.ledger import Ledger, LedgerDamaged, LedgerLocked, open_ledger

ONE, TWO = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22"
BAD = Line(cas=("CO*45*20",))


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        record(ledger, sent(ONE))
        yield ledger


def _again(ledger: Ledger, data: bytes) -> tuple[FileResult, FileResult]:
    """The same file twice."""
    return take(ledger, data), take(ledger, data, "again.835")


class TestStillWaits:
    """A file given again shows what of it waits, and ends as it did."""

    @pytest.mark.parametrize(
        ("data", "stored"),
        [
            pytest.param(x12(remit(clp(TWO))), "unmatched", id="unmatched"),
            pytest.param(x12(remit(clp(ONE), se="SE*9*0001")), "incomplete", id="incomplete"),
            pytest.param(x12(remit(clp(ONE, status="25"))), "not posted", id="not posted"),
            pytest.param(x12(remit(clp(ONE, BAD))), "posted", id="claim unbalanced"),
            pytest.param(x12(remit(clp(ONE), paid="80")), "posted", id="payment unbalanced"),
            pytest.param(
                x12(remit(clp(ONE, Line(code="97140", charge="100", control="")))),
                "posted",
                id="a line left",
            ),
        ],
    )
    def test_as_at_first(self, ledger: Ledger, data: bytes, stored: str) -> None:
        """What waits is counted again, beside the words that nothing changed."""
        first, again = _again(ledger, data)
        assert (again.state, first.status, again.status) == ("known", 1, 1)
        one, two = first.payments[0], again.payments[0]
        assert (two.state, two.stored) == ("known", stored)
        for name in ("unmatched", "aside", "not_posted", "lines_left", "unbalanced"):
            assert getattr(one, name) == getattr(two, name)
        assert "received before" in two.why

    def test_settled(self, ledger: Ledger) -> None:
        """Once the claim is there nothing waits any more."""
        data = x12(remit(clp(TWO)))
        assert take(ledger, data).status == 1
        record(ledger, sent(TWO))
        again = take(ledger, data)
        assert (again.payments[0].stored, again.payments[0].unmatched) == ("posted", 0)
        assert again.status == 0

    def test_says_unmatched_where_nothing_was_posted(self, ledger: Ledger) -> None:
        """A payment of which nothing was posted is not called posted."""
        assert take(ledger, x12(remit(clp(TWO)))).payments[0].state == "unmatched"

    def test_cut_then_whole(self, ledger: Ledger) -> None:
        """A payment cut off waits no longer when it came whole, whichever came first."""
        cut, whole = x12(remit(clp(ONE), se="SE*9*0001")), x12(remit(clp(ONE)), control=2)
        assert take(ledger, cut).status == 1
        assert take(ledger, whole).status == 0
        again = take(ledger, cut)
        assert (again.payments[0].stored, again.status) == ("superseded", 0)
        assert ledger.status().books[1].payments == {"posted": 1, "superseded": 1}

    def test_whole_then_cut(self, ledger: Ledger) -> None:
        """A cut copy of a payment that is there waits for nobody; other content does."""
        take(ledger, x12(remit(clp(ONE))))
        cut = take(ledger, x12(remit(clp(ONE), se="SE*9*0001"), control=2))
        assert cut.payments[0].state == "superseded"
        assert not cut.payments[0].needs_person
        other = remit(clp(TWO), clp(ONE), paid="75", se="SE*9*0001")
        assert take(ledger, x12(other, control=3)).payments[0].state == "incomplete"


class TestSamePaymentOtherBytes:
    """One payment in copies that differ in what is no decision."""

    @pytest.mark.parametrize(
        ("payer", "patient"),
        [
            pytest.param("AETNA", "PE\u00d1A", id="accent of a patient"),
            pytest.param("A\u00c9TNA", "PENA", id="accent of the payer"),
        ],
    )
    def test_accents(self, ledger: Ledger, payer: str, patient: str) -> None:
        """Accents lost on the way make no second payment."""
        plain = x12(remit(clp(ONE, extra=["NM1*QC*1*PENA*ANA"])))
        text = plain.decode().replace("PENA", patient).replace("AETNA", payer)
        take(ledger, plain)
        again = take(ledger, text.encode())
        assert (again.payments[0].state, again.status) == ("duplicate", 0)
        assert again.payments[0].part
        assert states(ledger) == {"posted": 1}

    def test_mark_of_byte_order(self, ledger: Ledger) -> None:
        """A byte order mark makes no second payment."""
        data = x12(remit(clp(ONE)))
        take(ledger, data)
        assert take(ledger, b"\xef\xbb\xbf" + data).payments[0].state == "duplicate"

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["dated first", "undated first"])
    def test_date_that_cannot_be_read(self, ledger: Ledger, order: tuple[int, int]) -> None:
        """A copy whose date cannot be read is the same payment, not a second one."""
        copies = [x12(remit(clp(ONE))), x12(remit(clp(ONE), date="2026XX20"), control=2)]
        take(ledger, copies[order[0]])
        second = take(ledger, copies[order[1]])
        assert second.payments[0].state == "duplicate"
        assert states(ledger) == {"posted": 1}
        paid = [share.paid for s in ledger.story(ONE, usage="T") for share in s.adjudications]
        assert paid == [Decimal(75)]


class TestOdd:
    """Answers that fit neither what was sent nor each other are posted, and told."""

    @pytest.mark.parametrize(
        ("claims", "words"),
        [
            pytest.param([clp(ONE)], "paid twice", id="paid twice"),
            pytest.param(
                [clp(ONE, Line(paid="60", cas=("CO*45*40",)), status="22", sign=-1)],
                "reversal without its original",
                id="reversal of another amount",
            ),
            pytest.param(
                [clp(ONE, Line(charge="999", cas=("CO*45*924",)))],
                "the payer shows a charge of 999.00, sent was 100.00",
                id="not our charge",
            ),
        ],
    )
    def test_told(self, ledger: Ledger, claims: list[list[str]], words: str) -> None:
        """A second payment that does not fit is posted as it is; a person has to look."""
        assert take(ledger, x12(remit(clp(ONE)))).status == 0
        plb = ["PLB*1234567893*20261231*L6*-200"] if claims[0][0].split("*")[2] == "22" else []
        data = x12(remit(*claims, trace="EFT2", plb=plb), control=2)
        first, again = _again(ledger, data)
        for result in (first, again):
            assert (result.status, result.payments[0].odd) == (1, 1)
            causes = [concern.cause for concern in result.payments[0].concerns]
            assert any(cause.startswith(words) for cause in causes), causes
            assert all(concern.next_step for concern in result.payments[0].concerns)
        assert states(ledger) == {"posted": 2}

    def test_correction_is_not_odd(self, ledger: Ledger) -> None:
        """An answer taken back in full and given anew is all in order."""
        take(ledger, x12(remit(clp(ONE))))
        back = clp(ONE, status="22", sign=-1)
        new = clp(ONE, Line(paid="80", cas=("CO*45*20",)), icn="ICN2")
        result = take(ledger, x12(remit(back, new, trace="EFT2"), control=2))
        assert (result.status, result.payments[0].odd) == (0, 0)


class TestOneFileNeverStopsAnother:
    """What goes wrong with one file is told with it; the others are received."""

    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(LedgerDamaged("A piece is damaged.", "Restore it."), id="damaged"),
            pytest.param(KeyError("a patient's name"), id="nobody foresaw"),
        ],
    )
    def test_error(self, ledger: Ledger, error: Exception) -> None:
        """Any error of one file is its own: 3, named, without its text if that is unforeseen."""

        def source(name: str) -> object:
            def open_() -> list[bytes]:
                if name == "bad.835":
                    raise error
                return [x12(remit(clp(ONE)))]

            return open_

        bad, good = receive(ledger, RUN, ["bad.835", "good.835"], source)  # type: ignore[arg-type]  # a source that raises
        assert (bad.status, good.status) == (3, 0)
        assert "bad.835" in bad.message
        assert "patient" not in bad.message

    def test_a_ledger_in_use_is_waited_for_once(self, ledger: Ledger) -> None:
        """Files after one that waited in vain are told so at once, and are not tried."""
        asked: list[str] = []

        def source(name: str) -> object:
            def open_() -> list[bytes]:
                asked.append(name)
                raise LedgerLocked("The ledger is in use.", "Wait.")

            return open_

        done = list(receive(ledger, RUN, ["1.835", "2.835", "3.835"], source))  # type: ignore[arg-type]  # a source that raises
        assert [(one.status, one.later) for one in done] == [(3, True)] * 3
        assert [one.message for one in done] == [f"{n}.835: The ledger is in use." for n in "123"]
        assert asked == ["1.835"]

    def test_two_processes_at_once(self, tmp_path: Path, new_url: NewUrl) -> None:
        """Two runs over the same files at once post all of it once; neither of them fails."""
        controls = [f"CLAIM{number:05d}XX" for number in range(40)]
        place = new_url()
        with open_ledger(place) as ledger:
            record(ledger, *(sent(control) for control in controls))
        names = []
        for number, control in enumerate(controls):
            path = tmp_path / f"{number:02d}.835"
            path.write_bytes(x12(remit(clp(control), trace=f"EFT{number}"), control=number + 1))
            names.append(str(path))
        command = [sys.executable, "-m", "claimline", "receive", "--ledger", place, *names]
        runs = [
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
            )
            for _ in range(2)
        ]
        said = [run.communicate(timeout=60) for run in runs]
        assert [run.returncode for run in runs] == [0, 0], said
        with new_ledger(new_url) as other:
            record(other, *(sent(control) for control in controls))
            for name in names:
                take(other, Path(name).read_bytes())
            once = books(other)
        with open_ledger(place) as ledger:
            assert books(ledger) == once
            assert states(ledger) == {"posted": 40}


def test_waiting_in_the_order_of_payments(new_url: NewUrl) -> None:
    """What waits is listed by payment, whatever the order in which the files came."""
    first = x12(remit(clp("NOBODY1"), trace="EFT1", date="20260210"))
    second = x12(remit(clp("NOBODY2"), trace="EFT2", date="20260220"), control=2)
    told = []
    for files in ((first, second), (second, first)):
        with new_ledger(new_url) as ledger:
            for data in files:
                take(ledger, data)
            told.append([one.claim for one in ledger.waiting(usage="T")])
    assert told == [["NOBODY1", "NOBODY2"]] * 2
