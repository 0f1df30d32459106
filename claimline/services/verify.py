"""``verify``: everything made again from the kept files and decisions, and compared."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy.exc import IntegrityError

from claimline import __version__, temporary
from claimline.errors import CommandError
from claimline.services.again import end_of, make_again
from claimline.services.collector import rarely_collected
from claimline.services.receive_acknowledge import KINDS, read_file
from claimline.services.verify_bytes import Bytes
from claimline.services.verify_counters import counters
from reconcile.ledger import (
    LedgerDamaged,
    Run,
    acknowledgements,
    alike,
    journal,
    journal_check,
    journal_words,
    open_ledger,
)
from reconcile.ledger.alike import Compared, Differs
from reconcile.ledger.convert import moment
from reconcile.ledger.facts import copy_facts
from reconcile.ledger.proof import prove
from reconcile.proof import Proof

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Writer

SHOWN: Final = 20  # differences named
BOOKS: Final = "books made again"
SHORTEST: Final = 12  # figures of a head that may be asked for


@frozen(kw_only=True)
class Verified:
    """What a verification came to. ``proofs`` are those of the ledger that was made again."""

    compared: tuple[Compared, ...]
    recorded: tuple[Compared, ...]  # facts beside the journal, table by table
    entries: int  # of the journal
    head: str  # digest of the newest; empty where there is none
    head_known: bool | None  # whether the head that was asked for stands in it
    differences: tuple[Differs, ...]
    proofs: tuple[Proof, ...]
    as_of: dt.date | None = None

    @property
    def equal(self) -> bool:
        """Whether all is the same, and the books made again close but for payers' differences."""
        return (
            all(one.equal for one in (*self.compared, *self.recorded))
            and not any(p.broken for p in self.proofs)
            and self.head_known is not False
        )


@rarely_collected()
def verify(
    ledger: "Ledger",
    *,
    as_of: dt.date | None = None,
    zone: dt.tzinfo = dt.UTC,
    into: str = "",
    head: str = "",
) -> Verified:
    """Make the whole ledger again beside itself and compare; the ledger is only read.

    What only the ledger holds is compared with the journal of facts. Sent claims and payments are
    compared with the kept bytes, acknowledgements are read again, the books are made again from
    files and decisions. Books are compared only where no day is given:
    the ledger keeps those of now.

    Args:
        ledger: open.
        as_of: only what was recorded up to the end of that day.
        zone: of the practice; the day ends there.
        into: URL of an empty ledger to be filled and left; a temporary one where empty.
        head: digest of an entry of the journal, or how it begins, as it was told some day.

    Raises:
        CommandError: ``into`` is a ledger with something in it; ``head`` is too short.
        LedgerDamaged: where the bytes of a received file are damaged.
    """
    asked = _head(head)
    until = moment(end_of(as_of, zone)) if as_of else ""
    results, journaled = _Results(), _Results()
    with ledger.reading() as connection:
        journaled.take(_journal(connection))
        entries, newest = journal.head(connection)
        known = journal_check.has(connection, asked) if asked else None
    results.take(Bytes(ledger=ledger, until=until).compare())
    if not as_of:
        with ledger.reading() as connection:
            results.take(counters(connection))
    proofs: tuple[Proof, ...] = ()
    try:
        with _target(into) as made:
            _fill(ledger, made, until)
            if not as_of:
                with ledger.reading() as here, made.reading() as there:
                    results.take(alike.compare(here, there, shown=SHOWN))
            with made.reading() as there:
                proofs = tuple(prove(there, usage, journaled=False) for usage in ("P", "T"))
    except (LedgerDamaged, IntegrityError, KeyError, ValueError, TypeError) as error:
        if not (
            results.differences
            or journaled.differences
            or isinstance(error, LedgerDamaged | IntegrityError)
        ):
            raise  # nothing is wrong with the facts: a fault of ours
        results.take(_not_made(error))
    return Verified(
        compared=tuple(results.compared),
        recorded=tuple(journaled.compared),
        entries=entries,
        head=newest,
        head_known=known,
        differences=tuple(_some(journaled.differences, results.differences)),
        proofs=tuple(proof for proof in proofs if _has_claims(proof)),
        as_of=as_of,
    )


def _some(*found: list[Differs]) -> Iterator[Differs]:
    """The first differences; each way of looking has its share."""
    share = SHOWN // len(found)
    for some in found:
        others = sum(min(len(one), share) for one in found if one is not some)
        yield from some[: SHOWN - others]


def _head(text: str) -> str:
    """The head that was asked for.

    Raises:
        CommandError: it is no digest, or too little of one to mean anything.
    """
    asked = text.strip().lower()
    if asked and (len(asked) < SHORTEST or not set(asked) <= set("0123456789abcdef")):
        raise CommandError(
            f"--head: {SHORTEST} figures (0-9, a-f) at least",
            todo="take it from the page of a night, or from an earlier claimline verify",
        )
    return asked


def _journal(connection: "Connection") -> Iterator[Compared | Differs]:
    """Every fact beside its entry in the journal."""
    named = 0
    for one in journal_check.check(connection):
        what = journal_words.words(one.table)
        if isinstance(one, journal_check.Counted):
            yield Compared(what=what, kept=one.there, made=one.recorded, broken=one.broken)
        elif named < SHOWN:
            named += 1
            yield Differs(
                what=what,
                which=journal_words.which(connection, one),
                column="as recorded",
                kept=journal_words.is_there(one),
                made=journal_words.recorded(connection, one),
            )


def _not_made(error: Exception) -> Iterator[Compared | Differs]:
    """The books could not be made of what is left of the facts."""
    if isinstance(error, LedgerDamaged):
        why = error.message
    elif isinstance(error, IntegrityError):
        why = "rows name others that are gone, or stand there twice"
    else:
        why = "facts contradict each other"
    yield Differs(what=BOOKS, which="all", column="", kept="there", made=f"cannot be made: {why}")
    yield Compared(what=BOOKS, kept=0, made=0, broken=1)


class _Results:
    """What was compared so far, and the first differences."""

    def __init__(self) -> None:
        self.compared: list[Compared] = []
        self.differences: list[Differs] = []

    def take(self, found: Iterable[Compared | Differs]) -> None:
        for one in found:
            if isinstance(one, Compared):
                self.compared.append(one)
            elif len(self.differences) < SHOWN:
                self.differences.append(one)


def _has_claims(proof: Proof) -> bool:
    return any(one.left or one.right for one in proof.equations)


@contextmanager
def _target(into: str) -> "Iterator[Ledger]":
    """The empty ledger to fill.

    Raises:
        CommandError: it is not empty.
    """
    if into:
        with open_ledger(into, create=True) as made:
            status = made.status()
            if status.files or status.runs:
                raise CommandError(
                    f"{made.place} is not empty: nothing was written",
                    todo="name a ledger that is not there yet",
                )
            yield made
        return
    with (
        temporary.room() as folder,
        open_ledger(str(folder / "verify.sqlite3"), create=True) as made,
    ):
        yield made


def _fill(ledger: "Ledger", made: "Ledger", until: str) -> None:
    """Copy what only the ledger holds, read acknowledgements again, make the books again."""
    run = Run(command="verify", version=__version__, started=dt.datetime.now(dt.UTC))
    with ledger.reading() as here, made.begin(run) as writer:
        writer.journal.whole = True
        copy_facts(here, writer.connection, until=until, read_again=True)
        _read_again(ledger, writer)
        make_again(ledger, writer)


def _read_again(ledger: "Ledger", writer: "Writer") -> None:
    """The acknowledgements of kept files, recorded when their files were."""
    at = writer.at
    with writer.joining_later():  # once, when all is there
        for stored in acknowledgements.unread_files(writer.connection, KINDS):
            writer.at = stored.recorded_at
            read_file(ledger, writer, stored, "")
    writer.at = at


NEXT: Final = (
    "Amounts, states and matches that differ: make a backup, then claimline ledger rebuild. Files, "
    "sent claims, payments, and what is not as recorded: somebody or something changed the "
    "database. Restore the last backup that verifies, and receive the files since again."
)


def headline(found: Verified) -> str:
    """The answer in one sentence."""
    when = f" as of {found.as_of}" if found.as_of else ""
    broken = [one.what for one in found.compared if not one.equal]
    changed = [one.what for one in found.recorded if not one.equal]
    if found.head_known is False and not (broken or changed):
        return (
            f"The ledger{when} is not the one of that head: its journal was made anew, or cut off "
            "behind an older entry."
        )
    if broken or changed:
        named = [
            f"not what its files and decisions make: {', '.join(broken)}" if broken else "",
            f"not as it was recorded: {', '.join(changed)}" if changed else "",
        ]
        return f"The ledger{when} is {'; '.join(filter(None, named))}."
    if not found.equal:
        book = (
            "--test"
            if all(one.usage == "T" for one in found.proofs if one.broken)
            else "--production"
        )
        return f"The books made again{when} do not close: claimline proof {book} says where."
    return f"The ledger{when} is what its files and decisions make."


def journal_notes(found: Verified) -> tuple[str, ...]:
    """What there is to keep of the journal, and what became of the head that was asked for."""
    if not found.entries:
        return ()
    notes = [journal.told(found.entries, found.head)]
    if found.head_known is not None:
        notes.append(
            "The head asked for stands in the journal."
            if found.head_known
            else "The head asked for does not stand in the journal: it is not the one that was "
            "told, or its newest entries were cut off. Restore the last backup that has it."
        )
    return tuple(notes)


def data(found: Verified) -> dict[str, Any]:
    """The answer as plain values."""
    return {
        "equal": found.equal,
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "compared": [_counts(one) for one in found.compared],
        "recorded": [_counts(one) for one in found.recorded],
        "journal": {"entries": found.entries, "head": found.head, "known": found.head_known},
        "differences": [
            {
                "what": one.what,
                "which": one.which,
                "column": one.column,
                "kept": one.kept,
                "made": one.made,
            }
            for one in found.differences
        ],
    }


def _counts(one: Compared) -> dict[str, Any]:
    return {"what": one.what, "kept": one.kept, "made": one.made, "differ": one.broken}
