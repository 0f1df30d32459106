"""Deposits of the bank: read once by content, and matched to the payments of the 835s."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from claimline import __version__
from claimline.services.bank_read import Profile, Read, read, text_of
from reconcile.deposits import Deposit, Matched, Near, Paid, Window, match
from reconcile.ledger import Ledger, Run, deposits
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits import Row

if TYPE_CHECKING:
    from reconcile.ledger import Usage

KIND: Final = "bank"
FIRST: Final = 8  # deposits that a trial shows


@frozen(kw_only=True)
class Imported:
    """What became of one bank file."""

    file: str
    kind: str  # CSV, Nacha
    deposits: int
    new: int
    passed: int  # rows that are no deposit
    claims: int  # deposits that say that they pay claims
    faults: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()  # which column is what
    notes: tuple[str, ...] = ()
    first: tuple[Row, ...] = ()  # of a trial: the first new deposits


def look(ledger: Ledger, name: str, data: bytes, *, profile: Profile | None) -> Imported:
    """What ``take`` would do; nothing is kept.

    Raises:
        WrongUsageError: its columns cannot be told.
    """
    found = read(name, text_of(data), profile)
    keys = deposits.marks(found.rows)
    with ledger.reading() as connection:
        here = deposits.known(connection, keys)
    new = [row for row, key in zip(found.rows, keys, strict=True) if key not in here]
    return _imported(name, found, len(new), tuple(new[:FIRST]))


def take(
    ledger: Ledger, name: str, data: bytes, *, profile: Profile | None, user: str, now: dt.datetime
) -> Imported:
    """Read a bank's file into the ledger; what is known changes nothing.

    Of the file itself only the deposits are kept: the rest holds account numbers.

    Raises:
        WrongUsageError: its columns cannot be told; nothing of it is kept.
    """
    found = read(name, text_of(data), profile)
    run = Run(command="bank import", version=__version__, started=now, user=user)
    new = 0
    if found.rows:
        with ledger.begin(run) as writer:
            short = name.replace("\\", "/").rpartition("/")[2]
            kept = deposits.as_kept(found.rows, hashlib.sha256(data).hexdigest())
            stored = writer.store(kept, kind=KIND, name=short, direction="in")
            new = deposits.add(writer, stored.id, found.rows)
    return _imported(name, found, new)


def _imported(name: str, found: Read, new: int, first: tuple[Row, ...] = ()) -> Imported:
    return Imported(
        file=name,
        kind=found.kind,
        deposits=len(found.rows),
        new=new,
        passed=found.passed,
        claims=sum(one.is_claim for one in found.rows),
        faults=found.faults,
        understood=found.understood,
        notes=found.notes,
        first=first,
    )


def matched(ledger: Ledger, usage: "Usage", window: Window | None = None) -> Matched:
    """All deposits against all payments of a book."""
    with ledger.reading() as connection:
        return match(deposits.deposits(connection), deposits.payments(connection, usage), window)


def rows(found: Matched, *, unmatched: bool) -> Iterator[dict[str, Any]]:
    """Deposits and payments as rows, by date: pairs, and what has no other side."""
    payments = {one.id: one for one in found.payments}
    kept = {one.id: one for one in found.deposits}
    made = []
    if not unmatched:
        made += [_row(pair.deposit, pair.payment, pair.by) for pair in found.pairs]
    made += [
        _row(one, None, "", could=_payments(found.near_deposit.get(one.id, ()), payments))
        for one in found.deposits
        if one.is_claim or not unmatched
    ]
    made += [
        _row(None, one, "", could=_deposits(found.near_payment.get(one.id, ()), kept))
        for one in found.payments
    ]
    yield from sorted(made, key=lambda row: (row["date"], row["amount"], row["trace"]))


def _row(
    deposit: Deposit | None, payment: Paid | None, by: str, could: tuple[str, ...] = ()
) -> dict[str, Any]:
    one = deposit or payment
    assert one is not None
    return {
        "date": one.date.isoformat(),
        "amount": str(dollars(one.cents)),
        "trace": one.trace or (payment.trace if payment else ""),
        "payer": payment.payer if payment else one.payer,
        "deposit": deposit.date.isoformat() if deposit else None,
        "payment": payment.date.isoformat() if payment else None,
        "matched_by": by,
        "is_claim": deposit.is_claim if deposit else True,
        "text": deposit.text if deposit else "",
        "could_be": list(could),
    }


def _payments(near: tuple[Near, ...], known: dict[int, Paid]) -> tuple[str, ...]:
    return tuple(
        f"{one.why}: "
        + ", ".join(
            f"{known[n].trace} of {known[n].date}, {dollars(known[n].cents)}" for n in one.ids
        )
        for one in near
    )


def _deposits(near: tuple[Near, ...], known: dict[int, Deposit]) -> tuple[str, ...]:
    return tuple(
        f"{one.why}: "
        + ", ".join(f"deposit of {known[n].date}, {dollars(known[n].cents)}" for n in one.ids)
        for one in near
    )
