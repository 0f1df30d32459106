"""Collecting: every file over there is fetched once, though it stays there."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import define, field

from claimline.night.values import Note
from claimline.transfer import notes
from claimline.transfer.errors import StaysError, TransferError
from claimline.transfer.fetch import fetched
from claimline.transfer.names import ends_whole, is_wanted, name_fault, shown, with_digest
from claimline.transfer.place import Place
from claimline.transfer.tries import Progress, with_tries
from claimline.transfer.values import Collected, Moved, Profile, Remote
from reconcile.ledger import transfers

if TYPE_CHECKING:
    from claimline.night.config import Folders
    from reconcile.ledger import Ledger, Run

TAIL: Final = 200  # bytes that hold the end of an interchange


def collect(
    profiles: Iterable[Profile],
    folders: "Folders",
    ledger: "Ledger",
    run: "Run",
    now: dt.datetime,
    *,
    dry_run: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Collected:
    """Fetch what is new of all profiles into the inbox; one that fails does not stop the others.

    Args:
        profiles: those without ``get`` are passed over.
        folders: ours.
        ledger: knows what came before.
        run: this start of the command.
        now: with its time zone.
        dry_run: look and change nothing.
        wait: between tries, for so many seconds.
    """
    works: list[_Work] = []
    given = tuple(one for one in profiles if one.get)
    for profile in given:
        same = [work for work in works if work.profile.place == profile.place]
        work = _Work(profile, folders, ledger, run, now, dry_run)
        work.keys = [one.key for one in given if one.place == profile.place]
        work.taken = {path for other in same for path in other.files}
        work.notes += notes.expiry(profile, now.date())
        works.append(work)
        if any(other.not_let_in for other in same):
            work.failed = work.not_let_in = True
            work.notes.append(notes.not_tried(profile))
            continue
        try:
            with_tries(profile, work.all, wait)
        except TransferError as error:
            work.failed = True
            work.not_let_in = error.kind == "transfer.login"
            work.notes.append(notes.of_error(profile, error))
    return Collected(
        files=tuple(one for work in works for one in work.files.values()),
        notes=tuple(note for work in works for note in work.all_notes()),
        failed=tuple(work.profile.key for work in works if work.failed),
        refused=tuple(work.profile.key for work in works if work.not_let_in),
    )


def _known_digest(profile: Profile, remote: Remote, rows: Sequence[transfers.Transfer]) -> str:
    """The digest of a file that came before; empty where it must be fetched.

    Size and time tell it. Where the server says no time, another file of that size and name may
    stand there: it is fetched and known by its bytes. The size alone does where the profile says
    that the server gives old files new times.
    """
    if profile.redated == "known":
        return next((row.digest for row in rows if row.size == remote.size), "")
    same = (row.digest for row in rows if (row.size, row.modified) == (remote.size, remote.moment))
    return next(same, "") if remote.modified else ""


@define
class _Work:
    """A profile being worked. Done again from its start after a cut: what came is known then."""

    profile: Profile
    folders: "Folders"
    ledger: "Ledger"
    run: "Run"
    now: dt.datetime
    dry_run: bool
    failed: bool = False
    not_let_in: bool = False
    files: dict[str, Moved] = field(factory=dict)  # by path over there
    notes: list[Note] = field(factory=list)
    refused: dict[str, TransferError] = field(factory=dict)  # by path
    odd: set[str] = field(factory=set)  # names that cannot be ours
    keys: list[str] = field(factory=list)  # of the profiles that see the same files
    taken: set[str] = field(factory=set)  # paths that another of them has worked
    redated: int = 0  # files fetched for nothing: another time, the same bytes

    def all(self, place: Place, progress: Progress) -> None:
        """Everything there is to fetch."""
        for folder in self.profile.get:
            try:
                listed = place.files(folder)
            except StaysError as error:
                self.failed = True
                self.refused[folder] = error
                continue
            self._folder(place, progress, listed)

    def _folder(self, place: Place, progress: Progress, listed: tuple[Remote, ...]) -> None:
        wanted = tuple(self._wanted(listed))
        with self.ledger.reading() as connection:
            known = transfers.known(connection, self.keys, "in", (one.path for one in wanted))
        for remote in wanted:
            rows = known.get(remote.path, ())
            digest = _known_digest(self.profile, remote, rows)
            if digest:
                self._move_over_there(place, remote, digest)
            elif remote.path not in self.files:
                self._one(place, progress, remote, {row.digest for row in rows})

    def _wanted(self, listed: Iterable[Remote]) -> Iterator[Remote]:
        """The files that fit the patterns and whose names can be ours."""
        for remote in listed:
            if remote.path in self.taken or not is_wanted(remote.name, self.profile.patterns):
                continue
            if name_fault(remote.name):
                self.odd.add(shown(remote.name))
            else:
                yield remote

    def _one(
        self, place: Place, progress: Progress, remote: Remote, before: Collection[str]
    ) -> None:
        """Fetch one file, unless it is still growing; ``before``: what came under its name."""
        try:
            if self._is_growing(place, remote):
                self._told(remote, "growing")
            elif self.dry_run:
                self._told(remote, "would")
            elif (
                came := fetched(
                    place,
                    self.profile,
                    remote,
                    self.folders.inbox,
                    progress.moved,
                    is_here=lambda digest: (
                        digest in before and self.ledger.file(digest) is not None
                    ),
                )
            ) is None:
                self._told(remote, "growing")
            else:
                path, digest = came
                self.redated += path is None
                state = self._keep(remote, digest)
                self.files[remote.path] = Moved(
                    profile=self.profile.key,
                    name=remote.path,
                    state=state,
                    size=remote.size,
                    digest=digest,
                    path=path,
                )
                self._move_over_there(place, remote, digest)
        except StaysError as error:
            self.refused[remote.path] = error
            self._told(remote, "failed")

    def _told(self, remote: Remote, state: str) -> None:
        self.files[remote.path] = Moved(
            profile=self.profile.key, name=remote.path, state=state, size=remote.size
        )

    def _is_growing(self, place: Place, remote: Remote) -> bool:
        """Whether a file may not be whole yet: young, and without the end of an interchange.

        A time in the future, beyond what clocks differ by, tells nothing.
        """
        if not self.profile.settle or not remote.modified:
            return False
        age = self.now.timestamp() - remote.modified
        if abs(age) >= self.profile.settle:
            return False
        start = max(0, remote.size - TAIL)
        return not ends_whole(b"".join(place.read(remote.path, start, TAIL)))

    def _keep(self, remote: Remote, digest: str) -> str:
        """Record that the file came."""
        with self.ledger.begin(self.run) as writer:
            before = transfers.is_known(writer.connection, digest)
            transfers.add(
                writer,
                transfers.Transfer(
                    profile=self.profile.key,
                    direction="in",
                    name=remote.path,
                    digest=digest,
                    size=remote.size,
                    modified=remote.moment,
                    result="known" if before else "received",
                ),
            )
        return "known" if before else "new"

    def _move_over_there(self, place: Place, remote: Remote, digest: str) -> None:
        """Move a fetched file into the folder for such, where the profile says so."""
        if self.profile.after != "move" or self.dry_run:
            return
        folder = self.profile.after_folder
        target = place.join(folder, remote.name)
        try:
            if place.look(target) is not None:
                target = place.join(folder, with_digest(remote.name, digest, 8))
            place.rename(remote.path, target)
        except StaysError as error:
            self.refused[remote.path] = error

    def all_notes(self) -> Iterator[Note]:
        """What a person should know of this profile."""
        yield from self.notes
        for path, error in self.refused.items():
            yield notes.of_theirs(self.profile, error, path)
        growing = [one.name for one in self.files.values() if one.state == "growing"]
        if growing:
            yield notes.growing(self.profile, growing)
        if self.redated:
            yield notes.redated(self.profile, self.redated)
        if self.odd:
            yield notes.odd_names(self.profile, sorted(self.odd))
