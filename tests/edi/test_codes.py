"""The code tables: our own words, dated, and the refusal decided by group and reason."""

import datetime as dt

import pytest

from edi.codes import Kind, is_known, lookup, refusal, table

KINDS: tuple[Kind, ...] = (
    "carc", "rarc", "group", "claim_status", "plb", "status", "status_category",
    "TA105", "IK304", "IK403", "IK502", "AK905",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_date_source_and_words(kind: Kind) -> None:
    """Every table says when it was made and where from, and every code has a meaning."""
    found = table(kind)
    assert found.date >= dt.date(2026, 1, 1)
    assert found.source
    assert found.title
    assert found.entries
    assert all(entry.meaning and len(entry.meaning) < 200 for entry in found.entries.values())


@pytest.mark.parametrize(
    ("kind", "code", "word"),
    [
        ("carc", "197", "authorization"),
        ("carc", " b7 ", "eligible"),
        ("rarc", "n851", "assistant"),
        ("group", "CO", "contractual"),
        ("claim_status", "22", "reversal"),
        ("plb", "WO", "overpayment"),
        ("status", "718", "timely"),
        ("status_category", "A3", "rejected"),
        ("status_category", "F2", "denied"),
        ("TA105", "025", "used before"),
        ("IK304", "3", "missing"),
        ("IK403", "i10", "does not use"),
        ("IK502", "5", "segments"),
        ("AK905", "19", "twice"),
    ],
)
def test_a_code_is_found_in_our_words(kind: Kind, code: str, word: str) -> None:
    """Case and spaces do not matter."""
    entry = lookup(kind, code)
    assert entry is not None
    assert word in entry.meaning


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_code_is_none(kind: Kind) -> None:
    """What we do not know is said to be unknown, and never fails."""
    assert lookup(kind, "ZZZ9") is None
    assert lookup(kind, "") is None
    assert not is_known(kind, "ZZZ9")


def test_a_retired_code_is_known_until_its_last_day() -> None:
    """Group CR belongs to 4010: known without a day, unknown after its time."""
    assert lookup("group", "CR") is not None
    assert lookup("group", "CR", dt.date(2010, 1, 1)) is not None
    assert lookup("group", "CR", dt.date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("group", "reason", "refused"),
    [
        ("CO", "45", "no"), ("CO", "59", "no"), ("CO", "253", "no"), ("OA", "23", "no"),
        ("OA", "94", "no"), ("PR", "1", "no"), ("PR", "2", "no"), ("PR", "3", "no"),
        ("PR", "45", "no"), ("CO", "237", "no"),
        ("PR", "204", "yes"), ("PR", "119", "yes"), ("PR", "B1", "yes"), ("CO", "197", "yes"),
        ("CO", "97", "yes"), ("OA", "18", "yes"),
        ("OA", "133", "pending"), ("CO", "ZZ9", "unknown"),
    ],
)  # fmt: skip
def test_refusal_is_decided_by_group_and_reason(group: str, reason: str, refused: str) -> None:
    """Never by the group alone: CO and PR each hold refusals and none."""
    assert refusal(group, reason) == refused


def test_an_assistant_cut_is_no_refusal_whatever_its_reason() -> None:
    """N851 on a paid line takes the CO reason with it, but not a unit cap, nor an unpaid line."""
    remarks = frozenset({"N851"})
    assert refusal("CO", "96", remarks=remarks, paid=True) == "no"
    assert refusal("CO", "96", remarks=remarks, paid=False) == "yes"
    assert refusal("CO", "151", remarks=remarks, paid=True) == "yes"
    assert refusal("PR", "96", remarks=remarks, paid=True) == "yes"
