"""The fast path against the slow one: what it accepts, the exact rules accept too."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi import check as check_module
from edi.check import check_texts
from edi.check_compile import LoopNode, Node, compile_guide
from edi.check_explain import explain_segment, is_date
from edi.check_pattern import one_of, segment_pattern
from edi.guide import Guide, Loop, SegmentUse, load
from edi.separators import Separators

FIXTURES = Path(__file__).parents[2] / "fixtures" / "x12"
CANONICAL = Separators()
ODD = ["", "*", ":", "^", " ", "-", ".", "0", "1", "9", "A", "Z", "a", "\t", "\u00e9", "20260230"]
SOURCES = (
    ("837P", "837p/pass/every_loop_of_a_line.edi"),
    ("837P", "837p/pass/patient_is_child_with_other_payer.edi"),
    ("837P", "837p/pass/two_billing_providers_pay_to.edi"),
    ("835", "835/guide_pass/paid_denied_reversed.edi"),
    ("999", "999/pass/rejected_with_contexts.edi"),
    ("277CA", "277ca/pass/accepted_and_rejected.edi"),
)


def texts_of(path: str) -> list[str]:
    """The segments ST to SE of a fixture with canonical separators."""
    return (FIXTURES / path).read_text(encoding="utf-8").split("~\n")[2:-3]


def nodes(loop: LoopNode) -> Iterator[Node]:
    """All nodes of a compiled guide."""
    for slot in loop.slots:
        if isinstance(slot.target, LoopNode):
            yield from nodes(slot.target)
        else:
            yield slot.target


def slow_only(guide: Guide) -> LoopNode:
    """A compiled guide whose fast path accepts nothing."""
    root = compile_guide(guide)
    for node in nodes(root):
        node.match = lambda _text: None
    return root


def mutated_text(text: str, chance: random.Random) -> str:
    """A segment with one to three small changes."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(ODD) + text[at + chance.randint(0, 2) :]
    return text


def mutated_order(texts: list[str], chance: random.Random) -> list[str]:
    """Segments with one to three dropped, doubled, moved, exchanged or changed."""
    texts = list(texts)
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(1, len(texts)), chance.randrange(1, len(texts))
        match chance.randrange(5):
            case 0:
                del texts[at]
            case 1:
                texts.insert(at, texts[other])
            case 2:
                texts.insert(other, texts.pop(at))
            case 3:
                texts[at], texts[other] = texts[other], texts[at]
            case _:
                texts[at] = mutated_text(texts[at], chance)
    return texts


@pytest.mark.parametrize(("guide", "path"), SOURCES, ids=lambda value: str(value)[-25:])
def test_expressions_are_never_wider_than_the_rules(guide: str, path: str) -> None:
    """A mutated segment that a use's expression accepts has no fault by the exact rules."""
    chance = random.Random(path)
    texts = texts_of(path)
    by_id: dict[str, list[SegmentUse]] = {}
    for node in nodes(compile_guide(load(guide))):
        by_id.setdefault(node.id, []).append(node.use)
    patterns: dict[int, Any] = {}
    accepted = 0
    for text in texts:
        for _ in range(60):
            mutated = mutated_text(text, chance)
            for use in by_id.get(mutated.partition("*")[0], [])[:12]:
                pattern = patterns.setdefault(id(use), segment_pattern(use))
                if pattern.fullmatch(mutated):
                    accepted += 1
                    faults = list(explain_segment(use, mutated.split("*"), CANONICAL))
                    assert faults == [], (mutated, use.id, faults)
    assert accepted > 100


@pytest.mark.parametrize(("guide", "path"), SOURCES, ids=lambda value: str(value)[-25:])
def test_both_paths_find_the_same(guide: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutated transaction has the same problems with the fast path as without it."""
    chance = random.Random(path)
    texts = texts_of(path)
    cases = [mutated_order(texts, chance) for _ in range(60)]
    fast = [check_texts(load(guide), case) for case in cases]
    slow_root = slow_only(load(guide))
    monkeypatch.setattr(check_module, "_compiled", lambda _guide: slow_root)
    assert check_texts(load(guide), texts) == []
    for case, found in zip(cases, fast, strict=True):
        assert check_texts(load(guide), case) == found, case
    assert sum(map(bool, fast)) > 40


@pytest.mark.parametrize(("guide", "path"), SOURCES, ids=lambda value: str(value)[-25:])
def test_separators_do_not_matter(guide: str, path: str) -> None:
    """A mutated transaction has the same problems whatever separators it is written with."""
    chance = random.Random(path)
    marks = Separators(element="|", component=">", repetition="!", terminator="'")
    table = str.maketrans("*:^|>!", "|>!*:^")
    for _ in range(30):
        case = mutated_order(texts_of(path), chance)
        plain = check_texts(load(guide), case)
        other = check_texts(load(guide), [text.translate(table) for text in case], marks)
        shown = [(one.code, one.where) for one in plain]
        assert shown == [(one.code, one.where) for one in other], case


@pytest.mark.parametrize("guide", ["837P", "835", "999", "277CA"])
def test_every_use_compiles(guide: str) -> None:
    """Each segment use of a guide has an expression that its own id can begin to match."""

    def uses(loop: Loop) -> Iterator[SegmentUse]:
        for child in loop.children:
            if isinstance(child, Loop):
                yield from uses(child)
            else:
                yield child

    for use in uses(load(guide).root):
        assert segment_pattern(use).pattern.startswith(use.id)
        assert not segment_pattern(use).fullmatch("")


@given(st.sets(st.text(alphabet="AB1", min_size=1, max_size=4), min_size=1))
def test_alternation_matches_exactly_its_codes(codes: set[str]) -> None:
    """An alternation of codes matches each of them and nothing else of the same letters."""
    import itertools
    import re

    pattern = re.compile(one_of(codes))
    for length in range(5):
        for letters in itertools.product("AB1", repeat=length):
            text = "".join(letters)
            assert bool(pattern.fullmatch(text)) == (text in codes)


@given(st.dates(), st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_dates_are_those_of_the_calendar(day: Any, year: int, month: int, number: int) -> None:
    """A date is one exactly where the calendar has it, from 1800 on."""
    import datetime as dt

    assert is_date(f"{day:%Y%m%d}".zfill(8)) == (day.year >= 1800)
    text = f"{year:04d}{month:02d}{number:02d}"
    try:
        expected = dt.date(year, month, number).year >= 1800
    except ValueError:
        expected = False
    assert is_date(text) == expected
