"""What the environment and the clock say. Read here and nowhere else.

``CLAIMLINE_LEDGER`` the ledger's URL or file, ``CLAIMLINE_TABLES`` the file of imported reference
tables, ``CLAIMLINE_NOW`` a moment the clock stands at (to practise with old files; makes test files
only), ``CLAIMLINE_DEBUG`` 1 for the place of an internal error, ``CLAIMLINE_LOG`` a level
(``info``, ``debug``) for structured logs on standard error, ``COLUMNS`` the width of tables where
there is no terminal.
"""

import datetime as dt
import getpass
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from claimline.errors import WrongUsageError

LEDGER_VARIABLE: Final = "CLAIMLINE_LEDGER"
TABLES_VARIABLE: Final = "CLAIMLINE_TABLES"
NOW_VARIABLE: Final = "CLAIMLINE_NOW"
DEBUG_VARIABLE: Final = "CLAIMLINE_DEBUG"
LOG_VARIABLE: Final = "CLAIMLINE_LOG"


def debug() -> bool:
    """Whether internal errors tell their type and place."""
    return os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}


def log_level() -> str:
    """The level of structured logs, empty for none."""
    return os.environ.get(LOG_VARIABLE, "").lower()


def columns() -> int:
    """How wide a table may be where there is no terminal, as ``COLUMNS`` says; 0: it does not."""
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def ledger_url(given: str = "", *, make_folder: bool = False) -> str:
    """The ledger's URL: as given, else ``CLAIMLINE_LEDGER``, else a file in the user's data folder.

    A plain path is taken as an SQLite file. ``make_folder`` makes the data folder where that is
    used; no other folder is ever made: a mistyped path shall not become a second ledger.
    """
    text = given or os.environ.get(LEDGER_VARIABLE, "")
    if "://" in text:
        return text
    path = Path(text).expanduser().absolute() if text else default_ledger_path()
    if make_folder and not text:
        with suppress(OSError):  # opening the ledger tells what is wrong
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def make_data_folder(url: str) -> None:
    """Make the user's data folder, where that is the ledger's place."""
    if url == f"sqlite:///{default_ledger_path()}":
        with suppress(OSError):  # opening the ledger tells what is wrong
            default_ledger_path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def default_ledger_path() -> Path:
    """The SQLite file used where no ledger is named."""
    from platformdirs import user_data_path

    return user_data_path("claimline", appauthor=False) / "ledger.sqlite3"


def tables_path(given: str = "", *, make_folder: bool = False) -> Path:
    """The file of imported reference tables: as given, else ``CLAIMLINE_TABLES``, else the user's.

    ``make_folder`` makes the data folder where that is used, and no other.
    """
    text = given or os.environ.get(TABLES_VARIABLE, "")
    if text:
        return Path(text).expanduser().absolute()
    path = default_ledger_path().with_name("tables.sqlite3")
    if make_folder:
        with suppress(OSError):  # opening the file tells what is wrong
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def user() -> str:
    """Who runs this, for the record of who decided and who looked; "unknown" where nobody says."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user on this machine, as in a bare container
        return "unknown"


def now() -> dt.datetime:
    """The clock, with its time zone; what ``CLAIMLINE_NOW`` says, where it says something.

    Raises:
        WrongUsageError: it says no moment.
    """
    said = os.environ.get(NOW_VARIABLE, "")
    if not said:
        return dt.datetime.now(dt.UTC).astimezone()
    try:
        moment = dt.datetime.fromisoformat(said)
    except ValueError:
        raise WrongUsageError(
            f"{NOW_VARIABLE} is no moment",
            todo=f"{NOW_VARIABLE}=2026-04-01T12:00:00+00:00, or unset it",
        ) from None
    return moment if moment.tzinfo else moment.astimezone()


def clock_stands() -> bool:
    """Whether ``CLAIMLINE_NOW`` sets the clock."""
    return bool(os.environ.get(NOW_VARIABLE))


def today() -> dt.date:
    """The day it is here."""
    return now().date()
