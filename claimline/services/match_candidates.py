"""Sent claims that a payment without its claim may be of, and which of charge, day, id fit."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from sqlalchemy import or_, select

from claimline.render.words import listed
from edi.remittance import ClaimPayment
from reconcile.keys import normal
from reconcile.ledger.convert import dollars
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.post import REVERSAL

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN: Final = 5
_LOOKED_AT: Final = 200  # claims of the days in question
_MEMBERS: Final = frozenset({"QC", "IL", "74"})  # NM101: patient, insured, corrected
_C: Final = sent_claim.c


@frozen(kw_only=True)
class Candidate:
    """A sent claim, with what of the payment fits it and what does not. No patient is named."""

    control: str
    fits: tuple[str, ...]
    differs: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``C7: charge and day of service fit; member id differs``."""
        said = [f"{listed(self.fits)} {'fits' if len(self.fits) == 1 else 'fit'}"] * bool(self.fits)
        said += [f"{listed(self.differs)} {'differs' if len(self.differs) == 1 else 'differ'}"] * (
            bool(self.differs)
        )
        return f"{self.control}: {'; '.join(said)}" if said else self.control


def candidates(
    connection: "Connection", row: Any, payment: ClaimPayment, seen: Iterable[str]
) -> tuple[Candidate, ...]:
    """The claims it may be of, those that fit best first.

    Args:
        connection: an open snapshot.
        row: of the claim payment, with ``usage`` and ``charge``.
        payment: it.
        seen: claims that matching saw.
    """
    days = {day.isoformat() for line in payment.lines if (day := line.service_date)}
    days |= {day.isoformat() for day in (payment.service_date,) if day}
    members = frozenset(normal(name.id) for name in payment.names if name.role in _MEMBERS) - {""}
    columns = (_C.id, _C.control, _C.charge, _C.date, _C.until, _C.member_id)
    named = tuple(dict.fromkeys(seen))
    of_days = select(*columns).where(_C.usage == row.usage, _C.date.in_(sorted(days)))
    told = select(*columns).where(_C.usage == row.usage, _C.control.in_(named))
    known = {one.id: one for one in connection.execute(told.order_by(_C.id)).fetchall()}
    if days:
        wanted = or_(_C.charge == abs(row.charge), _C.member_id.in_(_written(payment)))
        query = of_days.where(wanted).order_by(_C.id).limit(_LOOKED_AT)
        known |= {one.id: one for one in connection.execute(query)}
    answered = _answered(connection, list(known), payment)
    found = [
        (_with(answered.get(one.id, ()), _candidate(one, abs(row.charge), days, members)), one)
        for one in known.values()
    ]
    good = [(made, one) for made, one in found if len(made.fits) > 1 or one.control in named]
    good.sort(key=lambda pair: (-len(pair[0].fits), "charge" not in pair[0].fits, pair[1].id))
    return tuple(made for made, _ in good[:SHOWN])


def _answered(
    connection: "Connection", claims: list[int], payment: ClaimPayment
) -> dict[int, tuple[str, ...]]:
    """What of the earlier answers to these claims fits: the payer's number, what is taken back.

    Payers drop the zeros before a number; a reversal has the payment of its original, negated.
    """
    c, number = claim_payment.c, normal(payment.payer_control)
    query = select(c.sent_claim_id, c.payer_control, c.paid, c.status).where(
        c.sent_claim_id.in_(claims), c.state == "posted"
    )
    found: dict[int, dict[str, None]] = {}
    for one in connection.execute(query.order_by(c.id)):
        fits = found.setdefault(one.sent_claim_id, {})
        if number and normal(one.payer_control) == number:
            fits["payer's claim number"] = None
        if REVERSAL == payment.status != one.status and payment.paid == -dollars(one.paid) != 0:
            fits["payment taken back"] = None
    return {claim: tuple(fits) for claim, fits in found.items()}


def _with(fits: tuple[str, ...], made: Candidate) -> Candidate:
    return evolve(made, fits=(*fits, *made.fits)) if fits else made


def _written(payment: ClaimPayment) -> list[str]:
    """Member ids as they came, and without marks."""
    ids = {name.id for name in payment.names if name.role in _MEMBERS and name.id}
    return sorted(ids | {normal(one) for one in ids})


def _candidate(one: Any, charge: int, days: set[str], members: frozenset[str]) -> Candidate:
    checks = [
        ("charge", one.charge == charge, f"charge ({dollars(one.charge)})"),
        ("day of service", _covers(one, days), f"day of service ({_span(one)})"),
    ]
    if members and one.member_id:
        checks.append(("member id", normal(one.member_id) in members, "member id"))
    checks = [check for check in checks if days or check[0] != "day of service"]
    return Candidate(
        control=one.control,
        fits=tuple(name for name, fits, _ in checks if fits),
        differs=tuple(words for _, fits, words in checks if not fits),
    )


def _covers(one: Any, days: set[str]) -> bool:
    return bool(days) and all(one.date <= day <= one.until for day in days)


def _span(one: Any) -> str:
    days = dict.fromkeys(dt.date.fromisoformat(day).isoformat() for day in (one.date, one.until))
    return " to ".join(days)
