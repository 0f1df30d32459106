"""Deposits of the bank: read once by content, and matched to the payments of the 835s."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from claimline import __version__
from claimline.services import bank_same
from claimline.services.bank_read import Profile, Read, read, text_of
from claimline.services.bank_same import SHOWN, Met
from reconcile.deposits import Deposit, Matched, Near, Paid, Pair, Window, plain
from reconcile.ledger import Ledger, Run, deposits, deposits_hand
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits import Row

if TYPE_CHECKING:
    from reconcile.ledger import Usage

KIND: Final = "bank"
NO_CLAIMS: Final = "pays no claims, as a person says"
WAYS: Final = 3  # that an unmatched one could be, as shown
NAMED: Final = 5  # candidates of each
FIRST: Final = 8  # deposits that a trial shows
MEND: Final = {  # what to do about rows that could not be read, by the kind of the file
    "CSV": "mend the row in a copy of the file and import that: what was taken is known",
    "Nacha": "ask the bank for the whole file and import that: what was taken is known",
}


@frozen(kw_only=True)
class Imported:
    """What became of one bank file."""

    file: str
    kind: str  # CSV, Nacha
    deposits: int
    new: int
    passed: int  # rows that are no deposit
    claims: int  # deposits that say that they pay claims
    returned: int = 0  # debits that take a claim payment back
    back: int = 0  # of these, new ones
    faults: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()  # which column is what
    notes: tuple[str, ...] = ()
    first: tuple[Row, ...] = ()  # of a trial: the first new deposits


def look(
    ledger: Ledger, name: str, data: bytes, *, profile: Profile | None, now: dt.datetime
) -> Imported:
    """What ``take`` would do; nothing is kept.

    Raises:
        WrongUsageError: its columns cannot be told.
    """
    found = read(name, text_of(data), profile, today=now.date())
    with ledger.reading() as connection:
        found = evolve(found, rows=deposits.with_turns(connection, found.rows))
        keys = deposits.marks(found.rows)
        fresh = set(keys) - deposits.known(connection, keys)
        met = bank_same.met(connection, found.rows, keys, fresh)
    new = [row for row, key in zip(found.rows, keys, strict=True) if key in fresh]
    return _imported(name, found, new, met, first=tuple(new[:FIRST]))


def take(
    ledger: Ledger, name: str, data: bytes, *, profile: Profile | None, user: str, now: dt.datetime
) -> Imported:
    """Read a bank's file into the ledger; what is known changes nothing.

    Of the file itself only the deposits are kept: the rest holds account numbers.

    Raises:
        WrongUsageError: its columns cannot be told; nothing of it is kept.
    """
    found = read(name, text_of(data), profile, today=now.date())
    run = Run(command="bank import", version=__version__, started=now, user=user)
    new: list[Row] = []
    met = Met()
    if found.rows:
        with ledger.begin(run) as writer:
            found = evolve(found, rows=deposits.with_turns(writer.connection, found.rows))
            short = name.replace("\\", "/").rpartition("/")[2]
            kept = deposits.as_kept(found.rows, hashlib.sha256(data).hexdigest())
            stored = writer.store(kept, kind=KIND, name=short, direction="in")
            keys = deposits.marks(found.rows)
            fresh = set(keys) - deposits.known(writer.connection, keys)
            met = bank_same.met(writer.connection, found.rows, keys, fresh)
            deposits.add(writer, stored.id, found.rows)
            for twice, counts in met.same:
                deposits_hand.put_same(writer, twice, counts, user=user, reason=bank_same.REASON)
            for mark in met.parted:
                deposits_hand.part(writer, mark, user=user, reason=bank_same.BETWEEN)
            for twice, counts in met.again:
                deposits_hand.put_same(writer, twice, counts, user=user, reason=deposits_hand.AGAIN)
        new = [row for row, key in zip(found.rows, keys, strict=True) if key in fresh]
    return _imported(name, found, new, met)


def _imported(
    name: str, found: Read, new: list[Row], met: Met, first: tuple[Row, ...] = ()
) -> Imported:
    came = [one for one in found.rows if one.cents > 0]
    return Imported(
        file=name,
        kind=found.kind,
        deposits=len(came),
        new=sum(one.cents > 0 for one in new) - len(met.same),
        passed=found.passed,
        claims=sum(one.is_claim for one in came),
        returned=len(found.rows) - len(came),
        back=sum(one.cents < 0 for one in new),
        faults=found.faults,
        understood=found.understood,
        notes=met.notes,
        first=first,
    )


def matched(ledger: Ledger, usage: "Usage", window: Window | None = None) -> Matched:
    """All deposits against all payments of a book."""
    with ledger.reading() as connection:
        return deposits_hand.of_book(connection, usage, window)


def rows(found: Matched, *, unmatched: bool) -> Iterator[dict[str, Any]]:
    """Deposits and payments as rows, by date: pairs, and what has no other side."""
    payments = {one.id: one for one in found.payments}
    kept = {one.id: one for one in found.deposits}
    names = _names(found)
    made = [] if unmatched else list(_settled(found))
    made += [
        _row(one, None, "", could=_could_be(one, found, payments), names=names)
        for one in found.deposits
        if one.is_claim or not unmatched
    ]
    made += [_row(None, one, "", could=_waits(one, found, kept)) for one in found.payments]
    yield from sorted(made, key=lambda row: (row["date"], row["amount"], row["trace"]))


def _settled(found: Matched) -> Iterator[dict[str, Any]]:
    """What needs nobody."""
    for pair in found.pairs:
        yield _row(pair.deposit, pair.payment, _by(pair))
    names = _names(found)
    for one in found.others:
        yield _row(one, None, NO_CLAIMS, names=names)
    for one, other in found.same:
        yield _row(one, None, f"the same deposit as {other.mark[:SHOWN]}", names=names)
    for gone in found.returned:
        by = f"taken back on {gone.debit.date}"
        yield _row(gone.deposit, None, by, names=names)
        by = f"takes back {gone.deposit.mark[:SHOWN]}"
        yield _row(gone.debit, None, by, names=names)


def _could_be(one: Deposit, found: Matched, payments: dict[int, Paid]) -> tuple[str, ...]:
    if one.cents < 0:
        return (f"takes back payment {one.trace}, of which no deposit is known",)
    return _payments(found.near_deposit.get(one.id, ()), payments)


def _waits(one: Paid, found: Matched, kept: dict[int, Deposit]) -> tuple[str, ...]:
    gone = found.back.get(one.id)
    told = (
        (f"nothing yet: its deposit of {gone.deposit.date} was taken back on {gone.debit.date}",)
        if gone
        else ()
    )
    return (*told, *_deposits(found.near_payment.get(one.id, ()), kept))


def _names(found: Matched) -> dict[str, str]:
    """The names of payers by their numbers (TRN03), as remittances tell them."""
    payments = (*found.payments, *(pair.payment for pair in found.pairs))
    return {plain(one.originator): one.payer for one in payments if plain(one.originator)}


def _by(pair: Pair) -> str:
    """By what they are paired; of several alike, that it does not matter which is which."""
    return f"{pair.by} (one of {pair.alike} alike)" if pair.alike > 1 else pair.by


def _row(
    deposit: Deposit | None,
    payment: Paid | None,
    by: str,
    could: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    one = deposit or payment
    assert one is not None
    return {
        "id": deposit.mark[:SHOWN] if deposit else "",
        "date": one.date.isoformat(),
        "amount": str(dollars((payment or one).cents)),
        "trace": one.trace or (payment.trace if payment else ""),
        "payer": payment.payer
        if payment
        else (names or {}).get(plain(one.originator)) or one.payer or one.originator,
        "deposit": deposit.date.isoformat() if deposit else None,
        "payment": payment.date.isoformat() if payment else None,
        "matched_by": by,
        "is_claim": deposit.is_claim if deposit else True,
        "text": deposit.text if deposit else "",
        "could_be": list(could),
    }


def _payments(near: tuple[Near, ...], known: dict[int, Paid]) -> tuple[str, ...]:
    return _ways(
        near, {n: f"{one.trace} of {one.date}, {dollars(one.cents)}" for n, one in known.items()}
    )


def _deposits(near: tuple[Near, ...], known: dict[int, Deposit]) -> tuple[str, ...]:
    words = {
        n: f"{one.mark[:SHOWN]} of {one.date}, {dollars(one.cents)}" for n, one in known.items()
    }
    return _ways(near, words)


def _ways(near: tuple[Near, ...], words: dict[int, str]) -> tuple[str, ...]:
    """The first few things it could be, and how many more."""
    told = [
        f"{one.why}: {'; '.join(words[n] for n in one.ids[:NAMED])}"
        + (f" and {len(one.ids) - NAMED} more" if len(one.ids) > NAMED else "")
        for one in near[:WAYS]
    ]
    more = len(near) - WAYS
    return (*told, *((f"{more:,} more ways",) if more > 0 else ()))
