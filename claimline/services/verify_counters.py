"""The counters of control numbers beside the numbers that were used."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from reconcile.ledger.alike import Compared, Differs
from reconcile.ledger.tables import control_number, sent_file

COUNTERS = "control numbers"


def counters(connection: Connection) -> Iterator[Compared | Differs]:
    """No counter of interchanges (ISA13) may give a number next that a file was sent under.

    Yields:
        Each counter that would, then what it came to.
    """
    c, s = control_number.c, sent_file.c
    query = (
        select(c.sender, c.receiver, c.next_number, s.name)
        .join(
            sent_file,
            (s.sender == c.sender)
            & (s.receiver == c.receiver)
            & (s.usage == c.usage)
            & (s.interchange_control == c.next_number),
        )
        .where(c.kind == "interchange")
        .order_by(c.sender, c.receiver)
    )
    found = connection.execute(query).fetchall()
    for row in found:
        yield Differs(
            what=COUNTERS,
            which=f"interchanges of {row.sender} to {row.receiver}",
            column="next number",
            kept=str(row.next_number),
            made=f"used for {row.name}",
        )
    kept = int(connection.execute(select(func.count()).select_from(control_number)).scalar_one())
    yield Compared(what=COUNTERS, kept=kept, made=kept, broken=len(found))
