"""Rows of what came back, as values again."""

import json
from collections.abc import Iterable
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, select

from edi.remittance import Adjustment
from reconcile.books_turns import RANK_ORDER
from reconcile.ledger import bulk
from reconcile.ledger.convert import (
    damaged,
    dollars,
    from_date,
    from_json,
    number_text,
    to_cents,
    to_date,
    to_json,
    to_number,
    to_words,
)
from reconcile.ledger.payments import adjudication_id
from reconcile.ledger.tables import sent_line
from reconcile.ledger.tables_received import claim_payment, line_share, remittance
from reconcile.post import FORWARDED, FORWARDED_REMARKS
from reconcile.values import Adjudication, LineShare, UnmatchedLine

OF_CLAIM: Final = 3  # cells of what repeats the claim's own: group, reason, cents
# What an adjudication is made of, in the order ``_adjudication`` reads it.
_COLUMNS = (
    claim_payment.c.id,
    claim_payment.c.sent_claim_id,
    claim_payment.c.fingerprint,
    claim_payment.c.occurrence,
    claim_payment.c.position,
    claim_payment.c.status,
    claim_payment.c.charge,
    claim_payment.c.paid,
    claim_payment.c.payer_control,
    claim_payment.c.remarks,
    claim_payment.c.method,
    claim_payment.c.payer,
    claim_payment.c.rank,
    claim_payment.c.beside_lines,
    claim_payment.c.notes,
    claim_payment.c.unmatched_lines,
    claim_payment.c.remittance_id,
    remittance.c.payment_key,
    remittance.c.trace,
    remittance.c.payment_date,
)


def adjudications(
    connection: Connection, claims: dict[int, str]
) -> dict[int, tuple[Adjudication, ...]]:
    """What came back for sent claims, by row number, in order of payment date.

    Args:
        connection: the open snapshot.
        claims: control numbers by row number of the sent claim.
    """
    found: dict[int, list[Any]] = {}
    for batch in bulk.batches(list(claims)):
        query = (
            select(*_COLUMNS)
            .join(remittance, remittance.c.id == claim_payment.c.remittance_id)
            .where(claim_payment.c.sent_claim_id.in_(batch), claim_payment.c.state == "posted")
        )
        for row in connection.execute(query):
            found.setdefault(row.sent_claim_id, []).append(row)
    shares = line_shares(connection, [row.id for rows in found.values() for row in rows])
    return {
        number: tuple(
            sorted(
                (_adjudication(row, claims[number], shares.get(row.id, ())) for row in rows),
                key=lambda one: (one.date, one.trace, one.position, one.id),
            )
        )
        for number, rows in found.items()
    }


def line_shares(
    connection: Connection, claim_payments: Iterable[int]
) -> dict[int, tuple[LineShare, ...]]:
    """The line shares of claim payments, by row number of these."""
    found: dict[int, list[LineShare]] = {}
    for batch in bulk.batches(list(claim_payments)):
        query = (
            select(line_share, sent_line.c.control, sent_line.c.number)
            .join(sent_line, sent_line.c.id == line_share.c.sent_line_id)
            .where(line_share.c.claim_payment_id.in_(batch))
            .order_by(line_share.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row[1], []).append(_share(row))
    return {number: tuple(shares) for number, shares in found.items()}


def _share(row: Any) -> LineShare:
    adjustments, of_claim = _adjusted(row.adjustments)
    return LineShare(
        line=row.control,
        number=row.number,
        method=row.method,
        code=row.code,
        modifiers=to_words(row.modifiers),
        charge=dollars(row.charge),
        paid=dollars(row.paid),
        units=to_number(row.units),
        adjustments=adjustments,
        remarks=to_words(row.remarks),
        allowed=None if row.allowed is None else dollars(row.allowed),
        bundled_into=row.bundled_into,
        not_explained=dollars(row.not_explained),
        of_claim=of_claim,
    )


def adjustments_json(adjustments: Iterable[Adjustment], of_claim: Iterable[Adjustment] = ()) -> str:
    """``[[group, reason, cents, quantity], ...]``; empty for none.

    Then, as ``[group, reason, cents]``, the part of these that was said of the claim.
    """
    parts = []
    for one in adjustments:
        group, reason, cents = one.group, one.reason, to_cents(one.amount)
        quantity = number_text(one.quantity)
        if group.isalnum() and reason.isalnum():  # nothing in it to be escaped
            parts.append(f'["{group}","{reason}",{cents},"{quantity}"]')
        else:
            parts.append(to_json([group, reason, cents, quantity]))
    parts += [to_json([one.group, one.reason, to_cents(one.amount)]) for one in of_claim]
    return f"[{','.join(parts)}]" if parts else ""


def adjustments_of(text: str) -> tuple[Adjustment, ...]:
    """What ``adjustments_json`` wrote."""
    return _adjusted(text)[0]


def _adjusted(text: str) -> tuple[tuple[Adjustment, ...], tuple[Adjustment, ...]]:
    """The adjustments, and what of them was said of the claim: those have no quantity."""
    if not text:
        return (), ()
    rows = json.loads(text)
    whole = [
        Adjustment(group=row[0], reason=row[1], amount=dollars(row[2]), quantity=to_number(row[3]))
        for row in rows
        if len(row) > OF_CLAIM
    ]
    if len(whole) == len(rows):
        return tuple(whole), ()
    said = (row for row in rows if len(row) == OF_CLAIM)
    return tuple(whole), tuple(Adjustment(group=g, reason=r, amount=dollars(c)) for g, r, c in said)


def _rank(text: str) -> Literal["P", "S", "T"]:
    if text not in RANK_ORDER:
        raise damaged("Whose turn an answer was (P, S, T)")
    return cast("Literal['P', 'S', 'T']", text)


def _adjudication(row: Any, claim: str, shares: tuple[LineShare, ...]) -> Adjudication:
    remarks = to_words(row.remarks)
    return Adjudication(
        id=adjudication_id(row.payment_key, row.fingerprint, row.occurrence),
        claim=claim,
        method=row.method,
        payer=row.payer,
        rank=_rank(row.rank),
        status=row.status,
        payer_control=row.payer_control,
        trace=row.trace,
        date=to_date(row.payment_date),
        charge=dollars(row.charge),
        paid=dollars(row.paid),
        remarks=remarks,
        crossover=row.status in FORWARDED or not FORWARDED_REMARKS.isdisjoint(remarks),
        lines=shares,
        unmatched=unmatched_of(row.unmatched_lines),
        difference=dollars(row.beside_lines),
        position=row.position,
        notes=tuple(from_json(row.notes)),
    )


def unmatched_json(lines: Iterable[UnmatchedLine]) -> str:
    """Lines that fit no sent line, for the tables."""
    return to_json(
        [
            {
                "position": line.position,
                "code": line.code,
                "modifiers": list(line.modifiers),
                "date": from_date(line.date) if line.date else "",
                "charge": to_cents(line.charge),
                "paid": to_cents(line.paid),
                "units": number_text(line.units),
                "adjustments": [
                    [a.group, a.reason, to_cents(a.amount), number_text(a.quantity)]
                    for a in line.adjustments
                ],
                "remarks": list(line.remarks),
                "candidates": list(line.candidates),
                "why": line.why,
                "not_explained": to_cents(line.not_explained),
            }
            for line in lines
        ]
    )


def unmatched_of(text: str) -> tuple[UnmatchedLine, ...]:
    """What ``unmatched_json`` wrote."""
    return tuple(
        UnmatchedLine(
            position=one["position"],
            code=one["code"],
            modifiers=tuple(one["modifiers"]),
            date=to_date(one["date"]) if one["date"] else None,
            charge=dollars(one["charge"]),
            paid=dollars(one["paid"]),
            units=to_number(one["units"]),
            adjustments=tuple(
                Adjustment(group=g, reason=r, amount=dollars(cents), quantity=to_number(q))
                for g, r, cents, q in one["adjustments"]
            ),
            remarks=tuple(one["remarks"]),
            candidates=tuple(one["candidates"]),
            why=one["why"],
            not_explained=dollars(one["not_explained"]),
        )
        for one in from_json(text)
    )
