"""Bytes, once by digest, in compressed pieces: flat in memory whatever the file's size."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import OperationalError

from reconcile.ledger import bulk
from reconcile.ledger.errors import LedgerDamaged
from reconcile.ledger.records import StoredFile
from reconcile.ledger.tables import file, file_chunk

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

CHUNK: Final = 1 << 20  # bytes before compression
LEVEL: Final = 3  # zlib's; X12 shrinks to a tenth, more effort gains little


def find_file(connection: Connection, digest: str) -> StoredFile | None:
    """The file of that digest."""
    row = connection.execute(select(file).where(file.c.digest == digest)).one_or_none()
    if row is None:
        return None
    return stored_file(row, row.name)


def known(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of some digests that a kept file has."""
    query = select(file.c.digest).where(bulk.among(connection, file.c.digest, digests))
    return set(connection.execute(query).scalars())


def stored_file(row: Any, name: str) -> StoredFile:
    """A kept file of a row that has the columns of ``file``, under this name."""
    return StoredFile(
        id=row.id,
        digest=row.digest,
        name=name,
        kind=row.kind,
        direction=row.direction,
        size=row.size,
        recorded_at=row.recorded_at,
    )


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of ``CHUNK``."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= CHUNK:
            yield bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
    if buffer:
        yield bytes(buffer)


class Keeper:
    """Stores bytes that flow through it. The file's row must exist and is completed by ``done``."""

    def __init__(self, connection: Connection, file_id: int) -> None:
        self._connection = connection
        self._file_id = file_id
        self._digest = hashlib.sha256()
        self._count = 0
        self._size = 0

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the bytes on, each piece once it is stored."""
        for piece in pieces(chunks):
            self._digest.update(piece)
            self._size += len(piece)
            row = (self._file_id, self._count, zlib.compress(piece, LEVEL))
            bulk.insert(self._connection, file_chunk, [row])
            self._count += 1
            yield piece

    def done(self, *, digest: str, kind: str) -> StoredFile:
        """Complete the file's row.

        Raises:
            LedgerDamaged: when the bytes are not those of the digest they were announced with.
        """
        if self._digest.hexdigest() != digest:
            raise LedgerDamaged(
                "The file changed while it was read; nothing of it was kept.",
                "Run this again when the file is complete.",
            )
        self._connection.execute(
            update(file)
            .where(file.c.id == self._file_id)
            .values(kind=kind, size=self._size, chunks=self._count)
        )
        found = find_file(self._connection, digest)
        assert found is not None
        return found


@frozen(kw_only=True)
class Packed:
    """The bytes of a small file, ready to be kept."""

    digest: str
    size: int
    pieces: tuple[bytes, ...]  # compressed


def packed(data: bytes) -> Packed:
    """Bytes in memory, ready to be kept."""
    return Packed(
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        pieces=tuple(zlib.compress(one, LEVEL) for one in pieces([data])),
    )


def keep(writer: "Writer", found: Packed, *, kind: str, name: str, direction: str) -> StoredFile:
    """Keep a small file whose digest is new, all at once."""
    number = writer.ids(file)
    row = (number, found.digest, kind, direction, name, found.size, len(found.pieces))
    writer.add(file, [(*row, *writer.recorded)])
    writer.add(file_chunk, [(number, n, data) for n, data in enumerate(found.pieces)])
    return StoredFile(
        id=number,
        digest=found.digest,
        name=name,
        kind=kind,
        direction=direction,
        size=found.size,
        recorded_at=writer.at,
    )


def count_pieces(connection: Connection, digest: str) -> tuple[int, int]:
    """The row number of a kept file, and in how many pieces it is kept.

    Raises:
        LedgerDamaged: where there is no such file.
    """
    found = connection.execute(
        select(file.c.id, file.c.chunks).where(file.c.digest == digest)
    ).one_or_none()
    if found is None:
        raise LedgerDamaged(f"The ledger has no file of digest {digest[:12]}.")
    return found.id, found.chunks


def piece(connection: Connection, file_id: int, number: int) -> bytes:
    """One piece of a kept file; empty where it is missing."""
    query = select(file_chunk.c.data).where(
        file_chunk.c.file_id == file_id, file_chunk.c.number == number
    )
    try:
        data = connection.execute(query).scalar()
        return b"" if data is None else zlib.decompress(data)
    except (zlib.error, TypeError, OperationalError) as error:
        if isinstance(error, OperationalError) and "decode" not in str(error.orig):
            raise  # the database is gone or busy; SQLite cannot give text as bytes
        name = connection.execute(select(file.c.name).where(file.c.id == file_id)).scalar()
        raise LedgerDamaged(
            f"Piece {number} of the kept file {name} is damaged.", "Restore the ledger's backup."
        ) from None


def checked(pieces_of_file: Iterable[bytes], digest: str) -> Iterator[bytes]:
    """The pieces on, with a look at the end whether they are those that were kept.

    Raises:
        LedgerDamaged: where the bytes do not have the digest.
    """
    whole = hashlib.sha256()
    for one in pieces_of_file:
        whole.update(one)
        yield one
    if whole.hexdigest() != digest:
        raise LedgerDamaged(
            f"The kept bytes of file {digest[:12]} are damaged.", "Restore the ledger's backup."
        )


def file_bytes(connection: Connection, digest: str) -> Iterator[bytes]:
    """The bytes of a kept file, piece by piece.

    Raises:
        LedgerDamaged: where the file or a piece of it is missing or damaged.
    """
    file_id, count = count_pieces(connection, digest)
    return checked((piece(connection, file_id, number) for number in range(count)), digest)


def total_size(connection: Connection) -> int:
    """Bytes of all kept files before compression."""
    return int(connection.execute(select(func.coalesce(func.sum(file.c.size), 0))).scalar_one())


def store(writer: "Writer", data: bytes, *, kind: str, name: str, direction: str) -> StoredFile:
    """Keep bytes that are in memory, once by digest."""
    digest = hashlib.sha256(data).hexdigest()
    known = find_file(writer.connection, digest)
    if known is not None:
        return known
    _, keeper = writer.new_file(digest=digest, name=name, direction=direction)
    for _ in keeper.through([data]):
        pass
    return keeper.done(digest=digest, kind=kind)
