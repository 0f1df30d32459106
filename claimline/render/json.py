"""JSON for programs: amounts, units and dates as strings, nothing held in memory that streams."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import attrs

from claimline.render.values import Result


def write_json(result: Result, stream: IO[str]) -> None:
    """Print ``result.data``; an iterator becomes an array, one item at a time.

    So does one that stands in an object.
    """
    if isinstance(result.data, Iterator):
        _write_array(result.data, stream)
        return
    if isinstance(result.data, Mapping) and any(
        isinstance(value, Iterator) for value in result.data.values()
    ):
        _write_object(result.data, stream)
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


def _write_object(items: Mapping[str, Any], stream: IO[str]) -> None:
    """An object as ``json.dump`` writes it, its iterators as arrays, an item at a time."""
    for number, (key, value) in enumerate(items.items()):
        stream.write(f"{',' if number else '{'}\n  {json.dumps(key, ensure_ascii=False)}: ")
        if not isinstance(value, Iterator):
            stream.write(_indented(value, 2))
            continue
        opened = False
        for item in value:
            stream.write(f"{',' if opened else '['}\n    {_indented(item, 4)}")
            opened = True
        stream.write("\n  ]" if opened else "[]")
    stream.write("\n}\n")


def _indented(value: Any, by: int) -> str:
    """A value whose lines go on below where it begins: no text in it holds a line's end."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=plain)
    return text.replace("\n", f"\n{' ' * by}")


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
