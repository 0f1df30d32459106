"""Files of claims that were made here, found by name, number or digest; and sent once more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Select, or_, select

from reconcile.keys import stem
from reconcile.ledger import bulk, states
from reconcile.ledger.deliveries import claims_of, was_sent
from reconcile.ledger.records import SentFile, StoredFile, Usage
from reconcile.ledger.states_facts import Facts, Transmission, claims
from reconcile.ledger.tables import file, sent_claim, sent_file, written_file
from reconcile.ledger.tables_answered import delivered_file, resent_claim, unsent_file
from reconcile.lifecycle import Stand

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_SENT: Final = sent_file.c


@frozen(kw_only=True)
class OutFile:
    """A file of claims made here. Moments are UTC, empty where it has not happened."""

    id: int
    digest: str
    name: str  # in the outbox
    usage: Usage
    sender: str  # ISA06
    receiver: str  # ISA08
    control: int  # ISA13
    claims: int
    profile: str  # by which it is delivered; empty: a person sends it
    size: int
    recorded_at: str
    written_at: str = ""
    delivered_at: str = ""
    unsent_at: str = ""


@frozen(kw_only=True)
class SentOnce:
    """A claim in a file, with where it is in its life."""

    id: int  # row number
    control: str  # CLM01
    frequency: str
    transaction: str  # ST02 in that file
    position: int  # of the CLM in its transaction
    charge: int  # cents
    payer: str  # key
    latest: int  # the file it went in last
    latest_name: str
    stand: Stand
    newer: str = ""  # the claim made in its place; empty: none, or it was taken back


def find(connection: Connection, word: str, *, usage: Usage | None = None) -> tuple[OutFile, ...]:
    """The files of claims of that name, path, digest or interchange control number (ISA13)."""
    name = word.strip().replace("\\", "/").rpartition("/")[2]
    condition: ColumnElement[bool] = or_(_SENT.name == name, file.c.digest == name.lower())
    if name.isascii() and name.isdecimal() and len(name) <= 9:
        condition |= _SENT.interchange_control == int(name)
    if usage is not None:
        condition &= _SENT.usage == usage
    return tuple(_out(row) for row in connection.execute(_query().where(condition)))


def of_digest(connection: Connection, digest: str) -> OutFile | None:
    """The file of claims of that digest; None for a file that was not made here."""
    row = connection.execute(_query().where(file.c.digest == digest)).first()
    return None if row is None else _out(row)


def of_claims(connection: Connection, numbers: Sequence[int]) -> tuple[OutFile, ...]:
    """The files in which these claims went last, oldest first."""
    facts = Facts(connection)
    last: set[int] = set()
    for batch in bulk.batches(sorted(numbers)):
        sent = facts.transmissions(claims(connection, batch))
        last |= {_standing(facts, times).file_id for times in sent.values()}
    found: list[OutFile] = []
    for batch in bulk.batches(sorted(last)):
        found += (_out(row) for row in connection.execute(_query().where(file.c.id.in_(batch))))
    return tuple(found)


def sent_in(connection: Connection, file_id: int) -> tuple[SentOnce, ...]:
    """The claims of a file, in its order, each with where it is now."""
    found: list[SentOnce] = []
    facts = Facts(connection)
    for batch in bulk.batches(sorted(claims_of(connection, file_id))):
        rows = claims(connection, batch)
        sent = facts.transmissions(rows)
        stands = states.stands(connection, [row.id for row in rows])
        newer = _newer(connection, rows)
        for row in rows:
            times = sent[row.id]
            here = next(one for one in times if one.file_id == file_id)
            latest = _standing(facts, times)
            found.append(
                SentOnce(
                    id=row.id,
                    control=row.control,
                    frequency=row.frequency,
                    transaction=here.transaction,
                    position=here.position,
                    charge=row.charge,
                    payer=row.payer,
                    latest=latest.file_id,
                    latest_name=facts.file(latest.file_id).name,
                    stand=stands[row.id],
                    newer=newer.get(row.id, ""),
                )
            )
    return tuple(sorted(found, key=lambda one: (one.transaction, one.position, one.id)))


def _newer(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    """The newest claim in the place of each: of its family, to the same payer in turn."""
    c = sent_claim.c
    query = select(c.id, c.control, c.family, c.usage, c.payer_rank).where(
        c.family.in_(sorted({row.family for row in rows})), was_sent()
    )
    newest = {
        (one.family, one.usage, one.payer_rank): one
        for one in connection.execute(query.order_by(c.id))
    }
    found = {row.id: newest.get((row.family, row.usage, row.payer_rank)) for row in rows}
    return {number: one.control for number, one in found.items() if one and one.id > number}


def _standing(facts: Facts, times: Sequence[Transmission]) -> Transmission:
    """The newest transmission that was not taken back; the first where all were."""
    kept = [one for one in times if facts.file(one.file_id).unsent is None]
    return (kept or list(times[:1]))[-1]


def record_again(
    writer: "Writer", made: SentFile, again: Sequence[tuple[int, str, int]]
) -> StoredFile:
    """Keep a file of claims that were sent before; nothing is written yet.

    Args:
        writer: the open transaction.
        made: the file.
        again: row number, ST02 and position of the CLM of each claim in it.
    """
    stored = writer.store(made.data, kind="837P", name=made.name, direction="out")
    row = (stored.id, made.usage, made.sender, made.receiver, made.interchange_control)
    writer.add(sent_file, [(*row, made.name, len(again), made.profile, *writer.recorded)])
    writer.add(resent_claim, [(stored.id, *one, *writer.recorded) for one in again])
    writer.changed(number for number, _, _ in again)
    return stored


def numbers_of(
    connection: Connection, controls: Sequence[str], usage: Usage | None
) -> dict[str, list[int]]:
    """The row numbers of claims by their patient control numbers, in whatever letter case."""
    c = sent_claim.c
    found: dict[str, list[int]] = {}
    words = {word.strip().upper() for word in controls}
    for batch in bulk.batches(sorted({stem(word) for word in words})):
        query = select(c.id, c.control).where(c.stem.in_(batch))  # an index finds these
        if usage is not None:
            query = query.where(c.usage == usage)
        for row in connection.execute(query.order_by(c.id)):
            if row.control.upper() in words:
                found.setdefault(row.control.upper(), []).append(row.id)
    return found


def _query() -> Select[Any]:
    return (
        select(
            file.c.id, file.c.digest, file.c.size, _SENT.name, _SENT.usage, _SENT.sender,
            _SENT.receiver, _SENT.interchange_control, _SENT.claims, _SENT.profile,
            _SENT.recorded_at, written_file.c.recorded_at.label("written_at"),
            delivered_file.c.recorded_at.label("delivered_at"),
            unsent_file.c.recorded_at.label("unsent_at"),
        )
        .join(sent_file, _SENT.file_id == file.c.id)
        .outerjoin(written_file, written_file.c.file_id == file.c.id)
        .outerjoin(delivered_file, delivered_file.c.file_id == file.c.id)
        .outerjoin(unsent_file, unsent_file.c.file_id == file.c.id)
        .order_by(file.c.id)
    )  # fmt: skip


def _out(row: Any) -> OutFile:
    return OutFile(
        id=row.id,
        digest=row.digest,
        name=row.name,
        usage=row.usage,
        sender=row.sender,
        receiver=row.receiver,
        control=row.interchange_control,
        claims=row.claims,
        profile=row.profile,
        size=row.size,
        recorded_at=row.recorded_at,
        written_at=row.written_at or "",
        delivered_at=row.delivered_at or "",
        unsent_at=row.unsent_at or "",
    )
