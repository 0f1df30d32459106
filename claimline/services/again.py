"""All that is derived made anew: in place, or in a ledger of its own as of a day."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from claimline import __version__, temporary
from claimline.services.receive_post import post_again
from reconcile.ledger import (
    Run,
    acknowledgements_again,
    derived,
    open_ledger,
    received,
    states,
)
from reconcile.ledger.convert import moment
from reconcile.ledger.facts import copy_facts

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Writer

_END: Final = dt.time(23, 59, 59)


def make_again(files: "Ledger", writer: "Writer") -> None:
    """Make the books anew: joins, matches, shares, postings, sums, states.

    Args:
        files: the ledger that gives the bytes of the kept files.
        writer: the open transaction of the ledger whose books are made; often the same.

    Raises:
        LedgerDamaged: where the bytes of a received file are damaged.
    """
    writer.states_later = True
    derived.forget(writer.connection)
    acknowledgements_again.forget(writer.connection)
    acknowledgements_again.join_all(writer)
    for stored in list(derived.files_with_payments(writer.connection)):
        rows = list(received.rows_of(writer.connection, stored.id))
        post_again(files, writer, stored.digest, rows)
    writer.states_later = False
    states.rebuild(writer)


def end_of(day: dt.date, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    """The last second of a day."""
    return dt.datetime.combine(day, _END, zone)


def zone_of(practice: str) -> dt.tzinfo:
    """The time zone of a practice file; UTC where none is named.

    Raises:
        WrongUsageError: the file cannot be read.
    """
    if not practice:
        return dt.UTC
    from claimline.services.practice import load

    return ZoneInfo(load(practice).time_zone)


@contextmanager
def as_of(ledger: "Ledger", day: dt.date, zone: dt.tzinfo = dt.UTC) -> Iterator["Ledger"]:
    """The books as they were known at the end of a day, in a ledger of their own for a while.

    Facts recorded later are left out: files, claims, decisions. The books are made anew from the
    rest, by this version's rules. Nothing is written to ``ledger``; the copy is removed at the end.

    Args:
        ledger: open.
        day: its end counts.
        zone: of the practice; the day begins and ends there.

    Raises:
        LedgerDamaged: where the bytes of a received file are damaged.
    """
    with temporary.room() as folder:
        path = folder / "as-of.sqlite3"
        with open_ledger(str(path), create=True) as copy:
            now = end_of(day, zone)
            run = Run(command="as of", version=__version__, started=now)
            with ledger.reading() as here, copy.begin(run) as writer:
                writer.journal.whole = True
                copy_facts(here, writer.connection, until=moment(now))
                make_again(ledger, writer)
            yield copy


@contextmanager
def books_of(ledger: "Ledger", day: dt.datetime | None, practice: str = "") -> Iterator["Ledger"]:
    """The ledger itself, or its books as of a day that was asked for (``as_of``)."""
    if day is None:
        yield ledger
        return
    with as_of(ledger, day.date(), zone_of(practice)) as then:
        yield then
