"""What was entered by hand: listed, taken back, or kept beside an 835 that is another payment."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, frozen
from sqlalchemy import select

from claimline import __version__
from claimline.errors import WrongUsageError
from reconcile.deposits import plain
from reconcile.ledger import Decision, Ledger, Run
from reconcile.ledger import by_hand_remit as hand
from reconcile.ledger.convert import dollars, from_json, to_json
from reconcile.ledger.tables import decision, file
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger import Usage

SHORT: Final = 6  # characters of an id that must be given


@frozen(kw_only=True)
class Entered:
    """A remittance entered by hand, and where it stands."""

    id: str  # the digest's first characters
    digest: str
    number: str
    payer: str
    date: str
    amount: str
    source: str
    user: str
    recorded_at: str
    state: str
    why: str


def listed(ledger: Ledger, usage: "Usage") -> Iterator[Entered]:
    """What was entered by hand into a book, oldest first."""
    r = remittance.c
    query = (
        select(remittance, decision.c.user, decision.c.detail, decision.c.subject)
        .join(file, file.c.id == r.file_id)
        .join(decision, decision.c.subject == file.c.digest)
        .where(r.origin == hand.HAND, r.usage == usage, decision.c.kind == hand.ENTER)
        .order_by(r.id)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).fetchall()
    for row in rows:
        yield Entered(
            id=row.subject[:12],
            digest=row.subject,
            number="" if row.trace.startswith(hand.NO_NUMBER) else row.trace,
            payer=row.payer_name,
            date=row.payment_date,
            amount=str(dollars(row.paid)),
            source=from_json(row.detail)["source"],
            user=row.user,
            recorded_at=row.recorded_at,
            state=row.state,
            why=row.why,
        )


@frozen(kw_only=True)
class Wanted:
    """What a person decides about something entered. ``now`` has a time zone."""

    id: str  # its number, or the first characters of its id
    usage: "Usage"
    user: str
    reason: str
    now: dt.datetime


def undo(ledger: Ledger, wanted: Wanted) -> Entered:
    """Take back what was entered: its claim payments are off the books.

    Raises:
        WrongUsageError: the identifier leads to none that stands, or to several.
    """
    found = _named(ledger, wanted)
    detail = {"usage": wanted.usage}
    _decide(ledger, wanted, hand.UNDO, found.digest, detail)
    return next(one for one in listed(ledger, wanted.usage) if one.digest == found.digest)


def keep(ledger: Ledger, wanted: Wanted) -> tuple[Entered, int]:
    """Say that what was entered and the 835s it may be are different payments.

    Returns:
        What was entered, and of how many 835s it is said.

    Raises:
        WrongUsageError: the identifier leads to none that stands, or nothing is asked about it.
    """
    found = _named(ledger, wanted)
    with ledger.reading() as connection:
        row = connection.execute(
            select(remittance)
            .join(file, file.c.id == remittance.c.file_id)
            .where(file.c.digest == found.digest, remittance.c.origin == hand.HAND)
        ).one()
        payments = hand.candidates(connection, row)
    if not found.why.startswith(hand.PERHAPS):
        raise WrongUsageError(
            f"{found.id}: nothing is asked about it: no 835 is here that it may be",
            todo="claimline remit list shows what is asked",
        )
    detail = {"usage": wanted.usage, "payments": list(payments)}
    _decide(ledger, wanted, hand.KEEP, found.digest, detail)
    return found, len(payments)


def _decide(
    ledger: Ledger, wanted: Wanted, kind: str, subject: str, detail: dict[str, Any]
) -> None:
    run = Run(command=kind, version=__version__, started=wanted.now, user=wanted.user)
    made = Decision(
        kind=kind,
        subject=subject,
        user=wanted.user,
        reason=wanted.reason,
        detail=to_json(detail),
    )
    with ledger.begin(run) as writer:
        writer.decide(made, usage=wanted.usage)


def _named(ledger: Ledger, wanted: Wanted) -> Entered:
    """What stands under a number or an id.

    Raises:
        WrongUsageError: none, or several.
    """
    word = wanted.id.strip()
    every = list(listed(ledger, wanted.usage))
    of_it = [one for one in every if _is(one, word)]
    found = [one for one in of_it if one.state != hand.UNDONE]
    if len(found) == 1:
        return found[0]
    raise WrongUsageError(
        f"{word} {_wrong(word, every, of_it, found)}",
        todo="claimline remit list shows them; take the id from there",
    )


def _is(one: Entered, word: str) -> bool:
    if one.number and plain(word) == plain(one.number):
        return True
    return len(word) >= SHORT and one.digest.startswith(word.lower())


def _wrong(
    word: str, every: Sequence[Entered], of_it: Sequence[Entered], found: Sequence[Entered]
) -> str:
    """Why a word names none, or not one."""
    if found:
        return "leads to several remittances entered by hand"
    if of_it:
        return "was taken back before; nothing changed"
    if word and len(word) < SHORT and any(one.digest.startswith(word.lower()) for one in every):
        return f"is too short for an id: give its first {SHORT} characters at least"
    return "leads to no remittances entered by hand"


def data(one: Entered) -> dict[str, Any]:
    """The JSON shape."""
    return asdict(one)
