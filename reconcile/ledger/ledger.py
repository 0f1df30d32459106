"""The ledger: the door. Reading opens a snapshot, writing one transaction of one run."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from reconcile.ledger import (
    billing,
    connect,
    control,
    deliveries,
    find,
    held,
    keeping,
    migrate,
    reading,
    standing,
    states,
    status,
)
from reconcile.ledger.connect import told
from reconcile.ledger.errors import LedgerError
from reconcile.ledger.records import (
    Billed,
    ClaimStory,
    Found,
    HeldRecord,
    KnownVisit,
    Payment,
    Received,
    Run,
    StoredFile,
    UnpostedClaim,
    Usage,
)
from reconcile.ledger.standing import Waiting
from reconcile.ledger.tables_received import remittance
from reconcile.ledger.writer import Writer
from reconcile.plb import ProviderEntry


def open_ledger(url: str, *, create: bool = False) -> "Ledger":
    """Open the ledger at a URL, or at a path, which means SQLite.

    Args:
        url: ``sqlite:////path/ledger.sqlite3`` or a path.
        create: make it where there is none; ``Ledger.created`` then says so.

    Raises:
        LedgerMissing, LedgerUnreachable, LedgerOld, LedgerNewer, LedgerDamaged, LedgerLocked: as
            they say.
    """
    place = connect.parse(url)
    path = connect.sqlite_path(place)
    new = path is not None and (not path.exists() or path.stat().st_size == 0)
    if new and not create:
        raise connect.missing(place)
    if path is not None:
        connect.make_private(path, place)
    engine = connect.make_engine(place)
    try:
        if create and not connect.version_of(engine):
            migrate.upgrade(engine)
            new = True
    except BaseException:
        engine.dispose()
        if new and path is not None:
            connect.remove_unmade(path)
        raise
    try:
        connect.check_version(engine)
    except LedgerError:
        engine.dispose()
        raise
    return Ledger(engine, created=new)


def upgrade_ledger(url: str) -> tuple[str, str]:
    """Bring an older ledger to this version's schema; gives the versions before and after.

    Raises:
        LedgerMissing, LedgerNewer, LedgerDamaged, LedgerLocked: as they say.
    """
    place = connect.parse(url)
    path = connect.sqlite_path(place)
    if path is not None and not path.exists():
        raise connect.missing(place)
    engine = connect.make_engine(place)
    try:
        before = connect.version_of(engine)
        if before in connect.KNOWN:
            migrate.upgrade(engine)
        connect.check_version(engine)
    finally:
        engine.dispose()
    return before, connect.HEAD


class Ledger:
    """An open ledger. Use it as a context manager, or call ``close``."""

    def __init__(self, engine: Engine, *, created: bool = False) -> None:
        self._engine = engine
        self.created = created

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def let_go(self) -> bool:
        """Close the connections that wait for use; False where one is in use.

        A process may be forked only while none is open.
        """
        pool = self._engine.pool
        if isinstance(pool, QueuePool) and not pool.checkedout():
            self._engine.dispose()
            return True
        return False

    def again(self) -> "Ledger":
        """The same ledger through connections of its own, for a process that was forked."""
        return Ledger(connect.make_engine(self._engine.url))

    @property
    def url(self) -> URL:
        """Where the ledger is."""
        return self._engine.url

    @property
    def place(self) -> str:
        """Where the ledger is, for messages: without a password."""
        return connect.shown(self._engine.url)

    @contextmanager
    def begin(self, run: Run, *, at: dt.datetime | None = None) -> Iterator[Writer]:
        """Write: committed when the block ends, undone when it raises.

        Args:
            run: the start of the command; recorded with the first fact.
            at: the moment the facts are recorded with, the run's start by default.

        Raises:
            LedgerLocked: when another process goes on writing for half a minute.
        """
        engine = self._engine.execution_options(claimline_writing=True)
        with told(self.url), engine.begin() as connection:
            writer = Writer(connection, run, at or run.started)
            yield writer
            states.settle(writer)
            writer.journal.close(writer)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read: one snapshot, whatever is written meanwhile."""
        with told(self.url), self._engine.connect() as connection:
            yield connection

    # --- billing ---

    def known_visits(self, ids: Iterable[str], *, usage: Usage) -> dict[str, KnownVisit]:
        """What is known of these visits; those never seen are not in the answer."""
        with self.reading() as connection:
            return billing.known_visits(connection, ids, usage=usage)

    def billed_on(self, days: Iterable[tuple[str, dt.date]], *, usage: Usage) -> tuple[Billed, ...]:
        """The claims already billed for these (patient key, day of service) pairs."""
        with self.reading() as connection:
            return billing.billed_on(connection, days, usage=usage)

    def held_claims(
        self, *, usage: Usage, states: Iterable[str] = held.WAITING
    ) -> tuple[HeldRecord, ...]:
        """The held claims in these states, oldest first."""
        with self.reading() as connection:
            return held.listed(connection, states=states, usage=usage)

    def next_number(
        self, kind: str, *, sender: str = "", receiver: str = "", usage: Usage, start: int = 1
    ) -> int:
        """The control number the next ``Writer.reserve`` gives, if no other run takes it first."""
        with self.reading() as connection:
            return control.peek(connection, (kind, sender, receiver, usage), start)

    def unwritten_files(self) -> tuple[StoredFile, ...]:
        """Files of claims recorded and not yet known to stand in the outbox, oldest first."""
        with self.reading() as connection:
            return billing.unwritten(connection)

    def undelivered(self, profile: str) -> tuple[StoredFile, ...]:
        """Files of claims that wait to be delivered by that profile, oldest first.

        ``name`` is the name in the outbox; a file that was taken back does not wait.
        """
        with self.reading() as connection:
            return deliveries.undelivered(connection, profile)

    def file(self, digest: str) -> StoredFile | None:
        """The kept file of that digest."""
        with self.reading() as connection:
            return keeping.find_file(connection, digest)

    def file_bytes(self, digest: str) -> Iterator[bytes]:
        """The bytes of a kept file, piece by piece; nothing stays open between the pieces.

        Raises:
            LedgerDamaged: where the file or a piece of it is missing or damaged.
        """
        with self.reading() as connection:
            file_id, count = keeping.count_pieces(connection, digest)
        return keeping.checked((self._piece(file_id, n) for n in range(count)), digest)

    def _piece(self, file_id: int, number: int) -> bytes:
        with self.reading() as connection:
            return keeping.piece(connection, file_id, number)

    # --- what came back ---

    def book(self) -> Usage:
        """The book to show where none is asked for: production if anything is in it."""
        with self.reading() as connection:
            return status.book_in_use(connection)

    def find(self, identifier: str) -> tuple[Found, ...]:
        """All that an identifier is, the surest kind first."""
        with self.reading() as connection:
            return find.find(connection, identifier)

    def story(self, family: str, *, usage: Usage) -> tuple[ClaimStory, ...]:
        """All claims of a family, each with all that came back for it."""
        with self.reading() as connection:
            return reading.story(connection, family, usage)

    def received(
        self,
        *,
        usage: Usage,
        code: str = "",
        payer: str = "",
        since: dt.date | None = None,
        until: dt.date | None = None,
        answered: bool = True,
        closed: bool = True,
    ) -> Iterator[Received]:
        """Sent claims with what came back, some hundred at a time, in the order of recording.

        Args:
            usage: the book.
            code: a procedure code one of the claim's lines has.
            payer: key, id or name of the payer the claim was sent to.
            since: first day of service, at the earliest.
            until: first day of service, at the latest.
            answered: only claims for which something came back.
            closed: also those that a person closed: nothing is to be done about them.
        """
        wanted = reading.Filter(
            usage=usage,
            code=code,
            payer=payer,
            since=since,
            until=until,
            answered=answered,
            closed=closed,
        )
        with self.reading() as connection:
            yield from reading.received(connection, wanted)

    def unposted(
        self, *, usage: Usage, states: Iterable[str] = ("unmatched", "aside")
    ) -> Iterator[UnpostedClaim]:
        """Claim payments that stand on no sent claim; also of state ``not posted`` if asked."""
        with self.reading() as connection:
            yield from reading.unposted(connection, usage=usage, states=states)

    def payments(self, *, usage: Usage, trace: str = "") -> tuple[Payment, ...]:
        """The payments received, by date; of one check or EFT number if given."""
        condition = remittance.c.usage == usage
        if trace:
            condition &= remittance.c.trace == trace
        with self.reading() as connection:
            return reading.payments(connection, condition)

    def provider_adjustments(self, *, usage: Usage, payer: str = "") -> tuple[ProviderEntry, ...]:
        """The provider adjustments (PLB) received, for ``reconcile.plb.plb_book``."""
        with self.reading() as connection:
            return reading.provider_adjustments(connection, usage=usage, payer=payer)

    def waiting(self, *, usage: Usage) -> Iterator[Waiting]:
        """All that waits for a person among what was received, payments before claims."""
        with self.reading() as connection:
            yield from standing.waiting(connection, usage)

    # --- the ledger itself ---

    def status(self) -> status.Status:
        """What is in it, counted.

        Raises:
            LedgerDamaged: where its pages are not sound.
        """
        with self.reading() as connection:
            connect.check_whole(connection, self.url)
            return status.status(connection, self.place)
