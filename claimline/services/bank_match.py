"""A deposit put to its payments by a person: kept with reason and name, and undone."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.render.words import counted
from reconcile.deposits import BY_HAND, Deposit, Matched, Paid, plain
from reconcile.ledger import Ledger, Run, Usage, deposits, deposits_hand
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits_hand import Put

ASK = "claimline bank list shows ids and numbers"


@frozen(kw_only=True)
class Request:
    """What a person says of a deposit. No payments and not ``undo``: it pays no claims."""

    deposit: str  # its id, the first characters are enough; or the number it names
    payments: tuple[str, ...] = ()  # numbers; NUMBER@CCYY-MM-DD where one was used twice
    same: str = ""  # the deposit that it is, as ``deposit`` names one
    undo: bool = False
    force: bool = False
    reason: str
    user: str
    now: dt.datetime
    usage: Usage


def put(ledger: Ledger, request: Request, matched: Matched) -> str:
    """Put a deposit to payments, to none, or take that back; gives what was done, in words.

    Raises:
        WrongUsageError: no such deposit or payment, or the sums differ and it is not forced.
    """
    with ledger.reading() as connection:
        came = deposits.deposits(connection)
        paid = deposits.payments(connection, request.usage)
        said = deposits_hand.standing(connection)
    deposit = _deposit(request.deposit, came)
    run = Run(command="bank match", version=__version__, started=request.now, user=request.user)
    name = f"{deposit.date.isoformat()}, {dollars(deposit.cents)}"
    if request.undo:
        if deposit.mark not in said:
            raise WrongUsageError(f"nothing was said by hand of the deposit of {name}", todo=ASK)
        with ledger.begin(run) as writer:
            deposits_hand.undo(writer, deposit, user=request.user, reason=request.reason)
        return f"deposit of {name}: what was said by hand does not hold any more"
    if request.same:
        other = _other(request, deposit, came, said)
        with ledger.begin(run) as writer:
            deposits_hand.put_same(
                writer, deposit.mark, other.mark, user=request.user, reason=request.reason
            )
        return f"deposit of {name}: the same as that of {other.date}; counted once"
    chosen = _payments(request, deposit, paid, matched)
    _check_sum(request, deposit, chosen)
    with ledger.begin(run) as writer:
        deposits_hand.put(writer, deposit, chosen, user=request.user, reason=request.reason)
    if not chosen:
        return f"deposit of {name}: pays no claims"
    numbers = ", ".join(one.trace for one in chosen)
    return f"deposit of {name}: matched by hand to {counted(len(chosen), 'payment')}: {numbers}"


def _deposit(word: str, came: Sequence[Deposit]) -> Deposit:
    """The deposit of an id or of the number it names.

    Raises:
        WrongUsageError: none, or several.
    """
    wanted = word.strip().lower()
    found = [one for one in came if wanted and one.mark.startswith(wanted)]
    found = found or [one for one in came if one.trace and plain(one.trace) == plain(word)]
    if len(found) != 1:
        several = "several deposits" if found else "no deposit"
        raise WrongUsageError(f"{word} leads to {several}", todo=ASK)
    return found[0]


def _other(
    request: Request, deposit: Deposit, came: Sequence[Deposit], said: Mapping[str, Put]
) -> Deposit:
    """The deposit that this one is.

    Raises:
        WrongUsageError: none, itself, one that is this already, or one of another amount.
    """
    other = _deposit(request.same, came)
    marks = {one.mark for one in came}
    if deposits_hand.root_of(other.mark, said, marks) == deposit.mark:
        raise WrongUsageError(f"{request.same} is this deposit already", todo=ASK)
    if other.cents != deposit.cents and not request.force:
        raise WrongUsageError(
            f"this does not fit: one is {dollars(deposit.cents)}, the other {dollars(other.cents)}",
            todo="look at both again; --force says so all the same, and keeps the reason",
        )
    return other


def _payments(
    request: Request, deposit: Deposit, paid: Sequence[Paid], matched: Matched
) -> tuple[Paid, ...]:
    """The payments of the numbers given, each another one.

    Raises:
        WrongUsageError: as ``put``.
    """
    taken = {
        pair.payment.id: pair
        for pair in matched.pairs
        if pair.by == BY_HAND and pair.deposit.id != deposit.id
    }
    chosen: list[Paid] = []
    for word in request.payments:
        several = [one for one in _named(word, paid) if one not in chosen]
        if not several:
            raise WrongUsageError(f"no payment has the number {word}", todo=ASK)
        free = [one for one in several if one.id not in taken]
        if not free:
            raise WrongUsageError(
                f"payment {word} is matched by hand to another deposit already",
                todo="take that back first: claimline bank match DEPOSIT --undo",
            )
        if len({deposits_hand.key_of(one) for one in free}) > 1:
            days = ", ".join(f"{one.trace}@{one.date.isoformat()}" for one in free)
            raise WrongUsageError(f"{word} is several payments", todo=f"name one of: {days}")
        chosen.append(free[0])
    return tuple(chosen)


def _named(word: str, paid: Sequence[Paid]) -> Iterator[Paid]:
    """The payments of a number, or of a number and a day."""
    number, _, day = word.partition("@")
    for one in paid:
        if plain(one.trace) == plain(number) and day in ("", one.date.isoformat()):
            yield one


def _check_sum(request: Request, deposit: Deposit, chosen: Sequence[Paid]) -> None:
    """Refuse payments that do not come to the deposit.

    Raises:
        WrongUsageError: they do not, and it is not forced.
    """
    total = sum(one.cents for one in chosen)
    if chosen and total != deposit.cents and not request.force:
        raise WrongUsageError(
            f"this does not fit: the deposit is {dollars(deposit.cents)}, the payments come to "
            f"{dollars(total)}",
            todo="look at both again; --force matches it all the same, and keeps the reason",
        )
