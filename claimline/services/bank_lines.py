"""The rows of a bank's CSV, none swallowed; and what is no bank file at all.

A quote that is never closed would take the rows after it into one cell: then each line is read by
itself, and the ones that cannot be read are told.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from claimline.errors import WrongUsageError
from claimline.services.bank_cells import plain_heading

_SAMPLE: Final = 50  # lines from which it is seen what parts the cells
_SEP: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # as Excel writes it first
_SHEET: Final = frozenset(  # columns of a remittance or of claims
    {"claim", "claim id", "claim number", "payer claim", "adjustments", "provider adjustments",
     "service date", "charge", "billed", "remarks", "modifiers", "procedure", "patient"}
)  # fmt: skip
_FEW: Final = 2  # of them make a file that
_TEXT: Final = 0.95  # of the characters that can be printed, in a text


def check_kind(name: str, text: str) -> None:
    """Refuse what is no bank file, each with what to do with it.

    Raises:
        WrongUsageError: it is empty, X12, a workbook or another binary file.
    """
    if not text.strip("\ufeff\x00 \t\r\n"):
        raise WrongUsageError(f"{name}: it is empty", todo="have the bank write it again")
    if text.startswith(("ISA", "ST*", "GS*")):
        raise WrongUsageError(
            f"{name}: this is an X12 file, not a bank's",
            todo="an 835 or an acknowledgement: claimline receive",
        )
    some = text[:4096]
    readable = sum(one.isprintable() or one in "\t\r\n" for one in some) - some.count("\ufffd")
    if text.startswith(("PK\x03\x04", "%PDF")) or readable < _TEXT * len(some):
        raise WrongUsageError(
            f"{name}: this is no text file",
            todo="save it as CSV (from a workbook: Save as, CSV UTF-8), or have the bank write it",
        )


def table(
    text: str, delimiter: str, skip: int
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """The rows of a CSV, each with its number in the file, from 1; and lines that are none.

    Args:
        text: the file.
        delimiter: what parts the cells; empty: found.
        skip: lines before the heading.
    """
    lines = text.splitlines()
    said = _SEP.fullmatch(lines[0]) if lines else None
    skip = max(skip, 1) if said else skip
    mark = delimiter or (said[1] if said else _delimiter(lines[skip:]))
    try:
        rows = _whole(lines[skip:], mark, skip)
    except csv.Error:
        return _by_line(lines, mark, skip)
    return rows, ()


def _whole(lines: Sequence[str], mark: str, skip: int) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=mark, strict=True)
    found = []
    first = skip + 1
    for cells in reader:
        found.append((first, cells))
        first = skip + reader.line_num + 1
    return found


def _by_line(
    lines: Sequence[str], mark: str, skip: int
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    rows, faults = [], []
    for number, line in enumerate(lines[skip:], skip + 1):
        try:
            rows += [(number, cells) for cells in csv.reader([line], delimiter=mark, strict=True)]
        except csv.Error:
            faults.append(f"row {number}: a quote is not closed, or stands within a cell")
    return rows, tuple(faults)


def _delimiter(lines: Sequence[str]) -> str:
    """What parts the cells: what most of the first lines have in common."""
    some = [line for line in lines[:_SAMPLE] if line.strip()]
    return max(",;\t|", key=lambda mark: sum(mark in line for line in some))


def check_heading(name: str, heading: Sequence[str]) -> None:
    """Refuse a sheet of claims or of a remittance: it says what should come, not what came.

    Raises:
        WrongUsageError: it is one.
    """
    if len(_SHEET & {plain_heading(cell) for cell in heading}) >= _FEW:
        raise WrongUsageError(
            f"{name}: this is a sheet of claims or of a remittance, no bank statement",
            todo="a remittance on paper or from a portal: claimline remit enter",
        )


def check_width(cells: Sequence[str], least: int, most: int) -> None:
    """Refuse a row with cells lost or too many.

    Raises:
        ValueError: it has fewer than what is read, or more than the heading that are not empty.
    """
    if len(cells) < least:
        raise ValueError(f"cells are lost: it has {len(cells)}, the heading has {most}")
    if any(cell.strip() for cell in cells[most:]):
        raise ValueError(
            f"it has {len(cells)} cells, the heading has {most}: a text with a comma needs quotes"
        )
