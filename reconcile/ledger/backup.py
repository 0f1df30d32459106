"""A complete copy of the ledger while others read and write it: always an SQLite file."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, MetaData, Table, create_engine, select
from sqlalchemy.engine import URL

from reconcile.ledger import bulk, connect, migrate
from reconcile.ledger.columns import metadata
from reconcile.ledger.errors import LedgerError

_ROWS_AT_ONCE: Final = 5000


def backup_ledger(url: str, path: Path) -> None:
    """Copy a ledger to a new SQLite file, readable by its owner only.

    An SQLite ledger of any version is copied page by page; one in PostgreSQL, of this version or
    an older one, table by table from one snapshot.

    Raises:
        LedgerDamaged: where the ledger is damaged; nothing is copied then.
        LedgerMissing, LedgerNewer: as they say.
        LedgerError: where the new file is there already.
    """
    place = connect.parse(url)
    source_path = connect.sqlite_path(place)
    if source_path is not None and not source_path.exists():
        raise connect.missing(place)
    if path.exists():
        raise LedgerError(f"{path} is there already; nothing was copied.", "Name a new file.")
    source = connect.make_engine(place)
    try:
        version = connect.version_of(source)
        if source_path is not None:
            _copy_pages(source, path)
            return
        if version not in connect.KNOWN:
            connect.check_version(source)
        _copy_rows(source, path, version)
    finally:
        source.dispose()


def _copy_pages(source: Engine, path: Path) -> None:
    target_place = URL.create("sqlite", database=str(path))
    target = create_engine(target_place)
    try:
        with connect.told(source.url), source.connect() as here:
            connect.check_whole(here, source.url)
        connect.make_private(path, target_place)
        with connect.told(source.url), source.connect() as here, target.connect() as there:
            driver = here.connection.driver_connection
            assert driver is not None
            driver.backup(there.connection.driver_connection)
    finally:
        target.dispose()


def _tables(target: Engine, version: str) -> list[Table]:
    """The tables of a ledger of that version, parents first."""
    if version == connect.HEAD:
        return metadata.sorted_tables
    found = MetaData()
    found.reflect(target)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _copy_rows(source: Engine, path: Path, version: str) -> None:
    target_place = URL.create("sqlite", database=str(path))
    connect.make_private(path, target_place)
    target = connect.make_engine(target_place)
    try:
        migrate.upgrade(target, version)
        writing = target.execution_options(**{connect.WRITING: True})
        with (
            connect.told(source.url),
            source.connect() as here,
            connect.told(target_place),
            writing.begin() as there,
        ):
            for table in _tables(target, version):
                found = here.execute(
                    select(table)
                    .execution_options(yield_per=_ROWS_AT_ONCE)
                    .order_by(*table.primary_key)
                )
                for rows in found.partitions():
                    bulk.insert(there, table, [tuple(row) for row in rows])
    except BaseException:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        raise
    finally:
        target.dispose()
