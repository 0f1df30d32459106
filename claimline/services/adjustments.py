"""The book of provider adjustments (PLB): what payers take back, carry on and give, with ages."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from claimline.night.values import Note
from claimline.render.words import counted, shown_number
from claimline.services import plb_reference
from edi.codes import lookup
from reconcile.ledger import plb_hints, reading
from reconcile.plb import Receivable, plb_book, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconcile.ledger import Ledger, Usage
    from reconcile.ledger.plb_hints import Hint

OLD_DAYS: Final = 60  # open longer than this is told in the morning; a setting of the night
NEXT: Final = {
    "owed to the payer": "the payer will take it from a coming payment: keep the money ready; if "
    "it is wrong, object before it is taken",
    "taken, its origin not seen": "ask the payer for the claim and the remittance it comes from; "
    "an older one may not have been received here",
}


@frozen(kw_only=True)
class Booked:
    """One line of the book: a receivable with its payer's name, its age and its hints."""

    receivable: Receivable
    reference: str  # as it may be shown: without what names a patient
    payer: str
    days: int | None
    hints: "tuple[Hint, ...]"


def book(
    ledger: "Ledger", usage: "Usage", on: dt.date, *, payer: str = "", only_open: bool = False
) -> tuple[Booked, ...]:
    """The book of one book of claims, by payer and kind, in the order of the first entries.

    Args:
        ledger: open.
        usage: the book.
        on: the day that ages are counted to.
        payer: id or a part of the name of a payer in its remittances; empty for all.
        only_open: leave out what is closed or never comes back.
    """
    with ledger.reading() as connection:
        found = plb_book(reading.provider_adjustments(connection, usage=usage))
        names = plb_hints.names(connection, usage)
        asked = payer.strip().lower()
        some = [
            one
            for one in found
            if (not only_open or one.open)
            and (not asked or one.payer.lower() == asked or asked in names[one.payer].lower())
        ]
        hints = plb_hints.hints(connection, usage, some)
        known = plb_reference.members(connection, usage, found)
    if found:
        others = (one.payment for one in ledger.unposted(usage=usage))
        known |= {member for one in others for member in plb_reference.of_payment(one)}
    shown = plb_reference.distinct(found, known)
    return tuple(
        Booked(
            receivable=one,
            reference=shown[one.payer, one.kind, one.reference],
            payer=names[one.payer],
            days=(on - one.since).days if one.since else None,
            hints=hints[place],
        )
        for place, one in enumerate(some)
    )


def adjustment_notes(
    ledger: "Ledger", usage: "Usage", on: dt.date, *, after_days: int = OLD_DAYS
) -> tuple[Note, ...]:
    """What is open for longer than so many days, as notes for the morning."""
    return tuple(
        Note(
            kind="adjustment.old",
            urgency="soon",
            what=f"{_kind_words(one.receivable)} of {one.payer}, reference "
            f"{one.reference or 'none'}: "
            f"{abs(one.receivable.open):,.2f} {one.receivable.state} for {one.days} days",
            todo=NEXT[one.receivable.state],
            call=one.payer,
            days=one.days,
            money=abs(one.receivable.open),
            ids=tuple(shown_number(hint.claim) for hint in one.hints),
        )
        for one in book(ledger, usage, on, only_open=True)
        if one.days is not None and one.days > after_days
    )


def data(found: "Sequence[Booked]", *, show_patient: bool = False) -> list[dict[str, Any]]:
    """The book as plain values; amounts are strings, above zero is taken."""
    return [
        {
            "payer": one.payer,
            "payer_id": one.receivable.payer,
            "kind": one.receivable.kind,
            "meaning": _kind_words(one.receivable),
            "reference": one.receivable.reference if show_patient else one.reference,
            "state": one.receivable.state,
            "since": one.receivable.since.isoformat() if one.receivable.since else None,
            "days": one.days,
            "open": str(one.receivable.open),
            "total": str(one.receivable.total),
            "entries": list(_entries(one.receivable)),
            "hints": [
                {"claim": shown_number(hint.claim), "evidence": hint.evidence} for hint in one.hints
            ],
        }
        for one in found
    ]


def _entries(one: Receivable) -> Iterator[dict[str, str]]:
    for entry, balance in zip(one.entries, one.balances, strict=True):
        yield {
            "date": entry.date.isoformat(),
            "trace": entry.trace,
            "reason": entry.adjustment.reason,
            "amount": str(entry.adjustment.amount),
            "balance": str(balance),
            "words": words(entry.adjustment),
        }


def _kind_words(one: Receivable) -> str:
    """What kind it is: our own short words."""
    if one.kind in ("recovery", "carried forward"):
        return {"recovery": "recovery of an overpayment", "carried forward": "balance carried on"}[
            one.kind
        ]
    entry = lookup("plb", one.kind)
    return entry.meaning if entry else f"{one.kind} (not in our tables)"


def totals(found: "Sequence[Booked]") -> list[dict[str, Any]]:
    """Per payer: what was taken in all, what is owed, what was taken without an origin."""
    sums: dict[str, list[Decimal]] = {}
    for one in found:
        here = sums.setdefault(one.payer, [Decimal("0.00")] * 3)
        here[0] += one.receivable.total
        here[1] += max(one.receivable.open, Decimal("0.00"))
        here[2] -= min(one.receivable.open, Decimal("0.00"))
    return [
        {"payer": payer, "taken": taken, "owed": owed, "unseen": unseen}
        for payer, (taken, owed, unseen) in sorted(sums.items())
    ]


def headline(found: "Sequence[Booked]") -> str:
    """The book in one sentence."""
    is_open = [one for one in found if one.receivable.open]
    if not is_open:
        return f"{counted(len(found), 'provider adjustment')} in the book, none open."
    return f"{counted(len(found), 'provider adjustment')} in the book, {len(is_open)} open."
