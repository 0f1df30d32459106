"""Transfer: files of the clearinghouses into the inbox, files of claims to the clearinghouses."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from attrs import evolve

from claimline.errors import COULD_NOT_RUN
from claimline.night.context import Night
from claimline.night.values import Note, Step
from claimline.render.words import counted
from claimline.transfer import Collected, Delivered, Moved, clear_outbox, collect, send
from claimline.transfer.errors import TransferError
from claimline.transfer.names import house_name
from claimline.transfer.send import waiting_for
from claimline.transfer.values import Profile
from reconcile.ledger import Ledger


def collect_step(night: Night, _before: Sequence[Step]) -> Step:
    """Fetch what is new into the inbox."""
    if night.dry_run:
        return _would_collect(night)
    with night.ledger() as ledger:
        done = collect(night.config.profiles, night.config.folders, ledger, night.run, night.local)
    return _step("collect", done)


def _would_collect(night: Night) -> Step:
    """A dry run: folders of this machine are read, what lies on a server is only listed.

    Some servers take a file away once it was read.
    """
    with night.ledger() as ledger:
        given = (night.config.folders, ledger, night.run, night.local)
        here = collect([one for one in night.config.profiles if one.login is None], *given)
        there = collect(
            [one for one in night.config.profiles if one.login is not None], *given, dry_run=True
        )
    files = tuple(
        evolve(one, state="would" if one.state in {"new", "known"} else one.state)
        for one in (*here.files, *there.files)
    )
    unread = [one for one in there.files if one.state == "would"]
    step = _step(
        "collect",
        Collected(
            files=files,
            notes=(*here.notes, *there.notes),
            failed=(*here.failed, *there.failed),
            refused=there.refused,
        ),
    )
    return evolve(step, notes=(*step.notes, *_unread(unread)))


def _unread(files: Sequence[Moved]) -> Iterator[Note]:
    """What a dry run cannot know."""
    if files:
        profiles = ", ".join(dict.fromkeys(one.profile for one in files))
        yield Note(
            kind="transfer.not-looked-into",
            urgency="know",
            what=f"{counted(len(files), 'file')} would come from {profiles}; the dry run does not "
            "look into them: what this page misses may be in them",
            todo="claimline night fetches and reads them",
            count=len(files),
        )


def send_step(night: Night, before: Sequence[Step]) -> Step:
    """Send what waits; what was taken goes from the outbox to the archive.

    Where collecting was not let in, no second try is made: many lock a login after three.
    """
    refused = {key for step in before for key in step.detail.get("not_let_in", ())}
    logins = {_login(one) for one in night.config.profiles if one.key in refused}
    tried = [one for one in night.config.profiles if not one.login or _login(one) not in logins]
    with night.ledger() as ledger:
        done = send(tried, ledger, night.run, night.local, dry_run=night.dry_run)
        step = _step("send", done)
        stay = tuple(_not_tried(night, ledger, night.config.profiles, tried))
        step = evolve(
            step,
            status=COULD_NOT_RUN if stay else step.status,
            notes=(*step.notes, *stay),
        )
        if night.dry_run:
            return step
        try:
            clear_outbox(night.config.folders, ledger, night.local)
        except (TransferError, OSError) as error:
            note = _not_cleared(error)
            return evolve(step, status=max(step.status, 1), notes=(*step.notes, note))
    return step


def _login(profile: Profile) -> tuple[str, int, str]:
    login = profile.login
    return (login.host, login.port, login.user) if login else ("", 0, "")


def _not_tried(
    night: Night, ledger: Ledger, profiles: Sequence[Profile], tried: Sequence[Profile]
) -> Iterator[Note]:
    """What waits for those whose login was refused when collecting."""
    for profile in profiles:
        if not profile.put or profile in tried or not ledger.undelivered(profile.key):
            continue
        note = Note(
            kind="transfer.not-tried",
            urgency="now",
            what=f"{profile.where}: claims not sent: the login was refused a moment before, and "
            "no second try was made",
            todo="put the login right, then run claimline night again",
            call=profile.call,
        )
        yield waiting_for(ledger, profile, note, night.local)


def _not_cleared(error: TransferError | OSError) -> Note:
    """Files went, and the outbox still holds them."""
    if isinstance(error, TransferError):
        return Note(kind=error.kind, urgency="today", what=error.message, todo=error.todo)
    return Note(
        kind="transfer.disk",
        urgency="today",
        what=f"files that were sent stay in the outbox: {error.strerror or type(error).__name__}",
        todo="see to the outbox and its owner; nothing is sent twice, the next run moves them",
    )


def _step(name: str, done: Collected | Delivered) -> Step:
    counts = {key.replace("_", " "): count for key, count in done.counts.items()}
    return Step(
        name=name,
        status=done.status,
        counts=counts,
        notes=done.notes,
        detail={
            "files": [_row(one, name) for one in done.files if one.state != "known"],
            "not_let_in": list(done.refused),
            "came": [one.path.name for one in done.files if one.path],
        },
    )


def _row(one: Moved, step: str) -> dict[str, Any]:
    """A file for the report: ours by its name, theirs by their bytes; its name is not told."""
    ours = step == "send"
    theirs = house_name(one.digest, one.name) if one.digest else ""
    return {
        "profile": one.profile,
        "file": PurePath(one.name).name if ours else theirs,
        "state": one.state,
        "bytes": one.size,
        "digest": one.digest,
    }
