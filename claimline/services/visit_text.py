"""Visits as JSON text: what the ledger keeps of held visits, and the digest of a content."""

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mapping.visit import Coverage, Visit

if TYPE_CHECKING:
    from cattrs import Converter


_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@functools.cache
def _converter() -> "Converter":
    """Visits to plain JSON values and back: dates in ISO form, money as text."""
    import cattrs

    # What is not given is left out: a field added later changes no visit that lacks it.
    converter = cattrs.Converter(omit_if_default=True, unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(dt.date, dt.date.isoformat)
    converter.register_structure_hook(dt.date, lambda text, _: dt.date.fromisoformat(text))
    converter.register_unstructure_hook(dt.time, dt.time.isoformat)
    converter.register_structure_hook(dt.time, lambda text, _: dt.time.fromisoformat(text))
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    return converter


def to_data(visit: Visit) -> dict[str, Any]:
    """A visit as plain JSON values."""
    data: dict[str, Any] = _converter().unstructure(visit)
    return data


def to_text(visits: Iterable[Visit]) -> str:
    """Visits as one JSON text that ``from_text`` reads."""
    return json.dumps([to_data(visit) for visit in visits], ensure_ascii=False)


def from_text(text: str) -> tuple[Visit, ...]:
    """The visits of a text that ``to_text`` wrote."""
    return tuple(_converter().structure(data, Visit) for data in json.loads(text))


def coverages_data(coverages: Iterable[Coverage]) -> list[dict[str, Any]]:
    """Coverages as plain JSON values: kept with a claim are those that are not billed yet."""
    return [_converter().unstructure(coverage) for coverage in coverages]


def coverages_from(data: Iterable[dict[str, Any]]) -> tuple[Coverage, ...]:
    """The coverages that ``coverages_data`` wrote."""
    return tuple(_converter().structure(one, Coverage) for one in data)


def digest(visit: Visit) -> str:
    """SHA-256 of a visit's content: the same visit gives the same digest, in any file format."""
    return hashlib.sha256(_canonical.encode(to_data(visit)).encode()).hexdigest()
