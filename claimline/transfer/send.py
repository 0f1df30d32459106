"""Sending: what waits in the ledger goes to its clearinghouse, once, whatever breaks meanwhile."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import define, field

from claimline.night.values import Note
from claimline.transfer import notes
from claimline.transfer.errors import StaysError, TransferError
from claimline.transfer.names import Envelope, envelope, name_fault, remote_name
from claimline.transfer.place import Place
from claimline.transfer.tries import Progress, with_tries
from claimline.transfer.upload import Outgoing, Stand, uploaded
from claimline.transfer.values import Delivered, Moved, Profile
from reconcile.ledger import LedgerError, deliveries, nights, transfers
from reconcile.ledger.convert import dollars

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Run, StoredFile
    from reconcile.ledger.transfers import Result

STATES: Final[dict[Stand, str]] = {"taken": "sent", "vanished": "sent", "waiting": "waiting"}


def send(
    profiles: Iterable[Profile],
    ledger: "Ledger",
    run: "Run",
    now: dt.datetime,
    *,
    dry_run: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Send all files that wait for these profiles; one that fails does not stop the others.

    Args:
        profiles: those without ``put`` are passed over.
        ledger: holds the files; files taken back are not among them.
        run: this start of the command.
        now: with its time zone.
        dry_run: say what would go, reach nobody.
        wait: between tries, for so many seconds.
    """
    works = []
    for profile in profiles:
        if not profile.put:
            continue
        work = _Work(profile, ledger, run, now)
        if not profile.get:  # else collecting says it
            work.notes += notes.expiry(profile, now.date())
        try:
            work.go(wait, dry_run=dry_run)
        except TransferError as error:
            work.failed = True
            work.notes.append(waiting_for(ledger, profile, notes.of_error(profile, error), now))
        works.append(work)
    return Delivered(
        files=tuple(one for work in works for one in work.files.values()),
        notes=tuple(note for work in works for note in work.all_notes()),
        failed=tuple(work.profile.key for work in works if work.failed),
    )


@define
class _Work:
    """A profile being worked. Done again from its start after a cut: what went is known then."""

    profile: Profile
    ledger: "Ledger"
    run: "Run"
    now: dt.datetime
    failed: bool = False
    files: dict[str, Moved] = field(factory=dict)  # by digest
    notes: list[Note] = field(factory=list)

    def ready(self, *, dry_run: bool) -> tuple[Outgoing, ...]:
        """The files that may go, each with its name over there; the others are told."""
        found = []
        for stored in self.ledger.undelivered(self.profile.key):
            with self.ledger.reading() as connection:
                kind = deliveries.answered(connection, stored.digest)
                ours = deliveries.is_uploaded(connection, stored.digest)
            if kind:
                self._arrived(stored, kind, ours=ours, dry_run=dry_run)
            elif (out := self._outgoing(stored)) is not None:
                found.append(out)
        return tuple(found)

    def _arrived(self, stored: "StoredFile", kind: str, *, ours: bool, dry_run: bool) -> None:
        """A file that somebody answered: it arrived, by us or by hand, and does not go again."""
        if not dry_run:
            with self.ledger.begin(self.run) as writer:
                writer.mark_delivered(stored.digest, profile=self.profile.key, name=stored.name)
        if not ours:
            self.notes.append(notes.answered(self.profile, stored.name, kind))
        self.files[stored.digest] = Moved(
            profile=self.profile.key,
            name=stored.name,
            state="sent" if ours else "answered",
            size=stored.size if ours else 0,
            digest=stored.digest,
        )

    def go(self, wait: Callable[[float], None], *, dry_run: bool) -> None:
        """Send everything that waits, or say what would go.

        Raises:
            TransferError: the clearinghouse cannot be worked.
        """
        waiting = self.ready(dry_run=dry_run)
        if dry_run:
            for out in waiting:
                self._told(out, "would")
        elif waiting:
            with_tries(
                self.profile, lambda place, progress: self._all(place, progress, waiting), wait
            )

    def _all(self, place: Place, progress: Progress, waiting: tuple[Outgoing, ...]) -> None:
        for out in waiting:
            if out.digest in self.files:
                continue
            try:
                stand = self._one(place, progress, out)
            except StaysError as error:
                self._told(out, "failed")
                note = notes.of_error(self.profile, error)
                if error.kind not in notes.UNSENT:  # its claims do not wait
                    note = _with_claims(self.ledger, note, [(out.digest, out.outbox)], self.now)
                self.notes.append(note)
                continue
            if stand == "vanished":
                self.notes.append(notes.vanished(self.profile, out.name))
            self._told(out, STATES[stand])

    def _one(self, place: Place, progress: Progress, out: Outgoing) -> Stand:
        """Bring one file over there, and record it when it was taken."""
        path = place.join(self.profile.put, out.name)
        with self.ledger.reading() as connection:
            rows = self._known(connection, path)

        def whole() -> None:
            with self.ledger.begin(self.run) as writer:
                if deliveries.is_unsent(writer.connection, out.digest):
                    raise notes.unsent(out.outbox, path if not self.profile.rename else "")
                if self._known(writer.connection, path) != rows:
                    raise notes.beside(out.outbox)
                transfers.add(writer, self._row(out, path, "uploaded"))

        stand = uploaded(
            place,
            self.profile,
            out,
            was_whole=any(row.digest == out.digest for row in rows),
            whole=whole,
            count=progress.moved,
        )
        if stand != "waiting":
            with self.ledger.begin(self.run) as writer:
                transfers.add(writer, self._row(out, path, "sent"))
                writer.mark_delivered(out.digest, profile=self.profile.key, name=out.name)
        return stand

    def _known(self, connection: "Connection", path: str) -> tuple[transfers.Transfer, ...]:
        """What was done before with the file of that name over there."""
        return transfers.known(connection, [self.profile.key], "out", [path]).get(path, ())

    def _outgoing(self, stored: "StoredFile") -> Outgoing | None:
        """A file with its name over there; None, and told, where it must not go."""
        try:
            head = next(iter(self.ledger.file_bytes(stored.digest)), b"")
        except LedgerError as error:
            self._refused(stored, notes.damaged(self.profile, stored.name, error))
            return None
        found = envelope(head)
        if found is None or found.usage != self.profile.book:
            usage = found.usage if found else ""
            self._refused(stored, notes.wrong_book(self.profile, stored.name, usage))
            return None
        return self._named(stored, found)

    def _named(self, stored: "StoredFile", found: Envelope) -> Outgoing | None:
        name = remote_name(
            self.profile.name, stored.name, found, _day(stored.recorded_at, self.now)
        )
        if fault := name_fault(name):
            self._refused(stored, notes.bad_name(self.profile, stored.name, fault))
            return None
        return Outgoing(
            name=name,
            outbox=stored.name,
            digest=stored.digest,
            size=stored.size,
            pieces=lambda: self.ledger.file_bytes(stored.digest),
        )

    def _refused(self, stored: "StoredFile", note: Note) -> None:
        self.notes.append(_with_claims(self.ledger, note, [(stored.digest, stored.name)], self.now))
        self.files[stored.digest] = Moved(
            profile=self.profile.key,
            name=stored.name,
            state="refused",
            size=stored.size,
            digest=stored.digest,
        )

    def _row(self, out: Outgoing, name: str, result: "Result") -> transfers.Transfer:
        return transfers.Transfer(
            profile=self.profile.key,
            direction="out",
            name=name,
            digest=out.digest,
            size=out.size,
            result=result,
        )

    def _told(self, out: Outgoing, state: str) -> None:
        self.files[out.digest] = Moved(
            profile=self.profile.key, name=out.name, state=state, size=out.size, digest=out.digest
        )

    def all_notes(self) -> Iterator[Note]:
        """What a person should know of this profile."""
        yield from self.notes
        waiting = [one.name for one in self.files.values() if one.state == "waiting"]
        if waiting:
            yield notes.waiting(self.profile, waiting)
        late = [one.name for one in self.files.values() if one.state in {"sent", "would"}]
        if late and (last := self._missed()) is not None:
            yield notes.too_late(self.profile, late, last)

    def _missed(self) -> dt.time | None:
        """The day's last cut-off, where it has passed."""
        if not self.profile.cut_off or self.profile.time_zone is None:
            return None
        last = self.profile.cut_off[-1]
        here = self.now.astimezone(self.profile.time_zone)
        return last if here.time() > last else None


def waiting_for(ledger: "Ledger", profile: Profile, note: Note, now: dt.datetime) -> Note:
    """Why a clearinghouse could not be worked, with all that waits for it."""
    waiting = ledger.undelivered(profile.key)
    return _with_claims(ledger, note, [(one.digest, one.name) for one in waiting], now)


def _with_claims(
    ledger: "Ledger", note: Note, files: Sequence[tuple[str, str]], now: dt.datetime
) -> Note:
    """A note with the files that stay for it, their claims and their money."""
    if not files:
        return note
    with ledger.reading() as connection:
        found = nights.sent_of(connection, (digest for digest, _ in files)).values()
    return notes.stays(
        note,
        [name for _, name in files],
        claims=sum(one.claims for one in found),
        money=dollars(sum(one.charge for one in found)),
        days=max(((now.date() - _day(one.recorded_at, now)).days for one in found), default=0),
    )


def _day(recorded_at: str, now: dt.datetime) -> dt.date:
    """The practice's day of a moment."""
    return dt.datetime.fromisoformat(recorded_at).astimezone(now.tzinfo).date()
