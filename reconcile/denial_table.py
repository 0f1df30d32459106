"""The table that says what a refused line is: data with a date, replaceable by the practice."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

import attrs
from attrs import frozen

LISTS: Final = frozenset(
    {
        "families",
        "not_families",
        "codes",
        "remarks",
        "not_remarks",
        "or_remarks",
        "sent",
        "not_sent",
        "beside",
        "references",
        "lines",
        "never",
    }
)


@frozen(kw_only=True)
class Row:
    """One row: what it asks for (empty asks for nothing) and what it says."""

    key: str
    families: frozenset[str] = frozenset()
    not_families: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()  # CO-97, *-18, or * alone
    remarks: frozenset[str] = frozenset()
    not_remarks: frozenset[str] = frozenset()
    or_remarks: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    not_sent: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()  # procedure codes of the refused line
    units: str = ""  # one, more: as sent
    twin: bool = False  # a plain and an assistant line of the code on the day
    misplaced: bool = False  # 59 or X on the line of the pair that does not take it
    moved: bool = False  # another line was paid in place of one, a cent off (OA-94 alone)
    paid: str = ""  # zero, part
    turn: str = ""  # of the payer that decided: first, later
    status: str = ""  # reversed
    category: str
    cause: str
    next_step: str
    never: tuple[str, ...] = ()
    who: str = "billing"
    deadline: str = ""  # appeal, reopening, corrected, filing, remark, afterwards, call
    or_deadline: str = ""  # of the other road, where the next step names two
    confidence: str = "medium"


@frozen(kw_only=True)
class DenialTable:
    """Rows in order; the first that fits decides."""

    name: str
    date: str
    source: str
    rows: tuple[Row, ...]


def read_table(text: str) -> DenialTable:
    """A denial table from TOML text.

    Raises:
        ValueError: names the row and what is wrong with it; also for text that is no TOML.
    """
    data = tomllib.loads(text)
    keys = [row.get("key", f"number {n}") for n, row in enumerate(data.get("row", ()), start=1)]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"denial table: two rows are called {twice!r}")
    rows = tuple(_row(key, row) for key, row in zip(keys, data.get("row", ()), strict=True))
    missing = [name for name in ("name", "date", "source") if name not in data]
    if missing or not rows:
        raise ValueError(f"denial table: {', '.join(missing) or 'rows'} missing")
    return DenialTable(name=data["name"], date=str(data["date"]), source=data["source"], rows=rows)


def _row(key: str, data: Mapping[str, Any]) -> Row:
    known = attrs.fields_dict(Row)
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ValueError(f"denial table, row {key!r}: unknown {', '.join(unknown)}")
    missing = [name for name, f in known.items() if f.default is attrs.NOTHING and name not in data]
    if missing:
        raise ValueError(f"denial table, row {key!r}: {', '.join(missing)} missing")
    values: dict[str, Any] = {}
    for name, given in data.items():
        if name in LISTS:
            if not isinstance(given, list):
                raise ValueError(f"denial table, row {key!r}: {name} must be a list")
            values[name] = tuple(given) if name == "never" else frozenset(given)
        else:
            values[name] = given
    row = Row(**values)
    for text in (row.cause, row.next_step, *row.never):
        _check_words(key, text)
    return row


def _check_words(key: str, text: str) -> None:
    """A text must be fillable: braces in pairs, a plain word between them."""
    try:
        words = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise ValueError(f"denial table, row {key!r}: {error}") from error
    if not all(word.isidentifier() for word in words):
        raise ValueError(f"denial table, row {key!r}: only a word may stand between braces")


@cache
def shipped_table() -> DenialTable:
    """Our own table, read once from package data."""
    path = files("reconcile").joinpath("tables", "denials.toml")
    return read_table(path.read_text(encoding="utf-8"))
