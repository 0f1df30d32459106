"""What was sent beside what came back: claims for worklists, a family's whole story, neighbours.

Everything is read in batches of some hundred claims, so memory stays flat and a million lines can
be walked through.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select, tuple_

from edi.remittance import ProviderAdjustment
from reconcile.ledger import bulk, rows, sent, states
from reconcile.ledger.beside import Beside
from reconcile.ledger.candidates import learned_controls
from reconcile.ledger.chosen import chosen, walk
from reconcile.ledger.convert import dollars, from_date, from_json, to_date
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.families import with_followers
from reconcile.ledger.payments import adjudication_id, again
from reconcile.ledger.plb_hints import packed_in, plain, words_of
from reconcile.ledger.records import (
    ClaimStory,
    Payment,
    Received,
    SentRecord,
    UnpostedClaim,
    Usage,
)
from reconcile.ledger.tables import file, sent_claim, sent_line, visit
from reconcile.ledger.tables_answered import acknowledged, claim_state
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance
from reconcile.lifecycle import history
from reconcile.plb import ProviderEntry, Receivable, plb_book
from reconcile.values import Adjudication, ClaimMatch, SentClaim, SentLine

_CLAIM: Final = sent_claim.c
BY_PERSON: Final = "closed by a person"  # event, see reconcile.lifecycle


@frozen(kw_only=True)
class Filter:
    """Which sent claims. Empty or None: any."""

    usage: Usage
    code: str = ""  # of one of its lines
    payer: str = ""  # key or id of the payer it was sent to, or a part of its name
    since: dt.date | None = None  # first day of service
    until: dt.date | None = None  # last first day of service
    answered: bool = True  # only claims for which something came back
    closed: bool = True  # also those that a person closed


def received(connection: Connection, wanted: Filter) -> Iterator[Received]:
    """The claims of a filter with what came back for them, in the order they were recorded."""
    condition = condition_of(wanted)
    beside = Beside(usage=wanted.usage)
    for batch in walk(connection, condition):
        yield from _received(connection, batch, beside)


def condition_of(wanted: Filter) -> ColumnElement[bool]:
    """The condition of a filter on ``sent_claim``."""
    condition = was_sent() & chosen(
        wanted.usage, payer=wanted.payer, since=wanted.since, until=wanted.until
    )
    if wanted.code:
        with_code = select(sent_line.c.id).where(
            sent_line.c.sent_claim_id == _CLAIM.id, sent_line.c.code == wanted.code
        )
        condition &= with_code.exists()
    if wanted.answered:
        condition &= (
            select(claim_payment.c.id).where(claim_payment.c.sent_claim_id == _CLAIM.id).exists()
        )
    if not wanted.closed:
        by_person = claim_state.c.event == BY_PERSON
        condition &= ~exists().where(claim_state.c.sent_claim_id == _CLAIM.id, by_person)
    return condition


def _received(connection: Connection, numbers: list[int], beside: Beside) -> Iterator[Received]:
    learned = learned_controls(connection, numbers)
    claims = sent.load(connection, _CLAIM.id.in_(numbers), payer_controls=learned)
    claims = with_followers(connection, claims, beside.usage)
    answers = rows.adjudications(connection, {n: c.control for n, c in claims.items()})
    near = beside.of(connection, claims)
    about = {
        row.id: row
        for row in connection.execute(
            select(
                _CLAIM.id,
                _CLAIM.usage,
                _CLAIM.payer_name,
                file.c.name.label("file_name"),
                case((_names_coverages(), _CLAIM.decisions), else_="").label("coverages"),
            )
            .join(file, file.c.id == _CLAIM.file_id)
            .where(_CLAIM.id.in_(numbers))
        )
    }
    visits = _visits(connection, numbers)
    for number, claim in claims.items():
        yield Received(
            claim=claim,
            adjudications=answers.get(number, ()),
            neighbours=near[number],
            usage=about[number].usage,
            payer_name=about[number].payer_name,
            file=about[number].file_name,
            visits=tuple(visits.get(number, ())),
            decisions=about[number].coverages,
        )


def _names_coverages() -> ColumnElement[bool]:
    """Whether a claim's decisions name a further coverage, or that the patient is a QMB.

    These few are read; the others' decisions are long and say nothing of what the patient owes.
    """
    decisions = _CLAIM.decisions
    return decisions.contains('"coverages": [') | decisions.contains('"qmb": true')


def _visits(connection: Connection, numbers: list[int]) -> dict[int, list[str]]:
    """The ids of the visits that claims were billed for, by row number."""
    found: dict[int, list[str]] = {}
    c = visit.c
    query = select(c.sent_claim_id, c.visit_id).where(c.sent_claim_id.in_(numbers)).order_by(c.id)
    for number, name in connection.execute(query):
        found.setdefault(number, []).append(name)
    return found


def payer_names(connection: Connection, usage: Usage) -> tuple[tuple[str, str, str], ...]:
    """(key, id, name) of every payer that claims were sent to, in the order of the names."""
    query = (
        select(_CLAIM.payer, _CLAIM.payer_id, _CLAIM.payer_name)
        .where(_CLAIM.usage == usage)
        .distinct()
        .order_by(_CLAIM.payer_name, _CLAIM.payer, _CLAIM.payer_id)
    )
    return tuple((row[0], row[1], row[2]) for row in connection.execute(query))


def neighbours(
    connection: Connection, claims: dict[int, SentClaim]
) -> dict[int, list[tuple[str, SentLine]]]:
    """The lines of other claims of the same patient on the same first day, by row number.

    Claims of one family are not each other's neighbours: a replacement restates the original.
    """
    days = {(c.patient, from_date(c.date)) for c in claims.values() if c.patient}
    others: dict[tuple[str, str], list[Any]] = {}
    for batch in bulk.batches(sorted(days)):
        query = select(
            _CLAIM.id, _CLAIM.control, _CLAIM.family, _CLAIM.patient, _CLAIM.date, _CLAIM.usage
        ).where(tuple_(_CLAIM.patient, _CLAIM.date).in_(batch), was_sent())
        for row in connection.execute(query.order_by(_CLAIM.id)):
            others.setdefault((row.patient, row.date), []).append(row)
    several = {row.id for group in others.values() if len(group) > 1 for row in group}
    lines = sent.load_lines(connection, several)
    found: dict[int, list[tuple[str, SentLine]]] = {}
    for number, claim in claims.items():
        group = others.get((claim.patient, from_date(claim.date)), [])
        usage = next((row.usage for row in group if row.id == number), "")
        found[number] = [
            (row.control, line)
            for row in group
            if row.usage == usage and row.family != claim.family
            for _, line in lines.get(row.id, ())
        ]
    return found


def story(connection: Connection, family: str, usage: Usage) -> tuple[ClaimStory, ...]:
    """All claims of a family (original, replacements, voids), each with what came back for it."""
    query = (
        select(sent_claim, file.c.name.label("file_name"), file.c.digest)
        .join(file, file.c.id == _CLAIM.file_id)
        .where(_CLAIM.family == family, _CLAIM.usage == usage)
        .order_by(_CLAIM.id)
    )
    found = connection.execute(query).fetchall()
    numbers = [row.id for row in found]
    learned = learned_controls(connection, numbers)
    claims = sent.load(connection, _CLAIM.id.in_(numbers), payer_controls=learned)
    claims = with_followers(connection, claims, usage)
    answers = rows.adjudications(connection, {n: c.control for n, c in claims.items()})
    near = neighbours(connection, claims)
    stands = states.read(connection, numbers)
    return tuple(
        ClaimStory(
            sent=_record(connection, row, claims[row.id]),
            usage=row.usage,
            origin=row.origin,
            file=row.file_name,
            file_digest=row.digest,
            recorded_at=row.recorded_at,
            adjudications=answers.get(row.id, ()),
            payments=_payments_of(connection, row.id),
            neighbours=tuple(near[row.id]),
            provider_adjustments=_hints(
                connection, claims[row.id], answers.get(row.id, ()), row.usage
            ),
            stand=stands.get(row.id),
            history=history(states.events(connection, row.id)),
        )
        for row in found
    )


def _record(connection: Connection, row: Any, claim: SentClaim) -> SentRecord:
    visits = connection.execute(
        select(visit.c.visit_id, visit.c.digest).where(visit.c.sent_claim_id == row.id)
    )
    return SentRecord(
        claim=claim,
        transaction=row.transaction_control,
        position=row.position,
        visits=tuple((seen.visit_id, seen.digest) for seen in visits),
        discipline=row.discipline,
        payer_name=row.payer_name,
        patient_id=row.patient_id,
        patient_name=row.patient_name,
        patient_birth=row.patient_birth,
        decisions=row.decisions,
    )


def _payments_of(connection: Connection, number: int) -> tuple[Payment, ...]:
    of_claim = select(claim_payment.c.remittance_id).where(claim_payment.c.sent_claim_id == number)
    return payments(connection, remittance.c.id.in_(of_claim))


def payments(connection: Connection, condition: ColumnElement[bool]) -> tuple[Payment, ...]:
    """The payments of a condition on ``remittance``, by date and trace number."""
    query = (
        select(remittance, file.c.name.label("file_name"))
        .join(file, file.c.id == remittance.c.file_id)
        .where(condition)
        .order_by(remittance.c.payment_date, remittance.c.trace, remittance.c.id)
    )
    return tuple(_payment(row) for row in connection.execute(query))


def _payment(row: Any) -> Payment:
    return Payment(
        id=row.id,
        file=row.file_name,
        transaction=row.transaction_control,
        trace=row.trace,
        originator=row.originator,
        payer=row.payer_name,
        payer_ids=tuple(from_json(row.payer_ids)),
        method=row.method,
        paid=dollars(row.paid),
        date=to_date(row.payment_date),
        usage=row.usage,
        claims=row.claims,
        claims_paid=None if row.claims_paid is None else dollars(row.claims_paid),
        provider_adjusted=(
            None if row.provider_adjusted is None else dollars(row.provider_adjusted)
        ),
        difference=None if row.difference is None else dollars(row.difference),
        state=row.state,
        why=row.why,
        recorded_at=row.recorded_at,
    )


def provider_adjustments(
    connection: Connection, *, usage: Usage, payer: str = ""
) -> tuple[ProviderEntry, ...]:
    """The provider adjustments (PLB) of posted payments, for ``reconcile.plb.plb_book``.

    Args:
        connection: the open snapshot.
        usage: the book.
        payer: name or id of the payer in the 835; empty for all.
    """
    p, r = provider_adjustment.c, remittance.c
    condition = (r.state == "posted") & (r.usage == usage)
    query = (
        select(provider_adjustment, remittance)
        .join(remittance, r.id == p.remittance_id)
        .where(condition)
        .order_by(r.payment_date, p.id)
    )
    found = []
    for row in connection.execute(query):
        ids = tuple(from_json(row.payer_ids))
        if payer and payer not in (row.payer_name, *ids):
            continue
        found.append(
            ProviderEntry(
                payer=row.originator or row.payer_name,
                date=to_date(row.payment_date),
                trace=row.trace,
                index=row.position,
                adjustment=ProviderAdjustment(
                    provider=row.provider,
                    fiscal_date=row.fiscal_date,
                    reason=row.reason,
                    reference=row.reference,
                    amount=dollars(row.cents),
                ),
            )
        )
    return tuple(found)


def _hints(
    connection: Connection, claim: SentClaim, answers: Sequence[Adjudication], usage: Usage
) -> tuple[Receivable, ...]:
    """What of the book of provider adjustments names the claim, by our number or the payer's."""
    told = (
        select(acknowledged.c.payer_control)
        .join(sent_claim, sent_claim.c.id == acknowledged.c.sent_claim_id)
        .where(sent_claim.c.control == claim.control, sent_claim.c.usage == usage)
        .distinct()
    )
    said = {claim.control, *(one.payer_control for one in answers)}
    said.update(connection.execute(told).scalars())
    names = {" ".join(plain(name).split()) for name in said} - {""}
    if not names:
        return ()
    p, r = provider_adjustment.c, remittance.c
    has_one = or_(*(func.upper(p.reference).contains(name, autoescape=True) for name in names))
    query = (
        select(p.id)
        .join(remittance, r.id == p.remittance_id)
        .where(r.usage == usage, r.state == "posted", has_one)
    )
    if connection.execute(query.limit(1)).first() is None:
        return ()
    book = plb_book(provider_adjustments(connection, usage=usage))
    known = {plain(name) for name in names}
    return tuple(
        one for one in book if not known.isdisjoint(map(plain, (*words_of(one), *packed_in(one))))
    )


def unposted(
    connection: Connection, *, usage: Usage, states: Iterable[str] = ("unmatched", "aside")
) -> Iterator[UnpostedClaim]:
    """Claim payments that stand on no sent claim: those with the most unpaid first.

    Not as they came: the same money waits in the same place of the list.
    """
    c, r = claim_payment.c, remittance.c
    columns = (
        c.id,
        c.position,
        c.fingerprint,
        c.occurrence,
        c.state,
        c.why,
        c.candidates,
        c.segments,
        r.payment_key,
        r.payer_name,
        r.trace,
        r.payment_date,
        file.c.name.label("file_name"),
    )
    order = (c.paid - c.charge, r.payment_date, r.trace, r.number, c.position, c.id)
    numbers = connection.execute(
        select(c.id)
        .join(remittance, r.id == c.remittance_id)
        .where(c.state.in_(list(states)), r.usage == usage)
        .order_by(*order)
    ).scalars()
    for batch in bulk.batches(numbers.all()):
        found = (
            select(*columns)
            .join(remittance, r.id == c.remittance_id)
            .join(file, file.c.id == r.file_id)
            .where(c.id.in_(batch))
        )
        rows = {row.id: row for row in connection.execute(found.order_by(c.id))}
        yield from (_unposted(rows[number]) for number in batch)


def _unposted(row: Any) -> UnpostedClaim:
    candidates = tuple(from_json(row.candidates))
    return UnpostedClaim(
        id=adjudication_id(row.payment_key, row.fingerprint, row.occurrence),
        state=row.state,
        match=ClaimMatch(claim=None, method="", candidates=candidates, why=row.why),
        payment=again(row.segments, row.position),
        payer=row.payer_name,
        trace=row.trace,
        date=to_date(row.payment_date),
        file=row.file_name,
    )
