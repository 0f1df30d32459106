"""Transfer: files of the clearinghouses into the inbox, files of claims to the clearinghouses."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from attrs import evolve

from claimline.night.context import Night
from claimline.night.values import Note, Step
from claimline.transfer import Collected, Delivered, Moved, clear_outbox, collect, send
from claimline.transfer.errors import TransferError


def collect_step(night: Night, _before: Sequence[Step]) -> Step:
    """Fetch what is new into the inbox."""
    with night.ledger() as ledger:
        done = collect(
            night.config.profiles,
            night.config.folders,
            ledger,
            night.run,
            night.local,
            dry_run=night.dry_run,
        )
    return _step("collect", done)


def send_step(night: Night, _before: Sequence[Step]) -> Step:
    """Send what waits; what was taken goes from the outbox to the archive."""
    with night.ledger() as ledger:
        done = send(night.config.profiles, ledger, night.run, night.local, dry_run=night.dry_run)
        step = _step("send", done)
        if night.dry_run:
            return step
        try:
            clear_outbox(night.config.folders, ledger, night.local)
        except (TransferError, OSError) as error:
            note = _not_cleared(error)
            return evolve(step, status=max(step.status, 1), notes=(*step.notes, note))
    return step


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
        detail={"files": [_row(one) for one in done.files if one.state != "known"]},
    )


def _row(one: Moved) -> dict[str, Any]:
    return {
        "profile": one.profile,
        "file": PurePath(one.name).name,
        "state": one.state,
        "bytes": one.size,
        "digest": one.digest,
        "inbox": one.path.name if one.path else "",
    }
