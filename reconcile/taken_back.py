"""Which decision a reversal (CLP02 22) takes back: by money, then by reasons, number and order."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from edi.remittance import Adjustment
from reconcile.books_turns import Entry
from reconcile.values import ZERO, Adjudication


def taken_by(
    reversal: Entry, live: Sequence[Entry], takes_back: Callable[[Entry, Entry], bool]
) -> Entry | None:
    """The live entry that the reversal takes back: the newest of those that fit best."""
    found = [e for e in live if _same_money(reversal, e) and takes_back(reversal, e)]
    same_number = [e for e in found if _same_number(e, reversal)]
    earlier = [e for e in found if e.adjudication.date <= reversal.adjudication.date]
    same_turn = [e for e in earlier if e.adjudication.rank == reversal.adjudication.rank]
    best = same_number or same_turn or earlier or found
    return best[-1] if best else None


def _same_number(one: Entry, other: Entry) -> bool:
    number = one.adjudication.payer_control
    return bool(number) and number == other.adjudication.payer_control


def _sign(reversal: Entry) -> int:
    """Wrong signs occur in the wild: they are read by the original."""
    return 1 if reversal.share.charge > ZERO else -1


def _same_money(reversal: Entry, original: Entry) -> bool:
    """Same payer, or the same number of a payer; charge and payment negated (RFI 1147, 1429).

    CLP02 22 does not say whose turn it was, so a secondary payer's own number speaks for it.
    """
    theirs, ours, sign = reversal.share, original.share, _sign(reversal)
    return (
        theirs.charge == sign * ours.charge
        and theirs.paid == sign * ours.paid
        and (
            reversal.adjudication.payer == original.adjudication.payer
            or _same_number(reversal, original)
        )
    )


def negates(reversal: Entry, original: Entry) -> bool:
    """Groups and reasons are kept, their amounts negated (RFI 1147)."""
    sums = sums_of(reversal.share.adjustments, _sign(reversal))
    return sums == sums_of(original.share.adjustments, 1)


def regroups(reversal: Entry, original: Entry) -> bool:
    """The 4010 way with all of them under CR (RFI 213), or the same payer number."""
    in_cr = any(a.group == "CR" for a in reversal.share.adjustments)
    return in_cr or _same_number(reversal, original)


def follows(reversal: Entry, original: Entry) -> bool:
    """Neither reasons nor number agree, but the answer came before: it is the one taken back.

    One that came later is more likely the correction of an answer that is not here.
    """
    return _place(original) < _place(reversal)


def _place(entry: Entry) -> tuple[dt.date, str, int]:
    adjudication = entry.adjudication
    return adjudication.date, adjudication.trace, adjudication.position


def differ(answers: Sequence[Adjudication]) -> bool:
    """Whether each says another thing of the lines that all of them speak of.

    One that corrects some lines repeats the others; the same answer again repeats all.
    """
    told = [_by_line(one) for one in answers]
    common = set(told[0]).intersection(*told[1:])
    contents = {frozenset((line, one[line]) for line in common) for one in told}
    return len(contents) == len(told)


def _by_line(answer: Adjudication) -> dict[str, tuple[object, ...]]:
    """Charge, payment and adjustments by line."""
    return {
        s.line: (s.charge, s.paid, frozenset(sums_of(s.adjustments, 1).items()))
        for s in answer.lines
    }


def sums_of(adjustments: Iterable[Adjustment], sign: int) -> dict[tuple[str, str], Decimal]:
    """The amounts by group and reason, times a sign; reasons of nothing left out."""
    sums: dict[tuple[str, str], Decimal] = {}
    for a in adjustments:
        if a.amount:
            key = (a.group, a.reason)
            sums[key] = sums.get(key, ZERO) + sign * a.amount
    return sums
