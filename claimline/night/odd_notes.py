"""Claims whose answers do not fit: a note for each thing to do, each claim once, by its worst."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection

from claimline.night.context import Night
from claimline.night.values import Note
from claimline.render.words import counted, shown_number
from reconcile.books import OVERPAID, PAID_TWICE, SAME_AGAIN
from reconcile.ledger import nights
from reconcile.ledger.convert import dollars
from reconcile.ledger.standing import Waiting

TOO_MUCH: Final = {  # money that must go back, by how its cause begins
    PAID_TWICE: "paid more than once: the same answer in several payments",
    OVERPAID: "paid more than the charge",
}
_LEAST: Final = len(TOO_MUCH) + 1


def odd_notes(night: Night, connection: Connection, odd: Iterable[Waiting]) -> Iterator[Note]:
    """The notes, those about money that must be returned first.

    Args:
        night: this one.
        connection: the open snapshot.
        odd: what waits of the kind ``odd``: a claim may have several findings.
    """
    worst: dict[str, tuple[int, str, Waiting]] = {}
    for one in odd:
        cause = one.why.partition(": ")[2] if one.why.startswith("line ") else one.why
        found = (_rank(cause), cause, one)
        if one.claim not in worst or found[0] < worst[one.claim][0]:
            worst[one.claim] = found
    groups: dict[tuple[int, str], list[tuple[str, Waiting]]] = {}
    for rank, cause, one in worst.values():
        groups.setdefault((rank, one.next_step), []).append((cause, one))
    for (rank, todo), some in sorted(groups.items(), key=lambda item: item[0]):
        causes = {cause for cause, _ in some}
        words = list(TOO_MUCH.values())[rank] if rank < len(TOO_MUCH) else ""
        if not words:
            words = "answered in a way that does not fit what was sent"
            words += f": {causes.pop()}" if len(causes) == 1 else ""
        claims = [one.claim for _, one in some]
        ages = (night.age(one.date) for _, one in some)
        over = dollars(nights.paid_over(connection, night.usage, claims)) if _money(rank) else None
        yield Note(
            kind="waiting.paid-too-much" if _money(rank) else "waiting.odd",
            urgency="today" if _money(rank) else "soon",
            what=f"{counted(len(claims), 'claim')} {words}",
            todo=f"{todo}; claimline ledger waiting lists them",
            count=len(claims),
            days=max((age for age in ages if age is not None), default=None),
            money=over,
            ids=tuple(map(shown_number, claims)),
        )


def _rank(cause: str) -> int:
    """How grave a finding is: money that must go back first, what asks for nothing last."""
    for place, begins in enumerate(TOO_MUCH):
        if cause.startswith(begins):
            return place
    return _LEAST if cause.startswith(SAME_AGAIN) else _LEAST - 1


def _money(rank: int) -> bool:
    return rank < len(TOO_MUCH)
