"""Reads pyx12's map XML into ``edi.guide`` types.

The files are package data of the pinned pyx12; their digests are compared first, because a changed
map would change verdicts silently. Faults in the maps are corrected by ``guide_corrections.toml``.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final, cast

from attrs import evolve, frozen
from lxml import etree

from edi.guide import (
    UNLIMITED,
    Child,
    Composite,
    Element,
    Field,
    Guide,
    Loop,
    Note,
    SegmentUse,
    Usage,
)

_ENVELOPE: Final = tuple(f"loop[@xid='{level}_LOOP']" for level in ("ISA", "GS", "ST"))
_WRAPPERS: Final = frozenset({"HEADER", "DETAIL", "FOOTER"})  # of pyx12, not of the guide


class MapError(Exception):
    """The installed pyx12 does not hold the maps Claimline was built for."""


@frozen
class _Dictionary:
    """Data elements by number, and the external code lists that are checked."""

    elements: dict[str, Any]
    lists: dict[str, frozenset[str]]


def read(name: str) -> Guide:
    """Build a guide from its map.

    Raises:
        ValueError: when ``name`` is not a guide we have.
        MapError: when a file is missing, changed, or a correction does not fit it.
    """
    maps = _settings()["maps"]
    if name not in maps:
        raise ValueError(f"no guide {name!r}: there are {', '.join(maps)}")
    entry = maps[name]
    tree = _xml(entry)
    for correction in _settings()["correction"]:
        if correction["guide"] == name:
            _correct(tree, correction)
    words = _dictionary()
    isa, gs, st = (tree.find("/".join(_ENVELOPE[:depth])) for depth in (1, 2, 3))
    return Guide(
        name=name,
        type=name[:3],
        version=entry["version"],
        root=evolve(_loop(st, 0, words), id=""),  # a 999 names no loop there (IK303)
        interchange=_segment(isa.find("segment[@xid='ISA']"), 0, words),
        group=_segment(gs.find("segment[@xid='GS']"), 0, words),
    )


def versions() -> dict[str, str]:
    """Guide name -> the version in force (GS08)."""
    return {name: entry["version"] for name, entry in _settings()["maps"].items()}


@lru_cache(maxsize=1)
def _settings() -> dict[str, Any]:
    text = resources.files("edi").joinpath("guide_corrections.toml").read_text("utf-8")
    return tomllib.loads(text)


def _xml(entry: dict[str, str]) -> Any:
    try:
        data = resources.files("pyx12").joinpath("map", entry["file"]).read_bytes()
    except (FileNotFoundError, ModuleNotFoundError) as error:
        raise MapError(f"pyx12 map {entry['file']} not found: reinstall pyx12 4.0") from error
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise MapError(
            f"pyx12 map {entry['file']} is not the one this was built for: install pyx12 4.0.0"
        )
    parser = etree.XMLParser(remove_comments=True, resolve_entities=False, no_network=True)
    return etree.fromstring(data, parser)


@lru_cache(maxsize=1)
def _dictionary() -> _Dictionary:
    elements = {row.get("ele_num"): row for row in _xml(_settings()["elements"]).iter("data_ele")}
    settings = _settings()["codes"]
    lists = {}
    for codeset in _xml(settings).iter("codeset"):
        name = codeset.findtext("id")
        if name not in settings["unchecked"]:
            lists[name] = frozenset(code.text for code in codeset.iter("code"))
    for name, codes in settings.get("add", {}).items():
        lists[name] |= frozenset(codes)
    return _Dictionary(elements, lists)


def _correct(tree: Any, correction: dict[str, Any]) -> None:
    """Apply one correction; one that hits nothing would be a correction in name only."""
    places = tree.xpath(correction["at"])
    if not places:
        raise MapError(f"correction fits nothing: {correction['at']}")
    for place in places:
        for tag, text in correction.get("set", {}).items():
            place.find(tag).text = text
        if correction.get("any_code"):
            place.remove(place.find("valid_codes"))
        for code in correction.get("add_codes", ()):
            etree.SubElement(place.find("valid_codes"), "code").text = code


def _loop(node: Any, position: int, words: _Dictionary) -> Loop:
    return Loop(
        id=node.get("xid"),
        name=node.findtext("name"),
        usage=_usage(node),
        position=position,
        limit=_limit(node.findtext("repeat")),
        children=tuple(_children(node, words)),
    )


def _children(node: Any, words: _Dictionary) -> Iterator[Child]:
    """Children with dense positions from 0, equal where the map's are equal."""
    found = sorted(_placed(node), key=lambda item: item[0])
    position = 0
    for (before, _), (place, child) in pairwise([found[0], *found]):
        position += place != before
        if child.tag == "loop":
            yield _loop(child, position, words)
        else:
            yield _segment(child, position, words)


def _placed(node: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """(map position, child), with pyx12's wrappers of header, detail and footer taken away."""
    for child in node:
        if child.tag not in {"loop", "segment"}:
            continue
        place = int(child.findtext("pos"))
        if child.get("xid") in _WRAPPERS:
            yield from (((place, *inner), kept) for inner, kept in _placed(child))
        else:
            yield (place,), child


def _segment(node: Any, position: int, words: _Dictionary) -> SegmentUse:
    name = node.get("xid")
    return SegmentUse(
        id=name,
        name=node.findtext("name"),
        usage=_usage(node),
        position=position,
        limit=_limit(node.findtext("max_use")),
        elements=tuple(
            _field(name, child, words) for child in node if child.tag in {"element", "composite"}
        ),
        notes=tuple(_note(child.text) for child in node.findall("syntax") if child.text),
    )


def _field(segment: str, node: Any, words: _Dictionary) -> Field:
    ref = f"{segment}{int(node.findtext('seq')):02d}"
    if node.tag == "element":
        return _element(ref, node, words)
    parts = (
        _element(f"{ref}-{number}", part, words)
        for number, part in enumerate(node.findall("element"), 1)
    )
    return Composite(
        ref=ref,
        name=node.findtext("name"),
        number=node.findtext("data_ele"),
        usage=_usage(node),
        repeat=int(node.findtext("repeat") or 1),
        parts=tuple(parts),
    )


def _element(ref: str, node: Any, words: _Dictionary) -> Element:
    number = node.findtext("data_ele")
    entry = words.elements[number]
    element = Element(
        ref=ref,
        name=node.findtext("name"),
        number=number,
        usage=_usage(node),
        kind=entry.get("data_type"),
        minimum=int(entry.get("min_len")),
        maximum=int(entry.get("max_len")),
        repeat=int(node.findtext("repeat") or 1),
        regex=node.findtext("regex") or "",
    )
    codes = node.find("valid_codes")
    if codes is None:
        return element
    listed = frozenset(code.text for code in codes)
    return evolve(element, codes=listed | words.lists.get(codes.get("external"), frozenset()))


def _note(text: str) -> Note:
    places = tuple(int(text[at : at + 2]) for at in range(1, len(text), 2))
    return Note(kind=cast("Any", text[0]), places=places)


def _usage(node: Any) -> Usage:
    return cast("Usage", node.findtext("usage"))


def _limit(text: str) -> int:
    return UNLIMITED if text == ">1" else int(text)
