"""The proof's look at the journal: facts of both books are as they were recorded."""

from typing import Final

from sqlalchemy import Connection

from reconcile.ledger import journal_words
from reconcile.ledger.journal_check import ENTRIES, Counted, Fault, check
from reconcile.ledger.tables import run, view
from reconcile.ledger.tables_answered import night_report
from reconcile.proof import SHOWN, Break, Tally

_WHO_AND_WHEN: Final = frozenset({ENTRIES, run.name, view.name, night_report.name})


def facts(connection: Connection, tally: Tally) -> None:
    """Check every fact against the journal, and the journal's own entries.

    What only tells who did something and when is checked, and not counted: runs of the same work
    give the same sides.
    """
    for one in check(connection):
        if isinstance(one, Counted) and one.table in _WHO_AND_WHEN:
            continue
        if isinstance(one, Counted):
            tally.left += one.recorded
            tally.right += one.there - one.broken
        elif tally.broken < SHOWN:
            tally.fault(_break(connection, one))
        else:
            tally.broken += 1


def _break(connection: Connection, one: Fault) -> Break:
    number = one.key[0] if isinstance(one.key[0], int) else 0
    return Break(
        equation="facts.journal",
        expected=journal_words.recorded(connection, one),
        found=journal_words.is_there(one),
        claim=number if one.table == "sent_claim" else 0,
        line=number if one.table == "sent_line" else 0,
        payment=number if one.table == "remittance" else 0,
        why=journal_words.which(connection, one),
    )
