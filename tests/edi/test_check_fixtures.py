"""The synthetic files of the guides: each in a pass folder is clean, each in a fail folder is not."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from x12text import problem_text

from edi import check_balance, check_business, check_codes
from edi.check import check
from edi.problem import CODES

FIXTURES = Path(__file__).parents[2] / "fixtures" / "x12"
PASS = sorted(
    path
    for folder in ("837p/pass", "835/pass", "835/guide_pass", "999/pass", "277ca/pass")
    for path in (FIXTURES / folder).glob("*.edi")
)
FAIL = sorted(
    path
    for folder in ("837p/fail", "835/guide_fail", "999/fail", "277ca/fail")
    for path in (FIXTURES / folder).glob("*.edi")
)
# No segment of our four guides is marked as not used, but the reader of maps would keep one.
NOT_SHOWN = {"segment.not-used"}


def name(path: Path) -> str:
    """The guide's folder and the file's name, for the test's id."""
    return f"{path.parts[-3]}-{path.stem}"


def test_folders_are_not_empty() -> None:
    """The folders hold at least the files they were made with, so that an empty glob fails."""
    assert len(PASS) >= 17
    assert len(FAIL) >= 90


@pytest.mark.parametrize("path", PASS, ids=name)
def test_clean_file_has_no_problem(path: Path) -> None:
    """A file in a pass folder has no problem but the warning about an older version."""
    found = check([path.read_bytes()], path.name).problems
    assert [problem for problem in found if problem.code != "transaction.version-old"] == []


@pytest.mark.parametrize("path", PASS, ids=name)
def test_verdict_does_not_depend_on_chunks(path: Path) -> None:
    """A file read byte by byte gets the same verdict as one read whole."""
    data = path.read_bytes()
    assert check([data[at : at + 1] for at in range(len(data))]) == check([data])


@pytest.mark.parametrize("path", FAIL, ids=name)
def test_faulty_file_has_the_expected_problems(
    path: Path, golden: Callable[[Path, str], None]
) -> None:
    """A file in a fail folder has exactly the problems written beside it, and at least one."""
    found = check([path.read_bytes()], path.name).problems
    assert found
    golden(path.with_suffix(".edi.problems"), problem_text(found))


def test_every_code_has_a_fixture() -> None:
    """Each problem code that the check declares is shown by some file of the folders."""
    modules = (check_codes, check_business, check_balance)
    declared = {
        code
        for module in modules
        for code in re.findall(
            r'^ +"([a-z]+\.[a-z-]+)": \($', inspect.getsource(module), re.MULTILINE
        )
        + re.findall(r'^ +"([a-z]+\.[a-z-]+)": \("', inspect.getsource(module), re.MULTILINE)
    }
    assert len(declared) > 35
    assert declared <= set(CODES)
    told = {problem.code for path in PASS + FAIL for problem in check([path.read_bytes()]).problems}
    assert declared - told == NOT_SHOWN


def test_messages_hold_no_values() -> None:
    """No message of a problem repeats a value of the file that names a patient or member."""
    secrets = ("DOE", "doe*", "jane", "JANE", "JIMMY", "M00001", "19600229", "M25562", "M25.562")
    for path in FAIL:
        for problem in check([path.read_bytes()]).problems:
            shown = f"{problem.message} {problem.where} {problem!r}"
            assert not [secret for secret in secrets if secret in shown], path.name
