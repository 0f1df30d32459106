"""What the names of CMS's files tell: whose table it is, which quarter."""

import datetime as dt
import re
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.sheets import Sheet
from claimline.reference.values import Options

TABLE: Final = re.compile(r"medicare|medicaid(:[A-Z]{2})?|own:\S+")
_MEDICAID: Final = re.compile(r"medicaid|(?<![a-z])mcd(?![a-z])")
_MEDICARE: Final = re.compile(r"medicare|(?<![a-z])mcr(?![a-z])|ccipra")
_QUARTERS: Final = (
    re.compile(r"q(?P<q>[1-4])[-_ ]?(?P<y>20\d\d)"),
    re.compile(r"(?P<y>20\d\d)[-_ ]?q(?P<q>[1-4])"),
)
_NCCI: Final = re.compile(r"v(?P<v>\d\d)\.?(?P<q>[0-3])(?P<r>r\d)?(?!\d)")
_DAY: Final = re.compile(r"(?P<m>[01]\d)[-_.](?P<d>[0-3]\d)[-_.](?P<y>20\d\d)")


def checked(table: str) -> str:
    """The table asked for, which may be none.

    Raises:
        WrongUsageError: there is no such table.
    """
    if table and not TABLE.fullmatch(table):
        raise WrongUsageError(
            f"there is no table {table}",
            todo="say --table medicare, medicaid, medicaid:TX (a state) or own:PAYER",
        )
    return table


def whose(sheet: Sheet, options: Options) -> str:
    """medicare, medicaid, medicaid:TX or own:PAYER: as asked for, else as the name says.

    Raises:
        WrongUsageError: neither says, or the two disagree.
    """
    name = sheet.name.lower()
    named = "medicaid" if _MEDICAID.search(name) else "medicare" if _MEDICARE.search(name) else ""
    asked = checked(options.table)
    if asked and named and asked.partition(":")[0] != named and not asked.startswith("own:"):
        raise WrongUsageError(
            f"{sheet.name}: by its name this is the table of {named}, not of {asked}",
            todo="rename the file, or leave --table out",
        )
    if not asked and not named:
        raise WrongUsageError(
            f"{sheet.name}: its name does not say whether it is Medicare's or Medicaid's table",
            todo="say --table medicare or --table medicaid",
        )
    return asked or named


def quarter(sheet: Sheet, options: Options) -> tuple[str, dt.date, dt.date]:
    """Version, first and last day of a quarterly table: from ``--from``, else from the name.

    NCCI's version counts quarters: v320 is the first of 2026, v321 the second.

    Raises:
        WrongUsageError: neither says.
    """
    name = sheet.name.lower()
    version = _NCCI.search(name)
    first = options.first or _first_day(name)
    if first is None and version:
        first = dt.date(1994 + int(version["v"]), 3 * int(version["q"]) + 1, 1)
    if first is None:
        raise WrongUsageError(
            f"{sheet.name}: its name does not say from which day the table is good",
            todo="say --from with the first day of its quarter: --from 2026-04-01",
        )
    told = f"v{version['v']}{version['q']}{version['r'] or ''}" if version else first.isoformat()
    return told, first, quarter_end(first)


def _first_day(name: str) -> dt.date | None:
    for pattern in _QUARTERS:
        if found := pattern.search(name):
            return dt.date(int(found["y"]), 3 * int(found["q"]) - 2, 1)
    if found := _DAY.search(name):
        try:
            return dt.date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            return None
    return None


def quarter_end(day: dt.date) -> dt.date:
    """The last day of the quarter."""
    last_month = (day.month + 2) // 3 * 3
    following = dt.date(day.year + last_month // 12, last_month % 12 + 1, 1)
    return following - dt.timedelta(days=1)
