"""JSON for programs: amounts, units and dates as strings, nothing held in memory that streams."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import attrs

from claimline.render.values import Result


def write_json(result: Result, stream: IO[str]) -> None:
    """Print ``result.data``; an iterator becomes an array, one item at a time."""
    if isinstance(result.data, Iterator):
        _write_array(result.data, stream)
        return
    json.dump(result.data, stream, indent=2, ensure_ascii=False, default=plain)
    stream.write("\n")


def _write_array(items: Iterator[Any], stream: IO[str]) -> None:
    """An array whose items are written as they come, a line each: quick to write and to search."""
    opened = False
    for item in items:
        stream.write(",\n" if opened else "[\n")
        stream.write(json.dumps(item, ensure_ascii=False, default=plain))
        opened = True
    stream.write("\n]\n" if opened else "[]\n")


def plain(value: Any) -> Any:
    """What JSON has no word for: decimals and dates as text, values as objects.

    Raises:
        TypeError: a value of a kind that no result may hold.
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    raise TypeError(f"no JSON for a {type(value).__name__}")
