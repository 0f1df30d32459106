"""The guides as data: read from pinned maps, corrected with reasons, naming and ordering."""

import random
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest
from test_check_mutations import SOURCES, texts_of

from edi import guide_maps
from edi.guide import Composite, Element, Loop, SegmentUse, load

GUIDES = ("837P", "835", "999", "277CA")
SETTINGS = Path(guide_maps.__file__).with_name("guide_corrections.toml")


@pytest.mark.parametrize("name", GUIDES)
def test_guide_is_read_once_and_frozen(name: str) -> None:
    """A guide is the same object each time and nothing in it can be changed."""
    guide = load(name)
    assert load(name) is guide
    assert guide.version == guide_maps.versions()[name]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        guide.root.children[0].usage = "N"  # type: ignore[misc]  # what must fail


def test_unknown_guide_is_refused() -> None:
    """A guide we do not have raises and names those we have."""
    with pytest.raises(ValueError, match="837P, 835, 999, 277CA"):
        load("834")


def test_changed_map_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that is not the pinned one raises MapError and says which."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    settings["maps"]["835"]["sha256"] = "0" * 64
    monkeypatch.setattr(guide_maps, "_settings", lambda: settings)
    with pytest.raises(guide_maps.MapError, match=r"835\.5010\.X221\.A1\.xml"):
        guide_maps.read("835")


def test_missing_map_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map pyx12 does not hold raises MapError and says which."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    settings["maps"]["835"]["file"] = "nowhere.xml"
    monkeypatch.setattr(guide_maps, "_settings", lambda: settings)
    with pytest.raises(guide_maps.MapError, match=r"nowhere\.xml"):
        guide_maps.read("835")


def test_correction_that_fits_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction whose place is not in the map raises instead of being without effect."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    settings["correction"].append({"guide": "835", "at": "//segment[@xid='ZZZ']", "why": "test"})
    monkeypatch.setattr(guide_maps, "_settings", lambda: settings)
    with pytest.raises(guide_maps.MapError, match="fits nothing"):
        guide_maps.read("835")


def test_every_correction_has_a_reason() -> None:
    """Each correction of a map says why."""
    corrections = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["correction"]
    assert len(corrections) >= 4
    assert all(len(correction["why"]) > 20 for correction in corrections)


CASES: tuple[tuple[str, str, str, Any], ...] = (
    ("835", "2100", "CLP02", frozenset(["1", "2", "3", "4", "19", "20", "21", "22", "23", "25"])),
    ("835", "2100", "CAS01", frozenset(["CO", "OA", "PI", "PR"])),
    ("837P", "2400", "SV103", frozenset(["MJ", "UN"])),
    ("837P", "", "BHT06", frozenset(["31", "CH", "RP"])),
)


@pytest.mark.parametrize(("name", "loop", "ref", "codes"), CASES, ids=lambda value: str(value)[:8])
def test_code_lists(name: str, loop: str, ref: str, codes: frozenset[str]) -> None:
    """Code lists are those of the guide, corrections included."""
    elements = {
        item.ref: item
        for child in load(name).children(loop)
        if isinstance(child, SegmentUse)
        for item in child.elements
    }
    element = elements[ref]
    assert isinstance(element, Element)
    assert element.codes == codes


def test_lengths_and_kinds_come_from_the_dictionary() -> None:
    """An element has its kind and its lengths: CLM01 is AN 1 to 38, SV102 R up to 18 digits."""
    claim = load("837P").use("2300", ("CLM",))
    assert claim is not None
    number, charge = claim.elements[:2]
    assert isinstance(number, Element)
    assert isinstance(charge, Element)
    assert (number.kind, number.minimum, number.maximum) == ("AN", 1, 38)
    assert (charge.kind, charge.minimum, charge.maximum) == ("R", 1, 18)
    place = claim.elements[4]
    assert isinstance(place, Composite)
    assert {"02", "10", "11", "12"} <= place.parts[0].codes
    assert "98" not in place.parts[0].codes


def test_remark_codes_are_not_checked_from_an_old_list() -> None:
    """MOA03 takes any remark code: pyx12's list ends years ago."""
    moa = load("835").use("2100", ("MOA",))
    assert moa is not None
    remark = moa.elements[2]
    assert isinstance(remark, Element)
    assert remark.codes == frozenset()


def test_values_are_named() -> None:
    """Each value of a segment has its reference and the guide's name, components too."""
    named = load("835").name_of("2110", ("SVC", "HC:97530:GP", "100", "45", "", "2"))
    assert [(one.ref, one.value) for one in named] == [
        ("SVC01-1", "HC"),
        ("SVC01-2", "97530"),
        ("SVC01-3", "GP"),
        ("SVC02", "100"),
        ("SVC03", "45"),
        ("SVC05", "2"),
    ]
    assert named[1].name == "Adjudicated Procedure Code"
    assert "97530" not in repr(named)


def test_values_the_guide_does_not_know_are_named_by_reference() -> None:
    """A segment or element outside of the guide keeps its values, named by reference alone."""
    named = load("835").name_of("2110", ("ZZZ", "a", "", "b"))
    assert [(one.ref, one.name, one.value) for one in named] == [
        ("ZZZ01", "", "a"),
        ("ZZZ03", "", "b"),
    ]


def test_uses_are_told_apart_by_all_their_codes() -> None:
    """The two PWK of a line are told apart by PWK01 and PWK02 together."""
    guide = load("837P")
    certification = guide.use("2400", ("PWK", "CT", "AD"))
    paper = guide.use("2400", ("PWK", "CT", "BM", "", "", "AC", "1"))
    assert certification is not None
    assert paper is not None
    assert certification.limit == 1
    assert paper.limit == 10


@pytest.mark.parametrize(
    ("loop", "before", "after"),
    [
        ("2300", ("DTP", "431", "D8", "20260101"), ("REF", "G1", "A")),
        ("2300", ("REF", "F8", "A"), ("NTE", "ADD", "TEXT")),
        ("2300", ("NTE", "ADD", "TEXT"), ("HI", "ABK:M25562")),
        ("2400", ("SV1", "HC:97530"), ("DTP", "472", "D8", "20260101")),
        ("2400", ("REF", "6R", "1"), ("NTE", "ADD", "TEXT")),
        ("2400", ("REF", "6R", "1"), ("ZZZ", "unknown")),
        ("2330B", ("NM1", "PR", "2"), ("REF", "F8", "1")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_position_orders_a_loop(loop: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """A segment that stands earlier in its loop has the smaller position."""
    guide = load("837P")
    assert guide.position(loop, before) < guide.position(loop, after)


def test_position_orders_loops() -> None:
    """The loops of a claim are in order by the position of their segments."""
    guide = load("837P")
    loops = ("2300", "2310A", "2310B", "2320", "2330A", "2330B", "2400", "2410", "2420A", "2430")
    openers = [guide.position(loop, (guide.path(loop)[-1].first.id,)) for loop in loops]
    assert openers == sorted(openers)


@pytest.mark.parametrize(("name", "path"), SOURCES[:1], ids=lambda value: str(value)[-25:])
def test_shuffled_segments_are_put_back(name: str, path: str) -> None:
    """Segments of one line, shuffled, stand in an order the guide allows when sorted again."""
    from edi.check import check_texts, locate

    guide = load(name)
    placed = list(locate(guide, texts_of(path)))
    assert [text for _, text in placed] == texts_of(path)
    first = next(at for at, (loop, _) in enumerate(placed) if loop == "2400")
    stop = next(at for at, (_, text) in enumerate(placed) if text == "LX*2")
    line = [(loop, text) for loop, text in placed[first:stop] if not loop.startswith("2440")]
    rest = placed[first + len(line) : stop]
    random.Random(1).shuffle(line)
    line.sort(key=lambda one: guide.position(one[0], one[1].split("*")))
    texts = [text for _, text in (*placed[:first], *line, *rest, *placed[stop:])]
    assert check_texts(guide, texts) == []


def test_children_are_in_order() -> None:
    """Children of a loop come in the guide's order, positions never falling."""
    for name in GUIDES:
        loops: list[Loop] = [load(name).root]
        while loops:
            loop = loops.pop()
            positions = [child.position for child in loop.children]
            assert positions == sorted(positions)
            assert positions[0] == 0
            assert isinstance(loop.children[0], SegmentUse)
            loops += [child for child in loop.children if isinstance(child, Loop)]


def test_loop_without_guide_raises() -> None:
    """Asking for a loop the guide has not is our fault and raises."""
    with pytest.raises(KeyError):
        load("835").children("2400")
