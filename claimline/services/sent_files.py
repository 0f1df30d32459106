"""Files of claims that were made: found by a person's word, written again, taken back."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from claimline import __version__
from claimline.errors import RefusedError, WrongUsageError
from claimline.render.words import listed
from claimline.services import outbox
from reconcile.ledger import Ledger, Run, Usage, out_files
from reconcile.ledger.deliveries import NotUnsendableError
from reconcile.ledger.out_files import OutFile

SHOWN: Final = 5  # files named where a word leads to several
KEPT_APART: Final = "taken-back"  # folder in the outbox


class SeveralFilesError(WrongUsageError):
    """The number of a file, which several have: of different receivers, or of both books."""


@frozen(kw_only=True)
class Emitted:
    """A file that was written again, byte for byte."""

    file: OutFile
    path: str


@frozen(kw_only=True)
class TakenBack:
    """A file that was taken back. ``path``: where it stands now; empty where it was not there."""

    file: OutFile
    path: str
    already: bool
    again: bool  # a file that was sent again: its claims stand as before it was made


def named(ledger: Ledger, word: str, usage: Usage | None) -> OutFile:
    """The file of claims that a name, path, digest or ISA13 leads to.

    Raises:
        WrongUsageError: none, or several.
    """
    with ledger.reading() as connection:
        found = out_files.find(connection, word, usage=usage)
    if not found:
        raise WrongUsageError(
            f"no file of claims {Path(word).name} was made here",
            todo="give the name in the outbox, or the interchange control number (ISA13); "
            "claimline trace CLAIM names the file of a claim",
        )
    if len(found) > 1:
        names = listed([f"{one.name} ({one.digest[:12]})" for one in found[:SHOWN]])
        raise SeveralFilesError(
            f"{Path(word).name} is the number of several files: {names}", todo="name one file"
        )
    return found[0]


def all_named(ledger: Ledger, words: Sequence[str], usage: Usage | None) -> list[OutFile]:
    """The files that these words lead to, in their order.

    Raises:
        WrongUsageError: some lead to none or to several; it says of each what is wrong.
    """
    found: list[OutFile] = []
    wrong: list[WrongUsageError] = []
    for word in words:
        try:
            found.append(named(ledger, word, usage))
        except WrongUsageError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        todo = "; ".join(dict.fromkeys(one.todo for one in wrong))
        raise WrongUsageError("; ".join(one.message for one in wrong), todo=todo)
    return found


def emit(ledger: Ledger, words: Sequence[str], *, usage: Usage | None, out: Path) -> list[Emitted]:
    """Write files of claims again as they were, byte for byte. Nothing is recorded.

    Raises:
        WrongUsageError: a word leads to no file, or to several.
        CommandError: a file cannot be written, or other content stands at its place.
        LedgerDamaged: the kept bytes are damaged.
    """
    done = []
    for one in all_named(ledger, words, usage):
        path = out / one.name
        outbox.write_whole(path, outbox.checked_bytes(ledger, one.digest))
        done.append(Emitted(file=one, path=str(path)))
    return done


def unsend(
    ledger: Ledger,
    word: str,
    *,
    usage: Usage | None,
    out: Path,
    reason: str,
    user: str,
    now: dt.datetime,
) -> TakenBack:
    """Take a file back before it was picked up: out of the outbox, kept in the ledger.

    Recorded first: a run that is cut off in between moves the file when it is called again.

    Raises:
        WrongUsageError: the word leads to no file or to several, or no reason is given.
        RefusedError: it was delivered, or somebody answered it.
        CommandError: it cannot be moved.
    """
    if not reason.strip():
        raise WrongUsageError("say why: --reason", todo='--reason "wrong month"')
    one = named(ledger, word, usage)
    run = Run(command="unsend", version=__version__, started=now, user=user)
    try:
        with ledger.begin(run) as writer:
            done = writer.unsend(one.digest, user=user, reason=reason)
    except NotUnsendableError as error:
        raise RefusedError(error.message, todo=error.todo) from None
    path = outbox.put_apart(out / one.name, out / KEPT_APART)
    return TakenBack(file=one, path=path, already=done.already, again=done.again)
