"""Payments without their deposit, and deposits without their 835."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from reconcile.deposits import CHECK, OTHER_AMOUNT, Deposit, Matched, Paid, Window, plain
from reconcile.ledger import deposits, deposits_hand, status
from reconcile.ledger.convert import dollars
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
    span = deposits.span(connection, when.today)
    if span is None or not limits.days_deposit or status.book_in_use(connection) != usage:
        return
    first, last = span
    window = Window(
        calendar=limits.calendar, days=limits.days_deposit, check_days=limits.days_check
    )
    matched = deposits_hand.of_book(connection, usage, window)
    if limits.calendar.between(last, when.today) > STALE_DAYS:
        yield Missing(
            kind="missing.bank",
            who="bank",
            name=f"the newest is of {last}",
            subject=f"{last}",
            since=last,
            days=when.old(last),
            claims=0,
        )
    yield from _payments(matched, first, last, window, when)
    yield from _deposits(matched, window, when)


def _payments(
    matched: Matched, first: "dt.date", last: "dt.date", window: Window, when: When
) -> Iterator[Missing]:
    """Payments whose deposit should be in the bank's files that are here."""
    told = {payment.id for payment in _other_amounts(matched).values()}
    for one in matched.payments:
        if one.id in told:  # with its deposit
            continue
        earliest, latest = window.of(one)
        gone = matched.back.get(one.id)
        if gone is None and (earliest < first or latest >= last):
            continue
        days = window.check_days if one.method == CHECK else window.days
        yield Missing(
            kind="missing.deposit",
            who=one.payer,
            name=one.payer,
            subject=one.trace,
            since=gone.debit.date if gone else one.date,
            days=when.old(gone.debit.date if gone else one.date),
            cents=one.cents,
            claims=0,
            within="its deposit was taken back" if gone else "",
            why=f"its deposit of {gone.deposit.date} was taken back on {gone.debit.date}"
            if gone
            else f"no deposit within {days} business days{_near(matched, one)}",
        )


def _near(matched: Matched, one: Paid) -> str:
    near = matched.near_payment.get(one.id, ())
    return f"; {near[0].why}" if near else ""


def _deposits(matched: Matched, window: Window, when: When) -> Iterator[Missing]:
    """Deposits that say of themselves that they pay claims, or name a payment."""
    others = _other_amounts(matched)
    parts: dict[int, list[Deposit]] = {}
    for one in matched.deposits:
        if one.id in others:
            parts.setdefault(others[one.id].id, []).append(one)
    payments = {paid.id: paid for paid in others.values()}
    for number, several in parts.items():
        if sum(one.cents for one in several) != payments[number].cents:
            yield _of_other_amount(several, payments[number], when)
    for one in matched.deposits:
        if one.id in others:
            continue
        waited = window.calendar.between(one.date, when.today)
        if not one.is_claim or one.cents < 0 or waited <= window.days:
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


def _other_amounts(matched: Matched) -> dict[int, Paid]:
    """The payment that a deposit names, where the two differ by their amount alone."""
    payments = {one.id: one for one in matched.payments}
    found: dict[int, Paid] = {}
    for one in matched.deposits:
        for near in matched.near_deposit.get(one.id, ()):
            if near.why == OTHER_AMOUNT and one.cents > 0:
                found.setdefault(one.id, payments[near.ids[0]])
    return found


def _of_other_amount(several: Sequence[Deposit], paid: Paid, when: When) -> Missing:
    """The deposits of a payment and its 835 in one row: both amounts, by how much they differ."""
    cents, since = sum(one.cents for one in several), min(one.date for one in several)
    off = cents - paid.cents
    side = "more" if off > 0 else "less"
    came = f"deposit {dollars(cents)}"
    if len(several) > 1:
        each = " + ".join(str(dollars(one.cents)) for one in several)
        came = f"{len(several)} deposits {each} = {dollars(cents)}"
    return Missing(
        kind="missing.amount",
        who=paid.payer,
        name=paid.payer,
        subject=paid.trace,
        since=since,
        days=when.old(since),
        cents=cents,
        claims=0,
        why=f"{came}, its 835 of {paid.date} {dollars(paid.cents)}: "
        f"{dollars(abs(off))} {side} than the 835 says",
    )


def _payer(matched: Matched, one: Deposit) -> str:
    """Who paid it, by the payer's number on payments (TRN03), else in the bank's words."""
    number = plain(one.originator)
    payments = (*(pair.payment for pair in matched.pairs), *matched.payments)
    found = (paid.payer for paid in payments if number and plain(paid.originator) == number)
    return next(found, "") or one.payer or one.originator
