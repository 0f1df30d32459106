"""``ledger dismiss``: what waits in vain waits no longer, by a person's word."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services.receive_cut import supersede, whole_of
from claimline.transfer.names import ID, OURS
from reconcile.ledger import Decision, Run, dismissed

if TYPE_CHECKING:
    from reconcile.ledger import Ledger


def dismiss(
    ledger: "Ledger",
    name: str,
    number: int | None,
    *,
    reason: str,
    user: str,
    now: dt.datetime,
    undo: bool = False,
) -> tuple[str, ...]:
    """Dismiss the payments of a file that are not whole and the answers that fit nothing of ours.

    Or let them wait again.

    Args:
        ledger: open.
        name: of the file as it was received, or as it is called here (by its digest).
        number: only that payment of it, counted from 1.
        reason: kept with the decision.
        user: who decides.
        now: with its time zone.
        undo: take it back.

    Returns:
        Each in words.

    Raises:
        WrongUsageError: nothing there waits so; files of one name; no reason.
    """
    if not reason.strip():
        raise WrongUsageError("a reason is needed: it is kept with the decision")
    state = dismissed.DISMISSED if undo else dismissed.INCOMPLETE
    name = name[:ID] if OURS.match(name) else name
    with ledger.reading() as connection:
        found = [row for row in dismissed.not_whole(connection, name) if row.state == state]
        gone = dismissed.answers(connection)
        answers = [
            row
            for row in (dismissed.waiting_answers(connection, name) if number is None else ())
            if (dismissed.subject(row.file_digest, row.number) in gone) is undo
        ]
    found = [row for row in found if number in (None, row.number)]
    _one_file(name, [*found, *answers])
    run = Run(command="ledger dismiss", version=__version__, started=now, user=user)
    with ledger.begin(run) as writer:
        for row in found:
            about = dismissed.subject(row.file_digest, row.number)
            kind = dismissed.UNDO if undo else dismissed.DISMISS
            writer.decide(Decision(kind=kind, subject=about, user=user, reason=reason.strip()))
            whole = whole_of(writer.connection, row, row.file_digest) if undo else None
            if whole is not None:  # it came whole while this one was dismissed
                supersede(writer.connection, row, whole)
        for row in answers:
            about = dismissed.subject(row.file_digest, row.number)
            kind = dismissed.ANSWER_UNDO if undo else dismissed.ANSWER
            writer.decide(Decision(kind=kind, subject=about, user=user, reason=reason.strip()))
    return (
        *(f"{row.file_name}, payment {row.trace or 'without a number'}" for row in found),
        *(f"{row.file_name}, {row.kind} of {row.source_name or 'somebody'}" for row in answers),
    )


def _one_file(name: str, found: list[Any]) -> None:
    digests = sorted({row.file_digest for row in found})
    if not digests:
        raise WrongUsageError(
            f"nothing of {name} waits so",
            todo="claimline ledger waiting lists incomplete payments and acknowledgements that fit "
            "nothing, each with its file",
        )
    if len(digests) > 1:
        listed = ", ".join(digest[:12] for digest in digests)
        raise WrongUsageError(
            f"{len(digests)} files have that name: {listed}",
            todo="give the beginning of the digest of the one that is meant",
        )
