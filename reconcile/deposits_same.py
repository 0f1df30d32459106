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
Before = frozenset[tuple[str, str]]  # a return and a deposit of its day that came after it: marks


@frozen(kw_only=True)
class Told:
    """A new deposit that is, or could be, one that another file told."""

    new: Deposit
    known: tuple[Deposit, ...]
    sure: bool  # exactly one fits, and it fits no other new one
    is_plain: bool = False  # nobody need be told


def told_before(
    new: Sequence[Deposit],
    known: Sequence[Deposit],
    debits: Iterable[Deposit] = (),
    beside: Sequence[Deposit] = (),
) -> tuple[Told, ...]:
    """The deposits of a file that other files told in other words.

    By number and amount; where one of the two has no number, by day, amount and payer.

    Args:
        new: the new deposits of one file.
        known: those of other files, without the ones that stand in the new file too.
        debits: that take deposits back, also new ones: what comes after one is paid anew.
        beside: known deposits that stand in the new file, too.
    """
    returns = tuple(debits)
    first = (
        _returns_first((*new, *beside), returns)
        | _returns_first((*known, *beside), returns)
        | _returns_first((*new, *beside, *known), returns, only_new=True)
    )
    by_cents: dict[int, list[Deposit]] = {}
    for one in known:
        by_cents.setdefault(one.cents, []).append(one)
    back: dict[int, list[Deposit]] = {}
    for one in returns:
        back.setdefault(-one.cents, []).append(one)
    fits = {
        one.id: [
            other
            for other in by_cents.get(one.cents, ())
            if _could_be(one, other)
            and not any(is_between(debit, one, other, first) for debit in back.get(one.cents, ()))
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
            is_plain=all(_is_plain(one, other, back.get(one.cents, ())) for other in fits[one.id]),
        )
        for one in new
        if fits[one.id]
    )


def _returns_first(
    deposits: Iterable[Deposit], debits: Iterable[Deposit], *, only_new: bool = False
) -> Before:
    """The returns that came before a deposit of their own day: marks of the two.

    A payment that the bank turned back may be paid anew on that day, as when the bank corrects
    itself. So a return comes first where a deposit of days before has not been turned back yet;
    else it is the day's own deposit that it turned back.

    Args:
        deposits: each of which is another one, as those of one file.
        debits: that take deposits back.
        only_new: only of a return and a deposit that both stand in the new file.
    """
    came: dict[tuple[str, int], list[Deposit]] = {}
    for one in deposits:
        if plain(one.trace):
            came.setdefault((plain(one.trace), one.cents), []).append(one)
    gone: dict[tuple[str, int], list[Deposit]] = {}
    for one in debits:
        gone.setdefault((plain(one.trace), -one.cents), []).append(one)
    return frozenset(
        (debit.mark, one.mark)
        for key, several in gone.items()
        for debit in several
        for one in came.get(key, ())
        if one.date == debit.date
        and (not only_new or max(one.id, debit.id) < 0)
        and sum(each.date < one.date for each in came[key])
        > sum(each.date < one.date for each in several)
    )


def is_between(debit: Deposit, one: Deposit, other: Deposit, first: Before = frozenset()) -> bool:
    """Whether a return of their number and amount lies between two deposits: then they are two.

    ``first``: returns that came before a deposit of their own day; others came after it.
    """
    early, late = sorted((one, other), key=lambda each: each.date)
    is_first = {each.mark: (debit.mark, each.mark) in first for each in (early, late)}
    after = debit.date > early.date or (debit.date == early.date and not is_first[early.mark])
    before = debit.date < late.date or (debit.date == late.date and is_first[late.mark])
    return (
        after
        and before
        and debit.cents == -one.cents
        and all(plain(debit.trace) == plain(each.trace) for each in (one, other))
        and all(one_payer(debit, each) for each in (one, other))
    )


def _is_plain(one: Deposit, other: Deposit, debits: Iterable[Deposit]) -> bool:
    """Whether nobody need be told that they are one: a whole TRN, and days as files differ by.

    A return on the day of the later one may have come before it: then it was paid anew.
    """
    numbers = (one.trace, other.trace, one.originator, other.originator)
    late = max(one.date, other.date)
    turned = one.date != other.date and any(
        plain(debit.trace) == plain(one.trace) and debit.date == late for debit in debits
    )
    return all(map(plain, numbers)) and abs(one.date - other.date) <= NEAR_DAYS and not turned


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
