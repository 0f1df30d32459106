"""What a new bank file says of deposits that are known: told before, or taken back."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen
from sqlalchemy import Connection

from reconcile.deposits import Deposit, taken_back
from reconcile.deposits_same import Told, is_between, told_before
from reconcile.ledger import deposits, deposits_hand
from reconcile.ledger.convert import dollars
from reconcile.ledger.deposits import Row
from reconcile.ledger.deposits_hand import Put

SHOWN: Final = 8  # characters of a deposit's id
PARTED: Final = (
    "the deposit of {}, {} ({}), was counted as told twice: the return lies between, it counts now"
)
BETWEEN: Final = "the bank turned the payment back between the two"
REASON: Final = "told by two files: by number and amount, or by day, amount and payer"


@frozen(kw_only=True)
class Met:
    """What the new deposits of a file meet.

    ``same``: marks of the one told twice, of the other; ``parted``: of those taken for told twice
    till a return came that lies between; ``again``: of those that are told twice with another.
    """

    same: tuple[tuple[str, str], ...] = ()
    parted: tuple[str, ...] = ()
    again: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def met(connection: Connection, rows: Sequence[Row], keys: Sequence[str], new: set[str]) -> Met:
    """Compare the new deposits of a file with those of other files, before they are kept.

    Args:
        connection: to the ledger.
        rows: of the file.
        keys: their marks.
        new: the marks that are not kept.
    """
    fresh = [
        deposits.as_deposit(row, mark)
        for row, mark in zip(rows, keys, strict=True)
        if mark in new and row.is_claim
    ]
    if not fresh:
        return Met()
    said = deposits_hand.standing(connection)
    here = set(keys)
    kept = deposits.deposits(connection)
    others = [one for one in kept if one.mark not in here and not _is_twice(said.get(one.mark))]
    debits = [one for one in (*kept, *fresh) if one.cents < 0 and one.mark not in said]
    beside = [one for one in kept if one.mark in here and one.cents > 0]
    told = told_before([one for one in fresh if one.cents > 0], others, debits, beside)
    parted = tuple(_parted(fresh, kept, said))
    same = tuple(_which(one, said) for one in told if one.sure)
    twice = {mark for mark, _ in same}
    counting = [one for one in (*others, *fresh) if one.cents > 0 and one.mark not in twice]
    again = dict(_again(parted, counting, debits))
    return Met(
        same=same,
        parted=tuple(one.mark for one in parted if one.mark not in again),
        again=tuple(again.items()),
        notes=(
            *_told(told, said),
            *_returned(fresh, kept),
            *(
                PARTED.format(one.date, dollars(one.cents), one.file)
                for one in parted
                if one.mark not in again
            ),
        ),
    )


def _parted(
    fresh: Sequence[Deposit], kept: Sequence[Deposit], said: dict[str, Put]
) -> Iterator[Deposit]:
    """Deposits taken for one with another, as files tell, between which a new return lies."""
    here = {one.mark: one for one in kept}
    debits = [one for one in fresh if one.cents < 0]
    for mark, put in said.items() if debits else ():
        pair = here.get(mark), here.get(put.same)
        if put.reason not in {REASON, deposits_hand.AGAIN} or pair[0] is None or pair[1] is None:
            continue
        if any(is_between(debit, pair[0], pair[1]) for debit in debits):
            yield pair[0]


def _again(
    parted: Sequence[Deposit], counting: Sequence[Deposit], debits: Sequence[Deposit]
) -> Iterator[tuple[str, str]]:
    """Those parted from one that are told twice with another: their marks, and of that one."""
    known = list(counting)
    for one in sorted(parted, key=lambda each: (each.date, each.id)):
        found = next((told for told in told_before([one], known, debits) if told.sure), None)
        if found is None:
            known.append(one)
        else:
            yield one.mark, found.known[0].mark


def _is_twice(put: Put | None) -> bool:
    return put is not None and bool(put.same)


def _which(told: Told, said: dict[str, Put]) -> tuple[str, str]:
    """The one that is told twice, and the one that counts: it has a number, or a person's word."""
    [known] = told.known
    new_counts = told.new.trace and not known.trace and known.mark not in said
    return (known.mark, told.new.mark) if new_counts else (told.new.mark, known.mark)


def _told(told: Sequence[Told], said: dict[str, Put]) -> Iterator[str]:
    for one in told:
        if one.sure and one.is_plain:
            continue
        which = f"row {-one.new.id}, {one.new.date}, {dollars(one.new.cents)}"
        if one.sure:
            twice, _ = _which(one, said)
            yield (
                f"{which}: known from {one.known[0].file or 'another file'}, counted once; if they "
                f'are two: claimline bank match {twice[:SHOWN]} --undo --reason "..."'
            )
        else:
            ids = " or ".join(other.mark[:SHOWN] for other in one.known[:3])
            yield (
                f"{which}: could be known as {ids}; if it is: claimline bank match "
                f'{one.new.mark[:SHOWN]} --same ID --reason "..."'
            )


def _returned(fresh: Sequence[Deposit], kept: Sequence[Deposit]) -> Iterator[str]:
    """Deposits that new debits take back, and debits of payments that never came."""
    new = {one.mark for one in fresh}
    gone = {one.debit.mark: one for one in taken_back((*kept, *fresh))}
    for one in fresh:
        if one.cents > 0:
            continue
        which = f"row {-one.id}, {one.date}, {dollars(one.cents)}"
        found = gone.get(one.mark)
        if found is None:
            yield f"{which}: takes back payment {one.trace}, of which no deposit is known"
        else:
            day = f"{found.deposit.date}{' of this file' if found.deposit.mark in new else ''}"
            yield f"{which}: takes back the deposit of {day}; payment {one.trace} waits again"
