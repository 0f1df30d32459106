"""The files that came from and went to the clearinghouses: one row for each thing that was done.

``in``: ``received`` (new bytes), ``known`` (bytes that were here before, under whatever name).
``out``: ``uploaded`` (whole over there, not yet under its own name), ``sent`` (taken).
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen
from sqlalchemy import Connection, select

from reconcile.ledger import bulk
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import delivered_file, transfer

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

Direction = Literal["in", "out"]
Result = Literal["received", "known", "uploaded", "sent"]


@frozen(kw_only=True)
class Transfer:
    """A file at a clearinghouse, and what was done with it."""

    profile: str
    direction: Direction
    name: str  # over there, with its folder
    digest: str  # SHA-256, hexadecimal
    size: int  # bytes
    modified: str = ""  # over there, where it says so
    result: Result
    recorded_at: str = ""  # given by the ledger


def add(writer: "Writer", one: Transfer) -> None:
    """Keep what was done with a file."""
    row = (one.profile, one.direction, one.name, one.digest, one.size, one.modified, one.result)
    writer.add(transfer, [(writer.ids(transfer), *row, *writer.recorded)])


def known(
    connection: Connection, profiles: Collection[str], direction: Direction, names: Iterable[str]
) -> dict[str, tuple[Transfer, ...]]:
    """What was done with the files of these names, oldest first; names never seen are left out.

    ``profiles``: several, where they lead to the same folders.
    """
    found: dict[str, list[Transfer]] = {}
    for batch in bulk.batches(iter(dict.fromkeys(names))):
        rows = connection.execute(
            select(transfer)
            .where(
                transfer.c.profile.in_(profiles),
                transfer.c.direction == direction,
                transfer.c.name.in_(batch),
            )
            .order_by(transfer.c.id)
        )
        for row in rows:
            found.setdefault(row.name, []).append(
                Transfer(
                    profile=row.profile,
                    direction=row.direction,
                    name=row.name,
                    digest=row.digest,
                    size=row.size,
                    modified=row.modified,
                    result=row.result,
                    recorded_at=row.recorded_at,
                )
            )
    return {name: tuple(rows) for name, rows in found.items()}


def brought(connection: Connection, beginnings: Iterable[str]) -> dict[str, str]:
    """By which profile the files came whose digests begin so; one put there by hand is not told."""
    found: dict[str, str] = {}
    for one in beginnings:
        c = transfer.c
        query = (
            select(c.profile)
            .where(c.direction == "in", c.digest >= one, c.digest < f"{one}g")
            .order_by(c.id.desc())
            .limit(1)
        )
        if profile := connection.execute(query).scalar():
            found[one] = profile
    return found


@frozen(kw_only=True)
class Came:
    """A received file by the names it came with."""

    digest: str
    name: str = field(repr=False)  # may name a patient
    profile: str  # empty: it was put here by hand
    kind: str  # empty: it could not be read
    size: int  # bytes
    recorded_at: str  # UTC


def came_as(connection: Connection, beginning: str) -> tuple[Came, ...]:
    """The received files whose digests begin so, each with every name it came with."""
    f, t = file.c, transfer.c
    end = f"{beginning}g"  # hexadecimal letters end at f
    kept = connection.execute(
        select(f.digest, f.name, f.kind, f.size, f.recorded_at)
        .where(f.digest >= beginning, f.digest < end, f.direction == "in")
        .order_by(f.id)
    ).all()
    kinds = {row.digest: row.kind for row in kept}
    moved = connection.execute(
        select(t.digest, t.name, t.profile, t.size, t.recorded_at)
        .where(t.digest >= beginning, t.digest < end, t.direction == "in")
        .order_by(t.id)
    ).all()
    found = {
        (row.digest, row.name): Came(
            digest=row.digest,
            name=row.name,
            profile=row.profile,
            kind=kinds.get(row.digest, ""),
            size=row.size,
            recorded_at=row.recorded_at,
        )
        for row in reversed(moved)
    }
    by_transfer = {digest for digest, _ in found}
    for row in kept:
        if row.digest not in by_transfer:
            found[row.digest, row.name] = Came(
                digest=row.digest,
                name=row.name,
                profile="",
                kind=row.kind,
                size=row.size,
                recorded_at=row.recorded_at,
            )
    return tuple(sorted(found.values(), key=lambda one: (one.recorded_at, one.digest, one.name)))


def is_known(connection: Connection, digest: str) -> bool:
    """Whether these bytes came before: by a transfer, or by hand into the ledger."""
    by_transfer = select(transfer.c.id).where(
        transfer.c.digest == digest, transfer.c.direction == "in"
    )
    kept = select(file.c.id).where(file.c.digest == digest)
    return any(connection.execute(each.limit(1)).first() for each in (by_transfer, kept))


def is_delivered(connection: Connection, digest: str) -> bool:
    """Whether a clearinghouse took the file of this digest."""
    found = connection.execute(
        select(file.c.id)
        .join(delivered_file, delivered_file.c.file_id == file.c.id)
        .where(file.c.digest == digest)
    ).first()
    return found is not None
