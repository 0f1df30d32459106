"""``match``: claim payments that fit nothing, matched by hand or parked by a rule."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import func, or_, select

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.render.words import listed as in_words
from claimline.render.words import shown_number
from claimline.services.match_candidates import candidates
from edi.remittance import ClaimPayment
from reconcile.ledger import Decision, Ledger, Run, by_hand
from reconcile.ledger.by_hand import HandMatch
from reconcile.ledger.convert import dollars, from_json, to_cents, to_date
from reconcile.ledger.payments import adjudication_id, again
from reconcile.ledger.tables import file, sent_claim, sent_line
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.match_claim import BY_HAND

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Usage

SHORT: Final = 6  # characters of an id that must be given
OPEN: Final = ("unmatched", "parked")
_C: Final = claim_payment.c
_R: Final = remittance.c


@frozen(kw_only=True)
class Left:
    """A claim payment, or one line of one, that stands on nothing that was sent."""

    id: str  # of the adjudication it would be
    line: int  # n-th paid line, from 1; 0: the whole claim payment
    control: str  # CLP01
    payer: str
    trace: str
    date: str
    charge: str
    paid: str
    services: tuple[str, ...]  # code, day, charge
    candidates: tuple[str, ...]  # claims, or lines
    could_be: tuple[str, ...] = ()  # the same, with what of charge, day and member id fits
    best: int = 0  # of a claim: how many of the three fit the first one
    state: str
    why: str


def left(ledger: Ledger, usage: "Usage") -> Iterator[Left]:
    """What stands on nothing: claims before lines, what is soonest done and most money first."""
    with ledger.reading() as connection:
        rows = claim_payments(connection, usage, ("unmatched",))
        yield from sorted((_claim_left(connection, row) for row in rows), key=_order)
        lines = (_C.state == "posted") & (_C.unmatched_lines != "")
        for row in connection.execute(_select(usage).where(lines).order_by(_C.id)).fetchall():
            yield from _lines_left(row)


def _order(one: Left) -> tuple[int, Decimal, Decimal, str, str]:
    """Those that a claim fits first, then by money, paid before charged; not as they came."""
    return -one.best, -abs(Decimal(one.paid)), -abs(Decimal(one.charge)), one.date, one.id


def _select(usage: str) -> Any:
    columns = (
        _C.id, _C.position, _C.fingerprint, _C.occurrence, _C.control, _C.charge, _C.paid,
        _C.state, _C.why, _C.payer_control, _C.candidates, _C.segments, _C.unmatched_lines,
        _C.sent_claim_id,
        _R.payment_key, _R.payer_name, _R.payer_ids, _R.trace, _R.payment_date, _R.usage,
        file.c.name.label("file_name"),
    )  # fmt: skip
    return (
        select(*columns)
        .join(remittance, _R.id == _C.remittance_id)
        .join(file, file.c.id == _R.file_id)
        .where(_R.usage == usage)
    )


def claim_payments(connection: "Connection", usage: str, states: Sequence[str]) -> Iterator[Any]:
    """The claim payments of a book in one of these states, as they came."""
    query = _select(usage).where(_C.state.in_(states)).order_by(_C.id)
    yield from connection.execute(query).fetchall()


def _claim_left(connection: "Connection", row: Any) -> Left:
    payment = again(row.segments, row.position)
    found = candidates(connection, row, payment, from_json(row.candidates))
    return _left(
        row,
        line=0,
        charge=row.charge,
        paid=row.paid,
        services=tuple(_services(payment)),
        candidates=tuple(one.control for one in found),
        could_be=tuple(one.words for one in found),
        best=len(found[0].fits) if found else 0,
        why=row.why,
    )


def _lines_left(row: Any) -> Iterator[Left]:
    payment = again(row.segments, row.position)
    places = {line.position: n for n, line in enumerate(payment.lines, 1)}
    services = list(_services(payment))
    for one in from_json(row.unmatched_lines):
        place = places.get(one["position"], 0)
        yield _left(
            row,
            line=place,
            charge=one["charge"],
            paid=one["paid"],
            services=(services[place - 1],) if place else (),
            candidates=tuple(one["candidates"]),
            could_be=tuple(one["candidates"]),
            why=one["why"],
        )


def _left(row: Any, *, charge: int, paid: int, **more: Any) -> Left:
    return Left(
        id=_id(row),
        control=shown_number(row.control),
        payer=row.payer_name,
        trace=row.trace,
        date=row.payment_date,
        charge=str(dollars(charge)),
        paid=str(dollars(paid)),
        state=row.state,
        **more,
    )


def _id(row: Any) -> str:
    return adjudication_id(row.payment_key, row.fingerprint, row.occurrence)


def _services(payment: ClaimPayment) -> Iterator[str]:
    for line in payment.lines:
        day = line.service_date or payment.service_date
        yield " ".join(filter(None, (line.procedure.code, str(day or ""), f"{line.charge:.2f}")))


@frozen(kw_only=True)
class Wanted:
    """What is to be matched to what, by whom. ``now`` has a time zone."""

    usage: "Usage"
    id: str
    to: str
    user: str
    reason: str
    now: dt.datetime
    line: int = 0
    force: bool = False


@frozen(kw_only=True)
class Matched:
    """What a match by hand did."""

    made: HandMatch
    notes: tuple[str, ...] = ()  # what does not fit, and was forced
    before: HandMatch | None = None  # the match that stood, and gave way
    changed: bool = True
    paid: Decimal = Decimal("0.00")  # of the claim payment
    follows: tuple[str, ...] = ()  # other payments that came along: same payer's claim number


def match(ledger: Ledger, wanted: Wanted) -> Matched:
    """Match a claim payment, or one of its lines, by hand.

    Said again it changes nothing; where another match stood, that gives way and is told.

    Raises:
        WrongUsageError: it makes no sense; nothing is decided.
    """
    with ledger.reading() as connection:
        row = _named(connection, wanted.id, wanted.usage)
        hand = by_hand.load(connection, wanted.usage).matches.get(_id(row))
        if wanted.line:
            said, notes = _to_line(connection, row, wanted, hand)
        else:
            said, notes = _to_claim(connection, row, wanted)
        along = _along(connection, row)
    paid = dollars(row.paid)
    if hand is not None and hand.detail == said.detail:
        return Matched(made=said, before=hand, changed=False, paid=paid)
    if notes and not wanted.force:
        raise WrongUsageError(
            f"this does not fit: {in_words(notes)}",
            todo="look at both again; --force matches it all the same, and keeps the reason",
        )
    decide(ledger, wanted, by_hand.MATCH, said.id, said.detail)
    with ledger.reading() as connection:
        came = _along(connection, row)
    return Matched(
        made=said,
        notes=notes,
        before=hand,
        paid=paid,
        follows=tuple(words for key, words in came.items() if along.get(key) != words),
    )


def _along(connection: "Connection", row: Any) -> dict[str, str]:
    """The other payments under the payer's claim number of this one, and where they stand."""
    if not row.payer_control:
        return {}
    c = sent_claim.c
    query = (
        select(_C.paid, _C.fingerprint, _C.occurrence, _R.payment_key, _R.trace, _R.payment_date,
               c.control)
        .join(remittance, _R.id == _C.remittance_id)
        .join(sent_claim, c.id == _C.sent_claim_id)
        .where(_R.usage == row.usage, _C.payer_control == row.payer_control)
        .order_by(_R.payment_date, _R.trace, _C.position)
    )  # fmt: skip
    own = _id(row)
    found = connection.execute(query).fetchall()
    return {
        _id(one): f"{dollars(one.paid)} of payment {one.trace} of {one.payment_date} stands on "
        f"{one.control}"
        for one in found
        if _id(one) != own
    }


def _named(connection: "Connection", identifier: str, usage: str) -> Any:
    """The claim payment of that id, its first characters, or CLP01 among those that wait.

    Raises:
        WrongUsageError: none, or several.
    """
    word = identifier.strip().lower()
    lines = (_C.state == "posted") & (_C.unmatched_lines != "")
    hand = _C.method == BY_HAND
    condition = or_(_C.state.in_(OPEN), lines, hand)
    rows = connection.execute(_select(usage).where(condition).order_by(_C.id)).fetchall()
    found = [
        row
        for row in rows
        if (len(word) >= SHORT and _id(row).startswith(word)) or row.control.lower() == word
    ]
    if len(found) != 1:
        if not found and too_short(word, (_id(row) for row in rows)):
            raise short(identifier)
        raise WrongUsageError(
            f"{shown_number(identifier)} leads to {'several' if found else 'no'} claim payments "
            "that wait in this book",
            todo="claimline match list shows them; take the id from there",
        )
    return found[0]


def too_short(word: str, ids: Iterable[str]) -> bool:
    """Whether it is the beginning of an id, but too little of one."""
    return bool(word) and len(word) < SHORT and any(one.startswith(word) for one in ids)


def short(identifier: str) -> WrongUsageError:
    """What to say of the beginning of an id that is too little of one."""
    return WrongUsageError(
        f"{shown_number(identifier)} is too short for an id",
        todo=f"give its first {SHORT} characters at least",
    )


def _claims_of(connection: "Connection", control: str, usage: str) -> list[Any]:
    c = sent_claim.c
    query = select(sent_claim).where(c.usage == usage, func.upper(c.control) == control.upper())
    return list(connection.execute(query.order_by(c.id)))


def _to_claim(
    connection: "Connection", row: Any, wanted: Wanted
) -> tuple[HandMatch, tuple[str, ...]]:
    """The decision that a claim payment is of a claim, and what speaks against it."""
    found = _claims_of(connection, wanted.to, wanted.usage)
    if not found:
        other = _claims_of(connection, wanted.to, "P" if wanted.usage == "T" else "T")
        raise WrongUsageError(
            f"claim {shown_number(wanted.to)} is in the other book"
            if other
            else f"claim {shown_number(wanted.to)} was never sent from here",
            todo="test and production are apart" if other else "claimline trace finds claims",
        )
    claim = next((one for one in found if one.charge == abs(row.charge)), found[0])
    return _hand(row, claim, wanted), tuple(_against(row, claim))


def _hand(row: Any, claim: Any, wanted: Wanted, **more: Any) -> HandMatch:
    return HandMatch(
        payment_key=row.payment_key,
        fingerprint=row.fingerprint,
        occurrence=row.occurrence,
        usage=wanted.usage,
        control=claim.control,
        frequency=claim.frequency,
        date=to_date(claim.date),
        user=wanted.user,
        reason=wanted.reason,
        **more,
    )


def _against(row: Any, claim: Any) -> Iterator[str]:
    """What speaks against it: another charge, another day."""
    if abs(row.charge) != claim.charge:
        yield (
            f"the payment's charge is {dollars(abs(row.charge))}, the claim's "
            f"{dollars(claim.charge)}"
        )
    payment = again(row.segments, row.position) if row.segments else None
    days = {day for line in payment.lines if (day := line.service_date)} if payment else set()
    first, last = to_date(claim.date), to_date(claim.until)
    if days and not any(first <= day <= last for day in days):
        yield f"the payment is for {min(days)}, the claim for {first}"


def _to_line(
    connection: "Connection", row: Any, wanted: Wanted, hand: HandMatch | None
) -> tuple[HandMatch, tuple[str, ...]]:
    """The decision that one paid line is of one sent line."""
    payment = again(row.segments, row.position) if row.segments else None
    if row.sent_claim_id is not None and payment is None:
        raise WrongUsageError(
            "no line of the claim payment is left over", todo="--undo takes a match by hand back"
        )
    if row.sent_claim_id is None or payment is None:
        raise WrongUsageError(
            "the claim payment stands on no claim yet", todo="match the claim first, then its lines"
        )
    if not 1 <= wanted.line <= len(payment.lines):
        raise WrongUsageError(f"the claim payment has lines 1 to {len(payment.lines)}")
    claim = connection.execute(select(sent_claim).where(sent_claim.c.id == row.sent_claim_id)).one()
    s = sent_line.c
    lines = connection.execute(
        select(s.control, s.number, s.code, s.charge)
        .where(s.sent_claim_id == claim.id)
        .order_by(s.number)
    ).fetchall()
    word = wanted.to.upper()
    line = next((one for one in lines if word in {one.control.upper(), str(one.number)}), None)
    if line is None:
        known = in_words([f"{one.number} ({one.control})" for one in lines])
        raise WrongUsageError(
            f"claim {claim.control} has no line {wanted.to}", todo=f"its lines: {known}"
        )
    svc = payment.lines[wanted.line - 1]
    notes = []
    if svc.procedure.code != line.code:
        notes.append(f"the payment says {svc.procedure.code}, the line {line.code}")
    if to_cents(abs(svc.charge)) != line.charge:
        notes.append(f"the payment's charge is {abs(svc.charge):.2f}, the line's "
                     f"{dollars(line.charge)}")  # fmt: skip
    standing = dict(hand.lines) if hand else {}
    return (
        _hand(row, claim, wanted, lines={**standing, wanted.line: line.control}),
        tuple(notes),
    )


def unmatch(ledger: Ledger, wanted: Wanted) -> HandMatch:
    """Undo a match by hand: the books are as if it had never been.

    Raises:
        WrongUsageError: there is none of that id.
    """
    word = wanted.id.strip().lower()
    with ledger.reading() as connection:
        standing = by_hand.load(connection, wanted.usage).matches
    found = [one for one in standing.values() if len(word) >= SHORT and one.id.startswith(word)]
    found = found or [one for one in standing.values() if one.control.lower() == word]
    if not found and too_short(word, standing):
        raise short(wanted.id)
    if len(found) != 1:
        raise WrongUsageError(
            f"{shown_number(wanted.id)} leads to {'several' if found else 'no'} matches by hand",
            todo="claimline match list --by-hand shows them; take the id from there",
        )
    decide(ledger, wanted, by_hand.UNMATCH, found[0].id, found[0].detail)
    return found[0]


def matched(ledger: Ledger, usage: "Usage") -> tuple[HandMatch, ...]:
    """The matches by hand that hold, oldest first."""
    with ledger.reading() as connection:
        return tuple(by_hand.load(connection, usage).matches.values())


def decide(ledger: Ledger, wanted: Wanted, kind: str, subject: str, detail: str) -> None:
    """Keep a decision; the books follow it in the same transaction."""
    run = Run(command="match", version=__version__, started=wanted.now, user=wanted.user)
    made = Decision(
        kind=kind, subject=subject, user=wanted.user, reason=wanted.reason, detail=detail
    )
    with ledger.begin(run) as writer:
        writer.decide(made, usage=wanted.usage)
