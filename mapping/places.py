"""Places of service (CMS code set), in our own words, each with the days it is good for."""

import csv
import datetime as dt
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

from attrs import frozen

VERSION: Final = "places of service 2026-11"


@frozen(kw_only=True)
class Place:
    """A place of service. ``first``: the first day of service it may stand for, where known."""

    code: str
    label: str
    first: dt.date | None = None
    last: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the code may stand for a service of the day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _places() -> Mapping[str, Place]:
    text = resources.files("mapping").joinpath("tables/places.csv").read_text("utf-8")
    return MappingProxyType(
        {
            row["code"]: Place(
                code=row["code"],
                label=row["label"],
                first=_day(row["from"]),
                last=_day(row["until"]),
            )
            for row in csv.DictReader(text.splitlines())
        }
    )


PLACES: Final = _places()
