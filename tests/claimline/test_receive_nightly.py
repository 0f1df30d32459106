"""``receive`` and ``ledger`` as the operator of a nightly job meets them: folders, logs, sums."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from databases import NewUrl
from receive_made import Line, clp, record, remit, sent, take, x12

from claimline.__main__ import main
from reconcile.ledger import open_ledger

ONE, TWO, THREE = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22", "CCCCCCCCCCCC33"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(name="place")
def _place(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ledger of two sent claims, named by the environment, and an inbox."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(ONE), sent(TWO))
    monkeypatch.setenv("CLAIMLINE_LEDGER", ledger_url)
    (tmp_path / "inbox").mkdir()
    return tmp_path


def _put(place: Path, name: str, data: bytes) -> Path:
    path = place / "inbox" / name
    path.write_bytes(data)
    return path


class TestFolders:
    """A folder stands for its files."""

    def test_files_in_order(self, place: Path, capsys: Capture) -> None:
        """Its files are received in the order of their names; hidden ones are left alone."""
        _put(place, "b.835", x12(remit(clp(TWO), trace="E2")))
        _put(place, "a.835", x12(remit(clp(ONE))))
        _put(place, ".part.835", b"not complete yet")
        assert main(["receive", str(place / "inbox"), "--format", "json"]) == 0
        files = json.loads(capsys.readouterr().out)["files"]
        assert [Path(one["file"]).name for one in files] == ["a.835", "b.835"]

    def test_empty(self, place: Path) -> None:
        """A folder without files is nothing to do."""
        assert main(["receive", str(place / "inbox")]) == 0

    def test_how_many(self, place: Path, capsys: Capture) -> None:
        """Beside a file that cannot be read it is said how many were received."""
        _put(place, "a.835", x12(remit(clp(ONE))))
        _put(place, "b.pdf", b"%PDF-1.7 none")
        assert main(["receive", str(place / "inbox")]) == 3
        assert "1 of 2 files received, 1 not" in capsys.readouterr().err


class TestTold:
    """What the operator reads."""

    @pytest.mark.parametrize(("usage", "book"), [("T", "--test"), ("P", "--production")])
    def test_hint_names_the_book(self, place: Path, capsys: Capture, usage: str, book: str) -> None:
        """The command that lists what is unmatched names the book of the payment."""
        path = _put(place, "a.835", x12(remit(clp(THREE)), usage=usage))
        assert main(["receive", str(path)]) == 1
        assert book in " ".join(capsys.readouterr().out.split())

    def test_csv_has_every_file(self, place: Path, capsys: Capture) -> None:
        """A row for each payment and for each file that holds none."""
        bad = Line(cas=("CO*45*20",))
        _put(place, "a.835", x12(remit(clp(ONE, bad), clp(THREE), se="")))
        _put(place, "b.999", x12(["ST*999*0001", "SE*2*0001"], group="FA", version="005010X231A1"))
        _put(place, "c.pdf", b"%PDF-1.7 none")
        assert main(["receive", str(place / "inbox"), "--format", "csv"]) == 3
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert [Path(row["file"]).name for row in rows] == ["a.835", "b.999", "c.pdf"]
        assert (rows[0]["usage"], rows[0]["unbalanced"], rows[0]["unmatched"]) == ("T", "1", "1")
        assert rows[1]["file"].endswith("b.999")
        assert "PDF" in rows[2]["why"]

    def test_problems_of_a_kind(self, place: Path, capsys: Capture) -> None:
        """Of many problems of one kind five are shown and the rest counted; JSON has all."""
        bad = Line(paid="70", cas=("CO*45*20",))
        path = _put(place, "a.835", x12(remit(*(clp(f"X{n:013d}", bad) for n in range(30)))))
        assert main(["receive", str(path)]) == 1
        said = capsys.readouterr().err
        assert said.count("remit.claim-unbalanced") == 6
        assert "25 more of these" in said

    def test_nothing_in_it(self, place: Path, capsys: Capture) -> None:
        """X12 of which nothing could be read says so, each time, and ends with 1."""
        path = _put(place, "a.835", x12()[:120] + b"IEA*1*000000001~")
        for _ in range(2):
            assert main(["receive", str(path)]) == 1
            assert "nothing in it could be read" in " ".join(capsys.readouterr().err.split())

    def test_name_in_place_of_a_number(self, place: Path, capsys: Capture) -> None:
        """Where another system put a name into CLP01 it is not written to standard error."""
        bad = Line(paid="70", cas=("CO*45*20",))
        path = _put(place, "a.835", x12(remit(clp("DOE JANE", bad), clp("X20260105", bad))))
        assert main(["receive", str(path)]) == 1
        said = capsys.readouterr().err
        assert "DOE" not in said
        assert "X20260105" in said

    def test_log(self, place: Path) -> None:
        """CLAIMLINE_LOG gives a JSON line a file and a payment: numbers and counts, no names."""
        named = clp(ONE, extra=["NM1*QC*1*LASTNAME*FIRST****MI*W1"])
        path = _put(place, "a.835", x12(remit(named)))
        done = _run(path, CLAIMLINE_LOG="info")
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        events = {line["event"]: line for line in lines}
        assert (events["file"]["state"], events["file"]["status"]) == ("received", 0)
        assert (events["payment"]["trace"], events["payment"]["posted"]) == ("EFT1", 1)
        assert "LASTNAME" not in done.stderr

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    def test_report_that_cannot_be_written(self, place: Path, capsys: Capture) -> None:
        """Where the report cannot be written it is posted all the same, and told: 3."""
        path = _put(place, "a.835", x12(remit(clp(ONE))))
        with Path("/dev/full").open("w") as full:
            done = _run(path, stdout=full)
        assert done.returncode == 3
        assert "posted, but the report could not be written" in done.stderr
        assert main(["ledger", "status", "--format", "json"]) == 0
        book = json.loads(capsys.readouterr().out)["books"][1]
        assert book["claim_payments"] == {"posted": 1}


def _run(
    path: Path, stdout: object = subprocess.PIPE, **more: str
) -> "subprocess.CompletedProcess[str]":
    """``claimline receive`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "claimline", "receive", str(path)],
        stdout=stdout,  # type: ignore[arg-type]  # a file or PIPE
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, **more},
    )


def test_told_to_stop(place: Path) -> None:
    """SIGTERM ends with 3 and says that it may be run again; so it may."""
    fifo = place / "inbox" / "slow.835"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "claimline", "receive", str(fifo)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with running, fifo.open("wb") as writing:  # opened once the command reads
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=30)
        assert writing.writable()
    assert running.returncode == 3
    assert "run it again: nothing is done twice" in said


class TestSums:
    """The money of ``ledger status``."""

    def test_each_payment_once(self, place: Path, new_url: NewUrl, capsys: Capture) -> None:
        """Received is what the payments came to, whatever their copies; the rest follows."""
        whole = remit(clp(ONE), clp(THREE), plb=["PLB*1*20261231*WO:A*10"])
        other = new_url()
        with open_ledger(other) as ledger:
            record(ledger, sent(ONE), sent(TWO))
            take(ledger, x12(whole))
            take(ledger, b"\xef\xbb\xbf" + x12(whole, control=2))
            take(ledger, x12(remit(clp(TWO), trace="E2", paid="80"), control=3))
            take(ledger, x12(remit(clp(TWO), trace="E3", se="SE*9*0001"), control=4))
            found = ledger.status().books[1]
        assert (found.received, found.aside) == (Decimal(220), Decimal(0))
        assert found.claims_paid == {"posted": Decimal(150), "unmatched": Decimal(75)}
        assert (found.provider_adjusted, found.difference) == (Decimal(10), Decimal(-5))
        assert main(["ledger", "status", "--ledger", other, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["books"][1]["received"] == "220.00"


class TestWaiting:
    """``claimline ledger waiting``."""

    def test_nothing(self, place: Path, capsys: Capture) -> None:
        """Where all is well nothing waits."""
        assert main(["receive", str(_put(place, "a.835", x12(remit(clp(ONE)))))]) == 0
        assert main(["ledger", "waiting"]) == 0
        assert "Nothing waits" in capsys.readouterr().out

    def test_all_kinds(self, place: Path, capsys: Capture) -> None:
        """Whatever waits is listed with its file, payment, claim, amount, why and what to do."""
        left = Line(code="97140", control="")
        files = [
            remit(clp(ONE), trace="E1"),
            remit(clp(ONE), trace="E2"),
            remit(clp(THREE), trace="E3"),
            remit(clp(TWO, status="25"), trace="E4"),
            remit(clp(TWO, left), trace="E5"),
            remit(clp(TWO, Line(cas=("CO*45*20",))), trace="E6"),
            remit(clp(TWO), trace="E7", se="SE*9*0001"),
            remit(clp(THREE, Line(charge="50", paid="50", cas=())), trace="E3", paid="75"),
        ]
        for number, one in enumerate(files):
            _put(place, f"{number}.835", x12(one, control=number + 1))
        assert main(["receive", str(place / "inbox")]) == 1
        capsys.readouterr()
        assert main(["ledger", "waiting", "--format", "json"]) == 1
        rows = json.loads(capsys.readouterr().out)
        kinds = {(row["kind"], row["trace"]) for row in rows}
        assert {
            ("incomplete", "E7"),
            ("aside", "E3"),
            ("unmatched", "E3"),
            ("not posted", "E4"),
            ("line left", "E5"),
            ("unbalanced", "E6"),
        } <= kinds
        assert any(row["kind"] == "odd" and "paid twice" in row["why"] for row in rows)
        assert all(row["why"] and row["next_step"] and row["file"] for row in rows)
        assert main(["ledger", "waiting"]) == 1
        assert "paid twice" in " ".join(capsys.readouterr().out.split())
