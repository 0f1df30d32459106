"""What waits, for a person to read: what has one cause is one row, with how many and which."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.render.words import counted, shown_number
from reconcile.ledger.standing import Waiting

FOLDED: Final = 4  # so many of one cause are told as one
NAMED: Final = 5  # of them by name
NO_MONEY: Final = frozenset({"odd", "acknowledgement"})
_NAMES: Final = re.compile(r"(?<=: )\S+(?: and [\d,]+ more)?: ")  # "999: 77: no file ..."
_Key = tuple[str, ...]


def folded(found: Iterable[Waiting]) -> Iterator[dict[str, Any]]:
    """The rows of ``ledger waiting``, in their order.

    The claims of a payment that waits as a whole stand with it. Elsewhere rows that differ in
    nothing but the claim or the payment they are about are one, where there are several.
    """
    found = tuple(found)
    whole = {_payment(one): one for one in found if one.trace and not one.claim}
    claims: dict[_Key, list[str]] = {}
    groups: dict[_Key, list[Waiting]] = {}
    for one in found:
        if one.claim and _payment(one) in whole:
            claims.setdefault(_payment(one), []).append(one.claim)
        else:
            groups.setdefault(_cause(one), []).append(one)
    for several in groups.values():
        if len(several) < FOLDED:
            for one in several:
                with_it = map(shown_number, claims.get(_payment(one), ()))
                yield row(one, which=_named(list(with_it)))
        else:
            yield _one_for(several)


def _payment(one: Waiting) -> _Key:
    """The payment a thing is about, where that waits for the same."""
    return one.kind, one.file, one.trace, one.date


def _cause(one: Waiting) -> _Key:
    """What rows of one cause have in common."""
    why = _NAMES.sub("", one.why, count=1) if one.kind == "acknowledgement" else one.why
    about = "" if one.kind == "acknowledgement" else one.file
    return one.kind, why, one.next_step, one.payer, about, "claim" if one.claim else ""


def _one_for(several: Sequence[Waiting]) -> dict[str, Any]:
    """One row for all of one cause."""
    first = several[0]
    names = [one.claim or one.trace for one in several]
    thing = "claim" if first.claim else "payment"
    if first.kind == "acknowledgement":
        thing = "answer"
        names = [one.claim or _number(one.why) for one in several]
    traces = {one.trace for one in several}
    files = sorted({one.file for one in several})
    days = sorted({one.date for one in several})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return row(first, which=_named([shown_number(name) for name in names])) | {
        "trace": first.trace if len(traces) == 1 else "",
        "claim": counted(len(several), thing),
        "amount": _money(first, sum((one.amount for one in several), Decimal(0))),
        "why": _NAMES.sub("", first.why, count=1) if thing == "answer" else first.why,
        "from": f"{_payer(first)}, {span}, {_named(files)}",
    }


def row(one: Waiting, *, which: str = "") -> dict[str, Any]:
    """One thing by itself; ``which`` names what waits with it."""
    return {
        "kind": one.kind,
        "trace": one.trace,
        "claim": shown_number(one.claim),  # another system's may be a name
        "amount": _money(one, one.amount),
        "which": which,
        "why": one.why,
        "next_step": one.next_step,
        "from": f"{_payer(one)}, {one.date}, {one.file}",
        "payer": one.payer,
        "date": one.date,
        "file": one.file,
        "usage": one.usage,
    }


def _payer(one: Waiting) -> str:
    return one.payer or "a payer without a name"


def _money(one: Waiting, amount: Decimal) -> Decimal | None:
    return None if one.kind in NO_MONEY else amount


def _number(why: str) -> str:
    """The number in the words of an acknowledgement."""
    found = _NAMES.search(why)
    return found[0].removesuffix(": ") if found else ""


def _named(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    known = [name for name in dict.fromkeys(names) if name]
    more = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
    return ", ".join(known[:NAMED]) + more
