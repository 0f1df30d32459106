"""One writing transaction: what the facts are added through.

A ``Writer`` lives inside ``Ledger.begin``; all it did is committed together at the end, or none.
It gives the rows their numbers: there is one writer at a time, so the next number is one more than
the greatest. The run is recorded with the first fact that needs it; a run that changes nothing
leaves no trace.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select

from reconcile.ledger import (
    adopt,
    billing,
    bulk,
    by_hand,
    by_hand_again,
    control,
    deliveries,
    held,
    keeping,
    named,
)
from reconcile.ledger.adopt import Adopted
from reconcile.ledger.by_hand import Hand
from reconcile.ledger.convert import moment
from reconcile.ledger.journal import Journal
from reconcile.ledger.records import (
    Decision,
    HeldRecord,
    KnownVisit,
    Run,
    SentFile,
    SentRecord,
    StoredFile,
    Usage,
)
from reconcile.ledger.tables import decision, file, run, view

CHANGED_AT_ONCE: Final = 10_000  # claims


class Writer:
    """The open transaction of one run. ``at`` is the moment all its rows are recorded with."""

    def __init__(self, connection: Connection, run: Run, at: dt.datetime) -> None:
        self.connection = connection
        self.at = moment(at)
        self._run = run
        self._run_id = 0
        self._next: dict[str, int] = {}
        self._changed: set[int] = set()
        self._stems: set[str] = set()
        self._hands: dict[str, Hand] = {}
        self._any: dict[str, bool] = {}
        self.joins_later = False  # see ``joining_later``
        self.states_later = False  # all states are made anew at the end: what changed is not noted
        self.is_plain = True  # no claim was posted but by its only answer, a plain one
        self.journal = Journal()

    @property
    def run_id(self) -> int:
        """The number of this run's row, which is made when first needed."""
        if not self._run_id:
            self._run_id = _run_row(self)
        return self._run_id

    @property
    def recorded(self) -> tuple[int, str]:
        """The last two columns of a fact: by which run, and when."""
        return self.run_id, self.at

    def ids(self, table: Table, count: int = 1) -> int:
        """Reserve ``count`` row numbers and return the first; with 0, what would be next."""
        first = self._next.get(table.name)
        if first is None:
            greatest = self.connection.execute(select(func.max(table.c.id))).scalar()
            first = (greatest or 0) + 1
        self._next[table.name] = first + count
        return first

    @contextmanager
    def undoable(self) -> Iterator[None]:
        """What is written inside is undone when the block raises, and only that."""
        before = self._run_id, dict(self._next), set(self._changed), set(self._stems)
        journal = self.journal.copied()
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self._run_id, self._next, self._changed, self._stems = before
            self.journal = journal
            self._hands.clear()
            self._any.clear()
            raise

    def has_any(self, what: str, query: Select[Any]) -> bool:
        """Whether a query has any row: asked once, until ``may_have`` is told of that.

        Args:
            what: a name for the query.
            query: of something rare that would else be asked for each payment.
        """
        if what not in self._any:
            self._any[what] = self.connection.execute(query.limit(1)).first() is not None
        return self._any[what]

    def may_have(self, what: str) -> None:
        """Such a row was just written."""
        self._any.pop(what, None)

    @contextmanager
    def joining_later(self) -> Iterator[None]:
        """Acknowledgements are not joined anew inside: the caller does it once, after the block."""
        self.joins_later = True
        try:
            yield
        finally:
            self.joins_later = False

    def hand(self, usage: str) -> Hand:
        """What persons decided about payments of a book, with what this transaction adds."""
        if usage not in self._hands:
            self._hands[usage] = by_hand.load(self.connection, usage)
        return self._hands[usage]

    def changed(self, claims: Iterable[int]) -> None:
        """Something happened to these sent claims (row numbers): their state is made anew."""
        if not self.states_later:
            self._changed.update(claims)

    def names_changed(self, stems: Iterable[str]) -> None:
        """What names claims of these stems without standing on them is not as it was."""
        if not self.states_later:
            self._stems.update(stems)

    @property
    def many_changed(self) -> bool:
        """Whether it is time to make the states of what changed: the list is kept in memory."""
        return len(self._changed) + len(self._stems) >= CHANGED_AT_ONCE

    def take_changed(self) -> tuple[int, ...]:
        """The sent claims something happened to since this was asked, in order."""
        changed = tuple(sorted(self._changed.union(named.claims(self.connection, self._stems))))
        self._changed.clear()
        self._stems.clear()
        return changed

    def add(self, table: Table, rows: Sequence[bulk.Row]) -> None:
        """Add whole rows, each with a value for every column in the table's order."""
        bulk.insert(self.connection, table, rows)
        self.journal.note(self, table, rows)

    # --- billing ---

    def known_visits(self, ids: Iterable[str], *, usage: Usage) -> dict[str, KnownVisit]:
        """What is known of these visits; those never seen are not in the answer."""
        return billing.known_visits(self.connection, ids, usage=usage)

    def reserve(
        self,
        kind: str,
        *,
        sender: str = "",
        receiver: str = "",
        usage: Usage,
        count: int = 1,
        start: int = 1,
    ) -> int:
        """Take ``count`` control numbers (interchange, group, claim) and return the first.

        A counter that was never asked begins at ``start``.
        """
        self.journal.counted = True
        return control.reserve(self.connection, (kind, sender, receiver, usage), count, start)

    def record_sent(self, sent: SentFile, records: Sequence[SentRecord]) -> StoredFile:
        """Keep a complete file of claims, before it is written, with all its claims."""
        return billing.record_sent(self, sent, records)

    def record_held(self, records: Sequence[HeldRecord], *, usage: Usage) -> int:
        """Keep claims that wait; those held before with the same content stay. Returns the new."""
        return held.record(self, records, usage=usage)

    def decide(self, decided: Decision, *, state: str = "", usage: Usage = "P") -> None:
        """Keep a person's decision; ``state`` is what it makes of the held claim, if of one."""
        row = (self.ids(decision), decided.kind, decided.subject, decided.user, decided.reason)
        self.add(decision, [(*row, decided.detail, *self.recorded)])
        self._hands.clear()
        self.may_have(decided.kind)
        if state:
            held.set_state(self, decided.subject, state, usage=usage)
        if decided.kind in by_hand_again.KINDS:
            by_hand_again.follow(self, decided)

    def mark_written(self, digest: str, *, name: str) -> None:
        """The file stands in the outbox, complete."""
        billing.mark_written(self, digest, name)

    def mark_delivered(self, digest: str, *, profile: str, name: str) -> None:
        """The clearinghouse took the file; ``name`` over there. Saying it twice changes nothing."""
        deliveries.mark_delivered(self, digest, profile=profile, name=name)

    def unsend(self, digest: str, *, user: str, reason: str) -> deliveries.Unsent:
        """A file is taken back before it was picked up: its claims count as never sent.

        Raises:
            NotUnsendableError: it was delivered, or an answer to it is here.
        """
        return deliveries.unsend(self, digest, user=user, reason=reason)

    # --- receiving ---

    def adopt(self, records: Sequence[SentRecord], *, file_id: int, usage: Usage) -> Adopted:
        """Take over claims another system sent, some hundred at a time; never overwrites."""
        return adopt.adopt(self, records, file_id=file_id, usage=usage)

    # --- anything ---

    def viewed(self, *, user: str, patient: str, subject: str) -> None:
        """Somebody looked at a patient's claim."""
        self.add(view, [(self.ids(view), user, patient, subject, *self.recorded)])

    def new_file(self, *, digest: str, name: str, direction: str) -> tuple[int, keeping.Keeper]:
        """Begin to keep a file whose digest is known and new."""
        file_id = self.ids(file)
        row = (file_id, digest, "other", direction, name, 0, 0, *self.recorded)
        self.add(file, [row])
        return file_id, keeping.Keeper(self.connection, file_id)

    def store(self, data: bytes, *, kind: str, name: str, direction: str) -> StoredFile:
        """Keep bytes that are in memory; the same bytes again are found, not kept twice."""
        return keeping.store(self, data, kind=kind, name=name, direction=direction)


def _run_row(writer: Writer) -> int:
    this = writer._run  # noqa: SLF001 - same module
    found = writer.connection.execute(
        select(run.c.id).where(
            run.c.started_at == moment(this.started),
            run.c.command == this.command,
            run.c.version == this.version,
            run.c.user == this.user,
        )
    ).scalar()
    if found is not None:
        return int(found)
    number = writer.ids(run)
    row = (number, this.command, this.version, moment(this.started), this.user)
    writer.add(run, [row])
    return number
