"""``diff``: two claims or two files, by claim and line."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from corrections_made import EXAMPLES, PRACTICE, Desk

PAID = ("97530:GP 150 90 CAS*CO*45*60", "97110:GP 55 30 CAS*CO*45*25")


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger_url: str) -> Desk:
    return Desk(tmp_path, capsys, ledger_url)


def compared(desk: Desk, *words: object) -> tuple[int, Any]:
    """Exit status and answer."""
    status, out, err = desk.run("diff", *words)
    assert out, err
    return status, json.loads(out)


def changed(text: str, folder: Path, name: str, *swaps: tuple[str, str]) -> Path:
    """A file of that text with some words swapped, its segments counted anew."""
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="ascii")
    return path


@pytest.fixture(name="made")
def _made(desk: Desk) -> Path:
    """A file of two claims."""
    first = json.loads((EXAMPLES / "replacement.json").read_text(encoding="utf-8"))
    second = json.loads((EXAMPLES / "appeal.json").read_text(encoding="utf-8"))
    path = desk.folder / "visits.json"
    path.write_text(json.dumps(first + second), encoding="utf-8")
    desk.run("bill", path, "--practice", PRACTICE, "--out", desk.folder / "out")
    [file] = (desk.folder / "out").iterdir()
    return file


def test_same_file(desk: Desk, made: Path) -> None:
    """A file and itself: nothing differs, status 0."""
    status, told = compared(desk, made, made)
    assert (status, told) == (0, {"same": 2, "different": [], "only_a": [], "only_b": []})


def test_units_and_modifiers(desk: Desk, made: Path) -> None:
    """Units, charge and modifiers are told at their line; the other claim is the same."""
    other = changed(
        made.read_text(encoding="ascii"),
        desk.folder,
        "b.837",
        ("SV1*HC:97530:GP*150*UN*2", "SV1*HC:97530:59:GP*225*UN*3"),
        ("*205***11:B:1", "*280***11:B:1"),
    )
    status, told = compared(desk, made, other)
    assert (status, told["same"]) == (1, 1)
    [found] = told["different"]
    assert found["matched_by"] == "claim number"
    assert [(c["place"], c["field"], c["before"], c["after"]) for c in found["changes"]] == [
        ("claim", "charge", "205.00", "280.00"),
        ("line 1, 97530", "modifiers", "GP", "59 GP"),
        ("line 1, 97530", "units", "2", "3"),
        ("line 1, 97530", "charge", "150.00", "225.00"),
    ]


def test_claims_of_other_numbers_are_paired_by_patient(desk: Desk, made: Path) -> None:
    """Another system gave other numbers: patient, day and payer pair them; that is no difference."""
    text = made.read_text(encoding="ascii")
    numbers = [s.split("*")[1] for s in text.split("~\n") if s.startswith("CLM*")]
    swaps = [(number, f"OTHER{n}") for n, number in enumerate(numbers)]
    status, told = compared(desk, made, changed(text, desk.folder, "b.837", *swaps))
    assert (status, told["same"]) == (0, 2)


def test_claims_on_one_side_only(desk: Desk, made: Path) -> None:
    """Claims with another number on another day belong to none: each is listed with its charge."""
    text = made.read_text(encoding="ascii")
    numbers = [s.split("*")[1] for s in text.split("~\n") if s.startswith("CLM*")]
    swaps = [(number, f"OTHER{n}") for n, number in enumerate(numbers)]
    other = changed(text, desk.folder, "b.837", *swaps, ("*20260310~", "*20260311~"))
    status, told = compared(desk, made, other)
    assert (status, told["same"], told["different"]) == (1, 0, [])
    assert [(one["claim"], one["charge"]) for one in told["only_b"]] == [
        ("OTHER0", "205.00"),
        ("OTHER1", "225.00"),
    ]
    assert [one["claim"] for one in told["only_a"]] == numbers
    _, out, _ = desk.run("diff", made, other, shape="table")
    assert "only in A" in out


@pytest.mark.parametrize(
    "swap",
    [("MEM445577", "MEM999999"), ("*PI*60054L~", "*PI*99999~"), ("*MI*MEM445577~", "~")],
    ids=["other member id", "other payer", "no member id"],
)
def test_a_name_alone_pairs_no_claims(desk: Desk, made: Path, swap: tuple[str, str]) -> None:
    """Other numbers and another payer or member: name and birth date do not make them one claim."""
    text = made.read_text(encoding="ascii")
    numbers = [s.split("*")[1] for s in text.split("~\n") if s.startswith("CLM*")]
    swaps = [(number, f"OTHER{n}") for n, number in enumerate(numbers)]
    status, told = compared(desk, made, changed(text, desk.folder, "b.837", *swaps, swap))
    assert (status, told["different"]) == (1, [])
    alone = 2 - told["same"]
    assert alone >= 1
    assert (len(told["only_a"]), len(told["only_b"])) == (alone, alone)


def test_patient_is_masked(desk: Desk, made: Path) -> None:
    """What tells of the patient differs, and is not shown."""
    other = changed(
        made.read_text(encoding="ascii"), desk.folder, "b.837", ("MEM445577", "MEM999999")
    )
    for shape in ("json", "table", "csv", "html"):
        status, out, _ = desk.run("diff", made, other, shape=shape)
        assert status == 1
        assert "member id" in out
        assert "MEM" not in out


def test_order_of_segments_does_not_matter(desk: Desk, made: Path) -> None:
    """The same claim with its references in another order is the same."""
    text = made.read_text(encoding="ascii")
    twice = "REF*G1*1~\nREF*EA*2~\n"
    one = changed(text, desk.folder, "a.837", ("HI*ABK", f"{twice}HI*ABK"))
    swapped = "REF*EA*2~\nREF*G1*1~\n"
    two = changed(text, desk.folder, "b.837", ("HI*ABK", f"{swapped}HI*ABK"))
    status, told = compared(desk, one, two)
    assert (status, told["same"]) == (0, 2)


def test_two_claims_of_the_ledger(desk: Desk) -> None:
    """A claim and its correction by their numbers, in any case of letters."""
    claim = str(desk.bill("replacement")["claims"][0]["claim"])
    desk.answer(claim, *PAID)
    _, told = desk.correct(claim, *desk.mended("replacement-mended"))
    status, found = compared(desk, claim.lower(), told["new_claim"])
    assert status == 1
    fields = [change["field"] for change in found["different"][0]["changes"]]
    assert fields == ["frequency", "charge", "payer's claim number (F8)", "units", "charge"]
    status, out, _ = desk.run("diff", claim, told["new_claim"], shape="csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert len(rows) == 5


def test_a_visit_id_leads_to_its_newest_claim(desk: Desk) -> None:
    """The visit id that correct takes is known here too: it is the claim that stands."""
    billed = desk.bill("replacement")["claims"][0]
    claim = str(billed["claim"])
    desk.answer(claim, *PAID)
    _, told = desk.correct(claim, *desk.mended("replacement-mended"))
    [visit] = json.loads((EXAMPLES / "replacement.json").read_text(encoding="utf-8"))
    status, found = compared(desk, claim, visit["visit_id"])
    assert status == 1
    assert (found["different"][0]["claim"], found["different"][0]["other"]) == (
        claim,
        told["new_claim"],
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param(("file", "NOSUCH"), 2, "is no file", id="file and no file"),
        pytest.param(("NOSUCH", "NOSUCH"), 2, "leads to no claim", id="unknown claims"),
        pytest.param(("text", "text"), 3, "text", id="not x12"),
        pytest.param(("remit", "remit"), 2, "no professional claims", id="remittance"),
    ],
)
def test_cannot_be_compared(
    desk: Desk, made: Path, words: tuple[str, str], status: int, said: str
) -> None:
    """What is no claim is said plainly."""
    desk.answer("X", *PAID)
    text = desk.folder / "text"
    text.write_text("hello", encoding="ascii")
    known = {"file": made, "text": text, "remit": desk.folder / "1.835"}
    got, out, err = desk.run("diff", *(known.get(word, word) for word in words))
    assert (got, out) == (status, "")
    assert said in err
