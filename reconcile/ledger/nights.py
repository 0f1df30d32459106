"""What a night keeps in the ledger and asks it: its reports, states counted, work left over."""

from typing import TYPE_CHECKING, Final

from attrs import frozen
from sqlalchemy import Connection, func, select

from reconcile.ledger import keeping
from reconcile.ledger.records import StoredFile, Usage
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_answered import claim_state, night_report
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

PENDING: Final = "pending"
NIGHT: Final = 0x4E69676874  # "Night": the advisory lock of a night, held as long as it lasts


@frozen(kw_only=True)
class Counted:
    """The claims of a book in one state. Money in cents."""

    state: str
    claims: int
    charge: int
    open: int  # what the payers have not decided
    since: str  # of the one longest in it, UTC


def alone(connection: Connection) -> bool:
    """Take the night's lock of a PostgreSQL database; the connection holds it until it closes.

    Of two machines with one database only one works at night. An SQLite ledger has no such lock.
    """
    taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({NIGHT})").scalar()
    connection.commit()  # the lock is the connection's, not the transaction's
    return bool(taken)


def keep(writer: "Writer", *, day: str, status: int, content: str) -> None:
    """Keep what a night told (JSON)."""
    row = (writer.ids(night_report), day, status, content, *writer.recorded)
    writer.add(night_report, [row])


def count_of(connection: Connection, day: str) -> int:
    """How many nights of that day (CCYY-MM-DD) are kept."""
    query = select(func.count()).select_from(night_report).where(night_report.c.day == day)
    return int(connection.execute(query).scalar_one())


def newest(connection: Connection, day: str = "") -> str:
    """What the last night told, or the last one of a day; empty where there is none."""
    query = select(night_report.c.content).order_by(night_report.c.id.desc()).limit(1)
    if day:
        query = query.where(night_report.c.day == day)
    return str(connection.execute(query).scalar() or "")


def states(connection: Connection, usage: Usage) -> tuple[Counted, ...]:
    """The claims ever sent in a book, by state."""
    c = claim_state.c
    query = (
        select(
            c.state,
            func.count(),
            func.sum(sent_claim.c.charge),
            func.sum(c.open),
            func.min(c.since),
        )
        .join(sent_claim, sent_claim.c.id == c.sent_claim_id)
        .where(sent_claim.c.usage == usage)
        .group_by(c.state)
        .order_by(c.state)
    )
    return tuple(
        Counted(state=state, claims=count, charge=int(charge), open=int(open_), since=since)
        for state, count, charge, open_, since in connection.execute(query)
    )


def claims_in(connection: Connection, usage: Usage, state: str, most: int) -> tuple[str, ...]:
    """Numbers (CLM01) of claims in a state, those longest in it first."""
    c = claim_state.c
    query = (
        select(sent_claim.c.control)
        .join(claim_state, c.sent_claim_id == sent_claim.c.id)
        .where(sent_claim.c.usage == usage, c.state == state)
        .order_by(c.since, sent_claim.c.id)
        .limit(most)
    )
    return tuple(connection.execute(query).scalars())


def unfinished(connection: Connection) -> tuple[StoredFile, ...]:
    """Received files of which a payment is not posted yet: a run was cut off. Oldest first."""
    waits = select(remittance.c.file_id).where(remittance.c.state == PENDING)
    query = select(file.c.digest).where(file.c.id.in_(waits)).order_by(file.c.id)
    found = (
        keeping.find_file(connection, digest)
        for digest in list(connection.execute(query).scalars())
    )
    return tuple(stored for stored in found if stored is not None)
