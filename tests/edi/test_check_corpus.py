"""Public sample files: those that keep to their guide have no error, the faulty ones are known.

Each file named here was looked at by hand; what is told of it is true.
"""

import csv
from pathlib import Path

import pytest

from edi.check import check

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
OURS = {"837P", "835", "999", "277CA"}
IMSWEB = (  # claims of 500.00 over lines of 12.25, SBR02 empty at the patient's level, SE01 wrong
    "claim.charge-differs claim.patient-level hl.child-code transaction.count"
)
SCRAMBLED = f"{IMSWEB} element.code-invalid element.missing hl.number"  # HI with * for :
# file -> error codes it deserves
FAULTY = {
    "imsweb-x12-parser/x12_277CA_rejected.txt": "segment.missing",  # 2200C has TRN without STC
    "imsweb-x12-parser/x12_999_accepted.txt": (  # GS05 has 97 seconds
        "interchange.control element.time-invalid"
    ),
    "imsweb-x12-parser/x12_ambiguous_loop.txt": f"{IMSWEB} segment.trailing-separator",
    "imsweb-x12-parser/x12_bad_first_line.txt": f"{SCRAMBLED} hl.parent lx.number",
    "imsweb-x12-parser/x12_bad_valid_code.txt": f"{SCRAMBLED} hl.parent loop.missing lx.number",
    "imsweb-x12-parser/x12_loop_errors2_exceeds_max_repeats_multiple_parents.txt": (
        f"{SCRAMBLED} loop.too-many"
    ),
    "imsweb-x12-parser/x12_many_claims.txt": f"{SCRAMBLED} hl.parent lx.number",
    "imsweb-x12-parser/x12_missing_elements.txt": f"{SCRAMBLED} hl.parent lx.number",
    "imsweb-x12-parser/x12_missing_required_loops_mult_repeats.txt": (
        f"{SCRAMBLED} hl.parent segment.missing"
    ),
    "imsweb-x12-parser/x12_multiple_gs.txt": (
        f"{SCRAMBLED} hl.parent lx.number group.duplicate interchange.count"
    ),
    "imsweb-x12-parser/x12_multiple_st.txt": (
        f"{SCRAMBLED} hl.parent lx.number group.count transaction.duplicate"
    ),
    "imsweb-x12-parser/x12_multiple_transactions.txt": f"{SCRAMBLED} hl.parent lx.number",
    "imsweb-x12-parser/x12_no_errors.txt": SCRAMBLED,
    "imsweb-x12-parser/x12_segment_errors.txt": f"{IMSWEB} segment.missing segment.too-many",
    "imsweb-x12-parser/x12_segments_out_of_order.txt": (
        f"{SCRAMBLED} hl.parent lx.number segment.missing segment.out-of-order"
    ),
    "imsweb-x12-parser/x12_writer_test.txt": f"{IMSWEB} segment.trailing-separator",
    "linuxforhealth-x12/demo.ambulance.example5.837": "element.missing",  # CLM05-2
    "linuxforhealth-x12/demo.cob.example3.A.837": "loop.missing",  # 2330B
    "linuxforhealth-x12/demo.cob.example4.837": "element.code-invalid",  # AMT*F2 is of 4010
    # CLM05 and HI written with another component separator than the ISA's
    "linuxforhealth-x12/demo.example11.837": "element.code-invalid element.missing segment.missing",
    "linuxforhealth-x12/demo.example12.837": "element.code-invalid element.missing segment.missing",
    "linuxforhealth-x12/secondary-payment.835": (
        "element.code-invalid element.missing segment.missing"
    ),
    "moov-x12/sample1.txt": "remit.claim-unbalanced segment.trailing-separator",
    "moov-x12/sample__2.txt": "claim.pointer",
    "staedi/837-header-ref-only.edi": "element.code-invalid loop.missing segment.unexpected",
    "staedi/invalid999.edi": (
        "element.code-invalid element.not-used element.number-invalid segment.missing "
        "segment.too-many segment.too-many-elements segment.unexpected transaction.count"
    ),
    "staedi/sample837-original.edi": "element.code-invalid",  # ISA12 00402, ISA01 01
    "staedi/sample837-small.edi": "element.code-invalid hl.child-code loop.missing",
    "staedi/simple999.edi": "element.not-used",  # CTX01-2 of a situational trigger
}


def files() -> list[str]:
    """The files of our four guides; none where the corpus is not there."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8") as index:
        return [
            row["path"]
            for row in csv.DictReader(index, delimiter="\t")
            if row["transaction"] in OURS and row["version"].startswith("005010")
        ]


def test_corpus_has_the_files_named(corpus: Path) -> None:
    """Every file listed as faulty is one of the corpus, and there are clean ones beside them."""
    assert set(FAULTY) <= set(files())
    assert len(files()) - len(FAULTY) >= 20


def verdicts() -> list[tuple[str, bool]]:
    """(file, balances) of each 835 of our guide whose index says so."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8") as index:
        rows = {row["path"]: row["features"] for row in csv.DictReader(index, delimiter="\t")}
    ours = [name for name in files() if " balances" in rows[name] or "UNBALANCED" in rows[name]]
    return [(name, "UNBALANCED" not in rows[name]) for name in ours]


def test_there_are_verdicts_of_both_kinds(corpus: Path) -> None:
    """Samples that balance and samples that do not are judged below."""
    assert {balances for _, balances in verdicts()} == {True, False}
    assert len(verdicts()) >= 5


@pytest.mark.parametrize(("name", "balances"), verdicts(), ids=[name for name, _ in verdicts()])
def test_the_balance_of_a_sample_is_right(name: str, balances: bool, corpus: Path) -> None:
    """The check finds a difference exactly in the files a second reckoning finds one in."""
    problems = check([(corpus / name).read_bytes()], name).problems
    found = [problem for problem in problems if problem.code.endswith("-unbalanced")]
    assert (not found) == balances


@pytest.mark.parametrize("name", files())
def test_sample_has_exactly_the_errors_it_deserves(name: str, corpus: Path) -> None:
    """A sample that keeps to its guide has no error; a faulty one has those looked at by hand."""
    problems = check([(corpus / name).read_bytes()], name).problems
    told = {problem.code for problem in problems if problem.level == "error"}
    assert told == set(FAULTY.get(name, "").split())
