"""Therapy codes and modifiers as dated tables: what shape a code has, which group a modifier."""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

from mapping.policy import ModifierGroup, Span

VERSION: Final = "therapy codes 2026-11"  # kept with each claim

Shape = Literal["timed", "untimed", "first", "further", "unlisted", "counted", "other"]


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table shipped in ``mapping/tables``."""
    text = resources.files("mapping").joinpath(f"tables/{name}").read_text("utf-8")
    return csv.DictReader(text.splitlines())


def span(row: Mapping[str, str]) -> Span:
    """The days of a row, from its columns ``from`` and ``until``."""
    first, last = (
        dt.date.fromisoformat(row[key]) if row[key] else None for key in ("from", "until")
    )
    return Span(first=first, last=last)


@frozen(kw_only=True)
class TherapyCode:
    """A code of the therapy list.

    ``shape``: ``timed`` is 15 minutes a unit, ``untimed`` one unit a day, ``first`` one unit of
    ``base_minutes`` whose add-on is ``pair``, ``further`` that add-on (``pair`` is its first code),
    ``counted`` units are stated by the visit, ``unlisted`` needs a description, ``other`` has a
    base of its own.
    """

    code: str
    label: str
    shape: Shape
    base_minutes: int | None
    pair: str
    evaluation: bool
    disposition: str  # CMS: always, sometimes, none, unsure
    disciplines: tuple[str, ...]
    span: Span
    note: str


def _codes() -> Mapping[str, TherapyCode]:
    shapes: dict[str, Shape] = {
        "timed": "timed",
        "untimed": "untimed",
        "unlisted": "unlisted",
        "first": "first",
        "further": "further",
        "counted": "counted",
        "other": "other",
    }
    return MappingProxyType(
        {
            row["code"]: TherapyCode(
                code=row["code"],
                label=row["label"],
                shape=shapes[row["shape"]],
                base_minutes=int(row["base_minutes"]) if row["base_minutes"] else None,
                pair=row["pair"],
                evaluation=row["evaluation"] == "yes",
                disposition=row["disposition"],
                disciplines=tuple(row["disciplines"].split()),
                span=span(row),
                note=row["note"],
            )
            for row in rows("codes.csv")
        }
    )


def _groups() -> Mapping[str, ModifierGroup]:
    groups: dict[str, ModifierGroup] = {
        "distinct": "distinct",
        "discipline": "discipline",
        "assistant": "assistant",
        "kx": "kx",
        "liability": "liability",
        "telehealth": "telehealth",
    }
    return MappingProxyType({row["code"]: groups[row["group"]] for row in rows("modifiers.csv")})


CODES: Final = _codes()
MODIFIER_GROUPS: Final = _groups()
MODIFIER_LABELS: Final = MappingProxyType(
    {row["code"]: row["label"] for row in rows("modifiers.csv")}
)
DISCIPLINE_MODIFIERS: Final = MappingProxyType({"PT": "GP", "OT": "GO", "SLP": "GN"})


def group(modifier: str) -> ModifierGroup:
    """The group a modifier is ordered by."""
    return MODIFIER_GROUPS.get(modifier, "other")


def half(base_minutes: int) -> int:
    """The fewest minutes that are more than half of a code's time: 8 of 15, 16 of 30, 31 of 60."""
    return base_minutes // 2 + 1


def is_by_minutes(code: str) -> bool:
    """Whether units follow from minutes: 15-minute codes, and first-unit codes with add-ons."""
    found = CODES.get(code)
    return found is not None and found.shape in {"timed", "first", "further"}


def adds_up(code: str) -> bool:
    """Whether units of several sessions of a day are summed; others are one a day."""
    found = CODES.get(code)
    return found is not None and found.shape in {"timed", "further"}


def is_timed(code: str) -> bool:
    """Whether the code is billed in units of 15 minutes."""
    found = CODES.get(code)
    return found is not None and found.shape == "timed"
