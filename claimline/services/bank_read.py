"""Deposits in a bank's file: CSV with columns of any names, or a Nacha file with CCD+ addenda.

Account numbers are left out where they stand: nothing of them is kept in a row, shown or logged.
Of deposits that say nothing of a claim payment only day and amount are kept: their words may name
a patient. Positions in Nacha records are those of the Nacha Operating Rules, appendix three; the
TRN segment rides in the addenda as CAQH CORE 370 asks.
"""

import codecs
import datetime as dt
import re
import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import field, frozen

from claimline.errors import WrongUsageError
from claimline.services import bank_lines, bank_nacha
from claimline.services.bank_cells import check_day, check_number, day_in, read_amount, read_day
from claimline.services.bank_columns import MARK, Columns, columns
from claimline.services.bank_nacha import CLAIMS, TRN
from mapping.structure import Reader, shown
from reconcile.ledger.convert import to_cents
from reconcile.ledger.deposits import Row

_NUMBERS: Final = re.compile(r"[0-9xX*#-]*\d[0-9xX*#-]{3,}")
_COMPANY: Final = re.compile(r"ORIG CO NAME:(.*?)\s+ORIG ID:", re.IGNORECASE)
_KINDS_OF: Final = re.compile(
    r"\b(ORIG CO NAME|RETURN(?:ED)?|REVERSAL|DES|ACH|EFT|CREDIT|DEPOSIT|CCD|PREAUTHORIZED"
    r"|ELECTRONIC)\b",
    re.IGNORECASE,
)
DEBITS: Final = frozenset({"debit", "dr", "d", "withdrawal"})  # in the column of the kind


@frozen(kw_only=True)
class Profile:
    """How a bank writes its CSV: a column for each thing, by name. Empty: found by usual names."""

    date: str = ""
    amount: str = ""
    debit: str = ""  # where withdrawals have a column of their own
    description: tuple[str, ...] = ()
    trace: str = ""
    originator: str = ""
    payer: str = ""
    kind: str = ""  # says which rows are debits
    date_format: str = ""  # as %m/%d/%Y
    day_first: bool = False  # 4/5/2026 is the fourth of May
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


def read(
    name: str, text: str, profile: Profile | None = None, *, today: dt.date | None = None
) -> Read:
    """The deposits of a file, and what was taken back of claim payments (below zero).

    Args:
        name: of the file.
        text: its content.
        profile: of the bank; none: all is found.
        today: days far beyond it are not believed; None: any day is.

    Raises:
        WrongUsageError: it is neither, or its columns cannot be told.
    """
    plain = text.lstrip("\ufeff\r\n")
    bank_lines.check_kind(name, plain)
    if bank_nacha.is_nacha(plain) and not (profile and profile.date):
        found = bank_nacha.read(name, plain, today)
        return Read(
            kind="Nacha",
            rows=found.rows,
            passed=found.passed,
            faults=found.faults,
        )
    return _table(name, plain, profile or Profile(), today)


# --- CSV ---


def _table(name: str, text: str, profile: Profile, today: dt.date | None) -> Read:
    numbered, broken = bank_lines.table(text, profile.delimiter, profile.skip_lines)
    if not _is_named(profile) and numbered:
        bank_lines.check_heading(name, numbered[0][1])
    found = columns(name, [cells for _, cells in numbered], profile)
    rows: list[Row] = []
    faults = list(broken)
    passed = 0
    for number, cells in numbered[found.header :]:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            made = _row(number, cells, found, profile, today)
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


def _is_named(profile: Profile) -> bool:
    return bool(profile.date and profile.amount)


def _row(
    number: int, cells: Sequence[str], found: Columns, profile: Profile, today: dt.date | None
) -> Row | None:
    """A deposit, or a debit that names a claim payment (it is taken back); None for what is none.

    Raises:
        ValueError: a date or an amount that cannot be read, or a row with lost cells.
    """

    def cell(key: str) -> str:
        parts = (cells[n].strip() for n in found.places[key] if n < len(cells))
        return " ".join(part for part in parts if part)

    _check_cells(cells, found)
    words = cell("description")
    trn = TRN.search(words)
    trace = trn[1].strip() if trn else cell("trace")
    is_claim = bool(trn) or any(mark.lower() in words.lower() for mark in (CLAIMS, *profile.claims))
    amount = _amount(cell, is_return=is_claim and bool(trace))
    if not amount:
        return None
    is_claim = is_claim or bool(profile.trace and trace)
    day = _day(cell("date"), found.date_shape, profile)
    return Row(
        number=number,
        date=check_day(day, today),
        cents=to_cents(amount),
        trace=check_number(trace),
        originator=trn[2].upper() if trn else cell("originator"),
        payer=(cell("payer") or _first_words(words)) if is_claim else "",
        is_claim=is_claim,
        text=_harmless(words) if is_claim else "",
    )


def _day(cell: str, shape: str, profile: Profile) -> dt.date:
    """The day of a row; as the profile says, then in no other way.

    Raises:
        ValueError: it cannot be read.
    """
    if profile.day_first and not profile.date_format:
        return read_day(day_in(cell), shape, shape)
    return read_day(cell, shape, profile.date_format)


def _amount(cell: Callable[[str], str], *, is_return: bool) -> Decimal | None:
    """What came; below zero what was taken back; None where nothing of the two is.

    Debits stand with a sign, in a column of their own, or are told by the column of the kind.
    """
    is_debit = cell("kind").lower() in DEBITS
    if is_debit and not is_return:
        return None  # its amount is nobody's business
    came = read_amount(cell("amount")) if cell("amount") else Decimal(0)
    if not came and is_return and cell("debit"):
        came = -abs(read_amount(cell("debit")))
    if is_debit:
        came = -abs(came)
    return came if came > 0 or is_return else None


def _check_cells(cells: Sequence[str], found: Columns) -> None:
    """Refuse a row of which cells are lost, or text ran into further ones.

    Raises:
        ValueError: as said.
    """
    if not found.names:
        return
    needed = 1 + max(n for key in ("date", "amount", "description") for n in found.places[key])
    [at] = found.places["date"]
    is_row = at < len(cells) and any(sign.isdigit() for sign in cells[at])
    if is_row or any(MARK.search(cell) for cell in cells):
        bank_lines.check_width(cells, needed, len(found.names))


def _harmless(words: str) -> str:
    """The bank's words without numbers: one may be an account's."""
    return " ".join(_NUMBERS.sub("#", TRN.sub("", words)).split())[:120]


def _first_words(words: str) -> str:
    """What stands before the mark of a claim payment: banks begin with who paid."""
    company = _COMPANY.search(words)  # as one large bank writes it, before much else
    parts = re.split(CLAIMS + r"|TRN\s?\*", words, maxsplit=1, flags=re.IGNORECASE)
    before = company[1] if company else parts[0]
    kept = _KINDS_OF.sub(" ", before)
    return " ".join(_NUMBERS.sub(" ", kept).split()).strip(" -:/,")[:60]
