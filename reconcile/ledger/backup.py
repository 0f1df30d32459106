"""A complete copy of the ledger while others read and write it."""

from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from reconcile.ledger import connect
from reconcile.ledger.errors import LedgerError


def backup_ledger(url: str, path: Path) -> None:
    """Copy a ledger of any version to a new SQLite file, readable by its owner only.

    Raises:
        LedgerDamaged: where the ledger is damaged; nothing is copied then.
        LedgerMissing: where there is no ledger.
        LedgerError: where the new file is there already, or the ledger is not SQLite.
    """
    place = connect.parse(url)
    source_path = connect.sqlite_path(place)
    if source_path is None:
        raise LedgerError(
            "Only an SQLite ledger in a file is copied by this command.",
            "Use the database's own tools.",
        )
    if not source_path.exists():
        raise connect.missing(place)
    if path.exists():
        raise LedgerError(f"{path} is there already; nothing was copied.", "Name a new file.")
    target_place = URL.create("sqlite", database=str(path))
    source, target = connect.make_engine(place), create_engine(target_place)
    try:
        connect.version_of(source)
        with connect.told(place), source.connect() as here:
            connect.check_whole(here, place)
        connect.make_private(path, target_place)
        with connect.told(place), source.connect() as here, target.connect() as there:
            driver = here.connection.driver_connection
            assert driver is not None
            driver.backup(there.connection.driver_connection)
    finally:
        source.dispose()
        target.dispose()
