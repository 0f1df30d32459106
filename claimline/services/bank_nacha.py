"""Deposits in a Nacha file: entries (6) with their addenda (7) in batches (5 to 8).

Positions in the records are those of the Nacha Operating Rules, appendix three; the TRN segment
rides in the addenda of a CCD+ entry as CAQH CORE 370 asks. Account numbers are left out.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from claimline.errors import WrongUsageError
from claimline.services.bank_cells import read_day
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits import Row

TRN: Final = re.compile(
    r"TRN\s?\*\s?1\s?\*\s?([^*~\\]{1,50}?)\s?\*\s?([0-9A-Z]{10})", re.IGNORECASE
)
CLAIMS: Final = "HCCLAIMPMT"  # company entry description of a health care EFT (Nacha, CORE 370)
_HEADER: Final = re.compile(r"101[ \d]\d{9}")
_RECORD: Final = 94
_CREDITS: Final = frozenset({"22", "32", "42", "52"})


def is_nacha(text: str) -> bool:
    """Whether it begins with the header record of a Nacha file."""
    return bool(_HEADER.match(text))


@frozen(kw_only=True)
class Entries:
    """What a Nacha file says."""

    rows: tuple[Row, ...]
    passed: int  # entries that are no deposit
    faults: tuple[str, ...]
    notes: tuple[str, ...]  # batches that do not come to their sums


def read(name: str, text: str) -> Entries:
    """Deposits of records 5, 6 and 7.

    Block and line counts do not matter: banks cut and fill them. Sums of a batch (record 8) that
    do not fit are told: the file may be cut.

    Raises:
        WrongUsageError: it holds no record of an entry.
    """
    rows: list[Row] = []
    faults: list[str] = []
    records = tuple(_records(text))
    entries = list(_entries(records))
    for number, batch, entry, addenda in entries:
        try:
            made = _entry(number, batch, entry, addenda)
        except ValueError as error:
            faults.append(f"record {number}: {error}")
            continue
        rows += [made] if made else []
    if not entries:
        raise WrongUsageError(
            f"{name}: no entry stands in this Nacha file", todo="ask the bank for it with addenda"
        )
    passed = len(entries) - len(rows) - len(faults)
    return Entries(
        rows=tuple(rows), passed=passed, faults=tuple(faults), notes=tuple(_sums(records))
    )


def _sums(records: Iterable[str]) -> Iterator[str]:
    """Batches whose entries do not come to what their control record (8) says."""
    count = cents = batches = 0
    for number, record in enumerate(records, 1):
        kind = record[:1]
        if kind == "5":
            count = cents = 0
            batches += 1
        elif kind in ("6", "7"):
            count += 1
            cents += _number(record[29:39]) or 0 if record[:1] == "6" and _is_credit(record) else 0
        elif kind == "8":
            said, total = _number(record[4:10]), _number(record[32:44])
            if said is not None and said != count:
                yield f"record {number}: batch {batches} counts {said} entries, {count} are here"
            if total is not None and total != cents:
                yield (
                    f"record {number}: batch {batches} comes to {dollars(total)}, its entries to "
                    f"{dollars(cents)}"
                )


def _number(digits: str) -> int | None:
    stripped = digits.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None


def _is_credit(entry: str) -> bool:
    """To a checking or a savings account, a loan or the general ledger."""
    return entry[1:3] in _CREDITS


def _entries(records: Iterable[str]) -> Iterator[tuple[int, str, str, str]]:
    """Each entry: its record's number, its batch, itself, and its addenda joined."""
    batch, entry, addenda, number = "", "", "", 0
    for n, record in enumerate(records, 1):
        kind = record[:1]
        if kind == "7" and record[1:3] == "05":
            addenda += record[3:83]
            continue
        if entry:
            yield number, batch, entry, addenda
        number, entry, addenda = n, record if kind == "6" else "", ""
        batch = record if kind == "5" else batch
    if entry:
        yield number, batch, entry, addenda


def _records(text: str) -> Iterator[str]:
    """Records of 94 characters, with or without line ends."""
    lines = text.splitlines()
    if len(lines) == 1:
        line = lines[0]
        lines = [line[n : n + _RECORD] for n in range(0, len(line), _RECORD)]
    for line in lines:
        yield line.ljust(_RECORD)


def _entry(number: int, batch: str, entry: str, addenda: str) -> Row | None:
    """A deposit; None for a debit, a prenote or an entry of nothing.

    Raises:
        ValueError: an amount or a date that cannot be read.
    """
    if not _is_credit(entry):
        return None
    cents = _number(entry[29:39])
    if cents is None:
        raise ValueError("the amount cannot be read")
    if cents == 0:
        return None
    found = TRN.search(addenda)
    description = batch[53:63].strip()
    company = batch[40:50].strip()
    is_claim = bool(found) or description.upper() == CLAIMS
    return Row(
        number=number,
        date=read_day(batch[69:75], "", "%y%m%d"),
        cents=cents,
        trace=found[1].strip() if found else "",
        originator=found[2].upper() if found else company if is_claim else "",
        payer=batch[4:20].strip() if is_claim else "",
        is_claim=is_claim,
        text=description if is_claim else "",
    )
