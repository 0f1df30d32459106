"""Provider adjustments (PLB) as a book per payer and reference; never put on a claim.

The sign is the format's: positive takes money away, negative gives it (RFI 1756). A delayed
recovery first gives the money back (WO below zero) and takes it later (WO above zero); until then
it is owed to the payer. A balance carried forward (FB) is no new loss.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal

from attrs import field, frozen

from edi.codes import lookup
from edi.remittance import ProviderAdjustment
from reconcile.values import ZERO

State = Literal["closed", "owed to the payer", "taken, its origin not seen", "final"]

RECOVERIES: Final = frozenset({"WO", "72"})  # an authorised return offsets a recovery (RFI 1374)
CARRIED: Final = frozenset({"FB", "FR"})


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


def plb_book(entries: Iterable[ProviderEntry]) -> tuple[Receivable, ...]:
    """The book of provider adjustments, the same whatever the order of receipt.

    Entries of one payer belong together where kind and reference (PLB03-2) are equal; carried
    balances without an equal reference close each other where the amounts are exact opposites.
    """
    groups: dict[tuple[str, str, str], list[ProviderEntry]] = {}
    for entry in sorted(entries, key=_order):
        adjustment = entry.adjustment
        key = (entry.payer, _kind(adjustment.reason), _normal(adjustment.reference))
        groups.setdefault(key, []).append(entry)
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
        return "recovery"
    return "carried forward" if reason in CARRIED else reason


def _normal(reference: str) -> str:
    return " ".join(reference.upper().split())


Groups = dict[tuple[str, str, str], list[ProviderEntry]]


def _join_carried(groups: Groups) -> None:
    """A carried balance may come back under another reference: the next exact opposite closes it.

    The references of the two ends differ where a payer names each remittance by its own number.
    """
    waiting: dict[tuple[str, Decimal], list[tuple[str, str, str]]] = {}
    carried = [key for key in groups if key[1] == "carried forward"]
    totals = {key: _total(groups[key]) for key in carried}
    carried.sort(key=lambda key: (groups[key][0].date, totals[key] > ZERO, key))
    for key in carried:
        payer, _, _ = key
        total = totals[key]
        if total < ZERO:
            waiting.setdefault((payer, -total), []).append(key)
        elif total > ZERO and (opened := waiting.get((payer, total))):
            groups[opened.pop(0)].extend(groups.pop(key))


def _total(entries: Iterable[ProviderEntry]) -> Decimal:
    return sum((e.adjustment.amount for e in entries), ZERO)


def _receivable(payer: str, kind: str, entries: list[ProviderEntry]) -> Receivable:
    total = _total(entries)
    returns = kind in {"recovery", "carried forward"}
    state: State = "final"
    if returns:
        state = "owed to the payer" if total < ZERO else "taken, its origin not seen"
        state = state if total else "closed"
    reference = entries[0].adjustment.reference
    return Receivable(
        payer=payer,
        kind=kind,
        reference=reference,
        state=state,
        open=-total if returns else ZERO,
        total=total,
        entries=tuple(entries),
        hints=tuple(w for w in reference.split() if len(w) >= 5),
    )
