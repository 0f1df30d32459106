"""What a person should know of a transfer: each kind stands in the table of docs/transfer.md."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve

from claimline.night.values import Note, Urgency
from claimline.render.words import counted
from claimline.transfer.errors import StaysError, TransferError
from claimline.transfer.names import BOOKS, shown
from claimline.transfer.values import Profile
from reconcile.ledger import LedgerError

WARNED: Final = 14  # days before a password expires
URGENCIES: Final[dict[str, Urgency]] = {  # of what went wrong; all else is for today
    "transfer.host-key": "now",
    "transfer.login": "now",
    "transfer.secret": "now",
    "transfer.disk": "now",
    "transfer.name-taken": "now",
    "transfer.wrong-book": "now",
    "transfer.unsent": "know",
    "transfer.unsent-there": "now",
    "transfer.beside": "soon",
}
UNSENT: Final = frozenset({"transfer.unsent", "transfer.unsent-there", "transfer.beside"})
_SHOWN: Final = 5  # names in one sentence


def of_theirs(profile: Profile, error: TransferError, path: str) -> Note:
    """Something that went wrong with a file of theirs, whose name may name a patient."""
    told = of_error(profile, error)
    if path in profile.get:
        return told
    what = told.what.replace(shown(path), "a file there").replace(path, "a file there")
    todo = f"claimline transfer list --profile {profile.key} shows which; {told.todo}"
    return evolve(told, what=what, todo=todo)


def of_error(profile: Profile, error: TransferError, *, name: str = "") -> Note:
    """Something that went wrong; ``name``: of a file of ours."""
    return Note(
        kind=error.kind,
        urgency=URGENCIES.get(error.kind, "today"),
        what=error.message,
        todo=error.todo,
        call=profile.call,
        ids=(name,) if name else (),
    )


def stays(note: Note, names: Sequence[str], *, claims: int, money: Decimal, days: int) -> Note:
    """The same with what of ours did not go because of it: files of the outbox, claims, money."""
    wait = "waits" if len(names) == 1 else "wait"
    return evolve(
        note,
        what=f"{note.what}; {counted(len(names), 'file')} with {counted(claims, 'claim')} "
        f"({money:,.2f}) {wait} in the outbox: {_few(names)}",
        count=len(names),
        days=days,
        money=money,
        ids=tuple(names),
    )


def expiry(profile: Profile, today: dt.date) -> Iterator[Note]:
    """The password or key that expires soon, or has; ``today`` is the practice's day."""
    for thing, last in (("password", profile.password_expires), ("key", profile.key_expires)):
        if last is None or (last - today).days > WARNED:
            continue
        days = (last - today).days
        left = "today" if days == 0 else f"in {counted(days, 'day')}"
        when = f"expired on {last}" if days < 0 else f"expires {left} ({last})"
        yield Note(
            kind=f"transfer.{thing}-expires",
            urgency="today" if days <= 3 else "soon",
            what=f"{profile.where}: the {thing} {when}",
            todo="change it over there, put the new one where the profile looks for it, and set "
            f"profiles.{profile.key}.{thing}_expires",
            call=profile.call,
            days=abs(days),
        )


def not_tried(profile: Profile) -> Note:
    """A login that another profile was refused with a moment before."""
    return Note(
        kind="transfer.not-tried",
        urgency="now",
        what=f"{profile.where}: nothing fetched: the login was refused a moment before, and no "
        "second try was made",
        todo="put the login right, then run claimline night again",
        call=profile.call,
    )


def redated(profile: Profile, count: int) -> Note:
    """Files whose time over there changed, and nothing else."""
    return Note(
        kind="transfer.redated",
        urgency="know",
        what=f"{profile.where}: {counted(count, 'file')} fetched for nothing: another date over "
        "there, the same content",
        todo="nothing; if it comes each night, the server gives old files new dates: "
        f'profiles.{profile.key}.redated = "known"',
        call=profile.call,
        count=count,
    )


def growing(profile: Profile, names: Sequence[str]) -> Note:
    """Files left for the next run."""
    return Note(
        kind="transfer.growing",
        urgency="know",
        what=f"{profile.where}: {_files(names)} still being written over there; the next run "
        "takes it",
        call=profile.call,
        count=len(names),
    )


def odd_names(profile: Profile, names: Sequence[str]) -> Note:
    """Files whose names are not safe here."""
    return Note(
        kind="transfer.odd-name",
        urgency="soon",
        what=f"{profile.where}: {counted(len(names), 'file')} not fetched, because of the name",
        todo=f"claimline transfer list --profile {profile.key} shows it; fetch it by hand under "
        "another name and run claimline receive, or ask for a plain name",
        call=profile.call,
        count=len(names),
    )


def waiting(profile: Profile, names: Sequence[str]) -> Note:
    """Files that stand over there and were not picked up yet."""
    return Note(
        kind="transfer.waiting",
        urgency="know",
        what=f"{profile.where}: {_files(names)} uploaded and not picked up yet: {_few(names)}",
        todo="nothing; if it stays so for a day, call",
        call=profile.call,
        count=len(names),
        ids=tuple(names),
    )


def vanished(profile: Profile, name: str) -> Note:
    """A file that was uploaded when we were cut off, and is gone."""
    return Note(
        kind="transfer.vanished",
        urgency="know",
        what=f"{profile.where}: {name} was uploaded, and is not there any more before it could be "
        "noted as taken: it counts as taken",
        todo="nothing now: if no 999 or TA1 comes, claimline missing tells; then claimline resend",
        call=profile.call,
        ids=(name,),
    )


def answered(profile: Profile, name: str, kind: str) -> Note:
    """A file that did not go from here, and that they have: a second one would be too much."""
    return Note(
        kind="transfer.answered",
        urgency="soon",
        what=f"{profile.where}: {name} was not uploaded: a {kind} for it is here, so they have it",
        todo="nothing, if somebody uploaded it by hand. If nobody did, the answer speaks of "
        "another file: ask them, then claimline resend sends the claims under a new number",
        call=profile.call,
        ids=(name,),
    )


def wrong_book(profile: Profile, name: str, usage: str) -> Note:
    """A file of the other book: it must not go there."""
    this = BOOKS.get(usage, "neither test nor production")
    to = BOOKS.get(profile.book or "", "no")
    return Note(
        kind="transfer.wrong-book",
        urgency="now",
        what=f"{profile.where}: {name} was not sent: its ISA15 says {this}, the profile takes "
        f"{to} files",
        todo=f"take it back (claimline unsend), or correct profiles.{profile.key}.book",
        ids=(name,),
    )


def bad_name(profile: Profile, name: str, fault: str) -> Note:
    """A file whose name over there would not be one."""
    return Note(
        kind="transfer.bad-name",
        urgency="today",
        what=f"{profile.where}: {name} was not sent: of the name it would get, {fault}",
        todo=f"correct profiles.{profile.key}.name",
        ids=(name,),
    )


def damaged(profile: Profile, name: str, error: LedgerError) -> Note:
    """A file whose kept bytes are not sound."""
    return Note(
        kind="transfer.damaged",
        urgency="now",
        what=f"{profile.where}: {name} was not sent: {error.message}",
        todo=error.todo,
        ids=(name,),
    )


def unsent(name: str, there: str) -> StaysError:
    """A file that a person took back while it was uploaded; ``there``: it has its own name."""
    if not there:
        return StaysError(
            "transfer.unsent",
            f"{name} was taken back while it was uploaded: it stays over there under its "
            "temporary name, and nobody takes it",
        )
    return StaysError(
        "transfer.unsent-there",
        f"{name} was taken back while it was uploaded, and stands over there as {there}",
        todo="have the clearinghouse remove it at once, before its claims are billed again",
    )


def beside(name: str) -> StaysError:
    """A file that another run uploaded while this one did: one of them gives it its name."""
    return StaysError(
        "transfer.beside",
        f"{name} was uploaded by another run at the same moment: that one sends it, this one did "
        "not send it a second time",
        todo="the next run looks whether it arrived; one night.toml for a ledger is enough",
    )


def too_late(profile: Profile, names: Sequence[str], last: dt.time) -> Note:
    """Files that came after the day's last cut-off."""
    return Note(
        kind="transfer.too-late",
        urgency="know",
        what=f"{profile.where}: {_files(names)} sent after the cut-off of {last:%H:%M} "
        f"({profile.time_zone}): goes with their next batch",
        call=profile.call,
        count=len(names),
        ids=tuple(names),
    )


def _files(names: Sequence[str]) -> str:
    return "1 file is" if len(names) == 1 else f"{len(names)} files are"


def _few(names: Sequence[str]) -> str:
    """Some names, and how many more."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
