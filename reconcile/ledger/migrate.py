"""Making and upgrading the schema with Alembic; the migrations travel with the package."""

from importlib import resources

from sqlalchemy import Connection, Engine, inspect

from reconcile.ledger import journal, named, postgresql, states, tables_answered, tables_received
from reconcile.ledger.columns import metadata
from reconcile.ledger.connect import HEAD, told
from reconcile.ledger.tables_journal import journal as journal_table


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Bring the database to that migration, in one transaction. The newest by default.

    The states of the claims are derived, and made anew with it. Where there was no journal of facts
    yet, it begins with the facts as they are. An empty database gets the newest tables at once.
    """
    from alembic import command  # noqa: PLC0415 - takes 0.2 s, needed once in a ledger's life
    from alembic.config import Config  # noqa: PLC0415 - as above

    with resources.as_file(resources.files("reconcile.ledger") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        writing = engine.execution_options(claimline_writing=True)
        with told(engine.url), writing.begin() as connection:
            config.attributes["connection"] = connection
            tables = inspect(connection).get_table_names()
            if revision == HEAD and not tables:
                _make(connection)
                command.stamp(config, HEAD)
            else:
                command.upgrade(config, revision)
            if revision == HEAD and tables:  # an older one does not have all its tables
                named.fill(connection)
                states.fill(connection)
                if journal_table.name not in tables:
                    journal.seal(connection)
            if connection.dialect.name == postgresql.NAME:
                postgresql.bytewise(connection, inspect(connection))


def _make(connection: Connection) -> None:
    """All tables of this version, in an empty database."""
    assert tables_received.remittance.metadata is metadata
    assert tables_answered.acknowledgement.metadata is metadata
    assert journal_table.metadata is metadata
    metadata.create_all(connection, checkfirst=False)
