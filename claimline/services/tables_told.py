"""What a person should know of the reference tables a run decides by: once per run."""

import datetime as dt
from collections.abc import Iterator

from claimline.reference.lookup import Tables, open_tables
from mapping import limits, pairs
from mapping.practice import Practice
from mapping.starter import Starter


def tables_told(
    path: str, practice: Practice, day: dt.date, oldest: dt.date | None = None
) -> tuple[str, ...]:
    """Starter tables that serve for want of an imported one, parts and quarters that are missing.

    ``day``: the newest day of service, ``oldest`` the first one, where they differ.

    Raises:
        CommandError: the file is no database of reference tables.
    """
    tables = open_tables(path)
    try:
        return (
            *_told(tables if isinstance(tables, Tables) else None, practice, day),
            *_unlimited(tables, practice, oldest or day),
        )
    finally:
        if isinstance(tables, Tables):
            tables.close()


def _told(tables: Tables | None, practice: Practice, day: dt.date) -> Iterator[str]:
    lacking = {
        pairs.VERSION: _wanted("ncci", practice, day) - _there("ptp", tables),
        limits.VERSION: _wanted("mue", practice, day) - _there("mue", tables),
    }
    starter = [version for version, whose in lacking.items() if whose]
    if starter:
        whose = sorted({name.capitalize() for some in lacking.values() for name in some})
        named = f" for {' and '.join(whose)}" if tables is not None else ""
        verb = "decides" if len(starter) == 1 else "decide"
        yield f"No table of CMS is imported{named}: {' and '.join(starter)} {verb}."
    if tables is not None:
        yield from tables.gaps(day)


def _unlimited(tables: Tables | Starter, practice: Practice, day: dt.date) -> Iterator[str]:
    """That a day is before all tables of unit limits: nothing is found there, and none looked."""
    for whose in sorted(_wanted("mue", practice, day)):
        if not tables.version("mue", whose, day):
            yield (
                f"No table of unit limits ({whose.capitalize()}) speaks of {day}: units on such "
                "days were not checked against one. Import the MUE file of that quarter."
            )


def _wanted(key: str, practice: Practice, day: dt.date) -> set[str]:
    """CMS's tables that the payers' policies of the day name."""
    named = {getattr(practice.policy(payer, day), key) for payer in practice.payers}
    return named & {"medicare", "medicaid"}


def _there(kind: str, tables: Tables | None) -> set[str]:
    return set() if tables is None else tables.imported(kind)
