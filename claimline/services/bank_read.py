"""Deposits in a bank's file: CSV with columns of any names, or a Nacha file with CCD+ addenda.

Account numbers are left out where they stand: nothing of them is kept in a row, shown or logged.
Of deposits that say nothing of a claim payment only day and amount are kept: their words may name
a patient. Positions in Nacha records are those of the Nacha Operating Rules, appendix three; the
TRN segment rides in the addenda as CAQH CORE 370 asks.
"""

import codecs
import csv
import io
import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from attrs import field, frozen

from claimline.errors import WrongUsageError
from claimline.services import bank_nacha
from claimline.services.bank_cells import read_amount, read_day
from claimline.services.bank_columns import Columns, columns
from claimline.services.bank_nacha import CLAIMS, TRN
from mapping.structure import Reader, shown
from reconcile.ledger.convert import to_cents
from reconcile.ledger.deposits import Row

_SAMPLE: Final = 50  # lines from which it is seen what parts the cells
_NUMBERS: Final = re.compile(r"[0-9xX*#-]*\d[0-9xX*#-]{3,}")
_KINDS_OF: Final = re.compile(
    r"\b(ORIG CO NAME|DES|ACH|EFT|CREDIT|DEPOSIT|CCD|PREAUTHORIZED|ELECTRONIC)\b", re.IGNORECASE
)
DEBITS: Final = frozenset({"debit", "dr", "d", "withdrawal"})  # in the column of the kind


@frozen(kw_only=True)
class Profile:
    """How a bank writes its CSV: a column for each thing, by name. Empty: found by usual names."""

    date: str = ""
    amount: str = ""
    description: tuple[str, ...] = ()
    trace: str = ""
    originator: str = ""
    payer: str = ""
    kind: str = ""  # says which rows are debits
    date_format: str = ""  # as %m/%d/%Y
    delimiter: str = ""
    skip_lines: int = 0  # before the header
    claims: tuple[str, ...] = ()  # words that mark a deposit of claims, beside HCCLAIMPMT


@frozen(kw_only=True)
class Read:
    """What a file says."""

    kind: str  # CSV, Nacha
    rows: tuple[Row, ...]
    passed: int = 0  # rows that are no deposit: withdrawals, totals
    faults: tuple[str, ...] = field(default=())  # rows that could not be read, with their number
    understood: tuple[str, ...] = ()  # of a CSV: which column is what
    notes: tuple[str, ...] = ()  # what stops nothing


def read_profile(name: str, text: str) -> Profile:
    """A bank's profile in TOML.

    Raises:
        WrongUsageError: with each key that is not right.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongUsageError(f"{name} is no TOML: {error}") from error
    notes: list[Any] = []
    made = Reader(unknown="error").of(Profile)(table, notes)
    if notes or made is None:
        faults = "\n".join(f"  {shown(note.path)}: {note.message}" for note in notes)
        raise WrongUsageError(f"{name} is not right:\n{faults}", todo="docs/missing.md has a list")
    assert isinstance(made, Profile)
    return made


def text_of(data: bytes) -> str:
    """A bank's file as text: UTF-8, with or without its mark, UTF-16 with it, else cp1252."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read(name: str, text: str, profile: Profile | None = None) -> Read:
    """The deposits of a file.

    Raises:
        WrongUsageError: it is neither, or its columns cannot be told.
    """
    plain = text.lstrip("\ufeff\r\n")
    if bank_nacha.is_nacha(plain) and not (profile and profile.date):
        found = bank_nacha.read(name, plain)
        return Read(
            kind="Nacha",
            rows=found.rows,
            passed=found.passed,
            faults=found.faults,
            notes=found.notes,
        )
    return _table(name, plain, profile or Profile())


# --- CSV ---


def _table(name: str, text: str, profile: Profile) -> Read:
    lines = text.splitlines()[profile.skip_lines :]
    delimiter = profile.delimiter or _delimiter(lines)
    try:
        table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error as error:
        raise WrongUsageError(
            f"{name} is no CSV: {error}", todo="have the bank write it again, as CSV"
        ) from None
    found = columns(name, table, profile)
    rows: list[Row] = []
    faults: list[str] = []
    passed = 0
    for number, cells in enumerate(table[found.header :], profile.skip_lines + found.header + 1):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            made = _row(number, cells, found, profile)
        except ValueError as error:
            faults.append(f"row {number}: {error}")
            continue
        if made is None:
            passed += 1
        else:
            rows.append(made)
    return Read(
        kind="CSV", rows=tuple(rows), passed=passed, faults=tuple(faults), understood=found.words
    )


def _delimiter(lines: Sequence[str]) -> str:
    """What parts the cells: what most of the first lines have in common."""
    some = [line for line in lines[:_SAMPLE] if line.strip()]
    return max(",;\t|", key=lambda mark: sum(mark in line for line in some))


def _row(number: int, cells: Sequence[str], found: Columns, profile: Profile) -> Row | None:
    """A deposit; None for what is none.

    Raises:
        ValueError: a date or an amount that cannot be read.
    """

    def cell(key: str) -> str:
        parts = (cells[n].strip() for n in found.places[key] if n < len(cells))
        return " ".join(part for part in parts if part)

    if not cell("amount") or cell("kind").lower() in DEBITS:
        return None  # a withdrawal, which often stands in another column
    amount = read_amount(cell("amount"))
    if amount <= 0:
        return None
    words = cell("description")
    trn = TRN.search(words)
    trace = trn[1].strip() if trn else cell("trace")
    originator = trn[2].upper() if trn else cell("originator")
    marks = (CLAIMS, *profile.claims)
    is_claim = bool(trn) or any(mark.lower() in words.lower() for mark in marks)
    is_claim = is_claim or bool(profile.trace and trace)
    return Row(
        number=number,
        date=read_day(cell("date"), found.date_shape, profile.date_format),
        cents=to_cents(amount),
        trace=trace,
        originator=originator,
        payer=(cell("payer") or _first_words(words)) if is_claim else "",
        is_claim=is_claim,
        text=_harmless(words) if is_claim else "",
    )


def _harmless(words: str) -> str:
    """The bank's words without numbers: one may be an account's."""
    return " ".join(_NUMBERS.sub("#", TRN.sub("", words)).split())[:120]


def _first_words(words: str) -> str:
    """What stands before the mark of a claim payment: banks begin with who paid."""
    before = re.split(CLAIMS + r"|TRN\s?\*", words, maxsplit=1, flags=re.IGNORECASE)[0]
    kept = _KINDS_OF.sub(" ", before)
    return " ".join(_NUMBERS.sub(" ", kept).split()).strip(" -:/,")[:60]
