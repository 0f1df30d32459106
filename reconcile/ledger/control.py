"""Control numbers: taken before a file is written, never given twice.

Interchange control numbers have nine digits (ISA13) and begin again at 1 after 999,999,999; a
group's (GS06) likewise. The others have no end.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, insert, select, update

from reconcile.ledger.tables import control_number as table

NINE_DIGITS: Final = 999_999_999
_ROLLS_OVER: Final = frozenset({"interchange", "group"})


Counter = tuple[str, str, str, str]  # kind, sender, receiver, usage


def _key(counter: Counter) -> ColumnElement[bool]:
    kind, sender, receiver, usage = counter
    return (
        (table.c.kind == kind)
        & (table.c.sender == sender)
        & (table.c.receiver == receiver)
        & (table.c.usage == usage)
    )


def _first(counter: Counter, found: int | None, count: int, start: int) -> int:
    rolls = counter[0] in _ROLLS_OVER
    first = start if found is None else max(int(found), start if rolls else 0)
    return 1 if rolls and first + count - 1 > NINE_DIGITS else first


def peek(connection: Connection, counter: Counter, start: int = 1) -> int:
    """The number ``reserve`` would give now, if one were asked for; nothing is taken."""
    found = connection.execute(select(table.c.next_number).where(_key(counter))).scalar()
    return _first(counter, found, 1, start)


def reserve(connection: Connection, counter: Counter, count: int, start: int = 1) -> int:
    """Take ``count`` numbers in a row of a counter, which begins at ``start`` if it is new.

    A greater ``start`` moves a counter of interchanges on: another ledger has used those before.

    Returns:
        The first of them.

    Raises:
        ValueError: for a count below one.
    """
    if count < 1:
        raise ValueError("at least one control number must be reserved")
    key = _key(counter)
    found = connection.execute(select(table.c.next_number).where(key).with_for_update()).scalar()
    first = _first(counter, found, count, start)
    if found is None:
        kind, sender, receiver, usage = counter
        row = {"kind": kind, "sender": sender, "receiver": receiver, "usage": usage}
        connection.execute(insert(table).values(next_number=first + count, **row))
    else:
        connection.execute(update(table).where(key).values(next_number=first + count))
    return first
