"""Payments without their deposit, and deposits without their 835."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reconcile.deposits import CHECK, Deposit, Matched, Paid, Window, match
from reconcile.ledger import deposits, deposits_hand, status
from reconcile.missing import Missing, When

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

STALE_DAYS: Final = 7  # business days without a new deposit, before it is told


def found(connection: "Connection", usage: str, when: When) -> Iterator[Missing]:
    """What is missing between bank and remittances; nothing where no bank file was ever read.

    Money is real: in a ledger with a production book, the test book has no deposits.
    """
    limits = when.limits
    span = deposits.span(connection)
    if span is None or not limits.days_deposit or status.book_in_use(connection) != usage:
        return
    first, last = span
    window = Window(
        calendar=limits.calendar, days=limits.days_deposit, check_days=limits.days_check
    )
    came, paid = deposits.deposits(connection), deposits.payments(connection, usage)
    matched = match(came, paid, window, deposits_hand.by_hand(connection, came, paid))
    if limits.calendar.between(last, when.today) > STALE_DAYS:
        yield Missing(
            kind="missing.bank",
            who="bank",
            name="",
            subject=f"{last}",
            since=last,
            days=when.old(last),
            claims=0,
        )
    yield from _payments(matched, first, min(last, when.today), window, when)
    yield from _deposits(matched, window, when)


def _payments(
    matched: Matched, first: "dt.date", last: "dt.date", window: Window, when: When
) -> Iterator[Missing]:
    """Payments whose deposit should be in the bank's files that are here."""
    for one in matched.payments:
        earliest, latest = window.of(one)
        if earliest < first or latest >= last:
            continue
        days = window.check_days if one.method == CHECK else window.days
        yield Missing(
            kind="missing.deposit",
            who=one.payer,
            name=one.payer,
            subject=one.trace,
            since=one.date,
            days=when.old(one.date),
            cents=one.cents,
            claims=0,
            why=f"no deposit within {days} business days{_near(matched, one)}",
        )


def _near(matched: Matched, one: Paid) -> str:
    near = matched.near_payment.get(one.id, ())
    return f"; {near[0].why}" if near else ""


def _deposits(matched: Matched, window: Window, when: When) -> Iterator[Missing]:
    """Deposits that say of themselves that they pay claims."""
    for one in matched.deposits:
        waited = window.calendar.between(one.date, when.today)
        if not one.is_claim or waited <= window.days:
            continue
        who = _payer(matched, one)
        yield Missing(
            kind="missing.payment",
            who=who,
            name=who,
            subject=one.trace or f"{one.date}",
            since=one.date,
            days=when.old(one.date),
            cents=one.cents,
            claims=0,
            why=f"waits {waited} business days for its 835",
        )


def _payer(matched: Matched, one: Deposit) -> str:
    """Who paid it, by the payer's number on other payments, else in the bank's words."""
    for pair in matched.pairs:
        if one.originator and pair.deposit.originator == one.originator:
            return pair.payment.payer
    return one.payer or one.originator
