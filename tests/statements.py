"""Statements compiled once in a run of the tests, not once for each of its thousand ledgers.

SQLAlchemy keeps compiled statements by engine and dialect. Each ledger has an engine of its own,
and half of a test's time went into compiling the same statements again.
"""

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

MOST = 4000  # statements

_compiled: LRUCache[object, object] = LRUCache(MOST)


def share() -> None:
    """Have all engines of one kind share what they compile."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign,assignment]  # see above
        dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]  # as above
    Engine._compiled_cache = property(lambda _: _compiled, lambda _, __: None)  # type: ignore[assignment]  # as above
