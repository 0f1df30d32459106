"""One deposit told twice by the bank, in two files.

A bank tells of a deposit in its statement and again in a file of addenda, with fewer or more
numbers. Where only one other fits, it is the same; all else is left to a person.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from reconcile.deposits import Deposit, one_payer, plain

NUMBER_DAYS: Final = dt.timedelta(days=30)  # numbers of payments are used again
NEAR_DAYS: Final = dt.timedelta(days=7)  # a file of addenda may name another day than a statement
_LEAST: Final = 4  # letters of a name that must agree


@frozen(kw_only=True)
class Told:
    """A new deposit that is, or could be, one that another file told."""

    new: Deposit
    known: tuple[Deposit, ...]
    sure: bool  # exactly one fits, and it fits no other new one


def told_before(
    new: Sequence[Deposit], known: Sequence[Deposit], debits: Iterable[Deposit] = ()
) -> tuple[Told, ...]:
    """The deposits of a file that other files told in other words.

    By number and amount; where one of the two has no number, by day, amount and payer.

    Args:
        new: the new deposits of one file.
        known: those of other files, without the ones that stand in the new file too.
        debits: that take deposits back, also new ones: what comes after one is paid anew.
    """
    by_cents: dict[int, list[Deposit]] = {}
    for one in known:
        by_cents.setdefault(one.cents, []).append(one)
    back: dict[int, list[Deposit]] = {}
    for one in debits:
        back.setdefault(-one.cents, []).append(one)
    fits = {
        one.id: [
            other
            for other in by_cents.get(one.cents, ())
            if _could_be(one, other)
            and not any(is_between(debit, one, other) for debit in back.get(one.cents, ()))
        ]
        for one in new
    }
    taken: dict[int, int] = {}
    for several in fits.values():
        for other in several:
            taken[other.id] = taken.get(other.id, 0) + 1
    return tuple(
        Told(
            new=one,
            known=tuple(fits[one.id]),
            sure=len(fits[one.id]) == 1
            and taken[fits[one.id][0].id] == 1
            and _is_sure(one, fits[one.id][0]),
        )
        for one in new
        if fits[one.id]
    )


def is_between(debit: Deposit, one: Deposit, other: Deposit) -> bool:
    """Whether a return of their number and amount lies between two deposits: then they are two."""
    first, last = sorted((one.date, other.date))
    return (
        first <= debit.date < last
        and debit.cents == -one.cents
        and all(plain(debit.trace) == plain(each.trace) for each in (one, other))
        and all(one_payer(debit, each) for each in (one, other))
    )


def is_plain(one: Deposit, other: Deposit) -> bool:
    """Whether nobody need be told that they are one: a whole TRN, and days as files differ by."""
    numbers = (one.trace, other.trace, one.originator, other.originator)
    return all(map(plain, numbers)) and abs(one.date - other.date) <= NEAR_DAYS


def _could_be(one: Deposit, other: Deposit) -> bool:
    """Whether nothing that both say of a claim payment differs."""
    if not (one.is_claim and other.is_claim and one_payer(one, other)):
        return False
    numbers = plain(one.trace), plain(other.trace)
    if all(numbers):
        return numbers[0] == numbers[1] and abs(one.date - other.date) <= NUMBER_DAYS
    alike = _alike(one.payer, other.payer)
    return one.date == other.date and alike is not False


def _is_sure(one: Deposit, other: Deposit) -> bool:
    """By the number, or by the payer."""
    if plain(one.trace) and plain(other.trace):
        return True
    payers = plain(one.originator), plain(other.originator)
    return (all(payers) and payers[0] == payers[1]) or bool(_alike(one.payer, other.payer))


def _alike(one: str, other: str) -> bool | None:
    """Whether one name begins like the other (banks cut names); None where one is not told."""
    first, second = sorted((_letters(one), _letters(other)), key=len)
    if not first:
        return None
    return len(first) >= _LEAST and second.startswith(first)


def _letters(name: str) -> str:
    return "".join(sign for sign in name.upper() if sign.isalnum())
