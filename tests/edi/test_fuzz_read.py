"""Broken files: reading returns or raises NotX12, nothing else, and soon."""

import contextlib
import random
from pathlib import Path

import pytest
from x12read import transactions

from edi.check import check
from edi.envelope import NotX12, Transaction
from edi.problem import CODES, Problem
from edi.x835 import read_835
from edi.x837p import read_submissions

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
SEEDS = sorted((ROOT / "fixtures" / "x12").rglob("*.edi"))
ROUNDS = 12
SIGNS = b"~*:^|>\r\n\t \x00\x1a\xff\xc3\xa90159AISEGTX.-"
ODD = (  # what stands for a whole element
    *(b"9" * 5000, b"\xd9\xa3", b"1E5", b"NaN", b"1_000", b"+5", b"-", b".", b" ", b"20260230"),
    *(b"1:" * 300, b"^^", b"::", b"*", b"HL", b"CLM", b"99999999999999999999"),
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some damage."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.randrange(1, 120))
    before, piece, after = data[:at], data[at:end], data[end:]
    noise = bytes(chance.choices(SIGNS, k=len(piece)))
    segments = data.split(b"~")
    shuffled = chance.sample(segments, len(segments))
    gone = chance.randrange(len(segments))
    elements = data.split(b"*")
    elements[chance.randrange(len(elements))] = chance.choice(ODD)
    return chance.choice(
        (
            before + after,
            before + noise[:8] + piece + after,
            before + noise + after,
            before,
            before + piece * chance.randrange(2, 5) + after,
            piece + after + before,
            b"~".join(shuffled),
            b"~".join(segments[:gone] + segments[gone + 1 :]),
            b"*".join(elements),
        )
    )


def read_all(data: bytes) -> list[Problem]:
    """Read everything there is; the problems."""
    problems: list[Problem] = []
    with contextlib.suppress(NotX12):
        for one in transactions([data], problems):
            consume(one)
    return problems


def judge(data: bytes) -> list[Problem]:
    """Read it as claims whatever it is, and check it; the problems."""
    problems: list[Problem] = []
    with contextlib.suppress(NotX12):
        assert all(made.reference is not None for made in read_submissions([data], problems))
        problems += check([data]).problems
    return problems


def consume(one: Transaction) -> None:
    """Read a transaction as an 835 whatever it is, and ask for a place."""
    claims = list(read_835(one))
    assert len(claims) >= 2
    assert one.place(1).line > 0


@pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parent.name}-{p.stem}") for p in SEEDS])
def test_damaged_fixtures_are_read_or_refused(path: Path) -> None:
    """Whatever happened to a file, reading it gives values and declared problems, or NotX12."""
    chance = random.Random(path.stem)
    data = path.read_bytes()[:20_000]
    for _ in range(ROUNDS):
        damaged = mutated(data, chance)
        while chance.random() < 0.5:
            damaged = mutated(damaged, chance)
        assert {problem.code for problem in [*read_all(damaged), *judge(damaged)]} <= set(CODES)


def test_damaged_corpus_files_are_read_or_refused(corpus: Path) -> None:
    """The same for other people's sample files."""
    chance = random.Random(835)
    for path in sorted(corpus.rglob("*")):
        if path.is_file() and path.name != "INDEX.tsv":
            data = path.read_bytes()[:20_000]
            for _ in range(6):
                damaged = mutated(data, chance)
                problems = [*read_all(damaged), *judge(damaged)]
                assert {problem.code for problem in problems} <= set(CODES)


def test_every_short_start_of_a_file_is_read_or_refused() -> None:
    """A file cut after any byte is no surprise."""
    data = (ROOT / "fixtures" / "x12" / "835" / "pass" / "one-claim.edi").read_bytes()
    for end in range(len(data)):
        assert {problem.code for problem in read_all(data[:end])} <= set(CODES)


HOSTILE = {
    "ISA only": b"ISA*" * 50_000,
    "ISA like": b"ISA*00*" * 50_000,
    "open ISAs": (b"ISA*00*          *00*          *" + b"X" * 90) * 3_000,
    "terminators": None,
    "elements": None,
    "line breaks": None,
    "IEA inside": None,
    "ISA inside": None,
    "STs": None,
    "SVCs": None,
    "CASs": None,
    "CAS segments": None,
    "repetitions": None,
    "unknown segments": None,
    "names": None,
}
FILLING = {
    "terminators": b"~" * 300_000,
    "elements": b"REF" + b"*" * 300_000 + b"~",
    "line breaks": b"REF*EA*" + b"\n" * 300_000 + b"X~",
    "IEA inside": b"NM1*IEAIEA" * 30_000 + b"~",
    "ISA inside": b"NM1*QC*1*LISA*00*MARISA~" * 12_000,
    "STs": b"ST*835*0001~" * 20_000,
    "SVCs": b"CLP*A*1*1*1~" + b"SVC*HC:1*1*1~" * 20_000,
    "CASs": b"CLP*A*1*1*1~CAS*CO" + b"*1" * 60_000 + b"~",
    "CAS segments": b"CLP*A*1*1*1~" + b"CAS*CO*45*1~" * 20_000,
    "repetitions": b"CLP*A*1*1*1~SVC*HC" + b"^:" * 150_000 + b"*1*1~",
    "unknown segments": b"ZZZ*1~" * 20_000,
    "names": b"CLP*A*1*1*1~" + b"NM1*QC*1*A*B****XX*1234567890~" * 8_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_soon(name: str) -> None:
    """Every file of half a megabyte is read and judged to its end; a quadratic reader hangs here."""
    start = (ROOT / "fixtures" / "x12" / "wild" / "one-line.edi").read_bytes()
    data = HOSTILE[name] or start.replace(b"BPR*", FILLING[name] + b"BPR*")
    read_all(data)
    assert all(problem.code in CODES for problem in judge(data))
