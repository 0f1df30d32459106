"""Remittances that came on paper, by a portal or by phone: entered, listed, taken back.

What is entered must balance like an 835. It is made into one, kept, and received through the same
door as every other; who entered it, from what, is a decision beside it.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import asdict, evolve, frozen
from sqlalchemy import func, select

from claimline import __version__
from claimline.errors import CommandError, WrongUsageError
from claimline.services.receive import receive_file
from claimline.services.remit_read import Typed, provider_adjustment, refused
from edi.remittance import (
    ClaimPayment,
    Organisation,
    Reference,
    Remittance,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from edi.writing import Envelope, WriteError
from edi.x835 import write_835
from reconcile.balance import Balance, Difference
from reconcile.deposits import plain
from reconcile.keys import normal
from reconcile.ledger import Decision, Ledger, Run
from reconcile.ledger import by_hand_remit as hand
from reconcile.ledger.convert import dollars, from_json, to_cents, to_json
from reconcile.ledger.tables import decision, file, sent_claim, sent_line
from reconcile.ledger.tables_received import claim_payment, remittance

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from claimline.services.receive_values import FileResult
    from reconcile.ledger import Usage

Source = Literal["paper", "portal", "phone"]
_CONTROLS: Final = 999_999_999
_WORDS: Final[Mapping[str, str]] = {
    "SVC02 - CAS of the line = SVC03": "charge less adjustments is {expected}, paid says {actual}",
    "CLP03 - all CAS = CLP04": "charge less all adjustments is {expected}, paid says {actual}",
    "sum of SVC02 = CLP03": "its lines' charges are {expected}, its charge says {actual}",
    "sum of CLP04 - sum of PLB = BPR02": (
        "the claims less provider adjustments are {expected}, amount says {actual}"
    ),
}


@frozen(kw_only=True)
class Entry:
    """Who enters what, from where, into which book. ``now`` has a time zone."""

    name: str  # of the file it was typed in, for messages
    usage: "Usage"
    source: Source
    user: str
    now: dt.datetime
    reason: str = ""
    unknown: bool = False  # claims that were never sent from here may be in it


def enter(ledger: Ledger, typed: Typed, entry: Entry) -> "FileResult":
    """Enter a remittance. The same again is the same: nothing is posted twice.

    Raises:
        WrongUsageError: it does not balance, or names claims nobody sent; nothing is kept.
    """
    with ledger.reading() as connection:
        known = _known(connection, typed, entry)
        undone = _undone(connection, typed, entry, known)
    data, name = made(typed, entry, known, revision=undone)
    digest = hashlib.sha256(data).hexdigest()
    run = Run(command="remit enter", version=__version__, started=entry.now, user=entry.user)
    with ledger.begin(run) as writer:
        query = select(decision.c.id).where(
            decision.c.subject == digest, decision.c.kind == hand.ENTER
        )
        if writer.connection.execute(query).first() is None:
            _refuse_twice(writer.connection, typed, entry)
            writer.decide(_decision(digest, typed, entry), usage=entry.usage)
    return receive_file(ledger, run, name, lambda: [data])


def _refuse_twice(connection: "Connection", typed: Typed, entry: Entry) -> None:
    """One payment is entered once: what stands by hand is taken back before it is entered anew.

    It is the same payment by its number, or without one on a day, with a claim in common.

    Raises:
        WrongUsageError: it stands by hand already.
    """
    claims = {(normal(claim.control), to_cents(claim.charge)) for claim in typed.claims}
    r, c = remittance.c, claim_payment.c
    query = (
        select(r.trace, r.payment_date, file.c.digest, c.control, c.charge)
        .join(file, file.c.id == r.file_id)
        .join(claim_payment, c.remittance_id == r.id)
        .where(r.origin == hand.HAND, r.usage == entry.usage, r.state == "posted")
        .order_by(c.id)
    )
    for row in connection.execute(query):
        if typed.number:
            same = plain(row.trace) == plain(typed.number)
        else:
            no_number = row.trace.startswith(hand.NO_NUMBER)
            same = no_number and row.payment_date == typed.date.isoformat()
        if same and (normal(row.control), row.charge) in claims:
            known = typed.number or f"of {row.payment_date} without a number"
            raise WrongUsageError(
                f"{entry.name}: payment {known} stands already, entered otherwise: claim "
                f"{row.control}",
                todo=f"to correct it: claimline remit undo {row.digest[:12]}; then enter it again",
            )


def _decision(digest: str, typed: Typed, entry: Entry) -> Decision:
    detail = {
        "source": entry.source,
        "payer": typed.payer,
        "number": typed.number,
        "date": typed.date.isoformat(),
        "amount": str(typed.amount),
        "usage": entry.usage,
    }
    return Decision(
        kind=hand.ENTER,
        subject=digest,
        user=entry.user,
        reason=entry.reason,
        detail=to_json(detail),
    )


@frozen(kw_only=True)
class Known:
    """What the ledger knows of the claims that were typed."""

    payer_id: str = ""
    payer_name: str = ""
    billing_npi: str = ""
    lines: Mapping[tuple[str, str, str, int], tuple[str, ...]]  # see ``_lines``


def _known(connection: "Connection", typed: Typed, entry: Entry) -> Known:
    """The payer and the lines of the claims.

    Raises:
        WrongUsageError: a claim was never sent from here, and that is not meant.
    """
    controls = [claim.control.upper() for claim in typed.claims]
    c = sent_claim.c
    query = (
        select(c.id, c.control, c.payer_id, c.payer_name, c.billing_npi)
        .where(c.usage == entry.usage, func.upper(c.control).in_(controls))
        .order_by(c.id)
    )
    rows = connection.execute(query).fetchall()
    found = {row.control.upper() for row in rows}
    missing = [control for control in controls if control not in found]
    if missing and not entry.unknown:
        raise refused(
            entry.name,
            [f"claim {control} was never sent from here; look at its number"
             for control in missing],
        )  # fmt: skip
    first = rows[0] if rows else None
    return Known(
        payer_id=first.payer_id if first else "",
        payer_name=first.payer_name if first else "",
        billing_npi=first.billing_npi if first else "",
        lines=_lines(connection, {row.id: row.control.upper() for row in rows}),
    )


def _lines(
    connection: "Connection", claims: Mapping[int, str]
) -> dict[tuple[str, str, str, int], tuple[str, ...]]:
    """The line control numbers of sent lines by claim, code, day and charge."""
    found: dict[tuple[str, str, str, int], tuple[str, ...]] = {}
    s = sent_line.c
    query = select(s.sent_claim_id, s.code, s.date, s.charge, s.control)
    rows = connection.execute(query.where(s.sent_claim_id.in_(list(claims))).order_by(s.id))
    for claim, code, date, charge, control in rows:
        key = (claims[claim], code, date, charge)
        found[key] = (*found.get(key, ()), control)
    return found


def _undone(connection: "Connection", typed: Typed, entry: Entry, known: Known) -> int:
    """How often just this was entered and taken back: it is another file each time."""
    for revision in range(1000):
        data, _ = made(typed, entry, known, revision=revision)
        digest = hashlib.sha256(data).hexdigest()
        query = select(decision.c.id).where(
            decision.c.subject == digest, decision.c.kind == hand.UNDO
        )
        if connection.execute(query).first() is None:
            return revision
    raise CommandError("this was entered and taken back a thousand times")


def made(typed: Typed, entry: Entry, known: Known, *, revision: int = 0) -> tuple[bytes, str]:
    """The 835 of what was typed, and its name; the same for the same.

    Raises:
        WrongUsageError: it does not balance, or an 835 cannot say it.
    """
    header = _header(typed, known)
    claims = tuple(_with_lines(claim, known) for claim in typed.claims)
    trailer = RemittanceTrailer(
        provider_adjustments=tuple(
            provider_adjustment(known.billing_npi or "PROVIDER", typed.date.year, one)
            for one in typed.provider_adjustments
        )
    )
    _check(entry, typed, header, claims, trailer)
    content = repr((typed.payer, typed.number, typed.date, typed.amount, claims, trailer, revision))
    mark = hashlib.sha256(content.encode()).hexdigest()
    header = evolve(header, trace=typed.number or f"{hand.NO_NUMBER}{mark[:8].upper()}")
    control = int(mark[:12], 16) % _CONTROLS + 1
    envelope = Envelope(
        sender_qualifier="ZZ",
        sender_id=hand.SENDER,
        receiver_qualifier="ZZ",
        receiver_id="CLAIMLINE",
        group_sender=hand.SENDER,
        group_receiver="CLAIMLINE",
        created=dt.datetime.combine(typed.date, dt.time(), tzinfo=dt.UTC),
        control=control,
        group_control=1,
        usage=entry.usage,
    )
    try:
        data = write_835(envelope, [Remittance(header=header, claims=claims, trailer=trailer)])
    except WriteError as error:
        raise refused(entry.name, [str(error)]) from None
    return data, f"by-hand-{typed.date}-{mark[:8]}.835"


def _header(typed: Typed, known: Known) -> RemittanceHeader:
    return RemittanceHeader(
        transaction="0001",
        handling="I" if typed.amount else "H",
        paid=typed.amount,
        credit_or_debit="C",
        method="CHK" if typed.amount else "NON",
        payment_date=typed.date,
        trace=typed.number or hand.NO_NUMBER,
        originator=hand.NOBODY,
        payer=Organisation(
            role="PR",
            name=typed.payer.upper(),
            id_qualifier="XV" if known.payer_id else "",
            id=known.payer_id,
        ),
        payee=Organisation(
            role="PE",
            name="PROVIDER",
            id_qualifier="XX" if known.billing_npi else "",
            id=known.billing_npi,
        ),
    )


def _with_lines(claim: ClaimPayment, known: Known) -> ClaimPayment:
    """The claim with our line control numbers, where code, day and charge name one line only."""
    lines = tuple(_with_line(claim.control.upper(), line, known) for line in claim.lines)
    used = [line.control for line in lines]
    if len({*used} - {""}) < sum(bool(one) for one in used):
        return claim  # two typed lines would be one sent line: the matchers shall say
    return evolve(claim, lines=lines)


def _with_line(control: str, line: ServicePayment, known: Known) -> ServicePayment:
    if line.control or line.service_date is None:
        return line
    cents = int(line.charge.scaleb(2))
    key = (control, line.procedure.code, line.service_date.isoformat(), cents)
    found = known.lines.get(key, ())
    if len(found) != 1:
        return line
    return evolve(line, references=(Reference(qualifier="6R", value=found[0]),))


def _check(
    entry: Entry,
    typed: Typed,
    header: RemittanceHeader,
    claims: Sequence[ClaimPayment],
    trailer: RemittanceTrailer,
) -> None:
    """Refuse what does not add up, with each difference named.

    Raises:
        WrongUsageError: a line, a claim or the whole is off.
    """
    balance = Balance()
    balance.add_header(header)
    faults = []
    for claim in claims:
        if not claim.lines and not claim.charge:
            faults.append(f"claim {claim.control}: no line and no charge")
        off = False
        for n, line in enumerate(claim.lines, 1):
            rest = line.charge - line.paid - sum(a.amount for a in line.adjustments)
            if rest:
                off = True
                faults.append(
                    f"claim {claim.control}, line {n} ({line.procedure.code}): charge less "
                    f"adjustments is {line.paid + rest:.2f}, paid says {line.paid:.2f}: "
                    f"off by {rest:.2f}"
                )
        faults += [
            f"claim {claim.control}: {_words(one)}"
            for one in balance.add_claim(claim)
            if one.level == "claim" and not off  # the lines say it already
        ]
    faults += [_words(one) for one in balance.add_trailer(trailer)]
    if typed.amount < 0:
        faults.append(
            "amount is below zero: nobody pays that; what the payer takes back goes into "
            "provider_adjustments"
        )
    if faults:
        raise refused(entry.name, faults)


def _words(one: Difference) -> str:
    words = _WORDS[one.equation].format(expected=f"{one.expected:.2f}", actual=f"{one.actual:.2f}")
    return f"{words}: off by {abs(one.amount):.2f}"


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


def undo(
    ledger: Ledger, identifier: str, *, usage: "Usage", user: str, reason: str, now: dt.datetime
) -> Entered:
    """Take back what was entered: its claim payments are off the books.

    Raises:
        WrongUsageError: the identifier leads to none that stands, or to several.
    """
    word = identifier.strip()
    found = [
        one
        for one in listed(ledger, usage)
        if one.state != hand.UNDONE
        and (
            plain(word) == plain(one.number or "-")
            or (len(word) >= 6 and one.digest.startswith(word.lower()))
        )
    ]
    if len(found) != 1:
        raise WrongUsageError(
            f"{word} leads to {'several' if found else 'no'} remittances entered by hand",
            todo="claimline remit list shows them; take the id from there",
        )
    run = Run(command="remit undo", version=__version__, started=now, user=user)
    with ledger.begin(run) as writer:
        writer.decide(
            Decision(
                kind=hand.UNDO,
                subject=found[0].digest,
                user=user,
                reason=reason,
                detail=to_json({"usage": usage}),
            ),
            usage=usage,
        )
    return next(one for one in listed(ledger, usage) if one.digest == found[0].digest)


def data(one: Entered) -> dict[str, Any]:
    """The JSON shape."""
    return asdict(one)
