"""A complete copy of the ledger while others read and write it."""

from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL

from reconcile.ledger import connect
from reconcile.ledger.errors import LedgerError


def backup(engine: Engine, path: Path) -> None:
    """Copy the ledger to a new SQLite file, readable by its owner only.

    Raises:
        LedgerError: where the file is there already, or the ledger is not SQLite.
    """
    if engine.url.get_backend_name() != "sqlite":
        raise LedgerError(
            "Only an SQLite ledger is copied by this command.", "Use the database's own tools."
        )
    if path.exists():
        raise LedgerError(f"{path} is there already; nothing was copied.", "Name a new file.")
    place = URL.create("sqlite", database=str(path))
    connect.make_private(path, place)
    with connect.told(engine.url), engine.connect() as source:
        copy = create_engine(place)
        with copy.connect() as target:
            driver = source.connection.driver_connection
            assert driver is not None
            driver.backup(target.connection.driver_connection)
        copy.dispose()
