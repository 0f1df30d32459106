"""Looking without changing: can a clearinghouse be worked, and what is there."""

import datetime as dt
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Literal

from attrs import frozen

from claimline.night.values import Note
from claimline.render.words import counted
from claimline.transfer import notes
from claimline.transfer.errors import StaysError, TransferError
from claimline.transfer.names import ID, is_wanted, name_fault, shown
from claimline.transfer.place import Place
from claimline.transfer.tries import with_tries
from claimline.transfer.values import Profile, Remote
from reconcile.ledger import transfers

if TYPE_CHECKING:
    from pathlib import Path

    from claimline.night.config import Folders
    from reconcile.ledger import Ledger

OUT: Final = frozenset({"ours", "unfinished", "not ours"})
SKEW: Final = 300  # seconds a clock over there may be ahead before it is told
State = Literal["well", "look", "wrong"]


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at. ``look``: it works, and a person should know."""

    profile: str  # empty: our own folders
    what: str
    state: State
    detail: str
    todo: str = ""


@frozen(kw_only=True)
class Listed:
    """A file over there."""

    profile: str
    folder: str
    name: str
    size: int
    modified: str  # UTC
    way: Literal["in", "out"]
    state: str  # in: new, fetched, not wanted, odd name; out: ours, unfinished, not ours
    when: str = ""  # it was fetched or sent


def check_own(folders: "Folders") -> Iterator[Finding]:
    """Our own folders: there, ours, for us alone, on one disk."""
    disks: dict[int, str] = {}
    for what in ("inbox", "outbox", "archive", "quarantine"):
        path: Path = getattr(folders, what)
        try:
            found = path.stat()
        except FileNotFoundError:
            yield _own(what, "well", "will be made when it is needed")
            continue
        except OSError as error:
            yield _own(what, "wrong", f"{path}: {error.strerror}", "see whose folder it is")
            continue
        if not stat.S_ISDIR(found.st_mode) or not os.access(path, os.W_OK | os.X_OK):
            yield _own(what, "wrong", f"{path} is no folder we may write to", "see whose it is")
        elif found.st_mode & 0o077:
            yield _own(what, "look", "can be read by others", f"chmod 700 {path}")
        else:
            yield _own(what, "well", "for its owner only")
        disks.setdefault(found.st_dev, what)
    if len(disks) > 1:
        yield _own(
            "disk",
            "wrong",
            f"{' and '.join(disks.values())} are on different disks",
            "put all of them on one disk: files are moved, never copied",
        )


def check(profile: Profile, now: dt.datetime, *, write: bool = True) -> tuple[Finding, ...]:
    """Whether a clearinghouse can be worked: reached, let in, folders, clock, password.

    With ``write`` a small file is written into ``put`` under a temporary name, renamed and removed.
    """
    found = [_of_note(profile, note) for note in notes.expiry(profile, now.date())]
    try:
        found += with_tries(
            profile, lambda place, _: tuple(_looked(profile, place, now, write=write))
        )
    except TransferError as error:
        found.append(
            Finding(
                profile=profile.key,
                what="connection" if profile.login else "folder",
                state="wrong",
                detail=error.message,
                todo=error.todo,
            )
        )
    return tuple(found)


def listing(
    profile: Profile, ledger: "Ledger", profiles: Iterable[Profile] = ()
) -> tuple[Listed, ...]:
    """The files over there, each with what the ledger knows of it.

    ``profiles`` are all there are: another one on the same login may have fetched a file.

    Raises:
        TransferError: it cannot be reached, or a folder is not there.
    """
    keys = {profile.key, *(one.key for one in profiles if one.place == profile.place)}
    return with_tries(profile, lambda place, _: tuple(_listed(profile, place, ledger, keys)))


def lies_in(folders: "Folders", digest: str) -> str:
    """Where a received file lies here now, by its name of ours; empty where it does not."""
    for folder in (folders.archive, folders.quarantine):
        for path in sorted(folder.rglob(f"{digest[:ID]}*")) if folder.is_dir() else ():
            if path.is_file() and ".problems." not in path.name:
                return str(path)
    return ""


def _own(what: str, state: State, detail: str, todo: str = "") -> Finding:
    return Finding(profile="", what=what, state=state, detail=detail, todo=todo)


def _of_note(profile: Profile, note: Note) -> Finding:
    return Finding(
        profile=profile.key,
        what=note.kind.removeprefix("transfer.").removesuffix("-expires"),
        state="look",
        detail=note.what,
        todo=note.todo,
    )


def _looked(profile: Profile, place: Place, now: dt.datetime, *, write: bool) -> Iterator[Finding]:
    """What is found once the clearinghouse is reached."""
    if profile.login is not None:
        pinned = " or ".join(str(key) for key in profile.login.host_keys)
        detail = f"{profile.login.user} is let in; the host key is the pinned one ({pinned})"
        yield Finding(profile=profile.key, what="connection", state="well", detail=detail)
    ahead = 0
    for folder in profile.get:
        try:
            files = place.files(folder)
        except StaysError as error:
            yield _folder(profile, "get", "wrong", error)
            continue
        wanted = sum(is_wanted(one.name, profile.patterns) for one in files)
        detail = f"{_last(folder)}: {counted(len(files), 'file')}, {wanted} wanted"
        yield Finding(profile=profile.key, what="get", state="well", detail=detail)
        ahead = max([ahead, *(one.modified for one in files)])
    if profile.put:
        put = _put(profile, place)
        yield put
        if write and put.state != "wrong":
            yield _tried(profile, place)
    for what in ("after_folder", "taken_folder"):
        if getattr(profile, what):
            yield _there(profile, place, what)
    if ahead > now.timestamp() + SKEW:
        minutes = int(ahead - now.timestamp()) // 60
        yield Finding(
            profile=profile.key,
            what="clock",
            state="look",
            detail=f"the newest file there is {minutes} minutes in the future",
            todo="one of the clocks is wrong: see whether this machine's is set by NTP",
        )


def _folder(profile: Profile, what: str, state: State, error: TransferError) -> Finding:
    return Finding(
        profile=profile.key,
        what=what,
        state=state,
        detail=error.message,
        todo=error.todo,
    )


def _there(profile: Profile, place: Place, what: str) -> Finding:
    """Whether a folder can be listed."""
    folder: str = getattr(profile, what)
    try:
        count = len(place.files(folder))
    except StaysError as error:
        return _folder(profile, what, "wrong", error)
    detail = f"{_last(folder)}: {counted(count, 'file')}"
    return Finding(profile=profile.key, what=what, state="well", detail=detail)


def _last(folder: str) -> str:
    """The end of a folder's name, which tells it from the others."""
    return PurePath(folder).name or folder


def _put(profile: Profile, place: Place) -> Finding:
    """The folder files go to; a mere drop may not be listed."""
    try:
        count = len(place.files(profile.put))
    except StaysError as error:
        may_be = error.kind == "transfer.denied"
        return _folder(profile, "put", "look" if may_be else "wrong", error)
    if profile.login is None and not os.access(profile.put, os.W_OK):
        return Finding(
            profile=profile.key,
            what="put",
            state="wrong",
            detail="it may not be written to",
            todo="see whose folder it is",
        )
    detail = f"{_last(profile.put)}: {counted(count, 'file')} there"
    return Finding(profile=profile.key, what="put", state="well", detail=detail)


TRIED: Final = b"Claimline looked whether it may write here. This file can be removed.\n"


def _tried(profile: Profile, place: Place) -> Finding:
    """Whether we may write, rename and remove: a small file, under temporary names."""
    names = [profile.temporary.format(name=f"claimline-check{n}") for n in ("", "-renamed")]
    first, second = (place.join(profile.put, name) for name in names)
    done = "be written"
    try:
        place.write(first, 0, [TRIED])
        if profile.rename:
            done = "be renamed"
            place.rename(first, second)
            first, names = second, names[1:]
        done = "be removed"
        place.remove(first)
    except StaysError as error:
        left = f"; {names[0]} is still there" if done != "be written" else ""
        harm = done == "be removed"
        todo = "remove it by hand; files of claims are never removed" if harm else error.todo
        if done == "be renamed":
            todo = f"{todo}; or rename = false (docs/transfer.md says what that risks)"
        return Finding(
            profile=profile.key,
            what="write",
            state="look" if harm else "wrong",
            detail=f"a file could not {done}: {error.message}{left}",
            todo=todo,
        )
    ways = "written, renamed and removed" if profile.rename else "written and removed"
    detail = f"a small file with a temporary name was {ways}"
    return Finding(profile=profile.key, what="write", state="well", detail=detail)


def _listed(
    profile: Profile, place: Place, ledger: "Ledger", keys: Collection[str]
) -> Iterator[Listed]:
    for folder in profile.get:
        files = place.files(folder)
        with ledger.reading() as connection:
            paths = (one.path for one in files)
            known = transfers.known(connection, keys, "in", paths)
        for one in files:
            rows = [
                row
                for row in known.get(one.path, ())
                if (row.size, row.modified) == (one.size, one.moment)
            ]
            state = _state(profile, one, fetched=bool(rows))
            yield _row(profile, folder, one, state, rows[-1].recorded_at if rows else "")
    if not profile.put:
        return
    try:
        files = place.files(profile.put)
    except StaysError as error:
        if error.kind == "transfer.denied":  # a drop, which nobody may look into
            return
        raise
    with ledger.reading() as connection:
        paths = (one.path for one in files)
        known = transfers.known(connection, [profile.key], "out", paths)
    for one in files:
        rows = list(known.get(one.path, ()))
        when = rows[-1].recorded_at if rows else ""
        unfinished = one.name.endswith(profile.temporary.partition("{name}")[2] or "\0")
        state = "ours" if rows else "unfinished" if unfinished else "not ours"
        yield _row(profile, profile.put, one, state, when)


def _state(profile: Profile, one: Remote, *, fetched: bool) -> str:
    if fetched:
        return "fetched"
    if not is_wanted(one.name, profile.patterns):
        return "not wanted"
    return "odd name" if name_fault(one.name) else "new"


def _row(profile: Profile, folder: str, one: Remote, state: str, when: str) -> Listed:
    return Listed(
        profile=profile.key,
        folder=folder,
        name=shown(one.name),
        size=one.size,
        modified=one.moment,
        way="out" if folder == profile.put and state in OUT else "in",
        state=state,
        when=when,
    )
