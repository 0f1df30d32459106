"""ICD-10-CM code lists: CMS's order file (fixed width), its code file, or one code a line.

The order file has the order number in columns 1-5, the code in 7-13, and in column 15 whether the
code is billable (1) or a heading (0); descriptions are not kept. A list is good for a fiscal year
(October to September) or, of an April update, for its second half. The name tells which:
``icd10cm_order_2026.txt``, ``icd10cm-order-April-2026.txt``; else ``--from`` does.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Importer, Options, Row

_ORDER: Final = re.compile(r"\d{5} ([A-Z]\d[0-9A-Z]{1,5})\s+([01])(?:\s|$)")
_LISTED: Final = re.compile(r"([A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?)(?:\s|,|$)")
_YEAR: Final = re.compile(r"20\d\d")
LAST_MONTH: Final = 9  # of a fiscal year


def _lines(sheet: Sheet) -> list[str]:
    return [line for line in sheet.head if line.strip()]


def _recognise(sheet: Sheet) -> bool:
    head = _lines(sheet)
    if not head or sheet.is_workbook:
        return False
    if all(_ORDER.match(line) for line in head):
        return True
    is_named = re.search(r"icd[-_ ]?10", sheet.name.lower()) is not None
    listed = sum(_LISTED.match(line.strip()) is not None for line in head)
    return is_named and listed >= len(head) - 1  # the first line may be a title


def _edition(sheet: Sheet, options: Options) -> Edition:
    name = sheet.name.lower().rpartition("/")[2]
    year = _YEAR.search(name)
    if options.first is not None:
        first = options.first
    elif year is None:
        raise WrongUsageError(
            f"{sheet.name}: its name does not say which year's codes these are",
            todo="say --from with the first day of the list: --from 2025-10-01",
        )
    elif "apr" in name:
        first = dt.date(int(year[0]), 4, 1)
    else:
        first = dt.date(int(year[0]) - 1, 10, 1)
    fiscal = first.year + (first.month > LAST_MONTH)
    update = f" since {first}" if (first.month, first.day) != (10, 1) else ""
    return Edition(version=f"FY{fiscal}{update}", first=first, last=dt.date(fiscal, LAST_MONTH, 30))


def _rows(sheet: Sheet, faults: Faults) -> Iterator[Row]:
    is_order = all(_ORDER.match(line) for line in _lines(sheet))
    for number, line in enumerate(sheet.lines(), 1):
        if not line.strip():
            continue
        if is_order:
            found = _ORDER.match(line)
            if found is not None:
                yield found[1], int(found[2])
            else:
                faults.add(number, "expected an order number, a code and 0 or 1 in column 15")
            continue
        listed = _LISTED.match(line.strip())
        if listed is not None:
            yield listed[1].replace(".", ""), 1
        elif number > 1:
            faults.add(number, "expected to begin with an ICD-10-CM code")


IMPORTER: Final = Importer(
    kind="diagnosis",
    title="ICD-10-CM diagnosis codes",
    expects="diagnosis codes: icd10cm_order_YYYY.txt from CMS, or a list with one code a line",
    recognise=_recognise,
    edition=_edition,
    rows=_rows,
)
