"""All that stands in a ledger, in a form in which two ledgers of the same facts are equal.

Row numbers, runs and the moments of recording are left out: a run that was cut off and begun again
has others. A reference to a row is told by that row's content.
"""

import hashlib
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from reconcile.ledger import open_ledger, tables_answered, tables_received
from reconcile.ledger.columns import OF, metadata

NEVER: Final = frozenset(  # who and when, not what; in how many transactions
    {"run", "view", "night_report", "journal", "journal_part"}
)
MOMENTS: Final = frozenset({"run_id", "recorded_at"})
_TO_PAYMENT: Final = "payment_id"  # the first remittance of a payment: no foreign key
assert tables_received.remittance.metadata is tables_answered.acknowledgement.metadata is metadata

Dump = dict[str, list[str]]


def canonical(url: str, *, without: Collection[str] = ()) -> Dump:
    """The rows of every table but ``without``, sorted by content.

    Args:
        url: of the ledger.
        without: tables to leave out, beside those that tell who and when.
    """
    with open_ledger(url) as ledger, ledger.reading() as connection:
        return dump(connection, without=without)


def dump(connection: Connection, *, without: Collection[str] = ()) -> Dump:
    """As ``canonical``, of an open ledger."""
    marks: dict[str, dict[int, str]] = {}
    found: Dump = {}
    for table in metadata.sorted_tables:
        if table.name in NEVER or table.name in without:
            continue
        rows = list(connection.execute(select(table)).mappings())
        told = [_told(table, dict(row), marks) for row in rows]
        key = _own_key(table)
        if key:
            marks[table.name] = {
                row[key]: hashlib.sha256(text.encode()).hexdigest()[:16]
                for row, text in zip(rows, told, strict=True)
            }
        found[table.name] = sorted(told)
    return found


def differences(one: Dump, other: Dump) -> list[str]:
    """What is only in one of them, for a message: table, side and row, the first of each."""
    found = []
    for table in sorted({*one, *other}):
        left, right = set(one.get(table, ())), set(other.get(table, ()))
        found += [f"{table} only in the first: {row[:400]}" for row in sorted(left - right)[:3]]
        found += [f"{table} only in the second: {row[:400]}" for row in sorted(right - left)[:3]]
        if left == right and len(one.get(table, ())) != len(other.get(table, ())):
            found.append(f"{table}: {len(one[table])} rows and {len(other[table])}")
    return found


def _own_key(table: Table) -> str:
    """The column other tables name a row by; empty for those nothing refers to."""
    if "id" in table.c:
        return "id"
    key = [column.name for column in table.primary_key]
    return key[0] if len(key) == 1 else ""


def _told(table: Table, row: dict[str, Any], marks: dict[str, dict[int, str]]) -> str:
    parts = []
    for column in table.columns:
        name, value = column.name, row[column.name]
        if name in MOMENTS or name == "id":
            continue
        if name == _TO_PAYMENT:
            if table.name == "remittance":
                continue  # the same for all of one payment_key
            value = marks["remittance"].get(value, value)
        parents = [key.column.table.name for key in column.foreign_keys]
        for parent in [*parents, column.info.get(OF, "")]:
            value = marks.get(parent, {}).get(value, value)
        if isinstance(value, (bytes, memoryview)):
            value = hashlib.sha256(bytes(value)).hexdigest()[:16]
        parts.append(f"{name}={value!r}")
    return " ".join(parts)
