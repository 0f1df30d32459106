"""The ledger's journal: by it a fact that was changed, removed or put in later is found.

One row of ``journal`` for each transaction that recorded facts; its digest is over the one before
it and over the marks of all rows recorded with it, so that none can be changed alone.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from reconcile.ledger.columns import Number, code, metadata, row_number, to, words

journal = Table(
    "journal",
    metadata,
    row_number(),
    to("run", required=False),  # none: what an upgrade or a copy found there
    code("recorded_at", 20),
    Column("previous", String(64), nullable=False),  # digest of the entry before; empty: the first
    Column("digest", String(64), nullable=False),  # SHA-256, see ``reconcile.ledger.journal``
)

journal_part = Table(  # of an entry: the rows of one table
    "journal_part",
    metadata,
    Column("journal_id", Number, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the entry, from 1
    code("table", 40),
    words("columns"),  # JSON: names of those the marks are over
    words("rows"),  # JSON: [[first, count], ...] of whole numbers; else each key
    Column("marks", LargeBinary, nullable=False),  # 8 bytes for each row, in the order of the keys
    Index(None, "table"),
)
