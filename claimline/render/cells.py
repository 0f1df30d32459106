"""One value as the text of a cell, safe for a terminal and for a spreadsheet."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """A value as one line of text: None is empty, a sequence is joined with spaces.

    Control characters are made visible: what a payer sends must not steer a terminal.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case dt.date():
            return value.isoformat()
        case tuple() | list():
            items = [cell(item) for item in value if item]
            return separator(items).join(items)
    return visible(str(value))


def separator(items: Iterable[str]) -> str:
    """What stands between the items of a list: a semicolon where an item has a space in it."""
    return "; " if any(" " in item for item in items) else " "


def lines_of(value: Any) -> str:
    """A value below its row: a sequence is a line for each item."""
    if isinstance(value, tuple | list):
        return "\n".join(cell(item) for item in value)
    return cell(value)


def visible(text: str) -> str:
    """Text with each control or direction character shown as an escape, the way Python does."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def harmless(text: str) -> str:
    """Text that a spreadsheet shows and never runs: an apostrophe before = + - @ and tab.

    Plain numbers stay numbers, negative ones too.
    """
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
