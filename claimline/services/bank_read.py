"""Deposits in a bank's file: CSV with columns of any names, or a Nacha file with CCD+ addenda.

Account numbers are left out where they stand: nothing of them is kept in a row, shown or logged.
Of deposits that say nothing of a claim payment only day and amount are kept: their words may name
a patient. Positions in Nacha records are those of the Nacha Operating Rules, appendix three; the
TRN segment rides in the addenda as CAQH CORE 370 asks.
"""

import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import field, frozen

from claimline.errors import WrongUsageError
from edi.elements import money
from mapping.structure import Reader, shown
from reconcile.ledger.convert import to_cents
from reconcile.ledger.deposits import Row

TRN: Final = re.compile(
    r"TRN\s?\*\s?1\s?\*\s?([^*~\\]{1,50}?)\s?\*\s?([0-9A-Z]{10})", re.IGNORECASE
)
CLAIMS: Final = "HCCLAIMPMT"  # company entry description of a health care EFT (Nacha, CORE 370)
_NUMBERS: Final = re.compile(r"[0-9xX*#-]*\d[0-9xX*#-]{3,}")
_KINDS_OF: Final = re.compile(
    r"\b(ACH|EFT|CREDIT|DEPOSIT|CCD|PREAUTHORIZED|ELECTRONIC)\b", re.IGNORECASE
)
_RECORD: Final = 94
_CREDITS: Final = frozenset({"22", "32"})  # to a checking or a savings account
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": (
        "date", "posting date", "posted date", "post date", "transaction date", "effective date",
        "value date", "deposit date", "settlement date",
    ),
    "amount": (
        "amount", "credit", "credit amount", "credits", "deposit", "deposits", "deposit amount",
        "paid in",
    ),
    "description": (
        "description", "details", "memo", "transaction description", "narrative", "text",
        "addenda", "addenda information", "payment related information",
    ),
    "trace": ("trace", "trace number", "trn", "trn02", "payment trace", "eft number"),
    "originator": ("originator", "originator id", "company id", "trn03", "payer id"),
    "kind": (
        "type", "transaction type", "debit/credit", "credit/debit", "debit or credit",
        "credit or debit", "dr/cr", "cr/dr", "debit/credit indicator", "credit debit indicator",
    ),
    "payer": ("payer", "payer name", "originator name", "company name", "company"),
}  # fmt: skip
DEBITS: Final = frozenset({"debit", "dr", "d", "withdrawal"})  # in the column of the kind
_SHAPES: Final = ("%m/%d/%Y", "%Y-%m-%d", "%m/%d/%y", "%Y%m%d", "%m-%d-%Y", "%d-%b-%Y")


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


def read(name: str, text: str, profile: Profile | None = None) -> Read:
    """The deposits of a file.

    Raises:
        WrongUsageError: it is neither, or its columns cannot be told.
    """
    if text.startswith("101 ") and not (profile and profile.date):
        return _nacha(name, text)
    return _table(name, text, profile or Profile())


# --- CSV ---


def _table(name: str, text: str, profile: Profile) -> Read:
    lines = text.lstrip("\ufeff").splitlines()[profile.skip_lines :]
    first = lines[0] if lines else ""
    delimiter = profile.delimiter or max(",;\t|", key=first.count)
    table = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    header = [cell.strip() for cell in next(table, [])]
    places = _places(name, header, profile)
    rows: list[Row] = []
    faults: list[str] = []
    passed = 0
    for number, cells in enumerate(table, profile.skip_lines + 2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            made = _row(number, cells, places, profile)
        except ValueError as error:
            faults.append(f"row {number}: {error}")
            continue
        if made is None:
            passed += 1
        else:
            rows.append(made)
    return Read(kind="CSV", rows=tuple(rows), passed=passed, faults=tuple(faults))


_Places = Mapping[str, tuple[int, ...]]


def _places(name: str, header: Sequence[str], profile: Profile) -> _Places:
    """The column of each thing.

    Raises:
        WrongUsageError: a column that the profile names is not there, or date or amount are not.
    """
    known = {cell.lower(): n for n, cell in reversed(list(enumerate(header)))}
    places: dict[str, tuple[int, ...]] = {}
    for key, usual in HEADERS.items():
        said = getattr(profile, key)
        named = (said,) if isinstance(said, str) and said else said or ()
        missing = [one for one in named if one.lower() not in known]
        if missing:
            raise WrongUsageError(
                f"{name} has no column {missing[0]!r}", todo="mend the profile: " + key
            )
        found = [known[one.lower()] for one in named or usual if one.lower() in known]
        places[key] = tuple(sorted(found) if key == "description" else found[:1])
    for key in ("date", "amount"):
        if not places[key]:
            raise WrongUsageError(
                f"{name}: no column is the {key} of a deposit",
                todo=f'name it in a profile: {key} = "..."; --profile bank.toml',
            )
    return places


def _row(number: int, cells: Sequence[str], places: _Places, profile: Profile) -> Row | None:
    """A deposit; None for what is none.

    Raises:
        ValueError: a date or an amount that cannot be read.
    """

    def cell(key: str) -> str:
        parts = (cells[n].strip() for n in places[key] if n < len(cells))
        return " ".join(part for part in parts if part)

    if not cell("amount") or cell("kind").lower() in DEBITS:
        return None  # a withdrawal, which often stands in another column
    amount = _amount(cell("amount"))
    if amount <= 0:
        return None
    words = cell("description")
    found = TRN.search(words)
    trace = found[1].strip() if found else cell("trace")
    originator = found[2].upper() if found else cell("originator")
    marks = (CLAIMS, *profile.claims)
    is_claim = bool(found) or any(mark.lower() in words.lower() for mark in marks)
    is_claim = is_claim or bool(profile.trace and trace)
    return Row(
        number=number,
        date=_date(cell("date"), profile.date_format),
        cents=to_cents(amount),
        trace=trace,
        originator=originator,
        payer=(cell("payer") or _first_words(words)) if is_claim else "",
        is_claim=is_claim,
        text=_harmless(words) if is_claim else "",
    )


def _amount(text: str) -> Decimal:
    """Dollars as banks write them: 1,234.50, (1,234.50), $1,234.50, 1,234.50-."""
    plain = text.replace("$", "").replace(",", "").replace(" ", "").replace("+", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    try:
        return money(plain)
    except ValueError:
        raise ValueError("the amount cannot be read") from None


def _date(text: str, shape: str) -> dt.date:
    for one in (shape,) if shape else _SHAPES:
        try:
            written = text if shape else text[:11].strip()  # without a time of day
            return dt.datetime.strptime(written, one).replace(tzinfo=dt.UTC).date()
        except ValueError:  # written in another way
            continue
    raise ValueError("the date cannot be read; say date_format in a profile")


def _harmless(words: str) -> str:
    """The bank's words without numbers: one may be an account's."""
    return " ".join(_NUMBERS.sub("#", TRN.sub("", words)).split())[:120]


def _first_words(words: str) -> str:
    """What stands before the mark of a claim payment: banks begin with who paid."""
    before = re.split(CLAIMS + r"|TRN\s?\*", words, maxsplit=1, flags=re.IGNORECASE)[0]
    kept = _KINDS_OF.sub(" ", before)
    return " ".join(_NUMBERS.sub(" ", kept).split()).strip(" -:/,")[:60]


# --- Nacha ---


def _nacha(name: str, text: str) -> Read:
    """Records 5 (batch), 6 (entry) and 7 (addenda) of a Nacha file.

    Raises:
        WrongUsageError: it holds no record of an entry.
    """
    rows: list[Row] = []
    faults: list[str] = []
    entries = list(_entries(text))
    for number, batch, entry, addenda in entries:
        try:
            made = _entry(number, batch, entry, addenda)
        except ValueError as error:
            faults.append(f"record {number}: {error}")
            continue
        rows += [made] if made else []
    if not entries:
        raise WrongUsageError(f"{name}: no entry stands in this Nacha file")
    passed = len(entries) - len(rows) - len(faults)
    return Read(kind="Nacha", rows=tuple(rows), passed=passed, faults=tuple(faults))


def _entries(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Each entry: its record's number, its batch, itself, and its addenda joined."""
    batch, entry, addenda, number = "", "", "", 0
    for n, record in enumerate(_records(text), 1):
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
    if entry[1:3] not in _CREDITS:
        return None
    digits = entry[29:39].strip()
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("the amount cannot be read")
    if int(digits) == 0:
        return None
    found = TRN.search(addenda)
    description = batch[53:63].strip()
    company = batch[40:50].strip()
    is_claim = bool(found) or description.upper() == CLAIMS
    return Row(
        number=number,
        date=_date(batch[69:75].strip(), "%y%m%d"),
        cents=int(digits),
        trace=found[1].strip() if found else "",
        originator=found[2].upper() if found else company if is_claim else "",
        payer=batch[4:20].strip() if is_claim else "",
        is_claim=is_claim,
        text=description if is_claim else "",
    )
