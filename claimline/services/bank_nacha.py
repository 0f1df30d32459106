"""Deposits in a Nacha file: entries (6) with their addenda (7) in batches (5 to 8).

Positions in the records are those of the Nacha Operating Rules, appendix three; the TRN segment
rides in the addenda of a CCD+ entry as CAQH CORE 370 asks. Account numbers are left out.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from claimline.errors import WrongUsageError
from claimline.services.bank_cells import check_day, check_number, parsed
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits import Row

TRN: Final = re.compile(
    r"TRN\s?\*\s?1\s?\*\s?([^*~\\]{1,50}?)\s?\*\s?([0-9A-Z]{10})", re.IGNORECASE
)
CLAIMS: Final = "HCCLAIMPMT"  # company entry description of a health care EFT (Nacha, CORE 370)
_HEADER: Final = re.compile(r"101[ \d]\d{9}")
_RECORD: Final = 94
_CREDITS: Final = frozenset({"22", "32", "42", "52"})  # checking, savings, ledger, loan
_DEBITS: Final = frozenset({"27", "37", "47", "55"})
_CREDIT_DIGITS: Final = frozenset("1234")  # second digit of a transaction code


def is_nacha(text: str) -> bool:
    """Whether it begins with the header record of a Nacha file."""
    return bool(_HEADER.match(text))


@frozen(kw_only=True)
class Entries:
    """What a Nacha file says."""

    rows: tuple[Row, ...]
    passed: int  # entries that are no deposit
    faults: tuple[str, ...]  # entries that cannot be read, batches and files that are not whole


@frozen(kw_only=True)
class _Batch:
    """A batch: its header (5), its records with their numbers, its control record (8)."""

    number: int  # in the file, from 1
    header: str
    records: tuple[tuple[int, str], ...]
    control: str = ""  # empty: it never came


def read(name: str, text: str, today: dt.date | None = None) -> Entries:
    """Deposits of records 5, 6 and 7, of batches that are whole.

    Block and line counts do not matter: banks cut and fill them. Of a batch without its control
    record (8), or whose entries do not come to it, nothing is taken: addenda may be lost. A file
    without its end (record 9), or with other batches than that says, is told.

    Raises:
        WrongUsageError: it holds no record of an entry.
    """
    rows: list[Row] = []
    records = tuple(_records(text))
    batches = tuple(_batches(records))
    faults = list(_file_faults(records, batches))
    passed = entries = 0
    for batch in batches:
        found = list(_entries(batch))
        entries += len(found)
        if wrong := _batch_fault(batch):
            faults.append(f"batch {batch.number} is not whole, none of it is taken: {wrong}")
            continue
        for number, entry, addenda in found:
            try:
                made = _entry(number, batch.header, entry, addenda, today)
            except ValueError as error:
                faults.append(f"record {number}: {error}")
                continue
            rows += [made] if made else []
            passed += made is None
    if not entries:
        raise WrongUsageError(
            f"{name}: no entry stands in this Nacha file", todo="ask the bank for it with addenda"
        )
    return Entries(rows=tuple(rows), passed=passed, faults=tuple(faults))


def _batches(records: Iterable[str]) -> Iterator[_Batch]:
    header, count = "", 0
    inside: list[tuple[int, str]] = []
    for number, record in enumerate(records, 1):
        kind = record[:1]
        if kind in ("5", "8", "9"):
            if kind == "8" or header or inside:
                count += 1
                yield _Batch(
                    number=count,
                    header=header,
                    records=tuple(inside),
                    control=record if kind == "8" else "",
                )
            header, inside = record if kind == "5" else "", []
        elif kind in ("6", "7"):
            inside.append((number, record))
    if header or inside:
        yield _Batch(number=count + 1, header=header, records=tuple(inside))


def _batch_fault(batch: _Batch) -> str:
    """Why a batch is not whole; empty: it is. Sums that the bank left blank say nothing."""
    if not batch.header:
        return "its first record (5) is missing"
    if not batch.control:
        return "its last record (8) is missing"
    said = _number(batch.control[4:10])
    if said is not None and said != len(batch.records):
        return f"it counts {said} records, {len(batch.records)} are here"
    return _sums_fault(batch.control[20:32], batch.control[32:44], batch.records)


def _sums_fault(debits: str, credits_: str, records: Iterable[tuple[int, str]]) -> str:
    """Which total of a control record its entries do not come to; blank ones say nothing."""
    found = _sums(records)
    for name, digits, cents in zip(("debits", "credits"), (debits, credits_), found, strict=True):
        total = _number(digits)
        if total is not None and total != cents:
            return f"its {name} come to {dollars(total)}, the entries to {dollars(cents)}"
    return ""


def _sums(records: Iterable[tuple[int, str]]) -> tuple[int, int]:
    """Cents of the entries of debits and of credits, of returned ones and notices too."""
    sums = [0, 0]
    for _, record in records:
        if record[:1] == "6":
            sums[record[2:3] in _CREDIT_DIGITS] += _number(record[29:39]) or 0
    return sums[0], sums[1]


def _file_faults(records: Sequence[str], batches: Sequence[_Batch]) -> Iterator[str]:
    """A file that is cut, or of which batches are lost."""
    end = next((one for one in records if one[:1] == "9" and one.strip("9 ")), None)
    if end is None:
        yield "the end of the file (record 9) is missing: it is cut"
        return
    said = _number(end[1:7])
    if said is not None and said != len(batches):
        yield f"the file counts {said} batches, {len(batches)} are here"
        return
    inside = [record for batch in batches for record in batch.records]
    if wrong := _sums_fault(end[31:43], end[43:55], inside):
        yield f"the last record (9) of the file does not fit: {wrong}"


def _number(digits: str) -> int | None:
    stripped = digits.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None


def _entries(batch: _Batch) -> Iterator[tuple[int, str, str]]:
    """Each entry: its record's number, itself, and its addenda joined."""
    entry, addenda, number = "", "", 0
    for n, record in batch.records:
        if record[:1] == "7":
            addenda += record[3:83] if record[1:3] == "05" else ""
            continue
        if entry:
            yield number, entry, addenda
        number, entry, addenda = n, record, ""
    if entry:
        yield number, entry, addenda


def _records(text: str) -> Iterator[str]:
    """Records of 94 characters, with or without line ends."""
    lines = text.splitlines()
    if len(lines) == 1:
        line = lines[0]
        lines = [line[n : n + _RECORD] for n in range(0, len(line), _RECORD)]
    for line in lines:
        yield line.ljust(_RECORD)


def _entry(number: int, batch: str, entry: str, addenda: str, today: dt.date | None) -> Row | None:
    """A deposit, or a debit that names a payment; None for another debit, a prenote or nothing.

    Raises:
        ValueError: an amount or a date that cannot be read.
    """
    found = TRN.search(addenda)
    is_debit = bool(found) and entry[1:3] in _DEBITS  # the payment is taken back
    if entry[1:3] not in _CREDITS and not is_debit:
        return None
    cents = _number(entry[29:39])
    if cents is None:
        raise ValueError("the amount cannot be read")
    if cents == 0:
        return None
    description = batch[53:63].strip()
    company = batch[40:50].strip()
    is_claim = bool(found) or description.upper() == CLAIMS
    day = parsed(batch[69:75], "%y%m%d")
    if day is None:
        raise ValueError("the day of its batch (record 5) cannot be read")
    return Row(
        number=number,
        date=check_day(day, today),
        cents=-cents if is_debit else cents,
        trace=check_number(found[1].strip()) if found else "",
        originator=found[2].upper() if found else company if is_claim else "",
        payer=batch[4:20].strip() if is_claim else "",
        is_claim=is_claim,
        text=description if is_claim else "",
    )
