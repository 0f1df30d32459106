"""The words the tables are written in: kinds of columns, the same in SQLite and PostgreSQL."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Text

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

OF: Final = "of"  # in a column's ``info``: the table it names a row of, where that is not checked
Number: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER only


def row_number() -> Column[int]:
    """The primary key, given by the one writer there is."""
    return Column("id", Number, primary_key=True, autoincrement=False)


def to(table: str, *, required: bool = True) -> Column[int]:
    """A reference to a row of that table."""
    return Column(f"{table}_id", Number, ForeignKey(f"{table}.id"), nullable=not required)


def key_to(table: str) -> Column[int]:
    """A reference that is, or is part of, the primary key."""
    return Column(
        f"{table}_id", Number, ForeignKey(f"{table}.id"), primary_key=True, autoincrement=False
    )


def of(table: str, *, required: bool = True) -> Column[int]:
    """As ``to``, in a derived table of a row for each answer or line: the database does not check.

    A check is a look-up for each row, which takes PostgreSQL longer than the row itself. What these
    tables hold is made anew from the facts at will, and the proof looks for rows without their
    parent (``reconcile.ledger.orphans``).
    """
    return Column(f"{table}_id", Number, nullable=not required, info={OF: table})


def key_of(table: str) -> Column[int]:
    """As ``key_to``, not checked: see ``of``."""
    return Column(f"{table}_id", Number, primary_key=True, autoincrement=False, info={OF: table})


def words(name: str, *, default: str | None = "") -> Column[str]:
    """Text, empty unless said otherwise."""
    return Column(name, Text, nullable=False, server_default=default)


def code(name: str, length: int) -> Column[str]:
    """Text of at most that many characters, always given."""
    return Column(name, String(length), nullable=False)


def cents(name: str, *, required: bool = True) -> Column[int]:
    """Money in whole cents."""
    return Column(name, BigInteger, nullable=not required)


def count(name: str) -> Column[int]:
    """A count or a position."""
    return Column(name, Integer, nullable=False)


def recorded() -> tuple[Column[int], Column[str]]:
    """By which run, and when."""
    return to("run"), code("recorded_at", 20)
