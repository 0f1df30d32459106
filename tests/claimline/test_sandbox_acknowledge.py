"""The simulated payer's TA1, 999 and 277CA: right, read back as said, and no money after a no."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Command

from claimline.sandbox.refusals import REFUSALS
from edi import envelope
from edi.acknowledgement import Acknowledged, Acknowledgement, whole
from edi.acknowledgements import kind_of, stream
from edi.check import check
from edi.claim import Claim
from edi.remittance import ClaimPayment
from edi.ta1 import read_ta1
from edi.x835 import read_835
from edi.x837p import read_837p

NAMES = [refusal.name for refusal in REFUSALS]


def transactions(folder: Path, pattern: str) -> Iterator[envelope.Transaction]:
    """All transactions of the files of that name."""
    for path in sorted(folder.glob(pattern)):
        for interchange in envelope.read([path.read_bytes()], []):
            for group in interchange.groups():
                yield from group.transactions()


def said(folder: Path) -> list[Acknowledgement]:
    """All acknowledgements of a folder, TA1s last."""
    found = [whole(stream(t)) for t in transactions(folder, "*.[29]*") if kind_of(t)]
    for path in sorted(folder.glob("*.ta1")):
        for interchange in envelope.read([path.read_bytes()], []):
            interchange.drain()
            found += read_ta1(interchange)
    return found


def of_level(folder: Path, level: str) -> list[Acknowledged]:
    """What is said at one level."""
    return [thing for ack in said(folder) for thing in ack.things if thing.level == level]


def paid(folder: Path) -> Counter[str]:
    """The claims that got a remittance."""
    parts = (part for t in transactions(folder, "*.835") for part in read_835(t))
    return Counter(part.control for part in parts if isinstance(part, ClaimPayment))


def sent(folder: Path) -> set[str]:
    """The claims that were sent."""
    parts = (part for t in transactions(folder, "*.837") for part in read_837p(t))
    return {part.control for part in parts if isinstance(part, Claim)}


def copies(job_files: Path, tmp_path: Path, count: int, *, ta1: bool = False) -> Path:
    """A folder with the same claims under several interchange numbers."""
    [path] = (job_files / "claims").glob("*.837")
    text = path.read_text(encoding="ascii")
    isa13, asked = text[90:99], "1" if ta1 else text[100]
    folder = tmp_path / "copies"
    folder.mkdir()
    for number in range(1, count + 1):
        new = f"{number:09d}"
        made = text[:90] + new + text[99] + asked + text[101:].replace(f"*{isa13}~", f"*{new}~")
        (folder / f"{number}.837").write_text(made, encoding="ascii")
    return folder


def test_what_is_written_is_right(command: Command, job_files: Path, tmp_path: Path) -> None:
    """Every 999 and 277CA has no problem by our guide."""
    assert command("sandbox", job_files / "claims", "--out", tmp_path, "--acknowledge")[0] == 0
    files = sorted(tmp_path.glob("*.999")) + sorted(tmp_path.glob("*.277"))
    assert len(files) > 3
    for path in files:
        assert check([path.read_bytes()]).problems == (), path.name


def test_each_claim_is_paid_or_refused(command: Command, job_files: Path, tmp_path: Path) -> None:
    """A claim that anybody refused, or left pending, gets no remittance; the others get one."""
    command("sandbox", job_files / "claims", "--out", tmp_path, "--acknowledge")
    claims = {thing.claim for thing in of_level(tmp_path, "claim")}
    stopped = {
        t.claim for t in of_level(tmp_path, "claim") if t.verdict == "rejected" and t.batch
    } | {t.claim for t in of_level(tmp_path, "claim") if t.verdict == "other"}
    assert len(stopped) == 3
    assert not stopped & set(paid(tmp_path))
    batches = [t for t in of_level(tmp_path, "transaction") if t.verdict == "rejected"]
    assert batches
    assert claims <= sent(job_files / "claims")


@pytest.mark.parametrize("name", NAMES)
def test_a_named_refusal_is_for_all(
    name: str, command: Command, job_files: Path, tmp_path: Path
) -> None:
    """Asked for by its name, a scenario is met by everything, and pays only where it says so."""
    assert command("sandbox", job_files / "claims", "--out", tmp_path, "--scenario", name)[0] == 0
    refusal = next(one for one in REFUSALS if one.name == name)
    assert bool(paid(tmp_path)) == refusal.is_paid
    verdicts = {thing.verdict for ack in said(tmp_path) for thing in ack.things}
    expected = {
        "pended": "other",
        "accepted-with-errors": "accepted with errors",
    }.get(name, "rejected")
    assert expected in verdicts


def test_the_usual_way_is_not_changed(command: Command, job_files: Path, tmp_path: Path) -> None:
    """Without --acknowledge there are remittances only, as ever."""
    command("sandbox", job_files / "claims", "--out", tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".835"}


def test_the_same_bytes_again(command: Command, job_files: Path, tmp_path: Path) -> None:
    """Claims, seed and date decide: two runs write the same files."""
    for name in ("a", "b"):
        command("sandbox", job_files / "claims", "--out", tmp_path / name, "--acknowledge")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab"
    )
    assert first == second


def test_a_file_is_rejected_among_many(command: Command, job_files: Path, tmp_path: Path) -> None:
    """Of four files one is rejected by TA1, and nothing else is said of it."""
    folder = copies(job_files, tmp_path, 4, ta1=True)
    command("sandbox", folder, "--out", tmp_path / "in", "--acknowledge")
    files = {t.interchange: t.verdict for t in of_level(tmp_path / "in", "interchange")}
    assert files == {f"{n:09d}": "rejected" if n == 4 else "accepted" for n in range(1, 5)}


def test_a_payers_number_is_that_of_its_remittance(
    command: Command, job_files: Path, tmp_path: Path
) -> None:
    """REF*1K of the payer's 277CA comes back as CLP07 (RFI 1808)."""
    command(
        "sandbox", job_files / "claims", "--out", tmp_path, "--acknowledge", "--scenario", "paid"
    )
    told = {t.claim: t.payer_control for t in of_level(tmp_path, "claim") if t.payer_control}
    parts = [part for t in transactions(tmp_path, "*.835") for part in read_835(t)]
    numbers = {p.control: p.payer_control for p in parts if isinstance(p, ClaimPayment)}
    assert told
    assert told == {control: numbers[control] for control in told}


def test_the_list_names_them(command: Command) -> None:
    """--list shows the refusals beside the payments."""
    _, out, _ = command("sandbox", "--list")
    assert all(name in out for name in NAMES)
