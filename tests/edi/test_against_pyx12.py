"""pyx12's validator beside ours: the verdicts agree but for a list that says who is right and why."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pyx12_judge import judge
from test_check_fixtures import FAIL, PASS
from test_check_mutations import SOURCES, mutated_order, texts_of

from edi.check import check, check_texts
from edi.guide import load
from edi.problem import Problem

ROOT = Path(__file__).parents[2]
OURS, THEIRS, BOTH = "Claimline", "pyx12", "a matter of taste"
# Rules across segments that no validator of X12 syntax has: pyx12 is not wrong to be silent.
BEYOND = ("claim.", "remit.")
OLD_LIST = (
    "its list of remark codes ends at N734; and it refuses a second PLB, which the TR3 allows"
)

# file -> (who is right, why)
KNOWN = {
    "277ca/pass/receiver_rejected": (
        OURS,
        "a file rejected whole at HL 21 has no lower levels (x12.org example); its map wants them",
    ),
    "835/guide_pass/paid_denied_reversed": (OURS, OLD_LIST),
    "835/guide_pass/other_separators": (OURS, OLD_LIST),
    "835/guide_fail/claim_unbalanced": (OURS, OLD_LIST),
    "835/guide_fail/line_unbalanced": (OURS, OLD_LIST),
    "835/guide_fail/transaction_unbalanced": (OURS, OLD_LIST),
    "837p/fail/child_code_wrong": (OURS, "it does not compare HL04 with the levels that follow"),
    "837p/fail/wrong_parent": (OURS, "it takes any open level for the parent named in HL02"),
    "837p/fail/repetition_inside_name": (
        OURS,
        "it lets the repetition separator stand in an element that may not repeat",
    ),
    "837p/fail/trailing_component_separator": (
        OURS,
        "it tells trailing element separators, but not trailing component separators (X12.6 3.5)",
    ),
    "837p/fail/lower_case_and_accents": (
        BOTH,
        "letters such as \u00e9 are allowed where both sides agree (RFI 2212): we warn, it refuses",
    ),
    "837p/pass/every_loop_of_a_line": (
        OURS,
        "it takes PWK*CT (certification) for the other PWK of a line and refuses its PWK02",
    ),
    "837p/pass/other_separators": (OURS, "as every_loop_of_a_line: the second PWK of a line"),
    "837p/pass/older_version_named": (
        OURS,
        "GS08 005010X222A2 has no map there and it stops; we check against X222A1 and warn",
    ),
    "837p/pass/subrogation_demand": (OURS, "BHT06 31 is in the TR3 and not in its map"),
    "999/fail/next_transaction_before_result": (
        OURS,
        "a loop begins again without its required last segment (here IK5): it does not tell",
    ),
    "999/pass/rejected_with_contexts": (
        OURS,
        "CTX01 may repeat (SITUATIONAL TRIGGER twice), and CTX of two kinds are counted as one",
    ),
}


def key(path: Path) -> str:
    """A fixture's name in the list."""
    return f"{path.parent.relative_to(ROOT / 'fixtures' / 'x12').as_posix()}/{path.stem}"


def is_fault(problem: Problem) -> bool:
    """Whether it is an error of syntax, which pyx12 should see too."""
    return problem.level == "error" and not problem.code.startswith(BEYOND)


@pytest.mark.parametrize("path", PASS + FAIL, ids=key)
def test_verdict_agrees(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixture is faulty for pyx12 exactly where it is for us, but for the known differences."""
    ours = any(map(is_fault, check([path.read_bytes()]).problems))
    theirs = any(judge(path.read_text(encoding="utf-8"), monkeypatch))
    assert (ours != theirs) == (key(path) in KNOWN)


def agreeable(texts: list[str], guide: str) -> list[str]:
    """A base transaction without what pyx12 is known to judge otherwise."""
    dropped = ("PLB*", "PWK*CT", "CTX*SITUATIONAL")
    kept = [text.replace("*N807", "") for text in texts if not text.startswith(dropped)]
    if guide == "835":
        kept = [text.replace("BPR*I*105.5", "BPR*I*115.5") for text in kept]
    return kept


def framed(guide: str, cases: list[list[str]]) -> str:
    """A file with these transactions, numbered."""
    group = {"837P": "HC", "835": "HP", "999": "FA", "277CA": "HN"}[guide]
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'A':15}*ZZ*{'B':15}*260115*1200*^*00501*000000001*0*T*:"
    out = [isa, f"GS*{group}*A*B*20260115*1200*1*X*{load(guide).version}"]
    for number, case in enumerate(cases, 1):
        first = case[0].split("*")
        first[2] = f"{number:04d}"
        out += ["*".join(first), *case[1:-1], f"SE*{len(case)}*{number:04d}"]
    out += [f"GE*{len(cases)}*1", "IEA*1*000000001"]
    return "~\n".join([*out, ""])


def is_framing(text: str) -> bool:
    """Whether a mutated segment would change the envelope rather than the transaction."""
    return text.partition("*")[0] in {"", "ST", "SE", "GS", "GE", "ISA", "IEA", "TA1"}


def is_known(guide: str, case: list[str]) -> bool:
    """Whether a mutated transaction shows a difference of the list above."""
    faults = check_texts(load(guide), case)
    return (
        not all(text.isascii() for text in case)
        or any(fault.code == "element.too-many-components" for fault in faults)
        or any(fault.message.startswith("IK5") for fault in faults)
    )


@pytest.mark.parametrize(("guide", "path"), SOURCES, ids=lambda value: str(value)[-25:])
def test_verdict_agrees_on_mutations(
    guide: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a transaction with some segments changed, pyx12 says faulty exactly where we do."""
    chance = random.Random(f"pyx12 {path}")
    base = agreeable(texts_of(path), guide)[:-1]
    cases = []
    while len(cases) < 60:
        case = mutated_order(base, chance)
        case.append(f"SE*{len(case) + 1}*0001")
        if not any(map(is_framing, case[1:-1])) and not is_known(guide, case):
            cases.append(case)
    theirs = judge(framed(guide, cases), monkeypatch)
    assert len(theirs) == len(cases)
    for case, complaints in zip(cases, theirs, strict=True):
        faults = list(filter(is_fault, check_texts(load(guide), case)))
        assert bool(faults) == bool(complaints), (case, faults, complaints)


def test_the_list_of_differences_is_documented(golden: Callable[[Path, str], None]) -> None:
    """docs/pyx12-disagreements.md holds the list of this test, each with who is right and why."""
    rows = "".join(f"| `{name}` | {who} | {why} |\n" for name, (who, why) in sorted(KNOWN.items()))
    assert len(KNOWN) > 10
    golden(ROOT / "docs" / "pyx12-disagreements.md", DOCUMENT.format(rows=rows))


DOCUMENT = """\
# Where pyx12 judges otherwise

Claimline reads the implementation guides from pyx12's maps and has its own checker. pyx12's
validator is the second opinion: every file of `fixtures/x12` and some hundred mutated transactions
are given to both (`tests/edi/test_against_pyx12.py`), and their verdicts agree but for these.

| file in `fixtures/x12` | who is right | why |
| --- | --- | --- |
{rows}
A remark code that is younger than pyx12's list (N735 and later, such as N782 in `MOA04`, the remark
of a QMB) makes it refuse any 837P or 835 that carries it; the code is in X12's list.

Beyond the syntax, where pyx12 is rightly silent: the claim's charge against its lines, pointers to
diagnoses, ICD-9 beside ICD-10, ranges of dates, NPI check digits, a claim number twice in a file,
SBR02 against the patient's level (837P); the balance of line, claim and transaction (835).

What we correct in its maps is data with a reason each: `edi/guide_corrections.toml`.
"""
