"""Each file of fixtures/x12/wild and fixtures/x12/835 is a test; its name says what it shows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from x12read import remittances, segments_of, summary

X12 = Path(__file__).parent.parent.parent / "fixtures" / "x12"
WILD = sorted((X12 / "wild").glob("*.edi"))
PASS = sorted((X12 / "835" / "pass").glob("*.edi"))
FAIL = sorted((X12 / "835" / "fail").glob("*.edi"))
ALL = [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in (*WILD, *PASS, *FAIL)]


def test_fixtures_are_there() -> None:
    """An empty folder would make the tests below pass without testing anything."""
    assert len(WILD) >= 65
    assert len(PASS) >= 7
    assert len(FAIL) >= 6
    assert len(CLOSED) >= 70


@pytest.mark.parametrize("path", ALL)
def test_problems_are_as_expected(path: Path, golden: Callable[[Path, str], None]) -> None:
    """What is read and what is reported stand in the file beside the input."""
    golden(path.with_suffix(".edi.problems"), summary([path.read_bytes()]))


@pytest.mark.parametrize("path", ALL)
def test_byte_by_byte_reads_the_same(path: Path) -> None:
    """How the bytes arrive changes neither values nor problems."""
    data = path.read_bytes()
    single = [data[at : at + 1] for at in range(len(data))]
    assert remittances(single) == remittances([data])
    assert summary(single) == summary([data])
    assert summary([b"", data[:7], b"", data[7:]]) == summary([data])


def ends_with_iea(path: Path) -> bool:
    """Whether the last interchange is closed and terminated: what follows cannot belong to it."""
    end = path.read_bytes().replace(b"\0", b"").upper()[-26:]
    return b"IEA" in end and path.stem not in (
        "last-terminator-missing",
        "terminator-at-line-start",
    )


CLOSED = [param for param in ALL if ends_with_iea(param.values[0])]


@pytest.mark.parametrize("path", CLOSED)
def test_trailing_bytes_change_nothing_before_them(path: Path) -> None:
    """Junk after the last interchange takes nothing from what was read before it."""
    data = path.read_bytes()
    junk = "\n  # printed by gateway 7\n".encode(
        "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-8"
    )
    assert segments_of([data, junk]) == segments_of([data])


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PASS])
def test_good_files_have_no_problem(path: Path) -> None:
    """Nothing is said against a file in which nothing is wrong."""
    found, problems = remittances([path.read_bytes()])
    assert problems == []
    assert found
    assert all(one.trailer.complete for one in found)
