"""Remittances that came on paper, by a portal or by phone: entered, listed, taken back.

What is entered must balance like an 835. It is made into one, kept, and received through the same
door as every other; who entered it, from what, is a decision beside it.
"""

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Final, Literal

from attrs import evolve, frozen
from sqlalchemy import select

from claimline import __version__
from claimline.errors import CommandError, WrongUsageError
from claimline.render.words import listed as in_words
from claimline.render.words import shown_number
from claimline.services.receive import receive_file
from claimline.services.remit_check import refuse_days, refuse_unbalanced
from claimline.services.remit_known import Asked, Known, KnownPayer, learn, with_lines
from claimline.services.remit_read import Typed, provider_adjustment, refused
from edi.remittance import Organisation, Remittance, RemittanceHeader, RemittanceTrailer
from edi.writing import Envelope, WriteError
from edi.x835 import write_835
from reconcile.keys import normal
from reconcile.ledger import Decision, Ledger, Run, received
from reconcile.ledger import by_hand_remit as hand
from reconcile.ledger.convert import to_cents, to_json
from reconcile.ledger.tables import decision
from reconcile.same_payment import Answered, Payment, is_one_payer, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from claimline.services.receive_values import FileResult
    from reconcile.ledger import Usage

Source = Literal["paper", "portal", "phone"]
_CONTROLS: Final = 999_999_999
MOST: Final = 3  # claims that are named


class PerhapsHereError(WrongUsageError):
    """What was typed may be a payment that stands already: a person has to say."""


@frozen(kw_only=True)
class Entry:
    """Who enters what, from where, into which book. ``now`` has a time zone."""

    name: str  # of the file it was typed in, for messages
    usage: "Usage"
    source: Source
    user: str
    now: dt.datetime
    reason: str = ""
    unknown: bool = False  # claims and lines that were never sent from here may be in it
    another: bool = False  # it is no payment that stands already, however like it is
    new_payer: bool = False  # nobody of that name paid or was billed before
    payers: tuple[KnownPayer, ...] = ()  # of the practice file

    @property
    def asked(self) -> Asked:
        """What ``remit_known`` needs of it."""
        return Asked(
            usage=self.usage,
            unknown=self.unknown,
            new_payer=self.new_payer,
            payers=self.payers,
        )


def enter(ledger: Ledger, typed: Typed, entry: Entry) -> "FileResult":
    """Enter a remittance. The same again is the same: nothing is posted twice.

    Raises:
        WrongUsageError: it does not balance, names a claim, line or payer nobody knows, or
            stands already; nothing is kept.
        PerhapsHereError: perhaps it stands already, and nobody said that it is another.
    """
    refuse_days(entry.name, typed, entry.now.date())
    with ledger.reading() as connection:
        known = learn(connection, typed, entry.name, entry.asked)
        typed = _as_known(typed, known)
        undone = _undone(connection, typed, entry, known)
    data, name = made(typed, entry, known, revision=undone)
    digest = hashlib.sha256(data).hexdigest()
    run = Run(command="remit enter", version=__version__, started=entry.now, user=entry.user)
    with ledger.begin(run) as writer:
        query = select(decision.c.id).where(
            decision.c.subject == digest, decision.c.kind == hand.ENTER
        )
        if writer.connection.execute(query).first() is None:
            others = list(_alike(writer.connection, typed, entry, known))
            _refuse_twice(entry, others)
            writer.decide(_decision(digest, typed, entry), usage=entry.usage)
            payments = [one.key for one in others if one.key]
            if payments:
                detail = to_json({"usage": entry.usage, "payments": payments})
                writer.decide(_kept(digest, entry, detail), usage=entry.usage)
    return receive_file(ledger, run, name, lambda: [data])


def _as_known(typed: Typed, known: Known) -> Typed:
    """With the payer's name as it is known, and the statuses that nobody typed."""
    claims = tuple(
        evolve(claim, status=known.statuses.get(place, claim.status))
        for place, claim in enumerate(typed.claims)
    )
    return evolve(typed, payer=known.payer.name, claims=claims)


@frozen(kw_only=True)
class _Other:
    """A payment that stands and may be what was typed."""

    verdict: str  # same, perhaps
    doubt: str
    what: str
    by_hand: str  # the id of what was entered; empty: an 835
    key: str  # of an 835
    claims: str


def _alike(
    connection: "Connection", typed: Typed, entry: Entry, known: Known
) -> "Iterator[_Other]":
    """What stands and may be the payment that was typed."""
    mine = _payment(typed, known)
    place = _Place(payment_date=typed.date.isoformat(), usage=entry.usage)
    strange = {claim.control.upper() for claim in typed.claims}
    for row in hand.near(connection, place, mine.number, sent=known.sent, strange=strange):
        other = hand.payment_of(connection, row)
        verdict, doubt = judge(mine, other)
        is_hand = row.origin == hand.HAND
        if is_hand and verdict == "another" and _is_corrected(mine, other):
            verdict = "same"
        if verdict == "another" or (verdict == "same" and not is_hand):
            continue  # an 835 that is the same takes its place
        shared = {c.control for c in mine.claims} & {c.control for c in other.claims}
        number = "without a number" if not other.number else other.number
        yield _Other(
            verdict=verdict,
            doubt=doubt,
            what=f"payment {number} of {row.payment_date}, {row.payer_name}",
            by_hand=received.digest_of(connection, row.file_id)[:12] if is_hand else "",
            key="" if is_hand else row.payment_key,
            claims=in_words([shown_number(one) for one in sorted(shared)][:MOST]),
        )


@frozen(kw_only=True)
class _Place:
    """Where a payment that was typed is looked for."""

    payment_date: str
    usage: str


def _payment(typed: Typed, known: Known) -> Payment:
    return Payment(
        number=typed.number,
        date=typed.date,
        paid=to_cents(typed.amount),
        payer=known.payer.name,
        payer_ids=frozenset(filter(None, (known.payer.id,))),
        claims=tuple(
            Answered(normal(one.control), to_cents(one.charge), to_cents(one.paid), one.status)
            for one in typed.claims
        ),
    )


def _is_corrected(mine: Payment, other: Payment) -> bool:
    """Whether it is one without a number, of that day, typed anew with other figures."""
    charges = {(one.control, one.charge) for one in mine.claims}
    shared = charges & {(one.control, one.charge) for one in other.claims}
    unnumbered = not (mine.number or other.number)
    return unnumbered and mine.date == other.date and bool(shared) and is_one_payer(mine, other)


def _refuse_twice(entry: Entry, others: "Sequence[_Other]") -> None:
    """One payment is entered once: what stands by hand is taken back before it is entered anew.

    Raises:
        WrongUsageError: it stands already.
        PerhapsHereError: perhaps it does, and nobody said that it is another.
    """
    for one in others:
        claims = f": claim {one.claims}" if one.claims else ""
        if one.verdict == "same":
            raise WrongUsageError(
                f"{entry.name}: it stands already, entered otherwise as {one.what}{claims}",
                todo=f"to correct it: claimline remit undo {one.by_hand}; then enter it again",
            )
        if not entry.another:
            mend = f" (to correct it: claimline remit undo {one.by_hand})" if one.by_hand else ""
            how = "entered by hand" if one.by_hand else "an 835"
            raise PerhapsHereError(
                f"{entry.name}: perhaps it is here already as {one.what} ({how}), but {one.doubt}"
                f"{claims}",
                todo=f"if it is the same, nothing is to be done{mend}; if it is another payment, "
                "or another sheet of it: --another",
            )


def _kept(digest: str, entry: Entry, detail: str) -> Decision:
    reason = entry.reason or "said to be another payment when it was entered"
    return Decision(kind=hand.KEEP, subject=digest, user=entry.user, reason=reason, detail=detail)


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
    claims = tuple(with_lines(claim, known.lines) for claim in typed.claims)
    trailer = RemittanceTrailer(
        provider_adjustments=tuple(
            provider_adjustment(known.billing_npi or "PROVIDER", typed.date.year, one)
            for one in typed.provider_adjustments
        )
    )
    refuse_unbalanced(entry.name, typed, header, claims, trailer)
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
            id_qualifier="XV" if known.payer.id else "",
            id=known.payer.id,
        ),
        payee=Organisation(
            role="PE",
            name="PROVIDER",
            id_qualifier="XX" if known.billing_npi else "",
            id=known.billing_npi,
        ),
    )
