"""The check's doors: texts we wrote, transactions of a file, what each hands back."""

import random
from pathlib import Path

import pytest
from test_check_mutations import texts_of
from x12text import file_of

from edi.check import check, check_texts, locate
from edi.check_money import cents, dollars
from edi.envelope import NotX12
from edi.guide import load
from edi.npi import is_npi
from edi.separators import Separators

CLAIM = "837p/pass/subscriber_is_patient.edi"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "x12"


def codes(texts: list[str], name: str = "837P") -> list[str]:
    """Codes of what check_texts tells."""
    return [problem.code for problem in check_texts(load(name), texts)]


def test_what_is_right_has_no_problem() -> None:
    """A right transaction given as texts has no problem."""
    assert codes(texts_of(CLAIM)) == []


def test_trailer_is_checked_of_texts() -> None:
    """A wrong SE01, a wrong SE02 and a missing SE are told where no envelope tells them."""
    texts = texts_of(CLAIM)
    assert codes([*texts[:-1], "SE*9*0001"]) == ["transaction.count"]
    assert codes([*texts[:-1], f"SE*{len(texts)}*0002"]) == ["transaction.control"]
    assert codes(texts[:-1]) == ["transaction.unclosed"]


def test_nothing_at_all_is_told() -> None:
    """No segments at all are a transaction without its end, not a crash."""
    assert codes([]) == ["transaction.unclosed"]


@pytest.mark.parametrize("text", ["", "*", "~", "ST", "S\x00T*837", "HL", "CLM***", "\ud800"])
def test_odd_texts_never_raise(text: str) -> None:
    """Whatever stands for a segment becomes a problem, at the start and in the middle."""
    texts = texts_of(CLAIM)
    assert codes([text, *texts[1:]])
    assert codes([*texts[:20], text, *texts[20:]])


@pytest.mark.parametrize(
    ("old", "new"), [("*00501*", "*00501*"), (":~", "*~"), (":~", "^~"), ("*^*", "*:*")]
)
def test_separators_that_clash_are_told(old: str, new: str) -> None:
    """Two separators of one character are an error; the file is checked as far as it goes."""
    data = (FIXTURES / CLAIM).read_bytes().replace(old.encode(), new.encode(), 1)
    told = {problem.code for problem in check([data]).problems}
    assert ("isa.separators" in told) == (old != new)


def test_a_file_in_lower_case_finds_its_guide() -> None:
    """The version is compared whatever its case; the codes in it are faults, the file is read."""
    data = (FIXTURES / CLAIM).read_bytes().lower()
    (transaction,) = check([data]).transactions
    assert transaction.guide == "837P"


@pytest.mark.parametrize(
    ("sign", "paid", "difference"),
    [("C", "10", ""), ("C", "-10", "-20.00"), ("D", "10", "-20.00"), ("D", "-10", "-20.00")],
)
def test_the_payment_balances(sign: str, paid: str, difference: str) -> None:
    """Claims less PLB are BPR02, which counts below zero for a debit; the difference has cents."""
    body = f"BPR*I*{paid}*{sign}~CLP*C1*1*30*30~PLB*1234567893*20261231*WO:1*20~"
    told = [
        problem.message
        for problem in check([file_of(body)]).problems
        if problem.code == "remit.transaction-unbalanced"
    ]
    said = "30.00 less provider adjustments (PLB) 20.00 give 10.00, but BPR02 says -10.00 was paid"
    wanted = [f"claims paid {said}: difference {difference}"] if difference else []
    assert told == wanted


def test_place_of_a_problem() -> None:
    """A problem of texts has the segment from ST = 1, the loop and the element."""
    texts = [text.replace("11:B:1", "98:B:1") for text in texts_of(CLAIM)]
    (problem,) = check_texts(load("837P"), texts)
    place = problem.where
    assert (place.segment, place.loop, place.element) == (19, "2300", "CLM05-1")
    assert (problem.standard, problem.value) == ("IK403:7", "98")


def test_claims_are_compared_across_transactions() -> None:
    """A claim number is told twice where both transactions share the set of numbers."""
    seen: set[str] = set()
    assert check_texts(load("837P"), texts_of(CLAIM), claims=seen) == []
    (problem,) = check_texts(load("837P"), texts_of(CLAIM), claims=seen)
    assert (problem.code, problem.level) == ("claim.duplicate", "warning")


def test_file_gives_transactions_and_problems_in_order() -> None:
    """A file's transactions have type, control and guide; its problems follow the file."""
    data = (FIXTURES / "837p/fail/place_of_service_unknown.edi").read_bytes()
    result = check([data], "a.edi")
    assert result.file == "a.edi"
    (transaction,) = result.transactions
    assert (transaction.type, transaction.control, transaction.guide) == ("837", "0001", "837P")
    (problem,) = result.problems
    place = problem.where
    assert (place.file, place.interchange, place.group) == ("a.edi", 1, 1)
    assert (place.transaction, place.segment, place.line) == ("0001", 19, 21)


def test_no_interchange_raises() -> None:
    """A file without an interchange raises the one documented error."""
    with pytest.raises(NotX12):
        check([b"%PDF-1.7 not X12"])


def test_unchecked_transaction_does_not_hide_the_next() -> None:
    """After a transaction without a guide the next one is checked all the same."""
    data = (FIXTURES / "837p/fail/place_of_service_unknown.edi").read_text(encoding="utf-8")
    isa, _, body = data.partition("GS*")
    body = body.rpartition("IEA*")[0]
    dental = "GS*" + body.replace("005010X222A1", "005010X224A2").replace("*1*X*", "*2*X*")
    dental = dental.replace("GE*1*1~", "GE*1*2~")
    result = check([f"{isa}{dental}GS*{body}IEA*2*000000001~\n".encode()])
    assert [one.guide for one in result.transactions] == ["", "837P"]
    assert [one.code for one in result.problems] == [
        "transaction.not-checked",
        "element.code-invalid",
    ]


def test_segments_are_located() -> None:
    """Each segment of a transaction is named with the loop it stands in."""
    located = {text: loop for loop, text in locate(load("837P"), texts_of(CLAIM))}
    assert located["LX*1"] == "2400"
    assert located["PRV*PE*PXC*225100000X"] == "2310B"
    assert located["NM1*PR*2*EXAMPLE PAYER*****PI*12345"] == "2010BB"
    assert located["ST*837*0001*005010X222A1"] == ""


def test_other_separators_are_located() -> None:
    """Locating works with the separators of the file."""
    marks = Separators(element="|", component=">", repetition="!", terminator="~")
    texts = [text.translate(str.maketrans("*:^", "|>!")) for text in texts_of(CLAIM)]
    assert [loop for loop, _ in locate(load("837P"), texts, marks)] == [
        loop for loop, _ in locate(load("837P"), texts_of(CLAIM))
    ]


def test_one_fault_is_one_problem_for_an_unknown_loop() -> None:
    """A loop the guide does not know is told once; its address and references are passed over."""
    texts = texts_of(CLAIM)
    at = texts.index("NM1*PR*2*EXAMPLE PAYER*****PI*12345")
    more = ["NM1*ZZ*2*NOBODY", "N3*1 X ST", "N4*TROY*NY*12180", "REF*ZZ*1"]
    texts = [*texts[:at], *more, *texts[at:]]
    texts[-1] = f"SE*{len(texts)}*0001"
    assert codes(texts) == ["element.code-invalid"]


def test_amount_that_cannot_be_read_is_not_called_unbalanced() -> None:
    """A claim with an unreadable amount is told for that, its balance is left open."""
    body = (FIXTURES / "835/guide_pass/paid_denied_reversed.edi").read_text(encoding="utf-8")
    found = check([body.replace("CAS*CO*45*25~", "CAS*CO*45*2S~").encode()]).problems
    assert [problem.code for problem in found] == ["element.number-invalid"]


def test_empty_transaction_is_told() -> None:
    """A transaction of ST and SE alone has what is missing told once each."""
    found = check([file_of("")]).problems
    assert [problem.code for problem in found] == [
        "segment.missing",
        "segment.missing",
        "loop.missing",
        "loop.missing",
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", 0),
        ("0", 0),
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("12.500", 1250),
        ("-12.34", -1234),
        ("-.5", -50),
        (".05", 5),
        ("-0.05", -5),
        ("12.", 1200),
        ("12.345", None),
        ("1,000", None),
        ("abc", None),
        ("-", None),
        ("1_000", None),
        ("+5", None),
        ("1" * 5000, None),
    ],
)
def test_cents(text: str, amount: int | None) -> None:
    """An amount is exact cents, or None where it is none."""
    assert cents(text) == amount


@pytest.mark.parametrize(("amount", "text"), [(0, "0.00"), (-5, "-0.05"), (123456, "1234.56")])
def test_dollars(amount: int, text: str) -> None:
    """Cents are shown with two decimals and their sign."""
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("1234567893", True),
        ("1234567890", False),
        ("123456789", False),
        ("12345678931", False),
        ("123456789X", False),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0663", False),
    ],
    ids=ascii,
)
def test_npi_check_digit(number: str, good: bool) -> None:
    """The tenth digit of an NPI is the Luhn digit over 80840 and the others (45 CFR 162.406; CMS)."""
    assert is_npi(number) is good


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.edi"))[::3], ids=lambda path: path.stem)
def test_damaged_files_never_raise(path: Path) -> None:
    """A file with bytes changed, cut or doubled is checked or refused as no X12, nothing else."""
    chance = random.Random(path.stem)
    data = path.read_bytes()
    told = 0
    for _ in range(12):
        at, length = chance.randrange(len(data)), chance.choice((1, 2, 40, 400))
        piece = chance.choice((b"", b"~", b"*", b":", b"^", b"\n", b"\xff", data[:length], b"HL*"))
        try:
            told += len(check([data[:at] + piece + data[at + length :]]).problems)
        except NotX12:
            told += 1
    assert told


@pytest.mark.parametrize(
    ("folder", "now", "old", "level"),
    [
        ("835/pass", "005010X221A1", "004010X091A1", "warning"),
        ("837p/pass", "005010X222A1", "004010X098A1", "error"),
    ],
    ids=["835", "837P"],
)
def test_an_old_remittance_is_a_warning(folder: str, now: str, old: str, level: str) -> None:
    """A 4010 835 still comes and is read; it is said that nothing of it was checked."""
    path = min((FIXTURES / folder).glob("*.edi"))
    data = path.read_bytes().replace(now.encode(), old.encode())
    found = [one for one in check([data]).problems if one.code == "transaction.not-checked"]
    assert {one.level for one in found} == {level}
    assert "not checked" in found[0].message


def test_what_may_be_a_piece_of_a_name_is_in_no_message() -> None:
    """An identifier no segment has is not repeated; one of another transaction is."""
    data = (FIXTURES / "837p/fail/unknown_segment.edi").read_bytes()
    (told,) = [one for one in check([data]).problems if one.code == "segment.unknown"]
    assert "ZZZ" not in told.message
    (named,) = [
        one
        for one in check([data.replace(b"ZZZ*", b"SVC*")]).problems
        if one.code == "segment.unknown"
    ]
    assert "SVC" in named.message
