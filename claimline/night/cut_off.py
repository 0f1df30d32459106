"""What runs received that were cut off before they could write a page: told as if it came now.

From kept facts: the file itself, read again, and what the ledger has of its payments, claims and
faults. So the page of the run after a crash has the sums that an undisturbed night's would have.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from claimline.night.context import Night
from claimline.night.received_notes import OTHER_KIND
from claimline.services.receive import READ
from claimline.services.receive_faults import ALONE
from claimline.services.receive_look import look
from claimline.services.receive_values import AdoptedResult, FileResult, PaymentResult
from edi.problem import Problem
from reconcile.ledger import Ledger, nights, received, standing
from reconcile.ledger.nights import NightFile, NightSent

if TYPE_CHECKING:
    from sqlalchemy import Connection

TAKEN = frozenset({"known", "resumed"})


def untold(night: Night, ledger: Ledger) -> dict[str, NightFile]:
    """The files, by digest, that nights received since the last page and that no page tells.

    To be asked before this run receives anything: then they are those of runs that were cut off.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    day = night.day.isoformat()
    with ledger.reading() as connection:
        after = nights.before(connection, day)
        found = nights.received_since(connection, after, night.run.command)
        pages = nights.pages_of(connection, day) if found else ()
    told = {
        row.get("digest")
        for page in pages
        for step in json.loads(page)["steps"]
        for row in step.get("files", ())
        if row.get("state") not in {"known", "unreadable"}
    }
    return {one.digest: one for one in found if one.digest not in told}


def untold_made(night: Night, ledger: Ledger) -> tuple[NightSent, ...]:
    """The files of claims that nights built since the last page and that no page tells.

    To be asked before this run builds anything: then they are those of runs that were cut off.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    day = night.day.isoformat()
    with ledger.reading() as connection:
        found = nights.sent_since(connection, nights.before(connection, day), night.run.command)
        pages = nights.pages_of(connection, day) if found else ()
    told = {
        row["file"]
        for page in map(json.loads, pages)
        for rows in (*_files(page, "build"), page.get("earlier", {}).get("made", ()))
        for row in rows
    }
    return tuple(one for one in found if one.name not in told)


def untold_deposits(night: Night, ledger: Ledger) -> int:
    """How many new deposits nights read since the last page that no page counts; as above.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    day = night.day.isoformat()
    with ledger.reading() as connection:
        after = nights.before(connection, day)
        found = nights.deposits_since(connection, after, night.run.command)
        pages = nights.pages_of(connection, day) if found else ()
    told: int = sum(
        step["counts"].get("new", 0)
        for page in map(json.loads, pages)
        for step in page["steps"]
        if step["name"] == "bank"
    )
    return max(0, found - told)


def _files(page: Mapping[str, Any], name: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The files that the step of a name tells in a page."""
    return (step.get("files", ()) for step in page["steps"] if step["name"] == name)


def as_new(ledger: Ledger, result: FileResult) -> FileResult:
    """What became of a file that a run received before it was cut off, as that run would tell it.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    stored = ledger.file(result.digest)
    if stored is None or result.state not in TAKEN:
        return result
    with ledger.reading() as connection:
        payments = tuple(_payments(connection, stored.id, result.payments))
        adopted = nights.adopted_of(connection, stored.id)
        kept = nights.problems_of(connection, stored.id)
    ours = (problem for problem in result.problems if problem.code == ALONE)
    return evolve(
        result,
        state="received",
        payments=payments,
        adopted=tuple(_adopted(result.adopted, adopted)),
        acknowledged=tuple(
            evolve(one, state=one.stored or one.state, stored="") for one in result.acknowledged
        ),
        unread=_unread(ledger, result) if any(c == OTHER_KIND for c, _, _ in kept) else (),
        problems=(
            *(Problem(code=code, level=level, message=message) for code, level, message in kept),
            *ours,
        ),
    )


def _unread(ledger: Ledger, result: FileResult) -> tuple[tuple[str, int], ...]:
    """The transactions that are not for us, by type: from the kept bytes."""
    kinds = look(ledger.file_bytes(result.digest), result.file).kinds
    return tuple((kind, count) for kind, count in kinds.items() if kind not in READ)


def _payments(
    connection: "Connection", file_id: int, payments: Sequence[PaymentResult]
) -> Iterator[PaymentResult]:
    """The payments of a file, with how many of their claims were posted."""
    stand = standing.of_file(connection, file_id)
    for row, one in zip(received.rows_of(connection, file_id), payments, strict=True):
        if one.state != "known":
            yield one
            continue
        states: Mapping[str, int] = stand[row.id].states if row.id in stand else Counter[str]()
        posted = states.get("posted", 0)
        yield evolve(one, state=one.stored, stored="", posted=posted, known=0)


def _adopted(results: Sequence[AdoptedResult], count: int) -> Iterator[AdoptedResult]:
    """The transactions of claims of a file, of which so many were taken over."""
    for one in results:
        mine = min(one.known, count)
        count -= mine
        state = "adopted" if mine else one.state
        yield evolve(one, adopted=one.adopted + mine, known=one.known - mine, state=state)
