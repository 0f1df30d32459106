"""Alembic's entry: runs the migrations on the connection given by ``reconcile.ledger.migrate``."""

from alembic import context

from reconcile.ledger import tables_answered, tables_journal, tables_received
from reconcile.ledger.columns import metadata

assert tables_received.remittance.metadata is metadata
assert tables_journal.journal.metadata is metadata
assert tables_answered.acknowledgement.metadata is metadata
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
