"""What a night keeps in the ledger and asks it: its reports, states counted, work left over."""

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen
from sqlalchemy import Connection, exists, func, select
from sqlalchemy.exc import DBAPIError

from reconcile.ledger import bulk, keeping
from reconcile.ledger.deposits_hand import AGAIN, SAME
from reconcile.ledger.records import StoredFile, Usage
from reconcile.ledger.tables import decision, file, run, sent_claim, sent_file
from reconcile.ledger.tables_answered import (
    bank_deposit,
    claim_state,
    delivered_file,
    night_report,
    resent_claim,
)
from reconcile.ledger.tables_received import claim_payment, problem, remittance

if TYPE_CHECKING:
    from sqlalchemy import Row, Select

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


def is_connected(connection: Connection) -> bool:
    """Whether a connection is still the one that took the lock: a lost one holds none."""
    try:
        connection.exec_driver_sql("SELECT 1")
        connection.commit()
    except DBAPIError:
        return False
    return True


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


def last_day(connection: Connection) -> str:
    """The latest day (CCYY-MM-DD) of which a night is kept; empty where there is none."""
    return str(connection.execute(select(func.max(night_report.c.day))).scalar() or "")


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


def after(connection: Connection, usage: Usage, name: str, events: Iterable[str]) -> Counted | None:
    """The claims whose state one of these events led to, as a group; None where there is none.

    ``since``: of the one longest there.
    """
    c = claim_state.c
    query = (
        select(func.count(), func.sum(sent_claim.c.charge), func.sum(c.open), func.min(c.since))
        .join(claim_state, c.sent_claim_id == sent_claim.c.id)
        .where(sent_claim.c.usage == usage, c.event.in_(list(events)))
    )
    count, charge, open_, since = connection.execute(query).one()
    if not count:
        return None
    return Counted(state=name, claims=count, charge=int(charge), open=int(open_), since=since)


def paid_over(connection: Connection, usage: Usage, claims: Iterable[str]) -> int:
    """What payers paid on these claims (CLM01) beyond one answer each, or beyond the charge. Cents.

    Of each payer in its turn (CLP02) its greatest payment counts once; what is taken back counts.
    """
    p = claim_payment.c
    over = 0
    for batch in bulk.batches(iter(dict.fromkeys(claims))):
        query = (
            select(
                sent_claim.c.id,
                sent_claim.c.charge,
                func.sum(p.paid).label("paid"),
                func.max(p.paid).label("once"),
            )
            .join(claim_payment, p.sent_claim_id == sent_claim.c.id)
            .where(
                sent_claim.c.usage == usage,
                sent_claim.c.control.in_(batch),
                p.state == "posted",
            )
            .group_by(sent_claim.c.id, sent_claim.c.charge, p.payer, p.rank)
        )
        totals: dict[int, list[int]] = {}
        for row in connection.execute(query):
            total = totals.setdefault(row.id, [row.charge, 0, 0])
            total[1] += int(row.paid)
            total[2] += max(0, int(row.paid) - int(row.once))
        over += sum(max(paid - charge, again) for charge, paid, again in totals.values())
    return over


def to_work(
    connection: Connection,
    usage: Usage,
    state: str,
    but: Container[tuple[str, str]],
    most: int,
) -> tuple[Counted | None, tuple[str, ...]]:
    """The claims of a state that wait for a person, and the numbers of those longest in it.

    Args:
        connection: the open snapshot.
        usage: the book.
        state: of a claim's life.
        but: number and frequency of claims that wait for the payer (``counted_on.covered``).
        most: so many numbers.

    Returns:
        None and nothing where no claim of the state waits for a person.
    """
    c, s = claim_state.c, sent_claim.c
    query = (
        select(s.control, s.frequency, s.charge, c.open, c.since)
        .join(claim_state, s.id == c.sent_claim_id)
        .where(s.usage == usage, c.state == state)
        .order_by(c.since, s.id)
        .execution_options(yield_per=bulk.BATCH)
    )
    claims = charge = open_ = 0
    since = ""
    numbers: list[str] = []
    for row in connection.execute(query):
        if (row.control, row.frequency) not in but:
            claims, charge, open_ = claims + 1, charge + row.charge, open_ + row.open
            since = since or row.since
            numbers += [row.control] if len(numbers) < most else []
    if not claims:
        return None, ()
    found = Counted(state=state, claims=claims, charge=charge, open=open_, since=since)
    return found, tuple(numbers)


def claims_in(
    connection: Connection, usage: Usage, state: str, most: int, *, events: Iterable[str] = ()
) -> tuple[str, ...]:
    """Numbers (CLM01) of claims in a state, those longest in it first; of events, if given."""
    c = claim_state.c
    condition = c.state == state
    if some := list(events):
        condition &= c.event.in_(some)
    query = (
        select(sent_claim.c.control)
        .join(claim_state, c.sent_claim_id == sent_claim.c.id)
        .where(sent_claim.c.usage == usage, condition)
        .order_by(c.since, sent_claim.c.id)
        .limit(most)
    )
    return tuple(connection.execute(query).scalars())


def files_in(
    connection: Connection, usage: Usage, state: str, events: Iterable[str]
) -> tuple[str, ...]:
    """Names of the files in which claims went last that one of these events led to a state."""
    c, s, again = claim_state.c, sent_claim.c, resent_claim.c
    last = select(func.max(again.file_id)).where(again.sent_claim_id == s.id).scalar_subquery()
    query = (
        select(sent_file.c.name)
        .select_from(claim_state)
        .join(sent_claim, s.id == c.sent_claim_id)
        .join(sent_file, sent_file.c.file_id == func.coalesce(last, s.file_id))
        .where(s.usage == usage, c.state == state, c.event.in_(list(events)))
    )
    return tuple(connection.execute(query.distinct().order_by(sent_file.c.name)).scalars())


def unfinished(connection: Connection) -> tuple[StoredFile, ...]:
    """Received files of which a payment is not posted yet: a run was cut off. Oldest first."""
    waits = select(remittance.c.file_id).where(remittance.c.state == PENDING)
    query = select(file.c.digest).where(file.c.id.in_(waits)).order_by(file.c.id)
    found = (
        keeping.find_file(connection, digest)
        for digest in list(connection.execute(query).scalars())
    )
    return tuple(stored for stored in found if stored is not None)


# --- what the runs of a night left, whether they came to their end or not ---------------------


@frozen(kw_only=True)
class NightFile:
    """A file that a night received, with what was wrong with it when it came."""

    digest: str
    name: str = field(repr=False)  # as it came: may name a patient
    kind: str
    recorded_at: str
    faults: int
    codes: tuple[str, ...]


@frozen(kw_only=True)
class Adopted:
    """Claims of another system that were taken over. Money in cents."""

    usage: str
    billing_npi: str
    claims: int
    charge: int


@frozen(kw_only=True)
class NightSent:
    """A file of claims that a night made. Money in cents."""

    digest: str
    name: str  # in the outbox
    receiver: str  # ISA08
    control: int  # ISA13
    usage: str
    claims: int
    charge: int
    profile: str  # by which it was delivered; empty: not yet
    recorded_at: str  # UTC
    command: str  # that made it: bill, secondary bill ...


def pages_of(connection: Connection, day: str) -> tuple[str, ...]:
    """What the runs of this night told, oldest first: since the last night of another day."""
    c = night_report.c
    other = select(func.coalesce(func.max(c.id), 0)).where(c.day != day).scalar_subquery()
    query = select(c.content).where(c.day == day, c.id > other).order_by(c.id)
    return tuple(connection.execute(query).scalars())


def before(connection: Connection, day: str) -> int:
    """The run of the last night of another day that came to its end; 0: there is none.

    Runs have numbers in the order in which they recorded something, whatever the clock said: where
    it was set back, the last night has a later day.
    """
    query = select(func.max(night_report.c.run_id)).where(night_report.c.day != day)
    return int(connection.execute(query).scalar() or 0)


def cut_off(connection: Connection, after: int, command: str) -> tuple[tuple[int, str], ...]:
    """Runs of a command since another run that left no page: number, and when they began (UTC)."""
    query = (
        select(run.c.id, run.c.started_at)
        .where(
            run.c.id > after,
            run.c.command == command,
            ~exists().where(night_report.c.run_id == run.c.id),
        )
        .order_by(run.c.id)
    )
    return tuple((row.id, row.started_at) for row in connection.execute(query))


def received_since(connection: Connection, after: int, command: str) -> tuple[NightFile, ...]:
    """The files that runs of a command received since another run, oldest first."""
    query = (
        select(file)
        .join(run, run.c.id == file.c.run_id)
        .where(file.c.run_id > after, run.c.command == command, file.c.direction == "in")
        .order_by(file.c.id)
    )
    rows = connection.execute(query).all()
    faults: dict[int, list[str]] = {}
    for batch in bulk.batches(iter([row.id for row in rows])):
        found = connection.execute(
            select(problem.c.file_id, problem.c.code)
            .where(problem.c.file_id.in_(batch), problem.c.level == "error")
            .order_by(problem.c.id)
        )
        for number, code in found:
            faults.setdefault(number, []).append(code)
    return tuple(
        NightFile(
            digest=row.digest,
            name=row.name,
            kind=row.kind,
            recorded_at=row.recorded_at,
            faults=len(faults.get(row.id, ())),
            codes=tuple(dict.fromkeys(faults.get(row.id, ()))),
        )
        for row in rows
    )


def problems_of(connection: Connection, file_id: int) -> tuple[tuple[str, Any, str], ...]:
    """What was found wrong with a received file: code, level, message, in the order it was kept."""
    c = problem.c
    query = select(c.code, c.level, c.message).where(c.file_id == file_id).order_by(c.id)
    return tuple((row.code, row.level, row.message) for row in connection.execute(query))


def adopted_of(connection: Connection, file_id: int) -> int:
    """How many claims were taken over from a file of another system."""
    query = select(func.count()).select_from(sent_claim).where(sent_claim.c.file_id == file_id)
    return int(connection.execute(query).scalar_one())


def adopted_from(connection: Connection, digests: Iterable[str]) -> tuple[Adopted, ...]:
    """The claims that were taken over from files of another system, by book and billing NPI."""
    c = sent_claim.c
    found: dict[tuple[str, str], list[int]] = {}
    for batch in bulk.batches(iter(digests)):
        query = (
            select(c.usage, c.billing_npi, func.count(), func.sum(c.charge))
            .join(file, file.c.id == c.file_id)
            .where(file.c.digest.in_(batch))
            .group_by(c.usage, c.billing_npi)
        )
        for usage, npi, claims, charge in connection.execute(query):
            sums = found.setdefault((usage, npi), [0, 0])
            sums[0] += claims
            sums[1] += int(charge)
    return tuple(
        Adopted(usage=usage, billing_npi=npi, claims=claims, charge=charge)
        for (usage, npi), (claims, charge) in sorted(found.items())
    )


def sent_since(connection: Connection, after: int, command: str) -> tuple[NightSent, ...]:
    """The files of claims that runs of a command made since another run, oldest first.

    What a night builds is recorded by a run of ``bill`` that began at the same moment.
    """
    s = sent_file.c
    began = select(run.c.started_at).where(run.c.id > after, run.c.command == command)
    query = _sent().where(s.run_id > after, run.c.started_at.in_(began)).order_by(s.file_id)
    return tuple(map(_night_sent, connection.execute(query)))


def deposits_since(connection: Connection, after: int, command: str) -> int:
    """How many new deposits runs of a command read from the bank's files since another run.

    Those of which another file had told before are not new.
    """
    began = select(run.c.started_at).where(run.c.id > after, run.c.command == command)
    runs = select(run.c.id).where(run.c.id > after, run.c.started_at.in_(began))
    new = select(func.count()).where(bank_deposit.c.cents > 0, bank_deposit.c.run_id.in_(runs))
    told = (decision.c.kind == SAME, decision.c.reason != AGAIN, decision.c.run_id.in_(runs))
    same = select(func.count()).where(*told)
    return int(connection.execute(new).scalar_one()) - int(connection.execute(same).scalar_one())


def sent_of(connection: Connection, digests: Iterable[str]) -> dict[str, NightSent]:
    """Files of claims by their digests."""
    found: dict[str, NightSent] = {}
    for batch in bulk.batches(iter(digests)):
        query = _sent().where(file.c.digest.in_(batch)).order_by(sent_file.c.file_id)
        found |= {row.digest: _night_sent(row) for row in connection.execute(query)}
    return found


def _sent() -> "Select[Any]":
    """Files of claims with their sums; a claim sent again counts with the file it went in again."""
    s = sent_file.c
    first = (
        select(func.coalesce(func.sum(sent_claim.c.charge), 0))
        .where(sent_claim.c.file_id == s.file_id)
        .scalar_subquery()
    )
    again = (
        select(func.coalesce(func.sum(sent_claim.c.charge), 0))
        .join(resent_claim, resent_claim.c.sent_claim_id == sent_claim.c.id)
        .where(resent_claim.c.file_id == s.file_id)
        .scalar_subquery()
    )
    return (
        select(
            file.c.digest,
            s.name,
            s.receiver,
            s.interchange_control,
            s.usage,
            s.claims,
            s.recorded_at,
            (first + again).label("charge"),
            delivered_file.c.profile,
            run.c.command,
        )
        .join(file, file.c.id == s.file_id)
        .join(run, run.c.id == s.run_id)
        .outerjoin(delivered_file, delivered_file.c.file_id == s.file_id)
    )


def _night_sent(row: "Row[Any]") -> NightSent:
    return NightSent(
        digest=row.digest,
        name=row.name,
        receiver=row.receiver,
        control=row.interchange_control,
        usage=row.usage,
        claims=row.claims,
        charge=int(row.charge),
        profile=row.profile or "",
        recorded_at=row.recorded_at,
        command=row.command,
    )
