"""Files as nobody should send them: kept with what is wrong, and never in the way of others."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from canonical import canonical, differences
from databases import NewUrl
from receive_made import RUN, clp, new_ledger, record, remit, sent, states, x12

from claimline.services.receive import receive
from claimline.services.receive_values import FileResult
from reconcile.ledger import Ledger, open_ledger

ROOT = Path(__file__).resolve().parents[2]
ONE, TWO, THREE = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22", "CCCCCCCCCCCC33"
GOOD = x12(remit(clp(THREE, icn="ICN3"), trace="EFT3"), control=99)


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        record(ledger, sent(ONE), sent(TWO), sent(THREE))
        yield ledger


def _with_a_good_one(ledger: Ledger, data: bytes) -> FileResult:
    """Receive a bad file before a good one, which is posted whatever the bad one is."""
    files = {"bad.835": data, "good.835": GOOD}
    bad, good = receive(ledger, RUN, list(files), lambda name: lambda: [files[name]])
    assert (good.status, good.payments[0].posted) == (0, 1)
    return bad


def _kept(ledger: Ledger, result: FileResult, data: bytes) -> bool:
    return bool(result.digest) and b"".join(ledger.file_bytes(result.digest)) == data


def test_cut_anywhere(new_url: NewUrl) -> None:
    """Wherever a file of two payments ends: the complete ones post, and the whole file mends it."""
    data = x12(remit(clp(ONE)), remit(clp(TWO, icn="ICN2"), trace="EFT2", st="0002"))
    ends = [data.index(b"SE*") + 11, data.rindex(b"SE*") + 11]
    whole = new_url()
    with open_ledger(whole) as ledger:
        record(ledger, sent(ONE), sent(TWO), sent(THREE))
        _with_a_good_one(ledger, data)
    for cut in range(110, len(data), 97):
        url = new_url()
        with open_ledger(url) as ledger:
            record(ledger, sent(ONE), sent(TWO), sent(THREE))
            found = _with_a_good_one(ledger, data[:cut])
            complete = sum(cut > end for end in ends)
            assert states(ledger) == {"posted": 1 + complete}, cut
            assert _kept(ledger, found, data[:cut])
            assert found.status == 1, cut
            list(receive(ledger, RUN, ["whole.835"], lambda _: lambda: [data]))
            assert states(ledger) == {"posted": 3}, cut
        both = canonical(whole), canonical(url)
        assert differences(both[0] | {"": both[0]["posting"]}, both[1] | {"": both[1]["posting"]})[
            -1
        ].startswith("remittance"), "only the copy that was cut is more"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param(b"GE*1*", b"GE*7*", id="groups"),
        pytest.param(b"IEA*1*", b"IEA*9*", id="interchange"),
        pytest.param(b"IEA*1*000000001~", b"", id="no IEA"),
    ],
)
def test_wrong_envelope(ledger: Ledger, right: bytes, wrong: bytes) -> None:
    """A wrong count around a payment that is whole is told; the payment is posted."""
    data = x12(remit(clp(ONE))).replace(right, wrong)
    found = _with_a_good_one(ledger, data)
    assert found.problems
    assert states(ledger) == {"posted": 2}
    assert _kept(ledger, found, data)


def test_ten_thousand_adjustments(ledger: Ledger) -> None:
    """A claim with ten thousand CAS is posted with each of them, or told, never a crash."""
    claim = clp(ONE)
    claim += [f"CAS*CO*{n % 300}*0.01" for n in range(10_000)]
    found = _with_a_good_one(ledger, x12(remit(claim)))
    assert found.payments[0].claims == 1
    assert found.status == 1
    assert found.payments[0].unbalanced == 1


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"\x00\x00", id="NUL"),
        pytest.param(b"\xff\xfe\x80", id="no UTF-8"),
        pytest.param("\ud800".encode("utf-16-le", "surrogatepass"), id="half a character"),
        pytest.param(b"\r\n\t\x1b[31m", id="control characters"),
        pytest.param("\U0001f600\u202e".encode(), id="beyond X12"),
        pytest.param(b"'; DROP TABLE posting; --", id="a statement"),
        pytest.param(b"\\N\\.", id="the end of a COPY"),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        pytest.param(b"EFT1", id="trace"),
        pytest.param(b"AETNA", id="payer"),
        pytest.param(b"ICN1", id="payer's number"),
        pytest.param(ONE.encode(), id="claim number"),
        pytest.param(b"97530", id="code"),
    ],
)
def test_not_text(ledger: Ledger, junk: bytes, place: bytes) -> None:
    """Bytes that are no text, in any field: kept as they came, posted where that is certain."""
    data = x12(remit(clp(ONE))).replace(place, place + junk)
    found = _with_a_good_one(ledger, data)
    assert found.state == "received", found.message
    assert _kept(ledger, found, data)
    assert sum(states(ledger).values()) == 2
    assert ledger.find(ONE)
    assert list(ledger.received(usage="T"))
    list(ledger.unposted(usage="T"))


def test_nested_interchange(ledger: Ledger) -> None:
    """An interchange inside another is told; what is whole of it is posted once."""
    inner = x12(remit(clp(TWO, icn="ICN2"), trace="EFT2"), control=7)
    outer = x12(remit(clp(ONE)))
    at = outer.index(b"GE*")
    data = outer[:at] + inner + outer[at:]
    found = _with_a_good_one(ledger, data)
    assert found.problems
    assert states(ledger) == {"posted": 3}
    assert _kept(ledger, found, data)


def test_claims_of_other_people(ledger: Ledger) -> None:
    """Claims nobody sent from here stand beside the books, with the money told."""
    found = _with_a_good_one(ledger, x12(remit(*(clp(f"XYZ{n:09d}") for n in range(700)))))
    assert found.payments[0].unmatched == 700
    assert states(ledger) == {"posted": 1, "unmatched": 700}


_LARGEST_MB = 300


def test_hundred_megabytes_in_a_segment(new_url: NewUrl, tmp_path: Path) -> None:
    """A segment without an end is kept as it came and told, in bounded memory."""
    url = new_url()
    path = tmp_path / "endless.835"
    data = x12(remit(clp(ONE)))
    at = data.index(b"CLP*")
    with path.open("wb") as out:
        out.write(data[:at] + b"REF*EV*")
        for _ in range(100):
            out.write(b"X" * (1 << 20))
        out.write(b"~\n" + data[at:])
    good = tmp_path / "good.835"
    good.write_bytes(GOOD)
    with open_ledger(url) as ledger:
        record(ledger, sent(ONE), sent(TWO), sent(THREE))
    program = (  # VmHWM, for the peak of getrusage begins with that of the process it came from
        "import pathlib, sys; from claimline.__main__ import main; status = main(sys.argv[1:]); "
        "said = pathlib.Path('/proc/self/status').read_text(); "
        "print(int(said.split('VmHWM:')[1].split()[0]) // 1024, file=sys.stderr); "
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "receive", str(path), str(good), "--ledger", url],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode in (1, 3), done.stderr
    assert int(done.stderr.split()[-1]) < _LARGEST_MB
    with open_ledger(url) as ledger:
        assert states(ledger)["posted"] >= 1
        assert ledger.status().file_bytes >= 100 << 20
