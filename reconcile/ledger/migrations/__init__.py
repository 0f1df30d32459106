"""The schema, step by step. Run by Alembic through ``reconcile.ledger.migrate``."""
