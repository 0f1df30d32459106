"""CMS's relative value file of the physician fee schedule (PPRRVU), CSV or fixed width.

CSV: some lines of titles, a header whose words stand in several rows, then 31 columns. Text: lines
of 173 characters and more, the header's begin with ``HDR``; positions by CMS's record layout
(RVU25D). Rows of a code with a modifier (26, TC, 53) are not for therapy and are left out.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.importers.ptp import code
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Importer, Options, Row

QUALIFYING: Final = "qualifying"  # the table of qualifying APM participants, from 2026 on
MULTIPLE: Final = "5"  # multiple procedure indicator: the therapy reduction applies
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_NAMED: Final = re.compile(r"pprrvu[-_ ]?(20)?(?P<y>\d\d)[-_ ]*(?P<m>[a-z]{3})?")
_TITLE: Final = re.compile(r"\b(?P<y>20\d\d) national physician fee schedule")
_RELEASE: Final = re.compile(r"\b(?P<m>[a-z]{3})[a-z]* release")
# Columns of the CSV, and the same as 1-based first and last characters of the fixed width text.
_CSV: Final = (0, 1, 3, 5, 6, 10, 18, 24)
_TEXT: Final = (
    (1, 5), (6, 7), (58, 58), (60, 65), (67, 72), (85, 89), (116, 116), (133, 140),
)  # fmt: skip
_LEAST_COLUMNS: Final = 25
_LEAST_TEXT: Final = 140
_NAMES: Final = ("work RVU", "practice expense RVU", "malpractice RVU")


def _is_text(sheet: Sheet) -> bool:
    """Whether it is the fixed width file."""
    return any(line.startswith("HDR") for line in sheet.head)


def _recognise(sheet: Sheet) -> bool:
    head = " ".join(sheet.head).lower()
    return _is_text(sheet) or all(word in head for word in ("hcpcs", "rvu", "conv", "mult"))


def _edition(sheet: Sheet, options: Options) -> Edition:
    first = options.first or _first_day(sheet)
    if first is None:
        raise WrongUsageError(
            f"{sheet.name}: neither its name nor its title says from which day the values are good",
            todo="say --from with the first day: --from 2026-01-01",
        )
    named = re.sub(r"^pprrvu[-_ ]?|\.[a-z]+$", "", sheet.name, flags=re.IGNORECASE)
    return Edition(
        table=QUALIFYING if _is_qualifying(sheet.name) else "",
        version=named,
        first=first,
        last=dt.date(first.year, 12, 31),
    )


def _is_qualifying(name: str) -> bool:
    small = name.lower().replace("-", "").replace("_", "")
    return "qp" in small and "nonqp" not in small


def _first_day(sheet: Sheet) -> dt.date | None:
    """The first day of the month in the name, else of the release in the title."""
    found = _NAMED.search(sheet.name.lower())
    if found and found["m"] in _MONTHS:
        return dt.date(2000 + int(found["y"]), _MONTHS.index(found["m"]) + 1, 1)
    title = " ".join(sheet.head).lower()
    year, month = _TITLE.search(title), _RELEASE.search(title)
    if year and month and month["m"] in _MONTHS:
        return dt.date(int(year["y"]), _MONTHS.index(month["m"]) + 1, 1)
    return None


def _rows(sheet: Sheet, faults: Faults) -> Iterator[Row]:
    read = _of_text(sheet) if _is_text(sheet) else _of_csv(sheet)
    started = False
    for number, cells in read:
        name, modifier, status, *values, multiple, factor = cells
        if not code(name):
            if started and any(cells):
                faults.add(number, f"{name[:12]!r} is no code of five characters")
            continue
        amounts = [_value(cell) for cell in values]
        wrong = [_NAMES[n] for n, found in enumerate(amounts) if found is None]
        if not wrong and _value(factor) is None:
            wrong.append("conversion factor")
        if len(status) != 1:
            wrong.append("status code")
        if wrong:
            if started:
                faults.add(number, f"{name}: {', '.join(wrong)} cannot be read")
            continue
        started = True
        if not modifier:
            yield code(name), status.upper(), *amounts, int(multiple == MULTIPLE), _value(factor)


def _of_csv(sheet: Sheet) -> Iterator[tuple[int, Sequence[str]]]:
    for number, cells in enumerate(sheet.cells(","), 1):
        if len(cells) >= _LEAST_COLUMNS:
            yield number, [cells[n].strip() for n in _CSV]
        elif any(cells) and code(cells[0].strip()):
            yield number, [cells[0].strip(), *[""] * (len(_CSV) - 1)]


def _of_text(sheet: Sheet) -> Iterator[tuple[int, Sequence[str]]]:
    for number, line in enumerate(sheet.lines(), 1):
        if line.startswith("HDR") or not line.strip():
            continue
        cells = [line[first - 1 : last].strip() for first, last in _TEXT]
        yield number, cells if len(line) >= _LEAST_TEXT else [cells[0], *[""] * (len(_TEXT) - 1)]


def _value(cell: str) -> str | None:
    """A value as CMS writes it, as text; ``None`` where it is none."""
    if not cell:
        return None
    try:
        found = Decimal(cell)
    except InvalidOperation:
        return None
    return str(found) if found.is_finite() and found >= 0 else None


IMPORTER: Final = Importer(
    kind="fee",
    title="relative values of the physician fee schedule (PPRRVU)",
    expects="relative values: PPRRVU2026_Jan_nonQPP.csv or .txt from CMS's RVU zip",
    recognise=_recognise,
    edition=_edition,
    rows=_rows,
)
