"""Provider adjustments (PLB) as a book per payer and reference; never put on a claim.

The sign is the format's: positive takes money away, negative gives it (RFI 1756). A delayed
recovery first gives the money back (WO below zero) and takes it later (WO above zero); until then
it is owed to the payer. A balance carried forward (FB) is no new loss.
"""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from itertools import takewhile
from typing import Final, Literal

from attrs import field, frozen

from edi.codes import lookup
from edi.remittance import ProviderAdjustment
from reconcile.values import ZERO

State = Literal["closed", "owed to the payer", "taken, its origin not seen", "final"]

RETURNED: Final = "72"
RECOVERIES: Final = frozenset(
    {"WO", RETURNED}
)  # an authorised return offsets a recovery (RFI 1374)
CARRIED: Final = frozenset({"FB", "FR"})
RECOVERY: Final = "recovery"
CARRIED_FORWARD: Final = "carried forward"
LONG_ENOUGH: Final = 8  # figures of a reference that was cut, to be told from another
SHORTEST: Final = 6  # letters of a number that is told apart from a word
_LETTER: Final = "[AC-HJKMNP-RT-Y]"  # of a member id of Medicare (CMS: MBI format)
_EITHER: Final = "[AC-HJKMNP-RT-Y0-9]"
_RUN_ON: Final = re.compile(  # a number, then an MBI, or until 2019 a social security number
    rf"([A-Z0-9]{{{SHORTEST},}}?)"
    rf"[1-9]{_LETTER}{_EITHER}\d{_LETTER}{_EITHER}\d{_LETTER}{{2}}\d\d"
    rf"|(\d{{13,15}})\d{{9}}[A-Z]\d?"
)
_DAY: Final = re.compile(  # CCYYMMDD, YYMMDD, MMDDCCYY, MMDDYY, and with signs between
    r"((19|20)?\d\d)[01]\d[0-3]\d|[01]\d[0-3]\d(19|20)?\d\d|\d{1,4}[/-]\d{1,2}[/-]\d{1,4}"
)


@frozen(kw_only=True)
class ProviderEntry:
    """One PLB pair as it came, with who sent it and when."""

    payer: str
    date: dt.date
    trace: str  # TRN02
    adjustment: ProviderAdjustment
    index: int = 0  # place among the PLB pairs of its transaction


@frozen(kw_only=True)
class Receivable:
    """All entries of one payer, kind and reference.

    ``open`` is what the payer will still take (above zero) or has taken without an earlier entry
    (below zero). Kinds that do not come back (interest, fees) are ``final``: their sum, no debt.
    """

    payer: str
    kind: str  # recovery, carried forward, or the PLB reason
    reference: str
    state: State
    open: Decimal
    total: Decimal  # sum of the PLB amounts: positive was taken
    entries: tuple[ProviderEntry, ...]
    hints: tuple[str, ...] = field(repr=False)  # words of the reference that may name a claim

    @property
    def balances(self) -> tuple[Decimal, ...]:
        """What is open after each entry: above zero is owed to the payer."""
        return _balances(self.entries)

    @property
    def since(self) -> dt.date | None:
        """The day from which it is open; None where it is closed or never comes back."""
        day: dt.date | None = None
        for entry, balance in zip(self.entries, self.balances, strict=True):
            day = (day or entry.date) if balance else None
        return day if self.open else None


def plb_book(entries: Iterable[ProviderEntry]) -> tuple[Receivable, ...]:
    """The book of provider adjustments, the same whatever the order of receipt.

    Entries of one payer belong together where kind and reference (PLB03-2) are equal. A recovery
    also joins the one whose reference has a number in common ("account day number", RFI 968), or
    is the beginning of it. Carried balances of one provider without an equal reference close each
    other where one names the payment the other was carried from (RFI 1114), where the amounts are
    exact opposites, or where one taken in part has a single balance it can be of.
    """
    groups: dict[tuple[str, str, str], list[ProviderEntry]] = {}
    for entry in sorted(entries, key=_order):
        adjustment = entry.adjustment
        key = (entry.payer, _kind(adjustment.reason), _normal(adjustment.reference))
        groups.setdefault(key, []).append(entry)
    _join_recoveries(groups)
    _join_cut(groups)
    _join_carried(groups)
    return tuple(_receivable(payer, kind, some) for (payer, kind, _), some in groups.items())


def words(adjustment: ProviderAdjustment) -> str:
    """A provider adjustment in a biller's words: "50.00 taken: recovery of an overpayment"."""
    entry = lookup("plb", adjustment.reason)
    meaning = entry.meaning if entry else f"{adjustment.reason} (not in our tables)"
    direction = "taken" if adjustment.amount > ZERO else "given"
    return f"{abs(adjustment.amount)} {direction}: {meaning}"


def _order(entry: ProviderEntry) -> tuple[str, str, dt.date, str, int, str, Decimal]:
    a = entry.adjustment
    return (
        entry.payer,
        _kind(a.reason),
        entry.date,
        entry.trace,
        entry.index,
        _normal(a.reference),
        a.amount,
    )


def _kind(reason: str) -> str:
    if reason in RECOVERIES:
        return RECOVERY
    return CARRIED_FORWARD if reason in CARRIED else reason


def _normal(reference: str) -> str:
    return " ".join(reference.upper().split())


Key = tuple[str, str, str]  # payer, kind, reference
Groups = dict[Key, list[ProviderEntry]]


def _join_recoveries(groups: Groups) -> None:
    """Recoveries whose references share a number are of one overpayment, taken in another way.

    Zeros before a number do not matter: payers fill numbers up, and cut them.

    Only where one gives what the other takes, and where a single one can be meant: of several
    that take, all must be of the one that gives.
    """
    by_number: dict[tuple[str, str], list[Key]] = {}
    for key in groups:
        if key[1] == RECOVERY:
            for number in {one.lstrip("0") for one in numbers_in(key[2])}:
                by_number.setdefault((key[0], number), []).append(key)
    for keys in by_number.values():
        there = [key for key in dict.fromkeys(keys) if key in groups]
        there.sort(key=lambda key: (groups[key][0].date, key))
        if _is_one(_total(groups[key]) for key in there):
            for key in there[1:]:
                groups[there[0]].extend(groups.pop(key))


def _is_one(totals: Iterable[Decimal]) -> bool:
    """Whether of these one gives and all others take, or the other way round, and no more."""
    every = list(totals)
    given, taken = [one for one in every if one < ZERO], [one for one in every if one > ZERO]
    if not given or not taken or len(given) + len(taken) < len(every):
        return False
    return len(every) == 2 or (min(len(given), len(taken)) == 1 and sum(every) <= ZERO)


def _join_cut(groups: Groups) -> None:
    """A recovery whose reference was cut short is of the only one that goes on as it begins.

    Only where one gives just what the other takes.
    """
    keys = [key for key in groups if key[1] == RECOVERY and key[2]]
    keys.sort(key=lambda key: (key[0], key[2]))  # what begins as another stands behind it
    for place, short in enumerate(keys):
        if len(short[2]) < LONG_ENOUGH:
            continue
        longer = list(takewhile(partial(_goes_on, short), keys[place + 1 :]))
        if len(longer) != 1 or not {short, longer[0]} <= groups.keys():
            continue
        first, second = sorted((short, longer[0]), key=lambda key: (groups[key][0].date, key))
        if _total(groups[first]) == -_total(groups[second]) != ZERO:
            groups[first].extend(groups.pop(second))


def _goes_on(of: Key, key: Key) -> bool:
    return key[0] == of[0] and key[2].startswith(of[2])


def numbers_in(reference: str) -> tuple[str, ...]:
    """The words of a reference that may be a claim's or account's number, not a day.

    Of a number with a member id of Medicare run on to it also the number alone.
    """
    return tuple(
        part
        for word in _normal(reference).split()
        for part in (word, *_before_member(word))
        if len(part) >= SHORTEST and any(c.isdigit() for c in part) and not _DAY.fullmatch(part)
    )


def _before_member(word: str) -> tuple[str, ...]:
    found = _RUN_ON.fullmatch(word)
    return () if found is None else (found[1] or found[2],)


def _join_carried(groups: Groups) -> None:
    """A carried balance may come back under another reference: the next exact opposite closes it.

    The references of the two ends differ where a payer names each remittance by its own number.
    What is taken in part joins the only balance of that payer that is open by then and large
    enough.
    """
    waiting: dict[tuple[str, str], dict[Key, Decimal]] = {}
    carried = [key for key in groups if key[1] == CARRIED_FORWARD]
    totals = {key: _total(groups[key]) for key in carried}
    carried.sort(key=lambda key: (groups[key][0].date, totals[key] > ZERO, key))
    for key in carried:
        provider = groups[key][0].adjustment.provider
        total, opened = totals[key], waiting.setdefault((key[0], provider), {})
        if total < ZERO:
            opened[key] = -total
        elif total > ZERO and (of := _balance_of(total, opened, _from(key, opened, groups))):
            groups[of].extend(groups.pop(key))
            opened[of] -= total
            if not opened[of]:
                del opened[of]


def _from(key: Key, opened: dict[Key, Decimal], groups: Groups) -> Key | None:
    """The open balance that was carried from the payment (TRN02) that is named."""
    found = [one for one in opened if key[2] and key[2] == _normal(groups[one][0].trace)]
    return found[0] if len(found) == 1 else None


def _balance_of(taken: Decimal, opened: dict[Key, Decimal], named: Key | None) -> Key | None:
    """The open balance that was taken: the one named, the first of that amount, the only larger."""
    if named and opened[named] >= taken:
        return named
    for key, amount in opened.items():
        if amount == taken:
            return key
    larger = [key for key, amount in opened.items() if amount > taken]
    return larger[0] if len(larger) == 1 else None


def _total(entries: Iterable[ProviderEntry]) -> Decimal:
    return sum((e.adjustment.amount for e in entries), ZERO)


def _balances(entries: Iterable[ProviderEntry]) -> tuple[Decimal, ...]:
    """What is open after each entry.

    A refund that the payer has (72, below zero) was paid beside the 835: the recovery that offsets
    it (RFI 1374) takes nothing, and what was owed by then is paid so far.
    """
    found, balance, refunded = [], ZERO, ZERO
    for entry in entries:
        balance -= entry.adjustment.amount
        if entry.adjustment.reason == RETURNED:
            refunded -= entry.adjustment.amount
        found.append(balance - min(max(balance, ZERO), max(refunded, ZERO)))
    return tuple(found)


def _receivable(payer: str, kind: str, entries: list[ProviderEntry]) -> Receivable:
    total = _total(entries)
    entries = sorted(entries, key=lambda e: (e.date, e.trace, e.index))
    is_open = _balances(entries)[-1] if kind in {RECOVERY, CARRIED_FORWARD} else None
    state: State = "closed"
    if is_open is None:
        state = "final"
    elif is_open:
        state = "owed to the payer" if is_open > ZERO else "taken, its origin not seen"
    reference = entries[0].adjustment.reference
    return Receivable(
        payer=payer,
        kind=kind,
        reference=reference,
        state=state,
        open=is_open or ZERO,
        total=total,
        entries=tuple(entries),
        hints=tuple(w for w in reference.split() if len(w) >= 5),
    )
