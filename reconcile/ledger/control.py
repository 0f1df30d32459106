"""Control numbers: taken before a file is written, never given twice.

Interchange control numbers have nine digits (ISA13) and begin again at 1 after 999,999,999; a
group's (GS06) likewise. The others have no end.
"""

from typing import Final

from sqlalchemy import Connection, insert, select, update

from reconcile.ledger.tables import control_number as table

NINE_DIGITS: Final = 999_999_999
_ROLLS_OVER: Final = frozenset({"interchange", "group"})


def reserve(connection: Connection, counter: tuple[str, str, str, str], count: int) -> int:
    """Take ``count`` numbers in a row of a counter (kind, sender, receiver, usage).

    Returns:
        The first of them.

    Raises:
        ValueError: for a count below one.
    """
    if count < 1:
        raise ValueError("at least one control number must be reserved")
    kind, sender, receiver, usage = counter
    key = (
        (table.c.kind == kind)
        & (table.c.sender == sender)
        & (table.c.receiver == receiver)
        & (table.c.usage == usage)
    )
    found = connection.execute(select(table.c.next_number).where(key).with_for_update()).scalar()
    first = 1 if found is None else int(found)
    if kind in _ROLLS_OVER and first + count - 1 > NINE_DIGITS:
        first = 1
    if found is None:
        row = {"kind": kind, "sender": sender, "receiver": receiver, "usage": usage}
        connection.execute(insert(table).values(next_number=first + count, **row))
    else:
        connection.execute(update(table).where(key).values(next_number=first + count))
    return first
