"""Deposits of the bank against payments of 835s (reassociation).

The trace number (TRN02) and the payer's number (TRN03) ride with the money in the CCD+ addenda
(CAQH CORE 370, Nacha operating rules); where the bank does not pass them on, amount and date must
do. ``MATCHERS`` are tried in order, each pair says by which. What fits several stays unmatched, and
its candidates are told; but where so many deposits fit as many payments, each of them all, none is
missing, and they are paired as a set. Sums of several are only ever candidates.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from reconcile.calendar import Calendar

NO_MONEY: Final = "NON"  # BPR04: nothing moves
CHECK: Final = "CHK"
BY_TRACE_AND_PAYER: Final = "trace number and payer number"
BY_TRACE: Final = "trace number and amount"
BY_PAYER: Final = "payer number, amount and date"
BY_AMOUNT: Final = "amount and date"
BY_HAND: Final = "by hand"
OTHER_AMOUNT: Final = "the same trace number, another amount"
TRACE_DAYS: Final = 30  # business days: numbers are used again
SEVERAL: Final = 40  # payments or deposits near one day among which sums are looked for


@frozen(kw_only=True)
class Deposit:
    """A deposit as the bank tells it."""

    id: int
    date: dt.date
    cents: int  # below zero: a claim payment taken back
    trace: str = ""  # TRN02
    originator: str = ""  # TRN03
    payer: str = ""  # name
    is_claim: bool = False  # it says of itself that it pays claims
    text: str = ""  # the bank's words, without numbers
    file: str = ""
    mark: str = ""  # what makes it the same in another file


@frozen(kw_only=True)
class Paid:
    """A payment as its 835 tells it."""

    id: int
    date: dt.date
    cents: int  # below zero: a debit, which no deposit follows
    trace: str
    originator: str
    payer: str
    payer_ids: tuple[str, ...] = ()
    method: str = ""  # BPR04
    state: str = ""

    @property
    def has_deposit(self) -> bool:
        """Whether money moves at all."""
        return self.cents > 0 and self.method != NO_MONEY


@frozen(kw_only=True)
class Pair:
    """A deposit and its payment. ``days``: business days the deposit came after the payment."""

    deposit: Deposit
    payment: Paid
    by: str
    days: int
    alike: int = 1  # of so many deposits and as many payments alike: which is which is not told


@frozen(kw_only=True)
class Near:
    """What an unmatched deposit or payment could belong to. ``ids`` are of the other side."""

    why: str
    ids: tuple[int, ...]


@frozen(kw_only=True)
class Returned:
    """A deposit and the debit that took it back."""

    deposit: Deposit
    debit: Deposit


@frozen(kw_only=True)
class Matched:
    """All deposits and payments, paired or not."""

    pairs: tuple[Pair, ...]
    deposits: tuple[Deposit, ...]  # without a payment
    payments: tuple[Paid, ...]  # without a deposit
    others: tuple[Deposit, ...] = ()  # that pay no claims, as a person says
    returned: tuple[Returned, ...] = ()
    back: Mapping[int, Returned] = field(factory=dict)  # by payments: what took their deposit
    same: tuple[tuple[Deposit, Deposit], ...] = ()  # told twice, and the one that counts
    near_deposit: Mapping[int, tuple[Near, ...]] = field(factory=dict)
    near_payment: Mapping[int, tuple[Near, ...]] = field(factory=dict)


@frozen(kw_only=True)
class Window:
    """How far apart a deposit and its payment may lie, in business days."""

    calendar: Calendar = field(factory=Calendar)
    days: int = 3  # CAQH CORE 370
    check_days: int = 10

    def of(self, payment: Paid, days: int | None = None) -> tuple[dt.date, dt.date]:
        """The first and the last day of a payment's deposit."""
        late = self.check_days if payment.method == CHECK else self.days
        return self._around(payment.date, days or self.days, days or late)

    def _around(self, day: dt.date, before: int, after: int) -> tuple[dt.date, dt.date]:
        return _span(self.calendar, day, before, after)


@lru_cache(maxsize=8192)
def _span(calendar: Calendar, day: dt.date, before: int, after: int) -> tuple[dt.date, dt.date]:
    return calendar.before(day, before), calendar.after(day, after)


def plain(number: str) -> str:
    """A trace number to compare: upper case, without blanks and leading zeros."""
    return "".join(number.split()).upper().lstrip("0")


_Key = Hashable | None  # None: it cannot be matched by this


@frozen(kw_only=True)
class Matcher:
    """One way to see that a deposit is a payment: what must be equal, and how near the days."""

    name: str
    deposit: Callable[[Deposit], _Key]
    payment: Callable[[Paid], _Key]
    days: int | None = None  # None: as the window says


def _numbers(trace: str, originator: str, cents: int) -> _Key:
    return (plain(trace), plain(originator), cents) if plain(trace) and plain(originator) else None


def _payer_alone(deposit: Deposit) -> _Key:
    """The payer's number; a deposit that names its trace is that payment and no other."""
    payer = plain(deposit.originator)
    return (payer, deposit.cents) if payer and not plain(deposit.trace) else None


MATCHERS: Final = (
    Matcher(
        name=BY_TRACE_AND_PAYER,
        deposit=lambda d: _numbers(d.trace, d.originator, d.cents),
        payment=lambda p: _numbers(p.trace, p.originator, p.cents),
        days=TRACE_DAYS,
    ),
    Matcher(
        name=BY_TRACE,
        deposit=lambda d: (plain(d.trace), d.cents) if plain(d.trace) else None,
        payment=lambda p: (plain(p.trace), p.cents) if plain(p.trace) else None,
        days=TRACE_DAYS,
    ),
    Matcher(
        name=BY_PAYER,
        deposit=_payer_alone,
        payment=lambda p: (plain(p.originator), p.cents) if plain(p.originator) else None,
    ),
    Matcher(
        name=BY_AMOUNT,  # a deposit with a whole TRN says which payment it is: not this one
        deposit=lambda d: None if plain(d.trace) and plain(d.originator) else d.cents,
        payment=lambda p: p.cents,
    ),
)


def match(
    deposits: Iterable[Deposit],
    payments: Iterable[Paid],
    window: Window | None = None,
    by_hand: Mapping[int, tuple[int, ...]] | None = None,
) -> Matched:
    """Pair deposits with payments, each at most once; the order of input never matters.

    Args:
        deposits: what the bank told.
        payments: each payment once; those without money are passed over.
        window: how far apart the two may lie.
        by_hand: the payments that a person put a deposit to; none: it pays no claims. A debit
            that takes a deposit back counts more, unless a person put that to none.
    """
    window = window or Window()
    open_deposits = {one.id: one for one in sorted(deposits, key=_order)}
    open_payments = {one.id: one for one in sorted(payments, key=_order) if one.has_deposit}
    calendar = window.calendar
    pairs: list[Pair] = []
    others: list[Deposit] = []
    said = by_hand or {}
    returned = taken_back(
        one for one in open_deposits.values() if one.cents > 0 or one.id not in said
    )
    for gone in returned:
        del open_deposits[gone.deposit.id], open_deposits[gone.debit.id]
    for number, chosen in sorted(said.items()):
        deposit = open_deposits.get(number)
        if deposit is None or not all(one in open_payments for one in chosen):
            continue
        del open_deposits[number]
        others += [] if chosen else [deposit]
        for payment in (open_payments.pop(one) for one in chosen):
            days = calendar.between(payment.date, deposit.date)
            pairs.append(Pair(deposit=deposit, payment=payment, by=BY_HAND, days=days))
    for matcher in MATCHERS:
        for several in _pairs(matcher, open_deposits, open_payments, window):
            for deposit, payment in several:
                days = calendar.between(payment.date, deposit.date)
                pairs.append(
                    Pair(
                        deposit=deposit,
                        payment=payment,
                        by=matcher.name,
                        days=days,
                        alike=len(several),
                    )
                )
                del open_deposits[deposit.id], open_payments[payment.id]
    return Matched(
        pairs=tuple(sorted(pairs, key=lambda pair: _order(pair.deposit))),
        deposits=tuple(open_deposits.values()),
        payments=tuple(open_payments.values()),
        others=tuple(others),
        returned=returned,
        back=_back(returned, open_payments),
        near_deposit=_near_deposits(open_deposits, open_payments, window),
        near_payment=_near_payments(open_deposits, open_payments, window),
    )


def taken_back(deposits: Iterable[Deposit]) -> tuple[Returned, ...]:
    """Each debit with the newest deposit before it of its number, amount and payer.

    One of its own day is the last that is thought of: it may be the payment made anew.

    A debit that names the number of a payment takes its money back: a return or a reversal (Nacha
    Operating Rules, subsections 2.9 and 3.8).
    """
    came: dict[tuple[str, int], list[Deposit]] = {}
    debits = []
    for one in sorted(deposits, key=_order):
        if one.cents < 0:
            debits.append(one)
        elif plain(one.trace):
            came.setdefault((plain(one.trace), one.cents), []).append(one)
    found = []
    for debit in debits:
        several = came.get((plain(debit.trace), -debit.cents), [])
        so_far = [one for one in several if one.date <= debit.date and one_payer(one, debit)]
        before = [one for one in so_far if one.date < debit.date] or so_far
        if before:
            several.remove(before[-1])
            found.append(Returned(deposit=before[-1], debit=debit))
    return tuple(found)


def one_payer(one: Deposit | Paid, other: Deposit | Paid) -> bool:
    """Whether the payers' numbers (TRN03) do not differ; one may not be told."""
    first, second = plain(one.originator), plain(other.originator)
    return first == second or not (first and second)


def _back(returned: Iterable[Returned], payments: Mapping[int, Paid]) -> dict[int, Returned]:
    """The payments that wait again since their deposit was taken back."""
    gone = {(plain(one.deposit.trace), one.deposit.cents): one for one in returned}
    found = {number: gone.get((plain(one.trace), one.cents)) for number, one in payments.items()}
    return {
        number: one
        for number, one in found.items()
        if one is not None and one_payer(one.deposit, payments[number])
    }


def _order(one: Deposit | Paid) -> tuple[dt.date, int, str, int]:
    return one.date, one.cents, one.trace, one.id


_Set = tuple[tuple[Deposit, Paid], ...]


def _pairs(
    matcher: Matcher,
    deposits: Mapping[int, Deposit],
    payments: Mapping[int, Paid],
    window: Window,
) -> list[_Set]:
    """Pairs of which each is the other's only one; or so many of each that all fit all."""
    by_key: dict[Hashable, list[Deposit]] = {}
    for deposit in deposits.values():
        key = matcher.deposit(deposit)
        if key is not None:
            by_key.setdefault(key, []).append(deposit)
    dates = {key: [one.date for one in found] for key, found in by_key.items()}
    wanted: dict[Hashable, list[tuple[int, int, Paid]]] = {}  # the deposits a payment fits
    for payment in payments.values():
        key = matcher.payment(payment)
        if key is None or key not in by_key:
            continue
        first, last = window.of(payment, matcher.days)
        low, high = bisect_left(dates[key], first), bisect_right(dates[key], last)
        if low < high:
            wanted.setdefault(key, []).append((low, high, payment))
    sets = (
        tuple(zip(by_key[key][low:high], several, strict=True))
        for key, spans in wanted.items()
        for low, high, several in _sets(spans)
    )
    return [one for one in sets if _is_alike(one)]


def _is_alike(pairs: _Set) -> bool:
    """Whether it does not matter which is which: one payer, and deposits that say the same."""
    deposits = {(plain(d.originator), plain(d.payer), d.is_claim) for d, _ in pairs}
    payments = {(plain(p.originator), plain(p.payer)) for _, p in pairs}
    return len(deposits) == len(payments) == 1


def _sets(spans: list[tuple[int, int, Paid]]) -> Iterator[tuple[int, int, list[Paid]]]:
    """Payments that fit the very same deposits, as many as these are, and which fit no others."""
    spans.sort(key=lambda span: (span[0], span[1], _order(span[2])))
    group: list[tuple[int, int, Paid]] = []
    end = 0  # of the deposits that the group reaches
    for span in [*spans, None]:
        if span is not None and (not group or span[0] < end):
            group.append(span)
            end = max(end, span[1])
            continue
        low, high, _ = group[0]
        same = all((one[0], one[1]) == (low, high) for one in group)
        if same and len(group) == high - low:
            yield low, high, [payment for _, _, payment in group]
        if span is not None:
            group, end = [span], span[1]


def _near_deposits(
    deposits: Mapping[int, Deposit], payments: Mapping[int, Paid], window: Window
) -> dict[int, tuple[Near, ...]]:
    """For each deposit the payments it could be: alone, or several of one payer together."""
    pool = sorted(payments.values(), key=_order)
    dates = [one.date for one in pool]
    numbers = _by_number(pool)
    found: dict[int, tuple[Near, ...]] = {}
    for one in deposits.values():
        calendar = window.calendar
        first = calendar.before(one.date, window.check_days)
        last = calendar.after(one.date, window.days)
        around = pool[bisect_left(dates, first) : bisect_right(dates, last)]
        near = (*_far(one, numbers, {p.id for p in around}), *_near_deposit(one, around))
        if near:
            found[one.id] = near
    return found


def _near_deposit(one: Deposit, around: Sequence[Paid]) -> Iterator[Near]:
    same = [p for p in around if plain(one.trace) and plain(p.trace) == plain(one.trace)]
    for payment in same:
        if payment.cents != one.cents:
            yield Near(why=OTHER_AMOUNT, ids=(payment.id,))
    equal = tuple(p.id for p in around if p.cents == one.cents)
    if equal:
        several = "the same amount, and several fit" if len(equal) > 1 else "the same amount"
        yield Near(why=several, ids=equal[:SEVERAL])
        return
    for ids in _sums(one.cents, [(p.id, p.cents, (p.payer, p.date)) for p in around]):
        yield Near(why="one deposit for several payments: their sum", ids=ids)


def _near_payments(
    deposits: Mapping[int, Deposit], payments: Mapping[int, Paid], window: Window
) -> dict[int, tuple[Near, ...]]:
    """For each payment the deposits it could be in parts."""
    pool = sorted(deposits.values(), key=_order)
    dates = [one.date for one in pool]
    numbers = _by_number(pool)
    found: dict[int, tuple[Near, ...]] = {}
    for one in payments.values():
        first, last = window.of(one)
        around = pool[bisect_left(dates, first) : bisect_right(dates, last)]
        equal = tuple(d.id for d in around if d.cents == one.cents)
        near = [Near(why="the same amount", ids=equal[:SEVERAL])] if equal else []
        if not equal:
            parts = [(d.id, d.cents, (d.originator or d.payer, d.date)) for d in around]
            near += [
                Near(why="several deposits for one payment: their sum", ids=ids)
                for ids in _sums(one.cents, parts)
            ]
        near = [*_far(one, numbers, {d.id for d in around}), *near]
        if near:
            found[one.id] = tuple(near)
    return found


_Numbered = Mapping[tuple[str, int], Sequence[Deposit | Paid]]


def _by_number(pool: Iterable[Deposit | Paid]) -> _Numbered:
    """By number and amount."""
    found: dict[tuple[str, int], list[Deposit | Paid]] = {}
    for one in pool:
        if plain(one.trace):
            found.setdefault((plain(one.trace), one.cents), []).append(one)
    return found


def _far(one: Deposit | Paid, numbers: _Numbered, around: Collection[int]) -> Iterator[Near]:
    """What has its number and its amount on a day far away."""
    several = numbers.get((plain(one.trace), one.cents), ())
    ids = tuple(far.id for far in several if far.id not in around and one_payer(one, far))
    if ids:
        known = one.originator and all(far.originator for far in several)
        what = "number, payer and amount fit" if known else "number and amount fit"
        yield Near(why=f"{what}, the day does not", ids=ids[:SEVERAL])


def _sums(cents: int, parts: Sequence[tuple[int, int, Hashable]]) -> Iterator[tuple[int, ...]]:
    """Those of one day and payer that together make the amount: all of them, or two."""
    groups: dict[Hashable, list[tuple[int, int]]] = {}
    for number, amount, group in parts:
        groups.setdefault(group, []).append((number, amount))
    for members in groups.values():
        if len(members) < 2:
            continue
        if sum(amount for _, amount in members) == cents:
            yield tuple(number for number, _ in members)
            continue
        if len(members) > SEVERAL:
            continue
        for n, (one, amount) in enumerate(members):
            for other, rest in members[n + 1 :]:
                if amount + rest == cents:
                    yield (one, other)
